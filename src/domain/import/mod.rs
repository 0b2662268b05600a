//! Import and export of records as tables of text: maps columns to fields, turns rows into staged changes and
//! holds duplicates.

pub mod pasted_block;
pub mod table_labels;

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::Timestamp;

use crate::domain::change::collection::Collection;
use crate::domain::change::natural_key::NaturalKeyCounts;
use crate::domain::change::record_change::{Hold, Intent, RecordChange};
use crate::domain::file_table::FileTable;
use crate::domain::record::typed_input;
use crate::domain::record::{FieldKind, Record, RecordDraft, Requirement, Schema, SchemaField, Value};

/// The field each column of a file fills, in column order; `None` for a column that is not imported.
pub type ColumnMapping = Vec<Option<&'static SchemaField>>;

/// Other names that files use for the API's fields, in the form of [`normalize_heading`].
const ALIASES: [(&str, &str); 32] = [
    ("name", "full_name"),
    ("names", "full_name"),
    ("fullnames", "full_name"),
    ("participant", "full_name"),
    ("participantname", "full_name"),
    ("employeename", "full_name"),
    ("learner", "full_name"),
    ("learnername", "full_name"),
    ("sex", "gender"),
    ("id", "id_number"),
    ("idno", "id_number"),
    ("idnr", "id_number"),
    ("identitynumber", "id_number"),
    ("rsaid", "id_number"),
    ("said", "id_number"),
    ("disability", "disabled"),
    ("pwd", "disabled"),
    ("foreignnational", "foreign"),
    ("foreigner", "foreign"),
    ("populationgroup", "race"),
    ("racegroup", "race"),
    ("employeenumber", "employee_code"),
    ("employeeno", "employee_code"),
    ("staffnumber", "employee_code"),
    ("payrollnumber", "employee_code"),
    ("department", "business_unit"),
    ("cost", "course_cost"),
    ("coursefee", "course_cost"),
    ("facilitycost", "training_facility_cost"),
    ("manhours", "man_hours"),
    ("hours", "man_hours"),
    ("employmentstatus", "starting_employment_status"),
];

/// A rule that finds the field for a normalized heading.
type HeadingMatch<'a> = &'a dyn Fn(&str) -> Option<&'static SchemaField>;

/// Normalizes a heading: only letters and digits, in lower case.
pub fn normalize_heading(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The fields an import can fill: all that can be sent.
pub fn importable_fields(collection: &Collection) -> impl Iterator<Item = &'static SchemaField> {
    collection.schema().fields.iter().filter(|field| field.is_sendable())
}

/// Maps headings to fields: first by the user's choices, then by the API's field names, then by other known
/// names. At most one column fills a field. Fields the server fills itself, as in an exported list, are not
/// mapped.
///
/// `by_hand` maps normalized headings to field names; an empty name means that the column is not imported.
pub fn map_columns(
    collection: &Collection,
    headings: &[String],
    by_hand: &BTreeMap<String, String>,
) -> ColumnMapping {
    let named = |name: &str| importable_fields(collection).find(|field| field.name == name);
    let mut mapping: ColumnMapping = vec![None; headings.len()];
    let exact =
        |heading: &str| importable_fields(collection).find(|field| normalize_heading(field.name) == heading);
    let alias =
        |heading: &str| ALIASES.iter().find(|(alias, _)| *alias == heading).and_then(|(_, name)| named(name));
    let hand = |heading: &str| by_hand.get(heading).and_then(|name| named(name));
    // Each rule is tried on all headings before the next, so that an exact name wins over an alias.
    for way in [&hand as HeadingMatch<'_>, &exact, &alias] {
        for (at, heading) in headings.iter().map(|heading| normalize_heading(heading)).enumerate() {
            let decided = mapping[at].is_some() || by_hand.get(&heading).is_some_and(String::is_empty);
            let field = if decided { None } else { way(&heading) };
            if let Some(field) = field.filter(|field| !mapping.contains(&Some(field))) {
                mapping[at] = Some(field);
            }
        }
    }
    mapping
}

/// Whether a heading row contains what no heading would: five or more digits, a number without letters, an
/// `@`, or a word that is a value of a field. Then the file has no heading row.
pub fn looks_like_data(headings: &[String]) -> bool {
    let words = |kind: FieldKind| if let FieldKind::Choice(words) = kind { words } else { &[][..] };
    let values: Vec<&str> = crate::domain::record::participant::PARTICIPANT
        .fields
        .iter()
        .flat_map(|field| words(field.kind))
        .copied()
        .chain(["yes", "no", "true", "false"])
        .collect();
    headings.iter().any(|heading| {
        let heading = heading.trim();
        let digits = heading.bytes().filter(u8::is_ascii_digit).count();
        let is_value = values.iter().any(|value| value.eq_ignore_ascii_case(heading));
        let is_figure = digits > 0 && !heading.chars().any(char::is_alphabetic);
        digits >= 5 || is_figure || heading.contains('@') || is_value
    })
}

/// The required fields no column fills. Flags are not among them: a missing flag is sent as no, as in the
/// documents' example.
pub fn unmapped_required_fields(
    collection: &Collection,
    mapping: &ColumnMapping,
) -> Vec<&'static SchemaField> {
    let needed = |field: &&'static SchemaField| {
        field.requirement == Requirement::Required && field.kind != FieldKind::Flag
    };
    importable_fields(collection).filter(needed).filter(|field| !mapping.contains(&Some(*field))).collect()
}

/// Turns the rows of a file into changes to stage. Blank rows are skipped, and required flags the file does
/// not give are set to no. A row is held for a person's decision when its natural key or ID number is that of
/// an earlier row or of a record on the server (`there`).
pub fn rows_to_changes<'a>(
    collection: &Collection,
    table: &FileTable,
    mapping: &ColumnMapping,
    there: impl Iterator<Item = &'a Record>,
    now: Timestamp,
) -> Vec<RecordChange> {
    let (mut natural_keys, mut ids_there) = (NaturalKeyCounts::default(), HashSet::new());
    for record in there {
        natural_keys.add(collection, record);
        ids_there.insert(normalized_id_number(record.value("id_number")));
    }
    let (mut seen, mut ids): (HashMap<String, u32>, HashMap<String, u32>) = Default::default();
    let mut changes = Vec::new();
    for (row, cells) in &table.rows {
        let given = mapping.iter().zip(cells).filter_map(|(field, cell)| Some((field.as_ref()?, cell)));
        let values = given.map(|(field, cell)| (field.name, typed_input::parse_input(field, cell)));
        let mut draft = RecordDraft::new(values.filter(|(_, value)| !value.is_blank()).collect());
        if draft.is_empty() {
            continue;
        }
        fill_required_flags(collection, &mut draft);
        let natural_key = collection.natural_key(|name| draft.value(name));
        let earlier_row = seen.insert(natural_key, *row);
        let name = collection.name_of(&draft);
        let id = normalized_id_number(draft.value("id_number"));
        let same_id = if id.is_empty() { None } else { ids.insert(id.clone(), *row) };
        let hold = match (earlier_row, natural_keys.count(collection, &draft), same_id) {
            (Some(earlier_row), ..) => Hold::Held(format!("like row {earlier_row} of the file").into()),
            (None, 1.., _) => Hold::Held("one like it is on the server".into()),
            (None, 0, Some(same)) => {
                Hold::Held(format!("its ID number is that of row {same} of the file").into())
            }
            (None, 0, None) if !id.is_empty() && ids_there.contains(&id) => {
                Hold::Held("its ID number is that of a participant on the server".into())
            }
            (None, 0, None) => Hold::NotHeld,
        };
        let mut change = RecordChange::new(collection.clone(), name, Intent::Create(draft), now);
        (change.file_row, change.hold) = (Some(*row), hold);
        changes.push(change);
    }
    changes
}

/// An ID number without the blanks people write into it, for comparing.
fn normalized_id_number(value: &Value) -> String {
    value.edit_text().chars().filter(|c| !c.is_whitespace()).collect()
}

/// Sets each required flag that is absent to no, as in the documents' own example.
pub fn fill_required_flags(collection: &Collection, draft: &mut RecordDraft) {
    let flags = importable_fields(collection)
        .filter(|f| f.kind == FieldKind::Flag && f.requirement == Requirement::Required);
    for field in flags {
        if *draft.value(field.name) == Value::Absent {
            draft.set(field.name, Value::Flag(false));
        }
    }
}

/// A table without rows, with a heading for each importable field.
pub fn template_table(collection: &Collection) -> FileTable {
    let headings = importable_fields(collection).map(|field| field.name.to_owned()).collect();
    FileTable { headings, rows: Vec::new() }
}

/// Records as a table with a column for every field of the schema, rows numbered from 2.
pub fn record_table<'a>(schema: &Schema, rows: impl Iterator<Item = &'a Record>) -> FileTable {
    let headings = schema.fields.iter().map(|field| field.name.to_owned()).collect();
    let cells = |row: &Record| row.entries().map(|(_, value)| value.edit_text().into_owned()).collect();
    FileTable { headings, rows: (2..).zip(rows.map(cells)).collect() }
}

/// Rejected rows with the reason in the first column, to be corrected in a spreadsheet and imported again.
/// Changes that create no record are left out.
pub fn rejected_rows_table<'a>(
    collection: &Collection,
    changes: impl Iterator<Item = (&'a RecordChange, String)>,
) -> FileTable {
    let fields: Vec<_> = importable_fields(collection).collect();
    let mut headings = vec!["reason".to_owned()];
    headings.extend(fields.iter().map(|field| field.name.to_owned()));
    let mut rows = Vec::new();
    for (number, (change, reason)) in (2..).zip(changes) {
        let Some(draft) = change.intent.created_draft() else { continue };
        let mut cells = vec![reason];
        cells.extend(fields.iter().map(|field| draft.value(field.name).edit_text().into_owned()));
        rows.push((number, cells));
    }
    FileTable { headings, rows }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection() -> Collection {
        "participants scorecard_1 7".parse().unwrap()
    }

    fn table(headings: &[&str], rows: &[&[&str]]) -> FileTable {
        let text = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        FileTable { headings: text(headings), rows: (2..).zip(rows.iter().map(|row| text(row))).collect() }
    }

    fn staged(table: &FileTable) -> Vec<RecordChange> {
        let mapping = map_columns(&collection(), &table.headings, &BTreeMap::new());
        rows_to_changes(&collection(), table, &mapping, std::iter::empty(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn headings_are_matched_by_name_however_written_and_each_field_once() {
        let headings = ["Full Name", "ID-number", "SEX", "Course cost", "Shoe size", "gender"];
        let mapping = map_columns(
            &collection(),
            &headings.map(str::to_owned),
            &BTreeMap::from([("shoesize".into(), "age".into())]),
        );
        let names: Vec<_> = mapping.iter().map(|f| f.map_or("-", |f| f.name)).collect();
        assert_eq!(
            names,
            ["full_name", "id_number", "-", "course_cost", "age", "gender"],
            "the API's names first"
        );
    }

    #[test]
    fn a_first_row_with_a_person_is_not_taken_for_headings() {
        let row = |cells: &[&str]| {
            looks_like_data(&cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>())
        };
        assert!(!row(&["Name and surname", "ID no", "Gender (M/F)", "Cost 2026", "Year 1", "Address 2"]));
        for person in [
            &["Thandi Nkosi", "8001015009087"][..],
            &["Thandi Nkosi", "Female"],
            &["Thandi", "african"],
            &["T", "2026/02/03"],
            &["T", "5 000,00"],
            &["t@example.com"],
        ] {
            assert!(row(person), "{person:?}");
        }
    }

    #[test]
    fn an_exported_list_is_read_back_field_by_field() {
        let of = collection();
        let headings: Vec<String> = record_table(of.schema(), std::iter::empty()).headings;
        for (heading, field) in headings.iter().zip(map_columns(&of, &headings, &BTreeMap::new())) {
            let wanted = importable_fields(&of).find(|field| field.name == heading).map(|field| field.name);
            assert_eq!(field.map(|field| field.name), wanted, "{heading}");
        }
        let short = ["ID".to_owned(), "Name".to_owned()];
        let names: Vec<_> =
            map_columns(&of, &short, &BTreeMap::new()).iter().map(|f| f.map(|f| f.name)).collect();
        assert_eq!(names, [Some("id_number"), Some("full_name")]);
    }

    #[test]
    fn rows_keep_invalid_values_to_be_fixed() {
        let staged = staged(&table(
            &["full_name", "gender", "race", "start_date"],
            &[
                &["Ann", "f", "African", "31/02/2026"],
                &["", "", "", ""],
                &["Ben", "M", "white", "03/02/2026"],
            ],
        ));
        assert_eq!(staged.len(), 2);
        assert_eq!((staged[0].file_row, staged[1].file_row), (Some(2), Some(4)));
        let draft = staged[0].intent.created_draft().unwrap();
        assert_eq!(draft.value("start_date"), &Value::Unparsed("31/02/2026".into()));
        assert_eq!(draft.value("disabled"), &Value::Flag(false));
        assert_eq!(staged[1].intent.created_draft().unwrap().value("race"), &Value::Text("White".into()));
    }

    #[test]
    fn a_row_like_an_earlier_one_is_held_until_confirmed() {
        let staged = staged(&table(&["name", "cost"], &[&["Ann", "5"], &["Ann", "5.0"], &["Ann", "6"]]));
        let held: Vec<_> = staged.iter().map(|change| change.hold != Hold::NotHeld).collect();
        assert_eq!(held, [false, true, false]);
    }

    #[test]
    fn a_row_with_an_existing_id_number_is_held_until_confirmed() {
        let table = table(
            &["name", "id"],
            &[
                &["Ann", "8001015009087"],
                &["Anne", "800101 5009 087"],
                &["Ben", "1"],
                &["Cleo", ""],
                &["Dan", ""],
            ],
        );
        let json = r#"{"id": 9, "full_name": "Benjamin", "id_number": "1"}"#;
        let there: Record = serde::de::DeserializeSeed::deserialize(
            collection().schema(),
            &mut serde_json::Deserializer::from_str(json),
        )
        .unwrap();
        let mapping = map_columns(&collection(), &table.headings, &BTreeMap::new());
        let staged =
            rows_to_changes(&collection(), &table, &mapping, std::iter::once(&there), Timestamp::UNIX_EPOCH);
        let held: Vec<_> = staged.iter().map(|change| change.hold != Hold::NotHeld).collect();
        assert_eq!(held, [false, true, true, false, false]);
    }

    #[test]
    fn rows_written_with_reasons_read_back_as_they_were() {
        let first = staged(&table(
            &["full_name", "course_cost", "start_date", "disabled"],
            &[&["Ann", "R 5 000,50", "31/02/2026", "yes"]],
        ));
        let written =
            rejected_rows_table(&collection(), first.iter().map(|change| (change, "bad date".into())));
        assert_eq!(written.rows[0].1[0], "bad date");
        let again = staged(&written);
        let text = |change: &RecordChange| change.intent.created_draft().map(RecordDraft::to_journal);
        assert_eq!(text(&again[0]), text(&first[0]));
    }
}
