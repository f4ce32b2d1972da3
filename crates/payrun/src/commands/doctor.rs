//! `payrun doctor`: whether everything that payrun needs is there.

use std::sync::Arc;

use payrun_app::peer;
use payrun_broker::Broker;
use payrun_domain::clock::{Clock as _, SystemClock};
use payrun_providers::EnquiryError;
use payrun_store::{AccountRow, Error, Store};
use payrun_telemetry::events::chain;
use serde::Serialize;

use crate::{context::Context, failure::Failure, output::table};

/// All that was looked at.
#[derive(Serialize)]
struct Checked {
    well: bool,
    checks: Vec<Check>,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Check {
    #[serde(rename = "check")]
    what: String,
    /// What is wrong and how to mend it; none when it is well.
    remedy: Option<String>,
}

impl Check {
    fn of<T, E: std::fmt::Display>(what: impl Into<String>, found: Result<T, E>, remedy: &str) -> Self {
        let remedy = found.err().map(|error| format!("{error}; {remedy}"));
        Self { what: what.into(), remedy }
    }
}

/// Looks at everything, and says how to mend what is not well.
pub(crate) async fn run(context: &Context) -> Result<(), Failure> {
    let mut checks = database(context).await;
    checks.push(broker(context).await);
    checks.push(Check::of(
        "keys",
        context.sealer().map(|_| ()).map_err(|error| format!("{error:#}")),
        "see keys.file in payrun.toml",
    ));
    checks.extend(accounts(context).await);
    let well = checks.iter().all(|check| check.remedy.is_none());
    context.output.answer(&Checked { well, checks }, |checked| {
        let rows = checked.checks.iter().map(|check| {
            let mark = if check.remedy.is_none() { "ok" } else { "!!" };
            [mark.to_owned(), check.what.clone(), check.remedy.clone().unwrap_or_default()]
        });
        table(["", "checked", "what to do"], rows)
    })?;
    if well { Ok(()) } else { Err(Failure::ChecksFailed) }
}

/// As the application's login has it: what the owner of the schema may do says nothing about the
/// roles.
async fn database(context: &Context) -> Vec<Check> {
    let reached = match context.database_url() {
        Ok(url) => Store::reach(&url).await.map_err(|error| chain(&error)),
        Err(error) => Err(format!("{error:#}")),
    };
    let is_there = reached.is_ok();
    let reached = Check::of("database reachable", reached, "is Postgres running, and is database.url right?");
    if !is_there {
        return vec![reached];
    }
    let store = context.store_of_reader().await;
    let role = Check::of(
        "database role",
        store.as_ref().map(|_| ()).map_err(Failure::reason),
        "if it is the login role, run `payrun migrate`, and grant payrun_app to it",
    );
    let mut checks = vec![reached, role];
    if let Ok(store) = store {
        let up_to_date = match store.pending().await {
            Ok(pending) if pending.is_empty() => Ok(()),
            Ok(pending) => Err(format!("{} migrations are missing", pending.len())),
            Err(error) => Err(chain(&error)),
        };
        let is_current = up_to_date.is_ok();
        checks.push(Check::of("database schema", up_to_date, "run `payrun migrate`"));
        if is_current {
            checks.extend(inside(context, &store).await);
        }
    }
    checks
}

/// What only a database of this version can say.
async fn inside(context: &Context, store: &Store) -> Vec<Check> {
    let keys = store.check_keys().await.map_err(|error| chain(&error));
    // Only the right keys tell whom the database knows.
    let peers = if keys.is_ok() { peers(context, store).await } else { Vec::new() };
    let history = match store.history_is_known().await {
        Ok(true) => Ok(()),
        Ok(false) => Err(chain(&Error::UnknownHistory)),
        Err(error) => Err(chain(&error)),
    };
    let now = SystemClock.now();
    let skew = store.now().await.map(|theirs| theirs.duration_since(now).unsigned_abs());
    let clock = match skew {
        Ok(skew) if skew.as_secs() < 5 => Ok(()),
        Ok(skew) => Err(format!("this machine and the database differ by {} s", skew.as_secs())),
        Err(error) => Err(chain(&error)),
    };
    let mut checks = vec![
        Check::of(
            "database went on where payrun left it",
            history,
            "stop every other server that went on from here, then run `payrun recover`",
        ),
        Check::of("keys open this database", keys, "see keys.file in payrun.toml"),
        Check::of(
            "accounts are what they were",
            known_accounts(context, store).await,
            "compare the account's settings in the configuration with what they were",
        ),
        Check::of("clock", clock, "synchronise both machines with NTP"),
    ];
    checks.extend(peers);
    checks
}

/// Accounts that the database knows by another provider or idempotency.
async fn known_accounts(context: &Context, store: &Store) -> Result<(), String> {
    let accounts = context.rules().map_err(|error| format!("{error:#}"))?;
    let known = store.accounts().await.map_err(|error| chain(&error))?;
    let differs = |row: &&AccountRow| {
        let same_name = accounts.iter().find(|(name, _)| **name == row.name);
        same_name.is_some_and(|(_, rules)| {
            (rules.name(), rules.manifest().idempotency) != (row.provider.as_str(), row.idempotency)
        })
    };
    match known.iter().find(differs) {
        Some(row) => Err(format!(
            "account {} was one of {}, idempotency {}, and an account's provider never changes: give the new one a new name",
            row.name,
            row.provider,
            row.idempotency.as_str()
        )),
        None => Ok(()),
    }
}

/// Whether each account's settings lead where they led before. Asks no provider.
async fn peers(context: &Context, store: &Store) -> Vec<Check> {
    let Ok(accounts) = context.accounts() else { return Vec::new() };
    let mut checks = Vec::new();
    for account in accounts {
        let known = match store.knows_peer(&peer::of(store, &account)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err("they are not those that the open payouts were sent with".to_owned()),
            Err(error) => Err(chain(&error)),
        };
        checks.push(Check::of(
            format!("account {}: credentials and address as before", account.name),
            known,
            "when the roles start, payrun asks the provider for what was sent before; if the provider does not find it, nothing is sent until \
             two people run `payrun accounts adopt`",
        ));
    }
    checks
}

async fn broker(context: &Context) -> Check {
    let declared = match context.amqp_url() {
        Ok(url) => Broker::check(&url, &context.topology()).await.map_err(|error| chain(&error)),
        Err(error) => Err(format!("{error:#}")),
    };
    Check::of(
        "broker reachable, queues as declared",
        declared,
        "is RabbitMQ running, and is broker.url right?",
    )
}

async fn accounts(context: &Context) -> Vec<Check> {
    let accounts = match context.accounts() {
        Ok(accounts) => accounts,
        Err(error) => {
            return vec![Check::of(
                "accounts",
                Err::<(), _>(format!("{error:#}")),
                "mend it in the configuration, and run this again",
            )];
        }
    };
    let limits = context.directory().map(drop).map_err(|error| format!("{error:#}"));
    let mut checks = vec![Check::of("accounts' limits", limits, "mend them in the configuration")];
    for account in accounts {
        let account = Arc::clone(&account);
        let (what, probed) = match account.probe(&SystemClock).await {
            // Nothing harmless is known that would try the credentials.
            Err(EnquiryError::NotOffered) => {
                ("provider reachable (credentials not tried)", account.reach().await)
            }
            probed => ("provider reachable, credentials accepted", probed),
        };
        checks.push(Check::of(
            format!("account {}: {what}", account.name),
            probed.map_err(|error| chain(&error)),
            "check base_url and the key files; ask the provider whether this machine's address is allowed",
        ));
        let window = account.rules().manifest().clock_window;
        if let (Some(window), Some(skew)) = (window, account.clock_skew()) {
            // Half of it: requests take time, too.
            let late = skew.unsigned_abs() > window / 2;
            let found = if late { Err(format!("the clocks differ by {} s", skew.as_secs())) } else { Ok(()) };
            checks.push(Check::of(
                format!("account {}: our clock within the provider's {} s", account.name, window.as_secs()),
                found,
                "synchronise this machine with NTP",
            ));
        }
    }
    checks
}
