//! The benchmark tables: those shipped, or the user's own files in their place.

use std::path::Path;
use std::sync::Arc;

use crate::domain::benchmark::Benchmarks;

/// The shipped tables, with the user's own files in place of those that are named. Fails with the setting and
/// a message that names the file and the line.
pub(super) fn read(
    targets: Option<&Path>,
    eap: Option<&Path>,
) -> Result<Arc<Benchmarks>, (ConfigTable, String)> {
    let mut tables = Benchmarks::default();
    let own = [(ConfigTable::Targets, targets), (ConfigTable::Eap, eap)];
    for (named, path) in own.into_iter().filter_map(|(named, path)| Some((named, path?))) {
        let say = |why: String| (named, format!("{}: {why}", path.display()));
        let text = std::fs::read_to_string(path).map_err(|e| say(e.to_string()))?;
        let from = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let replace =
            if named == ConfigTable::Targets { Benchmarks::with_targets } else { Benchmarks::with_eap };
        tables = replace(tables, &text, from).map_err(|why| say(why.to_string()))?;
    }
    Ok(Arc::new(tables))
}

/// Which benchmark table a setting names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConfigTable {
    /// The sector targets.
    Targets,
    /// The economically active population (EAP).
    Eap,
}
