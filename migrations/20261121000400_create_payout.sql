-- batch_id, reissue_of and account have no foreign keys: the guard asks for all rows of a statement
-- at once what a foreign key would ask for each by itself, which was a quarter of an import.
-- Batches and accounts are never deleted or renamed.
create table payout (
    id uuid primary key,
    batch_id uuid not null,
    row_no integer not null check (row_no >= 1),
    client_id text collate "C" not null check (length(client_id) between 1 and 64),
    issue smallint not null default 1 check (issue >= 1),
    reissue_of uuid,
    account text collate "C" not null,
    reference text collate "C" not null,
    country char(2) not null,
    currency char(3) not null,
    amount_minor bigint not null check (amount_minor > 0),
    send_date date,
    created_at timestamptz not null default clock_timestamp(),

    state text not null check (state in ('received', 'invalid', 'held', 'awaiting_approval', 'cancelled', 'queued',
        'submitting', 'unknown', 'accepted', 'needs_review', 'paid', 'rejected', 'returned')),
    version integer not null check (version >= 1),
    transition text not null,
    reason text,
    state_since timestamptz not null default clock_timestamp(),
    epoch integer not null default 0 check (epoch >= 0),
    attempts smallint not null default 0 check (attempts >= 0),
    sends smallint not null default 0 check (sends between 0 and attempts),
    sent_at timestamptz,
    refusal_code text,
    provider_id text collate "C",
    provider_status text,
    error_code text,
    error_message text,
    returned_minor bigint check (returned_minor between 1 and amount_minor),

    due_at timestamptz,
    not_found smallint not null default 0 check (not_found >= 0),
    not_found_since timestamptz,
    looked_up_at timestamptz,
    lookup_answer text,
    acknowledged_by text,
    acknowledged_at timestamptz,

    constraint payout_row_once unique (batch_id, row_no),
    constraint payout_client_id_once unique (client_id, issue),
    check ((issue = 1) = (reissue_of is null)),
    check ((not_found = 0) = (not_found_since is null)),
    check ((looked_up_at is null) = (lookup_answer is null)),
    check ((acknowledged_by is null) = (acknowledged_at is null)),
    check (not has_due_time(state) or due_at is not null),
    check (not was_sent(state) or (attempts > 0 and sent_at is not null)),
    check ((state = 'returned') = (returned_minor is not null)),
    -- A person who is asked must know why.
    check (state <> 'needs_review' or reason is not null)
);

-- One object at the provider belongs to one payout.
create unique index payout_provider_id_once on payout (account, provider_id) where provider_id is not null;
create unique index payout_reissued_once on payout (reissue_of) where reissue_of is not null;
-- Every step of a payout writes into every index that has it: so all that is open is in one, which
-- it leaves when it is settled. What may be sent, whose lease is over, what must be looked up is a
-- range of it; the gauges count it, and need nothing else.
create index payout_open on payout (account, state, due_at) include (state_since, send_date)
    where is_open(state);
create index payout_watch_due on payout (account, due_at) where is_watched(state) and due_at is not null;
-- What was refused or came back, until a person has seen it.
create index payout_unacknowledged on payout (batch_id) where can_be_reissued(state) and acknowledged_at is null;
-- What may have arrived and is to be sent again: asked for anew when its absence is an old word.
create index payout_resend on payout (account, due_at) where state = 'queued' and sends > 0;
create index payout_again on payout (batch_id) where state = 'queued' and attempts > 0;

-- The guard writes it with the payout. An index of the payout itself would be written into by each
-- of its steps, and here each time at another place: a reference is a hash.
create table payout_reference (
    account text collate "C" not null,
    reference text collate "C" not null,
    payout_id uuid not null,
    constraint payout_reference_once primary key (account, reference)
);

comment on table payout_reference is 'Which payout a reference names, once for each account.';

grant select on payout_reference to payrun_app;

comment on table payout is 'One beneficiary, one amount, one account. The row is the truth; messages only point at it.';
comment on column payout.client_id is 'The caller''s own id, unique for ever: the same row in two files is one payout.';
comment on column payout.issue is 'One for the row as it came; a refused or returned payout is issued again as a new row with the next number.';
comment on column payout.reference is 'How the provider knows it: a keyed hash of the client id and the issue, the same on every attempt and in every database.';
comment on column payout.send_date is 'The day on which the provider shall pay it, where the row has one.';
comment on column payout.version is 'Grows by one with every event; every change is a compare-and-set on it or on the epoch.';
comment on column payout.transition is 'The last thing that happened; the guard checks it and writes it to payout_event.';
comment on column payout.epoch is 'Fencing number: grows with every claim and every expired lease, so a late result finds another epoch and changes nothing.';
comment on column payout.sends is 'Sends that may have reached the provider. An answer that refuses is final only when this is one.';
comment on column payout.refusal_code is 'A refusal that could not be final because an earlier send was unresolved.';
comment on column payout.due_at is 'queued: when it may be sent; submitting: when the lease ends; later: when to look it up, if it is. Waiting is a column.';
comment on column payout.provider_status is 'What the provider said last of the payout, in its words, whether or not that changed anything.';
comment on column payout.error_code is 'What the provider said was wrong with its last answer: its own code, with error_message; null where that answer said nothing of the kind.';
comment on column payout.lookup_answer is 'What the last look-up proved, at looked_up_at: a verdict, and the doubt when it proved nothing.';
comment on column payout.acknowledged_by is 'Who has seen that it was refused or came back; null again once it ends so anew.';
comment on column payout.not_found is 'Consecutive not-founds while unknown; since when is in not_found_since.';

-- Its payout is asked for by the guard as well.
create table beneficiary (
    payout_id uuid primary key,
    key_id smallint not null,
    name bytea not null,
    document bytea not null,
    destination bytea not null,
    contact bytea not null,
    description bytea not null,
    destination_index bytea,
    person_index bytea,
    name_index bytea,
    -- Forgotten, or whole.
    check ((key_id = 0) = (person_index is null) and (key_id = 0) = (name_index is null))
);

comment on table beneficiary is 'Personal data, each column sealed (AES-256-GCM; the payout and the column are authenticated with it). Apart from payout, so that a state change does not rewrite it and erasing needs no other row.';
comment on column beneficiary.key_id is 'Which sealing key opens the columns; 0 once they are forgotten.';
comment on column beneficiary.destination_index is 'Keyed blind index of the destination: finds the same account again without telling it. Null for cash.';
comment on column beneficiary.person_index is 'The same of the document: finds the same person again.';
comment on column beneficiary.name_index is 'The same of the name, without case: tells two names of one account apart.';

create index beneficiary_destination on beneficiary (destination_index, payout_id) where destination_index is not null;
create index beneficiary_person on beneficiary (person_index, payout_id);

create table hold (
    payout_id uuid not null references payout,
    code text not null,
    released_by text,
    released_at timestamptz,
    reason text,
    primary key (payout_id, code),
    check ((released_by is null) = (released_at is null) and (released_by is null) = (reason is null)),
    check (reason is null or length(reason) between 3 and 1000)
);

comment on table hold is 'Why a good row waits until another person than its uploader has looked at it. What was seen is in row_fault, under the same code.';

-- Its payout is asked for by the guard as well.
create table attempt (
    payout_id uuid not null,
    number smallint not null check (number >= 1),
    account text not null,
    epoch integer not null,
    state text not null check (state in ('intent', 'not_sent', 'accepted', 'refused', 'ambiguous', 'confirmed_by_lookup',
        'absent_confirmed', 'decided_by_person', 'superseded', 'fenced')),
    holder text not null,
    peer text collate "C",
    verdict text,
    code text,
    reply_status smallint,
    error_code text,
    error_message text,
    reply_key_id smallint,
    reply bytea,
    started_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    primary key (payout_id, number)
);

-- At most one open attempt: a second intent beside an unresolved send cannot be written.
create unique index attempt_open_once on attempt (payout_id) where state in ('intent', 'ambiguous', 'accepted');

comment on table attempt is 'One send. The row is committed as intent before a byte leaves.';
comment on column attempt.holder is 'The process that holds the lease, for people who ask who sent it.';
comment on column attempt.peer is 'Whom it went to, as in account_peer; null where no process with the account''s secrets has ever sent.';
comment on column attempt.verdict is 'What the holder concluded; kept as evidence even when it came after its lease.';
comment on column attempt.error_message is 'What the provider said was wrong, in its words without what may be personal; its own code is in error_code.';
comment on column attempt.reply is 'The provider''s last answer, sealed, when it was not a plain acceptance.';

create table payout_event (
    payout_id uuid not null,
    version integer not null,
    transition text not null,
    from_state text not null,
    to_state text not null,
    epoch integer not null,
    reason text,
    provider_status text,
    actor text not null,
    at timestamptz not null default clock_timestamp(),
    primary key (payout_id, version)
);

comment on table payout_event is 'What happened, in order and without gaps; replaying it gives payout.state. Written by the guard only, never changed.';

grant select, insert on payout, beneficiary, attempt, hold to payrun_app;
grant update (released_by, released_at, reason) on hold to payrun_app;
grant update (state, version, transition, reason, state_since, epoch, attempts, sends, sent_at, refusal_code, provider_id,
    provider_status, error_code, error_message, looked_up_at, lookup_answer, acknowledged_by, acknowledged_at, returned_minor, due_at, not_found, not_found_since)
    on payout to payrun_app;
grant update (state, verdict, code, reply_status, error_code, error_message, reply_key_id, reply, ended_at) on attempt to payrun_app;
grant select on payout_event to payrun_app;
