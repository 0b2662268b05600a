//! Forms that ask for a vendor code, for a file to read or write, or for the field that each column of a file
//! fills.

use std::path::{Path, PathBuf};

use crate::domain::change::change_set;
use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::RecordStanding;
use crate::domain::file_table::{FileContent, FileTable};
use crate::domain::id::VendorCode;
use crate::domain::import::{self, normalize_heading};
use crate::domain::plan::table_ref::TableRef;
use crate::domain::record;
use crate::domain::refusal::Refusal;
use crate::domain::text::{Text, fold_for_search, pluralize};
use crate::effect::{Document, Effect, Effects, JournalOp};
use crate::input::command::key;
use crate::kit::form::{FieldInput, Form, FormChoice, FormField};
use crate::nav::{Context, Destination, Nav, NextStep, Notice, Severity};
use crate::workspace::plan_file::ExportScope;
use crate::workspace::{PLAN_UNREAD, Workspace};

/// What the form asks for.
#[derive(Debug)]
pub(super) enum FileForm {
    /// A vendor code.
    LookUpSupplier,
    /// The file to import.
    ImportFile(Collection),
    /// The field for each column of the file.
    Columns(Collection, PathBuf, FileTable),
    /// The file to write.
    ExportFile(Collection, FileContent),
    /// The file to import into a plan; the year index and table are the ones on screen.
    ImportPlan(TableRef),
    /// The file to export a plan to; the year index and table are the ones on screen.
    ExportPlan(TableRef),
    /// The file to write the staged counters to.
    ExportChanges,
}

impl FileForm {
    /// Builds the fields.
    pub(super) fn form(&self, workspace: &Workspace) -> Form {
        let line = |label: &str, about: &str, text: &str| {
            vec![FormField::new(label.into(), about.into(), FieldInput::Line, text)]
        };
        Form::new(match self {
            Self::LookUpSupplier => line("Vendor code", "The supplier's vendor code, like T100.", ""),
            Self::ImportFile(_) => line(
                "File",
                "A CSV or XLSX file whose first row names the columns. The delimiter (, ; or tab) and the code page \
                 (UTF-8 or Windows-1252) are found out. Nothing is sent: the rows are checked and staged first.",
                "",
            ),
            Self::ExportFile(_, content) => line(
                "File",
                "A new file; the ending .csv or .xlsx says which kind. One that is there already is left alone.",
                &unused_file_name(
                    match content {
                        FileContent::Template => "participants-template",
                        FileContent::RejectedRows => "refused-participants",
                        FileContent::List => "participants",
                    },
                    "xlsx",
                    workspace,
                ),
            ),
            Self::Columns(collection, _, table) => column_fields(collection, table, workspace),
            Self::ImportPlan(..) => line(
                "File",
                "A CSV or XLSX file, as export writes it or of the same look: levels and columns are found by their \
                 names, sheets by theirs (Year 2 disabled). What would change is shown before anything is staged.",
                "",
            ),
            Self::ExportPlan(TableRef { plan, table, .. }) => {
                let name = workspace.plan(*plan).map_or_else(|| "plan".into(), |plan| slug(&plan.name()));
                let about = "A new file; the ending says which kind: .xlsx with totals as formulas, .csv, .md or .json. \
                             The numbers are those you see, staged ones among them.";
                let mut fields = line("File", about, &unused_file_name(&name, "xlsx", workspace));
                let words = [
                    ("plan", "all years".to_owned()),
                    ("year", "this year".into()),
                    ("table", format!("this year, {table}")),
                ];
                let choices = words.map(|(value, words)| FormChoice { value: value.into(), label: words });
                let about = "How much of the plan is written.";
                fields.push(FormField::new(
                    "What".into(),
                    about.into(),
                    FieldInput::OneOf(choices.into()),
                    "plan",
                ));
                fields
            }
            Self::ExportChanges => line(
                "File",
                "A new .toml file with the staged counters, each with the number it was made from. bee-tui apply FILE \
                 sends them, and refuses what has moved since. Staged changes of records are not in it.",
                &unused_file_name("changes", "toml", workspace),
            ),
        })
    }

    /// Its name in the breadcrumb.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::LookUpSupplier => "Look up a supplier",
            Self::ImportFile(_) => "Import",
            Self::Columns(..) => "Import · columns",
            Self::ImportPlan(..) => "Import into the plan",
            Self::ExportPlan(..) => "Export the plan",
            Self::ExportChanges => "Export staged counters",
            Self::ExportFile(..) => "Export",
        }
    }

    /// The text above the fields; empty for none.
    pub(super) fn intro_text(&self, form: &Form) -> String {
        let Self::Columns(collection, path, table) = self else { return String::new() };
        let name = Text::from(path.file_name().unwrap_or_default().to_string_lossy().as_ref());
        let mapping = mapping(form, collection);
        let fills = mapping.iter().flatten().count();
        let missing = match joined_labels(&import::unmapped_required_fields(collection, &mapping)) {
            missing if missing.is_empty() => missing,
            missing => format!(" No column fills {missing}, which every row needs."),
        };
        let (rows, columns) = (pluralize(table.rows.len(), "row"), table.headings.len());
        let stage = key!("stage");
        format!(
            "{name}: {rows}. {fills} of {columns} columns fill a field; choose for each, then {stage}.{missing}"
        )
    }

    /// Carries out the purpose of the form: opens a screen, starts reading or writing a file, or stages rows.
    pub(super) fn submit(
        &self,
        form: &Form,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let text = first_value(form);
        match self {
            Self::LookUpSupplier => match text.parse::<VendorCode>() {
                Ok(code) => {
                    let notice =
                        Notice::new(Severity::Info, format!("looking up {}", Text::from(code.as_str())));
                    Ok(Nav::Finished(notice, NextStep::Open(Destination::Scores(code))))
                }
                Err(why) => Err(Refusal::from(why.to_string())),
            },
            Self::ImportFile(_)
            | Self::ExportFile(..)
            | Self::ImportPlan(..)
            | Self::ExportPlan(..)
            | Self::ExportChanges
                if text.is_empty() =>
            {
                Err(Refusal::from("type the name of a file"))
            }
            Self::ImportPlan(..) => {
                fx.push(Effect::ReadSheets(path(text)));
                Ok(Nav::Notify(Notice::new(Severity::Info, "reading the file…")))
            }
            Self::ExportPlan(shown) => {
                let extent = match form.fields().get(1).map(FormField::value) {
                    Some("table") => ExportScope::Table(shown.clone()),
                    Some("year") => ExportScope::Year(shown.year),
                    _ => ExportScope::Plan,
                };
                match workspace.plan_export(shown.plan, &extent) {
                    Some(book) => fx.push(Effect::WriteFile(path(text), Document::Book(book))),
                    None => return Err(Refusal::from(PLAN_UNREAD)),
                }
                Ok(Nav::Stay)
            }
            Self::ExportChanges => match change_set::write(&workspace.counter_changes) {
                Ok(written) => {
                    let changes = Document::ChangeSet(workspace.counter_changes.len(), written);
                    fx.push(Effect::WriteFile(path(text), changes));
                    Ok(Nav::Stay)
                }
                Err(why) => Err(Refusal::from(why.to_string())),
            },
            Self::ImportFile(_) => {
                fx.push(Effect::ReadFile(path(text)));
                Ok(Nav::Notify(Notice::new(Severity::Info, "reading the file…")))
            }
            Self::ExportFile(collection, content) => {
                let table = exported_table(collection, *content, workspace);
                fx.push(Effect::WriteFile(path(text), Document::Rows(table, *content)));
                Ok(Nav::Stay)
            }
            Self::Columns(collection, _, table) => stage_rows(form, collection, table, workspace, cx, fx),
        }
    }

    /// The plan, year index and table that this file is being read for; `None` when it is read for something
    /// else.
    pub(super) fn plan_awaiting_file(&self, form: &Form, file: &Path) -> Option<&TableRef> {
        match self {
            Self::ImportPlan(shown) if path(first_value(form)) == file => Some(shown),
            _ => None,
        }
    }

    /// Whether this form waits for a file to be written.
    pub(super) fn awaits_file_write(&self) -> bool {
        matches!(self, Self::ExportFile(..) | Self::ExportPlan(..) | Self::ExportChanges)
    }

    /// The collection that this file is being read for; `None` when it is read for something else.
    pub(super) fn collection_awaiting_file(&self, form: &Form, file: &Path) -> Option<&Collection> {
        match self {
            Self::ImportFile(collection) if path(first_value(form)) == file => Some(collection),
            _ => None,
        }
    }
}

fn first_value(form: &Form) -> &str {
    form.fields().first().map_or("", |field| field.value().trim())
}

/// Stages the rows of a file by the fields assigned to its columns.
fn stage_rows(
    form: &Form,
    collection: &Collection,
    table: &FileTable,
    workspace: &mut Workspace,
    cx: &Context,
    fx: &mut Effects,
) -> Result<Nav, Refusal> {
    let mapping = mapping(form, collection);
    for (field, heading) in form.fields().iter().zip(&table.headings) {
        let typed = field.value();
        if !typed.is_empty() && collection.schema().field(typed).is_none() {
            let (heading, typed) = (Text::from(heading.as_str()), Text::from(typed));
            let suggestions = joined_labels(&fields_like(collection, typed.raw()));
            let why =
                if suggestions.is_empty() { "is no field".into() } else { format!("could be {suggestions}") };
            return Err(Refusal::from(format!(
                "column {heading}: `{typed}` {why}; choose one from the list"
            )));
        }
    }
    for (at, field) in mapping.iter().enumerate() {
        if let Some(field) = field
            && mapping[..at].contains(&Some(*field))
        {
            return Err(Refusal::from(format!("two columns fill {}; leave one of them out", field.label())));
        }
    }
    if mapping.iter().all(Option::is_none) {
        return Err(Refusal::from("no column fills a field; choose at least one"));
    }
    let missing = joined_labels(&import::unmapped_required_fields(collection, &mapping));
    if !missing.is_empty() {
        return Err(Refusal::from(format!(
            "nothing is staged: no column fills {missing}, which every row needs"
        )));
    }
    let guessed = import::map_columns(collection, &table.headings, &workspace.heading_fields);
    let by_hand: Vec<_> = (table.headings.iter().zip(&mapping).zip(&guessed))
        .filter(|((_, chosen), guessed)| chosen != guessed)
        .map(|((heading, chosen), _)| (normalize_heading(heading), chosen.map_or("", |f| f.name).to_owned()))
        .collect();
    let rows = workspace.records(collection).into_iter().flat_map(|(rows, _)| rows);
    let changes = import::rows_to_changes(collection, table, &mapping, rows, cx.now);
    if changes.is_empty() {
        return Err(Refusal::from("no row of the file has anything in these columns"));
    }
    let words = format!("{} staged; nothing is sent yet", pluralize(changes.len(), "row"));
    match workspace.stage_records(changes.into_iter().map(|change| (None, change)).collect()) {
        Ok(entries) => {
            fx.journal_records(entries);
            // A file without headings has the first person in their place, which must not be remembered.
            if !by_hand.is_empty() && !import::looks_like_data(&table.headings) {
                workspace.heading_fields.extend(by_hand.clone());
                fx.push(Effect::Journal(JournalOp::Headings(by_hand)));
            }
            let place = Destination::StagedParticipants(collection.clone());
            Ok(Nav::Finished(Notice::new(Severity::Success, words), NextStep::Open(place)))
        }
        Err(why) => Err(why),
    }
}

/// The rows to write for a collection.
fn exported_table(collection: &Collection, content: FileContent, workspace: &Workspace) -> FileTable {
    match content {
        FileContent::Template => import::template_table(collection),
        FileContent::List => {
            let rows = workspace.records(collection).into_iter().flat_map(|(rows, _)| rows);
            import::record_table(collection.schema(), rows)
        }
        FileContent::RejectedRows => {
            let changes = workspace.record_changes.in_collection(collection).map(|(_, change)| change);
            let not_ready = changes.map(|change| (change, workspace.record_standing(change)));
            let not_ready = not_ready.filter(|(_, standing)| *standing != RecordStanding::Staged);
            import::rejected_rows_table(
                collection,
                not_ready.map(|(change, standing)| (change, standing.to_string())),
            )
        }
    }
}

/// A file name that was not used for an export in this session.
fn unused_file_name(name: &str, ending: &str, workspace: &Workspace) -> String {
    let numbered = (2..).map(|n| format!("{name}-{n}.{ending}"));
    let names = std::iter::once(format!("{name}.{ending}")).chain(numbered);
    names.into_iter().find(|name| !workspace.written_files.contains(name)).unwrap_or_default()
}

/// A file name made from a plan's name.
fn slug(name: &Text) -> String {
    let plain: String =
        name.raw().to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    if words.is_empty() { "plan".into() } else { words.join("-") }
}

/// The path as typed; it is resolved where the file is opened.
fn path(text: &str) -> PathBuf {
    PathBuf::from(text)
}

/// The field each column fills; `None` for columns left out.
fn mapping(form: &Form, collection: &Collection) -> import::ColumnMapping {
    form.fields().iter().map(|field| collection.schema().field(field.value())).collect()
}

/// The importable fields whose names begin with what was typed.
fn fields_like(collection: &Collection, typed: &str) -> Vec<&'static record::SchemaField> {
    let typed = fold_for_search(typed);
    let begins = |field: &&'static record::SchemaField| {
        field.name.starts_with(&typed) || fold_for_search(&field.label()).starts_with(&typed)
    };
    import::importable_fields(collection).filter(begins).collect()
}

fn joined_labels(fields: &[&'static record::SchemaField]) -> String {
    fields.iter().map(|field| field.label()).collect::<Vec<_>>().join(", ")
}

/// One form field for each column of the file, to choose the record field it fills.
fn column_fields(collection: &Collection, table: &FileTable, workspace: &Workspace) -> Vec<FormField> {
    let mut choices = vec![FormChoice { value: String::new(), label: "(leave out)".into() }];
    let labelled =
        |field: &'static record::SchemaField| FormChoice { value: field.name.into(), label: field.label() };
    choices.extend(import::importable_fields(collection).map(labelled));
    let guessed = import::map_columns(collection, &table.headings, &workspace.heading_fields);
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
        FormField::new(label, about, FieldInput::OneOf(choices.clone()), text)
    });
    fields.collect()
}
