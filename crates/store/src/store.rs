//! The pool of connections to Postgres.

use std::{str::FromStr, sync::Arc, time::Duration};

use payrun_domain::name::Actor;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    Connection as _, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::{Error, Sealer, unit::Unit};

/// All migrations, embedded.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// For the first connection, which says what is wrong.
const REACH_MAX: Duration = Duration::from_secs(10);

/// The role that the application works as; it owns nothing and cannot run DDL.
const APP_ROLE: &str = "payrun_app";

/// How to open a [`Store`].
pub struct Options {
    /// `postgres://…`; the login role is a member of `payrun_app`.
    pub url: SecretString,
    /// Who acts through this store; written with every event.
    pub actor: Actor,
    /// Most connections at once.
    pub connections_max: u32,
    /// How long to wait for a connection.
    pub acquire_timeout: Duration,
}

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: PgPool,
    pub(crate) sealer: Arc<Sealer>,
    pub(crate) actor: Actor,
}

impl Store {
    /// Opens the pool; the first connection is made now, so that a wrong URL is an error here.
    pub async fn open(options: &Options, sealer: Arc<Sealer>) -> Result<Self, Error> {
        let connect =
            connect_options(&options.url, "opening the database")?.application_name("payrun").options([
                ("role", APP_ROLE),
                ("payrun.actor", options.actor.as_str()),
                // Time limits live in the server: a query that a client gives up on goes on there.
                ("statement_timeout", "30s"),
                ("lock_timeout", "10s"),
                ("idle_in_transaction_session_timeout", "60s"),
                // A plan is kept while its table grows from nothing to millions of rows: the way in is an index from the first row on.
                ("enable_seqscan", "off"),
                ("plan_cache_mode", "force_generic_plan"),
                // Groups are small; compiling costs more than running.
                ("jit", "off"),
            ]);
        reach(&connect).await?;
        let pool = PgPoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(options.acquire_timeout)
            .connect_with(connect)
            .await
            .map_err(Error::driver("opening the database"))?;
        Ok(Self { pool, sealer, actor: options.actor.clone() })
    }

    /// Applies what is missing, as the owner of the schema.
    pub async fn migrate(url: &SecretString) -> Result<(), Error> {
        let pool = owner(url, "migrating the database").await?;
        let done = MIGRATOR.run(&pool).await.map_err(Error::Migrate);
        pool.close().await;
        done
    }

    /// Names of migrations that this version has and the database has not; an error when the database is not reachable.
    pub async fn missing_migrations(url: &SecretString) -> Result<Vec<String>, Error> {
        let pool = owner(url, "reading the migrations").await?;
        let applied: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations where success")
            .fetch_all(&pool)
            .await
            .or_else(|error| {
                match error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
                    Some("42P01") => Ok(Vec::new()),
                    Some(_) | None => Err(error),
                }
            })
            .map_err(Error::driver("reading the migrations"))?;
        pool.close().await;
        let missing = MIGRATOR.iter().filter(|migration| !applied.contains(&migration.version));
        Ok(missing.map(|migration| format!("{} {}", migration.version, migration.description)).collect())
    }

    /// One round trip; proves that the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        let answer = sqlx::query_scalar!("select 1").fetch_one(&self.pool).await;
        answer.map(|_| ()).map_err(Error::driver("asking whether the database is there"))
    }

    /// Refuses a key file that cannot open what is sealed here; a key that is new here is registered.
    pub async fn check_keys(&self) -> Result<(), Error> {
        const KNOWN: &[u8] = b"seal_check";
        let (operation, key_id) = ("checking the keys", self.sealer.current());
        let sealed = self.sealer.seal_bytes(KNOWN, KNOWN.to_vec()).ok_or(Error::Keys { key_id })?;
        let mut unit = Unit::begin(&self.pool, operation).await?;
        sqlx::query!(
            "insert into seal_check (key_id, sealed) values ($1, $2) on conflict do nothing",
            key_id,
            sealed
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(operation))?;
        let rows = sqlx::query!("select key_id, sealed from seal_check order by key_id")
            .fetch_all(unit.connection())
            .await
            .map_err(Error::driver(operation))?;
        match rows.iter().find(|row| !self.sealer.opens(row.key_id, KNOWN, &row.sealed)) {
            // Dropped, the registration is undone.
            Some(row) => Err(Error::Keys { key_id: row.key_id }),
            None => unit.commit().await,
        }
    }

    /// How far the database's clock is from `now`, either way.
    pub async fn clock_skew(&self, now: jiff::Timestamp) -> Result<Duration, Error> {
        let theirs = sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#)
            .fetch_one(&self.pool)
            .await
            .map_err(Error::driver("reading the database's clock"))?;
        Ok(theirs.to_jiff().duration_since(now).unsigned_abs())
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

async fn owner(url: &SecretString, operation: &'static str) -> Result<PgPool, Error> {
    let connect = connect_options(url, operation)?.application_name("payrun migrate");
    reach(&connect).await?;
    let options = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(10));
    options.connect_with(connect).await.map_err(Error::driver(operation))
}

/// One connection of our own: a pool tries for as long as it may, and then says only that it took too long.
async fn reach(options: &PgConnectOptions) -> Result<(), Error> {
    let place = || {
        format!(
            "{} on {}:{}",
            options.get_database().unwrap_or("of the user's name"),
            options.get_host(),
            options.get_port()
        )
    };
    let unreachable = |source| Error::Unreachable { place: place(), source };
    let found = tokio::time::timeout(REACH_MAX, PgConnection::connect_with(options)).await;
    let connection = found.map_err(|_| unreachable(sqlx::Error::PoolTimedOut))?.map_err(unreachable)?;
    // It was reached, which is all that was asked; how it ends does not matter.
    let _ = connection.close().await;
    Ok(())
}

fn connect_options(url: &SecretString, operation: &'static str) -> Result<PgConnectOptions, Error> {
    PgConnectOptions::from_str(url.expose_secret()).map_err(Error::driver(operation))
}
