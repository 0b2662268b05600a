//! The form that asks what a draft of a plan is made from.

use jiff::civil::Date;
use strum::VariantArray;

use crate::api::{Call, plans};
use crate::domain::benchmark::Eap;
use crate::domain::date::today;
use crate::domain::draft::plan_draft::{DraftRequest, ProfileSource, default_profile};
use crate::domain::draft::rate::AnnualRate;
use crate::domain::draft::{LevelAssumption, Meet};
use crate::domain::id::PlanId;
use crate::domain::plan::counter::Level;
use crate::domain::refusal::Refusal;
use crate::domain::text::Text;
use crate::effect::{Effect, Effects, JournalOp};
use crate::kit::form::{FieldInput, Form, FormChoice, FormField};
use crate::nav::{Context, Nav, NextStep, Notice, Severity};
use crate::workspace::{PLAN_UNREAD, Workspace};

/// The form's plan.
#[derive(Debug)]
pub(super) struct DraftForm {
    plan: PlanId,
}

/// The places of the fields in the form; the six levels stand between the first and the others.
const FROM: usize = 0;
const FIRST_LEVEL: usize = 1;
const MEET: usize = 7;
const REGION: usize = 8;
const BY: usize = 9;

impl DraftForm {
    /// The form for a plan, filled in as last time or with the first values. Fails when the plan has not been read or has no
    /// years.
    pub(super) fn open(plan: PlanId, workspace: &Workspace, cx: &Context) -> Result<(Self, Form), Refusal> {
        let form = Self { plan };
        let request = match workspace.draft_requests.get(&plan) {
            Some(request) => request.clone(),
            None => form.first_request(workspace, today(cx.now))?,
        };
        let fields = form.fields(&request, workspace)?;
        Ok((form, Form::new(fields)))
    }

    fn first_request(&self, workspace: &Workspace, today: Date) -> Result<DraftRequest, Refusal> {
        let plan = workspace.plan(self.plan).ok_or(PLAN_UNREAD)?;
        let chosen = workspace.eap().ok_or("there is no EAP to draft with")?;
        let newest = workspace
            .benchmarks
            .eap_of(&chosen.region, None)
            .and_then(|at| workspace.benchmarks.eaps().get(at));
        let eap = newest.unwrap_or(chosen);
        Ok(DraftRequest {
            plan: self.plan,
            from: default_profile(plan, today).ok_or("the plan has no years")?,
            by: None,
            assumptions: [LevelAssumption::default(); 6],
            meet: Meet::Both,
            region: eap.region.clone(),
            vintage: eap.vintage.clone(),
        })
    }

    fn fields(&self, request: &DraftRequest, workspace: &Workspace) -> Result<Vec<FormField>, Refusal> {
        let plan = workspace.plan(self.plan).ok_or(PLAN_UNREAD)?;
        let choice = |value: String, label: String| FormChoice { value, label };
        let one_of = |label: &str, about: &str, choices: Vec<FormChoice>, value: &str| {
            FormField::new(label.into(), about.into(), FieldInput::OneOf(choices), value)
        };
        let mut fields = vec![one_of(
            "Profile from",
            "The year that the first drafted one follows: of this plan, or of another, such as one prefilled from today's \
             workforce. It and the years before it stay as they are.",
            profiles(plan.id, workspace),
            &request.from.to_string(),
        )];
        for level in Level::VARIANTS.iter().copied() {
            let LevelAssumption { growth, turnover } = request.assumptions[level as usize];
            let about = "Growth and turnover a year in per cent, such as 2 / 10: by how much the level grows, and how many of \
                         each group leave and can be replaced.";
            let text = format!("{growth} / {turnover}");
            fields.push(FormField::new(level.label().into(), about.into(), FieldInput::Line, &text));
        }
        let meets = Meet::VARIANTS.iter().map(|meet| choice(meet.to_string(), meet_label(*meet).into()));
        fields.push(one_of(
            "To be met",
            "The sector's targets with the split by EAP, the sector's targets with the fewest changes, or the EAP alone.",
            meets.collect(),
            request.meet.into(),
        ));
        let chosen = workspace.benchmarks.eap_of(&request.region, Some(&request.vintage));
        let region = |(at, eap): (usize, &Eap)| {
            let (region, vintage) = (Text::from(eap.region.as_str()), Text::from(eap.vintage.as_str()));
            choice(at.to_string(), format!("{region} · {vintage}"))
        };
        fields.push(one_of(
            "EAP",
            "The region and the survey. Every figure rests on one transcription and is not verified.",
            workspace.benchmarks.eaps().iter().enumerate().map(region).collect(),
            &chosen.map(|at| at.to_string()).unwrap_or_default(),
        ));
        let years: Vec<u32> = plan.milestones.iter().map(|milestone| milestone.year).collect();
        let by = request.by.or(years.last().copied()).unwrap_or(0);
        fields.push(one_of(
            "Met in",
            "The year in which the targets are to be met; the years after it stay as they are.",
            years.iter().map(|year| choice(year.to_string(), format!("Year {year}"))).collect(),
            &by.to_string(),
        ));
        Ok(fields)
    }

    /// The text above the fields.
    pub(super) fn intro_text() -> String {
        "Works out the years so that the targets are met in the last of them. Growth / turnover are per cent a year. It is \
         shown over the grid before anything is staged; the method is docs/drafting.md."
            .into()
    }

    /// Reads the plan that the profile is to come from, if that has not been done yet.
    pub(super) fn read_profile(form: &Form, workspace: &Workspace, cx: &Context, fx: &mut Effects) {
        let other = form.fields().get(FROM).and_then(|field| field.value().parse::<ProfileSource>().ok());
        if let Some(plan) =
            other.and_then(ProfileSource::other_plan).filter(|plan| workspace.plan(*plan).is_none())
        {
            fx.call(cx.owner(), Call::Plans(plans::Call::Read(plan)));
        }
    }

    /// Makes the draft and shows it over the grid. Fails where a field cannot be read, or where nothing can be drafted.
    pub(super) fn submit(
        &self,
        form: &mut Form,
        workspace: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Result<Nav, Refusal> {
        let value = |at: usize| form.fields().get(at).map_or("", |field| field.value().trim());
        let not_chosen = |what: &str| Refusal::from(format!("{what}: choose one of the list"));
        let from = value(FROM).parse::<ProfileSource>().map_err(|_| not_chosen("Profile from"))?;
        let meet = value(MEET).parse().map_err(|_| not_chosen("To be met"))?;
        let region: Option<usize> = value(REGION).parse().ok();
        let eap =
            region.and_then(|at| workspace.benchmarks.eaps().get(at)).ok_or_else(|| not_chosen("EAP"))?;
        let (region, vintage) = (eap.region.clone(), eap.vintage.clone());
        let by = value(BY).parse().map_err(|_| not_chosen("Met in"))?;
        let mut assumptions = [LevelAssumption::default(); 6];
        for level in Level::VARIANTS.iter().copied() {
            let at = FIRST_LEVEL + level as usize;
            match parse_assumption(value(at)) {
                Ok(assumption) => assumptions[level as usize] = assumption,
                Err(why) => {
                    form.go(at);
                    return Err(format!("{}: {why}", level.label()).into());
                }
            }
        }
        let request =
            DraftRequest { plan: self.plan, from, by: Some(by), assumptions, meet, region, vintage };
        let draft = workspace.draft_plan(&request, today(cx.now))?;
        fx.push(Effect::Journal(JournalOp::DraftRequest(request.clone())));
        workspace.draft_requests.insert(self.plan, request);
        if draft.counters.is_empty() {
            return Err("the plan has these numbers already: nothing would change".into());
        }
        let (last, unreached) = &draft.unreached;
        let notice = match unreached.len() {
            0 => Notice::new(Severity::Info, format!("every target is met in Year {last}")),
            1 => Notice::new(Severity::Warning, format!("one target is not reached in Year {last}")),
            some => Notice::new(Severity::Warning, format!("{some} targets are not reached in Year {last}")),
        };
        Ok(Nav::Finished(notice, NextStep::PreviewDraft(Box::new(draft))))
    }
}

/// The years that a profile can come from: those of the plan itself, of other plans that were read, and the first year of
/// those that were not.
fn profiles(plan: PlanId, workspace: &Workspace) -> Vec<FormChoice> {
    let choice = |from: ProfileSource, label: String| FormChoice { value: from.to_string(), label };
    let own = workspace.plan(plan).into_iter().flat_map(|plan| &plan.milestones);
    let mut choices: Vec<FormChoice> = own
        .map(|milestone| {
            choice(ProfileSource::OwnYear(milestone.year), format!("Year {} of this plan", milestone.year))
        })
        .collect();
    let listed =
        workspace.plan_list.iter().flat_map(|list| &list.value.rows).filter(|other| other.id != plan);
    for other in listed {
        let years = match workspace.plan(other.id) {
            Some(read) => read.milestones.iter().map(|milestone| milestone.year).collect(),
            None => vec![1],
        };
        let of_year = |year| {
            choice(ProfileSource::OtherPlan(other.id, year), format!("{} · Year {year}", other.name()))
        };
        choices.extend(years.into_iter().map(of_year));
    }
    choices
}

fn meet_label(meet: Meet) -> &'static str {
    match meet {
        Meet::Both => "sector targets, split by EAP",
        Meet::Sector => "sector targets, fewest changes",
        Meet::Eap => "EAP",
    }
}

/// `2 / 10`: growth and turnover.
fn parse_assumption(text: &str) -> Result<LevelAssumption, Refusal> {
    let (growth, turnover) =
        text.split_once('/').ok_or("growth and turnover a year in per cent are written 2 / 10")?;
    let rate = |text: &str| text.parse::<AnnualRate>();
    let growth =
        rate(growth).and_then(AnnualRate::as_growth).map_err(|why| Refusal::from(why.to_string()))?;
    let turnover =
        rate(turnover).and_then(AnnualRate::as_turnover).map_err(|why| Refusal::from(why.to_string()))?;
    Ok(LevelAssumption { growth, turnover })
}
