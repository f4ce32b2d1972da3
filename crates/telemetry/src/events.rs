//! What happens: each function counts and logs together.

use std::time::Duration;

use metrics::{Key, KeyName, Label as MetricLabel, Level, Metadata, with_recorder};
use payrun_domain::{id::PayoutId, money::Money, name::AccountName, payout::PayoutState, verdict::Pause};

use crate::{label::Label, metric::Metric, trace};

static METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// What woke the dispatcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A message.
    Message,
    /// The sweep of the table.
    Table,
}

/// Payouts of `account` were claimed.
pub fn claimed(account: &AccountName, source: Source, count: usize) {
    let source = match source {
        Source::Message => "message",
        Source::Table => "table",
    };
    add(Metric::PayoutsClaimed, &[(Label::Account, account.as_str()), (Label::Source, source)], count);
}

/// A send was concluded with `verdict` after `took`.
pub fn attempted(account: &AccountName, payout: PayoutId, verdict: &'static str, took: Duration) {
    trace::sent(account, payout, verdict, took);
    add(Metric::Attempts, &[(Label::Account, account.as_str()), (Label::Verdict, verdict)], 1);
    observe(Metric::AttemptDuration, &[(Label::Account, account.as_str())], took);
}

/// A look-up was answered with `verdict` after `took`.
pub fn looked_up(account: &AccountName, payout: PayoutId, verdict: &'static str, took: Duration) {
    trace::looked_up(account, payout, verdict, took);
    add(Metric::Lookups, &[(Label::Account, account.as_str()), (Label::Verdict, verdict)], 1);
    observe(Metric::LookupDuration, &[(Label::Account, account.as_str())], took);
}

/// A payout reached a state; `amount` is what it pays, or of a return what came back.
pub fn moved(account: &AccountName, payout: PayoutId, state: PayoutState, amount: Money) {
    trace::moved(account, payout, state);
    let (account, state_word) = ((Label::Account, account.as_str()), (Label::State, state.as_str()));
    add(Metric::PayoutsMoved, &[account, state_word], 1);
    // An amount that was sent, and has ended.
    if state.is_final() && state.was_sent() {
        let currency = (Label::Currency, amount.currency().code());
        let minor = usize::try_from(amount.minor()).unwrap_or(usize::MAX);
        add(Metric::Settled, &[account, currency, state_word], minor);
    }
}

/// Leases ran out.
pub fn leases_expired(payouts: &[PayoutId]) {
    if !payouts.is_empty() {
        add(Metric::LeasesExpired, &[], payouts.len());
        tracing::warn!(payouts = payouts.len(), first = %payouts[0], "leases ran out; their payouts are looked up");
    }
}

/// An account was paused for a reason that only a person can mend.
pub fn account_paused(account: &AccountName, why: Pause) {
    tracing::error!(account.name = %account, why = why.as_str(), "account paused; mend the cause, then `payrun accounts resume`");
}

/// The provider has what was sent with other settings: the key was replaced at the same merchant.
pub fn peer_proved(account: &AccountName) {
    tracing::info!(account.name = %account, "new credentials or address: the provider has what was sent before, and payouts go on");
}

/// The provider that the settings lead to has nothing of what was sent before.
pub fn peer_unknown(account: &AccountName) {
    tracing::error!(
        account.name = %account,
        "these credentials or this address were never used here, and payouts that are open were sent with others, which the provider does not \
         find: nothing is sent. Put the right key file and base_url back, restart, `payrun accounts resume`; or two people say that these are \
         right: `payrun accounts adopt`"
    );
}

/// An anomaly was opened.
pub fn anomaly(account: &AccountName, payout: PayoutId, kind: &'static str) {
    tracing::error!(account.name = %account, payout.id = %payout, kind, "anomaly opened; see `payrun review`");
}

/// Sends of an account begin, with its breaker closed.
pub fn dispatching(account: &AccountName) {
    set(Metric::Breaker, &[(Label::Account, account.as_str())], 0);
}

/// An account's breaker opened or closed.
pub fn breaker(account: &AccountName, open: bool) {
    set(Metric::Breaker, &[(Label::Account, account.as_str())], i64::from(open));
    if open {
        tracing::warn!(account.name = %account, "breaker open: the provider fails, nothing is sent for now");
    } else {
        tracing::info!(account.name = %account, "breaker closed");
    }
}

/// Messages were handed to the broker, or not.
pub fn published(confirmed: usize, failed: usize) {
    add(Metric::MessagesPublished, &[(Label::Outcome, "confirmed")], confirmed);
    if failed > 0 {
        add(Metric::MessagesPublished, &[(Label::Outcome, "failed")], failed);
        tracing::warn!(failed, "messages not published; they stay in the outbox");
    }
}

/// An answer or a dead letter was given up: what it would have said is in the database.
pub fn undelivered(queue: &str) {
    add(Metric::MessagesPublished, &[(Label::Outcome, "failed")], 1);
    tracing::warn!(queue, "an answer could not be delivered; its sender may ask again with the same id");
}

/// How a message from the broker ended.
pub fn received(outcome: &'static str) {
    add(Metric::MessagesReceived, &[(Label::Outcome, outcome)], 1);
}

/// An upstream message was answered.
pub fn intake_message(outcome: &'static str) {
    add(Metric::IntakeMessages, &[(Label::Outcome, outcome)], 1);
}

/// A provider called; how that ended.
pub fn called(account: &AccountName, outcome: &'static str) {
    add(Metric::Webhooks, &[(Label::Account, account.as_str()), (Label::Outcome, outcome)], 1);
}

/// The provider's clock is so many seconds ahead of ours.
pub fn clock_skew(account: &AccountName, seconds: i64) {
    set(Metric::ClockSkew, &[(Label::Account, account.as_str())], seconds);
}

/// The database's clock is so many seconds ahead of ours.
pub fn database_clock(seconds: i64) {
    set(Metric::DatabaseClockSkew, &[], seconds);
}

/// The database's clock has jumped by so many seconds.
pub fn database_clock_jumped(seconds: i64) {
    tracing::error!(
        seconds,
        "the database's clock has jumped: no absence is believed that began before, and no lease ends for the length of one; synchronise both machines with NTP"
    );
}

/// A unit of work failed; it is tried again.
pub fn failed(role: &'static str, error: &(dyn std::error::Error + 'static)) {
    add(Metric::Failures, &[(Label::Role, role)], 1);
    tracing::error!(role, error = %chain(error), "failed; trying again");
}

/// The error and what caused it, in one line.
pub fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Many libraries print their cause themselves.
        let text = cause.to_string();
        if !line.ends_with(&text) {
            line.push_str(": ");
            line.push_str(&text);
        }
        source = cause.source();
    }
    line
}

fn add(metric: Metric, labels: &[(Label, &str)], count: usize) {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    with_recorder(|recorder| recorder.register_counter(&key(metric, labels), &METADATA).increment(count));
}

pub(crate) fn set(metric: Metric, labels: &[(Label, &str)], value: i64) {
    let value = f64::from(i32::try_from(value).unwrap_or(i32::MAX));
    set_float(metric, labels, value);
}

pub(crate) fn set_seconds(metric: Metric, labels: &[(Label, &str)], seconds: Duration) {
    set_float(metric, labels, seconds.as_secs_f64());
}

fn set_float(metric: Metric, labels: &[(Label, &str)], value: f64) {
    with_recorder(|recorder| recorder.register_gauge(&key(metric, labels), &METADATA).set(value));
}

fn observe(metric: Metric, labels: &[(Label, &str)], took: Duration) {
    let seconds = took.as_secs_f64();
    with_recorder(|recorder| recorder.register_histogram(&key(metric, labels), &METADATA).record(seconds));
}

fn key(metric: Metric, labels: &[(Label, &str)]) -> Key {
    let labels: Vec<_> =
        labels.iter().map(|(label, value)| MetricLabel::new(label.name(), (*value).to_owned())).collect();
    Key::from_parts(KeyName::from_const_str(metric.name()), labels)
}
