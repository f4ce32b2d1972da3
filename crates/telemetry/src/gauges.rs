//! What is read when Prometheus scrapes: the backlog as the database has it, and what the process
//! is.

use std::time::Duration;

use crate::{
    events::{set, set_seconds},
    label::Label,
    metric::Metric,
};

/// Open payouts of an account in a state.
pub fn open(account: &str, state: &str, count: i64, oldest: Duration) {
    let labels = [(Label::Account, account), (Label::State, state)];
    set(Metric::PayoutsOpen, &labels, count);
    set_seconds(Metric::PayoutOldest, &labels, oldest);
}

/// How far the oldest payout at a provider is past what its rail takes.
pub fn late(account: &str, country: &'static str, by: Duration) {
    set_seconds(Metric::PayoutLate, &[(Label::Account, account), (Label::Country, country)], by);
}

/// How late sends and look-ups of an account are.
pub fn lag(account: &str, send: Duration, look_up: Duration) {
    set_seconds(Metric::SendLag, &[(Label::Account, account)], send);
    set_seconds(Metric::LookupLag, &[(Label::Account, account)], look_up);
}

/// Payouts of an account that were refused or came back, and that no person has acknowledged.
pub fn unacknowledged(account: &str, rejected: i64, returned: i64) {
    for (state, count) in [("rejected", rejected), ("returned", returned)] {
        set(Metric::Unacknowledged, &[(Label::Account, account), (Label::State, state)], count);
    }
}

/// Anomalies of an account that no person has explained.
pub fn anomalies(account: &str, kind: &str, count: i64) {
    set(Metric::AnomaliesOpen, &[(Label::Account, account), (Label::Kind, kind)], count);
}

/// Whether an account waits for a person.
pub fn paused(account: &str, reason: &'static str, paused: bool) {
    set(Metric::AccountPaused, &[(Label::Account, account), (Label::Reason, reason)], i64::from(paused));
}

/// How long a person's pause has kept queued payouts of an account back.
pub fn kept_back(account: &str, since: Duration) {
    set_seconds(Metric::PayoutPaused, &[(Label::Account, account)], since);
}

/// Whether all sends are stopped.
pub fn frozen(frozen: bool) {
    set(Metric::Frozen, &[], i64::from(frozen));
}

/// Whether the database may have gone back in time.
pub fn unknown_history(unknown: bool) {
    set(Metric::UnknownHistory, &[], i64::from(unknown));
}

/// Messages that wait.
pub fn outbox(rows: i64, oldest: Duration) {
    set(Metric::OutboxRows, &[], rows);
    set_seconds(Metric::OutboxOldest, &[], oldest);
}

/// Whether the database and the broker are reached.
pub fn reached(database: bool, broker: bool) {
    set(Metric::DatabaseUp, &[], i64::from(database));
    set(Metric::BrokerConnected, &[], i64::from(broker));
}

/// A key or certificate ends, so long after the Unix epoch.
pub fn expires(what: &str, at: Duration) {
    set_seconds(Metric::Expiry, &[(Label::What, what)], at);
}

/// This process works as `roles` since so long after the Unix epoch.
pub fn process(version: &str, roles: &[&'static str], since: Duration) {
    set(Metric::BuildInfo, &[(Label::Version, version)], 1);
    set_seconds(Metric::Start, &[], since);
    for role in roles {
        set(Metric::Role, &[(Label::Role, role)], 1);
    }
}
