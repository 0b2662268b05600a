//! Supplier scores of the sandbox.

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use serde_json::{Value, json};

use crate::sandbox::fixtures;
use crate::sandbox::path_ids::PathIds;
use crate::sandbox::responses::{not_found_response, ok};
use crate::sandbox::state::{SandboxState, SharedSandbox};

pub(super) fn routes() -> Router<std::sync::Arc<SandboxState>> {
    Router::new()
        .route("/api/v1/suppliers/{vendor_code}/scores", get(scores))
        .route("/api/v1/suppliers/{vendor_code}/scores/heartbeat", get(heartbeat))
}

async fn heartbeat(State(_): SharedSandbox, PathIds(_): PathIds<String>) -> Response {
    ok(&json!({"account": "Sandbox (Pty) Ltd"}))
}

async fn scores(State(_): SharedSandbox, PathIds(vendor_code): PathIds<String>) -> Response {
    if vendor_code == "T100" {
        return ok(&documented());
    }
    let number = vendor_code.strip_prefix('T').and_then(|n| n.parse::<u64>().ok());
    match number.filter(|n| (101..=160).contains(n)) {
        Some(n) => ok(&(0..=n % 3).map(|i| fixtures::score(n, i)).collect()),
        None => not_found_response(),
    }
}

/// The two scores of the documents' example.
fn documented() -> Value {
    json!([
        {
            "level": "2", "score": "", "company_size": "2", "valid_from": "02/10/2023", "valid_until": "01/10/2024",
            "black_ownership": "0.0", "black_female_ownership": "0.0", "flow_through_black_ownership": "0.0",
            "black_designated_group_ownership": "0.0", "value_adding_supplier": "false", "empowering": "false",
            "measured_under": "1", "verification_agency": "ABC Verification", "certificate_number": "", "id": "",
            "created_at": "14/01/2026 08:08:19", "updated_at": "14/01/2026 08:08:19", "source": "beagle",
            "beagle_scorecard_url": "https://www.beagledatabase.co.za/scorecards/YZgTZL?token=...",
            "beagle_scorecard_url_expires_at": "2026-04-10T08:58:24Z",
        },
        {
            "level": "4", "score": "0", "company_size": "1", "valid_from": "10/03/2029", "valid_until": "09/03/2030",
            "black_ownership": "0.0", "black_female_ownership": "0.0", "flow_through_black_ownership": "0.0",
            "black_designated_group_ownership": "0.0", "value_adding_supplier": "false", "empowering": "false",
            "measured_under": "RCoGP", "verification_agency": "", "certificate_number": "", "id": "104",
            "created_at": "09/03/2026 08:34:52", "updated_at": "09/03/2026 08:34:52", "source": "local",
        },
    ])
}
