//! The shell verbs as a table: one row for each of the 20 endpoints, and one more to see a single target.

use crate::api::participants::{self, Ask};
use crate::api::request::PageWanted;
use crate::api::{Call, plans, scorecards, supplier_scores, training_programs};
use crate::domain::change::{Counters, TargetPlace};
use crate::domain::counter::Counter;
use crate::domain::participant::PARTICIPANT;
use crate::domain::plan::PLAN;
use crate::domain::record::{Draft, Field, Need, Schema};
use crate::domain::scorecard::SCORECARD;
use crate::domain::supplier_score::SUPPLIER_SCORE;
use crate::domain::target::{Count, MOST};
use crate::domain::training_program::TRAINING_PROGRAM;

/// What a verb sends besides its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// Nothing.
    None,
    /// One record's fields, as options: all that can be sent.
    Fields,
    /// Only these of them.
    Only(&'static [&'static str]),
    /// Counters, as `KEY=VALUE`.
    Counters,
}

/// What a verb brings back, which says how it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Brings {
    /// A list, whole in one answer.
    List(&'static Schema),
    /// A list in pages.
    Pages(&'static Schema),
    /// One record.
    One(&'static Schema),
    /// A target; of a whole plan when it was read.
    Target,
    /// Nothing but that it was done.
    Done,
}

/// A row of the table.
#[derive(Debug)]
pub(super) struct Verb {
    /// The resource: the first word.
    pub resource: &'static str,
    /// The verb: the second word.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// The ids it takes, in order.
    pub ids: &'static [&'static str],
    /// What it sends.
    pub body: Body,
    /// What it brings back.
    pub brings: Brings,
    /// Its call.
    pub call: fn(&Given) -> Result<Call, String>,
}

/// What was given on the command line.
#[derive(Debug)]
pub(super) struct Given {
    pub ids: Vec<String>,
    /// The records to be sent.
    pub drafts: Vec<Draft>,
    pub counters: Counters,
    pub page: PageWanted,
}

impl Given {
    fn id<T: std::str::FromStr<Err = crate::domain::id::IdError>>(&self, at: usize) -> Result<T, String> {
        let text = self.ids.get(at).map_or("", String::as_str);
        text.parse().map_err(|why| format!("`{text}`: {why}"))
    }

    /// The one record of a verb that sends one.
    fn draft(&self) -> Draft {
        self.drafts.first().cloned().unwrap_or_default()
    }

    fn place(&self) -> Result<TargetPlace, String> {
        Ok(TargetPlace { plan: self.id(0)?, milestone: self.id(1)?, target: self.id(2)? })
    }

    fn participants(&self, ask: Ask) -> Result<Call, String> {
        Ok(Call::Participants(participants::Call { scorecard: self.id(0)?, program: self.id(1)?, ask }))
    }
}

/// What stands before the verbs of a resource in the help.
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
        body: Body::None,
        brings: Brings::List(&PLAN),
        call: |_| Ok(Call::Plans(plans::Call::List)),
    },
    Verb {
        resource: "plans",
        name: "get",
        about: "Show a plan with its milestones and targets",
        ids: &["PLAN"],
        body: Body::None,
        brings: Brings::One(&PLAN),
        call: |g| Ok(Call::Plans(plans::Call::Read(g.id(0)?))),
    },
    Verb {
        resource: "plans",
        name: "create",
        about: "Create a plan; with a scorecard its targets are pre-filled",
        ids: &[],
        body: Body::Fields,
        brings: Brings::One(&PLAN),
        call: |g| Ok(Call::Plans(plans::Call::Create(g.draft()))),
    },
    Verb {
        resource: "plans",
        name: "update",
        about: "Change a plan's name, scorecard or sector; rebinding a scorecard pre-fills nothing",
        ids: &["PLAN"],
        body: Body::Only(&["name", "scorecard_id", "sector"]),
        brings: Brings::One(&PLAN),
        call: |g| Ok(Call::Plans(plans::Call::Update(g.id(0)?, g.draft()))),
    },
    Verb {
        resource: "plans",
        name: "delete",
        about: "Delete a plan with its milestones and targets",
        ids: &["PLAN"],
        body: Body::None,
        brings: Brings::Done,
        call: |g| Ok(Call::Plans(plans::Call::Delete(g.id(0)?))),
    },
    Verb {
        resource: "targets",
        name: "get",
        about: "Show the counters of one target",
        ids: &["PLAN", "MILESTONE", "TARGET"],
        body: Body::None,
        brings: Brings::Target,
        call: |g| g.place().map(|place| Call::Plans(plans::Call::Read(place.plan))),
    },
    Verb {
        resource: "targets",
        name: "set",
        about: "Set counters of one target; all others are left as they are",
        ids: &["PLAN", "MILESTONE", "TARGET"],
        body: Body::Counters,
        brings: Brings::Target,
        call: |g| Ok(Call::Plans(plans::Call::UpdateTarget(g.place()?, g.counters.clone()))),
    },
    Verb {
        resource: "scorecards",
        name: "list",
        about: "List all scorecards",
        ids: &[],
        body: Body::None,
        brings: Brings::List(&SCORECARD),
        call: |_| Ok(Call::Scorecards(scorecards::Call::List)),
    },
    Verb {
        resource: "scorecards",
        name: "get",
        about: "Show a scorecard",
        ids: &["SCORECARD"],
        body: Body::None,
        brings: Brings::One(&SCORECARD),
        call: |g| Ok(Call::Scorecards(scorecards::Call::Read(g.id(0)?))),
    },
    Verb {
        resource: "scorecards",
        name: "create",
        about: "Create a scorecard",
        ids: &[],
        body: Body::Fields,
        brings: Brings::One(&SCORECARD),
        call: |g| Ok(Call::Scorecards(scorecards::Call::Create(g.draft()))),
    },
    Verb {
        resource: "scorecards",
        name: "update",
        about: "Change a scorecard; only the fields given are sent",
        ids: &["SCORECARD"],
        body: Body::Fields,
        brings: Brings::One(&SCORECARD),
        call: |g| Ok(Call::Scorecards(scorecards::Call::Update(g.id(0)?, g.draft()))),
    },
    Verb {
        resource: "scorecards",
        name: "delete",
        about: "Delete a scorecard",
        ids: &["SCORECARD"],
        body: Body::None,
        brings: Brings::Done,
        call: |g| Ok(Call::Scorecards(scorecards::Call::Delete(g.id(0)?))),
    },
    Verb {
        resource: "scorecards",
        name: "recalculate",
        about: "Start a recalculation; exit code 6 when one runs already",
        ids: &["SCORECARD"],
        body: Body::None,
        brings: Brings::Done,
        call: |g| Ok(Call::Scorecards(scorecards::Call::Recalculate(g.id(0)?))),
    },
    Verb {
        resource: "training-programs",
        name: "list",
        about: "List the training programs of a scorecard",
        ids: &["SCORECARD"],
        body: Body::None,
        brings: Brings::Pages(&TRAINING_PROGRAM),
        call: |g| Ok(Call::TrainingPrograms(training_programs::Call::List(g.id(0)?, g.page))),
    },
    Verb {
        resource: "training-programs",
        name: "upsert",
        about: "Create a program, or update the one with the same name, category, abet, mandatory, provider and \
                municipality",
        ids: &["SCORECARD"],
        body: Body::Fields,
        brings: Brings::List(&TRAINING_PROGRAM),
        call: |g| Ok(Call::TrainingPrograms(training_programs::Call::Upsert(g.id(0)?, g.drafts.clone()))),
    },
    Verb {
        resource: "training-programs",
        name: "delete",
        about: "Delete a training program; done too when it was not there",
        ids: &["SCORECARD", "PROGRAM"],
        body: Body::None,
        brings: Brings::Done,
        call: |g| Ok(Call::TrainingPrograms(training_programs::Call::Delete(g.id(0)?, g.id(1)?))),
    },
    Verb {
        resource: "participants",
        name: "list",
        about: "List the participants of a training program",
        ids: &["SCORECARD", "PROGRAM"],
        body: Body::None,
        brings: Brings::Pages(&PARTICIPANT),
        call: |g| g.participants(Ask::List(g.page)),
    },
    Verb {
        resource: "participants",
        name: "create",
        about: "Create a participant, or many from JSON; sent twice, they are there twice",
        ids: &["SCORECARD", "PROGRAM"],
        body: Body::Fields,
        brings: Brings::List(&PARTICIPANT),
        call: |g| g.participants(Ask::Create(g.drafts.clone())),
    },
    Verb {
        resource: "participants",
        name: "delete",
        about: "Delete a participant",
        ids: &["SCORECARD", "PROGRAM", "PARTICIPANT"],
        body: Body::None,
        brings: Brings::Done,
        call: |g| g.participants(Ask::Delete(g.id(2)?)),
    },
    Verb {
        resource: "suppliers",
        name: "heartbeat",
        about: "Whether the Supplier Management System answers and lets the key in",
        ids: &["CODE"],
        body: Body::None,
        brings: Brings::Done,
        call: |g| Ok(Call::SupplierScores(supplier_scores::Call::Heartbeat(g.id(0)?))),
    },
    Verb {
        resource: "suppliers",
        name: "scores",
        about: "List the scores of a supplier by its vendor code",
        ids: &["CODE"],
        body: Body::None,
        brings: Brings::List(&SUPPLIER_SCORE),
        call: |g| Ok(Call::SupplierScores(supplier_scores::Call::Scores(g.id(0)?))),
    },
];

impl Verb {
    /// The table of fields its options come from.
    pub(super) fn schema(&self) -> Option<&'static Schema> {
        match self.brings {
            Brings::List(schema) | Brings::Pages(schema) | Brings::One(schema) => Some(schema),
            Brings::Target | Brings::Done => None,
        }
    }

    /// The fields that can be sent on creation, but not by this verb.
    pub(super) fn fixed_fields(&self) -> impl Iterator<Item = &'static Field> {
        let body = self.body;
        let fields = self.schema().map_or(&[][..], |schema| schema.fields);
        fields.iter().filter(move |field| match body {
            Body::Only(names) => field.is_sent() && !names.contains(&field.name),
            _ => false,
        })
    }

    /// Whether it changes something on the server.
    pub(super) fn writes(&self) -> bool {
        self.body != Body::None || matches!(self.name, "delete" | "recalculate")
    }

    /// The fields that are its options.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static Field> {
        let body = self.body;
        let fields = self.schema().map_or(&[][..], |schema| schema.fields);
        fields.iter().filter(move |field| match body {
            Body::Fields => field.need != Need::ResponseOnly,
            Body::Only(names) => names.contains(&field.name),
            Body::None | Body::Counters => false,
        })
    }
}

/// Reads `number_of_african_male_top_managers=3`; the prefix may be left out.
pub(super) fn counter(text: &str) -> Result<(Counter, Count), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("`{text}`: write KEY=VALUE"))?;
    let key = if key.starts_with("number_of_") { key.to_owned() } else { format!("number_of_{key}") };
    let counter = Counter::parse(&key).ok_or_else(|| format!("`{key}` is no counter"))?;
    let value = value.parse::<Count>().ok().filter(|count| *count <= MOST);
    value
        .map(|count| (counter, count))
        .ok_or_else(|| format!("`{text}`: a count is a whole number from 0 to {MOST}"))
}
