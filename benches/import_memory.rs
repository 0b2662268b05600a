//! The memory that a workbook of 20,000 learners takes: what is held of it once it is read and judged, and the most on
//! the way, beside the text of its rows and the library alone.
//!
//! `cargo bench --bench import_memory`

#![expect(clippy::unwrap_used, reason = "a bench stops where its ground is gone")]

mod support;

use bee_tui::runtime::files::read_grids;
use peak_alloc::PeakAlloc;

use crate::support::{judge, read_bare, write_workbook};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What `work` leaves allocated, and the most that it had at any time, in MB.
fn memory_of<T>(work: impl FnOnce() -> T) -> (T, f64, f64) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let done = work();
    let since = |bytes: usize| bytes.saturating_sub(before) as f64 / 1e6;
    (done, since(MEMORY.current_usage()), since(MEMORY.peak_usage()))
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("people.xlsx");
    write_workbook(&path);
    let ((grids, _preview), held, most) = memory_of(|| {
        let grids = read_grids(&path).unwrap();
        let preview = judge(&grids);
        (grids, preview)
    });
    let (_, _, bare_most) = memory_of(|| read_bare(&path));
    let cells = (0..grids[0].rows().len()).flat_map(|row| grids[0].cells(row));
    let text = cells.map(|cell| cell.to_text(grids[0].dates).len() + 1).sum::<usize>() as f64 / 1e6;
    println!("the rows as text                     {text:8.1} MB");
    println!("held of the file, read and judged    {held:8.1} MB   {:.2} × the text", held / text);
    println!("the most while reading and judging   {most:8.1} MB   {:.2} × the text", most / text);
    println!("the most of the library alone        {bare_most:8.1} MB   {:.2} × the text", bare_most / text);
}
