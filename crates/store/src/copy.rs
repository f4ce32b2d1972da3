//! Rows on their way into a table by COPY, in Postgres' binary format: no array is built, none is taken apart, and the table is written a
//! page at a time.

use sqlx::PgConnection;
use uuid::Uuid;

/// How the binary format begins: its signature, no flags, no extension.
const HEADER: [u8; 19] = *b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
/// In place of a row's number of columns: there is none left.
const END: i16 = -1;
/// In place of a column's length.
const NULL: i32 = -1;
/// Postgres reads the first rows while the last are on their way.
const MESSAGE_BYTES: usize = 64 * 1024;

/// Rows, encoded. Each is begun by [`Rows::row`], and then has its columns in their order.
pub(crate) struct Rows {
    encoded: Vec<u8>,
}

impl Rows {
    /// None yet.
    pub(crate) fn new() -> Self {
        Self { encoded: HEADER.to_vec() }
    }

    /// Begins a row of so many columns.
    pub(crate) fn row(&mut self, columns: i16) -> &mut Self {
        self.encoded.extend_from_slice(&columns.to_be_bytes());
        self
    }

    pub(crate) fn uuid(&mut self, value: Uuid) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub(crate) fn smallint(&mut self, value: i16) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn integer(&mut self, value: i32) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn bigint(&mut self, value: i64) -> &mut Self {
        self.bytes(&value.to_be_bytes())
    }

    pub(crate) fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        // Postgres refuses a length that is not that of the bytes; nothing that long is ever in a row.
        let length = i32::try_from(value.len()).unwrap_or(i32::MAX);
        self.encoded.extend_from_slice(&length.to_be_bytes());
        self.encoded.extend_from_slice(value);
        self
    }

    /// The bytes, or null.
    pub(crate) fn nullable(&mut self, value: Option<&[u8]>) -> &mut Self {
        let Some(value) = value else {
            self.encoded.extend_from_slice(&NULL.to_be_bytes());
            return self;
        };
        self.bytes(value)
    }

    /// Brings them into the table and columns of `statement`, which is a `copy … from stdin (format binary)`; does something else while
    /// Postgres writes them, and returns it.
    pub(crate) async fn copy<T>(
        mut self,
        connection: &mut PgConnection,
        statement: &str,
        meanwhile: impl FnOnce() -> T,
    ) -> Result<T, sqlx::Error> {
        self.encoded.extend_from_slice(&END.to_be_bytes());
        let mut copy = connection.copy_in_raw(statement).await?;
        for message in self.encoded.chunks(MESSAGE_BYTES) {
            copy.send(message).await?;
        }
        let done = meanwhile();
        copy.finish().await?;
        Ok(done)
    }
}
