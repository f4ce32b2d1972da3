//! T1, T4: rows come in. A batch is wholly there or not at all: one transaction from the first row
//! to the last.

use std::{
    collections::{BTreeMap, HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use payrun_domain::{
    fault::{Field, Severity},
    id::BatchId,
    name::{AccountName, Actor},
};
use ring::digest;
use uuid::Uuid;

use crate::{
    ApproveError, BatchSummary, Error, HoldPolicy, NewBatch, NewPayout, RiskFlag, RowFault, Sealer, Store,
    batch::risk_flag::{self, AcceptedRow, History},
    payout::beneficiary::{self, SealedBeneficiary},
    unit::Unit,
};

/// The answer to an import that begins.
pub enum ImportStart {
    /// It is new; give it its rows.
    New(Box<Import>),
    /// The same file or message was taken before; nothing new was made.
    Same(Box<BatchSummary>),
}

/// What was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// Which batch.
    pub batch: BatchId,
    /// Rows that became payouts.
    pub accepted: i32,
    /// Rows that did not.
    pub rejected: i32,
    /// Payouts that wait until another person than the uploader has looked at them.
    pub held: i32,
    /// SHA-256 over the accepted rows, for the approver.
    pub digest: [u8; 32],
}

/// A batch being read. Dropped without `finish`, nothing of it remains.
pub struct Import {
    store: Store,
    unit: Unit,
    batch: BatchId,
    accepted: i32,
    rejected: i32,
    held: i32,
    holds: HoldPolicy,
    history: History,
    last_rejected_row: i32,
    digest: digest::Context,
    /// The last row of each account.
    last_rows: BTreeMap<AccountName, i32>,
}

const OPERATION: &str = "importing rows";

impl Store {
    /// Opens a batch, unless the same file or message was taken before. Waits for a concurrent
    /// import of the same.
    pub async fn import(&self, actor: &Actor, new: &NewBatch) -> Result<ImportStart, Error> {
        let mut unit = Unit::begin(&self.pool, actor, OPERATION).await?;
        // An import of the same file or the same client ids waits until the other one is through,
        // however many rows it has.
        for patience in ["set local lock_timeout = '30min'", "set local statement_timeout = '30min'"] {
            sqlx::query(patience).execute(unit.connection()).await.map_err(Error::driver(OPERATION))?;
        }
        let source = new.source.as_str();
        let inserted = sqlx::query!(
            "insert into batch (id, source, source_name, source_digest, uploaded_by)
             values ($1, $2, $3, $4, $5)
             on conflict do nothing",
            new.id.uuid(),
            source,
            new.source_name,
            &new.source_digest[..],
            actor.as_str(),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(OPERATION))?;
        if inserted.rows_affected() == 1 {
            let history = History::read(&mut unit, new.id, &new.holds).await?;
            return Ok(ImportStart::New(Box::new(Import {
                store: self.clone(),
                unit,
                batch: new.id,
                accepted: 0,
                rejected: 0,
                held: 0,
                holds: new.holds.clone(),
                history,
                last_rejected_row: 0,
                digest: digest::Context::new(&digest::SHA256),
                last_rows: BTreeMap::new(),
            })));
        }
        drop(unit);
        let id = sqlx::query_scalar!(
            "select id
             from batch
             where source = $1 and case source when 'file' then source_digest = $2 else source_name = $3 end",
            source,
            &new.source_digest[..],
            new.source_name,
        )
        .fetch_one(&self.pool)
        .await
        .map_err(Error::driver(OPERATION))?;
        match self.batch(id.into()).await {
            Ok(summary) => Ok(ImportStart::Same(Box::new(summary))),
            Err(ApproveError::Store(error)) => Err(error),
            Err(_) => Err(crate::state::unknown("batch", "id", id)),
        }
    }
}

impl Import {
    /// Stores valid rows and the faults of all, a few thousand at a time, in the order of the file.
    /// A row whose client id exists already is not stored. That, and what earlier payments make
    /// of the others, is stored as faults and returned.
    ///
    /// Waits for another import that is storing one of the client ids, and fails when that one is
    /// through: nothing is stored, and the rows may come again.
    pub async fn rows(&mut self, payouts: &[NewPayout], faults: &[RowFault]) -> Result<Vec<RowFault>, Error> {
        let sealed = self.sealer().beneficiaries(payouts)?;
        self.sealed_rows(payouts, &sealed, faults).await
    }

    /// Seals the rows of this import.
    pub fn sealer(&self) -> Arc<Sealer> {
        self.store.sealer()
    }

    /// As [`Import::rows`], of rows whose beneficiaries are sealed already, in the same order.
    pub async fn sealed_rows(
        &mut self,
        payouts: &[NewPayout],
        sealed: &[SealedBeneficiary],
        faults: &[RowFault],
    ) -> Result<Vec<RowFault>, Error> {
        let doubles = self.doubles(payouts).await?;
        let double_rows: HashSet<i32> = doubles.iter().map(|fault| fault.row).collect();
        let accepted: Vec<AcceptedRow<'_>> = payouts
            .iter()
            .zip(sealed)
            .map(|(payout, sealed)| AcceptedRow { payout, sealed })
            .filter(|row| !double_rows.contains(&row.payout.row))
            .collect();
        let mut found = if self.history.is_empty() {
            Vec::new()
        } else {
            risk_flag::flags(&mut self.unit, self.batch, &self.holds, &self.history, &accepted).await?
        };
        let held = self.held(&accepted, faults.iter().chain(&found));
        self.insert_payouts(&accepted, &held).await?;
        let beneficiaries: Vec<_> = accepted.iter().map(|row| row.sealed).collect();
        let (digest, last_rows) = (&mut self.digest, &mut self.last_rows);
        let approved = async {
            for row in &accepted {
                add_to_digest(digest, row.payout);
                // In the order of the file: the last one stays.
                match last_rows.get_mut(&row.payout.account) {
                    Some(last) => *last = row.payout.row,
                    None => drop(last_rows.insert(row.payout.account.clone(), row.payout.row)),
                }
            }
        };
        // While the database writes these.
        let (inserted, ()) = tokio::join!(beneficiary::insert(&mut self.unit, &beneficiaries), approved);
        inserted?;
        risk_flag::hold(&mut self.unit, &held).await?;
        self.held = self.held.saturating_add(distinct(&held));
        self.accepted = self.accepted.saturating_add(i32::try_from(accepted.len()).unwrap_or(i32::MAX));
        found.extend(doubles);
        self.insert_faults(faults).await?;
        self.insert_faults(&found).await?;
        Ok(found)
    }

    /// Which rows are held, and why.
    fn held<'a>(
        &self,
        accepted: &[AcceptedRow<'_>],
        faults: impl Iterator<Item = &'a RowFault>,
    ) -> Vec<(Uuid, RiskFlag)> {
        let ids: HashMap<i32, Uuid> =
            accepted.iter().map(|row| (row.payout.row, row.payout.id.uuid())).collect();
        let mut held: Vec<(Uuid, RiskFlag)> = faults
            .filter_map(|fault| Some((*ids.get(&fault.row)?, RiskFlag::of(&fault.code)?)))
            .filter(|(_, flag)| self.holds.flags.contains(flag))
            .collect();
        held.sort_unstable_by_key(|(id, flag)| (*id, flag.code()));
        held.dedup();
        held
    }

    /// Makes the batch visible, to be approved by another person than the uploader.
    ///
    /// Fails when another batch that pays the same was committed meanwhile: imported once more, the
    /// rows are compared with it.
    pub async fn finish(mut self) -> Result<Imported, Error> {
        if self.history.is_overtaken(&mut self.unit, self.batch, &self.holds).await? {
            return Err(Error::Overtaken);
        }
        let (names, last_rows): (Vec<String>, Vec<i32>) =
            self.last_rows.iter().map(|(name, row)| (name.to_string(), *row)).unzip();
        sqlx::query!(
            "insert into batch_account (batch_id, account, last_row)
             select $1, * from unnest($2::text[], $3::int[])",
            self.batch.uuid(),
            &names,
            &last_rows,
        )
        .execute(self.unit.connection())
        .await
        .map_err(Error::driver(OPERATION))?;
        let mut digest = [0; 32];
        digest.copy_from_slice(self.digest.finish().as_ref());
        sqlx::query!(
            "update batch set digest = $2, accepted = $3, rejected = $4 where id = $1",
            self.batch.uuid(),
            &digest[..],
            self.accepted,
            self.rejected,
        )
        .execute(self.unit.connection())
        .await
        .map_err(Error::driver(OPERATION))?;
        self.unit.commit().await?;
        Ok(Imported {
            batch: self.batch,
            accepted: self.accepted,
            rejected: self.rejected,
            held: self.held,
            digest,
        })
    }

    /// Fails when another batch with one of their client ids was committed since
    /// [`Import::doubles`] looked.
    ///
    /// By arrays: COPY would cost Postgres a tenth less, and take longer. Its end is a small
    /// message behind a large one, which waits 40 ms for an acknowledgement, because sqlx 0.9.0
    /// leaves Nagle's algorithm on.
    async fn insert_payouts(
        &mut self,
        accepted: &[AcceptedRow<'_>],
        held: &[(Uuid, RiskFlag)],
    ) -> Result<(), Error> {
        let first: HashMap<Uuid, RiskFlag> = held.iter().rev().copied().collect();
        let reasons: Vec<Option<&str>> =
            accepted.iter().map(|row| first.get(&row.payout.id.uuid()).map(|flag| flag.code())).collect();
        let column =
            |read: fn(&NewPayout) -> &str| accepted.iter().map(|row| read(row.payout)).collect::<Vec<&str>>();
        let ids: Vec<Uuid> = accepted.iter().map(|row| row.payout.id.uuid()).collect();
        let rows: Vec<i32> = accepted.iter().map(|row| row.payout.row).collect();
        let references: Vec<&str> = accepted.iter().map(|row| row.sealed.reference.as_str()).collect();
        let amounts: Vec<i64> = accepted.iter().map(|row| row.payout.order.amount.minor()).collect();
        let date = |row: &AcceptedRow<'_>| row.payout.order.send_date.map(|date| date.to_string());
        let dates: Vec<Option<String>> = accepted.iter().map(date).collect();
        let inserted = sqlx::query!(
            "insert into payout (batch_id, id, row_no, client_id, account, reference, country, currency, amount_minor, reason, send_date, state, version, transition)
             select $1, id, row_no, client_id, account, reference, country, currency, amount_minor, reason, send_date::date, case when reason is null then 'awaiting_approval' else 'held' end, 2,
                 case when reason is null then 'pass' else 'hold' end
             from unnest($2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[], $10::text[], $11::text[]) r (id, row_no, client_id, account, reference, country, currency, amount_minor, reason, send_date)",
            self.batch.uuid(),
            &ids,
            &rows,
            &column(|payout| &payout.client_id) as &[&str],
            &column(|payout| payout.account.as_str()) as &[&str],
            &references as &[&str],
            &column(|payout| payout.order.country.code()) as &[&str],
            &column(|payout| payout.order.amount.currency().code()) as &[&str],
            &amounts,
            &reasons as &[Option<&str>],
            &dates as &[Option<String>],
        )
        .execute(self.unit.connection())
        .await;
        match inserted {
            Ok(_) => Ok(()),
            Err(source) if Error::constraint(&source) == Some("payout_client_id_once") => {
                Err(Error::Overtaken)
            }
            Err(source) => Err(Error::driver(OPERATION)(source)),
        }
    }

    /// Rows whose client id was used before: further up in this file, or in another batch.
    async fn doubles(&mut self, payouts: &[NewPayout]) -> Result<Vec<RowFault>, Error> {
        let client_ids: Vec<&str> = payouts.iter().map(|payout| payout.client_id.as_str()).collect();
        let used = sqlx::query!(
            "select client_id, batch_id, row_no from payout where client_id = any($1) and issue = 1",
            &client_ids as &[&str],
        )
        .fetch_all(self.unit.connection())
        .await
        .map_err(Error::driver(OPERATION))?;
        let mut first: HashMap<&str, (Uuid, i32)> =
            used.iter().map(|row| (row.client_id.as_str(), (row.batch_id, row.row_no))).collect();
        let mut doubles = Vec::new();
        for payout in payouts {
            match first.entry(&payout.client_id) {
                Entry::Vacant(unused) => {
                    unused.insert((self.batch.uuid(), payout.row));
                }
                Entry::Occupied(used) => {
                    let (batch, row) = *used.get();
                    doubles.push(self.double(payout, batch, row));
                }
            }
        }
        Ok(doubles)
    }

    fn double(&self, payout: &NewPayout, batch: Uuid, row: i32) -> RowFault {
        let place =
            if batch == self.batch.uuid() { "this file".to_owned() } else { format!("batch {batch}") };
        RowFault::client_id_used(payout, row, &place)
    }

    async fn insert_faults(&mut self, faults: &[RowFault]) -> Result<(), Error> {
        if faults.is_empty() {
            return Ok(());
        }
        for fault in faults.iter().filter(|fault| fault.severity == Severity::Error) {
            self.rejected = self.rejected.saturating_add(i32::from(fault.row != self.last_rejected_row));
            self.last_rejected_row = fault.row;
        }
        let lines: Vec<i64> = faults.iter().map(|fault| fault.line).collect();
        let rows: Vec<i32> = faults.iter().map(|fault| fault.row).collect();
        let severities: Vec<&str> = faults.iter().map(|fault| fault.severity.as_str()).collect();
        let fields: Vec<Option<&str>> = faults.iter().map(|fault| fault.field.map(Field::column)).collect();
        let codes: Vec<&str> = faults.iter().map(|fault| fault.code.as_str()).collect();
        let values: Vec<Option<&str>> = faults.iter().map(|fault| fault.value_masked.as_deref()).collect();
        let reasons: Vec<&str> = faults.iter().map(|fault| fault.reason.as_str()).collect();
        sqlx::query!(
            "insert into row_fault (batch_id, line, row_no, severity, field, code, value_masked, reason)
             select $1, *
             from unnest($2::bigint[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])",
            self.batch.uuid(),
            &lines,
            &rows,
            &severities as &[&str],
            &fields as &[Option<&str>],
            &codes as &[&str],
            &values as &[Option<&str>],
            &reasons as &[&str],
        )
        .execute(self.unit.connection())
        .await
        .map_err(Error::driver(OPERATION))?;
        Ok(())
    }
}

/// `held` is sorted by payout.
fn distinct(held: &[(Uuid, RiskFlag)]) -> i32 {
    i32::try_from(held.chunk_by(|(one, _), (next, _)| one == next).count()).unwrap_or(i32::MAX)
}

/// Everything that an approver approves of a row, each part with its length so that no two rows
/// read alike.
fn add_to_digest(digest: &mut digest::Context, payout: &NewPayout) {
    let order = &payout.order;
    let beneficiary = serde_json::to_vec(&order.beneficiary).unwrap_or_default();
    let amount = order.amount.to_string();
    let send_date = order.send_date.map(|date| date.to_string()).unwrap_or_default();
    for part in [
        payout.client_id.as_bytes(),
        payout.account.as_str().as_bytes(),
        amount.as_bytes(),
        order.country.code().as_bytes(),
        &beneficiary,
        order.description.expose().as_bytes(),
        send_date.as_bytes(),
    ] {
        digest.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part);
    }
}
