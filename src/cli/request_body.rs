//! Builds the request of a verb from options or a JSON body. Whatever the client can check itself is refused
//! here, before anything is sent.

use crate::cli::error::CliError;
use std::collections::BTreeSet;

use clap::ArgMatches;
use serde::de::DeserializeSeed;
use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::api::Call;
use crate::api::request::{PageQuery, Request};
use crate::cli::text_input;
use crate::cli::verbs::{Verb, VerbArguments, VerbBody, counter};
use crate::domain::change::collection::Collection;
use crate::domain::change::counter_change::TargetPatch;
use crate::domain::plan::counter::Counter;
use crate::domain::plan::target::MAX_COUNT;
use crate::domain::record::typed_input::{InputOrigin, expected_input};
use crate::domain::record::{
    FieldKind, Record, RecordDraft, Requirement, Schema, SchemaField, Value, parse_value,
};

/// Why an ID number is not accepted on the command line.
const VISIBLE_TO_OTHERS: &str =
    "an ID number on the command line is seen by everyone on this machine (ps, shell history)";

/// The call of a verb, and the exact request to send. Fails when the arguments do not form a request that the
/// documents allow; the error says why.
pub(super) fn build_request(verb: &Verb, matches: &ArgMatches) -> Result<(Call, Request), CliError> {
    let text = |name: &str| matches.try_get_one::<String>(name).ok().flatten();
    let number = |name: &str| matches.try_get_one::<u32>(name).ok().flatten().copied();
    if let Some(field) = verb.create_only_fields().find(|field| text(field.name).is_some()) {
        let may: Vec<String> = verb.fields().map(option_name).collect();
        let option = option_name(field);
        return Err(format!(
            "{option}: the API does not change it; {} can be changed; nothing was sent",
            may.join(", ")
        )
        .into());
    }
    let raw = raw_body(verb, matches)?;
    let mut values = Vec::new();
    for field in verb.fields() {
        let Some(text) = text(field.name) else { continue };
        let read;
        let text = if field.is_personal() {
            read = read_personal_value(field, text)?;
            &read
        } else {
            text
        };
        values.push((field.name, value(field, text)?));
    }
    let mut counters = TargetPatch::new();
    if verb.body == VerbBody::Counters && raw.is_none() {
        for text in matches.get_many::<String>("counters").into_iter().flatten() {
            let (counter, count) = counter(text)?;
            if counters.iter().any(|(known, _)| *known == counter) {
                return Err(format!("{} is given twice; nothing was sent", counter.name()).into());
            }
            counters.push((counter, count));
        }
    }
    let given_fields = !values.is_empty() || !counters.is_empty();
    match (verb.body, &raw) {
        (VerbBody::None, _) => {}
        (_, Some(_)) if given_fields => return Err("give either options or a JSON body, not both".into()),
        (_, None) if !given_fields => {
            return Err("nothing to send: give fields as options, or a JSON body".into());
        }
        _ => {}
    }
    let page = PageQuery {
        page: number("page").unwrap_or(1),
        per_page: number("per-page").unwrap_or(PageQuery::MAX_PER_PAGE),
    };
    let ids = verb.ids.iter().filter_map(|id| text(id)).cloned().collect();
    let mut given = VerbArguments { ids, drafts: vec![RecordDraft::new(values)], counters, page };
    if let Some(raw) = &raw {
        // The documented body of this verb gives the root key, and whether it holds one record or a list.
        let documented = (verb.call)(&given)?.request();
        read_body(verb, raw, &documented, &mut given)?;
    }
    if let Some(schema) = verb.schema().filter(|_| matches!(verb.body, VerbBody::Fields | VerbBody::Only(_)))
    {
        check_drafts(verb, schema, &given.drafts)?;
    }
    let call = (verb.call)(&given)?;
    if let Some((collection @ Collection::Participants(..), sent)) = call.created_drafts()
        && sent.len() > collection.max_batch_size()
    {
        return Err(format!(
            "{} participants: a request takes {}; nothing was sent. bee-tui participants import sends them in batches",
            sent.len(),
            collection.max_batch_size()
        ).into());
    }
    let mut request = call.request();
    if let Some(raw) = raw {
        request.body = Some(raw.trim().as_bytes().to_vec());
    }
    Ok((call, request))
}

/// The JSON body that was given; `None` if there is none. Fails when it is given twice, cannot be read, or
/// puts personal fields on the command line.
fn raw_body(verb: &Verb, matches: &ArgMatches) -> Result<Option<String>, CliError> {
    let text = |name: &str| matches.try_get_one::<String>(name).ok().flatten().map(String::as_str);
    let counters = matches.try_get_many::<String>("counters").ok().flatten();
    let only_dash =
        counters.is_some_and(|mut texts| texts.len() == 1 && texts.next().is_some_and(|t| t == "-"));
    match (text("json"), text("file"), text("stdin").is_some() || only_dash) {
        (None, None, false) => Ok(None),
        (Some(json), None, false) => {
            let personal =
                verb.schema().into_iter().flat_map(|schema| schema.fields).filter(|f| f.is_personal());
            let keys = serde_json::from_str(json).map(|json| keys_of(&json)).unwrap_or_default();
            let mut personal = personal.filter(|field| keys.contains(field.name));
            if let Some(field) = personal.next() {
                return Err(format!(
                    "--json with {}: {VISIBLE_TO_OTHERS}; give the body as --file FILE or as -",
                    field.name
                )
                .into());
            }
            Ok(Some(json.to_owned()))
        }
        (None, Some(file), false) if file != "-" => file_text(file).map(Some),
        (None, Some("-"), false) | (None, None, true) => text_input::named_text("-").map(Some),
        _ => Err("give the body once: as --json, as --file or as -".into()),
    }
}

/// Every key in a value, at any depth.
fn keys_of(json: &Json) -> BTreeSet<String> {
    match json {
        Json::Array(items) => items.iter().flat_map(keys_of).collect(),
        Json::Object(pairs) => {
            pairs.iter().flat_map(|(key, value)| keys_of(value).into_iter().chain([key.clone()])).collect()
        }
        _ => BTreeSet::new(),
    }
}

fn file_text(file: &str) -> Result<String, CliError> {
    if file.trim_start().starts_with(['{', '[']) {
        return Err(
            "--file takes the name of a file, not the body itself; give that as - on standard input".into()
        );
    }
    text_input::named_text(file)
}

/// Reads a personal value from the place that the option names, never from the option itself: `-` for
/// standard input, else a file. Fails when it cannot be read or has several lines.
fn read_personal_value(field: &SchemaField, place: &str) -> Result<String, CliError> {
    let option = option_name(field);
    let text = match place {
        "" => Ok(String::new()),
        place => text_input::text(place),
    };
    let text = text.map_err(|e| {
        // The argument may be the number itself, so the message does not repeat it.
        let kind = e.kind();
        format!("{option} takes a file that holds it, or - for standard input: {VISIBLE_TO_OTHERS} ({kind})")
    })?;
    if text.trim().lines().count() > 1 {
        return Err(format!("{option}: it is one line, and there are more; nothing was sent").into());
    }
    Ok(text.trim().to_owned())
}

/// The option that sets a field, like `--start-date`.
pub(super) fn option_name(field: &SchemaField) -> String {
    format!("--{}", field.name.replace('_', "-"))
}

/// Parses an option's text as a value of its field; blank is null where null is allowed. Fails when the text
/// does not fit the field's kind.
fn value(field: &SchemaField, text: &str) -> Result<Value, CliError> {
    if text.is_empty() && field.requirement == Requirement::Nullable {
        return Ok(Value::Null);
    }
    parse_value(field.kind, text).ok_or_else(|| {
        format!(
            "{} `{text}`: it takes {}",
            option_name(field),
            expected_input(field.kind, InputOrigin::Shell)
        )
        .into()
    })
}

/// Reads a JSON body into `given`. Fails when its shape is not the documented one, or when a record or
/// counter in it cannot be sent.
fn read_body(
    verb: &Verb,
    raw: &str,
    documented: &Request,
    given: &mut VerbArguments,
) -> Result<(), CliError> {
    let json: Json = serde_json::from_str(raw)
        .map_err(|e| format!("the body is no JSON (line {}, column {})", e.line(), e.column()))?;
    let documented: Json =
        serde_json::from_slice(documented.body.as_deref().unwrap_or_default()).unwrap_or_default();
    let root = documented.as_object().and_then(|object| object.iter().next());
    let Some((root, shape)) = root else { return Ok(()) };
    let example = if shape.is_array() { "[{…}]" } else { "{…}" };
    let expected = format!("it is {{\"{root}\": {example}}}, root key included; nothing was sent");
    let object = json.as_object().ok_or_else(|| format!("the body is no object: {expected}"))?;
    if let Some(other) = object.keys().find(|key| *key != root) {
        return Err(format!(
            "the body has the root key \"{}\": {expected}",
            crate::domain::text::Text::from(other.as_str())
        )
        .into());
    }
    let pairs =
        serde_json::from_str::<ObjectPairs>(raw).map_err(|_| format!("the body is no object: {expected}"))?;
    let [(_, content)] = pairs.0[..] else {
        return Err(format!("the body has one root key: {expected}").into());
    };
    let items: Vec<&RawValue> = if shape.is_array() {
        serde_json::from_str(content.get()).map_err(|_| format!("\"{root}\" is no list: {expected}"))?
    } else {
        vec![content]
    };
    if items.is_empty() {
        return Err(format!("\"{root}\" is empty; nothing was sent").into());
    }
    if verb.body == VerbBody::Counters {
        given.counters = read_counters(content)?;
        return Ok(());
    }
    let Some(schema) = verb.schema() else { return Ok(()) };
    given.drafts = items.into_iter().map(|item| read_draft(verb, schema, item)).collect::<Result<_, _>>()?;
    Ok(())
}

/// The pairs of an object in order, so that a repeated key is noticed.
struct ObjectPairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for ObjectPairs<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = ObjectPairs<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<ObjectPairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(ObjectPairs(pairs))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// Reads the counters of a body. Fails when one is unknown, repeated or no count, and when there are none.
fn read_counters(content: &RawValue) -> Result<TargetPatch, CliError> {
    let ObjectPairs(pairs) =
        serde_json::from_str(content.get()).map_err(|_| "the counters are no object".to_owned())?;
    let mut counters = TargetPatch::new();
    for (key, value) in pairs {
        let counter =
            Counter::parse(&key).ok_or_else(|| format!("`{key}` is no counter; nothing was sent"))?;
        if counters.iter().any(|(known, _)| *known == counter) {
            return Err(format!("{key} is given twice; nothing was sent").into());
        }
        let count = serde_json::from_str::<u64>(value.get())
            .ok()
            .and_then(|count| u32::try_from(count).ok())
            .filter(|count| *count <= MAX_COUNT);
        let count = count.ok_or_else(|| {
            format!("{key}: a count is a whole number from 0 to {MAX_COUNT}; nothing was sent")
        })?;
        counters.push((counter, count));
    }
    if counters.is_empty() {
        return Err("there are no counters in the body; nothing was sent".into());
    }
    Ok(counters)
}

/// Reads a record of a body. Fails for an unknown field, which the server would ignore with a good status,
/// for one that cannot be changed, and for a value of the wrong kind.
fn read_draft(verb: &Verb, schema: &'static Schema, item: &RawValue) -> Result<RecordDraft, CliError> {
    let names = serde_json::from_str::<ObjectPairs>(item.get()).map(|pairs| pairs.0).unwrap_or_default();
    for (name, _) in names {
        let shown = crate::domain::text::Text::from(name.as_str());
        if schema.field(&name).is_none() {
            return Err(format!("a {} has no field {shown}; nothing was sent", schema.name).into());
        }
        if verb.create_only_fields().any(|field| field.name == name) {
            return Err(format!("{shown} cannot be changed; nothing was sent").into());
        }
    }
    let record: Record = DeserializeSeed::deserialize(schema, item).map_err(|_| {
        format!("a {} of the body is no object, or names a field twice; nothing was sent", schema.name)
    })?;
    let given = record.entries().filter(|(_, value)| **value != Value::Absent);
    let mut draft = RecordDraft::default();
    for (field, value) in given {
        let is_wrong = match value {
            Value::Unreadable(_) | Value::Unparsed(_) => true,
            Value::Null => field.requirement == Requirement::Required,
            Value::Text(text) => parse_value(field.kind, text.raw()).is_none() && !text.is_blank(),
            _ => false,
        };
        if is_wrong && field.is_sendable() {
            return Err(format!(
                "{}: it takes {}; nothing was sent",
                field.name,
                expected_input(field.kind, InputOrigin::Shell)
            )
            .into());
        }
        draft.set(field.name, value.clone());
    }
    Ok(draft)
}

/// Fails when a record lacks a field that the documents require.
fn check_drafts(verb: &Verb, schema: &Schema, drafts: &[RecordDraft]) -> Result<(), CliError> {
    let creates = matches!(verb.name, "create" | "upsert");
    let mut problems = Vec::new();
    for (at, draft) in drafts.iter().enumerate() {
        let which = if drafts.len() > 1 { format!("record {}: ", at + 1) } else { String::new() };
        for field in schema.fields.iter().filter(|field| field.requirement == Requirement::Required) {
            let value = draft.value(field.name);
            let is_missing = value.is_blank() && (creates || *value != Value::Absent);
            // The documents require flags too, but accept an example without them: a missing flag is false.
            if is_missing && !(creates && field.kind == FieldKind::Flag) {
                problems.push(format!("{which}{} has to be given", field.name));
            }
        }
    }
    if problems.is_empty() {
        Ok(())
    } else {
        Err(format!("{}; nothing was sent", problems.join("; ")).into())
    }
}
