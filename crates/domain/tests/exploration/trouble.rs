//! What befalls the program besides: its clock, its key, its database. Each only in a world where
//! it may.

use payrun_domain::payout::{PayoutState, Transition};

use crate::{
    action::Action,
    protocol::Protocol,
    rule::Rule,
    world::{Backup, History, Index, Merchant, Payout, Worker, World},
};

/// What is not as it should be in a world, besides a provider's habits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The database's clock is set forward, once.
    ClockIsSet,
    /// The account's key becomes another merchant's, and the first one's again, at any time.
    KeyChanges,
    /// What the provider finds by reference may lag longer than the quiet period.
    IndexLags,
    /// A payout that is sent later may be booked earlier.
    SendsOvertake,
    /// A backup is taken at one moment and restored at another.
    DatabaseGoesBack,
}

impl Protocol {
    pub(crate) fn of_troubles(&self, world: &World, actions: &mut Vec<Action>) {
        if self.may(Trouble::ClockIsSet) && !world.clock_was_set {
            actions.push(Action::SetClock);
        }
        if self.may(Trouble::KeyChanges) {
            actions.push(Action::ChangeKey);
            if world.key == Merchant::Other && !world.payout.other_is_adopted {
                actions.push(Action::Adopt);
            }
        }
        match world.history {
            History::Own if self.may(Trouble::DatabaseGoesBack) => actions.push(Action::BackUp),
            History::BackedUp(_) => actions.push(Action::Restore),
            History::Restored { .. } if self.holds(Rule::KnownHistory) => actions.push(Action::Recover),
            History::Own | History::Restored { .. } | History::Opened => {}
        }
    }

    /// Whether anything may be claimed: in this database, for the merchant of the key; and what may
    /// have arrived at one merchant for no other.
    pub(crate) fn may_claim(&self, world: &World) -> bool {
        let is_known = !matches!(world.history, History::Restored { .. }) || !self.holds(Rule::KnownHistory);
        let has_key = world.key == Merchant::First || world.payout.other_is_adopted;
        let is_one = world.payout.sends == 0 || world.payout.sent_to == world.key;
        is_known && has_key && (is_one || !self.holds(Rule::OneMerchant))
    }

    /// Nothing that was sent can still be found for the first time, as far as R4 and R11 go. A
    /// broken R4 finds every silence long enough, a broken R11 does not wait for a worker that
    /// stands still.
    pub(crate) fn is_quiet(&self, world: &World) -> bool {
        let reference = world.payout.reference;
        let is_fenced = !self.holds(Rule::SelfFence) || !world.may_send(reference);
        // Where an index may lag for longer, the quiet period says nothing of it.
        let is_indexed = world.provider.index == Index::Whole || self.may(Trouble::IndexLags);
        !self.holds(Rule::QuietPeriod) || (!world.is_on_the_wire(reference) && is_indexed && is_fenced)
    }

    /// Whether there was silence for long enough by the database's clock, which may have been set,
    /// and by our own. A restored database does not know what was sent last, and a process that
    /// lives on heard of it in another one.
    pub(crate) fn silences(&self, world: &World) -> [bool; 2] {
        let own = self.is_quiet(world) || matches!(world.history, History::Restored { was_quiet: true });
        [own || world.clock_was_set, own]
    }
}

impl World {
    /// Its process is gone, and what it would have heard.
    pub(crate) fn restore(&mut self) {
        let History::BackedUp(Backup { payout, was_quiet }) = &self.history else { return };
        self.payout = Payout { claims: self.payout.claims, ..Payout::clone(payout) };
        self.history = History::Restored { was_quiet: *was_quiet };
        self.workers = [Worker::Idle; 2];
        self.replies.clear();
        for request in &mut self.requests {
            request.worker = None;
        }
        self.requests.sort_unstable();
    }

    /// `payrun recover`: what is queued is in doubt, as if a send had begun and its lease had
    /// ended, and what was not found begins anew.
    pub(crate) fn recover(&mut self) {
        self.history = History::Opened;
        let has_key = self.key == Merchant::First || self.payout.other_is_adopted;
        let payout = &mut self.payout;
        payout.not_found = 0;
        if payout.state == PayoutState::Queued {
            payout.follow(Some(Transition::Claim));
            payout.epoch += 2;
            payout.sends += 1;
            payout.resent = false;
            // Whom a lost send went to is not known: the account's merchant is taken for it.
            payout.sent_to = if has_key { self.key } else { Merchant::First };
            payout.follow(Some(Transition::ExpireLease));
        }
    }
}
