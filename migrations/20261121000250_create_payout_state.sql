-- Each set of states has one name, here and on `payout::PayoutState`; a test asks both of every
-- state, so that a new state is judged once. They are immutable and of one expression: Postgres
-- puts it in their place, and an index with the same condition is found by it.

-- Something can still happen to it without a new fact from outside.
create function is_open(state text) returns boolean language sql immutable parallel safe
return state not in ('invalid', 'cancelled', 'paid', 'rejected', 'returned');

-- Nothing more happens without a new fact from outside.
create function is_final(state text) returns boolean language sql immutable parallel safe
return state in ('invalid', 'cancelled', 'paid', 'rejected', 'returned');

-- Its batch is not approved: nothing of it can have been sent.
create function is_before_approval(state text) returns boolean language sql immutable parallel safe
return state in ('received', 'held', 'awaiting_approval');

-- It may be at its provider, and is not settled.
create function is_out(state text) returns boolean language sql immutable parallel safe
return state in ('submitting', 'unknown', 'accepted', 'needs_review');

-- A send of it has begun at some time.
create function was_sent(state text) returns boolean language sql immutable parallel safe
return state in ('submitting', 'unknown', 'accepted', 'needs_review', 'paid', 'rejected', 'returned');

-- It is due some time: nothing else would bring it forward.
create function has_due_time(state text) returns boolean language sql immutable parallel safe
return state in ('queued', 'submitting', 'unknown', 'accepted');

-- A look-up can still tell something new of it.
create function is_looked_up(state text) returns boolean language sql immutable parallel safe
return state in ('unknown', 'accepted', 'needs_review', 'cancelled', 'paid', 'rejected', 'returned');

-- It has ended, and its provider may say otherwise later: it is looked up for some time, and
-- whenever the provider tells of it.
create function is_watched(state text) returns boolean language sql immutable parallel safe
return state in ('cancelled', 'paid', 'rejected', 'returned');

-- Whether it reached the provider is not known.
create function is_in_doubt(state text) returns boolean language sql immutable parallel safe
return state in ('submitting', 'unknown');

-- Its money goes to the beneficiary, or has gone, or may have: later payments are compared with it.
create function counts_as_paid(state text) returns boolean language sql immutable parallel safe
return state in ('queued', 'submitting', 'unknown', 'accepted', 'needs_review', 'paid');

-- It has ended, and its money is here.
create function ended_unpaid(state text) returns boolean language sql immutable parallel safe
return state in ('invalid', 'cancelled', 'rejected', 'returned');

-- People may issue it again.
create function can_be_reissued(state text) returns boolean language sql immutable parallel safe
return state in ('rejected', 'returned');

-- Since when a payout that is in its state since `since` waits for its provider: not before the day
-- that it was told.
create function waits_since(since timestamptz, send_date date) returns timestamptz language sql immutable parallel safe
return greatest(since, send_date::timestamp at time zone 'UTC');

-- The provider has said too long ago that it has no such payout, for one that may have arrived to
-- be sent again. Where it cannot be asked, people's word stands.
create function absence_is_stale(idempotency text, looked_up_at timestamptz) returns boolean language sql stable parallel safe
return idempotency <> 'none' and coalesce(looked_up_at < statement_timestamp() - interval '1 hour', true);

-- The provider has a record of the payout, whatever became of it but a refusal: `lookup_answer`.
create function is_found(answer text) returns boolean language sql immutable parallel safe
return coalesce(answer in ('accepted', 'settled', 'returned', 'unlisted'), false);

create table payout_transition (
    number smallint not null check (number between 1 and 30),
    transition text not null,
    from_state text not null,
    to_state text not null,
    primary key (transition, from_state)
);

comment on table payout_transition is 'All that can happen to a payout; the guard refuses the rest. The same table as domain::payout::Transition::TABLE; a test compares them.';

insert into payout_transition (number, transition, from_state, to_state) values
    (1, 'ingest', '', 'received'),
    (2, 'invalidate', 'received', 'invalid'),
    (3, 'hold', 'received', 'held'),
    (4, 'pass', 'received', 'awaiting_approval'),
    (4, 'pass', 'held', 'awaiting_approval'),
    (5, 'approve', 'awaiting_approval', 'queued'),
    (6, 'cancel', 'received', 'cancelled'),
    (6, 'cancel', 'held', 'cancelled'),
    (6, 'cancel', 'awaiting_approval', 'cancelled'),
    (7, 'cancel_queued', 'queued', 'cancelled'),
    (8, 'claim', 'queued', 'submitting'),
    (9, 'not_sent', 'submitting', 'queued'),
    (10, 'accept', 'submitting', 'accepted'),
    (11, 'pay_at_once', 'submitting', 'paid'),
    (12, 'refuse', 'submitting', 'rejected'),
    (13, 'note_refusal', 'submitting', 'unknown'),
    (14, 'doubt', 'submitting', 'unknown'),
    (15, 'expire_lease', 'submitting', 'unknown'),
    (16, 'find_accepted', 'unknown', 'accepted'),
    (16, 'find_paid', 'unknown', 'paid'),
    (16, 'find_rejected', 'unknown', 'rejected'),
    (17, 'confirm_absent', 'unknown', 'queued'),
    (18, 'confirm_refused', 'unknown', 'rejected'),
    (19, 'resend', 'unknown', 'submitting'),
    (20, 'park', 'unknown', 'needs_review'),
    (21, 'decide_accepted', 'needs_review', 'accepted'),
    (21, 'decide_accepted', 'unknown', 'accepted'),
    (21, 'decide_paid', 'needs_review', 'paid'),
    (21, 'decide_paid', 'unknown', 'paid'),
    (21, 'decide_paid', 'accepted', 'paid'),
    (21, 'decide_rejected', 'needs_review', 'rejected'),
    (21, 'decide_rejected', 'unknown', 'rejected'),
    (21, 'decide_rejected', 'accepted', 'rejected'),
    (21, 'decide_queued', 'needs_review', 'queued'),
    (21, 'decide_returned', 'paid', 'returned'),
    (22, 'pay', 'accepted', 'paid'),
    (23, 'reject', 'accepted', 'rejected'),
    (24, 'progress', 'accepted', 'accepted'),
    (25, 'return', 'accepted', 'returned'),
    (25, 'return', 'paid', 'returned'),
    (26, 'contradict', 'paid', 'paid'),
    (27, 'miss', 'accepted', 'accepted'),
    (29, 'surface', 'rejected', 'needs_review'),
    (30, 'return_more', 'returned', 'returned');

grant select on payout_transition to payrun_app;
