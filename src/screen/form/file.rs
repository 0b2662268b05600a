//! Forms that ask for one thing: a vendor code, the file to be read or written, and which field each column of it fills.

use std::path::{Path, PathBuf};

use crate::desk::book::Extent;
use crate::desk::{Desk, UNREAD};
use crate::domain::change_set;
use crate::domain::collection::Collection;
use crate::domain::id::{PlanId, VendorCode};
use crate::domain::import::{self, Content, FileTable, plain};
use crate::domain::record;
use crate::domain::record_change::Standing;
use crate::domain::target::TargetType;
use crate::domain::text::{Text, count, folded};
use crate::effect::{Document, Effect, Effects, StoreOp};
use crate::kit::form::{Choice, Field, Form, Input};
use crate::nav::{Context, Nav, Notice, Place, Then, Tone};

/// What is asked for.
#[derive(Debug)]
pub(super) enum FileForm {
    /// A vendor code.
    LookUp,
    /// The file to be imported.
    OpenFile(Collection),
    /// The columns of a file.
    Columns(Collection, PathBuf, FileTable),
    /// The file to be written.
    SaveFile(Collection, Content),
    /// The file that comes back into a plan.
    OpenPlan(PlanId, usize, TargetType),
    /// The file a plan is written to.
    SavePlan(PlanId, usize, TargetType),
    /// The file staged counters are written to.
    SaveChanges,
}

impl FileForm {
    /// Its fields.
    pub(super) fn form(&self, desk: &Desk) -> Form {
        let line = |label: &str, about: &str, text: &str| {
            vec![Field::new(label.into(), about.into(), Input::Line, text)]
        };
        Form::new(match self {
            Self::LookUp => line("Vendor code", "The supplier's vendor code, like T100.", ""),
            Self::OpenFile(_) => line(
                "File",
                "A CSV or XLSX file whose first row names the columns. The delimiter (, ; or tab) and the code page \
                 (UTF-8 or Windows-1252) are found out. Nothing is sent: the rows are checked and staged first.",
                "",
            ),
            Self::SaveFile(_, content) => line(
                "File",
                "A new file; the ending .csv or .xlsx says which kind. One that is there already is left alone.",
                &free_name(
                    match content {
                        Content::Template => "participants-template",
                        Content::Reasons => "refused-participants",
                        Content::List => "participants",
                    },
                    "xlsx",
                    desk,
                ),
            ),
            Self::Columns(collection, _, table) => column_fields(collection, table, desk),
            Self::OpenPlan(..) => line(
                "File",
                "A CSV or XLSX file, as export writes it or of the same look: levels and columns are found by their \
                 names, sheets by theirs (Year 2 disabled). What would change is shown before anything is staged.",
                "",
            ),
            Self::SavePlan(plan, _, table) => {
                let name = desk.plan(*plan).map_or_else(|| "plan".into(), |plan| slug(&plan.name()));
                let about = "A new file; the ending says which kind: .xlsx with totals as formulas, .csv, .md or .json. \
                             The numbers are those you see, staged ones among them.";
                let mut fields = line("File", about, &free_name(&name, "xlsx", desk));
                let words = [
                    ("plan", "all years".to_owned()),
                    ("year", "this year".into()),
                    ("table", format!("this year, {table}")),
                ];
                let choices = words.map(|(value, words)| Choice { value: value.into(), words });
                let about = "How much of the plan is written.";
                fields.push(Field::new("What".into(), about.into(), Input::Words(choices.into()), "plan"));
                fields
            }
            Self::SaveChanges => line(
                "File",
                "A new .toml file with the staged counters, each with the number it was made from. bee-tui apply FILE \
                 sends them, and refuses what has moved since. Staged changes of records are not in it.",
                &free_name("changes", "toml", desk),
            ),
        })
    }

    /// Its name in the breadcrumbs.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::LookUp => "Look up a supplier",
            Self::OpenFile(_) => "Import",
            Self::Columns(..) => "Import · columns",
            Self::OpenPlan(..) => "Import into the plan",
            Self::SavePlan(..) => "Export the plan",
            Self::SaveChanges => "Export staged counters",
            Self::SaveFile(..) => "Export",
        }
    }

    /// What is said above the fields.
    pub(super) fn above(&self, form: &Form) -> String {
        let Self::Columns(collection, path, table) = self else { return String::new() };
        let name = Text::from(path.file_name().unwrap_or_default().to_string_lossy().as_ref());
        let mapping = mapping(form, collection);
        let fills = mapping.iter().flatten().count();
        let missing = match labels(&import::missing(collection, &mapping)) {
            missing if missing.is_empty() => missing,
            missing => format!(" No column fills {missing}, which every row needs."),
        };
        let (rows, columns) = (count(table.rows.len(), "row"), table.headings.len());
        format!(
            "{name}: {rows}. {fills} of {columns} columns fill a field; choose for each, then Ctrl-S.{missing}"
        )
    }

    /// Does what was asked for.
    pub(super) fn finish(&self, form: &Form, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        let text = text(form);
        match self {
            Self::LookUp => match text.parse::<VendorCode>() {
                Ok(code) => {
                    let notice =
                        Notice::new(Tone::Plain, format!("looking up {}", Text::from(code.as_str())));
                    Nav::Finished(notice, Then::Open(Place::Scores(code)))
                }
                Err(why) => Nav::refuse(why.to_string()),
            },
            Self::OpenFile(_)
            | Self::SaveFile(..)
            | Self::OpenPlan(..)
            | Self::SavePlan(..)
            | Self::SaveChanges
                if text.is_empty() =>
            {
                Nav::refuse("type the name of a file")
            }
            Self::OpenPlan(..) => {
                fx.push(Effect::ReadSheets(path(text)));
                Nav::Say(Notice::new(Tone::Plain, "reading the file…"))
            }
            Self::SavePlan(plan, year, table) => {
                let extent = match form.fields().get(1).map(Field::value) {
                    Some("table") => Extent::Table(*year, table.clone()),
                    Some("year") => Extent::Year(*year),
                    _ => Extent::Plan,
                };
                match desk.book(*plan, &extent) {
                    Some(book) => fx.push(Effect::WriteFile(path(text), Document::Book(book))),
                    None => return Nav::refuse(UNREAD),
                }
                Nav::Stay
            }
            Self::SaveChanges => match change_set::write(&desk.changes) {
                Ok(written) => {
                    let changes = Document::ChangeSet(desk.changes.len(), written);
                    fx.push(Effect::WriteFile(path(text), changes));
                    Nav::Stay
                }
                Err(why) => Nav::refuse(why),
            },
            Self::OpenFile(_) => {
                fx.push(Effect::ReadFile(path(text)));
                Nav::Say(Notice::new(Tone::Plain, "reading the file…"))
            }
            Self::SaveFile(collection, content) => {
                let table = written(collection, *content, desk);
                fx.push(Effect::WriteFile(path(text), Document::Rows(table, *content)));
                Nav::Stay
            }
            Self::Columns(collection, _, table) => stage_rows(form, collection, table, desk, cx, fx),
        }
    }

    /// The plan that this file is being read for, with the year and table shown.
    pub(super) fn awaits_sheets(&self, form: &Form, file: &Path) -> Option<(PlanId, usize, &TargetType)> {
        match self {
            Self::OpenPlan(plan, year, table) if path(text(form)) == file => Some((*plan, *year, table)),
            _ => None,
        }
    }

    /// Whether a file is being written.
    pub(super) fn awaits_written(&self) -> bool {
        matches!(self, Self::SaveFile(..) | Self::SavePlan(..) | Self::SaveChanges)
    }

    /// The collection that this file is being read for.
    pub(super) fn awaits(&self, form: &Form, file: &Path) -> Option<&Collection> {
        match self {
            Self::OpenFile(collection) if path(text(form)) == file => Some(collection),
            _ => None,
        }
    }
}

fn text(form: &Form) -> &str {
    form.fields().first().map_or("", |field| field.value().trim())
}

/// Stages the rows of a file by the fields its columns were laid to.
fn stage_rows(
    form: &Form,
    collection: &Collection,
    table: &FileTable,
    desk: &mut Desk,
    cx: &Context,
    fx: &mut Effects,
) -> Nav {
    let mapping = mapping(form, collection);
    for (field, heading) in form.fields().iter().zip(&table.headings) {
        let typed = field.value();
        if !typed.is_empty() && collection.schema().field(typed).is_none() {
            let (heading, typed) = (Text::from(heading.as_str()), Text::from(typed));
            let like = labels(&fields_like(collection, typed.raw()));
            let why = if like.is_empty() { "is no field".into() } else { format!("could be {like}") };
            return Nav::refuse(format!("column {heading}: `{typed}` {why}; choose one from the list"));
        }
    }
    for (at, field) in mapping.iter().enumerate() {
        if let Some(field) = field
            && mapping[..at].contains(&Some(*field))
        {
            return Nav::refuse(format!("two columns fill {}; leave one of them out", field.label()));
        }
    }
    if mapping.iter().all(Option::is_none) {
        return Nav::refuse("no column fills a field; choose at least one");
    }
    let missing = labels(&import::missing(collection, &mapping));
    if !missing.is_empty() {
        return Nav::refuse(format!("nothing is staged: no column fills {missing}, which every row needs"));
    }
    let guessed = import::map(collection, &table.headings, &desk.headings);
    let by_hand: Vec<_> = (table.headings.iter().zip(&mapping).zip(&guessed))
        .filter(|((_, chosen), guessed)| chosen != guessed)
        .map(|((heading, chosen), _)| (plain(heading), chosen.map_or("", |f| f.name).to_owned()))
        .collect();
    let rows = desk.records(collection).into_iter().flat_map(|(rows, _)| rows);
    let changes = import::changes(collection, table, &mapping, rows, cx.now);
    if changes.is_empty() {
        return Nav::refuse("no row of the file has anything in these columns");
    }
    let words = format!("{} staged; nothing is sent yet", count(changes.len(), "row"));
    match desk.stage_records(changes.into_iter().map(|change| (None, change)).collect()) {
        Ok(entries) => {
            fx.store_records(entries);
            // Without headings the first person stands in their place, and is not to be remembered.
            if !by_hand.is_empty() && !import::holds_data(&table.headings) {
                desk.headings.extend(by_hand.clone());
                fx.push(Effect::Store(StoreOp::Headings(by_hand)));
            }
            let place = Place::NewParticipants(collection.clone());
            Nav::Finished(Notice::new(Tone::Good, words), Then::Open(place))
        }
        Err(why) => Nav::refuse(why),
    }
}

/// What is written of a collection.
fn written(collection: &Collection, content: Content, desk: &Desk) -> FileTable {
    match content {
        Content::Template => import::template(collection),
        Content::List => {
            let rows = desk.records(collection).into_iter().flat_map(|(rows, _)| rows);
            import::list(collection.schema(), rows)
        }
        Content::Reasons => {
            let changes = desk.record_changes.of(collection).map(|(_, change)| change);
            let left = changes.map(|change| (change, desk.record_standing(change)));
            let left = left.filter(|(_, standing)| *standing != Standing::Staged);
            import::with_reasons(collection, left.map(|(change, standing)| (change, standing.to_string())))
        }
    }
}

/// A name for a file that none was written under in this session.
fn free_name(name: &str, ending: &str, desk: &Desk) -> String {
    let numbered = (2..).map(|n| format!("{name}-{n}.{ending}"));
    let names = std::iter::once(format!("{name}.{ending}")).chain(numbered);
    names.into_iter().find(|name| !desk.written.contains(name)).unwrap_or_default()
}

/// A file's name made from a plan's.
fn slug(name: &Text) -> String {
    let plain: String =
        name.raw().to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    if words.is_empty() { "plan".into() } else { words.join("-") }
}

/// A path as typed; what it means on this machine is known where it is opened.
fn path(text: &str) -> PathBuf {
    PathBuf::from(text)
}

/// The field that each column fills.
fn mapping(form: &Form, collection: &Collection) -> import::Mapping {
    form.fields().iter().map(|field| collection.schema().field(field.value())).collect()
}

/// The fields whose names begin with what was typed.
fn fields_like(collection: &Collection, typed: &str) -> Vec<&'static record::Field> {
    let typed = folded(typed);
    let begins = |field: &&'static record::Field| {
        field.name.starts_with(&typed) || folded(&field.label()).starts_with(&typed)
    };
    import::fields(collection).filter(begins).collect()
}

fn labels(fields: &[&'static record::Field]) -> String {
    fields.iter().map(|field| field.label()).collect::<Vec<_>>().join(", ")
}

/// A field for each column of a file, with the fields it can fill.
fn column_fields(collection: &Collection, table: &FileTable, desk: &Desk) -> Vec<Field> {
    let mut choices = vec![Choice { value: String::new(), words: "(leave out)".into() }];
    let labelled = |field: &'static record::Field| Choice { value: field.name.into(), words: field.label() };
    choices.extend(import::fields(collection).map(labelled));
    let guessed = import::map(collection, &table.headings, &desk.headings);
    let fields = table.headings.iter().zip(guessed).enumerate().map(|(at, (heading, guess))| {
        let samples =
            table.rows.iter().filter_map(|(_, cells)| cells.get(at)).filter(|cell| !cell.is_empty());
        let samples: Vec<_> = samples.take(3).map(|cell| Text::from(cell.as_str()).to_string()).collect();
        let about = if samples.is_empty() {
            "Nothing stands in this column.".to_owned()
        } else {
            format!("In the file: {}", samples.join(", "))
        };
        let text = guess.map_or("", |field| field.name);
        let label = Text::from(heading.as_str()).to_string();
        Field::new(label, about, Input::Words(choices.clone()), text)
    });
    fields.collect()
}
