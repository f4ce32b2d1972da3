create table erasure (
    payout_id uuid primary key references payout,
    forgotten_at timestamptz not null default clock_timestamp(),
    forgotten_by text not null,
    reason text not null check (length(reason) between 3 and 1000)
);

comment on table erasure is 'Whose personal data was erased. The payout itself stays: it is what keeps its client id from being paid again.';

grant select on erasure to payrun_app;

-- The application may not change what is sealed; this changes it in one way only, and for payouts
-- that nothing can happen to any more. Answers how many were forgotten; those that are open, or
-- forgotten already, are passed over.
create function payrun_forget(ids uuid[], why text) returns bigint language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    going uuid[];
begin
    select coalesce(array_agg(closed.id), '{}') into going
    from (
        select id
        from payout
        where id = any(ids)
            and is_final(state)
            and due_at is null
            and not exists (select from erasure where erasure.payout_id = payout.id)
        for update
    ) closed;
    update beneficiary set key_id = 0, name = '', document = '', destination = '', contact = '', description = '',
        destination_index = null, person_index = null, name_index = null
        where payout_id = any(going);
    update attempt set reply = null, reply_key_id = null where payout_id = any(going) and reply is not null;
    update webhook set body = '', body_key_id = 0 where payout_id = any(going);
    update row_fault set value_masked = null
        from payout
        where payout.id = any(going)
            and row_fault.batch_id = payout.batch_id
            and row_fault.row_no = payout.row_no
            and row_fault.value_masked is not null;
    insert into erasure (payout_id, forgotten_by, reason) select unnest(going), payrun_actor(), why;
    return cardinality(going);
end
$$;

-- What came and belongs to no payout, and rows that never became one.
create function payrun_forget_strays(before timestamptz) returns bigint language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    count bigint;
    more bigint;
begin
    update poison_message set body = '', body_key_id = 0 where received_at < before and body_key_id <> 0;
    get diagnostics count = row_count;
    update webhook set body = '', body_key_id = 0 where received_at < before and payout_id is null and body_key_id <> 0;
    get diagnostics more = row_count;
    count := count + more;
    update row_fault set value_masked = null
        from batch
        where batch.id = row_fault.batch_id
            and batch.uploaded_at < before
            and row_fault.value_masked is not null
            and not exists (
                select
                from payout
                where payout.batch_id = row_fault.batch_id and payout.row_no = row_fault.row_no
            );
    get diagnostics more = row_count;
    return count + more;
end
$$;

-- The last trace of a sealing key, and what it sealed beside beneficiaries. Answers whether it is
-- gone: not while anything open needs it.
create function payrun_drop_key(gone smallint) returns boolean language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
    -- First, so that what is being sealed with it meanwhile is seen or refused.
    perform from seal_check where key_id = gone for update;
    if exists (select from beneficiary where key_id = gone) then
        return false;
    end if;
    update attempt set reply = null, reply_key_id = null where reply_key_id = gone;
    update webhook set body = '', body_key_id = 0 where body_key_id = gone;
    update poison_message set body = '', body_key_id = 0 where body_key_id = gone;
    delete from seal_check where key_id = gone and gone > 0;
    return true;
end
$$;

-- A process that was not told yet would seal with a key that is gone, and no process could ever
-- open it. The lock holds back the drop of the key until the rows are committed, and are seen.
create function beneficiary_inserted() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    gone smallint;
    alone uuid;
begin
    select new_row.payout_id into alone
    from new_rows new_row
    where (select payout.id from payout where payout.id = new_row.payout_id) is null;
    if found then
        raise exception using errcode = 'PR002', message = format('beneficiary of payout %s: there is no such payout', alone);
    end if;
    perform from seal_check where key_id in (select key_id from new_rows) for key share;
    select new_row.key_id into gone
    from new_rows new_row
    where new_row.key_id not in (select key_id from seal_check);
    if found then
        raise exception using errcode = 'PR003', message = format('key %s is not in use in this database', gone),
            hint = 'It was destroyed, or never registered: give this process the key file that the others have, and SIGHUP.';
    end if;
    return null;
end
$$;

create trigger beneficiary_inserted after insert on beneficiary
    referencing new table as new_rows for each statement execute function beneficiary_inserted();

revoke execute on function payrun_forget(uuid[], text), payrun_forget_strays(timestamptz), payrun_drop_key(smallint) from public;
grant execute on function payrun_forget(uuid[], text), payrun_forget_strays(timestamptz), payrun_drop_key(smallint) to payrun_app;
