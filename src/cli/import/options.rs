//! The options of an import: what a person says about the file.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches};

use crate::cli::error::CliError;
use crate::domain::change::rule::Rule;
use crate::domain::import::answers::{
    Answers, DateOrderAnswer, DateSystemAnswer, DecimalAnswer, EmploymentAnswer, ExistingAnswer,
    MergedAnswer, VatAnswer, YesNo, heading_key,
};
use crate::domain::import::vocabulary::ColumnRole;
use crate::domain::record::participant::PARTICIPANT;
use crate::domain::record::training_program::TRAINING_PROGRAM;
use crate::runtime::paths;

/// The heading of these options in the help.
const QUESTIONS: &str = "Answers about the file";

/// The options that answer questions about the file.
pub(super) fn arguments() -> Vec<Arg> {
    let option = |name: &'static str, about: &'static str| {
        Arg::new(name).long(name).help(about).help_heading(QUESTIONS)
    };
    let choice = |name: &'static str, words: &'static [&'static str], about: &'static str| {
        option(name, about).value_parser(clap::builder::PossibleValuesParser::new(words))
    };
    vec![
        option("sheet", "The sheet to read; give it once for each of several")
            .value_name("NAME")
            .action(ArgAction::Append),
        option("column", "Which field a column fills, like \"Wer=full_name\"; nothing after = leaves it out")
            .value_name("HEADING=FIELD")
            .action(ArgAction::Append),
        option("mapping", "Answers for files of the same headings, as --print-mapping wrote them")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf)),
        choice(
            "employed",
            EmploymentAnswer::WORDS,
            "What people are of whom the file does not say it; `server` leaves it to the server, which writes employed and Permanent",
        ),
        choice("disabled", YesNo::WORDS, "Whether people are disabled of whom the file does not say it"),
        choice(
            "foreign",
            YesNo::WORDS,
            "Whether people are foreign nationals of whom the file does not say it",
        ),
        choice(
            "date-order",
            DateOrderAnswer::WORDS,
            "The order of dates like 03/02/2026 where the column does not settle it",
        ),
        choice(
            "decimal",
            DecimalAnswer::WORDS,
            "The decimal mark of amounts like 1,234 where the column does not settle it",
        ),
        choice(
            "date-system",
            DateSystemAnswer::WORDS,
            "From which year numbers in date columns of a text file count",
        ),
        choice("fill-down", YesNo::WORDS, "Whether blank programs and dates mean \"as above\""),
        choice(
            "vat",
            VatAnswer::WORDS,
            "Keep VAT in costs whose heading says that it is included, or take it off (divided by 1.15)",
        ),
        choice(
            "merged",
            MergedAnswer::WORDS,
            "What a cost merged over several rows means: for each row, divided among them, or for the first only",
        ),
        option("release", "Send rows that this rule holds, like cost-outlier; with :ROW only that row")
            .value_name("RULE[:ROW]")
            .action(ArgAction::Append),
        choice(
            "existing",
            ExistingAnswer::WORDS,
            "Skip rows that are on the server already (the default), or hold them",
        ),
        // The former name, which scripts may still give, with or without a value.
        Arg::new("doubles")
            .long("doubles")
            .hide(true)
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("skip")
            .value_parser(clap::builder::PossibleValuesParser::new(ExistingAnswer::WORDS)),
    ]
}

/// What the options say. Fails when the mapping cannot be read, or when a field does not exist.
pub(super) fn answers(matches: &ArgMatches) -> Result<Answers, CliError> {
    let mut said = Answers::default();
    if let Some(path) = matches.get_one::<PathBuf>("mapping") {
        let path = paths::resolve(path);
        let text =
            std::fs::read_to_string(&path).map_err(|e| format!("--mapping {}: {e}", path.display()))?;
        said = Answers::from_toml(&text).map_err(|why| format!("--mapping {}: {why}", path.display()))?;
        for (heading, field) in &said.columns {
            check_field(heading, field).map_err(|why| format!("--mapping {}: {why}", path.display()))?;
        }
    }
    let word = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let mut given = Answers {
        sheets: matches.get_many::<String>("sheet").into_iter().flatten().cloned().collect(),
        employed: word("employed").and_then(EmploymentAnswer::from_word),
        disabled: word("disabled").and_then(YesNo::from_word),
        foreign: word("foreign").and_then(YesNo::from_word),
        date_order: word("date-order").and_then(DateOrderAnswer::from_word),
        decimal: word("decimal").and_then(DecimalAnswer::from_word),
        date_system: word("date-system").and_then(DateSystemAnswer::from_word),
        fill_down: word("fill-down").and_then(YesNo::from_word),
        vat: word("vat").and_then(VatAnswer::from_word),
        merged: word("merged").and_then(MergedAnswer::from_word),
        release: matches.get_many::<String>("release").into_iter().flatten().cloned().collect(),
        existing: word("existing").or(word("doubles")).and_then(ExistingAnswer::from_word),
        ..Answers::default()
    };
    for release in &given.release {
        let (rule, row) =
            release.split_once(':').map_or((release.as_str(), None), |(rule, row)| (rule, Some(row)));
        if row.is_some_and(|row| row.parse::<u32>().is_err()) {
            return Err(format!("--release {release}: write the row's number after the colon").into());
        }
        if !Rule::ALL.iter().any(|known| known.id() == rule && known.can_be_released()) {
            let holding = Rule::ALL.iter().filter(|rule| rule.can_be_released()).map(|rule| rule.id());
            let holding: Vec<&str> = holding.collect();
            return Err(
                format!("--release {release}: the rules that hold rows are {}", holding.join(", ")).into()
            );
        }
    }
    for column in matches.get_many::<String>("column").into_iter().flatten() {
        let (heading, field) =
            column.rsplit_once('=').ok_or_else(|| format!("--column `{column}`: write HEADING=FIELD"))?;
        check_field(heading, field).map_err(|why| format!("--column {why}"))?;
        if given.columns.keys().any(|known| heading_key(known) == heading_key(heading)) {
            return Err(format!("--column: {heading} is given two fields; one column fills one").into());
        }
        said.columns.retain(|known, _| heading_key(known) != heading_key(heading));
        given.columns.insert(heading.trim().to_owned(), field.trim().to_owned());
    }
    Ok(said.with(given))
}

/// Checks that a field exists, so that a slip of the keyboard does not leave its column out.
fn check_field(heading: &str, field: &str) -> Result<(), CliError> {
    if field.trim().is_empty() || ColumnRole::named(field.trim()).is_some() {
        return Ok(());
    }
    let participant =
        PARTICIPANT.fields.iter().filter(|known| known.is_sendable()).map(|known| known.name.to_owned());
    let program = TRAINING_PROGRAM
        .fields
        .iter()
        .filter(|known| known.is_sendable())
        .map(|known| format!("program.{}", known.name));
    let nearest = participant
        .chain(program)
        .max_by(|a, b| strsim::jaro_winkler(a, field).total_cmp(&strsim::jaro_winkler(b, field)));
    Err(format!(
        "`{heading}={field}`: there is no field `{field}`; did you mean `{}`?",
        nearest.unwrap_or_default()
    )
    .into())
}
