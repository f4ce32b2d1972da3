//! What is strange about a good row: it is held until somebody else than its uploader has looked at it.
//!
//! **Reads**: payout, beneficiary, by blind index. **Writes**: hold. **Invariant**: a mark changes nothing of a row but its way.

use std::collections::HashMap;

use payrun_domain::{
    beneficiary::Document,
    country::Country,
    fault::{Field, Severity},
    id::BatchId,
    order::Order,
};
use uuid::Uuid;

use crate::{Error, NewPayout, RowFault, SealedBeneficiary, Sealer, unit::Unit};

/// Strange, and not wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// Nobody was paid to this account before, though others were.
    AccountNew,
    /// The person was paid before, to another account.
    AccountChanged,
    /// The account was paid before under another name, or has two in this file.
    AccountTwoNames,
    /// Ten times what the person was ever paid, or more.
    AmountUnusual,
    /// The same amount went to the same account a few days ago.
    Repeated,
    /// Another row of the file pays the same to the same account.
    EqualRows,
    /// The row of a template that shows how to fill it in.
    ExampleRow,
    /// The file names no ids: only its content tells whether a row came before.
    ClientIdDerived,
    /// The workbook hides the row: whoever looked at the sheet did not see it.
    RowHidden,
}

/// Which rows are held, and how far back one looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holds {
    /// A row with one of these is held; the others are shown.
    pub marks: Vec<Mark>,
    /// A payment that is older is no longer the same one.
    pub repeat_days: i32,
}

impl Mark {
    /// Every mark.
    pub const ALL: [Self; 9] = [
        Self::AccountNew,
        Self::AccountChanged,
        Self::AccountTwoNames,
        Self::AmountUnusual,
        Self::Repeated,
        Self::EqualRows,
        Self::ExampleRow,
        Self::ClientIdDerived,
        Self::RowHidden,
    ];

    /// Its code, as of a fault.
    pub const fn code(self) -> &'static str {
        match self {
            Self::AccountNew => "account_new",
            Self::AccountChanged => "account_changed",
            Self::AccountTwoNames => "account_two_names",
            Self::AmountUnusual => "amount_unusual",
            Self::Repeated => "repeated",
            Self::EqualRows => "equal_rows",
            Self::ExampleRow => "example_row",
            Self::ClientIdDerived => "client_id_derived",
            Self::RowHidden => "row_hidden",
        }
    }

    /// The mark of a code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mark| mark.code() == code)
    }
}

/// A person's, an account's and a name's blind index.
pub(crate) struct Indexes {
    pub(crate) destination: Option<Vec<u8>>,
    pub(crate) person: Vec<u8>,
    pub(crate) name: Vec<u8>,
}

impl Indexes {
    pub(crate) fn of(sealer: &Sealer, order: &Order) -> Self {
        let beneficiary = &order.beneficiary;
        let destination = beneficiary.destination.canonical(order.country).map(|number| {
            let method = beneficiary.destination.method().word();
            sealer.blind_index(&format!("{}|{method}|{number}", order.country))
        });
        let name = beneficiary.name.whole().to_lowercase();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            destination,
            person: sealer.blind_index(&person(order.country, &beneficiary.document)),
            name: sealer.blind_index(&format!("name|{name}")),
        }
    }
}

/// What the blind index of a person is made of.
pub(crate) fn person(country: Country, document: &Document) -> String {
    format!("person|{country}|{}|{}", document.kind, document.number.expose())
}

const OPERATION: &str = "comparing with earlier payments";
/// A decimal mark that was lost makes ten, a hundred or a thousand of one.
const UNUSUAL_FACTOR: i64 = 10;

/// What earlier payments say of a row.
struct Past {
    account_known: bool,
    person_known: bool,
    names_differ: bool,
    most: Option<i64>,
    repeats: Option<String>,
}

/// What there is to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History {
    /// Somebody was paid before. In a first payroll every account is new, which says nothing.
    approved: bool,
    /// Batches of the last days, which may pay the same.
    recent: Vec<Uuid>,
}

impl History {
    pub(crate) async fn read(unit: &mut Unit, batch: BatchId, holds: &Holds) -> Result<Self, Error> {
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

    /// Whether a batch that was committed meanwhile pays what this one pays. From here to its commit no other import looks.
    pub(crate) async fn is_overtaken(
        &self,
        unit: &mut Unit,
        batch: BatchId,
        holds: &Holds,
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
                 select from payout o join beneficiary b on b.payout_id = o.id
                   join beneficiary m on m.destination_index = b.destination_index
                   join payout p on p.id = m.payout_id
                 where o.batch_id = any($2) and p.batch_id = $1 and p.amount_minor = o.amount_minor and p.currency = o.currency) as "exists!""#,
            batch.uuid(),
            &new,
        )
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver(OPERATION))
    }
}

/// Of the end of an import. Any number that no other lock has.
const IMPORTS_LOCK: i64 = 0x7061_7972_756e_0001;

async fn recent(unit: &mut Unit, batch: BatchId, holds: &Holds) -> Result<Vec<Uuid>, Error> {
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
pub(crate) type Kept<'a> = (&'a NewPayout, &'a SealedBeneficiary);

/// The marks of some rows, from what was paid before.
pub(crate) async fn marks(
    unit: &mut Unit,
    batch: BatchId,
    (holds, history): (&Holds, &History),
    kept: &[Kept<'_>],
) -> Result<Vec<RowFault>, Error> {
    let past = past(unit, batch, holds.repeat_days, kept).await?;
    let mut faults = Vec::new();
    for (payout, _) in kept {
        let Some(past) = past.get(&payout.id.uuid()) else { continue };
        let minor = payout.order.amount.minor();
        if let Some(place) = &past.repeats {
            let reason = format!("the same amount goes to the same account by {place}, of the last days");
            faults.push(fault(payout, Mark::Repeated, Field::Amount, reason));
        }
        if !history.approved {
            continue;
        }
        if !past.account_known && past.person_known {
            let reason = "this person was paid to another account before; ask them before it is paid";
            faults.push(fault(payout, Mark::AccountChanged, Field::BankAccount, reason));
        } else if !past.account_known && payout.order.beneficiary.destination.number().is_some() {
            let reason = "nobody was paid to this account before; make sure that it is the person's";
            faults.push(fault(payout, Mark::AccountNew, Field::BankAccount, reason));
        }
        if past.names_differ {
            let reason = "this account was paid under another name before; whose is it?";
            faults.push(fault(payout, Mark::AccountTwoNames, Field::BankAccount, reason));
        }
        if let Some(most) = past.most.filter(|most| minor >= most.saturating_mul(UNUSUAL_FACTOR)) {
            let times = minor / most.max(1);
            let reason = format!("the amount is {times} times the most that this person was ever paid");
            faults.push(fault(payout, Mark::AmountUnusual, Field::Amount, reason));
        }
    }
    Ok(faults)
}

fn fault(payout: &NewPayout, mark: Mark, field: Field, reason: impl Into<String>) -> RowFault {
    RowFault {
        line: payout.line,
        row: payout.row,
        severity: Severity::Warning,
        field: Some(field),
        code: mark.code().to_owned(),
        value_masked: None,
        reason: reason.into(),
    }
}

/// The smallest id of a payout that is no older than so many days before the batch: both begin with milliseconds.
fn oldest_id(batch: BatchId, repeat_days: i32) -> Uuid {
    const DAY_MS: u128 = 24 * 60 * 60 * 1_000;
    let ms = batch.uuid().as_u128() >> 80;
    let days = u128::try_from(repeat_days).unwrap_or(0);
    Uuid::from_u128(ms.saturating_sub(days.saturating_mul(DAY_MS)) << 80)
}

async fn past(
    unit: &mut Unit,
    batch: BatchId,
    repeat_days: i32,
    kept: &[Kept<'_>],
) -> Result<HashMap<Uuid, Past>, Error> {
    let since = oldest_id(batch, repeat_days);
    let ids: Vec<Uuid> = kept.iter().map(|(payout, _)| payout.id.uuid()).collect();
    let indexes = || kept.iter().map(|(_, sealed)| &sealed.indexes);
    let destinations: Vec<Option<&[u8]>> = indexes().map(|each| each.destination.as_deref()).collect();
    let persons: Vec<&[u8]> = indexes().map(|each| each.person.as_slice()).collect();
    let names: Vec<&[u8]> = indexes().map(|each| each.name.as_slice()).collect();
    let currencies: Vec<&str> =
        kept.iter().map(|(payout, _)| payout.order.amount.currency().code()).collect();
    let minors: Vec<i64> = kept.iter().map(|(payout, _)| payout.order.amount.minor()).collect();
    // What an account was paid is asked by existence, so that no number of other rows can hide it; only the most that a person was paid is
    // taken from the latest. Ids are ordered by time, and the index is ordered by them.
    let rows = sqlx::query!(
        r#"select a.id as "id!",
             exists (select from beneficiary b join payout o on o.id = b.payout_id
               where b.destination_index = a.destination and o.batch_id <> $7
                 and o.state not in ('received', 'held', 'awaiting_approval', 'invalid', 'cancelled', 'rejected', 'returned')) as "account_known!",
             exists (select from beneficiary b join payout o on o.id = b.payout_id
               where b.person_index = a.person and o.batch_id <> $7
                 and o.state not in ('received', 'held', 'awaiting_approval', 'invalid', 'cancelled', 'rejected', 'returned')) as "person_known!",
             exists (select from beneficiary b join payout o on o.id = b.payout_id
               where b.destination_index = a.destination and b.name_index <> a.name and o.batch_id <> $7
                 and o.state not in ('received', 'held', 'awaiting_approval', 'invalid', 'cancelled', 'rejected', 'returned')) as "names_differ!",
             (select max(h.amount_minor) from (
               select o.amount_minor from beneficiary b join payout o on o.id = b.payout_id
               where b.person_index = a.person and o.batch_id <> $7 and o.currency = a.currency
                 and o.state not in ('received', 'held', 'awaiting_approval', 'invalid', 'cancelled', 'rejected', 'returned')
               order by b.payout_id desc limit 100) h) as most,
             (select format('row %s of batch %s', o.row_no, o.batch_id)
               from beneficiary b join payout o on o.id = b.payout_id
               where b.destination_index = a.destination and b.payout_id >= $8 and o.batch_id <> $7
                 and o.amount_minor = a.minor and o.currency = a.currency
                 and o.state not in ('invalid', 'cancelled', 'rejected', 'returned')
               order by b.payout_id desc limit 1) as repeats
           from unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::text[], $6::bigint[])
             a (id, destination, person, name, currency, minor)"#,
        &ids,
        &destinations as &[Option<&[u8]>],
        &persons as &[&[u8]],
        &names as &[&[u8]],
        &currencies as &[&str],
        &minors,
        batch.uuid(),
        since,
    )
    .fetch_all(unit.connection())
    .await
    .map_err(Error::driver(OPERATION))?;
    let past = rows.into_iter().map(|row| {
        let past = Past {
            account_known: row.account_known,
            person_known: row.person_known,
            names_differ: row.names_differ,
            most: row.most,
            repeats: row.repeats,
        };
        (row.id, past)
    });
    Ok(past.collect())
}

/// Writes down why rows are held.
pub(crate) async fn hold(unit: &mut Unit, held: &[(Uuid, Mark)]) -> Result<(), Error> {
    if held.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = held.iter().map(|(id, _)| *id).collect();
    let codes: Vec<&str> = held.iter().map(|(_, mark)| mark.code()).collect();
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
