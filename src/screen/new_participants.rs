//! Participants staged to be created, from forms or a file: shows what is wrong with each and lets the user
//! correct it.

use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::{ChangeNumber, Hold, RecordChange, RecordStanding};
use crate::domain::file_table::FileContent;
use crate::domain::import::file_rows::ImportTarget;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::{RecordDraft, Value};
use crate::domain::refusal::Refusal;
use crate::domain::text::label_from_api_name;
use crate::domain::text::pluralize;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{ListTable, TableColumn, TableRows, TableSource};
use crate::nav::{Context, Destination, DetailLine, FormPurpose, Nav, Question};
use crate::workspace::Workspace;
use crate::workspace::staged_groups::StandingCounts;

/// The table of staged new participants of one training program.
#[derive(Debug)]
pub struct NewParticipants(pub Collection);

impl NewParticipants {
    fn changes<'a>(
        &'a self,
        workspace: &'a Workspace,
    ) -> impl Iterator<Item = (ChangeNumber, &'a RecordChange)> {
        workspace
            .record_changes
            .in_collection(&self.0)
            .filter(|(_, change)| change.intent.created_draft().is_some())
    }
}

impl ListTable for NewParticipants {
    type Row = ChangeNumber;

    fn title(&self, _: &Workspace) -> String {
        "New participants".into()
    }

    fn noun(&self) -> &'static str {
        "new participant"
    }

    fn empty(&self) -> &'static str {
        "Nothing is left to be sent here."
    }

    fn columns(&self) -> Vec<TableColumn<ChangeNumber>> {
        let mut columns = vec![
            TableColumn::computed("Name", 18, 1, |number: &ChangeNumber, workspace| {
                workspace.record_changes.change(*number).map_or("".into(), |change| change.name.printable())
            }),
            TableColumn::computed("Row", 5, 0, |number: &ChangeNumber, workspace| {
                let row = workspace.record_changes.change(*number).and_then(|change| change.file_row);
                row.map_or_else(String::new, |row| row.to_string()).into()
            })
            .right(),
            TableColumn::computed("State", 34, 2, |number: &ChangeNumber, workspace| {
                state_text(*number, workspace).into()
            }),
        ];
        columns.extend(TableColumn::for_schema(
            &PARTICIPANT,
            &["gender", "race", "disabled", "foreign", "id_number", "course_cost"],
            &["id", "full_name", "created_at", "updated_at", "designated_group"],
        ));
        columns
    }

    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, ChangeNumber> {
        let rows = TableRows::local(self.changes(workspace).map(|(number, _)| number).collect());
        TableRows { generation: Some(workspace.record_changes.generation()), ..rows }
    }

    fn source(&self) -> TableSource {
        TableSource::Local
    }

    fn change(&self, row: &ChangeNumber) -> Option<ChangeNumber> {
        Some(*row)
    }

    fn value<'a>(&self, row: &'a ChangeNumber, workspace: &'a Workspace, field: usize) -> &'a Value {
        let draft = workspace.record_changes.change(*row).and_then(|change| change.intent.created_draft());
        draft.map_or(&Value::Absent, |draft| draft.value(PARTICIPANT.fields[field].name))
    }

    fn is_notable(&self, row: &ChangeNumber, workspace: &Workspace) -> bool {
        workspace
            .record_changes
            .change(*row)
            .is_some_and(|change| workspace.record_standing(change) != RecordStanding::Staged)
    }

    fn headline(&self, workspace: &Workspace, cx: &Context) -> String {
        let StandingCounts { ready, to_mend, held } =
            workspace.count_standings(self.changes(workspace).map(|(_, change)| change));
        let key = |command| cx.keymap.hint(command);
        let mut phrases = vec![format!("{ready} ready ({} sends)", key(Command::Send))];
        if to_mend > 0 {
            phrases.push(format!("{to_mend} to mend ({})", key(Command::NextMatch)));
        }
        if held > 0 {
            phrases.push(format!("{held} held ({})", key(Command::Release)));
        }
        phrases.join(" · ")
    }

    fn row_note_height(&self) -> u16 {
        2
    }

    fn row_note(&self, row: &ChangeNumber, workspace: &Workspace) -> String {
        let change = workspace.record_changes.change(*row);
        let standing = change.map(|change| workspace.record_standing(change));
        standing
            .filter(|standing| *standing != RecordStanding::Staged)
            .map_or_else(String::new, |s| s.to_string())
    }

    fn own_commands(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::EditRecord,
            Command::Details,
            Command::Send,
            Command::Release,
            Command::Unstage,
            Command::NextMatch,
            Command::PreviousMatch,
            Command::ByReason,
            Command::Import,
            Command::Export,
        ]
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Send,
            Command::EditRecord,
            Command::NextMatch,
            Command::ByReason,
            Command::Unstage,
            Command::Export,
            Command::Filter,
            Command::Stop,
        ]
    }

    fn run_table_command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            Command::ByReason => {
                let scorecard = self.0.scorecard()?.clone();
                Some(Ok(Nav::Open(Destination::StagedGroups(scorecard))))
            }
            Command::Send => {
                let mut confirmed = workspace.confirmable_changes(&crate::workspace::Excluded::default());
                confirmed.counters.clear();
                let own = |number: &ChangeNumber| {
                    let change = workspace.record_changes.change(*number);
                    change.is_some_and(|c| {
                        c.collection == self.0 && workspace.record_standing(c).is_sent_by_apply()
                    })
                };
                confirmed.records.retain(|number, _| own(number));
                Some(if confirmed.is_empty() {
                    Err(Refusal::from("none of these can be sent as it is"))
                } else {
                    Ok(Nav::Ask(Question::Apply(confirmed)))
                })
            }
            Command::Import if self.changes(workspace).next().is_none() => {
                let Collection::Participants(scorecard, program) = &self.0 else { return None };
                let target = ImportTarget::Program(scorecard.clone(), *program);
                Some(Ok(Nav::Open(Destination::Form(Box::new(FormPurpose::ImportFile(target))))))
            }
            Command::Export => {
                let mut standings =
                    self.changes(workspace).map(|(_, change)| workspace.record_standing(change));
                Some(if standings.all(|standing| standing == RecordStanding::Staged) {
                    Err(Refusal::from("every row here is ready to be sent; there are no reasons to write"))
                } else {
                    let purpose = FormPurpose::ExportFile(self.0.clone(), FileContent::RejectedRows);
                    Ok(Nav::Open(Destination::Form(Box::new(purpose))))
                })
            }
            _ => None,
        }
    }

    fn run_row_command(
        &self,
        command: Command,
        row: &ChangeNumber,
        workspace: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            Command::Open | Command::EditRecord => {
                Some(Ok(Nav::Open(Destination::Form(Box::new(FormPurpose::EditStaged(*row))))))
            }
            Command::Details => workspace.record_changes.change(*row).map(|change| {
                let mut lines =
                    vec![DetailLine::field("State", workspace.record_standing(change).to_string())];
                lines.extend(
                    change
                        .field_findings()
                        .into_iter()
                        .map(|r| DetailLine::field(label_from_api_name(r.field), r.message)),
                );
                let fields = change.intent.created_draft().into_iter().flat_map(RecordDraft::entries);
                lines
                    .extend(fields.map(|(name, value)| {
                        DetailLine::Field(label_from_api_name(name), value.to_string())
                    }));
                Ok(Nav::Show(change.name.to_string(), lines))
            }),
            Command::Import => Some(Err(Refusal::from(format!(
                "{} from a file are still here: send or drop them first",
                pluralize(self.changes(workspace).filter(|(_, c)| c.file_row.is_some()).count(), "row")
            )))),
            _ => None,
        }
    }
}

/// The standing of a change, followed by its first non-blocking finding.
fn state_text(number: ChangeNumber, workspace: &Workspace) -> String {
    let Some(change) = workspace.record_changes.change(number) else { return String::new() };
    let standing = workspace.record_standing(change);
    let note = change.field_findings().into_iter().find(|remark| !remark.blocks_sending);
    match (&standing, note) {
        (RecordStanding::Staged, Some(note)) => format!("staged · {}", note.message),
        (RecordStanding::Staged, None) if change.hold == Hold::Released => "staged · let go".into(),
        _ => standing.to_string(),
    }
}
