//! What can go wrong between us and Postgres.

use payrun_domain::id::PayoutId;

/// SQLSTATE, as they begin: Postgres starts, stops or was stopped; it has no room for another
/// connection.
const OUTAGES: [&str; 2] = ["57P", "53"];
/// SQLSTATE: another row has the value.
const UNIQUE_VIOLATION: &str = "23505";
/// SQLSTATE: a table, a column or a function that is not there.
const UNDEFINED: [&str; 3] = ["42P01", "42703", "42883"];
/// SQLSTATE: two wait for each other, or one has waited too long.
const CONTENTION: [&str; 2] = ["40P01", "55P03"];

/// A unit of work that did not happen, or of which it is not known whether it happened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Two imports at the same moment.
    #[error(
        "another batch that pays the same, or uses the same client id, was imported at the same moment; nothing was stored, import this one \
         once more"
    )]
    Overtaken,
    /// The statement or the connection failed.
    #[error("{operation} failed in Postgres")]
    Driver {
        /// Which unit of work.
        operation: &'static str,
        /// What the driver says.
        #[source]
        source: sqlx::Error,
    },
    /// A table, a column or a function is not there.
    #[error(
        "{operation}: the database has not the schema of this version; run `payrun migrate`, and `payrun doctor`, which says more"
    )]
    Schema {
        /// Which unit of work.
        operation: &'static str,
        /// What the driver says.
        #[source]
        source: sqlx::Error,
    },
    /// Postgres gave up one of two that want the same rows, such as imports that share client ids.
    /// Its own log has the statements of both.
    #[error("{operation}: another process was writing the same rows; nothing was changed, do it once more")]
    Contended {
        /// Which unit of work.
        operation: &'static str,
    },
    /// No connection.
    #[error(
        "the database {place} cannot be used; is Postgres running there, and are its URL, user and password right?"
    )]
    Unreachable {
        /// Host, port and name; no secret.
        place: String,
        /// What the driver says.
        #[source]
        source: sqlx::Error,
    },
    /// What a connection begins with has not reached Postgres.
    #[error(
        "the database sees us as {role} and not as payrun_app: something in between drops the settings of connections; connect directly, \
         without a pooler"
    )]
    Role {
        /// Who we are there.
        role: String,
    },
    /// COMMIT was sent, its answer was lost, and Postgres could not be asked in time what became of
    /// it.
    #[error(
        "{operation}: the answer to COMMIT was lost, and Postgres cannot tell what became of it: it does not answer, or has crashed \
         meanwhile; look before you repeat it"
    )]
    CommitUnknown {
        /// Which unit of work.
        operation: &'static str,
        /// What the driver said to COMMIT.
        #[source]
        source: sqlx::Error,
    },
    /// COMMIT was sent, and its answer was lost; nobody may act on it.
    #[error(
        "{operation}: the answer to COMMIT was lost; nothing of it is sent, and what it claimed waits for the end of its lease"
    )]
    CommitUnanswered {
        /// Which unit of work.
        operation: &'static str,
        /// What the driver said to COMMIT.
        #[source]
        source: sqlx::Error,
    },
    /// A backup, a dump or a promoted standby, in which the last sends may be missing.
    #[error(
        "this is not the database that payrun wrote to last: it was restored, loaded from a dump or promoted, and what was sent last may be \
         missing in it; nothing is sent, and nothing given up, before `payrun recover` has doubted what may be out"
    )]
    UnknownHistory,
    /// Postgres was told to forget.
    #[error(
        "the database runs with {setting} = {value}: it may lose what it has answered as committed, and with it that a payout was sent; set it \
         to on"
    )]
    Forgetful {
        /// Which setting of the server.
        setting: &'static str,
        /// What it is.
        value: String,
    },
    /// A row holds what no version of this program writes.
    #[error(
        "{table}.{column} of {row} holds a value that this version does not know; is a newer payrun running?"
    )]
    Inconsistent {
        /// Which table.
        table: &'static str,
        /// Which column.
        column: &'static str,
        /// Which row.
        row: String,
    },
    /// Sealed data that does not open: wrong key, or moved from another row.
    #[error(
        "{column} of {row} cannot be opened; is key {key_id} in the key file the one it was sealed with?"
    )]
    Sealed {
        /// Which column.
        column: &'static str,
        /// Which payout.
        row: String,
        /// Which key was asked for.
        key_id: i16,
    },
    /// Its personal data was erased.
    #[error("whom payout {0} paid was forgotten; nothing can be done with it but looking at it")]
    Forgotten(PayoutId),
    /// Its events or attempts are not all in the database.
    #[error(
        "not all that happened to payout {0} is in the database; its month was archived, and `payrun payout show` names the file"
    )]
    HistoryGone(PayoutId),
    /// The index key is not the one of this database.
    #[error(
        "the index key is not the one of this database: earlier payments to an account would not be found; find the right key file"
    )]
    IndexKey,
    /// The key file is not the one of this database.
    #[error(
        "the key file is not the one that this database was sealed with: key {key_id} is missing or another one; find the right file"
    )]
    Keys {
        /// Which key.
        key_id: i16,
    },
    /// What waits cannot be sent by this process.
    #[error(
        "approved payouts of account {account} are sealed with key {key_id}, which this process has not: bring it the key file that the \
         others have, and send it SIGHUP"
    )]
    KeyAbsent {
        /// The account whose payouts wait.
        account: String,
        /// Which key.
        key_id: i16,
    },
    /// The table knows an account under another promise.
    #[error(
        "account {account} was used with another provider or idempotency before; give the new one a new name"
    )]
    Account {
        /// Which one.
        account: String,
    },
    /// The database cannot be migrated.
    #[error("migrating the database failed")]
    Migrate(#[source] sqlx::migrate::MigrateError),
}

impl Error {
    /// Names the unit of work in which the driver failed.
    pub(crate) fn driver(operation: &'static str) -> impl FnOnce(sqlx::Error) -> Self {
        move |source| {
            let code = source.as_database_error().and_then(sqlx::error::DatabaseError::code);
            if code.as_deref().is_some_and(|code| CONTENTION.contains(&code)) {
                return Self::Contended { operation };
            }
            if code.as_deref().is_some_and(|code| UNDEFINED.contains(&code)) {
                return Self::Schema { operation, source };
            }
            Self::Driver { operation, source }
        }
    }

    /// The constraint that was not held.
    pub(crate) fn constraint(source: &sqlx::Error) -> Option<&str> {
        source.as_database_error().and_then(sqlx::error::DatabaseError::constraint)
    }

    /// No connection because Postgres is not there now: it may be later, with nothing changed here.
    pub fn is_outage(&self) -> bool {
        let Self::Unreachable { source, .. } = self else { return false };
        let code = source.as_database_error().and_then(sqlx::error::DatabaseError::code);
        // What stands before Postgres, as a balancer does, takes connections and drops them: that
        // looks like a broken protocol.
        matches!(source, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_))
            || code.is_some_and(|code| OUTAGES.iter().any(|outage| code.starts_with(outage)))
    }

    /// A refusal by the guard or by a unique index: the change is not allowed, and trying again
    /// will not help. Not an outage.
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Driver { source, .. } => source
                .as_database_error()
                .and_then(sqlx::error::DatabaseError::code)
                .is_some_and(|code| code.starts_with("PR") || code == UNIQUE_VIOLATION),
            Self::Overtaken
            | Self::Contended { .. }
            | Self::Schema { .. }
            | Self::Unreachable { .. }
            | Self::Role { .. }
            | Self::CommitUnknown { .. }
            | Self::CommitUnanswered { .. }
            | Self::UnknownHistory
            | Self::Forgetful { .. }
            | Self::Inconsistent { .. }
            | Self::Sealed { .. }
            | Self::Keys { .. }
            | Self::KeyAbsent { .. }
            | Self::Account { .. }
            | Self::Forgotten(_)
            | Self::HistoryGone(_)
            | Self::IndexKey
            | Self::Migrate(_) => false,
        }
    }
}
