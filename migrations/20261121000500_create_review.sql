create table review_decision (
    payout_id uuid not null references payout,
    version integer not null,
    number smallint not null default 1 check (number >= 1),
    outcome text not null check (outcome in ('accepted', 'paid', 'rejected', 'queued', 'returned')),
    evidence text not null check (length(evidence) between 10 and 4000),
    proposed_by text not null,
    proposed_at timestamptz not null default clock_timestamp(),
    confirmed_by text,
    confirmed_at timestamptz,
    confirmation text check (length(confirmation) between 10 and 4000),
    primary key (payout_id, version, number),
    constraint review_decision_takes_two check (lower(confirmed_by) <> lower(proposed_by)),
    check ((confirmed_by is null) = (confirmed_at is null) and (confirmed_by is null) = (confirmation is null))
);

comment on table review_decision is 'What people decided about a payout that needs review: one proposes with evidence, another confirms.';
comment on column review_decision.number is 'A later proposal takes the place of the one before; none is forgotten.';
comment on column review_decision.confirmation is 'What the second person saw, in their own words.';
comment on column review_decision.version is 'The payout''s version that they looked at; a payout that moved on needs a new decision.';

create table anomaly (
    payout_id uuid not null references payout,
    kind text not null,
    detail text not null,
    opened_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    closed_by text,
    explanation text check (length(explanation) between 3 and 1000),
    check ((closed_at is null) = (closed_by is null) and (closed_at is null) = (explanation is null))
);

create unique index anomaly_open_once on anomaly (payout_id, kind) where closed_at is null;

-- Whether the next look-up may answer it, without a person.
create function can_be_answered(kind text) returns boolean language sql immutable parallel safe
return kind in ('late_call', 'unlisted');

create index anomaly_unanswered on anomaly (payout_id) where closed_at is null and can_be_answered(kind);

comment on table anomaly is 'What neither side explains: a provider that contradicts itself, a record that is no longer found. For people.';
comment on column anomaly.explanation is 'What a person found out; it closes the anomaly.';

-- Its payout is asked for by whoever names it.
create table named_id (
    payout_id uuid not null references payout,
    named_at timestamptz not null default clock_timestamp(),
    provider_id text collate "C" not null check (length(provider_id) between 1 and 64),
    named_by text not null,
    primary key (payout_id, named_at)
);

comment on table named_id is 'The provider''s own id of a payout, as a person found it where the answer that had it was lost. The next look-up asks by it, and its answer says whether it is of this payout.';

grant select, insert on review_decision, anomaly, named_id to payrun_app;
grant update (confirmed_by, confirmed_at, confirmation) on review_decision to payrun_app;
grant update (closed_at, closed_by, explanation) on anomaly to payrun_app;
