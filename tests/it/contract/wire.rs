//! The client over HTTP: every endpoint of the sandbox, and how the client takes responses that no API would give.

use bee_tui::api::client::{Client, ClientSettings, Credentials, Timeouts};
use bee_tui::api::error::Failure;
use bee_tui::api::participants::Action;
use bee_tui::api::reply::Reply;
use bee_tui::api::request::PageQuery;
use bee_tui::api::{Call, participants, plans, scorecards, supplier_scores, training_programs};
use bee_tui::domain::record::{RecordDraft, Value};
use bee_tui::sandbox::Sandbox;
use bee_tui::sandbox::state::SandboxOptions;
use secrecy::SecretString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::harness::{access, sandbox};

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn date(text: &str) -> Value {
    Value::Date(text.parse().unwrap())
}

fn client(sandbox: &Sandbox) -> Client {
    Client::full(access(sandbox))
}

#[tokio::test]
async fn all_twenty_endpoints_answer_the_client() {
    let sandbox = sandbox().await;
    let client = client(&sandbox);
    let run = async |call: Call| client.send_call(&call).await.unwrap().reply;

    let card = |call| Call::Scorecards(call);
    let Reply::Scorecards(rows) = run(card(scorecards::Call::List)).await else { panic!() };
    assert_eq!((rows.rows.len(), rows.unreadable.len()), (9, 0));
    let draft = RecordDraft::new(vec![
        ("description", text("New")),
        ("start_date", date("2025-09-01")),
        ("end_date", date("2026-08-31")),
        ("charter_id", text("bravo_ict")),
        ("province", text("Gauteng")),
    ]);
    let Reply::Scorecard(made) = run(card(scorecards::Call::Create(draft))).await else { panic!() };
    let id = made.id;
    let Reply::Scorecard(read) = run(card(scorecards::Call::Read(id.clone()))).await else { panic!() };
    assert_eq!(read.record.value("start_date"), &date("2025-09-01"));
    let draft = RecordDraft::new(vec![("description", text("Newer"))]);
    let Reply::Scorecard(new) = run(card(scorecards::Call::Update(id.clone(), draft))).await else {
        panic!()
    };
    assert_eq!(new.description().raw(), "Newer");
    assert_eq!(run(card(scorecards::Call::Recalculate(id.clone()))).await, Reply::Accepted);

    let program = |call| Call::TrainingPrograms(call);
    let page = PageQuery { page: 1, per_page: 1000 };
    let draft = RecordDraft::new(vec![
        ("name", text("Welding")),
        ("category", text("C")),
        ("abet", Value::Flag(false)),
    ]);
    let call = training_programs::Call::Upsert(id.clone(), vec![draft]);
    let Reply::Records(made) = run(program(call)).await else { panic!() };
    let Value::Integer(number) = made.rows[0].value("id") else { panic!() };
    let program_id = number.to_string().parse().unwrap();
    let Reply::Records(rows) = run(program(training_programs::Call::List(id.clone(), page))).await else {
        panic!()
    };
    assert_eq!((rows.rows.len(), rows.meta.unwrap().pages), (1, Some(1)));

    let people = |action| {
        Call::Participants(participants::Call { scorecard: id.clone(), program: program_id, action })
    };
    let person = RecordDraft::new(vec![
        ("full_name", text("Thandiwe Nkosi")),
        ("gender", text("Female")),
        ("disabled", Value::Flag(false)),
        ("foreign", Value::Flag(false)),
        ("race", text("African")),
        ("course_cost", Value::Decimal("5000.55".parse().unwrap())),
    ]);
    let Reply::Records(made) = run(people(Action::Create(vec![person]))).await else { panic!() };
    assert_eq!(made.rows[0].value("course_cost"), &Value::Decimal("5000.55".parse().unwrap()));
    let Value::Integer(number) = made.rows[0].value("id") else { panic!() };
    let Reply::Records(rows) = run(people(Action::List(page))).await else { panic!() };
    assert_eq!(rows.rows.len(), 1);
    assert_eq!(run(people(Action::Delete(number.to_string().parse().unwrap()))).await, Reply::Deleted);
    assert_eq!(run(program(training_programs::Call::Delete(id.clone(), program_id))).await, Reply::Deleted);

    let plan = |call| Call::Plans(call);
    let Reply::Plans(rows) = run(plan(plans::Call::List)).await else { panic!() };
    assert_eq!(rows.rows.len(), 6);
    let draft = RecordDraft::new(vec![
        ("name", text("P")),
        ("start_date", date("2026-09-01")),
        ("end_date", date("2030-08-31")),
        ("scorecard_id", text(id.as_str())),
    ]);
    let Reply::Plan(made) = run(plan(plans::Call::Create(draft))).await else { panic!() };
    assert_eq!(made.milestones.len(), 4);
    let draft = RecordDraft::new(vec![("sector", Value::Null), ("name", text("Q"))]);
    let Reply::Plan(new) = run(plan(plans::Call::Update(made.id, draft))).await else { panic!() };
    assert_eq!(new.name().raw(), "Q");
    let Reply::Plan(read) = run(plan(plans::Call::Read(made.id))).await else { panic!() };
    let milestone = &read.milestones[1];
    let place = bee_tui::domain::change::counter_change::TargetRef {
        plan: read.id,
        milestone: milestone.id,
        target: milestone.targets[1].id,
    };
    let counter = milestone.targets[1].counters.get_index(3).unwrap().0.clone();
    let call = plans::Call::UpdateTarget(place, vec![(counter.clone(), 12)]);
    let Reply::Target(target) = run(plan(call)).await else { panic!() };
    assert_eq!(target.reading(&counter).unwrap().count(), Some(12));
    assert_eq!(run(plan(plans::Call::Delete(made.id))).await, Reply::Deleted);
    assert_eq!(run(card(scorecards::Call::Delete(id.clone()))).await, Reply::Deleted);

    let code: bee_tui::domain::id::VendorCode = "T100".parse().unwrap();
    assert_eq!(run(Call::SupplierScores(supplier_scores::Call::Heartbeat(code.clone()))).await, Reply::Alive);
    let Reply::Records(scores) = run(Call::SupplierScores(supplier_scores::Call::Scores(code))).await else {
        panic!()
    };
    assert_eq!(scores.rows[0].value("valid_from"), &Value::Date(jiff::civil::date(2023, 10, 2)));
    assert_eq!(scores.rows[1].value("beagle_scorecard_url"), &Value::Absent);
}

#[tokio::test]
async fn a_vendor_code_with_special_characters_is_signed_as_it_is_sent() {
    let sandbox = sandbox().await;
    let code: bee_tui::domain::id::VendorCode = "A/B C?d".parse().unwrap();
    let error = client(&sandbox)
        .send_call(&Call::SupplierScores(supplier_scores::Call::Scores(code)))
        .await
        .unwrap_err();
    assert_eq!(error.failure, Failure::NotFound, "let in, and not found");
}

#[tokio::test]
async fn every_response_reports_the_keys_expiry() {
    let life = std::time::Duration::from_hours(12 * 24);
    let options = SandboxOptions { key_expires_in: Some(life), ..SandboxOptions::default() };
    let sandbox = Sandbox::start(options).await.unwrap();
    let answer = client(&sandbox).send_call(&Call::Plans(plans::Call::List)).await.unwrap();
    let expiry = answer.key_expiry.unwrap();
    assert!(expiry.expires_at.is_some());
    assert!(["11d", "12d"].contains(&expiry.expires_in.unwrap().raw()));
}

/// A server that answers each connection with these bytes and returns the request it received.
async fn serve(answer: Vec<u8>) -> (Client, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = vec![0; 65536];
        let n = stream.read(&mut asked).await.unwrap();
        let _ = stream.write_all(&answer).await;
        let _ = stream.shutdown().await;
        String::from_utf8_lossy(&asked[..n]).into_owned()
    });
    let account = Credentials {
        origin: origin.parse().unwrap(),
        key: "mpk_canary".into(),
        secret: SecretString::from("secret-canary".to_owned()),
        folds: 5,
    };
    (Client::full(ClientSettings { toolkit: Some(account), ..ClientSettings::default() }), asked)
}

fn http(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn failure(answer: Vec<u8>) -> Failure {
    let (client, _) = serve(answer).await;
    let error = client.send_call(&Call::Plans(plans::Call::List)).await.unwrap_err();
    for canary in ["mpk_canary", "secret-canary"] {
        assert!(!format!("{error} {error:?} {client:?}").contains(canary));
    }
    error.failure
}

#[tokio::test]
async fn every_request_has_the_documents_headers_and_no_secret() {
    let (client, asked) = serve(http("200 OK", "[]")).await;
    client.send_call(&Call::Plans(plans::Call::List)).await.unwrap();
    let asked = asked.await.unwrap();
    let signed =
        bee_tui::api::sign::signature("secret-canary", "/api/public/v1/employment_equity_plans", b"", 5);
    for line in [
        "GET /api/public/v1/employment_equity_plans HTTP/1.1",
        "x-api-key: mpk_canary",
        "accept: application/json",
        &format!("authorization: HMAC {signed}"),
    ] {
        assert!(asked.contains(line), "{line} is not in\n{asked}");
    }
    assert!(!asked.contains("secret-canary"));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_names_the_host() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{}/x\r\ncontent-length: 0\r\n\r\n",
        other.local_addr().unwrap()
    );
    assert_eq!(failure(to.into_bytes()).await, Failure::Redirect("127.0.0.1".into()));
    let nobody = std::time::Duration::from_millis(50);
    assert!(tokio::time::timeout(nobody, other.accept()).await.is_err(), "the other host was called");
}

#[tokio::test]
async fn a_web_page_a_cut_response_and_an_empty_one_are_not_read_as_lists() {
    let page = failure(http("200 OK", "<!doctype html><title>Maintenance</title>")).await;
    assert_eq!(page, Failure::Unreadable("the server answered with a web page".into()));
    let cut = failure(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n[{\"id\": 1}".to_vec()).await;
    assert!(matches!(cut, Failure::NoResponse(_)), "{cut:?}");
    assert_eq!(
        failure(http("204 No Content", "")).await,
        Failure::Unreadable("the server answered with nothing".into())
    );
}

#[tokio::test]
async fn each_status_becomes_its_own_failure() {
    assert_eq!(failure(http("401 Unauthorized", "?")).await, Failure::Unauthorized(401));
    assert_eq!(failure(http("403 Forbidden", "{}")).await, Failure::Unauthorized(403));
    assert_eq!(failure(http("404 Not Found", "")).await, Failure::NotFound);
    assert_eq!(failure(http("409 Conflict", "")).await, Failure::Busy);
    assert_eq!(failure(http("429 Too Many\r\nretry-after: 7", "")).await, Failure::RetryLater(429, Some(7)));
    assert_eq!(failure(http("500 Oops", "<html>")).await, Failure::OtherStatus(500));
    let Failure::ValidationFailed(refusal) =
        failure(http("422 No", r#"{"errors":["Scorecard not found"]}"#)).await
    else {
        panic!()
    };
    assert_eq!(refusal.summary_or_default().raw(), "Scorecard not found");
}

#[tokio::test]
async fn an_endless_response_is_stopped_at_the_size_limit() {
    let mut answer = b"HTTP/1.1 200 OK\r\n\r\n[".to_vec();
    answer.resize((33 << 20) + 64, b' ');
    assert_eq!(failure(answer).await, Failure::TooLarge);
}

#[tokio::test]
async fn a_write_without_a_response_has_an_unknown_outcome_and_an_unsent_one_does_not() {
    let (client, asked) = serve(Vec::new()).await;
    let call = Call::Scorecards(scorecards::Call::Recalculate("scorecard_1".parse().unwrap()));
    let error = client.send_call(&call).await.unwrap_err();
    assert!(error.is_outcome_unknown(), "{error}");
    asked.await.unwrap();
    let error = client.send_call(&call).await.unwrap_err();
    assert!(matches!(error.failure, Failure::Unreachable(_)) && !error.is_outcome_unknown(), "{error}");
}

/// A server that keeps its connections and answers every request with an empty list, except those on the first so many
/// connections, which it never answers; counts the connections.
async fn connection_counter(mute: usize) -> (Sandbox, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = connections.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let is_mute = count.fetch_add(1, Ordering::Relaxed) < mute;
            tokio::spawn(async move {
                let mut came = Vec::new();
                while stream.read_buf(&mut came).await.is_ok_and(|bytes| bytes > 0) {
                    let text = String::from_utf8_lossy(&came).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let lines = head.lines().map(str::to_ascii_lowercase);
                    let mut length =
                        lines.filter_map(|line| line.strip_prefix("content-length: ").map(str::to_owned));
                    let length: usize = length.next_back().map_or(0, |length| length.parse().unwrap());
                    if body.len() >= length && !is_mute {
                        came.clear();
                        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"data\":[]}";
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                }
            });
        }
    });
    (Sandbox::at_address(address, SandboxOptions::default()), connections)
}

#[tokio::test]
async fn a_post_goes_out_on_a_connection_that_has_just_answered_and_on_no_older_one() {
    let (server, connections) = connection_counter(0).await;
    let scorecard: bee_tui::domain::id::ScorecardId = "scorecard_1".parse().unwrap();
    let action = Action::Create(vec![RecordDraft::new(vec![("full_name", text("Thandiwe Nkosi"))])]);
    let post = Call::Participants(participants::Call { scorecard, program: "7".parse().unwrap(), action });
    let get = Call::Plans(plans::Call::List);
    let client = Client::full(access(&server));
    for call in [&post, &post, &post, &get, &get, &post] {
        client.send(&call.request()).await.unwrap();
    }
    assert_eq!(connections.load(Ordering::Relaxed), 2, "one for the POSTs, one for all else");
    // As if longer than that had passed between them.
    let timeouts = Timeouts { alive_after_answer: std::time::Duration::ZERO, ..Timeouts::default() };
    let client = Client::full(ClientSettings { timeouts, ..access(&server) });
    for call in [&post, &get, &post, &get, &post] {
        client.send(&call.request()).await.unwrap();
    }
    assert_eq!(connections.load(Ordering::Relaxed), 2 + 3 + 1);
}

#[tokio::test]
async fn a_read_that_is_late_is_asked_once_more_and_a_write_is_not() {
    let scorecard: bee_tui::domain::id::ScorecardId = "scorecard_1".parse().unwrap();
    let get = Call::Plans(plans::Call::List);
    let put = Call::Scorecards(scorecards::Call::Recalculate(scorecard));
    let soon = std::time::Duration::from_millis(50);
    let timeouts = Timeouts { late_read: soon, total: 4 * soon, ..Timeouts::default() };
    let (server, connections) = connection_counter(1).await;
    let client = Client::full(ClientSettings { timeouts, ..access(&server) });
    assert_eq!(client.send(&get.request()).await.unwrap().status, 200);
    assert_eq!(connections.load(Ordering::Relaxed), 2, "the second was answered");
    // Where neither is answered, the read fails as before, and there is no third.
    let (server, connections) = connection_counter(9).await;
    let client = Client::full(ClientSettings { timeouts, ..access(&server) });
    let failure = client.send(&get.request()).await.err().unwrap().failure;
    assert_eq!(failure, Failure::NoResponse("the server took too long".into()));
    assert_eq!(connections.load(Ordering::Relaxed), 2);
    let (server, connections) = connection_counter(9).await;
    let client = Client::full(ClientSettings { timeouts, ..access(&server) });
    assert!(client.send(&put.request()).await.is_err());
    assert_eq!(connections.load(Ordering::Relaxed), 1, "a write is sent once");
}
