//! Staged participants of a scorecard, grouped by what is wrong with them, so that a whole group can be mended,
//! released or dropped at once.

use crate::domain::change::record_change::{ChangeNumber, RecordChange};
use crate::domain::change::rule::RuleSeverity;
use crate::domain::id::ScorecardId;
use crate::domain::refusal::Refusal;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{ListTable, TableColumn, TableRows, TableSource};
use crate::nav::{Context, Destination, DetailLine, FormPurpose, Nav};
use crate::workspace::Workspace;
use crate::workspace::staged_groups::StagedGroup;

/// The table of groups.
#[derive(Debug)]
pub struct StagedGroups(pub ScorecardId);

impl ListTable for StagedGroups {
    type Row = StagedGroup;

    fn title(&self, _: &Workspace) -> String {
        "By reason".into()
    }

    fn noun(&self) -> &'static str {
        "reason"
    }

    fn empty(&self) -> &'static str {
        "Nothing stands in the way of the staged participants, and nothing about them is odd."
    }

    fn columns(&self) -> Vec<TableColumn<StagedGroup>> {
        vec![
            TableColumn::computed("Reason", 40, 4, |group: &StagedGroup, _| reason(group).into()),
            TableColumn::computed("Kind", 8, 0, |group: &StagedGroup, _| {
                match group.severity {
                    RuleSeverity::Stop => "to mend",
                    RuleSeverity::Hold => "held",
                    RuleSeverity::Note => "note",
                }
                .into()
            }),
            TableColumn::computed("Rows", 6, 0, |group: &StagedGroup, _| {
                group.numbers.len().to_string().into()
            })
            .right(),
            TableColumn::computed("First rows", 20, 2, |group: &StagedGroup, workspace| {
                first_rows(group, workspace).into()
            }),
        ]
    }

    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, StagedGroup> {
        let rows = TableRows::local(workspace.staged_groups(&self.0));
        TableRows { generation: Some(workspace.record_changes.generation()), ..rows }
    }

    fn source(&self) -> TableSource {
        TableSource::Local
    }

    fn changes(&self, row: &StagedGroup) -> Vec<ChangeNumber> {
        row.numbers.clone()
    }

    fn is_notable(&self, row: &StagedGroup, _: &Workspace) -> bool {
        row.severity > RuleSeverity::Note
    }

    fn row_note_height(&self) -> u16 {
        2
    }

    fn row_note(&self, row: &StagedGroup, _: &Workspace) -> String {
        reason(row)
    }

    fn own_commands(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::EditRecord,
            Command::Release,
            Command::Unstage,
            Command::NextMatch,
            Command::PreviousMatch,
        ]
    }

    fn hints(&self) -> &'static [Command] {
        &[
            Command::Open,
            Command::EditRecord,
            Command::Release,
            Command::Unstage,
            Command::NextMatch,
            Command::Undo,
            Command::Review,
        ]
    }

    fn run_row_command(
        &self,
        command: Command,
        row: &StagedGroup,
        workspace: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            Command::Open => {
                let changes =
                    row.numbers.iter().filter_map(|number| workspace.record_changes.change(*number));
                let line = |change: &RecordChange| {
                    let place = change.file_row.map_or_else(String::new, |row| format!("row {row}"));
                    DetailLine::field(
                        place,
                        format!("{} · {}", change.name, workspace.record_standing(change)),
                    )
                };
                Some(Ok(Nav::Show(reason(row), changes.map(line).collect())))
            }
            Command::EditRecord => Some(match row.field {
                Some(field) => {
                    let purpose = FormPurpose::MendStaged(field, row.numbers.clone());
                    Ok(Nav::Open(Destination::Form(Box::new(purpose))))
                }
                None => Err(Refusal::from(
                    "this concerns more than one field; release or drop the rows, or edit each of them",
                )),
            }),
            _ => None,
        }
    }
}

fn reason(group: &StagedGroup) -> String {
    match group.field.filter(|_| group.severity != RuleSeverity::Hold) {
        Some(field) => format!("{}: {}", crate::domain::text::label_from_api_name(field), group.words),
        None => group.words.clone(),
    }
}

fn first_rows(group: &StagedGroup, workspace: &Workspace) -> String {
    let changes = group.numbers.iter().filter_map(|number| workspace.record_changes.change(*number));
    let rows: Vec<String> =
        changes.filter_map(|change| change.file_row).take(6).map(|row| row.to_string()).collect();
    let more = if group.numbers.len() > rows.len() { ", …" } else { "" };
    format!("{}{more}", rows.join(", "))
}
