//! The public settings of a Qentaz account, and what they mean together.

use payrun_domain::{money::Currency, payout::PayoutState};
use serde::Deserialize;

use crate::{SettingsError, status_words::one_meaning_each};

/// The word in configurations, tables and fixtures.
pub(super) const NAME: &str = "qentaz";

/// What a Qentaz account is, but for its keys; and so its rules. It pays in Colombia.
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
    /// What it is funded in, and pays.
    #[serde(default)]
    pub(super) currency: Funds,
    /// How beneficiaries are told of a payout.
    #[serde(default)]
    pub(super) channel: Channel,
    /// How they are told besides.
    pub(super) additional_channel: Option<Channel>,
    /// Who must agree to each payout at the provider.
    #[serde(default)]
    pub(super) approval: Approval,
    /// With `message`: the telephone of the administrator or coordinator who is asked …
    pub(super) approval_phone: Option<String>,
    /// … or their e-mail address.
    pub(super) approval_email: Option<String>,
    /// Which member a confirmation has the code in: the provider's page says both.
    #[serde(default)]
    pub(super) confirm_member: ConfirmMember,
    /// Texts of the merchant's own for `reference_two` to `reference_four`, the same for each
    /// payout.
    #[serde(default)]
    pub(super) references: Vec<String>,
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

/// How long these texts may be is not documented.
const REFERENCE_CHARS_MAX: usize = 100;

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

/// What an account is funded in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) enum Funds {
    /// Colombian pesos.
    #[default]
    Cop,
    /// Dollars: whole ones only, as the provider takes no decimals.
    Usd,
}

impl Funds {
    pub(super) const fn currency(self) -> Currency {
        match self {
            Self::Cop => Currency::Cop,
            Self::Usd => Currency::Usd,
        }
    }
}

/// How the provider tells somebody of something.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Channel {
    /// Not at all.
    #[default]
    None,
    /// To their telephone.
    Whatsapp,
    /// To their address.
    Email,
}

impl Channel {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Whatsapp => "whatsapp",
            Self::Email => "email",
        }
    }
}

/// Who must agree to a payout at the provider, after it was approved here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Approval {
    /// Nobody.
    #[default]
    None,
    /// Somebody who is sent a message.
    Message,
    /// Whoever confirms with a code.
    Otp,
}

impl Approval {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Message => "message",
            Self::Otp => "otp",
        }
    }
}

/// The member of a confirmation that has the code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ConfirmMember {
    /// As the page's table has it.
    #[default]
    Code,
    /// As its examples have it.
    Token,
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

    fn check_approval(&self) -> Result<(), SettingsError> {
        let contacts = [&self.approval_phone, &self.approval_email].into_iter().flatten().count();
        if contacts != usize::from(self.approval == Approval::Message) {
            return Err(SettingsError(
                "approval = \"message\" wants one of approval_phone and approval_email, and nothing else does".to_owned(),
            ));
        }
        Ok(())
    }

    /// A telephone is wanted unless beneficiaries are told by e-mail alone.
    pub(super) fn wants_phone(&self) -> bool {
        self.channel != Channel::Email || self.tells(Channel::Whatsapp)
    }

    /// Whether beneficiaries are told through `channel`.
    pub(super) fn tells(&self, channel: Channel) -> bool {
        self.channel == channel || self.additional_channel == Some(channel)
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
        self.check_approval()?;
        if self.paid_words.is_empty() || self.child_id.as_deref() == Some("") {
            return Err(SettingsError("paid_words and child_id are not empty; leave them out".to_owned()));
        }
        let is_sayable = |text: &String| (1..=REFERENCE_CHARS_MAX).contains(&text.chars().count());
        if self.references.len() > 3 || !self.references.iter().all(is_sayable) {
            return Err(SettingsError(format!(
                "references are at most 3 texts of 1 to {REFERENCE_CHARS_MAX} characters, for reference_two to reference_four"
            )));
        }
        if self.additional_channel == Some(Channel::None) || self.additional_channel == Some(self.channel) {
            return Err(SettingsError(
                "additional_channel is whatsapp or email, another than channel, or left out".to_owned(),
            ));
        }
        one_meaning_each([&self.pending_words, &self.paid_words, &self.refused_words])?;
        Ok(self)
    }
}
