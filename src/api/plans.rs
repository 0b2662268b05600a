//! Employment Equity Plans: six endpoints.

use crate::domain::shape_error::ShapeError;
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::api::page::{check_deleted, read_page, single_value, unreadable_reason};
use crate::api::reply::Reply;
use crate::api::request::{Method, Product, Request};
use crate::domain::change::counter_change::{TargetPatch, TargetRef};
use crate::domain::id::PlanId;
use crate::domain::plan::counter::Counter;
use crate::domain::plan::read_plan;
use crate::domain::plan::target::{Count, Target};
use crate::domain::record::RecordDraft;

/// A call of the Employment Equity Plans page.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// List plans, without milestones.
    List,
    /// Retrieve a plan with its milestones and targets.
    Read(PlanId),
    /// Create a plan.
    Create(RecordDraft),
    /// Update a plan: name, scorecard and sector only.
    Update(PlanId, RecordDraft),
    /// Delete a plan with its milestones and targets.
    Delete(PlanId),
    /// Update a target: only the counters named.
    UpdateTarget(TargetRef, TargetPatch),
}

const LIST: &str = "/api/public/v1/employment_equity_plans";
const ONE: &str = "/api/public/v1/employment_equity_plans/{plan_id}";
const TARGET: &str = "/api/public/v1/employment_equity_plans/{plan_id}/employment_equity_milestones/{milestone_id}\
                      /employment_equity_targets/{target_id}";

impl Call {
    pub(super) fn request(&self) -> Request {
        let new = |method, template, path| Request::new(Product::Toolkit, method, template, path);
        let path = |id| format!("{LIST}/{id}");
        let root = "employment_equity_plan";
        match self {
            Self::List => new(Method::Get, LIST, LIST.into()),
            Self::Read(id) => new(Method::Get, ONE, path(id)),
            Self::Create(draft) => new(Method::Post, LIST, LIST.into()).with_body(root, draft),
            Self::Update(id, draft) => new(Method::Patch, ONE, path(id)).with_body(root, draft),
            Self::Delete(id) => new(Method::Delete, ONE, path(id)),
            Self::UpdateTarget(place, counters) => {
                let TargetRef { plan, milestone, target } = place;
                let path = format!(
                    "{LIST}/{plan}/employment_equity_milestones/{milestone}/employment_equity_targets/{target}"
                );
                new(Method::Patch, TARGET, path).with_body("employment_equity_target", &Body(counters))
            }
        }
    }

    pub(super) fn read(&self, body: &[u8]) -> Result<Reply, ShapeError> {
        Ok(match self {
            Self::List => Reply::Plans(read_page(body, read_plan)?),
            Self::Create(_) => Reply::Plan(Box::new(read_plan(single_value(body)?)?)),
            Self::Read(id) | Self::Update(id, _) => {
                let plan = read_plan(single_value(body)?)?;
                if plan.id != *id {
                    return Err("the server answered with another plan".into());
                }
                Reply::Plan(Box::new(plan))
            }
            Self::Delete(_) => {
                check_deleted(body)?;
                Reply::Deleted
            }
            Self::UpdateTarget(place, _) => {
                let target: Target = serde_json::from_slice(body).map_err(|e| unreadable_reason(body, &e))?;
                if target.id != place.target {
                    return Err("the server answered with another target".into());
                }
                Reply::Target(target)
            }
        })
    }
}

/// The counters as the API takes them: each counter's name with a whole number.
struct Body<'a>(&'a [(Counter, Count)]);

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (counter, count) in self.0 {
            map.serialize_entry(&counter.name(), count)?;
        }
        map.end()
    }
}
