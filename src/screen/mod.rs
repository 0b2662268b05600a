//! The screens, and the one place that forwards keys and commands to the current one.

pub mod form;
pub mod log;
pub mod new_participants;
pub mod overview;
pub mod participants;
pub mod plan;
pub mod plans;
pub mod scorecards;
pub mod spend;
pub mod staged;
pub mod staged_groups;
pub mod suppliers;
pub mod training_programs;
pub mod welcome;

use crate::nav::table::ListTable;
use std::path::Path;

use jiff::Timestamp;
use ratatui::buffer::Buffer;

use crate::api::error::ApiError;
use crate::domain::change::collection::Collection;
use crate::domain::id::RecordId;
use crate::domain::id::ScorecardId;
use crate::domain::import::file_rows::ImportTarget;
use crate::domain::plan::table_ref::TableRef;
use crate::domain::refusal::Refusal;
use crate::effect::{Effects, RequestId};
use crate::input::command::{Command, Scope};
use crate::input::key::Key;
use crate::nav::list_screen::ListScreen;
use crate::nav::{Context, Destination, Nav, paste_refused, unbound_key};
use crate::screen::form::FormScreen;
use crate::screen::log::Log;
use crate::screen::new_participants::NewParticipants;
use crate::screen::overview::PlanOverview;
use crate::screen::participants::Participants;
use crate::screen::plan::PlanScreen;
use crate::screen::plans::Plans;
use crate::screen::scorecards::Scorecards;
use crate::screen::spend::Spend;
use crate::screen::staged::Staged;
use crate::screen::staged_groups::StagedGroups;
use crate::screen::suppliers::{Scores, Suppliers};
use crate::screen::training_programs::TrainingPrograms;
use crate::screen::welcome::Welcome;
use crate::workspace::Workspace;
use crate::workspace::plan_draft::PlanDraft;

/// A screen.
#[derive(Debug)]
pub enum Screen {
    /// The welcome screen, shown when nothing is configured.
    Welcome(Welcome),
    /// A plan's grid.
    Plan(Box<PlanScreen>),
    /// A form.
    Form(Box<FormScreen>),
    /// The list of plans.
    Plans(ListScreen<Plans>),
    /// The overview of all plans.
    Overview(ListScreen<PlanOverview>),
    /// The list of scorecards.
    Scorecards(ListScreen<Scorecards>),
    /// The spend of a scorecard's training.
    Spend(ListScreen<Spend>),
    /// The training programs of a scorecard.
    TrainingPrograms(ListScreen<TrainingPrograms>),
    /// The participants of a training program.
    Participants(ListScreen<Participants>),
    /// Participants staged to be created.
    NewParticipants(ListScreen<NewParticipants>),
    /// Participants staged to be created, grouped by what is wrong with them.
    StagedGroups(ListScreen<StagedGroups>),
    /// Suppliers that were looked up.
    Suppliers(ListScreen<Suppliers>),
    /// The scores of a supplier.
    Scores(ListScreen<Scores>),
    /// The list of staged changes.
    Staged(ListScreen<Staged>),
    /// The requests of this session.
    Log(ListScreen<Log>),
}

/// Runs the same expression for every list screen; the other screens get arms of their own.
macro_rules! each {
    ($self:expr, $list:ident => $do:expr, $($rest:tt)*) => {
        match $self {
            Screen::Plans($list) => $do,
            Screen::Overview($list) => $do,
            Screen::Scorecards($list) => $do,
            Screen::Spend($list) => $do,
            Screen::TrainingPrograms($list) => $do,
            Screen::Participants($list) => $do,
            Screen::NewParticipants($list) => $do,
            Screen::StagedGroups($list) => $do,
            Screen::Suppliers($list) => $do,
            Screen::Scores($list) => $do,
            Screen::Staged($list) => $do,
            Screen::Log($list) => $do,
            $($rest)*
        }
    };
}

impl Screen {
    /// Opens the screen for a destination. Fails when there is nothing to show there.
    pub fn open(
        place: &Destination,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Self, Refusal> {
        Ok(match place {
            Destination::Welcome => Self::Welcome(Welcome),
            Destination::Plan(id, cell) => {
                Self::Plan(Box::new(PlanScreen::open(*id, cell.as_ref(), workspace, cx, fx)))
            }
            Destination::Form(purpose) => Self::Form(Box::new(FormScreen::open(purpose, workspace, cx, fx)?)),
            Destination::Plans => Self::Plans(ListScreen::open(Plans, workspace, cx, fx)),
            Destination::Overview => Self::Overview(ListScreen::open(PlanOverview, workspace, cx, fx)),
            Destination::Scorecards => Self::Scorecards(ListScreen::open(Scorecards, workspace, cx, fx)),
            Destination::Spend(scorecard) => {
                Self::Spend(ListScreen::open(Spend(scorecard.clone()), workspace, cx, fx))
            }
            Destination::TrainingPrograms(scorecard) => {
                let table = TrainingPrograms(scorecard.clone());
                Self::TrainingPrograms(ListScreen::open(table, workspace, cx, fx))
            }
            Destination::Participants(scorecard, program) => {
                let table = Participants(scorecard.clone(), *program);
                Self::Participants(ListScreen::open(table, workspace, cx, fx))
            }
            Destination::StagedParticipants(collection) => {
                let table = NewParticipants(collection.clone());
                Self::NewParticipants(ListScreen::open(table, workspace, cx, fx))
            }
            Destination::StagedGroups(scorecard) => {
                let table = StagedGroups(scorecard.clone());
                Self::StagedGroups(ListScreen::open(table, workspace, cx, fx))
            }
            Destination::Suppliers => Self::Suppliers(ListScreen::open(Suppliers, workspace, cx, fx)),
            Destination::Scores(code) => {
                Self::Scores(ListScreen::open(Scores::new(code.clone(), cx), workspace, cx, fx))
            }
            Destination::Staged => Self::Staged(ListScreen::open(Staged, workspace, cx, fx)),
            Destination::Log => Self::Log(ListScreen::open(Log, workspace, cx, fx)),
        })
    }

    /// Its name in the breadcrumb.
    pub fn title(&self, workspace: &Workspace) -> String {
        each!(self, list => list.table.title(workspace),
            Self::Welcome(_) => "Welcome".into(),
            Self::Plan(screen) => screen.title(workspace),
            Self::Form(form) => form.title(),
        )
    }

    /// Whether it is the screen of a destination that has its own key.
    pub fn is_at(&self, place: &Destination) -> bool {
        matches!(
            (self, place),
            (Self::Plans(_), Destination::Plans)
                | (Self::Overview(_), Destination::Overview)
                | (Self::Scorecards(_), Destination::Scorecards)
                | (Self::Suppliers(_), Destination::Suppliers)
                | (Self::Staged(_), Destination::Staged)
        )
    }

    /// Whether leaving the screen would lose something the user typed.
    pub fn is_touched(&self) -> bool {
        if let Self::Form(form) = self { form.is_touched() } else { false }
    }

    /// The scorecard that commands without a named scorecard refer to; `None` when the screen has none.
    pub fn scorecard(&self) -> Option<&ScorecardId> {
        match self {
            Self::TrainingPrograms(list) => Some(&list.table.0),
            Self::Spend(list) => Some(&list.table.0),
            Self::Participants(list) => Some(&list.table.0),
            Self::NewParticipants(list) => list.table.0.scorecard(),
            Self::StagedGroups(list) => Some(&list.table.0),
            _ => None,
        }
    }

    /// The scorecard whose spend it shows; `None` when it shows something else.
    pub fn spend_of(&self) -> Option<&ScorecardId> {
        if let Self::Spend(list) = self { Some(&list.table.0) } else { None }
    }

    /// The text at the right of the breadcrumb.
    pub fn headline(&self, workspace: &Workspace) -> String {
        match self {
            Self::Plan(screen) => screen.headline(workspace),
            _ => String::new(),
        }
    }

    /// The scopes whose keys are active, the nearest first; none while every key is typed.
    pub fn scopes(&self) -> &'static [Scope] {
        each!(self, list => list.scopes(),
            Self::Welcome(screen) => screen.scopes(),
            Self::Plan(screen) => screen.scopes(),
            Self::Form(form) => form.scopes(),
        )
    }

    /// The commands shown in the hint line, the most useful first.
    pub fn hints(&self) -> &'static [Command] {
        each!(self, list => list.table.hints(),
            Self::Welcome(_) => &[Command::Quit],
            Self::Plan(screen) => screen.hints(),
            Self::Form(form) => form.hints(),
        )
    }

    /// Whether a command of the active scopes is available here.
    pub fn enabled(&self, command: Command, workspace: &Workspace) -> bool {
        each!(self, list => list.enabled(command),
            Self::Welcome(_) => matches!(command, Command::Open),
            Self::Plan(screen) => screen.enabled(command, workspace),
            Self::Form(_) => command.entry().scope == Scope::Form,
        )
    }

    /// Puts the cursor on a record if this screen lists its collection.
    pub fn select_record(&mut self, collection: &Collection, id: &RecordId, workspace: &Workspace) {
        if self.collection().as_ref() == Some(collection) {
            each!(self, list => list.select(id, workspace),
                Self::Welcome(_) | Self::Form(_) | Self::Plan(_) => {}
            );
        }
    }

    /// Handles a key that is bound to no command here; says why when it does nothing.
    pub fn key(&mut self, key: Key, workspace: &Workspace) -> Result<Nav, Refusal> {
        each!(self, list => list.key(key, workspace),
            Self::Welcome(_) => Err(unbound_key(key)),
            Self::Plan(screen) => screen.key(key, workspace),
            Self::Form(form) => form.key(key),
        )
    }

    /// Goes to a destination within this screen; returns whether it could.
    pub fn navigate_within(&mut self, place: &Destination, workspace: &Workspace) -> bool {
        match (self, place) {
            (Self::Plan(screen), Destination::Plan(plan, Some(cell))) if screen.plan_id() == *plan => {
                screen.go_to_cell(cell, workspace);
                true
            }
            (Self::NewParticipants(list), Destination::StagedParticipants(collection)) => {
                list.table.0 == *collection
            }
            (Self::Log(_), Destination::Log) => true,
            _ => false,
        }
    }

    /// Previews a draft over the grid of its plan; a screen that shows something else leaves it.
    pub fn preview_draft(&mut self, draft: PlanDraft, now: Timestamp) {
        if let Self::Plan(screen) = self {
            screen.preview_draft(draft, now);
        }
    }

    /// Inserts pasted text, or says why it was ignored.
    pub fn paste(&mut self, text: &str, workspace: &Workspace, cx: &Context) -> Result<Nav, Refusal> {
        each!(self, list => list.paste(text, workspace),
            Self::Welcome(_) => Err(paste_refused(text)),
            Self::Plan(screen) => screen.paste(text, workspace, cx),
            Self::Form(form) => form.paste(text),
        )
    }

    /// When the question that waits for an answer was shown, if there is one; else `None`.
    pub fn question_shown_at(&self) -> Option<Timestamp> {
        if let Self::Plan(screen) = self { screen.question_shown_at() } else { None }
    }

    /// Runs a command and returns what the app should do next.
    pub fn command(
        &mut self,
        command: Command,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        each!(self, list => list.command(command, workspace, cx, fx),
            Self::Welcome(screen) => screen.command(command, workspace, cx, fx),
            Self::Plan(screen) => screen.command(command, workspace, cx, fx),
            Self::Form(form) => form.command(command, workspace, cx, fx),
        )
    }

    /// Tells the screen that a request has finished; the data of its response is in the workspace already.
    pub fn reply(&mut self, id: RequestId, error: Option<&ApiError>, workspace: &Workspace, cx: &Context) {
        each!(self, list => list.reply(id, error),
            Self::Welcome(_) | Self::Form(_) => {}
            Self::Plan(screen) => screen.reply(id, error, workspace, cx),
        );
    }

    /// The collection whose records it lists; `None` when it lists something else.
    pub fn collection(&self) -> Option<Collection> {
        each!(self, list => list.collection(),
            Self::Welcome(_) | Self::Form(_) | Self::Plan(_) => None,
        )
    }

    /// Tells the screen that reading a collection has ended, with the error if it failed.
    pub fn was_read(
        &mut self,
        collection: &Collection,
        error: Option<&ApiError>,
        workspace: &Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) {
        each!(self, list => list.was_read(collection, error),
            Self::Form(form) => form.was_read(collection, workspace, cx, fx),
            Self::Welcome(_) | Self::Plan(_) => {}
        );
    }

    /// What a form is reading this file to import into; `None` when no form is.
    pub fn import_awaiting_file(&self, file: &Path) -> Option<&ImportTarget> {
        match self {
            Self::Form(form) => form.import_awaiting_file(file),
            _ => None,
        }
    }

    /// The plan, year index and table that a form is reading this file for; `None` when no form is.
    pub fn plan_awaiting_file(&self, file: &Path) -> Option<&TableRef> {
        match self {
            Self::Form(form) => form.plan_awaiting_file(file),
            _ => None,
        }
    }

    /// Whether this is a form that waits for a file to be written.
    pub fn awaits_file_write(&self) -> bool {
        matches!(self, Self::Form(form) if form.awaits_file_write())
    }

    /// Adjusts cursor and scroll position to the current workspace and window; called once after every
    /// update.
    pub fn arrange(&mut self, workspace: &Workspace, cx: &Context) {
        each!(self, list => list.arrange(workspace, cx),
            Self::Welcome(_) => {}
            Self::Plan(screen) => screen.arrange(workspace),
            Self::Form(form) => form.arrange(workspace, cx),
        );
    }

    /// Draws the screen into its area.
    pub fn view(&self, workspace: &Workspace, cx: &Context, buf: &mut Buffer) {
        each!(self, list => list.view(workspace, cx, buf),
            Self::Welcome(screen) => screen.view(workspace, cx, buf),
            Self::Plan(screen) => screen.view(workspace, cx, buf),
            Self::Form(form) => form.view(workspace, cx, buf),
        );
    }
}
