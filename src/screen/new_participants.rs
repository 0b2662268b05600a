//! Participants that are staged to be created, by form or from a file: what is wrong with which, mended in place.

use crate::desk::Desk;
use crate::domain::collection::Collection;
use crate::domain::counter::label_of;
use crate::domain::import::Content;
use crate::domain::participant::PARTICIPANT;
use crate::domain::record::{Draft, Value};
use crate::domain::record_change::{ChangeNumber, Hold, RecordChange, Standing};
use crate::domain::text::count;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{Column, Rows, Table, Wanted};
use crate::nav::{Context, Line, Nav, Place, Purpose, Question};

/// The staged new participants of one program.
#[derive(Debug)]
pub struct NewParticipants(pub Collection);

impl NewParticipants {
    fn changes<'a>(&'a self, desk: &'a Desk) -> impl Iterator<Item = (ChangeNumber, &'a RecordChange)> {
        desk.record_changes.of(&self.0).filter(|(_, change)| change.intent.created().is_some())
    }
}

impl Table for NewParticipants {
    type Row = ChangeNumber;

    fn title(&self, _: &Desk) -> String {
        "New participants".into()
    }

    fn noun(&self) -> &'static str {
        "new participant"
    }

    fn empty(&self) -> &'static str {
        "Nothing is left to be sent here."
    }

    fn columns(&self) -> Vec<Column<ChangeNumber>> {
        let mut columns = vec![
            Column::made("Name", 18, 1, |number: &ChangeNumber, desk| {
                desk.record_changes.change(*number).map_or("".into(), |change| change.name.shown())
            }),
            Column::made("Row", 5, 0, |number: &ChangeNumber, desk| {
                let row = desk.record_changes.change(*number).and_then(|change| change.row);
                row.map_or_else(String::new, |row| row.to_string()).into()
            })
            .right(),
            Column::made("State", 34, 2, |number: &ChangeNumber, desk| state(*number, desk).into()),
        ];
        columns.extend(Column::all_of(
            &PARTICIPANT,
            &["gender", "race", "disabled", "foreign", "id_number", "course_cost"],
            &["id", "full_name", "created_at", "updated_at", "designated_group"],
        ));
        columns
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Rows<'a, ChangeNumber> {
        let rows = Rows::own(self.changes(desk).map(|(number, _)| number).collect());
        Rows { edition: Some(desk.record_changes.edition()), ..rows }
    }

    fn wanted(&self) -> Wanted {
        Wanted::Nothing
    }

    fn change(&self, row: &ChangeNumber) -> Option<ChangeNumber> {
        Some(*row)
    }

    fn value<'a>(&self, row: &'a ChangeNumber, desk: &'a Desk, field: usize) -> &'a Value {
        let draft = desk.record_changes.change(*row).and_then(|change| change.intent.created());
        draft.map_or(&Value::Absent, |draft| draft.value(PARTICIPANT.fields[field].name))
    }

    fn is_notable(&self, row: &ChangeNumber, desk: &Desk) -> bool {
        desk.record_changes
            .change(*row)
            .is_some_and(|change| desk.record_standing(change) != Standing::Staged)
    }

    fn headline(&self, desk: &Desk, cx: &Context) -> String {
        let mut ready = 0;
        let (mut held, mut wrong) = (0, 0);
        for (_, change) in self.changes(desk) {
            match desk.record_standing(change) {
                Standing::Held(_) => held += 1,
                Standing::Staged | Standing::Sending => ready += 1,
                _ => wrong += 1,
            }
        }
        let key = |command| cx.keymap.hint(command);
        let mut said = vec![format!("{ready} ready ({} sends)", key(Command::Send))];
        if wrong > 0 {
            said.push(format!("{wrong} to mend ({})", key(Command::NextMatch)));
        }
        if held > 0 {
            said.push(format!("{held} held ({})", key(Command::LetGo)));
        }
        said.join(" · ")
    }

    fn about_lines(&self) -> u16 {
        2
    }

    fn about(&self, row: &ChangeNumber, desk: &Desk) -> String {
        let change = desk.record_changes.change(*row);
        let standing = change.map(|change| desk.record_standing(change));
        standing.filter(|standing| *standing != Standing::Staged).map_or_else(String::new, |s| s.to_string())
    }

    fn acts(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::Change,
            Command::Details,
            Command::Send,
            Command::LetGo,
            Command::Unstage,
            Command::NextMatch,
            Command::PreviousMatch,
            Command::Import,
            Command::Export,
        ]
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Send,
            Command::Change,
            Command::NextMatch,
            Command::Unstage,
            Command::Export,
            Command::Filter,
            Command::Stop,
        ]
    }

    fn act(&mut self, command: Command, desk: &mut Desk, _: &Context, _: &mut Effects) -> Option<Nav> {
        match command {
            Command::Send => {
                let mut confirmed = desk.confirmed(&crate::desk::LeftOut::default());
                confirmed.counters.clear();
                let own = |number: &ChangeNumber| {
                    let change = desk.record_changes.change(*number);
                    change.is_some_and(|c| c.collection == self.0 && desk.record_standing(c).can_go())
                };
                confirmed.records.retain(|number, _| own(number));
                Some(if confirmed.is_empty() {
                    Nav::refuse("none of these can be sent as it is")
                } else {
                    Nav::Ask(Question::Apply(confirmed))
                })
            }
            Command::Import if self.changes(desk).next().is_none() => {
                Some(Nav::Open(Place::Form(Box::new(Purpose::OpenFile(self.0.clone())))))
            }
            Command::Export => {
                let mut left = self.changes(desk).map(|(_, change)| desk.record_standing(change));
                Some(if left.all(|standing| standing == Standing::Staged) {
                    Nav::refuse("every row here is ready to be sent; there are no reasons to write")
                } else {
                    let purpose = Purpose::SaveFile(self.0.clone(), Content::Reasons);
                    Nav::Open(Place::Form(Box::new(purpose)))
                })
            }
            _ => None,
        }
    }

    fn command(&self, command: Command, row: &ChangeNumber, desk: &mut Desk, _: &mut Effects) -> Option<Nav> {
        match command {
            Command::Open | Command::Change => Some(Nav::Open(Place::Form(Box::new(Purpose::Amend(*row))))),
            Command::Details => desk.record_changes.change(*row).map(|change| {
                let mut lines = vec![Line::field("State", desk.record_standing(change).to_string())];
                lines.extend(change.remarks().into_iter().map(|r| Line::field(label_of(r.field), r.words)));
                let fields = change.intent.created().into_iter().flat_map(Draft::entries);
                lines.extend(fields.map(|(name, value)| Line::Field(label_of(name), value.to_string())));
                Nav::Show(change.name.to_string(), lines)
            }),
            Command::Import => Some(Nav::refuse(format!(
                "{} from a file are still here: send or drop them first",
                count(self.changes(desk).filter(|(_, c)| c.row.is_some()).count(), "row")
            ))),
            _ => None,
        }
    }
}

/// How a change stands, and what deserves a look.
fn state(number: ChangeNumber, desk: &Desk) -> String {
    let Some(change) = desk.record_changes.change(number) else { return String::new() };
    let standing = desk.record_standing(change);
    let note = change.remarks().into_iter().find(|remark| !remark.stops);
    match (&standing, note) {
        (Standing::Staged, Some(note)) => format!("staged · {}", note.words),
        (Standing::Staged, None) if change.hold == Hold::Released => "staged · let go".into(),
        _ => standing.to_string(),
    }
}
