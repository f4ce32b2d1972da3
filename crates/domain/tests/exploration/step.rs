//! What a step changes. Decisions are those of `payrun_domain::decide`; a broken rule lies to them
//! about the fact that the rule rests on.

use std::time::Duration;

use payrun_domain::{
    decide::{
        AbsencePolicy, Idempotency, NOT_FOUND_MIN, NextSend, UnknownPayout, after_lookup_of_accepted,
        after_lookup_of_rejected, after_lookup_of_unknown, after_submit,
    },
    payout::{PayoutState, Transition},
    verdict::{self, Doubt, ProviderId, ProviderRefusal, Verdict},
};

use crate::{
    action::{Action, Response},
    protocol::Protocol,
    rule::Rule,
    trouble::Trouble,
    world::{Answer, Backup, Fate, History, Index, Merchant, Payout, Record, Reply, Request, Worker, World},
};

const POLICY: AbsencePolicy = AbsencePolicy {
    quiet: Duration::from_mins(30),
    sends_max: 3,
    review_after: Duration::from_hours(24),
    resend: true,
};

fn record() -> verdict::Record {
    verdict::Record { id: ProviderId::parse("1").unwrap(), status: String::new() }
}

fn refusal() -> Verdict {
    Verdict::Rejected(ProviderRefusal { id: None, code: String::new(), pause: None })
}

fn fate(fate: Fate) -> Verdict {
    match fate {
        Fate::Pending => Verdict::Accepted(record()),
        Fate::Paid => Verdict::Settled(record()),
        Fate::Declined => refusal(),
    }
}

impl Protocol {
    /// Every step that changes something.
    pub(crate) fn next_steps(&self, world: &World) -> Vec<Action> {
        let mut actions = Vec::new();
        stateright::Model::actions(self, world, &mut actions);
        actions.retain(|action| self.step(world, *action) != *world);
        actions
    }

    pub(crate) fn step(&self, world: &World, action: Action) -> World {
        let mut next = world.clone();
        match action {
            Action::Claim(worker) => self.claim(&mut next, worker, Transition::Claim),
            Action::Resend(worker) => self.claim(&mut next, worker, Transition::Resend),
            Action::PickUp(worker) => {
                next.payout.claims += 1;
                next.workers[worker] = Worker::Claimed { epoch: next.payout.epoch, name: next.name() };
            }
            Action::Send(worker) => send(&mut next, worker),
            Action::FailToSend(worker) => {
                self.conclude(&mut next, worker, &Verdict::Deferred { retry_after: None, pause: None });
            }
            Action::GiveUpWaiting(worker) => {
                let verdict = self.of_answer(Answer::Garbage);
                self.conclude(&mut next, worker, &verdict);
            }
            Action::Read(worker, answer) => self.read(&mut next, worker, answer),
            Action::Kill(worker) => {
                next.crashes += 1;
                next.workers[worker] = Worker::Idle;
                next.replies.retain(|reply| reply.worker != worker);
            }
            Action::LoseRequest(place) => {
                next.requests.remove(place);
            }
            Action::Take(place, response) => take(&mut next, place, response),
            Action::Decline(place, answer) => self.decline(&mut next, place, answer),
            Action::Settle(record, fate) => next.provider.records[usize::from(record)].fate = fate,
            Action::ChangeMind(record) => {
                next.provider.records[usize::from(record)].fate = Fate::Paid;
                next.provider.changed_its_mind = true;
            }
            Action::Index => next.provider.index = Index::Whole,
            Action::Forget => next.provider.forgot = true,
            Action::ExpireLease => self.expire(&mut next),
            Action::LookUp(found) => self.look_up(&mut next, found),
            Action::LookUpInVain => {
                let verdict = Verdict::Unknown(Doubt::ServerError);
                let known = UnknownPayout { age: POLICY.review_after, ..self.unknown_payout(world) };
                let transition = after_lookup_of_unknown(&verdict, &known, &POLICY);
                next.payout.follow(transition);
            }
            Action::SetClock => next.clock_was_set = true,
            Action::ChangeKey => {
                next.key = match next.key {
                    Merchant::First => Merchant::Other,
                    Merchant::Other => Merchant::First,
                };
            }
            Action::Adopt => next.payout.other_is_adopted = true,
            Action::BackUp => {
                let payout = Box::new(next.payout.clone());
                next.history = History::BackedUp(Backup { payout, was_quiet: false });
            }
            Action::Restore => next.restore(),
            Action::Recover => next.recover(),
        }
        let is_quiet = self.is_quiet(&next);
        if let History::BackedUp(backup) = &mut next.history {
            backup.was_quiet |= is_quiet;
        }
        next
    }

    fn claim(&self, world: &mut World, worker: usize, transition: Transition) {
        let payout = &mut world.payout;
        payout.follow(Some(transition));
        payout.epoch += 1;
        payout.sends += 1;
        payout.not_found = 0;
        payout.resent = transition == Transition::Resend;
        if payout.claims > 0 && !self.holds(Rule::OneReference) {
            payout.reference += 1;
        }
        payout.claims += 1;
        payout.sent_to = world.key;
        world.workers[worker] = Worker::Claimed { epoch: world.payout.epoch, name: world.name() };
    }

    /// A broken R7 or R9 reads a question, or anything, as a no.
    fn of_answer(&self, answer: Answer) -> Verdict {
        match answer {
            Answer::Accepted(_) => Verdict::Accepted(record()),
            Answer::Duplicate if self.holds(Rule::DuplicateIsQuestion) => {
                Verdict::Unknown(Doubt::DuplicateReference)
            }
            Answer::Garbage if self.holds(Rule::AmbiguousIsDoubt) => Verdict::Unknown(Doubt::ServerError),
            Answer::Refused | Answer::Duplicate | Answer::Garbage => refusal(),
        }
    }

    fn read(&self, world: &mut World, worker: usize, answer: Answer) {
        let Worker::Waiting { epoch, .. } = world.workers[worker] else { return };
        let read = Reply { answer, worker, epoch };
        world.replies.retain(|reply| *reply != read);
        let before = world.payout.state;
        self.conclude(world, worker, &self.of_answer(answer));
        if let Answer::Accepted(record) = answer
            && world.payout.state != before
        {
            world.payout.record = Some(record);
        }
    }

    /// The compare-and-set of a result. A broken R2 looks at neither epoch nor state.
    fn conclude(&self, world: &mut World, worker: usize, verdict: &Verdict) {
        let (Worker::Claimed { epoch, .. } | Worker::Waiting { epoch, .. }) = world.workers[worker] else {
            return;
        };
        world.workers[worker] = Worker::Idle;
        let payout = &mut world.payout;
        let sends = if self.holds(Rule::RefusalOfOnlySend) { u32::from(payout.sends) } else { 1 };
        let mut transition = after_submit(verdict, sends);
        if payout.resent && transition == Transition::NotSent {
            // The database refuses it: that this send was none says nothing of the one before.
            transition = Transition::Doubt;
        }
        if !self.holds(Rule::EpochFence)
            || (!self.holds(Rule::IntentFirst) && payout.state == PayoutState::Queued)
        {
            world.overwritten |= payout.state.is_final() && payout.state != transition.target();
            payout.state = transition.target();
        } else if payout.state == PayoutState::Submitting && payout.epoch == epoch {
            payout.follow(Some(transition));
        } else {
            return;
        }
        if self.holds(Rule::IntentFirst) {
            payout.sends = payout.sends.saturating_sub(u8::from(transition == Transition::NotSent));
        }
        payout.refusal_noted |= transition == Transition::NoteRefusal;
    }

    fn decline(&self, world: &mut World, place: usize, answer: Answer) {
        let request = world.requests.remove(place);
        if answer == Answer::Refused
            && self.habit.remembers_refusals
            && !world.provider.refused.contains(&request.name)
        {
            world.provider.refused.push(request.name);
        }
        reply(world, request, answer);
    }

    /// A broken R6 takes an expired lease for proof that nothing was sent.
    fn expire(&self, world: &mut World) {
        world.payout.epoch += 1;
        if self.holds(Rule::ExpiryIsDoubt) {
            world.payout.follow(Some(Transition::ExpireLease));
        } else {
            world.payout.state = PayoutState::Queued;
        }
    }

    /// What is known of the doubt. A broken R5 treats a provider without idempotency as one that
    /// can be asked, a broken R14 has the database's clock alone, and to a broken R16 any payout
    /// that is found speaks for the look-ups.
    fn unknown_payout(&self, world: &World) -> UnknownPayout {
        let silence = |is_long| if is_long { POLICY.quiet } else { Duration::ZERO };
        let [of_database, own] = self.silences(world).map(silence);
        let has_two_clocks = self.holds(Rule::TwoClocks);
        let wants_younger = self.may(Trouble::IndexLags) && self.holds(Rule::YoungerCanary);
        let sends = if self.holds(Rule::RefusalOfOnlySend) { u32::from(world.payout.sends) } else { 1 };
        UnknownPayout {
            idempotency: if self.idempotency == Idempotency::None && !self.holds(Rule::ClassCOnce) {
                Idempotency::Searchable
            } else {
                self.idempotency
            },
            sends,
            refusal_noted: world.payout.refusal_noted,
            not_found: u32::from(world.payout.not_found),
            not_found_for: of_database,
            silent_for: if has_two_clocks { of_database.min(own) } else { of_database },
            clocks_agree: !(has_two_clocks && world.clock_was_set),
            canary_found: !wants_younger || world.provider.index != Index::Lags,
            // Without idempotency, people are asked once the quiet time is over.
            age: if self.idempotency == Idempotency::None { POLICY.quiet } else { Duration::ZERO },
            next_send: NextSend::Again,
        }
    }

    fn look_up(&self, world: &mut World, found: Option<u8>) {
        let is_own_merchant = world.key == world.payout.sent_to || !self.holds(Rule::OneMerchant);
        let verdict = match found {
            Some(record) => fate(world.provider.records[usize::from(record)].fate),
            None if is_own_merchant => Verdict::NotFound,
            None => Verdict::Unknown(Doubt::OtherMerchant),
        };
        let transition = if world.payout.state == PayoutState::Accepted {
            after_lookup_of_accepted(&verdict, true)
        } else if world.payout.state == PayoutState::Rejected {
            after_lookup_of_rejected(&verdict)
        } else {
            let not_found = match verdict {
                Verdict::NotFound => world.payout.not_found + 1,
                Verdict::Unknown(_) => world.payout.not_found,
                Verdict::Accepted(_)
                | Verdict::Settled(_)
                | Verdict::Rejected(_)
                | Verdict::Deferred { .. }
                | Verdict::Returned { .. }
                | Verdict::Mismatch(_)
                | Verdict::Unlisted(_) => 0,
            };
            world.payout.not_found = not_found.min(u8::try_from(NOT_FOUND_MIN).unwrap());
            after_lookup_of_unknown(&verdict, &self.unknown_payout(world), &POLICY)
        };
        world.payout.follow(transition);
        if matches!(world.payout.state, PayoutState::Accepted | PayoutState::Rejected) {
            world.payout.record = found.or(world.payout.record);
        }
    }
}

impl Payout {
    /// Only what the table allows.
    pub(crate) fn follow(&mut self, transition: Option<Transition>) {
        if let Some(transition) = transition {
            self.state = self.state.apply(transition).unwrap();
        }
    }
}

fn send(world: &mut World, worker: usize) {
    let Worker::Claimed { epoch, name } = world.workers[worker] else { return };
    world.workers[worker] = Worker::Waiting { epoch, name };
    world.requests.push(Request { name, worker: Some(worker), epoch });
    world.requests.sort_unstable();
    world.provider.index = Index::Lags;
}

fn take(world: &mut World, place: usize, response: Response) {
    let request = world.requests.remove(place);
    let record = u8::try_from(world.provider.records.len()).unwrap();
    world.provider.records.push(Record { name: request.name, fate: Fate::Pending });
    if world.provider.index == Index::Whole {
        // A payout that was sent later has overtaken it.
        world.provider.index = Index::LagsBehindYounger;
    }
    let answer = match response {
        Response::Well => Answer::Accepted(record),
        Response::Garbled => Answer::Garbage,
    };
    reply(world, request, answer);
}

fn reply(world: &mut World, request: Request, answer: Answer) {
    let Some(worker) = request.worker else { return };
    world.replies.push(Reply { answer, worker, epoch: request.epoch });
    world.replies.sort_unstable();
    world.replies.dedup();
}
