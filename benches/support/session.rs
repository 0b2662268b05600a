//! What the benches of the whole program start it with.

use std::collections::BTreeMap;

use bee_tui::app::model::{SessionSettings, Start};
use bee_tui::config::{ParallelRequests, WritePolicy};
use bee_tui::input::keymap::Keymap;
use bee_tui::theme::Theme;
use bee_tui::workspace::Workspace;
use jiff::Timestamp;
use ratatui::layout::Size;

/// A session of one profile over what an earlier one left.
pub(crate) fn start(workspace: Workspace, size: Size, now: Timestamp) -> Start {
    Start {
        settings: SessionSettings {
            profiles: Vec::new(),
            profile: Some("bench".into()),
            guard: WritePolicy::Standard,
            keymap: Keymap::new(&BTreeMap::new()).unwrap_or_else(|why| unreachable!("{why}")),
            theme: Theme::colour(),
            parallel: ParallelRequests::default(),
        },
        workspace,
        notice: None,
        size,
        now,
    }
}
