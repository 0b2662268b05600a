//! Suppliers that were looked up, and the scores of one of them.

use jiff::civil::Date;

use crate::api::{Call, supplier_scores};
use crate::desk::Desk;
use crate::domain::date::today;
use crate::domain::id::VendorCode;
use crate::domain::record::{Record, Value};
use crate::domain::supplier_score::{SUPPLIER_SCORE, Validity, validity};
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{Column, Rows, Table, Wanted};
use crate::nav::{Context, Nav, Place, Purpose};

/// The suppliers looked up before.
#[derive(Debug)]
pub struct Suppliers;

/// The form that asks for a vendor code.
fn look_up() -> Nav {
    Nav::Open(Place::Form(Box::new(Purpose::LookUp)))
}

fn heartbeat(code: &VendorCode, fx: &mut Effects) -> Nav {
    fx.call(Call::SupplierScores(supplier_scores::Call::Heartbeat(code.clone())));
    Nav::Stay
}

impl Table for Suppliers {
    type Row = VendorCode;

    fn title(&self, _: &Desk) -> String {
        "Suppliers".into()
    }

    fn noun(&self) -> &'static str {
        "vendor code"
    }

    fn empty(&self) -> &'static str {
        "No supplier has been looked up yet: a asks for a vendor code, and so does `:suppliers T100`."
    }

    fn columns(&self) -> Vec<Column<VendorCode>> {
        let scores = |code: &VendorCode, desk: &Desk| match desk.scores.get(code) {
            Some(known) => known.what.rows.len().to_string().into(),
            None => "".into(),
        };
        vec![
            Column::made("Vendor code", 20, 1, |code: &VendorCode, _| {
                Text::from(code.as_str()).to_string().into()
            }),
            Column::made("Scores", 6, 0, scores).right(),
            Column::made("Levels", 20, 2, |code: &VendorCode, desk| {
                let levels = |row: &Record| format!("level {}", row.value("level"));
                let rows = desk.scores.get(code).map(|known| &known.what.rows[..]).unwrap_or_default();
                rows.iter().map(levels).collect::<Vec<_>>().join(", ").into()
            }),
        ]
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Rows<'a, VendorCode> {
        Rows::own(desk.recent_codes.clone())
    }

    fn wanted(&self) -> Wanted {
        Wanted::Nothing
    }

    fn acts(&self) -> &'static [Command] {
        &[Command::Add, Command::Open, Command::Heartbeat]
    }

    fn hints(&self) -> &'static [Command] {
        &[Command::Add, Command::Open, Command::Heartbeat, Command::Filter]
    }

    fn act(&mut self, command: Command, _: &mut Desk, _: &Context, _: &mut Effects) -> Option<Nav> {
        (command == Command::Add).then(look_up)
    }

    fn command(&self, command: Command, code: &VendorCode, _: &mut Desk, fx: &mut Effects) -> Option<Nav> {
        match command {
            Command::Open => Some(Nav::Open(Place::Scores(code.clone()))),
            Command::Heartbeat => Some(heartbeat(code, fx)),
            _ => None,
        }
    }
}

/// The fields that have a column of their own.
const OWN: [&str; 4] =
    ["level", "black_ownership", "black_female_ownership", "beagle_scorecard_url_expires_at"];

/// The scores of one supplier.
#[derive(Debug)]
pub struct Scores {
    code: VendorCode,
    today: Date,
}

/// A score, and how it stands on the day it is looked at.
#[derive(Debug, Clone)]
pub struct Score {
    record: Record,
    validity: Validity,
}

impl Scores {
    /// Of a vendor code, on the day of now.
    pub fn new(code: VendorCode, cx: &Context) -> Self {
        Self { code, today: today(cx.now) }
    }
}

impl Table for Scores {
    type Row = Score;

    fn title(&self, _: &Desk) -> String {
        Text::from(self.code.as_str()).to_string()
    }

    fn noun(&self) -> &'static str {
        "score"
    }

    fn empty(&self) -> &'static str {
        "The Supplier Management System has no score of this vendor code."
    }

    fn columns(&self) -> Vec<Column<Score>> {
        let mut columns = vec![
            Column::made("Level", 5, 0, |score: &Score, _| score.record.value("level").shown()),
            Column::made("Validity", 8, 0, |score: &Score, _| score.validity.to_string().into()),
            Column::made("Black %", 7, 0, |s: &Score, _| per_cent_of(&s.record, "black_ownership").into())
                .right(),
            Column::made("Black female %", 7, 0, |s: &Score, _| {
                per_cent_of(&s.record, "black_female_ownership").into()
            })
            .right(),
            Column::made("Beagle link", 16, 0, |score: &Score, _| link(&score.record).into()),
        ];
        columns.extend(Column::all_of(&SUPPLIER_SCORE, &["valid_from", "valid_until", "source"], &OWN));
        columns
    }

    fn rows<'a>(&self, desk: &'a Desk) -> Rows<'a, Score> {
        let known = desk.scores.get(&self.code);
        let score =
            |record: &Record| Score { record: record.clone(), validity: validity(record, self.today) };
        let rows = known.map(|known| known.what.rows.iter().map(score).collect()).unwrap_or_default();
        Rows {
            read_at: known.map(|known| known.read_at),
            damaged: known.map_or(0, |known| known.what.damaged.len()),
            ..Rows::own(rows)
        }
    }

    fn wanted(&self) -> Wanted {
        Wanted::Call(Call::SupplierScores(supplier_scores::Call::Scores(self.code.clone())))
    }

    fn record<'a>(&self, row: &'a Score) -> Option<&'a Record> {
        Some(&row.record)
    }

    fn acts(&self) -> &'static [Command] {
        &[Command::Add, Command::Open, Command::Heartbeat]
    }

    fn hints(&self) -> &'static [Command] {
        &[Command::Open, Command::Json, Command::Heartbeat, Command::ReadAgain, Command::Right]
    }

    fn act(&mut self, command: Command, _: &mut Desk, _: &Context, fx: &mut Effects) -> Option<Nav> {
        match command {
            Command::Add => Some(look_up()),
            Command::Heartbeat => Some(heartbeat(&self.code, fx)),
            _ => None,
        }
    }

    fn command(&self, command: Command, row: &Score, _: &mut Desk, _: &mut Effects) -> Option<Nav> {
        (command == Command::Open).then(|| Nav::details(&row.record))
    }
}

/// A percentage with its sign; what is no number is shown as it is.
fn per_cent_of(record: &Record, field: &str) -> String {
    match record.value(field) {
        Value::Decimal(n) => format!("{} %", n.normalize()),
        other => other.to_string(),
    }
}

/// The day until which the link to Beagle works.
fn link(record: &Record) -> String {
    match record.value("beagle_scorecard_url_expires_at") {
        Value::Time(time) => format!("until {}", today(*time)),
        other => other.to_string(),
    }
}
