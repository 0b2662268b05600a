//! All integration tests, linked once.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where its ground is gone")]
#![expect(unreachable_pub, dead_code, reason = "what the tests share is shared by several programs")]

mod architecture;
mod contract;
mod drafts;
mod end_to_end;
mod faults;
mod flows;
mod properties;
mod steps;
mod support;
