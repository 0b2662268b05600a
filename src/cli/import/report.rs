//! Prints what an import found: the report of a dry run, the mapping of a file, and findings on standard error.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::cli::error::say;
use crate::cli::print::{self, Format};
use crate::domain::change::rule::RuleSeverity;
use crate::domain::file_grid::FileGrid;
use crate::domain::import::answers::Answers;
use crate::domain::import::file_rows::{PreviewRow, RowPlace, RowStanding};
use crate::domain::import::findings::FileFinding;
use crate::domain::import::preview::ImportPreview;
use crate::domain::import::report::ImportReport;
use crate::domain::import::vocabulary::ColumnRole;
use crate::domain::record::Value;
use crate::domain::text::{Text, pluralize};

/// How many row numbers a line names.
const NAMED_ROWS: usize = 12;

/// Prints the report of a dry run. Fails when `out` cannot be written.
pub(super) fn print_report(
    out: &mut dyn Write,
    format: Format,
    file: &str,
    preview: &ImportPreview,
    grids: &[FileGrid],
    answers: &Answers,
) -> io::Result<()> {
    match format {
        Format::Json => {
            let report = ImportReport::new(file.to_owned(), preview, grids, answers);
            let json = serde_json::to_string_pretty(&report).map_err(io::Error::other)?;
            print::json(out, &json)
        }
        Format::Csv => {
            let heads = ["sheet", "row", "standing", "full_name", "program"];
            let line = |(row, values): (&PreviewRow, crate::domain::import::row_values::RowValues)| {
                let sheet = preview.sheets[row.place.sheet].name.clone().unwrap_or_default();
                let program = row.program.map(|group| preview.programs[group].name()).unwrap_or_default();
                let name = values.value("full_name").to_string();
                vec![sheet, row.place.number.to_string(), row.standing.as_str().into(), name, program]
            };
            print::outcomes(out, format, &heads, preview.read_rows(grids, answers).map(line).collect())
        }
        Format::Table => out.write_all(report_text(file, preview).as_bytes()),
    }
}

/// The report for people.
fn report_text(file: &str, preview: &ImportPreview) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        let _ = writeln!(text, "{}", Text::from(words).printable());
    };
    for sheet in &preview.sheets {
        let name = sheet.name.as_ref().map(|name| format!(" · sheet {name}")).unwrap_or_default();
        line(format!("{file}{name} · headings in row {}", sheet.heading_row));
    }
    let of = |standing| preview.count(standing);
    line(format!(
        "{}: {} ready, {} held, {} stopped, {} on the server already, {} left out",
        pluralize(preview.rows_below(), "row"),
        of(RowStanding::Ready),
        of(RowStanding::Held),
        of(RowStanding::Stopped),
        of(RowStanding::Existing),
        preview.rows_below() - preview.rows.len()
    ));
    line(String::new());
    line("Columns".into());
    for column in preview.sheets.iter().flat_map(|sheet| &sheet.columns) {
        let fills = match (column.role, column.choices.is_empty()) {
            (Some(role), _) => role_text(role),
            (None, false) => "asked".into(),
            (None, true) => "not read".into(),
        };
        line(format!("  {:<34} {fills}", column.heading));
    }
    let unknown: Vec<_> = preview.words.iter().filter(|word| word.meaning.is_none()).collect();
    if !unknown.is_empty() {
        line(String::new());
        line(
            "Words that are not known; say in a mapping file what they mean (--print-mapping writes one)"
                .into(),
        );
        for word in unknown {
            line(format!("  {}: {} ({})", word.heading, word.word, pluralize(word.rows as usize, "row")));
        }
    }
    if !preview.programs.is_empty() {
        line(String::new());
        line("Training programs".into());
        for group in &preview.programs {
            let standing = if group.existing.is_some() { "on the server" } else { "new" };
            let category = group.category();
            let category =
                if category.is_empty() { "no category".into() } else { format!("category {category}") };
            let distinction = group.distinction();
            let distinction = if distinction.is_empty() { distinction } else { format!(" · {distinction}") };
            let people = pluralize(group.participants, "participant");
            line(format!("  {} · {category}{distinction} · {people} · {standing}", group.name()));
        }
    }
    if !preview.findings.is_empty() {
        line(String::new());
        line("Findings".into());
        for finding in &preview.findings {
            line(format!("  {}", finding_text(preview, finding)));
        }
    }
    if !preview.left_out.is_empty() {
        line(String::new());
        line("Left out".into());
        for words in left_out_texts(preview) {
            line(format!("  {words}"));
        }
    }
    if !preview.is_answered() {
        line(String::new());
        line("Open questions; nothing is sent before they are answered".into());
        for words in open_texts(preview) {
            line(format!("  {words}"));
        }
    }
    text
}

fn role_text(role: ColumnRole) -> String {
    match role {
        ColumnRole::Inverted(field) => format!("{} (the opposite)", field.name),
        ColumnRole::Name(part) => format!("full_name ({})", part.as_str()),
        ColumnRole::GenderAndRace => "gender and race".into(),
        role => role.name(),
    }
}

/// One line about a finding: `note · 2 rows (5, 9) · ID number: …`.
fn finding_text(preview: &ImportPreview, finding: &FileFinding) -> String {
    let has_several = preview.sheets.len() > 1;
    let place = |row: &RowPlace| {
        let sheet = preview.sheets[row.sheet].name.clone().filter(|_| has_several);
        sheet.map_or_else(|| row.number.to_string(), |sheet| format!("{sheet} {}", row.number))
    };
    let mut places: Vec<String> = finding.rows.iter().take(NAMED_ROWS).map(place).collect();
    if finding.rows.len() > NAMED_ROWS {
        places.push("…".into());
    }
    let severity = finding.rule.severity().as_str();
    if places.is_empty() {
        return format!("{severity} · {}", finding.message());
    }
    format!(
        "{severity} · {} ({}) · {}",
        pluralize(finding.rows.len(), "row"),
        places.join(", "),
        finding.message()
    )
}

/// The rows that are left out, runs of them together: `rows 65–104: empty`.
fn left_out_texts(preview: &ImportPreview) -> Vec<String> {
    let mut runs: Vec<(RowPlace, u32, &str)> = Vec::new();
    for (row, why) in &preview.left_out {
        match runs.last_mut() {
            Some((first, last, known))
                if first.sheet == row.sheet && *known == why.as_str() && *last + 1 == row.number =>
            {
                *last = row.number;
            }
            _ => runs.push((*row, row.number, why.as_str())),
        }
    }
    let has_several = preview.sheets.len() > 1;
    let text = |(first, last, why): (RowPlace, u32, &str)| {
        let sheet = preview.sheets[first.sheet].name.clone().filter(|_| has_several);
        let sheet = sheet.map(|sheet| format!("{sheet}, ")).unwrap_or_default();
        let first = first.number;
        if first == last {
            format!("{sheet}row {first}: {why}")
        } else {
            format!("{sheet}rows {first}–{last}: {why}")
        }
    };
    runs.into_iter().map(text).collect()
}

/// The open questions and missing fields, one line each, with the option that answers it.
pub(super) fn open_texts(preview: &ImportPreview) -> Vec<String> {
    let question = |question: &crate::domain::import::answers::FileQuestion| {
        let choices = question.choices.join("|");
        if question.name == "program" {
            return format!(
                "{}: --column \"HEADING=program.name\", or `participants import SCORECARD PROGRAM FILE`",
                question.why
            );
        }
        match &question.heading {
            Some(heading) => format!(
                "column `{heading}`: {}: --column \"{heading}={choices}\", or nothing after = to leave it out",
                question.why
            ),
            None => format!("{}: {} {choices}", question.why, question.option),
        }
    };
    let missing = preview
        .missing
        .iter()
        .map(|field| format!("no column fills {field}, which every row needs: --column \"HEADING={field}\""));
    preview.questions.iter().map(question).chain(missing).collect()
}

/// Says every finding on standard error, the gravest first.
pub(super) fn say_findings(preview: &ImportPreview, at_least: RuleSeverity) {
    for finding in preview.findings.iter().filter(|finding| finding.rule.severity() >= at_least) {
        say(finding_text(preview, finding));
    }
}

/// Says what was read and what was not: sheets, columns, rows.
pub(super) fn say_layout(preview: &ImportPreview) {
    for sheet in &preview.sheets {
        let name = sheet.name.as_ref().map_or_else(String::new, |name| format!("sheet `{name}`, "));
        let unread: Vec<String> = sheet
            .columns
            .iter()
            .filter(|column| column.role.is_none())
            .map(|column| format!("`{}`", column.heading))
            .collect();
        let rest =
            if unread.is_empty() { String::new() } else { format!("; not read: {}", unread.join(", ")) };
        say(format!("{name}headings in row {}{rest}", sheet.heading_row));
    }
    for words in left_out_texts(preview) {
        say(format!("left out: {words}"));
    }
}

/// The mapping of a file: the field of each column, the answers given, and the words that are not known, to be
/// filled in.
pub(super) fn mapping_text(preview: &ImportPreview, answers: &Answers) -> String {
    let mut known = answers.clone();
    for column in preview.sheets.iter().flat_map(|sheet| &sheet.columns) {
        let is_asked = column.role.is_none() && !column.choices.is_empty();
        if !is_asked && answers.column(&column.key).is_none() {
            known.columns.insert(column.key.clone(), column.role.map(ColumnRole::name).unwrap_or_default());
        }
    }
    for word in &preview.words {
        if let Some(meaning) = &word.meaning
            && answers.word(&word.heading, &word.word).is_none()
            && !matches!(meaning, Value::Absent)
        {
            known
                .values
                .entry(word.heading.clone())
                .or_default()
                .insert(word.word.clone(), meaning.to_string());
        }
    }
    let values = std::mem::take(&mut known.values);
    // Released rows are those of one file.
    known.release.clear();
    let mut text =
        String::from("# What the columns and words of a file mean, for files of the same headings.\n");
    for words in open_texts(preview) {
        let _ = writeln!(text, "# open: {}", Text::from(words).printable());
    }
    let _ = write!(text, "\n{}", known.to_toml().unwrap_or_default());
    let mut headings: Vec<&String> =
        values.keys().chain(preview.words.iter().map(|word| &word.heading)).collect();
    headings.sort();
    headings.dedup();
    for heading in headings {
        let _ = writeln!(text, "\n[values.{}]", toml_edit::Key::new(heading));
        for (word, meaning) in values.get(heading).into_iter().flatten() {
            let _ = writeln!(
                text,
                "{} = {}",
                toml_edit::Key::new(word),
                toml_edit::Value::from(meaning.as_str())
            );
        }
        for word in preview.words.iter().filter(|word| word.heading == *heading && word.meaning.is_none()) {
            let rows = pluralize(word.rows as usize, "row");
            let _ = writeln!(text, "# {} = \"\"  # not known, {rows}", toml_edit::Key::new(&word.word));
        }
    }
    text
}
