//! A sandbox of the API on loopback: all 20 documented endpoints with state, for the demo, for tests and for
//! whoever develops against the API. It shares no JSON types with the client, so each checks the other.
//!
//! Where the documents leave a question open, it behaves like this (numbers as in the list of open
//! questions):
//! * A1 an absent body is signed as the empty string; A3 paths are signed as sent; A6 every 401 has the same
//!   body; A7 it has the expiry headers too. A9 `Accept` and `Content-Type` may be missing.
//! * X2 a malformed body gets 400. X3 deleting an unknown scorecard or participant gets 404, an unknown
//!   program 204. X4 a create gets 201. X8 lists are in order of id. X10 `next_url` is a path with a query.
//!   X12 a page after the last is empty, page numbers and sizes out of range are clamped. X13 an empty list
//!   has one page. X15 unknown fields are ignored. X16 an update that changes nothing moves `updated_at`.
//! * S1 all five fields are required on create. S3 an accepted recalculation gets 202 with an empty object.
//!   S4 its end moves `updated_at`. S7 an end date before the start date is refused. S8 deleting a scorecard
//!   deletes its programs and participants and unbinds its plans.
//! * T3 absent, null and blank match each other, letter case matters. T4 a matching program keeps the fields
//!   that are absent from the request. T5, P10 a batch with an invalid record is refused as a whole. T7
//!   `bravo_property_owners` supports no training programs.
//! * P6 defaults are those of the documents' example. P7 two of the seeded scorecards require ID numbers. P8
//!   any `legal_attorney_status` is accepted.
//! * E2 the further slices are `temporary_employees` and `permanent_employees`. E4 the clamp is an upper
//!   bound. E5 a first or last year may be short. E11 a derived name is stored. E13 the table of disabled
//!   employees is pre-filled with the disabled. E14 a target update moves the plan's `updated_at`. E15 only
//!   JSON integers are counts, and one wrong count refuses them all. E17 null unbinds the scorecard.
//! * U1 both products take the same key. U2 the heartbeat answers `{"account": …}`. U4 an unknown vendor code
//!   gets 404.

mod auth;
mod data;
mod fixtures;
mod participants;
mod path_ids;
mod plans;
mod responses;
mod scorecards;
mod seed;
pub mod state;
mod supplier_scores;
mod training_programs;
mod untrue_answers;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::middleware;

use crate::sandbox::state::{FaultAction, InjectedFault, SandboxOptions, SandboxState};

/// A running sandbox.
#[derive(Debug)]
pub struct Sandbox {
    /// The address it listens on.
    pub address: SocketAddr,
    /// How it was started, with the key and secret to use.
    pub options: SandboxOptions,
    shared: Option<Arc<SandboxState>>,
}

impl Sandbox {
    /// Starts a sandbox on 127.0.0.1 that runs as long as the current Tokio runtime. Fails when the port
    /// cannot be bound.
    pub async fn start(options: SandboxOptions) -> io::Result<Self> {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(SandboxState {
            data: Mutex::new(seed::initial_data(&options)),
            faults: Mutex::default(),
            started: jiff::Timestamp::now(),
            options: options.clone(),
        });
        let app = Router::new()
            .merge(scorecards::routes())
            .merge(training_programs::routes())
            .merge(participants::routes())
            .merge(plans::routes())
            .merge(supplier_scores::routes())
            .fallback(responses::not_found_fallback)
            .method_not_allowed_fallback(responses::not_allowed)
            .layer(middleware::from_fn_with_state(shared.clone(), auth::check))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { address, options, shared: Some(shared) })
    }

    /// A sandbox that is served by another process, or used with another key; faults cannot be injected into
    /// it.
    pub fn at_address(address: SocketAddr, options: SandboxOptions) -> Self {
        Self { address, options, shared: None }
    }

    /// Removes the faults that no request has hit yet.
    pub fn clear_faults(&self) {
        if let Some(shared) = &self.shared {
            shared.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// Makes the next request with this method, and with `path` as part of its path, go wrong.
    pub fn inject_fault(&self, method: &'static str, path: &str, does: FaultAction) {
        if let Some(shared) = &self.shared {
            let mut faults = shared.faults.lock().unwrap_or_else(PoisonError::into_inner);
            faults.push(InjectedFault { method, path: path.to_owned(), action: does });
        }
    }

    /// The base URL of both products.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}
