//! Messages that could not be read, and what is wrong with the rows of those that could, and of files.

use payrun_domain::{
    fault::{Field, Severity},
    id::BatchId,
};

use crate::{Error, RowFault, Store, unit::Unit};

/// A message that cannot be read.
#[derive(Debug, Clone)]
pub struct PoisonMessage<'a> {
    /// Where it came from.
    pub queue: &'a str,
    /// What is wrong with it; never its content.
    pub reason: &'a str,
    /// As received.
    pub body: &'a [u8],
}

impl Store {
    /// Keeps a message that cannot be read, sealed, with the reason.
    pub async fn keep_poison(&self, message: &PoisonMessage<'_>) -> Result<(), Error> {
        let operation = "keeping an unreadable message";
        let sealer = self.sealer();
        let sealed = sealer.seal_bytes(b"poison_message", message.body.to_vec()).ok_or(Error::Sealed {
            column: "body",
            row: "poison_message".to_owned(),
            key_id: sealer.current(),
        })?;
        let mut unit = Unit::begin(&self.pool, operation).await?;
        sqlx::query!(
            "insert into poison_message (queue, reason, body_key_id, body) values ($1, $2, $3, $4)",
            message.queue,
            message.reason,
            sealer.current(),
            sealed,
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await
    }

    /// Faults of the rows of a batch, by row, a page at a time: those after `after`, which is `(0, 0)` at first and then the last page's [`RowFaultPage::next`].
    pub async fn row_faults(
        &self,
        batch: BatchId,
        after: (i32, i64),
        page_rows: i64,
    ) -> Result<RowFaultPage, Error> {
        let rows = sqlx::query!(
            "select id, line, row_no, severity, field, code, value_masked, reason from row_fault
             where batch_id = $1 and (row_no, id) > ($2, $3) order by row_no, id limit $4",
            batch.uuid(),
            after.0,
            after.1,
            page_rows,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading the faults of rows"))?;
        let next = rows.last().map(|row| (row.row_no, row.id));
        let faults = rows.into_iter().map(|row| RowFault {
            line: row.line,
            row: row.row_no,
            severity: if row.severity == Severity::Warning.word() {
                Severity::Warning
            } else {
                Severity::Error
            },
            field: row.field.and_then(|name| Field::ALL.into_iter().find(|field| field.column() == name)),
            code: row.code,
            value_masked: row.value_masked,
            reason: row.reason,
        });
        Ok(RowFaultPage { faults: faults.collect(), next })
    }
}

/// A page of faults.
#[derive(Debug, Clone)]
pub struct RowFaultPage {
    /// In the order of the file.
    pub faults: Vec<RowFault>,
    /// Where the next page begins; none at the end.
    pub next: Option<(i32, i64)>,
}
