//! Rejected and returned payouts that are issued again.

use payrun_domain::{
    id::{BatchId, PayoutId},
    name::Actor,
    reference::Reference,
};
use ring::digest::{SHA256, digest};

use crate::{
    Error, ReviewError, Store,
    payout::beneficiary::{self, SealedBeneficiary},
    payout::sealed_order::SealedOrder,
    people::review::check_evidence,
    state,
    unit::Unit,
};

/// A payout that was issued again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reissued {
    /// The new batch, to be approved by another person.
    pub batch: BatchId,
    /// The new payout, with a reference of its own.
    pub payout: PayoutId,
}

impl Store {
    /// Brings the look-up of a settled payout forward: what its provider says of it now. Nothing
    /// happens to one that is not looked up.
    pub async fn ask_again(&self, actor: &Actor, id: PayoutId) -> Result<(), Error> {
        let operation = "asking the provider again";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        sqlx::query!(
            "update payout set due_at = clock_timestamp() where id = $1 and is_watched(state)",
            id.uuid(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await
    }

    /// Issues a rejected or returned payout again: a new row, a new reference, a new approval. The
    /// old row stays as it is. The provider must have said within ten minutes that it is still
    /// refused or returned; where it cannot, and for what ended before a backup was restored, a
    /// person has `compared` it with the provider's own report, and says what it showed.
    pub async fn reissue(
        &self,
        actor: &Actor,
        id: PayoutId,
        new: Reissued,
        compared: Option<&str>,
    ) -> Result<(), ReviewError> {
        let operation = "issuing a payout again";
        compared.map_or(Ok(()), check_evidence)?;
        let old = sqlx::query!(
            r#"select payout.state, payout.reference, payout.country, payout.currency, payout.amount_minor,
                   payout.provider_id, payout.lookup_answer,
                   coalesce(payout.looked_up_at > clock_timestamp() - interval '10 minutes', false) as "is_fresh!",
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
        if old.restored && compared.is_none() {
            return Err(ReviewError::Restored(state));
        }
        // Of a refusal that made no record there is none to find.
        let is_said_again = match old.lookup_answer.as_deref() {
            Some("rejected" | "returned") => old.is_fresh,
            Some("not_found") => old.is_fresh && old.provider_id.is_none(),
            Some(_) | None => false,
        };
        if !is_said_again && compared.is_none() {
            return Err(ReviewError::NotSaidAgain(old.lookup_answer));
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
        insert(actor, &mut unit, id, new, compared).await?;
        beneficiary::insert(&mut unit, &[&sealed]).await?;
        Ok(unit.commit().await?)
    }
}

/// The new batch, with the new payout alone in it.
async fn insert(
    actor: &Actor,
    unit: &mut Unit,
    old: PayoutId,
    new: Reissued,
    compared: Option<&str>,
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
        "insert into payout (
             id, batch_id, row_no, client_id, issue, reissue_of, account, reference, country, currency,
             amount_minor, state, version, transition, reason
         )
         select $2, $3, 1, client_id, issue + 1, id, account, $4, country, currency,
             amount_minor, 'awaiting_approval', 2, 'pass', $5
         from payout
         where id = $1",
        old.uuid(),
        new.payout.uuid(),
        new.batch.uuid(),
        reference.as_str(),
        compared,
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
