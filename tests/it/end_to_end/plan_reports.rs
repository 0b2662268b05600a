//! What a committee is handed: the report, the working paper in the shape of EEA13, and a plan's tables to a file and back.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::end_to_end::program::Served;
use crate::end_to_end::shell::run;
use crate::support::harness::{ask, sandbox};
use crate::support::pty::Pty;

/// A count of a plan as the server holds it.
async fn count(sandbox: &bee_tui::sandbox::Sandbox, plan: u64, year: usize, table: usize, key: &str) -> u64 {
    let path = format!("/api/public/v1/employment_equity_plans/{plan}");
    let plan = ask(sandbox, "GET", &path, None).await.1;
    plan["milestones"][year - 1]["targets"][table][format!("number_of_{key}")].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_shows_the_numbers_of_the_server_and_asks_for_nothing() {
    let sandbox = sandbox().await;
    let body = json!({"employment_equity_plan": {"name": "<script>alert(1)</script> & Co"}});
    ask(&sandbox, "PATCH", "/api/public/v1/employment_equity_plans/42", Some(body)).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html").display().to_string();
    let written = run(&sandbox, &["plans", "report", "42", "--to", &file]).await;
    assert_eq!(written.code, 0, "{}", written.err);
    let html = std::fs::read_to_string(&file).unwrap();
    assert!(
        html.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; Co") && !html.contains("<script"),
        "the name is a text"
    );
    for outside in ["http://", "https://", "src=", "url(", "@import", "<link"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("default-src 'none'"));
    // Each year with both tables, in the statutory order.
    for year in 1..=5 {
        assert!(html.contains(&format!("<h2>Year {year} · ")), "year {year}");
    }
    let women = count(&sandbox, 42, 3, 0, "african_female_semi_skilled_employees").await;
    let of_year = html.split("<h2>Year 3 · ").nth(1).unwrap().split("<h2>").next().unwrap();
    let row =
        of_year.split("<th scope=\"row\">Semi-skilled</th>").nth(1).unwrap().split("</tr>").next().unwrap();
    let cells: Vec<&str> =
        row.split("<td").skip(1).map(|cell| cell.split(['>', '<']).nth(1).unwrap()).collect();
    assert_eq!(cells[4], women.to_string(), "AF is the fifth column: {row}");
    // What is short is what the check says.
    let checked = run(&sandbox, &["plans", "check", "42", "--year", "3", "-o", "json"]).await.json();
    for row in checked.as_array().unwrap().iter().filter(|row| row["met"] == false) {
        let words = format!("{} short by replacement", row["short_by_replacement"]);
        assert!(of_year.contains(&words), "{words}");
    }
    let again = run(&sandbox, &["plans", "report", "42", "--to", &file]).await;
    assert!(again.code == 2 && again.err.contains("is there already"), "{}", again.err);
    let ending = run(&sandbox, &["plans", "report", "42", "--to", "report.pdf"]).await;
    assert!(ending.code == 2 && ending.err.contains("has to end in .html"), "{}", ending.err);
}

/// A browser, where there is one; the checks of a change have one.
fn browser() -> Option<&'static str> {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|ran| ran.status.success()));
    assert!(found.is_some() || std::env::var_os("NEEDS_BROWSER").is_none(), "apt-get install chromium");
    found
}

/// Opens a page in the browser without a window; what the browser logs.
fn open(browser: &str, folder: &Path, arguments: &[&str]) -> String {
    let profile = folder.join("profile").display().to_string();
    let fixed = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--enable-logging=stderr",
        "--disable-background-networking",
    ];
    let ran = Command::new(browser)
        .args(fixed)
        .arg(format!("--user-data-dir={profile}"))
        .args(arguments)
        .output()
        .unwrap();
    format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_opens_the_report_without_an_error_or_a_request_and_prints_a_page_a_year() {
    let Some(browser) = browser() else { return };
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html").display().to_string();
    let written = run(&sandbox, &["plans", "report", "42", "--to", &file]).await;
    assert_eq!(written.code, 0, "{}", written.err);
    let (net, pdf) = (folder.path().join("net.json"), folder.path().join("report.pdf"));
    let url = format!("file://{file}");
    let log = open(
        browser,
        folder.path(),
        &[
            &format!("--log-net-log={}", net.display()),
            "--no-pdf-header-footer",
            &format!("--print-to-pdf={}", pdf.display()),
            &url,
        ],
    );
    assert!(!log.contains("CONSOLE"), "{log}");
    let net = std::fs::read_to_string(&net).unwrap();
    let asked: Vec<&str> =
        net.split("\"url\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    // What a browser asks its own maker for is none of the page's.
    let is_own = |url: &str| ["google", "gvt1", "chromium"].iter().any(|maker| url.contains(maker));
    let outside: Vec<_> = asked.into_iter().filter(|url| url.starts_with("http") && !is_own(url)).collect();
    assert!(outside.is_empty(), "{outside:?}");
    // The first page, one for each of the five years, and the sources.
    let pdf = std::fs::read(&pdf).unwrap();
    let pdf = String::from_utf8_lossy(&pdf);
    assert_eq!(pdf.matches("/Type /Page\n").count(), 7, "pages of the report");
    // 1280 pixels wide, nothing is wider than the window.
    let probe = folder.path().join("probe.html");
    let page = std::fs::read_to_string(&file).unwrap();
    let measured = page
        .replace("default-src 'none'; style-src 'unsafe-inline'", "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'")
        .replace("</body>", "<script>document.title = 'wide ' + (document.documentElement.scrollWidth <= innerWidth)</script></body>");
    std::fs::write(&probe, measured).unwrap();
    let dom = open(
        browser,
        folder.path(),
        &["--window-size=1280,900", "--dump-dom", &format!("file://{}", probe.display())],
    );
    assert!(dom.contains("<title>wide true</title>"), "the page is wider than 1280 pixels");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_working_paper_has_the_order_of_the_form_and_totals_that_are_formulas() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("eea13.xlsx");
    let written =
        run(&sandbox, &["plans", "export", "42", "--form", "eea13", "--to", &file.display().to_string()])
            .await;
    assert_eq!(written.code, 0, "{}", written.err);
    let book = umya_spreadsheet::reader::xlsx::read(&file).unwrap();
    let names: Vec<&str> = book.sheet_collection().iter().map(umya_spreadsheet::Worksheet::name).collect();
    let years = [1, 2, 3, 4, 5].map(|year| format!("Targets year {year}"));
    let wanted: Vec<&str> = ["About", "Profile", "Goals"]
        .into_iter()
        .chain(years.iter().map(String::as_str))
        .chain(["Reasons"])
        .collect();
    assert_eq!(names, wanted);
    let about = book.sheet_by_name("About").unwrap();
    assert!(about.value("A1").contains("not the official form"), "{}", about.value("A1"));
    let sheet = book.sheet_by_name("Targets year 2").unwrap();
    let heads: Vec<String> = ('A'..='L').map(|column| sheet.value(format!("{column}5"))).collect();
    assert_eq!(heads.join(" "), "Occupational levels A C I W A C I W Male Female Total");
    let labels: Vec<String> = (6..=14).map(|row| sheet.value(format!("A{row}"))).collect();
    assert!(labels[0] == "Top management" && labels[5].starts_with("Unskilled"), "{labels:?}");
    assert_eq!(labels[6..], ["TOTAL PERMANENT", "Temporary employees", "GRAND TOTAL"]);
    // African women among middle managers are the sixth column of the third row.
    let women = count(&sandbox, 42, 2, 0, "african_female_middle_managers").await;
    assert_eq!(sheet.value("F8"), women.to_string());
    let cell = sheet.cell("F12").unwrap();
    assert_eq!((cell.formula(), sheet.cell("F14").unwrap().formula()), ("SUM(F6:F11)-F13", "F12+F13"));
    assert_eq!(sheet.cell("L6").unwrap().formula(), "SUM(B6:K6)");
    // The results beside the formulas are those of the numbers above them.
    let of = |cells: &[&str]| -> u64 {
        cells.iter().map(|cell| sheet.value(*cell).parse::<u64>().unwrap_or(0)).sum()
    };
    let levels = of(&["F6", "F7", "F8", "F9", "F10", "F11"]);
    assert_eq!(sheet.value("F14"), levels.to_string());
    assert_eq!(sheet.value("F12"), (levels - of(&["F13"])).to_string());
    let disabled = count(&sandbox, 42, 2, 1, "african_male_semi_skilled_employees").await;
    assert_eq!(sheet.value("B24"), disabled.to_string(), "people with disabilities stand below");
    let reasons = book.sheet_by_name("Reasons").unwrap();
    assert_eq!(
        (reasons.value("C3"), reasons.value("I3")),
        ("Insufficient recruitment opportunities".into(), "Impact of economic conditions".into())
    );
    let ending = run(&sandbox, &["plans", "export", "42", "--form", "eea13", "--to", "x.csv"]).await;
    assert!(ending.code == 2 && ending.err.contains("has to end in .xlsx"), "{}", ending.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_goes_to_a_file_is_changed_there_and_comes_back_from_the_shell() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.xlsx");
    let path = file.display().to_string();
    assert_eq!(run(&sandbox, &["plans", "export", "42", "--to", &path]).await.code, 0);
    let same = run(&sandbox, &["plans", "import", "42", &path]).await;
    assert!(same.code == 0 && same.err.contains("nothing was sent"), "{}", same.err);
    let mut book = umya_spreadsheet::reader::xlsx::read(&file).unwrap();
    let before = count(&sandbox, 42, 4, 0, "african_male_top_managers").await;
    let sheet = book.sheet_by_name_mut("Year 4 all employees").unwrap();
    assert_eq!(sheet.value("B2"), before.to_string());
    sheet.cell_mut("B2").set_value_number(before as f64 + 3.0);
    umya_spreadsheet::writer::xlsx::write(&book, &file).unwrap();
    let shown = run(&sandbox, &["plans", "import", "42", &path, "--dry-run"]).await;
    assert_eq!(shown.code, 0, "{}", shown.err);
    assert!(
        shown.out.contains(&format!(r#""number_of_african_male_top_managers":{}"#, before + 3)),
        "{}",
        shown.out
    );
    assert_eq!(
        count(&sandbox, 42, 4, 0, "african_male_top_managers").await,
        before,
        "a dry run sends nothing"
    );
    let sent = run(&sandbox, &["plans", "import", "42", &path]).await;
    assert!(sent.code == 0 && sent.err.contains("1 of 1 counter saved"), "{}", sent.err);
    assert_eq!(count(&sandbox, 42, 4, 0, "african_male_top_managers").await, before + 3);
    // Somebody else changed the cell meanwhile: the file is behind, and says so.
    let mut book = umya_spreadsheet::reader::xlsx::read(&file).unwrap();
    book.sheet_by_name_mut("Year 4 all employees")
        .unwrap()
        .cell_mut("B2")
        .set_value_number(before as f64 + 9.0);
    umya_spreadsheet::writer::xlsx::write(&book, &file).unwrap();
    let behind = run(&sandbox, &["plans", "import", "42", &path]).await;
    assert!(behind.code == 9 && behind.err.contains("nothing was sent"), "{} {}", behind.code, behind.err);
    for ending in ["csv", "json", "md"] {
        let path = folder.path().join(format!("plan.{ending}")).display().to_string();
        assert_eq!(run(&sandbox, &["plans", "export", "42", "--to", &path]).await.code, 0, "{ending}");
        assert!(std::fs::metadata(&path).unwrap().len() > 1000, "{ending}");
    }
    let missing = run(&sandbox, &["plans", "import", "42", "no-such-file.xlsx"]).await;
    assert!(missing.code == 2 && missing.err.contains("there is no such file"), "{}", missing.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_for_the_committee_is_written_by_keys_alone() {
    let served = Served::start(&[]);
    let (origin, state) = (served.sandbox.origin(), tempfile::tempdir().unwrap());
    let mut pty = Pty::start(24, 80, &[], &served.environment(&origin, state.path().to_str().unwrap()));
    pty.until("FY26 EE Plan");
    pty.send("\r");
    pty.until("all employees  [t] disabled");
    // A staged number is in the report, and the report says that it is staged.
    pty.send("9\r");
    pty.until("1 staged");
    pty.send("E");
    pty.until("Export the plan");
    let file = state.path().join("committee.html");
    pty.send("\x15");
    pty.send(&file.display().to_string());
    pty.send("\rreport");
    pty.send("\r");
    pty.until("report of 5 years written");
    let html = std::fs::read_to_string(&file).unwrap();
    assert!(html.contains("1 are staged: they are not on the server yet"), "the report says what is staged");
    assert!(html.contains("FY26 EE Plan") && html.contains("<svg"));
}
