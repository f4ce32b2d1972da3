-- What tells this database from every other that began as the same: a dump has other oids, a
-- promoted standby and a recovery to a point in time another timeline, an upgrade another system.
-- A restart, and a copy of all files, change nothing of it.
create function payrun_identity() returns text language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
begin
    return (
        select concat_ws('/', system_identifier, left(pg_walfile_name(pg_current_wal_insert_lsn()), 8),
            (select oid from pg_database where datname = current_database()), 'payout'::regclass::oid)
        from pg_control_system()
    );
end
$$;

create table history (
    number integer generated always as identity primary key,
    identity text not null default payrun_identity(),
    opened_at timestamptz not null default clock_timestamp(),
    opened_by text not null default payrun_actor(),
    proof text not null check (proof in ('created', 'doubted')),
    known_until timestamptz
);

comment on table history is 'Which database this is, and since when. Payouts are claimed only while the newest row has the identity that the server tells: else this is a backup, a dump or a promoted standby, and what was sent last is not in it.';
comment on column history.proof is 'created: nothing was before it. doubted: a backup or another server went on as this database, and all that was queued is looked up before it is sent.';

comment on column history.known_until is 'When the database that was taken over last saw a payout sent, or was made: what was sent later may be lost. Whatever is done here before it is taken over sends nothing, and does not move this.';

insert into history (opened_by, proof) values ('migration', 'created');

-- Whether this is the database that was written to last, as far as Postgres can tell. Payouts that
-- are older than the database they are in were loaded into it. Each claim asks it twice, so both
-- are functions whose plans are kept.
create function history_is_known() returns boolean language plpgsql stable set search_path = pg_catalog, public, pg_temp as $$
begin
    return (
        select newest.identity = payrun_identity()
            and (newest.proof <> 'created' or coalesce((select created_at from payout order by id limit 1) >= newest.opened_at, true))
        from (select * from history order by number desc limit 1) newest
    );
end
$$;

-- Whether something of the account may be with another peer than this one, so that a new one is not
-- taken for the merchant without proof: what is out, what is watched, what is to be sent again; and
-- for 35 days after the database went back in time whatever was lost with it.
create function account_is_engaged(account_name text, this_peer text) returns boolean language sql stable set search_path = pg_catalog, public, pg_temp as $$
    select history_is_known() is distinct from true
        or exists (select from payout where account = account_name and is_out(state))
        or exists (select from payout where account = account_name and is_watched(state) and due_at is not null)
        or exists (select from payout where account = account_name and state = 'queued' and attempts > 0 and sends > 0)
        or (
            exists (select from history where proof = 'doubted' and opened_at > clock_timestamp() - interval '35 days')
            and exists (
                select
                from account_peer
                where account_peer.account = account_name
                    and account_peer.peer <> this_peer
                    and account_peer.merchant is not null
            )
        )
$$;

-- No send is prepared in a database that may have gone back in time, nor one to a peer that nobody
-- knows.
create function attempt_inserted() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    bad uuid;
begin
    select new_row.payout_id into bad
    from new_rows new_row
    where (select payout.id from payout where payout.id = new_row.payout_id) is null;
    if found then
        raise exception using errcode = 'PR002', message = format('attempt: there is no payout %s', bad);
    end if;
    if (select count(*) from new_rows) > 0 and history_is_known() is distinct from true then
        raise exception using errcode = 'PR005',
            message = 'this database may have gone back in time: it is not the one that payrun wrote to last',
            hint = 'Run `payrun recover`: it doubts what may have been sent since, and nothing is sent twice.';
    end if;
    if exists (
        select
        from (select distinct account, peer from new_rows) new_row
        where not exists (
            select
            from account_peer
            where account_peer.account = new_row.account
                and account_peer.peer = new_row.peer
                and account_peer.merchant is not null
        )
            and (
                new_row.peer is not null
                or (
                    select count(distinct account_peer.merchant)
                    from account_peer
                    where account_peer.account = new_row.account
                ) = 1
            )
    ) then
        raise exception using errcode = 'PR006', message = 'no send goes to a peer of which it is not known that it is the account''s merchant';
    end if;
    return null;
end
$$;

create trigger attempt_inserted after insert on attempt
    referencing new table as new_rows
    for each statement execute function attempt_inserted();

-- Another history begins when all that it holds as unsent is in doubt, which is done in the same
-- transaction.
create function history_opened() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    perform payrun_actor();
    if exists (
        select
        from account
        join payout on payout.account = account.name
        where payout.state = 'queued'
    ) then
        raise exception using errcode = 'PR005', message = 'what is queued may have been sent: it is doubted before another history begins';
    end if;
    return null;
end
$$;

create constraint trigger history_opened after insert on history deferrable initially deferred
    for each row execute function history_opened();

grant select, insert on history to payrun_app;
