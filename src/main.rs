//! The program: arguments, configuration, terminal or shell verb, exit code.

fn main() -> std::process::ExitCode {
    bee_tui::cli::main()
}
