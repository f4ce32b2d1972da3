//! Messages that could not be read, and what is wrong with the rows of those that could, and of
//! files.

use payrun_domain::{
    fault::{Field, Severity},
    id::BatchId,
    name::Actor,
};

use crate::{Error, RowFault, Store, state, unit::Unit};

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

/// What a body is sealed for.
const CONTEXT: &[u8] = b"poison_message";

impl Store {
    /// Keeps a message that cannot be read, sealed, with the reason; by which number it is found
    /// again.
    pub async fn keep_poison(&self, actor: &Actor, message: &PoisonMessage<'_>) -> Result<i64, Error> {
        let operation = "keeping an unreadable message";
        let sealer = self.sealer();
        let sealed = sealer.seal_bytes(CONTEXT, message.body).ok_or(Error::Sealed {
            column: "body",
            row: "poison_message".to_owned(),
            key_id: sealer.current(),
        })?;
        let mut unit = Unit::begin(&self.pool, actor, operation).await?;
        let number = sqlx::query_scalar!(
            "insert into poison_message (queue, reason, body_key_id, body)
             values ($1, $2, $3, $4)
             returning id",
            message.queue,
            message.reason,
            sealer.current(),
            sealed,
        )
        .fetch_one(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await?;
        Ok(number)
    }

    /// The body of a message that could not be read: personal data, for the person who must look.
    /// None when there is no such message, or when it was forgotten.
    pub async fn poison(&self, number: i64) -> Result<Option<Vec<u8>>, Error> {
        let found = sqlx::query!(
            "select body, body_key_id from poison_message where id = $1 and body_key_id <> 0",
            number
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(Error::driver("reading an unreadable message"))?;
        let Some(row) = found else { return Ok(None) };
        let key_id = row.body_key_id;
        let sealed = || Error::Sealed { column: "body", row: format!("poison_message {number}"), key_id };
        self.sealer().open_bytes(key_id, CONTEXT, &row.body).map(Some).ok_or_else(sealed)
    }

    /// Faults of the rows of a batch, by row, a page at a time: those after `after`, which is `(0,
    /// 0)` at first and then the last page's [`RowFaultPage::next`].
    pub async fn row_faults(
        &self,
        batch: BatchId,
        after: (i32, i64),
        page_rows: i64,
    ) -> Result<RowFaultPage, Error> {
        let rows = sqlx::query!(
            "select id, line, row_no, severity, field, code, value_masked, reason
             from row_fault
             where batch_id = $1 and (row_no, id) > ($2, $3)
             order by row_no, id
             limit $4",
            batch.uuid(),
            after.0,
            after.1,
            page_rows,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading the faults of rows"))?;
        let next = rows.last().map(|row| (row.row_no, row.id));
        let faults = rows.into_iter().map(|row| {
            Ok(RowFault {
                line: row.line,
                row: row.row_no,
                severity: state::known(Severity::parse(&row.severity), ("row_fault", "severity"), row.id)?,
                // A column that this version does not know was one of the file: the fault is of the
                // row then.
                field: row.field.and_then(|name| Field::ALL.into_iter().find(|field| field.column() == name)),
                code: row.code,
                value_masked: row.value_masked,
                reason: row.reason,
            })
        });
        Ok(RowFaultPage { faults: faults.collect::<Result<_, Error>>()?, next })
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
