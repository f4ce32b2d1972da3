//! Messages that could not be read, and the refused rows of those that could.

use payrun_domain::{fault::Field, id::BatchId};

use crate::{Error, Rejection, Store, unit::Unit};

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
        let sealed =
            self.sealer.seal_bytes(b"poison_message", message.body.to_vec()).ok_or(Error::Sealed {
                column: "body",
                row: "poison_message".to_owned(),
                key_id: self.sealer.current(),
            })?;
        let mut unit = Unit::begin(&self.pool, operation).await?;
        sqlx::query!(
            "insert into poison_message (queue, reason, body_key_id, body) values ($1, $2, $3, $4)",
            message.queue,
            message.reason,
            self.sealer.current(),
            sealed,
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        unit.commit().await
    }

    /// Faults of the rows of a batch that did not become payouts, by row, a page at a time: those after `after`, which is
    /// `(0, 0)` at first and then the last page's [`RejectionPage::next`].
    pub async fn rejections(
        &self,
        batch: BatchId,
        after: (i32, i64),
        page_rows: i64,
    ) -> Result<RejectionPage, Error> {
        let rows = sqlx::query!(
            "select id, line, row_no, field, code, value_masked, reason from rejection
             where batch_id = $1 and (row_no, id) > ($2, $3) order by row_no, id limit $4",
            batch.uuid(),
            after.0,
            after.1,
            page_rows,
        )
        .fetch_all(&self.pool)
        .await
        .map_err(Error::driver("reading rejections"))?;
        let next = rows.last().map(|row| (row.row_no, row.id));
        let rejections = rows.into_iter().map(|row| Rejection {
            line: row.line,
            row: row.row_no,
            field: row.field.and_then(|name| Field::ALL.into_iter().find(|field| field.column() == name)),
            code: row.code,
            value_masked: row.value_masked,
            reason: row.reason,
        });
        Ok(RejectionPage { rejections: rejections.collect(), next })
    }
}

/// A page of faults.
#[derive(Debug, Clone)]
pub struct RejectionPage {
    /// In the order of the file.
    pub rejections: Vec<Rejection>,
    /// Where the next page begins; none at the end.
    pub next: Option<(i32, i64)>,
}
