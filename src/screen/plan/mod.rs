//! The screen with a plan's target grid: years, tables, editing, undo.

mod cell_input;
mod editing;
mod findings;
mod grid_editor;
mod overlay;
mod panel;
mod paste;
mod selection;
mod table;
mod view;
mod years;

use jiff::Timestamp;
use ratatui::buffer::Buffer;

use crate::api::error::ApiError;
use crate::api::{Call, plans, scorecards};
use crate::domain::cell_range::CellPosition;
use crate::domain::change::counter_change::CounterRef;
use crate::domain::date::today;
use crate::domain::id::PlanId;
use crate::domain::plan::Plan;
use crate::domain::plan::counter::Level;
use crate::domain::plan::table_ref::{TableRef, YearIndex};
use crate::domain::plan::target::TargetType;
use crate::domain::refusal::Refusal;
use crate::domain::text::{Text, pluralize};
use crate::effect::{Effect, Effects, RequestId};
use crate::input::command::key;
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::nav::{ChoiceRequest, Context, Destination, FormPurpose, Nav, Notice, Question, Severity};
use crate::screen::plan::cell_input::EXPRESSION_PREFIX;
use crate::screen::plan::editing::{
    CellSetting, SettingResult, fill_range, restore_server_values, set_cells, set_selected_cells, step_by,
};
use crate::screen::plan::grid_editor::{DRAFT_IS_OPEN, GridEditor, GridMode};
use crate::screen::plan::overlay::Overlay;
use crate::screen::plan::selection::GridSelection;
use crate::screen::plan::table::{PlanPosition, year_count as count_years};
use crate::screen::plan::view::{PlanReadState, PlanView};
use crate::workspace::plan_draft::PlanDraft;
use crate::workspace::{PLAN_UNREAD, Workspace};

/// Commands available for every plan besides those of the grid's own scopes.
const PLAN_COMMANDS: [Command; 7] = [
    Command::Undo,
    Command::Redo,
    Command::Import,
    Command::Export,
    Command::Copy,
    Command::CopyJson,
    Command::ReadAgain,
];

/// A plan's grid with its editor, overlay and the state of its read.
#[derive(Debug)]
pub struct PlanScreen {
    editor: GridEditor,
    /// What the table is compared with.
    overlay: Overlay,
    /// Whether cells are shown as percentages of their level's total.
    show_per_cent: bool,
    /// The index of the finding shown last.
    last_finding: Option<usize>,
    read_request: Option<RequestId>,
    read_error: Option<String>,
    /// Where to move the cursor once the plan has been read.
    pending_location: Option<PendingLocation>,
}

/// Where to move the cursor in a plan that is not read yet.
#[derive(Debug)]
enum PendingLocation {
    /// The year that contains today.
    CurrentYear,
    /// A cell.
    Cell(CounterRef),
}

impl PlanScreen {
    /// Opens the grid of a plan at a cell if one is given, else in the year that contains today, and starts
    /// reading the plan.
    pub fn open(
        plan: PlanId,
        cell: Option<&CounterRef>,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Self {
        let shown = TableRef { plan, year: YearIndex::FIRST, table: TargetType::AllEmployees };
        let at = PlanPosition { shown, cursor: CellPosition::default() };
        let mut screen = Self {
            editor: GridEditor::new(GridSelection::new(at)),
            overlay: Overlay::Nothing,
            show_per_cent: false,
            last_finding: None,
            read_request: Some(fx.call(cx.owner(), Call::Plans(plans::Call::Read(plan)))),
            read_error: None,
            pending_location: Some(cell.cloned().map_or(PendingLocation::CurrentYear, PendingLocation::Cell)),
        };
        // The name of its scorecard is needed when a recalculation is offered.
        if workspace.scorecard_list.is_none() {
            fx.call(cx.owner(), Call::Scorecards(scorecards::Call::List));
        }
        screen.go_to_pending_location(workspace, cx);
        screen
    }

    /// Moves to the pending location once the plan has been read.
    fn go_to_pending_location(&mut self, workspace: &Workspace, cx: &Context) {
        let Some(plan) = workspace.plan(self.plan_id()) else { return };
        match self.pending_location.take() {
            Some(PendingLocation::CurrentYear) => {
                self.editor.selection.position.shown.year = plan.year_on(today(cx.now));
            }
            Some(PendingLocation::Cell(cell)) => self.go_to_cell(&cell, workspace),
            None => {}
        }
    }

    /// Moves the cursor to a cell; does nothing when the plan has no such target.
    pub fn go_to_cell(&mut self, cell: &CounterRef, workspace: &Workspace) {
        let Some(plan) = workspace.plan(self.plan_id()) else { return };
        let mut years = plan.years();
        let Some((year, _)) = years.find(|(_, m)| m.id == cell.target.milestone) else { return };
        let Some((_, target)) = plan.target(cell.target.milestone, cell.target.target) else { return };
        self.editor.selection.clear_range();
        let at = &mut self.editor.selection.position;
        at.shown.year = year;
        at.shown.table = target.target_type.clone();
        if let Some(place) =
            at.shown_target(workspace).and_then(|shown| shown.table.position_of(&cell.counter))
        {
            at.cursor = place;
        }
    }

    /// The table shown.
    fn shown(&self) -> &TableRef {
        &self.editor.selection.position.shown
    }

    /// The plan it shows.
    pub fn plan_id(&self) -> PlanId {
        self.editor.selection.position.shown.plan
    }

    /// The plan's name, or its id while the name is not known.
    pub fn title(&self, workspace: &Workspace) -> String {
        let listed = || {
            workspace
                .plan_list
                .as_ref()?
                .value
                .rows
                .iter()
                .find(|p| p.id == self.editor.selection.position.shown.plan)
        };
        workspace.plan(self.editor.selection.position.shown.plan).or_else(listed).map_or_else(
            || format!("Plan {}", self.editor.selection.position.shown.plan),
            |p| p.name().to_string(),
        )
    }

    /// The year and its period, like `Year 3 of 5 · 2027-09-01 – 2028-08-31`; empty until the plan has been
    /// read.
    pub fn headline(&self, workspace: &Workspace) -> String {
        let Some(plan) = workspace.plan(self.editor.selection.position.shown.plan) else {
            return String::new();
        };
        let Some(milestone) = plan.milestone(self.editor.selection.position.shown.year) else {
            return String::new();
        };
        let days = milestone.period.map(|(first, last)| format!(" · {first} – {last}")).unwrap_or_default();
        format!("Year {} of {}{days}", milestone.year, count_years(plan))
    }

    /// The scopes whose keys are active.
    pub fn scopes(&self) -> &'static [Scope] {
        match self.editor.mode {
            GridMode::Navigating => &[Scope::Grid, Scope::Navigating, Scope::Everywhere],
            GridMode::Editing(_) => &[Scope::Editing],
            GridMode::Pasting(..) => &[Scope::Pasting, Scope::Navigating],
            GridMode::Drafting(..) => &[Scope::Drafting, Scope::Navigating],
        }
    }

    /// The commands shown in the hint line.
    pub fn hints(&self) -> &'static [Command] {
        match self.editor.mode {
            GridMode::Editing(_) => {
                &[Command::Commit, Command::CommitRight, Command::CommitAll, Command::CancelEdit]
            }
            GridMode::Pasting(..) => &[Command::CommitPaste, Command::CancelPaste],
            GridMode::Drafting(..) => &[
                Command::TakeDraft,
                Command::LeaveDraft,
                Command::DraftNotes,
                Command::NextYear,
                Command::OtherTable,
            ],
            GridMode::Navigating if self.editor.selection.range().is_some() => &[
                Command::Copy,
                Command::Paste,
                Command::FillDown,
                Command::FillRight,
                Command::Zero,
                Command::ServerValue,
                Command::Increase,
                Command::Review,
                Command::Back,
            ],
            GridMode::Navigating => &[
                Command::Edit,
                Command::Review,
                Command::OtherTable,
                Command::NextYear,
                Command::Overlay,
                Command::Range,
                Command::Undo,
                Command::Palette,
            ],
        }
    }

    /// Whether the command is available here.
    pub fn enabled(&self, command: Command, workspace: &Workspace) -> bool {
        let plan = workspace.plan(self.plan_id());
        match command {
            Command::Recalculate => plan.and_then(Plan::scorecard_id).is_some(),
            _ if PLAN_COMMANDS.contains(&command) => true,
            Command::OtherTable => self.editor.selection.table_count(workspace) > 1,
            Command::NextYear | Command::PreviousYear => plan.is_some_and(|plan| plan.milestones.len() > 1),
            _ => command.entry().scope != Scope::Everywhere,
        }
    }

    /// Handles a key that is bound to no command: a digit starts editing, other characters continue it.
    pub fn key(&mut self, key: Key, workspace: &Workspace) -> Result<Nav, Refusal> {
        self.editor.key(key, workspace)
    }

    /// When the preview of a paste or of a draft was opened; `None` when there is none.
    pub fn question_shown_at(&self) -> Option<Timestamp> {
        match self.editor.mode {
            GridMode::Pasting(_, since) | GridMode::Drafting(_, since) => Some(since),
            GridMode::Navigating | GridMode::Editing(_) => None,
        }
    }

    /// Previews a draft of this plan, beginning with its last year.
    pub fn preview_draft(&mut self, draft: PlanDraft, now: Timestamp) {
        if draft.plan == self.plan_id() {
            self.editor.selection.clear_range();
            self.editor.selection.position.shown.year = draft.years.last;
            self.editor.mode = GridMode::Drafting(Box::new(draft), now);
        }
    }

    /// Pastes text: a number into the cell being edited; otherwise a block, shown as a paste preview.
    pub fn paste(&mut self, text: &str, workspace: &Workspace, cx: &Context) -> Result<Nav, Refusal> {
        self.editor.paste(text, workspace, cx)
    }

    /// Runs a command and returns what the app should do next.
    pub fn command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        match command {
            Command::ReadAgain => {
                if self.read_request.is_none() {
                    self.read_request =
                        Some(fx.call(cx.owner(), Call::Plans(plans::Call::Read(self.plan_id()))));
                }
                return Ok(Nav::Stay);
            }
            Command::Back => {
                return if self.editor.selection.clear_range() { Ok(Nav::Stay) } else { Ok(Nav::Back) };
            }
            Command::CancelEdit | Command::CancelPaste | Command::LeaveDraft => {
                self.editor.mode = GridMode::Navigating;
                return Ok(Nav::Stay);
            }
            Command::ClearInput => {
                self.editor.mode = GridMode::Editing(String::new());
                return Ok(Nav::Stay);
            }
            Command::Recalculate => {
                return match workspace.plan(self.plan_id()).map(Plan::scorecard_id) {
                    Some(Some(scorecard)) => Ok(Nav::Ask(Question::Recalculate(scorecard))),
                    Some(None) => Err(Refusal::from("this plan is bound to no scorecard")),
                    None => Err(Refusal::from(PLAN_UNREAD)),
                };
            }
            _ => {}
        }
        if self.editor.selection.position.target(workspace).is_none() {
            return Err(Refusal::from(PLAN_UNREAD));
        }
        if let GridMode::Drafting(..) = self.editor.mode {
            return self.command_over_draft(command, workspace, cx, fx);
        }
        if self.editor.selection.update_range(command, workspace) {
            return Ok(Nav::Stay);
        }
        match command {
            Command::Edit => {
                let shown = self.editor.selection.position.shown_target(workspace);
                let cell =
                    shown.and_then(|shown| shown.table.counter_at(self.editor.selection.position.cursor));
                let value = cell.and_then(|cell| workspace.counter_value(&cell));
                self.editor.begin_editing(value.map(|v| v.to_string()).unwrap_or_default(), workspace)
            }
            Command::Expression => self.editor.begin_editing(EXPRESSION_PREFIX.to_string(), workspace),
            Command::Increase => {
                set_selected_cells(&self.editor.selection, workspace, cx, fx, step_by(1)).into_nav()
            }
            Command::Decrease => {
                set_selected_cells(&self.editor.selection, workspace, cx, fx, step_by(-1)).into_nav()
            }
            Command::Zero => {
                set_selected_cells(&self.editor.selection, workspace, cx, fx, |_, _, _| Ok(0)).into_nav()
            }
            Command::FillDown | Command::FillRight => {
                fill_range(command, &self.editor.selection, workspace, cx, fx)
            }
            Command::ServerValue => restore_server_values(&self.editor.selection, workspace, cx, fx),
            Command::Copy | Command::CopyJson | Command::Cut => self.editor.copy(command, workspace, cx, fx),
            Command::Paste => {
                fx.push(Effect::ReadClipboard(self.plan_id()));
                Ok(Nav::Stay)
            }
            Command::CommitPaste => self.editor.commit_paste(workspace, cx, fx),
            Command::CommitAll => self.editor.commit_to_range(workspace, cx, fx),
            Command::Commit | Command::CommitRight => {
                self.editor.commit(workspace, cx, fx)?;
                if command == Command::CommitRight {
                    self.editor.selection.move_to_next_cell(workspace);
                } else {
                    self.editor.selection.move_to_next_row(workspace);
                }
                Ok(Nav::Stay)
            }
            Command::NextCell => {
                self.editor.selection.move_to_next_cell(workspace);
                Ok(Nav::Stay)
            }
            Command::PreviousCell => {
                self.editor.selection.move_to_previous_cell();
                Ok(Nav::Stay)
            }
            Command::Undo | Command::Redo => self.undo_or_redo(command, workspace, cx, fx),
            Command::NextYear | Command::PreviousYear => {
                self.editor.selection.change_year(command == Command::NextYear, workspace)?;
                Ok(Nav::Stay)
            }
            Command::OtherTable => {
                self.editor.selection.switch_table(workspace)?;
                Ok(Nav::Stay)
            }
            Command::Overlay => {
                self.overlay = self.overlay.next();
                if self.overlay == Overlay::SectorTarget && workspace.sector(self.plan_id()).is_none() {
                    return Ok(Nav::Choose(ChoiceRequest::Sector(self.plan_id())));
                }
                if self.overlay == Overlay::OtherPlan && workspace.compared_plan(self.plan_id()).is_none() {
                    return Ok(Nav::Choose(ChoiceRequest::ComparedPlan(self.plan_id())));
                }
                Ok(Nav::Stay)
            }
            Command::PerCent => {
                self.show_per_cent = !self.show_per_cent;
                Ok(Nav::Stay)
            }
            Command::CopyYear | Command::CopyYears => {
                let settings = years::copy_forward_settings(
                    command == Command::CopyYears,
                    &self.editor.selection,
                    workspace,
                );
                self.stage_across_years(settings, workspace, cx, fx)
            }
            Command::Ramp => self.stage_across_years(
                years::ramp_settings(&self.editor.selection, workspace),
                workspace,
                cx,
                fx,
            ),
            Command::Export | Command::Import => {
                let purpose = if command == Command::Export {
                    FormPurpose::ExportPlan
                } else {
                    FormPurpose::ImportPlan
                };
                Ok(Nav::Open(Destination::Form(Box::new(purpose(self.shown().clone())))))
            }
            Command::GoTo => Ok(Nav::Choose(ChoiceRequest::Cell(self.shown().clone()))),
            Command::Findings => Ok(Nav::Choose(ChoiceRequest::Finding(self.plan_id()))),
            Command::NextFinding | Command::PreviousFinding => {
                Ok(self.go_to_next_finding(command == Command::NextFinding, workspace))
            }
            Command::Sector => match workspace.own_sector(self.plan_id()) {
                Some(own) if workspace.benchmarks.sector(own).is_some() => {
                    let own = Text::from(own);
                    Err(Refusal::from(format!(
                        "the plan's own sector is {own}; it is changed where the plan is edited"
                    )))
                }
                _ => Ok(Nav::Choose(ChoiceRequest::Sector(self.plan_id()))),
            },
            Command::Compare => {
                self.overlay = Overlay::OtherPlan;
                Ok(Nav::Choose(ChoiceRequest::ComparedPlan(self.plan_id())))
            }
            Command::Region => Ok(Nav::Choose(ChoiceRequest::Region)),
            Command::Years => self.open_level_years(workspace),
            Command::Summary => self.open_summary(workspace),
            Command::Draft if workspace.sector(self.plan_id()).is_none() => {
                Ok(Nav::Choose(ChoiceRequest::Sector(self.plan_id())))
            }
            Command::Draft => {
                workspace.check_edits_allowed()?;
                Ok(Nav::Open(Destination::Form(Box::new(FormPurpose::Draft(self.plan_id())))))
            }
            // Moving the cursor also commits what is being typed.
            _ => {
                self.editor.commit(workspace, cx, fx)?;
                if self.editor.selection.move_cursor(command, workspace) {
                    Ok(Nav::Stay)
                } else {
                    Err(Refusal::from(concat!("that does nothing here; ", key!("help"), " shows what does")))
                }
            }
        }
    }

    /// Runs a command over the preview of a draft, where nothing else is edited.
    fn command_over_draft(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        match command {
            Command::TakeDraft => return self.editor.take_draft(workspace, cx, fx),
            Command::DraftNotes => return Ok(self.editor.draft_notes()),
            Command::NextYear | Command::PreviousYear => {
                self.editor.selection.change_year(command == Command::NextYear, workspace)?;
            }
            Command::OtherTable => self.editor.selection.switch_table(workspace)?,
            Command::PerCent => self.show_per_cent = !self.show_per_cent,
            _ if self.editor.selection.move_cursor(command, workspace) => {}
            _ => return Err(Refusal::from(DRAFT_IS_OPEN)),
        }
        Ok(Nav::Stay)
    }

    /// Undoes or redoes the last edit and moves to a cell it changed.
    fn undo_or_redo(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        match workspace.undo_or_redo_counters(command == Command::Undo, self.plan_id(), cx.now) {
            Ok((entries, cell, words)) => {
                fx.journal_counters(entries);
                self.go_to_cell(&cell, workspace);
                Ok(Nav::Notify(Notice::new(Severity::Info, words)))
            }
            Err(why) => Err(why),
        }
    }

    /// Stages numbers copied or interpolated across years as one undo step.
    fn stage_across_years(
        &mut self,
        settings: Result<Vec<CellSetting>, Refusal>,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let settings = settings?;
        let places = years::years_and_tables(&settings, workspace);
        match years::changed_cell_count(&settings, workspace) {
            0 if settings.iter().all(Result::is_ok) => {
                Err(Refusal::from("those years have these numbers already"))
            }
            changed => match set_cells(settings, &self.editor.selection.position, workspace, cx, fx) {
                SettingResult::Complete => Ok(Nav::Notify(Notice::staged(
                    &format!("{} changed in {places}", pluralize(changed, "cell")),
                    cx,
                ))),
                done => done.into_nav(),
            },
        }
    }

    /// Moves to the next finding and shows its message and rule.
    fn go_to_next_finding(&mut self, forward: bool, workspace: &Workspace) -> Nav {
        let findings = workspace.findings(self.plan_id());
        let Some(at) = findings::next_finding(
            &findings,
            self.last_finding,
            forward,
            &self.editor.selection.position,
            workspace,
        ) else {
            return Nav::Notify(Notice::new(Severity::Success, "this plan has no findings"));
        };
        let finding = &findings[at];
        if let Some(cell) = workspace.counter_of_finding(self.plan_id(), finding) {
            self.go_to_cell(&cell, workspace);
        }
        self.last_finding = Some(at);
        let text = format!("{} of {}: {} ({})", at + 1, findings.len(), finding.message, finding.rule);
        Nav::Notify(Notice::new(Severity::Info, text))
    }

    /// Opens the summary of the plan, at the level and year under the cursor.
    fn open_summary(&self, workspace: &Workspace) -> Result<Nav, Refusal> {
        let PlanPosition { shown, cursor } = &self.editor.selection.position;
        workspace.plan(shown.plan).ok_or(PLAN_UNREAD)?;
        // Outside the levels it opens on the first one.
        let level = strum::VariantArray::VARIANTS.get(cursor.row).copied().unwrap_or(Level::Top);
        Ok(Nav::Summary(shown.clone(), level))
    }

    /// Opens the popup with all years of the level under the cursor.
    fn open_level_years(&self, workspace: &Workspace) -> Result<Nav, Refusal> {
        let PlanPosition { shown, cursor } = &self.editor.selection.position;
        match strum::VariantArray::VARIANTS.get(cursor.row) {
            Some(level) if workspace.plan(shown.plan).is_some() => Ok(Nav::Years(shown.clone(), *level)),
            _ => Err(Refusal::from("the years are compared level by level; go to one of the six first")),
        }
    }

    /// Records the end of a read this screen started, with its error; the plan is in the workspace already.
    pub fn reply(&mut self, id: RequestId, error: Option<&ApiError>, workspace: &Workspace, cx: &Context) {
        if self.read_request == Some(id) {
            self.read_request = None;
            self.read_error = error.map(ToString::to_string);
            self.go_to_pending_location(workspace, cx);
        }
    }

    /// Keeps the year, table and cursor within the current plan.
    pub fn arrange(&mut self, workspace: &Workspace) {
        self.editor.selection.clamp_to_plan(workspace);
    }

    /// Draws the plan into the screen's area.
    pub fn view(&self, workspace: &Workspace, cx: &Context, buf: &mut Buffer) {
        let reading = match (&self.read_error, self.read_request) {
            (_, Some(_)) => PlanReadState::Reading,
            (Some(why), None) => PlanReadState::Failed(why),
            (None, None) => PlanReadState::Read,
        };
        let (draft, block) = match &self.editor.mode {
            GridMode::Navigating | GridMode::Drafting(..) => (None, None),
            GridMode::Editing(draft) => (Some(draft.as_str()), None),
            GridMode::Pasting(block, _) => (None, Some(block)),
        };
        let plan_draft =
            if let GridMode::Drafting(draft, _) = &self.editor.mode { Some(&**draft) } else { None };
        let Self { editor: GridEditor { selection, .. }, overlay, show_per_cent: shares, .. } = self;
        PlanView {
            selection,
            draft,
            pasted_block: block,
            plan_draft,
            overlay: *overlay,
            show_per_cent: *shares,
            read_state: reading,
            workspace,
            cx,
        }
        .draw(buf);
    }
}
