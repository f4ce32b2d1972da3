create function payout_month(at timestamptz) returns date language sql immutable as $$
    select date_trunc('month', at at time zone 'UTC')::date
$$;

-- Every payout that is settled, in the month (UTC) of its last state. Closed is one to which
-- nothing can happen any more, and about which no person has a question: its window for a return is
-- over, and no anomaly is unexplained.
create view settled as
    select id, payout_month(state_since) as month, version, attempts,
        due_at is null and id not in (select payout_id from anomaly where closed_at is null) as closed
    from payout
    where is_final(state);

create table archive (
    month date primary key check (extract(day from month) = 1),
    file text not null check (file ~ '^[A-Za-z0-9._-]{1,100}$'),
    digest bytea not null check (length(digest) = 32),
    payouts bigint not null check (payouts > 0),
    events bigint not null,
    attempts bigint not null,
    archived_by text not null,
    archived_at timestamptz not null default clock_timestamp(),
    dropped bigint not null default 0 check (dropped between 0 and payouts),
    dropped_by text,
    dropped_at timestamptz,
    drop_xact xid8,
    check ((dropped = 0) = (dropped_by is null) and (dropped_by is null) = (dropped_at is null) and (dropped_by is null) = (drop_xact is null))
);

comment on table archive is 'Months whose history was written to a file, and whether it went from here since. The payouts themselves stay for ever: they keep their client ids from being paid again.';
comment on column archive.file is 'Its name, without a folder: operators move files.';
comment on column archive.digest is 'SHA-256 of the file. Only who shows it can drop what the file holds.';
comment on column archive.dropped is 'Of how many payouts events, attempts and calls are in the file only.';
comment on column archive.dropped_by is 'Who dropped last; at dropped_at.';
comment on column archive.drop_xact is 'The transaction that dropped last: a trigger lets history go in that transaction only, so none goes without this trace.';

grant select on settled, archive to payrun_app;

-- Writes down that a month is in a file. What the file holds is compared with what the payouts say
-- they have: events and attempts are numbered without gaps.
create function payrun_archive_month(of_month date, file_name text, file_digest bytea, file_payouts bigint, file_events bigint, file_attempts bigint)
returns void language plpgsql security definer set search_path = pg_catalog, public, pg_temp set enable_seqscan = on as $$
declare
    here record;
begin
    if of_month + interval '1 month' > clock_timestamp() at time zone 'UTC' then
        raise exception using errcode = 'PR003', message = format('month %s has not ended', of_month);
    end if;
    select count(*) as payouts, sum(version) as events, sum(attempts) as attempts, count(*) filter (where not closed) as open
        into here from settled where month = of_month;
    if here.open > 0 then
        raise exception using errcode = 'PR003', message = format('month %s has %s payouts that are watched for a return or not explained', of_month, here.open);
    end if;
    if (here.payouts, here.events, here.attempts) is distinct from (file_payouts, file_events, file_attempts) then
        raise exception using errcode = 'PR003', message = format('month %s has %s payouts, %s events and %s attempts, and the file has %s, %s and %s',
            of_month, here.payouts, here.events, here.attempts, file_payouts, file_events, file_attempts);
    end if;
    insert into archive (month, file, digest, payouts, events, attempts, archived_by)
        values (of_month, file_name, file_digest, file_payouts, file_events, file_attempts, payrun_actor())
        -- A file that was lost may be written again, while nothing is in it alone.
        on conflict (month) do update set file = excluded.file, digest = excluded.digest, payouts = excluded.payouts, events = excluded.events,
            attempts = excluded.attempts, archived_by = excluded.archived_by, archived_at = excluded.archived_at
            where archive.dropped = 0;
    if not found then
        raise exception using errcode = 'PR003', message = format('the history of month %s left the database: the file that has it stays the only one', of_month);
    end if;
end
$$;

-- Takes the history of archived payouts out of the database, and says who did. Answers of how many;
-- what went before is passed over.
create function payrun_drop_history(of_month date, file_digest bytea, ids uuid[]) returns bigint
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    gone bigint;
begin
    perform from payout where id = any(ids) for share;
    select count(distinct payout_id) into gone from payout_event where payout_id = any(ids);
    if gone = 0 then
        return 0;
    end if;
    update archive set dropped = dropped + gone, dropped_by = payrun_actor(), dropped_at = clock_timestamp(), drop_xact = pg_current_xact_id()
        where month = of_month and digest = file_digest;
    if not found then
        raise exception using errcode = 'PR003', message = format('month %s is not archived as a file with this digest', of_month);
    end if;
    delete from payout_event where payout_id = any(ids);
    delete from attempt where payout_id = any(ids);
    delete from webhook where payout_id = any(ids);
    return gone;
end
$$;

revoke execute on function payrun_archive_month(date, text, bytea, bigint, bigint, bigint), payrun_drop_history(date, bytea, uuid[]) from public;
grant execute on function payrun_archive_month(date, text, bytea, bigint, bigint, bigint), payrun_drop_history(date, bytea, uuid[]) to payrun_app;
