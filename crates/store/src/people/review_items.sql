-- What waits for people, the oldest $1 of each kind: payouts in review, proposals about others,
-- doubt at another merchant, anomalies, and calls of the last day that fit no payout.
(
    select payout.id, payout.account as "account!", payout.client_id as "client_id!",
        'needs_review' as "kind!", payout.reason || case
            when is_found(payout.lookup_answer)
                then '; asked again, the provider has it: ' || payout.lookup_answer
            else ''
        end || coalesce(
            '; the provider says: ' || nullif(concat_ws(' ', payout.error_code, payout.error_message), ''), ''
        ) || coalesce('; ' || proposal.words, '') as "detail!",
        payout.state_since as "since!"
    from payout
    left join lateral (
        select decision.proposed_by || ' proposed ' || decision.outcome || ', another person confirms' as words
        from review_decision decision
        where decision.payout_id = payout.id and decision.version = payout.version
        order by decision.number desc
        limit 1
    ) proposal on true
    where payout.state = 'needs_review'
    order by payout.state_since
    limit $1
)
union all (
    select payout.id, payout.account, payout.client_id, 'proposal',
        format('%s proposed %s, another person confirms; it is %s', decision.proposed_by, decision.outcome, payout.state),
        decision.proposed_at
    from review_decision decision
    join payout on payout.id = decision.payout_id and payout.version = decision.version
    where decision.confirmed_at is null
        and payout.state <> 'needs_review'
        and not exists (
            select
            from review_decision later
            where later.payout_id = decision.payout_id
                and later.version = decision.version
                and later.number > decision.number
        )
    order by decision.proposed_at
    limit $1
)
union all (
    select id, account, client_id, 'other_merchant',
        'in doubt at a merchant that these credentials do not lead to: bring the old ones back, or two people decide it (payrun payout resolve)',
        state_since
    from payout
    where state = 'unknown' and lookup_answer = 'unknown: other_merchant'
    order by state_since
    limit $1
)
union all (
    select payout.id, payout.account, payout.client_id, anomaly.kind, anomaly.detail,
        anomaly.opened_at
    from anomaly
    join payout on payout.id = anomaly.payout_id
    where anomaly.closed_at is null
    order by anomaly.opened_at
    limit $1
)
union all (
    select null, account, coalesce(reference, provider_id, ''), 'unmatched_webhook', status,
        received_at
    from webhook
    where payout_id is null
        and received_at between clock_timestamp() - interval '24 hours' and clock_timestamp() - interval '10 minutes'
    order by received_at
    limit $1
)
