//! The log: JSON lines in a file that the user names, without characters that a terminal acts on or hides.

use crate::cli::error::CliError;
use crate::config::Config;
use crate::config::permissions::open_private_file;
use crate::domain::text::Text;

/// Starts writing the log, into a file that only its owner can read; does nothing when none is set. Fails
/// when the file cannot be opened or the log level is no filter.
pub(super) fn start(config: &Config) -> Result<(), CliError> {
    let Some(path) = &config.log else { return Ok(()) };
    let file = open_private_file(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let filter = tracing_subscriber::EnvFilter::try_new(&config.log_level).map_err(|_| {
        format!("log_level `{}` is no filter; try info, debug or bee_tui=trace", config.log_level)
    })?;
    let writer = std::sync::Mutex::new(PrintableLines(file));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(writer).init();
    Ok(())
}

/// Writes lines without characters that a terminal acts on or hides, whoever logged them.
struct PrintableLines(std::fs::File);

impl std::io::Write for PrintableLines {
    fn write(&mut self, lines: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(lines);
        for line in text.split_inclusive('\n') {
            let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
            self.0.write_all(format!("{}{end}", Text::from(line)).as_bytes())?;
        }
        Ok(lines.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}
