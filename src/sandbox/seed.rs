//! The sandbox's data: made from fixed numbers, the same at every start.

use std::collections::BTreeMap;

use jiff::civil::date as day;
use serde_json::{Value, json};

use crate::sandbox::Options;
use crate::sandbox::answer::{Object, stamp};
use crate::sandbox::participants::defaults;
use crate::sandbox::state::{Participants, Program, Scorecard, World};
use crate::sandbox::{plans, training_programs};

/// People of one scorecard by level and column, rows as in a target: six levels, temporary, permanent.
#[derive(Clone, Default)]
pub(super) struct Workforce {
    rows: [[u32; 10]; 8],
}

impl Workforce {
    /// The people of a cell, or about one in fifty of them as the disabled.
    pub(super) fn count(&self, row: usize, column: usize, disabled: bool) -> u32 {
        let all = self.rows[row][column];
        if disabled { (all + 20) / 50 } else { all }
    }

    /// A workforce of about `size` people, grown and shifted a little for each year of a plan.
    fn of(size: u32, year: u32, dice: &mut Dice) -> Self {
        // Per mille of the workforce by level, and per mille of a level by column: male African, Coloured,
        // Indian, White, female the same, foreign male and female.
        const LEVELS: [u32; 6] = [11, 29, 116, 278, 413, 153];
        const TOP: [u32; 10] = [176, 59, 59, 353, 118, 30, 59, 118, 28, 0];
        const FLOOR: [u32; 10] = [350, 95, 8, 8, 420, 105, 6, 6, 2, 0];
        let mut rows = [[0; 10]; 8];
        for (level, share) in LEVELS.iter().enumerate() {
            let people = size * share / 1000;
            for column in 0..10 {
                let at = level as u32;
                let blend = TOP[column] * (5 - at) / 5 + FLOOR[column] * at / 5;
                let white = matches!(column, 3 | 7);
                let drift = if white { 0 } else { people * year / 400 };
                let wobble = dice.below(1 + people / 60);
                let count =
                    (people * blend / 1000 + drift + wobble).saturating_sub(if white { year } else { 0 });
                rows[level][column] = count;
                rows[7][column] += count;
            }
        }
        for column in [0, 1, 4, 5] {
            rows[6][column] = dice.below(8);
            rows[7][column] -= rows[6][column].min(rows[7][column]);
        }
        Self { rows }
    }
}

/// Repeatable random numbers (the `SplitMix64` generator).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u32) -> u32 {
        (self.next() % u64::from(most.max(1))) as u32
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len() as u32) as usize]
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }
}

/// Letters and digits as in the documents' scorecard ids.
pub(super) fn token(number: u64) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789";
    let mut dice = Dice(number);
    (0..24).map(|_| LETTERS[dice.below(LETTERS.len() as u32) as usize] as char).collect()
}

const PROVINCES: [&str; 10] = [
    "Gauteng",
    "Western Cape",
    "KwaZulu-Natal",
    "Eastern Cape",
    "Free State",
    "Limpopo",
    "Mpumalanga",
    "North West",
    "Northern Cape",
    "National",
];

/// Description, id (the documents' where they show one), charter, province, people, and whether it enforces ID
/// numbers.
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

/// Name, scorecard, sector, and the year it begins in.
const PLANS: [(&str, usize, &str, i16); 6] = [
    ("FY26 EE Plan", 0, "Construction", 2025),
    ("Umhlanga Freight · EE plan 2025–2030", 2, "Transport and Storage", 2025),
    ("Karoo Lodges EE plan", 3, "Accommodation and Food Service Activities", 2025),
    ("Thuthuka ICT 2026–2030", 4, "Information and Communication", 2026),
    ("Overberg Fruit · seasonal plan", 5, "Agriculture, Forestry & Fishing", 2025),
    ("Mzansi Bank group plan", 8, "Financial and Insurance Activities", 2025),
];

/// The world at the start.
pub(super) fn world(options: &Options) -> World {
    let mut world = World { scorecards: BTreeMap::new(), plans: BTreeMap::new(), next_id: 40 };
    let mut dice = Dice(2025);
    let mut ids = Vec::new();
    for (at, (description, id, charter, province, people, ids_compulsory)) in
        SCORECARDS.into_iter().enumerate()
    {
        let id = if id.is_empty() { token(at as u64) } else { id.to_owned() };
        let id = format!("scorecard_{id}");
        let created = moment(&mut dice);
        let record = json!({
            "id": id, "description": description,
            "start_date": if at == 1 { "2024-01-01" } else { "2025-09-01" },
            "end_date": if at == 1 { "2024-11-30" } else { "2026-08-31" },
            "charter_id": charter, "province": province, "created_at": created, "updated_at": created,
        });
        let scorecard = Scorecard {
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
        let created = moment(&mut dice);
        let plan = plans::new_plan(
            &mut world,
            &given,
            day(year, 9, 1),
            day(2030, 8, 31),
            &workforces,
            created.into(),
        );
        let id = plan.record["id"].as_u64().unwrap_or_default();
        world.plans.insert(id, plan);
    }
    add_programs(&mut world, &ids, options.participants.min(100_000), &mut dice);
    world.next_id = 1_000_000;
    world
}

fn moment(dice: &mut Dice) -> String {
    let seconds = 1_772_000_000 + i64::from(dice.below(4_000_000));
    jiff::Timestamp::from_second(seconds).map(stamp).unwrap_or_default()
}

const COURSES: [(&str, &str); 12] = [
    ("Excel Advanced", "E"),
    ("Leadership Development Program", "E"),
    ("National Certificate: Bricklaying NQF 3", "C"),
    ("Learnership: Business Administration NQF 4", "C"),
    ("Occupational First Aid Level 2", "F"),
    ("Bursary: BCom Accounting", "A"),
    ("Internship: Civil Engineering", "B"),
    ("Forklift Operator", "F"),
    ("Supervisory Management", "E"),
    ("Adult Education: Literacy Level 3", "D"),
    ("Informal: Toolbox Talks", "G"),
    ("Apprenticeship: Electrician", "D"),
];

/// Programs on every scorecard that has them; the participants are spread evenly, each program's ids in a row.
fn add_programs(world: &mut World, ids: &[String], participants: u32, dice: &mut Dice) {
    let mut programs: Vec<(usize, Object)> = Vec::new();
    for (at, scorecard) in ids.iter().enumerate() {
        let charter = world.scorecards[scorecard].charter().to_owned();
        if !training_programs::supported(&charter) {
            continue;
        }
        for (number, (name, category)) in COURSES.iter().enumerate().skip(at % 3).step_by(1 + at % 2) {
            let created = Value::from(moment(dice));
            let given = json!({
                "name": name, "category": category, "abet": *category == "D", "mandatory": number % 5 == 4,
                "municipality": (number % 2 == 0).then_some("Johannesburg"),
                "training_provider": (number % 3 != 2).then_some("ABC Training Solutions"),
                "scholarship": *category == "A", "bursary_program": *category == "A",
                "scarce_or_critical_skills": number % 4 == 2,
                "invoice_transaction_date": format!("2026-{:02}-15", 1 + number % 8),
            });
            let given = given.as_object().cloned().unwrap_or_default();
            let id = 32_000 + programs.len() as u64;
            programs.push((at, training_programs::record(id, &given, created.clone(), created)));
        }
    }
    let total = programs.len() as u32;
    let mut first = 100_000;
    for (number, (at, record)) in programs.into_iter().enumerate() {
        let share = participants / total + u32::from((number as u32) < participants % total);
        let id = record["id"].as_u64().unwrap_or_default();
        let count = u64::from(share);
        let participants = Participants { first, count, ..Participants::default() };
        first += count;
        if let Some(scorecard) = world.scorecards.get_mut(&ids[at]) {
            scorecard.programs.insert(id, Program { record, participants });
        }
    }
}

const MALE: [&str; 16] = [
    "Sipho", "Thabo", "Bongani", "Lwazi", "Themba", "Mandla", "Kagiso", "Tebogo", "Pieter", "Johan",
    "Ashwin", "Riaan", "Imran", "Rajesh", "David", "Vusi",
];
const FEMALE: [&str; 16] = [
    "Thandiwe",
    "Nomsa",
    "Lerato",
    "Zanele",
    "Naledi",
    "Ayanda",
    "Palesa",
    "Refilwe",
    "Annelie",
    "Chantal",
    "Priya",
    "Fatima",
    "Susan",
    "Nokuthula",
    "Busisiwe",
    "Karabo",
];
const FAMILY: [&str; 20] = [
    "Nkosi",
    "Dlamini",
    "Mokoena",
    "Khumalo",
    "Sithole",
    "van der Merwe",
    "Botha",
    "Pillay",
    "Naidoo",
    "Adams",
    "Jacobs",
    "Petersen",
    "Mahlangu",
    "Ndlovu",
    "Mthembu",
    "Molefe",
    "Govender",
    "Smith",
    "Zulu",
    "Tshabalala",
];

/// The participant of an id.
pub(super) fn participant(id: u64) -> Object {
    let mut dice = Dice(id);
    let female = dice.one_in(2);
    let age = 19 + dice.below(40);
    let amount = |dice: &mut Dice, most: u32| Value::from(format!("{}.0", 50 * dice.below(most)));
    let mut record = Object::new();
    record.insert("id".into(), id.into());
    record.extend(defaults());
    let mut set = |field: &str, value: Value| record.insert(field.into(), value);
    let first = dice.pick(if female { &FEMALE } else { &MALE });
    set("full_name", format!("{first} {}", dice.pick(&FAMILY)).into());
    set("gender", if female { "Female" } else { "Male" }.into());
    set("race", dice.pick(&["African", "African", "African", "Coloured", "Indian", "White"]).into());
    set("disabled", dice.one_in(40).into());
    set("foreign", dice.one_in(60).into());
    set("id_number", id_number(2026 - age, female, &mut dice).into());
    set("age", age.into());
    set("province", dice.pick(&PROVINCES[..9]).into());
    set("business_unit", dice.pick(&["Operations", "Finance", "Plant", "Head office", "Logistics"]).into());
    set("employee_code", format!("E{:06}", id % 1_000_000).into());
    set("completed", dice.one_in(2).into());
    set("course_cost", amount(&mut dice, 400));
    set("travel_cost", amount(&mut dice, 40));
    set("catering_cost", amount(&mut dice, 10));
    set("salary_cost", amount(&mut dice, 200));
    set("man_hours", format!("{}.0", 8 * dice.below(20)).into());
    set("start_date", format!("2026-{:02}-03", 1 + dice.below(8)).into());
    set("end_date", format!("2026-{:02}-27", 9 + dice.below(4)).into());
    set(
        "starting_employment_status",
        dice.pick(&["Permanent", "Permanent", "Fixed-Term", "Unemployed"]).into(),
    );
    let created = Value::from(moment(&mut dice));
    set("created_at", created.clone());
    set("updated_at", created);
    // The list example has a field that neither the table nor the create example has.
    set("designated_group", false.into());
    record
}

/// A made-up ID number with a right checksum (Luhn): date of birth, gender, citizenship.
fn id_number(year: u32, female: bool, dice: &mut Dice) -> String {
    let gender = if female { dice.below(5000) } else { 5000 + dice.below(5000) };
    let head = format!("{:02}{:02}{:02}{gender:04}08", year % 100, 1 + dice.below(12), 1 + dice.below(28));
    let sum: u32 = head
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let digit = u32::from(digit - b'0') * if at % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    format!("{head}{}", (10 - sum % 10) % 10)
}

/// A score of a supplier.
pub(super) fn score(vendor: u64, at: u64) -> Value {
    let mut dice = Dice(vendor * 10 + at);
    let year = 2024 + at;
    let local = at % 2 == 1;
    let black = dice.below(101);
    let mut score = json!({
        "level": (1 + dice.below(8)).to_string(), "score": format!("{}.{:02}", 40 + dice.below(70), dice.below(100)),
        "company_size": (1 + dice.below(3)).to_string(), "valid_from": format!("01/03/{year}"),
        "valid_until": format!("28/02/{}", year + 1), "black_ownership": format!("{black}.0"),
        "black_female_ownership": format!("{}.0", black / 3),
        "flow_through_black_ownership": format!("{black}.0"), "black_designated_group_ownership": "0.0",
        "value_adding_supplier": if dice.one_in(2) { "true" } else { "false" },
        "empowering": if dice.one_in(2) { "true" } else { "false" }, "measured_under": "RCoGP",
        "verification_agency": dice.pick(&["ABC Verification", "Empowerdex", "AQRate", ""]),
        "certificate_number": format!("CERT-{vendor}-{at}"), "id": if local { vendor.to_string() } else { String::new() },
        "created_at": format!("02/03/{year} 09:15:00"), "updated_at": format!("02/03/{year} 09:15:00"),
        "source": if local { "local" } else { "beagle" },
    });
    if !local {
        score["beagle_scorecard_url"] =
            format!("https://www.beagledatabase.co.za/scorecards/{vendor}?token=...").into();
        score["beagle_scorecard_url_expires_at"] = "2026-12-31T08:58:24Z".into();
    }
    score
}
