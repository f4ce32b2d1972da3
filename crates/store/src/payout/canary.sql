-- The payout that was sent last of those that the merchant of peer $2 of account $1 has. Of the
-- account's batches that came last the rows at the end of its own are looked at, since they are
-- sent last: not all that was ever sent.
with sent as materialized (
    select payout.*
    from (
        select batch_id, last_row
        from batch_account
        where account = $1
        order by batch_id desc
        limit 20
    ) latest
    cross join lateral (
        select *
        from payout
        where batch_id = latest.batch_id and row_no between latest.last_row - 7 and latest.last_row
        offset 0
    ) payout
    where payout.account = $1 and (payout.state = 'accepted' or is_watched(payout.state))
),
youngest as materialized (
    select sent.*
    from sent
    cross join lateral (
        select peer
        from attempt
        where payout_id = sent.id and number = sent.attempts offset 0
    ) attempt
    join account_peer theirs on theirs.account = $1 and theirs.peer = attempt.peer
    join account_peer ours on ours.account = $1 and ours.peer = $2
    where sent.provider_id is not null and theirs.merchant = ours.merchant
    order by sent.sent_at desc
    limit 1
)
select youngest.id as "id!", youngest.reference as "reference!", youngest.country as "country!",
    youngest.currency as "currency!", youngest.amount_minor as "amount_minor!",
    youngest.sent_at as "sent_at!", beneficiary.key_id, beneficiary.name, beneficiary.document,
    beneficiary.destination, beneficiary.contact, beneficiary.description
from youngest
cross join lateral (select * from beneficiary where payout_id = youngest.id offset 0) beneficiary
