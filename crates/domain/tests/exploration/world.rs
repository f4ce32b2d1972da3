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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Worker {
    Idle,
    /// The claim is committed, no byte has left.
    Claimed {
        epoch: u8,
        reference: u8,
    },
    /// The bytes have left.
    Waiting {
        epoch: u8,
        reference: u8,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Request {
    pub(crate) reference: u8,
    pub(crate) worker: usize,
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
    /// References that it refused, if it remembers such.
    pub(crate) refused: Vec<u8>,
    /// What it knows may not be found yet.
    pub(crate) lags: bool,
    /// Its memory of references has ended: it takes them for new.
    pub(crate) forgot: bool,
    /// It has paid what it had declined.
    pub(crate) changed_its_mind: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Record {
    pub(crate) reference: u8,
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
        };
        Self {
            payout,
            workers: [Worker::Idle; 2],
            requests: Vec::new(),
            replies: Vec::new(),
            provider: Provider::default(),
            crashes: 0,
            overwritten: false,
        }
    }

    /// Records that paid or will.
    pub(crate) fn payments(&self) -> usize {
        self.provider.records.iter().filter(|record| record.fate != Fate::Declined).count()
    }

    /// A worker may yet send under `reference`.
    pub(crate) fn may_send(&self, reference: u8) -> bool {
        self.workers
            .iter()
            .any(|worker| matches!(worker, Worker::Claimed { reference: one, .. } if *one == reference))
    }

    /// Nothing of `reference` is on the wire or not yet to be found.
    pub(crate) fn is_quiet(&self, reference: u8) -> bool {
        !self.provider.lags && self.requests.iter().all(|request| request.reference != reference)
    }
}
