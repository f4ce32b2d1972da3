//! T9-T14: writing down how a send ended.

use std::time::Duration;

use payrun_domain::{
    attempt::AttemptState,
    id::PayoutId,
    money::Money,
    name::Actor,
    payout::{PayoutState, Transition},
    provider_error::ProviderError,
    verdict::Record,
};
use uuid::Uuid;

use crate::{Error, Sealer, Store, state, unit::Unit};

/// How one send ended.
#[derive(Debug, Clone)]
pub struct Conclusion {
    /// Which payout.
    pub payout: PayoutId,
    /// As claimed. Another epoch in the table means that the lease was lost: then only the evidence
    /// is kept.
    pub epoch: i32,
    /// As claimed.
    pub attempt: i16,
    /// What it justifies: one of T9-T14.
    pub transition: Transition,
    /// The verdict's word.
    pub verdict: &'static str,
    /// The refusal's or doubt's code.
    pub code: Option<String>,
    /// The provider's record, when it gave one.
    pub record: Option<Record>,
    /// When to send again or to look up first; ignored where nothing can be looked up.
    pub due_in: Option<Duration>,
    /// What the provider says is wrong.
    pub error: Option<ProviderError>,
    /// The provider's last answer, when it is worth keeping.
    pub reply: Option<ReplyEvidence>,
    /// What the payout pays: not written, but told to the metrics.
    pub amount: Money,
}

/// A provider's answer, kept as evidence.
#[derive(Debug, Clone)]
pub struct ReplyEvidence {
    /// HTTP status.
    pub status: u16,
    /// Body as received, bounded by the transport.
    pub body: Vec<u8>,
}

impl Store {
    /// Records a group of conclusions; the payouts whose lease this process still held have moved,
    /// and are returned.
    ///
    /// Call it again with the same conclusions until it succeeds: what was recorded is not recorded
    /// twice.
    pub async fn record(&self, actor: &Actor, conclusions: &[Conclusion]) -> Result<Vec<PayoutId>, Error> {
        let sealer = self.sealer();
        let columns = Columns::of(&sealer, conclusions);
        let mut unit = Unit::begin(&self.pool, actor, "recording outcomes").await?;
        let moved = sqlx::query_file_scalar!(
            "src/payout/record.sql",
            &columns.ids,
            &columns.epochs,
            &columns.attempts,
            &columns.states as &[&str],
            &columns.transitions as &[&str],
            &columns.attempt_states as &[&str],
            &columns.verdicts as &[&str],
            &columns.codes as &[Option<&str>],
            &columns.provider_ids as &[Option<&str>],
            &columns.provider_statuses as &[Option<&str>],
            &columns.dues as &[Option<i64>],
            &columns.reply_statuses as &[Option<i16>],
            &columns.replies as &[Option<Vec<u8>>],
            &columns.error_codes as &[Option<&str>],
            &columns.error_messages as &[Option<&str>],
            sealer.current(),
        )
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver("recording outcomes"))?;
        unit.commit().await?;
        Ok(moved.into_iter().map(PayoutId::from).collect())
    }
}

/// The conclusions, turned on their side for `unnest`.
#[derive(Default)]
struct Columns<'a> {
    ids: Vec<Uuid>,
    epochs: Vec<i32>,
    attempts: Vec<i16>,
    states: Vec<&'static str>,
    transitions: Vec<&'static str>,
    attempt_states: Vec<&'static str>,
    verdicts: Vec<&'static str>,
    codes: Vec<Option<&'a str>>,
    provider_ids: Vec<Option<&'a str>>,
    provider_statuses: Vec<Option<&'a str>>,
    dues: Vec<Option<i64>>,
    reply_statuses: Vec<Option<i16>>,
    replies: Vec<Option<Vec<u8>>>,
    error_codes: Vec<Option<&'a str>>,
    error_messages: Vec<Option<&'a str>>,
}

impl<'a> Columns<'a> {
    fn of(sealer: &Sealer, conclusions: &'a [Conclusion]) -> Self {
        let mut columns = Self::default();
        for conclusion in conclusions {
            let to = conclusion.transition.target();
            let record = conclusion.record.as_ref();
            columns.ids.push(conclusion.payout.uuid());
            columns.epochs.push(conclusion.epoch);
            columns.attempts.push(conclusion.attempt);
            columns.states.push(to.as_str());
            columns.transitions.push(conclusion.transition.as_str());
            columns
                .attempt_states
                .push(AttemptState::after(conclusion.transition).unwrap_or(AttemptState::Ambiguous).as_str());
            columns.verdicts.push(conclusion.verdict);
            columns.codes.push(conclusion.code.as_deref());
            columns.provider_ids.push(record.map(|record| record.id.as_str()));
            columns.provider_statuses.push(record.map(|record| record.status.as_str()));
            // A refused payout is watched where the provider has a record of it.
            let is_over = to == PayoutState::Rejected && record.is_none();
            let due_in = conclusion.due_in.filter(|_| !is_over);
            columns.dues.push(due_in.map(state::micros));
            let error = conclusion.error.as_ref();
            columns.error_codes.push(error.and_then(|error| error.code.as_deref()));
            columns.error_messages.push(error.and_then(|error| error.message.as_deref()));
            let reply = conclusion.reply.as_ref();
            columns.reply_statuses.push(reply.and_then(|reply| i16::try_from(reply.status).ok()));
            let context = [conclusion.payout.uuid().as_bytes().as_slice(), b"reply"].concat();
            columns.replies.push(reply.and_then(|reply| sealer.seal_bytes(&context, &reply.body)));
        }
        columns
    }
}
