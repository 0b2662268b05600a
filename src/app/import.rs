//! An import of participants without a screen: reads the list, stages the rows of the file and sends them in
//! rounds.

use std::collections::{BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::api::error::ApiError;
use crate::app::engine::Engine;
use crate::app::message::Msg;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::record_change::{ChangeNumber, Hold, Intent, RecordChange, RecordStanding};
use crate::domain::change::record_changes::{RecordEntry, SECOND_READ_DELAY_SECS};
use crate::domain::file_table::FileTable;
use crate::domain::import::{self, ColumnMapping};
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::effect::{Effects, ReadReason};
use crate::workspace::{EditsBlocked, Excluded, Workspace};

/// How long to wait for the second read that reconciles an unknown outcome, in seconds, with a margin.
const RECONCILE_TIMEOUT_SECS: i64 = SECOND_READ_DELAY_SECS as i64 + 15;

/// What is imported, and how.
#[derive(Debug)]
pub struct ImportRequest {
    /// The participants of one training program.
    pub collection: Collection,
    /// The rows of the file.
    pub table: FileTable,
    /// The field that each column fills.
    pub mapping: ColumnMapping,
    /// Whether rows that match a participant on the server, or another row, are sent too.
    pub sends_duplicates: bool,
}

/// An import that is running or over.
#[derive(Debug)]
pub struct Import {
    engine: Engine,
    request: ImportRequest,
    stage: Stage,
    /// When to stop waiting for a read to reconcile an unknown outcome; `None` while something else is waited
    /// for.
    reconcile_until: Option<Timestamp>,
}

#[derive(Debug)]
enum Stage {
    /// The list is being read, which also reconciles unknown outcomes of an earlier run.
    Reading,
    /// The rows are staged and sent in rounds. Rows rejected only because of others in their request are sent
    /// again.
    Sending(Staged),
    /// Nothing is left to do.
    Sent(Staged),
    /// Nothing was staged, for this reason.
    Failed(ImportError),
}

/// The rows of the file, once they are staged.
#[derive(Debug, Default)]
struct Staged {
    numbers: BTreeSet<ChangeNumber>,
    /// Each row's number in the file and the person's name.
    rows: Vec<(u32, Text)>,
    /// How many changes were rejected when the last round ended.
    rejected: usize,
}

/// Why an import staged nothing and sent nothing.
#[derive(Debug)]
pub struct ImportError {
    /// The reason, for the user.
    pub message: String,
    /// The error of the read that failed, if that is the reason.
    pub source: Option<ApiError>,
}

impl From<Refusal> for ImportError {
    fn from(refusal: Refusal) -> Self {
        Self { message: refusal.to_string(), source: None }
    }
}

/// What an import waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportProgress {
    /// The list of participants.
    Reading,
    /// A read that reconciles an unknown outcome; the seconds left until it is given up.
    Reconciling(u64),
    /// Responses; rows done and rows in total, if known.
    Sending(Option<(usize, usize)>),
}

/// The result of an import.
#[derive(Debug)]
pub struct ImportOutcome {
    workspace: Workspace,
    /// The changes that were staged for the file's rows.
    staged: BTreeSet<ChangeNumber>,
    /// Each row's number in the file and the person's name, in the file's order.
    pub rows: Vec<(u32, Text)>,
    /// The error that stopped the import, if one did.
    pub error: Option<ApiError>,
    /// Why the journal could not be written; `None` if it could.
    pub journal_error: Option<String>,
    /// The last notice, such as the outcome of the apply; `None` if there is none.
    pub notice: Option<String>,
}

impl ImportOutcome {
    /// The changes of the rows that were not saved, each with its standing.
    pub fn unsaved(&self) -> impl Iterator<Item = (&RecordChange, RecordStanding)> {
        let changes = self.workspace.record_changes.iter().filter(|(number, _)| self.staged.contains(number));
        changes.map(|(_, change)| (change, self.workspace.record_standing(change)))
    }
}

impl Import {
    /// Starts by reading the list. `workspace` holds what an earlier run left in the journal.
    pub fn start(request: ImportRequest, workspace: Workspace, now: Timestamp, fx: &mut Effects) -> Self {
        let mut engine = Engine::new(workspace, None, now);
        engine.resume(fx);
        // Rows that match a participant on the server are held, so the list must be read first.
        fx.read_list(&request.collection, ReadReason::Needed);
        engine.finish_update(fx);
        Self { engine, request, stage: Stage::Reading, reconcile_until: None }
    }

    /// Handles a message, or the passing of time if there is none, and advances as far as possible.
    pub fn update(&mut self, now: Timestamp, msg: Option<Msg>, fx: &mut Effects) {
        self.engine.now = now;
        if let Some(msg) = msg {
            // Messages that the engine returns concern screens, and there are none here.
            self.engine.update(now, msg, fx);
        }
        self.engine.finish_update(fx);
        self.engine.events.clear();
        while !self.is_over() && !self.is_waiting() {
            self.reconcile_until = None;
            self.advance(fx);
            self.engine.finish_update(fx);
        }
    }

    /// Whether nothing is left to do.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Sent(_) | Stage::Failed(_))
    }

    /// What it waits for.
    pub fn progress(&self) -> ImportProgress {
        match (self.reconcile_until, &self.stage) {
            (Some(until), _) => {
                ImportProgress::Reconciling(until.duration_since(self.engine.now).as_secs().max(0) as u64)
            }
            (None, Stage::Reading) => ImportProgress::Reading,
            (None, _) => ImportProgress::Sending(self.engine.apply_progress()),
        }
    }

    /// Whether rows may have been sent.
    pub fn has_begun_to_send(&self) -> bool {
        matches!(self.stage, Stage::Sending(_) | Stage::Sent(_))
    }

    /// Whether a response is awaited, or a read that may still reconcile an unknown outcome.
    fn is_waiting(&mut self) -> bool {
        if !self.engine.requests.is_empty() || self.engine.is_applying() {
            return true;
        }
        let mut changes = self.engine.workspace.record_changes.iter();
        let is_open = changes.any(|(_, change)| {
            change.state == ChangeState::OutcomeUnknown
                && change.sent_request.is_some_and(|sent| sent.matches_before == 0 && !sent.answered_ok)
        });
        let now = self.engine.now;
        let timeout = SignedDuration::from_secs(RECONCILE_TIMEOUT_SECS);
        is_open && now < *self.reconcile_until.get_or_insert(now.saturating_add(timeout).unwrap_or(now))
    }

    fn advance(&mut self, fx: &mut Effects) {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Reading) {
            Stage::Reading => match self.stage_rows(fx) {
                Ok(staged) => self.send_round(staged, fx),
                Err(error) => Stage::Failed(error),
            },
            Stage::Sending(mut staged) => {
                let changes = self.engine.workspace.record_changes.iter();
                let rejected = changes.filter(|(_, c)| matches!(c.state, ChangeState::Rejected(_))).count();
                let another_helps = rejected != std::mem::replace(&mut staged.rejected, rejected);
                if another_helps && self.engine.status.apply_error.is_none() {
                    self.send_round(staged, fx)
                } else {
                    Stage::Sent(staged)
                }
            }
            over => over,
        };
    }

    /// Stages the rows of the file, replacing those that an earlier run staged and did not send. Fails when
    /// the list could not be read completely, or edits are blocked.
    fn stage_rows(&mut self, fx: &mut Effects) -> Result<Staged, ImportError> {
        let ImportRequest { collection, table, mapping, sends_duplicates } = &self.request;
        let Engine { workspace, status, now, .. } = &mut self.engine;
        let Some((rows, true)) = workspace.records(collection) else {
            let notice_text = status.notice.take().map(|notice| notice.text);
            let message = notice_text
                .unwrap_or_else(|| "the participants could not be read whole; nothing was sent".into());
            return Err(ImportError { message, source: status.read_error.clone() });
        };
        let mut changes = import::rows_to_changes(collection, table, mapping, rows, *now);
        if *sends_duplicates {
            for change in &mut changes {
                change.hold = Hold::Released;
            }
        }
        let rows = changes.iter().filter_map(|c| Some((c.file_row?, c.name.clone()))).collect();
        fx.journal_records(forget_earlier_staged(workspace, collection, &changes));
        let entries = workspace.stage_records(changes.into_iter().map(|change| (None, change)).collect())?;
        let numbers = entries.iter().map(|entry| entry.number).collect();
        fx.journal_records(entries);
        Ok(Staged { numbers, rows, rejected: 0 })
    }

    /// Sends the rows that can be sent. Returns [`Stage::Sent`] when there are none.
    fn send_round(&mut self, staged: Staged, fx: &mut Effects) -> Stage {
        let workspace = &self.engine.workspace;
        let mut confirmed = workspace.confirmable_changes(&Excluded::default());
        confirmed.counters.clear();
        confirmed.records.retain(|number, _| {
            let change = workspace.record_changes.change(*number);
            let standing = change.map(|change| workspace.record_standing(change));
            staged.numbers.contains(number) && standing == Some(RecordStanding::Staged)
        });
        if confirmed.is_empty() {
            return Stage::Sent(staged);
        }
        self.engine.start_apply(confirmed, fx);
        Stage::Sending(staged)
    }

    /// Ends the import, even before it is over. The file still has the rows that were not accepted, so only
    /// changes of unknown outcome stay in the journal. Fails when nothing was staged.
    pub fn finish(self, fx: &mut Effects) -> Result<ImportOutcome, ImportError> {
        let staged = match self.stage {
            Stage::Failed(error) => return Err(error),
            Stage::Reading => Staged::default(),
            Stage::Sending(staged) | Stage::Sent(staged) => staged,
        };
        let Engine { mut workspace, status, .. } = self.engine;
        let collection = self.request.collection;
        // A request in flight may have reached the server.
        let sending = workspace.record_changes.in_collection(&collection);
        let sending = sending.filter(|(_, change)| change.state == ChangeState::Sending);
        let sending: Vec<_> = sending.map(|(number, _)| number).collect();
        let unknown = sending
            .into_iter()
            .filter_map(|number| workspace.record_changes.set_state(number, ChangeState::OutcomeUnknown));
        fx.journal_records(unknown.collect());
        let changes = workspace.record_changes.in_collection(&collection);
        let done = changes.filter(|(number, change)| {
            staged.numbers.contains(number) && change.state != ChangeState::OutcomeUnknown
        });
        fx.journal_records(done.map(|(number, _)| RecordEntry { number, change: None }).collect());
        let journal_error = match &workspace.edits_blocked {
            Some(EditsBlocked::JournalFailed(why)) => Some(why.clone()),
            _ => None,
        };
        let notice = status.notice.map(|notice| notice.text).filter(|text| !text.is_empty());
        Ok(ImportOutcome {
            workspace,
            staged: staged.numbers,
            rows: staged.rows,
            error: status.apply_error,
            journal_error,
            notice,
        })
    }
}

/// Removes the changes that an earlier run staged from rows of this file and did not send before it was ended: this run
/// stages them itself. Changes that are not in the file stay. Returns the journal entries of the removal.
fn forget_earlier_staged(
    workspace: &mut Workspace,
    collection: &Collection,
    changes: &[RecordChange],
) -> Vec<RecordEntry> {
    let of_file: HashSet<String> = changes.iter().filter_map(RecordChange::natural_key).collect();
    let is_left = |change: &RecordChange| {
        let creates = matches!(change.intent, Intent::Create(_));
        let may_be_sent = matches!(change.state, ChangeState::Sending | ChangeState::OutcomeUnknown);
        let is_of_file = change.natural_key().is_some_and(|natural_key| of_file.contains(&natural_key));
        change.file_row.is_some() && creates && !may_be_sent && is_of_file
    };
    let leftover = workspace.record_changes.in_collection(collection).filter(|(_, change)| is_left(change));
    let leftover: Vec<_> = leftover.map(|(number, _)| number).collect();
    leftover.into_iter().filter_map(|number| workspace.record_changes.remove(number)).collect()
}
