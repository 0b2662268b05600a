//! What a screen says to the app: where to go, what to say, what to ask; and what it is told of the world.

pub mod list_screen;
pub mod table;

use std::path::PathBuf;

use jiff::Timestamp;
use ratatui::layout::Rect;

use crate::config::WritePolicy;
use crate::domain::change::collection::{Collection, RecordId};
use crate::domain::change::counter_change::{CounterEntry, CounterRef};
use crate::domain::change::record_change::{ChangeNumber, RecordChange};
use crate::domain::change::record_changes::RecordEntry;
use crate::domain::file_table::{FileContent, FileTable};
use crate::domain::id::{PlanId, ScorecardId, TrainingProgramId, VendorCode};
use crate::domain::plan::counter::Level;
use crate::domain::plan::target::TargetType;
use crate::domain::record::Record;
use crate::domain::record::recalculation::BusyChoice;
use crate::domain::text::label_from_api_name;
use crate::domain::text::pluralize;
use crate::effect::{Effects, Restart};
use crate::input::command::Command;
use crate::input::key::Key;
use crate::input::keymap::Keymap;
use crate::theme::Theme;
use crate::workspace::ConfirmedChanges;
use crate::workspace::plan_file::PlanFileChanges;

/// Where one can go.
#[derive(Debug, Clone, PartialEq)]
pub enum Destination {
    /// Nothing is configured.
    Welcome,
    /// The list of plans.
    Plans,
    /// A plan's grid, at a cell if one is meant.
    Plan(PlanId, Option<CounterRef>),
    /// The list of scorecards.
    Scorecards,
    /// The training programs of a scorecard.
    TrainingPrograms(ScorecardId),
    /// The participants of a training program.
    Participants(ScorecardId, TrainingProgramId),
    /// Participants that are staged to be created.
    StagedParticipants(Collection),
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

/// What a form is for.
#[derive(Debug, Clone, PartialEq)]
pub enum FormPurpose {
    /// A new record.
    Add(Collection),
    /// Other values for a record.
    Edit(Collection, RecordId),
    /// Other values for what is staged.
    EditStaged(ChangeNumber),
    /// The vendor code of a supplier.
    LookUpSupplier,
    /// Which file participants are imported from.
    ImportFile(Collection),
    /// Which field each column of a file fills.
    Columns(Collection, PathBuf, FileTable),
    /// Which file something of a collection is written to.
    ExportFile(Collection, FileContent),
    /// Which file comes back into a plan; a sheet that names no year is taken for this year's table.
    ImportPlan(PlanId, usize, TargetType),
    /// Which file a plan is written to, the year and table shown being these.
    ExportPlan(PlanId, usize, TargetType),
    /// Which file the staged counters are written to.
    ExportChanges,
}

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It went well.
    Success,
    /// It is so.
    Info,
    /// It needs a look.
    Warning,
    /// It went wrong.
    Error,
}

/// A sentence for the status line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub severity: Severity,
    /// What is said.
    pub text: String,
}

impl Notice {
    /// A notice of that tone.
    pub fn new(tone: Severity, text: impl Into<String>) -> Self {
        Self { severity: tone, text: text.into() }
    }

    /// Something was staged, and how to go on.
    pub fn staged(words: &str, cx: &Context) -> Self {
        Self::new(Severity::Success, format!("{words} · {} reviews", cx.keymap.hint(Command::Review)))
    }
}

/// What is asked before it is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// Send these numbers, and nothing else.
    Apply(ConfirmedChanges),
    /// Start a recalculation of a scorecard.
    Recalculate(ScorecardId),
    /// Stage what a file would change in a plan.
    TakeFile(PlanId, Box<PlanFileChanges>),
    /// Leave a form, and lose what was typed into it.
    LeaveForm,
    /// Stage a second training program, since one of the six fields it is known by was changed.
    SecondProgram(Option<ChangeNumber>, Box<RecordChange>),
}

/// A choice to be put to the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChoiceRequest {
    /// A cell of a plan to go to, those of this year and table first.
    Cell(PlanId, usize, TargetType),
    /// The sector a plan is held against.
    Sector(PlanId),
    /// The region of the EAP.
    Region,
    /// Something in a plan that deserves a look.
    Finding(PlanId),
}

/// What was chosen, where it is no place to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChoiceMade {
    /// The sector a plan is held against.
    Sector(PlanId, String),
    /// The region of the EAP, by its place in the table.
    Region(usize),
}

/// What a screen or an overlay says to the app.
#[derive(Debug, Clone, PartialEq)]
pub enum Nav {
    /// Nothing.
    Stay,
    /// Drill in.
    Open(Destination),
    /// One step back.
    Back,
    /// Say something.
    Notify(Notice),
    /// Ask first.
    Ask(Question),
    /// It was asked, and the answer was yes.
    Confirmed(Question),
    /// Do as if the command's key had been pressed.
    Run(Command),
    /// What to do about a recalculation that was started elsewhere; `None` to forget it.
    DecideBusy(ScorecardId, Option<BusyChoice>),
    /// Begin anew.
    Restart(Restart),
    /// Look now at a recalculation under watch.
    PollRecalculation(ScorecardId),
    /// Show lines under a title, each with a label.
    Show(String, Vec<DetailLine>),
    /// Put a choice.
    Choose(ChoiceRequest),
    /// This was chosen.
    Chosen(ChoiceMade),
    /// Show all years of a level in the tables of one kind, the cursor at a year.
    Years(PlanId, TargetType, Level, usize),
    /// The screen on top has done its work: close it, say so, and go on.
    Finished(Notice, NextStep),
}

/// A line to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DetailLine {
    /// What the lines below it are about.
    Title(String),
    /// A label, which may be empty, and a text.
    Field(String, String),
}

impl DetailLine {
    /// A label and a text.
    pub fn field(label: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Field(label.into(), text.into())
    }
}

/// What follows when a screen has done its work.
#[derive(Debug, Clone, PartialEq)]
pub enum NextStep {
    /// Nothing.
    Stay,
    /// Another place.
    Open(Destination),
    /// A command.
    Run(Command),
}

impl Nav {
    /// Why a command cannot act now.
    pub fn refuse(why: impl Into<String>) -> Self {
        Self::Notify(Notice::new(Severity::Warning, why))
    }

    /// A key that means nothing here.
    pub fn unbound_key(key: Key) -> Self {
        Self::refuse(format!("{key} does nothing here"))
    }

    /// Text was pasted where none is typed.
    pub fn paste_refused(text: &str) -> Self {
        let lines = match text.split(['\r', '\n']).filter(|line| !line.is_empty()).count() {
            0 | 1 => "a text".to_owned(),
            lines => pluralize(lines, "line"),
        };
        Self::refuse(format!("{lines} pasted where no text is typed: nothing was done with it"))
    }

    /// Shows all fields of a record.
    pub fn details(record: &Record) -> Self {
        let lines =
            record.entries().map(|(field, value)| DetailLine::Field(field.label(), value.to_string()));
        Self::Show(label_from_api_name(record.schema().name), lines.collect())
    }

    /// Journals what was staged of records and says it, or says why it could not be staged.
    pub fn records_staged(
        done: Result<Vec<RecordEntry>, &'static str>,
        words: &str,
        cx: &Context,
        fx: &mut Effects,
    ) -> Self {
        match done {
            Ok(entries) => {
                fx.journal_records(entries);
                Self::Notify(Notice::staged(words, cx))
            }
            Err(why) => Self::refuse(why),
        }
    }

    /// Journals what an edit did, or says why it could not be done.
    pub fn counters_edited(done: Result<Vec<CounterEntry>, &'static str>, fx: &mut Effects) -> Self {
        match done {
            Ok(entries) => {
                fx.journal_counters(entries);
                Self::Stay
            }
            Err(why) => Self::refuse(why),
        }
    }
}

/// What a screen is told besides the desk.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The time of this step.
    pub now: Timestamp,
    /// The keys, for hints.
    pub keymap: &'a Keymap,
    /// The styles.
    pub theme: &'a Theme,
    /// What the profile may do.
    pub guard: WritePolicy,
    /// Where the screen is drawn.
    pub area: Rect,
}
