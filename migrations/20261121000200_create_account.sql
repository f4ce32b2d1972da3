create table account (
    name text primary key check (name ~ '^[a-z0-9-]{1,32}$'),
    provider text not null,
    class char(1) not null check (class in ('A', 'B', 'C')),
    paused_at timestamptz,
    paused_why text check (paused_why in ('credentials', 'balance', 'configuration', 'person')),
    created_at timestamptz not null default clock_timestamp(),
    check ((paused_at is null) = (paused_why is null))
);

comment on table account is 'One set of credentials at a provider. Its configuration is a file; what must be shared between processes is here.';
comment on column account.class is 'What the provider does with our reference (A dedups, B can be asked, C neither). The payout guard reads it, so the application cannot change it.';
comment on column account.paused_at is 'While set, no dispatcher claims for this account.';

grant select, insert on account to payrun_app;
grant update (paused_at, paused_why) on account to payrun_app;
