//! What carries an exchange, and how it can fail to.

use std::time::Instant;

use secrecy::SecretString;

use crate::{Find, Reply, Request};

/// Why no reply came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendFailure {
    /// Not a byte of the body left: the body was never asked for, or the deadline had passed when
    /// it was.
    BeforeSend,
    /// Bytes may have left, or the reply is unusable: cut short, over its limit, later than its
    /// deadline.
    AfterSend,
}

/// Why there is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoToken {
    /// The provider gave no usable answer.
    Unreachable,
    /// The provider does not accept the account's key.
    Refused,
}

/// Carries an exchange: HTTP in production, a script in tests.
pub trait Transport: Sync {
    /// Sends one request and waits for the whole bounded reply. One that moves money is not sent
    /// after `send_by`, nor without it.
    fn send(
        &self,
        request: &Request,
        send_by: Option<Instant>,
    ) -> impl Future<Output = Result<Reply, SendFailure>> + Send;

    /// Looks into the provider's database.
    fn find(&self, find: &Find) -> impl Future<Output = Result<Reply, SendFailure>> + Send;

    /// The token that requests carry, if they carry one; another one than `refused`.
    fn token(
        &self,
        refused: Option<&SecretString>,
    ) -> impl Future<Output = Result<Option<SecretString>, NoToken>> + Send;
}
