//! The whole state of the program, and everything that can happen to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use ratatui::layout::{Rect, Size};

use crate::api::Call;
use crate::api::error::ApiError;
use crate::api::reply::{KeyExpiry, Response};
use crate::app::apply::Apply;
use crate::app::connectivity::Connectivity;
use crate::app::list_reader::ListReader;
use crate::app::requests::{PendingRequest, RequestState};
use crate::config::WritePolicy;
use crate::domain::file_table::{FileSheet, FileTable};
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::refusal::Refusal;
use crate::effect::{ClipboardMethod, ClipboardText, Effects, NewRequest, Owner, RequestId, ScreenId, Timer};
use crate::input::key::Key;
use crate::input::keymap::Keymap;
use crate::nav::{Context, Destination, Notice, Severity};
use crate::popup::Popup;
use crate::screen::Screen;
use crate::theme::Theme;
use crate::workspace::Workspace;

/// Everything that can happen.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// A key that had arrived before the dialog on top was painted: no answer to it.
    EarlyKey(Key),
    /// Text that had arrived before the dialog on top was painted: no answer to it either.
    EarlyPaste(String),
    /// A paste was begun, and its end did not come; it was dropped.
    UnterminatedPaste,
    /// The terminal has another size.
    Resize(Size),
    /// A call was answered or failed.
    Reply(RequestId, Result<Response, ApiError>),
    /// A timer went off.
    Timer(Timer),
    /// A file of rows was read, or could not be.
    FileRead(PathBuf, Result<FileTable, String>),
    /// A file was read as sheets, or could not be.
    SheetsRead(PathBuf, Result<Vec<FileSheet>, String>),
    /// A file was written, with what is in it in words, or could not be.
    FileWritten(PathBuf, Result<String, String>),
    /// Text was copied this way, to that file where it is one.
    Copied(ClipboardText, ClipboardMethod, Option<PathBuf>),
    /// Text could not be copied this way, or there is no way; the reason where there is one.
    NotCopied(ClipboardText, Option<ClipboardMethod>, String),
    /// The clipboard was read for a plan, or could not be.
    Clipboard(PlanId, Result<String, String>),
    /// Records that were sent could not be removed from the disk yet; what is to be said.
    ErasureFailed(String),
    /// The journal could not be written; the reason.
    JournalFailed(String),
    /// The journal can be written again.
    JournalRecovered,
    /// The other program that had this account open has ended.
    JournalReleased,
    /// The settings were read again, and the account is the same.
    AccountUnchanged,
    /// The journal was taken away and is a new one: all that is staged is to be written to it.
    JournalRecreated,
}

/// What ends a session with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndingRequest {
    /// To quit.
    Quit,
    /// To begin anew with another one.
    Restart,
}

/// The status line's own state.
#[derive(Debug, Default)]
pub struct StatusLine {
    /// The last thing said.
    pub notice: Option<Notice>,
    /// When it was said.
    pub notice_at: Timestamp,
    /// Whether the last thing said is that a reading failed; a reading that works takes it back.
    pub shows_read_error: bool,
    /// When the key expires, if the server said so.
    pub expiry: Option<KeyExpiry>,
    /// Why the last reading failed, if it did.
    pub read_error: Option<ApiError>,
    /// What stood in the way of the last apply, if something did.
    pub apply_error: Option<ApiError>,
    /// What would end the session and was asked for, with how much was staged then: the same again does it.
    pub unconfirmed_end: Option<(EndingRequest, usize)>,
}

/// What the program is told at its start.
#[derive(Debug)]
pub struct Start {
    /// The profile's name; `None` when nothing is configured.
    pub profile: Option<String>,
    /// The names of all profiles.
    pub profiles: Vec<String>,
    /// What it may do.
    pub guard: WritePolicy,
    /// The keys.
    pub keymap: Keymap,
    /// The styles.
    pub theme: Theme,
    /// What the journal held.
    pub workspace: Workspace,
    /// What is to be said first.
    pub notice: Option<Notice>,
    /// The size of the terminal.
    pub size: Size,
    /// The time.
    pub now: Timestamp,
}

/// The whole state of the program.
#[derive(Debug)]
pub struct Model {
    /// The screens, the first at the bottom, each with its number.
    pub screens: Vec<(ScreenId, Screen)>,
    /// What lies over them, the last on top.
    pub popups: Vec<Popup>,
    /// Calls in flight.
    pub requests: BTreeMap<RequestId, PendingRequest>,
    /// The records and what is staged.
    pub workspace: Workspace,
    /// The apply that is going on.
    pub apply: Option<Apply>,
    /// Collections that are being read.
    pub(super) list_reads: Vec<ListReader>,
    /// Scorecards of which a recalculation is still to be offered.
    pub(super) recalculations_to_offer: BTreeSet<ScorecardId>,
    /// Those of which another recalculation runs already, and what to do has not been asked yet.
    pub(super) busy_scorecards: BTreeSet<ScorecardId>,
    /// Readings of a plan that were asked for before this call are older than what is known of it.
    pub(super) latest_plan_request: BTreeMap<PlanId, RequestId>,
    /// The status line's state.
    pub status: StatusLine,
    /// The keys.
    pub keymap: Keymap,
    /// The styles.
    pub theme: Theme,
    /// The profile's name.
    pub profile: Option<String>,
    /// The names of all profiles.
    pub(super) profiles: Vec<String>,
    /// What the profile may do.
    pub guard: WritePolicy,
    /// The size of the terminal.
    pub size: Size,
    /// The time of the last step.
    pub now: Timestamp,
    last_screen: ScreenId,
    /// Whether the server can be reached, and lets the key in.
    pub(super) connectivity: Connectivity,
    /// Whether the clock's alarm is set.
    pub(super) tick_scheduled: bool,
}

/// The steered parts of the model, with what they are told.
pub(super) struct ModelParts<'a> {
    pub(super) screens: &'a mut Vec<(ScreenId, Screen)>,
    pub(super) popups: &'a mut Vec<Popup>,
    pub(super) workspace: &'a mut Workspace,
    pub(super) cx: Context<'a>,
}

/// The smallest terminal the program is shown in.
pub const MIN_TERMINAL_SIZE: Size = Size { width: 60, height: 15 };

impl Model {
    /// The program at its start, with the first wishes: to read the first list and to go on watching.
    pub fn new(start: Start, fx: &mut Effects) -> Self {
        let mut model = Self {
            screens: Vec::new(),
            popups: Vec::new(),
            requests: BTreeMap::new(),
            workspace: start.workspace,
            apply: None,
            list_reads: Vec::new(),
            recalculations_to_offer: BTreeSet::new(),
            busy_scorecards: BTreeSet::new(),
            latest_plan_request: BTreeMap::new(),
            status: StatusLine { notice: start.notice, notice_at: start.now, ..StatusLine::default() },
            keymap: start.keymap,
            theme: start.theme,
            profile: start.profile,
            profiles: start.profiles,
            guard: start.guard,
            size: start.size,
            now: start.now,
            last_screen: ScreenId::default(),
            connectivity: Connectivity::default(),
            tick_scheduled: false,
        };
        let first = if model.profile.is_some() { Destination::Plans } else { Destination::Welcome };
        model.open_screen(&first, fx);
        model.read_unknown_outcomes(fx);
        model.resume_watches(fx);
        model.finish_update(fx);
        model
    }

    /// The question that waits for an answer, known by when it came up: a dialog, or a block that is held over a grid. What
    /// had arrived before it was painted does not answer it.
    pub fn question_asked_at(&self) -> Option<Timestamp> {
        match (self.popups.last(), self.screens.last()) {
            (Some(popup), _) => popup.question_shown_at(),
            (None, Some((_, screen))) => screen.question_shown_at(),
            (None, None) => None,
        }
    }

    /// Where screens are drawn: all but the breadcrumbs and the two lines at the bottom.
    pub fn screen_area(&self) -> Rect {
        Rect { x: 0, y: 1, width: self.size.width, height: self.size.height.saturating_sub(3) }
    }

    /// Whether the terminal is too small to show anything.
    pub fn too_small(&self) -> bool {
        self.size.width < MIN_TERMINAL_SIZE.width || self.size.height < MIN_TERMINAL_SIZE.height
    }

    /// What screens and overlays are told.
    pub fn context(&self) -> Context<'_> {
        Context {
            now: self.now,
            keymap: &self.keymap,
            theme: &self.theme,
            guard: self.guard,
            area: self.screen_area(),
            screen: self.screens.last().map(|(id, _)| *id),
        }
    }

    /// What is steered, apart from what it is told.
    pub(super) fn parts(&mut self) -> ModelParts<'_> {
        let area = self.screen_area();
        let Self { screens, popups, workspace, keymap, theme, guard, now, .. } = self;
        let screen = screens.last().map(|(id, _)| *id);
        let cx = Context { now: *now, keymap, theme, guard: *guard, area, screen };
        ModelParts { screens, popups, workspace, cx }
    }

    /// Whether something is being sent that must not be cut off.
    pub fn is_sending(&self) -> bool {
        self.requests.values().any(|pending| !pending.is_read)
    }

    /// Opens the screen of a place on top.
    pub(super) fn open_screen(&mut self, place: &Destination, fx: &mut Effects) {
        let id = ScreenId(self.last_screen.0 + 1);
        let cx = Context { screen: Some(id), ..self.context() };
        match Screen::open(place, &self.workspace, &cx, fx) {
            Ok(screen) => {
                self.last_screen = id;
                self.screens.push((id, screen));
                self.register_requests(fx);
            }
            Err(why) => self.refuse(&why),
        }
    }

    /// Counts the requests just asked for among those in flight.
    pub(super) fn register_requests(&mut self, fx: &mut Effects) {
        for NewRequest { id, owner, call } in fx.take_new_requests() {
            let is_read = call.request().method.is_read();
            if let Some(watch) = call.edited_scorecard().and_then(|id| self.workspace.watches.get_mut(id)) {
                watch.note_write_sent();
            }
            let (first_sent_at, sent_at) = (self.now, self.now);
            let state = RequestState::InFlight;
            let pending = PendingRequest {
                owner,
                call,
                first_sent_at,
                sent_at,
                is_read,
                attempts: 1,
                uncertain_error: None,
                state,
            };
            self.requests.insert(id, pending);
        }
    }

    /// Sends a call of the model itself.
    pub(super) fn send(&mut self, owner: Owner, call: Call, fx: &mut Effects) -> RequestId {
        let id = fx.call(owner, call);
        self.register_requests(fx);
        id
    }

    /// Says why something was not done.
    pub(super) fn refuse(&mut self, why: &Refusal) {
        self.show_notice(Notice::new(Severity::Warning, why.text()));
    }

    pub(super) fn show_notice(&mut self, notice: Notice) {
        self.status.notice = Some(notice);
        self.status.notice_at = self.now;
        self.status.shows_read_error = false;
    }
}
