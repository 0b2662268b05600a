//! The README's picture, drawn from the program's own buffer. `INSTA_UPDATE=always` writes it again.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use crate::support::harness::{App, Setup, sandbox};

const COLUMN: f64 = 8.4;
const ROW: f64 = 18.0;

fn fill(color: Color) -> &'static str {
    match color {
        Color::Cyan => "#56b6c2",
        Color::Yellow => "#e5c07b",
        Color::Green => "#98c379",
        Color::Magenta => "#c678dd",
        Color::Red => "#e06c75",
        Color::Blue => "#61afef",
        Color::Black => "#1e2127",
        _ => "#d0d4dc",
    }
}

/// A run of cells in the same style, as SVG.
fn run(out: &mut String, cell: &Cell, text: &str, x: usize, y: usize) {
    let reversed = cell.modifier.contains(Modifier::REVERSED);
    let ground =
        if reversed { Some(fill(cell.fg)) } else { (cell.bg != Color::Reset).then(|| fill(cell.bg)) };
    let ink = if reversed { fill(Color::Black) } else { fill(cell.fg) };
    let (left, top) = (x as f64 * COLUMN, y as f64 * ROW);
    if let Some(ground) = ground {
        let width = text.chars().count() as f64 * COLUMN;
        let _ = writeln!(
            out,
            r#"<rect x="{left:.1}" y="{top:.0}" width="{width:.1}" height="{ROW}" fill="{ground}"/>"#
        );
    }
    let weight = if cell.modifier.contains(Modifier::BOLD) { r#" font-weight="bold""# } else { "" };
    let dim = if cell.modifier.contains(Modifier::DIM) { r#" opacity="0.6""# } else { "" };
    // Each word is placed at its first letter, so that a font of another width shifts nothing.
    let mut at = 0;
    for word in text.split(' ') {
        let columns = word.chars().count();
        if columns > 0 {
            let (left, wide) = (left + at as f64 * COLUMN, columns as f64 * COLUMN);
            let word = word.replace('&', "&amp;").replace('<', "&lt;");
            let _ = writeln!(
                out,
                r#"<text x="{left:.1}" y="{:.0}" textLength="{wide:.1}" fill="{ink}"{weight}{dim}>{word}</text>"#,
                top + 13.0
            );
        }
        at += columns + 1;
    }
}

fn svg(app: &App) -> String {
    let buffer = app.runner.terminal.backend().buffer();
    let (columns, rows) = (usize::from(buffer.area.width), usize::from(buffer.area.height));
    let (width, height) = (columns as f64 * COLUMN + 16.0, rows as f64 * ROW + 16.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"-8 -8 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"ui-monospace, Menlo, Consolas, monospace\" font-size=\"14\" \
         xml:space=\"preserve\">\n<rect x=\"-8\" y=\"-8\" width=\"100%\" height=\"100%\" rx=\"8\" fill=\"#1e2127\"/>\n"
    );
    let look = |cell: &Cell| (cell.fg, cell.bg, cell.modifier);
    for (y, row) in buffer.content().chunks(columns).enumerate() {
        for group in row.iter().enumerate().collect::<Vec<_>>().chunk_by(|a, b| look(a.1) == look(b.1)) {
            let text: String = group.iter().map(|(_, cell)| cell.symbol()).collect();
            run(&mut out, group[0].1, &text, group[0].0, y);
        }
    }
    out + "</svg>\n"
}

#[tokio::test]
async fn the_readmes_picture_is_the_programs_own() {
    let sandbox = sandbox().await;
    let mut app = App::open_with(&sandbox, Setup { size: (108, 34), ..App::setup(&sandbox) }).await;
    app.keys("enter down right right right right + + + down 4 1 enter t down down 9 9 enter t up up").await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/grid.svg");
    let drawn = svg(&app);
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        fs::write(&path, &drawn).unwrap();
    }
    assert!(fs::read_to_string(path).unwrap() == drawn, "assets/grid.svg is not what the program draws now");
}
