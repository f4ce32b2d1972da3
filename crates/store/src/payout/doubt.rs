//! T8, T15 without a send: what is queued may have been sent all the same, and is asked for first.

use payrun_domain::name::{AccountName, Actor};
use uuid::Uuid;

use crate::{Error, Store, unit::Unit};

/// Why a payout that is queued is put in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DoubtCause {
    /// It was queued, or waited for approval, when the history began.
    Restored,
    /// It was imported later, and may have been imported and sent before, too.
    AskedFirst,
    /// It was to be sent again, and the account's payouts go to another merchant now.
    OtherMerchant,
    /// It was to be sent again, and too long ago its provider had said that it has none.
    StaleAbsence,
}

impl DoubtCause {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::AskedFirst => "asked_first",
            Self::OtherMerchant => "other_merchant",
            Self::StaleAbsence => "stale_absence",
        }
    }
}

impl Store {
    /// Puts up to `rows_max` payouts of an account in doubt again that could be sent once more now,
    /// and of which the provider has said more than an hour ago that it has none: a pause, a freeze
    /// or a provider that is away may have lasted. Counts them.
    pub async fn doubt_stale_absences(
        &self,
        actor: &Actor,
        account: &AccountName,
        rows_max: i64,
    ) -> Result<u64, Error> {
        let operation = "asking again for what may have arrived";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        let stale = sqlx::query_scalar!(
            "select payout.id
             from payout
             cross join lateral (select * from batch where id = payout.batch_id offset 0) batch
             cross join lateral (select * from account where name = payout.account offset 0) account
             where payout.account = $1
                 and payout.state = 'queued'
                 and payout.sends > 0
                 and payout.due_at <= statement_timestamp()
                 and absence_is_stale(account.idempotency, payout.looked_up_at)
                 and batch.paused_at is null
                 and account.paused_at is null
                 and not exists (select from send_freeze where thawed_at is null)
                 and (select history_is_known())
             order by payout.due_at
             limit $2
             for update of payout skip locked",
            account.as_str(),
            rows_max,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        if stale.is_empty() {
            return Ok(0);
        }
        let doubted = self.doubt(actor, &mut unit, &stale, DoubtCause::StaleAbsence).await?;
        unit.commit().await?;
        Ok(doubted)
    }

    /// T8, T15: as if a send of each had begun and its lease had ended. They are queued, and
    /// locked. The last send that may have been theirs came before this history. Where the account
    /// has had several merchants, nobody knows whose it was: then no merchant's word about it
    /// counts.
    pub(crate) async fn doubt(
        &self,
        actor: &Actor,
        unit: &mut Unit,
        queued: &[Uuid],
        why: DoubtCause,
    ) -> Result<u64, Error> {
        let operation = "doubting what may have been sent";
        sqlx::query!(
            "with claimed as (
                 update payout
                 set state = 'submitting', transition = 'claim', version = version + 1, epoch = epoch + 1,
                     attempts = attempts + 1, sends = sends + 1, reason = null, not_found = 0,
                     not_found_since = null, state_since = clock_timestamp(), due_at = clock_timestamp(),
                     sent_at = greatest(sent_at, (select max(opened_at) from history))
                 where id = any($1)
                 returning id, epoch, attempts, account
             )
             insert into attempt (payout_id, number, account, epoch, state, holder, peer)
             select id, attempts, account, epoch, 'intent', $2, coalesce(
                     (
                         select peer
                         from attempt before
                         where before.payout_id = claimed.id and before.number = claimed.attempts - 1
                     ),
                     -- Where one merchant was all that the account ever had.
                     (
                         select min(peer)
                         from account_peer
                         where account_peer.account = claimed.account and merchant is not null
                         having count(distinct merchant) = 1
                     )
                 )
             from claimed",
            queued,
            actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let doubted = sqlx::query!(
            "with ended as (
                 update attempt
                 set state = 'ambiguous', code = $2, ended_at = clock_timestamp()
                 where payout_id = any($1) and state = 'intent'
             )
             update payout
             set state = 'unknown', transition = 'expire_lease', version = payout.version + 1,
                 epoch = payout.epoch + 1, reason = $2, state_since = clock_timestamp(),
                 due_at = clock_timestamp()
             where payout.id = any($1)",
            queued,
            why.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        Ok(doubted.rows_affected())
    }
}
