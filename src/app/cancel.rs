//! Cancelling requests: by the user, and when the screen that asked is left.

use crate::api::error::{ApiError, Failure};
use crate::app::model::Model;
use crate::effect::{Effect, Effects, Owner, RequestId};
use crate::input::command::Command;
use crate::nav::{Notice, Severity};

impl Model {
    pub(super) fn stop(&mut self, fx: &mut Effects) {
        if let Some(apply) = &mut self.apply {
            apply.stop();
            self.cancel_retries(fx);
            if self.apply.is_some() {
                let text = "no more is sent after the request that is under way; the rest stays staged";
                self.show_notice(Notice::new(Severity::Info, text));
            }
            return;
        }
        let waited = self.cancel_retries(fx);
        let reads: Vec<_> = self.requests.iter().filter(|(_, p)| p.is_read).map(|(id, _)| *id).collect();
        if reads.is_empty() && !waited {
            let text = if self.is_sending() {
                "what is being sent is not stopped; wait for the answer".to_owned()
            } else {
                format!("nothing is being read; {} quits", self.keymap.hint(Command::Quit))
            };
            self.show_notice(Notice::new(Severity::Info, text));
        }
        for id in reads {
            self.cancel_request(id, fx);
        }
    }

    pub(super) fn cancel_owned_reads(&mut self, owner: &Owner, fx: &mut Effects) {
        let reads: Vec<_> =
            self.requests.iter().filter(|(_, p)| p.is_read && p.owner == *owner).map(|(id, _)| *id).collect();
        for id in reads {
            self.requests.remove(&id);
            fx.push(Effect::Cancel(id));
        }
        self.cancel_unneeded_list_reads(fx);
    }

    /// Gives a call up and tells its owner.
    pub(super) fn cancel_request(&mut self, id: RequestId, fx: &mut Effects) {
        let Some(pending) = self.requests.get(&id) else { return };
        let error = ApiError::new(&pending.call.request(), Failure::Cancelled);
        fx.push(Effect::Cancel(id));
        self.handle_reply(id, Err(error), fx);
    }
}
