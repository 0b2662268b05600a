//! `bee-tui login` and `logout`: a key is tried before it is kept, and its secret never stands in an argument.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};
use secrecy::SecretString;
use toml_edit::{DocumentMut, Item, Table, value};

use crate::api::client::{Access, Account, Client};
use crate::api::request::Origin;
use crate::api::sign::FOLDS;
use crate::api::{Call, plans, supplier_scores};
use crate::cli::exit::{FAILED, USAGE, code_of, complain, say};
use crate::config::secret::{Forgotten, Vault, write_private};
use crate::config::{self, Options, SUPPLIERS, TOOLKIT};
use crate::domain::id::VendorCode;
use crate::runtime::effects::background;

/// The commands.
pub(super) fn commands() -> [Command; 2] {
    let option = |name: &'static str, about: &'static str| Arg::new(name).long(name).help(about);
    let suppliers =
        option("suppliers", "The key of the Supplier Management System").action(ArgAction::SetTrue);
    let login = Command::new("login")
        .about("Take a key into a profile: it is tried, then kept")
        .long_about(
            "Take a key into a profile of the configuration: it is tried with a read, then its secret is kept in the \
             system's keyring. Where no keyring answers, it is asked whether to keep it in a file that only you can \
             read. The secret is asked for and not shown; from a script, key and secret are the first two lines of \
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
    let logout = Command::new("logout")
        .about("Forget the secret of a profile's key; what is staged is kept")
        .arg(suppliers);
    [login, logout]
}

/// The settings of one product's key.
struct Product {
    prefix: &'static str,
    url: &'static str,
    default: &'static str,
    name: &'static str,
}

fn product(suppliers: bool) -> Product {
    if suppliers {
        let name = "the Supplier Management System";
        Product { prefix: "suppliers_", url: "suppliers_url", default: SUPPLIERS, name }
    } else {
        Product { prefix: "", url: "base_url", default: TOOLKIT, name: "BEEtoolkit" }
    }
}

/// The configuration as it is written, to be changed in place.
fn read(path: &Path) -> Result<DocumentMut, String> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(format!("{}: {e}", path.display())),
    };
    // The parser's own words could quote a secret.
    text.parse().map_err(|_| format!("{} cannot be read as TOML; mend it first", path.display()))
}

/// The profile meant: the one named, the file's own choice, or its only one.
fn named(options: &Options, document: &DocumentMut) -> Option<String> {
    let profiles = document.get("profiles").and_then(Item::as_table_like);
    let only = || profiles.filter(|p| p.len() == 1)?.iter().next().map(|(name, _)| name.to_owned());
    let chosen = || document.get("profile")?.as_str().map(str::to_owned);
    options.profile.clone().or_else(chosen).or_else(only)
}

fn text(profile: Option<&Item>, field: &str) -> Option<String> {
    profile?.get(field)?.as_str().map(str::to_owned)
}

/// Asks, on a terminal; from a script the next line is the answer.
struct Asking {
    terminal: bool,
}

impl Asking {
    fn line(&self, what: &str, default: &str) -> Result<String, String> {
        if !self.terminal {
            return Ok(default.to_owned());
        }
        let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        let _ = write!(std::io::stderr(), "{what}{shown}: ");
        let line = next_line()?;
        Ok(if line.is_empty() { default.to_owned() } else { line })
    }

    fn key(&self) -> Result<String, String> {
        if self.terminal { self.line("API key", "") } else { next_line() }
    }

    fn secret(&self) -> Result<SecretString, String> {
        if self.terminal {
            let secret = rpassword::prompt_password("API secret (not shown): ");
            secret.map(SecretString::from).map_err(|e| format!("the secret cannot be asked for: {e}"))
        } else {
            next_line().map(SecretString::from)
        }
    }

    fn yes(&self, what: &str) -> Result<bool, String> {
        Ok(self.terminal && self.line(&format!("{what} (y/N)"), "")?.eq_ignore_ascii_case("y"))
    }
}

fn next_line() -> Result<String, String> {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).map_err(|e| format!("standard input: {e}"))?;
    Ok(line.trim().to_owned())
}

/// What is known of a key before it is asked for.
#[derive(Debug)]
struct Known {
    suppliers: bool,
    base_url: Option<String>,
    folds: Option<u32>,
    vendor_code: Option<String>,
    ca_file: Option<String>,
    in_file: bool,
}

impl Known {
    /// What the arguments say.
    fn of(matches: &ArgMatches) -> Self {
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

/// Takes a key into a profile.
pub(super) fn login(matches: &ArgMatches, options: &Options) -> ExitCode {
    let path = config::place(options);
    let given = Known::of(matches);
    let done = read(&path).and_then(|document| take(&given, options, &path, document));
    match done {
        Ok(code) => code,
        Err(why) => complain(&why, USAGE),
    }
}

fn take(
    given: &Known,
    options: &Options,
    path: &Path,
    mut document: DocumentMut,
) -> Result<ExitCode, String> {
    let asking = Asking { terminal: std::io::stdin().is_terminal() };
    let product = product(given.suppliers);
    let name = match named(options, &document) {
        Some(name) => name,
        None => asking.line("A name for this profile", "main")?,
    };
    let known = document.get("profiles").and_then(|profiles| profiles.get(&name));
    let field = |name: &str| format!("{}{name}", product.prefix);
    let address = given.base_url.clone().or_else(|| text(known, product.url));
    let address = match &address {
        Some(address) => address.clone(),
        None => asking.line(&format!("Address of {}", product.name), product.default)?,
    };
    let origin: Origin = address.parse().map_err(|why| format!("{address}: {why}"))?;
    let folds = given.folds;
    let folds = folds.or_else(|| known?.get("folds")?.as_integer()?.try_into().ok()).unwrap_or(FOLDS);
    let ca_file = given.ca_file.clone().or_else(|| text(known, "ca_file"));
    let of_environment = std::env::var("BEE_TUI_CA_FILE").ok().filter(|file| !file.is_empty());
    let roots = ca_file.clone().or(of_environment);
    let roots = roots.map(|file| config::read_roots(Path::new(&file))).transpose()?;
    let key = asking.key()?;
    if key.is_empty() {
        return Err("there is no key; nothing was kept".into());
    }
    let account = Account { origin: origin.clone(), key: key.clone(), secret: asking.secret()?, folds };
    let call = match product.prefix {
        "" => Call::Plans(plans::Call::List),
        _ => {
            let code = match &given.vendor_code {
                Some(code) => code.clone(),
                None => asking.line("A vendor code to try it with", "")?,
            };
            let code: VendorCode = code.parse().map_err(|why| format!("vendor code: {why}"))?;
            Call::SupplierScores(supplier_scores::Call::Heartbeat(code))
        }
    };
    let (toolkit, suppliers) = match product.prefix {
        "" => (Some(account.clone()), None),
        _ => (None, Some(account.clone())),
    };
    let client = Client::read_only(Access { toolkit, suppliers, roots, ..Access::default() });
    let runtime = background().map_err(|e| e.to_string())?;
    if let Err(error) = runtime.block_on(client.run(&call)) {
        return Ok(complain(&format!("{error}; nothing was kept"), code_of(&error)));
    }
    runtime.shutdown_background();
    let vault = Vault::beside(path);
    let before = text(known, &field("api_key")).filter(|before| *before != key);
    let where_kept = match vault.keep_in_keyring(&origin, &key, &account.secret) {
        Ok(()) => "the keyring".to_owned(),
        Err(why) => {
            let file = vault.file().display().to_string();
            let question = format!(
                "No keyring can be used ({why}). Keep the secret in {file}, which only you can read?"
            );
            if !given.in_file && !asking.yes(&question)? {
                let words = format!(
                    "no keyring can be used ({why}), and not in {file} either (--in-file does): nothing was kept"
                );
                return Ok(complain(&words, FAILED));
            }
            vault.keep_in_file(&origin, &key, &account.secret)?;
            file
        }
    };
    if let Some(before) = before {
        // The key that this one takes the place of.
        vault.forget(&origin, &before)?;
    }
    let mut implicit = Table::new();
    implicit.set_implicit(true);
    let profiles = document.entry("profiles").or_insert(Item::Table(implicit));
    let profile = profiles.as_table_like_mut().ok_or("`profiles` in the configuration is no table")?;
    let profile = profile.entry(&name).or_insert(Item::Table(Table::new()));
    let profile = profile.as_table_like_mut().ok_or("the profile in the configuration is no table")?;
    if address != product.default || profile.contains_key(product.url) {
        profile.insert(product.url, value(origin.as_str()));
    }
    profile.insert(&field("api_key"), value(&key));
    // These would be taken before the one that was just kept.
    let stale = [field("api_secret"), field("secret_command")]
        .into_iter()
        .filter(|name| profile.remove(name).is_some());
    for name in stale.collect::<Vec<_>>() {
        say(&format!("{name} was taken out of {}", path.display()));
    }
    if folds != FOLDS || profile.contains_key("folds") {
        profile.insert("folds", value(i64::from(folds)));
    }
    if let Some(file) = ca_file {
        // A relative name would mean another file from another folder.
        let file = std::fs::canonicalize(&file).map_or(file, |path| path.display().to_string());
        profile.insert("ca_file", value(file));
    }
    write_private(path, &document.to_string()).map_err(|e| format!("{}: {e}", path.display()))?;
    say(&format!(
        "profile {name}: {} lets the key in; it is in {}, its secret in {where_kept}",
        origin.as_str(),
        path.display()
    ));
    Ok(ExitCode::SUCCESS)
}

/// Forgets the secret of a profile's key.
pub(super) fn logout(matches: &ArgMatches, options: &Options) -> ExitCode {
    let path = config::place(options);
    match read(&path).and_then(|document| forget(matches, options, &path, document)) {
        Ok(words) => {
            say(&words);
            ExitCode::SUCCESS
        }
        Err(why) => complain(&why, USAGE),
    }
}

fn forget(
    matches: &ArgMatches,
    options: &Options,
    path: &Path,
    mut document: DocumentMut,
) -> Result<String, String> {
    let product = product(matches.get_flag("suppliers"));
    let name = named(options, &document).ok_or("which profile? --profile names it")?;
    let profile = document.get("profiles").and_then(|profiles| profiles.get(&name));
    let profile = profile.ok_or_else(|| format!("{} has no profile `{name}`", path.display()))?;
    let field = |name: &str| format!("{}{name}", product.prefix);
    let key = text(Some(profile), &field("api_key"));
    let key = key.ok_or_else(|| format!("profile `{name}` has no key of {}", product.name))?;
    let address = text(Some(profile), product.url).unwrap_or_else(|| product.default.to_owned());
    let origin: Origin = address.parse().map_err(|why| format!("{address}: {why}"))?;
    let forgotten = Vault::beside(path).forget(&origin, &key)?;
    let written =
        document.get_mut("profiles").and_then(|p| p.get_mut(&name)).and_then(Item::as_table_like_mut);
    let written = written.is_some_and(|profile| profile.remove(&field("api_secret")).is_some());
    if written {
        write_private(path, &document.to_string()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    let what = match forgotten {
        Forgotten::Yes => "its secret is forgotten".to_owned(),
        Forgotten::OnlyInFile(_) => {
            "its secret is forgotten; there is no keyring that could hold one".to_owned()
        }
        Forgotten::NothingThere | Forgotten::NotAsked(_) if written => {
            "its secret is taken out of the file".to_owned()
        }
        Forgotten::NothingThere => "no secret of it was kept".to_owned(),
        Forgotten::NotAsked(why) => {
            format!("no secret of it is in a file; the keyring could not be asked ({why})")
        }
    };
    Ok(format!(
        "profile {name}: {what}; what is staged is kept. The key itself is revoked in {}",
        product.name
    ))
}
