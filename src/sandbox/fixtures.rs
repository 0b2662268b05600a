//! Generated data, the same at every start: people, participants, scores.

use serde_json::{Value, json};

use crate::sandbox::responses::{JsonObject, format_timestamp};

/// A scorecard's number of people by level and column; the rows are those of a target: six levels, temporary,
/// permanent.
#[derive(Clone, Default)]
pub(super) struct Workforce {
    rows: [[u32; 10]; 8],
}

impl Workforce {
    /// The people of a cell; with `disabled`, about one in fifty of them.
    pub(super) fn count(&self, row: usize, column: usize, disabled: bool) -> u32 {
        let all = self.rows[row][column];
        if disabled { (all + 20) / 50 } else { all }
    }

    /// A workforce of about `size` people, grown and shifted a little for each year of a plan.
    pub(super) fn of(size: u32, year: u32, dice: &mut FixtureRandom) -> Self {
        // Per mille of the workforce by level, and per mille of a level by column: male African, Coloured,
        // Indian, White, female the same, foreign male and female.
        const LEVELS_PER_MILLE: [u32; 6] = [11, 29, 116, 278, 413, 153];
        const TOP_LEVEL_PER_MILLE: [u32; 10] = [176, 59, 59, 353, 118, 30, 59, 118, 28, 0];
        const BOTTOM_LEVEL_PER_MILLE: [u32; 10] = [350, 95, 8, 8, 420, 105, 6, 6, 2, 0];
        let mut rows = [[0; 10]; 8];
        for (level, share) in LEVELS_PER_MILLE.iter().enumerate() {
            let people = size * share / 1000;
            for column in 0..10 {
                let at = level as u32;
                let blend =
                    TOP_LEVEL_PER_MILLE[column] * (5 - at) / 5 + BOTTOM_LEVEL_PER_MILLE[column] * at / 5;
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
pub(super) struct FixtureRandom(pub(super) u64);

impl FixtureRandom {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, most: u32) -> u32 {
        (self.next() % u64::from(most.max(1))) as u32
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len() as u32) as usize]
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.below(n) == 0
    }
}

/// An id of 24 letters and digits, like the scorecard ids in the documents.
pub(super) fn token(number: u64) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789";
    let mut dice = FixtureRandom(number);
    (0..24).map(|_| LETTERS[dice.below(LETTERS.len() as u32) as usize] as char).collect()
}

/// A time between late February and mid-April 2026.
pub(super) fn random_timestamp(dice: &mut FixtureRandom) -> String {
    let seconds = 1_772_000_000 + i64::from(dice.below(4_000_000));
    jiff::Timestamp::from_second(seconds).map(format_timestamp).unwrap_or_default()
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

/// The fields of a participant in the documents' order, with the value stored for one that is left out
/// (Participants, create example).
pub(super) fn participant_defaults() -> JsonObject {
    let json = json!({
        "full_name": null, "gender": null, "disabled": false, "foreign": false, "race": null, "id_number": null,
        "office_based": false, "age": 0, "province": null, "business_unit": null, "employee_code": null,
        "employed": true, "completed": false, "absorbed": false, "course_cost": "0.0", "travel_cost": "0.0",
        "catering_cost": "0.0", "stationery_cost": "0.0", "training_facility_cost": "0.0", "salary_cost": "0.0",
        "other_costs": "0.0", "start_date": null, "end_date": null, "accommodation_cost": "0.0",
        "custom_data": null, "man_hours": "0.0", "driver": false, "starting_employment_status": "Permanent",
        "yes_employee": false, "absorption_date": null, "legal_attorney_status": null,
        "admission_as_legal_practitioner": false,
    });
    json.as_object().cloned().unwrap_or_default()
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

/// The generated participant with this id, always the same.
pub(super) fn participant(id: u64) -> JsonObject {
    let mut dice = FixtureRandom(id);
    let female = dice.one_in(2);
    let age = 19 + dice.below(40);
    let amount = |dice: &mut FixtureRandom, most: u32| Value::from(format!("{}.0", 50 * dice.below(most)));
    let mut record = JsonObject::new();
    record.insert("id".into(), id.into());
    record.extend(participant_defaults());
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
    let created = Value::from(random_timestamp(&mut dice));
    set("created_at", created.clone());
    set("updated_at", created);
    // The list example has a field that neither the table nor the create example has.
    set("designated_group", false.into());
    record
}

/// A made-up ID number with a valid checksum (Luhn): date of birth, gender, citizenship.
fn id_number(year: u32, female: bool, dice: &mut FixtureRandom) -> String {
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

/// One score of a made-up supplier; every second one is `local`.
pub(super) fn score(vendor: u64, at: u64) -> Value {
    let mut dice = FixtureRandom(vendor * 10 + at);
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
