//! The shell verbs as a table: one row for each of the 20 endpoints, and one more to show a single target.

use crate::api::participants::{self, Action};
use crate::api::request::PageQuery;
use crate::api::{Call, plans, scorecards, supplier_scores, training_programs};
use crate::cli::error::CliError;
use crate::domain::change::counter_change::{TargetPatch, TargetRef};
use crate::domain::plan::counter::Counter;
use crate::domain::plan::target::{Count, MAX_COUNT};
use crate::domain::plan::{self, PLAN};
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::scorecard::SCORECARD;
use crate::domain::record::supplier_score::SUPPLIER_SCORE;
use crate::domain::record::training_program::TRAINING_PROGRAM;
use crate::domain::record::{RecordDraft, Requirement, Schema, SchemaField};

/// What a verb sends besides its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VerbBody {
    /// Nothing.
    None,
    /// The fields of one record, as options: all that can be sent.
    Fields,
    /// Only these fields, as options.
    Only(&'static [&'static str]),
    /// Counters, as `KEY=VALUE`.
    Counters,
}

/// What the response to a verb holds, which decides how it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VerbOutput {
    /// A list that comes in one response.
    List(&'static Schema),
    /// A list in pages.
    PagedList(&'static Schema),
    /// One record.
    Record(&'static Schema),
    /// A target; for a read, a part of its plan.
    Target,
    /// Nothing to print: the status is all.
    Nothing,
}

/// A verb, which is a row of the table.
#[derive(Debug)]
pub(super) struct Verb {
    /// The first word of the command.
    pub resource: &'static str,
    /// The second word of the command.
    pub name: &'static str,
    /// What the verb does, in one line for the help.
    pub about: &'static str,
    /// The names of the ids that it takes, in order.
    pub ids: &'static [&'static str],
    /// What it sends besides its path.
    pub body: VerbBody,
    /// What its response holds.
    pub output: VerbOutput,
    /// Builds its call. Fails when an id is malformed.
    pub call: fn(&VerbArguments) -> Result<Call, CliError>,
}

/// The parsed arguments of a verb.
#[derive(Debug)]
pub(super) struct VerbArguments {
    pub ids: Vec<String>,
    /// The records to send.
    pub drafts: Vec<RecordDraft>,
    pub counters: TargetPatch,
    pub page: PageQuery,
}

impl VerbArguments {
    fn id<T: std::str::FromStr<Err = crate::domain::id::IdError>>(&self, at: usize) -> Result<T, CliError> {
        let text = self.ids.get(at).map_or("", String::as_str);
        text.parse().map_err(|why| format!("`{text}`: {why}").into())
    }

    /// The one record of a verb that sends one.
    fn draft(&self) -> RecordDraft {
        self.drafts.first().cloned().unwrap_or_default()
    }

    fn place(&self) -> Result<TargetRef, CliError> {
        Ok(TargetRef { plan: self.id(0)?, milestone: self.id(1)?, target: self.id(2)? })
    }

    fn participants(&self, ask: Action) -> Result<Call, CliError> {
        Ok(Call::Participants(participants::Call {
            scorecard: self.id(0)?,
            program: self.id(1)?,
            action: ask,
        }))
    }
}

/// The resources, each with its line in the help.
pub(super) const RESOURCES: [(&str, &str); 6] = [
    ("plans", "Employment Equity plans"),
    ("targets", "The target counters of a plan"),
    ("scorecards", "B-BBEE scorecards"),
    ("training-programs", "Training programs of a scorecard"),
    ("participants", "Participants of a training program"),
    ("suppliers", "Scores of suppliers"),
];

/// Every verb.
pub(super) static VERBS: &[Verb] = &[
    Verb {
        resource: "plans",
        name: "list",
        about: "List all plans, without milestones",
        ids: &[],
        body: VerbBody::None,
        output: VerbOutput::List(&PLAN),
        call: |_| Ok(Call::Plans(plans::Call::List)),
    },
    Verb {
        resource: "plans",
        name: "get",
        about: "Show a plan with its milestones and targets",
        ids: &["PLAN"],
        body: VerbBody::None,
        output: VerbOutput::Record(&PLAN),
        call: |g| Ok(Call::Plans(plans::Call::Read(g.id(0)?))),
    },
    Verb {
        resource: "plans",
        name: "create",
        about: "Create a plan; with a scorecard its targets are pre-filled",
        ids: &[],
        body: VerbBody::Fields,
        output: VerbOutput::Record(&PLAN),
        call: |g| Ok(Call::Plans(plans::Call::Create(g.draft()))),
    },
    Verb {
        resource: "plans",
        name: "update",
        about: "Change a plan's name, scorecard or sector; rebinding a scorecard pre-fills nothing",
        ids: &["PLAN"],
        body: VerbBody::Only(&plan::EDITABLE_FIELDS),
        output: VerbOutput::Record(&PLAN),
        call: |g| Ok(Call::Plans(plans::Call::Update(g.id(0)?, g.draft()))),
    },
    Verb {
        resource: "plans",
        name: "delete",
        about: "Delete a plan with its milestones and targets",
        ids: &["PLAN"],
        body: VerbBody::None,
        output: VerbOutput::Nothing,
        call: |g| Ok(Call::Plans(plans::Call::Delete(g.id(0)?))),
    },
    Verb {
        resource: "targets",
        name: "get",
        about: "Show the counters of one target",
        ids: &["PLAN", "MILESTONE", "TARGET"],
        body: VerbBody::None,
        output: VerbOutput::Target,
        call: |g| g.place().map(|place| Call::Plans(plans::Call::Read(place.plan))),
    },
    Verb {
        resource: "targets",
        name: "set",
        about: "Set counters of one target; all others are left as they are",
        ids: &["PLAN", "MILESTONE", "TARGET"],
        body: VerbBody::Counters,
        output: VerbOutput::Target,
        call: |g| Ok(Call::Plans(plans::Call::UpdateTarget(g.place()?, g.counters.clone()))),
    },
    Verb {
        resource: "scorecards",
        name: "list",
        about: "List all scorecards",
        ids: &[],
        body: VerbBody::None,
        output: VerbOutput::List(&SCORECARD),
        call: |_| Ok(Call::Scorecards(scorecards::Call::List)),
    },
    Verb {
        resource: "scorecards",
        name: "get",
        about: "Show a scorecard",
        ids: &["SCORECARD"],
        body: VerbBody::None,
        output: VerbOutput::Record(&SCORECARD),
        call: |g| Ok(Call::Scorecards(scorecards::Call::Read(g.id(0)?))),
    },
    Verb {
        resource: "scorecards",
        name: "create",
        about: "Create a scorecard",
        ids: &[],
        body: VerbBody::Fields,
        output: VerbOutput::Record(&SCORECARD),
        call: |g| Ok(Call::Scorecards(scorecards::Call::Create(g.draft()))),
    },
    Verb {
        resource: "scorecards",
        name: "update",
        about: "Change a scorecard; only the fields given are sent",
        ids: &["SCORECARD"],
        body: VerbBody::Fields,
        output: VerbOutput::Record(&SCORECARD),
        call: |g| Ok(Call::Scorecards(scorecards::Call::Update(g.id(0)?, g.draft()))),
    },
    Verb {
        resource: "scorecards",
        name: "delete",
        about: "Delete a scorecard",
        ids: &["SCORECARD"],
        body: VerbBody::None,
        output: VerbOutput::Nothing,
        call: |g| Ok(Call::Scorecards(scorecards::Call::Delete(g.id(0)?))),
    },
    Verb {
        resource: "scorecards",
        name: "recalculate",
        about: "Start a recalculation; exit code 6 when one runs already",
        ids: &["SCORECARD"],
        body: VerbBody::None,
        output: VerbOutput::Nothing,
        call: |g| Ok(Call::Scorecards(scorecards::Call::Recalculate(g.id(0)?))),
    },
    Verb {
        resource: "training-programs",
        name: "list",
        about: "List the training programs of a scorecard",
        ids: &["SCORECARD"],
        body: VerbBody::None,
        output: VerbOutput::PagedList(&TRAINING_PROGRAM),
        call: |g| Ok(Call::TrainingPrograms(training_programs::Call::List(g.id(0)?, g.page))),
    },
    Verb {
        resource: "training-programs",
        name: "upsert",
        about: "Create a program, or update the one with the same name, category, abet, mandatory, provider and \
                municipality",
        ids: &["SCORECARD"],
        body: VerbBody::Fields,
        output: VerbOutput::List(&TRAINING_PROGRAM),
        call: |g| Ok(Call::TrainingPrograms(training_programs::Call::Upsert(g.id(0)?, g.drafts.clone()))),
    },
    Verb {
        resource: "training-programs",
        name: "delete",
        about: "Delete a training program; done too when it was not there",
        ids: &["SCORECARD", "PROGRAM"],
        body: VerbBody::None,
        output: VerbOutput::Nothing,
        call: |g| Ok(Call::TrainingPrograms(training_programs::Call::Delete(g.id(0)?, g.id(1)?))),
    },
    Verb {
        resource: "participants",
        name: "list",
        about: "List the participants of a training program",
        ids: &["SCORECARD", "PROGRAM"],
        body: VerbBody::None,
        output: VerbOutput::PagedList(&PARTICIPANT),
        call: |g| g.participants(Action::List(g.page)),
    },
    Verb {
        resource: "participants",
        name: "create",
        about: "Create a participant, or many from JSON; sent twice, they are there twice",
        ids: &["SCORECARD", "PROGRAM"],
        body: VerbBody::Fields,
        output: VerbOutput::List(&PARTICIPANT),
        call: |g| g.participants(Action::Create(g.drafts.clone())),
    },
    Verb {
        resource: "participants",
        name: "delete",
        about: "Delete a participant",
        ids: &["SCORECARD", "PROGRAM", "PARTICIPANT"],
        body: VerbBody::None,
        output: VerbOutput::Nothing,
        call: |g| g.participants(Action::Delete(g.id(2)?)),
    },
    Verb {
        resource: "suppliers",
        name: "heartbeat",
        about: "Whether the Supplier Management System answers and accepts the key",
        ids: &["CODE"],
        body: VerbBody::None,
        output: VerbOutput::Nothing,
        call: |g| Ok(Call::SupplierScores(supplier_scores::Call::Heartbeat(g.id(0)?))),
    },
    Verb {
        resource: "suppliers",
        name: "scores",
        about: "List the scores of a supplier by its vendor code",
        ids: &["CODE"],
        body: VerbBody::None,
        output: VerbOutput::List(&SUPPLIER_SCORE),
        call: |g| Ok(Call::SupplierScores(supplier_scores::Call::Scores(g.id(0)?))),
    },
];

impl Verb {
    /// The schema of the records in its response, whose fields are also its options; `None` where there are
    /// none.
    pub(super) fn schema(&self) -> Option<&'static Schema> {
        match self.output {
            VerbOutput::List(schema) | VerbOutput::PagedList(schema) | VerbOutput::Record(schema) => {
                Some(schema)
            }
            VerbOutput::Target | VerbOutput::Nothing => None,
        }
    }

    /// The fields that can be sent on creation, but not by this verb.
    pub(super) fn create_only_fields(&self) -> impl Iterator<Item = &'static SchemaField> {
        let body = self.body;
        let fields = self.schema().map_or(&[][..], |schema| schema.fields);
        fields.iter().filter(move |field| match body {
            VerbBody::Only(names) => field.is_sendable() && !names.contains(&field.name),
            _ => false,
        })
    }

    /// Whether it changes something on the server.
    pub(super) fn writes(&self) -> bool {
        self.body != VerbBody::None || matches!(self.name, "delete" | "recalculate")
    }

    /// The fields that are options of this verb.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static SchemaField> {
        let body = self.body;
        let fields = self.schema().map_or(&[][..], |schema| schema.fields);
        fields.iter().filter(move |field| match body {
            VerbBody::Fields => field.requirement != Requirement::ResponseOnly,
            VerbBody::Only(names) => names.contains(&field.name),
            VerbBody::None | VerbBody::Counters => false,
        })
    }
}

/// Parses `number_of_african_male_top_managers=3`; the prefix may be left out. Fails when it names no
/// counter, or when the count is no whole number from 0 to [`MAX_COUNT`].
pub(super) fn counter(text: &str) -> Result<(Counter, Count), CliError> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("`{text}`: write KEY=VALUE"))?;
    let key = if key.starts_with("number_of_") { key.to_owned() } else { format!("number_of_{key}") };
    let counter = Counter::parse(&key).ok_or_else(|| format!("`{key}` is no counter"))?;
    let value = value.parse::<Count>().ok().filter(|count| *count <= MAX_COUNT);
    value
        .map(|count| (counter, count))
        .ok_or_else(|| format!("`{text}`: a count is a whole number from 0 to {MAX_COUNT}").into())
}
