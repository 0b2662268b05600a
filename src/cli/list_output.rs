//! Lists from the shell: all pages of one, and whether it could be read whole.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::api::Call;
use crate::api::client::Client;
use crate::api::page::{Page, PageMeta, read_page};
use crate::api::request::{PageQuery, Request};
use crate::cli::error::{CliError, failed};
use crate::cli::send::send;
use crate::domain::text::pluralize;

/// How often a list that changes while it is read is begun anew.
const MAX_READ_ATTEMPTS: u32 = 3;

/// Rows of a list as the server sent them.
pub(super) struct RawList {
    pub(super) rows: Vec<Box<RawValue>>,
    /// What is to be said when they are not all that was asked for.
    incomplete_reason: Option<String>,
}

impl RawList {
    /// The rows of an answer to a write.
    pub(super) fn from_write_response(body: &[u8]) -> Result<Self, CliError> {
        Ok(Self { rows: raw_rows(body)?.rows, incomplete_reason: None })
    }

    /// The rows of one answer: of one page, if that was asked for, or of a list that does not come in pages.
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

    /// Reads the pages after the first, in order, until there are no more or one brings nothing new. They are all read again
    /// when they are not as many rows as the server counts, since then the list changed meanwhile.
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
            // Where nothing is said of how many there are, it is read on until a page brings nothing new.
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

    /// What is to be said when it is not the whole list, or some rows of it are not as documented.
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

/// `5,071`.
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
    read_page(body, |raw| Ok(raw.to_owned())).map_err(failed)
}

/// The id of a row, as it is written.
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
