//! What a test does to its database, or asks it, past payrun.

use std::str::FromStr as _;

use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, postgres::PgConnectOptions};

use crate::World;

/// Makes the database `name` anew on the server of `url`, and returns its URL. What it held is
/// lost: `name` is a constant of a test, and only tests do this.
pub fn recreate_database(url: &str, name: &'static str) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut owner = PgConnection::connect(url).await.unwrap();
        for statement in
            [format!("drop database if exists {name} with (force)"), format!("create database {name}")]
        {
            // A database's name cannot be a parameter.
            owner.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
        }
        owner.close().await.unwrap();
    });
    PgConnectOptions::from_str(url).unwrap().database(name).to_url_lossy().to_string()
}

/// What a restored database knows nothing of: what came after the backup.
#[derive(Debug, Clone, Default)]
pub(crate) struct LostTime {
    pub(crate) backed_up_at: Option<String>,
    pub(crate) restored_at: Option<String>,
}

/// An open connection; gone when it is dropped.
pub struct Session {
    _connection: PgConnection,
    _runtime: tokio::runtime::Runtime,
}

impl World {
    /// Keeps the database as it is now. No process is connected.
    pub fn back_up(&self) {
        self.copy_database("", "_backup");
        self.lost.lock().unwrap().backed_up_at = self.time();
    }

    /// Makes the database what it was when it was kept. No process is connected.
    pub fn restore(&self) {
        self.copy_database("_backup", "");
        self.lost.lock().unwrap().restored_at = self.time();
    }

    /// By the server's clock.
    fn time(&self) -> Option<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut database = PgConnection::connect(self.database_url()).await.unwrap();
            let time = sqlx::query_scalar("select clock_timestamp()::text").fetch_one(&mut database).await;
            database.close().await.unwrap();
            Some(time.unwrap())
        })
    }

    fn copy_database(&self, from: &str, to: &str) {
        let (server, rest) = self.database_url().rsplit_once('/').unwrap();
        let (name, settings) = rest.split_once('?').unwrap_or((rest, ""));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut owner = PgConnection::connect(&format!("{server}/postgres?{settings}")).await.unwrap();
            for statement in [
                format!("drop database if exists {name}{to} with (force)"),
                format!("create database {name}{to} template {name}{from}"),
            ] {
                sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut owner).await.unwrap();
            }
        });
    }

    /// Drops the database and its backup, if the server answers.
    pub(crate) fn discard(&self) {
        let (server, rest) = self.database_url().rsplit_once('/').unwrap();
        let (name, settings) = rest.split_once('?').unwrap_or((rest, ""));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let url = format!("{server}/postgres?{settings}");
        let dropped = runtime.block_on(async {
            let mut owner = PgConnection::connect(&url).await?;
            for name in [name.to_owned(), format!("{name}_backup")] {
                let statement = format!("drop database if exists {name} with (force)");
                sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&mut owner).await?;
            }
            Ok::<_, sqlx::Error>(())
        });
        // The next test of this name makes it anew in any case.
        drop(dropped);
    }

    /// Does something to the database as the owner of its schema.
    pub fn execute(&self, statements: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut owner = PgConnection::connect(self.database_url()).await.unwrap();
            sqlx::raw_sql("set payrun.actor = 'owner'").execute(&mut owner).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(&mut owner).await.unwrap();
        });
    }

    /// Another program's connection, which has done `statements` and stays open.
    pub fn session(&self, statements: &str) -> Session {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let connection = runtime.block_on(async {
            let mut connection = PgConnection::connect(self.database_url()).await.unwrap();
            sqlx::raw_sql("set payrun.actor = 'owner'").execute(&mut connection).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(statements.to_owned())).execute(&mut connection).await.unwrap();
            connection
        });
        Session { _connection: connection, _runtime: runtime }
    }

    /// Asks the database for a number.
    pub fn number(&self, query: &str) -> i64 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut database = PgConnection::connect(self.database_url()).await.unwrap();
            let query = sqlx::AssertSqlSafe(query.to_owned());
            sqlx::query_scalar(query).fetch_one(&mut database).await.unwrap()
        })
    }

    /// The client id of a payout that is known by its reference or id; none of anything else.
    pub fn client_ids(&self, subject: &str) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut database = PgConnection::connect(self.database_url()).await.unwrap();
            let found =
                sqlx::query_scalar("select client_id from payout where reference = $1 or id::text = $1");
            found.bind(subject).fetch_all(&mut database).await.unwrap()
        })
    }
}
