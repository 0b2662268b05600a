//! What screens and popups return to the app (where to go, what to show, what to ask) and the context they
//! are given.

pub mod list_screen;
pub mod plan_commands;
pub mod table;

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::config::WritePolicy;
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::{CounterEntry, CounterRef};
use crate::domain::change::record_change::{ChangeNumber, RecordChange};
use crate::domain::change::record_changes::RecordEntry;
use crate::domain::file_grid::FileGrid;
use crate::domain::file_table::FileContent;
use crate::domain::id::RecordId;
use crate::domain::id::{PlanId, ScorecardId, TrainingProgramId, VendorCode};
use crate::domain::import::file_rows::ImportTarget;
use crate::domain::plan::counter::Level;
use crate::domain::plan::table_ref::TableRef;
use crate::domain::record::Record;
use crate::domain::record::recalculation::BusyChoice;
use crate::domain::refusal::Refusal;
use crate::domain::text::{label_from_api_name, pluralize};
use crate::effect::{Effects, Owner, Restart, ScreenId};
use crate::input::command::Command;
use crate::input::key::Key;
use crate::input::keymap::Keymap;
use crate::theme::Theme;
use crate::workspace::plan_draft::PlanDraft;
use crate::workspace::plan_file::PlanFileChanges;
use crate::workspace::{ComparedPlan, ConfirmedChanges};

/// A screen to open.
#[derive(Debug, Clone, PartialEq)]
pub enum Destination {
    /// The welcome screen, shown when nothing is configured.
    Welcome,
    /// The list of plans.
    Plans,
    /// The overview of all plans.
    Overview,
    /// A plan's grid, with the cursor on a cell if one is given.
    Plan(PlanId, Option<CounterRef>),
    /// The list of scorecards.
    Scorecards,
    /// The training programs of a scorecard.
    TrainingPrograms(ScorecardId),
    /// The spend of a scorecard's training.
    Spend(ScorecardId),
    /// The participants of a training program.
    Participants(ScorecardId, TrainingProgramId),
    /// Participants that are staged to be created.
    StagedParticipants(Collection),
    /// Participants of a scorecard that are staged to be created, grouped by what is wrong with them.
    StagedGroups(ScorecardId),
    /// Suppliers that were looked up.
    Suppliers,
    /// The scores of a supplier.
    Scores(VendorCode),
    /// The list of staged changes.
    Staged,
    /// The requests of this session.
    Log,
    /// A form.
    Form(Box<FormPurpose>),
}

/// The purpose of a form.
#[derive(Debug, Clone, PartialEq)]
pub enum FormPurpose {
    /// Create a new record.
    Add(Collection),
    /// Edit an existing record.
    Edit(Collection, RecordId),
    /// Edit a staged change.
    EditStaged(ChangeNumber),
    /// Give one field, by its API name, of several staged participants a new value.
    MendStaged(&'static str, Vec<ChangeNumber>),
    /// Look up a supplier by its vendor code.
    LookUpSupplier,
    /// Ask which file to import participants from.
    ImportFile(ImportTarget),
    /// Ask what a file of people leaves open, and which field each of its columns fills.
    ImportAnswers(ImportTarget, PathBuf, Arc<Vec<FileGrid>>),
    /// Ask which file to write for a collection: a template, its list or its rejected rows.
    ExportFile(Collection, FileContent),
    /// Ask which file to import into a plan. A sheet that names no year is taken for the table of this kind
    /// in the year with this index.
    ImportPlan(TableRef),
    /// Ask which file to export a plan to; the year index and table are the ones on screen.
    ExportPlan(TableRef),
    /// Ask which file to write the staged counters to.
    ExportChanges,
    /// Ask which file to write the spend of a scorecard to.
    ExportSpend(ScorecardId),
    /// Ask what a draft of a plan is made from.
    Draft(PlanId),
}

/// How serious a notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Something succeeded.
    Success,
    /// Information only.
    Info,
    /// Something needs attention.
    Warning,
    /// Something failed.
    Error,
}

/// A sentence shown in the status line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How serious it is.
    pub severity: Severity,
    /// The sentence.
    pub text: String,
}

impl Notice {
    /// A notice of that severity.
    pub fn new(tone: Severity, text: impl Into<String>) -> Self {
        Self { severity: tone, text: text.into() }
    }

    /// Reports that something was staged and names the key that opens the review.
    pub fn staged(words: &str, cx: &Context) -> Self {
        Self::new(Severity::Success, format!("{words} · {} reviews", cx.keymap.hint(Command::Review)))
    }
}

/// A question that must be confirmed before the action is taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Apply exactly these changes.
    Apply(ConfirmedChanges),
    /// Start a recalculation of a scorecard.
    Recalculate(ScorecardId),
    /// Stage the changes a file makes to a plan.
    TakeFile(PlanId, Box<PlanFileChanges>),
    /// Leave a form and lose what was typed into it.
    LeaveForm,
    /// Stage a second training program, because one of the six fields that identify a program was changed.
    SecondProgram(Option<ChangeNumber>, Box<RecordChange>),
}

/// A choice to offer to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChoiceRequest {
    /// Which cell of a plan to go to; the cells of this year index and table are listed first.
    Cell(TableRef),
    /// Which sector's targets a plan is compared with.
    Sector(PlanId),
    /// Which region's EAP plans are compared with.
    Region,
    /// Which finding of a plan to go to.
    Finding(PlanId),
    /// Which plan a plan is compared with.
    ComparedPlan(PlanId),
}

/// What the user chose, when it is not a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChoiceMade {
    /// The sector whose targets the plan is compared with.
    Sector(PlanId, String),
    /// The region of the EAP, by its index in the benchmark table.
    Region(usize),
    /// The plan that this one is compared with.
    ComparedPlan(PlanId, ComparedPlan),
}

/// What a screen or a popup asks the app to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Nav {
    /// Nothing.
    Stay,
    /// Open a screen.
    Open(Destination),
    /// Go one step back.
    Back,
    /// Show a notice.
    Notify(Notice),
    /// Ask a question before acting.
    Ask(Question),
    /// The user answered yes to the question.
    Confirmed(Question),
    /// Run a command as if its key had been pressed.
    Run(Command),
    /// What to do about a recalculation that was started elsewhere; `None` to ignore it.
    DecideBusy(ScorecardId, Option<BusyChoice>),
    /// Restart, for example with another profile.
    Restart(Restart),
    /// Poll a watched recalculation now.
    PollRecalculation(ScorecardId),
    /// Show a titled popup with these lines.
    Show(String, Vec<DetailLine>),
    /// Offer a choice.
    Choose(ChoiceRequest),
    /// The user made this choice.
    Chosen(ChoiceMade),
    /// Show all years of a level in tables of this type, with the cursor on the year with this index.
    Years(TableRef, Level),
    /// Show the summary of a table's plan, with the cursor on its year and on this level.
    Summary(TableRef, Level),
    /// Close the current screen, show the notice, and take the next step.
    Finished(Notice, NextStep),
}

/// A line of a details popup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DetailLine {
    /// A heading for the lines below it.
    Title(String),
    /// A label, which may be empty, and a text.
    Field(String, String),
}

impl DetailLine {
    /// A line with a label and a text.
    pub fn field(label: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Field(label.into(), text.into())
    }
}

/// What happens after a screen has finished.
#[derive(Debug, Clone, PartialEq)]
pub enum NextStep {
    /// Nothing.
    Stay,
    /// Open another screen.
    Open(Destination),
    /// Run a command.
    Run(Command),
    /// Preview a draft of a plan over its grid.
    PreviewDraft(Box<PlanDraft>),
}

impl Nav {
    /// Shows all fields of a record in a popup.
    pub fn details(record: &Record) -> Self {
        let lines =
            record.entries().map(|(field, value)| DetailLine::Field(field.label(), value.to_string()));
        Self::Show(label_from_api_name(record.schema().name), lines.collect())
    }

    /// Journals what was staged of records and says so. Fails when it could not be staged.
    pub fn records_staged(
        done: Result<Vec<RecordEntry>, Refusal>,
        words: &str,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Self, Refusal> {
        fx.journal_records(done?);
        Ok(Self::Notify(Notice::staged(words, cx)))
    }

    /// Journals what an edit of counters did. Fails when it could not be done.
    pub fn counters_edited(
        done: Result<Vec<CounterEntry>, Refusal>,
        fx: &mut Effects,
    ) -> Result<Self, Refusal> {
        fx.journal_counters(done?);
        Ok(Self::Stay)
    }
}

/// The refusal for a key that is bound to nothing here.
pub fn unbound_key(key: Key) -> Refusal {
    Refusal::from(format!("{key} does nothing here"))
}

/// The refusal for text pasted where none can be typed.
pub fn paste_refused(text: &str) -> Refusal {
    let lines = match text.split(['\r', '\n']).filter(|line| !line.is_empty()).count() {
        0 | 1 => "a text".to_owned(),
        lines => pluralize(lines, "line"),
    };
    Refusal::from(format!("{lines} pasted where no text is typed: nothing was done with it"))
}

/// What a screen is given besides the workspace.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The time of this update.
    pub now: Timestamp,
    /// The keymap, for hints.
    pub keymap: &'a Keymap,
    /// The styles to draw with.
    pub theme: &'a Theme,
    /// Whether and how the profile may write.
    pub guard: WritePolicy,
    /// The area the screen is drawn in.
    pub area: Rect,
    /// The current screen, or the one being opened.
    pub screen: Option<ScreenId>,
}

impl Context<'_> {
    /// The receiver of replies to requests made by the current screen or a popup over it.
    pub fn owner(&self) -> Owner {
        self.screen.map_or(Owner::Background, Owner::Screen)
    }
}
