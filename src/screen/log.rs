//! The list of requests sent in this session, the latest first.

use crate::domain::date::time_of_day;
use crate::domain::record::Value;
use crate::domain::refusal::Refusal;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{ListTable, TableColumn, TableRows, TableSource};
use crate::nav::{Context, DetailLine, Nav};
use crate::workspace::Workspace;
use crate::workspace::request_log::LoggedRequest;

/// A path template shortened for the list, with `…` for its parameters.
fn short_path(template: &str) -> String {
    let mut out = String::new();
    for (at, part) in
        template.trim_start_matches("/api/public").trim_start_matches("/api").split('{').enumerate()
    {
        let rest = if at == 0 { part } else { part.split_once('}').map_or("", |(_, rest)| rest) };
        out.push_str(if at == 0 { "" } else { "…" });
        out.push_str(rest);
    }
    out
}

/// The table of requests.
#[derive(Debug)]
pub struct Log;

impl ListTable for Log {
    type Row = LoggedRequest;

    fn title(&self, _: &Workspace) -> String {
        "Requests".into()
    }

    fn noun(&self) -> &'static str {
        "request"
    }

    fn empty(&self) -> &'static str {
        "Nothing has been sent in this session yet."
    }

    fn columns(&self) -> Vec<TableColumn<LoggedRequest>> {
        vec![
            TableColumn::computed("Time", 5, 0, |row: &LoggedRequest, _| time_of_day(row.at).into()),
            TableColumn::computed("Method", 6, 0, |row: &LoggedRequest, _| row.method.into()),
            TableColumn::computed("Outcome", 7, 1, |row: &LoggedRequest, _| row.outcome.as_str().into()),
            TableColumn::computed("ms", 6, 0, |row: &LoggedRequest, _| row.elapsed_ms.to_string().into())
                .right(),
            TableColumn::computed("Bytes", 9, 0, |row: &LoggedRequest, _| {
                row.bytes.map_or_else(String::new, |bytes| bytes.to_string()).into()
            })
            .right(),
            TableColumn::computed("Path", 30, 4, |row: &LoggedRequest, _| short_path(row.template).into()),
        ]
    }

    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, LoggedRequest> {
        TableRows::local(workspace.log.iter().rev().cloned().collect())
    }

    fn source(&self) -> TableSource {
        TableSource::Local
    }

    fn own_commands(&self) -> &'static [Command] {
        &[Command::Open, Command::Details]
    }

    fn hints(&self) -> &'static [Command] {
        &[Command::Open, Command::Filter, Command::Sort, Command::Back]
    }

    fn run_row_command(
        &self,
        command: Command,
        row: &LoggedRequest,
        _: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        let (Command::Open | Command::Details) = command else { return None };
        let mut lines = vec![
            DetailLine::field("Request", format!("{} {}", row.method, row.path)),
            DetailLine::field("Sent at", Value::Time(row.at).to_string()),
            DetailLine::field("Outcome", row.outcome.as_str()),
            DetailLine::field("Took", format!("{} ms", row.elapsed_ms)),
        ];
        lines.extend(row.bytes.map(|bytes| DetailLine::field("Answer", format!("{bytes} bytes"))));
        lines.extend(row.body.as_ref().map(|body| DetailLine::field("Body sent", body.to_string())));
        Some(Ok(Nav::Show("Request".into(), lines)))
    }
}
