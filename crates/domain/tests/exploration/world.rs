//! Everything that matters at one moment: our row, our workers, the wire, and the provider's own
//! book.

use payrun_domain::payout::PayoutState;

/// One payout, two workers, one provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct World {
    pub(crate) payout: Payout,
    pub(crate) workers: [Worker; 2],
    /// Sent, and neither lost nor arrived; sorted, since the order on the wire means nothing.
    pub(crate) requests: Vec<Request>,
    /// Answered, and not yet read; sorted.
    pub(crate) replies: Vec<Reply>,
    pub(crate) provider: Provider,
    pub(crate) crashes: u8,
    pub(crate) clock_was_set: bool,
    /// Whose the account's key is: whom the next claim goes to, and whom a look-up asks.
    pub(crate) key: Merchant,
    pub(crate) history: History,
    /// A state that was final has been left.
    pub(crate) overwritten: bool,
}

/// What Postgres knows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Payout {
    pub(crate) state: PayoutState,
    pub(crate) epoch: u8,
    pub(crate) reference: u8,
    /// Sends that may have reached the provider.
    pub(crate) sends: u8,
    /// Sends that were begun; bounds the exploration.
    pub(crate) claims: u8,
    /// The claim was T19: an earlier send is unresolved.
    pub(crate) resent: bool,
    pub(crate) refusal_noted: bool,
    pub(crate) not_found: u8,
    /// The provider's record that was accepted or found.
    pub(crate) record: Option<u8>,
    /// Whom the last send went to.
    pub(crate) sent_to: Merchant,
    /// Two people have said that payouts go to the other merchant.
    pub(crate) other_is_adopted: bool,
}

/// What the database is of what was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum History {
    Own,
    BackedUp(Backup),
    /// It is the backup, and nobody has said so.
    Restored {
        was_quiet: bool,
    },
    /// It is the backup, and goes on as such.
    Opened,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Backup {
    pub(crate) payout: Box<Payout>,
    /// Of what it knows nothing was on its way at some moment since.
    pub(crate) was_quiet: bool,
}

/// Each has a book of its own at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Merchant {
    First,
    Other,
}

/// Under which the provider knows a payout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) merchant: Merchant,
    pub(crate) reference: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Worker {
    Idle,
    /// The claim is committed, no byte has left.
    Claimed {
        epoch: u8,
        name: Name,
    },
    /// The bytes have left.
    Waiting {
        epoch: u8,
        name: Name,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Request {
    pub(crate) name: Name,
    /// None once it was lost with the database: no claim is this one's, though epochs begin anew.
    pub(crate) worker: Option<usize>,
    pub(crate) epoch: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Reply {
    pub(crate) answer: Answer,
    pub(crate) worker: usize,
    pub(crate) epoch: u8,
}

/// What a provider says to a submit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Answer {
    /// It has it, as this record.
    Accepted(u8),
    Refused,
    /// The reference was used before.
    Duplicate,
    /// A 500, a page, a half of something.
    Garbage,
}

/// The provider's book.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Provider {
    pub(crate) records: Vec<Record>,
    /// What it refused, if it remembers such.
    pub(crate) refused: Vec<Name>,
    pub(crate) index: Index,
    /// Its memory of references has ended: it takes them for new.
    pub(crate) forgot: bool,
    /// It has paid what it had declined.
    pub(crate) changed_its_mind: bool,
}

/// What a provider finds by reference.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) enum Index {
    /// All that it knows.
    #[default]
    Whole,
    /// Perhaps not what was sent last.
    Lags,
    /// A payout that was sent later, and perhaps not this one.
    LagsBehindYounger,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Record {
    pub(crate) name: Name,
    pub(crate) fate: Fate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Fate {
    Pending,
    Paid,
    Declined,
}

impl World {
    pub(crate) fn begin() -> Self {
        let payout = Payout {
            state: PayoutState::Queued,
            epoch: 0,
            reference: 0,
            sends: 0,
            claims: 0,
            resent: false,
            refusal_noted: false,
            not_found: 0,
            record: None,
            sent_to: Merchant::First,
            other_is_adopted: false,
        };
        Self {
            payout,
            workers: [Worker::Idle; 2],
            requests: Vec::new(),
            replies: Vec::new(),
            provider: Provider::default(),
            crashes: 0,
            clock_was_set: false,
            key: Merchant::First,
            history: History::Own,
            overwritten: false,
        }
    }

    /// Records that paid or will.
    pub(crate) fn payments(&self) -> usize {
        self.provider.records.iter().filter(|record| record.fate != Fate::Declined).count()
    }

    /// The payout's name in the book of the merchant whose the key is.
    pub(crate) fn name(&self) -> Name {
        Name { merchant: self.key, reference: self.payout.reference }
    }

    /// A worker may yet send under `reference`.
    pub(crate) fn may_send(&self, reference: u8) -> bool {
        self.workers
            .iter()
            .any(|worker| matches!(worker, Worker::Claimed { name, .. } if name.reference == reference))
    }

    pub(crate) fn is_on_the_wire(&self, reference: u8) -> bool {
        self.requests.iter().any(|request| request.name.reference == reference)
    }
}
