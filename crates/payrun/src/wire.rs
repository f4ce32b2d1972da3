//! Builds what the commands need from the configuration, and hands it down.

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use payrun_broker::Topology;
use payrun_dispatcher::Settings as DispatcherSettings;
use payrun_domain::{
    decide::Patience,
    money,
    name::{AccountName, Actor},
    reference::Reference,
    retry::{Backoff, Pace},
};
use payrun_ingest::{Directory, Route};
use payrun_providers::{Account, HttpSettings};
use payrun_reconciler::Settings as ReconcilerSettings;
use payrun_store::{Forgotten, NewAccount, Options, Sealer, Store};
use payrun_telemetry::{logging, trace};
use secrecy::SecretString;

use crate::{
    cli::Cli,
    config::{self, Config},
    failure::Failure,
    limits::Limits,
    output::Output,
};

/// Payouts claimed, recorded or settled in one statement.
const GROUP_MAX: usize = 256;
/// How long an outcome waits for others: a statement costs nearly the same for one as for many.
const LINGER: Duration = Duration::from_millis(20);
/// First look-ups of an account that wait in memory, of about a kilobyte each; what is beyond waits in the table.
pub(crate) const FIRST_LOOKUPS_MAX: usize = 4_096;

/// What every configured command has.
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) output: Output,
    pub(crate) until_stdin_closes: bool,
    database_url: Option<SecretString>,
    amqp_url: Option<SecretString>,
    actor: Option<Actor>,
    /// Of the configuration.
    path: PathBuf,
    filter: Option<logging::Filter>,
}

impl Context {
    /// Reads the configuration.
    pub(crate) fn load(cli: &Cli) -> Result<Self, Failure> {
        let mut config = Config::read(&cli.config)?;
        config.http.listen = cli.http_listen.unwrap_or(config.http.listen);
        let given = |text: &Option<String>| text.clone().map(SecretString::from);
        Ok(Self {
            database_url: given(&cli.database_url),
            amqp_url: given(&cli.amqp_url),
            output: Output { json: cli.json },
            until_stdin_closes: cli.until_stdin_closes,
            actor: cli.actor.clone(),
            path: cli.config.clone(),
            filter: None,
            config,
        })
    }

    /// Begins logging as configured; once in a process.
    pub(crate) fn start_logging(&mut self) -> anyhow::Result<()> {
        let format = match self.config.log.format {
            config::LogFormat::Text => logging::Format::Text,
            config::LogFormat::Json => logging::Format::Json,
        };
        self.filter = Some(logging::init(format, &self.config.log.filter).context("log.filter")?);
        Ok(())
    }

    /// Begins tracing, when it is configured; `role` names this process in the collector.
    pub(crate) fn start_tracing(&self, role: &'static str) -> anyhow::Result<()> {
        let config::Traces { endpoint, one_in } = &self.config.traces;
        let Some(endpoint) = endpoint else { return Ok(()) };
        trace::init(&trace::Settings { endpoint: endpoint.clone(), one_in: *one_in }, role)
            .context("traces.endpoint")
    }

    /// Takes over the log filter and the keys as the files have them now.
    pub(crate) async fn reload(&self, store: &Store) -> anyhow::Result<()> {
        let config = Config::read(&self.path)?;
        let sealer = Sealer::from_key_file(&config.keys()?).context("keys.file")?;
        store.replace_keys(Arc::new(sealer)).await?;
        if let Some(filter) = &self.filter {
            filter.set(&config.log.filter).context("log.filter")?;
        }
        Ok(())
    }

    /// The database's URL. Commands that only ask a file or a provider need none.
    pub(crate) fn database_url(&self) -> anyhow::Result<SecretString> {
        let database = &self.config.database;
        let configured =
            || self.config.url(database.url.as_ref(), database.url_file.as_ref(), "database.url");
        let url = self.database_url.clone().map_or_else(configured, |url| Ok(Some(url)))?;
        url.context("no database is configured; set DATABASE_URL, database.url or database.url_file")
    }

    /// The database's URL as the owner of the schema has it.
    pub(crate) fn migrator_url(&self) -> anyhow::Result<SecretString> {
        let database = &self.config.database;
        let (url, file) = (database.migrator_url.as_ref(), database.migrator_url_file.as_ref());
        self.config.url(url, file, "database.migrator_url")?.map_or_else(|| self.database_url(), Ok)
    }

    /// The broker's URL.
    pub(crate) fn amqp_url(&self) -> anyhow::Result<SecretString> {
        let broker = &self.config.broker;
        let configured = || self.config.url(broker.url.as_ref(), broker.url_file.as_ref(), "broker.url");
        let url = self.amqp_url.clone().map_or_else(configured, |url| Ok(Some(url)))?;
        url.context("no broker is configured; set AMQP_URL, broker.url or broker.url_file")
    }

    /// The queues of this installation.
    pub(crate) fn topology(&self) -> Topology {
        let prefix = self.config.broker.queue_prefix.clone();
        Topology { prefix, accounts: self.config.accounts.keys().cloned().collect() }
    }

    /// The keys that seal personal data.
    pub(crate) fn sealer(&self) -> anyhow::Result<Arc<Sealer>> {
        let keys = self.config.keys()?;
        Ok(Arc::new(Sealer::from_key_file(&keys).context("keys.file")?))
    }

    /// A store that acts for the person who was named.
    pub(crate) async fn store_of_person(&self) -> Result<Store, Failure> {
        let Some(actor) = self.actor.clone() else {
            return Err(Failure::refused("this is recorded under a name: say who you are with --as NAME"));
        };
        self.store(actor, 2).await
    }

    /// A store that only reads; nobody needs a name for that.
    pub(crate) async fn store_of_reader(&self) -> Result<Store, Failure> {
        let actor = self.actor.clone().map_or_else(|| "reader".parse().context("naming the reader"), Ok)?;
        self.store(actor, 2).await
    }

    /// A store of a role of this process.
    pub(crate) async fn store_of_role(&self, role: &str) -> Result<Store, Failure> {
        let actor = format!("{role}:{}", std::process::id()).parse().context("naming the process")?;
        self.store(actor, self.config.database.connections_max).await
    }

    async fn store(&self, actor: Actor, connections_max: u32) -> Result<Store, Failure> {
        let options = Options {
            url: self.database_url()?,
            actor,
            connections_max,
            acquire_timeout: Duration::from_secs(10),
        };
        Ok(Store::open(&options, self.sealer()?).await?)
    }

    /// Every configured account with its adapter and transport.
    pub(crate) fn accounts(&self) -> anyhow::Result<Vec<Arc<Account>>> {
        self.config.accounts.iter().map(|(name, account)| self.account(name, account).map(Arc::new)).collect()
    }

    fn account(&self, name: &AccountName, account: &config::Account) -> anyhow::Result<Account> {
        let settings = self.config.provider_settings(name, account)?;
        let provider = settings.build().with_context(|| format!("accounts.{name}"))?;
        let limits = &account.limits;
        limits.amounts(name, provider.currency())?;
        let http = HttpSettings {
            base_url: account.base_url.clone(),
            connect_timeout: limits.connect_timeout,
            total_timeout: limits.request_timeout,
        };
        let account = Account::new(name.clone(), provider, &http, limits.requests_per_second)
            .with_context(|| format!("accounts.{name}"))?;
        obey(&account, limits).with_context(|| format!("accounts.{name}.limits"))?;
        Ok(account)
    }

    /// The accounts as intake sees them: where rows can go, and what is refused there.
    pub(crate) fn directory(&self) -> anyhow::Result<Directory> {
        let mut routes = Vec::new();
        for (name, configured) in &self.config.accounts {
            let account = Arc::new(self.account(name, configured)?);
            let banks = Arc::clone(&account);
            let (country, currency) = (account.provider.country(), account.provider.currency());
            let most = configured.limits.amounts(name, currency)?;
            let refuse = self.config.intake.warnings_are_errors;
            routes.push(Route {
                name: name.clone(),
                country,
                currency,
                amount_minor_max: most.payout,
                bank_code: Box::new(move |entity| banks.provider.bank_code(entity)),
                check: Box::new(move |order| {
                    let faults = account.provider.check(order).into_iter();
                    faults.map(|fault| if refuse { fault.as_error() } else { fault }).collect()
                }),
            });
        }
        Ok(Directory::new(routes, self.config.intake.holds()?))
    }

    /// Registers keys, and accounts that are missing, for a person's command: the limits of accounts that exist are those of the roles.
    /// Refuses, before anything is written, another key file or an account that the table knows under another promise.
    pub(crate) async fn register(&self, store: &Store, accounts: &[Arc<Account>]) -> Result<(), Failure> {
        Ok(store.add_accounts(&self.account_rows(accounts)?).await?)
    }

    /// As [`Context::register`], for a role: its configuration's limits are in force from now on, for every process.
    pub(crate) async fn register_role(
        &self,
        store: &Store,
        accounts: &[Arc<Account>],
    ) -> Result<(), Failure> {
        for limited in store.sync_accounts(&self.account_rows(accounts)?).await? {
            let currency = accounts
                .iter()
                .find(|account| account.name.as_str() == limited.name)
                .map(|account| account.provider.currency());
            let words = |minor: Option<i64>| match (minor, currency) {
                (Some(minor), Some(currency)) => format!("{currency} {}", money::major(minor, currency)),
                (_, _) => "none".to_owned(),
            };
            tracing::warn!(
                account.name = limited.name,
                batch_max = words(limited.batch_minor_now),
                batch_max_before = words(limited.batch_minor_before),
                day_max = words(limited.day_minor_now),
                day_max_before = words(limited.day_minor_before),
                "limits changed: this configuration has others than were in force"
            );
        }
        let Forgotten { payouts, open, .. } = store.forget_destroyed().await?;
        if payouts > 0 || open > 0 {
            tracing::warn!(
                forgotten = payouts,
                open,
                "this database has what a destroyed key sealed; it was forgotten, and what is open nobody can open: ask the provider"
            );
        }
        Ok(())
    }

    fn account_rows(&self, accounts: &[Arc<Account>]) -> anyhow::Result<Vec<NewAccount>> {
        let row = |account: &Arc<Account>| {
            let configured =
                self.config.accounts.get(&account.name).context("an account that is not configured")?;
            let most = configured.limits.amounts(&account.name, account.provider.currency())?;
            anyhow::Ok(NewAccount {
                name: account.name.clone(),
                provider: account.provider.name(),
                class: account.provider.manifest().class,
                batch_minor_max: most.batch,
                day_minor_max: most.day,
            })
        };
        accounts.iter().map(row).collect()
    }
}

/// Refuses limits that contradict what the provider promises. The sandbox, on loopback, is as quick as it likes.
fn obey(account: &Account, limits: &Limits) -> anyhow::Result<()> {
    let manifest = account.provider.manifest();
    if limits.quiet < manifest.quiet && !account.is_loopback() {
        anyhow::bail!(
            "quiet_ms is shorter than the {} ms that the provider needs before a not-found can be believed",
            manifest.quiet.as_millis()
        );
    }
    if let Some(window) = manifest.dedup_window.filter(|window| limits.review_after > *window) {
        anyhow::bail!(
            "review_after_ms is longer than the {} ms for which the provider certainly remembers a reference; after that a second send \
             may pay again",
            window.as_millis()
        );
    }
    if manifest.reference_chars_max.is_some_and(|max| max < Reference::CHARS) {
        anyhow::bail!("references have {} characters, more than the provider takes", Reference::CHARS);
    }
    Ok(())
}

/// How an account is dispatched.
pub(crate) fn dispatcher(limits: &Limits) -> DispatcherSettings {
    DispatcherSettings {
        concurrency: limits.concurrency,
        group_max: GROUP_MAX,
        linger: LINGER,
        lease: limits.lease,
        send_within: limits.send_within,
        sweep_every: Duration::from_secs(1),
        grace: limits.grace,
        backoff: Backoff { first: limits.retry_first, max: limits.retry_max },
        pace: pace(limits),
        look_up_lease: look_up_lease(limits),
        breaker_failures: 10,
        breaker_wait: Backoff {
            first: limits.retry_first,
            max: Duration::from_mins(2).min(limits.retry_max),
        },
    }
}

/// How an account is reconciled.
pub(crate) fn reconciler(limits: &Limits, account: &Account) -> ReconcilerSettings {
    ReconcilerSettings {
        concurrency: limits.concurrency,
        group_max: GROUP_MAX,
        linger: LINGER,
        lease: look_up_lease(limits),
        idle: Duration::from_millis(200),
        pace: pace(limits),
        watch: Pace { min: limits.watch_min, max: limits.watch_max },
        return_window: account.provider.manifest().return_window,
        patience: Patience {
            quiet: limits.quiet,
            sends_max: limits.sends_max,
            review_after: limits.review_after,
        },
        witness_valid: Duration::from_mins(1),
    }
}

fn look_up_lease(limits: &Limits) -> Duration {
    limits.request_timeout + limits.connect_timeout + Duration::from_secs(5)
}

fn pace(limits: &Limits) -> Pace {
    Pace { min: limits.look_up_min, max: limits.look_up_max }
}
