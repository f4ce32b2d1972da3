-- Who acts: what the connection said it is, else the database role. People and services are named alike.
create function payrun_actor() returns text language sql stable as $$
    select coalesce(nullif(current_setting('payrun.actor', true), ''), 'db:' || session_user)
$$;

-- A new payout is received (T1), and may in the same statement have passed, been held or failed (T2-T4). Both events are written.
create function payout_inserted() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set enable_nestloop = off as $$
declare
    bad record;
begin
    select n.id, n.state, n.transition, n.version into bad
    from new_rows n
    left join payout_transition t
        on t.transition = n.transition and t.from_state = 'received' and t.to_state = n.state and t.number in (2, 3, 4)
    where not (n.version = 1 and n.state = 'received' and n.transition = 'ingest')
            and not (n.version = 2 and t.transition is not null)
        -- Nothing has happened to it, or the events would not replay to it.
        or n.epoch + n.attempts + n.sends + n.not_found > 0
        or num_nonnulls(n.sent_at, n.refusal_code, n.provider_id, n.provider_status, n.returned_minor, n.due_at) > 0;
    if found then
        raise exception using errcode = 'PR001', message = format('payout %s: cannot begin as %s by %s with version %s',
            bad.id, bad.state, bad.transition, bad.version);
    end if;
    -- A batch takes rows until it has its digest: what somebody approves is what they saw.
    select n.batch_id, n.account into bad from (select distinct batch_id, account from new_rows) n
    where (select b.id from batch b where b.id = n.batch_id and b.digest is null) is null
        or (select a.name from account a where a.name = n.account) is null;
    if found then
        raise exception using errcode = 'PR002',
            message = format('no payout of account %s can come into batch %s: one of them is not there, or the batch is complete',
                bad.account, bad.batch_id);
    end if;
    -- Only what ended unpaid is issued again, as it was.
    select n.id, n.reissue_of into bad from new_rows n
    where n.reissue_of is not null and (select p.id from payout p where p.id = n.reissue_of and p.state in ('rejected', 'returned')
        and (p.client_id, p.issue + 1, p.account, p.country, p.currency, p.amount_minor)
            = (n.client_id, n.issue, n.account, n.country, n.currency, n.amount_minor)) is null;
    if found then
        raise exception using errcode = 'PR002', message = format('payout %s cannot be %s issued again', bad.id, bad.reissue_of);
    end if;
    -- Not a CHECK, which every later step would ask again: a fact never changes. And of all references as one text: a regular expression that
    -- begins anew with every row would cost as much as three indexes.
    if (select string_agg(n.reference, '') ~ '[^0-9A-Z]' or min(length(n.reference)) < 1 or max(length(n.reference)) > 32 from new_rows n) then
        select n.id, n.reference into bad from new_rows n where n.reference !~ '^[0-9A-Z]{1,32}$';
        raise exception using errcode = 'PR002', message = format('payout %s: no provider takes %L as a reference', bad.id, bad.reference);
    end if;

    insert into payout_event (payout_id, version, transition, from_state, to_state, epoch, reason, actor)
    select n.id, 1, 'ingest', '', 'received', 0, null, payrun_actor() from new_rows n
    union all
    select n.id, 2, n.transition, 'received', n.state, 0, n.reason, payrun_actor() from new_rows n where n.version = 2;
    return null;
end
$$;

-- Facts never change, for nobody. Asked of statements that name them, so that those which move a payout do not compare them row by row.
create function payout_facts_named() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'PR002', message = 'the facts of a payout cannot change';
end
$$;

create trigger payout_facts_named before update of id, batch_id, row_no, client_id, issue, reissue_of, account, reference, country, currency,
    amount_minor, created_at on payout for each statement execute function payout_facts_named();

create function payout_is_decided(payout uuid, seen integer, decided text) returns boolean language sql stable as $$
    select exists (select from review_decision d
        where d.payout_id = payout and d.version = seen and d.outcome = decided and d.confirmed_by is not null)
$$;

create function account_class(account text) returns char(1) language sql stable as $$
    select a.class from account a where a.name = account_class.account
$$;

-- Says what the guard refuses; never returns.
create function payout_refused(payout uuid, from_state text, to_state text, transition text, version integer, to_version integer)
returns boolean language plpgsql as $$
begin
    if to_version = version then
        raise exception using errcode = 'PR002', message = format('payout %s: its state cannot change without an event', payout);
    end if;
    raise exception using errcode = 'PR001',
        message = format('payout %s: cannot go from %s to %s by %s (version %s to %s)',
            payout, from_state, to_state, transition, version, to_version),
        hint = 'The payout moved on, or a guard of this transition does not hold: read it again.';
end
$$;

-- Every change of a payout: only listed transitions, one version at a time, with the guards of the state machine; and its event. What waits
-- (due_at, not_found) may change without one. In one pass: this runs for every step of every payout.
-- Statements change one row or a million, and a plan is kept for all of them: without nested loops over the changed rows it suits both. (For the
-- same reason no check says `limit 1`, which would make one look cheap; and what is asked of another table is one value rather than `exists`,
-- which may be answered by reading that table whole.)
create function payout_updated() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set enable_nestloop = off as $$
declare
    actor constant text := payrun_actor();
begin
    insert into payout_event (payout_id, version, transition, from_state, to_state, epoch, reason, provider_status, actor)
    select n.id, n.version, n.transition, o.state, n.state, n.epoch, n.reason, n.provider_status, actor
    from old_rows o
    join new_rows n on n.id = o.id
    left join payout_transition t
        on t.transition = n.transition and t.from_state = o.state and t.to_state = n.state
    where case
        when n.version = o.version then
            (n.state, n.transition, n.reason, n.state_since, n.epoch, n.attempts, n.sends, n.sent_at, n.refusal_code,
                n.provider_id, n.provider_status, n.returned_minor)
                is distinct from (o.state, o.transition, o.reason, o.state_since, o.epoch, o.attempts, o.sends, o.sent_at,
                o.refusal_code, o.provider_id, o.provider_status, o.returned_minor)
            and payout_refused(n.id, o.state, n.state, n.transition, o.version, n.version)
        when t.transition is not null
            and n.version = o.version + 1
            and n.epoch = o.epoch + (n.transition in ('claim', 'resend', 'expire_lease'))::int
            and n.attempts = o.attempts + (n.transition in ('claim', 'resend'))::int
            and n.sends = o.sends + (n.transition in ('claim', 'resend'))::int - (n.transition = 'not_sent')::int
            and case n.transition
                -- Every hold released, and none by whoever uploaded the row.
                when 'pass' then o.state <> 'held' or (select count(*) from hold h
                    where h.payout_id = n.id and (h.released_by is null
                        or lower(h.released_by) = (select lower(b.uploaded_by) from batch b where b.id = n.batch_id))) = 0
                when 'approve' then (select b.approved_by from batch b where b.id = n.batch_id) is not null
                when 'cancel_queued' then o.sends = 0
                when 'claim' then o.due_at <= clock_timestamp() and (select i.state from attempt i
                    where i.payout_id = n.id and i.number = n.attempts and i.epoch = n.epoch) = 'intent'
                when 'resend' then account_class(o.account) = 'A' and (select i.state from attempt i
                    where i.payout_id = n.id and i.number = n.attempts and i.epoch = n.epoch) = 'intent'
                -- After a resend an earlier send is unresolved, and the payout may not look as if nothing were on its way.
                when 'not_sent' then o.transition = 'claim'
                when 'refuse' then o.sends = 1
                when 'note_refusal' then o.sends > 1 and n.refusal_code is not null
                when 'find_accepted' then account_class(o.account) <> 'C'
                when 'find_paid' then account_class(o.account) <> 'C'
                -- The refusal is the last send's; each earlier one is known, believed, or was decided by two people, not to have arrived
                -- (whatever else they decide leads to no further send).
                when 'find_rejected' then account_class(o.account) <> 'C' and not exists (select from attempt i
                    where i.payout_id = o.id and i.number < o.attempts
                        and i.state not in ('not_sent', 'fenced', 'absent_confirmed', 'decided_by_person'))
                when 'confirm_absent' then account_class(o.account) <> 'C' and o.not_found >= 2 and n.not_found = o.not_found + 1
                    and o.refusal_code is null
                when 'confirm_refused' then account_class(o.account) <> 'C' and o.not_found >= 2 and n.not_found = o.not_found + 1
                    and o.refusal_code is not null
                when 'decide_accepted' then payout_is_decided(o.id, o.version, 'accepted')
                when 'decide_paid' then payout_is_decided(o.id, o.version, 'paid')
                when 'decide_rejected' then payout_is_decided(o.id, o.version, 'rejected')
                when 'decide_queued' then payout_is_decided(o.id, o.version, 'queued')
                else true
            end
            then true
        else payout_refused(n.id, o.state, n.state, n.transition, o.version, n.version)
    end;
    return null;
end
$$;

create trigger payout_inserted after insert on payout
    referencing new table as new_rows for each statement execute function payout_inserted();
create trigger payout_updated after update on payout
    referencing old table as old_rows new table as new_rows for each statement execute function payout_updated();

-- An attempt ends once; doubt about it may later be resolved, never forgotten.
create function attempt_updated() returns trigger language plpgsql set enable_nestloop = off as $$
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
            ('ambiguous', 'superseded'), ('ambiguous', 'fenced')));
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
    raise exception using errcode = 'PR003', message = format('%s is append-only: %s is refused', tg_table_name,
        coalesce(tg_argv[0], lower(tg_op)));
end
$$;

-- What payouts point to without a foreign key.
create trigger batch_is_never_deleted before delete or truncate on batch
    for each statement execute function refuse_change();
create trigger account_is_never_deleted before delete or truncate on account
    for each statement execute function refuse_change();
create trigger account_is_never_renamed before update of name on account
    for each statement execute function refuse_change('update of its name');
create trigger beneficiary_is_never_deleted before delete or truncate on beneficiary
    for each statement execute function refuse_change();
create trigger beneficiary_stays_with_its_payout before update of payout_id on beneficiary
    for each statement execute function refuse_change('update of its payout');
create trigger hold_is_never_deleted before delete or truncate on hold
    for each statement execute function refuse_change();
create trigger row_fault_is_never_deleted before delete or truncate on row_fault
    for each statement execute function refuse_change();
create trigger payout_event_is_append_only before update or delete or truncate on payout_event
    for each statement execute function refuse_change();
create trigger payout_is_never_deleted before delete or truncate on payout
    for each statement execute function refuse_change();
create trigger attempt_is_never_deleted before delete or truncate on attempt
    for each statement execute function refuse_change();
