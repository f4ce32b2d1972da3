//! What a provider's replies prove: yes, no, or unknown.

use std::{fmt, time::Duration};

use crate::{money::Money, word::serialize_as_word};

serialize_as_word!(as_str: Pause, Doubt, Differs, ProviderId);

/// What the replies of one conversation prove. Only documented words of the provider are a yes or a
/// no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The provider has it; its fate is learnt by look-up.
    Accepted(Record),
    /// Paid.
    Settled(Record),
    /// Refused: this record will never pay.
    Rejected(ProviderRefusal),
    /// The money came back after it was accepted or paid.
    Returned {
        /// Which record.
        record: Record,
        /// How much came back; at most what was paid.
        amount: Money,
    },
    /// Proved: nothing was sent, or the provider decided before it looked at the payout. The same
    /// reference may go again.
    Deferred {
        /// The wait that the provider asked for.
        retry_after: Option<Duration>,
        /// Set when nothing of this account can go until a person acts.
        pause: Option<Pause>,
    },
    /// Look-up only: the provider says, in its own words, that it does not know the reference.
    NotFound,
    /// The reply is about something else than was sent, or about another payout.
    Mismatch(Mismatch),
    /// The provider has it, in a state that its documents do not list: no yes and no no.
    Unlisted(Record),
    /// The replies do not say.
    Unknown(Doubt),
}

impl Verdict {
    /// `state` may be anything that a provider writes.
    pub fn unlisted(id: ProviderId, state: &str) -> Self {
        let word = printable(state);
        // A state has no such number; an account or a document has.
        let has_number = word.chars().filter(|char| char.is_numeric()).count() > 4;
        Self::Unlisted(Record { id, status: if has_number { "…".to_owned() } else { word } })
    }

    /// The word in tables, logs and metric labels.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::Settled(_) => "settled",
            Self::Rejected(_) => "rejected",
            Self::Returned { .. } => "returned",
            Self::Deferred { .. } => "deferred",
            Self::NotFound => "not_found",
            Self::Mismatch(_) => "mismatch",
            Self::Unlisted(_) => "unlisted",
            Self::Unknown(_) => "unknown",
        }
    }

    /// As [`Verdict::as_str`]; of a doubt, its reason.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Unknown(doubt) => doubt.as_str(),
            Self::Accepted(_)
            | Self::Settled(_)
            | Self::Rejected(_)
            | Self::Returned { .. }
            | Self::Deferred { .. }
            | Self::NotFound
            | Self::Mismatch(_)
            | Self::Unlisted(_) => self.as_str(),
        }
    }

    /// Why nothing of this account can go, if so.
    pub const fn pause(&self) -> Option<Pause> {
        match self {
            Self::Deferred { pause, .. } => *pause,
            Self::Rejected(refusal) => refusal.pause,
            Self::Accepted(_)
            | Self::Settled(_)
            | Self::Returned { .. }
            | Self::NotFound
            | Self::Mismatch(_)
            | Self::Unlisted(_)
            | Self::Unknown(_) => None,
        }
    }
}

/// In what a reply differs from what was sent. No personal data: of an account it says only that it
/// is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What differs.
    pub what: Differs,
    /// As payrun has it.
    pub ours: String,
    /// As the provider has it, cut to what a person can use.
    pub theirs: String,
}

/// What can differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Differs {
    /// The amount.
    Amount,
    /// The currency.
    Currency,
    /// The provider's own id.
    Id,
    /// Our reference.
    Reference,
    /// The account that is paid.
    Account,
}

impl Differs {
    /// The word in tables, logs and what people read.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::Id => "id",
            Self::Reference => "reference",
            Self::Account => "account",
        }
    }
}

impl Mismatch {
    /// `theirs` may be anything that a provider writes.
    pub fn new(what: Differs, ours: impl Into<String>, theirs: &str) -> Self {
        Self { what, ours: ours.into(), theirs: printable(theirs) }
    }
}

/// The most characters that are kept of a provider's value.
const CHARS_MAX: usize = 64;

fn printable(theirs: &str) -> String {
    theirs.chars().filter(|char| !char.is_control()).take(CHARS_MAX).collect()
}

impl From<Mismatch> for Verdict {
    fn from(mismatch: Mismatch) -> Self {
        Self::Mismatch(mismatch)
    }
}

/// The provider's own record of a payout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its id there.
    pub id: ProviderId,
    /// Its state there, in the provider's words.
    pub status: String,
}

/// A documented no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRefusal {
    /// The record that was made and refused, when one was made.
    pub id: Option<ProviderId>,
    /// The provider's code: short, stable, safe as a label.
    pub code: String,
    /// Set when the cause is ours and every other payout would be refused too.
    pub pause: Option<Pause>,
}

/// The provider's own id of a payout.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProviderId(String);

impl ProviderId {
    /// 1-64 ASCII letters, digits and `-_.:`, the first a letter or digit; anything else is not an
    /// id. It becomes a part of paths, and so may not lead elsewhere.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let begins = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        (begins && text.len() <= 64 && text.bytes().all(is_plain)).then(|| Self(text.to_owned()))
    }

    /// As the provider wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Why the replies do not say. Each is a metric label and a line in the payout's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Doubt {
    /// The reply was lost after the request may have been read.
    ReplyLost,
    /// The provider's side failed: 5xx, a gateway's page.
    ServerError,
    /// A reply that we cannot read: not JSON, cut short, a field missing.
    Unreadable,
    /// A reply that is readable but not documented: an unexpected code, a redirect.
    Undocumented,
    /// The provider says the reference was used before: a question, not an answer.
    DuplicateReference,
    /// The provider asks us to slow down and does not document that it decides so before it works.
    Throttled,
    /// The conversation took more steps than any provider needs.
    TooManySteps,
    /// It was sent to another merchant than the one that was asked.
    OtherMerchant,
}

impl Doubt {
    /// Every doubt.
    pub const ALL: [Self; 8] = [
        Self::ReplyLost,
        Self::ServerError,
        Self::Unreadable,
        Self::Undocumented,
        Self::DuplicateReference,
        Self::Throttled,
        Self::TooManySteps,
        Self::OtherMerchant,
    ];

    /// The word in tables, logs and metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReplyLost => "reply_lost",
            Self::ServerError => "server_error",
            Self::Unreadable => "unreadable",
            Self::Undocumented => "undocumented",
            Self::DuplicateReference => "duplicate_reference",
            Self::Throttled => "throttled",
            Self::TooManySteps => "too_many_steps",
            Self::OtherMerchant => "other_merchant",
        }
    }
}

/// Why nothing of an account can go until a person acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pause {
    /// The provider does not accept our credentials or signature.
    Credentials,
    /// The balance does not cover the payout.
    Balance,
    /// The provider has not enabled what we ask for.
    Configuration,
    /// A person said so.
    Person,
}

impl Pause {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Credentials, Self::Balance, Self::Configuration, Self::Person];

    /// The reason that `word` names, if any.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pause| pause.as_str() == word)
    }

    /// The word in the table and in metric labels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credentials => "credentials",
            Self::Balance => "balance",
            Self::Configuration => "configuration",
            Self::Person => "person",
        }
    }
}

impl fmt::Display for Pause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_and_a_deferral_may_stop_the_account_and_no_other_answer_does() {
        let record = || Record { id: ProviderId::parse("91").unwrap(), status: "1".to_owned() };
        let refused = |pause| Verdict::Rejected(ProviderRefusal { id: None, code: "701".to_owned(), pause });
        assert_eq!(refused(Some(Pause::Balance)).pause(), Some(Pause::Balance));
        assert_eq!(refused(None).pause(), None);
        let later = Verdict::Deferred { retry_after: None, pause: Some(Pause::Credentials) };
        assert_eq!(later.pause(), Some(Pause::Credentials));
        assert_eq!(Verdict::Settled(record()).pause(), None);
    }

    #[test]
    fn an_id_is_plain_and_short() {
        assert_eq!(ProviderId::parse("91-a").unwrap().to_string(), "91-a");
        for text in
            ["", "9 1", "9\n1", "número", &"9".repeat(65), "../../token", "..", "9/1", "9?x=1", "9#z", "9%2f"]
        {
            assert_eq!(ProviderId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn what_a_provider_writes_is_cut_to_what_can_be_printed() {
        let mismatch =
            Mismatch::new(Differs::Amount, "10.00", &("8.50\u{1b}[2J".to_owned() + &"x".repeat(99)));
        assert_eq!(mismatch.what.as_str(), "amount");
        assert!(mismatch.theirs.starts_with("8.50[2Jx"), "{}", mismatch.theirs);
        assert_eq!(mismatch.theirs.chars().count(), 64);
    }

    #[test]
    fn an_answer_has_a_word_and_a_doubt_its_reason() {
        let record = || Record { id: ProviderId::parse("91").unwrap(), status: "1".to_owned() };
        for (verdict, word, cause) in [
            (Verdict::Settled(record()), "settled", "settled"),
            (Verdict::Unlisted(record()), "unlisted", "unlisted"),
            (Verdict::NotFound, "not_found", "not_found"),
            (Verdict::Unknown(Doubt::ReplyLost), "unknown", "reply_lost"),
        ] {
            assert_eq!((verdict.as_str(), verdict.cause()), (word, cause));
        }
        for pause in Pause::ALL {
            assert_eq!(Pause::parse(&pause.to_string()), Some(pause));
        }
        assert_eq!(Pause::parse("balance"), Some(Pause::Balance));
    }
}
