//! A target (one table of counters) and the three-way merge of its counters.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};

use crate::domain::id::TargetId;
use crate::domain::plan::counter::Counter;
use crate::domain::record::{JsonKey, JsonScalar};
use crate::domain::text::Text;

/// The number of people of one counter, at most [`MAX_COUNT`].
pub type Count = u32;

/// The largest count bee-tui accepts: what a signed 32-bit column of the server can hold.
pub const MAX_COUNT: Count = i32::MAX as Count;

/// Which people a target counts (Employment Equity Plans, `target_type`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetType {
    /// `all_employees`
    AllEmployees,
    /// `disabled_employees`
    DisabledEmployees,
    /// A type the documents do not have.
    Other(Text),
}

impl TargetType {
    /// Parses the API's word; a word the documents do not have becomes [`Other`](Self::Other).
    pub fn parse(word: &str) -> Self {
        match word {
            "all_employees" => Self::AllEmployees,
            "disabled_employees" => Self::DisabledEmployees,
            other => Self::Other(other.into()),
        }
    }

    /// The API's word.
    pub fn name(&self) -> &str {
        match self {
            Self::AllEmployees => "all_employees",
            Self::DisabledEmployees => "disabled_employees",
            Self::Other(text) => text.raw(),
        }
    }
}

impl fmt::Display for TargetType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllEmployees => f.pad("all employees"),
            Self::DisabledEmployees => f.pad("disabled"),
            Self::Other(text) => text.fmt(f),
        }
    }
}

/// What the server returned for one counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CounterReading {
    /// A number of people.
    Count(Count),
    /// `null`: shown as empty, never as 0; it can be edited.
    Null,
    /// Not a count, for this reason; it cannot be edited.
    Unreadable(&'static str),
}

impl CounterReading {
    /// The count; `None` for null and unreadable values.
    pub fn count(self) -> Option<Count> {
        match self {
            Self::Count(count) => Some(count),
            Self::Null | Self::Unreadable(_) => None,
        }
    }

    fn from_scalar(scalar: &JsonScalar<'_>) -> Self {
        let whole = match scalar {
            JsonScalar::Null => return Self::Null,
            JsonScalar::Integer(n) => Some(*n),
            JsonScalar::Float(n) if n.fract() == 0.0 && n.abs() < 9e15 => Some(*n as i64),
            JsonScalar::Text(text) => text.parse().ok(),
            _ => None,
        };
        match whole.map(Count::try_from) {
            Some(Ok(count)) if count <= MAX_COUNT => Self::Count(count),
            Some(_) => Self::Unreadable("a number that is no count of people"),
            None => Self::Unreadable("not a whole number"),
        }
    }
}

/// One of the two tables of a milestone, with every counter the server returned, in the server's order.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// The id, used in the path of an update.
    pub id: TargetId,
    /// Which people it counts.
    pub target_type: TargetType,
    /// The counters, each once.
    pub counters: IndexMap<Counter, CounterReading>,
}

impl Target {
    /// What the server returned for a counter; `None` when it did not return it.
    pub fn reading(&self, counter: &Counter) -> Option<CounterReading> {
        self.counters.get(counter).copied()
    }
}

impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TargetVisitor;
        impl<'de> Visitor<'de> for TargetVisitor {
            type Value = Target;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a target")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Target, A::Error> {
                let (mut id, mut target_type) = (None, None);
                let mut counters: IndexMap<Counter, CounterReading> = IndexMap::with_capacity(80);
                let mut seen = std::collections::HashSet::with_capacity(80);
                while let Some(JsonKey(key)) = map.next_key()? {
                    if !seen.insert(key.to_string()) {
                        return Err(A::Error::custom("a key stands twice"));
                    }
                    match (key.as_ref(), Counter::parse(&key)) {
                        ("id", _) => id = Some(map.next_value::<JsonScalar>()?),
                        ("target_type", _) => target_type = Some(map.next_value::<JsonScalar>()?),
                        (_, Some(counter)) => {
                            let reading = CounterReading::from_scalar(&map.next_value::<JsonScalar>()?);
                            counters.insert(counter, reading);
                        }
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                let id = id
                    .as_ref()
                    .and_then(parse_target_id)
                    .ok_or_else(|| A::Error::custom("a target has no id"))?;
                let target_type = match target_type {
                    Some(JsonScalar::Text(word)) => TargetType::parse(&word),
                    _ => return Err(A::Error::custom("a target has no type")),
                };
                Ok(Target { id, target_type, counters })
            }
        }
        deserializer.deserialize_map(TargetVisitor)
    }
}

fn parse_target_id(scalar: &JsonScalar<'_>) -> Option<TargetId> {
    match scalar {
        JsonScalar::Integer(n) => u64::try_from(*n).ok().and_then(TargetId::new),
        JsonScalar::Text(text) => text.parse().ok(),
        _ => None,
    }
}

/// The result of merging one staged counter with the server's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CounterMerge {
    /// Unchanged on the server: the change can be sent.
    Sendable,
    /// The server already has the staged value: nothing is left to send.
    AlreadySaved,
    /// Changed on both sides; holds the server's value now, `None` for `null`.
    Conflict(Option<Count>),
    /// The server no longer returns the counter, or returns something that is not a count.
    Gone,
}

/// Merges one counter three ways: `base` is the server's value when it was edited, `mine` what was staged,
/// `theirs` the server's value now (`None` when it does not return the counter).
pub fn merge_counter(base: Option<Count>, mine: Count, theirs: Option<CounterReading>) -> CounterMerge {
    match theirs {
        None | Some(CounterReading::Unreadable(_)) => CounterMerge::Gone,
        Some(now) if now.count() == Some(mine) => CounterMerge::AlreadySaved,
        Some(now) if now.count() == base => CounterMerge::Sendable,
        Some(now) => CounterMerge::Conflict(now.count()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(counter: &str) -> Target {
        let json = format!(
            r#"{{"id": 201, "target_type": "all_employees", "number_of_african_male_top_managers": {counter}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn a_count_is_read_in_each_form_a_server_might_write_it() {
        for three in ["3", "3.0", "\"3\""] {
            assert_eq!(target(three).counters[0], CounterReading::Count(3), "{three}");
        }
    }

    #[test]
    fn an_invalid_count_is_never_read_as_zero() {
        assert_eq!(target("null").counters[0], CounterReading::Null);
        for bad in ["-1", "1.5", "\"\"", "\"many\"", "true", "[]", "{}", "99999999999999999999", "2147483648"]
        {
            assert!(matches!(target(bad).counters[0], CounterReading::Unreadable(_)), "{bad}");
        }
    }

    #[test]
    fn a_counter_that_was_not_returned_is_absent() {
        assert_eq!(target("3").reading(&Counter::parse("number_of_white_male_top_managers").unwrap()), None);
    }

    #[test]
    fn the_three_way_compare_never_overwrites_silently() {
        let count = |n| Some(CounterReading::Count(n));
        assert_eq!(merge_counter(Some(6), 9, count(6)), CounterMerge::Sendable);
        assert_eq!(merge_counter(Some(6), 9, count(9)), CounterMerge::AlreadySaved);
        assert_eq!(merge_counter(Some(6), 9, count(7)), CounterMerge::Conflict(Some(7)));
        assert_eq!(merge_counter(Some(6), 9, Some(CounterReading::Null)), CounterMerge::Conflict(None));
        assert_eq!(merge_counter(None, 9, Some(CounterReading::Null)), CounterMerge::Sendable);
        assert_eq!(merge_counter(None, 9, count(0)), CounterMerge::Conflict(Some(0)));
        assert_eq!(merge_counter(Some(6), 9, None), CounterMerge::Gone);
        assert_eq!(merge_counter(Some(6), 9, Some(CounterReading::Unreadable("x"))), CounterMerge::Gone);
    }
}
