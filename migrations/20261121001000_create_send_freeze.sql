create table send_freeze (
    id bigint generated always as identity primary key,
    frozen_by text not null,
    frozen_at timestamptz not null default clock_timestamp(),
    reason text not null check (length(reason) between 3 and 1000),
    thawed_by text,
    thawed_at timestamptz,
    thaw_reason text check (length(thaw_reason) between 3 and 1000),
    check ((thawed_by is null) = (thawed_at is null) and (thawed_by is null) = (thaw_reason is null))
);

-- Every claim asks whether there is one.
create index send_freeze_open on send_freeze (id) where thawed_at is null;

comment on table send_freeze is 'Each freeze of each person. While a row is not thawed, no dispatcher claims anything: the statement that claims reads this table, and no trigger repeats it. Look-ups go on. The rows stay, as a log.';

-- Who froze, when and why is written once, and so is the thaw.
create function send_freeze_updated() returns trigger language plpgsql as $$
begin
    if old.thawed_at is not null
        or (new.id, new.frozen_by, new.frozen_at, new.reason) is distinct from (old.id, old.frozen_by, old.frozen_at, old.reason) then
        raise exception using errcode = 'PR003', message = format('frozen %s: what was written cannot change', old.id);
    end if;
    return new;
end
$$;

create trigger send_freeze_updated before update on send_freeze for each row execute function send_freeze_updated();

-- The whole table, since `lock table` asks for that; the trigger keeps what was written.
grant select, insert, update on send_freeze to payrun_app;
