//! What is unusual about a good row: it is held until another person than its uploader has looked
//! at it.
//!
//! **Reads**: payout, beneficiary, by blind index. **Writes**: hold. **Invariant**: a flag changes
//! nothing of a row but its way.

use std::collections::HashMap;

use payrun_domain::{
    fault::{Field, Severity},
    id::BatchId,
    money::Money,
};
use uuid::Uuid;

use crate::{Error, HoldPolicy, NewPayout, RiskFlag, RowFault, SealedBeneficiary, unit::Unit};

const OPERATION: &str = "comparing with earlier payments";
/// A decimal mark that was lost makes ten, a hundred or a thousand of one.
const UNUSUAL_FACTOR: i64 = 10;

/// What earlier payments say of a row.
struct PaymentHistory {
    /// The payout that is compared.
    id: Uuid,
    account_known: bool,
    person_known: bool,
    names_differ: bool,
    most: Option<i64>,
    repeats: Option<String>,
    person_repeats: Option<String>,
}

/// What there is to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History {
    /// A payment was approved before. In a first payroll every account is new, which says nothing.
    approved: bool,
    /// Batches of the last days, which may pay the same.
    recent: Vec<Uuid>,
}

impl History {
    pub(crate) async fn read(unit: &mut Unit, batch: BatchId, holds: &HoldPolicy) -> Result<Self, Error> {
        let approved = sqlx::query_scalar!(
            r#"select exists (select from batch where approved_at is not null and id <> $1) as "exists!""#,
            batch.uuid(),
        )
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver(OPERATION))?;
        Ok(Self { approved, recent: recent(unit, batch, holds).await? })
    }

    pub(crate) const fn is_empty(&self) -> bool {
        !self.approved && self.recent.is_empty()
    }

    /// Whether a batch that was committed meanwhile pays what this one pays. From here to its
    /// commit no other import looks.
    pub(crate) async fn is_overtaken(
        &self,
        unit: &mut Unit,
        batch: BatchId,
        holds: &HoldPolicy,
    ) -> Result<bool, Error> {
        sqlx::query!("select pg_advisory_xact_lock($1)", IMPORTS_LOCK)
            .fetch_one(unit.connection())
            .await
            .map_err(Error::driver(OPERATION))?;
        let mut new = recent(unit, batch, holds).await?;
        new.retain(|other| !self.recent.contains(other));
        if new.is_empty() {
            return Ok(false);
        }
        sqlx::query_scalar!(
            r#"select exists (
                       select
                       from payout other
                       join beneficiary theirs on theirs.payout_id = other.id
                       join beneficiary ours on ours.destination_index = theirs.destination_index
                       join payout on payout.id = ours.payout_id
                       where other.batch_id = any($2)
                           and payout.batch_id = $1
                           and payout.amount_minor = other.amount_minor
                           and payout.currency = other.currency
                   ) as "exists!""#,
            batch.uuid(),
            &new,
        )
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver(OPERATION))
    }
}

/// The lock of the end of an import: any number that no other lock has.
const IMPORTS_LOCK: i64 = 0x7061_7972_756e_0001;

async fn recent(unit: &mut Unit, batch: BatchId, holds: &HoldPolicy) -> Result<Vec<Uuid>, Error> {
    sqlx::query_scalar!(
        "select id from batch where id >= $2 and id <> $1 and digest is not null",
        batch.uuid(),
        oldest_id(batch, holds.repeat_days),
    )
    .fetch_all(unit.connection())
    .await
    .map_err(Error::driver(OPERATION))
}

/// A row to be stored, and its beneficiary.
#[derive(Clone, Copy)]
pub(crate) struct AcceptedRow<'a> {
    pub(crate) payout: &'a NewPayout,
    pub(crate) sealed: &'a SealedBeneficiary,
}

/// The flags of some rows, from what was paid before.
pub(crate) async fn flags(
    unit: &mut Unit,
    batch: BatchId,
    holds: &HoldPolicy,
    history: &History,
    accepted: &[AcceptedRow<'_>],
) -> Result<Vec<RowFault>, Error> {
    let past = payment_history(unit, batch, holds.repeat_days, accepted).await?;
    let mut faults = Vec::new();
    for AcceptedRow { payout, .. } in accepted {
        let Some(past) = past.get(&payout.id.uuid()) else { continue };
        let minor = payout.order.amount.minor();
        if let Some(place) = &past.repeats {
            let reason = format!("the same amount goes to the same account by {place}, of the last days");
            faults.push(fault(payout, RiskFlag::Repeated, Field::Amount, reason));
        } else if let Some(place) = &past.person_repeats {
            let reason =
                format!("the same amount goes to the same person, elsewhere, by {place}, of the last days");
            faults.push(fault(payout, RiskFlag::Repeated, Field::Amount, reason));
        }
        if !history.approved {
            continue;
        }
        if !past.account_known && past.person_known {
            let reason = "this person was paid to another account before; ask them before it is paid";
            faults.push(fault(payout, RiskFlag::AccountChanged, Field::BankAccount, reason));
        } else if !past.account_known && payout.order.beneficiary.destination.number().is_some() {
            let reason = "no payout went to this account before; make sure that it is the person's";
            faults.push(fault(payout, RiskFlag::AccountNew, Field::BankAccount, reason));
        }
        if past.names_differ {
            let reason = "this account was paid under another name before; whose is it?";
            faults.push(fault(payout, RiskFlag::AccountTwoNames, Field::BankAccount, reason));
        }
        if let Some(most) = past.most.filter(|most| minor >= most.saturating_mul(UNUSUAL_FACTOR)) {
            let times = minor / most.max(1);
            let reason = format!("the amount is {times} times the most that this person was ever paid");
            faults.push(fault(payout, RiskFlag::AmountUnusual, Field::Amount, reason));
        }
    }
    Ok(faults)
}

fn fault(payout: &NewPayout, flag: RiskFlag, field: Field, reason: impl Into<String>) -> RowFault {
    RowFault {
        line: payout.line,
        row: payout.row,
        severity: Severity::Warning,
        field: Some(field),
        code: flag.code().to_owned(),
        value_masked: None,
        reason: reason.into(),
    }
}

/// The smallest id of a payout that is no older than so many days before the batch: both begin with
/// milliseconds.
fn oldest_id(batch: BatchId, repeat_days: i32) -> Uuid {
    const DAY_MS: u128 = 24 * 60 * 60 * 1_000;
    let ms = batch.uuid().as_u128() >> 80;
    let days = u128::try_from(repeat_days).unwrap_or(0);
    Uuid::from_u128(ms.saturating_sub(days.saturating_mul(DAY_MS)) << 80)
}

async fn payment_history(
    unit: &mut Unit,
    batch: BatchId,
    repeat_days: i32,
    accepted: &[AcceptedRow<'_>],
) -> Result<HashMap<Uuid, PaymentHistory>, Error> {
    let columns = Columns::of(accepted);
    // What an account was paid is asked by existence, so that no number of other rows can hide it;
    // only the most that a person was paid is taken from the latest. Ids are ordered by time, and
    // the index is ordered by them.
    let rows = sqlx::query_file_as!(
        PaymentHistory,
        "src/batch/payment_history.sql",
        &columns.ids,
        &columns.destinations as &[Option<&[u8]>],
        &columns.persons as &[&[u8]],
        &columns.names as &[&[u8]],
        &columns.currencies as &[&str],
        &columns.minors,
        batch.uuid(),
        oldest_id(batch, repeat_days),
    );
    let rows = rows.fetch_all(unit.connection()).await.map_err(Error::driver(OPERATION))?;
    Ok(rows.into_iter().map(|past| (past.id, past)).collect())
}

/// The rows, turned on their side for `unnest`.
struct Columns<'a> {
    ids: Vec<Uuid>,
    destinations: Vec<Option<&'a [u8]>>,
    persons: Vec<&'a [u8]>,
    names: Vec<&'a [u8]>,
    currencies: Vec<&'static str>,
    minors: Vec<i64>,
}

impl<'a> Columns<'a> {
    fn of(accepted: &[AcceptedRow<'a>]) -> Self {
        let indexes = || accepted.iter().map(|row| &row.sealed.indexes);
        let amounts = || accepted.iter().map(|row| row.payout.order.amount);
        Self {
            ids: accepted.iter().map(|row| row.payout.id.uuid()).collect(),
            destinations: indexes().map(|each| each.destination.as_deref()).collect(),
            persons: indexes().map(|each| each.person.as_slice()).collect(),
            names: indexes().map(|each| each.name.as_slice()).collect(),
            currencies: amounts().map(|amount| amount.currency().code()).collect(),
            minors: amounts().map(Money::minor).collect(),
        }
    }
}

/// Writes down why rows are held.
pub(crate) async fn hold(unit: &mut Unit, held: &[(Uuid, RiskFlag)]) -> Result<(), Error> {
    if held.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = held.iter().map(|(id, _)| *id).collect();
    let codes: Vec<&str> = held.iter().map(|(_, flag)| flag.code()).collect();
    sqlx::query!(
        "insert into hold (payout_id, code) select * from unnest($1::uuid[], $2::text[])",
        &ids,
        &codes as &[&str],
    )
    .execute(unit.connection())
    .await
    .map_err(Error::driver("holding rows"))?;
    Ok(())
}
