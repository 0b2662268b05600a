//! The requests of this session, the latest first.

use crate::desk::Desk;
use crate::desk::log::Logged;
use crate::domain::date::clock;
use crate::domain::record::Value;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{Column, Rows, Table, Wanted};
use crate::nav::{Line, Nav};

/// A path template in as few columns as say which it is.
fn short(template: &str) -> String {
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

/// The kind of list.
#[derive(Debug)]
pub struct Log;

impl Table for Log {
    type Row = Logged;

    fn title(&self, _: &Desk) -> String {
        "Requests".into()
    }

    fn noun(&self) -> &'static str {
        "request"
    }

    fn empty(&self) -> &'static str {
        "Nothing has been sent in this session yet."
    }

    fn columns(&self) -> Vec<Column<Logged>> {
        vec![
            Column::made("Time", 5, 0, |row: &Logged, _| clock(row.at).into()),
            Column::made("Method", 6, 0, |row: &Logged, _| row.method.into()),
            Column::made("Outcome", 7, 1, |row: &Logged, _| row.outcome.as_str().into()),
            Column::made("ms", 6, 0, |row: &Logged, _| row.ms.to_string().into()).right(),
            Column::made("Bytes", 9, 0, |row: &Logged, _| {
                row.bytes.map_or_else(String::new, |bytes| bytes.to_string()).into()
            })
            .right(),
            Column::made("Path", 30, 4, |row: &Logged, _| short(row.template).into()),
        ]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Rows<'a, Logged> {
        Rows::own(desk.log.iter().rev().cloned().collect())
    }

    fn wanted(&self) -> Wanted {
        Wanted::Nothing
    }

    fn acts(&self) -> &'static [Command] {
        &[Command::Open, Command::Details]
    }

    fn hints(&self) -> &'static [Command] {
        &[Command::Open, Command::Filter, Command::Sort, Command::Back]
    }

    fn command(&self, command: Command, row: &Logged, _: &mut Desk, _: &mut Effects) -> Option<Nav> {
        let (Command::Open | Command::Details) = command else { return None };
        let mut lines = vec![
            Line::field("Request", format!("{} {}", row.method, row.path)),
            Line::field("Sent at", Value::Time(row.at).to_string()),
            Line::field("Outcome", row.outcome.as_str()),
            Line::field("Took", format!("{} ms", row.ms)),
        ];
        lines.extend(row.bytes.map(|bytes| Line::field("Answer", format!("{bytes} bytes"))));
        lines.extend(row.body.as_ref().map(|body| Line::field("Body sent", body.to_string())));
        Some(Nav::Show("Request".into(), lines))
    }
}
