//! Claims, records, leases and look-ups: one winner, and late news changes nothing.

use std::{collections::HashSet, time::Duration};

use payrun_domain::{
    id::PayoutId,
    name::AccountName,
    payout::{PayoutState, Transition},
    verdict::{ProviderId, Record},
};
use payrun_store::{Claimed, Conclusion, Settlement, Store};
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::support::{accounts, approved, store};

const LEASE: Duration = Duration::from_mins(1);

fn account() -> AccountName {
    "class-b".parse().unwrap()
}

fn conclusion(claimed: &Claimed, transition: Transition) -> Conclusion {
    Conclusion {
        payout: claimed.payout,
        epoch: claimed.epoch,
        attempt: claimed.attempt,
        transition,
        verdict: "test",
        code: (transition != Transition::Accept).then(|| "813".to_owned()),
        record: (transition == Transition::Accept).then(|| record(&format!("9{}", claimed.attempt))),
        due_in: Some(Duration::ZERO),
        reply: None,
    }
}

fn record(id: &str) -> Record {
    Record { id: ProviderId::parse(id).unwrap(), status: "5".to_owned() }
}

async fn state(store: &Store, payout: PayoutId) -> String {
    store.payout(payout).await.unwrap().unwrap().payout.state
}

async fn attempt_state(store: &Store, payout: PayoutId) -> String {
    store.payout(payout).await.unwrap().unwrap().attempts.last().unwrap().state.clone()
}

async fn claim_one(store: &Store, payout: PayoutId, lease: Duration) -> Claimed {
    let mut claimed = store.claim(&account(), &[payout], lease).await.unwrap();
    assert_eq!(claimed.len(), 1);
    claimed.remove(0)
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn sixteen_claimants_get_each_payout_once(pool: PgPool) {
    accounts(&pool).await;
    let (_, payouts) = approved(&pool, "crowd", 400).await;
    let store = store(&pool, "dispatch:1").await;
    let mut claimants = JoinSet::new();
    for _ in 0..16 {
        let (store, payouts) = (store.clone(), payouts.clone());
        claimants.spawn(async move {
            let mut mine = Vec::new();
            for group in payouts.chunks(25) {
                mine.extend(store.claim(&account(), group, LEASE).await.unwrap());
            }
            mine
        });
    }
    let all: Vec<Claimed> = claimants.join_all().await.into_iter().flatten().collect();
    assert_eq!(all.len(), 400);
    assert_eq!(all.iter().map(|claimed| claimed.payout).collect::<HashSet<_>>().len(), 400);
    assert!(all.iter().all(|claimed| (claimed.epoch, claimed.attempt, claimed.sends) == (1, 1, 1)));
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_may_not_go_is_left_out_of_a_claim(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (batch, payouts) = approved(&pool, "left", 2).await;
    let claim = async || owner.claim(&account(), &payouts, LEASE).await.unwrap().len();
    owner.pause_batch(batch).await.unwrap();
    assert_eq!(claim().await, 0, "the batch is paused");
    owner.resume_batch(batch).await.unwrap();
    owner.pause_account(&account(), payrun_domain::verdict::Pause::Balance).await.unwrap();
    assert_eq!(claim().await, 0, "the account is paused");
    owner.resume_account(&account()).await.unwrap();
    assert_eq!(
        owner.claim(&"class-a".parse().unwrap(), &payouts, LEASE).await.unwrap().len(),
        0,
        "another account"
    );
    assert_eq!(claim().await, 2);
    assert_eq!(claim().await, 0, "they are claimed");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_table_brings_what_no_message_brought(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "sweep", 3).await;
    assert!(store.due(&account(), LEASE, 10).await.unwrap().is_empty(), "fresh ones wait for their message");
    assert_eq!(store.due(&account(), Duration::ZERO, 10).await.unwrap().len(), 3);
    let claimed = claim_one(&store, payouts[0], LEASE).await;
    let back = conclusion(&claimed, Transition::NotSent);
    assert_eq!(store.record(&[back]).await.unwrap(), [payouts[0]]);
    assert_eq!(
        store.due(&account(), LEASE, 10).await.unwrap(),
        [payouts[0]],
        "a retry has no message to wait for"
    );
    let again = claim_one(&store, payouts[0], LEASE).await;
    assert_eq!(
        (again.attempt, again.sends, again.epoch),
        (2, 1, 2),
        "what was not sent does not count as a send"
    );
    assert_eq!(again.order, claimed.order);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn recording_twice_changes_nothing(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "again", 1).await;
    let claimed = claim_one(&store, payouts[0], LEASE).await;
    let accepted = conclusion(&claimed, Transition::Accept);
    assert_eq!(store.record(std::slice::from_ref(&accepted)).await.unwrap(), [payouts[0]]);
    assert!(store.record(std::slice::from_ref(&accepted)).await.unwrap().is_empty());
    let detail = store.payout(payouts[0]).await.unwrap().unwrap();
    assert_eq!(
        (detail.payout.state.as_str(), detail.payout.provider_id.as_deref()),
        ("accepted", Some("91"))
    );
    assert_eq!(detail.events.len(), 5);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_result_that_comes_after_its_lease_is_evidence_only(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "late", 2).await;
    let (sent, fenced) = (
        claim_one(&store, payouts[0], Duration::ZERO).await,
        claim_one(&store, payouts[1], Duration::ZERO).await,
    );
    assert_eq!(store.expire_leases(Duration::ZERO, LEASE, 10).await.unwrap().len(), 2);
    let late = [conclusion(&sent, Transition::Accept), conclusion(&fenced, Transition::NotSent)];
    assert!(store.record(&late).await.unwrap().is_empty(), "the epoch has moved on");
    assert_eq!(
        (state(&store, payouts[0]).await, state(&store, payouts[1]).await),
        ("unknown".into(), "unknown".into())
    );
    assert_eq!(attempt_state(&store, payouts[0]).await, "ambiguous");
    assert_eq!(attempt_state(&store, payouts[1]).await, "fenced", "the old holder says that it did not send");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn one_object_at_the_provider_is_never_two_payouts(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "twin", 2).await;
    for (payout, expected) in payouts.iter().zip([true, false]) {
        let claimed = claim_one(&store, *payout, LEASE).await;
        let recorded = store.record(&[conclusion(&claimed, Transition::Accept)]).await;
        match recorded {
            Ok(_) => assert!(expected),
            Err(error) => assert!(!expected && error.is_refusal(), "{error}"),
        }
    }
    assert_eq!(state(&store, payouts[1]).await, "submitting", "its lease ends, and a look-up tells");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn doubt_becomes_absence_after_three_answers_and_not_before(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "absent", 1).await;
    let claimed = claim_one(&store, payouts[0], LEASE).await;
    store.record(&[conclusion(&claimed, Transition::Doubt)]).await.unwrap();
    for answer in 1..=3 {
        let due = store.take_lookups(&account(), LEASE, 10).await.unwrap();
        assert_eq!((due.len(), due[0].not_found), (1, answer - 1));
        assert!(
            store.take_lookups(&account(), LEASE, 10).await.unwrap().is_empty(),
            "it is this reconciler's now"
        );
        let absent = Settlement {
            payout: payouts[0],
            version: due[0].version,
            transition: Some(Transition::ConfirmAbsent),
            record: None,
            reason: Some("absence_believed".to_owned()),
            returned: None,
            counts_not_found: true,
            due_in: Some(Duration::ZERO),
            anomaly: None,
        };
        if answer < 3 {
            assert!(
                store.settle(std::slice::from_ref(&absent)).await.is_err_and(|error| error.is_refusal()),
                "too early"
            );
            let wait = Settlement { transition: None, ..absent };
            assert_eq!(store.settle(&[wait]).await.unwrap(), [payouts[0]]);
        } else {
            assert_eq!(store.settle(&[absent]).await.unwrap(), [payouts[0]]);
        }
    }
    assert_eq!(
        (state(&store, payouts[0]).await, attempt_state(&store, payouts[0]).await),
        ("queued".into(), "absent_confirmed".into())
    );
    let again = claim_one(&store, payouts[0], LEASE).await;
    assert_eq!(
        (again.sends, again.order.reference),
        (2, claimed.order.reference),
        "the second send carries the same reference"
    );
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn an_answer_to_an_older_question_changes_nothing(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "stale", 1).await;
    let claimed = claim_one(&store, payouts[0], LEASE).await;
    store.record(&[conclusion(&claimed, Transition::Accept)]).await.unwrap();
    let due = store.take_lookups(&account(), Duration::ZERO, 10).await.unwrap();
    let paid = |version| Settlement {
        payout: payouts[0],
        version,
        transition: Some(Transition::Pay),
        record: Some(Record { status: "1 Paid".to_owned(), ..record("91") }),
        reason: None,
        returned: None,
        counts_not_found: false,
        due_in: None,
        anomaly: None,
    };
    assert!(store.settle(&[paid(due[0].version - 1)]).await.unwrap().is_empty());
    assert_eq!(store.settle(&[paid(due[0].version)]).await.unwrap(), [payouts[0]]);
    assert!(store.settle(&[paid(due[0].version)]).await.unwrap().is_empty());
    assert_eq!(state(&store, payouts[0]).await, PayoutState::Paid.word());
}
