//! Why the broker cannot be used, and what to do about it.

use std::time::Duration;

use lapin::protocol::{AMQPErrorKind, AMQPSoftError};

/// To connect, log in and declare.
pub(crate) const CONNECT_MAX: Duration = Duration::from_secs(10);

/// The broker cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Not a URL.
    #[error("the broker's URL cannot be read; write amqps://user:password@host/vhost")]
    Url,
    /// Not on this machine, and without TLS.
    #[error(
        "the broker's URL would send its password and all messages readable to another machine; write amqps://, or add \
         sslmode=disable where no other program can listen"
    )]
    Plaintext,
    /// The authorities that the URL names are not there.
    #[error("the broker's sslrootcert, {path}, cannot be read")]
    Authority {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It does not answer in time.
    #[error("the broker did not answer within {} s; is it running, and is a memory or disk alarm raised?", CONNECT_MAX.as_secs())]
    Silent,
    /// It answers no.
    #[error("connecting to the broker failed")]
    Connect(#[source] lapin::Error),
    /// A queue is there with other options, or may not be made.
    #[error("queue {queue} cannot be declared{}", remedy(.source))]
    Declare {
        /// Which queue.
        queue: String,
        /// What the broker said.
        #[source]
        source: lapin::Error,
    },
}

fn remedy(error: &lapin::Error) -> &'static str {
    let differs = AMQPErrorKind::Soft(AMQPSoftError::PRECONDITIONFAILED);
    if matches!(error.kind(), lapin::ErrorKind::ProtocolError(error) if *error.kind() == differs) {
        "; it is there with other options: drain and delete it, or give payrun a virtual host of its own"
    } else {
        ""
    }
}
