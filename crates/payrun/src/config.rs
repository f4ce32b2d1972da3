//! payrun.toml: read once, checked whole, with a default for everything that has a safe one.
//!
//! `config/default.toml` is the manual. The file that `payrun init` writes, which is a test's input
//! too, is the manual with the example accounts of the registry of providers.

pub(crate) mod example;
pub(crate) mod limits;
pub(crate) mod secret;

use std::{
    collections::BTreeMap,
    fs,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use axum::http::Uri;
use jiff::civil::Date;
use payrun_domain::name::AccountName;
use payrun_providers::{ADAPTERS, Provider, ProviderSettings, Rules};
use payrun_store::{HoldPolicy, RiskFlag};
use secrecy::SecretString;
use serde::Deserialize;

use self::limits::Limits;

/// The manual: every setting but those of the providers.
const MANUAL: &str = include_str!("config/default.toml");
/// Where the manual has the first example account, whose limits follow; and what is its name there.
const EXAMPLE_ACCOUNT: &str = "[accounts.EXAMPLE]\n";
const EXAMPLE_LIMITS: &str = "[accounts.EXAMPLE.limits]\n";

/// What `payrun init` writes: the first provider's example account is in force, the others' are
/// commented out.
pub(crate) fn default_text() -> String {
    let [first, others @ ..] = ADAPTERS.map(|adapter| adapter.example);
    let account = |name: &str, settings: &str| format!("[accounts.{name}]\n{settings}");
    let mut text = MANUAL
        .replace(EXAMPLE_ACCOUNT, &account(first.account, first.settings))
        .replace(EXAMPLE_LIMITS, &format!("[accounts.{}.limits]\n", first.account));
    for other in others {
        text.push('\n');
        for line in account(other.account, other.settings).lines() {
            text.extend(["## ", line, "\n"]);
        }
    }
    text
}

/// The most that one process may open; Postgres itself has a hundred for all, unless it was told
/// otherwise.
const CONNECTIONS_MAX: u32 = 1_000;
/// Messages of up to 64 payouts each. None at all would be no limit in AMQP.
const PREFETCH_MAX: u16 = 1_000;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    #[serde(default)]
    pub(crate) database: Database,
    #[serde(default)]
    pub(crate) broker: Broker,
    pub(crate) keys: Keys,
    #[serde(default)]
    pub(crate) http: Http,
    #[serde(default)]
    pub(crate) webhooks: Http,
    #[serde(default)]
    pub(crate) log: Log,
    #[serde(default)]
    pub(crate) traces: Traces,
    #[serde(default)]
    pub(crate) intake: Intake,
    /// The days on which keys and certificates end.
    #[serde(default)]
    pub(crate) expires: BTreeMap<String, Date>,
    pub(crate) accounts: BTreeMap<AccountName, Account>,
    /// Where relative paths begin.
    #[serde(skip)]
    folder: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Database {
    pub(crate) url: Option<SecretString>,
    pub(crate) url_file: Option<PathBuf>,
    pub(crate) migrator_url: Option<SecretString>,
    pub(crate) migrator_url_file: Option<PathBuf>,
    pub(crate) connections_max: u32,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Traces {
    pub(crate) endpoint: Option<String>,
    pub(crate) one_in: u32,
}

impl Default for Traces {
    fn default() -> Self {
        Self { endpoint: None, one_in: 1 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Broker {
    pub(crate) url: Option<SecretString>,
    pub(crate) url_file: Option<PathBuf>,
    pub(crate) prefetch: u16,
    pub(crate) queue_prefix: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    file: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Http {
    pub(crate) listen: std::net::SocketAddr,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    pub(crate) format: LogFormat,
    pub(crate) filter: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Intake {
    pub(crate) file_bytes_max: u64,
    pub(crate) rows_max: i32,
    pub(crate) warnings_are_errors: bool,
    /// Codes of flags.
    pub(crate) hold: Vec<String>,
    pub(crate) repeat_days: i32,
}

/// One account: where it is, our limits, and what its adapter wants to know.
#[derive(Debug, Deserialize)]
pub(crate) struct Account {
    pub(crate) base_url: String,
    #[serde(default)]
    pub(crate) limits: Limits,
    /// The adapter's settings. A key `x_file` names a file with the secret `x`.
    #[serde(flatten)]
    settings: toml::Table,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: None, url_file: None, migrator_url: None, migrator_url_file: None, connections_max: 16 }
    }
}

impl Default for Broker {
    fn default() -> Self {
        Self { url: None, url_file: None, prefetch: 4, queue_prefix: "payrun".to_owned() }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self { listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)) }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, filter: "info".to_owned() }
    }
}

impl Default for Intake {
    fn default() -> Self {
        Self {
            file_bytes_max: 2 * 1024 * 1024 * 1024,
            rows_max: 2_000_000,
            warnings_are_errors: false,
            hold: RiskFlag::ALL.map(|flag| flag.code().to_owned()).to_vec(),
            repeat_days: 10,
        }
    }
}

impl Intake {
    /// Which good rows wait for a second person.
    pub(crate) fn holds(&self) -> anyhow::Result<HoldPolicy> {
        let known = || RiskFlag::ALL.map(RiskFlag::code).join(", ");
        let flag = |code: &String| {
            RiskFlag::of(code)
                .with_context(|| format!("intake.hold: {code} is no flag; there are {}", known()))
        };
        let flags = self.hold.iter().map(flag).collect::<anyhow::Result<Vec<RiskFlag>>>()?;
        anyhow::ensure!(
            (1..=366).contains(&self.repeat_days),
            "intake.repeat_days is {}; write 1 to 366",
            self.repeat_days
        );
        Ok(HoldPolicy { flags, repeat_days: self.repeat_days })
    }
}

impl Config {
    /// Reads and checks the file; `overrides` win over it.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path).with_context(|| {
            format!("reading {}; `payrun init` writes one, `--config` names another", path.display())
        })?;
        let mut config: Self =
            toml::from_str(&text).with_context(|| format!("{} cannot be used", path.display()))?;
        config.folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        if config.accounts.is_empty() {
            bail!("{} names no account; add a section [accounts.<name>]", path.display());
        }
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> anyhow::Result<()> {
        self.intake.holds()?;
        for (name, account) in &self.accounts {
            account.limits.check(name)?;
        }
        let connections = self.database.connections_max;
        if !(1..=CONNECTIONS_MAX).contains(&connections) {
            bail!("database.connections_max is {connections}; write 1 to {CONNECTIONS_MAX}");
        }
        if !(1..=PREFETCH_MAX).contains(&self.broker.prefetch) {
            bail!("broker.prefetch is {}; write 1 to {PREFETCH_MAX}", self.broker.prefetch);
        }
        let prefix = self.broker.queue_prefix.as_str();
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
        if !(1..=64).contains(&prefix.len()) || !prefix.bytes().all(allowed) {
            bail!("broker.queue_prefix has 1 to 64 of a-z, 0-9, - _ and .");
        }
        if let Some(endpoint) = &self.traces.endpoint {
            let uri: Uri = endpoint.parse().context("traces.endpoint")?;
            let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
            let is_here =
                host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
            if uri.scheme_str() != Some("https") && !is_here {
                bail!("traces.endpoint is https, or on this machine");
            }
        }
        if self.http.listen == self.webhooks.listen && self.http.listen.port() != 0 {
            bail!("http.listen and webhooks.listen are the same address; give one of them another port");
        }
        Ok(())
    }

    /// What a key says itself, or the file that `<key>_file` names.
    pub(crate) fn url(
        &self,
        given: Option<&SecretString>,
        file: Option<&PathBuf>,
        key: &str,
    ) -> anyhow::Result<Option<SecretString>> {
        match (given, file) {
            (Some(_), Some(_)) => bail!("{key} and {key}_file are both given; leave one out"),
            (Some(given), None) => Ok(Some(given.clone())),
            (None, Some(file)) => secret::line(&self.folder.join(file), &format!("{key}_file")).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The text of the key file.
    pub(crate) fn keys(&self) -> anyhow::Result<SecretString> {
        secret::text(&self.keys_path(), "keys.file")
    }

    /// Where the key file is.
    pub(crate) fn keys_path(&self) -> PathBuf {
        self.folder.join(&self.keys.file)
    }

    /// The adapter of an account, with its secrets read from their files.
    pub(crate) fn provider(
        &self,
        name: &AccountName,
        account: &Account,
    ) -> anyhow::Result<Box<dyn Provider>> {
        let settings = account.provider_settings(name)?.with_files(|key, file| {
            secret::line(&self.folder.join(file), &format!("accounts.{name}.{key}"))
        })?;
        settings.build().with_context(|| format!("accounts.{name}"))
    }
}

impl Account {
    /// The rules of the account: what can be known and judged without its secrets, whose files are
    /// not opened.
    pub(crate) fn rules(&self, name: &AccountName) -> anyhow::Result<Arc<dyn Rules>> {
        self.provider_settings(name)?.rules().with_context(|| format!("accounts.{name}"))
    }

    fn provider_settings(&self, name: &AccountName) -> anyhow::Result<ProviderSettings> {
        // The error would quote the table, secrets included; its message alone does not.
        self.settings.clone().try_into().map_err(|error: toml::de::Error| {
            anyhow::anyhow!("accounts.{name} cannot be used: {}", error.message())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_file_shows_the_defaults() {
        let default = default_text();
        let shown: String = default
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(setting) if setting.split_once(" = ").is_some_and(|(key, _)| !key.contains(' ')) => {
                    setting
                }
                Some(_) | None => line,
            })
            .collect::<Vec<_>>()
            .join("\n");
        let (shown, plain): (Config, Config) =
            (toml::from_str(&shown).unwrap(), toml::from_str(&default).unwrap());
        let limits = |config: &Config| {
            format!("{:?}", config.accounts.values().map(|a| &a.limits).collect::<Vec<_>>())
        };
        assert_eq!(limits(&shown), limits(&plain));
        assert_eq!(format!("{:?}", shown.intake), format!("{:?}", plain.intake));
        assert_eq!(format!("{:?}", shown.http), format!("{:?}", plain.http));
        assert_eq!(shown.broker.prefetch, plain.broker.prefetch);
        assert_eq!(shown.broker.queue_prefix, plain.broker.queue_prefix);
        assert_eq!(shown.database.connections_max, plain.database.connections_max);
    }

    #[test]
    fn the_deployed_files_are_configurations() {
        for text in [
            include_str!("../../../deploy/compose/payrun.toml"),
            include_str!("../../../deploy/kubernetes/payrun.toml"),
        ] {
            toml::from_str::<Config>(text).unwrap().check().unwrap();
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_by_name() {
        for (shown, written, reason) in [
            ("# connections_max = 16", "connections_max = 0", "database.connections_max is 0; write 1 to"),
            ("# connections_max = 16", "connections_max = 1001", "database.connections_max is 1001"),
            ("# prefetch = 4", "prefetch = 0", "broker.prefetch is 0; write 1 to"),
            ("# sends_max = 3", "sends_max = 999999", "limits: sends_max is at most"),
        ] {
            let config: Config = toml::from_str(&default_text().replace(shown, written)).unwrap();
            let error = config.check().unwrap_err().to_string();
            assert!(error.contains(reason), "{written}: {error}");
        }
    }

    #[test]
    fn a_secret_and_its_file_are_not_both_taken() {
        let both = "private_key = \"made-up\"\nprivate_key_file =";
        let config: Config = toml::from_str(&default_text().replacen("private_key_file =", both, 1)).unwrap();
        let (name, account) = config.accounts.first_key_value().unwrap();
        let error = config.provider(name, account).map(drop).unwrap_err().to_string();
        assert!(error.contains("private_key_file are both given") && !error.contains("made-up"), "{error}");
    }

    #[test]
    fn an_unknown_key_is_named() {
        let error = toml::from_str::<Config>(&default_text().replace("# prefetch", "prefetsch")).unwrap_err();
        assert!(error.to_string().contains("prefetsch"), "{error}");
    }
}
