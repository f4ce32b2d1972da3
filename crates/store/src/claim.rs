//! T8: taking payouts to send. The intent is committed before anybody can send.

use std::time::Duration;

use payrun_domain::{
    beneficiary::Beneficiary, id::PayoutId, money::Money, name::AccountName, order::Order,
    reference::Reference, verdict::ProviderId,
};
use uuid::Uuid;

use crate::{Error, Sealer, Store, state, unit::Unit};

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
    /// Ids of payouts that may be sent now and that no message brought: retries that are due, and approved payouts whose
    /// message is later than `grace`. Oldest first. A hint like a message: only [`Store::claim`] decides.
    pub async fn due(
        &self,
        account: &AccountName,
        grace: Duration,
        rows_max: i64,
    ) -> Result<Vec<PayoutId>, Error> {
        let ids = sqlx::query_scalar!(
            "select p.id from payout p cross join lateral (select * from batch where id = p.batch_id offset 0) b
             where p.account = $1 and p.state = 'queued' and b.paused_at is null and (b.cancelled_at is null or p.sends > 0)
               and p.due_at <= statement_timestamp()
               and p.due_at <= statement_timestamp() - case when p.attempts = 0 then $2::bigint else 0 end * interval '1 microsecond'
             order by p.due_at limit $3",
            account.as_str(),
            state::micros(grace),
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading what is due"))?;
        Ok(ids.into_iter().map(PayoutId::from).collect())
    }

    /// Claims those of `payouts` that are queued, due, of this account, not paused and not being claimed by another process; none while
    /// all is frozen.
    /// Of a cancelled batch only what was sent before goes again: cancelling cannot end it, and people have decided that it may.
    /// The others are left out: somebody else has them, or the message was stale.
    pub async fn claim(
        &self,
        account: &AccountName,
        payouts: &[PayoutId],
        lease: Duration,
    ) -> Result<Vec<Claimed>, Error> {
        let ids: Vec<Uuid> = payouts.iter().map(|payout| payout.uuid()).collect();
        let sealer = self.sealer();
        // A payout that cannot be opened must not be claimed: its lease would run out, and what was never sent would be in doubt.
        let keys = sealer.numbers();
        let mut unit = Unit::begin(&self.pool, "claiming payouts").await?;
        let rows = sqlx::query_as!(
            ClaimedRow,
            r#"with due as materialized (
                 select p.id from unnest($1::uuid[]) w (id)
                   cross join lateral (select * from payout where id = w.id for update skip locked offset 0) p
                   cross join lateral (select * from batch where id = p.batch_id offset 0) b
                   cross join lateral (select * from account where name = p.account offset 0) a
                   cross join lateral (select key_id from beneficiary where payout_id = p.id offset 0) f
                 where p.account = $2 and p.state = 'queued' and p.due_at <= statement_timestamp()
                   and b.paused_at is null and (b.cancelled_at is null or p.sends > 0) and a.paused_at is null
                   and f.key_id = any($5) and not exists (select from frozen where thawed_at is null)),
               claimed as (
                 update payout p set state = 'submitting', transition = 'claim', version = p.version + 1, epoch = p.epoch + 1,
                   attempts = p.attempts + 1, sends = p.sends + 1, reason = null, not_found = 0, not_found_since = null,
                   state_since = clock_timestamp(), sent_at = clock_timestamp(),
                   due_at = clock_timestamp() + $3::bigint * interval '1 microsecond'
                 where p.id = any(array(select id from due))
                 returning p.id, p.epoch, p.version, p.attempts, p.sends, p.account, p.reference, p.country, p.currency, p.amount_minor,
                   p.provider_id),
               intent as (
                 insert into attempt (payout_id, number, account, epoch, state, holder)
                 select id, attempts, account, epoch, 'intent', $4 from claimed)
               select c.id, c.epoch, c.version, c.attempts, c.sends, c.country, c.currency, c.amount_minor, c.provider_id, c.reference,
                 f.key_id, f.name, f.document, f.destination, f.contact, f.description
               from claimed c cross join lateral (select * from beneficiary where payout_id = c.id offset 0) f"#,
            &ids,
            account.as_str(),
            state::micros(lease),
            self.actor.as_str(),
            &keys,
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver("claiming payouts"))?;
        unit.commit().await?;
        rows.into_iter().map(|row| row.open(&sealer)).collect()
    }
}

/// In place of a key, once the data was erased.
const FORGOTTEN: i16 = 0;

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

/// An order as the tables hold it.
pub(crate) struct SealedOrder<'a> {
    pub(crate) payout: PayoutId,
    pub(crate) reference: &'a str,
    pub(crate) country: &'a str,
    pub(crate) currency: &'a str,
    pub(crate) amount_minor: i64,
    pub(crate) provider_id: Option<&'a str>,
    pub(crate) key_id: i16,
    pub(crate) name: &'a [u8],
    pub(crate) document: &'a [u8],
    pub(crate) destination: &'a [u8],
    pub(crate) contact: &'a [u8],
    pub(crate) description: &'a [u8],
}

impl SealedOrder<'_> {
    /// Opens the personal data and checks the rest on the way: what was written is what is read.
    pub(crate) fn open(&self, sealer: &Sealer) -> Result<Order, Error> {
        let payout = self.payout;
        let currency = state::currency(self.currency, payout)?;
        if self.key_id == FORGOTTEN {
            return Err(Error::Forgotten(payout));
        }
        let reference = Reference::of(payout);
        if reference.as_str() != self.reference {
            return Err(state::unknown("payout", "reference", payout));
        }
        let sealed = |column| Error::Sealed { column, row: payout.to_string(), key_id: self.key_id };
        let open_name = sealer.open(self.key_id, payout, "name", self.name);
        let open_document = sealer.open(self.key_id, payout, "document", self.document);
        let open_destination = sealer.open(self.key_id, payout, "destination", self.destination);
        let open_contact = sealer.open(self.key_id, payout, "contact", self.contact);
        let open_description = sealer.open(self.key_id, payout, "description", self.description);
        Ok(Order {
            reference,
            amount: Money::new(self.amount_minor, currency)
                .map_err(|_| state::unknown("payout", "amount_minor", payout))?,
            country: state::country(self.country, payout)?,
            beneficiary: Beneficiary {
                name: open_name.ok_or_else(|| sealed("name"))?,
                document: open_document.ok_or_else(|| sealed("document"))?,
                destination: open_destination.ok_or_else(|| sealed("destination"))?,
                contact: open_contact.ok_or_else(|| sealed("contact"))?,
            },
            description: open_description.ok_or_else(|| sealed("description"))?,
            provider_id: self.provider_id.and_then(ProviderId::parse),
        })
    }
}
