//! An import of a file without a screen: reads what the server holds, judges the file, and sends it in rounds:
//! first new training programs, then participants.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::api::error::ApiError;
use crate::app::engine::{Engine, Event};
use crate::app::message::Msg;
use crate::config::ParallelRequests;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::ChangeState;
use crate::domain::change::record_change::{ChangeNumber, Intent, RecordChange, RecordStanding};
use crate::domain::change::record_changes::{RecordEntry, SECOND_READ_DELAY_SECS};
use crate::domain::file_grid::FileGrid;
use crate::domain::id::TrainingProgramId;
use crate::domain::import::answers::Answers;
use crate::domain::import::file_rows::{ImportTarget, PreviewRow, RowPlace, RowStanding};
use crate::domain::import::preview::ImportPreview;
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::effect::{Effects, ReadReason};
use crate::workspace::{EditsBlocked, Excluded, Workspace};

/// How long to wait for the second read that reconciles an unknown outcome, in seconds, with a margin.
const RECONCILE_TIMEOUT_SECS: i64 = SECOND_READ_DELAY_SECS as i64 + 15;
/// How many lists of participants are read at once.
const LISTS_AT_ONCE: usize = 4;

/// What is imported, and how.
#[derive(Debug)]
pub struct ImportRequest {
    /// Where to.
    pub target: ImportTarget,
    /// The sheets of the file.
    pub grids: Vec<FileGrid>,
    /// What was said about the file.
    pub answers: Answers,
    /// Whether the file is only judged and nothing is sent.
    pub is_dry_run: bool,
    /// How many requests may be in flight at once.
    pub parallel: ParallelRequests,
}

/// An import that is running or over.
#[derive(Debug)]
pub struct Import {
    engine: Engine,
    request: ImportRequest,
    preview: ImportPreview,
    stage: Stage,
    /// Lists of participants that are still to be read.
    unread: Vec<Collection>,
    /// Lists that could not be read, which only checks need.
    unreadable: Vec<Collection>,
    /// Why lists could not be read.
    read_errors: BTreeMap<Collection, ApiError>,
    /// Each staged row, by the number of its change.
    staged: BTreeMap<ChangeNumber, RowPlace>,
    /// The changes that create training programs, by their index in the preview.
    programs: BTreeMap<ChangeNumber, usize>,
    /// When to stop waiting for a read to reconcile an unknown outcome; `None` while something else is waited
    /// for.
    reconcile_until: Option<Timestamp>,
}

#[derive(Debug)]
enum Stage {
    /// The scorecard and its programs are being read, which also reconciles unknown outcomes of an earlier run.
    ReadingPrograms,
    /// Lists of participants are being read.
    ReadingParticipants,
    /// New training programs are being sent.
    SendingPrograms,
    /// Participants are sent in rounds. Rows rejected only because of others in their request are sent again. Holds
    /// how many changes were rejected when the last round ended.
    Sending(usize),
    /// Nothing is left to do.
    Over,
    /// Nothing was staged, for this reason.
    Failed(ImportError),
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
    /// Lists of the server.
    Reading,
    /// A read that reconciles an unknown outcome; the seconds left until it is given up.
    Reconciling(u64),
    /// Responses; rows done and rows in total, if known.
    Sending(Option<(usize, usize)>),
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOutcome {
    /// It was saved.
    Saved,
    /// It was on the server already.
    Existing,
    /// It waits for a word.
    Held,
    /// It cannot be sent.
    Stopped,
    /// The server refused it.
    Refused,
    /// No response said whether it arrived.
    Unknown,
    /// It was not sent.
    NotSent,
}

impl RowOutcome {
    /// Its name in the output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Existing => "existing",
            Self::Held => "held",
            Self::Stopped => "stopped",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::NotSent => "not sent",
        }
    }
}

/// The result of an import.
#[derive(Debug)]
pub struct ImportOutcome {
    /// The file, read and judged.
    pub preview: ImportPreview,
    /// What was imported.
    pub request: ImportRequest,
    /// What became of each row of the preview, with the reason.
    pub rows: Vec<(RowOutcome, String)>,
    /// Lists that could not be read, in words: what was not checked for that reason.
    pub unchecked: Vec<String>,
    /// The error that stopped the import, if one did.
    pub error: Option<ApiError>,
    /// Why the journal could not be written; `None` if it could.
    pub journal_error: Option<String>,
    /// The last notice, such as the outcome of the apply; `None` if there is none.
    pub notice: Option<String>,
}

impl Import {
    /// Starts by reading what the server holds. `workspace` holds what an earlier run left in the journal.
    pub fn start(request: ImportRequest, workspace: Workspace, now: Timestamp, fx: &mut Effects) -> Self {
        let mut engine = Engine::new(workspace, request.parallel, None, now);
        if !request.is_dry_run {
            engine.resume(fx);
        }
        let scorecard = request.target.scorecard().clone();
        fx.read_list(&Collection::Scorecards, ReadReason::Needed);
        fx.read_list(&Collection::TrainingPrograms(scorecard), ReadReason::Needed);
        engine.finish_update(fx);
        Self {
            engine,
            request,
            preview: ImportPreview::default(),
            stage: Stage::ReadingPrograms,
            unread: Vec::new(),
            unreadable: Vec::new(),
            read_errors: BTreeMap::new(),
            staged: BTreeMap::new(),
            programs: BTreeMap::new(),
            reconcile_until: None,
        }
    }

    /// Handles a message, or the passing of time if there is none, and advances as far as possible.
    pub fn update(&mut self, now: Timestamp, msg: Option<Msg>, fx: &mut Effects) {
        self.engine.now = now;
        if let Some(msg) = msg {
            // Messages that the engine returns concern screens, and there are none here.
            self.engine.update(now, msg, fx);
        }
        self.engine.finish_update(fx);
        for event in self.engine.events.drain(..) {
            if let Event::ListRead(collection, Some(error)) = event {
                self.read_errors.insert(collection, error);
            }
        }
        while !self.is_over() && !self.is_waiting() {
            self.reconcile_until = None;
            self.advance(fx);
            self.engine.finish_update(fx);
        }
    }

    /// Whether nothing is left to do.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over | Stage::Failed(_))
    }

    /// What it waits for.
    pub fn progress(&self) -> ImportProgress {
        match (self.reconcile_until, &self.stage) {
            (Some(until), _) => {
                ImportProgress::Reconciling(until.duration_since(self.engine.now).as_secs().max(0) as u64)
            }
            (None, Stage::ReadingPrograms | Stage::ReadingParticipants) => ImportProgress::Reading,
            (None, _) => ImportProgress::Sending(self.engine.apply_progress()),
        }
    }

    /// Whether anything may have been sent.
    pub fn has_begun_to_send(&self) -> bool {
        !self.staged.is_empty() || !self.programs.is_empty()
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
        let next = match &self.stage {
            Stage::ReadingPrograms => self.read_participants(fx),
            Stage::ReadingParticipants => self.read_more_or_judge(fx),
            Stage::SendingPrograms => self.judge_and_stage(fx),
            Stage::Sending(rejected_before) => {
                let rejected_before = *rejected_before;
                let changes = self.engine.workspace.record_changes.iter();
                let rejected = changes.filter(|(_, c)| matches!(c.state, ChangeState::Rejected(_))).count();
                let another_helps = rejected != rejected_before && self.engine.status.apply_error.is_none();
                if another_helps { Ok(self.send_round(rejected, fx)) } else { Ok(Stage::Over) }
            }
            Stage::Over | Stage::Failed(_) => return,
        };
        self.stage = next.unwrap_or_else(Stage::Failed);
    }

    fn is_whole(&self, collection: &Collection) -> bool {
        self.engine.workspace.records(collection).is_some_and(|(_, complete)| complete)
    }

    /// The error of a list that could not be read and is needed.
    fn read_error(&self, collection: &Collection, what: &str) -> ImportError {
        let source = self.read_errors.get(collection).cloned();
        let message = match &source {
            Some(error) => format!("{error}; nothing was sent"),
            None => format!("{what} could not be read whole; nothing was sent"),
        };
        ImportError { message, source }
    }

    /// Chooses the lists of participants to read: that of the program, and those of the others, in which the same
    /// people may be. Fails when the programs are needed and could not be read.
    fn read_participants(&mut self, fx: &mut Effects) -> Result<Stage, ImportError> {
        let scorecard = self.request.target.scorecard().clone();
        let programs = Collection::TrainingPrograms(scorecard.clone());
        if !self.is_whole(&programs) {
            if matches!(self.request.target, ImportTarget::Scorecard(_)) {
                return Err(self.read_error(&programs, "the training programs"));
            }
            self.unreadable.push(programs.clone());
        }
        if !self.is_whole(&Collection::Scorecards) {
            self.unreadable.push(Collection::Scorecards);
        }
        // The programs that the file names are known once it is judged.
        self.judge();
        let workspace = &self.engine.workspace;
        let wanted = workspace.programs_to_compare(&self.request.target, &self.preview.existing_programs());
        self.unread =
            wanted.into_iter().rev().map(|id| Collection::Participants(scorecard.clone(), id)).collect();
        self.read_more_or_judge(fx)
    }

    /// Reads the next lists of participants, or judges the file once all are read. Fails when the program's own list
    /// could not be read.
    fn read_more_or_judge(&mut self, fx: &mut Effects) -> Result<Stage, ImportError> {
        if matches!(self.stage, Stage::ReadingParticipants) {
            self.check_own_list()?;
        }
        if !self.unread.is_empty() {
            let from = self.unread.len().saturating_sub(LISTS_AT_ONCE);
            for collection in self.unread.split_off(from).into_iter().rev() {
                fx.read_list(&collection, ReadReason::Needed);
            }
            return Ok(Stage::ReadingParticipants);
        }
        self.check_own_list()?;
        self.judge();
        if self.request.is_dry_run || !self.preview.is_answered() {
            return Ok(Stage::Over);
        }
        self.stage_programs(fx)
    }

    /// Fails when the list of the program that is imported into could not be read: rows that are there could not be
    /// found.
    fn check_own_list(&self) -> Result<(), ImportError> {
        let ImportTarget::Program(scorecard, id) = &self.request.target else { return Ok(()) };
        let own = Collection::Participants(scorecard.clone(), *id);
        if self.is_whole(&own) { Ok(()) } else { Err(self.read_error(&own, "the participants")) }
    }

    /// Judges the file by what the server is known to hold.
    fn judge(&mut self) {
        let ImportRequest { target, grids, answers, .. } = &self.request;
        let server = self.engine.workspace.server_knowledge(target, self.engine.now);
        self.preview = ImportPreview::new(grids, target, answers, &server);
    }

    /// Stages and sends the new programs that have rows to be sent; goes on to the participants when there are none.
    /// Fails when edits are blocked.
    fn stage_programs(&mut self, fx: &mut Effects) -> Result<Stage, ImportError> {
        let collection = Collection::TrainingPrograms(self.request.target.scorecard().clone());
        let is_needed = |group: usize| {
            let mut rows = self.preview.rows.iter();
            rows.any(|row| row.program == Some(group) && row.standing == RowStanding::Ready)
        };
        let new = self.preview.programs.iter().enumerate();
        let new = new.filter(|(at, group)| group.existing.is_none() && is_needed(*at));
        let (groups, changes): (Vec<usize>, Vec<RecordChange>) = new
            .map(|(at, group)| {
                let name = Text::from(group.name());
                (
                    at,
                    RecordChange::new(
                        collection.clone(),
                        name,
                        Intent::Create(group.draft.clone()),
                        self.engine.now,
                    ),
                )
            })
            .unzip();
        if changes.is_empty() {
            return self.judge_and_stage(fx);
        }
        fx.journal_records(forget_earlier_staged(&mut self.engine.workspace, &changes));
        let entries = self
            .engine
            .workspace
            .stage_records(changes.into_iter().map(|change| (None, change)).collect())?;
        self.programs = entries.iter().map(|entry| entry.number).zip(groups).collect();
        let numbers = self.programs.keys().copied().collect();
        fx.journal_records(entries);
        if self.start_apply(&numbers, fx) { Ok(Stage::SendingPrograms) } else { self.judge_and_stage(fx) }
    }

    /// Stages the rows that are ready, those whose program is on the server by now. Fails when edits are blocked.
    fn judge_and_stage(&mut self, fx: &mut Effects) -> Result<Stage, ImportError> {
        if !self.programs.is_empty() {
            // The new programs have their ids now.
            self.judge();
        }
        if self.engine.status.apply_error.is_some() {
            return Ok(Stage::Over);
        }
        let ImportRequest { target, grids, answers, .. } = &self.request;
        let preview = &self.preview;
        let ready = |row: &PreviewRow| {
            let program = match target {
                ImportTarget::Program(_, id) => Some(*id),
                ImportTarget::Scorecard(_) => row.program.and_then(|group| preview.programs[group].existing),
            };
            let is_ready = row.standing == RowStanding::Ready;
            program.filter(|_| is_ready).map(|id| Collection::Participants(target.scorecard().clone(), id))
        };
        let changes = preview.changes(grids, answers, self.engine.now, ready);
        let places: Vec<RowPlace> =
            preview.rows.iter().filter(|row| ready(row).is_some()).map(|row| row.place).collect();
        let workspace = &mut self.engine.workspace;
        fx.journal_records(forget_earlier_staged(workspace, &changes));
        let entries = workspace.stage_records(changes.into_iter().map(|change| (None, change)).collect())?;
        self.staged = entries.iter().map(|entry| entry.number).zip(places).collect();
        fx.journal_records(entries);
        Ok(self.send_round(0, fx))
    }

    /// Sends the rows that can be sent; over when there are none.
    fn send_round(&mut self, rejected: usize, fx: &mut Effects) -> Stage {
        let numbers = self.staged.keys().copied().collect();
        if self.start_apply(&numbers, fx) { Stage::Sending(rejected) } else { Stage::Over }
    }

    /// Applies those of the changes that can be sent. Returns whether there are any.
    fn start_apply(&mut self, numbers: &BTreeSet<ChangeNumber>, fx: &mut Effects) -> bool {
        let workspace = &self.engine.workspace;
        let mut confirmed = workspace.confirmable_changes(&Excluded::default());
        confirmed.counters.clear();
        confirmed.records.retain(|number, _| {
            let change = workspace.record_changes.change(*number);
            let standing = change.map(|change| workspace.record_standing(change));
            numbers.contains(number) && standing == Some(RecordStanding::Staged)
        });
        if confirmed.is_empty() {
            return false;
        }
        self.engine.start_apply(confirmed, fx);
        true
    }

    /// Ends the import, even before it is over. The file still has the rows that were not accepted, so only
    /// changes of unknown outcome stay in the journal. Fails when nothing was staged for a reason.
    pub fn finish(mut self, fx: &mut Effects) -> Result<ImportOutcome, ImportError> {
        if let Stage::Failed(error) = self.stage {
            return Err(error);
        }
        let changes = &mut self.engine.workspace.record_changes;
        let own: BTreeSet<ChangeNumber> = self.staged.keys().chain(self.programs.keys()).copied().collect();
        // A request in flight may have reached the server.
        let sending: Vec<ChangeNumber> = own
            .iter()
            .copied()
            .filter(|number| {
                changes.change(*number).is_some_and(|change| change.state == ChangeState::Sending)
            })
            .collect();
        let unknown =
            sending.into_iter().filter_map(|number| changes.set_state(number, ChangeState::OutcomeUnknown));
        fx.journal_records(unknown.collect());
        let rows = self.row_outcomes();
        let changes = &self.engine.workspace.record_changes;
        let is_done = |number: &&ChangeNumber| {
            changes.change(**number).is_some_and(|change| change.state != ChangeState::OutcomeUnknown)
        };
        let done =
            own.iter().filter(is_done).map(|number| RecordEntry { number: *number, change: None }).collect();
        fx.journal_records(done);
        let unchecked = self.unchecked();
        let Engine { workspace, status, .. } = self.engine;
        let journal_error = match &workspace.edits_blocked {
            Some(EditsBlocked::JournalFailed(why)) => Some(why.clone()),
            _ => None,
        };
        let notice = status.notice.map(|notice| notice.text).filter(|text| !text.is_empty());
        Ok(ImportOutcome {
            preview: self.preview,
            request: self.request,
            rows,
            unchecked,
            error: status.apply_error,
            journal_error,
            notice,
        })
    }

    /// What became of each row, with the reason.
    fn row_outcomes(&self) -> Vec<(RowOutcome, String)> {
        let workspace = &self.engine.workspace;
        let numbers: BTreeMap<RowPlace, ChangeNumber> =
            self.staged.iter().map(|(number, place)| (*place, *number)).collect();
        let mut reasons: BTreeMap<RowPlace, Vec<String>> = BTreeMap::new();
        for finding in self
            .preview
            .findings
            .iter()
            .filter(|finding| finding.rule.severity() > crate::domain::change::rule::RuleSeverity::Note)
        {
            for row in &finding.rows {
                reasons.entry(*row).or_default().push(finding.message());
            }
        }
        let reason =
            |row: &PreviewRow| reasons.get(&row.place).map(|reasons| reasons.join("; ")).unwrap_or_default();
        let of_program = |row: &PreviewRow| {
            let group = row.program?;
            let (number, _) = self.programs.iter().find(|(_, known)| **known == group)?;
            let change = workspace.record_changes.change(*number)?;
            Some(format!("its training program was not saved: {}", workspace.record_standing(change)))
        };
        let outcome = |row: &PreviewRow| match (row.standing, numbers.get(&row.place)) {
            (RowStanding::Existing, _) => (RowOutcome::Existing, "it is on the server already".into()),
            (RowStanding::Held, _) => (RowOutcome::Held, reason(row)),
            (RowStanding::Stopped, _) => (RowOutcome::Stopped, reason(row)),
            (RowStanding::Ready, None) => {
                (RowOutcome::NotSent, of_program(row).unwrap_or_else(|| "not sent".into()))
            }
            (RowStanding::Ready, Some(number)) => match workspace.record_changes.change(*number) {
                None => (RowOutcome::Saved, String::new()),
                Some(change) => {
                    let standing = workspace.record_standing(change);
                    let outcome = match &standing {
                        RecordStanding::OutcomeUnknown | RecordStanding::Sending => RowOutcome::Unknown,
                        RecordStanding::Rejected(_) => RowOutcome::Refused,
                        RecordStanding::Held(_) => RowOutcome::Held,
                        RecordStanding::Blocked(_) => RowOutcome::Stopped,
                        _ => RowOutcome::NotSent,
                    };
                    let text = if standing == RecordStanding::Staged {
                        "not sent".into()
                    } else {
                        standing.to_string()
                    };
                    (outcome, text)
                }
            },
        };
        self.preview.rows.iter().map(outcome).collect()
    }

    /// What could not be checked because a list could not be read.
    fn unchecked(&self) -> Vec<String> {
        let scorecard = self.request.target.scorecard();
        let programs = Collection::TrainingPrograms(scorecard.clone());
        let mut words = Vec::new();
        if self.unreadable.contains(&Collection::Scorecards) {
            words.push(
                "the scorecards could not be read: dates and charter were not checked against the scorecard"
                    .to_owned(),
            );
        }
        if self.unreadable.contains(&programs) {
            words.push(
                "the training programs could not be read: rows were not checked against their program"
                    .to_owned(),
            );
        }
        let wanted = self
            .engine
            .workspace
            .programs_to_compare(&self.request.target, &self.preview.existing_programs());
        let is_read =
            |id: &TrainingProgramId| self.is_whole(&Collection::Participants(scorecard.clone(), *id));
        let unread = wanted.iter().filter(|id| !is_read(id)).count();
        if unread > 0 {
            words.push(format!(
                "the participants of {unread} other programs could not be read: people in them were not found"
            ));
        }
        words
    }
}

/// Removes the changes that an earlier run staged from rows of this file and did not send before it was ended: this run
/// stages them itself. Changes that are not in the file stay. Returns the journal entries of the removal.
fn forget_earlier_staged(workspace: &mut Workspace, changes: &[RecordChange]) -> Vec<RecordEntry> {
    let key = |change: &RecordChange| Some((change.collection.clone(), change.natural_key()?));
    let of_file: HashSet<_> = changes.iter().filter_map(key).collect();
    let is_left = |change: &RecordChange| {
        let creates = matches!(change.intent, Intent::Create(_));
        let may_be_sent = matches!(change.state, ChangeState::Sending | ChangeState::OutcomeUnknown);
        let is_imported =
            change.file_row.is_some() || matches!(change.collection, Collection::TrainingPrograms(_));
        is_imported && creates && !may_be_sent && key(change).is_some_and(|key| of_file.contains(&key))
    };
    let leftover = workspace.record_changes.iter().filter(|(_, change)| is_left(change));
    let leftover: Vec<_> = leftover.map(|(number, _)| number).collect();
    leftover.into_iter().filter_map(|number| workspace.record_changes.remove(number)).collect()
}
