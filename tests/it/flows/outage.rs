//! Servers that cannot be reached, ask to wait or reject the key: what is retried, what the user is told, and
//! that nothing is lost meanwhile.

use std::sync::Arc;
use std::time::Duration;

use bee_tui::api::client::{Client, ClientSettings, Credentials};
use bee_tui::api::error::Failure;
use bee_tui::api::{Call, plans};
use bee_tui::app::message::Msg;
use bee_tui::effect::Restart;
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::{FaultAction, SandboxOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::support::harness::{App, account, fault_each, sandbox};

const PLANS: &str = "employment_equity_plans";

/// Injects faults for as long as a test needs.
fn outage(sandbox: &Sandbox) {
    for _ in 0..50 {
        sandbox.inject_fault("GET", "", FaultAction::DropRequest);
    }
}

#[tokio::test]
async fn a_lost_read_is_retried_and_the_list_appears() {
    let sandbox = sandbox().await;
    sandbox.inject_fault("GET", PLANS, FaultAction::DropResponse);
    sandbox.inject_fault("GET", PLANS, FaultAction::Respond(502, "<html>".into()));
    let mut app = App::open(&sandbox).await;
    app.shows("FY26 EE Plan");
    app.hides("OFFLINE");
    // Each attempt is in the request log.
    app.keys("!").await.shows("no answer");
    app.shows("502");
}

#[tokio::test]
async fn an_outage_is_shown_keeps_data_and_edits_and_recovers_by_itself() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 8 enter").await.shows("1 staged");
    outage(&sandbox);
    app.keys("r").await.shows("OFFLINE");
    app.shows("Year 2 of 5");
    app.keys("9 7 enter").await.shows("2 staged");
    app.keys("down").await.shows("offline since 10:00; edits are kept");
    let mut last = Duration::ZERO;
    for _ in 0..8 {
        let pause = app.reconnect().await;
        assert!(pause >= last && pause <= Duration::from_mins(1), "{pause:?} after {last:?}");
        app.shows("offline since");
        last = pause;
    }
    app.shows("OFFLINE");
    sandbox.clear_faults();
    app.reconnect().await;
    app.hides("OFFLINE");
    app.shows("online again after");
    app.shows("2 staged");
}

#[tokio::test]
async fn a_probe_of_an_offline_server_costs_one_request() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    outage(&sandbox);
    app.keys("r").await.shows("OFFLINE");
    let before = app.runner.model.workspace().log.len();
    app.reconnect().await;
    assert_eq!(app.runner.model.workspace().log.len(), before + 1);
}

#[tokio::test]
async fn a_retry_after_is_counted_down_and_can_be_cancelled() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    sandbox.inject_fault("GET", PLANS, FaultAction::RetryAfter(429, "90".into()));
    app.step(Msg::Key("r".parse().unwrap()));
    app.step_replies_until_waiting().await;
    app.shows("the server asks to wait: 90 s");
    app.wait(Duration::from_secs(29));
    app.step(Msg::Timer(bee_tui::effect::Timer::Tick));
    app.shows("the server asks to wait: 60 s");
    app.keys("ctrl-c").await.hides("asks to wait: 6");
    assert!(app.runner.model.engine().requests().is_empty());
    // Left alone, the read is retried once the server's delay is over.
    sandbox.inject_fault("GET", PLANS, FaultAction::RetryAfter(503, "5".into()));
    app.keys("r").await.hides("asks to wait");
    app.shows("FY26 EE Plan");
}

#[tokio::test]
async fn a_creation_is_never_retried_automatically_even_with_a_retry_after() {
    let sandbox = sandbox().await;
    let (mut app, path) = crate::flows::records::at_participants(&sandbox).await;
    let before = crate::support::harness::rows(&sandbox, &path).await.len();
    app.keys("a").await.fill(&["New", "f", "", "", "african"]).await.keys("ctrl-s").await;
    sandbox.inject_fault("POST", "participants", FaultAction::RetryAfter(429, "1".into()));
    app.keys("A y").await.shows("too many calls (429): it asks to wait 1 s");
    app.shows("1 staged");
    assert_eq!(crate::support::harness::rows(&sandbox, &path).await.len(), before);
    app.keys("A y").await.shows("1 record saved");
}

#[tokio::test]
async fn a_rejected_key_stops_all_requests_and_keeps_the_edits() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 8 enter").await.shows("1 staged");
    app.keys("ctrl-s A").await;
    sandbox.inject_fault("GET", PLANS, FaultAction::Respond(401, String::new()));
    app.keys("y").await.shows("0 counters saved");
    app.keys("esc").await;
    app.shows("UNAUTHORIZED");
    app.shows("1 staged");
    // As soon as the dialog can open, it says what is safe and what to do.
    app.shows("bee-tui login --profile acme");
    app.shows("1 staged; they are kept");
    app.keys("r").await;
    assert_eq!(app.restart, Some(Restart::Profile("acme".into())), "the key may be another one by now");
    // The key is still the same: the first retry is rejected, the next one is accepted.
    sandbox.inject_fault("GET", PLANS, FaultAction::Respond(401, String::new()));
    app.step(Msg::AccountUnchanged);
    app.settle().await;
    app.shows("The server rejected the key");
    app.keys("esc").await;
    app.step(Msg::AccountUnchanged);
    app.settle().await;
    app.hides("UNAUTHORIZED");
    app.shows("1 staged");
    app.keys("u").await.hides("1 staged");
}

#[tokio::test]
async fn watches_pause_while_the_key_is_rejected() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter C y esc").await;
    sandbox.inject_fault("GET", PLANS, FaultAction::Respond(401, String::new()));
    app.keys("r").await.shows("UNAUTHORIZED");
    let before = app.runner.model.workspace().log.len();
    app.ring().await;
    assert_eq!(app.runner.model.workspace().log.len(), before, "nothing is sent unasked");
}

#[tokio::test]
async fn another_profile_can_be_chosen_except_while_a_form_is_open() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("@").await.shows("Change to a profile");
    app.keys("esc").await.hides("Change to a profile");
    assert_eq!(app.restart, None);
    app.keys("@ down enter").await;
    assert_eq!(app.restart, Some(Restart::Profile("other".into())));
    app.restart = None;
    app.keys("a").await.text("New plan").await.keys("esc").await.shows("Leave the form?");
    assert_eq!(app.restart, None);
}

#[tokio::test]
async fn a_write_is_retried_within_half_a_minute_and_saved_once() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    app.keys("enter 8 enter").await.shows("1 staged");
    sandbox.inject_fault("PATCH", "targets", FaultAction::DropRequest);
    sandbox.inject_fault("PATCH", "targets", FaultAction::Respond(503, String::new()));
    app.keys("ctrl-s A y").await.shows("1 counter saved");
    let sent = app.runner.model.workspace().log.iter().filter(|logged| logged.method == "PATCH").count();
    assert_eq!(sent, 3, "twice in vain, then once");
    let after = crate::support::harness::plan(&sandbox, 42).await;
    assert_eq!(crate::support::harness::counter(&after, 2, 0, "african_male_top_managers"), 8);
    let mut app = App::open(&sandbox).await;
    app.keys("enter 9 enter").await;
    fault_each(&sandbox, "PATCH", "targets", &FaultAction::RetryAfter(429, "31".into()));
    app.keys("ctrl-s A y").await.shows("it asks to wait 31 s");
    app.shows("1 staged");
}

/// A TLS server with a certificate of the test's own root, which answers one request with an empty list.
async fn tls_server() -> u16 {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("../tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../tls/server.key")).unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let config =
        ServerConfig::builder().with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut asked = [0; 4096];
            let _ = stream.read(&mut asked).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]").await;
            let _ = stream.shutdown().await;
        }
    });
    port
}

#[tokio::test]
async fn an_untrusted_certificate_is_rejected_unless_ca_file_names_its_root() {
    let port = tls_server().await;
    let sandbox = sandbox().await;
    let toolkit =
        Credentials { origin: format!("https://localhost:{port}").parse().unwrap(), ..account(&sandbox) };
    let client = |roots| {
        Client::full(ClientSettings { toolkit: Some(toolkit.clone()), roots, ..ClientSettings::default() })
    };
    let call = Call::Plans(plans::Call::List);
    let error = client(None).send_call(&call).await.unwrap_err();
    assert!(matches!(error.failure, Failure::Untrusted(..)), "{error:?}");
    for part in ["localhost", "ca_file", "not sent"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    let root = include_bytes!("../tls/root.pem").to_vec();
    assert!(client(Some(root)).send_call(&call).await.is_ok());
}

#[tokio::test]
async fn the_status_line_shows_a_keys_expiry_a_month_ahead() {
    // The sandbox uses the real clock, so the program's clock is set to it.
    for (days, shown) in [(40, false), (12, true)] {
        let life = Duration::from_hours(24 * days);
        let options = SandboxOptions { key_expires_in: Some(life), ..SandboxOptions::default() };
        let sandbox = Sandbox::start(options).await.unwrap();
        let mut app = App::open(&sandbox).await;
        let now = jiff::Timestamp::now().as_second() - crate::support::harness::start_of_time().as_second();
        app.wait(Duration::from_secs(now.unsigned_abs()));
        app.keys("r down").await;
        assert_eq!(app.screen().contains("key expires in"), shown, "{days} days:\n{}", app.screen());
    }
}

#[tokio::test]
async fn a_failing_suppliers_account_does_not_affect_the_toolkit_account() {
    let sandbox = sandbox().await;
    let mut app = App::open(&sandbox).await;
    for does in [FaultAction::Respond(401, String::new()), FaultAction::DropRequest] {
        fault_each(&sandbox, "GET", "suppliers", &does);
        app.keys("3 a").await.text("T100").await.keys("enter").await;
        let asked = app.runner.model.workspace().log.back().unwrap();
        assert!(asked.path.contains("T100") && !asked.succeeded, "{asked:?}");
        app.hides("UNAUTHORIZED");
        app.hides("OFFLINE");
        sandbox.clear_faults();
        app.keys("esc 1").await;
    }
    // A response of the other product says nothing about this one.
    outage(&sandbox);
    app.keys("r").await.shows("OFFLINE");
    sandbox.clear_faults();
    app.keys("3 a").await.text("T200").await.keys("enter").await.shows("OFFLINE");
}
