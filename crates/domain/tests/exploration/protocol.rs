//! Which steps are possible, and what must hold after each.

use payrun_domain::{decide::Idempotency, payout::PayoutState};
use stateright::{Model, Property};

use crate::{
    action::{Action, Response},
    rule::Rule,
    trouble::Trouble,
    world::{Answer, Fate, Index, Worker, World},
};

const REQUESTS_MAX: usize = 2;

/// What documents leave open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Habit {
    /// It refuses a reference again that it refused before.
    pub(crate) remembers_refusals: bool,
    /// After some time it takes an old reference for a new one.
    pub(crate) forgets_references: bool,
    /// It pays some time what it said that it had declined.
    pub(crate) changes_its_mind: bool,
}

/// One payout to a provider, with all rules but one, or all.
#[derive(Debug, Clone)]
pub(crate) struct Protocol {
    pub(crate) name: &'static str,
    pub(crate) idempotency: Idempotency,
    pub(crate) habit: Habit,
    pub(crate) troubles: &'static [Trouble],
    /// Sends that are begun.
    pub(crate) claims_max: u8,
    pub(crate) crashes_max: u8,
    pub(crate) broken: Vec<Rule>,
}

/// What must never be; the names of the properties.
pub(crate) const HARMS: [&str; 5] = [
    "a payout is paid once",
    "what is rejected is not paid",
    "what is accepted was sent",
    "what is final stays",
    "nothing is stuck",
];

impl Protocol {
    pub(crate) fn holds(&self, rule: Rule) -> bool {
        !self.broken.contains(&rule)
    }

    pub(crate) fn may(&self, trouble: Trouble) -> bool {
        self.troubles.contains(&trouble)
    }

    fn of_worker(&self, world: &World, worker: usize, actions: &mut Vec<Action>) {
        let payout = &world.payout;
        let is_free = payout.claims < self.claims_max && self.may_claim(world);
        match world.workers[worker] {
            Worker::Idle if payout.state == PayoutState::Queued && is_free => {
                let take = if self.holds(Rule::IntentFirst) { Action::Claim } else { Action::PickUp };
                actions.push(take(worker));
            }
            Worker::Idle if payout.state == PayoutState::Unknown && is_free && self.may_resend(world) => {
                actions.push(Action::Resend(worker));
            }
            Worker::Idle => return,
            Worker::Claimed { .. } => {
                actions.push(Action::FailToSend(worker));
                if world.requests.len() < REQUESTS_MAX {
                    actions.push(Action::Send(worker));
                }
            }
            Worker::Waiting { epoch, .. } => {
                actions.push(Action::GiveUpWaiting(worker));
                let own = world.replies.iter().filter(|reply| (reply.worker, reply.epoch) == (worker, epoch));
                actions.extend(own.map(|reply| Action::Read(worker, reply.answer)));
            }
        }
        if world.workers[worker] != Worker::Idle && world.crashes < self.crashes_max {
            actions.push(Action::Kill(worker));
        }
    }

    /// T19, which the program never takes. The table would let it go to another merchant than the
    /// send that it follows, and a database that goes back would forget it beside one that it
    /// knows: neither is explored.
    fn may_resend(&self, world: &World) -> bool {
        self.idempotency == Idempotency::Deduplicates
            && !(self.holds(Rule::DedupWindow) && world.provider.forgot)
            && world.key == world.payout.sent_to
            && !self.may(Trouble::DatabaseGoesBack)
    }

    fn of_provider(&self, world: &World, actions: &mut Vec<Action>) {
        for (place, request) in world.requests.iter().enumerate() {
            actions.push(Action::LoseRequest(place));
            let is_known = world.provider.records.iter().any(|record| record.name == request.name);
            if self.idempotency == Idempotency::Deduplicates && is_known && !world.provider.forgot {
                actions.push(Action::Decline(place, Answer::Duplicate));
                continue;
            }
            if self.idempotency == Idempotency::Searchable && is_known {
                // Some refuse a second one after all; nothing promises it.
                actions.push(Action::Decline(place, Answer::Duplicate));
            }
            if world.provider.refused.contains(&request.name) && self.idempotency == Idempotency::Deduplicates
            {
                actions.push(Action::Decline(place, Answer::Refused));
                continue;
            }
            actions.push(Action::Take(place, Response::Well));
            actions.push(Action::Take(place, Response::Garbled));
            actions.push(Action::Decline(place, Answer::Refused));
            actions.push(Action::Decline(place, Answer::Garbage));
        }
        for (record, kept) in (0..).zip(&world.provider.records) {
            if kept.fate == Fate::Pending {
                actions.push(Action::Settle(record, Fate::Paid));
                actions.push(Action::Settle(record, Fate::Declined));
            }
            let may_change = self.habit.changes_its_mind && !world.provider.changed_its_mind;
            if kept.fate == Fate::Declined && may_change {
                actions.push(Action::ChangeMind(record));
            }
        }
        let lags = world.provider.index != Index::Whole;
        let may_index = world.requests.is_empty() || self.may(Trouble::SendsOvertake);
        if lags && may_index {
            actions.push(Action::Index);
        }
        let fenced = !self.holds(Rule::SelfFence)
            || world.workers.iter().all(|worker| !matches!(worker, Worker::Claimed { .. }));
        let calm = world.requests.is_empty() && !lags && world.payout.claims > 0;
        if self.habit.forgets_references && !world.provider.forgot && calm && fenced {
            actions.push(Action::Forget);
        }
    }

    fn of_reconciler(&self, world: &World, actions: &mut Vec<Action>) {
        match world.payout.state {
            PayoutState::Submitting => actions.push(Action::ExpireLease),
            PayoutState::Unknown => {
                actions.push(Action::LookUpInVain);
                let named = (0..).zip(&world.provider.records);
                let named = named.filter(|(_, record)| record.name == world.name());
                let found: Vec<u8> = named.map(|(place, _)| place).collect();
                // Without idempotency what is there may be found, and may not.
                let is_blind = self.idempotency == Idempotency::None;
                if is_blind || found.is_empty() || world.provider.index != Index::Whole {
                    actions.push(Action::LookUp(None));
                }
                actions.extend(found.into_iter().map(|record| Action::LookUp(Some(record))));
            }
            // By the provider's id, once it is known.
            PayoutState::Accepted => actions.extend(by_id(world)),
            PayoutState::Rejected if self.holds(Rule::RefusedIsWatched) => actions.extend(by_id(world)),
            PayoutState::Received
            | PayoutState::Invalid
            | PayoutState::Held
            | PayoutState::AwaitingApproval
            | PayoutState::Cancelled
            | PayoutState::Queued
            | PayoutState::NeedsReview
            | PayoutState::Paid
            | PayoutState::Rejected
            | PayoutState::Returned => {}
        }
    }

    /// The next look-up takes a payout to people that was rejected and is paid all the same.
    fn is_about_to_surface(&self, world: &World) -> bool {
        self.next_steps(world).into_iter().any(|action| {
            matches!(action, Action::LookUp(_))
                && self.step(world, action).payout.state == PayoutState::NeedsReview
        })
    }
}

/// The look-up of the record that is known, if the key is the merchant's that has it.
fn by_id(world: &World) -> Option<Action> {
    let record = world.payout.record?;
    let is_there = world.provider.records[usize::from(record)].name.merchant == world.key;
    is_there.then_some(Action::LookUp(Some(record)))
}

impl Model for Protocol {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![World::begin()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        for worker in 0..world.workers.len() {
            self.of_worker(world, worker, actions);
        }
        self.of_provider(world, actions);
        self.of_reconciler(world, actions);
        self.of_troubles(world, actions);
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let next = self.step(world, action);
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let [once, rejected, accepted, last, stuck] = HARMS;
        vec![
            Property::always(once, |_, world: &World| world.payments() <= 1),
            // What a provider pays after it had declined it cannot be foreseen, and is told.
            Property::always(rejected, |protocol: &Self, world: &World| {
                world.payout.state != PayoutState::Rejected
                    || world.payments() == 0
                    || (world.provider.changed_its_mind && protocol.is_about_to_surface(world))
            }),
            Property::always(accepted, |_, world: &World| {
                let is = |state| world.payout.state == state;
                (!is(PayoutState::Accepted) || !world.provider.records.is_empty())
                    && (!is(PayoutState::Paid)
                        || world.provider.records.iter().any(|record| record.fate == Fate::Paid))
            }),
            Property::always(last, |_, world: &World| !world.overwritten),
            Property::always(stuck, |protocol: &Self, world: &World| {
                let spent =
                    world.payout.state == PayoutState::Queued && world.payout.claims == protocol.claims_max;
                let resting = world.payout.state.is_final() || world.payout.state == PayoutState::NeedsReview;
                let next_steps = protocol.next_steps(world);
                resting || spent || next_steps.iter().any(|action| !action.is_trouble())
            }),
            Property::sometimes(
                "a payout is sent again, but without idempotency",
                |protocol: &Self, world: &World| {
                    (world.payout.sends > 1) != (protocol.idempotency == Idempotency::None)
                },
            ),
            Property::sometimes("a payout is paid", |_, world: &World| {
                world.payout.state == PayoutState::Paid
            }),
            Property::sometimes("a payout is rejected", |_, world: &World| {
                world.payout.state == PayoutState::Rejected
            }),
            Property::sometimes("a person is asked", |_, world: &World| {
                world.payout.state == PayoutState::NeedsReview
            }),
        ]
    }
}
