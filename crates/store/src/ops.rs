//! What operators see and do: accounts, backlog, freezes, archives, restores.

pub(crate) mod account;
pub(crate) mod archive;
pub(crate) mod backlog;
pub(crate) mod freeze;
pub(crate) mod outbox;
pub(crate) mod peer;
pub(crate) mod restore;
