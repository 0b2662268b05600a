//! Any bytes as the answer to every kind of call: read or refused, never a panic.

#![no_main]

use bee_tui::api::request::PageQuery;
use bee_tui::api::{Call, participants, plans, scorecards, supplier_scores, training_programs};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let (Ok(card), Ok(program), Ok(plan), Ok(code)) =
        ("scorecard_1".parse(), "7".parse(), "42".parse(), "T100".parse())
    else {
        return;
    };
    let page = PageQuery { page: 1, per_page: 1000 };
    let action = participants::Action::List(page);
    let card: bee_tui::domain::id::ScorecardId = card;
    for call in [
        Call::Plans(plans::Call::List),
        Call::Plans(plans::Call::Read(plan)),
        Call::Scorecards(scorecards::Call::Read(card.clone())),
        Call::TrainingPrograms(training_programs::Call::List(card.clone(), page)),
        Call::Participants(participants::Call { scorecard: card, program, action }),
        Call::SupplierScores(supplier_scores::Call::Scores(code)),
    ] {
        let _ = call.read(body);
    }
    let _ = bee_tui::api::error::ValidationErrors::parse(body).summary_or_default();
});
