-- Who acts: what the connection said it is, else the database role. People and services are named alike.
create function payrun_actor() returns text language sql stable as $$
    select coalesce(nullif(current_setting('payrun.actor', true), ''), 'db:' || session_user)
$$;

-- A new payout is received (T1), and may in the same statement have passed, been held or failed (T2-T4). Both events are written.
create function payout_inserted() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    bad record;
begin
    select n.id, n.state, n.transition, n.version into bad
    from new_rows n
    left join payout_transition t
        on t.transition = n.transition and t.from_state = 'received' and t.to_state = n.state and t.number in (2, 3, 4)
    where not (n.version = 1 and n.state = 'received' and n.transition = 'ingest')
        and not (n.version = 2 and t.transition is not null)
    limit 1;
    if found then
        raise exception using errcode = 'PR001', message = format('payout %s: cannot begin as %s by %s with version %s',
            bad.id, bad.state, bad.transition, bad.version);
    end if;

    insert into payout_event (payout_id, version, transition, from_state, to_state, epoch, reason, actor)
    select n.id, 1, 'ingest', '', 'received', 0, null, payrun_actor() from new_rows n
    union all
    select n.id, 2, n.transition, 'received', n.state, 0, n.reason, payrun_actor() from new_rows n where n.version = 2;
    return null;
end
$$;

-- Every change of a payout: only listed transitions, one version at a time, with the guards of the state machine; and its event.
create function payout_updated() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
    bad record;
begin
    -- Facts never change, for nobody; what waits may change without an event; all else is a transition.
    select o.id into bad
    from old_rows o
    left join new_rows n on n.id = o.id
    where n.id is null
        or (n.batch_id, n.row_no, n.client_id, n.issue, n.reissue_of, n.account, n.reference, n.country, n.currency,
            n.amount_minor, n.created_at)
            is distinct from (o.batch_id, o.row_no, o.client_id, o.issue, o.reissue_of, o.account, o.reference, o.country,
            o.currency, o.amount_minor, o.created_at)
        or (n.version = o.version
            and (n.state, n.transition, n.reason, n.state_since, n.epoch, n.attempts, n.sends, n.sent_at, n.refusal_code,
                n.provider_id, n.provider_status, n.returned_minor)
                is distinct from (o.state, o.transition, o.reason, o.state_since, o.epoch, o.attempts, o.sends, o.sent_at,
                o.refusal_code, o.provider_id, o.provider_status, o.returned_minor))
    limit 1;
    if found then
        raise exception using errcode = 'PR002', message = format('payout %s: its facts cannot change, nor its state without an event', bad.id);
    end if;

    select o.id, o.state as from_state, n.state as to_state, n.transition, o.version, n.version as to_version into bad
    from old_rows o
    join new_rows n on n.id = o.id and n.version is distinct from o.version
    join account a on a.name = o.account
    left join payout_transition t
        on t.transition = n.transition and t.from_state = o.state and t.to_state = n.state
    where t.transition is null
        or n.version <> o.version + 1
        or n.epoch <> o.epoch + (n.transition in ('claim', 'resend', 'expire_lease'))::int
        or n.attempts <> o.attempts + (n.transition in ('claim', 'resend'))::int
        or n.sends <> o.sends + (n.transition in ('claim', 'resend'))::int - (n.transition = 'not_sent')::int
        or not case n.transition
            -- Every hold released, and none by whoever uploaded the row.
            when 'pass' then o.state <> 'held' or not exists (select from hold h join batch b on b.id = n.batch_id
                where h.payout_id = n.id and (h.released_by is null or lower(h.released_by) = lower(b.uploaded_by)))
            when 'approve' then exists (select from batch b where b.id = n.batch_id and b.approved_by is not null)
            when 'cancel_queued' then o.sends = 0
            when 'claim' then o.due_at <= clock_timestamp() and exists (select from attempt i
                where i.payout_id = n.id and i.number = n.attempts and i.epoch = n.epoch and i.state = 'intent')
            when 'resend' then a.class = 'A' and exists (select from attempt i
                where i.payout_id = n.id and i.number = n.attempts and i.epoch = n.epoch and i.state = 'intent')
            -- After a resend an earlier send is unresolved, and the payout may not look as if nothing were on its way.
            when 'not_sent' then o.transition = 'claim'
            when 'refuse' then o.sends = 1
            when 'note_refusal' then o.sends > 1 and n.refusal_code is not null
            when 'find_accepted' then a.class <> 'C'
            when 'find_paid' then a.class <> 'C'
            -- The refusal is the last send's; each earlier one is known, believed, or was decided by two people, not to have arrived (whatever else
            -- they decide leads to no further send).
            when 'find_rejected' then a.class <> 'C' and not exists (select from attempt i
                where i.payout_id = o.id and i.number < o.attempts and i.state not in ('not_sent', 'fenced', 'absent_confirmed', 'decided_by_person'))
            when 'confirm_absent' then a.class <> 'C' and o.not_found >= 2 and n.not_found = o.not_found + 1 and o.refusal_code is null
            when 'confirm_refused' then a.class <> 'C' and o.not_found >= 2 and n.not_found = o.not_found + 1 and o.refusal_code is not null
            when 'decide_accepted' then payout_is_decided(o.id, o.version, 'accepted')
            when 'decide_paid' then payout_is_decided(o.id, o.version, 'paid')
            when 'decide_rejected' then payout_is_decided(o.id, o.version, 'rejected')
            when 'decide_queued' then payout_is_decided(o.id, o.version, 'queued')
            else true
        end
    limit 1;
    if found then
        raise exception using errcode = 'PR001',
            message = format('payout %s: cannot go from %s to %s by %s (version %s to %s)',
                bad.id, bad.from_state, bad.to_state, bad.transition, bad.version, bad.to_version),
            hint = 'The payout moved on, or a guard of this transition does not hold: read it again.';
    end if;

    insert into payout_event (payout_id, version, transition, from_state, to_state, epoch, reason, provider_status, actor)
    select n.id, n.version, n.transition, o.state, n.state, n.epoch, n.reason, n.provider_status, payrun_actor()
    from old_rows o join new_rows n on n.id = o.id and n.version <> o.version;
    return null;
end
$$;

create function payout_is_decided(payout uuid, seen integer, decided text) returns boolean language sql stable as $$
    select exists (select from review_decision d
        where d.payout_id = payout and d.version = seen and d.outcome = decided and d.confirmed_by is not null)
$$;

create trigger payout_inserted after insert on payout
    referencing new table as new_rows for each statement execute function payout_inserted();
create trigger payout_updated after update on payout
    referencing old table as old_rows new table as new_rows for each statement execute function payout_updated();

-- An attempt ends once; doubt about it may later be resolved, never forgotten.
create function attempt_updated() returns trigger language plpgsql as $$
declare
    bad record;
begin
    select o.payout_id, o.number, o.state as from_state, n.state as to_state into bad
    from old_rows o
    left join new_rows n on n.payout_id = o.payout_id and n.number = o.number and n.epoch = o.epoch
    where n.payout_id is null
        or (n.state <> o.state and (o.state, n.state) not in (
            ('intent', 'not_sent'), ('intent', 'accepted'), ('intent', 'refused'), ('intent', 'ambiguous'), ('intent', 'fenced'),
            ('ambiguous', 'confirmed_by_lookup'), ('ambiguous', 'absent_confirmed'), ('ambiguous', 'decided_by_person'),
            ('ambiguous', 'superseded'), ('ambiguous', 'fenced')))
    limit 1;
    if found then
        raise exception using errcode = 'PR001', message = format('attempt %s of payout %s: cannot go from %s to %s',
            bad.number, bad.payout_id, bad.from_state, bad.to_state);
    end if;
    return null;
end
$$;

create trigger attempt_updated after update on attempt
    referencing old table as old_rows new table as new_rows for each statement execute function attempt_updated();

-- A release is said once.
create function hold_updated() returns trigger language plpgsql as $$
begin
    if old.released_by is not null then
        raise exception using errcode = 'PR003', message = format('hold %s of payout %s: it is released already', old.code, old.payout_id);
    end if;
    return new;
end
$$;

create trigger hold_updated before update on hold for each row execute function hold_updated();

-- History is not edited, not even by its owner without first dropping this.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'PR003', message = format('%s is append-only: %s is refused', tg_table_name, lower(tg_op));
end
$$;

create trigger payout_event_is_append_only before update or delete or truncate on payout_event
    for each statement execute function refuse_change();
create trigger payout_is_never_deleted before delete or truncate on payout
    for each statement execute function refuse_change();
create trigger attempt_is_never_deleted before delete or truncate on attempt
    for each statement execute function refuse_change();
