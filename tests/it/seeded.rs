//! The tests against faults planted on purpose: each fault makes its test fail, so the test is one that can.

use std::process::Command;

/// Planted faults with the test that catches each.
const CAUGHT: [(&str, &str); 5] = [
    ("PostTwice", "fault_matrix::every_fault_of_every_call_keeps_every_promise"),
    ("LoggedKey", "secrets::nothing_that_is_written_holds_a_secret_a_signature_or_an_id_number"),
    ("OpenFiles", "secrets::every_file_is_its_owners_alone_under_any_umask"),
    ("KeptScreen", "terminal::the_terminal_is_given_back_on_every_way_out"),
    ("StrayDelete", "faults::random_keys_send_nothing_but_through_the_question"),
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
