//! Rejected and returned payouts that are issued again.

use std::collections::HashMap;

use payrun_domain::{
    fault::Field,
    id::{BatchId, PayoutId},
    name::Actor,
};
use ring::digest::{SHA256, digest};
use uuid::Uuid;

use crate::{
    Error, ReviewError, RiskFlag, Store,
    batch::risk_flag,
    payout::beneficiary::{self, SealedBeneficiary},
    payout::sealed_order::SealedOrder,
    people::review::check_evidence,
    state,
    unit::Unit,
};

/// A payout that is issued again, and the new one that takes its place, with a reference of its
/// own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reissue {
    /// The old one; it stays as it is.
    pub old: PayoutId,
    /// The new one.
    pub new: PayoutId,
}

/// A new batch of payouts that are issued again, to be approved by another person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReissueBatch {
    /// Its id.
    pub id: BatchId,
    /// What people call it.
    pub name: String,
}

const OPERATION: &str = "issuing payouts again";

impl Store {
    /// Brings the look-up of a payout forward: what its provider says of it now. Nothing happens to
    /// one that is not looked up, or whose history left the database.
    pub async fn ask_again(&self, actor: &Actor, id: PayoutId) -> Result<(), Error> {
        let operation = "asking the provider again";
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        sqlx::query!(
            "update payout
             set due_at = clock_timestamp()
             where id = $1
                 and is_looked_up(state)
                 and exists (select from payout_event event where event.payout_id = $1)",
            id.uuid(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await
    }

    /// The payouts of a batch that were rejected with this code, and were not issued again, in the
    /// order of its rows.
    pub async fn rejected_with(&self, batch: BatchId, code: &str) -> Result<Vec<PayoutId>, Error> {
        let ids = sqlx::query_scalar!(
            "select id
             from payout
             where batch_id = $1
                 and state = 'rejected'
                 and reason = $2
                 and not exists (select from payout reissue where reissue.reissue_of = payout.id)
             order by row_no",
            batch.uuid(),
            code,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading what was rejected"))?;
        Ok(ids.into_iter().map(PayoutId::from).collect())
    }

    /// Issues rejected and returned payouts again, as one new batch: new rows, new references, one
    /// new approval. Those of which that is refused are left out, each with the reason; when all
    /// are, there is no new batch. The provider must have said of each within ten minutes that it
    /// is still refused or returned; where it cannot, and for what ended before a backup was
    /// restored, a person has `compared` them with the provider's own report, and says what it
    /// showed.
    pub async fn reissue(
        &self,
        actor: &Actor,
        batch: &ReissueBatch,
        reissues: &[Reissue],
        compared: Option<&str>,
    ) -> Result<Vec<(PayoutId, ReviewError)>, ReviewError> {
        compared.map_or(Ok(()), check_evidence)?;
        let (mut issued, mut sealed, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for reissue in reissues {
            match self.check_reissue(*reissue, compared).await {
                Ok(beneficiary) => {
                    issued.push(*reissue);
                    sealed.push(beneficiary);
                }
                Err(ReviewError::Store(error)) => return Err(error.into()),
                Err(refusal) => left.push((reissue.old, refusal)),
            }
        }
        if issued.is_empty() {
            return Ok(left);
        }
        let mut unit = Unit::begin(&self.pool, actor, OPERATION).await?;
        let sealed: Vec<&SealedBeneficiary> = sealed.iter().collect();
        insert(actor, &mut unit, batch, (&issued, &sealed), compared).await?;
        beneficiary::insert(&mut unit, &sealed).await?;
        unit.commit().await?;
        Ok(left)
    }

    /// The beneficiary, sealed for the new payout, if the old one may be issued again.
    async fn check_reissue(
        &self,
        reissue: Reissue,
        compared: Option<&str>,
    ) -> Result<SealedBeneficiary, ReviewError> {
        let id = reissue.old;
        let old = sqlx::query!(
            r#"select payout.state, payout.client_id, payout.issue, payout.reference, payout.country, payout.currency, payout.amount_minor,
                   payout.provider_id, payout.lookup_answer,
                   coalesce(payout.looked_up_at > clock_timestamp() - interval '10 minutes', false) as "is_fresh!",
                   exists (select from payout reissue where reissue.reissue_of = payout.id) as "reissued!",
                   exists (
                       select from history where proof = 'doubted' and opened_at > payout.state_since
                   ) as "restored!",
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
        .map_err(Error::driver(OPERATION))?
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
            send_date: None,
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
        let issue = (old.client_id.as_str(), old.issue.saturating_add(1));
        Ok(SealedBeneficiary::new(&sealer, reissue.new, issue, &order)?)
    }
}

/// The new batch, with the new payouts in it.
async fn insert(
    actor: &Actor,
    unit: &mut Unit,
    batch: &ReissueBatch,
    (issued, sealed): (&[Reissue], &[&SealedBeneficiary]),
    compared: Option<&str>,
) -> Result<(), Error> {
    let old: Vec<Uuid> = issued.iter().map(|reissue| reissue.old.uuid()).collect();
    let new: Vec<Uuid> = issued.iter().map(|reissue| reissue.new.uuid()).collect();
    let references: Vec<&str> = sealed.iter().map(|row| row.reference.as_str()).collect();
    let identity = digest(&SHA256, &new.iter().flat_map(|id| *id.as_bytes()).collect::<Vec<u8>>());
    sqlx::query!(
        "insert into batch (id, source, source_name, source_digest, uploaded_by)
         values ($1, 'reissue', $2, $3, $4)",
        batch.id.uuid(),
        batch.name,
        identity.as_ref(),
        actor.as_str(),
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(OPERATION))?;
    let corrected = corrected(unit, &old).await?;
    let holds: Vec<bool> = old.iter().map(|id| corrected.contains_key(id)).collect();
    sqlx::query!(
        "insert into payout (
             id, batch_id, row_no, client_id, issue, reissue_of, account, reference, country, currency,
             amount_minor, send_date, state, version, transition, reason
         )
         select issued.new, $4, issued.row_no::int, client_id, issue + 1, payout.id, account, issued.reference, country,
             currency, amount_minor, send_date, case when issued.holds then 'held' else 'awaiting_approval' end, 2,
             case when issued.holds then 'hold' else 'pass' end, case when issued.holds then coalesce($5, $7) else $5 end
         from unnest($1::uuid[], $2::uuid[], $3::text[], $6::bool[])
             with ordinality as issued (old, new, reference, holds, row_no)
         join payout on payout.id = issued.old",
        &old,
        &new,
        &references as &[&str],
        batch.id.uuid(),
        compared,
        &holds,
        RiskFlag::Repeated.code(),
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(OPERATION))?;
    hold(unit, batch.id, issued, &corrected).await?;
    sqlx::query!(
        "insert into batch_account (batch_id, account, last_row)
         select $1, account, max(row_no) from payout where batch_id = $1 group by account",
        batch.id.uuid(),
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(OPERATION))?;
    sqlx::query!(
        "update payout
         set acknowledged_by = $2, acknowledged_at = clock_timestamp()
         where id = any($1) and acknowledged_at is null",
        &old,
        actor.as_str(),
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(OPERATION))?;
    // Now it is complete, and takes no more rows.
    sqlx::query!(
        "update batch set digest = $2, accepted = $3 where id = $1",
        batch.id.uuid(),
        identity.as_ref(),
        i32::try_from(issued.len()).unwrap_or(i32::MAX),
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(OPERATION))?;
    Ok(())
}

/// Rows that came after a payout that ended unpaid, and pay the same to the same person or account:
/// somebody has corrected the row, and does not wait for it to be issued again.
async fn corrected(unit: &mut Unit, old: &[Uuid]) -> Result<HashMap<Uuid, String>, Error> {
    let rows = sqlx::query!(
        r#"select payout.id, format('row %s of batch %s', other.row_no, other.batch_id) as "place!"
           from payout
           join beneficiary on beneficiary.payout_id = payout.id
           cross join lateral (
               select later.row_no, later.batch_id
               from (
                   select payout_id
                   from beneficiary theirs
                   where theirs.person_index = beneficiary.person_index and theirs.payout_id > payout.id
                   union
                   select payout_id
                   from beneficiary theirs
                   where theirs.destination_index = beneficiary.destination_index and theirs.payout_id > payout.id
               ) same
               join payout later on later.id = same.payout_id
               where later.client_id <> payout.client_id
                   and later.currency = payout.currency
                   and later.amount_minor = payout.amount_minor
                   and not ended_unpaid(later.state)
               order by later.id
               limit 1
           ) other
           where payout.id = any($1)"#,
        old,
    )
    .fetch_all(unit.connection())
    .await
    .map_err(Error::driver(OPERATION))?;
    Ok(rows.into_iter().map(|row| (row.id, row.place)).collect())
}

/// Writes down which of the new payouts wait for another person, and what was seen.
async fn hold(
    unit: &mut Unit,
    batch: BatchId,
    issued: &[Reissue],
    corrected: &HashMap<Uuid, String>,
) -> Result<(), Error> {
    let (mut held, mut rows, mut reasons) = (Vec::new(), Vec::new(), Vec::new());
    for (row, reissue) in (1_i32..).zip(issued) {
        if let Some(place) = corrected.get(&reissue.old.uuid()) {
            held.push((reissue.new.uuid(), RiskFlag::Repeated));
            rows.push(row);
            reasons.push(format!(
                "the same amount goes to the same person or account by {place}, which came since"
            ));
        }
    }
    risk_flag::hold(unit, &held).await?;
    sqlx::query!(
        "insert into row_fault (batch_id, line, row_no, severity, field, code, reason)
         select $1, row_no, row_no, 'warning', $4, $5, reason
         from unnest($2::int[], $3::text[]) as fault (row_no, reason)",
        batch.uuid(),
        &rows,
        &reasons,
        Field::Amount.column(),
        RiskFlag::Repeated.code(),
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver(OPERATION))?;
    Ok(())
}
