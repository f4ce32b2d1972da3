//! What is strange about a good row: it is held until somebody else than its uploader has looked at it.
//!
//! **Reads**: payout, beneficiary, by blind index. **Writes**: hold. **Invariant**: a mark changes nothing of a row but its way.

use std::collections::HashMap;

use payrun_domain::{
    fault::{Field, Severity},
    id::BatchId,
    order::Order,
};
use uuid::Uuid;

use crate::{Error, NewPayout, RowFault, Store, unit::Unit};

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
    pub const ALL: [Self; 8] = [
        Self::AccountNew,
        Self::AccountChanged,
        Self::AccountTwoNames,
        Self::AmountUnusual,
        Self::Repeated,
        Self::EqualRows,
        Self::ExampleRow,
        Self::ClientIdDerived,
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
    pub(crate) fn of(store: &Store, order: &Order) -> Self {
        let beneficiary = &order.beneficiary;
        let destination = beneficiary.destination.number().map(|number| {
            let method = beneficiary.destination.method().word();
            store.sealer.blind_index(&format!("{}|{method}|{}", order.country, number.expose()))
        });
        let document = &beneficiary.document;
        let person = format!("person|{}|{}|{}", order.country, document.kind, document.number.expose());
        let name = beneficiary.name.whole().to_lowercase();
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        Self {
            destination,
            person: store.sealer.blind_index(&person),
            name: store.sealer.blind_index(&format!("name|{name}")),
        }
    }
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

/// Whether anybody was ever paid. In a first payroll every account is new, which says nothing.
pub(crate) async fn has_history(unit: &mut Unit, batch: BatchId) -> Result<bool, Error> {
    sqlx::query_scalar!(
        r#"select exists (select from batch where approved_at is not null and id <> $1) as "exists!""#,
        batch.uuid(),
    )
    .fetch_one(unit.connection())
    .await
    .map_err(Error::driver(OPERATION))
}

/// The marks of some rows, from what was paid before; `indexes` are theirs, in the same order.
pub(crate) async fn marks(
    unit: &mut Unit,
    batch: BatchId,
    holds: &Holds,
    payouts: &[NewPayout],
    indexes: &[Indexes],
) -> Result<Vec<RowFault>, Error> {
    let past = past(unit, batch, holds.repeat_days, payouts, indexes).await?;
    let mut faults = Vec::new();
    for payout in payouts {
        let Some(past) = past.get(&payout.id.uuid()) else { continue };
        let minor = payout.order.amount.minor();
        if let Some(place) = &past.repeats {
            let reason = format!("the same amount went to the same account a few days ago: {place}");
            faults.push(fault(payout, Mark::Repeated, Field::Amount, reason));
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

async fn past(
    unit: &mut Unit,
    batch: BatchId,
    repeat_days: i32,
    payouts: &[NewPayout],
    indexes: &[Indexes],
) -> Result<HashMap<Uuid, Past>, Error> {
    let ids: Vec<Uuid> = payouts.iter().map(|payout| payout.id.uuid()).collect();
    let destinations: Vec<Option<&[u8]>> = indexes.iter().map(|each| each.destination.as_deref()).collect();
    let persons: Vec<&[u8]> = indexes.iter().map(|each| each.person.as_slice()).collect();
    let names: Vec<&[u8]> = indexes.iter().map(|each| each.name.as_slice()).collect();
    let currencies: Vec<&str> = payouts.iter().map(|payout| payout.order.amount.currency().code()).collect();
    let minors: Vec<i64> = payouts.iter().map(|payout| payout.order.amount.minor()).collect();
    // The latest fifty payments of one account or person say enough, however many there are.
    let rows = sqlx::query!(
        r#"with asked as (
             select * from unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::text[], $6::bigint[])
               a (id, destination, person, name, currency, minor))
           select a.id as "id!", coalesce(d.known, false) as "account_known!", coalesce(w.known, false) as "person_known!",
             coalesce(d.names_differ, false) as "names_differ!", greatest(d.most, w.most) as most, d.repeats
           from asked a
           left join lateral (
             select bool_or(h.approved) as known, bool_or(h.approved and h.name_index <> a.name) as names_differ,
               max(h.amount_minor) filter (where h.approved and h.currency = a.currency) as most,
               max(format('row %s of batch %s', h.row_no, h.batch_id)) filter (where h.amount_minor = a.minor
                 and h.currency = a.currency and h.created_at > now() - make_interval(days => $8)) as repeats
             from (select o.amount_minor, o.currency, o.row_no, o.batch_id, o.created_at, b.name_index,
                 o.state not in ('held', 'awaiting_approval') as approved
               from beneficiary b join payout o on o.id = b.payout_id
               where b.destination_index = a.destination and o.batch_id <> $7
                 and o.state not in ('received', 'invalid', 'cancelled', 'rejected', 'returned')
               order by b.payout_id desc limit 50) h) d on true
           left join lateral (
             select bool_or(true) as known, max(h.amount_minor) filter (where h.currency = a.currency) as most
             from (select o.amount_minor, o.currency
               from beneficiary b join payout o on o.id = b.payout_id
               where b.person_index = a.person and o.batch_id <> $7
                 and o.state not in ('received', 'held', 'awaiting_approval', 'invalid', 'cancelled', 'rejected', 'returned')
               order by b.payout_id desc limit 50) h) w on true"#,
        &ids,
        &destinations as &[Option<&[u8]>],
        &persons as &[&[u8]],
        &names as &[&[u8]],
        &currencies as &[&str],
        &minors,
        batch.uuid(),
        repeat_days,
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
