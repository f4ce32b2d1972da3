//! T21 and new issues: what two people decide, with evidence.

use payrun_domain::{
    id::{BatchId, PayoutId},
    name::Actor,
    payout::{PayoutState, Transition},
    reference::Reference,
};
use ring::digest::{SHA256, digest};

use crate::{
    Error, Store,
    payout::beneficiary::{self, SealedBeneficiary},
    payout::sealed_order::SealedOrder,
    state,
    unit::Unit,
};

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Written down; another person must say the same.
    Proposed,
    /// Two people agree; the payout has moved.
    Confirmed,
}

/// A payout that was issued again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reissued {
    /// The new batch, to be approved by another person.
    pub batch: BatchId,
    /// The new payout, with a reference of its own.
    pub payout: PayoutId,
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
    /// Two people, two opinions.
    #[error("{proposed_by} proposed `{outcome}`; agree with that, or settle it between you")]
    Disagrees {
        /// Who was first.
        proposed_by: Actor,
        /// What they said.
        outcome: PayoutState,
    },
    /// It is at the provider, as its record there shows.
    #[error(
        "the provider has a record of this payout ({0}), so it is never sent again: decide accepted, paid or rejected"
    )]
    Found(String),
    /// None that people decide.
    #[error("a decision is one of accepted, paid, rejected, queued")]
    Outcome,
    /// Too little to convince an auditor.
    #[error("the evidence must have 10 to 4000 characters: say what the provider or bank showed, and where")]
    Evidence,
    /// It may have been issued again already, where this database does not know of it.
    #[error(
        "a backup was restored after this payout was {0}, and since the backup it may have been issued again: compare with the provider's own \
         report, then repeat this with --compared"
    )]
    Restored(PayoutState),
    /// The provider may have paid it after all.
    #[error(
        "the payout has an open anomaly (`payrun payout show`): explain it first, or it may be paid twice"
    )]
    Contested,
    /// Once is enough.
    #[error("the payout was issued again already")]
    Reissued,
    /// The database.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Store {
    /// T21: proposes or confirms what became of a payout that is unknown, accepted or needs review.
    /// `evidence` is for the auditor, without personal data.
    pub async fn decide(
        &self,
        actor: &Actor,
        id: PayoutId,
        outcome: PayoutState,
        evidence: &str,
    ) -> Result<Decision, ReviewError> {
        let operation = "deciding about a payout";
        let transition = decision(outcome).ok_or(ReviewError::Outcome)?;
        if !(10..=4000).contains(&evidence.chars().count()) {
            return Err(ReviewError::Evidence);
        }
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        let payout = sqlx::query!(
            "select state, version, provider_id from payout where id = $1 for update",
            id.uuid()
        )
        .fetch_optional(unit.connection())
        .await
        .map_err(Error::driver(operation))?
        .ok_or(ReviewError::NotFound(id))?;
        let state = state::payout_state(&payout.state, id)?;
        if state.apply(transition).is_err() {
            return Err(ReviewError::State { state, wanted: decidable(outcome) });
        }
        if let Some(provider_id) = payout.provider_id.filter(|_| outcome == PayoutState::Queued) {
            return Err(ReviewError::Found(provider_id));
        }
        let proposal = sqlx::query!(
            "select outcome, proposed_by from review_decision where payout_id = $1 and version = $2",
            id.uuid(),
            payout.version,
        )
        .fetch_optional(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let Some(proposal) = proposal else {
            sqlx::query!(
                "insert into review_decision (payout_id, version, outcome, evidence, proposed_by)
                 values ($1, $2, $3, $4, $5)",
                id.uuid(),
                payout.version,
                outcome.as_str(),
                evidence,
                actor.as_str(),
            )
            .execute(unit.connection())
            .await
            .map_err(Error::driver(operation))?;
            unit.commit().await?;
            return Ok(Decision::Proposed);
        };
        let proposed_by = state::actor(&proposal.proposed_by, ("review_decision", "proposed_by"), id)?;
        if proposed_by == *actor {
            return Err(ReviewError::NeedsAnother(proposed_by));
        }
        let proposed =
            state::known(PayoutState::parse(&proposal.outcome), ("review_decision", "outcome"), id)?;
        if proposed != outcome {
            return Err(ReviewError::Disagrees { proposed_by, outcome: proposed });
        }
        confirm(actor, unit, id, payout.version, transition).await?;
        Ok(Decision::Confirmed)
    }

    /// Issues a rejected or returned payout again: a new row, a new reference, a new approval. The
    /// old row stays as it is. What ended before a backup was restored is issued again only if a
    /// person has `compared` it with what the provider says.
    pub async fn reissue(
        &self,
        actor: &Actor,
        id: PayoutId,
        new: Reissued,
        compared: bool,
    ) -> Result<(), ReviewError> {
        let operation = "issuing a payout again";
        let old = sqlx::query!(
            r#"select payout.state, payout.reference, payout.country, payout.currency, payout.amount_minor,
                   payout.reissue_of,
                   exists (select from payout reissue where reissue.reissue_of = payout.id) as "reissued!",
                   exists (select from restore_event where restored_at > payout.state_since) as "restored!",
                   exists (
                       select from anomaly where anomaly.payout_id = payout.id and anomaly.closed_at is null
                   ) as "is_contested!",
                   beneficiary.key_id, beneficiary.name, beneficiary.document, beneficiary.destination,
                   beneficiary.contact, beneficiary.description
               from payout
               join beneficiary on beneficiary.payout_id = payout.id
               where payout.id = $1"#,
            id.uuid(),
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(Error::driver(operation))?
        .ok_or(ReviewError::NotFound(id))?;
        let state = state::payout_state(&old.state, id)?;
        if !state.can_be_reissued() {
            return Err(ReviewError::State { state, wanted: "rejected or returned" });
        }
        if old.reissued {
            return Err(ReviewError::Reissued);
        }
        if old.is_contested {
            return Err(ReviewError::Contested);
        }
        if old.restored && !compared {
            return Err(ReviewError::Restored(state));
        }
        let sealed = SealedOrder {
            payout: id,
            reference: &old.reference,
            country: &old.country,
            currency: &old.currency,
            amount_minor: old.amount_minor,
            provider_id: None,
            key_id: old.key_id,
            name: &old.name,
            document: &old.document,
            destination: &old.destination,
            contact: &old.contact,
            description: &old.description,
        };
        let sealer = self.sealer();
        let order = sealed.open(&sealer)?;
        let sealed = SealedBeneficiary::new(&sealer, new.payout, &order)?;
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        self.insert_reissue(actor, &mut unit, id, new).await?;
        beneficiary::insert(&mut unit, &[&sealed]).await?;
        Ok(unit.commit().await?)
    }

    async fn insert_reissue(
        &self,
        actor: &Actor,
        unit: &mut Unit,
        old: PayoutId,
        new: Reissued,
    ) -> Result<(), Error> {
        let operation = "issuing a payout again";
        let identity = digest(&SHA256, new.payout.uuid().as_bytes());
        let reference = Reference::of(new.payout);
        sqlx::query!(
            "insert into batch (id, source, source_name, source_digest, uploaded_by)
             values ($1, 'reissue', $2, $3, $4)",
            new.batch.uuid(),
            format!("reissue of {old}"),
            identity.as_ref(),
            actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        sqlx::query!(
            "insert into payout (id, batch_id, row_no, client_id, issue, reissue_of, account, reference, country, currency, amount_minor, state, version, transition)
             select $2, $3, 1, client_id, issue + 1, id, account, $4, country, currency, amount_minor,
                 'awaiting_approval', 2, 'pass'
             from payout
             where id = $1",
            old.uuid(),
            new.payout.uuid(),
            new.batch.uuid(),
            reference.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        // Now it is complete, and takes no more rows.
        sqlx::query!(
            "update batch set digest = $2, accepted = 1 where id = $1",
            new.batch.uuid(),
            identity.as_ref(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        Ok(())
    }
}

/// The second person agrees: the payout moves.
async fn confirm(
    actor: &Actor,
    mut unit: Unit,
    id: PayoutId,
    version: i32,
    transition: Transition,
) -> Result<(), Error> {
    let operation = "deciding about a payout";
    sqlx::query!(
        "update review_decision
         set confirmed_by = $3, confirmed_at = clock_timestamp()
         where payout_id = $1 and version = $2",
        id.uuid(),
        version,
        actor.as_str(),
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
    sqlx::query!(
        "update payout
         set state = $3, transition = $4, version = version + 1, reason = 'decided',
             state_since = clock_timestamp(),
             due_at = case when $3 = 'rejected' and provider_id is null then null else clock_timestamp() end
         where id = $1 and version = $2",
        id.uuid(),
        version,
        transition.target().as_str(),
        transition.as_str(),
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(operation))?;
    unit.commit().await
}

fn decision(outcome: PayoutState) -> Option<Transition> {
    [Transition::DecideAccepted, Transition::DecidePaid, Transition::DecideRejected, Transition::DecideQueued]
        .into_iter()
        .find(|transition| transition.target() == outcome)
}

/// The states in which people decide an outcome. What is sent again is parked before.
const fn decidable(outcome: PayoutState) -> &'static str {
    match outcome {
        PayoutState::Accepted => "unknown or needs_review",
        PayoutState::Paid | PayoutState::Rejected => "unknown, accepted or needs_review",
        PayoutState::Received
        | PayoutState::Invalid
        | PayoutState::Held
        | PayoutState::AwaitingApproval
        | PayoutState::Cancelled
        | PayoutState::Queued
        | PayoutState::Submitting
        | PayoutState::Unknown
        | PayoutState::NeedsReview
        | PayoutState::Returned => "needs_review",
    }
}
