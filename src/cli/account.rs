//! The account that verbs go to, and what would be sent to it.

use std::io::Write;
use std::process::ExitCode;

use crate::api::request::{Product, Request};
use crate::cli::exit::FAILED;
use crate::config::{Config, Guard, Profile};

/// The account a verb goes to, if it may do that.
pub(super) fn profile(config: Config, reads: bool) -> Result<Profile, String> {
    let place = config.file.display();
    let none = || {
        format!(
            "no account is configured: bee-tui login takes a key into {place}; or set BEE_TUI_BASE_URL, BEE_TUI_API_KEY \
             and BEE_TUI_API_SECRET"
        )
    };
    let profile = config.profile.ok_or_else(none)?;
    if profile.guard == Guard::ReadOnly && !reads {
        return Err("this profile is READ-ONLY; nothing was sent".into());
    }
    Ok(profile)
}

/// Prints a request instead of sending it, without key and signature.
pub(super) fn dry_run(request: &Request, config: &Config) -> ExitCode {
    let account = config.profile.as_ref().map(|profile| match request.product {
        Product::Toolkit => profile.toolkit.origin.as_str().to_owned(),
        Product::Suppliers => {
            profile.suppliers.as_ref().map(|a| a.origin.as_str().to_owned()).unwrap_or_default()
        }
    });
    let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
    let body = request.body_text().map(|body| format!("Content-Type: application/json\n\n{body}\n"));
    let text = format!(
        "{} {}{}{query}\nAccept: application/json\nX-Api-Key: <key>\nAuthorization: HMAC <signature>\n{}",
        request.method.name(),
        account.unwrap_or_default(),
        request.path,
        body.unwrap_or_default(),
    );
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(FAILED),
    }
}
