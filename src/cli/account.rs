//! The account that a shell verb uses, whether the verb may write there, and the dry run.

use std::io::Write;

use clap::{Arg, ArgMatches};

use crate::api::request::{Product, Request};
use crate::cli::error::CliError;
use crate::cli::print::escaped;
use crate::config::{Config, Profile, WritePolicy};

/// What a verb uses the account for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountUse<'a> {
    /// To read.
    Read,
    /// To write; holds the profile's name that `--confirm` gave, if any.
    Write(Option<&'a str>),
}

impl<'a> AccountUse<'a> {
    /// A write, with the name that `--confirm` gave.
    pub(super) fn write(matches: &'a ArgMatches) -> Self {
        Self::Write(matches.get_one::<String>("confirm").map(String::as_str))
    }
}

/// The option that confirms a write on a production profile.
pub(super) fn confirm_argument() -> Arg {
    Arg::new("confirm")
        .long("confirm")
        .value_name("NAME")
        .help("The profile's name, wanted for every write on a production profile")
}

/// The account that a verb uses. Fails when none is configured, when the profile is read-only, or when
/// `--confirm` names another profile or is missing for a write on a production profile.
pub(super) fn profile_for(config: Config, purpose: AccountUse<'_>) -> Result<Profile, CliError> {
    let place = config.file.display();
    let none = || {
        format!(
            "no account is configured: bee-tui login takes a key into {place}; or set BEE_TUI_BASE_URL, BEE_TUI_API_KEY \
             and BEE_TUI_API_SECRET"
        )
    };
    let profile = config.profile.ok_or_else(none)?;
    let AccountUse::Write(confirmed) = purpose else { return Ok(profile) };
    match (profile.guard, confirmed) {
        (WritePolicy::ReadOnly, _) => Err("this profile is READ-ONLY; nothing was sent".into()),
        (_, Some(name)) if name != profile.name => {
            Err(format!("--confirm {name}: this profile is `{}`; nothing was sent", profile.name).into())
        }
        (WritePolicy::Production, None) => Err(format!(
            "profile `{0}` is PRODUCTION: a write needs --confirm {0}; nothing was sent",
            profile.name
        )
        .into()),
        _ => Ok(profile),
    }
}

/// Prints a request instead of sending it, with placeholders for the key and the signature. Fails when
/// standard output cannot be written.
pub(super) fn dry_run(request: &Request, config: &Config) -> Result<(), CliError> {
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
    let mut out = std::io::stdout();
    out.write_all(escaped(&text).as_bytes())?;
    Ok(out.flush()?)
}
