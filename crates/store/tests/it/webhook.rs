//! Calls of providers: they bring look-ups forward, once each, and settle nothing.

use std::time::Duration;

use payrun_domain::{
    id::PayoutId,
    payout::{PayoutState, Transition},
};
use payrun_store::{Lookup, PersonsVerdict, ReceivedWebhook, ReviewError, Settlement, Store, WebhookReceipt};
use sqlx::{Executor as _, PgPool};

use crate::support::{
    LEASE, ROOM, account, accounts, approved, by, claim_one, conclusion, detail, ids, look_up,
    past_the_guard, peer, record, sent, settlement, states,
};

const DAY: Duration = Duration::from_hours(24);

async fn call(store: &Store, body: &[u8], reference: Option<&str>, id: Option<&str>) -> WebhookReceipt {
    let account = account();
    let call = ReceivedWebhook {
        account: &account,
        body,
        reference,
        provider_id: id,
        status: "1",
        receipt: None,
        reported: None,
    };
    store.receive_webhook(&by("webhooks:1"), &call).await.unwrap().receipt
}

/// A call that reports `state`. Returns the payout that it contradicts.
async fn report(store: &Store, payout: PayoutId, state: PayoutState) -> Option<PayoutId> {
    let account = account();
    let reference = detail(store, payout).await.payout.reference;
    let body = format!("{reference} is {state}");
    let call = ReceivedWebhook {
        account: &account,
        body: body.as_bytes(),
        reference: Some(reference.as_str()),
        provider_id: None,
        status: "1 Paid",
        receipt: None,
        reported: Some(state),
    };
    store.receive_webhook(&by("webhooks:1"), &call).await.unwrap().late
}

async fn due(store: &Store) -> Vec<PayoutId> {
    let taken = store.take_lookups(&by("webhooks:1"), &peer(), LEASE, ROOM).await.unwrap();
    taken.into_iter().map(|lookup| lookup.payout).collect()
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_new_call_brings_the_look_up_forward_and_a_repeated_one_does_not(pool: PgPool) {
    let store = accounts(&pool).await;
    let payout = sent(&pool, &store, "webhook", Transition::Accept).await;
    let reference = detail(&store, payout).await.payout.reference;
    assert_eq!(due(&store).await, [payout]);
    assert_eq!(due(&store).await, [], "it is being looked up");
    assert_eq!(call(&store, b"paid", Some(reference.as_str()), None).await, WebhookReceipt::Matched(payout));
    assert_eq!(due(&store).await, [payout]);
    for _ in 0..3 {
        assert_eq!(call(&store, b"paid", Some(reference.as_str()), None).await, WebhookReceipt::Repeated);
    }
    assert_eq!(due(&store).await, [], "a flood costs one look-up");
    assert_eq!(
        call(&store, b"returned", Some(reference.as_str()), None).await,
        WebhookReceipt::Matched(payout)
    );
    assert_eq!(due(&store).await, [payout], "another call is other news");
    let detail = detail(&store, payout).await;
    assert_eq!(detail.payout.state.as_str(), "accepted", "nothing was settled");
    assert_eq!(detail.webhooks.iter().map(|call| call.times).collect::<Vec<_>>(), [4, 1]);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_call_that_comes_before_our_own_answer_touches_no_lease(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "early", 1).await;
    let claimed = claim_one(&store, payouts[0], LEASE).await;
    let reference = claimed.order.reference.clone();
    assert_eq!(
        call(&store, b"early", Some(reference.as_str()), None).await,
        WebhookReceipt::Matched(payouts[0])
    );
    assert_eq!(
        store.expire_leases(&by("setup"), Duration::ZERO, LEASE, 10).await.unwrap(),
        [],
        "the lease runs on"
    );
    let mut accepted = conclusion(&claimed, Transition::Accept);
    accepted.due_in = Some(LEASE);
    store.record(&by("setup"), &[accepted]).await.unwrap();
    assert_eq!(states(&store, payouts[0]).await, ("accepted".into(), "accepted".into()));
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_call_with_an_id_that_we_do_not_have_yet_fits_when_the_answer_lands(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "later", 1).await;
    let claimed = claim_one(&store, payouts[0], LEASE).await;
    let id = payouts[0].to_string();
    assert_eq!(call(&store, b"unknown id", None, Some(&id)).await, WebhookReceipt::Unmatched);
    assert_eq!(store.match_webhooks(&by("setup"), DAY).await.unwrap(), 0);
    let mut accepted = conclusion(&claimed, Transition::Accept);
    accepted.due_in = Some(LEASE);
    store.record(&by("setup"), &[accepted]).await.unwrap();
    assert_eq!(due(&store).await, []);
    assert_eq!(store.match_webhooks(&by("setup"), DAY).await.unwrap(), 1);
    assert_eq!(due(&store).await, payouts);
    assert_eq!(store.match_webhooks(&by("setup"), DAY).await.unwrap(), 0, "once");
    assert_eq!(call(&store, b"unmatched", Some("OTHER"), None).await, WebhookReceipt::Unmatched);
}

/// What a provider signs need not be all of its call: a genuine signature fits any number of them.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn variants_of_one_call_are_counted_and_not_all_kept(pool: PgPool) {
    let store = accounts(&pool).await;
    let payout = sent(&pool, &store, "variants", Transition::Accept).await;
    let reference = detail(&store, payout).await.payout.reference;
    for variant in 0..300 {
        let body = format!("paid, and {variant}");
        call(&store, body.as_bytes(), Some(reference.as_str()), None).await;
    }
    let kept: (i64, i64) =
        sqlx::query_as("select count(*), sum(times)::bigint from webhook").fetch_one(&pool).await.unwrap();
    assert_eq!(kept, (20, 300), "each is counted");
    let answer = Settlement { due_in: Some(LEASE), ..settlement(&look_up(&store).await, None) };
    store.settle(&by("reconcile:1"), &[answer]).await.unwrap();
    call(&store, b"paid, and now", Some(reference.as_str()), None).await;
    assert_eq!(due(&store).await, [], "it was looked up within the hour");
    let mut owner = past_the_guard(&pool).await;
    owner.execute("update payout set looked_up_at = looked_up_at - interval '2 hours'").await.unwrap();
    call(&store, b"paid, and later", Some(reference.as_str()), None).await;
    assert_eq!(due(&store).await, [payout], "and may have changed since");
    let other = sent(&pool, &store, "other", Transition::Accept).await;
    let others = detail(&store, other).await.payout.reference;
    let about_other = call(&store, b"paid", Some(others.as_str()), None).await;
    assert_eq!(about_other, WebhookReceipt::Matched(other), "and none of another payout is lost");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_settled_payout_is_looked_up_again_for_a_call_and_moves_only_to_people(pool: PgPool) {
    let store = accounts(&pool).await;
    let payout = sent(&pool, &store, "final", Transition::Refuse).await;
    let reference = detail(&store, payout).await.payout.reference;
    assert_eq!(call(&store, b"paid", Some(reference.as_str()), None).await, WebhookReceipt::Matched(payout));
    assert_eq!(states(&store, payout).await.0, "rejected", "a call settles nothing");
    let looked = look_up(&store).await;
    assert_eq!((looked.payout, looked.state), (payout, PayoutState::Rejected));
    let surfaced = Settlement {
        reason: Some("found_settled".to_owned()),
        record: Some(record("91", "1 Paid")),
        due_in: None,
        ..settlement(&looked, Some(Transition::Surface))
    };
    assert_eq!(ids(&store.settle(&by("reconcile:1"), &[surfaced]).await.unwrap()), [payout]);
    let shown = detail(&store, payout).await;
    assert_eq!(shown.payout.state, PayoutState::NeedsReview);
    assert_eq!(shown.payout.provider_status.as_deref(), Some("1 Paid"));
    let queued = PersonsVerdict {
        outcome: PayoutState::Queued,
        evidence: "the bank has no record",
        quiet: Duration::ZERO,
    };
    let again = store.decide(&by("ana"), payout, &queued).await;
    assert!(matches!(again, Err(ReviewError::Found(id)) if id == "91"), "what was found is not sent again");
    let mut owner = pool.acquire().await.unwrap();
    let body: Vec<u8> = sqlx::query_scalar("select body from webhook").fetch_one(&mut *owner).await.unwrap();
    assert!(!body.windows(4).any(|part| part == b"paid"), "bodies are sealed");
    owner.execute("set role payrun_app").await.unwrap();
    assert!(owner.execute("delete from webhook").await.is_err(), "evidence stays");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_call_that_contradicts_is_a_question_until_a_look_up_has_answered_it(pool: PgPool) {
    let store = accounts(&pool).await;
    let refused = sent(&pool, &store, "refused", Transition::Refuse).await;
    let open = async |payout| {
        detail(&store, payout).await.anomalies.into_iter().map(|one| one.kind).collect::<Vec<_>>()
    };
    assert_eq!(report(&store, refused, PayoutState::Rejected).await, None, "it says what is known");
    let under_way = look_up(&store).await;
    assert_eq!(report(&store, refused, PayoutState::Paid).await, Some(refused));
    assert_eq!(report(&store, refused, PayoutState::Returned).await, None, "one question is open already");
    assert_eq!(open(refused).await, ["late_call"]);

    let says = |looked: &Lookup, answer: &str| Settlement {
        answer: answer.to_owned(),
        due_in: Some(Duration::ZERO),
        ..settlement(looked, None)
    };
    let mut looked = under_way;
    for answer in ["rejected", "unknown: reply_lost", "not_found", "deferred"] {
        store.settle(&by("reconcile:1"), &[says(&looked, answer)]).await.unwrap();
        assert_eq!(open(refused).await, ["late_call"], "asked before the call, or no answer: {answer}");
        looked = look_up(&store).await;
    }
    store.settle(&by("reconcile:1"), &[says(&looked, "rejected")]).await.unwrap();
    assert_eq!(open(refused).await, Vec::<String>::new());

    let paid = sent(&pool, &store, "paid", Transition::PayAtOnce).await;
    assert_eq!(report(&store, paid, PayoutState::Returned).await, None, "which a look-up finds, too");
    assert_eq!(report(&store, paid, PayoutState::Rejected).await, Some(paid));
    let accepted = sent(&pool, &store, "accepted", Transition::Accept).await;
    assert_eq!(report(&store, accepted, PayoutState::Rejected).await, None, "nothing was said before");
    let (batch, cancelled) = approved(&pool, "cancelled", 1).await;
    store.cancel_batch(&by("ana"), batch).await.unwrap();
    assert_eq!(report(&store, cancelled[0], PayoutState::Paid).await, Some(cancelled[0]));
}
