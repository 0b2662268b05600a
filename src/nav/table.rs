//! A screen that is a list: one piece of code, and a table of columns for each kind of record.

use std::borrow::Cow;

use ratatui::buffer::Buffer;

use crate::api::Call;
use crate::api::error::ApiError;
use crate::api::page;
use crate::desk::{Desk, Known};
use crate::domain::date::{clock, today};
use crate::domain::record::Value;
use crate::effect::{Effects, RequestId};
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::kit::list::{self, Column, List, Source};
use crate::kit::pen::Pen;
use crate::nav::{Context, Nav};

/// The rows a table has now.
pub struct Rows<'a, R: Clone> {
    /// The rows.
    pub rows: Cow<'a, [R]>,
    /// When they were read; `None` while they never were.
    pub read_at: Option<jiff::Timestamp>,
    /// Rows that could not be read.
    pub damaged: usize,
}

impl<'a, R: Clone> Rows<'a, R> {
    /// Of a list as it was read, or of one that never was.
    pub fn of(known: Option<&'a Known<page::Rows<R>>>) -> Self {
        Rows {
            rows: known.map_or(&[][..], |known| &known.what.rows).into(),
            read_at: known.map(|known| known.read_at),
            damaged: known.map_or(0, |known| known.what.damaged.len()),
        }
    }
}

/// A kind of list.
pub trait Table {
    /// What a row is made of.
    type Row: Clone + 'static;

    /// The name of the place in the breadcrumbs.
    const TITLE: &'static str;
    /// What is said when there are no rows.
    const EMPTY: &'static str;
    /// The columns.
    const COLUMNS: &'static [Column<Self::Row, Desk>];

    /// The rows on the desk.
    fn rows(desk: &Desk) -> Rows<'_, Self::Row>;

    /// The call that reads the rows; none where they are not the server's.
    fn call() -> Option<Call>;

    /// What a command does to the row under the cursor; `None` when it is not one of this table's.
    fn command(command: Command, row: &Self::Row, desk: &mut Desk, fx: &mut Effects) -> Option<Nav>;
}

/// A list on screen: where one stands in it, and whether it is being read.
#[derive(Debug)]
pub struct ListScreen<T> {
    list: List,
    reading: Option<RequestId>,
    failure: Option<String>,
    table: std::marker::PhantomData<T>,
}

impl<T: Table> ListScreen<T> {
    /// The list, read if it is the server's.
    pub fn open(desk: &Desk, fx: &mut Effects) -> Self {
        let mut screen =
            Self { list: List::default(), reading: None, failure: None, table: std::marker::PhantomData };
        screen.read(fx);
        screen.refresh(desk);
        screen
    }

    fn read(&mut self, fx: &mut Effects) {
        if self.reading.is_none() {
            self.reading = T::call().map(|call| fx.call(call));
        }
    }

    /// Works the order out anew after rows changed.
    pub fn refresh(&mut self, desk: &Desk) {
        let rows = T::rows(desk);
        self.list.refresh(&source::<T>(&rows, desk));
    }

    /// Moves the window so that the cursor is seen.
    pub fn arrange(&mut self, cx: &Context) {
        self.list.arrange(cx.area.height.saturating_sub(1));
    }

    /// The scopes of keys that are open.
    pub fn scopes(&self) -> &'static [Scope] {
        if self.list.is_typing() {
            &[]
        } else {
            &[Scope::List, Scope::Moving, Scope::Everywhere, Scope::Places]
        }
    }

    /// Takes a key while the filter is typed.
    pub fn key(&mut self, key: Key, desk: &Desk) -> Nav {
        if !self.list.is_typing() {
            return Nav::nothing(key);
        }
        let rows = T::rows(desk);
        self.list.key(key, &source::<T>(&rows, desk));
        Nav::Stay
    }

    /// Takes pasted text: into the filter while it is typed, else nowhere.
    pub fn paste(&mut self, text: &str, desk: &Desk) {
        if self.list.is_typing() {
            let rows = T::rows(desk);
            self.list.paste(text, &source::<T>(&rows, desk));
        }
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        if command == Command::ReadAgain {
            self.read(fx);
            return Nav::Stay;
        }
        let rows = T::rows(desk);
        let source = source::<T>(&rows, desk);
        if self.list.command(command, list::page(cx.area.height.saturating_sub(1)), &source) {
            return Nav::Stay;
        }
        if command == Command::Back {
            return if self.list.clear_filter(&source) { Nav::Stay } else { Nav::Back };
        }
        let row = self.list.current().and_then(|at| rows.rows.get(at)).cloned();
        let Some(row) = row else { return Nav::refuse("nothing is under the cursor") };
        let nav = T::command(command, &row, desk, fx);
        self.refresh(desk);
        nav.unwrap_or_else(|| Nav::refuse("that does nothing here; ? shows what does"))
    }

    /// The reply to a call of this screen came; what it brought is on the desk.
    pub fn reply(&mut self, id: RequestId, error: Option<&ApiError>, desk: &Desk) {
        if self.reading == Some(id) {
            self.reading = None;
            self.failure = error.map(ToString::to_string);
        }
        self.refresh(desk);
    }

    /// Draws the list.
    pub fn view(&self, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        let rows = T::rows(desk);
        let mut pen = Pen::new(buf, cx.area, 0);
        let state = match (self.reading, rows.read_at) {
            (Some(_), _) => "reading…".into(),
            (None, Some(at)) => format!("read {}", clock(at)),
            (None, None) => String::new(),
        };
        pen.skip(1).text(&format!("{} {}", rows.rows.len(), T::TITLE.to_lowercase()), cx.theme.dim);
        if rows.damaged > 0 {
            pen.text(&format!(" · {} could not be read", rows.damaged), cx.theme.warning);
        }
        pen.at_end(&format!("{state} "), cx.theme.dim);
        let area =
            ratatui::layout::Rect { y: cx.area.y + 1, height: cx.area.height.saturating_sub(1), ..cx.area };
        let line = |buf: &mut Buffer, text: &str, style| {
            for (at, text) in (2..).zip(crate::kit::pen::wrap(text, area.width.saturating_sub(4))) {
                Pen::new(buf, area, at).skip(2).text(&text, style);
            }
        };
        match &self.failure {
            Some(why) if rows.rows.is_empty() => line(buf, why, cx.theme.error),
            None if rows.rows.is_empty() && self.reading.is_none() => line(buf, T::EMPTY, cx.theme.dim),
            None if rows.rows.is_empty() => {}
            _ => self.list.draw(&source::<T>(&rows, desk), cx.theme, area, buf),
        }
    }
}

/// The day of a moment, which is what a list has room for.
pub fn day(value: &Value) -> String {
    match value {
        Value::Time(time) => today(*time).to_string(),
        other => other.to_string(),
    }
}

fn source<'a, T: Table>(rows: &'a Rows<'_, T::Row>, desk: &'a Desk) -> Source<'a, T::Row, Desk> {
    Source { rows: &rows.rows, columns: T::COLUMNS, extra: desk }
}
