//! A payout that took another one's place, when that one is paid after all.

use payrun_domain::{id::PayoutId, payout::Transition};
use payrun_store::{Anomaly, ApproveError, Settlement};
use sqlx::{Executor as _, PgPool};

use crate::support::{
    LEASE, ROOM, accounts, app, by, claim_one, code, conclusion, detail, ids, look_up, new_issue, one_waits,
    past_the_guard, peer, reissue, sent, settlement,
};

const REPORT: &str = "compared with the provider's report of November";

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

    // The second was sent and surfaced, too, and the third waits behind both.
    let (first, second, digest) = again("both").await;
    owner.approve(&by("luis"), second.batch, &digest).await.unwrap();
    let claimed = claim_one(&owner, second.payout, LEASE).await;
    owner.record(&by("setup"), &[conclusion(&claimed, Transition::Refuse)]).await.unwrap();
    reissue(&owner, "ana", second.payout, new_issue(), Some(REPORT)).await.unwrap();
    surface(second.payout).await;
    surface(first).await;
    let told = detail(&owner, first).await.anomalies;
    let doubled = told.iter().find(|one| one.kind == "doubled").unwrap();
    assert!(doubled.detail.contains(&second.payout.to_string()), "which was sent: {told:?}");

    let (original, new, digest) = again("gone").await;
    owner.approve(&by("luis"), new.batch, &digest).await.unwrap();
    claim_one(&owner, new.payout, LEASE).await;
    surface(original).await;
    let kinds = detail(&owner, original).await.anomalies;
    assert_eq!(kinds.iter().map(|one| &*one.kind).collect::<Vec<_>>(), ["surfaced", "doubled"]);
}

/// The tables refuse it too, whoever asks.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn no_reissue_is_approved_or_claimed_beside_what_surfaced(pool: PgPool) {
    let owner = accounts(&pool).await;
    let mut past = past_the_guard(&pool).await;
    let mut application = app(&pool).await;
    let move_to = "update payout
         set state = $2, transition = $3, version = version + 1, state_since = clock_timestamp(),
             sent_at = case when $4 > 0 then clock_timestamp() end, epoch = epoch + $4,
             attempts = attempts + $4::smallint, sends = sends + $4::smallint
         where id = $1";
    for (from, to, transition, step) in
        [("awaiting_approval", "queued", "approve", 0), ("queued", "submitting", "claim", 1)]
    {
        let original = sent(&pool, &owner, transition, Transition::Refuse).await;
        let new = new_issue();
        reissue(&owner, "ana", original, new, Some(REPORT)).await.unwrap();
        let plant = format!(
            "update batch set approved_by = 'luis', approved_at = clock_timestamp() where id = '{batch}';
             update payout set state = '{from}', due_at = clock_timestamp() where id = '{payout}';
             insert into attempt (payout_id, number, account, epoch, state, holder)
             select id, attempts + 1, account, epoch + 1, 'intent', 'test' from payout where id = '{payout}'",
            batch = new.batch,
            payout = new.payout,
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(plant)).execute(&mut past).await.unwrap();
        let mut ask = async || {
            let moved = sqlx::query(move_to).bind(new.payout.uuid()).bind(to).bind(transition).bind(step);
            moved.execute(&mut application).await.map_err(|error| code(&error))
        };
        sqlx::query("update payout set state = 'needs_review', reason = 'found_settled' where id = $1")
            .bind(original.uuid())
            .execute(&mut past)
            .await
            .unwrap();
        assert_eq!(ask().await.unwrap_err(), "PR001", "{transition}");
        sqlx::query("update payout set state = 'rejected' where id = $1")
            .bind(original.uuid())
            .execute(&mut past)
            .await
            .unwrap();
        ask().await.unwrap();
    }
}

/// The original surfaces in the moment in which its reissue is claimed: one waits for the other.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_reissue_and_its_surfacing_original_never_pass_each_other(pool: PgPool) {
    let owner = accounts(&pool).await;
    let refused = sent(&pool, &owner, "passing", Transition::Refuse).await;
    let new = new_issue();
    reissue(&owner, "ana", refused, new, Some(REPORT)).await.unwrap();
    let digest = owner.batch(new.batch).await.unwrap().digest_short();
    owner.approve(&by("luis"), new.batch, &digest).await.unwrap();
    owner.ask_again(&by("ana"), refused).await.unwrap();
    let looked = look_up(&owner).await;
    let surfaced = Settlement {
        reason: Some("found_settled".to_owned()),
        anomaly: Some(Anomaly { kind: "surfaced", detail: "it is there after all".to_owned() }),
        ..settlement(&looked, Some(Transition::Surface))
    };

    let mut settling = pool.begin().await.unwrap();
    let touch = "update payout set due_at = clock_timestamp() where id = $1";
    settling.execute("set local payrun.actor = 'reconcile:1'").await.unwrap();
    sqlx::query(touch).bind(refused.uuid()).execute(&mut *settling).await.unwrap();
    let claim = owner.claim(&by("dispatch:1"), &peer(), &[new.payout], LEASE).await.unwrap();
    assert!(claim.is_empty(), "its original is being written");
    settling.rollback().await.unwrap();

    let mut sending = pool.begin().await.unwrap();
    let lock = "select from payout where id = $1 for share";
    sqlx::query(lock).bind(refused.uuid()).execute(&mut *sending).await.unwrap();
    let mut settle = tokio::task::JoinSet::new();
    let settling = owner.clone();
    settle.spawn(async move { settling.settle(&by("reconcile:1"), &[surfaced]).await.unwrap() });
    one_waits(&pool).await;
    claim_one(&owner, new.payout, LEASE).await;
    sending.commit().await.unwrap();
    assert_eq!(ids(&settle.join_all().await[0]), [refused]);
    let kinds = detail(&owner, refused).await.anomalies;
    assert_eq!(kinds.iter().map(|one| &*one.kind).collect::<Vec<_>>(), ["surfaced", "doubled"]);
    assert!(kinds[0].detail.contains("submitting"), "as it is now: {kinds:?}");
}
