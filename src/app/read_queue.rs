//! The queue of reads: a limited number of them is in flight at once, first those that somebody waits for.

use crate::app::engine::Engine;
use crate::app::requests::{PendingRequest, RequestState};
use crate::effect::{Effect, Effects, Owner, RequestId};

impl Engine {
    /// Sends the reads whose turn it is. Among those of one urgency the one made first goes first.
    pub(super) fn send_queued_reads(&mut self, fx: &mut Effects) {
        let reads = || self.requests.iter().filter(|(_, pending)| pending.is_read);
        let in_flight = reads().filter(|(_, pending)| pending.state == RequestState::InFlight).count();
        let room = self.parallel.reads.saturating_sub(in_flight);
        if room == 0 {
            return;
        }
        let queued = reads().filter(|(_, pending)| pending.state == RequestState::Queued);
        let mut queued: Vec<(ReadUrgency, RequestId)> =
            queued.map(|(id, pending)| (self.read_urgency(pending), *id)).collect();
        queued.sort_unstable();
        for (_, id) in queued.into_iter().take(room) {
            let sent_order = self.next_sent_order();
            if let Some(pending) = self.requests.get_mut(&id) {
                pending.state = RequestState::InFlight;
                pending.sent_at = self.now;
                pending.sent_order = sent_order;
                fx.push(Effect::Call(id, pending.call.clone()));
            }
        }
    }

    /// The place of the next request among all that are sent.
    pub(super) fn next_sent_order(&mut self) -> u64 {
        self.sent_requests += 1;
        self.sent_requests
    }

    /// How urgent a read is.
    fn read_urgency(&self, pending: &PendingRequest) -> ReadUrgency {
        match &pending.owner {
            Owner::Apply | Owner::Watch(..) => ReadUrgency::BeforeWrite,
            Owner::Screen(_) => ReadUrgency::Seen,
            Owner::ListRead => {
                let on_top = self.shown_lists.last().and_then(Option::as_ref);
                let listed = pending.call.listed_page().map(|(collection, _)| collection);
                let is_seen = listed.is_some_and(|of| Some(&of) == on_top || self.is_for_spend(&of));
                if is_seen { ReadUrgency::Seen } else { ReadUrgency::Background }
            }
            Owner::Overview | Owner::Background => ReadUrgency::Background,
        }
    }
}

/// How urgent a read is, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ReadUrgency {
    /// A write or the look of a watch waits for it.
    BeforeWrite,
    /// It is for the screen on top.
    Seen,
    /// Nobody looks at what it is for.
    Background,
}
