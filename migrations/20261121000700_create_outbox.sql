create table outbox (
    id uuid primary key,
    account text not null,
    payouts uuid[] not null check (cardinality(payouts) between 1 and 64),
    created_at timestamptz not null default clock_timestamp(),
    taken_until timestamptz not null default '-infinity'
);

-- Waiting rows are few and short-lived; a confirmed row is deleted, so the table stays as small as
-- the backlog.
create index outbox_waiting on outbox (taken_until, created_at);

comment on table outbox is 'Messages to be published, written in the transaction that made them true. One row is one message: the ids of up to 64 payouts of an account.';
comment on column outbox.taken_until is 'No relay has it: long ago. A relay publishes it until then; if it died, another takes the row again. A doubled message is harmless.';

grant select, insert, delete on outbox to payrun_app;
grant update (taken_until) on outbox to payrun_app;

create table poison_message (
    id bigint generated always as identity primary key,
    queue text not null,
    reason text not null,
    body_key_id smallint not null,
    body bytea not null,
    received_at timestamptz not null default clock_timestamp()
);

comment on table poison_message is 'Messages that could not be read, with the reason. Their bodies are sealed: they may hold personal data.';

grant select, insert on poison_message to payrun_app;
