//! What a list shows: the columns and rows of each kind of table.

use crate::domain::refusal::Refusal;
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
use crate::workspace::record_list::{ListContents, RecordList};
use crate::workspace::{Snapshot, Workspace};

/// A column of a table whose rows are `R`.
pub struct TableColumn<R> {
    /// Its heading and width.
    pub look: list::ListColumn,
    /// Where its text comes from.
    pub text: CellText<R>,
}

/// Where the text of a column comes from.
pub enum CellText<R> {
    /// The field at this index of the row's schema.
    Field(usize),
    /// A text computed from the row and the workspace.
    Computed(for<'a> fn(&'a R, &'a Workspace) -> Cow<'a, str>),
}

impl<R> TableColumn<R> {
    /// A column with a computed text; `min` and `grow` are as in [`list::ListColumn`].
    pub fn computed(
        head: &'static str,
        min: u16,
        grow: u16,
        text: for<'a> fn(&'a R, &'a Workspace) -> Cow<'a, str>,
    ) -> Self {
        let look = list::ListColumn { head: head.into(), min: min.max(width(head)), grow, right: false };
        Self { look, text: CellText::Computed(text) }
    }

    /// Aligns the column to the right.
    #[must_use]
    pub fn right(mut self) -> Self {
        self.look.right = true;
        self
    }

    /// Gives the column another heading.
    #[must_use]
    pub fn headed(mut self, head: &'static str) -> Self {
        self.look.min = self.look.min.min(width(head).max(6));
        self.look.head = head.into();
        self
    }

    /// The column of a field, headed by the field's label, with a width and alignment that suit its kind.
    /// `None` when the schema has no such field.
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

    /// The columns of a schema: those named in `first`, then all other fields in the order of the API
    /// documentation, except those in `own`, which have a column of their own.
    pub fn for_schema(schema: &'static Schema, first: &[&str], own: &[&str]) -> Vec<Self> {
        let rest = schema.fields.iter().map(|field| field.name);
        let rest = rest.filter(|name| !first.contains(name) && !own.contains(name));
        let mut columns: Vec<_> =
            first.iter().copied().chain(rest).filter_map(|name| Self::field(schema, name)).collect();
        // The column that identifies the row is wider than the others.
        if let Some(column) = columns.first_mut().filter(|_| own.is_empty()) {
            column.look.min = column.look.min.max(26);
        }
        columns
    }
}

/// The current rows of a table.
pub struct TableRows<'a, R: Clone> {
    /// The rows.
    pub rows: Cow<'a, [R]>,
    /// When they were read; `None` if they never were.
    pub read_at: Option<jiff::Timestamp>,
    /// How many rows could not be parsed.
    pub damaged: usize,
    /// Whether the list changed while it was being read; actions on several rows are refused then.
    pub inconsistent: bool,
    /// The generation of the rows: while it stays the same, rows are only appended. `None` when unknown.
    pub generation: Option<u64>,
}

impl<'a, R: Clone> TableRows<'a, R> {
    /// The rows of a list read in one piece; empty when it was never read.
    pub fn from_snapshot(known: Option<&'a Snapshot<page::Page<R>>>) -> Self {
        TableRows {
            rows: known.map_or(&[][..], |known| &known.value.rows).into(),
            read_at: known.map(|known| known.read_at),
            damaged: known.map_or(0, |known| known.value.unreadable.len()),
            inconsistent: false,
            generation: None,
        }
    }

    /// Rows that do not come from the server.
    pub fn local(rows: Vec<R>) -> Self {
        TableRows { rows: rows.into(), read_at: None, damaged: 0, inconsistent: false, generation: None }
    }
}

impl<'a> TableRows<'a, Record> {
    /// The rows of a list that may still be being read.
    pub fn from_list(listing: Option<&'a RecordList>) -> Self {
        let shown = listing.and_then(RecordList::shown);
        TableRows {
            rows: shown.map_or(&[][..], ListContents::rows).into(),
            read_at: shown.map(|read| read.read_at),
            damaged: shown.map_or(0, ListContents::unreadable),
            inconsistent: shown.is_some_and(|read| read.is_inconsistent),
            generation: Some(listing.map_or(0, RecordList::generation)),
        }
    }
}

/// Where the rows of a list are read from.
#[derive(Debug)]
pub enum TableSource {
    /// Nowhere: the rows do not come from the server.
    Local,
    /// A collection, read page by page to its end.
    Collection(Collection),
    /// Worked out from a collection and what belongs to it; the rows are not its records.
    FiguresOf(Collection),
    /// The response to a single call.
    Call(Call),
}

/// A kind of list with the data that tells which one it is.
pub trait ListTable: std::fmt::Debug {
    /// The type of a row.
    type Row: Clone + 'static;

    /// Its name in the breadcrumb.
    fn title(&self, workspace: &Workspace) -> String;
    /// What one row is called, in the singular, for counts.
    fn noun(&self) -> &'static str;
    /// The text shown when there are no rows.
    fn empty(&self) -> &'static str;
    /// The columns; the first identifies the row.
    fn columns(&self) -> Vec<TableColumn<Self::Row>>;
    /// The rows currently in the workspace.
    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, Self::Row>;
    /// Where the rows are read from.
    fn source(&self) -> TableSource;
    /// The column that the list is sorted by when it is opened, and whether in descending order; `None` for the order of its
    /// rows.
    fn first_order(&self) -> Option<(usize, bool)> {
        None
    }
    /// The commands shown in the hint line, the most useful first.
    fn hints(&self) -> &'static [Command];
    /// The value of a field of the row's schema, by its index there.
    fn value<'a>(&self, row: &'a Self::Row, workspace: &'a Workspace, field: usize) -> &'a Value {
        let _ = workspace;
        self.record(row).map_or(&Value::Absent, |record| record.value_at(field))
    }
    /// The record in a row; `None` when the row holds something else.
    fn record<'a>(&self, row: &'a Self::Row) -> Option<&'a Record> {
        let _ = row;
        None
    }
    /// The number of the staged change in a row; `None` when the row holds something else.
    fn change(&self, row: &Self::Row) -> Option<ChangeNumber> {
        let _ = row;
        None
    }
    /// The numbers of all staged changes in a row.
    fn changes(&self, row: &Self::Row) -> Vec<ChangeNumber> {
        self.change(row).into_iter().collect()
    }
    /// Whether "next match" stops at this row.
    fn is_notable(&self, row: &Self::Row, workspace: &Workspace) -> bool {
        let _ = (row, workspace);
        false
    }
    /// The text shown above the list after the count; empty for none.
    fn headline(&self, workspace: &Workspace, cx: &Context) -> String {
        let _ = (workspace, cx);
        String::new()
    }
    /// The commands that [`Self::run_table_command`] and [`Self::run_row_command`] handle, besides those that
    /// every list has.
    fn own_commands(&self) -> &'static [Command];
    /// How many lines below the list are reserved for the note on the row under the cursor.
    fn row_note_height(&self) -> u16 {
        0
    }
    /// The note on a row; empty for none.
    fn row_note(&self, row: &Self::Row, workspace: &Workspace) -> String {
        let _ = (row, workspace);
        String::new()
    }
    /// How many staged changes a row has inside it, besides those of its own record.
    fn nested_staged_count(&self, row: &Self::Row, workspace: &Workspace) -> usize {
        let _ = (row, workspace);
        0
    }
    /// Runs a command that needs no row; `None` when this table does not have it.
    fn run_table_command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        let _ = (command, workspace, cx, fx);
        None
    }
    /// Runs a command on the row under the cursor; `None` when this table does not have it.
    fn run_row_command(
        &self,
        command: Command,
        row: &Self::Row,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Option<Result<Nav, Refusal>>;
}

impl<R> std::fmt::Debug for TableColumn<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.look.head)
    }
}

/// The day of a time value, because a list has no room for the time; other values as they are.
pub fn day(value: &Value) -> String {
    match value {
        Value::Time(time) => today(*time).to_string(),
        other => other.to_string(),
    }
}
