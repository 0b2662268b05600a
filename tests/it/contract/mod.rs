//! What is written down, here or by the vendor, is what the program does.

mod completions;
mod documents;
mod file_cases;
mod help_and_settings;
pub mod journal;
mod project_documents;
mod wire;
