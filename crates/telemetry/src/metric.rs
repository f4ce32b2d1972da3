//! The catalogue of metrics.

/// Every metric that payrun exposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Open payouts, from the database.
    PayoutsOpen,
    /// Age of the oldest open payout in its state, from the database.
    PayoutOldest,
    /// Payouts that reached a state by this process.
    PayoutsMoved,
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
    /// How late the most overdue look-up is, from the database.
    LookupLag,
    /// Leases that ran out.
    LeasesExpired,
    /// Outbox rows waiting, from the database.
    OutboxRows,
    /// Age of the oldest outbox row, from the database.
    OutboxOldest,
    /// Messages handed to the broker.
    MessagesPublished,
    /// Messages taken from the broker.
    MessagesReceived,
    /// Whether a connection to the broker is up.
    BrokerConnected,
    /// State of an account's circuit breaker.
    Breaker,
    /// Whether an account is paused, from the database.
    AccountPaused,
    /// Rows of files and messages taken in.
    IntakeRows,
    /// Intake messages by outcome.
    IntakeMessages,
    /// Calls of providers.
    HookCalls,
    /// How far a provider's clock is ahead of ours.
    ClockSkew,
    /// Anomalies opened.
    Anomalies,
    /// Units of work that failed.
    Failures,
}

/// How a metric behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Buckets of seconds.
    Histogram,
}

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 23] = [
        Self::PayoutsOpen,
        Self::PayoutOldest,
        Self::PayoutsMoved,
        Self::PayoutsClaimed,
        Self::Attempts,
        Self::AttemptDuration,
        Self::Lookups,
        Self::LookupDuration,
        Self::LookupLag,
        Self::LeasesExpired,
        Self::OutboxRows,
        Self::OutboxOldest,
        Self::MessagesPublished,
        Self::MessagesReceived,
        Self::BrokerConnected,
        Self::Breaker,
        Self::AccountPaused,
        Self::IntakeRows,
        Self::IntakeMessages,
        Self::HookCalls,
        Self::ClockSkew,
        Self::Anomalies,
        Self::Failures,
    ];

    /// As Prometheus knows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PayoutsOpen => "payrun_payouts_open",
            Self::PayoutOldest => "payrun_payout_oldest_seconds",
            Self::PayoutsMoved => "payrun_payouts_moved_total",
            Self::PayoutsClaimed => "payrun_payouts_claimed_total",
            Self::Attempts => "payrun_attempts_total",
            Self::AttemptDuration => "payrun_attempt_duration_seconds",
            Self::Lookups => "payrun_lookups_total",
            Self::LookupDuration => "payrun_lookup_duration_seconds",
            Self::LookupLag => "payrun_lookup_lag_seconds",
            Self::LeasesExpired => "payrun_leases_expired_total",
            Self::OutboxRows => "payrun_outbox_rows",
            Self::OutboxOldest => "payrun_outbox_oldest_seconds",
            Self::MessagesPublished => "payrun_messages_published_total",
            Self::MessagesReceived => "payrun_messages_received_total",
            Self::BrokerConnected => "payrun_broker_connected",
            Self::Breaker => "payrun_breaker_open",
            Self::AccountPaused => "payrun_account_paused",
            Self::IntakeRows => "payrun_intake_rows_total",
            Self::IntakeMessages => "payrun_intake_messages_total",
            Self::HookCalls => "payrun_hook_calls_total",
            Self::ClockSkew => "payrun_provider_clock_skew_seconds",
            Self::Anomalies => "payrun_anomalies_total",
            Self::Failures => "payrun_failures_total",
        }
    }

    /// One sentence for whoever reads the dashboard.
    pub const fn help(self) -> &'static str {
        match self {
            Self::PayoutsOpen => "Payouts that are not settled, by account and state.",
            Self::PayoutOldest => "How long the oldest payout has been in its state, by account and state.",
            Self::PayoutsMoved => "Payouts that this process moved to a state, by account and state.",
            Self::PayoutsClaimed => {
                "Payouts that this process claimed for sending, by account and what woke it."
            }
            Self::Attempts => "Sends concluded by this process, by account and verdict.",
            Self::AttemptDuration => {
                "Seconds from claiming a send slot to the provider's verdict, by account."
            }
            Self::Lookups => "Look-ups answered, by account and verdict.",
            Self::LookupDuration => "Seconds that a look-up took, by account.",
            Self::LookupLag => "How late the most overdue look-up is, by account.",
            Self::LeasesExpired => "Leases that ran out: their holders died or hung.",
            Self::OutboxRows => "Messages that wait to be published.",
            Self::OutboxOldest => "How long the oldest message has waited to be published.",
            Self::MessagesPublished => "Messages handed to the broker, by outcome.",
            Self::MessagesReceived => "Messages taken from the broker, by outcome.",
            Self::BrokerConnected => "1 while the connection to the broker is up, by role.",
            Self::Breaker => "1 while no payout is sent because the provider fails, by account.",
            Self::AccountPaused => "1 while an account waits for a person, by account and reason.",
            Self::IntakeRows => "Rows of files and messages, by outcome.",
            Self::IntakeMessages => "Messages of upstream services, by outcome.",
            Self::HookCalls => "Calls of providers, by account and outcome.",
            Self::ClockSkew => "How far the provider's clock is ahead of ours, to the second, by account.",
            Self::Anomalies => "Anomalies opened for people, by account and kind.",
            Self::Failures => "Units of work that failed and will be tried again, by role.",
        }
    }

    /// How it behaves.
    pub const fn kind(self) -> Kind {
        match self {
            Self::PayoutsOpen
            | Self::PayoutOldest
            | Self::LookupLag
            | Self::OutboxRows
            | Self::OutboxOldest
            | Self::BrokerConnected
            | Self::Breaker
            | Self::ClockSkew
            | Self::AccountPaused => Kind::Gauge,
            Self::AttemptDuration | Self::LookupDuration => Kind::Histogram,
            Self::PayoutsMoved
            | Self::PayoutsClaimed
            | Self::Attempts
            | Self::Lookups
            | Self::LeasesExpired
            | Self::MessagesPublished
            | Self::MessagesReceived
            | Self::IntakeRows
            | Self::IntakeMessages
            | Self::HookCalls
            | Self::Anomalies
            | Self::Failures => Kind::Counter,
        }
    }
}

/// Every label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// Name of a configured account.
    Account,
    /// A payout state.
    State,
    /// A verdict.
    Verdict,
    /// `message` or `table`.
    Source,
    /// A word for how it ended.
    Outcome,
    /// Which part of payrun.
    Role,
    /// Why an account is paused.
    Reason,
    /// Kind of anomaly.
    Kind,
}

impl Label {
    /// As Prometheus knows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::State => "state",
            Self::Verdict => "verdict",
            Self::Source => "source",
            Self::Outcome => "outcome",
            Self::Role => "role",
            Self::Reason => "reason",
            Self::Kind => "kind",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_catalogue_is_what_dashboards_rely_on() {
        let lines: Vec<_> = Metric::ALL
            .iter()
            .map(|metric| format!("{} {:?}: {}", metric.name(), metric.kind(), metric.help()))
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn names_follow_the_conventions() {
        let names: HashSet<_> = Metric::ALL.iter().map(|metric| metric.name()).collect();
        assert_eq!(names.len(), Metric::ALL.len());
        for metric in Metric::ALL {
            assert!(metric.name().starts_with("payrun_"));
            assert_eq!(
                metric.name().ends_with("_total"),
                metric.kind() == Kind::Counter,
                "{}",
                metric.name()
            );
            assert!(
                metric.kind() != Kind::Histogram || metric.name().ends_with("_seconds"),
                "{}",
                metric.name()
            );
        }
    }
}
