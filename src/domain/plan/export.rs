//! Exports a plan's tables for spreadsheets, reports and scripts.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::domain::file_table::FileTable;
use crate::domain::id::{MilestoneId, PlanId, TargetId};
use crate::domain::plan::counter::{Counter, StatutoryColumn};
use crate::domain::plan::target::{Count, TargetType};
use crate::domain::text::Text;

/// Tables of one plan, ready to be written to a file.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanExport {
    /// The plan's id.
    pub plan: PlanId,
    /// The plan's name.
    pub name: Text,
    /// The tables, in the order of the years.
    pub tables: Vec<ExportTable>,
}

/// One target of the plan as a table.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportTable {
    /// The year of the plan, from 1.
    pub year: u32,
    /// The milestone's id.
    pub milestone: MilestoneId,
    /// The target's id.
    pub target: TargetId,
    /// Which people it counts.
    pub target_type: TargetType,
    /// Its rows, the six levels first.
    pub rows: Vec<ExportRow>,
}

/// A row of a table: one slice.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRow {
    /// The label in the first column.
    pub label: String,
    /// Whether it is one of the six levels, which the totals add up.
    pub is_level: bool,
    /// Its counters in statutory order; `None` where the server returned none.
    pub cells: [Option<ExportCell>; 10],
}

/// A counter with its numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportCell {
    /// The counter.
    pub counter: Counter,
    /// The staged number, else the server's; `None` when it has none.
    pub count: Option<Count>,
    /// The number last read from the server; `None` when it has none.
    pub server_count: Option<Count>,
}

/// The label of the row that sums the six levels.
pub const SUMS_LABEL: &str = "Six levels";
/// The sheet that keeps the numbers at the time of writing, so that an import takes only what was changed
/// since.
pub const BASE_SHEET: &str = "bee-tui base";
/// The headings of the base sheet.
pub const BASE_HEADINGS: [&str; 6] = ["plan", "year", "table", "counter", "number", "server"];

/// The name of a table's sheet, by which an import finds it again: `Year 2 all employees`.
pub fn sheet_name(year: u32, target_type: &TargetType) -> String {
    let name = format!("Year {year} {target_type}");
    // Excel limits a sheet's name to 31 characters and forbids these.
    name.chars().filter(|c| !['[', ']', ':', '*', '?', '/', '\\', '\''].contains(c)).take(31).collect()
}

/// Escapes text for Markdown: a backslash goes before each character that could begin a link, an image, a
/// table cell, a heading or HTML. The result is one line, as [`Text`] prints it.
fn escape_markdown(text: &Text) -> String {
    let mut out = String::new();
    for c in text.to_string().chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '!' | '&' | '~' | '$') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

impl ExportTable {
    fn level_sums(&self) -> [u64; 10] {
        let levels = || self.rows.iter().filter(|row| row.is_level);
        let number = |row: &ExportRow, at: usize| {
            row.cells[at].as_ref().and_then(|cell| cell.count).map_or(0, u64::from)
        };
        std::array::from_fn(|at| levels().map(|row| number(row, at)).sum())
    }

    /// The rows as (label, numbers, row sum), with the row of sums after the six levels.
    pub fn lines_with_sums(&self) -> Vec<(&str, [Option<u64>; 10], u64)> {
        let line = |row: &'_ ExportRow| {
            let numbers: [Option<u64>; 10] =
                std::array::from_fn(|at| row.cells[at].as_ref().and_then(|cell| cell.count).map(u64::from));
            (numbers, numbers.iter().flatten().sum::<u64>())
        };
        let mut lines: Vec<(&str, [Option<u64>; 10], u64)> = self
            .rows
            .iter()
            .map(|row| {
                let (numbers, sum) = line(row);
                (row.label.as_str(), numbers, sum)
            })
            .collect();
        let sums = self.level_sums();
        let levels = self.rows.iter().filter(|row| row.is_level).count();
        lines.insert(levels, (SUMS_LABEL, sums.map(Some), sums.iter().sum()));
        lines
    }
}

impl PlanExport {
    /// All tables one below the other, with the year and the table in the first two columns.
    pub fn to_file_table(&self) -> FileTable {
        let heads = ["Year", "Table", "Level"]
            .into_iter()
            .chain(StatutoryColumn::ALL.map(StatutoryColumn::heading))
            .chain(["Total"]);
        let mut rows = Vec::new();
        for table in &self.tables {
            for (label, numbers, sum) in table.lines_with_sums() {
                let text = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
                let mut cells = vec![table.year.to_string(), table.target_type.to_string(), label.to_owned()];
                cells.extend(numbers.into_iter().map(text));
                cells.push(sum.to_string());
                rows.push((rows.len() as u32 + 2, cells));
            }
        }
        FileTable { headings: heads.map(str::to_owned).collect(), rows }
    }

    /// The plan as a Markdown document with one table for each target.
    pub fn to_markdown(&self) -> String {
        let mut out = format!("# {}\n", escape_markdown(&self.name));
        for table in &self.tables {
            let table_name = escape_markdown(&Text::from(table.target_type.to_string()));
            let _ = write!(out, "\n## Year {} · {table_name}\n\n", table.year);
            let heads = StatutoryColumn::ALL.map(StatutoryColumn::heading).join(" | ");
            let _ = writeln!(out, "| Level | {heads} | Total |\n|:--|{}", "--:|".repeat(11));
            for (label, numbers, sum) in table.lines_with_sums() {
                let numbers = numbers.map(|n| n.map(|n| n.to_string()).unwrap_or_default()).join(" | ");
                let label = escape_markdown(&Text::from(label));
                let _ = writeln!(out, "| {label} | {numbers} | {sum} |");
            }
        }
        out
    }

    /// The tables as JSON in the API's own shape, with staged numbers in place of the server's.
    pub fn to_json(&self) -> String {
        let mut milestones: Vec<Value> = Vec::new();
        for table in &self.tables {
            let mut target = Map::new();
            target.insert("id".into(), table.target.as_u64().into());
            target.insert("target_type".into(), table.target_type.name().into());
            for cell in table.rows.iter().flat_map(|row| row.cells.iter().flatten()) {
                target.insert(cell.counter.name(), cell.count.into());
            }
            let known = milestones.iter_mut().find(|m| m["id"] == table.milestone.as_u64());
            match known.and_then(|milestone| milestone["targets"].as_array_mut()) {
                Some(targets) => targets.push(target.into()),
                None => milestones.push(serde_json::json!({
                    "id": table.milestone.as_u64(), "year_number": table.year, "targets": [target],
                })),
            }
        }
        let plan = serde_json::json!({
            "id": self.plan.as_u64(), "name": self.name.raw(), "milestones": milestones,
        });
        format!("{plan:#}\n")
    }

    /// The rows of the base sheet ([`BASE_SHEET`]): for each counter the exported and the server's number.
    pub fn to_base_table(&self) -> FileTable {
        let mut rows = Vec::new();
        for table in &self.tables {
            for cell in table.rows.iter().flat_map(|row| row.cells.iter().flatten()) {
                let text = |n: Option<Count>| n.map(|n| n.to_string()).unwrap_or_default();
                let (plan, year) = (self.plan.to_string(), table.year.to_string());
                let table = table.target_type.name().to_owned();
                let (number, server) = (text(cell.count), text(cell.server_count));
                let cells = vec![plan, year, table, cell.counter.name(), number, server];
                rows.push((rows.len() as u32 + 2, cells));
            }
        }
        FileTable { headings: BASE_HEADINGS.map(str::to_owned).to_vec(), rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_escaped_in_markdown() {
        let nothing = [const { None }; 10];
        let row = ExportRow { label: "a | b\n# c".into(), is_level: true, cells: nothing };
        let table = ExportTable {
            year: 1,
            milestone: MilestoneId::new(1).unwrap(),
            target: TargetId::new(2).unwrap(),
            target_type: TargetType::Other("<b>".into()),
            rows: vec![row],
        };
        let name = Text::from("![x](http://a) <script> `q` *s*");
        let text = PlanExport { plan: PlanId::new(3).unwrap(), name, tables: vec![table] }.to_markdown();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], r"# \!\[x\](http://a) \<script\> \`q\` \*s\*");
        assert_eq!(lines[2], r"## Year 1 · \<b\>");
        assert!(lines[6].starts_with(r"| a \| b"), "{text}");
        assert_eq!(lines.len(), 8, "a name began a line of its own: {text}");
    }
}
