//! `bee-tui login` and `logout`. A key is tried before it is kept, and its secret is never an argument.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use secrecy::SecretString;
use toml_edit::{DocumentMut, Item, Table, TableLike, Value, value};

use crate::api::client::{Client, ClientSettings, Credentials};
use crate::api::request::Origin;
use crate::api::sign::DEFAULT_FOLDS;
use crate::api::{Call, plans, supplier_scores};
use crate::cli::error::{CliError, ErrorKind, complain, failed, say};
use crate::config::permissions::check_configuration;
use crate::config::secret::{SecretRemoval, SecretStore, write_private};
use crate::config::{self, AccountNeeds, GlobalOptions, SUPPLIERS_ORIGIN, TOOLKIT_ORIGIN};
use crate::domain::id::VendorCode;
use crate::domain::text::pluralize;
use crate::runtime::effects::background_runtime;
use crate::runtime::journal::list_staged;

/// `bee-tui login` and `bee-tui logout`.
pub(super) fn commands() -> [Command; 2] {
    let option = |name: &'static str, about: &'static str| Arg::new(name).long(name).help(about);
    let suppliers =
        option("suppliers", "The key of the Supplier Management System").action(ArgAction::SetTrue);
    let login = Command::new("login")
        .about("Take a key into a profile: it is tried, then kept")
        .long_about(
            "Take a key into a profile of the configuration: bee-tui tries it with a read, then keeps its secret in the \
             system's keyring. If no keyring is available, bee-tui asks whether to keep it in a file that only you can \
             read. bee-tui asks for the secret and does not show it; from a script, key and secret are the first two lines of \
             standard input.",
        )
        .arg(option("base-url", "The API's origin").value_name("URL"))
        .arg(
            option("folds", "How often a signature is folded, as issued with the key")
                .value_name("N")
                .value_parser(clap::value_parser!(u32).range(1..=1000)),
        )
        .arg(suppliers.clone())
        .arg(option("vendor-code", "A vendor code the suppliers' key is tried with").value_name("CODE"))
        .arg(
            option("in-file", "Keep the secret in a file that only you can read, where no keyring answers")
                .action(ArgAction::SetTrue),
        )
        .arg(Arg::new("ca-file").long("ca-file").value_name("FILE").help("A root certificate to trust, as PEM"));
    let all = Arg::new("all").long("all").action(ArgAction::SetTrue);
    let logout = Command::new("logout")
        .about("Forget the secret of a profile's key; what is staged is kept")
        .arg(suppliers)
        .arg(all.help("Also when other profiles have the same address and key, which lose it too"));
    [login, logout]
}

/// How one product's key is named in a profile.
struct ProductKey {
    prefix: &'static str,
    url_field: &'static str,
    default: &'static str,
    name: &'static str,
}

fn product(suppliers: bool) -> ProductKey {
    if suppliers {
        let name = "the Supplier Management System";
        ProductKey { prefix: "suppliers_", url_field: "suppliers_url", default: SUPPLIERS_ORIGIN, name }
    } else {
        ProductKey { prefix: "", url_field: "base_url", default: TOOLKIT_ORIGIN, name: "BEEtoolkit" }
    }
}

/// The configuration as it is written, for editing in place; empty if there is no file. Fails when others can
/// write it, or when it is no TOML.
fn read(path: &Path) -> Result<DocumentMut, CliError> {
    // The next start trusts what login keeps of it.
    check_configuration(path)?;
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(format!("{}: {e}", path.display()).into()),
    };
    // The parser's own message could quote a secret.
    text.parse().map_err(|_| format!("{} is not valid TOML; correct it first", path.display()).into())
}

/// The name of the profile meant: the one given, the file's own choice, or its only one.
fn profile_name(options: &GlobalOptions, document: &DocumentMut) -> Option<String> {
    let profiles = document.get("profiles").and_then(Item::as_table_like);
    let only = || profiles.filter(|p| p.len() == 1)?.iter().next().map(|(name, _)| name.to_owned());
    let chosen = || document.get("profile")?.as_str().map(str::to_owned);
    options.profile.clone().or_else(chosen).or_else(only)
}

fn text_field(profile: Option<&Item>, field: &str) -> Option<String> {
    profile?.get(field)?.as_str().map(str::to_owned)
}

/// Asks for input on a terminal; from a script, lines of standard input are the answers.
struct Asker {
    is_terminal: bool,
}

impl Asker {
    fn line(&self, what: &str, default: &str) -> Result<String, CliError> {
        if !self.is_terminal {
            return Ok(default.to_owned());
        }
        let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        let _ = write!(std::io::stderr(), "{what}{shown}: ");
        let line = next_line()?;
        Ok(if line.is_empty() { default.to_owned() } else { line })
    }

    fn key(&self, known: &str) -> Result<String, CliError> {
        if self.is_terminal { self.line("API key", known) } else { next_line() }
    }

    /// On a terminal, asks up to three times for a valid answer, and not for ever: the input may have ended.
    fn ask_until_valid<T>(&self, ask: impl Fn() -> Result<T, CliError>) -> Result<T, CliError> {
        let mut answer = ask();
        for _ in 0..2 {
            match &answer {
                Err(why) if self.is_terminal => {
                    say(why.to_string());
                    answer = ask();
                }
                _ => break,
            }
        }
        answer
    }

    fn secret(&self) -> Result<SecretString, CliError> {
        if self.is_terminal {
            // Turn the echo off before the prompt, so that a secret that is pasted early is not shown either.
            let _unechoed = EchoOff::begin();
            let secret = rpassword::prompt_password("API secret (not shown): ");
            secret.map(SecretString::from).map_err(|e| format!("the secret cannot be asked for: {e}").into())
        } else {
            next_line().map(SecretString::from)
        }
    }

    fn confirm(&self, what: &str) -> Result<bool, CliError> {
        Ok(self.is_terminal && self.line(&format!("{what} (y/N)"), "")?.eq_ignore_ascii_case("y"))
    }
}

/// Turns the terminal's echo off until it is dropped.
struct EchoOff(#[cfg(unix)] Option<rustix::termios::Termios>);

impl EchoOff {
    #[cfg(unix)]
    fn begin() -> Self {
        use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
        let before = tcgetattr(std::io::stdin()).ok();
        if let Some(mut modes) = before.clone() {
            modes.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &modes);
        }
        Self(before)
    }

    #[cfg(not(unix))]
    fn begin() -> Self {
        Self()
    }
}

#[cfg(unix)]
impl Drop for EchoOff {
    fn drop(&mut self) {
        use rustix::termios::{OptionalActions, tcsetattr};
        if let Some(before) = &self.0 {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, before);
        }
    }
}

fn next_line() -> Result<String, CliError> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|e| format!("standard input: {e}"))?;
    Ok(line.trim().to_owned())
}

/// What is known of a key before the user is asked.
#[derive(Debug)]
struct KnownKey {
    suppliers: bool,
    base_url: Option<String>,
    folds: Option<u32>,
    vendor_code: Option<String>,
    ca_file: Option<String>,
    in_file: bool,
}

impl KnownKey {
    /// What the arguments give.
    fn from_arguments(matches: &ArgMatches) -> Self {
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        Self {
            suppliers: matches.get_flag("suppliers"),
            base_url: text("base-url"),
            folds: matches.get_one("folds").copied(),
            vendor_code: text("vendor-code"),
            ca_file: text("ca-file"),
            in_file: matches.get_flag("in-file"),
        }
    }
}

/// Runs `bee-tui login`: tries a key, keeps it in a profile, and returns the exit code.
pub(super) fn login(matches: &ArgMatches, options: &GlobalOptions) -> ExitCode {
    let Some(path) = config::config_path(options) else {
        return complain(config::NO_HOME_MESSAGE, ErrorKind::Usage);
    };
    let given = KnownKey::from_arguments(matches);
    let done = read(&path).and_then(|document| take_key(&given, options, &path, document));
    match done {
        Ok(code) => code,
        Err(error) => error.report(),
    }
}

fn take_key(
    given: &KnownKey,
    options: &GlobalOptions,
    path: &Path,
    mut document: DocumentMut,
) -> Result<ExitCode, CliError> {
    let asking = Asker { is_terminal: std::io::stdin().is_terminal() };
    let product = product(given.suppliers);
    let name = match profile_name(options, &document) {
        Some(name) => name,
        None => asking.line("A name for this profile", "main")?,
    };
    let known = document.get("profiles").and_then(|profiles| profiles.get(&name));
    let before = old_account(known, &product);
    let address = given.base_url.clone().or_else(|| text_field(known, product.url_field));
    let origin = asking.ask_until_valid(|| {
        let address = match &address {
            Some(address) => address.clone(),
            None => asking.line(&format!("Address of {}", product.name), product.default)?,
        };
        address.parse::<Origin>().map_err(|why| format!("{address}: {why}").into())
    })?;
    let folds =
        given.folds.or_else(|| known?.get("folds")?.as_integer()?.try_into().ok()).unwrap_or(DEFAULT_FOLDS);
    let ca_file = given.ca_file.clone().or_else(|| text_field(known, "ca_file"));
    let key = asking.ask_until_valid(|| {
        let key = asking.key(before.as_ref().map_or("", |(_, key)| key))?;
        if key.is_empty() { Err("there is no key; nothing was kept".into()) } else { Ok(key) }
    })?;
    let account = Credentials { origin, key, secret: asking.secret()?, folds };
    try_key(given, &product, &asking, &account, ca_file.as_deref())?;
    let vault = SecretStore::for_config(path);
    let where_kept = store_secret(&vault, given, &asking, &account)
        .map_err(|error| CliError { kind: ErrorKind::Failed, ..error })?;
    write_profile(&mut document, &name, &product, &account, ca_file, path)?;
    write_private(path, &document.to_string()).map_err(|e| format!("{}: {e}", path.display()))?;
    say(format!(
        "profile {name}: {} accepts the key; it is in {}, its secret in {where_kept}",
        account.origin.as_str(),
        path.display()
    ));
    if let Some((origin, key)) =
        before.filter(|before| *before != (account.origin.clone(), account.key.clone()))
    {
        vault.remove(&origin, &key)?;
        let old = Credentials { origin, key, secret: SecretString::default(), folds };
        let state = config::load(options, AccountNeeds::Nothing, &|name| std::env::var(name).ok())
            .map(|config| config.state_dir);
        let staged_count =
            state.ok().and_then(|dir| list_staged(&dir, &old).ok()).map_or(0, |rows| rows.len());
        if staged_count > 0 {
            say(format!(
                "{} belong to the previous key; they are kept, and are there again when you use it",
                pluralize(staged_count, "staged change")
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The origin and the key that a profile has already; `None` if it has none.
fn old_account(profile: Option<&Item>, product: &ProductKey) -> Option<(Origin, String)> {
    let key = text_field(profile, &format!("{}api_key", product.prefix))?;
    let address = text_field(profile, product.url_field).unwrap_or_else(|| product.default.to_owned());
    Some((address.parse().ok()?, key))
}

/// Tries a key with a read. Fails when the read fails, or when there is nothing to try it with.
fn try_key(
    given: &KnownKey,
    product: &ProductKey,
    asking: &Asker,
    account: &Credentials,
    ca_file: Option<&str>,
) -> Result<(), CliError> {
    let of_environment = std::env::var("BEE_TUI_CA_FILE").ok().filter(|file| !file.is_empty());
    let roots = ca_file.map(str::to_owned).or(of_environment);
    let roots = roots.map(|file| config::read_root_certificates(Path::new(&file))).transpose()?;
    let mut access = ClientSettings { roots, ..ClientSettings::default() };
    let call = if given.suppliers {
        access.suppliers = Some(account.clone());
        let code = asking.ask_until_valid(|| {
            let code = match &given.vendor_code {
                Some(code) => code.clone(),
                None => asking.line("A vendor code to try it with", "")?,
            };
            code.parse::<VendorCode>().map_err(|why| format!("{why}; --vendor-code names one").into())
        })?;
        Call::SupplierScores(supplier_scores::Call::Heartbeat(code))
    } else {
        access.toolkit = Some(account.clone());
        Call::Plans(plans::Call::List)
    };
    let _ = writeln!(std::io::stderr(), "asking {} whether it accepts the key…", product.name);
    let runtime = background_runtime().map_err(|e| e.to_string())?;
    let tried = runtime.block_on(Client::read_only(access).send_call(&call));
    runtime.shutdown_background();
    tried.map(|_| ()).map_err(|error| {
        let message = format!("{error}; nothing was kept");
        CliError { hint: None, ..CliError::new(ErrorKind::of(&error), vec![message]) }
    })
}

/// Keeps the secret and returns where. Fails when no keyring can be used and the file is not wanted or cannot be written.
fn store_secret(
    vault: &SecretStore,
    given: &KnownKey,
    asking: &Asker,
    account: &Credentials,
) -> Result<String, CliError> {
    let Err(why) = vault.store_in_keyring(&account.origin, &account.key, &account.secret) else {
        return Ok("the keyring".to_owned());
    };
    let file = vault.file().display().to_string();
    let question =
        format!("No keyring can be used ({why}). Keep the secret in {file}, which only you can read?");
    if !given.in_file && !asking.confirm(&question)? {
        let how = if asking.is_terminal { "you said no" } else { "--in-file allows it" };
        return Err(failed(format!(
            "no keyring can be used ({why}), and the secret is not kept in {file} ({how}): nothing was kept. \
             You can also set secret_command in the configuration"
        )));
    }
    vault.store_in_file(&account.origin, &account.key, &account.secret)?;
    Ok(file)
}

/// Writes the profile into the configuration and leaves all else as it is. Fails when `profiles` or the
/// profile in it is no table.
fn write_profile(
    document: &mut DocumentMut,
    name: &str,
    product: &ProductKey,
    account: &Credentials,
    ca_file: Option<String>,
    path: &Path,
) -> Result<(), CliError> {
    let field = |name: &str| format!("{}{name}", product.prefix);
    let mut implicit = Table::new();
    implicit.set_implicit(true);
    let profiles = document.entry("profiles").or_insert(Item::Table(implicit));
    let profiles = profiles.as_table_like_mut().ok_or("`profiles` in the configuration is no table")?;
    let only = profiles.iter().next().map(|(only, _)| only.to_owned()).filter(|only| only != name);
    let profile = profiles.entry(name).or_insert(Item::Table(Table::new()));
    let profile = profile.as_table_like_mut().ok_or("the profile in the configuration is no table")?;
    if account.origin.as_str() != product.default || profile.contains_key(product.url_field) {
        set(profile, product.url_field, account.origin.as_str());
    }
    set(profile, &field("api_key"), account.key.as_str());
    // These would take precedence over the secret that was just kept.
    for stale in [field("api_secret"), field("secret_command")] {
        if profile.remove(&stale).is_some() {
            say(format!("{stale} was taken out of {}", path.display()));
        }
    }
    if account.folds != DEFAULT_FOLDS || profile.contains_key("folds") {
        set(profile, "folds", i64::from(account.folds));
    }
    if let Some(file) = ca_file {
        // A relative path would mean another file when bee-tui runs in another folder.
        let file = std::fs::canonicalize(&file).map_or(file, |path| path.display().to_string());
        set(profile, "ca_file", file);
    }
    if let Some(only) = only.filter(|_| !document.contains_key("profile")) {
        // With several profiles, the file has to name the one to use.
        document.insert("profile", value(&only));
        say(format!(
            "there are several profiles now; bee-tui uses {only} unless you name another (profile in the configuration)"
        ));
    }
    Ok(())
}

/// Sets a field and keeps the comment that follows it.
fn set(profile: &mut dyn TableLike, name: &str, new: impl Into<Value>) {
    let mut new = new.into();
    if let Some(old) = profile.get(name).and_then(Item::as_value) {
        *new.decor_mut() = old.decor().clone();
    }
    profile.insert(name, Item::Value(new));
}

/// The other profiles that use the same key at the same address.
fn other_profiles_with_key(
    document: &DocumentMut,
    name: &str,
    product: &ProductKey,
    origin: &Origin,
    key: &str,
) -> Vec<String> {
    let profiles = document.get("profiles").and_then(Item::as_table_like);
    let is_same = |profile: &Item| {
        let address =
            text_field(Some(profile), product.url_field).unwrap_or_else(|| product.default.to_owned());
        text_field(Some(profile), &format!("{}api_key", product.prefix)).as_deref() == Some(key)
            && address.parse::<Origin>().is_ok_and(|other| other == *origin)
    };
    let others = profiles.into_iter().flat_map(|profiles| profiles.iter());
    others
        .filter(|(other, profile)| *other != name && is_same(profile))
        .map(|(other, _)| other.to_owned())
        .collect()
}

/// Runs `bee-tui logout`: removes the secret of a profile's key, and returns the exit code.
pub(super) fn logout(matches: &ArgMatches, options: &GlobalOptions) -> ExitCode {
    let Some(path) = config::config_path(options) else {
        return complain(config::NO_HOME_MESSAGE, ErrorKind::Usage);
    };
    match read(&path).and_then(|document| forget_secret(matches, options, &path, document)) {
        Ok(words) => {
            say(&words);
            ExitCode::SUCCESS
        }
        Err(error) => error.report(),
    }
}

fn forget_secret(
    matches: &ArgMatches,
    options: &GlobalOptions,
    path: &Path,
    mut document: DocumentMut,
) -> Result<String, CliError> {
    let product = product(matches.get_flag("suppliers"));
    let name = profile_name(options, &document).ok_or("which profile? --profile names it")?;
    let profile = document.get("profiles").and_then(|profiles| profiles.get(&name));
    let profile = profile.ok_or_else(|| format!("{} has no profile `{name}`", path.display()))?;
    let field = |name: &str| format!("{}{name}", product.prefix);
    let key = text_field(Some(profile), &field("api_key"));
    let key = key.ok_or_else(|| format!("profile `{name}` has no key of {}", product.name))?;
    let address = text_field(Some(profile), product.url_field).unwrap_or_else(|| product.default.to_owned());
    let origin: Origin = address.parse().map_err(|why| format!("{address}: {why}"))?;
    let others = other_profiles_with_key(&document, &name, &product, &origin, &key);
    if !others.is_empty() && !matches.get_flag("all") {
        return Err(format!(
            "nothing was forgotten: {} {} the same address and key, so the secret is kept once for all of them; --all \
             forgets it for all",
            others.join(", "),
            if others.len() == 1 { "has" } else { "have" }
        ).into());
    }
    let forgotten = SecretStore::for_config(path).remove(&origin, &key)?;
    let written =
        document.get_mut("profiles").and_then(|p| p.get_mut(&name)).and_then(Item::as_table_like_mut);
    let written = written.is_some_and(|profile| profile.remove(&field("api_secret")).is_some());
    if written {
        write_private(path, &document.to_string()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let what = match forgotten {
        SecretRemoval::Removed => "its secret is forgotten".to_owned(),
        SecretRemoval::RemovedFromFileOnly(_) => {
            "its secret is forgotten; there is no keyring that could hold one".to_owned()
        }
        SecretRemoval::NotFound | SecretRemoval::KeyringUnavailable(_) if written => {
            "its secret is taken out of the file".to_owned()
        }
        SecretRemoval::NotFound => "no secret of it was kept".to_owned(),
        SecretRemoval::KeyringUnavailable(why) => {
            format!("no secret of it is in a file; the keyring could not be asked ({why})")
        }
    };
    Ok(format!(
        "profile {name}: {what}; what is staged is kept. To end the key itself, revoke it in {}",
        product.name
    ))
}
