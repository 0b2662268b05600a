//! The API on loopback: all 20 endpoints of the documents with state, for the demo, for tests and for whoever
//! develops against it. It shares no wire shapes with the client, so each checks the other.
//!
//! Where the documents leave a point open (numbers as in the list of open questions) it reads them so:
//! * A1 an absent body is signed as the empty string; A3 paths are signed as sent; A6 every 401 has one body;
//!   A7 it carries the expiry headers too. A9 missing `Accept` and `Content-Type` are let pass.
//! * X2 a malformed body is 400. X3 deleting an unknown scorecard or participant is 404, an unknown program 204.
//!   X4 a create answers 201. X8 lists stand in order of id. X10 `next_url` is a path with query. X12 a page after
//!   the last is empty, figures out of range are clamped. X13 an empty list has one page. X15 unknown fields are
//!   ignored. X16 an update that changes nothing moves `updated_at`.
//! * S1 all five fields are required on create. S3 an accepted recalculate answers 202 with an empty object. S4 its
//!   end moves `updated_at`. S7 an end before the start is refused. S8 deleting takes programs and participants
//!   along and unbinds plans.
//! * T3 absent, null and blank match each other, letter case counts. T4 absent fields of a match are kept. T5, P10 a
//!   batch with an invalid record is refused whole. T7 `bravo_property_owners` supports no training programs.
//! * P6 defaults as in the document's example. P7 one seeded scorecard enforces ID numbers. P8 any text will do.
//! * E2 the further slices are `temporary_employees` and `permanent_employees`. E4 the clamp is an upper bound. E5 a
//!   first or last year may be short. E11 the made name is stored. E13 the disabled table is pre-filled with the
//!   disabled. E14 a target update moves the plan's `updated_at`. E15 only JSON integers are counts, all or none.
//!   E17 null unbinds.
//! * U1 one key for both products. U2 the heartbeat answers `{"account": …}`. U4 an unknown vendor is 404.

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

/// A sandbox that answers.
#[derive(Debug)]
pub struct Sandbox {
    /// Where it listens.
    pub address: SocketAddr,
    /// How it was started, with the key and secret to use.
    pub options: SandboxOptions,
    shared: Option<Arc<SandboxState>>,
}

impl Sandbox {
    /// Listens on 127.0.0.1 and serves on the runtime it is called from, until that ends.
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

    /// One that is served elsewhere, by another process or with another key.
    pub fn at_address(address: SocketAddr, options: SandboxOptions) -> Self {
        Self { address, options, shared: None }
    }

    /// Takes back the faults that have not struck yet.
    pub fn clear_faults(&self) {
        if let Some(shared) = &self.shared {
            shared.faults.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
    }

    /// Lets the next request that fits go wrong.
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
