-- The history of payouts ($1 ids) that were settled in a month ($2, its first day), a JSON object
-- each. Its members are the format of archived files, and do not change. A history is whole when it
-- has as many events and attempts as the payout counts. Personal data is in none of these tables
-- but sealed, and left out.
select payout.id as "id!", events.count as "events!", attempts.count as "attempts!",
    (settled.version = events.count and settled.attempts = attempts.count) as "is_whole!",
    jsonb_build_object(
        'payout', payout.id, 'batch', payout.batch_id, 'row', payout.row_no,
        'client_id', payout.client_id, 'issue', payout.issue, 'reissue_of', payout.reissue_of,
        'account', payout.account, 'reference', payout.reference, 'country', payout.country,
        'currency', payout.currency, 'minor', payout.amount_minor,
        'created_at', payout.created_at, 'state', payout.state,
        'state_since', payout.state_since, 'reason', payout.reason,
        'refusal_code', payout.refusal_code, 'sent_at', payout.sent_at,
        'provider_id', payout.provider_id, 'provider_status', payout.provider_status,
        'returned_minor', payout.returned_minor,
        'events', events.list, 'attempts', attempts.list, 'webhooks', webhooks.list
    )::text as "line!"
from settled
join payout on payout.id = settled.id
cross join lateral (
    select count(*) as count,
        coalesce(jsonb_agg(jsonb_build_object(
            'version', event.version, 'transition', event.transition,
            'from_state', event.from_state, 'to_state', event.to_state, 'epoch', event.epoch,
            'reason', event.reason, 'provider_status', event.provider_status,
            'actor', event.actor, 'at', event.at
        ) order by event.version), '[]') as list
    from payout_event event
    where event.payout_id = payout.id
) events
cross join lateral (
    select count(*) as count,
        coalesce(jsonb_agg(jsonb_build_object(
            'number', attempt.number, 'epoch', attempt.epoch, 'state', attempt.state,
            'holder', attempt.holder, 'verdict', attempt.verdict, 'code', attempt.code,
            'reply_status', attempt.reply_status, 'error_code', attempt.error_code, 'started_at', attempt.started_at,
            'ended_at', attempt.ended_at
        ) order by attempt.number), '[]') as list
    from attempt
    where attempt.payout_id = payout.id
) attempts
cross join lateral (
    select coalesce(jsonb_agg(jsonb_build_object(
            'received_at', webhook.received_at, 'status', webhook.status
        ) order by webhook.id), '[]') as list
    from webhook
    where webhook.payout_id = payout.id
) webhooks
where settled.id = any($1)
    and settled.month = $2::text::date
order by payout.id
