//! What a scorecard's training costs, and for how many participants, by the groups that B-BBEE asks about.

use std::collections::BTreeMap;
use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};

use crate::domain::file_table::FileTable;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::training_program::{CATEGORIES, category_description};
use crate::domain::record::{FieldKind, Record, Value};

/// The costs of a participant besides the salary (Training Program Participants, "Attributes").
const TRAINING_COSTS: [&str; 7] = [
    "course_cost",
    "travel_cost",
    "catering_cost",
    "stationery_cost",
    "training_facility_cost",
    "other_costs",
    "accommodation_cost",
];

/// A group of participants, in the order they are shown. A participant is in one group of each kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpendGroup {
    /// All participants.
    All,
    /// By the program's category, `A` to `G`.
    Category(ListedWord),
    /// By race, foreign nationals among them.
    Race(ListedWord),
    /// African, Coloured and Indian participants who are no foreign nationals, or the others.
    Black(YesNo),
    /// Foreign nationals or not.
    Foreign(YesNo),
    /// By gender.
    Gender(ListedWord),
    /// With a disability or without.
    Disabled(YesNo),
    /// Employed or unemployed.
    Employed(YesNo),
    /// Absorbed or not.
    Absorbed(YesNo),
}

/// A word of one of the API's lists, ordered as in that list; another word as the server sent it, empty when it sent none,
/// comes after them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListedWord {
    place: usize,
    word: String,
}

impl ListedWord {
    /// A value as a word of a list, without regard to case.
    fn of(value: &Value, list: &[&str]) -> Self {
        let sent = value.to_string();
        match list.iter().position(|word| word.eq_ignore_ascii_case(sent.trim())) {
            Some(place) => Self { place, word: list[place].to_owned() },
            None => Self { place: list.len(), word: sent },
        }
    }
}

/// The value of a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum YesNo {
    /// `true`
    Yes,
    /// `false`
    No,
    /// The server sent neither.
    NotSaid,
}

impl YesNo {
    fn of(value: &Value) -> Self {
        match value {
            Value::Flag(true) => Self::Yes,
            Value::Flag(false) => Self::No,
            _ => Self::NotSaid,
        }
    }
}

impl fmt::Display for SpendGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (subject, answer, words) = match self {
            Self::All => return f.write_str("All participants"),
            Self::Category(word) | Self::Race(word) | Self::Gender(word) => {
                let kind = match self {
                    Self::Category(_) => "Category",
                    Self::Race(_) => "Race",
                    _ => "Gender",
                };
                return write!(f, "{kind} {}", if word.word.is_empty() { "not said" } else { &word.word });
            }
            Self::Black(is) => ("Race", is, ["Black people", "Not Black people"]),
            Self::Foreign(is) => ("Nationality", is, ["Foreign nationals", "South Africans"]),
            Self::Disabled(is) => ("Disability", is, ["With a disability", "Without a disability"]),
            Self::Employed(is) => ("Employment", is, ["Employed", "Unemployed"]),
            Self::Absorbed(is) => ("Absorption", is, ["Absorbed", "Not absorbed"]),
        };
        match answer {
            YesNo::Yes => f.write_str(words[0]),
            YesNo::No => f.write_str(words[1]),
            YesNo::NotSaid => write!(f, "{subject} not said"),
        }
    }
}

impl SpendGroup {
    /// What belongs to the group, in a sentence; empty where its name says it.
    pub fn description(&self) -> &'static str {
        match self {
            Self::All => "Each participant of each program; a person in two programs is counted twice.",
            Self::Category(code) => category_description(&code.word),
            Self::Race(_) => "Foreign nationals are counted with their race too.",
            Self::Black(YesNo::Yes) => "African, Coloured and Indian, without foreign nationals.",
            Self::Black(_) => "White people, foreign nationals, and those whose race is not said.",
            _ => "",
        }
    }
}

/// Participants of a group and their costs in rand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpendFigures {
    /// How many participants there are.
    pub participants: u64,
    /// All costs but salaries.
    pub training: Decimal,
    /// Salaries.
    pub salary: Decimal,
    /// Costs that are no number and are in no sum.
    pub unreadable_costs: u64,
}

impl SpendFigures {
    /// The costs of one participant.
    fn of(participant: &Record) -> Self {
        let mut figures = Self { participants: 1, ..Self::default() };
        let mut cost = |name: &str| match participant.value(name) {
            Value::Decimal(amount) => *amount,
            Value::Integer(amount) => Decimal::from(*amount),
            Value::Absent | Value::Null => Decimal::ZERO,
            Value::Text(text) if text.raw().trim().is_empty() => Decimal::ZERO,
            _ => {
                figures.unreadable_costs += 1;
                Decimal::ZERO
            }
        };
        let training = TRAINING_COSTS.into_iter().map(&mut cost).fold(Decimal::ZERO, Decimal::saturating_add);
        let salary = cost("salary_cost");
        Self { training, salary, ..figures }
    }

    fn subtract(&mut self, other: &Self) {
        self.participants = self.participants.saturating_sub(other.participants);
        self.training = self.training.saturating_sub(other.training);
        self.salary = self.salary.saturating_sub(other.salary);
        self.unreadable_costs = self.unreadable_costs.saturating_sub(other.unreadable_costs);
    }

    fn add(&mut self, other: &Self) {
        self.participants += other.participants;
        self.training = self.training.saturating_add(other.training);
        self.salary = self.salary.saturating_add(other.salary);
        self.unreadable_costs += other.unreadable_costs;
    }

    /// All costs.
    pub fn spend(&self) -> Decimal {
        self.training.saturating_add(self.salary)
    }

    /// The share of these costs in those of all participants, in per cent with one decimal; `None` while there are none.
    pub fn share_of(&self, all: &Self) -> Option<Decimal> {
        let share = self.spend().checked_mul(Decimal::ONE_HUNDRED)?.checked_div(all.spend())?;
        Some(share.round_dp_with_strategy(1, RoundingStrategy::MidpointAwayFromZero))
    }
}

/// The figures of every group that has participants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpendTable(BTreeMap<SpendGroup, SpendFigures>);

impl SpendTable {
    /// The figures of one program, by its category and its participants.
    pub fn of_program<'a>(category: &Value, participants: impl Iterator<Item = &'a Record>) -> Self {
        let mut table = Self::default();
        let category = SpendGroup::Category(ListedWord::of(category, &CATEGORIES));
        for participant in participants {
            let figures = SpendFigures::of(participant);
            table.add_to(SpendGroup::All, &figures);
            table.add_to(category.clone(), &figures);
            for group in personal_groups(participant) {
                table.add_to(group, &figures);
            }
        }
        table
    }

    fn add_to(&mut self, group: SpendGroup, figures: &SpendFigures) {
        self.0.entry(group).or_default().add(figures);
    }

    /// Adds the figures of another program.
    pub fn add(&mut self, other: &Self) {
        for (group, figures) in &other.0 {
            self.add_to(group.clone(), figures);
        }
    }

    /// Takes away the figures of a program that were added before.
    pub fn subtract(&mut self, other: &Self) {
        for (group, figures) in &other.0 {
            if let Some(mine) = self.0.get_mut(group) {
                mine.subtract(figures);
            }
        }
        self.0.retain(|_, figures| figures.participants > 0);
    }

    /// The figures of all participants.
    pub fn all(&self) -> SpendFigures {
        self.0.get(&SpendGroup::All).copied().unwrap_or_default()
    }

    /// Each group with its figures, in the order they are shown.
    pub fn rows(&self) -> impl Iterator<Item = (&SpendGroup, &SpendFigures)> {
        self.0.iter()
    }

    /// The rows as a table for a file, with amounts in rand and shares in per cent.
    pub fn to_file_table(&self) -> FileTable {
        let headings = ["Group", "Participants", "Training", "Salary", "Spend", "% of spend"];
        let all = self.all();
        let cells = |(group, figures): (&SpendGroup, &SpendFigures)| {
            vec![
                group.to_string(),
                figures.participants.to_string(),
                amount_text(figures.training),
                amount_text(figures.salary),
                amount_text(figures.spend()),
                figures.share_of(&all).map_or_else(String::new, |share| format!("{share:.1}")),
            ]
        };
        FileTable {
            headings: headings.map(str::to_owned).into(),
            rows: (2..).zip(self.rows().map(cells)).collect(),
        }
    }
}

/// An amount in rand with its cents.
pub fn amount_text(amount: Decimal) -> String {
    format!("{:.2}", amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}

/// The groups that a participant is in besides those of the program.
fn personal_groups(participant: &Record) -> [SpendGroup; 7] {
    let flag = |name: &str| YesNo::of(participant.value(name));
    let word = |name: &str| {
        let words = match PARTICIPANT.field(name).map(|field| field.kind) {
            Some(FieldKind::Choice(words)) => words,
            _ => &[],
        };
        ListedWord::of(participant.value(name), words)
    };
    let (race, foreign) = (word("race"), flag("foreign"));
    let is_black = foreign != YesNo::Yes && ["African", "Coloured", "Indian"].contains(&race.word.as_str());
    [
        SpendGroup::Race(race),
        SpendGroup::Black(if is_black { YesNo::Yes } else { YesNo::No }),
        SpendGroup::Foreign(foreign),
        SpendGroup::Gender(word("gender")),
        SpendGroup::Disabled(flag("disabled")),
        SpendGroup::Employed(flag("employed")),
        SpendGroup::Absorbed(flag("absorbed")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::page::read_record;

    fn participant(json: &str) -> Record {
        let raw = serde_json::value::RawValue::from_string(json.into()).unwrap();
        read_record(&PARTICIPANT, &raw).unwrap()
    }

    fn text(table: &SpendTable) -> Vec<String> {
        table.to_file_table().rows.into_iter().map(|(_, cells)| cells.join(" | ")).collect()
    }

    #[test]
    fn a_participant_counts_in_one_group_of_each_kind_with_all_eight_costs() {
        let ann = participant(
            r#"{"id": 1, "race": "African", "gender": "Female", "foreign": false, "disabled": true, "employed": true,
            "absorbed": false, "course_cost": "1000.10", "travel_cost": 20, "catering_cost": "3.0", "stationery_cost": "0.4",
            "training_facility_cost": "0.50", "other_costs": "6", "accommodation_cost": "70.0", "salary_cost": "8000.0"}"#,
        );
        let ben = participant(
            r#"{"id": 2, "race": "White", "gender": "Male", "foreign": false, "disabled": false, "employed": false,
            "absorbed": true, "course_cost": "900.0"}"#,
        );
        let cas = participant(
            r#"{"id": 3, "race": "african", "gender": "Male", "foreign": true, "disabled": false, "employed": null,
            "course_cost": "cheap", "salary_cost": null}"#,
        );
        let mut table = SpendTable::of_program(&Value::Text("D".into()), [&ann].into_iter());
        table.add(&SpendTable::of_program(&Value::Text("b".into()), [&ben, &cas].into_iter()));
        assert_eq!(
            text(&table),
            [
                "All participants | 3 | 2000.00 | 8000.00 | 10000.00 | 100.0",
                "Category B | 2 | 900.00 | 0.00 | 900.00 | 9.0",
                "Category D | 1 | 1100.00 | 8000.00 | 9100.00 | 91.0",
                "Race African | 2 | 1100.00 | 8000.00 | 9100.00 | 91.0",
                "Race White | 1 | 900.00 | 0.00 | 900.00 | 9.0",
                "Black people | 1 | 1100.00 | 8000.00 | 9100.00 | 91.0",
                "Not Black people | 2 | 900.00 | 0.00 | 900.00 | 9.0",
                "Foreign nationals | 1 | 0.00 | 0.00 | 0.00 | 0.0",
                "South Africans | 2 | 2000.00 | 8000.00 | 10000.00 | 100.0",
                "Gender Male | 2 | 900.00 | 0.00 | 900.00 | 9.0",
                "Gender Female | 1 | 1100.00 | 8000.00 | 9100.00 | 91.0",
                "With a disability | 1 | 1100.00 | 8000.00 | 9100.00 | 91.0",
                "Without a disability | 2 | 900.00 | 0.00 | 900.00 | 9.0",
                "Employed | 1 | 1100.00 | 8000.00 | 9100.00 | 91.0",
                "Unemployed | 1 | 900.00 | 0.00 | 900.00 | 9.0",
                "Employment not said | 1 | 0.00 | 0.00 | 0.00 | 0.0",
                "Absorbed | 1 | 900.00 | 0.00 | 900.00 | 9.0",
                "Not absorbed | 1 | 1100.00 | 8000.00 | 9100.00 | 91.0",
                "Absorption not said | 1 | 0.00 | 0.00 | 0.00 | 0.0",
            ]
        );
        assert_eq!(table.all().unreadable_costs, 1, "`cheap` is no amount");
    }

    #[test]
    fn shares_of_nothing_are_left_out() {
        let free = participant(r#"{"id": 1, "race": "Indian", "gender": "Male"}"#);
        let table = SpendTable::of_program(&Value::Null, [&free].into_iter());
        assert_eq!(
            text(&table)[..2],
            ["All participants | 1 | 0.00 | 0.00 | 0.00 | ", "Category not said | 1 | 0.00 | 0.00 | 0.00 | "]
        );
        assert_eq!(SpendTable::default().rows().count(), 0);
    }
}
