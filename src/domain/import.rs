//! From the table of a file to participants: headings laid to fields by name, rows read and checked, duplicates found.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;

use jiff::Timestamp;

use crate::domain::collection::Collection;
use crate::domain::likeness::Likenesses;
use crate::domain::record::{Draft, Field, Kind, Need, Record, Schema, Value};
use crate::domain::record_change::{Hold, Intent, RecordChange};
use crate::domain::typed;

/// A file as rows of text.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FileTable {
    /// Its first row.
    pub headings: Vec<String>,
    /// The rows below it, each with the number it has in the file.
    pub rows: Vec<(u32, Vec<String>)>,
}

/// Debug says only how large it is: names and ID numbers stay out of logs.
impl fmt::Debug for FileTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileTable({} x {})", self.rows.len(), self.headings.len())
    }
}

/// A sheet of a file as rows of text; rows without anything in them are left out.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct FileSheet {
    /// Its name; the file's, where it has only one.
    pub name: String,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

/// Debug says only how large it is.
impl fmt::Debug for FileSheet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileSheet({} rows)", self.rows.len())
    }
}

/// What a written file is, for the words about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A file to be filled in.
    Template,
    /// Rows that were not accepted, with the reasons.
    Reasons,
    /// A list as it is shown.
    List,
}

/// For each column of a file the field it fills, if any.
pub type Mapping = Vec<Option<&'static Field>>;

/// Other names that files give the API's fields, in the form of [`plain`].
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

/// A way of laying a heading to a field.
type Way<'a> = &'a dyn Fn(&str) -> Option<&'static Field>;

/// A heading with only its letters and digits, in lower case.
pub fn plain(heading: &str) -> String {
    heading.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The fields an import can fill.
pub fn fields(collection: &Collection) -> impl Iterator<Item = &'static Field> {
    collection.schema().fields.iter().filter(|field| field.is_sent())
}

/// Lays headings to fields: as was done by hand before, then by the API's names, then by other names for them. A field
/// is filled by one column; a column that the server fills itself, as in a list written out, fills none.
pub fn map(collection: &Collection, headings: &[String], by_hand: &BTreeMap<String, String>) -> Mapping {
    let named = |name: &str| fields(collection).find(|field| field.name == name);
    let mut mapping: Mapping = vec![None; headings.len()];
    let exact = |heading: &str| fields(collection).find(|field| plain(field.name) == heading);
    let alias =
        |heading: &str| ALIASES.iter().find(|(alias, _)| *alias == heading).and_then(|(_, name)| named(name));
    let hand = |heading: &str| by_hand.get(heading).and_then(|name| named(name));
    // Each way of laying goes over all headings before the next one.
    for way in [&hand as Way<'_>, &exact, &alias] {
        for (at, heading) in headings.iter().map(|heading| plain(heading)).enumerate() {
            let decided = mapping[at].is_some() || by_hand.get(&heading).is_some_and(String::is_empty);
            let field = if decided { None } else { way(&heading) };
            if let Some(field) = field.filter(|field| !mapping.contains(&Some(field))) {
                mapping[at] = Some(field);
            }
        }
    }
    mapping
}

/// Whether a row of headings holds what no heading is: a number of some length, a date, an amount, an address, or a word
/// that is a value of a field. Then the file has no headings.
pub fn holds_data(headings: &[String]) -> bool {
    let words = |kind: Kind| if let Kind::Choice(words) = kind { words } else { &[][..] };
    let values: Vec<&str> = crate::domain::participant::PARTICIPANT
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

/// The fields that every row needs and no column fills. A truth value that is missing is no, as in the documents' example.
pub fn missing(collection: &Collection, mapping: &Mapping) -> Vec<&'static Field> {
    let needed = |field: &&'static Field| field.need == Need::Required && field.kind != Kind::Flag;
    fields(collection).filter(needed).filter(|field| !mapping.contains(&Some(*field))).collect()
}

/// The rows of a file as changes to be staged. Rows with nothing in them are left out; the flags that have to be given
/// are no where the file does not say. A row like an earlier one, or like a record that is on the server, or with the ID
/// number of one, waits for a person's word.
pub fn changes<'a>(
    collection: &Collection,
    table: &FileTable,
    mapping: &Mapping,
    there: impl Iterator<Item = &'a Record>,
    now: Timestamp,
) -> Vec<RecordChange> {
    let (mut likenesses, mut ids_there) = (Likenesses::default(), HashSet::new());
    for record in there {
        likenesses.add(collection, record);
        ids_there.insert(id_number(record.value("id_number")));
    }
    let (mut seen, mut ids): (HashMap<String, u32>, HashMap<String, u32>) = Default::default();
    let mut changes = Vec::new();
    for (row, cells) in &table.rows {
        let given = mapping.iter().zip(cells).filter_map(|(field, cell)| Some((field.as_ref()?, cell)));
        let values = given.map(|(field, cell)| (field.name, typed::read(field, cell)));
        let mut draft = Draft::new(values.filter(|(_, value)| !value.is_blank()).collect());
        if draft.is_empty() {
            continue;
        }
        required_flags(collection, &mut draft);
        let likeness = collection.likeness(|name| draft.value(name));
        let twin = seen.insert(likeness, *row);
        let name = collection.name_of(&draft);
        let id = id_number(draft.value("id_number"));
        let same_id = if id.is_empty() { None } else { ids.insert(id.clone(), *row) };
        let hold = match (twin, likenesses.count(collection, &draft), same_id) {
            (Some(twin), ..) => Hold::Waits(format!("like row {twin} of the file").into()),
            (None, 1.., _) => Hold::Waits("one like it is on the server".into()),
            (None, 0, Some(same)) => {
                Hold::Waits(format!("its ID number is that of row {same} of the file").into())
            }
            (None, 0, None) if !id.is_empty() && ids_there.contains(&id) => {
                Hold::Waits("its ID number is that of a participant on the server".into())
            }
            (None, 0, None) => Hold::No,
        };
        let mut change = RecordChange::new(collection.clone(), name, Intent::Create(draft), now);
        (change.row, change.hold) = (Some(*row), hold);
        changes.push(change);
    }
    changes
}

/// An ID number without the blanks people write into it.
fn id_number(value: &Value) -> String {
    value.typed().chars().filter(|c| !c.is_whitespace()).collect()
}

/// Gives the truth values that have to be given and are not: no, as the documents' own example is answered.
pub fn required_flags(collection: &Collection, draft: &mut Draft) {
    let flags = fields(collection).filter(|f| f.kind == Kind::Flag && f.need == Need::Required);
    for field in flags {
        if *draft.value(field.name) == Value::Absent {
            draft.set(field.name, Value::Flag(false));
        }
    }
}

/// An empty file with a heading for each field.
pub fn template(collection: &Collection) -> FileTable {
    let headings = fields(collection).map(|field| field.name.to_owned()).collect();
    FileTable { headings, rows: Vec::new() }
}

/// Records as they are, every field a column.
pub fn list<'a>(schema: &Schema, rows: impl Iterator<Item = &'a Record>) -> FileTable {
    let headings = schema.fields.iter().map(|field| field.name.to_owned()).collect();
    let cells = |row: &Record| row.entries().map(|(_, value)| value.typed().into_owned()).collect();
    FileTable { headings, rows: (2..).zip(rows.map(cells)).collect() }
}

/// Rows with a column of reasons in front, to be mended in a spreadsheet and imported again.
pub fn with_reasons<'a>(
    collection: &Collection,
    changes: impl Iterator<Item = (&'a RecordChange, String)>,
) -> FileTable {
    let fields: Vec<_> = fields(collection).collect();
    let mut headings = vec!["reason".to_owned()];
    headings.extend(fields.iter().map(|field| field.name.to_owned()));
    let mut rows = Vec::new();
    for (number, (change, reason)) in (2..).zip(changes) {
        let Some(draft) = change.intent.created() else { continue };
        let mut cells = vec![reason];
        cells.extend(fields.iter().map(|field| draft.value(field.name).typed().into_owned()));
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
        let mapping = map(&collection(), &table.headings, &BTreeMap::new());
        changes(&collection(), table, &mapping, std::iter::empty(), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn headings_are_laid_by_name_however_they_are_written_and_each_field_once() {
        let headings = ["Full Name", "ID-number", "SEX", "Course cost", "Shoe size", "gender"];
        let mapping = map(
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
    fn a_first_row_of_a_person_is_no_row_of_headings() {
        let row =
            |cells: &[&str]| holds_data(&cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>());
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
    fn a_list_that_was_written_out_is_read_back_field_by_field() {
        let of = collection();
        let headings: Vec<String> = list(of.schema(), std::iter::empty()).headings;
        for (heading, field) in headings.iter().zip(map(&of, &headings, &BTreeMap::new())) {
            let wanted = fields(&of).find(|field| field.name == heading).map(|field| field.name);
            assert_eq!(field.map(|field| field.name), wanted, "{heading}");
        }
        let short = ["ID".to_owned(), "Name".to_owned()];
        let names: Vec<_> = map(&of, &short, &BTreeMap::new()).iter().map(|f| f.map(|f| f.name)).collect();
        assert_eq!(names, [Some("id_number"), Some("full_name")]);
    }

    #[test]
    fn rows_are_read_with_what_is_wrong_kept_to_be_mended() {
        let staged = staged(&table(
            &["full_name", "gender", "race", "start_date"],
            &[
                &["Ann", "f", "African", "31/02/2026"],
                &["", "", "", ""],
                &["Ben", "M", "white", "03/02/2026"],
            ],
        ));
        assert_eq!(staged.len(), 2);
        assert_eq!((staged[0].row, staged[1].row), (Some(2), Some(4)));
        let draft = staged[0].intent.created().unwrap();
        assert_eq!(draft.value("start_date"), &Value::Odd("31/02/2026".into()));
        assert_eq!(draft.value("disabled"), &Value::Flag(false));
        assert_eq!(staged[1].intent.created().unwrap().value("race"), &Value::Text("White".into()));
    }

    #[test]
    fn a_row_like_an_earlier_one_waits_for_a_word() {
        let staged = staged(&table(&["name", "cost"], &[&["Ann", "5"], &["Ann", "5.0"], &["Ann", "6"]]));
        let held: Vec<_> = staged.iter().map(|change| change.hold != Hold::No).collect();
        assert_eq!(held, [false, true, false]);
    }

    #[test]
    fn a_row_with_an_id_number_that_is_there_already_waits_for_a_word() {
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
        let mapping = map(&collection(), &table.headings, &BTreeMap::new());
        let staged = changes(&collection(), &table, &mapping, std::iter::once(&there), Timestamp::UNIX_EPOCH);
        let held: Vec<_> = staged.iter().map(|change| change.hold != Hold::No).collect();
        assert_eq!(held, [false, true, true, false, false]);
    }

    #[test]
    fn rows_written_with_reasons_read_back_as_they_were() {
        let first = staged(&table(
            &["full_name", "course_cost", "start_date", "disabled"],
            &[&["Ann", "R 5 000,50", "31/02/2026", "yes"]],
        ));
        let written = with_reasons(&collection(), first.iter().map(|change| (change, "bad date".into())));
        assert_eq!(written.rows[0].1[0], "bad date");
        let again = staged(&written);
        let text = |change: &RecordChange| change.intent.created().map(Draft::to_journal);
        assert_eq!(text(&again[0]), text(&first[0]));
    }
}
