//! A screen that is a list: one piece of code for every table.

use crate::api::collection;
use crate::api::error::ApiError;
use crate::api::{Call, raw};
use crate::desk::Desk;
use crate::desk::listing::Listing;
use crate::domain::collection::{Collection, RecordId};
use crate::domain::date::clock;
use crate::domain::record::Record;
use crate::domain::record_change::{Intent, RecordChange};
use crate::domain::text::count;
use crate::effect::{Clip, Effect, Effects, RequestId, Why};
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::kit::list::{self, List};
use crate::kit::pen::{Pen, wrap};
use crate::nav::table::{Column, Rows, Table, Text, Wanted};
use crate::nav::{Context, Nav, Notice, Place, Purpose, Tone};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;

/// A list on screen: where one stands in it, and whether it is being read.
#[derive(Debug)]
pub struct ListScreen<T: Table> {
    /// Which list it is.
    pub table: T,
    columns: Vec<Column<T::Row>>,
    list: List,
    /// The call that brings the rows, where they are no collection.
    reading: Option<RequestId>,
    failure: Option<String>,
}

/// What works in every list, whatever it lists.
const EVERY_LIST_DOES: [Command; 10] = [
    Command::Undo,
    Command::Redo,
    Command::Copy,
    Command::Filter,
    Command::Sort,
    Command::Reverse,
    Command::Mark,
    Command::MarkAll,
    Command::HalfDown,
    Command::HalfUp,
];
/// What is said to a command that this list does not have.
const NOTHING_HERE: &str = "that does nothing here; ? shows what does";

/// The rows, columns and all they need, as the list asks about them.
struct Source<'a, T: Table> {
    table: &'a T,
    columns: &'a [Column<T::Row>],
    rows: &'a Rows<'a, T::Row>,
    desk: &'a Desk,
    collection: Option<Collection>,
}

impl<T: Table> Source<'_, T> {
    fn staged(&self, row: usize) -> Option<&RecordChange> {
        let collection = self.collection.as_ref()?;
        let id = collection.id_of(self.table.record(&self.rows.rows[row])?)?;
        self.desk.record_changes.about(collection, &id).map(|(_, change)| change)
    }
}

impl<T: Table> list::Source for Source<'_, T> {
    fn len(&self) -> usize {
        self.rows.rows.len()
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    fn column(&self, column: usize) -> &list::Column {
        &self.columns[column].look
    }

    fn text(&self, row: usize, column: usize) -> Cow<'_, str> {
        let row = &self.rows.rows[row];
        match self.columns[column].text {
            Text::Made(text) => text(row, self.desk),
            Text::Field(at) => self.table.value(row, self.desk, at).shown(),
        }
    }

    fn edition(&self) -> Option<u64> {
        self.rows.edition
    }

    fn grows(&self) -> bool {
        self.collection.as_ref().is_some_and(Collection::is_paged)
    }

    fn key(&self, row: usize) -> String {
        let row = &self.rows.rows[row];
        match (self.table.change(row), self.table.record(row), &self.collection) {
            (Some(number), ..) => number.to_string(),
            (None, Some(record), Some(collection)) => {
                collection.id_of(record).map(|id| id.to_string()).unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    fn sign(&self, row: usize) -> char {
        match self.staged(row).map(|change| &change.intent) {
            Some(Intent::Delete(_)) => '-',
            Some(_) => '*',
            None if self.table.staged_inside(&self.rows.rows[row], self.desk) > 0 => '*',
            None => ' ',
        }
    }

    fn is_notable(&self, row: usize) -> bool {
        self.table.is_notable(&self.rows.rows[row], self.desk)
    }
}

impl<T: Table> ListScreen<T> {
    /// The list, read if it is the server's.
    pub fn open(table: T, desk: &Desk, fx: &mut Effects) -> Self {
        let columns = table.columns();
        let mut screen = Self { table, columns, list: List::default(), reading: None, failure: None };
        screen.read(fx);
        screen.refresh(desk);
        screen
    }

    fn read(&mut self, fx: &mut Effects) {
        match self.table.wanted() {
            Wanted::Collection(collection) => fx.read(&collection, Why::Shown),
            Wanted::Call(call) if self.reading.is_none() => self.reading = Some(fx.call(call)),
            Wanted::Call(_) | Wanted::Nothing => {}
        }
    }

    /// The collection it lists.
    pub fn collection(&self) -> Option<Collection> {
        collection_of(&self.table)
    }

    /// Lets the list and its place in it work with the rows of now.
    fn with<U>(&mut self, desk: &Desk, does: impl FnOnce(&mut List, &Source<'_, T>) -> U) -> U {
        let rows = self.table.rows(desk);
        let Self { table, columns, list, .. } = self;
        let collection = collection_of(table);
        does(list, &Source { table, columns, rows: &rows, desk, collection })
    }

    /// Works the order out anew after rows changed.
    pub fn refresh(&mut self, desk: &Desk) {
        self.with(desk, |list, source| list.refresh(source));
    }

    /// Moves the window so that the cursor is seen.
    pub fn arrange(&mut self, desk: &Desk, cx: &Context) {
        let height = self.height(cx);
        self.with(desk, |list, source| {
            // An edit, an apply or a reading may have changed the rows.
            list.keep_up(source);
            list.arrange(cx.area.width, height, source);
        });
    }

    /// The rows of the list with its head, in the window of now.
    fn height(&self, cx: &Context) -> u16 {
        cx.area.height.saturating_sub(1 + self.table.about_lines())
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
        self.with(desk, |list, source| list.key(key, source));
        Nav::Stay
    }

    /// Takes pasted text into the filter while it is typed.
    pub fn paste(&mut self, text: &str, desk: &Desk) -> Nav {
        if !self.list.is_typing() {
            return Nav::no_text_here(text);
        }
        self.with(desk, |list, source| list.paste(text, source));
        Nav::Stay
    }

    /// Whether a command can do something here.
    pub fn enabled(&self, command: Command) -> bool {
        let wanted = self.table.wanted();
        let of_records = matches!(wanted, Wanted::Collection(_));
        let from_server = !matches!(wanted, Wanted::Nothing);
        match command {
            _ if self.table.acts().contains(&command) => true,
            Command::CopyJson | Command::Details | Command::Json | Command::ReadAgain => from_server,
            Command::Add | Command::Change | Command::Delete | Command::Unstage => of_records,
            _ if EVERY_LIST_DOES.contains(&command) => true,
            _ => command.entry().scope == Scope::Moving,
        }
    }

    /// Does a command.
    pub fn command(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        if command.entry().scope == Scope::List && !self.enabled(command) {
            return Nav::refuse(NOTHING_HERE);
        }
        if command == Command::ReadAgain {
            if !self.enabled(command) {
                return Nav::refuse("these rows are not the server's: there is nothing to read again");
            }
            self.read(fx);
            return Nav::Stay;
        }
        let page = list::page(self.height(cx));
        if self.with(desk, |list, source| list.command(command, page, source)) {
            return Nav::Stay;
        }
        if command == Command::Back {
            let cleared = self.with(desk, |list, source| list.clear_filter(source));
            return if cleared { Nav::Stay } else { Nav::Back };
        }
        let nav = self.act(command, desk, cx, fx);
        self.refresh(desk);
        nav
    }

    fn act(&mut self, command: Command, desk: &mut Desk, cx: &Context, fx: &mut Effects) -> Nav {
        if let Some(nav) = self.table.act(command, desk, cx, fx) {
            return nav;
        }
        let collection = collection_of(&self.table);
        if let (Command::Add, Some(collection)) = (command, &collection) {
            return Nav::Open(Place::Form(Box::new(Purpose::Add(collection.clone()))));
        }
        if let Command::Undo | Command::Redo = command {
            let back = command == Command::Undo;
            return match desk.step_records(back, cx.now) {
                Ok((entries, about)) => {
                    fx.store_records(entries);
                    let did = if back { "undone" } else { "done again" };
                    Nav::Say(Notice::new(Tone::Plain, format!("{did}: {about}")))
                }
                Err(why) => Nav::refuse(why),
            };
        }
        let chosen = self.with(desk, |list, source| list.chosen(source));
        let rows = self.table.rows(desk);
        let drifted = rows.drifted;
        let chosen: Vec<T::Row> = chosen.into_iter().map(|at| rows.rows[at].clone()).collect();
        drop(rows);
        match command {
            Command::Copy | Command::CopyJson => return self.copy(command, desk, fx),
            Command::Delete | Command::Unstage if chosen.len() > 1 && drifted => {
                return Nav::refuse(
                    "the list changed while it was read; read it again before doing this to many",
                );
            }
            Command::Delete => {
                if let Some(collection) = collection {
                    return self.delete(&collection, &chosen, desk, cx, fx);
                }
            }
            Command::LetGo => {
                let numbers: Vec<_> = chosen.iter().filter_map(|row| self.table.change(row)).collect();
                self.list.unmark();
                let done = desk.release(&numbers);
                return Nav::staged(done, "they will be sent all the same", cx, fx);
            }
            Command::Unstage => {
                if let Some(nav) = self.unstage(collection.as_ref(), &chosen, desk, fx) {
                    return nav;
                }
            }
            _ => {}
        }
        let current = self.list.current();
        let row = current.and_then(|at| self.table.rows(desk).rows.get(at).cloned().map(|row| (at, row)));
        let Some((at, row)) = row else { return Nav::refuse("nothing is under the cursor") };
        let nav = self.table.command(command, &row, desk, fx);
        nav.or_else(|| self.to_record(command, at, &row, collection.as_ref(), fx))
            .unwrap_or_else(|| Nav::refuse(NOTHING_HERE))
    }

    /// Puts the cursor on a record, now or when it is listed.
    pub fn select(&mut self, id: &RecordId, desk: &Desk) {
        self.with(desk, |list, source| list.select(id.to_string(), source));
    }

    /// Copies the rows that are marked, or the one under the cursor: what is seen of them, or the records as JSON.
    fn copy(&mut self, command: Command, desk: &Desk, fx: &mut Effects) -> Nav {
        let (text, rows) = self.with(desk, |list, source| {
            let chosen = list.chosen(source);
            let records = chosen.iter().filter_map(|at| source.table.record(&source.rows.rows[*at]));
            let text = match command {
                Command::CopyJson => records_json(records),
                _ => list::tab_separated(source, &chosen),
            };
            (text, chosen.len())
        });
        if text.is_empty() {
            return Nav::refuse("there is nothing here to copy");
        }
        let what = format!("{} copied", count(rows, "row"));
        fx.push(Effect::Copy(Clip { text, what }, None));
        Nav::Stay
    }

    /// What any record can be asked for.
    fn to_record(
        &self,
        command: Command,
        at: usize,
        row: &T::Row,
        collection: Option<&Collection>,
        fx: &mut Effects,
    ) -> Option<Nav> {
        let record = self.table.record(row)?;
        let id = collection.and_then(|collection| collection.id_of(record));
        match command {
            Command::Change => {
                let unusable = "its id cannot be used, so it cannot be edited";
                let Some(id) = id else { return Some(Nav::refuse(unusable)) };
                let purpose = Purpose::Edit(collection?.clone(), id);
                Some(Nav::Open(Place::Form(Box::new(purpose))))
            }
            Command::Details => Some(Nav::details(record)),
            Command::Json => {
                let per_page = crate::api::request::PageWanted::LARGEST as usize;
                let list = match self.table.wanted() {
                    Wanted::Collection(of) if of.is_paged() => {
                        collection::list(&of, (at / per_page) as u32 + 1)
                    }
                    Wanted::Collection(of) => collection::list(&of, 1),
                    Wanted::Call(call) => call,
                    Wanted::Nothing => return None,
                };
                let id = record.value("id").typed().into_owned();
                let wanted = raw::Call { list: Box::new(list), id, at: at % per_page };
                fx.call(Call::Raw(wanted));
                Some(Nav::Stay)
            }
            _ => None,
        }
    }

    fn delete(
        &mut self,
        collection: &Collection,
        rows: &[T::Row],
        desk: &mut Desk,
        cx: &Context,
        fx: &mut Effects,
    ) -> Nav {
        let record = |row: &T::Row| {
            let record = self.table.record(row)?;
            let name = collection.name_of(&record.sendable());
            let intent = Intent::Delete(collection.id_of(record)?);
            Some((None, RecordChange::new(collection.clone(), name, intent, cx.now)))
        };
        let changes: Option<Vec<_>> = rows.iter().map(record).collect();
        let Some(changes) = changes.filter(|changes| !changes.is_empty()) else {
            return Nav::refuse("there is nothing here whose deletion could be staged");
        };
        let what = count(changes.len(), "deletion");
        let nav = Nav::staged(desk.stage_records(changes), &format!("{what} staged"), cx, fx);
        if !matches!(&nav, Nav::Say(Notice { tone: Tone::Warning, .. })) {
            self.list.unmark();
        }
        nav
    }

    /// Drops the staged changes of rows; none when these rows can have no such change.
    fn unstage(
        &mut self,
        collection: Option<&Collection>,
        rows: &[T::Row],
        desk: &mut Desk,
        fx: &mut Effects,
    ) -> Option<Nav> {
        let number = |row: &T::Row| {
            let of_record = || {
                let id = collection?.id_of(self.table.record(row)?)?;
                desk.record_changes.about(collection?, &id).map(|(number, _)| number)
            };
            self.table.change(row).or_else(of_record)
        };
        let numbers: Vec<_> = rows.iter().filter_map(number).collect();
        if numbers.is_empty() && collection.is_none() {
            return None;
        }
        self.list.unmark();
        Some(match desk.drop_records(&numbers) {
            Ok(entries) => {
                fx.store_records(entries);
                let text = format!("{} dropped; u takes it back", count(numbers.len(), "staged change"));
                Nav::Say(Notice::new(Tone::Plain, text))
            }
            Err(why) => Nav::refuse(why),
        })
    }

    /// The reply to a call of this screen came; what it brought is on the desk.
    pub fn reply(&mut self, id: RequestId, error: Option<&ApiError>) {
        if self.reading == Some(id) {
            self.reading = None;
            self.failure = error.map(ToString::to_string);
        }
    }

    /// A collection was read to its end, or could not be.
    pub fn was_read(&mut self, collection: &Collection, error: Option<&ApiError>) {
        if self.collection().as_ref() == Some(collection) {
            self.failure = error.map(ToString::to_string);
        }
    }

    /// Draws the list.
    pub fn view(&self, desk: &Desk, cx: &Context, buf: &mut Buffer) {
        let rows = self.table.rows(desk);
        let mut pen = Pen::new(buf, cx.area, 0);
        let collection = self.collection();
        let being_read =
            self.reading.is_some() || collection.as_ref().is_some_and(|of| desk.being_read.contains(of));
        let listing = collection.as_ref().and_then(|of| desk.listings.get(of));
        let state = match (listing.and_then(Listing::progress), rows.read_at) {
            (Some((come, Some(count))), _) if being_read => format!("reading… {come} of {count}"),
            (Some((come, None)), _) if being_read => format!("reading… {come}"),
            _ if being_read => "reading…".into(),
            (_, Some(at)) => format!("read {}", clock(at)),
            (_, None) => String::new(),
        };
        // What was never read is not said to be none.
        let unread =
            rows.rows.is_empty() && rows.read_at.is_none() && !matches!(self.table.wanted(), Wanted::Nothing);
        let noun = self.table.noun();
        let many = if unread { format!("{noun}s") } else { count(rows.rows.len(), noun) };
        pen.skip(1).text(&many, cx.theme.dim);
        let said = self.table.headline(desk, cx);
        if !said.is_empty() {
            pen.text(&format!(" · {said}"), cx.theme.changed);
        }
        let partly =
            listing.filter(|listing| !being_read && listing.whole().is_none()).and_then(Listing::progress);
        if let Some((come, count)) = partly {
            let of = count.map(|count| format!(" of {count}")).unwrap_or_default();
            pen.text(&format!(" · only {come}{of} could be read"), cx.theme.warning);
        }
        let inside: usize = rows.rows.iter().map(|row| self.table.staged_inside(row, desk)).sum();
        let staged = collection.as_ref().map_or(0, |of| desk.record_changes.of(of).count()) + inside;
        if staged > 0 {
            pen.text(&format!(" · {staged} staged"), cx.theme.changed);
        }
        if self.list.marked() > 0 {
            pen.text(&format!(" · {} marked", self.list.marked()), cx.theme.title);
        }
        if rows.damaged > 0 {
            pen.text(&format!(" · {} could not be read", rows.damaged), cx.theme.warning);
        }
        if rows.drifted {
            pen.text(" · changed while it was read", cx.theme.warning);
        }
        pen.at_end(&format!("{state} "), cx.theme.dim);
        let area = Rect { y: cx.area.y + 1, height: self.height(cx), ..cx.area };
        let line = |buf: &mut Buffer, text: &str, style| {
            for (at, text) in (2..).zip(wrap(text, area.width.saturating_sub(4))) {
                Pen::new(buf, area, at).skip(2).text(&text, style);
            }
        };
        match &self.failure {
            Some(why) if rows.rows.is_empty() => line(buf, why, cx.theme.error),
            None if rows.rows.is_empty() && !being_read => {
                line(buf, self.table.empty(), cx.theme.dim);
            }
            None if rows.rows.is_empty() => {}
            _ => {
                let (table, columns) = (&self.table, &self.columns[..]);
                let source = Source { table, columns, rows: &rows, desk, collection };
                self.list.draw(&source, cx.theme, area, buf);
                let row = self.list.current().and_then(|at| rows.rows.get(at));
                let about = row.map(|row| self.table.about(row, desk)).unwrap_or_default();
                let below = Rect { y: area.bottom(), height: self.table.about_lines(), ..area };
                for (at, text) in (0..below.height).zip(wrap(&about, below.width.saturating_sub(2))) {
                    Pen::new(buf, below, at).skip(1).text(&text, cx.theme.warning);
                }
            }
        }
    }
}

/// The collection whose records a table lists.
fn collection_of(table: &impl Table) -> Option<Collection> {
    match table.wanted() {
        Wanted::Collection(collection) => Some(collection),
        Wanted::Nothing | Wanted::Call(_) => None,
    }
}

/// One record as an object, several as a list; nothing when there is none.
fn records_json<'a>(records: impl Iterator<Item = &'a Record>) -> String {
    let drafts: Vec<_> = records.map(Record::whole).collect();
    let text = match drafts.as_slice() {
        [] => return String::new(),
        [one] => serde_json::to_string_pretty(one),
        several => serde_json::to_string_pretty(several),
    };
    text.unwrap_or_default()
}
