//! T21: what two people decide, with evidence.

use std::time::Duration;

use payrun_domain::{
    decide::Idempotency,
    id::PayoutId,
    name::Actor,
    payout::{PayoutState, Transition},
    verdict::ProviderId,
};

use crate::{Error, Store, state, unit::Unit};

/// The reason of a payout of which people have decided what it is.
pub(crate) const DECIDED: &str = "decided";

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Written down; another person must say the same.
    Proposed,
    /// The same, instead of what was proposed before.
    Replaced,
    /// Two people agree; the payout has moved.
    Confirmed,
}

/// What a person says became of a payout.
#[derive(Debug, Clone, Copy)]
pub struct PersonsVerdict<'a> {
    /// What it is.
    pub outcome: PayoutState,
    /// What the provider or bank showed, and where: for the auditor, without personal data.
    pub evidence: &'a str,
    /// How long its provider may take to show what was sent: before that it is not sent again.
    pub quiet: Duration,
}

/// Why people's decision is refused.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// No such payout.
    #[error("there is no payout {0}")]
    NotFound(PayoutId),
    /// Not in the state that this is for.
    #[error("the payout is {state}; this is for payouts that are {wanted}")]
    State {
        /// What it is.
        state: PayoutState,
        /// What it would have to be.
        wanted: &'static str,
    },
    /// One person alone.
    #[error("{0} proposed this already; another person must confirm it")]
    NeedsAnother(Actor),
    /// It is at the provider, as its record there shows.
    #[error(
        "the provider has a record of this payout ({0}), so it is never sent again: decide accepted, paid or rejected"
    )]
    Found(String),
    /// Its provider may still show it.
    #[error(
        "the payout may have been sent less than {} s ago, which is the quiet time of its account (quiet_ms): its provider may still show it; \
         decide later", .0.as_secs()
    )]
    TooEarly(Duration),
    /// Its provider has not said that it does not have it.
    #[error(
        "the provider has not said within ten minutes that it has no such payout (its last answer: {}), so it is not sent again; is a process \
         with the role reconcile running, and does the provider answer?", .0.as_deref().unwrap_or("none")
    )]
    NotAsked(Option<String>),
    /// A look-up asks by the id that it has.
    #[error("the provider's id of this payout is known: {0}; look-ups ask by it")]
    IdKnown(String),
    /// No id is needed.
    #[error(
        "this payout's provider is asked by our reference, which finds every record that it has of it: no id is needed"
    )]
    FoundByReference,
    /// Its provider does not say that it refused what it had paid.
    #[error(
        "the provider has not said within ten minutes that it refused this payout after it had paid it (its last answer: {}): it stays paid",
        .0.as_deref().unwrap_or("none")
    )]
    NotRefusedNow(Option<String>),
    /// None that people decide.
    #[error("a decision is one of accepted, paid, rejected, returned, queued")]
    Outcome,
    /// Too little to convince an auditor.
    #[error("the evidence must have 10 to 4000 characters: say what the provider or bank showed, and where")]
    Evidence,
    /// It may have been issued again already, where this database does not know of it.
    #[error(
        "a backup was restored after this payout was {0}, and since the backup it may have been issued again: compare with the provider's own \
         report, then repeat this with --compared --evidence '…'"
    )]
    Restored(PayoutState),
    /// The provider may have paid it after all.
    #[error(
        "the payout has an open anomaly (`payrun payout show`): explain it first, or it may be paid twice"
    )]
    Contested,
    /// The provider has not said again that the payout was refused or came back.
    #[error(
        "the provider has not said within ten minutes that this payout is still refused or returned (its last answer: {}); where it cannot be \
         asked, compare with its own report, then repeat this with --compared --evidence '…'", .0.as_deref().unwrap_or("none")
    )]
    NotSaidAgain(Option<String>),
    /// Once is enough.
    #[error("the payout was issued again already")]
    Reissued,
    /// The database.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Store {
    /// Writes down by which id the provider has a payout, as a person found it, and has it asked by
    /// that id: the answer says whether it is of this payout. Only where nothing else finds it.
    pub async fn name_provider_id(
        &self,
        actor: &Actor,
        id: PayoutId,
        provider_id: &ProviderId,
    ) -> Result<(), ReviewError> {
        let operation = "naming a payout's id at the provider";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        let payout = sqlx::query!(
            "select payout.state, payout.provider_id, account.idempotency
             from payout
             join account on account.name = payout.account
             where payout.id = $1
             for update of payout",
            id.uuid(),
        )
        .fetch_optional(unit.connection())
        .await
        .map_err(Error::driver(operation))?
        .ok_or(ReviewError::NotFound(id))?;
        let state = state::payout_state(&payout.state, id)?;
        if !matches!(state, PayoutState::Unknown | PayoutState::Accepted | PayoutState::NeedsReview) {
            return Err(ReviewError::State { state, wanted: "unknown, accepted or needs_review" });
        }
        if let Some(known) = payout.provider_id {
            return Err(ReviewError::IdKnown(known));
        }
        if payout.idempotency != Idempotency::None.as_str() {
            return Err(ReviewError::FoundByReference);
        }
        sqlx::query!(
            "with named as (
                 insert into named_id (payout_id, provider_id, named_by)
                 values ($1, $2, $3)
             )
             update payout
             set due_at = clock_timestamp()
             where id = $1",
            id.uuid(),
            provider_id.as_str(),
            actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(())
    }

    /// T21: proposes or confirms what became of a payout that is unknown, accepted or needs review.
    pub async fn decide(
        &self,
        actor: &Actor,
        id: PayoutId,
        verdict: &PersonsVerdict<'_>,
    ) -> Result<Decision, ReviewError> {
        let operation = "deciding about a payout";
        let PersonsVerdict { outcome, evidence, quiet } = *verdict;
        let transition = decision(outcome).ok_or(ReviewError::Outcome)?;
        check_evidence(evidence)?;
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        let version = decidable_version(&mut unit, id, transition, quiet).await?;
        let proposal = sqlx::query!(
            "select number, outcome, proposed_by
             from review_decision
             where payout_id = $1 and version = $2
             order by number desc
             limit 1",
            id.uuid(),
            version,
        )
        .fetch_optional(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let agreed = proposal.as_ref().filter(|proposal| proposal.outcome == outcome.as_str());
        let Some(agreed) = agreed else {
            let number = proposal.as_ref().map_or(1, |earlier| earlier.number.saturating_add(1));
            sqlx::query!(
                "insert into review_decision (payout_id, version, number, outcome, evidence, proposed_by)
                 values ($1, $2, $3, $4, $5, $6)",
                id.uuid(),
                version,
                number,
                outcome.as_str(),
                evidence,
                actor.as_str(),
            )
            .execute(unit.connection())
            .await
            .map_err(Error::driver(operation))?;
            unit.commit().await?;
            return Ok(if number == 1 { Decision::Proposed } else { Decision::Replaced });
        };
        let proposed_by = state::actor(&agreed.proposed_by, ("review_decision", "proposed_by"), id)?;
        if proposed_by == *actor {
            return Err(ReviewError::NeedsAnother(proposed_by));
        }
        confirm((actor, evidence), unit, id, version, transition).await?;
        Ok(Decision::Confirmed)
    }
}

/// The version of a payout that people may decide about so; locked until the unit ends.
async fn decidable_version(
    unit: &mut Unit,
    id: PayoutId,
    transition: Transition,
    quiet: Duration,
) -> Result<i32, ReviewError> {
    let operation = "deciding about a payout";
    let payout = sqlx::query!(
        r#"select payout.state, payout.version, payout.provider_id, payout.lookup_answer,
               case
                   when is_found(payout.lookup_answer) then payout.lookup_answer
                   when payout_was_taken(payout.id) then 'it answered the send with a yes'
               end as found,
               account.idempotency = 'none' or coalesce(
                   payout.lookup_answer = 'not_found' and payout.looked_up_at > clock_timestamp() - interval '10 minutes',
                   false
               ) as "is_asked!",
               coalesce(
                   payout.lookup_answer = 'rejected' and payout.looked_up_at > clock_timestamp() - interval '10 minutes',
                   false
               ) as "is_refused!",
               coalesce(
                   greatest(payout.sent_at, (select max(opened_at) from history where proof = 'doubted'))
                       > clock_timestamp() - $2::bigint * interval '1 microsecond',
                   false
               ) as "is_early!"
           from payout
           join account on account.name = payout.account
           where payout.id = $1
           for update of payout"#,
        id.uuid(),
        state::micros(quiet),
    )
    .fetch_optional(unit.connection())
    .await
    .map_err(Error::driver(operation))?
    .ok_or(ReviewError::NotFound(id))?;
    let state = state::payout_state(&payout.state, id)?;
    if state.apply(transition).is_err() {
        return Err(ReviewError::State { state, wanted: decidable(transition.target()) });
    }
    if transition == Transition::DecideReturned && !payout.is_refused {
        return Err(ReviewError::NotRefusedNow(payout.lookup_answer));
    }
    if transition == Transition::DecideQueued {
        // Its id is not known where another payout has it.
        if let Some(record) = payout.provider_id.or(payout.found) {
            return Err(ReviewError::Found(record));
        }
        if payout.is_early {
            return Err(ReviewError::TooEarly(quiet));
        }
        if !payout.is_asked {
            return Err(ReviewError::NotAsked(payout.lookup_answer));
        }
    }
    Ok(payout.version)
}

/// The second person agrees: the payout moves.
async fn confirm(
    (actor, evidence): (&Actor, &str),
    mut unit: Unit,
    id: PayoutId,
    version: i32,
    transition: Transition,
) -> Result<(), Error> {
    let operation = "deciding about a payout";
    sqlx::query!(
        "update review_decision
         set confirmed_by = $3, confirmed_at = clock_timestamp(), confirmation = $4
         where payout_id = $1
             and version = $2
             and number = (
                 select max(number)
                 from review_decision latest
                 where latest.payout_id = $1 and latest.version = $2
             )",
        id.uuid(),
        version,
        actor.as_str(),
        evidence,
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(operation))?;
    sqlx::query!(
        "update attempt
         set state = 'decided_by_person', ended_at = clock_timestamp()
         where payout_id = $1 and state = 'ambiguous'",
        id.uuid(),
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(operation))?;
    // Whether it was paid after all was the question, or whether it still is.
    sqlx::query!(
        "update anomaly
         set closed_at = clock_timestamp(), closed_by = $2, explanation = left(decision.evidence, 1000)
         from review_decision decision
         where anomaly.payout_id = $1
             and (anomaly.kind = 'surfaced' or anomaly.kind in ('contradicted', 'late_call') and decision.outcome = 'returned')
             and anomaly.closed_at is null
             and decision.payout_id = $1
             and decision.confirmed_at is not null
             and decision.version = $3",
        id.uuid(),
        actor.as_str(),
        version,
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(operation))?;
    sqlx::query!(
        "update payout
         set state = $3, transition = $4, version = version + 1, reason = $6,
             state_since = clock_timestamp(),
             returned_minor = case when $3 = 'returned' then amount_minor end,
             acknowledged_by = case when $3 in ('rejected', 'returned') then $5 end,
             acknowledged_at = case when $3 in ('rejected', 'returned') then clock_timestamp() end,
             due_at = case
                 when $3 = 'rejected' and provider_id is null and not account_can_be_asked(account) then null
                 else clock_timestamp()
             end
         where id = $1 and version = $2",
        id.uuid(),
        version,
        transition.target().as_str(),
        transition.as_str(),
        actor.as_str(),
        DECIDED,
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(operation))?;
    unit.commit().await
}

fn decision(outcome: PayoutState) -> Option<Transition> {
    [
        Transition::DecideAccepted,
        Transition::DecidePaid,
        Transition::DecideRejected,
        Transition::DecideQueued,
        Transition::DecideReturned,
    ]
    .into_iter()
    .find(|transition| transition.target() == outcome)
}

/// The states in which people decide an outcome. What is sent again is parked before.
const fn decidable(outcome: PayoutState) -> &'static str {
    match outcome {
        PayoutState::Accepted => "unknown or needs_review",
        PayoutState::Paid | PayoutState::Rejected => "unknown, accepted or needs_review",
        PayoutState::Returned => "paid",
        PayoutState::Received
        | PayoutState::Invalid
        | PayoutState::Held
        | PayoutState::AwaitingApproval
        | PayoutState::Cancelled
        | PayoutState::Queued
        | PayoutState::Submitting
        | PayoutState::Unknown
        | PayoutState::NeedsReview => "needs_review",
    }
}

pub(crate) fn check_evidence(evidence: &str) -> Result<(), ReviewError> {
    if (10..=4000).contains(&evidence.chars().count()) { Ok(()) } else { Err(ReviewError::Evidence) }
}
