//! Table `account`: what the processes share about a provider account.

use jiff::Timestamp;
use payrun_domain::{
    decide::Idempotency,
    name::{AccountName, Actor},
    provider_error::ProviderError,
    verdict::Pause,
};

use serde::Serialize;

use crate::{
    Error, Store,
    state::{self, known},
    unit::Unit,
};

/// An account of the configuration.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// As in the configuration.
    pub name: AccountName,
    /// The adapter's name.
    pub provider: &'static str,
    /// What the adapter's manifest promises.
    pub idempotency: Idempotency,
    /// The most that one batch may pay, in minor units.
    pub batch_minor_max: Option<i64>,
    /// The most that may be approved within 24 hours, in minor units.
    pub day_minor_max: Option<i64>,
}

/// An account as people see it.
#[derive(Debug, Clone, Serialize)]
pub struct AccountRow {
    /// As in the configuration.
    pub name: AccountName,
    /// The adapter's name.
    pub provider: String,
    /// What the provider does with our reference.
    pub idempotency: Idempotency,
    /// Since when it is paused.
    pub paused_at: Option<Timestamp>,
    /// Why it is paused.
    pub paused_why: Option<Pause>,
    /// What the provider said was wrong, if that is why.
    pub paused_error: Option<ProviderError>,
}

/// Limits of an account that were changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedLimits {
    /// The account whose limits they are.
    pub name: AccountName,
    /// The most that one batch might pay, in minor units; none for no limit.
    pub batch_minor_before: Option<i64>,
    /// The most that it may pay now.
    pub batch_minor_now: Option<i64>,
    /// The most that might be approved within 24 hours, in minor units; none for no limit.
    pub day_minor_before: Option<i64>,
    /// The most that may be approved now.
    pub day_minor_now: Option<i64>,
}

const REGISTERING: &str = "registering keys and accounts";

impl Store {
    /// Registers the keys, and those accounts that are missing, with their limits; what exists
    /// already stays as it is. Nothing is written when the keys do not fit this database, or
    /// when an account was used with another provider or class before: payouts sent under the
    /// old promise would be judged by the new one.
    pub async fn add_accounts(&self, actor: &Actor, accounts: &[NewAccount]) -> Result<(), Error> {
        let mut unit = Unit::begin(&self.pool, actor, REGISTERING).await?;
        self.register(&mut unit, accounts).await?;
        unit.commit().await
    }

    /// As [`Store::add_accounts`]; then gives accounts that exist already these limits. Returns
    /// those whose limits were others.
    pub async fn sync_accounts(
        &self,
        actor: &Actor,
        accounts: &[NewAccount],
    ) -> Result<Vec<ChangedLimits>, Error> {
        let mut unit = Unit::begin(&self.pool, actor, REGISTERING).await?;
        self.register(&mut unit, accounts).await?;
        let (names, batches, days) = limits(accounts);
        // Locked in the order in which approvals lock them.
        let changed = sqlx::query!(
            r#"with old as materialized (
                   select account.name, account.batch_minor_max, account.day_minor_max,
                       given.batch_minor_max as batch_minor_given, given.day_minor_max as day_minor_given
                   from account
                   join unnest($1::text[], $2::bigint[], $3::bigint[])
                       as given (name, batch_minor_max, day_minor_max) on given.name = account.name
                   where (account.batch_minor_max, account.day_minor_max)
                       is distinct from (given.batch_minor_max, given.day_minor_max)
                   order by account.name
                   for no key update of account
               )
               update account
               set batch_minor_max = old.batch_minor_given,
                   day_minor_max = old.day_minor_given
               from old
               where account.name = old.name
               returning account.name,
                   old.batch_minor_max as batch_minor_before, account.batch_minor_max as batch_minor_now,
                   old.day_minor_max as day_minor_before, account.day_minor_max as day_minor_now"#,
            &names,
            &batches as &[Option<i64>],
            &days as &[Option<i64>],
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(REGISTERING))?;
        unit.commit().await?;
        let limited = changed.into_iter().map(|row| {
            Ok(ChangedLimits {
                name: account_name(&row.name)?,
                batch_minor_before: row.batch_minor_before,
                batch_minor_now: row.batch_minor_now,
                day_minor_before: row.day_minor_before,
                day_minor_now: row.day_minor_now,
            })
        });
        limited.collect()
    }

    async fn register(&self, unit: &mut Unit, accounts: &[NewAccount]) -> Result<(), Error> {
        self.register_keys(unit, &self.sealer()).await?;
        let (names, batches, days) = limits(accounts);
        let providers: Vec<_> = accounts.iter().map(|account| account.provider.to_owned()).collect();
        let classes: Vec<_> =
            accounts.iter().map(|account| account.idempotency.as_str().to_owned()).collect();
        sqlx::query!(
            "insert into account (name, provider, idempotency, batch_minor_max, day_minor_max)
             select *
             from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
             on conflict (name) do nothing",
            &names,
            &providers,
            &classes,
            &batches as &[Option<i64>],
            &days as &[Option<i64>],
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(REGISTERING))?;
        // After the insert, which has waited for another process that was adding the same name.
        let differing = sqlx::query_scalar!(
            "select account.name
             from account
             join unnest($1::text[], $2::text[], $3::text[]) g (name, provider, idempotency) on g.name = account.name
             where (account.provider, account.idempotency) is distinct from (g.provider, g.idempotency)
             order by account.name
             limit 1",
            &names,
            &providers,
            &classes,
        )
        .fetch_optional(unit.connection())
        .await
        .map_err(Error::driver(REGISTERING))?;
        // Dropped, the registration is undone.
        differing.map_or(Ok(()), |account| Err(Error::Account { account }))
    }

    /// Every account, by name.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, Error> {
        let rows = sqlx::query!(
            "select name, provider, idempotency, paused_at, paused_why, paused_code, paused_message
             from account
             order by name"
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading the accounts"))?;
        let accounts = rows.into_iter().map(|row| {
            let name = account_name(&row.name)?;
            Ok(AccountRow {
                idempotency: known(Idempotency::parse(&row.idempotency), ("account", "idempotency"), &name)?,
                paused_at: row.paused_at.map(jiff_sqlx::Timestamp::to_jiff),
                paused_why: row.paused_why.map(|why| paused_why(&why, &name)).transpose()?,
                paused_error: state::provider_error(row.paused_code, row.paused_message),
                provider: row.provider,
                name,
            })
        });
        accounts.collect()
    }

    /// Stops claims for an account, with what the provider said of the cause. True if it was not
    /// paused before. An earlier reason is kept, but for a person's, which holds whatever becomes
    /// of the others.
    pub async fn pause_account(
        &self,
        actor: &Actor,
        name: &AccountName,
        (why, error): (Pause, Option<&ProviderError>),
    ) -> Result<bool, Error> {
        let mut unit = Unit::begin(&self.pool, actor, "pausing an account").await?;
        let done = sqlx::query!(
            "update account
             set paused_at = clock_timestamp(), paused_why = $2, paused_code = $3, paused_message = $4
             where name = $1 and (paused_at is null or $2 = 'person' and paused_why <> 'person')",
            name.as_str(),
            why.as_str(),
            error.and_then(|error| error.code.as_deref()),
            error.and_then(|error| error.message.as_deref()),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver("pausing an account"))?;
        unit.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Lets an account go on, at once: what waits only because of the pause is due now. True if it
    /// was paused.
    pub async fn resume_account(&self, actor: &Actor, name: &AccountName) -> Result<bool, Error> {
        let mut unit = Unit::begin(&self.pool, actor, "resuming an account").await?;
        let done = sqlx::query_scalar!(
            "with resumed as (
                 update account
                 set paused_at = null, paused_why = null, paused_code = null, paused_message = null
                 where name = $1 and paused_at is not null
                 returning name
             ),
             due as (
                 update payout
                 set due_at = clock_timestamp()
                 from resumed
                 where payout.account = $1
                     and payout.due_at > clock_timestamp()
                     and (
                         payout.state = 'queued' and payout.reason = any($2)
                         or payout.state in ('accepted', 'unknown') and payout.lookup_answer = 'deferred'
                     )
             )
             select name from resumed",
            name.as_str(),
            &Pause::ALL.map(|why| why.as_str().to_owned()),
        )
        .fetch_optional(unit.connection())
        .await
        .map_err(Error::driver("resuming an account"))?;
        unit.commit().await?;
        Ok(done.is_some())
    }
}

/// Columns of the accounts: names, limits of a batch and of a day.
fn limits(accounts: &[NewAccount]) -> (Vec<String>, Vec<Option<i64>>, Vec<Option<i64>>) {
    let names = accounts.iter().map(|account| account.name.as_str().to_owned()).collect();
    let batches = accounts.iter().map(|account| account.batch_minor_max).collect();
    (names, batches, accounts.iter().map(|account| account.day_minor_max).collect())
}

/// Reads `account.name`.
pub(crate) fn account_name(name: &str) -> Result<AccountName, Error> {
    known(name.parse().ok(), ("account", "name"), name)
}

/// Reads `account.paused_why`.
pub(crate) fn paused_why(word: &str, account: &AccountName) -> Result<Pause, Error> {
    known(Pause::parse(word), ("account", "paused_why"), account)
}
