//! The pool of connections to Postgres.

use std::{
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use payrun_domain::{host::is_loopback, name::Actor};
use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    Connection as _, PgConnection, PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions, PgSslMode},
};

use crate::{Error, Sealer, unit::Unit};

/// All migrations, embedded.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// For the first connection, which says what is wrong.
const REACH_MAX: Duration = Duration::from_secs(10);

/// The role that the application works as; it owns nothing and cannot run DDL.
const APP_ROLE: &str = "payrun_app";

const CHECKING_KEYS: &str = "checking the keys";
/// What each key has sealed, to be compared.
const KNOWN: &[u8] = b"seal_check";
/// Under which number the index key stands among the sealing keys.
const INDEX: i16 = 0;

/// How to open a [`Store`].
pub struct Options {
    /// `postgres://…`; the login role is a member of `payrun_app`. Beyond this machine the server's
    /// certificate must be good, unless the URL says `sslmode=disable`.
    pub url: SecretString,
    /// Most connections at once.
    pub connections_max: u32,
    /// How long to wait for a connection.
    pub acquire_timeout: Duration,
}

/// A migration that the database has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Its version and what it does.
    pub name: String,
    /// Its statements.
    pub sql: String,
}

/// A handle on the database; cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: PgPool,
    keyring: Arc<RwLock<Arc<Sealer>>>,
}

impl Store {
    /// Opens the pool; the first connection is made now, so that a wrong URL is an error here.
    pub async fn open(options: &Options, sealer: Arc<Sealer>) -> Result<Self, Error> {
        let connect =
            connect_options(&options.url, "opening the database")?.application_name("payrun").options([
                ("role", APP_ROLE),
                // Time limits live in the server: a query that a client gives up on goes on there.
                ("statement_timeout", "30s"),
                ("lock_timeout", "10s"),
                ("idle_in_transaction_session_timeout", "60s"),
                // A plan is kept while its table grows from nothing to millions of rows: the way in
                // is an index from the first row on.
                ("enable_seqscan", "off"),
                ("plan_cache_mode", "force_generic_plan"),
                // Groups are small; compiling costs more than running.
                ("jit", "off"),
            ]);
        let connect = if waits_for_replay(reach(&connect).await?).await? {
            connect
        } else {
            // Whatever the login role has of its own: what is answered as committed is on the disk,
            // and on that of the standby, if the server has a synchronous one.
            connect.options([("synchronous_commit", "on")])
        };
        let pool = PgPoolOptions::new()
            .max_connections(options.connections_max)
            .acquire_timeout(options.acquire_timeout)
            .connect_with(connect)
            .await
            .map_err(Error::driver("opening the database"))?;
        // A pooler that drops them would let us work as the login role, without limits of time.
        let found = sqlx::query_scalar!(r#"select current_user::text as "role!""#).fetch_one(&pool).await;
        let role = found.map_err(Error::driver("asking for our role"))?;
        if role != APP_ROLE {
            return Err(Error::Role { role });
        }
        check_durability(&pool).await?;
        let keyring = Arc::new(RwLock::new(sealer));
        Ok(Self { pool, keyring })
    }

    /// The keys in force. A caller that seals and writes down which key it was takes them once.
    pub(crate) fn sealer(&self) -> Arc<Sealer> {
        Arc::clone(&self.keyring.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Uses other keys from now on, in every clone of this store. They are refused when they cannot
    /// open what is sealed here.
    pub async fn replace_keys(&self, actor: &Actor, sealer: Arc<Sealer>) -> Result<(), Error> {
        let mut unit = Unit::begin(&self.pool, actor, CHECKING_KEYS).await?;
        self.register_keys(&mut unit, &sealer).await?;
        unit.commit().await?;
        *self.keyring.write().unwrap_or_else(PoisonError::into_inner) = sealer;
        Ok(())
    }

    /// Applies what is missing, as the owner of the schema.
    pub async fn migrate(url: &SecretString) -> Result<(), Error> {
        let pool = owner(url, "migrating the database").await?;
        let done = async {
            MIGRATOR.run(&pool).await.map_err(Error::Migrate)?;
            // The migrator's own table, which no migration can name before it is there: the
            // application asks whether all of them ran.
            let granted = sqlx::query("grant select on _sqlx_migrations to payrun_app").execute(&pool).await;
            granted.map(|_| ()).map_err(Error::driver("migrating the database"))
        };
        let done = done.await;
        pool.close().await;
        done
    }

    /// Migrations that this version has and the database has not, in the order in which they run,
    /// as the owner of the schema sees them; an error when the database is not reachable.
    pub async fn missing_migrations(url: &SecretString) -> Result<Vec<Pending>, Error> {
        let pool = owner(url, "reading the migrations").await?;
        let pending = pending(&pool).await;
        pool.close().await;
        pending
    }

    /// As [`Store::missing_migrations`], as the application sees them.
    pub async fn pending(&self) -> Result<Vec<Pending>, Error> {
        pending(&self.pool).await
    }

    /// One connection as the login role: whether the URL is right and Postgres is there, even
    /// if the role may do nothing.
    pub async fn reach(url: &SecretString) -> Result<(), Error> {
        reach(&connect_options(url, "reaching the database")?).await.map(drop)
    }

    /// One round trip; proves that the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        let answer = sqlx::query_scalar!("select 1").fetch_one(&self.pool).await;
        answer.map(|_| ()).map_err(Error::driver("asking whether the database is there"))
    }

    /// Refuses a key file that cannot open what is sealed here. Changes nothing.
    pub async fn check_keys(&self) -> Result<(), Error> {
        let mut unit = Unit::begin_reading(&self.pool, CHECKING_KEYS).await?;
        compare_keys(&mut unit, &self.sealer()).await?;
        unit.commit().await
    }

    /// Registers new keys; an error, after which `unit` must be dropped, when something is sealed
    /// here that these keys cannot open.
    pub(crate) async fn register_keys(&self, unit: &mut Unit, sealer: &Sealer) -> Result<(), Error> {
        let key_id = sealer.current();
        let sealed = sealer.seal_bytes(KNOWN, KNOWN).ok_or(Error::Keys { key_id })?;
        sqlx::query!(
            "insert into seal_check (key_id, sealed) values ($1, $2), ($3, $4) on conflict do nothing",
            key_id,
            sealed,
            INDEX,
            sealer.blind_index_of(KNOWN),
        )
        .execute(unit.connection())
        .await
        .map_err(Error::driver(CHECKING_KEYS))?;
        compare_keys(unit, sealer).await
    }

    /// What the database's clock says.
    pub async fn now(&self) -> Result<jiff::Timestamp, Error> {
        let now = sqlx::query_scalar!(r#"select clock_timestamp() as "now!""#)
            .fetch_one(&self.pool)
            .await
            .map_err(Error::driver("reading the database's clock"))?;
        Ok(now.to_jiff())
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// An error when something is sealed here that these keys cannot open.
async fn compare_keys(unit: &mut Unit, sealer: &Sealer) -> Result<(), Error> {
    let rows = sqlx::query!("select key_id, sealed from seal_check order by key_id")
        .fetch_all(unit.connection())
        .await
        .map_err(Error::driver(CHECKING_KEYS))?;
    let index = sealer.blind_index_of(KNOWN);
    if rows.iter().any(|row| row.key_id == INDEX && row.sealed != index) {
        return Err(Error::IndexKey);
    }
    let mut sealed =
        rows.iter().filter(|row| row.key_id != INDEX && !sealer.destroyed().contains(&row.key_id));
    match sealed.find(|row| sealer.open_bytes(row.key_id, KNOWN, &row.sealed).is_none()) {
        Some(row) => Err(Error::Keys { key_id: row.key_id }),
        None => Ok(()),
    }
}

async fn owner(url: &SecretString, operation: &'static str) -> Result<PgPool, Error> {
    let connect = connect_options(url, operation)?.application_name("payrun migrate");
    reach(&connect).await?;
    let options = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(10));
    options.connect_with(connect).await.map_err(Error::driver(operation))
}

async fn pending(pool: &PgPool) -> Result<Vec<Pending>, Error> {
    let applied: Vec<i64> = sqlx::query_scalar("select version from _sqlx_migrations where success")
        .fetch_all(pool)
        .await
        .or_else(|error| {
            match error.as_database_error().and_then(sqlx::error::DatabaseError::code).as_deref() {
                Some("42P01") => Ok(Vec::new()),
                Some(_) | None => Err(error),
            }
        })
        .map_err(Error::driver("reading the migrations"))?;
    let missing = MIGRATOR.iter().filter(|migration| !applied.contains(&migration.version));
    let pending = missing.map(|migration| Pending {
        name: format!("{} {}", migration.version, migration.description),
        sql: migration.sql.as_str().to_owned(),
    });
    Ok(pending.collect())
}

/// One connection of our own: a pool tries for as long as it may, and then says only that it took
/// too long.
async fn reach(options: &PgConnectOptions) -> Result<PgConnection, Error> {
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
    found.map_err(|_| unreachable(sqlx::Error::PoolTimedOut))?.map_err(unreachable)
}

/// Whether the server wants more than we do: that a standby shows a transaction before its COMMIT
/// is answered.
async fn waits_for_replay(mut connection: PgConnection) -> Result<bool, Error> {
    let level = sqlx::query_scalar!(r#"select current_setting('synchronous_commit') as "level!""#)
        .fetch_one(&mut connection)
        .await
        .map_err(Error::driver("reading the server's settings"))?;
    // It has answered, which is all that was asked; how it ends does not matter.
    let _ = connection.close().await;
    Ok(level == "remote_apply")
}

/// Refuses a server that may lose what it has answered as committed.
async fn check_durability(pool: &PgPool) -> Result<(), Error> {
    let server = sqlx::query!(
        r#"select current_setting('fsync') as "fsync!", current_setting('full_page_writes') as "full_page_writes!",
               current_setting('synchronous_commit') as "synchronous_commit!""#
    )
    .fetch_one(pool)
    .await
    .map_err(Error::driver("reading the server's settings"))?;
    let settings = [
        ("fsync", server.fsync),
        ("full_page_writes", server.full_page_writes),
        ("synchronous_commit", server.synchronous_commit),
    ];
    match settings.into_iter().find(|(_, value)| matches!(value.as_str(), "off" | "local")) {
        Some((setting, value)) => Err(Error::Forgetful { setting, value }),
        None => Ok(()),
    }
}

/// Beyond this machine TLS is verified unless the URL switches it off: the driver's default falls
/// back to plaintext when the server, or an impostor, has no TLS, and `require` takes
/// any certificate.
fn connect_options(url: &SecretString, operation: &'static str) -> Result<PgConnectOptions, Error> {
    let options = PgConnectOptions::from_str(url.expose_secret()).map_err(Error::driver(operation))?;
    let host = options.get_host();
    let is_here = options.get_socket().is_some() || host.starts_with('/') || is_loopback(host);
    Ok(match options.get_ssl_mode() {
        PgSslMode::Allow | PgSslMode::Prefer | PgSslMode::Require if !is_here => {
            options.ssl_mode(PgSslMode::VerifyFull)
        }
        PgSslMode::Allow
        | PgSslMode::Prefer
        | PgSslMode::Require
        | PgSslMode::Disable
        | PgSslMode::VerifyCa
        | PgSslMode::VerifyFull => options,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_this_machine_tls_is_verified_unless_it_is_switched_off() {
        let mode = |url: &str| {
            let options = connect_options(&url.to_owned().into(), "testing").unwrap();
            format!("{:?}", options.get_ssl_mode())
        };
        for weak in ["", "?sslmode=allow", "?sslmode=prefer", "?sslmode=require", "?sslmode=verify-full"] {
            assert_eq!(mode(&format!("postgres://a@db.example.test/payrun{weak}")), "VerifyFull", "{weak}");
            assert_eq!(mode(&format!("postgres://a@192.0.2.1/payrun{weak}")), "VerifyFull", "{weak}");
        }
        assert_eq!(mode("postgres://a@localhost/payrun?host=db.example.test"), "VerifyFull");
        assert_eq!(mode("postgres://a@db.example.test/payrun?sslmode=disable"), "Disable");
        assert_eq!(mode("postgres://a@db.example.test/payrun?sslmode=verify-ca"), "VerifyCa");
        for here in ["127.0.0.1", "localhost", "[::1]", "%2Fvar%2Frun%2Fpostgresql"] {
            assert_eq!(mode(&format!("postgres://a@{here}/payrun")), "Prefer", "{here}");
        }
        assert_eq!(mode("postgres:///payrun?host=/var/run/postgresql"), "Prefer");
    }
}
