-- Outcomes of sends, of which each is written only under the epoch of its claim. $1 to $15 are
-- columns of the same length, named below; $16 is the number of the key that sealed the replies.
with outcome as materialized (
    -- A column and no constant: no plan shall read the index of all that is open.
    select *, 'submitting' as expected_state
    from unnest(
        $1::uuid[], $2::int[], $3::smallint[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::text[], $11::bigint[], $12::smallint[], $13::bytea[],
        $14::text[], $15::text[]
    ) as columns (
        id, epoch, attempt, state, transition, attempt_state, verdict,
        code, provider_id, provider_status, due_in, reply_status, reply,
        error_code, error_message
    )
),
evidence as (
    update attempt
    set state = case
            when attempt.state = 'intent' then outcome.attempt_state
            -- The lease ran out before, and its holder says now that it sent nothing.
            when attempt.state = 'ambiguous' and outcome.attempt_state = 'not_sent' then 'fenced'
            else attempt.state
        end,
        verdict = outcome.verdict,
        code = outcome.code,
        reply_status = outcome.reply_status,
        error_code = outcome.error_code,
        error_message = outcome.error_message,
        reply = outcome.reply,
        reply_key_id = case when outcome.reply is null then null else $16::smallint end,
        ended_at = clock_timestamp()
    from outcome
    -- The index is asked for the array once. Were it asked for each outcome's row as well, it
    -- would sort the array as often, which is what a plan from before the first `analyze`
    -- does: hence comparisons that no index answers.
    where attempt.payout_id = any($1)
        and uuid_send(attempt.payout_id) = uuid_send(outcome.id)
        and attempt.number + 0 = outcome.attempt
        and attempt.epoch = outcome.epoch
)
update payout
set state = outcome.state,
    transition = outcome.transition,
    version = payout.version + 1,
    reason = outcome.code,
    state_since = clock_timestamp(),
    sends = payout.sends - (outcome.transition = 'not_sent')::int,
    refusal_code = case
        when outcome.transition = 'note_refusal' then outcome.code
        else payout.refusal_code
    end,
    provider_id = case
        when outcome.transition in ('accept', 'pay_at_once', 'refuse')
            then coalesce(outcome.provider_id, payout.provider_id)
        else payout.provider_id
    end,
    provider_status = coalesce(outcome.provider_status, payout.provider_status),
    error_code = outcome.error_code,
    error_message = outcome.error_message,
    due_at = clock_timestamp() + outcome.due_in * interval '1 microsecond'
from outcome
where payout.id = any($1)
    and payout.id = outcome.id
    and payout.state = outcome.expected_state
    and payout.epoch = outcome.epoch
returning payout.id
