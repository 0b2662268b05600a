//! The files that people keep, one of each kind, imported by keys alone into a scorecard; what the server holds
//! afterwards is checked. The workbooks are written by a library that the program does not read with.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::end_to_end::program::Served;
use crate::support::harness::rows;
use crate::support::pty::Pty;

const PROGRAMS: &str = "scorecards/scorecard_Y2EQKp8z1r9jeToPW6deGwo9/training_programs";

/// A cell of a template.
#[derive(Clone, Copy)]
enum Cell {
    Blank,
    Text(&'static str),
    Number(f64),
    /// A date, as its serial number.
    Date(f64),
}
use Cell::{Blank, Date, Number, Text as T};

/// A file, what has to be answered about it, and what it has to become.
struct Template {
    sheets: &'static [(&'static str, &'static [&'static [Cell]])],
    /// The answers, in the order in which the form asks for them.
    answers: &'static [&'static str],
    /// The program, name, gender, race, start date and course cost of each participant.
    participants: &'static [[&'static str; 6]],
}

/// BEEtoolkit's own template: company data on the first sheet, a title above the headings, required ones starred.
const OWN: Template = Template {
    sheets: &[
        (
            "Company Details",
            &[&[T("Company Name"), T("Acme Construction")], &[T("Financial year end"), T("28 February")]],
        ),
        (
            "Training Programs",
            &[
                &[T("Skills Development: training programs and learners")],
                &[],
                &[
                    T("Training Program Name *"),
                    T("Category *"),
                    T("Training Provider"),
                    T("Learner Name *"),
                    T("ID Number"),
                    T("Gender *"),
                    T("Race *"),
                    T("Disabled?"),
                    T("Foreign?"),
                    T("Employed?"),
                    T("Course Cost"),
                    T("Travel Cost"),
                    T("Start Date (dd/mm/yyyy)"),
                    T("End Date (dd/mm/yyyy)"),
                ],
                &[
                    T("Welding"),
                    T("D"),
                    T("SkillsCo"),
                    T("Thandi Example"),
                    Blank,
                    T("Female"),
                    T("African"),
                    T("No"),
                    T("No"),
                    T("No"),
                    Number(5000.0),
                    Number(120.5),
                    Date(46056.0),
                    Date(46060.0),
                ],
                &[
                    T("Welding"),
                    T("D"),
                    T("SkillsCo"),
                    T("Ben Sample"),
                    Blank,
                    T("Male"),
                    T("White"),
                    T("Yes"),
                    T("No"),
                    T("No"),
                    Number(5000.0),
                    Blank,
                    T("03/02/2026"),
                    T("28/02/2026"),
                ],
            ],
        ),
    ],
    answers: &[],
    participants: &[
        ["Welding", "Ben Sample", "Male", "White", "2026-02-03", "5000"],
        ["Welding", "Thandi Example", "Female", "African", "2026-02-03", "5000"],
    ],
};

/// A tracker as consultants keep it: the program once for several people, sums below, no word on employment.
const TRACKER: Template = Template {
    sheets: &[(
        "Tracker FY26",
        &[
            &[T("Acme Construction (Pty) Ltd")],
            &[
                T("Training Program"),
                T("Category (A–G)"),
                T("Full Name"),
                T("Gender"),
                T("Race"),
                T("Course Cost (R)"),
                T("Start Date"),
            ],
            &[T("First aid"), T("E"), T("Thandi Example"), T("F"), T("A"), T("R 1 500,50"), T("2026/02/03")],
            &[Blank, Blank, T("Ben Sample"), T("M"), T("C"), T("R 1 500,50"), T("2026/02/03")],
            &[T("Excel"), T("F"), T("Cleo Person"), T("F"), T("I"), T("R 900,00"), T("2026/02/10")],
            &[T("TOTAL"), Blank, Blank, Blank, Blank, T("R 3 901,00")],
        ],
    )],
    answers: &["permanent", "no", "no", "yes"],
    participants: &[
        ["Excel", "Cleo Person", "Female", "Indian", "2026-02-10", "900"],
        ["First aid", "Ben Sample", "Male", "Coloured", "2026-02-03", "1500.5"],
        ["First aid", "Thandi Example", "Female", "African", "2026-02-03", "1500.5"],
    ],
};

/// An export of a sector's education and training authority: names in parts, codes, a code for "no disability".
const AUTHORITY: Template = Template {
    sheets: &[(
        "Learner Enrolment",
        &[
            &[
                T("National ID"),
                T("Learner First Name"),
                T("Learner Middle Name"),
                T("Learner Last Name"),
                T("Equity Code"),
                T("Gender Code"),
                T("Disability Status"),
                T("Citizen Resident Status"),
                T("Socioeconomic Status"),
                T("Qualification Title"),
                T("Commencement Date"),
                T("Course Fees"),
            ],
            &[
                T("8001015009087"),
                T("Ben"),
                T("Jan"),
                T("Sample"),
                T("WH"),
                T("M"),
                T("None"),
                T("South Africa"),
                T("Unemployed"),
                T("Bricklaying NQF 3"),
                T("20260203"),
                Number(18000.0),
            ],
            &[
                Blank,
                T("Thandi"),
                Blank,
                T("Example"),
                T("BA"),
                T("F"),
                T("None"),
                T("South Africa"),
                T("Unemployed"),
                T("Bricklaying NQF 3"),
                T("20260203"),
                Number(18000.0),
            ],
        ],
    )],
    answers: &["D"],
    participants: &[
        ["Bricklaying NQF 3", "Ben Jan Sample", "Male", "White", "2026-02-03", "18000"],
        ["Bricklaying NQF 3", "Thandi Example", "Female", "African", "2026-02-03", "18000"],
    ],
};

/// A report of a personnel system: one column `Surname, Name`, contracts instead of employment, every race spelled out.
const PERSONNEL: Template = Template {
    sheets: &[(
        "Training report",
        &[
            &[T("Report run 2026-03-01 08:00")],
            &[
                T("Employee Number"),
                T("Employee Name"),
                T("Surname"),
                T("Ethnic Group"),
                T("Sex"),
                T("Has Disability"),
                T("Is Foreign National"),
                T("Contract Type"),
                T("Course Name"),
                T("BBBEE Category"),
                T("Course Start Date"),
                T("Course End Date"),
                T("Tuition Fees"),
            ],
            &[
                T("00123"),
                T("Thandi"),
                T("Example"),
                T("Black African"),
                T("Female"),
                T("N"),
                T("N"),
                T("Permanent"),
                T("Project management"),
                T("F"),
                T("3 Feb 2026"),
                T("5 Feb 2026"),
                T("2,500.00"),
            ],
            &[
                T("00124"),
                T("Ben"),
                T("Sample"),
                T("Coloured"),
                T("Male"),
                T("Y"),
                T("N"),
                T("Fixed term"),
                T("Project management"),
                T("F"),
                T("3 Feb 2026"),
                T("5 Feb 2026"),
                T("2,500.00"),
            ],
        ],
    )],
    answers: &[],
    participants: &[
        ["Project management", "Ben Sample", "Male", "Coloured", "2026-02-03", "2500"],
        ["Project management", "Thandi Example", "Female", "African", "2026-02-03", "2500"],
    ],
};

/// A list in Afrikaans.
const AFRIKAANS: Template = Template {
    sheets: &[(
        "Leerders",
        &[
            &[
                T("Nr"),
                T("Voornaam"),
                T("Van"),
                T("Geslag"),
                T("Ras"),
                T("Gestremd"),
                T("Buitelander"),
                T("In diens"),
                T("Indiensnemingstatus"),
                T("Kursus"),
                T("Kategorie"),
                T("Begindatum"),
                T("Kursuskoste"),
            ],
            &[
                Number(1.0),
                T("Thandi"),
                T("Voorbeeld"),
                T("Vroulik"),
                T("Swart"),
                T("Nee"),
                T("Nee"),
                T("Ja"),
                T("Permanent"),
                T("Noodhulp"),
                T("E"),
                T("2026-02-03"),
                T("1 500,50"),
            ],
            &[
                Number(2.0),
                T("Jan"),
                T("van der Merwe"),
                T("Manlik"),
                T("Wit"),
                T("Nee"),
                T("Nee"),
                T("Ja"),
                T("Permanent"),
                T("Noodhulp"),
                T("E"),
                T("2026-02-03"),
                T("1 500,50"),
            ],
        ],
    )],
    answers: &["African"],
    participants: &[
        ["Noodhulp", "Jan van der Merwe", "Male", "White", "2026-02-03", "1500.5"],
        ["Noodhulp", "Thandi Voorbeeld", "Female", "African", "2026-02-03", "1500.5"],
    ],
};

fn write(template: &Template, path: &Path) {
    let mut book = umya_spreadsheet::new_file_empty_worksheet();
    for (name, rows) in template.sheets {
        let sheet = book.new_sheet(*name).unwrap();
        for (row, cells) in (1_u32..).zip(*rows) {
            for (column, cell) in (1_u32..).zip(*cells) {
                let place = sheet.cell_mut((column, row));
                match cell {
                    Blank => {}
                    T(text) => {
                        place.set_value_string(*text);
                    }
                    Number(n) => {
                        place.set_value_number(*n);
                    }
                    Date(n) => {
                        place.set_value_number(*n);
                        place.style_mut().number_format_mut().set_format_code("dd/mm/yyyy");
                    }
                }
            }
        }
    }
    umya_spreadsheet::writer::xlsx::write(&book, path).unwrap();
}

/// The participants of the programs that the template names, as the server holds them.
async fn participants(served: &Served, template: &Template) -> Vec<[String; 6]> {
    let mut there = Vec::new();
    for program in rows(&served.sandbox, PROGRAMS).await {
        let name = program["name"].as_str().unwrap();
        if template.participants.iter().all(|[known, ..]| *known != name) {
            continue;
        }
        for person in rows(&served.sandbox, &format!("{PROGRAMS}/{}/participants", program["id"])).await {
            let text = |field: &str| match &person[field] {
                Value::String(text) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                other => other.to_string(),
            };
            let cost = person["course_cost"].as_f64().map_or_else(|| text("course_cost"), |n| n.to_string());
            let words = ["full_name", "gender", "race", "start_date"]
                .map(|field| person[field].as_str().unwrap().to_owned());
            let [full_name, gender, race, start] = words;
            there.push([name.to_owned(), full_name, gender, race, start, cost]);
        }
    }
    there.sort();
    there
}

/// Imports a template into Acme's scorecard by keys alone.
async fn import(template: &Template, (rows, columns): (u16, u16)) {
    let served = Served::start(&[]);
    let dir = tempfile::tempdir().unwrap();
    let path: PathBuf = dir.path().join("learners.xlsx");
    write(template, &path);
    let (origin, state) = (served.sandbox.origin(), tempfile::tempdir().unwrap());
    let mut pty =
        Pty::start(rows, columns, &[], &served.environment(&origin, state.path().to_str().unwrap()));
    pty.until("FY26 EE Plan");
    pty.send("2");
    pty.until("Acme Construction");
    pty.send("/acme\r\r");
    pty.until("training programs");
    pty.send("I");
    pty.until("what the file leaves open");
    pty.send(&format!("{}\r", path.display()));
    pty.until("headings in row");
    for answer in template.answers {
        pty.send(answer);
        pty.send("\r");
    }
    pty.until("nothing is sent yet");
    pty.send("\x13");
    pty.until(" staged");
    pty.send("\x13");
    pty.until("Review");
    pty.send("A");
    pty.until("Apply ──");
    pty.answer("y", " saved");
    let wanted: Vec<[String; 6]> =
        template.participants.iter().map(|person| person.map(str::to_owned)).collect();
    assert_eq!(participants(&served, template).await, wanted, "{}", pty.contents());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_of_the_vendor_needs_no_answer() {
    import(&OWN, (24, 80)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracker_is_answered_once() {
    import(&TRACKER, (40, 120)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_an_authority_is_asked_only_for_the_category() {
    import(&AUTHORITY, (40, 120)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_a_personnel_system_needs_no_answer() {
    import(&PERSONNEL, (40, 120)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_afrikaans_is_asked_only_who_is_black() {
    import(&AFRIKAANS, (40, 120)).await;
}
