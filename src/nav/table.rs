//! What a list shows: a table of columns for each kind of record.

use std::borrow::Cow;

use crate::api::{Call, page};
use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::ChangeNumber;
use crate::domain::date::today;
use crate::domain::record::{FieldKind, Record, Schema, Value};
use crate::effect::Effects;
use crate::input::command::Command;
use crate::kit::list::{self};
use crate::kit::pen::width;
use crate::nav::{Context, Nav};
use crate::workspace::record_list::RecordList;
use crate::workspace::{Snapshot, Workspace};

/// A column of rows `R`.
pub struct TableColumn<R> {
    /// How it looks.
    pub look: list::ListColumn,
    /// Where its text comes from.
    pub text: CellText<R>,
}

/// Where the text of a column comes from.
pub enum CellText<R> {
    /// A field of the row's schema, by its place there.
    Field(usize),
    /// Whatever this makes of the row.
    Computed(for<'a> fn(&'a R, &'a Workspace) -> Cow<'a, str>),
}

impl<R> TableColumn<R> {
    /// A column with a text of its own.
    pub fn computed(
        head: &'static str,
        min: u16,
        grow: u16,
        text: for<'a> fn(&'a R, &'a Workspace) -> Cow<'a, str>,
    ) -> Self {
        let look = list::ListColumn { head: head.into(), min: min.max(width(head)), grow, right: false };
        Self { look, text: CellText::Computed(text) }
    }

    /// This column, standing at the right.
    #[must_use]
    pub fn right(mut self) -> Self {
        self.look.right = true;
        self
    }

    /// This column under another head.
    #[must_use]
    pub fn headed(mut self, head: &'static str) -> Self {
        self.look.min = self.look.min.min(width(head).max(6));
        self.look.head = head.into();
        self
    }

    /// The column of a field: its head is the field's name, its width and side what its kind needs.
    pub fn field(schema: &'static Schema, name: &str) -> Option<Self> {
        let at = schema.fields.iter().position(|field| field.name == name)?;
        let field = &schema.fields[at];
        let (min, grow, right) = match field.kind {
            FieldKind::Text => (14, 1, false),
            FieldKind::Choice(words) => {
                let widest = words.iter().map(|word| width(word)).max().unwrap_or(4);
                (widest.min(12), u16::from(widest > 12), false)
            }
            FieldKind::Integer => (5, 0, true),
            FieldKind::Decimal => (10, 0, true),
            FieldKind::Flag => (3, 0, false),
            FieldKind::Date | FieldKind::DayFirstDate => (10, 0, false),
            FieldKind::Time | FieldKind::DayFirstTime => (16, 0, false),
        };
        let head = field.label();
        let min = min.max(width(&head).min(16));
        Some(Self {
            look: list::ListColumn { head: head.into(), min, grow, right },
            text: CellText::Field(at),
        })
    }

    /// The columns of a record: those named first, then every other field in the documents' order but for those that
    /// have a column of their own.
    pub fn for_schema(schema: &'static Schema, first: &[&str], own: &[&str]) -> Vec<Self> {
        let rest = schema.fields.iter().map(|field| field.name);
        let rest = rest.filter(|name| !first.contains(name) && !own.contains(name));
        let mut columns: Vec<_> =
            first.iter().copied().chain(rest).filter_map(|name| Self::field(schema, name)).collect();
        // What a row is known by is wider than what is said of it.
        if let Some(column) = columns.first_mut().filter(|_| own.is_empty()) {
            column.look.min = column.look.min.max(26);
        }
        columns
    }
}

/// The rows a table has now.
pub struct TableRows<'a, R: Clone> {
    /// The rows.
    pub rows: Cow<'a, [R]>,
    /// When they were read; `None` while they never were.
    pub read_at: Option<jiff::Timestamp>,
    /// Rows that could not be read.
    pub damaged: usize,
    /// Whether the list changed while it was read, so that nothing is done to many at once.
    pub inconsistent: bool,
    /// Which edition of the rows it is: while it stays, rows are only appended.
    pub generation: Option<u64>,
}

impl<'a, R: Clone> TableRows<'a, R> {
    /// Of a list as it was read, or of one that never was.
    pub fn from_snapshot(known: Option<&'a Snapshot<page::Page<R>>>) -> Self {
        TableRows {
            rows: known.map_or(&[][..], |known| &known.value.rows).into(),
            read_at: known.map(|known| known.read_at),
            damaged: known.map_or(0, |known| known.value.unreadable.len()),
            inconsistent: false,
            generation: None,
        }
    }

    /// Rows that are not the server's.
    pub fn local(rows: Vec<R>) -> Self {
        TableRows { rows: rows.into(), read_at: None, damaged: 0, inconsistent: false, generation: None }
    }
}

impl<'a> TableRows<'a, Record> {
    /// Of a list as far as it has come.
    pub fn from_list(listing: Option<&'a RecordList>) -> Self {
        let shown = listing.and_then(RecordList::shown);
        TableRows {
            rows: shown.map_or(&[][..], |read| &read.rows).into(),
            read_at: shown.map(|read| read.read_at),
            damaged: shown.map_or(0, |read| read.damaged),
            inconsistent: shown.is_some_and(|read| read.inconsistent),
            generation: Some(listing.map_or(0, RecordList::generation)),
        }
    }
}

/// What a list reads.
#[derive(Debug)]
pub enum TableSource {
    /// Nothing: its rows are not the server's.
    Local,
    /// A collection, to its end.
    Collection(Collection),
    /// What one call brings.
    Call(Call),
}

/// A kind of list, and which one of the kind.
pub trait ListTable: std::fmt::Debug {
    /// What a row is made of.
    type StagedRow: Clone + 'static;

    /// The name of the place in the breadcrumbs.
    fn title(&self, workspace: &Workspace) -> String;
    /// What one row is called, for counts.
    fn noun(&self) -> &'static str;
    /// What is said when there are no rows.
    fn empty(&self) -> &'static str;
    /// The columns, the first being the one rows are known by.
    fn columns(&self) -> Vec<TableColumn<Self::StagedRow>>;
    /// The rows on the desk.
    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, Self::StagedRow>;
    /// What is read for them.
    fn source(&self) -> TableSource;
    /// The commands to be named in the hint line, the most useful first.
    fn hints(&self) -> &'static [Command];
    /// The value of a field of the row's schema, by its place there.
    fn value<'a>(&self, row: &'a Self::StagedRow, workspace: &'a Workspace, field: usize) -> &'a Value {
        let _ = workspace;
        self.record(row).map_or(&Value::Absent, |record| record.value_at(field))
    }
    /// The record in a row, if it is one.
    fn record<'a>(&self, row: &'a Self::StagedRow) -> Option<&'a Record> {
        let _ = row;
        None
    }
    /// The staged change in a row, if it is one.
    fn change(&self, row: &Self::StagedRow) -> Option<ChangeNumber> {
        let _ = row;
        None
    }
    /// Whether a row is one that "next match" goes to.
    fn is_notable(&self, row: &Self::StagedRow, workspace: &Workspace) -> bool {
        let _ = (row, workspace);
        false
    }
    /// What is said above the list besides the count.
    fn headline(&self, workspace: &Workspace, cx: &Context) -> String {
        let _ = (workspace, cx);
        String::new()
    }
    /// The commands that [`Self::act`] and [`Self::command`] do, besides those that every list of its kind does.
    fn own_commands(&self) -> &'static [Command];
    /// Lines below the list for what is to be said in full of the row under the cursor.
    fn row_note_height(&self) -> u16 {
        0
    }
    /// What is said there.
    fn row_note(&self, row: &Self::StagedRow, workspace: &Workspace) -> String {
        let _ = (row, workspace);
        String::new()
    }
    /// How many staged changes a row has besides those of its record.
    fn nested_staged_count(&self, row: &Self::StagedRow, workspace: &Workspace) -> usize {
        let _ = (row, workspace);
        0
    }
    /// Does a command that needs no row; `None` when it is not one of this table's.
    fn run_table_command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Option<Nav> {
        let _ = (command, workspace, cx, fx);
        None
    }
    /// Does a command to the row under the cursor; `None` when it is not one of this table's.
    fn run_row_command(
        &self,
        command: Command,
        row: &Self::StagedRow,
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) -> Option<Nav>;
}

impl<R> std::fmt::Debug for TableColumn<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.look.head)
    }
}

/// The day of a moment, which is what a list has room for.
pub fn day(value: &Value) -> String {
    match value {
        Value::Time(time) => today(*time).to_string(),
        other => other.to_string(),
    }
}
