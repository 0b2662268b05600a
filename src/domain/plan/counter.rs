//! The counters of a target: race × gender × occupational level (Employment Equity Plans, "Counter fields").

use crate::domain::text::label_from_api_name;
use std::fmt;
use std::sync::Arc;

use strum::VariantArray;

/// A race in the terms of the Employment Equity Act and the API; `foreign` is the API's fifth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::VariantArray)]
pub enum Race {
    /// `african`
    African,
    /// `coloured`
    Coloured,
    /// `indian`
    Indian,
    /// `white`
    White,
    /// `foreign`: foreign nationals of any race
    Foreign,
}

/// A gender in the terms of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::VariantArray)]
pub enum Gender {
    /// `male`
    Male,
    /// `female`
    Female,
}

/// One of the six occupational levels, in the order of the law's forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, strum::VariantArray)]
pub enum Level {
    /// `top_managers`
    Top,
    /// `senior_managers`
    Senior,
    /// `middle_managers`: professionally qualified
    Middle,
    /// `junior_managers`: skilled technical
    Junior,
    /// `semi_skilled_employees`
    SemiSkilled,
    /// `unskilled_employees`
    Unskilled,
}

/// A column of the statutory tables (EEA2, EEA13): a race and a gender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatutoryColumn {
    /// The race.
    pub race: Race,
    /// The gender.
    pub gender: Gender,
}

/// A row of a target's table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slice {
    /// One of the six levels, which the totals add up.
    Level(Level),
    /// A further slice ("a handful of temporary / permanent slices"), by the API's name; not part of any
    /// total.
    Further(Arc<str>),
}

/// One counter: a cell of a target's table, or a key of another form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counter {
    /// `number_of_{race}_{gender}_{slice}`
    Cell(Slice, StatutoryColumn),
    /// A `number_of_…` key of another form, as the server wrote it.
    Other(Arc<str>),
}

const PREFIX: &str = "number_of_";

impl Race {
    fn name(self) -> &'static str {
        ["african", "coloured", "indian", "white", "foreign"][self as usize]
    }
}

impl Gender {
    fn name(self) -> &'static str {
        ["male", "female"][self as usize]
    }
}

impl Level {
    /// The level as it ends the API's counter names: `top_managers`.
    pub fn name(self) -> &'static str {
        [
            "top_managers",
            "senior_managers",
            "middle_managers",
            "junior_managers",
            "semi_skilled_employees",
            "unskilled_employees",
        ][self as usize]
    }

    /// The row's label in the grid.
    pub fn label(self) -> &'static str {
        ["Top", "Senior", "Middle", "Junior", "Semi-skilled", "Unskilled"][self as usize]
    }

    /// The level a label names: the grid's label, the API's name, or the words of the law's forms (EEA2,
    /// EEA13). `None` for any other text.
    pub fn from_label(text: &str) -> Option<Self> {
        let words = lowercase_words(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        // A label such as "Top temporary" names a part of the level, not the level.
        let part = |word: &&str| {
            let parts = ["temp", "perm", "disab", "contract", "total", "foreign"];
            parts.iter().any(|part| word.starts_with(part))
        };
        if words.iter().any(part) {
            return None;
        }
        Some(match words.as_slice() {
            ["top"] | ["top", "managers" | "management" | "manager"] => Self::Top,
            ["senior"] | ["senior", "managers" | "management" | "manager"] => Self::Senior,
            ["middle" | "mid"]
            | ["middle" | "mid", "managers" | "management" | "manager"]
            | ["professionally", "qualified", ..] => Self::Middle,
            ["junior"]
            | ["junior", "managers" | "management" | "manager"]
            | ["skilled", "technical" | "technically", ..] => Self::Junior,
            ["semi", "skilled", ..] | ["semiskilled", ..] => Self::SemiSkilled,
            ["unskilled"] | ["unskilled", "employees" | "and", ..] | ["un", "skilled", ..] => Self::Unskilled,
            _ => return None,
        })
    }
}

/// The words of a text in lower case, without the blanks and punctuation between them.
pub fn lowercase_words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

impl StatutoryColumn {
    /// The ten columns in statutory order: male African, Coloured, Indian, White; female the same; foreign
    /// male, foreign female.
    pub const ALL: [StatutoryColumn; 10] = {
        use Gender::{Female, Male};
        use Race::{African, Coloured, Foreign, Indian, White};
        [
            StatutoryColumn { race: African, gender: Male },
            StatutoryColumn { race: Coloured, gender: Male },
            StatutoryColumn { race: Indian, gender: Male },
            StatutoryColumn { race: White, gender: Male },
            StatutoryColumn { race: African, gender: Female },
            StatutoryColumn { race: Coloured, gender: Female },
            StatutoryColumn { race: Indian, gender: Female },
            StatutoryColumn { race: White, gender: Female },
            StatutoryColumn { race: Foreign, gender: Male },
            StatutoryColumn { race: Foreign, gender: Female },
        ]
    };

    /// The column of the same race and the other gender.
    #[must_use]
    pub fn of_the_other_gender(self) -> Self {
        let gender = match self.gender {
            Gender::Male => Gender::Female,
            Gender::Female => Gender::Male,
        };
        Self { gender, ..self }
    }

    /// Whether this column begins a group of the law's forms: men, women, foreign nationals.
    pub fn begins_group(self) -> bool {
        matches!((self.race, self.gender), (Race::African, _) | (Race::Foreign, Gender::Male))
    }

    /// The column's heading: `AM`, `CF`, …
    pub fn heading(self) -> &'static str {
        match (self.race, self.gender) {
            (Race::African, Gender::Male) => "AM",
            (Race::Coloured, Gender::Male) => "CM",
            (Race::Indian, Gender::Male) => "IM",
            (Race::White, Gender::Male) => "WM",
            (Race::African, Gender::Female) => "AF",
            (Race::Coloured, Gender::Female) => "CF",
            (Race::Indian, Gender::Female) => "IF",
            (Race::White, Gender::Female) => "WF",
            (Race::Foreign, Gender::Male) => "FM",
            (Race::Foreign, Gender::Female) => "FF",
        }
    }

    /// The column a heading names: the grid's heading, the API's words in either order, or `Foreign national
    /// male`. `None` for any other text.
    pub fn from_heading(text: &str) -> Option<Self> {
        let words = lowercase_words(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if let [head] = words.as_slice() {
            return Self::ALL.into_iter().find(|column| column.heading().eq_ignore_ascii_case(head));
        }
        let singular = |word: &&str| word.strip_suffix('s').unwrap_or(word).to_owned();
        let words: Vec<String> = words.iter().map(singular).filter(|word| word != "national").collect();
        let is = |column: &Self| {
            let names = [column.race.name(), column.gender.name()];
            words.len() == 2 && names.iter().all(|name| words.iter().any(|word| word == name))
        };
        Self::ALL.into_iter().find(is)
    }

    /// Reads a heading row of the law's forms, which name columns by first letters: `A C I W A C I W`, then
    /// male and female foreign nationals where present. Returns a column for each heading, `None` for blanks
    /// and for sums (`is_sum` gets the lower-case heading). Returns `None` when the row has another form.
    pub fn from_form_headings(heads: &[&str], is_sum: impl Fn(&str) -> bool) -> Option<Vec<Option<Self>>> {
        let letters = ["a", "c", "i", "w", "a", "c", "i", "w", "m", "f"];
        let mut next = 0;
        let mut columns = Vec::new();
        for head in heads {
            let head = head.trim().to_lowercase();
            let is = |letter: &&str| {
                head == **letter
                    || matches!((*letter, head.as_str()), ("m", "male" | "fm") | ("f", "female" | "ff"))
            };
            let column =
                letters.get(next).filter(|letter| is(letter)).and_then(|_| Self::ALL.get(next).copied());
            next += usize::from(column.is_some());
            // Any heading may precede the first letter; between the eight letters only blanks and sums may
            // stand.
            if column.is_none() && next > 0 && next < 8 && !head.is_empty() && !is_sum(&head) {
                return None;
            }
            columns.push(column);
        }
        (next >= 8).then_some(columns)
    }

    /// The column in words: `African female`.
    pub fn label(self) -> String {
        let mut race = self.race.name().to_owned();
        race[..1].make_ascii_uppercase();
        format!("{race} {}", self.gender.name())
    }
}

/// Statutory order, in which all lists of counters are sorted: by level, then by column.
impl Ord for StatutoryColumn {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let place = |column: &Self| (column.race == Race::Foreign, column.gender, column.race);
        place(self).cmp(&place(other))
    }
}

impl PartialOrd for StatutoryColumn {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Slice {
    /// The API's name of the slice.
    pub fn name(&self) -> &str {
        match self {
            Self::Level(level) => level.name(),
            Self::Further(name) => name,
        }
    }

    /// The row's label: the level's, or one made from the API's name of a further slice.
    pub fn label(&self) -> String {
        match self {
            Self::Level(level) => level.label().to_owned(),
            Self::Further(name) => label_from_api_name(name.strip_suffix("_employees").unwrap_or(name)),
        }
    }
}

impl Counter {
    /// Parses an API key; `None` when it does not begin with `number_of_`.
    pub fn parse(key: &str) -> Option<Self> {
        let rest = key.strip_prefix(PREFIX)?;
        let cell = || {
            let (race, rest) = prefix(rest, Race::VARIANTS, Race::name)?;
            let (gender, rest) = prefix(rest, Gender::VARIANTS, Gender::name)?;
            let slice = match Level::VARIANTS.iter().find(|l| l.name() == rest) {
                Some(level) => Slice::Level(*level),
                None => Slice::Further(rest.into()),
            };
            Some(Self::Cell(slice, StatutoryColumn { race, gender }))
        };
        Some(cell().unwrap_or_else(|| Self::Other(key.into())))
    }

    /// The API's key.
    pub fn name(&self) -> String {
        match self {
            Self::Cell(slice, column) => {
                format!("{PREFIX}{}_{}_{}", column.race.name(), column.gender.name(), slice.name())
            }
            Self::Other(key) => key.to_string(),
        }
    }
}

/// Splits off the variant whose name and a `_` begin `text`; the rest is never empty.
fn prefix<'a, T: Copy>(text: &'a str, variants: &[T], name: fn(T) -> &'static str) -> Option<(T, &'a str)> {
    variants.iter().find_map(|v| {
        let rest = text.strip_prefix(name(*v))?.strip_prefix('_')?;
        (!rest.is_empty()).then_some((*v, rest))
    })
}

/// `African female · Senior`, or a label made from a key of another form.
impl fmt::Display for Counter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell(slice, column) => {
                write!(f, "{} · {}", column.label(), crate::domain::text::Text::from(slice.label()))
            }
            Self::Other(key) => {
                let label = label_from_api_name(key.strip_prefix(PREFIX).unwrap_or(key));
                write!(f, "{}", crate::domain::text::Text::from(label))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_keys_are_read_and_printed() {
        let counter = Counter::parse("number_of_coloured_female_senior_managers").unwrap();
        let column = StatutoryColumn { race: Race::Coloured, gender: Gender::Female };
        assert_eq!(counter, Counter::Cell(Slice::Level(Level::Senior), column));
        assert_eq!(counter.to_string(), "Coloured female · Senior");
    }

    #[test]
    fn the_sixty_documented_counters_survive_a_round_trip() {
        let mut seen = std::collections::BTreeSet::new();
        for race in ["african", "coloured", "indian", "white", "foreign"] {
            for gender in ["male", "female"] {
                for level in "top_managers senior_managers middle_managers junior_managers \
                              semi_skilled_employees unskilled_employees"
                    .split_whitespace()
                {
                    let key = format!("number_of_{race}_{gender}_{level}");
                    let counter = Counter::parse(&key).unwrap();
                    assert!(matches!(counter, Counter::Cell(Slice::Level(_), _)), "{key}");
                    assert_eq!(counter.name(), key);
                    seen.insert(counter);
                }
            }
        }
        assert_eq!(seen.len(), 60);
    }

    #[test]
    fn an_undocumented_slice_is_a_row_and_another_key_is_kept() {
        let temporary = Counter::parse("number_of_african_male_temporary_employees").unwrap();
        assert_eq!(temporary.to_string(), "African male · Temporary");
        assert_eq!(temporary.name(), "number_of_african_male_temporary_employees");
        for key in ["number_of_people", "number_of_african_male_", "number_of_african_other_x", "number_of_"]
        {
            let counter = Counter::parse(key).unwrap();
            assert!(matches!(counter, Counter::Other(_)), "{key}");
            assert_eq!(counter.name(), key);
        }
        assert_eq!(Counter::parse("target_type"), None);
    }

    #[test]
    fn levels_and_columns_are_recognised_by_the_names_of_the_law_the_api_and_the_grid() {
        for (level, words) in [
            (Level::Top, "Top management"),
            (Level::Senior, "senior_managers"),
            (Level::Middle, "Professionally qualified and experienced specialists and mid-management"),
            (
                Level::Junior,
                "Skilled technical and academically qualified workers, junior management, supervisors",
            ),
            (Level::SemiSkilled, "Semi-skilled and discretionary decision making"),
            (Level::SemiSkilled, "semi_skilled_employees"),
            (Level::Unskilled, "Unskilled and defined decision making"),
        ] {
            assert_eq!(Level::from_label(words), Some(level), "{words}");
        }
        for level in Level::VARIANTS {
            assert_eq!(
                (Level::from_label(level.name()), Level::from_label(level.label())),
                (Some(*level), Some(*level))
            );
        }
        for other in [
            "Total permanent",
            "Temporary",
            "Skilled",
            "",
            "Top temporary",
            "Senior management (temporary)",
            "Top management - disabled",
        ] {
            assert_eq!(Level::from_label(other), None, "{other}");
        }
        let column = |race, gender| Some(StatutoryColumn { race, gender });
        assert_eq!(StatutoryColumn::from_heading("Female, African"), column(Race::African, Gender::Female));
        assert_eq!(
            StatutoryColumn::from_heading("foreign nationals male"),
            column(Race::Foreign, Gender::Male)
        );
        assert_eq!(StatutoryColumn::from_heading("wm"), column(Race::White, Gender::Male));
        assert!(
            StatutoryColumn::from_heading("Male").is_none()
                && StatutoryColumn::from_heading("Total").is_none()
        );
        let form = ["Level", "A", "C", "I", "W", "Total", "A", "C", "I", "W", "Total", "Male", "Female"];
        let columns = StatutoryColumn::from_form_headings(&form, |head| head == "total").unwrap();
        let heads: Vec<_> =
            columns.into_iter().map(|column| column.map_or("-", StatutoryColumn::heading)).collect();
        assert_eq!(heads.join(" "), "- AM CM IM WM - AF CF IF WF - FM FF");
        assert_eq!(StatutoryColumn::from_form_headings(&["A", "C", "I", "W"], |_| false), None);
        assert_eq!(
            StatutoryColumn::from_form_headings(&["A", "C", "X", "I", "W", "A", "C", "I", "W"], |_| false),
            None
        );
    }

    #[test]
    fn the_columns_are_in_statutory_order() {
        let heads = StatutoryColumn::ALL.map(StatutoryColumn::heading).join(" ");
        assert_eq!(heads, "AM CM IM WM AF CF IF WF FM FF");
        assert!(StatutoryColumn::ALL.is_sorted());
    }
}
