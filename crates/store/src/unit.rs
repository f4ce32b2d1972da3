//! A unit of work: begin, statements, commit, with the traps of each closed.
//!
//! **Invariant**: `commit` returns `Ok` if and only if Postgres has the transaction.

use std::time::Duration;

use jiff_sqlx::Timestamp;
use payrun_domain::name::Actor;
use payrun_telemetry::failpoint;
use sqlx::{AssertSqlSafe, PgConnection, PgPool, Postgres, Transaction};

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
    /// Opens a transaction in a task of its own: a `begin` that is cancelled half-way leaves the
    /// pooled connection inside a transaction, and its next user writes into the void.
    ///
    /// The guard learns here who acts. One message to Postgres does both, so that to act for many
    /// costs no more than to act for one.
    pub(crate) async fn begin(pool: &PgPool, actor: &Actor, operation: &'static str) -> Result<Self, Error> {
        // `set` takes no parameters; an actor has no character that ends a quoted text.
        Self::begin_with(pool, format!("begin; set local payrun.actor = '{actor}'"), operation).await
    }

    /// As [`Unit::begin`], for statements that change nothing: Postgres refuses those
    /// that would.
    pub(crate) async fn begin_reading(pool: &PgPool, operation: &'static str) -> Result<Self, Error> {
        Self::begin_with(pool, "begin read only".to_owned(), operation).await
    }

    async fn begin_with(pool: &PgPool, statement: String, operation: &'static str) -> Result<Self, Error> {
        let own = pool.clone();
        #[expect(
            clippy::disallowed_methods,
            reason = "must outlive a cancelled caller; it ends with the begin"
        )]
        let begun = tokio::spawn(async move { own.begin_with(AssertSqlSafe(statement)).await });
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

    /// Commits. Asking for the transaction's id first fails on an aborted transaction, whose COMMIT
    /// would be answered with a silent rollback; and the id is what a lost answer is looked up
    /// by.
    pub(crate) async fn commit(mut self) -> Result<(), Error> {
        let operation = self.operation;
        let stamp = Stamp::of(&mut self.transaction).await.map_err(Error::driver(operation))?;
        failpoint::hit("before commit", operation);
        let done = match (self.transaction.commit().await, stamp) {
            (Ok(()), _) | (Err(_), None) => Ok(()),
            (Err(source), Some(stamp)) => stamp.resolve(&self.pool, operation, source).await,
        };
        failpoint::hit("after commit", operation);
        done
    }

    /// As [`Unit::commit`], but a lost answer is an error at once: what Postgres says of the
    /// transaction afterwards is true of this server alone. For a transaction whose statements
    /// have all succeeded.
    pub(crate) async fn commit_answered(self) -> Result<(), Error> {
        let operation = self.operation;
        failpoint::hit("before commit", operation);
        let done = self.transaction.commit().await;
        failpoint::hit("after commit", operation);
        done.map_err(|source| Error::CommitUnanswered { operation, source })
    }
}

/// By which a transaction is known after its connection is gone.
struct Stamp {
    /// Its number. A crash forgets numbers that no flushed WAL mentions, and the server then gives
    /// them to others, which commit.
    xid: String,
    /// Since when the server counts what its background writer does: since its last crash, restore
    /// or promotion, and kept over a clean restart. Who resets the counters by hand makes a
    /// lost answer unknown, not wrong.
    counting_since: Option<Timestamp>,
}

impl Stamp {
    /// None for a transaction that has written nothing.
    async fn of(connection: &mut PgConnection) -> Result<Option<Self>, sqlx::Error> {
        let found = sqlx::query!(
            r#"select pg_current_xact_id_if_assigned()::text as xid,
                   (select stats_reset from pg_stat_bgwriter) as "counting_since: Timestamp""#
        );
        let found = found.fetch_one(connection).await?;
        Ok(found.xid.map(|xid| Self { xid, counting_since: found.counting_since }))
    }

    async fn resolve(self, pool: &PgPool, operation: &'static str, source: sqlx::Error) -> Result<(), Error> {
        for _ in 0..RESOLVE_TRIES {
            let status = sqlx::query_scalar!(
                "select case when status = 'committed' and (select stats_reset from pg_stat_bgwriter) is distinct from $2 then 'unknown' else status end
                 from pg_xact_status($1::text::xid8) status",
                self.xid,
                self.counting_since as Option<Timestamp>,
            );
            match status.fetch_one(pool).await.ok().flatten().as_deref() {
                Some("committed") => return Ok(()),
                Some("aborted") => return Err(Error::Driver { operation, source }),
                Some("unknown") => break,
                Some(_) | None => tokio::time::sleep(RESOLVE_PAUSE).await,
            }
        }
        Err(Error::CommitUnknown { operation, source })
    }
}
