-- Keeps a webhook that is new, counts one that is not, and brings the look-up of its payout forward
-- when it is new. $1 account, $2 blind index of the body, $3 number of the key that sealed the
-- body, $4 body, $5 our reference, $6 the provider's id, $7 the state it reports, $8 how many are
-- kept about one payout, $9 the final state of ours that this is, if any; $10 where
-- its receipt is.
with found as materialized (
    select payout_id as id
    from payout_reference
    where account = $1 and reference = $5
    union all
    select id
    from payout
    where account = $1 and provider_id = $6 and $5::text is null
),
alike as materialized (
    select id
    from webhook
    where account = $1 and subject = coalesce($5, '') || ' ' || coalesce($6, '')
),
fresh as (
    insert into webhook (
        account, body_index, body_key_id, body, reference, provider_id, status, receipt, payout_id
    )
    select $1, $2, $3, $4, $5, $6, $7, $10, (select id from found)
    where (select count(*) from alike) < $8
    on conflict (account, body_index) do update
    set times = webhook.times + 1, repeated_at = clock_timestamp()
    returning times, payout_id
),
-- So many were kept about the same payout that another one is only counted.
counted as (
    update webhook
    set times = times + 1, repeated_at = clock_timestamp()
    where id = (select max(id) from alike) and not exists (select from fresh)
    returning times, payout_id
),
kept as (
    select times, payout_id
    from fresh
    union all
    select times, payout_id
    from counted
),
told as (
    select payout.id, payout.state,
        exists (select from payout_event event where event.payout_id = payout.id) as has_history
    from payout
    where payout.id = (select payout_id from fresh where times = 1)
        -- One that is only counted may still say something new: it is worth a look-up an hour.
        or (
            payout.id = (select payout_id from counted)
            and coalesce(payout.looked_up_at < clock_timestamp() - interval '1 hour', true)
        )
),
forward as (
    update payout
    set due_at = clock_timestamp()
    where payout.id = (select id from told where is_looked_up(state) and has_history)
        and (payout.due_at is null or payout.due_at > clock_timestamp())
),
late as (
    insert into anomaly (payout_id, kind, detail)
    -- What left the database changes no more.
    select id, 'late_call', format(
        'the provider told of this payout, whose history is archived: %s; compare it with the archived month', $7
    )
    from told
    where not has_history
    union all
    -- A question until a look-up has answered it. Calls may come out of order: only what no order
    -- explains is a contradiction.
    select id, 'late_call', format(
        'the provider tells by itself that this %s payout is %s (%s): it is looked up', state, $9::text, $7
    )
    from told
    where has_history
        and case state
            when 'rejected' then $9 in ('paid', 'returned')
            when 'paid' then $9 = 'rejected'
            when 'cancelled' then $9 is not null
        end
    on conflict do nothing
    returning payout_id
)
select times as "times!", payout_id, exists (select from late) as "is_late!"
from kept
