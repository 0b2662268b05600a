//! Forms that ask for a vendor code, for a file to read or write, or for the field that each column of a file
//! fills.

use std::path::{Path, PathBuf};

use crate::domain::change::change_set;
use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::RecordStanding;
use crate::domain::date::today;
use crate::domain::file_table::FileContent;
use crate::domain::id::{ScorecardId, VendorCode};
use crate::domain::import::file_rows::ImportTarget;
use crate::domain::import::written_tables::{self, WrittenRows};
use crate::domain::plan::table_ref::TableRef;
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::effect::{Document, Effect, Effects};
use crate::kit::form::{FieldInput, Form, FormChoice, FormField};
use crate::nav::{Context, Destination, Nav, NextStep, Notice, Severity};
use crate::workspace::plan_file::ExportScope;
use crate::workspace::record_list::{ListContents, RecordList};
use crate::workspace::{PLAN_UNREAD, Workspace};

/// What the form asks for.
#[derive(Debug)]
pub(super) enum FileForm {
    /// A vendor code.
    LookUpSupplier,
    /// The file to import.
    ImportFile(ImportTarget),
    /// The file to write.
    ExportFile(Collection, FileContent),
    /// The file to import into a plan; the year index and table are the ones on screen.
    ImportPlan(TableRef),
    /// The file to export a plan to; the year index and table are the ones on screen.
    ExportPlan(TableRef),
    /// The file to write the staged counters to.
    ExportChanges,
    /// The file to write the spend of a scorecard to.
    ExportSpend(ScorecardId),
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
                "A CSV or XLSX file as it is: the sheet and its headings are found wherever they stand, and what the file \
                 leaves open is asked. Nothing is sent: the rows are checked and staged first.",
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
                    ("report", "report for a committee (.html)".into()),
                    ("eea13", "EEA13 working paper (.xlsx)".into()),
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
            Self::ExportSpend(_) => line(
                "File",
                "A new file; the ending .csv or .xlsx says which kind. It holds the figures as you see them and names \
                 nobody.",
                &unused_file_name("spend", "xlsx", workspace),
            ),
        })
    }

    /// Its name in the breadcrumb.
    pub(super) fn title(&self) -> &'static str {
        match self {
            Self::LookUpSupplier => "Look up a supplier",
            Self::ImportFile(_) => "Import",
            Self::ImportPlan(..) => "Import into the plan",
            Self::ExportPlan(..) => "Export the plan",
            Self::ExportChanges => "Export staged counters",
            Self::ExportFile(..) => "Export",
            Self::ExportSpend(_) => "Export the spend",
        }
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
            | Self::ExportSpend(_)
                if text.is_empty() =>
            {
                Err(Refusal::from("type the name of a file"))
            }
            Self::ImportPlan(..) => {
                fx.push(Effect::ReadSheets(path(text)));
                Ok(Nav::Notify(Notice::new(Severity::Info, "reading the file…")))
            }
            Self::ExportPlan(shown) => {
                let report = || {
                    let report = workspace.plan_report(shown.plan, today(cx.now));
                    report.map(Box::new).ok_or(PLAN_UNREAD)
                };
                let document = match form.fields().get(1).map(FormField::value) {
                    Some("report") => Some((path(text).with_extension("html"), Document::Report(report()?))),
                    Some("eea13") => Some((path(text), Document::Eea13(report()?))),
                    _ => None,
                };
                if let Some((file, document)) = document {
                    fx.push(Effect::WriteFile(file, document));
                    return Ok(Nav::Stay);
                }
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
            Self::ExportSpend(scorecard) => {
                let table = workspace.complete_spend(scorecard)?.to_file_table();
                fx.push(Effect::WriteFile(path(text), Document::Figures(table)));
                Ok(Nav::Stay)
            }
            Self::ImportFile(_) => {
                fx.push(Effect::ReadFile(path(text)));
                Ok(Nav::Notify(Notice::new(Severity::Info, "reading the file…")))
            }
            Self::ExportFile(collection, content) => {
                let rows = exported_rows(collection, *content, workspace);
                fx.push(Effect::WriteFile(path(text), Document::Rows(rows, *content)));
                Ok(Nav::Stay)
            }
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
        matches!(
            self,
            Self::ExportFile(..) | Self::ExportPlan(..) | Self::ExportChanges | Self::ExportSpend(_)
        )
    }

    /// What this file is being read to import into; `None` when it is read for something else.
    pub(super) fn import_awaiting_file(&self, form: &Form, file: &Path) -> Option<&ImportTarget> {
        match self {
            Self::ImportFile(target) if path(first_value(form)) == file => Some(target),
            _ => None,
        }
    }
}

fn first_value(form: &Form) -> &str {
    form.fields().first().map_or("", |field| field.value().trim())
}

/// The rows to write for a collection.
fn exported_rows(collection: &Collection, content: FileContent, workspace: &Workspace) -> WrittenRows {
    match content {
        FileContent::Template => WrittenRows::Table(written_tables::template_table(collection.schema())),
        FileContent::List => {
            let list = workspace.record_lists.get(collection).and_then(RecordList::shown);
            let rows = list.map(ListContents::shared_rows).unwrap_or_default();
            WrittenRows::Records(collection.schema(), rows)
        }
        FileContent::RejectedRows => {
            let changes = workspace.record_changes.in_collection(collection).map(|(_, change)| change);
            let not_ready = changes.map(|change| (change, workspace.record_standing(change)));
            let not_ready = not_ready.filter(|(_, standing)| *standing != RecordStanding::Staged);
            WrittenRows::Table(written_tables::rejected_rows_table(
                collection.schema(),
                not_ready.map(|(change, standing)| (change, standing.to_string())),
            ))
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
