//! Lists from the shell: all pages of one, and whether it could be read whole.

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use crate::api::Call;
use crate::api::client::Client;
use crate::api::page::{Meta, Rows, read_rows};
use crate::api::request::{PageWanted, Request};
use crate::cli::sending::{End, failed, send};
use crate::domain::text::count;

/// How often a list that changes while it is read is begun anew.
const READINGS: u32 = 3;

/// Rows of a list as the server sent them.
pub(super) struct List {
    pub(super) rows: Vec<Box<RawValue>>,
    /// How many the server says there are, where that is more or fewer than came.
    missing_of: Option<u64>,
}

impl List {
    /// The rows of one answer, taken for all that was asked for.
    pub(super) fn one(body: &[u8]) -> Result<Self, End> {
        Ok(Self { rows: raw_rows(body)?.rows, missing_of: None })
    }

    /// Reads the pages after the first, in order, until there are no more or one brings nothing new. They are all read again
    /// when they are not as many rows as the server counts, since then the list changed meanwhile.
    pub(super) async fn whole(
        body: &[u8],
        call: &Call,
        request: &Request,
        per_page: u32,
        client: &Client,
    ) -> Result<Self, End> {
        let mut first = raw_rows(body)?;
        for reading in 1.. {
            let Some(Meta { pages, count, .. }) = first.meta else { break };
            let mut seen: BTreeSet<String> = first.rows.iter().filter_map(|row| id_of(row)).collect();
            let pages = u32::try_from(pages.unwrap_or(1)).unwrap_or(u32::MAX);
            for page in 2..=pages {
                let request =
                    Request { query: Some(PageWanted { page, per_page }.query()), ..request.clone() };
                let mut more = raw_rows(&send(call, &request, client).await?.body)?;
                more.rows.retain(|row| id_of(row).is_none_or(|id| seen.insert(id)));
                if more.rows.is_empty() {
                    break;
                }
                first.rows.extend(more.rows);
            }
            let missing_of = count.filter(|count| *count != first.rows.len() as u64);
            if missing_of.is_none() || reading == READINGS {
                return Ok(Self { rows: first.rows, missing_of });
            }
            first = raw_rows(&send(call, request, client).await?.body)?;
        }
        Ok(Self { rows: first.rows, missing_of: None })
    }

    /// What is to be said when it is not the whole list, or some rows of it are not as documented.
    pub(super) fn check(&self, damaged: usize) -> Result<(), End> {
        if let Some(all) = self.missing_of {
            return Err(failed(format!(
                "{} of {} rows: the list could not be read whole, though it was read {READINGS} times",
                thousands(self.rows.len() as u64),
                thousands(all)
            )));
        }
        if damaged > 0 {
            let whole = self.rows.len() - damaged;
            return Err(failed(format!(
                "{} of {} rows: {} of the server's answer not as documented",
                thousands(whole as u64),
                thousands(self.rows.len() as u64),
                count(damaged, "row")
            )));
        }
        Ok(())
    }
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

fn raw_rows(body: &[u8]) -> Result<Rows<Box<RawValue>>, End> {
    read_rows(body, |raw| Ok(raw.to_owned())).map_err(failed)
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
