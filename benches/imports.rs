//! A workbook of 20,000 learners: read, laid and judged, compared in the same run with the bare reading of its cells by
//! the same library; then judged again, as after each answer.
//!
//! `cargo bench --bench imports`

#![expect(clippy::unwrap_used, reason = "a bench stops where its ground is gone")]

mod support;

use std::time::{Duration, Instant};

use bee_tui::runtime::files::read_grids;

use crate::support::{judge, read_bare, write_workbook};

const ROUNDS: usize = 7;

fn middle(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1000.0
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("people.xlsx");
    write_workbook(&path);
    let (mut bare, mut whole, mut again, mut read) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        assert!(read_bare(&path) > 0);
        bare.push(begun.elapsed());
        let begun = Instant::now();
        let grids = read_grids(&path).unwrap();
        read.push(begun.elapsed());
        judge(&grids);
        whole.push(begun.elapsed());
        let begun = Instant::now();
        judge(&grids);
        again.push(begun.elapsed());
    }
    let (bare, whole, again, read) = (middle(bare), middle(whole), middle(again), middle(read));
    println!("read by the library alone            {bare:8.1} ms");
    println!("read                                 {read:8.1} ms   {:.2} × the library alone", read / bare);
    println!("read, laid and judged                {whole:8.1} ms   {:.2} × the library alone", whole / bare);
    println!("judged again after an answer         {again:8.1} ms");
}
