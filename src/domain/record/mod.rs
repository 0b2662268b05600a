//! Records of the API as schemas: one line in a schema adds a field to decoding, lists, forms and the command
//! line.

pub mod amount;
pub mod id_number;
pub mod participant;
pub mod recalculation;
pub mod scorecard;
pub mod supplier_score;
pub mod training_program;
pub mod typed_input;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::domain::date;
use crate::domain::text::Text;
use crate::domain::text::label_from_api_name;

/// The kind of value a field holds, according to the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Free text.
    Text,
    /// One of a list of words; others are shown as they are.
    Choice(&'static [&'static str]),
    /// A whole number.
    Integer,
    /// An amount or a number with decimals, as a JSON number or a string.
    Decimal,
    /// A truth value, as JSON or as the words `true` and `false`.
    Flag,
    /// A date, `YYYY-MM-DD`.
    Date,
    /// A time stamp, ISO 8601 with a zone.
    Time,
    /// A date, `DD/MM/YYYY` (Supplier scores).
    DayFirstDate,
    /// A time stamp, `DD/MM/YYYY HH:MM:SS` without a zone (Supplier scores).
    DayFirstTime,
}

/// Whether a field has to be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requirement {
    /// Has to be given.
    Required,
    /// May be left out.
    Optional,
    /// May be left out or null.
    Nullable,
    /// Has to be given under the condition in its description.
    Conditional,
    /// Is made by the server and never sent.
    ResponseOnly,
}

/// One field of a record: a row of an "Attributes" table.
#[derive(Debug, PartialEq, Eq)]
pub struct SchemaField {
    /// The API's name.
    pub name: &'static str,
    /// The kind of its value.
    pub kind: FieldKind,
    /// Whether it has to be given.
    pub requirement: Requirement,
    /// The document's description.
    pub description: &'static str,
}

impl SchemaField {
    /// One row of a schema.
    pub const fn new(name: &'static str, kind: FieldKind, need: Requirement, about: &'static str) -> Self {
        Self { name, kind, requirement: need, description: about }
    }

    /// The name as people read it: `Start date`.
    pub fn label(&self) -> String {
        label_from_api_name(self.name)
    }

    /// Whether it identifies a person on its own, so that its value must not be shown to others.
    pub fn is_personal(&self) -> bool {
        self.name == "id_number"
    }

    /// Whether it can be sent: true for all but response-only fields.
    pub fn is_sendable(&self) -> bool {
        self.requirement != Requirement::ResponseOnly
    }
}

/// The fields of one record, in the documents' order.
#[derive(Debug, PartialEq, Eq)]
pub struct Schema {
    /// What one such record is called: `scorecard`.
    pub name: &'static str,
    /// Its fields.
    pub fields: &'static [SchemaField],
}

impl Schema {
    /// The field of that name, if any.
    pub fn field(&self, name: &str) -> Option<&'static SchemaField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field whose name or label a message of the server begins with, as in `Start date cannot be before
    /// 01/09/2025`. The longest match wins.
    pub fn field_named_in(&self, words: &str) -> Option<&'static SchemaField> {
        let words = words.to_lowercase();
        let begins = |field: &&SchemaField| {
            [field.label().to_lowercase(), field.name.to_owned()].iter().any(|name| {
                words.strip_prefix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
            })
        };
        self.fields.iter().filter(begins).max_by_key(|field| field.name.len())
    }

    /// Parses a draft written by [`RecordDraft::to_journal`]. Fields this version does not know are left out;
    /// `None` when the text is not such JSON.
    pub fn from_journal(&self, json: &str) -> Option<RecordDraft> {
        let texts: BTreeMap<String, Option<String>> = serde_json::from_str(json).ok()?;
        let value = |field: &'static SchemaField| {
            let value = match texts.get(field.name)? {
                None => Value::Null,
                Some(text) if text.is_empty() => Value::Text(Text::default()),
                Some(text) => {
                    parse_value(field.kind, text).unwrap_or_else(|| Value::Unparsed(text.as_str().into()))
                }
            };
            Some((field.name, value))
        };
        Some(RecordDraft(self.fields.iter().filter_map(value).collect()))
    }
}

/// The value of one field, as the server sent it or a person typed it.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    /// The key was not there.
    #[default]
    Absent,
    /// `null`.
    Null,
    /// Text, or a word of a list.
    Text(Text),
    /// A whole number.
    Integer(i64),
    /// A number with decimals; `5000` and `"5000.0"` are equal.
    Decimal(Decimal),
    /// A truth value.
    Flag(bool),
    /// A date.
    Date(Date),
    /// A time stamp.
    Time(Timestamp),
    /// A date and time without a zone.
    LocalTime(DateTime),
    /// Text that does not fit the field's kind, shown unchanged.
    Unparsed(Text),
    /// A list or an object where the documents have a plain value; says which.
    Unreadable(&'static str),
}

impl Value {
    /// The unescaped text, for comparing and sending; `None` for values that are not text.
    pub fn raw(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Unparsed(text) => Some(text.raw()),
            _ => None,
        }
    }

    /// The value as `Display` prints it, borrowed where possible.
    pub fn printable(&self) -> Cow<'_, str> {
        match self {
            Self::Absent | Self::Null => "".into(),
            Self::Text(text) | Self::Unparsed(text) => text.printable(),
            Self::Flag(true) => "yes".into(),
            Self::Flag(false) => "no".into(),
            other => other.to_string().into(),
        }
    }

    /// The text a person edits, which parses back to this value; unescaped, so not for printing.
    pub fn edit_text(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) | Self::Unparsed(text) => text.raw().into(),
            Self::Time(time) => time.to_string().into(),
            Self::Unreadable(_) => "".into(),
            other => other.to_string().into(),
        }
    }

    /// Whether two values mean the same: absent, null and blank do, and so do texts that differ only in
    /// surrounding blanks.
    pub fn is_equivalent(&self, other: &Self) -> bool {
        match (self, other) {
            (a, b) if a.is_blank() || b.is_blank() => a.is_blank() && b.is_blank(),
            (Self::Text(a) | Self::Unparsed(a), Self::Text(b) | Self::Unparsed(b)) => {
                a.raw().trim() == b.raw().trim()
            }
            (a, b) => a == b,
        }
    }

    /// Whether there is nothing to show: absent, null or blank text.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Absent | Self::Null => true,
            Self::Text(text) => text.is_blank(),
            _ => false,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent | Self::Null => f.pad(""),
            Self::Text(text) | Self::Unparsed(text) => text.fmt(f),
            Self::Integer(n) => n.fmt(f),
            Self::Decimal(n) => n.fmt(f),
            Self::Flag(true) => f.pad("yes"),
            Self::Flag(false) => f.pad("no"),
            Self::Date(date) => f.pad(&date.to_string()),
            Self::Time(time) => minutes(f, jiff::tz::Offset::constant(2).to_datetime(*time)),
            Self::LocalTime(time) => minutes(f, *time),
            Self::Unreadable(what) => write!(f, "⚠ {what}"),
        }
    }
}

/// `2026-04-22 10:30`
fn minutes(f: &mut fmt::Formatter<'_>, time: DateTime) -> fmt::Result {
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    write!(f, "{:04}-{:02}-{:02} {hour:02}:{minute:02}", date.year(), date.month(), date.day())
}

/// One record as the server sent it: a value for each field of its schema. Unknown keys are dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    schema: &'static Schema,
    values: Box<[Value]>,
}

impl Record {
    /// The schema that describes its fields.
    pub fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// The value of the field of that name; [`Value::Absent`] for a name the schema does not have.
    pub fn value(&self, name: &str) -> &Value {
        let at = self.schema.fields.iter().position(|f| f.name == name);
        at.map_or(&Value::Absent, |at| &self.values[at])
    }

    /// The value of the field at this index of the schema; [`Value::Absent`] beyond its end.
    pub fn value_at(&self, place: usize) -> &Value {
        self.values.get(place).unwrap_or(&Value::Absent)
    }

    /// The first sendable field that could not be read, if any: sending the record back whole would lose its
    /// value.
    pub fn unreadable_field(&self) -> Option<&'static SchemaField> {
        let damaged = |(field, value): &(&SchemaField, &Value)| {
            field.is_sendable() && matches!(value, Value::Unreadable(_))
        };
        self.entries().find(damaged).map(|(field, _)| field)
    }

    /// A draft of all fields that can be sent and could be read.
    pub fn sendable_fields(&self) -> RecordDraft {
        let kept = |value: &Value| !matches!(value, Value::Absent | Value::Unreadable(_));
        let sent = self.entries().filter(|(field, value)| field.is_sendable() && kept(value));
        RecordDraft(sent.map(|(field, value)| (field.name, value.clone())).collect())
    }

    /// A draft of all fields, response-only ones included, for comparing and for files.
    pub fn all_fields(&self) -> RecordDraft {
        RecordDraft(self.entries().map(|(field, value)| (field.name, value.clone())).collect())
    }

    /// The fields with their values, in the documents' order.
    pub fn entries(&self) -> impl Iterator<Item = (&'static SchemaField, &Value)> {
        self.schema.fields.iter().zip(&self.values)
    }
}

/// Decodes one record. A value of the wrong kind is kept as it is. Fails on a repeated key and on anything
/// but an object. Only the error for a repeated key is certain not to quote the data: do not print the
/// others.
impl<'de> DeserializeSeed<'de> for &'static Schema {
    type Value = Record;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Record, D::Error> {
        deserializer.deserialize_map(RecordVisitor { schema: self })
    }
}

struct RecordVisitor {
    schema: &'static Schema,
}

impl<'de> Visitor<'de> for RecordVisitor {
    type Value = Record;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a {}", self.schema.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Record, A::Error> {
        let fields = self.schema.fields;
        let mut values = vec![None; fields.len()];
        // Servers send fields in a fixed order, so the next key is nearly always the next field.
        let mut next = 0;
        while let Some(JsonKey(key)) = map.next_key()? {
            let from_next = (next..fields.len()).chain(0..next);
            match from_next.into_iter().find(|at| fields[*at].name == key) {
                Some(at) if values[at].is_some() => return Err(A::Error::custom("a key stands twice")),
                Some(at) => {
                    values[at] = Some(map.next_value::<JsonScalar>()?.to_value(fields[at].kind));
                    next = at + 1;
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Record {
            schema: self.schema,
            values: values.into_iter().map(Option::unwrap_or_default).collect(),
        })
    }
}

/// An object's key, borrowed where it can be.
pub struct JsonKey<'a>(pub Cow<'a, str>);

impl<'de> serde::Deserialize<'de> for JsonKey<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = JsonKey<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Self::Value, E> {
                Ok(JsonKey(Cow::Borrowed(key)))
            }

            fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
                Ok(JsonKey(Cow::Owned(key.to_owned())))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// A JSON value; of a list or an object only its kind is kept.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonScalar<'a> {
    /// `null`
    Null,
    /// `true`, `false`
    Flag(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// A list or an object, named in words.
    Nested(&'static str),
}

impl JsonScalar<'_> {
    /// Converts it to a value of the documented kind. What does not fit becomes [`Value::Unparsed`], a list
    /// or an object [`Value::Unreadable`].
    pub fn to_value(&self, kind: FieldKind) -> Value {
        let odd = |text: &str| {
            if text.is_empty() { Value::Text(Text::default()) } else { Value::Unparsed(text.into()) }
        };
        match (kind, self) {
            (_, Self::Null) => Value::Null,
            (_, Self::Nested(what)) => Value::Unreadable(what),
            (FieldKind::Text | FieldKind::Choice(_), Self::Text(text)) => Value::Text(text.as_ref().into()),
            (FieldKind::Integer, Self::Integer(n)) => Value::Integer(*n),
            (FieldKind::Integer, Self::Float(n)) if n.fract() == 0.0 && n.abs() < 9e15 => {
                Value::Integer(*n as i64)
            }
            (FieldKind::Decimal, Self::Integer(n)) => Value::Decimal((*n).into()),
            (FieldKind::Decimal, Self::Float(n)) => {
                decimal(&n.to_string()).map_or_else(|| odd(&n.to_string()), Value::Decimal)
            }
            (FieldKind::Flag, Self::Flag(flag)) => Value::Flag(*flag),
            (_, Self::Text(text)) => parse_value(kind, text).unwrap_or_else(|| odd(text)),
            (_, Self::Flag(flag)) => odd(if *flag { "true" } else { "false" }),
            (_, Self::Integer(n)) => odd(&n.to_string()),
            (_, Self::Float(n)) => odd(&n.to_string()),
        }
    }
}

/// Parses text in the API's form for this kind; `None` when it does not fit.
pub fn parse_value(kind: FieldKind, text: &str) -> Option<Value> {
    match kind {
        FieldKind::Text => Some(Value::Text(text.into())),
        FieldKind::Choice(words) => words.contains(&text).then(|| Value::Text(text.into())),
        FieldKind::Integer => text.parse().ok().map(Value::Integer),
        FieldKind::Decimal => decimal(text).map(Value::Decimal),
        FieldKind::Flag => text.parse().ok().map(Value::Flag),
        FieldKind::Date => date::iso_date(text).map(Value::Date),
        FieldKind::Time => date::iso_time(text).map(Value::Time),
        FieldKind::DayFirstDate => date::day_first_date(text).map(Value::Date),
        FieldKind::DayFirstTime => date::day_first_time(text).map(Value::LocalTime),
    }
}

fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

impl<'de> serde::Deserialize<'de> for JsonScalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = JsonScalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(JsonScalar::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(JsonScalar::Flag(flag))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Self::Value, E> {
        Ok(JsonScalar::Integer(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(n).map_or(JsonScalar::Float(n as f64), JsonScalar::Integer))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Self::Value, E> {
        Ok(JsonScalar::Float(n))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(JsonScalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(JsonScalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(JsonScalar::Nested("a list"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(JsonScalar::Nested("an object"))
    }
}

/// The fields to be sent, in the given order: the body of a create, or only the changes of an update.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RecordDraft(Vec<(&'static str, Value)>);

impl RecordDraft {
    /// A draft of these fields.
    pub fn new(values: Vec<(&'static str, Value)>) -> Self {
        Self(values)
    }

    /// The fields and their values.
    pub fn entries(&self) -> &[(&'static str, Value)] {
        &self.0
    }

    /// The value of a field; [`Value::Absent`] when it is not there.
    pub fn value(&self, name: &str) -> &Value {
        self.0.iter().find(|(field, _)| *field == name).map_or(&Value::Absent, |(_, value)| value)
    }

    /// Sets a field's value in place, or adds the field at the end.
    pub fn set(&mut self, name: &'static str, value: Value) {
        match self.0.iter_mut().find(|(field, _)| *field == name) {
            Some((_, old)) => *old = value,
            None => self.0.push((name, value)),
        }
    }

    /// This draft with the fields of `other` set on top.
    #[must_use]
    pub fn with_fields_of(mut self, other: &Self) -> Self {
        for (name, value) in &other.0 {
            self.set(name, value.clone());
        }
        self
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The draft as JSON text, which [`Schema::from_journal`] reads back digit for digit. Absent and
    /// unreadable values are left out.
    pub fn to_journal(&self) -> String {
        let text = |value: &Value| match value {
            Value::Null => None,
            Value::Flag(flag) => Some(flag.to_string()),
            other => Some(other.edit_text().into_owned()),
        };
        let kept = self.0.iter().filter(|(_, v)| !matches!(v, Value::Absent | Value::Unreadable(_)));
        let texts: BTreeMap<&str, Option<String>> = kept.map(|(name, value)| (*name, text(value))).collect();
        serde_json::to_string(&texts).unwrap_or_default()
    }
}

/// The body the API expects: dates as ISO text, decimals as JSON numbers digit for digit; absent values are
/// left out.
impl Serialize for RecordDraft {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::Error as _;
        use serde_json::value::RawValue;

        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.0 {
            match value {
                Value::Absent | Value::Unreadable(_) => {}
                Value::Null => map.serialize_entry(name, &())?,
                Value::Text(text) | Value::Unparsed(text) => map.serialize_entry(name, text.raw())?,
                Value::Integer(n) => map.serialize_entry(name, n)?,
                Value::Flag(flag) => map.serialize_entry(name, flag)?,
                Value::Decimal(n) => {
                    let digits = RawValue::from_string(n.to_string()).map_err(S::Error::custom)?;
                    map.serialize_entry(name, &digits)?;
                }
                Value::Date(date) => map.serialize_entry(name, &date.to_string())?,
                Value::Time(time) => map.serialize_entry(name, &time.to_string())?,
                Value::LocalTime(time) => map.serialize_entry(name, &time.to_string())?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::record::participant::PARTICIPANT;

    fn read(json: &str) -> Result<Record, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(json);
        (&PARTICIPANT).deserialize(&mut reader)
    }

    #[test]
    fn amounts_are_equal_as_numbers_and_as_strings() {
        let number = read(r#"{"course_cost": 5000}"#).unwrap();
        let text = read(r#"{"course_cost": "5000.0"}"#).unwrap();
        assert_eq!(number.value("course_cost"), text.value("course_cost"));
        assert!(matches!(text.value("course_cost"), Value::Decimal(_)));
    }

    #[test]
    fn null_absent_and_blank_are_distinguished() {
        let record = read(r#"{"id_number": null, "province": ""}"#).unwrap();
        assert_eq!(record.value("id_number"), &Value::Null);
        assert_eq!(record.value("province"), &Value::Text("".into()));
        assert_eq!(record.value("business_unit"), &Value::Absent);
    }

    #[test]
    fn a_field_of_the_wrong_type_is_shown_unchanged_and_affects_no_other() {
        let record =
            read(r#"{"age": "old", "gender": "Other", "employed": [1], "x": {"y": 1}, "full_name": "A"}"#)
                .unwrap();
        assert_eq!(record.value("age"), &Value::Unparsed("old".into()));
        assert_eq!(record.value("gender"), &Value::Text("Other".into()));
        assert_eq!(record.value("employed"), &Value::Unreadable("a list"));
        assert_eq!(record.value("full_name"), &Value::Text("A".into()));
    }

    #[test]
    fn a_repeated_key_is_an_error_that_does_not_quote_the_data() {
        let error = read(r#"{"id_number": "8001015009087", "id_number": "1"}"#).unwrap_err();
        assert!(!error.to_string().contains("8001"));
        assert!(read(r#""8001015009087""#).is_err());
    }

    #[test]
    fn a_draft_survives_the_journal_unchanged() {
        let draft = RecordDraft::new(vec![
            ("full_name", Value::Text("Zoë \u{202e}x".into())),
            ("disabled", Value::Flag(false)),
            ("id_number", Value::Text("0801015009087".into())),
            ("age", Value::Integer(31)),
            ("course_cost", Value::Decimal("12345678901234567.89".parse().unwrap())),
            ("start_date", Value::Unparsed("31/02/2026".into())),
            ("end_date", Value::Date(jiff::civil::date(2026, 2, 28))),
            ("absorption_date", Value::Null),
        ]);
        let back = PARTICIPANT.from_journal(&draft.to_journal()).unwrap();
        for (name, value) in draft.entries() {
            assert_eq!(back.value(name), value, "{name}");
        }
        assert_eq!(back.entries().len(), draft.entries().len());
    }

    #[test]
    fn a_server_message_is_assigned_to_the_field_it_begins_with() {
        let named = |words| PARTICIPANT.field_named_in(words).map(|field| field.name);
        assert_eq!(named("Gender is not included in the list"), Some("gender"));
        assert_eq!(named("Id number can't be blank"), Some("id_number"));
        assert_eq!(named("start_date is not a date"), Some("start_date"));
        assert_eq!(named("ID number is too short"), Some("id_number"));
        assert_eq!(named("Genders are odd"), None);
        assert_eq!(named("One or more participant records are invalid."), None);
    }

    #[test]
    fn a_draft_sends_decimals_as_numbers_and_leaves_out_what_is_absent() {
        let draft = RecordDraft::new(vec![
            ("course_cost", Value::Decimal("5000.10".parse().unwrap())),
            ("age", Value::Absent),
            ("start_date", Value::Date(jiff::civil::date(2025, 9, 1))),
            ("municipality", Value::Null),
        ]);
        let json = serde_json::to_string(&draft).unwrap();
        assert_eq!(json, r#"{"course_cost":5000.10,"start_date":"2025-09-01","municipality":null}"#);
    }
}
