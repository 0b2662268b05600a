//! Editing in a plan's grid: typing into a cell, copying, and previewing a paste before it is committed.

use crossterm::event::KeyCode;
use jiff::Timestamp;

use crate::domain::cell_range::CellPosition;
use crate::domain::import::pasted_block::PastedBlock;
use crate::domain::plan::number;
use crate::domain::text::pluralize;
use crate::effect::{ClipboardText, Effect, Effects};
use crate::input::command::Command;
use crate::input::key::Key;
use crate::nav::{Context, Nav, Notice};
use crate::screen::plan::cell_input::{EXPRESSION_PREFIX, evaluate_draft};
use crate::screen::plan::editing::{SettingResult, editable_cell, set_cells, set_selected_cells};
use crate::screen::plan::paste::{CopiedCells, PastePreview, selected_counters_json};
use crate::screen::plan::selection::GridSelection;
use crate::workspace::{PLAN_UNREAD, Workspace};

/// The grid's selection and mode.
#[derive(Debug)]
pub(super) struct GridEditor {
    pub(super) selection: GridSelection,
    pub(super) mode: GridMode,
    /// The cells copied last in this grid.
    copied: Option<CopiedCells>,
}

/// The mode of the grid.
#[derive(Debug)]
pub(super) enum GridMode {
    /// The user moves the cursor.
    Navigating,
    /// The user types a number or an expression into the cell under the cursor; committing stages it.
    Editing(String),
    /// A pasted block is previewed at the cursor; the timestamp is when it was pasted.
    Pasting(PastedBlock, Timestamp),
}

/// The most characters pasted into an expression.
const MAX_EXPRESSION_CHARS: usize = 200;

impl GridEditor {
    /// An editor in navigating mode with this selection.
    pub(super) fn new(selection: GridSelection) -> Self {
        Self { selection, mode: GridMode::Navigating, copied: None }
    }

    /// Handles a key that is bound to no command: a digit starts editing, other characters continue it.
    pub(super) fn key(&mut self, key: Key, workspace: &Workspace) -> Nav {
        let draft = match &mut self.mode {
            GridMode::Editing(draft) => draft,
            GridMode::Pasting(..) => return Nav::refuse("first take what would be pasted, or leave it"),
            GridMode::Navigating => {
                return match key.typed_char() {
                    Some(c) if c.is_ascii_digit() => self.begin_editing(c.to_string(), workspace),
                    _ => Nav::unbound_key(key),
                };
            }
        };
        match (key.code, key.typed_char()) {
            (KeyCode::Backspace, _) => {
                draft.pop();
                Nav::Stay
            }
            (_, Some(c)) => {
                draft.push(c);
                // An unfinished expression is not refused; its error is shown beside it.
                if draft.starts_with(EXPRESSION_PREFIX) {
                    return Nav::Stay;
                }
                // An invalid number stays visible so that the user can correct it; it cannot be committed.
                number::parse_typed(draft).map_or_else(Nav::refuse, |_| Nav::Stay)
            }
            (_, None) => Nav::refuse("that does nothing while a number is typed"),
        }
    }

    /// Starts editing the cell under the cursor.
    pub(super) fn begin_editing(&mut self, draft: String, workspace: &Workspace) -> Nav {
        let Some(shown) = self.selection.position.shown_target(workspace) else {
            return Nav::refuse(PLAN_UNREAD);
        };
        match editable_cell(&shown, self.selection.position.cursor, workspace) {
            Ok(_) => {
                self.mode = GridMode::Editing(draft);
                Nav::Stay
            }
            Err(why) => Nav::refuse(why),
        }
    }

    /// Pastes text: a number into the cell being edited; otherwise a block, shown as a paste preview.
    pub(super) fn paste(&mut self, text: &str, workspace: &Workspace, cx: &Context) -> Nav {
        if let GridMode::Editing(draft) = &mut self.mode {
            if draft.starts_with(EXPRESSION_PREFIX) {
                draft.extend(text.chars().filter(|c| !c.is_control()).take(MAX_EXPRESSION_CHARS));
                return Nav::Stay;
            }
            return match number::parse_spreadsheet(text) {
                Ok(count) => {
                    draft.push_str(&count.to_string());
                    number::parse_typed(draft).map_or_else(Nav::refuse, |_| Nav::Stay)
                }
                Err(why) => Nav::refuse(format!("nothing was pasted: {why}")),
            };
        }
        let Some(shown) = self.selection.position.shown_target(workspace) else {
            return Nav::refuse(PLAN_UNREAD);
        };
        match PastedBlock::parse(text) {
            Ok(block) => {
                let block = match &self.copied {
                    Some(copied) => copied.block_to_paste(block),
                    None => block,
                };
                let paste_preview = PastePreview::new(&block, &self.selection, &shown, workspace);
                if paste_preview.settings.is_empty() {
                    return Nav::refuse(format!("nothing was pasted: {}", paste_preview.summary));
                }
                self.mode = GridMode::Pasting(block, cx.now);
                Nav::Stay
            }
            Err(why) => Nav::refuse(why),
        }
    }

    /// Copies the selected cells; a cut also sets them to 0 as one undo step.
    pub(super) fn copy(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Nav {
        let Some(shown) = self.selection.position.shown_target(workspace) else {
            return Nav::refuse(PLAN_UNREAD);
        };
        let (text, cells) = if command == Command::CopyJson {
            selected_counters_json(&self.selection, &shown, workspace)
        } else {
            let copied = CopiedCells::from_selection(&self.selection, &shown);
            let clip = (copied.text.clone(), copied.cell_count);
            self.copied = Some(copied);
            clip
        };
        let cells = pluralize(cells, "cell");
        let what = if command == Command::Cut {
            match set_selected_cells(&self.selection, workspace, cx, fx, |_, _, _| Ok(0)) {
                SettingResult::Complete => format!("{cells} cut"),
                SettingResult::Partial(words) => format!("{words}; {cells} copied"),
                SettingResult::Unchanged(why) => format!("not cut: {why}; {cells} copied"),
            }
        } else {
            format!("{cells} copied")
        };
        fx.push(Effect::Copy(ClipboardText { text, description: what }, None));
        Nav::Stay
    }

    /// Stages the previewed block as one undo step.
    pub(super) fn commit_paste(&mut self, workspace: &mut Workspace, cx: &Context, fx: &mut Effects) -> Nav {
        let GridMode::Pasting(block, _) = &self.mode else { return Nav::Stay };
        let Some(shown) = self.selection.position.shown_target(workspace) else {
            return Nav::refuse(PLAN_UNREAD);
        };
        let paste_preview = PastePreview::new(block, &self.selection, &shown, workspace);
        match set_cells(paste_preview.settings, &self.selection.position, workspace, cx, fx) {
            SettingResult::Complete => {
                self.mode = GridMode::Navigating;
                Nav::Notify(Notice::staged(&format!("pasted: {}", paste_preview.summary), cx))
            }
            SettingResult::Partial(words) => {
                self.mode = GridMode::Navigating;
                Nav::refuse(words)
            }
            SettingResult::Unchanged(why) => Nav::refuse(why),
        }
    }

    /// Commits the typed number or expression to the whole range.
    pub(super) fn commit_to_range(
        &mut self,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Nav {
        let GridMode::Editing(draft) = &self.mode else { return Nav::Stay };
        let draft = draft.clone();
        let Some(shown) = self.selection.position.shown_target(workspace) else {
            return Nav::refuse(PLAN_UNREAD);
        };
        if let Err(why) = evaluate_draft(&draft, &shown, self.selection.position.cursor, workspace) {
            return Nav::refuse(why);
        }
        let one = |at: CellPosition| {
            let (cell, _) = editable_cell(&shown, at, workspace)?;
            Ok((cell, evaluate_draft(&draft, &shown, at, workspace)?))
        };
        let settings = self.selection.selected_cells().into_iter().map(one).collect();
        let done = set_cells(settings, &self.selection.position, workspace, cx, fx);
        if !matches!(done, SettingResult::Unchanged(_)) {
            self.mode = GridMode::Navigating;
        }
        done.into_nav()
    }

    /// Commits what was typed; an empty input changes nothing. When it is refused, editing continues with the
    /// text kept.
    pub(super) fn commit(&mut self, workspace: &mut Workspace, cx: &Context, fx: &mut Effects) -> Nav {
        let GridMode::Editing(draft) = &self.mode else { return Nav::Stay };
        let nav = if draft.is_empty() {
            Nav::Stay
        } else {
            let Some(shown) = self.selection.position.shown_target(workspace) else {
                return Nav::refuse(PLAN_UNREAD);
            };
            let cursor = self.selection.position.cursor;
            let setting = evaluate_draft(draft, &shown, cursor, workspace)
                .and_then(|number| Ok((editable_cell(&shown, cursor, workspace)?.0, number)));
            set_cells(vec![setting], &self.selection.position, workspace, cx, fx).into_nav()
        };
        if nav == Nav::Stay {
            self.mode = GridMode::Navigating;
        }
        nav
    }
}
