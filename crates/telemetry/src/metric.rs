//! The catalogue of metrics: each has an alert or a panel that reads it.

use std::fmt::Write as _;

use crate::label::Label;

/// Every metric that payrun exposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Open payouts, from the database.
    PayoutsOpen,
    /// Age of the oldest open payout in its state, from the database.
    PayoutOldest,
    /// How late the oldest payout at a provider is, from the database.
    PayoutLate,
    /// How late the most overdue send is, from the database.
    SendLag,
    /// How late the most overdue look-up is, from the database.
    LookupLag,
    /// Payouts that reached a state by this process.
    PayoutsMoved,
    /// Amounts that were settled by this process.
    Settled,
    /// Payouts claimed for sending.
    PayoutsClaimed,
    /// Sends concluded.
    Attempts,
    /// Time from the first byte of a send to its verdict.
    AttemptDuration,
    /// Look-ups answered.
    Lookups,
    /// Time of a look-up.
    LookupDuration,
    /// Leases that ran out.
    LeasesExpired,
    /// Anomalies that no person has explained, from the database.
    AnomaliesOpen,
    /// Payouts that ended unpaid and that no person has acknowledged, from the database.
    Unacknowledged,
    /// Whether an account is paused, from the database.
    AccountPaused,
    /// How long a person's pause has kept payouts back, from the database.
    PayoutPaused,
    /// Whether all sends are stopped, from the database.
    Frozen,
    /// Whether the database may have gone back in time, from the database.
    UnknownHistory,
    /// State of an account's circuit breaker.
    Breaker,
    /// How far a provider's clock is ahead of ours.
    ClockSkew,
    /// How far the database's clock is ahead of ours.
    DatabaseClockSkew,
    /// Calls of providers.
    Webhooks,
    /// Outbox rows waiting, from the database.
    OutboxRows,
    /// Age of the oldest outbox row, from the database.
    OutboxOldest,
    /// Messages handed to the broker.
    MessagesPublished,
    /// Messages taken from the broker.
    MessagesReceived,
    /// Intake messages by outcome.
    IntakeMessages,
    /// Whether the broker is reached.
    BrokerConnected,
    /// Whether the database is reached.
    DatabaseUp,
    /// Units of work that failed.
    Failures,
    /// When a key or certificate ends.
    Expiry,
    /// Which part of payrun a process is.
    Role,
    /// Which payrun it is.
    BuildInfo,
    /// When the process began.
    Start,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One process's own; only grows.
    Counter,
    /// One process's own; goes up and down.
    Gauge,
    /// From the database or the configuration, and the same in every process: take its maximum,
    /// never its sum.
    Shared,
    /// One process's own; buckets of seconds.
    Histogram,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Shared => "gauge, shared",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric, its name, kind and labels, and one sentence for the reader of the dashboard.
struct Entry(Metric, &'static str, Kind, &'static [Label], &'static str);

use Kind::{Counter, Gauge, Histogram, Shared};

/// In the order of the enum.
const CATALOGUE: [Entry; Metric::Start as usize + 1] = [
    Entry(
        Metric::PayoutsOpen,
        "payrun_payouts_open",
        Shared,
        &[Label::Account, Label::State],
        "Payouts that are not settled.",
    ),
    Entry(
        Metric::PayoutOldest,
        "payrun_payout_oldest_seconds",
        Shared,
        &[Label::Account, Label::State],
        "How long the oldest payout has been in its state.",
    ),
    Entry(
        Metric::PayoutLate,
        "payrun_payout_late_seconds",
        Shared,
        &[Label::Account, Label::Country],
        "How long the oldest payout at the provider is past what its rail takes, nights and weekends left out; 0 while none is.",
    ),
    Entry(
        Metric::SendLag,
        "payrun_send_lag_seconds",
        Shared,
        &[Label::Account],
        "How late the most overdue payout is that nothing keeps from being sent.",
    ),
    Entry(
        Metric::LookupLag,
        "payrun_lookup_lag_seconds",
        Shared,
        &[Label::Account],
        "How late the most overdue look-up or lease is, of payouts whose fate is open.",
    ),
    Entry(
        Metric::PayoutsMoved,
        "payrun_payouts_moved_total",
        Counter,
        &[Label::Account, Label::State],
        "Payouts that this process moved to a state.",
    ),
    Entry(
        Metric::Settled,
        "payrun_settled_minor_total",
        Counter,
        &[Label::Account, Label::Currency, Label::State],
        "Minor units of payouts that this process settled (of a return what came back); the books are in the database.",
    ),
    Entry(
        Metric::PayoutsClaimed,
        "payrun_payouts_claimed_total",
        Counter,
        &[Label::Account, Label::Source],
        "Payouts that this process claimed for sending, by what woke it.",
    ),
    Entry(
        Metric::Attempts,
        "payrun_attempts_total",
        Counter,
        &[Label::Account, Label::Verdict],
        "Sends concluded by this process.",
    ),
    Entry(
        Metric::AttemptDuration,
        "payrun_attempt_duration_seconds",
        Histogram,
        &[Label::Account],
        "Seconds from claiming a send slot to the provider's verdict.",
    ),
    Entry(
        Metric::Lookups,
        "payrun_lookups_total",
        Counter,
        &[Label::Account, Label::Verdict],
        "Look-ups answered.",
    ),
    Entry(
        Metric::LookupDuration,
        "payrun_lookup_duration_seconds",
        Histogram,
        &[Label::Account],
        "Seconds that a look-up took.",
    ),
    Entry(
        Metric::LeasesExpired,
        "payrun_leases_expired_total",
        Counter,
        &[],
        "Leases that ran out: their holders died or hung.",
    ),
    Entry(
        Metric::AnomaliesOpen,
        "payrun_anomalies_open",
        Shared,
        &[Label::Account, Label::Kind],
        "Contradictions and unmatched webhooks that no person has explained yet.",
    ),
    Entry(
        Metric::Unacknowledged,
        "payrun_payouts_unacknowledged",
        Shared,
        &[Label::Account, Label::State],
        "Payouts that were refused or came back, and that no person has acknowledged.",
    ),
    Entry(
        Metric::AccountPaused,
        "payrun_account_paused",
        Shared,
        &[Label::Account, Label::Reason],
        "1 while an account waits for a person.",
    ),
    Entry(
        Metric::PayoutPaused,
        "payrun_payout_paused_seconds",
        Shared,
        &[Label::Account],
        "How long a person's pause, of the account or of a batch, has kept approved payouts back; 0 while none does.",
    ),
    Entry(Metric::Frozen, "payrun_frozen", Shared, &[], "1 while all sends are stopped by `payrun freeze`."),
    Entry(
        Metric::UnknownHistory,
        "payrun_unknown_history",
        Shared,
        &[],
        "1 while the database is not the one that payrun wrote to last, and nothing is sent.",
    ),
    Entry(
        Metric::Breaker,
        "payrun_breaker_open",
        Gauge,
        &[Label::Account],
        "1 while no payout is sent because the provider fails.",
    ),
    Entry(
        Metric::ClockSkew,
        "payrun_provider_clock_skew_seconds",
        Gauge,
        &[Label::Account],
        "How far the provider's clock is ahead of ours, to the second.",
    ),
    Entry(
        Metric::DatabaseClockSkew,
        "payrun_database_clock_skew_seconds",
        Gauge,
        &[],
        "How far the database's clock is ahead of ours, to the second; beyond 5 no absence is believed.",
    ),
    Entry(
        Metric::Webhooks,
        "payrun_webhooks_total",
        Counter,
        &[Label::Account, Label::Outcome],
        "Calls of providers.",
    ),
    Entry(Metric::OutboxRows, "payrun_outbox_rows", Shared, &[], "Messages that wait to be published."),
    Entry(
        Metric::OutboxOldest,
        "payrun_outbox_oldest_seconds",
        Shared,
        &[],
        "How long the oldest message has waited to be published.",
    ),
    Entry(
        Metric::MessagesPublished,
        "payrun_messages_published_total",
        Counter,
        &[Label::Outcome],
        "Messages handed to the broker.",
    ),
    Entry(
        Metric::MessagesReceived,
        "payrun_messages_received_total",
        Counter,
        &[Label::Outcome],
        "Messages taken from the broker.",
    ),
    Entry(
        Metric::IntakeMessages,
        "payrun_intake_messages_total",
        Counter,
        &[Label::Outcome],
        "Messages of upstream services.",
    ),
    Entry(
        Metric::BrokerConnected,
        "payrun_broker_connected",
        Gauge,
        &[],
        "1 while every connection of this process to the broker is up.",
    ),
    Entry(
        Metric::DatabaseUp,
        "payrun_database_up",
        Gauge,
        &[],
        "1 while the database answers this process; else what comes from the database is what it last said.",
    ),
    Entry(
        Metric::Failures,
        "payrun_failures_total",
        Counter,
        &[Label::Role],
        "Units of work that failed and will be tried again.",
    ),
    Entry(
        Metric::Expiry,
        "payrun_expiry_timestamp_seconds",
        Shared,
        &[Label::What],
        "When a key or certificate of the configuration ends, as a Unix time.",
    ),
    Entry(Metric::Role, "payrun_role", Gauge, &[Label::Role], "1 for each role that this process works in."),
    Entry(
        Metric::BuildInfo,
        "payrun_build_info",
        Gauge,
        &[Label::Version],
        "1, with the version that this process is.",
    ),
    Entry(
        Metric::Start,
        "payrun_start_timestamp_seconds",
        Gauge,
        &[],
        "When this process began, as a Unix time.",
    ),
];

impl Metric {
    /// Every metric.
    pub fn all() -> impl Iterator<Item = Self> {
        CATALOGUE.iter().map(|entry| entry.0)
    }

    /// As Prometheus knows it.
    pub const fn name(self) -> &'static str {
        CATALOGUE[self as usize].1
    }

    /// How it behaves.
    pub const fn kind(self) -> Kind {
        CATALOGUE[self as usize].2
    }

    /// Its labels, beside those that Prometheus adds.
    pub const fn labels(self) -> &'static [Label] {
        CATALOGUE[self as usize].3
    }

    /// One sentence for the reader of the dashboard.
    pub const fn help(self) -> &'static str {
        CATALOGUE[self as usize].4
    }
}

/// The catalogue for people: `deploy/prometheus/METRICS.md`.
pub fn catalogue() -> String {
    let mut text = "# Metrics\n\nWritten by `make metrics` from `crates/telemetry/src/metric.rs`; a test compares them. Each is read by an alert of \
                    `payrun.rules.yaml` or a panel of the dashboard.\n\nA *shared* gauge is the same in every process, since it comes from the database or \
                    the configuration: take its maximum, never its sum.\n\n| metric | kind | labels | what it says |\n|---|---|---|---|\n"
        .to_owned();
    for Entry(_, name, kind, labels, help) in CATALOGUE {
        let labels: Vec<_> = labels.iter().map(|label| label.name()).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| `{name}` | {} | {} | {help} |", kind.as_str(), labels.join(" "));
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_catalogue_for_people_is_the_enum() {
        let written = include_str!("../../../deploy/prometheus/METRICS.md");
        assert_eq!(written, catalogue(), "run `make metrics`");
    }

    #[test]
    fn names_follow_the_conventions() {
        let names: HashSet<_> = Metric::all().map(Metric::name).collect();
        assert_eq!(names.len(), CATALOGUE.len());
        for (place, metric) in Metric::all().enumerate() {
            let (name, kind) = (metric.name(), metric.kind());
            assert_eq!(metric as usize, place, "{name} is not where the enum has it");
            assert!(name.starts_with("payrun_"), "{name}");
            assert_eq!(name.ends_with("_total"), kind == Kind::Counter, "{name}");
            assert!(kind != Kind::Histogram || name.ends_with("_seconds"), "{name}");
        }
    }
}
