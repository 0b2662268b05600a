//! `bee-tui participants import`: the program's own import without its screen. The same rows, checks, batches and
//! comparisons; the reasons go to stderr and, if wished, into a file.

use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::Timestamp;
use ratatui::layout::Size;
use tokio::sync::mpsc::unbounded_channel;

use crate::api::client::Client;
use crate::api::collection;
use crate::api::error::Failure;
use crate::app::apply::Apply;
use crate::app::model::{Model, Msg, Start};
use crate::cli::account::{self, dry_run};
use crate::cli::exit::{FAILED, NOT_FOUND, NOT_LET_IN, NOT_SENT, REFUSED, UNKNOWN, USAGE, complain, say};
use crate::cli::print::{self, Format};
use crate::config::{Config, Profile};
use crate::desk::{Desk, LeftOut};
use crate::domain::change::State;
use crate::domain::collection::Collection;
use crate::domain::import::{self, Content, FileTable, Mapping, plain};
use crate::domain::record_change::{Hold, RecordChange, Standing};
use crate::domain::text::{Text, count};
use crate::effect::{Effects, Why};
use crate::runtime::effects::{Outside, Timers, background};
use crate::runtime::files;
use crate::runtime::store::Store;
use crate::theme::Theme;

/// The command with its options.
pub(super) fn command() -> Command {
    let option = |name: &'static str, about: &'static str| Arg::new(name).long(name).help(about);
    Command::new("import")
        .about("Create participants from a CSV or XLSX file, in batches of at most 100")
        .long_about(
            "Create participants from a CSV or XLSX file, in batches of at most 100.\n\n\
             The first row names the columns. Rows that cannot be sent, and rows like an earlier one or like a \
             participant that is there, are left out and said with the reason; the others are sent. Exit code 3 says \
             that some were left out or refused.",
        )
        .arg(Arg::new("SCORECARD").required(true))
        .arg(Arg::new("PROGRAM").required(true))
        .arg(Arg::new("FILE").required(true).value_parser(clap::value_parser!(PathBuf)))
        .arg(
            option("column", "Which field a column fills, like \"Wer=full_name\"; nothing after = leaves it out")
                .value_name("HEADING=FIELD")
                .action(ArgAction::Append),
        )
        .arg(
            option("reasons", "Write the rows that were not accepted to a new .csv or .xlsx file, with the reasons")
                .value_name("FILE")
                .value_parser(clap::value_parser!(PathBuf)),
        )
        .arg(option("doubles", "Send rows that are like another one too").action(ArgAction::SetTrue))
        .arg(
            Arg::new("output")
                .short('o')
                .long("output")
                .value_parser(clap::value_parser!(Format))
                .default_value("table")
                .help("Format of the outcome of each row"),
        )
        .arg(
            option("dry-run", "Print the requests instead of sending them; the server is not asked for doubles")
                .action(ArgAction::SetTrue),
        )
}

/// Runs it.
pub(super) fn run(matches: &ArgMatches, config: Config) -> ExitCode {
    let (collection, table, mapping) = match rows(matches) {
        Ok(rows) => rows,
        Err(why) => return complain(&why, USAGE),
    };
    for (heading, field) in table.headings.iter().zip(&mapping) {
        if field.is_none() {
            say(&format!("column `{heading}` fills no field and is left out"));
        }
    }
    if mapping.iter().all(Option::is_none) {
        return complain("no column fills a field; see --column", USAGE);
    }
    if matches.get_flag("dry-run") {
        let mut changes =
            import::changes(&collection, &table, &mapping, std::iter::empty(), Timestamp::now());
        changes.retain(|change| change.remarks().iter().all(|remark| !remark.stops));
        let drafts: Vec<_> = changes.iter().filter_map(|change| change.intent.created().cloned()).collect();
        for batch in drafts.chunks(collection.batch()) {
            dry_run(&collection::create(&collection, batch.to_vec()).request(), &config);
        }
        return ExitCode::SUCCESS;
    }
    let profile = match account::profile(config, false) {
        Ok(profile) => profile,
        Err(why) => return complain(&why, USAGE),
    };
    let runtime = match background() {
        Ok(runtime) => runtime,
        Err(e) => return complain(&e.to_string(), FAILED),
    };
    let doubles = matches.get_flag("doubles");
    let ended = runtime.block_on(send(profile, &collection, &table, &mapping, doubles));
    runtime.shutdown_background();
    match ended {
        Ok(ended) => ended.told(matches),
        Err(why) => complain(&why, FAILED),
    }
}

/// The file's rows, and which field each column fills.
fn rows(matches: &ArgMatches) -> Result<(Collection, FileTable, Mapping), String> {
    let text = |name: &str| matches.get_one::<String>(name).cloned().unwrap_or_default();
    let id = |what: &str, why: crate::domain::id::IdError| format!("`{what}`: {why}");
    let (scorecard, program) = (text("SCORECARD"), text("PROGRAM"));
    let collection = Collection::Participants(
        scorecard.parse().map_err(|why| id(&scorecard, why))?,
        program.parse().map_err(|why| id(&program, why))?,
    );
    let table = files::read(&matches.get_one::<PathBuf>("FILE").cloned().unwrap_or_default())?;
    let mut by_hand = BTreeMap::new();
    for column in matches.get_many::<String>("column").into_iter().flatten() {
        let (heading, field) =
            column.split_once('=').ok_or_else(|| format!("--column `{column}`: write HEADING=FIELD"))?;
        if !table.headings.iter().any(|known| plain(known) == plain(heading)) {
            return Err(format!("--column `{column}`: the file has no column `{heading}`"));
        }
        if !field.is_empty() && import::fields(&collection).all(|known| known.name != field) {
            return Err(format!("--column `{column}`: a participant has no field `{field}`"));
        }
        by_hand.insert(plain(heading), field.to_owned());
    }
    let mapping = import::map(&collection, &table.headings, &by_hand);
    Ok((collection, table, mapping))
}

/// What came of an import.
struct Ended {
    desk: Desk,
    collection: Collection,
    /// Every row of the file with its name, in order.
    rows: Vec<(u32, Text)>,
    failure: Option<crate::api::error::ApiError>,
    notice: Option<String>,
}

/// Stages the rows on a desk of its own and lets the program's own step send them, without a screen.
async fn send(
    profile: Profile,
    collection: &Collection,
    table: &FileTable,
    mapping: &Mapping,
    doubles: bool,
) -> Result<Ended, String> {
    let (inbox, mut messages) = unbounded_channel();
    let store = Store::in_memory(&profile.toolkit)?;
    let client = Client::new(Some(profile.toolkit), profile.suppliers);
    let mut outside = Outside::new(client, Ok(store), inbox, Timers::Clock(std::collections::HashMap::new()));
    let mut fx = Effects::default();
    let start = Start {
        profile: None,
        guard: profile.guard,
        keymap: crate::input::keymap::Keymap::new(&BTreeMap::new())?,
        theme: Theme::mono(),
        desk: Desk::default(),
        notice: None,
        size: Size { width: 80, height: 24 },
        now: Timestamp::now(),
    };
    let mut model = Model::new(start, &mut fx);
    // What is there already is known before rows are held for being like it.
    fx.read(collection, Why::Kept);
    model.settle(&mut fx);
    outside.perform(fx.take());
    while !model.requests.is_empty() {
        step(&mut model, messages.recv().await, &mut fx, &mut outside);
    }
    let there = model.desk.records(collection).filter(|(_, whole)| *whole);
    if there.is_none() {
        let failure = model.status.notice.take().map(|notice| notice.text);
        return Err(failure.unwrap_or_else(|| "the participants could not be read".into()));
    }
    let there = there.into_iter().flat_map(|(rows, _)| rows);
    let mut changes = import::changes(collection, table, mapping, there, Timestamp::now());
    if doubles {
        for change in &mut changes {
            change.hold = Hold::Released;
        }
    }
    let rows: Vec<_> = changes.iter().filter_map(|c| Some((c.row?, c.name.clone()))).collect();
    let staged = changes.into_iter().map(|change| (None, change)).collect();
    let entries = model.desk.stage_records(staged)?;
    fx.store_records(entries);
    let mut confirmed = model.desk.confirmed(&LeftOut::default());
    confirmed.records.retain(|number, _| {
        let change = model.desk.record_changes.change(*number);
        change.is_some_and(|change| model.desk.record_standing(change).can_go())
    });
    let all = confirmed.len();
    model.start_apply(confirmed, &mut fx);
    outside.perform(fx.take());
    let watched = std::io::stderr().is_terminal();
    // A request without an answer is looked for once more after a pause; until then nothing is said of it.
    let unknown = |model: &Model| {
        model.status.failure.is_some()
            && model.desk.record_changes.iter().any(|(_, change)| {
                change.state == State::Unknown && change.sent.is_some_and(|sent| sent.looked.is_some())
            })
    };
    while model.apply.is_some() || !model.requests.is_empty() || unknown(&model) {
        step(&mut model, messages.recv().await, &mut fx, &mut outside);
        if let Some((done, all)) = model.apply.as_ref().and_then(Apply::progress).filter(|_| watched) {
            let _ = write!(std::io::stderr(), "\r{done} of {all} ");
        }
    }
    if watched && all > 1 {
        let _ = write!(std::io::stderr(), "\r\u{1b}[K");
    }
    let notice = model.status.notice.take().map(|notice| notice.text);
    Ok(Ended {
        desk: model.desk,
        collection: collection.clone(),
        rows,
        failure: model.status.failure,
        notice,
    })
}

fn step(model: &mut Model, msg: Option<Msg>, fx: &mut Effects, outside: &mut Outside) {
    if let Some(msg) = msg {
        model.update(Timestamp::now(), msg, fx);
        outside.perform(fx.take());
    }
}

impl Ended {
    /// What is left of the rows that were not saved.
    fn left(&self) -> BTreeMap<u32, (&RecordChange, Standing)> {
        let changes = self.desk.record_changes.iter();
        changes.filter_map(|(_, c)| Some((c.row?, (c, self.desk.record_standing(c))))).collect()
    }

    /// Says it: the outcome of each row on stdout, reasons on stderr and in a file; returns the exit code.
    fn told(self, matches: &ArgMatches) -> ExitCode {
        let mut lines = Vec::new();
        let mut left = Vec::new();
        let standings = self.left();
        for (row, name) in &self.rows {
            let (outcome, reason) = match standings.get(row) {
                None => ("saved", String::new()),
                Some((change, standing)) => {
                    let outcome = match standing {
                        Standing::Unknown | Standing::Sending => "unknown",
                        Standing::Refused(_) => "refused",
                        Standing::Problem(_) | Standing::Held(_) => "left out",
                        _ => "not sent",
                    };
                    let reason =
                        if *standing == Standing::Staged { "not sent".into() } else { standing.to_string() };
                    say(&format!("row {row}: {reason}"));
                    left.push((*change, reason.clone()));
                    (outcome, reason)
                }
            };
            lines.push(vec![row.to_string(), name.to_string(), outcome.to_owned(), reason]);
        }
        if let Some(notice) = &self.notice {
            say(notice);
        }
        let wrote = matches.get_one::<PathBuf>("reasons").filter(|_| !left.is_empty()).map(|path| {
            let table = import::with_reasons(&self.collection, left.iter().map(|(c, why)| (*c, why.clone())));
            files::write(path, &table, Content::Reasons).map(|rows| {
                say(&format!("{} written to {}", count(rows, "row"), path.display()));
            })
        });
        if let Some(Err(why)) = wrote {
            say(&why);
        }
        let format = matches.get_one::<Format>("output").copied().unwrap_or(Format::Table);
        let heads = ["row", "full_name", "outcome", "reason"];
        let printed = print::outcomes(&mut std::io::stdout().lock(), format, &heads, lines);
        if printed.is_err_and(|e| e.kind() != std::io::ErrorKind::BrokenPipe) {
            return ExitCode::from(FAILED);
        }
        self.code()
    }

    fn code(&self) -> ExitCode {
        let standings: Vec<_> = self.left().into_values().map(|(_, standing)| standing).collect();
        if standings.is_empty() {
            return ExitCode::SUCCESS;
        }
        if standings.contains(&Standing::Unknown) {
            return ExitCode::from(UNKNOWN);
        }
        ExitCode::from(match self.failure.as_ref().map(|error| &error.failure) {
            Some(Failure::NotLetIn(_)) => NOT_LET_IN,
            Some(Failure::NotFound) => NOT_FOUND,
            Some(_) if standings.contains(&Standing::Staged) => NOT_SENT,
            _ => REFUSED,
        })
    }
}
