//! What a reply did to the desk, as those who asked for it have to know.

use crate::desk::listing::Grew;
use crate::domain::change::Reconciled;
use crate::domain::record_changes::Found;

/// What a reply brought, once it is on the desk.
#[derive(Debug, Default)]
pub struct Brought {
    /// What it did to staged counters.
    pub counters: Reconciled,
    /// What it did to staged records.
    pub records: Found,
    /// What it did to the list it is a page of.
    pub grew: Option<Grew>,
}
