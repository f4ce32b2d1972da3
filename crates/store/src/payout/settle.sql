-- Answers of look-ups, of which each is written only to the version that was looked up. $1 to $17
-- are columns of the same length, named below.
with answer as materialized (
    select *,
        -- Or nothing came back, and what the provider said before stands.
        num_nonnulls(error_code, error_message) > 0
            or lookup_answer <> 'deferred' and lookup_answer not like 'unknown%' as is_answer
    from unnest(
        $1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::bigint[], $10::bool[], $11::bigint[], $12::text[], $13::text[], $14::text[],
        $15::timestamptz[], $16::text[], $17::text[]
    ) as columns (
        id, version, state, transition, attempt_state, provider_id, provider_status,
        reason, returned_minor, not_found, due_in, anomaly, detail, lookup_answer, asked_at,
        error_code, error_message
    )
),
moved as (
    update payout
    set state = coalesce(answer.state, payout.state),
        transition = coalesce(answer.transition, payout.transition),
        version = payout.version + (answer.transition is not null)::int,
        reason = case
            when answer.transition is null then payout.reason
            when answer.transition = 'park' then coalesce(answer.reason, payout.reason)
            else answer.reason
        end,
        state_since = case
            when answer.state <> payout.state then clock_timestamp()
            else payout.state_since
        end,
        provider_id = case
            when answer.transition is null then payout.provider_id
            else coalesce(payout.provider_id, answer.provider_id)
        end,
        provider_status = coalesce(answer.provider_status, payout.provider_status),
        returned_minor = case
            when answer.transition is null then payout.returned_minor
            else answer.returned_minor
        end,
        -- What ends unpaid anew is to be seen anew.
        acknowledged_by = case when answer.transition is null then payout.acknowledged_by end,
        acknowledged_at = case when answer.transition is null then payout.acknowledged_at end,
        looked_up_at = clock_timestamp(),
        lookup_answer = answer.lookup_answer,
        error_code = case when answer.is_answer then answer.error_code else payout.error_code end,
        error_message = case when answer.is_answer then answer.error_message else payout.error_message end,
        -- Not-founds in a row: another answer begins anew, and none leaves the count as it is.
        not_found = case
            when answer.not_found then payout.not_found + 1
            when answer.not_found is not null then 0
            else payout.not_found
        end,
        not_found_since = case
            when answer.not_found then coalesce(payout.not_found_since, clock_timestamp())
            when answer.not_found is not null then null
            else payout.not_found_since
        end,
        due_at = clock_timestamp() + answer.due_in * interval '1 microsecond'
    from answer
    where payout.id = any($1)
        and payout.id = answer.id
        and payout.version = answer.version
    returning payout.id
),
resolved as (
    update attempt
    set state = outcome.state
    -- By state: the index is asked for an array, which it sorts, two or three times and not for
    -- each row.
    from (
        select answer.attempt_state as state, array_agg(answer.id) as ids
        from answer
        join moved on moved.id = answer.id
        where answer.attempt_state is not null
        group by answer.attempt_state
    ) outcome
    where attempt.payout_id = any($1)
        and attempt.payout_id = any(outcome.ids)
        and attempt.state = 'ambiguous'
        -- Most answers are about what was never in doubt: then no attempt is looked for.
        and exists (select from answer where attempt_state is not null)
),
reported as (
    insert into anomaly (payout_id, kind, detail)
    select answer.id, answer.anomaly, answer.detail || case
            when reissue.id is null then ''
            else format(
                '; it was issued again as payout %s, which is %s: cancel or stop that one', reissue.id, reissue.state
            )
        end
    from answer
    join moved on moved.id = answer.id
    -- The last of those that took its place.
    left join lateral (
        select *
        from issued_again(moved.id)
        limit 1
    ) reissue on answer.anomaly = 'surfaced'
    where answer.anomaly is not null
    union all
    -- Both are at the provider.
    select answer.id, 'doubled', format(
        'the provider has this payout after all, and payout %s, which took its place, was sent: probably paid twice; ask the provider to return one',
        reissue.id
    )
    from answer
    join moved on moved.id = answer.id
    cross join lateral issued_again(moved.id) reissue
    where answer.anomaly = 'surfaced'
        and was_sent(reissue.state)
        and not ended_unpaid(reissue.state)
    on conflict do nothing
    returning payout_id
),
-- A call that contradicted is answered by the look-up that came after it, and a state that no
-- document lists by one that some document does. First what is open: nearly always nothing, and
-- then no payout is looked for.
question as materialized (
    select asked.payout_id, asked.kind, answer.lookup_answer
    from (
        select payout_id, kind, opened_at
        from anomaly
        where payout_id = any($1)
            and can_be_answered(kind)
            and closed_at is null
            and exists (select from anomaly where can_be_answered(kind) and closed_at is null)
        offset 0
    ) asked
    join answer on answer.id = asked.payout_id
    join moved on moved.id = answer.id
    where asked.opened_at < answer.asked_at
        and answer.lookup_answer in ('accepted', 'settled', 'rejected', 'returned')
),
answered as (
    update anomaly
    set closed_at = clock_timestamp(), closed_by = payrun_actor(),
        explanation = 'the provider was asked again, and says ' || question.lookup_answer
    from question
    where anomaly.payout_id = question.payout_id
        and anomaly.kind = question.kind
        and anomaly.closed_at is null
)
select moved.id as "id!", moved.id in (select payout_id from reported) as "is_reported!"
from moved
