//! T28: what providers tell by themselves. It settles nothing; the payout it is about is looked up
//! sooner.

use std::time::Duration;

use jiff::Timestamp;
use payrun_domain::{
    id::PayoutId,
    name::{AccountName, Actor},
    payout::PayoutState,
};
use serde::Serialize;

use crate::{Error, Store, state, unit::Unit};

/// A genuine call, as it is kept.
#[derive(Debug, Clone, Copy)]
pub struct ReceivedWebhook<'a> {
    /// Which account was called.
    pub account: &'a AccountName,
    /// The raw body.
    pub body: &'a [u8],
    /// Ours, when the call has it.
    pub reference: Option<&'a str>,
    /// The provider's, when the call has it.
    pub provider_id: Option<&'a str>,
    /// The state it reports, in the provider's words.
    pub status: &'a str,
    /// Where its receipt is.
    pub receipt: Option<&'a str>,
    /// The final state of ours that this is, if it is one.
    pub reported: Option<PayoutState>,
}

/// What became of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookReceipt {
    /// Its payout is looked up next, if there is anything left to learn about it.
    Matched(PayoutId),
    /// No payout is known by its reference or id; it is tried again for a while.
    Unmatched,
    /// The same call as before.
    Repeated,
}

/// A call that was kept or counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceivedCall {
    /// What became of it.
    pub receipt: WebhookReceipt,
    /// The payout that it contradicts, if that is new.
    pub late: Option<PayoutId>,
}

/// One call of the provider.
#[derive(Debug, Clone, Serialize)]
pub struct WebhookLine {
    /// The state it reported, in the provider's words.
    pub status: String,
    /// Where the provider shows a receipt.
    pub receipt: Option<String>,
    /// How often it came.
    pub times: i32,
    /// When it first came.
    pub received_at: Timestamp,
}

/// So many different webhooks about one payout are kept. What is signed is the same in many of
/// them.
const KEPT_MAX: i64 = 20;

/// The context that a body is sealed in.
const CONTEXT: &[u8] = b"webhook";

impl Store {
    /// Keeps a call and brings the look-up of its payout forward. A call that came before is
    /// counted and does nothing, so that a flood of one call costs one look-up; so is one of a
    /// payout of which twenty are kept, so that variants of a genuine call fill no disk.
    pub async fn receive_webhook(
        &self,
        actor: &Actor,
        call: &ReceivedWebhook<'_>,
    ) -> Result<ReceivedCall, Error> {
        let operation = "keeping a provider's call";
        let sealer = self.sealer();
        let sealed = sealer.seal_bytes(CONTEXT, call.body).ok_or(Error::Sealed {
            column: "body",
            row: "webhook".to_owned(),
            key_id: sealer.current(),
        })?;
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        let kept = sqlx::query_file!(
            "src/payout/receive_webhook.sql",
            call.account.as_str(),
            sealer.blind_index_of(call.body),
            sealer.current(),
            sealed,
            call.reference,
            call.provider_id,
            call.status,
            KEPT_MAX,
            call.reported.map(PayoutState::as_str),
            call.receipt,
        )
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        let payout = kept.payout_id.map(PayoutId::from);
        let receipt = match (kept.times, payout) {
            (2.., _) => WebhookReceipt::Repeated,
            (_, Some(payout)) => WebhookReceipt::Matched(payout),
            (_, None) => WebhookReceipt::Unmatched,
        };
        Ok(ReceivedCall { receipt, late: payout.filter(|_| kept.is_late) })
    }

    /// Tries calls of the last `window` again that came before the answer which told us the
    /// provider's id. Counts those that fit now.
    pub async fn match_webhooks(&self, actor: &Actor, window: Duration) -> Result<u64, Error> {
        let operation = "matching providers' calls";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        // `offset 0` keeps each look by the key apart: joined freely, the planner may read a
        // partial index whole.
        let matched = sqlx::query!(
            "with found as materialized (
                 select webhook.id, payout.id as payout_id
                 from webhook
                 cross join lateral (
                     select id
                     from payout
                     where account = webhook.account and provider_id = webhook.provider_id offset 0
                 ) payout
                 where webhook.payout_id is null
                     and webhook.received_at > clock_timestamp() - $1::bigint * interval '1 microsecond'
             ),
             matched as (
                 update webhook
                 set payout_id = found.payout_id
                 from found
                 where webhook.id = any(array(select id from found)) and webhook.id = found.id
                 returning webhook.payout_id
             )
             update payout
             set due_at = clock_timestamp()
             where payout.id = any(array(select payout_id from matched))
                 and is_looked_up(payout.state)
                 and (payout.due_at is null or payout.due_at > clock_timestamp())",
            state::micros(window),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(matched.rows_affected())
    }

    /// What the provider told about a payout by itself, oldest first.
    pub(crate) async fn webhooks(&self, payout: PayoutId) -> Result<Vec<WebhookLine>, Error> {
        let rows = sqlx::query!(
            "select status, receipt, times, received_at from webhook where payout_id = $1 order by id",
            payout.uuid(),
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading providers' calls"))?;
        let lines = rows.into_iter().map(|row| WebhookLine {
            status: row.status,
            receipt: row.receipt,
            times: row.times,
            received_at: row.received_at.to_jiff(),
        });
        Ok(lines.collect())
    }
}
