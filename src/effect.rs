//! Effects as data: requests, journal writes, timers and files that an update asks the runtime for.

use std::path::PathBuf;
use std::time::Duration;

use crate::api::Call;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::CounterEntry;
use crate::domain::change::record_changes::RecordEntry;
use crate::domain::draft::plan_draft::DraftRequest;
use crate::domain::file_table::{FileContent, FileTable};
use crate::domain::id::{PlanId, ScorecardId, VendorCode};
use crate::domain::import::preview::FileJudgement;
use crate::domain::import::written_tables::WrittenRows;
use crate::domain::plan::export::PlanExport;
use crate::domain::record::recalculation::Watch;
use crate::domain::report::PlanReport;
use crate::domain::shape_error::message_error;
use crate::domain::text::pluralize;

message_error! {
    /// Why a file could not be read or written.
    FileError
}

message_error! {
    /// Why the journal could not be opened, read or written.
    JournalError
}

message_error! {
    /// Why the clipboard could not be read, or text not be copied.
    ClipboardError
}

/// The number of a request, unique within the session. It is assigned inside `update`, so that pressing a key
/// twice sends once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RequestId(pub u64);

/// The number of a screen, assigned when it is opened and never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ScreenId(pub u64);

/// Who receives the reply to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Owner {
    /// A screen; a popup counts as the screen below it. The read is cancelled when the screen is left.
    Screen(ScreenId),
    /// The read of a list, page by page.
    ListRead,
    /// The overview, which reads all plans.
    Overview,
    /// Nobody: the reply only updates the workspace.
    Background,
    /// The running apply.
    Apply,
    /// The watch of a scorecard's recalculation.
    Watch(ScorecardId, WatchPhase),
}

/// What a watch's request is for. The documents list reading one scorecard but do not describe it, so where
/// that is not found the list of all scorecards is read instead (Scorecards page).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WatchPhase {
    /// Notes `updated_at` before the PUT.
    NoteUpdatedAt(ScorecardSource),
    /// The PUT that starts the recalculation.
    Start,
    /// Reads the scorecard to see whether `updated_at` has moved.
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

/// A request made in this step that is not yet counted among those in flight.
#[derive(Debug, Clone, PartialEq)]
pub struct NewRequest {
    /// The request's number.
    pub id: RequestId,
    /// Who receives the reply.
    pub owner: Owner,
    /// The endpoint and its arguments.
    pub call: Call,
    /// Whether it is a read, which waits for its turn.
    pub is_read: bool,
}

/// What a timer is for. At most one of each is pending.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Timer {
    /// A watch polls its scorecard, or tries to start the recalculation.
    Watch(ScorecardId),
    /// A list is read once more to reconcile an unknown outcome.
    Recheck(Collection),
    /// A failed journal write is retried.
    RetryJournal,
    /// A failed request is retried.
    Retry(RequestId),
    /// An unreachable server is probed.
    ProbeServer,
    /// The screen is redrawn, because ages and durations on it have grown.
    Tick,
}

/// The delay before a retry or a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delay {
    /// Exactly this long, as the server asked.
    Exactly(Duration),
    /// A random time up to this, so that many clients that lost the server together do not return together.
    UpTo(Duration),
}

impl Delay {
    /// The longest the delay may last.
    pub fn max_duration(self) -> Duration {
        match self {
            Self::Exactly(pause) | Self::UpTo(pause) => pause,
        }
    }
}

/// A write to the journal.
#[derive(Debug, Clone, PartialEq)]
pub enum JournalOp {
    /// Nothing new: earlier writes that failed are retried.
    RetryDelayed,
    /// Staged counter changes, each stored or deleted, all in one transaction.
    Counters(Vec<CounterEntry>),
    /// Staged record changes, each stored or deleted, all in one transaction.
    Records(Vec<RecordEntry>),
    /// A vendor code that was looked up.
    VendorCode(VendorCode),
    /// Column headings of a file, each with the field that the user mapped it to.
    Headings(Vec<(String, String)>),
    /// What a draft of a plan was made from, to be offered again.
    DraftRequest(DraftRequest),
    /// The state of a watch.
    Watch(Box<Watch>),
    /// The end of a watch: it is deleted from the journal.
    EndWatch(ScorecardId),
    /// The duration of a recalculation that was started here, in seconds.
    RunSeconds(ScorecardId, u64),
}

/// The content of a file to write.
#[derive(Debug, Clone, PartialEq)]
pub enum Document {
    /// Rows with headings.
    Rows(WrittenRows, FileContent),
    /// Figures with their names in the first column, for a spreadsheet to calculate with.
    Figures(FileTable),
    /// The tables of a plan, as a workbook.
    Book(PlanExport),
    /// The report of a plan.
    Report(Box<PlanReport>),
    /// The same in the shape of the form EEA13.
    Eea13(Box<PlanReport>),
    /// A change set: the number of staged counters in it, and its text.
    ChangeSet(usize, String),
}

impl Document {
    /// The content in words, like `7 rows`.
    pub fn summary(&self) -> String {
        match self {
            Self::Rows(rows, _) => pluralize(rows.len(), "row"),
            Self::Figures(table) => pluralize(table.rows.len(), "row"),
            Self::Book(book) => pluralize(book.tables.len(), "table"),
            Self::Report(report) => format!("report of {}", pluralize(report.years.len(), "year")),
            Self::Eea13(report) => {
                format!("EEA13 working paper of {}", pluralize(report.years.len(), "year"))
            }
            Self::ChangeSet(changes, _) => pluralize(*changes, "staged counter"),
        }
    }
}

/// The way text is put on a clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClipboardMethod {
    /// The operating system's clipboard.
    Native,
    /// The terminal, through OSC 52; there is no confirmation that it worked.
    Terminal,
    /// A file, where there is no clipboard.
    File,
}

/// Text to be copied. It may hold personal data, so `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ClipboardText {
    /// The text.
    pub text: String,
    /// What the text is, for the user, like `12 cells copied`.
    pub description: String,
}

impl std::fmt::Debug for ClipboardText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clip").field("what", &self.description).finish_non_exhaustive()
    }
}

/// Something the runtime is asked to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Send a request; its reply arrives as a message with this number.
    Call(RequestId, Call),
    /// Cancel a request and stop waiting for its reply.
    Cancel(RequestId),
    /// Write to the journal before any later effect is carried out.
    Journal(JournalOp),
    /// Start a timer with this delay; it replaces a pending one for the same purpose.
    SetTimer(Timer, Duration),
    /// Start a timer with a delay that may be random.
    SetTimerWithJitter(Timer, Delay),
    /// Read the sheets of a file of people.
    ReadFile(PathBuf),
    /// Judge a file of people in the background.
    JudgeFile(Box<FileJudgement>),
    /// Read a workbook as sheets.
    ReadSheets(PathBuf),
    /// Write a new file; an existing file is left unchanged.
    WriteFile(PathBuf, Document),
    /// Copy text. The method, if any, is the one that was just tried and failed: the next one is used.
    Copy(ClipboardText, Option<ClipboardMethod>),
    /// Read the clipboard, to paste its text into this plan.
    ReadClipboard(PlanId),
    /// Ring the bell once.
    Bell,
    /// Quit the program.
    Quit,
    /// Restart with another profile or key.
    Restart(Restart),
}

/// What the program restarts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restart {
    /// A profile; its settings are read again.
    Profile(String),
    /// The same profile, after another program has released its journal.
    TakeOver(String),
    /// A login that asks for a key, for this profile or a new one.
    Login(Option<String>),
    /// The sandbox inside the program.
    Demo,
}

/// Why a list is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadReason {
    /// A screen shows it. A read in progress is joined, and may be cancelled when the screen is left.
    OnScreen,
    /// Staged changes are compared with it. A read in progress is joined, and is not cancelled with its
    /// screen.
    Needed,
    /// Its current content must be known. A read in progress is restarted.
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
    /// Adds an effect.
    pub fn push(&mut self, effect: Effect) {
        self.list.push(effect);
    }

    /// Makes a request whose reply goes to `owner`: a write is sent at once, a read waits for its turn. Returns the number
    /// of the request.
    pub fn call(&mut self, owner: Owner, call: Call) -> RequestId {
        self.last_id += 1;
        let id = RequestId(self.last_id);
        let is_read = call.request().method.is_read();
        if !is_read {
            self.push(Effect::Call(id, call.clone()));
        }
        self.new_requests.push(NewRequest { id, owner, call, is_read });
        id
    }

    /// Takes the requests made since this was last called.
    pub fn take_new_requests(&mut self) -> Vec<NewRequest> {
        std::mem::take(&mut self.new_requests)
    }

    /// Asks for a list to be read completely.
    pub fn read_list(&mut self, collection: &Collection, why: ReadReason) {
        self.list_reads.push((collection.clone(), why));
    }

    /// Takes the list reads that were asked for, each with its reason.
    pub fn take_list_reads(&mut self) -> Vec<(Collection, ReadReason)> {
        std::mem::take(&mut self.list_reads)
    }

    /// Journals changes of staged records, if there are any.
    pub fn journal_records(&mut self, entries: Vec<RecordEntry>) {
        if !entries.is_empty() {
            self.push(Effect::Journal(JournalOp::Records(entries)));
        }
    }

    /// Journals changes of staged counters, if there are any.
    pub fn journal_counters(&mut self, entries: Vec<CounterEntry>) {
        if !entries.is_empty() {
            self.push(Effect::Journal(JournalOp::Counters(entries)));
        }
    }

    /// The number of the last request.
    pub fn last_request(&self) -> RequestId {
        RequestId(self.last_id)
    }

    /// Takes the effects collected so far.
    pub fn take(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.list)
    }

    /// The effects collected so far, without taking them.
    pub fn queued(&self) -> &[Effect] {
        &self.list
    }
}
