//! What the rules found in a file, gathered by rule, subject and detail.

use std::collections::HashMap;

use crate::domain::change::rule::{Rule, RuleSeverity};
use crate::domain::import::file_rows::RowPlace;
use crate::domain::text::Text;

/// How many cells a message names.
const NAMED_CELLS: usize = 5;

/// What one rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFinding {
    /// The rule.
    pub rule: Rule,
    /// The field or column it is about; empty for the whole row.
    pub subject: String,
    /// What stands there or which row is meant, if it can be said.
    pub detail: Option<String>,
    /// The rows, in order; none where it is about the file.
    pub rows: Vec<RowPlace>,
    /// Where the cells stand, like `D5`, as far as they are few.
    pub cells: Vec<String>,
}

impl FileFinding {
    /// What was found, in words.
    pub fn message(&self) -> String {
        let mut words = String::new();
        if !self.subject.is_empty() {
            words = format!("{}: ", Text::from(self.subject.as_str()).printable());
        }
        words.push_str(self.rule.words());
        if let Some(detail) = &self.detail {
            words.push_str(&format!(": {}", Text::from(detail.as_str()).printable()));
        }
        if !self.cells.is_empty() {
            words.push_str(&format!(" ({})", self.cells.join(", ")));
        }
        words
    }
}

/// Findings, gathered row by row.
#[derive(Debug, Default)]
pub struct FindingTable {
    order: Vec<FileFinding>,
    places: HashMap<(Rule, String, Option<String>), usize>,
}

impl FindingTable {
    /// Adds what a rule found in a row, and where its cell stands, if that helps.
    pub fn add(
        &mut self,
        rule: Rule,
        subject: String,
        detail: Option<String>,
        row: RowPlace,
        cell: Option<String>,
    ) {
        let finding = self.finding(rule, subject, detail);
        if finding.rows.last() != Some(&row) {
            finding.rows.push(row);
        }
        if finding.cells.len() < NAMED_CELLS {
            finding.cells.extend(cell);
        } else if cell.is_some() && finding.cells.last().is_some_and(|last| last != "…") {
            finding.cells.push("…".into());
        }
    }

    /// Adds what a rule found about the file.
    pub fn add_of_file(&mut self, rule: Rule, subject: String) {
        self.finding(rule, subject, None);
    }

    fn finding(&mut self, rule: Rule, subject: String, detail: Option<String>) -> &mut FileFinding {
        let key = (rule, subject, detail);
        let next = self.order.len();
        let at = *self.places.entry(key).or_insert_with_key(|(rule, subject, detail)| {
            self.order.push(FileFinding {
                rule: *rule,
                subject: subject.clone(),
                detail: detail.clone(),
                rows: Vec::new(),
                cells: Vec::new(),
            });
            next
        });
        &mut self.order[at]
    }

    /// The findings, the gravest first, then in the order in which they were found.
    pub fn into_findings(mut self) -> Vec<FileFinding> {
        for finding in &mut self.order {
            finding.rows.sort();
            finding.rows.dedup();
        }
        self.order.sort_by_key(|finding| std::cmp::Reverse(finding.rule.severity()));
        self.order
    }
}

/// Whether a rule only notes something.
pub fn is_note(rule: Rule) -> bool {
    rule.severity() == RuleSeverity::Note
}
