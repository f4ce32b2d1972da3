-- Payouts that may be sent now become `submitting`, each with the row of its attempt. $1 ids,
-- $2 account, $3 lease in microseconds, $4 actor, $5 numbers of the keys at hand, $6 the peer that
-- they go to.
-- `offset 0` keeps each look by the key apart: joined freely, the planner may read a partial index
-- whole.
with due as materialized (
    select payout.id
    from unnest($1::uuid[]) as wanted (id)
    cross join lateral (
        select *
        from payout
        where id = wanted.id
        for update skip locked offset 0
    ) payout
    cross join lateral (select * from batch where id = payout.batch_id offset 0) batch
    cross join (select * from account where name = $2 offset 0) account
    cross join lateral (
        select key_id
        from beneficiary
        where payout_id = payout.id offset 0
    ) beneficiary
    where payout.account = $2
        and payout.state = 'queued'
        and payout.due_at <= statement_timestamp()
        and batch.paused_at is null
        and (batch.cancelled_at is null or payout.sends > 0)
        -- What may have arrived at one merchant does not go to another, nor on an old word. Where
        -- nobody knows to which and it cannot be asked, two people have said that it did not
        -- arrive.
        and (
            payout.sends = 0
            or not absence_is_stale(account.idempotency, payout.looked_up_at) and exists (
                select
                from attempt
                join account_peer now on now.account = $2 and now.peer = $6
                left join account_peer before on before.account = $2 and before.peer = attempt.peer
                where attempt.payout_id = payout.id
                    and attempt.number = payout.attempts
                    and (
                        before.merchant = now.merchant
                        or attempt.peer is null and account.idempotency = 'none'
                    )
            )
        )
        and account.paused_at is null
        and beneficiary.key_id = any($5)
        -- What it takes the place of changes no more until this send is committed: who learns that
        -- it is paid after all comes before, or sees the send.
        and (
            payout.reissue_of is null
            or earlier_issues_are_unpaid(payout.client_id, payout.issue) and payout.issue - 1 = (
                select count(*)
                from (
                    select
                    from payout earlier
                    where earlier.client_id = payout.client_id and earlier.issue < payout.issue
                    for share skip locked
                ) locked
            )
        )
        and not exists (select from send_freeze where thawed_at is null)
        and (select history_is_known())
        and exists (select from account_peer where account = $2 and peer = $6 and merchant is not null)
),
claimed as (
    update payout
    set state = 'submitting', transition = 'claim', version = payout.version + 1,
        epoch = payout.epoch + 1, attempts = payout.attempts + 1, sends = payout.sends + 1,
        reason = null, not_found = 0, not_found_since = null, state_since = clock_timestamp(),
        sent_at = clock_timestamp(),
        due_at = clock_timestamp() + $3::bigint * interval '1 microsecond'
    where payout.id = any(array(select id from due))
    returning payout.id, payout.epoch, payout.version, payout.attempts, payout.sends,
        payout.account, payout.reference, payout.country, payout.currency, payout.amount_minor,
        payout.provider_id, payout.send_date
),
intent as (
    insert into attempt (payout_id, number, account, epoch, state, holder, peer)
    select id, attempts, account, epoch, 'intent', $4, $6
    from claimed
)
select claimed.id, claimed.epoch, claimed.version, claimed.attempts, claimed.sends,
    claimed.reference, claimed.country, claimed.currency, claimed.amount_minor,
    claimed.provider_id, claimed.send_date, beneficiary.key_id, beneficiary.name, beneficiary.document,
    beneficiary.destination, beneficiary.contact, beneficiary.description
from claimed
cross join lateral (
    select *
    from beneficiary
    where payout_id = claimed.id offset 0
) beneficiary
