//! Which steps are possible, and what must hold after each.

use payrun_domain::{decide::Idempotency, payout::PayoutState};
use stateright::{Model, Property};

use crate::{
    action::{Action, Response},
    rule::Rule,
    world::{Answer, Fate, Worker, World},
};

const CLAIMS_MAX: u8 = 3;
const REQUESTS_MAX: usize = 2;
const CRASHES_MAX: u8 = 2;

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

/// One payout to a provider of a idempotency, with all rules but one, or all.
#[derive(Debug, Clone)]
pub(crate) struct Protocol {
    pub(crate) idempotency: Idempotency,
    pub(crate) habit: Habit,
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

    fn of_worker(&self, world: &World, worker: usize, actions: &mut Vec<Action>) {
        let payout = &world.payout;
        let is_free = payout.claims < CLAIMS_MAX;
        match world.workers[worker] {
            Worker::Idle if payout.state == PayoutState::Queued && is_free => {
                let take = if self.holds(Rule::IntentFirst) { Action::Claim } else { Action::PickUp };
                actions.push(take(worker));
            }
            Worker::Idle
                if payout.state == PayoutState::Unknown
                    && is_free
                    && self.idempotency == Idempotency::Deduplicates =>
            {
                if !(self.holds(Rule::DedupWindow) && world.provider.forgot) {
                    actions.push(Action::Resend(worker));
                }
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
        if world.workers[worker] != Worker::Idle && world.crashes < CRASHES_MAX {
            actions.push(Action::Kill(worker));
        }
    }

    fn of_provider(&self, world: &World, actions: &mut Vec<Action>) {
        for (place, request) in world.requests.iter().enumerate() {
            actions.push(Action::LoseRequest(place));
            let is_known = world.provider.records.iter().any(|record| record.reference == request.reference);
            if self.idempotency == Idempotency::Deduplicates && is_known && !world.provider.forgot {
                actions.push(Action::Decline(place, Answer::Duplicate));
                continue;
            }
            if self.idempotency == Idempotency::Searchable && is_known {
                // Some refuse a second one after all; nothing promises it.
                actions.push(Action::Decline(place, Answer::Duplicate));
            }
            if world.provider.refused.contains(&request.reference)
                && self.idempotency == Idempotency::Deduplicates
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
        if world.provider.lags && world.requests.is_empty() {
            actions.push(Action::Index);
        }
        let fenced = !self.holds(Rule::SelfFence)
            || world.workers.iter().all(|worker| !matches!(worker, Worker::Claimed { .. }));
        let calm = world.requests.is_empty() && !world.provider.lags && world.payout.claims > 0;
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
                let named = named.filter(|(_, record)| record.reference == world.payout.reference);
                let found: Vec<u8> = named.map(|(place, _)| place).collect();
                // A provider without idempotency cannot be asked and answers nothing; a program
                // that asks all the same hears a not-found.
                let is_blind = self.idempotency == Idempotency::None;
                if is_blind || found.is_empty() || world.provider.lags {
                    actions.push(Action::LookUp(None));
                }
                let found = found.into_iter().filter(|_| !is_blind);
                actions.extend(found.map(|record| Action::LookUp(Some(record))));
            }
            // By the provider's id, once it is known.
            PayoutState::Accepted => {
                actions.extend(world.payout.record.map(|record| Action::LookUp(Some(record))));
            }
            PayoutState::Rejected if self.holds(Rule::RefusedIsWatched) => {
                actions.extend(world.payout.record.map(|record| Action::LookUp(Some(record))));
            }
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
                let spent = world.payout.state == PayoutState::Queued && world.payout.claims == CLAIMS_MAX;
                let resting = world.payout.state.is_final() || world.payout.state == PayoutState::NeedsReview;
                resting || spent || !protocol.next_steps(world).is_empty()
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
