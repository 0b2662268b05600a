//! Ids of the API's records, parsed once at the edge so that none can escape its segment of a URL path.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Why a text was not accepted: the kind of id and the rule it breaks. The text itself is never quoted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} is {rule}")]
pub struct IdError {
    what: &'static str,
    rule: &'static str,
}

/// A scorecard's id: `[A-Za-z0-9_-]{1,128}` (Scorecards, "System Fields").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScorecardId(Box<str>);

impl ScorecardId {
    /// The id as the API writes it; safe as a path segment.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ScorecardId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let rule = "1 to 128 letters, digits, `_` or `-`";
        is_plain_segment(text).then(|| Self(text.into())).ok_or(IdError { what: "a scorecard id", rule })
    }
}

impl fmt::Display for ScorecardId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The id of a record inside its collection, whatever the collection is: `[A-Za-z0-9_-]{1,128}`, which every kind of id of
/// the API fits and which is safe as a path segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId(Box<str>);

impl RecordId {
    /// The id as the API writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of a scorecard, where the record is one.
    pub fn to_scorecard(&self) -> ScorecardId {
        ScorecardId(self.0.clone())
    }
}

impl FromStr for RecordId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let rule = "1 to 128 letters, digits, `_` or `-`";
        is_plain_segment(text).then(|| Self(text.into())).ok_or(IdError { what: "a record id", rule })
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Whether a text is a path segment that needs no encoding.
fn is_plain_segment(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

/// A supplier's vendor code (Supplier scores, "Path Parameters"): 1 to 256 bytes without control characters,
/// and neither `.` nor `..`. [`segment`](Self::segment) encodes it for a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VendorCode(Box<str>);

/// The characters to percent-encode in a path segment: all but RFC 3986's unreserved ones.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

impl VendorCode {
    /// The code as one encoded path segment.
    pub fn segment(&self) -> String {
        utf8_percent_encode(&self.0, SEGMENT).to_string()
    }

    /// The code as it was given, without surrounding blanks and not encoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for VendorCode {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let text = text.trim();
        let fits = !text.is_empty() && text.len() <= 256 && text != "." && text != "..";
        let plain = !text.chars().any(char::is_control);
        (fits && plain)
            .then(|| Self(text.into()))
            .ok_or(IdError { what: "a vendor code", rule: "1 to 256 characters, and not `.` or `..`" })
    }
}

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(std::num::NonZeroU64);

        impl $name {
            /// The smallest id.
            pub const MIN: Self = Self(std::num::NonZeroU64::MIN);

            /// The id with this number; `None` for 0.
            pub fn new(id: u64) -> Option<Self> {
                std::num::NonZeroU64::new(id).map(Self)
            }

            /// The id as a number.
            pub fn as_u64(self) -> u64 {
                self.0.get()
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
                digits.then(|| text.parse().ok().and_then(Self::new)).flatten()
                    .ok_or(IdError { what: $what, rule: "a whole number from 1" })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    )*};
}

number_id! {
    /// The id of an Employment Equity plan (Employment Equity Plans, "System fields").
    PlanId, "a plan id";
    /// The id of a milestone: one financial year of a plan.
    MilestoneId, "a milestone id";
    /// The id of a target: one of the two tables of a milestone.
    TargetId, "a target id";
    /// The id of a training program (Training Programs, "System Fields").
    TrainingProgramId, "a training program id";
    /// The id of a participant (Participants, "System Fields").
    ParticipantId, "a participant id";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_would_leave_its_path_segment_is_refused() {
        for bad in ["", "a/b", "..", "%2e%2e", "a b", "a?x=1", "a#b", "scorecard_é", &"x".repeat(129)] {
            assert!(bad.parse::<ScorecardId>().is_err(), "{bad} was taken");
        }
        for bad in ["", "0", "-1", "+1", "1.0", " 1", "1/2", "99999999999999999999999"] {
            assert!(bad.parse::<PlanId>().is_err(), "{bad} was taken");
        }
        for bad in ["", " ", ".", "..", "a\nb"] {
            assert!(bad.parse::<VendorCode>().is_err(), "{bad:?} was taken");
        }
    }

    #[test]
    fn a_vendor_code_is_one_encoded_segment() {
        let code: VendorCode = "A/B C?é..".parse().unwrap();
        assert_eq!(code.segment(), "A%2FB%20C%3F%C3%A9..");
    }

    #[test]
    fn the_ids_in_the_documents_are_accepted() {
        assert!("scorecard_Y2EQKp8z1r9jeToPW6deGwo9".parse::<ScorecardId>().is_ok());
        assert_eq!("42".parse::<PlanId>().unwrap().as_u64(), 42);
        assert_eq!("T100".parse::<VendorCode>().unwrap().segment(), "T100");
    }
}
