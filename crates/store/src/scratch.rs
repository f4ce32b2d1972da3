//! Databases to try things out in.

use std::str::FromStr as _;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection,
    postgres::PgConnectOptions,
};

use crate::{Error, Store};

impl Store {
    /// Drops the database `name` on the server of `url`, makes it anew and returns its URL. For demos and tests: `name` is ours.
    pub async fn recreate_database(url: &SecretString, name: &'static str) -> Result<SecretString, Error> {
        let operation = "making a database to try things out in";
        let mut connection =
            PgConnection::connect(url.expose_secret()).await.map_err(Error::driver(operation))?;
        for statement in
            [format!("drop database if exists {name} with (force)"), format!("create database {name}")]
        {
            // A database's name cannot be a parameter; this one is a constant of the program.
            connection.execute(AssertSqlSafe(statement)).await.map_err(Error::driver(operation))?;
        }
        connection.close().await.map_err(Error::driver(operation))?;
        let options = PgConnectOptions::from_str(url.expose_secret()).map_err(Error::driver(operation))?;
        Ok(options.database(name).to_url_lossy().to_string().into())
    }
}
