//! Editing in a plan's grid: typing into a cell, copying, and previewing a paste before it is committed.

use crossterm::event::KeyCode;
use jiff::Timestamp;

use crate::domain::cell_range::CellPosition;
use crate::domain::draft::Unreached;
use crate::domain::import::pasted_block::PastedBlock;
use crate::domain::plan::number;
use crate::domain::refusal::Refusal;
use crate::domain::text::pluralize;
use crate::effect::{ClipboardText, Effect, Effects};
use crate::input::command::{Command, key};
use crate::input::key::Key;
use crate::nav::{Context, DetailLine, Nav, Notice, unbound_key};
use crate::screen::plan::cell_input::{EXPRESSION_PREFIX, evaluate_draft};
use crate::screen::plan::editing::{SettingResult, editable_cell, set_cells, set_selected_cells};
use crate::screen::plan::paste::{CopiedCells, PastePreview, selected_counters_json};
use crate::screen::plan::selection::GridSelection;
use crate::workspace::plan_draft::PlanDraft;
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
    /// A draft of the plan is previewed; the timestamp is when it was made.
    Drafting(Box<PlanDraft>, Timestamp),
}

/// The refusal of what would edit the grid below the preview of a draft.
pub(super) const DRAFT_IS_OPEN: &str =
    concat!("first take the draft (", key!("take-draft"), ") or leave it (", key!("leave-draft"), ")");

/// The most characters pasted into an expression.
const MAX_EXPRESSION_CHARS: usize = 200;

impl GridEditor {
    /// An editor in navigating mode with this selection.
    pub(super) fn new(selection: GridSelection) -> Self {
        Self { selection, mode: GridMode::Navigating, copied: None }
    }

    /// Handles a key that is bound to no command: a digit starts editing, other characters continue it.
    pub(super) fn key(&mut self, key: Key, workspace: &Workspace) -> Result<Nav, Refusal> {
        let draft = match &mut self.mode {
            GridMode::Editing(draft) => draft,
            GridMode::Pasting(..) => {
                return Err(Refusal::from("first take what would be pasted, or leave it"));
            }
            GridMode::Drafting(..) => return Err(Refusal::from(DRAFT_IS_OPEN)),
            GridMode::Navigating => {
                return match key.typed_char() {
                    Some(c) if c.is_ascii_digit() => self.begin_editing(c.to_string(), workspace),
                    _ => Err(unbound_key(key)),
                };
            }
        };
        match (key.code, key.typed_char()) {
            (KeyCode::Backspace, _) => {
                draft.pop();
                Ok(Nav::Stay)
            }
            (_, Some(c)) => {
                draft.push(c);
                // An unfinished expression is not refused; its error is shown beside it.
                if draft.starts_with(EXPRESSION_PREFIX) {
                    return Ok(Nav::Stay);
                }
                // An invalid number stays visible so that the user can correct it; it cannot be committed.
                number::parse_typed(draft).map(|_| Nav::Stay)
            }
            (_, None) => Err(Refusal::from("that does nothing while a number is typed")),
        }
    }

    /// Starts editing the cell under the cursor.
    pub(super) fn begin_editing(&mut self, draft: String, workspace: &Workspace) -> Result<Nav, Refusal> {
        let shown = self.selection.position.shown_target(workspace).ok_or(PLAN_UNREAD)?;
        editable_cell(&shown, self.selection.position.cursor, workspace)?;
        self.mode = GridMode::Editing(draft);
        Ok(Nav::Stay)
    }

    /// Pastes text: a number into the cell being edited; otherwise a block, shown as a paste preview.
    pub(super) fn paste(&mut self, text: &str, workspace: &Workspace, cx: &Context) -> Result<Nav, Refusal> {
        if let GridMode::Editing(draft) = &mut self.mode {
            if draft.starts_with(EXPRESSION_PREFIX) {
                draft.extend(text.chars().filter(|c| !c.is_control()).take(MAX_EXPRESSION_CHARS));
                return Ok(Nav::Stay);
            }
            return match number::parse_spreadsheet(text) {
                Ok(count) => {
                    draft.push_str(&count.to_string());
                    number::parse_typed(draft).map(|_| Nav::Stay)
                }
                Err(why) => Err(Refusal::from(format!("nothing was pasted: {why}"))),
            };
        }
        if let GridMode::Drafting(..) = self.mode {
            return Err(Refusal::from(DRAFT_IS_OPEN));
        }
        let shown = self.selection.position.shown_target(workspace).ok_or(PLAN_UNREAD)?;
        match PastedBlock::parse(text) {
            Ok(block) => {
                let block = match &self.copied {
                    Some(copied) => copied.block_to_paste(block),
                    None => block,
                };
                let paste_preview = PastePreview::new(&block, &self.selection, &shown, workspace);
                if paste_preview.settings.is_empty() {
                    return Err(Refusal::from(format!("nothing was pasted: {}", paste_preview.summary)));
                }
                self.mode = GridMode::Pasting(block, cx.now);
                Ok(Nav::Stay)
            }
            Err(why) => Err(why),
        }
    }

    /// Copies the selected cells; a cut also sets them to 0 as one undo step.
    pub(super) fn copy(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let shown = self.selection.position.shown_target(workspace).ok_or(PLAN_UNREAD)?;
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
        Ok(Nav::Stay)
    }

    /// Stages the previewed block as one undo step.
    pub(super) fn commit_paste(
        &mut self,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let GridMode::Pasting(block, _) = &self.mode else { return Ok(Nav::Stay) };
        let shown = self.selection.position.shown_target(workspace).ok_or(PLAN_UNREAD)?;
        let paste_preview = PastePreview::new(block, &self.selection, &shown, workspace);
        match set_cells(paste_preview.settings, &self.selection.position, workspace, cx, fx) {
            SettingResult::Complete => {
                self.mode = GridMode::Navigating;
                Ok(Nav::Notify(Notice::staged(&format!("pasted: {}", paste_preview.summary), cx)))
            }
            SettingResult::Partial(words) => {
                self.mode = GridMode::Navigating;
                Err(words)
            }
            SettingResult::Unchanged(why) => Err(why),
        }
    }

    /// Shows what the previewed draft rests on and what it cannot reach.
    pub(super) fn draft_notes(&self) -> Nav {
        let GridMode::Drafting(draft, _) = &self.mode else { return Nav::Stay };
        let lines = |words: Vec<String>| words.into_iter().map(|words| DetailLine::field("", words));
        let (last, unreached) = &draft.unreached;
        let mut notes = vec![DetailLine::Title(format!("Not reached in Year {last}"))];
        if unreached.is_empty() {
            notes.push(DetailLine::field("", "nothing: every target is met"));
        }
        notes.extend(lines(unreached.iter().map(Unreached::words).collect()));
        notes.push(DetailLine::Title("Assumed".into()));
        notes.extend(lines(draft.assumptions.clone()));
        Nav::Show("Draft".into(), notes)
    }

    /// Stages all years of the previewed draft as one undo step. Fails, and stages nothing, when a counter cannot be edited any
    /// more.
    pub(super) fn take_draft(
        &mut self,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let GridMode::Drafting(draft, _) = &self.mode else { return Ok(Nav::Stay) };
        for (cell, _) in &draft.counters {
            workspace.check_counter_editable(cell)?;
        }
        let words = format!(
            "draft: {} in {}",
            pluralize(draft.counters.len(), "cell"),
            pluralize(draft.years.count(), "year")
        );
        let settings = draft.counters.iter().cloned().map(Ok).collect();
        match set_cells(settings, &self.selection.position, workspace, cx, fx) {
            SettingResult::Complete => {
                self.mode = GridMode::Navigating;
                Ok(Nav::Notify(Notice::staged(&words, cx)))
            }
            done => done.into_nav(),
        }
    }

    /// Commits the typed number or expression to the whole range.
    pub(super) fn commit_to_range(
        &mut self,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let GridMode::Editing(draft) = &self.mode else { return Ok(Nav::Stay) };
        let draft = draft.clone();
        let shown = self.selection.position.shown_target(workspace).ok_or(PLAN_UNREAD)?;
        evaluate_draft(&draft, &shown, self.selection.position.cursor, workspace)?;
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
    pub(super) fn commit(
        &mut self,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<(), Refusal> {
        let GridMode::Editing(draft) = &self.mode else { return Ok(()) };
        if !draft.is_empty() {
            let shown = self.selection.position.shown_target(workspace).ok_or(PLAN_UNREAD)?;
            let cursor = self.selection.position.cursor;
            let number = evaluate_draft(draft, &shown, cursor, workspace)?;
            let (cell, _) = editable_cell(&shown, cursor, workspace)?;
            set_cells(vec![Ok((cell, number))], &self.selection.position, workspace, cx, fx).into_nav()?;
        }
        self.mode = GridMode::Navigating;
        Ok(())
    }
}
