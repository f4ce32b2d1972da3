//! T8: taking payouts to send. The intent is committed before a dispatcher can send.

use std::time::Duration;

use payrun_domain::{
    id::PayoutId,
    name::{AccountName, Actor},
    order::Order,
};
use uuid::Uuid;

use crate::{Error, Peer, Sealer, Store, payout::sealed_order::SealedOrder, state, unit::Unit};

/// A payout that this process may send, once, until its lease ends.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Which payout.
    pub payout: PayoutId,
    /// The fencing number to record the outcome under.
    pub epoch: i32,
    /// Since the claim; it stays until the outcome is recorded, which is one more.
    pub version: i32,
    /// The attempt whose intent was just committed, counted from one.
    pub attempt: i16,
    /// Sends that may have reached the provider, this one included.
    pub sends: u32,
    /// What to send.
    pub order: Order,
}

impl Store {
    /// Ids of payouts that may be sent now and that no message brought: retries that are due, and
    /// approved payouts whose message is later than `grace`. Oldest first. A hint like a
    /// message: only [`Store::claim`] decides.
    pub async fn due(
        &self,
        account: &AccountName,
        grace: Duration,
        rows_max: i64,
    ) -> Result<Vec<PayoutId>, Error> {
        let ids = sqlx::query_scalar!(
            "select payout.id
             from payout
             cross join lateral (select * from batch where id = payout.batch_id offset 0) batch
             where payout.account = $1
                 and payout.state = 'queued'
                 and batch.paused_at is null
                 and (batch.cancelled_at is null or payout.sends > 0)
                 and (select paused_at is null from account where name = $1)
                 and payout.due_at <= statement_timestamp()
                 and payout.due_at <= statement_timestamp() - case when payout.attempts = 0 then $2::bigint else 0 end * interval '1 microsecond'
             order by payout.due_at
             limit $3",
            account.as_str(),
            state::micros(grace),
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading what is due"))?;
        Ok(ids.into_iter().map(PayoutId::from).collect())
    }

    /// Claims those of `payouts`, to be sent through `peer`, that are queued, due, of its account,
    /// not paused and not being claimed by another process; none while all is frozen, and none
    /// through a peer that is not proved. A payout of a cancelled batch goes again only if it was
    /// sent before: cancelling cannot end it, and people have decided that it may. The others are
    /// left out: another dispatcher has them, or the message was stale.
    ///
    /// What is returned may be sent: its COMMIT was answered. One that was not leaves its payouts
    /// to their lease, whatever Postgres says of it later: a server that waits for its standby
    /// tells of a transaction as committed that the standby, once promoted, has never had. An error
    /// in a database that may have gone back in time.
    pub async fn claim(
        &self,
        actor: &Actor,
        peer: &Peer,
        payouts: &[PayoutId],
        lease: Duration,
    ) -> Result<Vec<Claimed>, Error> {
        let ids: Vec<Uuid> = payouts.iter().map(|payout| payout.uuid()).collect();
        let sealer = self.sealer();
        // A payout that cannot be opened must not be claimed: its lease would run out, and what was
        // never sent would be in doubt.
        let keys = sealer.numbers();
        let mut unit = Unit::begin(&self.pool, actor, "claiming payouts").await?;
        let rows = sqlx::query_file_as!(
            ClaimedRow,
            "src/payout/claim.sql",
            &ids,
            peer.account.as_str(),
            state::micros(lease),
            actor.as_str(),
            &keys,
            peer.as_str(),
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver("claiming payouts"))?;
        unit.commit_answered().await?;
        if rows.is_empty() && !ids.is_empty() && !self.history_is_known().await? {
            return Err(Error::UnknownHistory);
        }
        rows.into_iter().map(|row| row.open(&sealer)).collect()
    }
}

struct ClaimedRow {
    id: Uuid,
    epoch: i32,
    version: i32,
    attempts: i16,
    sends: i16,
    country: String,
    currency: String,
    amount_minor: i64,
    provider_id: Option<String>,
    reference: String,
    send_date: Option<jiff_sqlx::Date>,
    key_id: i16,
    name: Vec<u8>,
    document: Vec<u8>,
    destination: Vec<u8>,
    contact: Vec<u8>,
    description: Vec<u8>,
}

impl ClaimedRow {
    fn open(self, sealer: &Sealer) -> Result<Claimed, Error> {
        let sealed = SealedOrder {
            payout: self.id.into(),
            reference: &self.reference,
            country: &self.country,
            currency: &self.currency,
            amount_minor: self.amount_minor,
            send_date: self.send_date.map(jiff_sqlx::Date::to_jiff),
            provider_id: self.provider_id.as_deref(),
            key_id: self.key_id,
            name: &self.name,
            document: &self.document,
            destination: &self.destination,
            contact: &self.contact,
            description: &self.description,
        };
        Ok(Claimed {
            payout: sealed.payout,
            epoch: self.epoch,
            version: self.version,
            attempt: self.attempts,
            sends: state::count(self.sends),
            order: sealed.open(sealer)?,
        })
    }
}
