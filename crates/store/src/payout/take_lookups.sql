-- Takes look-ups that are due, those that were due first, and moves each by the lease ($2, in
-- microseconds), during which no other process takes it. $1 account; $3 room for doubt and
-- acceptance, of each of which as many are locked as may be taken; $4 room for what has ended and
-- is watched, and as much for what people decide about; $5 the peer that is asked. `offset 0` keeps
-- each look by the key apart: joined freely, the planner may read a partial index whole.
with unknown as materialized (
    select id, due_at
    from payout
    where account = $1 and state = 'unknown' and due_at <= statement_timestamp()
    order by due_at
    limit $3
    for update skip locked
),
accepted as materialized (
    select id, due_at
    from payout
    where account = $1 and state = 'accepted' and due_at <= statement_timestamp()
    order by due_at
    limit $3
    for update skip locked
),
unsettled as (
    select id
    from (select * from unknown union all select * from accepted) due
    order by due_at
    limit $3
),
reviewed as materialized (
    select id
    from payout
    where account = $1 and state = 'needs_review' and due_at <= statement_timestamp()
    order by due_at
    limit $4
    for update skip locked
),
watched as materialized (
    select id
    from payout
    where account = $1 and is_watched(state) and due_at <= statement_timestamp()
    order by due_at
    limit $4
    for update skip locked
),
due as (
    select id
    from unsettled
    union all
    select id
    from reviewed
    union all
    select id
    from watched
),
taken as (
    update payout
    set due_at = clock_timestamp() + $2::bigint * interval '1 microsecond'
    where payout.id = any(array(select id from due))
    returning payout.*
)
select taken.id, taken.state, taken.version, taken.sends, taken.not_found,
    taken.provider_status, coalesce(taken.provider_id, told.provider_id) as provider_id, taken.reference, taken.country, taken.currency,
    taken.amount_minor, taken.returned_minor, account.idempotency as "idempotency!",
    taken.refusal_code is not null as "refusal_noted!",
    taken.reason,
    -- A peer of another merchant knows nothing of it.
    coalesce(asked.merchant = sent.merchant, false) as "is_own_merchant!",
    batch.cancelled_at is not null as "cancelled!",
    (extract(epoch from clock_timestamp() - taken.not_found_since) * 1000)::bigint
        as not_found_ms,
    clock_timestamp() as "taken_at!",
    -- A send that is lost from this database came before its history.
    greatest(taken.sent_at, (select max(opened_at) from history where proof = 'doubted')) as sent_at,
    (extract(epoch from clock_timestamp() - taken.state_since) * 1000)::bigint as age_ms,
    beneficiary.key_id, beneficiary.name, beneficiary.document, beneficiary.destination,
    beneficiary.contact, beneficiary.description
from taken
cross join lateral (select * from beneficiary where payout_id = taken.id offset 0) beneficiary
cross join lateral (select * from account where name = taken.account offset 0) account
cross join lateral (select * from batch where id = taken.batch_id offset 0) batch
left join lateral (
    select peer
    from attempt
    where payout_id = taken.id and number = taken.attempts offset 0
) attempt on true
-- What nothing but the provider's own id finds is asked for by the id that a genuine call about our
-- reference told, or a person named: whether it is of this payout, the answer tells.
left join lateral (
    select provider_id
    from (
        select provider_id, received_at as at
        from webhook
        where payout_id = taken.id and provider_id is not null
        union all
        select provider_id, named_at
        from named_id
        where payout_id = taken.id
    ) named
    where taken.provider_id is null and account.idempotency = 'none'
    order by at desc
    limit 1
) told on true
left join account_peer sent on sent.account = $1 and sent.peer = attempt.peer
left join account_peer asked on asked.account = $1 and asked.peer = $5
