//! Suppliers that were looked up, and the scores of one supplier.

use crate::domain::refusal::Refusal;
use crate::input::command::key;
use jiff::civil::Date;

use crate::api::{Call, supplier_scores};
use crate::domain::date::today;
use crate::domain::id::VendorCode;
use crate::domain::record::supplier_score::{SUPPLIER_SCORE, Validity, validity};
use crate::domain::record::{Record, Value};
use crate::domain::text::Text;
use crate::effect::Effects;
use crate::input::command::Command;
use crate::nav::table::{ListTable, TableColumn, TableRows, TableSource};
use crate::nav::{Context, Destination, FormPurpose, Nav};
use crate::workspace::Workspace;

/// The table of vendor codes that were looked up.
#[derive(Debug)]
pub struct Suppliers;

/// Opens the form that asks for a vendor code.
fn open_lookup_form() -> Nav {
    Nav::Open(Destination::Form(Box::new(FormPurpose::LookUpSupplier)))
}

fn send_heartbeat(code: &VendorCode, cx: &Context, fx: &mut Effects) -> Nav {
    fx.call(cx.owner(), Call::SupplierScores(supplier_scores::Call::Heartbeat(code.clone())));
    Nav::Stay
}

impl ListTable for Suppliers {
    type Row = VendorCode;

    fn title(&self, _: &Workspace) -> String {
        "Suppliers".into()
    }

    fn noun(&self) -> &'static str {
        "vendor code"
    }

    fn empty(&self) -> &'static str {
        concat!(
            "No supplier has been looked up yet: ",
            key!("add"),
            " asks for a vendor code, and so does `:suppliers T100`."
        )
    }

    fn columns(&self) -> Vec<TableColumn<VendorCode>> {
        let scores = |code: &VendorCode, workspace: &Workspace| match workspace.supplier_scores.get(code) {
            Some(known) => known.value.rows.len().to_string().into(),
            None => "".into(),
        };
        vec![
            TableColumn::computed("Vendor code", 20, 1, |code: &VendorCode, _| {
                Text::from(code.as_str()).to_string().into()
            }),
            TableColumn::computed("Scores", 6, 0, scores).right(),
            TableColumn::computed("Levels", 20, 2, |code: &VendorCode, workspace| {
                let levels = |row: &Record| format!("level {}", row.value("level"));
                let rows = workspace
                    .supplier_scores
                    .get(code)
                    .map(|known| &known.value.rows[..])
                    .unwrap_or_default();
                rows.iter().map(levels).collect::<Vec<_>>().join(", ").into()
            }),
        ]
    }

    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, VendorCode> {
        TableRows::local(workspace.recent_codes.clone())
    }

    fn source(&self) -> TableSource {
        TableSource::Local
    }

    fn own_commands(&self) -> &'static [Command] {
        &[Command::Add, Command::Open, Command::Heartbeat]
    }

    fn hints(&self) -> &'static [Command] {
        &[Command::Add, Command::Open, Command::Heartbeat, Command::Filter]
    }

    fn run_table_command(
        &mut self,
        command: Command,
        _: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        (command == Command::Add).then(|| Ok(open_lookup_form()))
    }

    fn run_row_command(
        &self,
        command: Command,
        code: &VendorCode,
        _: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            Command::Open => Some(Ok(Nav::Open(Destination::Scores(code.clone())))),
            Command::Heartbeat => Some(Ok(send_heartbeat(code, cx, fx))),
            _ => None,
        }
    }
}

/// Score fields shown in a column of their own.
const FIELDS_WITH_OWN_COLUMN: [&str; 4] =
    ["level", "black_ownership", "black_female_ownership", "beagle_scorecard_url_expires_at"];

/// The table of one supplier's scores.
#[derive(Debug)]
pub struct Scores {
    code: VendorCode,
    today: Date,
}

/// A score and whether it is valid on the day the list was opened.
#[derive(Debug, Clone)]
pub struct DatedScore {
    record: Record,
    validity: Validity,
}

impl Scores {
    /// The scores for a vendor code, judged as of today.
    pub fn new(code: VendorCode, cx: &Context) -> Self {
        Self { code, today: today(cx.now) }
    }
}

impl ListTable for Scores {
    type Row = DatedScore;

    fn title(&self, _: &Workspace) -> String {
        Text::from(self.code.as_str()).to_string()
    }

    fn noun(&self) -> &'static str {
        "score"
    }

    fn empty(&self) -> &'static str {
        "The Supplier Management System has no score of this vendor code."
    }

    fn columns(&self) -> Vec<TableColumn<DatedScore>> {
        let mut columns = vec![
            TableColumn::computed("Level", 5, 0, |score: &DatedScore, _| {
                score.record.value("level").printable()
            }),
            TableColumn::computed("Validity", 8, 0, |score: &DatedScore, _| {
                score.validity.to_string().into()
            }),
            TableColumn::computed("Black %", 7, 0, |s: &DatedScore, _| {
                per_cent_of(&s.record, "black_ownership").into()
            })
            .right(),
            TableColumn::computed("Black female %", 7, 0, |s: &DatedScore, _| {
                per_cent_of(&s.record, "black_female_ownership").into()
            })
            .right(),
            TableColumn::computed("Beagle link", 16, 0, |score: &DatedScore, _| {
                link_expiry(&score.record).into()
            }),
        ];
        columns.extend(TableColumn::for_schema(
            &SUPPLIER_SCORE,
            &["valid_from", "valid_until", "source"],
            &FIELDS_WITH_OWN_COLUMN,
        ));
        columns
    }

    fn rows<'a>(&self, workspace: &'a Workspace) -> TableRows<'a, DatedScore> {
        let known = workspace.supplier_scores.get(&self.code);
        let score =
            |record: &Record| DatedScore { record: record.clone(), validity: validity(record, self.today) };
        let rows = known.map(|known| known.value.rows.iter().map(score).collect()).unwrap_or_default();
        TableRows {
            read_at: known.map(|known| known.read_at),
            damaged: known.map_or(0, |known| known.value.unreadable.len()),
            ..TableRows::local(rows)
        }
    }

    fn source(&self) -> TableSource {
        TableSource::Call(Call::SupplierScores(supplier_scores::Call::Scores(self.code.clone())))
    }

    fn record<'a>(&self, row: &'a DatedScore) -> Option<&'a Record> {
        Some(&row.record)
    }

    fn own_commands(&self) -> &'static [Command] {
        &[Command::Add, Command::Open, Command::Heartbeat]
    }

    fn hints(&self) -> &'static [Command] {
        &[Command::Open, Command::Json, Command::Heartbeat, Command::ReadAgain, Command::Right]
    }

    fn run_table_command(
        &mut self,
        command: Command,
        _: &mut Workspace,
        cx: &Context,
        fx: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        match command {
            Command::Add => Some(Ok(open_lookup_form())),
            Command::Heartbeat => Some(Ok(send_heartbeat(&self.code, cx, fx))),
            _ => None,
        }
    }

    fn run_row_command(
        &self,
        command: Command,
        row: &DatedScore,
        _: &mut Workspace,
        _: &Context,
        _: &mut Effects,
    ) -> Option<Result<Nav, Refusal>> {
        (command == Command::Open).then(|| Ok(Nav::details(&row.record)))
    }
}

/// A percentage with its sign; a value that is not a number is shown as it is.
fn per_cent_of(record: &Record, field: &str) -> String {
    match record.value(field) {
        Value::Decimal(n) => format!("{} %", n.normalize()),
        other => other.to_string(),
    }
}

/// The day on which the link to Beagle expires.
fn link_expiry(record: &Record) -> String {
    match record.value("beagle_scorecard_url_expires_at") {
        Value::Time(time) => format!("until {}", today(*time)),
        other => other.to_string(),
    }
}
