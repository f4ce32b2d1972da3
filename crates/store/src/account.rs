//! Table `account`: what the processes share about a provider account.

use jiff::Timestamp;
use payrun_domain::{decide::Class, name::AccountName, verdict::Pause};

use crate::{Error, Store, unit::Unit};

/// An account of the configuration.
#[derive(Debug, Clone)]
pub struct NewAccount {
    /// As in the configuration.
    pub name: AccountName,
    /// The adapter's name.
    pub provider: &'static str,
    /// Of the adapter's manifest.
    pub class: Class,
    /// The most that one batch may pay, in minor units.
    pub batch_minor_max: Option<i64>,
    /// The most that may be approved within 24 hours, in minor units.
    pub day_minor_max: Option<i64>,
}

/// An account as people see it.
#[derive(Debug, Clone)]
pub struct AccountRow {
    /// As in the configuration.
    pub name: String,
    /// The adapter's name.
    pub provider: String,
    /// A, B or C.
    pub class: String,
    /// Since when it is paused.
    pub paused_at: Option<Timestamp>,
    /// Why, as [`Pause::word`] has it.
    pub paused_why: Option<String>,
}

impl Store {
    /// Makes sure that every configured account exists. Returns those whose provider or class differs from the table's: the
    /// process must not start, since payouts sent under the old promise would be judged by the new one.
    pub async fn sync_accounts(&self, accounts: &[NewAccount]) -> Result<Vec<AccountName>, Error> {
        let names: Vec<_> = accounts.iter().map(|account| account.name.as_str().to_owned()).collect();
        let providers: Vec<_> = accounts.iter().map(|account| account.provider.to_owned()).collect();
        let classes: Vec<_> = accounts.iter().map(|account| account.class.word().to_owned()).collect();
        let batches: Vec<_> = accounts.iter().map(|account| account.batch_minor_max).collect();
        let days: Vec<_> = accounts.iter().map(|account| account.day_minor_max).collect();
        let mut unit = Unit::begin(&self.pool, "registering the accounts").await?;
        sqlx::query!(
            "insert into account (name, provider, class, batch_minor_max, day_minor_max)
             select * from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
             on conflict (name) do update set batch_minor_max = excluded.batch_minor_max, day_minor_max = excluded.day_minor_max
             where (account.batch_minor_max, account.day_minor_max)
               is distinct from (excluded.batch_minor_max, excluded.day_minor_max)",
            &names,
            &providers,
            &classes,
            &batches as &[Option<i64>],
            &days as &[Option<i64>],
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver("registering the accounts"))?;
        unit.commit().await?;
        let rows = self.accounts().await?;
        let differs = |account: &&NewAccount| {
            rows.iter().any(|row| {
                row.name == account.name.as_str()
                    && (row.provider != account.provider || row.class != account.class.word())
            })
        };
        Ok(accounts.iter().filter(differs).map(|account| account.name.clone()).collect())
    }

    /// Every account, by name.
    pub async fn accounts(&self) -> Result<Vec<AccountRow>, Error> {
        let rows =
            sqlx::query!("select name, provider, class, paused_at, paused_why from account order by name")
                .fetch_all(&self.pool)
                .await
                .map_err(Error::driver("reading the accounts"))?;
        let rows = rows.into_iter().map(|row| AccountRow {
            name: row.name,
            provider: row.provider,
            class: row.class,
            paused_at: row.paused_at.map(jiff_sqlx::Timestamp::to_jiff),
            paused_why: row.paused_why,
        });
        Ok(rows.collect())
    }

    /// Stops claims for an account. True if it was not paused before; an earlier reason is kept.
    pub async fn pause_account(&self, name: &AccountName, why: Pause) -> Result<bool, Error> {
        let mut unit = Unit::begin(&self.pool, "pausing an account").await?;
        let done = sqlx::query!(
            "update account set paused_at = clock_timestamp(), paused_why = $2 where name = $1 and paused_at is null",
            name.as_str(),
            why.word(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver("pausing an account"))?;
        unit.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Lets an account go on. True if it was paused.
    pub async fn resume_account(&self, name: &AccountName) -> Result<bool, Error> {
        let mut unit = Unit::begin(&self.pool, "resuming an account").await?;
        let done = sqlx::query!(
            "update account set paused_at = null, paused_why = null where name = $1 and paused_at is not null",
            name.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver("resuming an account"))?;
        unit.commit().await?;
        Ok(done.rows_affected() == 1)
    }
}
