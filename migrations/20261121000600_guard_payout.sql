-- Who acts: what the transaction said it is. People and services are named alike. One process acts
-- for many, so no connection names its actor, and a change without one is refused. By hand:
-- `set payrun.actor = 'ana'` first.
create function payrun_actor() returns text language plpgsql stable as $$
declare
    actor constant text := current_setting('payrun.actor', true);
begin
    if coalesce(actor, '') !~ '^[a-z0-9._@:-]{1,64}$' then
        raise exception using errcode = 'PR004',
            message = format('payrun.actor is %L: a change needs an actor who answers for it, named with 1 to 64 of a-z 0-9 . _ @ : -', actor),
            hint = 'In psql: set payrun.actor = ''your name''.';
    end if;
    return actor;
end
$$;

-- A new payout is received (T1), and may in the same statement have passed, been held or failed
-- (T2-T4). Both events are written.
create function payout_inserted() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set enable_nestloop = off as $$
declare
    -- Asked once and not for each row.
    actor constant text := payrun_actor();
    bad record;
begin
    select new_row.id, new_row.state, new_row.transition, new_row.version into bad
    from new_rows new_row
    left join payout_transition listed
        on listed.transition = new_row.transition
        and listed.from_state = 'received'
        and listed.to_state = new_row.state
        and listed.number in (2, 3, 4)
    where not (new_row.version = 1 and new_row.state = 'received' and new_row.transition = 'ingest')
            and not (new_row.version = 2 and listed.transition is not null)
        -- Nothing has happened to it, or the events would not replay to it.
        or new_row.epoch + new_row.attempts + new_row.sends + new_row.not_found > 0
        or num_nonnulls(new_row.sent_at, new_row.refusal_code, new_row.provider_id, new_row.provider_status,
            new_row.returned_minor, new_row.due_at) > 0;
    if found then
        raise exception using errcode = 'PR001', message = format('payout %s: cannot begin as %s by %s with version %s',
            bad.id, bad.state, bad.transition, bad.version);
    end if;
    -- A batch takes rows until it has its digest: what the approver approves is what they saw.
    select pair.batch_id, pair.account into bad
    from (select distinct batch_id, account from new_rows) pair
    where (select batch.id from batch where batch.id = pair.batch_id and batch.digest is null) is null
        or (select account.name from account where account.name = pair.account) is null;
    if found then
        raise exception using errcode = 'PR002',
            message = format('no payout of account %s can come into batch %s: one of them is not there, or the batch is complete',
                bad.account, bad.batch_id);
    end if;
    -- Only what ended unpaid is issued again, as it was.
    select new_row.id, new_row.reissue_of into bad
    from new_rows new_row
    where new_row.reissue_of is not null
        and (
            select earlier.id
            from payout earlier
            where earlier.id = new_row.reissue_of
                and can_be_reissued(earlier.state)
                and (earlier.client_id, earlier.issue + 1, earlier.account, earlier.country, earlier.currency, earlier.amount_minor)
                    = (new_row.client_id, new_row.issue, new_row.account, new_row.country, new_row.currency, new_row.amount_minor)
        ) is null;
    if found then
        raise exception using errcode = 'PR002', message = format('payout %s cannot be %s issued again', bad.id, bad.reissue_of);
    end if;
    -- Not a CHECK, which every later step would ask again: a fact never changes. And of all
    -- references as one text: a regular expression that begins anew with every row would cost as
    -- much as three indexes.
    if (
        select string_agg(new_row.reference, '') ~ '[^0-9A-Z]'
            or min(length(new_row.reference)) < 1
            or max(length(new_row.reference)) > 32
        from new_rows new_row
    ) then
        select new_row.id, new_row.reference into bad
        from new_rows new_row
        where new_row.reference !~ '^[0-9A-Z]{1,32}$';
        raise exception using errcode = 'PR002', message = format('payout %s: no provider takes %L as a reference', bad.id, bad.reference);
    end if;

    insert into payout_reference (account, reference, payout_id)
    select account, reference, id
    from new_rows;

    insert into payout_event (payout_id, version, transition, from_state, to_state, epoch, reason, actor)
    select id, 1, 'ingest', '', 'received', 0, null, actor
    from new_rows
    union all
    select id, 2, transition, 'received', state, 0, reason, actor
    from new_rows
    where version = 2;
    return null;
end
$$;

-- Facts never change, for no role. Asked of statements that name them, so that those which move a
-- payout do not compare them row by row.
create function payout_facts_named() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'PR002', message = 'the facts of a payout cannot change';
end
$$;

create trigger payout_facts_named before update of id, batch_id, row_no, client_id, issue, reissue_of, account, reference, country, currency,
    amount_minor, send_date, created_at
    on payout for each statement execute function payout_facts_named();

-- The provider has answered a send of it with a yes, whatever became of that answer.
create function payout_was_taken(payout uuid) returns boolean language sql stable as $$
    select exists (
        select
        from attempt
        where attempt.payout_id = payout and attempt.verdict in ('accepted', 'settled', 'returned', 'unlisted')
    )
$$;

-- Two people decided so, about this version.
create function payout_is_decided(payout uuid, seen integer, decided text) returns boolean language sql stable as $$
    select exists (
        select
        from review_decision decision
        where decision.payout_id = payout
            and decision.version = seen
            and decision.outcome = decided
            and decision.confirmed_by is not null
    )
$$;

-- All that a payout takes the place of is still refused or returned, and has no open anomaly:
-- beside one that was paid after all it would pay twice.
create function earlier_issues_are_unpaid(client text, this_issue smallint) returns boolean language sql stable as $$
    select not exists (
        select
        from payout earlier
        where earlier.client_id = client
            and earlier.issue < this_issue
            and (
                not can_be_reissued(earlier.state)
                or exists (
                    select
                    from anomaly
                    where anomaly.payout_id = earlier.id
                        and anomaly.closed_at is null
                )
            )
    )
$$;

-- What was issued in a payout's place, the last one first, as it is at this moment, which may be
-- later than the statement that asks: volatile, so that who waited for a send sees that it was
-- sent.
create function issued_again(original uuid) returns table (id uuid, state text) language sql volatile as $$
    select reissue.id, reissue.state
    from payout earlier
    join payout reissue on reissue.client_id = earlier.client_id and reissue.issue > earlier.issue
    where earlier.id = original
    order by reissue.issue desc
$$;

-- A second send under the same reference cannot pay twice.
create function account_deduplicates(account_name text) returns boolean language sql stable as $$
    select account.idempotency = 'deduplicates' from account where account.name = account_name
$$;

-- What the provider answers to a look-up by our reference proves something.
create function account_can_be_asked(account_name text) returns boolean language sql stable as $$
    select account.idempotency <> 'none' from account where account.name = account_name
$$;

-- Each send before the last is known, believed, or was decided by two people, not to have arrived
-- (nothing else that they decide leads to a further send).
create function earlier_sends_never_arrived(payout uuid, last smallint) returns boolean language sql stable as $$
    select not exists (
        select
        from attempt
        where attempt.payout_id = payout
            and attempt.number < last
            and attempt.state not in ('not_sent', 'fenced', 'absent_confirmed', 'decided_by_person')
    )
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

-- Every change of a payout: only listed transitions, one version at a time, with the guards of the
-- state machine; and its event. What waits (due_at, not_found), and what the provider said, may
-- change without one. In one pass:
-- this runs for every step of every payout. Statements change one row or a million, and a plan is
-- kept for all of them: without nested loops over the changed rows it suits both. (For the same
-- reason no check says `limit 1`, which would make one look cheap; and what is asked of another
-- table is one value rather than `exists`, which may be answered by reading that table whole.)
create function payout_updated() returns trigger language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set enable_nestloop = off as $$
declare
    actor constant text := payrun_actor();
begin
    insert into payout_event (payout_id, version, transition, from_state, to_state, epoch, reason, provider_status, actor)
    select new_row.id, new_row.version, new_row.transition, old_row.state, new_row.state, new_row.epoch, new_row.reason,
        new_row.provider_status, actor
    from old_rows old_row
    join new_rows new_row on new_row.id = old_row.id
    left join payout_transition listed
        on listed.transition = new_row.transition
        and listed.from_state = old_row.state
        and listed.to_state = new_row.state
    where case
        when new_row.version = old_row.version then
            (new_row.state, new_row.transition, new_row.reason, new_row.state_since, new_row.epoch, new_row.attempts, new_row.sends,
                new_row.sent_at, new_row.refusal_code, new_row.provider_id, new_row.returned_minor)
                is distinct from (old_row.state, old_row.transition, old_row.reason, old_row.state_since, old_row.epoch, old_row.attempts,
                old_row.sends, old_row.sent_at, old_row.refusal_code, old_row.provider_id, old_row.returned_minor)
            and payout_refused(new_row.id, old_row.state, new_row.state, new_row.transition, old_row.version, new_row.version)
        when listed.transition is not null
            and new_row.version = old_row.version + 1
            and new_row.epoch = old_row.epoch + (new_row.transition in ('claim', 'resend', 'expire_lease'))::int
            and new_row.attempts = old_row.attempts + (new_row.transition in ('claim', 'resend'))::int
            and new_row.sends = old_row.sends + (new_row.transition in ('claim', 'resend'))::int - (new_row.transition = 'not_sent')::int
            -- The conditions of docs/rules.md, in the order of the transitions' numbers. What is
            -- not named here is refused.
            and case new_row.transition
                when 'invalidate' then true
                when 'hold' then true
                -- Every hold released, and none by the uploader of the row.
                when 'pass' then old_row.state <> 'held' or (
                    select count(*)
                    from hold
                    where hold.payout_id = new_row.id
                        and (hold.released_by is null or lower(hold.released_by) = (
                            select lower(batch.uploaded_by)
                            from batch
                            where batch.id = new_row.batch_id
                        ))
                ) = 0
                when 'approve' then (select batch.approved_by from batch where batch.id = new_row.batch_id) is not null
                    and (new_row.reissue_of is null or earlier_issues_are_unpaid(new_row.client_id, new_row.issue))
                -- In a database that went back in time it may have been sent since.
                when 'cancel' then (select history_is_known())
                when 'cancel_queued' then old_row.sends = 0 and (select history_is_known())
                -- It is due, and the intent of this very send is written.
                when 'claim' then old_row.due_at <= clock_timestamp()
                    and (new_row.reissue_of is null or earlier_issues_are_unpaid(new_row.client_id, new_row.issue))
                    and (
                    select attempt.state
                    from attempt
                    where attempt.payout_id = new_row.id
                        and attempt.number = new_row.attempts
                        and attempt.epoch = new_row.epoch
                ) = 'intent'
                -- After a resend an earlier send is unresolved, and the payout may not look as if
                -- nothing were on its way.
                when 'not_sent' then old_row.transition = 'claim'
                when 'accept' then true
                when 'pay_at_once' then true
                when 'refuse' then old_row.sends = 1
                when 'note_refusal' then old_row.sends > 1 and new_row.refusal_code is not null
                when 'doubt' then true
                when 'expire_lease' then true
                when 'find_accepted' then true
                when 'find_paid' then true
                -- The refusal is the last send's.
                when 'find_rejected' then earlier_sends_never_arrived(old_row.id, old_row.attempts)
                when 'confirm_absent' then account_can_be_asked(old_row.account)
                    and old_row.not_found >= 2
                    and new_row.not_found = old_row.not_found + 1
                    and old_row.refusal_code is null
                when 'confirm_refused' then account_can_be_asked(old_row.account)
                    and old_row.not_found >= 2
                    and new_row.not_found = old_row.not_found + 1
                    and old_row.refusal_code is not null
                when 'resend' then account_deduplicates(old_row.account) and (
                    select attempt.state
                    from attempt
                    where attempt.payout_id = new_row.id
                        and attempt.number = new_row.attempts
                        and attempt.epoch = new_row.epoch
                ) = 'intent'
                when 'park' then true
                when 'decide_accepted' then payout_is_decided(old_row.id, old_row.version, 'accepted')
                when 'decide_paid' then payout_is_decided(old_row.id, old_row.version, 'paid')
                when 'decide_rejected' then payout_is_decided(old_row.id, old_row.version, 'rejected')
                -- Never while the provider has a record of it; and it has just said that it has
                -- none, where it can be asked.
                when 'decide_queued' then old_row.provider_id is null
                    and not payout_was_taken(old_row.id)
                    and not is_found(old_row.lookup_answer)
                    and (
                        not account_can_be_asked(old_row.account)
                        or (old_row.lookup_answer = 'not_found' and old_row.looked_up_at > clock_timestamp() - interval '10 minutes')
                    )
                    and payout_is_decided(old_row.id, old_row.version, 'queued')
                -- The provider has just said that it refused what it had paid.
                when 'decide_returned' then old_row.lookup_answer = 'rejected'
                    and old_row.looked_up_at > clock_timestamp() - interval '10 minutes'
                    and payout_is_decided(old_row.id, old_row.version, 'returned')
                when 'pay' then true
                when 'reject' then true
                when 'progress' then true
                when 'return' then true
                when 'contradict' then true
                when 'miss' then true
                when 'surface' then true
                when 'return_more' then new_row.returned_minor > old_row.returned_minor
                else false
            end
            then true
        else payout_refused(new_row.id, old_row.state, new_row.state, new_row.transition, old_row.version, new_row.version)
    end;
    return null;
end
$$;

create trigger payout_inserted after insert on payout
    referencing new table as new_rows
    for each statement execute function payout_inserted();
create trigger payout_updated after update on payout
    referencing old table as old_rows new table as new_rows
    for each statement execute function payout_updated();
