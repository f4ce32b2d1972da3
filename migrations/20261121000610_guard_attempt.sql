-- An attempt ends once; doubt about it may later be resolved, never forgotten.
create function attempt_updated() returns trigger language plpgsql set enable_nestloop = off as $$
declare
    bad record;
begin
    select old_row.payout_id, old_row.number, old_row.state as from_state, new_row.state as to_state into bad
    from old_rows old_row
    left join new_rows new_row
        on new_row.payout_id = old_row.payout_id
        and new_row.number = old_row.number
        and new_row.epoch = old_row.epoch
    where new_row.payout_id is null
        or (new_row.state <> old_row.state and (old_row.state, new_row.state) not in (
            ('intent', 'not_sent'),
            ('intent', 'accepted'),
            ('intent', 'refused'),
            ('intent', 'ambiguous'),
            ('intent', 'fenced'),
            ('ambiguous', 'confirmed_by_lookup'),
            ('ambiguous', 'absent_confirmed'),
            ('ambiguous', 'decided_by_person'),
            ('ambiguous', 'superseded'),
            ('ambiguous', 'fenced')));
    if found then
        raise exception using errcode = 'PR001', message = format('attempt %s of payout %s: cannot go from %s to %s',
            bad.number, bad.payout_id, bad.from_state, bad.to_state);
    end if;
    return null;
end
$$;

create trigger attempt_updated after update on attempt
    referencing old table as old_rows new table as new_rows
    for each statement execute function attempt_updated();
