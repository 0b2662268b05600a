//! Reads lists for the shell verbs, all pages of one, and tells whether a list was read in full.

use serde_json::value::RawValue;

use crate::api::Call;
use crate::api::client::Client;
use crate::api::page::{Page, PageMeta, read_page};
use crate::api::page_sequence::{LAST_PAGE, MAX_READS, PageSequence, pages_to_request};
use crate::api::request::{PageQuery, Request};
use crate::cli::error::{CliError, ErrorKind, failed};
use crate::cli::send::send;
use crate::domain::text::pluralize;

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

    /// Reads the pages after the first, in order, to the end of the list. A list that changed meanwhile is read again from
    /// its first page. Fails when a signal ends it; a page that cannot be read leaves the list incomplete.
    pub(super) async fn read_all_pages(
        body: &[u8],
        call: &Call,
        request: &Request,
        per_page: u32,
        client: &Client,
    ) -> Result<Self, CliError> {
        let mut first = raw_rows(body)?;
        for read in 1.. {
            if let (Some(meta @ PageMeta { pages: None, count: Some(count), .. }), false) =
                (first.meta, first.rows.is_empty())
            {
                first.meta = Some(PageMeta { pages: Some(count.div_ceil(u64::from(per_page))), ..meta });
            }
            let mut pages = PageSequence::begin(first);
            let mut next = 2;
            while !pages.is_over() {
                let Some(page) = pages_to_request(pages.pages(), LAST_PAGE, next, 0).next() else { break };
                next = page + 1;
                let query = Some(PageQuery { page, per_page }.query());
                let request = Request { query, ..request.clone() };
                match send(call, &request, client).await.and_then(|answer| raw_rows(&answer.body)) {
                    Ok(rows) => pages.add(page, rows),
                    Err(end) if matches!(end.kind, ErrorKind::Signal(_)) => return Err(end),
                    Err(end) => {
                        let why = format!("page {page}: {}", end.messages.join("; "));
                        return Ok(Self::incomplete(pages, &why));
                    }
                }
            }
            if pages.is_over() && pages.is_complete() {
                return Ok(Self { rows: pages.rows.into_rows(), incomplete_reason: None });
            }
            if read == MAX_READS || !pages.is_over() {
                let why = match pages.barren_page() {
                    Some((page, of)) => format!("page {page} of {of} brought nothing new"),
                    None => "the number of rows did not match the server's count".into(),
                };
                return Ok(Self::incomplete(pages, &format!("{why}, in {read} readings")));
            }
            first = match send(call, request, client).await.and_then(|answer| raw_rows(&answer.body)) {
                Ok(first) => first,
                Err(end) if matches!(end.kind, ErrorKind::Signal(_)) => return Err(end),
                Err(end) => {
                    return Ok(Self::incomplete(pages, &format!("page 1: {}", end.messages.join("; "))));
                }
            };
        }
        Err(failed("the list could not be read"))
    }

    fn incomplete(pages: PageSequence<Box<RawValue>>, why: &str) -> Self {
        let (count, rows) = (pages.count, pages.rows.into_rows());
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
