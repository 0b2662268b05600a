//! Parses dates and times as the documents write them, and formats ages and durations for people.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

/// Parses an ISO 8601 date, `YYYY-MM-DD`, the form of every document but Supplier scores. `None` for any
/// other form or a day that does not exist.
pub fn iso_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 10 && bytes[4] == b'-' && bytes[7] == b'-';
    shaped.then(|| text.parse().ok()).flatten()
}

/// Parses a date as `DD/MM/YYYY` (Supplier scores, "Notes"); `None` for any other form.
pub fn day_first_date(text: &str) -> Option<Date> {
    (text.len() == 10).then(|| Date::strptime("%d/%m/%Y", text).ok()).flatten()
}

/// Parses an ISO 8601 time stamp with a zone, with or without fractions of a second; `None` for any other
/// form.
pub fn iso_time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// Parses a time stamp as `DD/MM/YYYY HH:MM:SS`, without a zone (Supplier scores, "Notes"); `None` for any
/// other form.
pub fn day_first_time(text: &str) -> Option<DateTime> {
    DateTime::strptime("%d/%m/%Y %H:%M:%S", text).ok()
}

/// The date of `now` in South Africa (UTC+2, no summer time): "today" for every plan and certificate.
pub fn today(now: Timestamp) -> Date {
    jiff::tz::Offset::constant(2).to_datetime(now).date()
}

/// The time of day of `now` in South Africa, `HH:MM`.
pub fn time_of_day(now: Timestamp) -> String {
    jiff::tz::Offset::constant(2).to_datetime(now).strftime("%H:%M").to_string()
}

/// Whole seconds from `since` to `now`; 0 when `since` is later.
pub fn seconds_since(since: Timestamp, now: Timestamp) -> u64 {
    u64::try_from(now.as_second() - since.as_second()).unwrap_or(0)
}

/// Formats a number of seconds in at most two units: `14 s`, `3 min 20 s`, `2 h 5 min`, `4 d`.
pub fn format_duration(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86400);
    match (seconds, minutes, hours) {
        (0..60, ..) => format!("{seconds} s"),
        (60..3600, ..) if seconds.is_multiple_of(60) => format!("{minutes} min"),
        (60..3600, ..) => format!("{minutes} min {} s", seconds % 60),
        (.., 1..24) if minutes.is_multiple_of(60) => format!("{hours} h"),
        (.., 1..24) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d"),
    }
}

/// The age of something in one unit: `just now` (under 5 s), `14 s ago`, `3 min ago`.
pub fn format_age(since: Timestamp, now: Timestamp) -> String {
    match seconds_since(since, now) {
        0..5 => "just now".into(),
        s @ 5..60 => format!("{s} s ago"),
        s @ 60..3600 => format!("{} min ago", s / 60),
        s @ 3600..86400 => format!("{} h ago", s / 3600),
        s => format!("{} d ago", s / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_documented_date_format_is_read_and_no_other() {
        assert_eq!(iso_date("2025-09-01"), Some(jiff::civil::date(2025, 9, 1)));
        assert_eq!(day_first_date("02/10/2023"), Some(jiff::civil::date(2023, 10, 2)));
        assert!(iso_time("2026-04-22T08:30:00.000Z").is_some());
        assert!(iso_time("2026-04-10T08:58:24Z").is_some());
        assert!(day_first_time("14/01/2026 08:08:19").is_some());
        for bad in
            ["2025-9-1", "2025-02-30", "01/09/2025", "", "2025-09-01T00:00", "2025-09-0x", "-025-09-01"]
        {
            assert_eq!(iso_date(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_are_shown_in_two_units() {
        let said = [0, 59, 60, 200, 3600, 7500, 400_000].map(format_duration);
        assert_eq!(said, ["0 s", "59 s", "1 min", "3 min 20 s", "1 h", "2 h 5 min", "4 d"]);
    }
}
