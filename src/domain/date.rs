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

/// Whether the day or the month stands first in a date of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// `31/12/2026`
    DayFirst,
    /// `12/31/2026`
    MonthFirst,
}

/// A date as a person wrote it, read in each order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateReading {
    /// The date if the day stands first; `None` when there is no such date.
    pub day_first: Option<Date>,
    /// The date if the month stands first; `None` when there is no such date.
    pub month_first: Option<Date>,
}

impl DateReading {
    /// The date, if there is only one.
    pub fn only(self) -> Option<Date> {
        match (self.day_first, self.month_first) {
            (Some(day), Some(month)) => (day == month).then_some(day),
            (day, month) => day.or(month),
        }
    }

    /// The date in this order.
    pub fn by(self, order: DateOrder) -> Option<Date> {
        match order {
            DateOrder::DayFirst => self.day_first,
            DateOrder::MonthFirst => self.month_first,
        }
    }

    /// The order it must have been written in; `None` when it shows none.
    pub fn order(self) -> Option<DateOrder> {
        match (self.day_first, self.month_first) {
            (Some(_), None) => Some(DateOrder::DayFirst),
            (None, Some(_)) => Some(DateOrder::MonthFirst),
            _ => None,
        }
    }
}

/// Reads a date as people write it: `2026-02-03`, `2026/2/3`, `3/2/26`, `03.02.2026`, `20260203`, `3-Feb-26`,
/// `3 Februarie 2026`, `February 3, 2026`, with a weekday before it or a time after it. `None` when it is no date
/// of this kind; the years 1900 to 2100 count, and two digits are a year from 1951 to 2050.
pub fn read_date(text: &str) -> Option<DateReading> {
    let lower = text.trim().to_lowercase();
    let lower = without_time(&lower);
    let parts: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|part| !part.is_empty())
        .filter(|part| !is_weekday(part))
        .collect();
    let number =
        |part: &str| part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse::<i16>().ok()).flatten();
    let date = |year: &str, month: i16, day: &str| {
        let year = match (year.len(), number(year)?) {
            (4, year @ 1900..=2100) => year,
            (2, year @ 0..=50) => 2000 + year,
            (2, year) => 1900 + year,
            _ => return None,
        };
        let day = number(day.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']))?;
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    };
    let both =
        |date: Option<Date>| date.map(|date| DateReading { day_first: Some(date), month_first: Some(date) });
    match parts[..] {
        [whole] if whole.len() == 8 && whole.is_ascii() => {
            both(date(&whole[..4], number(&whole[4..6])?, &whole[6..]))
        }
        [year, month, day] if year.len() == 4 && year.starts_with(['1', '2']) && number(year).is_some() => {
            both(date(year, number(month).or_else(|| month_number(month))?, day))
        }
        [one, other, year] => match (month_number(one), month_number(other)) {
            (Some(month), None) => both(date(year, month, other)),
            (None, Some(month)) => both(date(year, month, one)),
            (None, None) => {
                let reading = DateReading {
                    day_first: number(other).and_then(|month| date(year, month, one)),
                    month_first: number(one).and_then(|month| date(year, month, other)),
                };
                (reading != DateReading::default()).then_some(reading)
            }
            (Some(_), Some(_)) => None,
        },
        _ => None,
    }
}

/// The text before a time of day, if it has one.
fn without_time(text: &str) -> &str {
    let Some(colon) = text.find(':') else { return text.trim_end_matches('z') };
    let digits = text[..colon].len() - text[..colon].trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let start = colon - digits;
    match text[..start].chars().next_back() {
        Some('t' | ' ' | ',') if (1..=2).contains(&digits) => text[..start - 1].trim_end(),
        _ => text,
    }
}

fn is_weekday(part: &str) -> bool {
    const NAMES: [&str; 14] = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "maandag",
        "dinsdag",
        "woensdag",
        "donderdag",
        "vrydag",
        "saterdag",
        "sondag",
    ];
    part.len() >= 3 && NAMES.iter().any(|name| name.starts_with(part))
}

/// The number of a month by its name in English or Afrikaans, or by its first letters, at least three.
fn month_number(part: &str) -> Option<i16> {
    const NAMES: [&[&str]; 12] = [
        &["january", "januarie"],
        &["february", "februarie"],
        &["march", "maart", "mrt"],
        &["april"],
        &["may", "mei"],
        &["june", "junie"],
        &["july", "julie"],
        &["august", "augustus"],
        &["september"],
        &["october", "oktober"],
        &["november"],
        &["december", "desember"],
    ];
    let is_named = |names: &[&str]| part.len() >= 3 && names.iter().any(|name| name.starts_with(part));
    (1..).zip(NAMES).find(|(_, names)| is_named(names)).map(|(number, _)| number)
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

/// How fast something goes and how long it will take, like ` · 40 a second · 12 s left`; empty in the first second, and
/// before anything is done.
pub fn format_rate(done: usize, all: usize, seconds: u64) -> String {
    if done == 0 || seconds == 0 || done >= all {
        return String::new();
    }
    let (done, left) = (done as u64, (all - done) as u64);
    let pace = match done / seconds {
        0 => format!("{} a minute", (done * 60 / seconds).max(1)),
        pace => format!("{pace} a second"),
    };
    format!(" · {pace} · {} left", format_duration((left * seconds).div_ceil(done)))
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
    fn the_rate_tells_what_is_left_at_the_pace_so_far() {
        assert_eq!(format_rate(100, 250, 4), " · 25 a second · 6 s left");
        assert_eq!(format_rate(2, 4, 60), " · 2 a minute · 1 min left");
        for nothing_to_go_by in [(0, 250, 4), (100, 250, 0), (250, 250, 4)] {
            let (done, all, seconds) = nothing_to_go_by;
            assert_eq!(format_rate(done, all, seconds), "");
        }
    }

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
    fn a_date_is_read_where_it_can_only_mean_one_day_and_both_ways_where_it_cannot() {
        let reads = |text: &str| match read_date(text) {
            None => "none".to_owned(),
            Some(reading) => match (reading.only(), reading.day_first, reading.month_first) {
                (Some(date), ..) => date.to_string(),
                (None, Some(day), Some(month)) => format!("{day} or {month}"),
                _ => "none".into(),
            },
        };
        for text in [
            "2026-02-03",
            "2026/02/03",
            "2026/2/3",
            "2026-2-3",
            "20260203",
            "2026-02-03 00:00:00",
            "2026-02-03T00:00:00",
            "2026-02-03T00:00:00.000Z",
            "2026-02-03Z",
            "03-Feb-26",
            "3 February 2026",
            "3 Februarie 2026",
            "Feb 3, 2026",
            "3rd February 2026",
            "Tuesday, 3 February 2026",
            "Dinsdag 3 Feb 2026",
            " 3-feb-2026 08:30",
        ] {
            assert_eq!(reads(text), "2026-02-03", "{text}");
        }
        for text in ["3/2/2026", "03/02/26", "3/2/26", "03.02.2026", "03-02-2026", "03/02/2026 00:00"] {
            assert_eq!(reads(text), "2026-02-03 or 2026-03-02", "{text}");
        }
        for (text, date) in [
            ("02/13/2026", "2026-02-13"),
            ("13/02/2026", "2026-02-13"),
            ("12 March 2024", "2024-03-12"),
            ("12 Mrt 2024", "2024-03-12"),
            ("1 Sept 2025", "2025-09-01"),
            ("03/03/2026", "2026-03-03"),
            ("31/12/99", "1999-12-31"),
            ("29/02/2024", "2024-02-29"),
        ] {
            assert_eq!(reads(text), date, "{text}");
        }
        for text in [
            "",
            "Feb 2026",
            "29/02/2026",
            "31/04/2026",
            "0000-00-00",
            "N/A",
            "-",
            "03/02/0026",
            "31/12/9999",
            "45000",
            "2026",
            "3/2",
            "Ann 3 2026",
            "1/2/3/4",
            "2026-13-01",
            "01/01/1899",
        ] {
            assert_eq!(reads(text), "none", "{text}");
        }
    }

    #[test]
    fn durations_are_shown_in_two_units() {
        let said = [0, 59, 60, 200, 3600, 7500, 400_000].map(format_duration);
        assert_eq!(said, ["0 s", "59 s", "1 min", "3 min 20 s", "1 h", "2 h 5 min", "4 d"]);
    }
}
