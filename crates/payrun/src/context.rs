//! Builds what the commands need from the configuration, and hands it down.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use payrun_broker::Topology;
use payrun_dispatcher::DispatcherSettings;
use payrun_domain::{
    backoff::{Backoff, Pace},
    decide::{AbsencePolicy, Idempotency},
    language::Language,
    money,
    name::{AccountName, Actor},
    reference::Reference,
};
use payrun_ingest::{Directory, Route};
use payrun_providers::{Account, HttpSettings, Manifest, Rules};
use payrun_reconciler::ReconcilerSettings;
use payrun_store::{Forgotten, NewAccount, Peer, Sealer, Store};
use payrun_telemetry::{logging, trace};
use secrecy::SecretString;

use crate::{
    config::limits::Limits,
    config::{self, Config},
    failure::Failure,
    options::Options,
    output::Output,
};

/// The shortest quiet period with which the program itself sends again what would be paid twice.
const RESEND_QUIET_MIN: Duration = Duration::from_hours(4);
/// So long after its provider said that it has none a payout is sent again, as the database has it.
const RESENT_WITHIN: Duration = Duration::from_hours(1);
/// Payouts claimed, recorded or settled in one statement.
const GROUP_MAX: usize = 256;
/// How long an outcome waits for others: a statement costs nearly the same for one as for many.
const LINGER: Duration = Duration::from_millis(20);
/// First look-ups of an account that wait in memory, of about a kilobyte each; what is beyond waits
/// in the table.
pub(crate) const FIRST_LOOKUPS_MAX: usize = 4_096;

/// The database, and who changes it.
#[derive(Clone)]
pub(crate) struct Acting {
    pub(crate) store: Store,
    pub(crate) actor: Actor,
}

/// What every configured command has.
pub(crate) struct Context {
    pub(crate) config: Config,
    pub(crate) output: Output,
    pub(crate) until_stdin_closes: bool,
    database_url: Option<SecretString>,
    amqp_url: Option<SecretString>,
    actor: Option<Actor>,
    /// Where the configuration is.
    path: PathBuf,
    filter: logging::Filter,
}

impl Context {
    /// Reads the configuration, and begins logging as it says; once in a process.
    pub(crate) fn open(options: &Options) -> Result<Self, Failure> {
        let mut config = Config::read(&options.config)?;
        config.http.listen = options.http_listen.unwrap_or(config.http.listen);
        let given = |text: &Option<String>| text.clone().map(SecretString::from);
        let format = match config.log.format {
            config::LogFormat::Text => logging::Format::Text,
            config::LogFormat::Json => logging::Format::Json,
        };
        let filter = logging::init(format, &config.log.filter).context("log.filter")?;
        Ok(Self {
            database_url: given(&options.database_url),
            amqp_url: given(&options.amqp_url),
            output: options.output(),
            until_stdin_closes: options.until_stdin_closes,
            actor: options.actor.clone(),
            path: options.config.clone(),
            filter,
            config,
        })
    }

    /// Begins tracing, when it is configured; `role` names this process in the collector.
    pub(crate) fn start_tracing(&self, role: &'static str) -> anyhow::Result<()> {
        let config::Traces { endpoint, one_in } = &self.config.traces;
        let Some(endpoint) = endpoint else { return Ok(()) };
        trace::init(&trace::TraceSettings { endpoint: endpoint.clone(), one_in: *one_in }, role)
            .context("traces.endpoint")
    }

    /// Takes over the log filter and the keys as the files have them now.
    pub(crate) async fn reload(&self, Acting { store, actor }: &Acting) -> anyhow::Result<()> {
        let config = Config::read(&self.path)?;
        let sealer = Sealer::from_key_file(&config.keys()?).context("keys.file")?;
        store.replace_keys(actor, Arc::new(sealer)).await?;
        self.filter.set(&config.log.filter).context("log.filter")
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

    /// A store for the person who was named.
    pub(crate) async fn store_of_person(&self) -> Result<Acting, Failure> {
        let Some(actor) = self.actor.clone() else {
            return Err(Failure::Usage("this is recorded under a name: say who you are with --as NAME"));
        };
        Ok(Acting { store: self.store(2).await?, actor })
    }

    /// A store that only reads; that needs no actor.
    pub(crate) async fn store_of_reader(&self) -> Result<Store, Failure> {
        self.store(2).await
    }

    /// A store for a role of this process.
    pub(crate) async fn store_of_role(&self, role: &str) -> Result<Acting, Failure> {
        let actor = format!("{role}:{}", std::process::id()).parse().context("naming the process")?;
        Ok(Acting { store: self.store(self.config.database.connections_max).await?, actor })
    }

    async fn store(&self, connections_max: u32) -> Result<Store, Failure> {
        let options = payrun_store::Options {
            url: self.database_url()?,
            connections_max,
            acquire_timeout: Duration::from_secs(10),
        };
        Ok(Store::open(&options, self.sealer()?).await?)
    }

    /// A configured account, for which its secrets are read.
    pub(crate) fn account_named(&self, name: &AccountName) -> Result<Arc<Account>, Failure> {
        let configured =
            || self.config.accounts.keys().map(AccountName::as_str).collect::<Vec<_>>().join(", ");
        let unknown = || {
            Failure::refused(format!("account {name} is not in the configuration; it has {}", configured()))
        };
        let account = self.config.accounts.get(name).ok_or_else(unknown)?;
        Ok(Arc::new(self.open_account(name, account)?))
    }

    /// How long an account's provider may take to show what was sent; none of an account that is
    /// not configured.
    pub(crate) fn quiet(&self, account: &AccountName) -> Option<Duration> {
        Some(self.config.accounts.get(account)?.limits.quiet)
    }

    /// How long look-ups may learn nothing of a payout of the account before people decide.
    pub(crate) fn review_after(&self, account: &AccountName) -> Option<Duration> {
        Some(self.config.accounts.get(account)?.limits.review_after)
    }

    /// The rules of every configured account. No file of a provider's secret is opened for them.
    pub(crate) fn rules(&self) -> anyhow::Result<BTreeMap<AccountName, Arc<dyn Rules>>> {
        let rules = |(name, account)| Ok((AccountName::clone(name), rules_of(name, account)?));
        self.config.accounts.iter().map(rules).collect()
    }

    /// What the provider of `account` means by the first of `words` that its documents explain. An
    /// account that the configuration has no more, or has wrong, keeps nobody from seeing its
    /// payouts.
    pub(crate) fn meaning(
        &self,
        account: &AccountName,
        words: &[Option<&str>],
        language: Language,
    ) -> Option<&'static str> {
        let rules = self.config.accounts.get(account)?.rules(account).ok()?;
        words.iter().flatten().find_map(|word| rules.meaning(word, language))
    }

    /// Every configured account with its adapter and transport, for which its secrets are read.
    pub(crate) fn accounts(&self) -> anyhow::Result<Vec<Arc<Account>>> {
        let accounts = self.config.accounts.iter();
        accounts.map(|(name, account)| self.open_account(name, account).map(Arc::new)).collect()
    }

    fn open_account(&self, name: &AccountName, account: &config::Account) -> anyhow::Result<Account> {
        rules_of(name, account)?;
        let provider = self.config.provider(name, account)?;
        let rate = account.limits.requests_per_second;
        Account::new(name.clone(), provider, &http_settings(account), rate)
            .with_context(|| format!("accounts.{name}"))
    }

    /// The accounts as intake sees them: where rows can go, and what is refused there.
    pub(crate) fn directory(&self) -> anyhow::Result<Directory> {
        let mut routes = Vec::new();
        for (name, configured) in &self.config.accounts {
            let rules = rules_of(name, configured)?;
            let banks = Arc::clone(&rules);
            let (country, currency) = (rules.country(), rules.currency());
            let most = configured.limits.amounts(name, currency)?;
            let refuse = self.config.intake.warnings_are_errors;
            routes.push(Route {
                name: name.clone(),
                country,
                currency,
                amount_minor_max: most.payout,
                bank_code: Box::new(move |entity| banks.bank_code(entity)),
                check: Box::new(move |order| {
                    let faults = rules.check(order).into_iter();
                    faults.map(|fault| if refuse { fault.as_error() } else { fault }).collect()
                }),
            });
        }
        Ok(Directory::new(routes, self.config.intake.holds()?))
    }

    /// Registers keys, and accounts that are missing, for a person's command: the limits of
    /// accounts that exist are those of the roles. Refuses, before anything is written, another
    /// key file or an account that the table knows under another promise.
    pub(crate) async fn register(&self, Acting { store, actor }: &Acting) -> Result<(), Failure> {
        Ok(store.add_accounts(actor, &self.account_rows()?).await?)
    }

    /// As [`Context::register`], for a role: its configuration's limits are in force from now on,
    /// for every process.
    pub(crate) async fn register_role(&self, Acting { store, actor }: &Acting) -> Result<(), Failure> {
        let accounts = self.rules()?;
        for limited in store.sync_accounts(actor, &self.account_rows()?).await? {
            let currency =
                accounts.iter().find(|(name, _)| **name == limited.name).map(|(_, rules)| rules.currency());
            let words = |minor: Option<i64>| match (minor, currency) {
                (Some(minor), Some(currency)) => format!("{currency} {}", money::major(minor, currency)),
                (_, _) => "none".to_owned(),
            };
            tracing::warn!(
                account.name = limited.name.as_str(),
                batch_max = words(limited.batch_minor_now),
                batch_max_before = words(limited.batch_minor_before),
                day_max = words(limited.day_minor_now),
                day_max_before = words(limited.day_minor_before),
                "limits changed: this configuration has others than were in force"
            );
        }
        let Forgotten { payouts, open, .. } = store.forget_destroyed(actor).await?;
        if payouts > 0 || open > 0 {
            tracing::warn!(
                forgotten = payouts,
                open,
                "this database has what a destroyed key sealed; it was forgotten, and no key opens what is still open: ask the provider"
            );
        }
        Ok(())
    }

    fn account_rows(&self) -> anyhow::Result<Vec<NewAccount>> {
        let row = |(name, account): (&AccountName, &config::Account)| {
            let rules = rules_of(name, account)?;
            let most = account.limits.amounts(name, rules.currency())?;
            anyhow::Ok(NewAccount {
                name: name.clone(),
                provider: rules.name(),
                idempotency: rules.manifest().idempotency,
                batch_minor_max: most.batch,
                day_minor_max: most.day,
            })
        };
        self.config.accounts.iter().map(row).collect()
    }
}

/// The rules of an account whose limits do not contradict them.
fn rules_of(name: &AccountName, account: &config::Account) -> anyhow::Result<Arc<dyn Rules>> {
    let rules = account.rules(name)?;
    account.limits.amounts(name, rules.currency())?;
    let is_loopback = http_settings(account).is_loopback().with_context(|| format!("accounts.{name}"))?;
    check_against_manifest(rules.manifest(), &account.limits, is_loopback)
        .with_context(|| format!("accounts.{name}.limits"))?;
    Ok(rules)
}

fn http_settings(account: &config::Account) -> HttpSettings {
    HttpSettings {
        base_url: account.base_url.clone(),
        connect_timeout: account.limits.connect_timeout,
        total_timeout: account.limits.request_timeout,
    }
}

/// Refuses limits that contradict what the provider promises. The sandbox, on loopback, is as quick
/// as it likes.
fn check_against_manifest(manifest: &Manifest, limits: &Limits, is_loopback: bool) -> anyhow::Result<()> {
    if limits.quiet < manifest.quiet && !is_loopback {
        anyhow::bail!(
            "quiet_ms is shorter than the {} ms that the provider needs before a not-found can be believed",
            manifest.quiet.as_millis()
        );
    }
    if limits.resend_after_absence
        && manifest.idempotency == Idempotency::Searchable
        && limits.quiet < RESEND_QUIET_MIN
        && !is_loopback
    {
        anyhow::bail!(
            "resend_after_absence wants quiet_ms to be what the provider has said in writing, and at least {} ms: one that books a send \
             later than that would pay twice",
            RESEND_QUIET_MIN.as_millis()
        );
    }
    let last_send = limits.review_after.saturating_add(RESENT_WITHIN);
    if let Some(window) = manifest.dedup_window.filter(|window| last_send > *window) {
        anyhow::bail!(
            "review_after_ms and the hour within which a payout is sent again are together longer than the {} ms for which the provider certainly remembers a reference; after that a second send \
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
pub(crate) fn dispatcher(limits: &Limits, actor: Actor, peer: Peer) -> DispatcherSettings {
    DispatcherSettings {
        actor,
        peer,
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
pub(crate) fn reconciler(limits: &Limits, account: &Account, actor: Actor, peer: Peer) -> ReconcilerSettings {
    ReconcilerSettings {
        actor,
        peer,
        concurrency: limits.concurrency,
        group_max: GROUP_MAX,
        linger: LINGER,
        lease: look_up_lease(limits),
        idle: Duration::from_millis(200),
        pace: pace(limits),
        watch: Pace { min: limits.watch_min, max: limits.watch_max },
        return_window: account.rules().manifest().return_window,
        absence_policy: AbsencePolicy {
            quiet: limits.quiet,
            sends_max: limits.sends_max,
            review_after: limits.review_after,
            resend: limits.resend_after_absence,
        },
        canary_valid: Duration::from_mins(1),
    }
}

fn look_up_lease(limits: &Limits) -> Duration {
    limits.request_timeout + limits.connect_timeout + Duration::from_secs(5)
}

fn pace(limits: &Limits) -> Pace {
    Pace { min: limits.look_up_min, max: limits.look_up_max }
}
