//! The whole state of the program, and everything that can happen to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use jiff::Timestamp;
use ratatui::layout::{Rect, Size};

use crate::api::error::ApiError;
use crate::api::reply::{Answer, KeyExpiry};
use crate::app::apply::Apply;
use crate::app::paging::Paging;
use crate::app::reach::Reach;
use crate::app::requests::{Owner, Pending};
use crate::config::Guard;
use crate::desk::Desk;
use crate::domain::id::{PlanId, ScorecardId};
use crate::domain::import::{FileSheet, FileTable};
use crate::effect::{Alarm, Clip, Effect, Effects, RequestId, Way};
use crate::input::key::Key;
use crate::input::keymap::Keymap;
use crate::nav::{Context, Notice, Place, Tone};
use crate::overlay::Overlay;
use crate::screen::Screen;
use crate::theme::Theme;

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
    EndlessPaste,
    /// The terminal has another size.
    Resize(Size),
    /// A call was answered or failed.
    Reply(RequestId, Result<Answer, ApiError>),
    /// A timer went off.
    Alarm(Alarm),
    /// A file of rows was read, or could not be.
    FileRead(PathBuf, Result<FileTable, String>),
    /// A file was read as sheets, or could not be.
    SheetsRead(PathBuf, Result<Vec<FileSheet>, String>),
    /// A file was written, with what is in it in words, or could not be.
    FileWritten(PathBuf, Result<String, String>),
    /// Text was copied this way, to that file where it is one.
    Copied(Clip, Way, Option<PathBuf>),
    /// Text could not be copied this way, or there is no way; the reason where there is one.
    NotCopied(Clip, Option<Way>, String),
    /// The clipboard was read for a plan, or could not be.
    Clipboard(PlanId, Result<String, String>),
    /// Records that were sent could not be removed from the disk yet; what is to be said.
    NamesLeft(String),
    /// The journal could not be written; the reason.
    NotStored(String),
    /// The journal can be written again.
    StoredAgain,
    /// The other program that had this account open has ended.
    JournalFree,
    /// The settings were read again, and the account is the same.
    SameAccount,
    /// The journal was taken away and is a new one: all that is staged is to be written to it.
    JournalAnew,
}

/// What ends a session with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// To quit.
    Quit,
    /// To begin anew with another one.
    Anew,
}

/// The status line's own state.
#[derive(Debug, Default)]
pub struct Status {
    /// The last thing said.
    pub notice: Option<Notice>,
    /// When it was said.
    pub said_at: Timestamp,
    /// Whether the last thing said is that a reading failed; a reading that works takes it back.
    pub read_failed: bool,
    /// When the key expires, if the server said so.
    pub expiry: Option<KeyExpiry>,
    /// Why the last reading failed, if it did.
    pub unread: Option<ApiError>,
    /// What stood in the way of the last apply, if something did.
    pub failure: Option<ApiError>,
    /// What would end the session and was asked for, with how much was staged then: the same again does it.
    pub asked: Option<(Ending, usize)>,
}

/// What the program is told at its start.
#[derive(Debug)]
pub struct Start {
    /// The profile's name; `None` when nothing is configured.
    pub profile: Option<String>,
    /// The names of all profiles.
    pub profiles: Vec<String>,
    /// What it may do.
    pub guard: Guard,
    /// The keys.
    pub keymap: Keymap,
    /// The styles.
    pub theme: Theme,
    /// What the journal held.
    pub desk: Desk,
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
    pub screens: Vec<(u64, Screen)>,
    /// What lies over them, the last on top.
    pub overlays: Vec<Overlay>,
    /// Calls in flight.
    pub requests: BTreeMap<RequestId, Pending>,
    /// The records and what is staged.
    pub desk: Desk,
    /// The apply that is going on.
    pub apply: Option<Apply>,
    /// Collections that are being read.
    pub(super) readings: Vec<Paging>,
    /// Scorecards of which a recalculation is still to be offered.
    pub(super) owed: BTreeSet<ScorecardId>,
    /// Those of which another recalculation runs already, and what to do has not been asked yet.
    pub(super) busy: BTreeSet<ScorecardId>,
    /// Readings of a plan that were asked for before this call are older than what is known of it.
    pub(super) known_by: BTreeMap<PlanId, RequestId>,
    /// The status line's state.
    pub status: Status,
    /// The keys.
    pub keymap: Keymap,
    /// The styles.
    pub theme: Theme,
    /// The profile's name.
    pub profile: Option<String>,
    /// The names of all profiles.
    pub(super) profiles: Vec<String>,
    /// What the profile may do.
    pub guard: Guard,
    /// The size of the terminal.
    pub size: Size,
    /// The time of the last step.
    pub now: Timestamp,
    next_screen: u64,
    /// The last call that was given an owner.
    owned: RequestId,
    /// Whether the server can be reached, and lets the key in.
    pub(super) reach: Reach,
    /// Whether the clock's alarm is set.
    pub(super) ticking: bool,
}

/// The steered parts of the model, with what they are told.
pub(super) struct Parts<'a> {
    pub(super) screens: &'a mut Vec<(u64, Screen)>,
    pub(super) overlays: &'a mut Vec<Overlay>,
    pub(super) desk: &'a mut Desk,
    pub(super) cx: Context<'a>,
}

/// The smallest terminal the program is shown in.
pub const SMALLEST: Size = Size { width: 60, height: 15 };

impl Model {
    /// The program at its start, with the first wishes: to read the first list and to go on watching.
    pub fn new(start: Start, fx: &mut Effects) -> Self {
        let mut model = Self {
            screens: Vec::new(),
            overlays: Vec::new(),
            requests: BTreeMap::new(),
            desk: start.desk,
            apply: None,
            readings: Vec::new(),
            owed: BTreeSet::new(),
            busy: BTreeSet::new(),
            known_by: BTreeMap::new(),
            status: Status { notice: start.notice, said_at: start.now, ..Status::default() },
            keymap: start.keymap,
            theme: start.theme,
            profile: start.profile,
            profiles: start.profiles,
            guard: start.guard,
            size: start.size,
            now: start.now,
            next_screen: 0,
            owned: RequestId::default(),
            reach: Reach::default(),
            ticking: false,
        };
        let first = if model.profile.is_some() { Place::Plans } else { Place::Welcome };
        model.open(&first, fx);
        model.read_unknown(fx);
        model.resume_watches(fx);
        model.settle(fx);
        model
    }

    /// The question that waits for an answer, known by when it came up: a dialog, or a block that is held over a grid. What
    /// had arrived before it was painted does not answer it.
    pub fn question(&self) -> Option<Timestamp> {
        match (self.overlays.last(), self.screens.last()) {
            (Some(overlay), _) => overlay.asked_at(),
            (None, Some((_, screen))) => screen.asked_at(),
            (None, None) => None,
        }
    }

    /// Where screens are drawn: all but the breadcrumbs and the two lines at the bottom.
    pub fn body(&self) -> Rect {
        Rect { x: 0, y: 1, width: self.size.width, height: self.size.height.saturating_sub(3) }
    }

    /// Whether the terminal is too small to show anything.
    pub fn too_small(&self) -> bool {
        self.size.width < SMALLEST.width || self.size.height < SMALLEST.height
    }

    /// What screens and overlays are told.
    pub fn context(&self) -> Context<'_> {
        Context {
            now: self.now,
            keymap: &self.keymap,
            theme: &self.theme,
            guard: self.guard,
            area: self.body(),
        }
    }

    /// What is steered, apart from what it is told.
    pub(super) fn parts(&mut self) -> Parts<'_> {
        let area = self.body();
        let Self { screens, overlays, desk, keymap, theme, guard, now, .. } = self;
        let cx = Context { now: *now, keymap, theme, guard: *guard, area };
        Parts { screens, overlays, desk, cx }
    }

    /// Whether something is being sent that must not be cut off.
    pub fn sends(&self) -> bool {
        self.requests.values().any(|pending| !pending.reads)
    }

    /// Opens the screen of a place on top.
    pub(super) fn open(&mut self, place: &Place, fx: &mut Effects) {
        match Screen::open(place, &self.desk, &self.context(), fx) {
            Ok(screen) => {
                self.next_screen += 1;
                self.screens.push((self.next_screen, screen));
                self.own_calls(&Owner::Screen(self.next_screen), fx);
            }
            Err(why) => self.say(Notice::new(Tone::Warning, why)),
        }
    }

    /// Notes down the calls just wished for as some owner's.
    pub(super) fn own_calls(&mut self, owner: &Owner, fx: &Effects) {
        for effect in fx.wished() {
            // Effects wait until the frame is drawn: those of earlier steps have their owners, or were cancelled.
            if let Effect::Call(id, call) = effect
                && *id > self.owned
            {
                let reads = call.request().method.is_read();
                if let Some(watch) = call.edits_scorecard().and_then(|id| self.desk.watches.get_mut(id)) {
                    watch.write_sent();
                }
                let (owner, call) = (owner.clone(), call.clone());
                let (since, sent_at) = (self.now, self.now);
                let pending =
                    Pending { owner, call, since, sent_at, reads, attempts: 1, lost: None, waits: None };
                self.requests.insert(*id, pending);
            }
        }
        self.owned = fx.last_call();
    }

    pub(super) fn say(&mut self, notice: Notice) {
        self.status.notice = Some(notice);
        self.status.said_at = self.now;
        self.status.read_failed = false;
    }
}
