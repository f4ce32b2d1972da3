-- The payout that was sent last of those that the merchant of peer $2 of account $1 has. Of the
-- batches that came last the rows at their end are looked at, since they are sent last: not all
-- that was ever sent.
with sent as materialized (
    select payout.*
    from (select * from batch where digest is not null order by id desc limit 20) latest
    cross join lateral (
        select *
        from payout
        where batch_id = latest.id
            and row_no > (select max(row_no) - 8 from payout last where last.batch_id = latest.id)
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
