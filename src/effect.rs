//! Wishes to the outside, as data: calls, the journal, alarms.

use std::path::PathBuf;
use std::time::Duration;

use crate::api::Call;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::CounterEntry;
use crate::domain::change::record_changes::RecordEntry;
use crate::domain::file_table::{FileContent, FileTable};
use crate::domain::id::{PlanId, ScorecardId, VendorCode};
use crate::domain::plan::export::PlanExport;
use crate::domain::record::recalculation::Watch;
use crate::domain::text::pluralize;

/// The number of one call, handed out inside `update` so that a double press sends once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RequestId(pub u64);

/// The number of a screen, handed out when it is opened and never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ScreenId(pub u64);

/// Who receives the reply to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Owner {
    /// A screen; a popup counts as the screen below it. The read is cancelled when the screen is left.
    Screen(ScreenId),
    /// The reading of a list, page by page.
    ListRead,
    /// The workspace alone: the reply updates it, and nobody waits for it.
    Background,
    /// The apply.
    Apply,
    /// The watch over the recalculation of a scorecard.
    Watch(ScorecardId, WatchPhase),
}

/// What a watch's request is for. Reading one scorecard is listed in the documents but not described, so the list of all
/// scorecards is read where the single one is not found (Scorecards page).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchPhase {
    /// `updated_at` is noted before the PUT.
    NoteUpdatedAt(ScorecardSource),
    /// The PUT that starts the recalculation.
    Start,
    /// The scorecard is read to see whether `updated_at` has moved.
    Poll(ScorecardSource),
}

/// Which endpoint a scorecard is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScorecardSource {
    /// `GET …/scorecards/{id}`
    ById,
    /// `GET …/scorecards`
    List,
}

/// A request that was asked for in this step and is not yet counted among those in flight.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRequest {
    /// Its number.
    pub id: RequestId,
    /// Who receives the reply.
    pub owner: Owner,
    /// What is called.
    pub call: Call,
}

/// A timer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Timer {
    /// A watch looks again, or tries to start.
    Watch(ScorecardId),
    /// A collection is looked at once more for what an answer did not tell.
    Recheck(Collection),
    /// What could not be written to disk is tried again.
    RetryJournal,
    /// A call that failed goes out again.
    Retry(RequestId),
    /// It is tried whether the server can be reached again.
    ProbeServer,
    /// What is shown has grown older, or something in flight is to be drawn anew.
    Tick,
}

/// A pause before something is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// As long as the server asks.
    Exactly(Duration),
    /// Anything up to that, left to chance, so that many who lost touch together do not come back together.
    UpTo(Duration),
}

impl Delay {
    /// The longest it may last.
    pub fn max_duration(self) -> Duration {
        match self {
            Self::Exactly(pause) | Self::UpTo(pause) => pause,
        }
    }
}

/// What is to be written to disk.
#[derive(Debug, Clone, PartialEq)]
pub enum JournalOp {
    /// Nothing new: what could not be written before is tried again.
    RetryDelayed,
    /// Staged changes, each set or taken out, all or none.
    Counters(Vec<CounterEntry>),
    /// Staged changes of records, each set or taken out, all or none.
    Records(Vec<RecordEntry>),
    /// A vendor code that was looked up.
    VendorCode(VendorCode),
    /// Headings of a file and the fields they were laid to by hand.
    Headings(Vec<(String, String)>),
    /// A watch as it stands.
    Watch(Box<Watch>),
    /// A watch that need not outlive the program any more.
    EndWatch(ScorecardId),
    /// How long a recalculation that was started here ran, in seconds.
    RunSeconds(ScorecardId, u64),
}

/// What is written to a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// Rows of text.
    Rows(FileTable, FileContent),
    /// Tables of a plan.
    Book(PlanExport),
    /// So many staged counters, as text.
    ChangeSet(usize, String),
}

impl Document {
    /// What is in it, in words: `7 rows`.
    pub fn summary(&self) -> String {
        match self {
            Self::Rows(table, _) => pluralize(table.rows.len(), "row"),
            Self::Book(book) => pluralize(book.tables.len(), "table"),
            Self::ChangeSet(changes, _) => pluralize(*changes, "staged counter"),
        }
    }
}

/// How text is put on a clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClipboardMethod {
    /// The machine's own clipboard.
    Native,
    /// The terminal is asked to (OSC 52); whether it does cannot be known.
    Terminal,
    /// There is none: the text is written to a file.
    File,
}

/// Text to be copied. It may hold personal data: neither log nor panic shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClipboardText {
    /// The text.
    pub text: String,
    /// What it is, for the person: `12 cells copied`.
    pub description: String,
}

impl std::fmt::Debug for ClipboardText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clip").field("what", &self.description).finish_non_exhaustive()
    }
}

/// A wish to the outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send a call; its reply comes back under the number.
    Call(RequestId, Call),
    /// Give up waiting for a reply.
    Cancel(RequestId),
    /// Write to disk, before anything that follows is done.
    Journal(JournalOp),
    /// Set off an alarm after a while; one of each kind at a time.
    SetTimer(Timer, Duration),
    /// Set it off after a pause that may be left to chance.
    SetTimerWithJitter(Timer, Delay),
    /// Read a file of rows.
    ReadFile(PathBuf),
    /// Read a file as sheets.
    ReadSheets(PathBuf),
    /// Write a new file; one that is there already is left alone.
    WriteFile(PathBuf, Document),
    /// Copy text, after this way of doing so failed.
    Copy(ClipboardText, Option<ClipboardMethod>),
    /// Read the clipboard, to paste what is there into this plan.
    ReadClipboard(PlanId),
    /// Ring the bell once.
    Bell,
    /// End the program.
    Quit,
    /// Begin anew.
    Restart(Restart),
}

/// What the program begins anew with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restart {
    /// A profile, its settings read again.
    Profile(String),
    /// The same profile, whose journal another program has let go of.
    TakeOver(String),
    /// A key that is asked for first, for this profile or a new one.
    Login(Option<String>),
    /// The sandbox inside the program.
    Demo,
}

/// Why a collection is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadReason {
    /// A screen shows it; a reading that is under way will do, and it may be given up with the screen.
    OnScreen,
    /// Something staged is held against it; a reading that is under way will do.
    Needed,
    /// It has to be known how it is now: a reading that is under way is begun anew.
    Fresh,
}

/// Collects the effects of one step, in order.
#[derive(Debug, Default, PartialEq)]
pub struct Effects {
    list: Vec<Effect>,
    new_requests: Vec<NewRequest>,
    list_reads: Vec<(Collection, ReadReason)>,
    last_id: u64,
}

impl Effects {
    /// Wishes something.
    pub fn push(&mut self, effect: Effect) {
        self.list.push(effect);
    }

    /// Sends a call whose reply goes to `owner`; returns the number of the request.
    pub fn call(&mut self, owner: Owner, call: Call) -> RequestId {
        self.last_id += 1;
        let id = RequestId(self.last_id);
        self.new_requests.push(NewRequest { id, owner, call: call.clone() });
        self.push(Effect::Call(id, call));
        id
    }

    /// Takes the requests asked for since they were last taken.
    pub fn take_new_requests(&mut self) -> Vec<NewRequest> {
        std::mem::take(&mut self.new_requests)
    }

    /// Wishes a collection to be read to its end.
    pub fn read_list(&mut self, collection: &Collection, why: ReadReason) {
        self.list_reads.push((collection.clone(), why));
    }

    /// Takes the collections that were wished.
    pub fn take_list_reads(&mut self) -> Vec<(Collection, ReadReason)> {
        std::mem::take(&mut self.list_reads)
    }

    /// Wishes staged changes of records to be written, when there are any.
    pub fn journal_records(&mut self, entries: Vec<RecordEntry>) {
        if !entries.is_empty() {
            self.push(Effect::Journal(JournalOp::Records(entries)));
        }
    }

    /// Wishes staged changes to be written, when there are any.
    pub fn journal_counters(&mut self, entries: Vec<CounterEntry>) {
        if !entries.is_empty() {
            self.push(Effect::Journal(JournalOp::Counters(entries)));
        }
    }

    /// The number of the last call that was wished.
    pub fn last_request(&self) -> RequestId {
        RequestId(self.last_id)
    }

    /// Takes what was wished.
    pub fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.list)
    }

    /// What was wished, without taking it.
    pub fn queued(&self) -> &[Effect] {
        &self.list
    }
}
