//! Any text as it is shown: nothing in it that a terminal acts on, and shown once more it is the same.

#![no_main]

use bee_tui::domain::text::Text;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let shown = Text::from(text).to_string();
    assert!(!shown.chars().any(char::is_control));
    assert_eq!(Text::from(shown.as_str()).to_string(), shown);
});
