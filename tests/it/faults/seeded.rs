//! The tests against planted faults: each fault makes its test fail, which proves that the test can.

use std::process::Command;

use crate::support::harness::sandbox;
use crate::support::pty::Pty;

/// Planted faults, each with the test that catches it.
const CAUGHT: [(&str, &str); 5] = [
    ("PostTwice", "faults::records::a_creation_without_a_response_is_sent_once_and_found_by_reading"),
    ("LoggedKey", "end_to_end::secrets::no_output_contains_a_secret_a_signature_or_an_id_number"),
    ("OpenFiles", "end_to_end::secrets::every_file_is_private_to_its_owner_under_any_umask"),
    ("KeptScreen", "end_to_end::terminal::the_terminal_is_restored_on_every_way_out"),
    ("StrayDelete", "faults::promises::random_keys_send_nothing_without_a_confirmation"),
];

#[test]
fn each_planted_fault_is_caught_by_its_test() {
    for (fault, test) in CAUGHT {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let output = command.args(["--exact", test]).env("BEE_TUI_SEEDED", fault).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains("running 1 test"), "{text}");
        assert!(!output.status.success(), "{test} does not catch {fault}");
    }
}

/// Runs the real binary with a planted panic, on the grid with one staged change.
async fn panicking(fault: &'static str, drive: impl FnOnce(&mut Pty) + Send + 'static) {
    let sandbox = sandbox().await;
    let state = tempfile::tempdir().unwrap();
    let (origin, options) = (sandbox.origin(), sandbox.options.clone());
    let driven = tokio::task::spawn_blocking(move || {
        let environment = [
            ("BEE_TUI_BASE_URL", origin.as_str()),
            ("BEE_TUI_API_KEY", &options.key),
            ("BEE_TUI_API_SECRET", &options.secret),
            ("BEE_TUI_STATE_DIR", state.path().to_str().unwrap()),
            ("BEE_TUI_CONFIG", "/dev/null"),
            ("BEE_TUI_SEEDED", fault),
        ];
        let mut pty = Pty::start(40, 120, &[], &environment);
        pty.until("FY26 EE Plan");
        pty.send("\r");
        pty.until("Year 2 of 5");
        pty.send("8\r");
        pty.until("1 staged");
        drive(&mut pty);
        assert!(
            !pty.contents().contains("8001015009087"),
            "the panic's words are shown:\n{}",
            pty.contents()
        );
    });
    driven.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_background_panic_leaves_the_screen_intact_and_its_outcome_is_reconciled() {
    panicking("PanicInBackground", |pty| {
        pty.send("\x13");
        pty.until("Review");
        pty.send("A");
        pty.until("y Yes");
        pty.answer("y", "0 counters saved");
        assert!(pty.screen.screen().alternate_screen());
        pty.send("?");
        pty.until("Keys");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_restores_the_terminal_and_says_where_it_was_and_what_is_safe() {
    panicking("PanicAtKey", |pty| {
        pty.send("n");
        pty.until("stopped by a fault of its own at src/");
        pty.until("Committed edits are kept");
        pty.exit_code();
        assert_eq!(pty.settings(), pty.settings_before);
        assert!(!pty.screen.screen().alternate_screen());
    })
    .await;
}
