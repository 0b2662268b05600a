//! Faults planted on purpose, to show that the tests catch them. Without the feature `seeded-faults` there are none.

/// A fault that can be planted, by its name in `BEE_TUI_SEEDED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeededFault {
    /// A creation without an answer is sent again.
    PostTwice,
    /// An edit is written only with the next one.
    LateJournal,
    /// A journal that cannot be written is taken for written.
    DeafDisk,
    /// The key and the signature go into the log.
    LoggedKey,
    /// Files are made as the umask has it.
    OpenFiles,
    /// The terminal is not given back.
    KeptScreen,
    /// A plan that is read is deleted too.
    StrayDelete,
    /// Whoever sends a change panics.
    PanicInBackground,
    /// The key `n` panics.
    PanicAtKey,
}

/// Whether it is planted.
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

/// With something in its words that nobody may see.
///
/// # Panics
///
/// When the fault is planted.
pub fn panic_if_planted(fault: SeededFault) {
    assert!(!is_planted(fault), "8001015009087");
}
