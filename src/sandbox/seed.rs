//! The records the sandbox starts with.

use std::collections::BTreeMap;

use jiff::civil::date as day;
use serde_json::{Value, json};

use crate::sandbox::data::{
    SandboxData, StoredParticipants, StoredProgram, StoredScorecard, new_plan, program_record,
};
use crate::sandbox::fixtures::{FixtureRandom, Workforce, random_timestamp, token};
use crate::sandbox::responses::JsonObject;
use crate::sandbox::state::SandboxOptions;

/// Description, id (the documents' own where they show one, else generated), charter, province, number of
/// people, and whether participants need ID numbers.
const SCORECARDS: [(&str, &str, &str, &str, u32, bool); 9] = [
    (
        "Acme Construction · FY26",
        "Y2EQKp8z1r9jeToPW6deGwo9",
        "bravo_construction_contractors",
        "Gauteng",
        1512,
        false,
    ),
    ("YTD Scorecard Nov 2024", "mG712bEVavpq3ukr0Z5R89qY", "bravo_generic", "National", 640, true),
    ("Umhlanga Freight 2026", "", "bravo_transport_road_freight", "KwaZulu-Natal", 880, false),
    ("Karoo Lodges · season 2026", "", "bravo_tourism", "Northern Cape", 210, false),
    ("Thuthuka ICT Holdings", "", "bravo_ict", "Gauteng", 395, false),
    ("Overberg Fruit Growers", "", "bravo_agri", "Western Cape", 2350, false),
    ("Nkosi & Partners Attorneys", "", "bravo_legal_attorneys", "Gauteng", 84, false),
    ("Baobab Property Owners", "", "bravo_property_owners", "Limpopo", 46, false),
    ("Mzansi Bank · measured entity", "", "bravo_financial_banking", "National", 9120, true),
];

/// Name, index of the scorecard, sector, and the year in which it starts.
const PLANS: [(&str, usize, &str, i16); 6] = [
    ("FY26 EE Plan", 0, "Construction", 2025),
    ("Umhlanga Freight · EE plan 2025–2030", 2, "Transport and Storage", 2025),
    ("Karoo Lodges EE plan", 3, "Accommodation and Food Service Activities", 2025),
    ("Thuthuka ICT 2026–2030", 4, "Information and Communication", 2026),
    ("Overberg Fruit · seasonal plan", 5, "Agriculture, Forestry & Fishing", 2025),
    ("Mzansi Bank group plan", 8, "Financial and Insurance Activities", 2025),
];

/// All records that the sandbox starts with.
pub(super) fn initial_data(options: &SandboxOptions) -> SandboxData {
    let mut world = SandboxData { scorecards: BTreeMap::new(), plans: BTreeMap::new(), next_id: 40 };
    let mut dice = FixtureRandom(2025);
    let mut ids = Vec::new();
    for (at, (description, id, charter, province, people, ids_compulsory)) in
        SCORECARDS.into_iter().enumerate()
    {
        let id = if id.is_empty() { token(at as u64) } else { id.to_owned() };
        let id = format!("scorecard_{id}");
        let created = random_timestamp(&mut dice);
        let record = json!({
            "id": id, "description": description,
            "start_date": if at == 1 { "2024-01-01" } else { "2025-09-01" },
            "end_date": if at == 1 { "2024-11-30" } else { "2026-08-31" },
            "charter_id": charter, "province": province, "created_at": created, "updated_at": created,
        });
        let scorecard = StoredScorecard {
            record: record.as_object().cloned().unwrap_or_default(),
            recalculating_until: None,
            ids_compulsory,
            programs: BTreeMap::new(),
            workforce: Workforce::of(people, 0, &mut dice),
        };
        ids.push(id.clone());
        world.scorecards.insert(id, scorecard);
    }
    for (at, (name, scorecard, sector, year)) in PLANS.into_iter().enumerate() {
        let given = json!({"name": name, "scorecard_id": ids[scorecard], "sector": sector});
        // The first plan has the id of the document's example.
        world.next_id = if at == 0 { 41 } else { 1000 * at as u64 };
        let people = SCORECARDS[scorecard].4;
        let workforces: Vec<_> = (0..5).map(|year| Workforce::of(people, year, &mut dice)).collect();
        let created = random_timestamp(&mut dice);
        let plan =
            new_plan(&mut world, &given, day(year, 9, 1), day(2030, 8, 31), &workforces, created.into());
        let id = plan.record["id"].as_u64().unwrap_or_default();
        world.plans.insert(id, plan);
    }
    add_programs(&mut world, &ids, options, &mut dice);
    world.next_id = 1_000_000;
    world
}

const COURSES: [(&str, &str); 12] = [
    ("Excel Advanced", "E"),
    ("Leadership Development Program", "E"),
    ("National Certificate: Bricklaying NQF 3", "D"),
    ("Learnership: Business Administration NQF 4", "D"),
    ("Occupational First Aid Level 2", "F"),
    ("Bursary: BCom Accounting", "A"),
    ("Internship: Civil Engineering", "B"),
    ("Forklift Operator", "F"),
    ("Supervisory Management", "E"),
    ("Adult Education: Literacy Level 3", "A"),
    ("Informal: Toolbox Talks", "G"),
    ("Apprenticeship: Electrician", "D"),
];

/// Adds programs to every scorecard that supports them. The participants are spread evenly or all in the
/// first program; each program's have consecutive ids.
fn add_programs(world: &mut SandboxData, ids: &[String], options: &SandboxOptions, dice: &mut FixtureRandom) {
    let participants = options.participants.min(100_000);
    let mut programs: Vec<(usize, JsonObject)> = Vec::new();
    for (at, scorecard) in ids.iter().enumerate() {
        if !world.scorecards[scorecard].has_programs() {
            continue;
        }
        for (number, (name, category)) in COURSES.iter().enumerate().skip(at % 3).step_by(1 + at % 2) {
            let created = Value::from(random_timestamp(dice));
            let given = json!({
                "name": name, "category": category, "abet": name.starts_with("Adult"), "mandatory": number % 5 == 4,
                "municipality": (number % 2 == 0).then_some("Johannesburg"),
                "training_provider": (number % 3 != 2).then_some("ABC Training Solutions"),
                "scholarship": name.starts_with("Bursary"), "bursary_program": name.starts_with("Bursary"),
                "scarce_or_critical_skills": number % 4 == 2,
                "invoice_transaction_date": format!("2026-{:02}-15", 1 + number % 8),
            });
            let given = given.as_object().cloned().unwrap_or_default();
            let id = 32_000 + programs.len() as u64;
            programs.push((at, program_record(id, &given, created.clone(), created)));
        }
    }
    let total = programs.len() as u32;
    let mut first = 100_000;
    for (number, (at, record)) in programs.into_iter().enumerate() {
        let share = match (options.in_one_program, number) {
            (true, 0) => participants,
            (true, _) => 0,
            (false, _) => participants / total + u32::from((number as u32) < participants % total),
        };
        let id = record["id"].as_u64().unwrap_or_default();
        let count = u64::from(share);
        let participants = StoredParticipants { first, count, ..StoredParticipants::default() };
        first += count;
        if let Some(scorecard) = world.scorecards.get_mut(&ids[at]) {
            scorecard.programs.insert(id, StoredProgram { record, participants });
        }
    }
}
