create table webhook (
    id bigint generated always as identity primary key,
    account text not null references account,
    body_index bytea not null,
    body_key_id smallint not null,
    body bytea not null,
    reference text,
    provider_id text,
    -- What it is about, as one text that an index can be asked for.
    subject text not null generated always as (coalesce(reference, '') || ' ' || coalesce(provider_id, '')) stored,
    status text not null,
    receipt text,
    payout_id uuid references payout,
    times integer not null default 1 check (times >= 1),
    received_at timestamptz not null default clock_timestamp(),
    repeated_at timestamptz,
    unique (account, body_index)
);

comment on table webhook is 'What providers told us by themselves. Settles nothing: a new one brings the payout''s next look-up forward.';
comment on column webhook.body_index is 'Keyed blind index of the body: the same call again is counted, not kept twice.';
comment on column webhook.body is 'Sealed: it names the beneficiary.';
comment on column webhook.receipt is 'Where the provider shows a receipt, if the call says so.';
comment on column webhook.payout_id is 'T28: null while no payout is known by that reference or id; tried again when a submit answer lands.';

create index webhook_subject on webhook (account, subject);
create index webhook_payout on webhook (payout_id) where payout_id is not null;
create index webhook_unmatched on webhook (received_at) where payout_id is null;

grant select, insert on webhook to payrun_app;
grant update (payout_id, times, repeated_at) on webhook to payrun_app;
