//! A screen that shows a list; every table of records uses it.

use crate::api::Call;
use crate::api::collection;
use crate::api::error::ApiError;
use crate::api::raw::RecordPosition;
use crate::domain::change::collection::Collection;
use crate::domain::change::record_change::{Intent, RecordChange};
use crate::domain::date::time_of_day;
use crate::domain::id::RecordId;
use crate::domain::record::Record;
use crate::domain::refusal::Refusal;
use crate::domain::text::pluralize;
use crate::effect::{ClipboardText, Effect, Effects, ReadReason, RequestId};
use crate::input::command::key;
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::kit::list::{self, ListState};
use crate::kit::pen::{Pen, wrap};
use crate::nav::table::{CellText, ListTable, TableColumn, TableRows, TableSource};
use crate::nav::{Context, Destination, FormPurpose, Nav, Notice, Severity, paste_refused, unbound_key};
use crate::workspace::Workspace;
use crate::workspace::record_list::RecordList;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A list on screen with its cursor, filter and the state of its read.
#[derive(Debug)]
pub struct ListScreen<T: ListTable> {
    /// Which list it is.
    pub table: T,
    columns: Vec<TableColumn<T::Row>>,
    list: ListState,
    /// The request in flight that reads the rows, for tables that are not a collection.
    request: Option<RequestId>,
    read_error: Option<String>,
}

/// Commands available in every list.
const COMMON_COMMANDS: [Command; 10] = [
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
/// The notice for a command that this list does not have.
const COMMAND_UNAVAILABLE: &str = concat!("that does nothing here; ", key!("help"), " shows what does");

/// The rows and columns of the table, as the list widget reads them.
struct ScreenRows<'a, T: ListTable> {
    table: &'a T,
    columns: &'a [TableColumn<T::Row>],
    rows: &'a TableRows<'a, T::Row>,
    workspace: &'a Workspace,
    collection: Option<Collection>,
}

impl<T: ListTable> ScreenRows<'_, T> {
    fn staged_change(&self, row: usize) -> Option<&RecordChange> {
        let collection = self.collection.as_ref()?;
        let id = collection.id_of(self.table.record(&self.rows.rows[row])?)?;
        self.workspace.record_changes.for_record(collection, &id).map(|(_, change)| change)
    }
}

impl<T: ListTable> list::ListSource for ScreenRows<'_, T> {
    fn len(&self) -> usize {
        self.rows.rows.len()
    }

    fn width(&self) -> usize {
        self.columns.len()
    }

    fn column(&self, column: usize) -> &list::ListColumn {
        &self.columns[column].look
    }

    fn text(&self, row: usize, column: usize) -> Cow<'_, str> {
        let row = &self.rows.rows[row];
        match self.columns[column].text {
            CellText::Computed(text) => text(row, self.workspace),
            CellText::Field(at) => self.table.value(row, self.workspace, at).printable(),
        }
    }

    fn generation(&self) -> Option<u64> {
        self.rows.generation
    }

    fn removed_since(&self, generation: u64) -> Option<&[usize]> {
        self.workspace.record_lists.get(self.collection.as_ref()?)?.removed_since(generation)
    }

    fn is_growing(&self) -> bool {
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

    fn marker(&self, row: usize) -> char {
        match self.staged_change(row).map(|change| &change.intent) {
            Some(Intent::Delete(_)) => '-',
            Some(_) => '*',
            None if self.table.nested_staged_count(&self.rows.rows[row], self.workspace) > 0 => '*',
            None => ' ',
        }
    }

    fn is_notable(&self, row: usize) -> bool {
        self.table.is_notable(&self.rows.rows[row], self.workspace)
    }
}

impl<T: ListTable> ListScreen<T> {
    /// Opens the list; starts a read when its rows come from the server.
    pub fn open(table: T, workspace: &Workspace, cx: &Context, fx: &mut Effects) -> Self {
        let columns = table.columns();
        let list = ListState::ordered(table.first_order());
        let mut screen = Self { table, columns, list, request: None, read_error: None };
        screen.start_read(cx, fx);
        screen.refresh(workspace);
        screen
    }

    fn start_read(&mut self, cx: &Context, fx: &mut Effects) {
        match self.table.source() {
            TableSource::Collection(collection) | TableSource::FiguresOf(collection) => {
                fx.read_list(&collection, ReadReason::OnScreen);
            }
            TableSource::Call(call) if self.request.is_none() => {
                self.request = Some(fx.call(cx.owner(), call));
            }
            TableSource::Call(_) | TableSource::Local => {}
        }
    }

    /// The collection that it is read from; `None` when it is read from none.
    pub fn collection(&self) -> Option<Collection> {
        match self.table.source() {
            TableSource::FiguresOf(collection) => Some(collection),
            _ => collection_of(&self.table),
        }
    }

    /// Calls a function with the list state and the current rows.
    fn with_source<U>(
        &mut self,
        workspace: &Workspace,
        does: impl FnOnce(&mut ListState, &ScreenRows<'_, T>) -> U,
    ) -> U {
        let rows = self.table.rows(workspace);
        let Self { table, columns, list, .. } = self;
        let collection = collection_of(table);
        does(list, &ScreenRows { table, columns, rows: &rows, workspace, collection })
    }

    /// Recomputes the order of the rows after they changed.
    pub fn refresh(&mut self, workspace: &Workspace) {
        self.with_source(workspace, |list, source| list.refresh(source));
    }

    /// Updates the order and scrolls so that the cursor is visible.
    pub fn arrange(&mut self, workspace: &Workspace, cx: &Context) {
        let height = self.height(cx);
        self.with_source(workspace, |list, source| {
            // An edit, an apply or a read may have changed the rows.
            list.refresh_if_changed(source);
            list.arrange(cx.area.width, height, source);
        });
    }

    /// The height of the list including its head, in rows of the screen.
    fn height(&self, cx: &Context) -> u16 {
        cx.area.height.saturating_sub(1 + self.table.row_note_height())
    }

    /// The scopes whose keys are active; none while a filter is being typed.
    pub fn scopes(&self) -> &'static [Scope] {
        if self.list.is_typing() {
            &[]
        } else {
            &[Scope::List, Scope::Navigating, Scope::Everywhere, Scope::OutsideGrid]
        }
    }

    /// Handles a key while a filter is being typed.
    pub fn key(&mut self, key: Key, workspace: &Workspace) -> Result<Nav, Refusal> {
        if !self.list.is_typing() {
            return Err(unbound_key(key));
        }
        self.with_source(workspace, |list, source| list.key(key, source));
        Ok(Nav::Stay)
    }

    /// Inserts pasted text into the filter while it is being typed.
    pub fn paste(&mut self, text: &str, workspace: &Workspace) -> Result<Nav, Refusal> {
        if !self.list.is_typing() {
            return Err(paste_refused(text));
        }
        self.with_source(workspace, |list, source| list.paste(text, source));
        Ok(Nav::Stay)
    }

    /// Whether the command is available in this list.
    pub fn enabled(&self, command: Command) -> bool {
        let wanted = self.table.source();
        let of_records = matches!(wanted, TableSource::Collection(_));
        let has_records = matches!(wanted, TableSource::Collection(_) | TableSource::Call(_));
        match command {
            _ if self.table.own_commands().contains(&command) => true,
            Command::CopyJson | Command::Details | Command::Json => has_records,
            Command::ReadAgain => !matches!(wanted, TableSource::Local),
            Command::Add | Command::EditRecord | Command::Delete | Command::Unstage => of_records,
            _ if COMMON_COMMANDS.contains(&command) => true,
            _ => command.entry().scope == Scope::Navigating,
        }
    }

    /// Runs a command and returns what the app should do next.
    pub fn command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        if command.entry().scope == Scope::List && !self.enabled(command) {
            return Err(Refusal::from(COMMAND_UNAVAILABLE));
        }
        if command == Command::ReadAgain {
            if !self.enabled(command) {
                return Err(Refusal::from("these rows are not the server's: there is nothing to read again"));
            }
            self.start_read(cx, fx);
            return Ok(Nav::Stay);
        }
        let page = list::visible_rows(self.height(cx));
        if self.with_source(workspace, |list, source| list.command(command, page, source)) {
            return Ok(Nav::Stay);
        }
        if command == Command::Back {
            let cleared = self.with_source(workspace, |list, source| list.clear_filter(source));
            return if cleared { Ok(Nav::Stay) } else { Ok(Nav::Back) };
        }
        let nav = self.run_other_command(command, workspace, cx, fx);
        self.refresh(workspace);
        nav
    }

    fn run_other_command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        if let Some(nav) = self.table.run_table_command(command, workspace, cx, fx) {
            return nav;
        }
        let collection = collection_of(&self.table);
        if let (Command::Add, Some(collection)) = (command, &collection) {
            return Ok(Nav::Open(Destination::Form(Box::new(FormPurpose::Add(collection.clone())))));
        }
        if let Command::Undo | Command::Redo = command {
            let back = command == Command::Undo;
            let (entries, words) = workspace.undo_or_redo_records(back, cx.now)?;
            fx.journal_records(entries);
            return Ok(Nav::Notify(Notice::new(Severity::Info, words)));
        }
        let chosen = self.with_source(workspace, |list, source| list.selected_rows(source));
        let rows = self.table.rows(workspace);
        let drifted = rows.inconsistent;
        let chosen: Vec<T::Row> = chosen.into_iter().map(|at| rows.rows[at].clone()).collect();
        drop(rows);
        match command {
            Command::Copy | Command::CopyJson => return self.copy(command, workspace, fx),
            Command::Delete | Command::Unstage if chosen.len() > 1 && drifted => {
                return Err(Refusal::from(
                    "the list changed while it was read; read it again before doing this to many",
                ));
            }
            Command::Delete => {
                if let Some(collection) = collection {
                    return self.delete(&collection, &chosen, workspace, cx, fx);
                }
            }
            Command::Release => {
                let numbers: Vec<_> = chosen.iter().flat_map(|row| self.table.changes(row)).collect();
                self.list.unmark();
                let done = workspace.release_records(&numbers);
                return Nav::records_staged(done, "they will be sent all the same", cx, fx);
            }
            Command::Unstage => {
                if let Some(nav) = self.unstage(collection.as_ref(), &chosen, workspace, fx) {
                    return nav;
                }
            }
            _ => {}
        }
        let current = self.list.current();
        let row =
            current.and_then(|at| self.table.rows(workspace).rows.get(at).cloned().map(|row| (at, row)));
        let Some((at, row)) = row else { return Err(Refusal::from("nothing is under the cursor")) };
        let nav = self.table.run_row_command(command, &row, workspace, cx, fx);
        nav.or_else(|| self.run_record_command(command, at, &row, collection.as_ref(), cx, fx))
            .unwrap_or_else(|| Err(Refusal::from(COMMAND_UNAVAILABLE)))
    }

    /// Puts the cursor on a record, or as soon as that record is listed.
    pub fn select(&mut self, id: &RecordId, workspace: &Workspace) {
        self.with_source(workspace, |list, source| list.select(id.to_string(), source));
    }

    /// Copies the marked rows or, if there are none, the row under the cursor: the visible columns as text,
    /// or the records as JSON.
    fn copy(&mut self, command: Command, workspace: &Workspace, fx: &mut Effects) -> Result<Nav, Refusal> {
        let (text, rows) = self.with_source(workspace, |list, source| {
            let chosen = list.selected_rows(source);
            let records = chosen.iter().filter_map(|at| source.table.record(&source.rows.rows[*at]));
            let text = match command {
                Command::CopyJson => records_json(records),
                _ => list::tab_separated(source, &chosen),
            };
            (text, chosen.len())
        });
        if text.is_empty() {
            return Err(Refusal::from("there is nothing here to copy"));
        }
        let what = format!("{} copied", pluralize(rows, "row"));
        fx.push(Effect::Copy(ClipboardText { text, description: what }, None));
        Ok(Nav::Stay)
    }

    /// Runs a command that applies to any record; `None` when it is not one or the row has no record.
    fn run_record_command(
        &self,
        command: Command,
        at: usize,
        row: &T::Row,
        collection: Option<&Collection>,
        cx: &Context,
        fx: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        let record = self.table.record(row)?;
        let id = collection.and_then(|collection| collection.id_of(record));
        match command {
            Command::EditRecord => {
                let unusable = "its id cannot be used, so it cannot be edited";
                let Some(id) = id else { return Some(Err(Refusal::from(unusable))) };
                let purpose = FormPurpose::Edit(collection?.clone(), id);
                Some(Ok(Nav::Open(Destination::Form(Box::new(purpose)))))
            }
            Command::Details => Some(Ok(Nav::details(record))),
            Command::Json => {
                let per_page = crate::api::request::PageQuery::MAX_PER_PAGE as usize;
                let list = match self.table.source() {
                    TableSource::Collection(of) if of.is_paged() => {
                        collection::list_call(&of, (at / per_page) as u32 + 1)?
                    }
                    TableSource::Collection(of) => collection::list_call(&of, 1)?,
                    TableSource::Call(call) => call,
                    TableSource::Local | TableSource::FiguresOf(_) => return None,
                };
                let id = record.value("id").edit_text().into_owned();
                let position = RecordPosition { id, index: at % per_page };
                fx.call(cx.owner(), Call::RawRecord { list: Box::new(list), position });
                Some(Ok(Nav::Stay))
            }
            _ => None,
        }
    }

    fn delete(
        &mut self,
        collection: &Collection,
        rows: &[T::Row],
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let record = |row: &T::Row| {
            let record = self.table.record(row)?;
            let name = collection.name_of(&record.sendable_fields());
            let intent = Intent::Delete(collection.id_of(record)?);
            Some((None, RecordChange::new(collection.clone(), name, intent, cx.now)))
        };
        let changes: Option<Vec<_>> = rows.iter().map(record).collect();
        let Some(changes) = changes.filter(|changes| !changes.is_empty()) else {
            return Err(Refusal::from("there is nothing here whose deletion could be staged"));
        };
        let what = pluralize(changes.len(), "deletion");
        let nav = Nav::records_staged(workspace.stage_records(changes), &format!("{what} staged"), cx, fx)?;
        self.list.unmark();
        Ok(nav)
    }

    /// Drops the staged changes of the rows; `None` when rows of this table cannot have any.
    fn unstage(
        &mut self,
        collection: Option<&Collection>,
        rows: &[T::Row],
        workspace: &mut Workspace,
        fx: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        let of_record = |row: &T::Row| {
            let id = collection?.id_of(self.table.record(row)?)?;
            workspace.record_changes.for_record(collection?, &id).map(|(number, _)| number)
        };
        let mut numbers: BTreeSet<_> = rows.iter().flat_map(|row| self.table.changes(row)).collect();
        numbers.extend(rows.iter().filter_map(of_record));
        let numbers: Vec<_> = numbers.into_iter().collect();
        if numbers.is_empty() && collection.is_none() {
            return None;
        }
        self.list.unmark();
        Some(workspace.drop_records(&numbers).map(|entries| {
            fx.journal_records(entries);
            let text = format!(
                concat!("{} dropped; ", key!("undo"), " takes it back"),
                pluralize(numbers.len(), "staged change")
            );
            Nav::Notify(Notice::new(Severity::Info, text))
        }))
    }

    /// Records the error of a finished request if this screen started it; the rows are in the workspace
    /// already.
    pub fn reply(&mut self, id: RequestId, error: Option<&ApiError>) {
        if self.request == Some(id) {
            self.request = None;
            self.read_error = error.map(ToString::to_string);
        }
    }

    /// Records that reading a collection has ended, with the error if it failed.
    pub fn was_read(&mut self, collection: &Collection, error: Option<&ApiError>) {
        if self.collection().as_ref() == Some(collection) {
            self.read_error = error.map(ToString::to_string);
        }
    }

    /// Draws the list.
    pub fn view(&self, workspace: &Workspace, cx: &Context, buf: &mut Buffer) {
        let rows = self.table.rows(workspace);
        let mut pen = Pen::new(buf, cx.area, 0);
        let collection = self.collection();
        let being_read = self.request.is_some()
            || collection.as_ref().is_some_and(|of| workspace.collections_being_read.contains(of));
        let listing = collection.as_ref().and_then(|of| workspace.record_lists.get(of));
        let state = match (listing.and_then(RecordList::progress), rows.read_at) {
            (Some((come, Some(count))), _) if being_read => format!("reading… {come} of {count}"),
            (Some((come, None)), _) if being_read => format!("reading… {come}"),
            _ if being_read => "reading…".into(),
            (_, Some(at)) => format!("read {}", time_of_day(at)),
            (_, None) => String::new(),
        };
        // A list that was never read must not be reported as empty.
        let unread = rows.rows.is_empty()
            && rows.read_at.is_none()
            && !matches!(self.table.source(), TableSource::Local);
        let noun = self.table.noun();
        let many = if unread { format!("{noun}s") } else { pluralize(rows.rows.len(), noun) };
        pen.skip(1).text(&many, cx.theme.dim);
        let said = self.table.headline(workspace, cx);
        if !said.is_empty() {
            pen.text(&format!(" · {said}"), cx.theme.changed);
        }
        let partly =
            listing.filter(|listing| !being_read && listing.whole().is_none()).and_then(RecordList::progress);
        if let Some((_, count)) = partly {
            let come = rows.rows.len();
            let of = count.map(|count| format!(" of {count}")).unwrap_or_default();
            pen.text(&format!(" · only {come}{of} could be read"), cx.theme.warning);
        }
        let inside: usize = rows.rows.iter().map(|row| self.table.nested_staged_count(row, workspace)).sum();
        let staged =
            collection.as_ref().map_or(0, |of| workspace.record_changes.in_collection(of).count()) + inside;
        if staged > 0 {
            pen.text(&format!(" · {staged} staged"), cx.theme.changed);
        }
        if self.list.marked() > 0 {
            pen.text(&format!(" · {} marked", self.list.marked()), cx.theme.title);
        }
        if rows.damaged > 0 {
            pen.text(&format!(" · {} could not be read", rows.damaged), cx.theme.warning);
        }
        if rows.inconsistent {
            pen.text(" · changed while it was read", cx.theme.warning);
        }
        pen.text_at_end(&format!("{state} "), cx.theme.dim);
        let area = Rect { y: cx.area.y + 1, height: self.height(cx), ..cx.area };
        let line = |buf: &mut Buffer, text: &str, style| {
            for (at, text) in (2..).zip(wrap(text, area.width.saturating_sub(4))) {
                Pen::new(buf, area, at).skip(2).text(&text, style);
            }
        };
        match &self.read_error {
            Some(why) if rows.rows.is_empty() => line(buf, why, cx.theme.error),
            None if rows.rows.is_empty() && !being_read => {
                line(buf, &cx.keymap.with_keys(self.table.empty()), cx.theme.dim);
            }
            None if rows.rows.is_empty() => {}
            _ => {
                let (table, columns) = (&self.table, &self.columns[..]);
                let source = ScreenRows { table, columns, rows: &rows, workspace, collection };
                self.list.draw(&source, cx.theme, area, buf);
                let row = self.list.current().and_then(|at| rows.rows.get(at));
                let about = row.map(|row| self.table.row_note(row, workspace)).unwrap_or_default();
                let below = Rect { y: area.bottom(), height: self.table.row_note_height(), ..area };
                for (at, text) in (0..below.height).zip(wrap(&about, below.width.saturating_sub(2))) {
                    Pen::new(buf, below, at).skip(1).text(&text, cx.theme.warning);
                }
            }
        }
    }
}

/// The collection whose records a table lists; `None` when it lists something else.
fn collection_of(table: &impl ListTable) -> Option<Collection> {
    match table.source() {
        TableSource::Collection(collection) => Some(collection),
        TableSource::Local | TableSource::FiguresOf(_) | TableSource::Call(_) => None,
    }
}

/// A single record as a JSON object, several as an array; empty when there is none.
fn records_json<'a>(records: impl Iterator<Item = &'a Record>) -> String {
    let drafts: Vec<_> = records.map(Record::all_fields).collect();
    let text = match drafts.as_slice() {
        [] => return String::new(),
        [one] => serde_json::to_string_pretty(one),
        several => serde_json::to_string_pretty(several),
    };
    text.unwrap_or_default()
}
