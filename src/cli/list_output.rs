//! Reads lists for the shell verbs, all pages of one, and tells whether a list was read in full.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::api::Call;
use crate::api::client::Client;
use crate::api::page::{Page, PageMeta, read_page};
use crate::api::request::{PageQuery, Request};
use crate::cli::error::{CliError, failed};
use crate::cli::send::send;
use crate::domain::text::pluralize;

/// How many times a list that changes while it is read is read from its first page.
const MAX_READ_ATTEMPTS: u32 = 3;

/// Rows of a list as the server sent them.
pub(super) struct RawList {
    pub(super) rows: Vec<Box<RawValue>>,
    /// Why these are not all the rows that were asked for; `None` if they are.
    incomplete_reason: Option<String>,
}

impl RawList {
    /// The rows in the response to a write. Fails when its body is no list.
    pub(super) fn from_write_response(body: &[u8]) -> Result<Self, CliError> {
        Ok(Self { rows: raw_rows(body)?.rows, incomplete_reason: None })
    }

    /// The rows of one response: of the given page, or of a list without pages. Fails when its body is no
    /// list; rows that are missing are reported by [`Self::check_complete`].
    pub(super) fn from_single_response(body: &[u8], page: Option<u32>) -> Result<Self, CliError> {
        let Page { rows, meta, .. } = raw_rows(body)?;
        let PageMeta { count, pages, .. } = meta.unwrap_or_default();
        let read = rows.len() as u64;
        let short = match page {
            Some(page) => {
                let is_missing =
                    rows.is_empty() && count != Some(0) && pages.is_some_and(|all| u64::from(page) <= all);
                is_missing.then(|| format!("page {page} of {} came without rows", pages.unwrap_or_default()))
            }
            None if count.is_some_and(|count| count != read) || pages.is_some_and(|pages| pages > 1) => {
                Some(incomplete_message(read, count, "the server gave a part of it"))
            }
            None => None,
        };
        Ok(Self { rows, incomplete_reason: short })
    }

    /// Reads the pages after the first, in order, up to the last or to one without new rows. Starts over when
    /// the rows are not as many as the server counts, since the list then changed meanwhile. Fails when the
    /// first body is no list or a signal arrives; any other failure makes the list incomplete.
    pub(super) async fn read_all_pages(
        body: &[u8],
        call: &Call,
        request: &Request,
        per_page: u32,
        client: &Client,
    ) -> Result<Self, CliError> {
        let mut first = raw_rows(body)?;
        for reading in 1.. {
            let Some(PageMeta { pages, count, .. }) = first.meta else { break };
            let mut seen: BTreeSet<String> = first.rows.iter().filter_map(|row| id_of(row)).collect();
            let known = pages.or_else(|| Some(count?.div_ceil(u64::from(per_page))));
            let (mut page, mut why) = (1, None);
            // If the server gives neither pages nor a count, read on until a page has no new rows.
            while known.map_or(!first.rows.is_empty(), |pages| u64::from(page) < pages) {
                page += 1;
                let request =
                    Request { query: Some(PageQuery { page, per_page }.query()), ..request.clone() };
                let mut more =
                    match send(call, &request, client).await.and_then(|answer| raw_rows(&answer.body)) {
                        Ok(more) => more,
                        Err(end) if end.code > 128 => return Err(end),
                        Err(end) => {
                            let words = end.messages.join("; ");
                            return Ok(Self::incomplete(first.rows, count, &format!("page {page}: {words}")));
                        }
                    };
                more.rows.retain(|row| id_of(row).is_none_or(|id| seen.insert(id)));
                if more.rows.is_empty() {
                    why = known.map(|pages| format!("page {page} of {pages} brought nothing new"));
                    break;
                }
                first.rows.extend(more.rows);
            }
            let read = first.rows.len() as u64;
            if count.map_or(why.is_none(), |count| count == read) {
                return Ok(Self { rows: first.rows, incomplete_reason: None });
            }
            if reading == MAX_READ_ATTEMPTS {
                let why = why.unwrap_or_else(|| "the number of rows did not match the server's count".into());
                let why = format!("{why}, in {MAX_READ_ATTEMPTS} readings");
                return Ok(Self::incomplete(first.rows, count, &why));
            }
            first = match send(call, request, client).await.and_then(|answer| raw_rows(&answer.body)) {
                Ok(first) => first,
                Err(end) if end.code > 128 => return Err(end),
                Err(end) => {
                    return Ok(Self::incomplete(
                        first.rows,
                        count,
                        &format!("page 1: {}", end.messages.join("; ")),
                    ));
                }
            };
        }
        Ok(Self { rows: first.rows, incomplete_reason: None })
    }

    fn incomplete(rows: Vec<Box<RawValue>>, count: Option<u64>, why: &str) -> Self {
        let short = incomplete_message(rows.len() as u64, count, why);
        Self { rows, incomplete_reason: Some(short) }
    }

    /// Fails when rows are missing, or when `damaged` of them are not as documented.
    pub(super) fn check_complete(&self, damaged: usize) -> Result<(), CliError> {
        if let Some(short) = &self.incomplete_reason {
            return Err(failed(short.as_str()));
        }
        if damaged > 0 {
            let whole = self.rows.len() - damaged;
            return Err(failed(format!(
                "{} of {} rows: {} of the server's answer could not be read as documented",
                thousands(whole as u64),
                thousands(self.rows.len() as u64),
                pluralize(damaged, "row")
            )));
        }
        Ok(())
    }
}

/// `2,000 of 5,071 rows: the list could not be read whole: …`.
fn incomplete_message(read: u64, count: Option<u64>, why: &str) -> String {
    let of = count.map(|count| format!(" of {}", thousands(count))).unwrap_or_default();
    format!("{}{of} rows: the list could not be read whole: {why}", thousands(read))
}

/// A number with its thousands grouped: `5,071`.
fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn raw_rows(body: &[u8]) -> Result<Page<Box<RawValue>>, CliError> {
    read_page(body, |raw| Ok(raw.to_owned())).map_err(|why| failed(why.to_string()))
}

/// The id of a row as the server wrote it; `None` if it has none.
fn id_of(row: &RawValue) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Row<'a> {
        #[serde(borrow)]
        id: &'a RawValue,
    }
    serde_json::from_str::<Row>(row.get()).ok().map(|row| row.id.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::thousands;

    #[test]
    fn large_numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 5071, 1_234_567].map(thousands),
            ["0", "999", "1,000", "5,071", "1,234,567"]
        );
    }
}
