//! `payrun doctor` and `payrun migrate`.

use std::sync::Arc;

use payrun_broker::Broker;
use payrun_domain::clock::{Clock as _, SystemClock};
use payrun_providers::EnquiryError;
use payrun_store::{AccountRow, Pending, Store};
use payrun_telemetry::events::chain;
use serde_json::json;

use crate::{failure::Failure, output::table, wire::Context};

/// One thing that was looked at.
struct Check {
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

/// Brings the schema up to date.
pub(crate) async fn migrate(context: &Context, plan: bool) -> Result<(), Failure> {
    let pending = Store::missing_migrations(&context.migrator_url()?).await?;
    let missing: Vec<String> = pending.iter().map(|migration| migration.name.clone()).collect();
    if plan {
        context.output.answer(&json!({"pending": missing}), || {
            let mut text = String::new();
            for Pending { name, sql } in &pending {
                text.push_str(&format!("-- {name}\n{}\n\n", sql.trim_end()));
            }
            text.push_str(&match missing.len() {
                0 => "-- the database is up to date".to_owned(),
                count => format!(
                    "-- {count} migrations would run, each in a transaction of its own; nothing was changed"
                ),
            });
            text
        });
        return Ok(());
    }
    Store::migrate(&context.migrator_url()?).await?;
    context.output.answer(&json!({"applied": missing}), || match missing.len() {
        0 => "the database is up to date".to_owned(),
        count => format!("applied {count} migrations:\n  {}", missing.join("\n  ")),
    });
    Ok(())
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
    let answer: Vec<_> =
        checks.iter().map(|check| json!({"check": check.what, "remedy": check.remedy})).collect();
    context.output.answer(&json!({"well": well, "checks": answer}), || {
        table(
            ["", "checked", "what to do"],
            checks.iter().map(|check| {
                let mark = if check.remedy.is_none() { "ok" } else { "!!" };
                [mark.to_owned(), check.what.clone(), check.remedy.clone().unwrap_or_default()]
            }),
        )
    });
    if well { Ok(()) } else { Err(Failure::Unwell) }
}

/// As the application's login has it: what the owner of the schema may do says nothing about the roles.
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
        "run `payrun migrate`, and grant payrun_app to the login role, unless it is the key file",
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
    let skew = store.clock_skew(SystemClock.now()).await;
    let clock = match skew {
        Ok(skew) if skew.as_secs() < 5 => Ok(()),
        Ok(skew) => Err(format!("this machine and the database differ by {} s", skew.as_secs())),
        Err(error) => Err(chain(&error)),
    };
    vec![
        Check::of("keys open this database", keys, "see keys.file in payrun.toml"),
        Check::of(
            "accounts are what they were",
            known_accounts(context, store).await,
            "an account's provider never changes; give the new one a new name",
        ),
        Check::of("clock", clock, "synchronise both machines with NTP"),
    ]
}

/// Accounts that the database knows by another provider or idempotency class.
async fn known_accounts(context: &Context, store: &Store) -> Result<(), String> {
    let accounts = context.accounts().map_err(|error| format!("{error:#}"))?;
    let known = store.accounts().await.map_err(|error| chain(&error))?;
    let differs = |row: &&AccountRow| {
        let same_name = accounts.iter().find(|account| account.name.as_str() == row.name);
        same_name.is_some_and(|account| {
            (account.provider.name(), account.provider.manifest().class.word())
                != (row.provider.as_str(), row.class.as_str())
        })
    };
    match known.iter().find(differs) {
        Some(row) => Err(format!("account {} was one of {}, class {}", row.name, row.provider, row.class)),
        None => Ok(()),
    }
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
            return vec![Check::of("accounts", Err::<(), _>(format!("{error:#}")), "see payrun.toml")];
        }
    };
    let limits = context.directory().map(drop).map_err(|error| format!("{error:#}"));
    let mut checks = vec![Check::of("accounts' limits", limits, "see payrun.toml")];
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
        let window = account.provider.manifest().clock_window;
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
