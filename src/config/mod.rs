//! Settings: built-in values, overridden by the file, then the environment, then options; and where secrets come from.

pub mod permissions;
pub mod secret;
mod tables;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use toml::Spanned;

use crate::api::client::{Client, ClientSettings, Credentials, Timeouts};
use crate::api::request::{Origin, OriginError};
use crate::api::sign::DEFAULT_FOLDS;
use crate::config::permissions::check_configuration;
use crate::config::secret::SecretStore;
use crate::domain::benchmark::Benchmarks;
use crate::domain::shape_error::message_error;
use crate::input::keymap::Keymap;

/// The options of every command.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Everywhere")]
pub struct GlobalOptions {
    /// Use this profile of the configuration
    #[arg(long, global = true, value_name = "NAME", env = "BEE_TUI_PROFILE", hide_env_values = true)]
    pub profile: Option<String>,
    /// Read this configuration file
    #[arg(long, global = true, value_name = "FILE", env = "BEE_TUI_CONFIG", hide_env_values = true)]
    pub config: Option<PathBuf>,
    /// Keep staged edits, the journal and the log here
    #[arg(long, global = true, value_name = "DIR", env = "BEE_TUI_STATE_DIR", hide_env_values = true)]
    pub state_dir: Option<PathBuf>,
    /// Send nothing that changes anything
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Write a log to this file
    #[arg(long, global = true, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// How much the log says, as a tracing filter
    #[arg(long, global = true, value_name = "FILTER", env = "BEE_TUI_LOG", hide_env_values = true)]
    pub log_level: Option<String>,
}

impl GlobalOptions {
    /// Drops options with an empty value: an empty environment variable counts as not set.
    pub fn drop_empty_values(&mut self) {
        self.profile.take_if(|name| name.is_empty());
        self.log_level.take_if(|level| level.is_empty());
        for path in [&mut self.config, &mut self.state_dir, &mut self.log] {
            path.take_if(|path| path.as_os_str().is_empty());
        }
    }
}

/// Whether writes may be sent, and how they are confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WritePolicy {
    /// Writes are confirmed with a yes.
    #[default]
    Standard,
    /// Writes are confirmed by typing a name.
    Production,
    /// No writes are sent.
    ReadOnly,
}

/// How many requests may be in flight at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParallelRequests {
    /// Reads.
    pub reads: usize,
    /// Writes. Those to one plan or training program go one after the other, apart from deletions of participants.
    pub writes: usize,
}

impl Default for ParallelRequests {
    fn default() -> Self {
        Self { reads: 8, writes: 4 }
    }
}

/// The most requests that may be allowed at once.
const MAX_PARALLEL_REQUESTS: usize = 32;

/// An account with everything needed to use it.
#[derive(Debug, Clone)]
pub struct Profile {
    /// Its name, shown at the top.
    pub name: String,
    /// Whether and how it may write.
    pub guard: WritePolicy,
    /// The credentials for BEEtoolkit.
    pub toolkit: Credentials,
    /// The credentials for the Supplier Management System; `None` when it has no key of its own.
    pub suppliers: Option<Credentials>,
    /// Root certificates trusted in addition to the system's, as PEM.
    pub roots: Option<Vec<u8>>,
}

impl Profile {
    /// A client with this profile's credentials, which sends no writes if the profile is read-only.
    pub fn client(&self) -> Client {
        let access = ClientSettings {
            toolkit: Some(self.toolkit.clone()),
            suppliers: self.suppliers.clone(),
            roots: self.roots.clone(),
            timeouts: Timeouts::default(),
        };
        if self.guard == WritePolicy::ReadOnly { Client::read_only(access) } else { Client::full(access) }
    }
}

/// The settings as loaded at the start.
#[derive(Clone)]
pub struct Config {
    /// The account to use; `None` when nothing is configured or no account was needed.
    pub profile: Option<Profile>,
    /// The names of all profiles in the file, in order; empty when the environment gives the key or no
    /// account was needed.
    pub profiles: Vec<String>,
    /// The key bindings.
    pub keymap: Keymap,
    /// The folder of the journal; empty when there is no home folder.
    pub state_dir: PathBuf,
    /// The path of the configuration file, whether it exists or not; empty when there is no home folder.
    pub file: PathBuf,
    /// The path of the log file, if there is one.
    pub log: Option<PathBuf>,
    /// The log filter, in tracing's syntax.
    pub log_level: String,
    /// Whether colours are used.
    pub colour: bool,
    /// The sector targets and the EAP that plans are compared with.
    pub benchmarks: Arc<Benchmarks>,
    /// How many requests may be in flight at once.
    pub parallel: ParallelRequests,
    read_only: bool,
    accounts: Vec<(Origin, String)>,
}

/// The debug output contains no key.
impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("file", &self.file)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Whether both have the same account and profile settings, so that the session can continue unchanged;
    /// false when either has no profile.
    pub fn is_same_account(&self, other: &Self) -> bool {
        match (&self.profile, &other.profile) {
            (Some(one), Some(other)) => {
                let same = |one: &Credentials, other: &Credentials| {
                    (&one.origin, &one.key, one.folds) == (&other.origin, &other.key, other.folds)
                        && one.secret.expose_secret() == other.secret.expose_secret()
                };
                let suppliers = match (&one.suppliers, &other.suppliers) {
                    (Some(one), Some(other)) => same(one, other),
                    (one, other) => one.is_none() && other.is_none(),
                };
                (&one.name, one.guard, &one.roots) == (&other.name, other.guard, &other.roots)
                    && same(&one.toolkit, &other.toolkit)
                    && suppliers
            }
            _ => false,
        }
    }

    /// The keys of all profiles in the file, each with its origin; those with an invalid origin are left out.
    pub fn accounts(&self) -> &[(Origin, String)] {
        &self.accounts
    }

    /// The write policy of a profile that is not in the file.
    pub fn default_guard(&self) -> WritePolicy {
        if self.read_only { WritePolicy::ReadOnly } else { WritePolicy::Standard }
    }
}

/// A setting that cannot be used: its place, what is wrong and what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {what}")]
pub struct ConfigError {
    place: String,
    what: String,
}

impl ConfigError {
    /// The file with its line, or `environment`.
    pub fn place(&self) -> &str {
        &self.place
    }
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct File {
    profile: Option<Spanned<String>>,
    state_dir: Option<PathBuf>,
    log: Option<PathBuf>,
    log_level: Option<String>,
    colour: Option<bool>,
    parallel_reads: Option<Spanned<usize>>,
    parallel_writes: Option<Spanned<usize>>,
    sectoral_targets: Option<Spanned<PathBuf>>,
    eap: Option<Spanned<PathBuf>>,
    #[serde(default)]
    profiles: BTreeMap<String, FileProfile>,
    #[serde(default)]
    keys: Option<Spanned<BTreeMap<String, Vec<String>>>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct FileProfile {
    base_url: Option<Spanned<String>>,
    api_key: Option<String>,
    api_secret: Option<String>,
    folds: Option<Spanned<u32>>,
    suppliers_url: Option<Spanned<String>>,
    suppliers_api_key: Option<String>,
    suppliers_api_secret: Option<String>,
    secret_command: Option<Spanned<Vec<String>>>,
    suppliers_secret_command: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    production: bool,
    ca_file: Option<Spanned<PathBuf>>,
}

impl FileProfile {
    /// The profile's keys with their origins; those with an invalid origin are left out.
    fn accounts(&self) -> impl Iterator<Item = (Origin, String)> {
        let one = |url: &Option<Spanned<String>>, default: &str, key: &Option<String>| {
            let url = url.as_ref().map_or(default, |url| url.get_ref());
            Some((url.parse().ok()?, key.clone()?))
        };
        let toolkit = one(&self.base_url, TOOLKIT_ORIGIN, &self.api_key);
        let suppliers = one(&self.suppliers_url, SUPPLIERS_ORIGIN, &self.suppliers_api_key);
        toolkit.into_iter().chain(suppliers)
    }
}

/// The default origin of BEEtoolkit (Authentication, "Keys").
pub const TOOLKIT_ORIGIN: &str = "https://www.beetoolkit.co.za";
/// The default origin of the Supplier Management System (Authentication, "Keys").
pub const SUPPLIERS_ORIGIN: &str = "https://www.suppliermanagement.co.za";

/// How much of an account a command needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountNeeds {
    /// All of it, to send requests.
    Account,
    /// Origin and key, to identify the account; its secret is not looked up.
    Key,
    /// Only which accounts there are; none is chosen.
    Names,
    /// Nothing.
    Nothing,
}

/// Looks up an environment variable by its name.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The text of the configuration with its path, for messages that name the line.
struct ConfigText<'a> {
    path: &'a Path,
    text: &'a str,
}

impl ConfigText<'_> {
    fn error(&self, span: Option<Range<usize>>, what: impl Into<String>) -> ConfigError {
        let line = span.map(|span| self.text[..span.start.min(self.text.len())].matches('\n').count() + 1);
        let line = line.map_or_else(String::new, |line| format!(", line {line}"));
        ConfigError { place: format!("{}{line}", self.path.display()), what: what.into() }
    }

    fn parse(&self) -> Result<File, ConfigError> {
        toml::from_str(self.text).map_err(|e| {
            let start = e.span().map_or(0, |span| span.start).min(self.text.len());
            let from = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
            let line = self.text[from..].lines().next().unwrap_or_default();
            // The parser's message may quote the value, which on such a line is a secret.
            let private = line.contains("secret") || line.contains("key");
            let name = line.split('=').next().unwrap_or_default().trim();
            let what = if name.ends_with("secret_command") {
                format!("{name} is a list of words, like {name} = [\"pass\", \"show\", \"beetoolkit\"]")
            } else if private && !e.message().starts_with("unknown field") {
                "this line cannot be read; write it as name = \"text\"".to_owned()
            } else {
                e.message().to_owned()
            };
            self.error(e.span(), what)
        })
    }
}

/// The user's folders. A home that is not absolute is ignored: it would depend on the working directory.
fn project_dirs() -> Option<directories::ProjectDirs> {
    let places = directories::ProjectDirs::from("", "", "bee-tui")?;
    (places.config_dir().is_absolute() && places.data_local_dir().is_absolute()).then_some(places)
}

/// The path of the configuration file; `None` for a user without a home. A file in the working directory is
/// never used: anybody may have written it, and it can name a command to run.
pub fn config_path(options: &GlobalOptions) -> Option<PathBuf> {
    options.config.clone().or_else(|| project_dirs().map(|places| places.config_dir().join("config.toml")))
}

/// The message for a user without a home.
pub const NO_HOME_MESSAGE: &str = "no home folder is known, so there is no configuration: give --config FILE, or set \
                           BEE_TUI_BASE_URL, BEE_TUI_API_KEY and BEE_TUI_API_SECRET";

/// Loads all settings from the file, the environment and the options. Fails when the file is unsafe or
/// missing, a setting is not allowed, or the account lacks its key or secret.
pub fn load(
    options: &GlobalOptions,
    needs: AccountNeeds,
    environment: Environment,
) -> Result<Config, ConfigError> {
    let places = project_dirs();
    let variables = ["BEE_TUI_BASE_URL", "BEE_TUI_API_KEY", "BEE_TUI_API_SECRET"];
    let is_set = |name: &&str| environment(name).is_some_and(|value| !value.is_empty());
    let path = match config_path(options) {
        Some(path) => path,
        None if needs == AccountNeeds::Nothing || variables.iter().all(is_set) => PathBuf::new(),
        None => return Err(ConfigError { place: "environment".into(), what: NO_HOME_MESSAGE.into() }),
    };
    if !path.as_os_str().is_empty()
        && let Err(what) = check_configuration(&path)
    {
        return Err(ConfigError { place: path.display().to_string(), what: what.to_string() });
    }
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e)
            if e.kind() == std::io::ErrorKind::NotFound
                && (options.config.is_none() || needs == AccountNeeds::Nothing) =>
        {
            String::new()
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let what = "there is no such file; bee-tui login makes it".into();
            return Err(ConfigError { place: path.display().to_string(), what });
        }
        Err(e) => return Err(ConfigError { place: path.display().to_string(), what: e.to_string() }),
    };
    let source = ConfigText { path: &path, text: &text };
    let file = source.parse()?;
    let keys = file.keys.unwrap_or_else(|| Spanned::new(0..0, BTreeMap::new()));
    let keymap =
        Keymap::new(keys.get_ref()).map_err(|why| source.error(Some(keys.span()), why.to_string()))?;
    let state_dir = options.state_dir.clone().or(file.state_dir).unwrap_or_else(|| {
        let place = places.as_ref().map(|p| p.state_dir().unwrap_or_else(|| p.data_local_dir()));
        place.map(Path::to_path_buf).unwrap_or_default()
    });
    let own = |file: &Option<Spanned<PathBuf>>| file.as_ref().map(|file| file.get_ref().clone());
    let (targets, eap) = (own(&file.sectoral_targets), own(&file.eap));
    let benchmarks = tables::read(targets.as_deref(), eap.as_deref()).map_err(|(named, why)| {
        let file = if named == tables::ConfigTable::Targets { &file.sectoral_targets } else { &file.eap };
        source.error(file.as_ref().map(Spanned::span), why)
    })?;
    let parallel = parallel_requests(&source, file.parallel_reads, file.parallel_writes)?;
    let of_environment = environment("BEE_TUI_API_KEY").is_some_and(|key| !key.is_empty());
    let profiles = if needs == AccountNeeds::Nothing || of_environment {
        Vec::new()
    } else {
        file.profiles.keys().cloned().collect()
    };
    let accounts = file.profiles.values().flat_map(FileProfile::accounts).collect();
    let mut profile = if matches!(needs, AccountNeeds::Nothing | AccountNeeds::Names) {
        None
    } else {
        let chosen = choose(&source, options, file.profile, file.profiles)?;
        resolve_profile(&source, chosen, needs, environment)?
    };
    if let Some(profile) = profile.as_mut().filter(|_| options.read_only) {
        profile.guard = WritePolicy::ReadOnly;
    }
    Ok(Config {
        profile,
        profiles,
        keymap,
        state_dir,
        log: options.log.clone().or(file.log),
        log_level: options.log_level.clone().or(file.log_level).unwrap_or_else(|| "info".into()),
        colour: environment("NO_COLOR").is_none_or(|set| set.is_empty()) && file.colour.unwrap_or(true),
        benchmarks,
        parallel,
        read_only: options.read_only,
        accounts,
        file: path,
    })
}

/// The limits on requests in flight, the defaults where the file names none. Fails when one is out of range.
fn parallel_requests(
    source: &ConfigText,
    reads: Option<Spanned<usize>>,
    writes: Option<Spanned<usize>>,
) -> Result<ParallelRequests, ConfigError> {
    let limit = |name: &str, set: Option<Spanned<usize>>, default: usize| {
        let Some(set) = set else { return Ok(default) };
        if (1..=MAX_PARALLEL_REQUESTS).contains(set.get_ref()) {
            return Ok(*set.get_ref());
        }
        Err(source.error(Some(set.span()), format!("{name} is a number from 1 to {MAX_PARALLEL_REQUESTS}")))
    };
    let default = ParallelRequests::default();
    Ok(ParallelRequests {
        reads: limit("parallel_reads", reads, default.reads)?,
        writes: limit("parallel_writes", writes, default.writes)?,
    })
}

/// The profile named in the options, else the file's default, else the only one; `None` when the file has no
/// profile. Fails when the name is unknown or the choice is open.
fn choose(
    source: &ConfigText,
    options: &GlobalOptions,
    default: Option<Spanned<String>>,
    mut profiles: BTreeMap<String, FileProfile>,
) -> Result<Option<(String, FileProfile)>, ConfigError> {
    let (name, span) = match (&options.profile, default) {
        (Some(name), _) => (name.clone(), None),
        (None, Some(name)) => (name.get_ref().clone(), Some(name.span())),
        (None, None) if profiles.len() > 1 => {
            let names: Vec<_> = profiles.into_keys().collect();
            let names = names.join(", ");
            return Err(source.error(
                None,
                format!("several profiles ({names}); choose one with profile = \"…\" or --profile"),
            ));
        }
        (None, None) => return Ok(profiles.pop_first()),
    };
    match profiles.remove(&name) {
        Some(profile) => Ok(Some((name, profile))),
        None => {
            let names: Vec<_> = profiles.into_keys().collect();
            let known = if names.is_empty() {
                "there is none".into()
            } else {
                format!("there are: {}", names.join(", "))
            };
            Err(source.error(span, format!("no profile `{name}`; {known}")))
        }
    }
}

fn resolve_profile(
    source: &ConfigText,
    chosen: Option<(String, FileProfile)>,
    needs: AccountNeeds,
    environment: Environment,
) -> Result<Option<Profile>, ConfigError> {
    let of_environment = |what: String| ConfigError { place: "environment".into(), what };
    let vault = SecretStore::for_config(source.path);
    let named = chosen.is_some();
    let (name, file) = chosen.unwrap_or_else(|| ("environment".into(), FileProfile::default()));
    let folds = match (environment("BEE_TUI_FOLDS"), &file.folds) {
        (Some(text), _) => text.parse().ok().filter(|n| (1..=1000).contains(n)).ok_or_else(|| {
            of_environment("BEE_TUI_FOLDS is a whole number from 1 to 1000, as issued with the key".into())
        })?,
        (None, Some(n)) if !(1..=1000).contains(n.get_ref()) => {
            return Err(source
                .error(Some(n.span()), "folds is a whole number from 1 to 1000, as issued with the key"));
        }
        (None, Some(n)) => *n.get_ref(),
        (None, None) => DEFAULT_FOLDS,
    };
    let place = if named { source.path.display().to_string() } else { "environment".into() };
    let say = |what| ConfigError { place: place.clone(), what };
    let account = |prefix: &str,
                   file_url: Option<Spanned<String>>,
                   file_key,
                   file_secret: Option<String>,
                   command: Option<Spanned<Vec<String>>>,
                   default: &str| {
        let variable = |name: &str| {
            let name = format!("BEE_TUI_{prefix}{name}");
            environment(&name).filter(|value| !value.is_empty()).map(|value| (name, value))
        };
        let url = variable(if prefix.is_empty() { "BASE_URL" } else { "URL" });
        let key = variable("API_KEY");
        let secret = variable("API_SECRET");
        if let (Some((url, _)), true) = (&url, key.is_none() || secret.is_none()) {
            // A key from the file must not go to a host that the environment names.
            let what =
                format!("{url} needs BEE_TUI_{prefix}API_KEY and BEE_TUI_{prefix}API_SECRET beside it");
            return Err(of_environment(what));
        }
        let origin = match (&url, &file_url) {
            (Some((name, text)), _) => {
                text.parse().map_err(|why| of_environment(format!("{name}: {why}")))?
            }
            (None, Some(text)) => {
                let parsed: Result<Origin, OriginError> = text.get_ref().parse();
                parsed.map_err(|why| source.error(Some(text.span()), why))?
            }
            (None, None) => default.parse().map_err(|why: OriginError| of_environment(why.into()))?,
        };
        let secret = secret.map(|(_, value)| value).or(file_secret).map(SecretString::from);
        let what = prefix.to_lowercase();
        let Some(key) = key.map(|(_, value)| value).or(file_key) else {
            if secret.is_some() {
                return Err(say(format!("profile `{name}` has {what}api_secret but no {what}api_key")));
            }
            return Ok(None);
        };
        let secret = match (secret, command) {
            (Some(secret), _) => secret,
            (None, _) if needs == AccountNeeds::Key => SecretString::default(),
            (None, Some(command)) => secret::from_command(command.get_ref())
                .map_err(|why| source.error(Some(command.span()), why))?,
            (None, None) => vault.secret(&origin, &key).map_err(|why| {
                say(format!(
                    "profile `{name}` has {what}api_key but no {what}api_secret ({why}): bee-tui login --profile {name} \
                     keeps it in the keyring; or set {what}secret_command, or BEE_TUI_{prefix}API_SECRET"
                ))
            })?,
        };
        Ok(Some(Credentials { origin, key, secret, folds }))
    };
    let toolkit =
        account("", file.base_url, file.api_key, file.api_secret, file.secret_command, TOOLKIT_ORIGIN)?;
    let suppliers = account(
        "SUPPLIERS_",
        file.suppliers_url,
        file.suppliers_api_key,
        file.suppliers_api_secret,
        file.suppliers_secret_command,
        SUPPLIERS_ORIGIN,
    )?;
    let Some(toolkit) = toolkit else {
        if named {
            return Err(say(format!("profile `{name}` has no api_key and no api_secret")));
        }
        return Ok(None);
    };
    let roots = match (environment("BEE_TUI_CA_FILE").filter(|path| !path.is_empty()), &file.ca_file) {
        (Some(path), _) => {
            Some(read_root_certificates(Path::new(&path)).map_err(|why| of_environment(why.into()))?)
        }
        (None, Some(path)) => {
            Some(read_root_certificates(path.get_ref()).map_err(|why| source.error(Some(path.span()), why))?)
        }
        (None, None) => None,
    };
    let guard = match (file.read_only, file.production) {
        (true, _) => WritePolicy::ReadOnly,
        (false, true) => WritePolicy::Production,
        (false, false) => WritePolicy::Standard,
    };
    Ok(Some(Profile { name, guard, toolkit, suppliers, roots }))
}

message_error! {
    /// Why a file of root certificates cannot be used.
    CertificateError
}

/// The content of a PEM file of root certificates. Fails with a message when it cannot be read or has none.
pub fn read_root_certificates(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let pem = std::fs::read(path).map_err(|e| format!("ca_file {}: {e}", path.display()))?;
    match reqwest::Certificate::from_pem_bundle(&pem) {
        Ok(roots) if !roots.is_empty() => Ok(pem),
        _ => {
            Err(format!("ca_file {}: there is no certificate in it; it is a PEM file", path.display()).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        let options = GlobalOptions { config: Some(path.clone()), ..GlobalOptions::default() };
        let environment =
            |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        load(&options, AccountNeeds::Account, &environment)
            .map_err(|e| e.to_string().replace(&path.display().to_string(), "config.toml"))
    }

    const ACME: &str = "[profiles.acme]\napi_key = \"mpk_1\"\napi_secret = \"s3cret\"\n";

    #[test]
    fn a_profile_is_read_with_the_documents_host_and_folds() {
        let profile = load_text(ACME, &[]).unwrap().profile.unwrap();
        assert_eq!(profile.name, "acme");
        assert_eq!(profile.toolkit.origin.as_str(), "https://www.beetoolkit.co.za");
        assert_eq!(profile.toolkit.folds, 5);
        assert!(profile.suppliers.is_none());
    }

    #[test]
    fn three_variables_are_enough_without_a_file() {
        let environment = [
            ("BEE_TUI_BASE_URL", "http://127.0.0.1:1"),
            ("BEE_TUI_API_KEY", "k"),
            ("BEE_TUI_API_SECRET", "s"),
        ];
        let profile = load_text("", &environment).unwrap().profile.unwrap();
        assert_eq!(profile.toolkit.origin.as_str(), "http://127.0.0.1:1");
        assert!(load_text("", &[]).unwrap().profile.is_none());
    }

    #[test]
    fn a_key_of_the_file_never_goes_to_a_host_of_the_environment() {
        let error = load_text(ACME, &[("BEE_TUI_BASE_URL", "https://elsewhere.test")]).unwrap_err();
        assert_eq!(
            error,
            "environment: BEE_TUI_BASE_URL needs BEE_TUI_API_KEY and BEE_TUI_API_SECRET beside it"
        );
    }

    #[test]
    fn a_bad_setting_is_reported_with_file_line_and_allowed_values() {
        let error = load_text("\n\n[profiles.a]\nbase_ulr = \"x\"\n", &[]).unwrap_err();
        assert!(
            error.starts_with("config.toml, line 4: unknown field `base_ulr`, expected one of `base_url`"),
            "{error}"
        );
        let error = load_text("[profiles.a]\nbase_url = \"http://x.test\"\n", &[]).unwrap_err();
        assert!(error.starts_with("config.toml, line 2: http is accepted for this machine only"), "{error}");
        let error = load_text("profile = \"b\"\n[profiles.a]\n", &[]).unwrap_err();
        assert_eq!(error, "config.toml, line 1: no profile `b`; there are: a");
        let error = load_text("[profiles.a]\nfolds = 0\n", &[]).unwrap_err();
        assert!(error.starts_with("config.toml, line 2: folds is a whole number"), "{error}");
        let error = load_text("colour = true\n\n[keys]\nreviev = [\"x\"]\n", &[]).unwrap_err();
        assert!(error.starts_with("config.toml, line 3: `reviev` is no command"), "{error}");
    }

    #[test]
    fn a_bad_secret_is_not_quoted() {
        for text in ["[profiles.a]\napi_secret = 123456\n", "[profiles.a]\napi_secret = hunter2\n"] {
            let error = load_text(text, &[]).unwrap_err();
            assert!(!error.contains("123456") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_key_without_a_secret_says_where_to_put_it() {
        let error = load_text("[profiles.a]\napi_key = \"k\"\n", &[]).unwrap_err();
        assert!(error.contains("BEE_TUI_API_SECRET"), "{error}");
    }
}
