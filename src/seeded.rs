//! Faults seeded on purpose to show that the tests catch them. Without the feature `seeded-faults` there are
//! none.

/// A fault that can be seeded by setting `BEE_TUI_SEEDED` to its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeededFault {
    /// A creation whose response was lost is sent again.
    PostTwice,
    /// An edit is journaled only together with the next one.
    LateJournal,
    /// A failed write to the journal is treated as successful.
    DeafDisk,
    /// The key and the signature are written to the log.
    LoggedKey,
    /// Files are created with the permissions of the umask instead of private ones.
    OpenFiles,
    /// The terminal is not restored.
    KeptScreen,
    /// Reading a plan also deletes it.
    StrayDelete,
    /// The background task that sends a change panics.
    PanicInBackground,
    /// Pressing `n` panics.
    PanicAtKey,
}

/// Whether the fault is seeded in this run.
pub fn is_planted(fault: SeededFault) -> bool {
    #[cfg(feature = "seeded-faults")]
    {
        std::env::var("BEE_TUI_SEEDED").is_ok_and(|name| name == format!("{fault:?}"))
    }
    #[cfg(not(feature = "seeded-faults"))]
    {
        let _ = fault;
        false
    }
}

/// Panics with an id number in its message, which no log or crash report may show.
///
/// # Panics
///
/// When the fault is seeded.
pub fn panic_if_planted(fault: SeededFault) {
    assert!(!is_planted(fault), "8001015009087");
}
