//! Whom an account's requests go to, and whether that is the merchant that it was before.
//!
//! **Reads**: `payout`, `attempt`. **Writes**: `account_peer`, `account`. **Invariant**: a peer is
//! proved by facts of this table and this provider, or by two people; never by the program alone.

use payrun_domain::{
    name::{AccountName, Actor},
    order::Order,
    verdict::Pause,
};
use secrecy::SecretString;
use uuid::Uuid;

use crate::{
    Error, Sealer, Store,
    payout::{doubt::DoubtCause, sealed_order::SealedOrder},
    unit::Unit,
};

const MEETING: &str = "asking whether a peer is known";

/// An address and who we are there, as a keyed hash that tells neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Whose it is.
    pub account: AccountName,
    hash: String,
}

impl Peer {
    /// As the tables hold it.
    pub(crate) fn as_str(&self) -> &str {
        &self.hash
    }
}

/// What became of a proposal that a peer is the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Adoption {
    /// Written down; another person must say the same.
    Proposed,
    /// Two people agree: payouts are sent through it.
    Confirmed,
    /// This person proposed it before; another one must say the same.
    NeedsAnother,
    /// It is known already.
    Known,
}

impl Sealer {
    /// The peer at `origin` (scheme, host, port) that knows us by `identity`.
    pub fn peer(&self, account: &AccountName, origin: &str, identity: &SecretString) -> Peer {
        Peer { account: account.clone(), hash: self.peer_hash(origin, identity) }
    }
}

impl Store {
    /// The peer that an account's settings lead to.
    pub fn peer(&self, account: &AccountName, origin: &str, identity: &SecretString) -> Peer {
        self.sealer().peer(account, origin, identity)
    }

    /// Whether payouts may be sent through `peer`. A peer that was never seen is written down, and
    /// is good at once while nothing of the account may be with any other.
    pub async fn meet_peer(&self, actor: &Actor, peer: &Peer) -> Result<bool, Error> {
        let mut unit = Unit::begin(&self.pool, actor, MEETING).await?;
        // Two that meet at once look one after the other.
        lock(&mut unit, &peer.account).await?;
        sqlx::query!(
            "insert into account_peer (account, peer) values ($1, $2)
             on conflict (account, peer) do update set last_seen = clock_timestamp()",
            peer.account.as_str(),
            peer.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(MEETING))?;
        sqlx::query!(
            "update account_peer
             set merchant = peer, proved_by = 'nothing_open'
             where account = $1
                 and peer = $2
                 and merchant is null
                 and not account_is_engaged($1, $2)",
            peer.account.as_str(),
            peer.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(MEETING))?;
        let is_proved = is_proved(&mut unit, peer).await?;
        unit.commit().await?;
        Ok(is_proved)
    }

    /// Stops claims for the account of a peer that is still not proved. True if they went on
    /// before.
    pub async fn pause_for_stranger(&self, actor: &Actor, peer: &Peer) -> Result<bool, Error> {
        let mut unit = Unit::begin(&self.pool, actor, MEETING).await?;
        // Whoever proves it meanwhile lets the account go on, once and for all.
        lock(&mut unit, &peer.account).await?;
        let paused = sqlx::query!(
            "update account
             set paused_at = clock_timestamp(), paused_why = $3
             where name = $1
                 and paused_at is null
                 and not exists (
                     select from account_peer where account = $1 and peer = $2 and merchant is not null
                 )",
            peer.account.as_str(),
            peer.as_str(),
            Pause::Configuration.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(MEETING))?;
        unit.commit().await?;
        Ok(paused.rows_affected() == 1)
    }

    /// Whether a role that works now has settings that lead to a peer that is not proved: such a
    /// role looks every few seconds whether it is by now.
    pub async fn meets_stranger(&self, account: &AccountName) -> Result<bool, Error> {
        sqlx::query_scalar!(
            r#"select exists (
                   select
                   from account_peer
                   where account = $1
                       and merchant is null
                       and last_seen > clock_timestamp() - interval '30 seconds'
               ) as "meets_stranger!""#,
            account.as_str(),
        )
        .fetch_one(&self.pool)
        .await
        .map_err(Error::driver(MEETING))
    }

    /// Whether a peer is proved; also when it was never seen and would be, since nothing of the
    /// account may be with any other. Writes nothing.
    pub async fn knows_peer(&self, peer: &Peer) -> Result<bool, Error> {
        sqlx::query_scalar!(
            r#"select exists (
                   select from account_peer where account = $1 and peer = $2 and merchant is not null
               ) or not account_is_engaged($1, $2) as "is_known!""#,
            peer.account.as_str(),
            peer.as_str(),
        )
        .fetch_one(&self.pool)
        .await
        .map_err(Error::driver(MEETING))
    }

    /// The latest payouts of the account that a provider has, each with the peer that it was sent
    /// through: what a peer of the same merchant must find.
    pub async fn latest_of_peers(
        &self,
        account: &AccountName,
        rows_max: i64,
    ) -> Result<Vec<(Peer, Order)>, Error> {
        let rows = sqlx::query!(
            r#"with latest as materialized ((
                   select *
                   from payout
                   where account = $1 and state = 'accepted' and provider_id is not null
                   order by due_at desc
                   limit $2
               ) union all (
                   select *
                   from payout
                   where account = $1 and is_watched(state) and due_at is not null and provider_id is not null
                   order by due_at desc
                   limit $2
               ))
               select latest.id as "id!", latest.reference as "reference!", latest.country as "country!",
                   latest.currency as "currency!", latest.amount_minor as "amount_minor!",
                   latest.provider_id, attempt.peer as "peer!", beneficiary.key_id, beneficiary.name,
                   beneficiary.document, beneficiary.destination, beneficiary.contact,
                   beneficiary.description
               from latest
               cross join lateral (select * from beneficiary where payout_id = latest.id offset 0) beneficiary
               cross join lateral (
                   select *
                   from attempt
                   where payout_id = latest.id and number = latest.attempts offset 0
               ) attempt
               where attempt.peer is not null
               order by latest.sent_at desc
               limit $2"#,
            account.as_str(),
            rows_max,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver(MEETING))?;
        let sealer = self.sealer();
        let orders = rows.into_iter().map(|row| {
            let sealed = SealedOrder {
                payout: Uuid::into(row.id),
                reference: &row.reference,
                country: &row.country,
                currency: &row.currency,
                amount_minor: row.amount_minor,
                send_date: None,
                provider_id: row.provider_id.as_deref(),
                key_id: row.key_id,
                name: &row.name,
                document: &row.document,
                destination: &row.destination,
                contact: &row.contact,
                description: &row.description,
            };
            Ok((Peer { account: account.clone(), hash: row.peer }, sealed.open(&sealer)?))
        });
        // One whose key is gone is no evidence.
        Ok(orders.filter_map(Result::<_, Error>::ok).collect())
    }

    /// Joins a peer to the merchant of `earlier`, of which it has found what was sent there. If the
    /// account is paused for its configuration, it goes on.
    pub async fn join_peer(&self, actor: &Actor, peer: &Peer, earlier: &Peer) -> Result<(), Error> {
        let mut unit = Unit::begin(&self.pool, actor, MEETING).await?;
        lock(&mut unit, &peer.account).await?;
        sqlx::query!(
            "update account_peer
             set merchant = earlier.merchant, proved_by = 'found'
             from account_peer earlier
             where account_peer.account = $1
                 and account_peer.peer = $2
                 and account_peer.merchant is null
                 and earlier.account = $1
                 and earlier.peer = $3",
            peer.account.as_str(),
            peer.as_str(),
            earlier.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(MEETING))?;
        go_on(&mut unit, &peer.account).await?;
        unit.commit().await
    }

    /// Proposes, or confirms, that the account's payouts go through `peer` from now on, though it
    /// has not found what was sent before. If the account is paused for its configuration, it goes
    /// on once two people agree.
    pub async fn adopt_peer(&self, actor: &Actor, peer: &Peer) -> Result<Adoption, Error> {
        let mut unit = Unit::begin(&self.pool, actor, MEETING).await?;
        lock(&mut unit, &peer.account).await?;
        if is_proved(&mut unit, peer).await? {
            return Ok(Adoption::Known);
        }
        let confirmed = sqlx::query!(
            "update account_peer
             set merchant = peer, proved_by = 'people', confirmed_by = $3
             where account = $1 and peer = $2 and lower(proposed_by) <> lower($3)",
            peer.account.as_str(),
            peer.as_str(),
            actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(MEETING))?;
        let adoption = if confirmed.rows_affected() == 1 {
            go_on(&mut unit, &peer.account).await?;
            self.doubt_what_may_have_arrived(actor, &mut unit, &peer.account).await?;
            Adoption::Confirmed
        } else {
            let proposed = sqlx::query!(
                "insert into account_peer (account, peer, proposed_by) values ($1, $2, $3)
                 on conflict (account, peer) do update set proposed_by = excluded.proposed_by
                 where account_peer.proposed_by is null",
                peer.account.as_str(),
                peer.as_str(),
                actor.as_str(),
            )
            .execute(unit.connection())
            .await
            .map_err(Error::driver(MEETING))?;
            if proposed.rows_affected() == 1 { Adoption::Proposed } else { Adoption::NeedsAnother }
        };
        unit.commit().await?;
        Ok(adoption)
    }

    /// What was to be sent once more goes to no other merchant than the one that may have it: it is
    /// in doubt again, for people, or for the old credentials if they come back.
    async fn doubt_what_may_have_arrived(
        &self,
        actor: &Actor,
        unit: &mut Unit,
        account: &AccountName,
    ) -> Result<(), Error> {
        let ids = sqlx::query_scalar!(
            "update payout
             set due_at = least(due_at, clock_timestamp())
             where account = $1 and state = 'queued' and attempts > 0 and sends > 0
             returning id",
            account.as_str(),
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(MEETING))?;
        if !ids.is_empty() {
            self.doubt(actor, unit, &ids, DoubtCause::OtherMerchant).await?;
        }
        Ok(())
    }
}

async fn lock(unit: &mut Unit, account: &AccountName) -> Result<(), Error> {
    sqlx::query!("select name from account where name = $1 for no key update", account.as_str())
        .fetch_optional(unit.connection())
        .await
        .map_err(Error::driver(MEETING))?;
    Ok(())
}

async fn is_proved(unit: &mut Unit, peer: &Peer) -> Result<bool, Error> {
    sqlx::query_scalar!(
        r#"select exists (
               select from account_peer where account = $1 and peer = $2 and merchant is not null
           ) as "is_proved!""#,
        peer.account.as_str(),
        peer.as_str(),
    )
    .fetch_one(unit.connection())
    .await
    .map_err(Error::driver(MEETING))
}

async fn go_on(unit: &mut Unit, account: &AccountName) -> Result<(), Error> {
    sqlx::query!(
        "update account
         set paused_at = null, paused_why = null, paused_code = null, paused_message = null
         where name = $1 and paused_why = $2",
        account.as_str(),
        Pause::Configuration.as_str(),
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(MEETING))?;
    Ok(())
}
