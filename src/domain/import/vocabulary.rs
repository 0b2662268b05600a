//! The words of people's files: headings and values, from the tables in `assets/import`.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use crate::domain::date::DateOrder;
use crate::domain::file_grid::{is_invisible, is_zero_width};
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::training_program::TRAINING_PROGRAM;
use crate::domain::record::{FieldKind, SchemaField};
use crate::domain::text::fold_for_search;

/// A part of a person's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NamePart {
    /// First names.
    First,
    /// A name between first names and surname.
    Middle,
    /// The initials, which count only where there is no first name.
    Initials,
    /// The surname.
    Surname,
    /// The surname, then the first names.
    Reversed,
}

impl NamePart {
    /// Its name in reports and mappings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Middle => "middle",
            Self::Initials => "initials",
            Self::Surname => "surname",
            Self::Reversed => "reversed",
        }
    }
}

/// What a column of a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnRole {
    /// A field of the participant.
    Field(&'static SchemaField),
    /// The opposite of a flag of the participant, as in `Unemployed Learner`.
    Inverted(&'static SchemaField),
    /// A part of the full name.
    Name(NamePart),
    /// Gender and race in one word, like `AF`.
    GenderAndRace,
    /// A field of the training program.
    Program(&'static SchemaField),
    /// The total of the row's costs, to be compared with their sum.
    StatedTotal,
}

impl ColumnRole {
    /// The role with this name: a field, `!field`, `full_name.surname`, `program.name`, `check.total` or
    /// `gender+race`; `None` when there is no such role.
    pub fn named(name: &str) -> Option<Self> {
        let participant = |name: &str| PARTICIPANT.field(name).filter(|field| field.is_sendable());
        if let Some(field) = name.strip_prefix("program.") {
            return TRAINING_PROGRAM.field(field).filter(|field| field.is_sendable()).map(Self::Program);
        }
        if let Some(field) = name.strip_prefix('!') {
            return participant(field).filter(|field| field.kind == FieldKind::Flag).map(Self::Inverted);
        }
        if let Some(part) = name.strip_prefix("full_name.") {
            let parts = [
                NamePart::First,
                NamePart::Middle,
                NamePart::Initials,
                NamePart::Surname,
                NamePart::Reversed,
            ];
            return parts.into_iter().find(|known| known.as_str() == part).map(Self::Name);
        }
        match name {
            "check.total" => Some(Self::StatedTotal),
            "gender+race" => Some(Self::GenderAndRace),
            _ => participant(name).map(Self::Field),
        }
    }

    /// The name that [`named`](Self::named) reads.
    pub fn name(self) -> String {
        match self {
            Self::Field(field) => field.name.into(),
            Self::Inverted(field) => format!("!{}", field.name),
            Self::Name(part) => format!("full_name.{}", part.as_str()),
            Self::GenderAndRace => "gender+race".into(),
            Self::Program(field) => format!("program.{}", field.name),
            Self::StatedTotal => "check.total".into(),
        }
    }

    /// The field whose values it holds; `None` for names in parts, gender with race, and totals.
    pub fn field(self) -> Option<&'static SchemaField> {
        match self {
            Self::Field(field) | Self::Inverted(field) | Self::Program(field) => Some(field),
            Self::Name(_) | Self::GenderAndRace | Self::StatedTotal => None,
        }
    }

    /// Whether it says who the person is.
    pub fn identifies(self) -> bool {
        match self {
            Self::Name(_) => true,
            Self::Field(field) => matches!(field.name, "full_name" | "id_number" | "employee_code"),
            _ => false,
        }
    }

    /// Whether it is a name or a part of one.
    pub fn is_name(self) -> bool {
        match self {
            Self::Name(_) => true,
            Self::Field(field) => field.name == "full_name",
            _ => false,
        }
    }

    /// Whether a blank can mean "as above".
    pub fn is_filled_down(self) -> bool {
        match self {
            Self::Program(field) => field.kind != FieldKind::Flag,
            Self::Field(field) => matches!(field.name, "start_date" | "end_date"),
            _ => false,
        }
    }

    /// Whether its values are numbers.
    pub fn is_number(self) -> bool {
        let kind = self.field().map(|field| field.kind);
        self == Self::StatedTotal || matches!(kind, Some(FieldKind::Decimal | FieldKind::Integer))
    }

    /// Whether it is an amount of money.
    pub fn is_cost(self) -> bool {
        match self {
            Self::Field(field) => is_cost(field),
            Self::StatedTotal => true,
            _ => false,
        }
    }
}

/// Whether a field of a participant is an amount of money.
pub fn is_cost(field: &SchemaField) -> bool {
    field.kind == FieldKind::Decimal && field.name != "man_hours"
}

/// What a heading means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadingMeaning {
    /// One role.
    Role(ColumnRole),
    /// The full name, or the first names where another column holds the surname.
    NameOrFirst,
    /// Any of several roles: it has to be asked.
    Ambiguous(Vec<ColumnRole>),
    /// One role, if the values fit it; people use the heading for other things too.
    Perhaps(ColumnRole),
    /// A known heading that is no field.
    NoField,
}

struct Vocabulary {
    /// Phrases as [`normalize`] makes them.
    headings: HashMap<String, HeadingMeaning>,
    /// The same phrases with words of one meaning made one; without those that mean different things then.
    folded_headings: HashMap<String, Option<HeadingMeaning>>,
    /// What each word means, by table: the value's own name, or `yes` and `no`.
    words: HashMap<String, HashMap<String, String>>,
}

static VOCABULARY: LazyLock<Vocabulary> = LazyLock::new(|| {
    let headings = heading_table(include_str!("../../../assets/import/headings.toml"));
    let mut folded_headings: HashMap<String, Option<HeadingMeaning>> = HashMap::new();
    for (phrase, meaning) in &headings {
        let entry = folded_headings.entry(fold_phrase(phrase)).or_insert_with(|| Some(meaning.clone()));
        if entry.as_ref() != Some(meaning) {
            *entry = None;
        }
    }
    let tables: BTreeMap<String, BTreeMap<String, Vec<String>>> =
        toml::from_str(include_str!("../../../assets/import/words.toml")).unwrap_or_default();
    let words = |table: &BTreeMap<String, Vec<String>>| {
        let each = table
            .iter()
            .flat_map(|(value, words)| words.iter().map(move |word| (word.clone(), value.clone())));
        each.collect::<HashMap<_, _>>()
    };
    Vocabulary {
        headings,
        folded_headings,
        words: tables.iter().map(|(name, table)| (name.clone(), words(table))).collect(),
    }
});

fn heading_table(text: &str) -> HashMap<String, HeadingMeaning> {
    #[derive(serde::Deserialize)]
    struct Table {
        ambiguous: BTreeMap<String, Vec<String>>,
        #[serde(flatten)]
        lists: BTreeMap<String, Vec<String>>,
    }
    let Ok(table) = toml::from_str::<Table>(text) else { return HashMap::new() };
    let mut headings = HashMap::new();
    for (name, phrases) in table.lists {
        let meaning = match name.as_str() {
            "ignored" | "full_name.title" => HeadingMeaning::NoField,
            "name_or_first" => HeadingMeaning::NameOrFirst,
            "combined.gender_race" => HeadingMeaning::Role(ColumnRole::GenderAndRace),
            // Words of a country or of citizenship are read as they stand; yes means a citizen.
            "nationality" => match ColumnRole::named("!foreign") {
                Some(role) => HeadingMeaning::Role(role),
                None => continue,
            },
            name => match ColumnRole::named(name) {
                Some(role) => HeadingMeaning::Role(role),
                None => continue,
            },
        };
        headings.extend(phrases.into_iter().map(|phrase| (phrase, meaning.clone())));
    }
    for (phrase, names) in table.ambiguous {
        let roles: Vec<_> =
            names.iter().filter_map(|name| ColumnRole::named(name.trim_start_matches('?'))).collect();
        // A question mark before the only field: the values cannot tell.
        let is_asked = names.iter().any(|name| name.starts_with('?'));
        let meaning = match roles[..] {
            [role] if !is_asked => HeadingMeaning::Perhaps(role),
            _ => HeadingMeaning::Ambiguous(roles),
        };
        headings.insert(phrase, meaning);
    }
    headings
}

/// A heading as it is looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormalizedHeading {
    /// The phrase to look up.
    pub phrase: String,
    /// Whether it says that VAT is included.
    pub includes_vat: bool,
    /// What its brackets say, if that may change what its values mean: `USD`, `per day`.
    pub qualifier: Option<String>,
    /// The order of dates that it asks for, as in `Start Date (dd/mm/yyyy)`.
    pub date_order: Option<DateOrder>,
}

/// Normalizes a heading: lower case, without diacritics, text in brackets, units and words of VAT, other marks as
/// blanks.
pub fn normalize(heading: &str) -> NormalizedHeading {
    let spaced: String = split_words(heading).chars().filter(|c| !is_zero_width(*c)).collect();
    let folded = fold_for_search(&spaced);
    let all_words = blanks_for_marks(&folded);
    let words: Vec<&str> = all_words.split(' ').collect();
    let has = |known: &[&str]| words.iter().any(|word| known.contains(word));
    let is_of_vat =
        has(&VAT) || words.last().is_some_and(|last| INCLUDING.contains(last) || EXCLUDING.contains(last));
    let outside = blanks_for_marks(&without_brackets(&folded));
    let kept = outside.split(' ').filter(|word| {
        let is_vat_word = VAT.contains(word) || INCLUDING.contains(word) || EXCLUDING.contains(word);
        !(is_of_vat && (is_vat_word || matches!(*word, "15%" | "15" | "of" | "tax")))
    });
    let phrase = kept.collect::<Vec<_>>().join(" ");
    let brackets = blanks_for_marks(&inside_brackets(&folded));
    let phrase = if matches!(&*brackets, "hours" | "hrs" | "in hours" | "ure") && !phrase.contains("hour") {
        format!("{phrase} hours")
    } else {
        phrase
    };
    let without = without_units(&phrase);
    let date_order = match () {
        () if all_words.contains("dd mm yy")
            || all_words.contains("d m y")
            || all_words.contains("ddmmyy") =>
        {
            Some(DateOrder::DayFirst)
        }
        () if all_words.contains("mm dd yy")
            || all_words.contains("m d y")
            || all_words.contains("mmddyy") =>
        {
            Some(DateOrder::MonthFirst)
        }
        () => None,
    };
    NormalizedHeading {
        phrase: if without.is_empty() { phrase } else { without },
        includes_vat: is_of_vat && !has(&EXCLUDING),
        qualifier: brackets.split(' ').any(changes_meaning).then_some(brackets),
        date_order,
    }
}

/// Words of VAT in headings.
const VAT: [&str; 2] = ["vat", "btw"];
/// Words that say that VAT is in an amount.
const INCLUDING: [&str; 9] =
    ["including", "incl", "inclusive", "inc", "included", "ingesluit", "insluitend", "insl", "inkl"];
/// Words that say that VAT is not in an amount.
const EXCLUDING: [&str; 18] = [
    "excluding",
    "excl",
    "exclusive",
    "exc",
    "ex",
    "excluded",
    "uitgesluit",
    "uitsluitend",
    "uitsl",
    "without",
    "no",
    "not",
    "exempt",
    "zero",
    "rated",
    "0%",
    "geen",
    "sonder",
];

/// Whether a word in the brackets of a heading can make its values something else: another currency, another unit, a
/// plan, a part.
fn changes_meaning(word: &str) -> bool {
    const WORDS: [&str; 41] = [
        "000",
        "r000",
        "k",
        "million",
        "millions",
        "mil",
        "thousands",
        "usd",
        "eur",
        "gbp",
        "dollar",
        "dollars",
        "euro",
        "euros",
        "km",
        "kms",
        "kilometres",
        "nights",
        "night",
        "days",
        "day",
        "dae",
        "weeks",
        "week",
        "months",
        "month",
        "pm",
        "daily",
        "weekly",
        "monthly",
        "group",
        "budget",
        "budgeted",
        "estimated",
        "estimate",
        "planned",
        "quoted",
        "percent",
        "previous",
        "former",
        "birth",
    ];
    WORDS.contains(&word) || word.contains(['$', '€', '£', '%'])
}

/// Puts blanks between the words of `CourseCost`, `IDNumber` and `ID#`.
fn split_words(heading: &str) -> String {
    let chars: Vec<char> = heading.chars().collect();
    let mut spaced = String::with_capacity(heading.len() + 4);
    for (at, c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(at + 1);
        let begins_word = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_uppercase() && after.is_some_and(|after| after.is_lowercase())
            });
        if begins_word || *c == '#' {
            spaced.push(' ');
        }
        spaced.push(*c);
        if *c == '#' {
            spaced.push(' ');
        }
    }
    spaced
}

/// Lower-case words divided by single blanks.
fn blanks_for_marks(text: &str) -> String {
    let kept = text.chars().filter(|c| !matches!(c, '*' | '?' | ':' | '.' | '!' | '"'));
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '#' | '%' | '$' | '€' | '£');
    let spaced: String = kept.map(|c| if is_word(c) { c } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text inside brackets.
fn inside_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::new();
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                kept.push(' ');
            }
            c if depth > 0 => kept.push(c),
            _ => {}
        }
    }
    kept
}

/// The text outside brackets; a bracket that is not closed ends the text.
fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                kept.push(' ');
            }
            c if depth == 0 => kept.push(c),
            _ => {}
        }
    }
    if kept.trim().is_empty() { text.into() } else { kept }
}

/// The phrase without units at its end.
fn without_units(phrase: &str) -> String {
    const UNITS: [&str; 20] = [
        "dd mm yyyy",
        "dd mm yy",
        "yyyy mm dd",
        "ccyy mm dd",
        "mm dd yyyy",
        "yyyymmdd",
        "ccyymmdd",
        "ddmmyyyy",
        "yes no",
        "y n",
        "ja nee",
        "j n",
        "m f",
        "a c i w",
        "in rand",
        "in rands",
        "zar",
        "rand",
        "rands",
        "r",
    ];
    let mut rest = phrase;
    while let Some(shorter) = UNITS.iter().find_map(|unit| match rest.strip_suffix(unit) {
        Some("") => Some(""),
        Some(head) => head.strip_suffix(' '),
        None => None,
    }) {
        rest = shorter;
    }
    rest.to_owned()
}

/// Makes words of one meaning one, and drops words without any.
fn fold_phrase(phrase: &str) -> String {
    let words = phrase.split(' ').filter_map(|word| match word {
        "and" | "or" | "the" | "of" | "en" | "of the" | "s" | "please" | "per" | "for" | "ind"
        | "indicator" | "flag" => None,
        "program" | "programmes" | "programs" => Some("programme"),
        "no" | "nr" | "num" | "nommer" | "#" => Some("number"),
        "identity" | "identification" | "identiteit" => Some("id"),
        "dt" => Some("date"),
        "amt" => Some("amount"),
        "emp" => Some("learner"),
        "costs" => Some("cost"),
        "fees" => Some("fee"),
        "learners" | "participant" | "participants" | "delegate" | "delegates" | "trainee" | "trainees"
        | "candidate" | "student" | "students" | "attendee" | "beneficiary" | "employees" | "employee" => {
            Some("learner")
        }
        "centre" => Some("center"),
        word => Some(word),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What a heading means, given as [`normalize`] makes it; `None` when it is not known.
pub fn heading_meaning(phrase: &str) -> Option<&'static HeadingMeaning> {
    let vocabulary = &*VOCABULARY;
    if let Some(meaning) = vocabulary.headings.get(phrase) {
        return Some(meaning);
    }
    let folded = fold_phrase(phrase);
    let known = |phrase: &str| vocabulary.folded_headings.get(phrase).and_then(Option::as_ref);
    if let Some(meaning) = known(&folded) {
        return Some(meaning);
    }
    // `Is foreign national` asks for what `Foreign national` says.
    let asked = ["is ", "has ", "was ", "are "].iter().find_map(|word| folded.strip_prefix(word));
    if let Some(meaning @ HeadingMeaning::Role(role)) = asked.and_then(known)
        && role.field().is_some_and(|field| field.kind == FieldKind::Flag)
    {
        return Some(meaning);
    }
    // `Actual learner race group` is a race group; only words that say whose it is may stand around it.
    let around = [
        "learner",
        "person",
        "full",
        "actual",
        "current",
        "training",
        "course",
        "learning",
        "programme",
        "official",
    ];
    let mut words: Vec<&str> = folded.split(' ').collect();
    while words.len() > 1 {
        if around.contains(&words[0]) {
            words.remove(0);
        } else if words.last().is_some_and(|last| around.contains(last)) {
            words.pop();
        } else {
            return None;
        }
        match known(&words.join(" ")) {
            // A bare `name` or `number` says too little once words were taken off.
            Some(HeadingMeaning::Role(role))
                if words.len() > 1
                    || !matches!(role, ColumnRole::Field(field) if field.name == "id_number") =>
            {
                return known(&words.join(" "));
            }
            Some(HeadingMeaning::NoField | HeadingMeaning::NameOrFirst | HeadingMeaning::Role(_)) | None => {}
            meaning => return meaning,
        }
    }
    None
}

/// A cell's text as words are looked up: lower case, without diacritics and characters without width, ends trimmed,
/// runs of blanks made one, without a full stop at its end.
pub fn normalize_word(text: &str) -> String {
    if is_plain_word(text) {
        let word = if text.len() > 1 { text.trim_end_matches('.') } else { text };
        return word.to_ascii_lowercase();
    }
    let visible: String = text.chars().filter(|c| !is_zero_width(*c)).collect();
    let folded = fold_for_search(visible.trim_matches(is_invisible));
    let words = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.len() > 1 { words.trim_end_matches('.').to_owned() } else { words }
}

/// Whether a text is ASCII with single blanks between its words, as most are.
fn is_plain_word(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_blank = |byte: Option<&u8>| byte.is_none_or(u8::is_ascii_whitespace);
    let is_doubled = |pair: &[u8]| pair.iter().all(u8::is_ascii_whitespace);
    let is_printable = |byte: &u8| matches!(byte, b' '..=b'~');
    !is_blank(bytes.first())
        && !is_blank(bytes.last())
        && bytes.iter().all(is_printable)
        && !bytes.windows(2).any(is_doubled)
}

/// What a word means in a table of `assets/import/words.toml`, given as [`normalize_word`] makes it.
pub fn word_meaning(table: &str, word: &str) -> Option<&'static str> {
    VOCABULARY.words.get(table)?.get(word).map(String::as_str)
}

/// Whether a field's values are words of a table.
pub fn has_words(field: &SchemaField) -> bool {
    matches!(field.kind, FieldKind::Choice(_) | FieldKind::Flag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::training_program::MATCHED_FIELDS;

    fn role_of(heading: &str) -> String {
        match heading_meaning(&normalize(heading).phrase) {
            None => "unknown".into(),
            Some(HeadingMeaning::NoField) => "none".into(),
            Some(HeadingMeaning::NameOrFirst) => "name".into(),
            Some(HeadingMeaning::Role(role) | HeadingMeaning::Perhaps(role)) => role.name(),
            Some(HeadingMeaning::Ambiguous(roles)) => {
                roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(" or ")
            }
        }
    }

    #[test]
    fn every_list_of_the_table_of_headings_belongs_to_a_role() {
        assert!(VOCABULARY.headings.len() > 2000, "{}", VOCABULARY.headings.len());
        for field in PARTICIPANT.fields.iter().filter(|field| field.is_sendable()) {
            assert_eq!(
                role_of(&field.label()),
                if field.name == "full_name" { "full_name" } else { field.name }
            );
        }
        for phrase in VOCABULARY.headings.keys() {
            assert_eq!(&blanks_for_marks(phrase), phrase, "this phrase can never be found");
        }
        assert!(VOCABULARY.words.len() > 10);
    }

    #[test]
    fn headings_are_known_by_whole_words_whatever_marks_units_and_brackets_stand_around() {
        for (heading, role) in [
            ("Training Program Name *", "program.name"),
            ("Category (A–G)", "program.category"),
            ("Disabled?", "disabled"),
            ("Start Date (dd/mm/yyyy)", "start_date"),
            ("Start Date (format: dd/mm/yyyy)", "start_date"),
            ("End date dd/mm/yyyy", "end_date"),
            ("Salary Cost (category B,C,D only)", "salary_cost"),
            ("Gender (M/F)", "gender"),
            ("M/F", "gender"),
            ("Race (A/C/I/W)", "race"),
            ("Full Name (as per ID)", "full_name"),
            ("Course cost (R)", "course_cost"),
            ("Course Cost R", "course_cost"),
            ("ID No.", "id_number"),
            ("ID-number", "id_number"),
            ("SEX:", "gender"),
            ("Total Cost (R)", "check.total"),
            ("Unemployed Learner (18.2)", "!employed"),
            ("Van", "full_name.surname"),
            ("Voorname", "full_name.first"),
            ("Geslag", "gender"),
            ("Person_First_Name", "full_name.first"),
            ("National_Id", "id_number"),
            ("Equity_Code", "race"),
            ("Name", "name"),
            ("Start", "start_date or starting_employment_status"),
            ("Completion Date", "none"),
            ("Date of Birth", "none"),
            ("Location", "none"),
            ("Shoe size", "unknown"),
            ("Delegate's Race Group", "race"),
            ("Is Foreign National", "foreign"),
            ("Has course cost", "unknown"),
        ] {
            assert_eq!(role_of(heading), role, "{heading}");
        }
        for heading in [
            "Course cost (incl. VAT)",
            "Course cost incl VAT",
            "Course Cost (incl. 15% VAT)",
            "Course Cost (inclusive)",
            "Course Cost Inkl BTW",
            "Course cost (VAT)",
            "VAT inclusive course cost",
        ] {
            assert!(normalize(heading).includes_vat, "{heading}");
            assert_eq!(role_of(heading), "course_cost", "{heading}");
        }
        for heading in [
            "Course cost excl. VAT",
            "Course Cost (no VAT)",
            "Course Cost (VAT exempt)",
            "Course Cost (zero-rated, VAT n/a)",
            "Course cost (0% VAT)",
        ] {
            assert!(!normalize(heading).includes_vat, "{heading}");
        }
        assert_eq!(role_of("Course cost excl. VAT"), "course_cost");
        assert_eq!(role_of("Duration (hours)"), "man_hours");
        for heading in [
            "Course Cost (R000)",
            "Course cost (USD)",
            "Travel (km)",
            "Accommodation (nights)",
            "Duration (weeks)",
            "Course cost (per day)",
        ] {
            assert!(normalize(heading).qualifier.is_some(), "{heading}");
        }
        for heading in [
            "Full Name (as per ID)",
            "Gender (M/F)",
            "Salary Cost (category B,C,D only)",
            "Course cost (R)",
            "Start Date (dd/mm/yyyy)",
        ] {
            assert_eq!(normalize(heading).qualifier, None, "{heading}");
        }
        assert_eq!(normalize("Start Date (format: dd/mm/yyyy)").date_order, Some(DateOrder::DayFirst));
        for (heading, role) in [
            ("ID#", "id_number"),
            ("CourseCost", "course_cost"),
            ("StartDt", "start_date"),
            ("IDNumber", "id_number"),
            ("DisabilityInd", "disabled"),
            ("Identity Number / Passport", "id_number"),
        ] {
            assert_eq!(role_of(heading), role, "{heading}");
        }
        for field in TRAINING_PROGRAM
            .fields
            .iter()
            .filter(|field| field.is_sendable() && MATCHED_FIELDS.contains(&field.name))
        {
            assert_eq!(
                role_of(&format!("program {}", field.name)),
                format!("program.{}", field.name),
                "as written by us"
            );
        }
    }
}
