//! Reads the plans that the overview shows, several at a time.

use crate::api::error::ApiError;
use crate::api::reply::Reply;
use crate::api::{Call, plans};
use crate::app::engine::Engine;
use crate::domain::change::collection::Collection;
use crate::domain::id::PlanId;
use crate::effect::{Effects, Owner};

impl Engine {
    /// While the overview is shown, reads the plans that were not read since their list was; cancels these reads when it is
    /// left.
    pub(super) fn continue_overview(&mut self, fx: &mut Effects) {
        let in_flight: Vec<PlanId> = self
            .requests
            .values()
            .filter(|pending| pending.owner == Owner::Overview)
            .filter_map(|pending| pending.call.read_plan())
            .collect();
        if !self.shows_overview {
            self.workspace.overview.progress = None;
            if !in_flight.is_empty() {
                self.cancel_owned_reads(&Owner::Overview, fx);
            }
            return;
        }
        // Plans are read for the list that is coming.
        if self.workspace.collections_being_read.contains(&Collection::Plans) {
            return;
        }
        let Some(list) = &self.workspace.plan_list else { return };
        let is_read = |id: &PlanId| {
            let read_at = self.workspace.plans.get(id).map(|plan| plan.read_at);
            let failed_at = self.workspace.overview.failures.get(id).map(|(_, at)| *at);
            read_at.max(failed_at).is_some_and(|at| at >= list.read_at)
        };
        let unread: Vec<PlanId> =
            list.value.rows.iter().map(|plan| plan.id).filter(|id| !is_read(id)).collect();
        let all = list.value.rows.len();
        self.workspace.overview.progress = (!unread.is_empty()).then(|| (all - unread.len(), all));
        let room = self.parallel.reads.saturating_sub(in_flight.len());
        for plan in unread.into_iter().filter(|plan| !in_flight.contains(plan)).take(room) {
            self.send(Owner::Overview, Call::Plans(plans::Call::Read(plan)), fx);
        }
    }

    /// Notes whether a plan of the overview could be read. A failure is told in the plan's row.
    pub(super) fn note_overview_read(&mut self, call: &Call, result: &Result<Reply, ApiError>) {
        let Some(plan) = call.read_plan() else { return };
        match result {
            Ok(_) => self.workspace.overview.failures.remove(&plan),
            Err(why) => self.workspace.overview.failures.insert(plan, (why.to_string(), self.now)),
        };
    }
}
