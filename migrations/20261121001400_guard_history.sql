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

-- History goes with its month or not at all, for every role: from a closed payout, in the
-- transaction that has just said who drops its month.
create function history_deleted() returns trigger language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
    kept uuid;
begin
    select deleted.payout_id into kept
    from (select distinct payout_id from gone) deleted
    -- One value rather than `exists`, which may be answered by reading all payouts.
    where (
        select count(*)
        from settled
        join archive on archive.month = settled.month
        where settled.id = deleted.payout_id
            and settled.closed
            and archive.drop_xact = pg_current_xact_id()
    ) = 0;
    if found then
        raise exception using errcode = 'PR003', message = format('%s is append-only: payout %s keeps its history here', tg_table_name, kept),
            hint = 'payrun archive --drop takes out what is in a file.';
    end if;
    return null;
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
create trigger payout_event_is_append_only before update or truncate on payout_event
    for each statement execute function refuse_change();
create trigger payout_event_deleted after delete on payout_event
    referencing old table as gone
    for each statement execute function history_deleted();
create trigger payout_reference_is_append_only before update or delete or truncate on payout_reference
    for each statement execute function refuse_change();
create trigger payout_is_never_deleted before delete or truncate on payout
    for each statement execute function refuse_change();
create trigger attempt_is_never_truncated before truncate on attempt
    for each statement execute function refuse_change();
create trigger attempt_deleted after delete on attempt
    referencing old table as gone
    for each statement execute function history_deleted();
create trigger history_is_append_only before update or delete or truncate on history
    for each statement execute function refuse_change();

-- What people decide, each with its actor: as with payouts, a change without an actor is
-- refused.
create function actor_required() returns trigger language plpgsql as $$
begin
    perform payrun_actor();
    return null;
end
$$;

create trigger account_has_an_actor before insert or update on account
    for each statement execute function actor_required();
create trigger batch_has_an_actor before insert or update on batch
    for each statement execute function actor_required();
create trigger hold_has_an_actor before insert or update on hold
    for each statement execute function actor_required();
create trigger attempt_has_an_actor before insert or update on attempt
    for each statement execute function actor_required();
create trigger review_decision_has_an_actor before insert or update on review_decision
    for each statement execute function actor_required();
create trigger anomaly_has_an_actor before insert or update on anomaly
    for each statement execute function actor_required();
create trigger send_freeze_has_an_actor before insert or update on send_freeze
    for each statement execute function actor_required();
