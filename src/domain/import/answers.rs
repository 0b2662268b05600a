//! What a person has said about a file: answers to questions, fields of columns, meanings of words. As a mapping
//! file they serve the next file of the same headings.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::domain::date::DateOrder;
use crate::domain::file_grid::DateSystem;
use crate::domain::import::vocabulary::normalize_word;
use crate::domain::record::amount::DecimalMark;
use crate::domain::shape_error::message_error;

message_error! {
    /// A mapping that cannot be read, in words.
    MappingError
}

macro_rules! answer {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)*
        }

        impl $name {
            /// The words that can be given.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The answer with this word; `None` for any other.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

answer! {
    /// What people without a word on employment are.
    EmploymentAnswer {
        /// Employed, permanent.
        Permanent = "permanent",
        /// Employed for a fixed term.
        FixedTerm = "fixed-term",
        /// Unemployed.
        Unemployed = "unemployed",
        /// Whatever the server writes: employed, permanent.
        Server = "server",
    }
}
answer! {
    /// Yes or no.
    YesNo {
        /// Yes.
        Yes = "yes",
        /// No.
        No = "no",
    }
}
answer! {
    /// Which part stands first in dates of numbers.
    DateOrderAnswer {
        /// The day.
        DayFirst = "dmy",
        /// The month.
        MonthFirst = "mdy",
    }
}
answer! {
    /// The decimal mark of amounts.
    DecimalAnswer {
        /// `12,50`
        Comma = "comma",
        /// `12.50`
        Point = "point",
    }
}
answer! {
    /// From which year numbers count as dates.
    DateSystemAnswer {
        /// As Excel does.
        From1900 = "1900",
        /// As old Excel for the Mac did.
        From1904 = "1904",
    }
}
answer! {
    /// What to do with VAT in costs whose heading says that it is included.
    VatAnswer {
        /// Send the costs as they stand.
        Keep = "keep",
        /// Take it off: divided by 1.15, to the cent.
        Remove = "remove",
    }
}
answer! {
    /// What a cost merged over several rows means.
    MergedAnswer {
        /// Each row costs as much.
        Each = "each",
        /// The rows share it.
        Divided = "divided",
        /// The first row costs it, the others nothing.
        First = "first",
    }
}
answer! {
    /// What to do with rows that are on the server already.
    ExistingAnswer {
        /// Pass over them.
        Skip = "skip",
        /// Hold them.
        Hold = "hold",
    }
}

impl YesNo {
    /// Whether it is yes.
    pub fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

impl From<DateOrderAnswer> for DateOrder {
    fn from(answer: DateOrderAnswer) -> Self {
        match answer {
            DateOrderAnswer::DayFirst => Self::DayFirst,
            DateOrderAnswer::MonthFirst => Self::MonthFirst,
        }
    }
}

impl From<DecimalAnswer> for DecimalMark {
    fn from(answer: DecimalAnswer) -> Self {
        match answer {
            DecimalAnswer::Comma => Self::Comma,
            DecimalAnswer::Point => Self::Point,
        }
    }
}

impl From<DateSystemAnswer> for DateSystem {
    fn from(answer: DateSystemAnswer) -> Self {
        match answer {
            DateSystemAnswer::From1900 => Self::From1900,
            DateSystemAnswer::From1904 => Self::From1904,
        }
    }
}

/// All that was said about a file; nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Answers {
    /// The sheets to read; the one that fits best when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// What people are of whom the file says neither employed nor status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employed: Option<EmploymentAnswer>,
    /// Whether people are disabled of whom the file does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<YesNo>,
    /// Whether people are foreign nationals of whom the file does not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign: Option<YesNo>,
    /// The order of dates that show none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrderAnswer>,
    /// The decimal mark of columns that show none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<DecimalAnswer>,
    /// How numbers in date columns of text files are counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_system: Option<DateSystemAnswer>,
    /// Whether blanks of programs and dates mean "as above".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fill_down: Option<YesNo>,
    /// What to do with VAT.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vat: Option<VatAnswer>,
    /// What merged costs mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<MergedAnswer>,
    /// What to do with rows that are there already; they are passed over by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub existing: Option<ExistingAnswer>,
    /// The field of each column, by heading; an empty name leaves the column out.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    /// The rules, or `RULE:ROW`, whose findings hold no row any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub release: Vec<String>,
    /// What words mean, by heading and word; an empty meaning is none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
}

/// A heading as answers are kept for it: only letters and digits, in lower case.
pub fn heading_key(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric() || *c == '#').flat_map(char::to_lowercase).collect()
}

impl Answers {
    /// Reads a mapping file, as [`to_toml`](Self::to_toml) writes it.
    ///
    /// # Errors
    ///
    /// When the text is no TOML of this shape, with the place and the reason.
    pub fn from_toml(text: &str) -> Result<Self, MappingError> {
        toml::from_str(text).map_err(|e| MappingError::from(e.to_string()))
    }

    /// The answers as a mapping file.
    ///
    /// # Errors
    ///
    /// When they cannot be written as TOML.
    pub fn to_toml(&self) -> Result<String, MappingError> {
        toml::to_string_pretty(self).map_err(|e| MappingError::from(e.to_string()))
    }

    /// The field said for a heading: `Some("")` leaves it out, `None` says nothing.
    pub fn column(&self, heading: &str) -> Option<&str> {
        let key = heading_key(heading);
        self.columns.iter().find(|(known, _)| heading_key(known) == key).map(|(_, field)| field.as_str())
    }

    /// What was said that the words of a column mean, by the word as it is looked up.
    pub fn words(&self, heading: &str) -> HashMap<String, String> {
        let key = heading_key(heading);
        let own =
            self.values.iter().filter(|(known, _)| heading_key(known) == key).flat_map(|(_, words)| words);
        own.map(|(word, meaning)| (normalize_word(word), meaning.clone())).collect()
    }

    /// What was said that a word of a column means: `Some("")` for nothing.
    pub fn word(&self, heading: &str, word: &str) -> Option<&str> {
        if self.values.is_empty() {
            return None;
        }
        let (key, word) = (heading_key(heading), normalize_word(word));
        let words =
            self.values.iter().filter(|(known, _)| heading_key(known) == key).flat_map(|(_, words)| words);
        words
            .into_iter()
            .find(|(known, _)| normalize_word(known) == word)
            .map(|(_, meaning)| meaning.as_str())
    }

    /// Whether a person has released what a rule holds in a row.
    pub fn releases(&self, rule: &str, row: u32) -> bool {
        let of_row = |said: &str| {
            said.split_once(':').is_some_and(|(known, number)| known == rule && number.parse() == Ok(row))
        };
        self.release.iter().any(|said| said == rule || of_row(said))
    }

    /// These answers, with those of `other` where they say something.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        if !other.sheets.is_empty() {
            self.sheets = other.sheets;
        }
        self.release.extend(other.release);
        self.columns.extend(other.columns);
        for (heading, words) in other.values {
            self.values.entry(heading).or_default().extend(words);
        }
        Self {
            employed: other.employed.or(self.employed),
            disabled: other.disabled.or(self.disabled),
            foreign: other.foreign.or(self.foreign),
            date_order: other.date_order.or(self.date_order),
            decimal: other.decimal.or(self.decimal),
            date_system: other.date_system.or(self.date_system),
            fill_down: other.fill_down.or(self.fill_down),
            vat: other.vat.or(self.vat),
            merged: other.merged.or(self.merged),
            existing: other.existing.or(self.existing),
            ..self
        }
    }
}

/// A question that a file leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileQuestion {
    /// Its name: the option without its dashes, or `heading`.
    pub name: &'static str,
    /// The heading it is about; only for `heading`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub heading: Option<String>,
    /// The option that answers it.
    pub option: &'static str,
    /// What can be answered.
    pub choices: Vec<String>,
    /// Why it is asked.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_reads_back_as_it_was_written_and_refuses_what_it_does_not_know() {
        let answers = Answers {
            sheets: vec!["May".into()],
            employed: Some(EmploymentAnswer::FixedTerm),
            date_order: Some(DateOrderAnswer::DayFirst),
            columns: [("Wer".to_owned(), "full_name".to_owned())].into(),
            values: [("Race".to_owned(), [("Black".to_owned(), "African".to_owned())].into())].into(),
            ..Answers::default()
        };
        let text = answers.to_toml().unwrap();
        assert_eq!(Answers::from_toml(&text).unwrap(), answers, "{text}");
        assert!(Answers::from_toml("employd = \"server\"").unwrap_err().to_string().contains("employd"));
        assert_eq!(
            (answers.column("WER "), answers.word("race", " black")),
            (Some("full_name"), Some("African"))
        );
    }

    #[test]
    fn later_answers_win_over_earlier_ones() {
        let first = Answers { disabled: Some(YesNo::No), foreign: Some(YesNo::No), ..Answers::default() };
        let both = first.with(Answers { foreign: Some(YesNo::Yes), ..Answers::default() });
        assert_eq!((both.disabled, both.foreign), (Some(YesNo::No), Some(YesNo::Yes)));
    }
}
