//! Stopping everything, and what waits for a person.

use std::time::Duration;

use payrun_domain::payout::Transition;
use payrun_store::{Anomaly, Thaw};
use sqlx::{Executor as _, PgPool};

use crate::support::{
    LEASE, account, accounts, app, approved, by, claim_one, code, look_up, peer, sent, settlement, store,
};

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn nothing_is_claimed_while_all_is_frozen(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    let (_, payouts) = approved(&pool, "cold", 3).await;
    claim_one(&owner, payouts[0], LEASE).await;
    let first = ana.freeze(&by("ana"), "the bank called").await.unwrap();
    let second = luis.freeze(&by("luis"), "so it did").await.unwrap();
    assert_eq!((second.by.as_str(), second.reason.as_str()), ("luis", "so it did"));
    assert_eq!(owner.frozen().await.unwrap(), [first.clone(), second.clone()], "each is one of its own");
    assert!(owner.claim(&by("setup"), &peer(), &payouts, LEASE).await.unwrap().is_empty());
    let backlog = owner.backlog().await.unwrap();
    assert!(backlog.frozen);
    assert!(
        backlog.accounts.iter().all(|account| account.send_lag == Duration::ZERO),
        "what may not go is not late"
    );
    let out = owner.out().await.unwrap();
    let counted: Vec<_> = out.iter().map(|out| (out.state.as_str(), out.count)).collect();
    assert_eq!(counted, [("submitting", 1)]);
    let thawed = store(&pool).await.thaw(&by("Ana"), "all is well", Thaw::Own).await.unwrap();
    assert_eq!((thawed.ended, thawed.open), (vec![first], vec![second.clone()]));
    assert!(owner.claim(&by("setup"), &peer(), &payouts, LEASE).await.unwrap().is_empty(), "luis's holds");
    assert!(owner.backlog().await.unwrap().frozen);
    assert!(ana.thaw(&by("ana"), "once more", Thaw::Own).await.unwrap().ended.is_empty());
    let thawed = ana.thaw(&by("ana"), "luis agrees", Thaw::All).await.unwrap();
    assert_eq!((thawed.ended, thawed.open), (vec![second], vec![]));
    assert!(luis.thaw(&by("luis"), "once more", Thaw::All).await.unwrap().ended.is_empty());
    let logged: Vec<(String, String)> =
        sqlx::query_as("select frozen_by, thawed_by from send_freeze order by id")
            .fetch_all(&pool)
            .await
            .unwrap();
    assert_eq!(logged, [("ana".to_owned(), "ana".to_owned()), ("luis".to_owned(), "ana".to_owned())], "kept");
    assert_eq!(owner.claim(&by("setup"), &peer(), &payouts, LEASE).await.unwrap().len(), 2);
    assert!(!owner.backlog().await.unwrap().frozen);
}

/// What is counted after a freeze is all: a claim that had begun is waited for, or it is said that
/// it was not.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn claims_on_their_way_are_waited_for(pool: PgPool) {
    let owner = accounts(&pool).await;
    let mut begun = pool.begin().await.unwrap();
    begun.execute("select from send_freeze").await.unwrap();
    owner.freeze(&by("setup"), "the bank called").await.unwrap();
    assert!(!owner.claims_are_done().await.unwrap());
    begun.rollback().await.unwrap();
    assert!(owner.claims_are_done().await.unwrap());
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn who_froze_and_why_stays_written(pool: PgPool) {
    let owner = accounts(&pool).await;
    owner.freeze(&by("setup"), "the bank called").await.unwrap();
    let mut application = app(&pool).await;
    for statement in
        ["update send_freeze set reason = 'nothing'", "update send_freeze set frozen_by = 'luis'"]
    {
        let refused = application.execute(statement).await.expect_err(statement);
        assert_eq!(code(&refused), "PR003", "{statement}");
    }
    owner.thaw(&by("setup"), "all is well", Thaw::Own).await.unwrap();
    let refused = application
        .execute("update send_freeze set thawed_by = null, thawed_at = null, thaw_reason = null")
        .await;
    assert_eq!(code(&refused.unwrap_err()), "PR003", "a thaw is not undone");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_contradiction_waits_until_somebody_has_explained_it(pool: PgPool) {
    let owner = accounts(&pool).await;
    let payout = sent(&pool, &owner, "odd", Transition::Accept).await;
    let anomaly = Some(Anomaly { kind: "missing", detail: "no longer found".to_owned() });
    let missed = settlement(&look_up(&owner).await, Some(Transition::Miss));
    owner.settle(&by("setup"), &[payrun_store::Settlement { anomaly, ..missed }]).await.unwrap();
    let open = async || {
        let anomalies = owner.backlog().await.unwrap().anomalies;
        anomalies.into_iter().find(|found| found.kind == "missing").unwrap().count
    };
    assert_eq!(open().await, 1);
    let review_items = owner.review_items(10).await.unwrap();
    assert_eq!(
        (review_items.len(), review_items[0].payout, review_items[0].kind.as_str()),
        (1, Some(payout), "missing")
    );
    assert_eq!(owner.longest_out(&account(), 10).await.unwrap()[0].payout, Some(payout));
    let ana = store(&pool).await;
    assert!(!ana.explain_anomaly(&by("ana"), payout, "doubled", "another kind").await.unwrap());
    assert!(ana.explain_anomaly(&by("ana"), payout, "missing", "their archive has it").await.unwrap());
    assert!(!ana.explain_anomaly(&by("ana"), payout, "missing", "once more").await.unwrap());
    assert_eq!(
        (open().await, owner.review_items(10).await.unwrap().len()),
        (0, 0),
        "shown as a zero from now on"
    );
}
