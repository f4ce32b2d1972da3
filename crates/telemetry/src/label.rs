//! What tells the series of a metric apart.

/// Every label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// Name of a configured account.
    Account,
    /// Where an account pays, ISO 3166-1.
    Country,
    /// An amount's currency, ISO 4217.
    Currency,
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
    /// A name of the configuration's section `expires`.
    What,
    /// The version of payrun.
    Version,
}

impl Label {
    /// As Prometheus knows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Country => "country",
            Self::Currency => "currency",
            Self::State => "state",
            Self::Verdict => "verdict",
            Self::Source => "source",
            Self::Outcome => "outcome",
            Self::Role => "role",
            Self::Reason => "reason",
            Self::Kind => "kind",
            Self::What => "what",
            Self::Version => "version",
        }
    }
}
