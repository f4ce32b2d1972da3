//! What two people decide, and payouts that are issued again.

use payrun_domain::{
    id::PayoutId,
    payout::{PayoutState, Transition},
};
use payrun_store::{Anomaly, ApproveError, Decision, DecisionLine, ReviewError, Settlement, Store};
use sqlx::{Executor as _, PgPool};

use crate::support::{
    LEASE, ROOM, accounts, approved, by, claim_one, conclusion, detail, ids, look_up, new_issue,
    past_the_guard, peer, reissue, sent, settlement, states, store,
};

const EVIDENCE: &str = "statement of 30 November, line 7: not paid";

/// A payout about which only people can say more.
async fn parked(pool: &PgPool, owner: &Store, name: &str) -> PayoutId {
    let payout = sent(pool, owner, name, Transition::Doubt).await;
    let looked = look_up(owner).await;
    let park = settlement(&looked, Some(Transition::Park));
    assert_eq!(
        ids(&owner
            .settle(&by("reconcile:1"), &[payrun_store::Settlement { due_in: None, ..park }])
            .await
            .unwrap()),
        [payout]
    );
    payout
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn one_person_decides_nothing(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    let early = sent(&pool, &owner, "early", Transition::NotSent).await;
    let wrong_state = ana.decide(&by("ana"), early, PayoutState::Rejected, EVIDENCE).await;
    assert!(matches!(wrong_state, Err(ReviewError::State { state: PayoutState::Queued, .. })));
    let payout = parked(&pool, &owner, "parked").await;
    let rejected = PayoutState::Rejected;
    assert!(matches!(ana.decide(&by("ana"), payout, rejected, "short").await, Err(ReviewError::Evidence)));
    assert!(matches!(
        ana.decide(&by("ana"), payout, PayoutState::Returned, EVIDENCE).await,
        Err(ReviewError::Outcome)
    ));
    assert_eq!(ana.decide(&by("ana"), payout, rejected, EVIDENCE).await.unwrap(), Decision::Proposed);
    assert!(matches!(
        ana.decide(&by("ana"), payout, rejected, EVIDENCE).await,
        Err(ReviewError::NeedsAnother(_))
    ));
    let other = luis.decide(&by("luis"), payout, PayoutState::Paid, EVIDENCE).await.unwrap();
    assert_eq!(other, Decision::Replaced, "a slip is no dead end, and two still have to agree");
    assert_eq!(states(&owner, payout).await, ("needs_review".into(), "ambiguous".into()));
    assert_eq!(luis.decide(&by("luis"), payout, rejected, EVIDENCE).await.unwrap(), Decision::Replaced);
    assert!(matches!(
        luis.decide(&by("luis"), payout, rejected, EVIDENCE).await,
        Err(ReviewError::NeedsAnother(_))
    ));
    assert_eq!(ana.decide(&by("ana"), payout, rejected, EVIDENCE).await.unwrap(), Decision::Confirmed);
    let told = detail(&owner, payout).await.decisions;
    let said =
        |line: &DecisionLine| (line.proposed_by.to_string(), line.outcome, line.confirmed_by.is_some());
    assert_eq!(
        told.iter().map(said).collect::<Vec<_>>(),
        [
            ("ana".to_owned(), rejected, false),
            ("luis".to_owned(), PayoutState::Paid, false),
            ("luis".to_owned(), rejected, true)
        ],
        "none is forgotten"
    );
    assert_eq!(states(&owner, payout).await, ("rejected".into(), "decided_by_person".into()));
    assert_eq!(detail(&owner, payout).await.events.pop().unwrap().actor.as_str(), "ana");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn each_decision_leads_where_it_says(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    for outcome in [PayoutState::Accepted, PayoutState::Paid, PayoutState::Rejected, PayoutState::Queued] {
        let payout = parked(&pool, &owner, outcome.as_str()).await;
        ana.decide(&by("ana"), payout, outcome, EVIDENCE).await.unwrap();
        luis.decide(&by("luis"), payout, outcome, EVIDENCE).await.unwrap();
        assert_eq!(states(&owner, payout).await, (outcome.as_str().into(), "decided_by_person".into()));
        if matches!(outcome, PayoutState::Accepted | PayoutState::Paid) {
            assert_eq!(look_up(&owner).await.payout, payout);
        } else if outcome == PayoutState::Queued {
            assert_eq!(claim_one(&owner, payout, LEASE).await.sends, 2);
        } else {
            assert_eq!(detail(&owner, payout).await.payout.due_at, None);
        }
    }
}

/// What a person found in the provider's own report.
const REPORT: &str = "the report of 30 November has it as refused";

/// The provider says once more that it refused.
async fn refused_again(store: &Store, payout: PayoutId) {
    store.ask_again(&by("ana"), payout).await.unwrap();
    let due = store.take_lookups(&by("reconcile:1"), &peer(), LEASE, ROOM).await.unwrap();
    let looked = due.into_iter().find(|lookup| lookup.payout == payout).unwrap();
    let again = Settlement { answer: "rejected".to_owned(), due_in: None, ..settlement(&looked, None) };
    assert_eq!(ids(&store.settle(&by("reconcile:1"), &[again]).await.unwrap()), [payout]);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_refused_payout_is_issued_again_once_and_approved_again(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    let paid = sent(&pool, &owner, "paid", Transition::PayAtOnce).await;
    assert!(
        matches!(reissue(&ana, "ana", paid, new_issue(), None).await, Err(ReviewError::State { .. })),
        "it would pay twice"
    );
    let refused = sent(&pool, &owner, "refused", Transition::Refuse).await;
    let new = new_issue();
    assert!(
        matches!(reissue(&ana, "ana", refused, new, None).await, Err(ReviewError::NotSaidAgain(None))),
        "the provider may have changed its mind"
    );
    assert!(matches!(reissue(&ana, "ana", refused, new, Some("short")).await, Err(ReviewError::Evidence)));
    refused_again(&owner, refused).await;
    past_the_guard(&pool)
        .await
        .execute("insert into anomaly (payout_id, kind, detail) select id, 'mismatch', 'planted' from payout where state = 'rejected'")
        .await
        .unwrap();
    assert!(matches!(reissue(&ana, "ana", refused, new, None).await, Err(ReviewError::Contested)));
    assert!(ana.explain_anomaly(&by("ana"), refused, "mismatch", "seen with the bank").await.unwrap());
    past_the_guard(&pool)
        .await
        .execute(
            "update payout set looked_up_at = looked_up_at - interval '11 minutes' where state = 'rejected'",
        )
        .await
        .unwrap();
    assert!(matches!(
        reissue(&ana, "ana", refused, new, None).await,
        Err(ReviewError::NotSaidAgain(Some(answer))) if answer == "rejected"
    ));
    refused_again(&owner, refused).await;
    reissue(&ana, "ana", refused, new, None).await.unwrap();
    assert!(matches!(reissue(&luis, "luis", refused, new_issue(), None).await, Err(ReviewError::Reissued)));
    let digest = ana.batch(new.batch).await.unwrap().digest_short();
    assert!(matches!(ana.approve(&by("ana"), new.batch, &digest).await, Err(ApproveError::Uploader(_))));
    assert_eq!(luis.approve(&by("luis"), new.batch, &digest).await.unwrap().queued, 1);
    let (old, again) = (detail(&owner, refused).await.payout, detail(&owner, new.payout).await.payout);
    assert_eq!((old.state.as_str(), again.state.as_str()), ("rejected", "queued"));
    assert_eq!((&old.client_id, &old.account, old.amount), (&again.client_id, &again.account, again.amount));
    assert_ne!(old.reference, again.reference);
    let claimed = claim_one(&luis, new.payout, LEASE).await;
    assert_eq!(claimed.order.reference, again.reference);
}

/// What was issued again was paid after all: what took its place does not go, and where it has gone
/// people are told that both have.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_reissue_does_not_go_once_its_original_has_surfaced(pool: PgPool) {
    let owner = accounts(&pool).await;
    let surface = async |payout: PayoutId| {
        owner.ask_again(&by("ana"), payout).await.unwrap();
        let due = owner.take_lookups(&by("reconcile:1"), &peer(), LEASE, ROOM).await.unwrap();
        let looked = due.into_iter().find(|lookup| lookup.payout == payout).unwrap();
        let surfaced = Settlement {
            reason: Some("found_settled".to_owned()),
            due_in: None,
            anomaly: Some(Anomaly { kind: "surfaced", detail: "it is there after all".to_owned() }),
            ..settlement(&looked, Some(Transition::Surface))
        };
        owner.settle(&by("reconcile:1"), &[surfaced]).await.unwrap();
    };
    let again = async |name: &str| {
        let refused = sent(&pool, &owner, name, Transition::Refuse).await;
        let new = new_issue();
        reissue(&owner, "ana", refused, new, Some(REPORT)).await.unwrap();
        (refused, new, owner.batch(new.batch).await.unwrap().digest_short())
    };

    let (original, new, digest) = again("unapproved").await;
    surface(original).await;
    let refused = owner.approve(&by("luis"), new.batch, &digest).await;
    assert!(matches!(refused, Err(ApproveError::Surfaced(payout)) if payout == original), "{refused:?}");

    let (original, new, digest) = again("queued").await;
    owner.approve(&by("luis"), new.batch, &digest).await.unwrap();
    surface(original).await;
    assert!(owner.claim(&by("dispatch:1"), &peer(), &[new.payout], LEASE).await.unwrap().is_empty());
    let told = detail(&owner, original).await.anomalies;
    assert!(told[0].detail.contains(&new.payout.to_string()), "which one to stop: {told:?}");

    // The first of three surfaces while the third waits.
    let (first, second, digest) = again("chain").await;
    owner.approve(&by("luis"), second.batch, &digest).await.unwrap();
    let claimed = claim_one(&owner, second.payout, LEASE).await;
    owner.record(&by("setup"), &[conclusion(&claimed, Transition::Refuse)]).await.unwrap();
    let third = new_issue();
    reissue(&owner, "ana", second.payout, third, Some(REPORT)).await.unwrap();
    let digest = owner.batch(third.batch).await.unwrap().digest_short();
    owner.approve(&by("luis"), third.batch, &digest).await.unwrap();
    surface(first).await;
    assert!(owner.claim(&by("dispatch:1"), &peer(), &[third.payout], LEASE).await.unwrap().is_empty());
    let told = detail(&owner, first).await.anomalies;
    assert!(told[0].detail.contains(&third.payout.to_string()), "the one that waits: {told:?}");

    let (original, new, digest) = again("gone").await;
    owner.approve(&by("luis"), new.batch, &digest).await.unwrap();
    claim_one(&owner, new.payout, LEASE).await;
    surface(original).await;
    let kinds = detail(&owner, original).await.anomalies;
    assert_eq!(kinds.iter().map(|one| &*one.kind).collect::<Vec<_>>(), ["surfaced", "doubled"]);
}

/// Two people press the key at once.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn issued_again_by_two_at_once_is_one_issue(pool: PgPool) {
    let owner = accounts(&pool).await;
    let refused = sent(&pool, &owner, "refused", Transition::Refuse).await;
    refused_again(&owner, refused).await;
    let mut issues = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let owner = owner.clone();
        issues.spawn(async move { reissue(&owner, "setup", refused, new_issue(), None).await.is_ok() });
    }
    assert_eq!(issues.join_all().await.into_iter().filter(|issued| *issued).count(), 1);
    let issues: i64 = sqlx::query_scalar("select count(*) from payout where reissue_of = $1")
        .bind(refused.uuid())
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(issues, 1);
}

/// It may have been issued again, and paid, where a restored backup does not know of it.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn after_a_restore_nothing_is_issued_again_unless_somebody_has_compared(pool: PgPool) {
    let owner = accounts(&pool).await;
    let ana = store(&pool).await;
    let before = sent(&pool, &owner, "before", Transition::Refuse).await;
    let (_, payouts) = approved(&pool, "after", 1).await;
    let claimed = claim_one(&owner, payouts[0], LEASE).await;
    owner.open_history(&by("setup")).await.unwrap();
    let after = claimed.payout;
    let refused = conclusion(&claimed, Transition::Refuse);
    assert_eq!(owner.record(&by("dispatch:1"), &[refused]).await.unwrap(), [after]);
    assert!(matches!(reissue(&ana, "ana", before, new_issue(), None).await, Err(ReviewError::Restored(_))));
    reissue(&ana, "ana", before, new_issue(), Some(REPORT)).await.unwrap();
    refused_again(&owner, after).await;
    reissue(&ana, "ana", after, new_issue(), None).await.unwrap();
    let shown = detail(&owner, after).await.payout;
    assert_eq!(shown.state.as_str(), "rejected");
}
