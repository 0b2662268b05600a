//! Cancelling requests.

use crate::api::error::{ApiError, Failure};
use crate::app::engine::Engine;
use crate::effect::{Effect, Effects, Owner, RequestId};

impl Engine {
    pub(super) fn cancel_owned_reads(&mut self, owner: &Owner, fx: &mut Effects) {
        let reads: Vec<_> =
            self.requests.iter().filter(|(_, p)| p.is_read && p.owner == *owner).map(|(id, _)| *id).collect();
        for id in reads {
            self.requests.remove(&id);
            fx.push(Effect::Cancel(id));
        }
        self.cancel_unneeded_list_reads(fx);
    }

    /// Cancels a request and reports that to its owner.
    pub(super) fn cancel_request(&mut self, id: RequestId, fx: &mut Effects) {
        let Some(pending) = self.requests.get(&id) else { return };
        let error = ApiError::new(&pending.call.request(), Failure::Cancelled);
        fx.push(Effect::Cancel(id));
        self.handle_reply(id, Err(error), fx);
    }
}
