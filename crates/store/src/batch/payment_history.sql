-- What earlier payments say of rows that come in: $1 to $6 are columns of the same length, named
-- below; $7 is their batch, $8 the smallest id of what counts as recent.
select a.id as "id!",
    exists (
        select
        from beneficiary
        join payout on payout.id = beneficiary.payout_id
        where beneficiary.destination_index = a.destination
            and payout.batch_id <> $7
            and counts_as_paid(payout.state)
    ) as "account_known!",
    exists (
        select
        from beneficiary
        join payout on payout.id = beneficiary.payout_id
        where beneficiary.person_index = a.person
            and payout.batch_id <> $7
            and counts_as_paid(payout.state)
    ) as "person_known!",
    exists (
        select
        from beneficiary
        join payout on payout.id = beneficiary.payout_id
        where beneficiary.destination_index = a.destination
            and beneficiary.name_index <> a.name
            and payout.batch_id <> $7
            and counts_as_paid(payout.state)
    ) as "names_differ!",
    person.most, person.repeats as person_repeats,
    (
        select format('row %s of batch %s', payout.row_no, payout.batch_id)
        from beneficiary
        join payout on payout.id = beneficiary.payout_id
        where beneficiary.destination_index = a.destination
            and beneficiary.payout_id >= $8
            and payout.batch_id <> $7
            and payout.amount_minor = a.minor
            and payout.currency = a.currency
            and not ended_unpaid(payout.state)
        order by beneficiary.payout_id desc
        limit 1
    ) as repeats
from unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::text[], $6::bigint[]) a (id, destination, person, name, currency, minor)
cross join lateral (
    select max(h.amount_minor) filter (where counts_as_paid(h.state)) as most,
        (array_agg(format('row %s of batch %s', h.row_no, h.batch_id) order by h.id desc)
            filter (where h.id >= $8 and h.amount_minor = a.minor))[1] as repeats
    from (
        select payout.*
        from beneficiary
        join payout on payout.id = beneficiary.payout_id
        where beneficiary.person_index = a.person
            and payout.batch_id <> $7
            and payout.currency = a.currency
            and not ended_unpaid(payout.state)
        order by beneficiary.payout_id desc
        limit 100
    ) h
) person
