//! A unit of work: begin, statements, commit, with the traps of each closed.
//!
//! **Invariant**: `commit` returns `Ok` if and only if Postgres has the transaction.

use std::time::Duration;

use payrun_telemetry::halt;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use crate::Error;

/// How long to ask what became of a COMMIT without an answer.
const RESOLVE_TRIES: u32 = 50;
const RESOLVE_PAUSE: Duration = Duration::from_millis(200);

/// An open transaction. Dropped without `commit`, it is rolled back.
pub(crate) struct Unit {
    transaction: Transaction<'static, Postgres>,
    pool: PgPool,
    operation: &'static str,
}

impl Unit {
    /// Opens a transaction in a task of its own: a `begin` that is cancelled half-way leaves the pooled connection inside a
    /// transaction, and whoever gets it next writes into the void.
    pub(crate) async fn begin(pool: &PgPool, operation: &'static str) -> Result<Self, Error> {
        let own = pool.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "must outlive a cancelled caller; it ends with the begin"
        )]
        let begun = tokio::spawn(async move { own.begin().await });
        let transaction = match begun.await {
            Ok(begun) => begun.map_err(Error::driver(operation))?,
            Err(_) => return Err(Error::Driver { operation, source: sqlx::Error::WorkerCrashed }),
        };
        Ok(Self { transaction, pool: pool.clone(), operation })
    }

    /// Where the statements go.
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }

    /// Commits. Asking for the transaction's id first fails on an aborted transaction, whose COMMIT would be answered with a
    /// silent rollback; and the id is what a lost answer is looked up by.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        let operation = self.operation;
        let xid = sqlx::query_scalar!("select pg_current_xact_id_if_assigned()::text")
            .fetch_one(&mut *self.transaction)
            .await
            .map_err(Error::driver(operation))?;
        halt::at("before commit", operation);
        let done = match (self.transaction.commit().await, xid) {
            (Ok(()), _) | (Err(_), None) => Ok(()),
            (Err(source), Some(xid)) => resolve(&self.pool, operation, &xid, source).await,
        };
        halt::at("after commit", operation);
        done
    }
}

async fn resolve(
    pool: &PgPool,
    operation: &'static str,
    xid: &str,
    source: sqlx::Error,
) -> Result<(), Error> {
    for _ in 0..RESOLVE_TRIES {
        let status = sqlx::query_scalar!("select pg_xact_status($1::text::xid8)", xid).fetch_one(pool).await;
        match status.ok().flatten().as_deref() {
            Some("committed") => return Ok(()),
            Some("aborted") => return Err(Error::Driver { operation, source }),
            Some(_) | None => tokio::time::sleep(RESOLVE_PAUSE).await,
        }
    }
    Err(Error::CommitUnknown { operation, source })
}
