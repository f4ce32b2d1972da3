create table account (
    name text collate "C" primary key check (name ~ '^[a-z0-9-]{1,32}$'),
    provider text not null,
    idempotency text not null check (idempotency in ('deduplicates', 'searchable', 'none')),
    paused_at timestamptz,
    paused_why text check (paused_why in ('credentials', 'balance', 'configuration', 'person')),
    paused_code text,
    paused_message text,
    batch_minor_max bigint check (batch_minor_max > 0),
    day_minor_max bigint check (day_minor_max > 0),
    created_at timestamptz not null default clock_timestamp(),
    check ((paused_at is null) = (paused_why is null)),
    check (paused_at is not null or num_nonnulls(paused_code, paused_message) = 0)
);

comment on table account is 'One set of credentials at a provider. Its configuration is a file; what must be shared between processes is here.';
comment on column account.idempotency is 'What the provider does with our reference (it deduplicates on it, it can only be asked by it, or neither). The payout guard reads it, so the application cannot change it.';
comment on column account.paused_at is 'While set, no dispatcher claims for this account.';
comment on column account.paused_code is 'What the provider said was wrong when that paused it: its own code, with paused_message, as in attempt.error_message.';

comment on column account.batch_minor_max is 'The most that one batch may pay through it, in minor units; null for no limit. As in the configuration; looked at when a batch is approved.';
comment on column account.day_minor_max is 'The same of what is approved within 24 hours.';

grant select, insert on account to payrun_app;
grant update (paused_at, paused_why, paused_code, paused_message, batch_minor_max, day_minor_max) on account to payrun_app;
