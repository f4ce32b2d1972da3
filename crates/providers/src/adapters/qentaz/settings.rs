//! The public settings of a Qentaz account, and what they mean together.

use payrun_domain::payout::PayoutState;
use serde::Deserialize;

use crate::{SettingsError, status_words::one_meaning_each};

/// The word in configurations, tables and fixtures.
pub(super) const NAME: &str = "qentaz";

/// What a Qentaz account is, but for its keys; and so its rules. It pays pesos in Colombia.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QentazRules {
    /// Where the token is.
    #[serde(default = "token_path")]
    pub(super) token_path: String,
    /// What the paths of payouts begin with.
    #[serde(default = "api_path")]
    pub(super) api_path: String,
    /// The managed child account that pays, if one does.
    pub(super) child_id: Option<String>,
    /// How payouts are made.
    #[serde(default)]
    pub(super) speed: Speed,
    /// With `scheduled`: how many days after the send, in Bogotá. Until then a payout can be
    /// cancelled.
    pub(super) days_ahead: Option<u8>,
    /// States that mean under way.
    #[serde(default = "pending_words")]
    pub(super) pending_words: Vec<String>,
    /// States that mean paid.
    #[serde(default = "paid_words")]
    pub(super) paid_words: Vec<String>,
    /// States that mean refused for good; FAILED and BLOCKED belong here once the provider has said
    /// so.
    #[serde(default = "refused_words")]
    pub(super) refused_words: Vec<String>,
}

/// How payouts are made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Speed {
    /// In the provider's next round.
    #[default]
    Normal,
    /// At once.
    Instant,
    /// On a later day.
    Scheduled,
}

impl Speed {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Instant => "instant",
            Self::Scheduled => "scheduled",
        }
    }
}

fn token_path() -> String {
    "/token".to_owned()
}

fn api_path() -> String {
    "/v1/merchant".to_owned()
}

fn pending_words() -> Vec<String> {
    vec!["CREATED".to_owned(), "SCHEDULED".to_owned()]
}

fn paid_words() -> Vec<String> {
    vec!["SUCCESS".to_owned()]
}

fn refused_words() -> Vec<String> {
    vec!["CANCELED".to_owned()]
}

impl QentazRules {
    /// The final state of ours that a state of theirs is.
    pub(super) fn reported(&self, status: &str) -> Option<PayoutState> {
        let is_among = |words: &[String]| words.iter().any(|word| word == status);
        if is_among(&self.paid_words) {
            Some(PayoutState::Paid)
        } else if is_among(&self.refused_words) {
            Some(PayoutState::Rejected)
        } else {
            None
        }
    }

    /// Checks the settings.
    pub(super) fn checked(self) -> Result<Self, SettingsError> {
        if (self.speed == Speed::Scheduled) != self.days_ahead.is_some_and(|days| days > 0) {
            return Err(SettingsError(
                "days_ahead is for speed = \"scheduled\", and is at least 1 there".to_owned(),
            ));
        }
        for path in [&self.token_path, &self.api_path] {
            if !path.starts_with('/') || path.ends_with('/') {
                return Err(SettingsError(
                    "token_path and api_path begin with a slash and do not end with one".to_owned(),
                ));
            }
        }
        one_meaning_each([&self.pending_words, &self.paid_words, &self.refused_words])?;
        Ok(self)
    }
}
