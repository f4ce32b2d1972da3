//! Batches: one of each file, wholly or not at all, approved by somebody else, with nothing personal to be read.

use std::{collections::HashSet, time::Duration};

use payrun_domain::{id::PayoutId, payout::PayoutState};
use payrun_store::{ApproveError, Decision, Error, Opened, Reissued, ReviewError};
use sqlx::{PgPool, Row as _};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{accounts, approved, open, open_new, payout, store, store_with};

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn fifty_uploads_of_one_file_are_one_batch(pool: PgPool) {
    accounts(&pool).await;
    let store = store(&pool, "ana").await;
    let mut uploads = JoinSet::new();
    for _ in 0..50 {
        let store = store.clone();
        uploads.spawn(async move {
            match open(&store, "one file").await {
                Opened::New(mut import) => {
                    import.rows(&[payout("only", 1)], &[]).await.unwrap();
                    (import.finish().await.unwrap().batch, true)
                }
                Opened::Same(batch) => (batch.id, false),
            }
        });
    }
    let ended = uploads.join_all().await;
    assert_eq!(ended.iter().filter(|(_, new)| *new).count(), 1);
    assert_eq!(ended.iter().map(|(batch, _)| batch).collect::<HashSet<_>>().len(), 1);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn an_import_that_is_given_up_leaves_nothing(pool: PgPool) {
    accounts(&pool).await;
    let store = store(&pool, "ana").await;
    let mut import = open_new(&store, "given up").await;
    import.rows(&[payout("gone", 1)], &[]).await.unwrap();
    drop(import);
    assert!(store.batches(10).await.unwrap().is_empty());
    assert!(store.find_payouts("gone").await.unwrap().is_empty());
    open_new(&store, "given up").await.rows(&[payout("gone", 1)], &[]).await.unwrap();
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_client_id_is_used_once_for_ever(pool: PgPool) {
    accounts(&pool).await;
    let store = store(&pool, "ana").await;
    let mut first = open_new(&store, "first").await;
    let doubled = first.rows(&[payout("a", 1), payout("b", 2), payout("a", 3)], &[]).await.unwrap();
    assert_eq!((doubled.len(), doubled[0].row), (1, 3));
    assert!(doubled[0].reason.contains("row 1 of this batch"), "{}", doubled[0].reason);
    let imported = first.finish().await.unwrap();
    assert_eq!((imported.accepted, imported.rejected), (2, 1));
    let mut second = open_new(&store, "second").await;
    let doubled = second.rows(&[payout("b", 1), payout("c", 2)], &[]).await.unwrap();
    assert!(
        doubled[0].reason.contains(&format!("row 2 of batch {}", imported.batch)),
        "{}",
        doubled[0].reason
    );
    assert_eq!(second.finish().await.unwrap().accepted, 1);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_hundred_approvals_are_one(pool: PgPool) {
    accounts(&pool).await;
    let (ana, luis) = (store(&pool, "ana").await, store(&pool, "luis").await);
    let mut import = open_new(&ana, "crowd").await;
    import.rows(&[payout("x", 1)], &[]).await.unwrap();
    let batch = import.finish().await.unwrap().batch;
    let digest = ana.batch(batch).await.unwrap().digest_short();
    assert!(matches!(ana.approve(batch, &digest).await, Err(ApproveError::Uploader(_))));
    assert!(matches!(luis.approve(batch, "0123456789abcdef").await, Err(ApproveError::Digest(_))));
    assert!(
        matches!(luis.approve(batch, &digest[..8]).await, Err(ApproveError::Digest(_))),
        "too short to mean anything"
    );
    let mut approvals = JoinSet::new();
    for _ in 0..100 {
        let (luis, digest) = (luis.clone(), digest.clone());
        approvals.spawn(async move { luis.approve(batch, &digest).await.is_ok() });
    }
    assert_eq!(approvals.join_all().await.into_iter().filter(|approved| *approved).count(), 1);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn messages_cover_every_approved_payout_once(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "outbox", 150).await;
    let taken = store.take_outbox(Duration::from_mins(1), 100).await.unwrap();
    assert!(
        store.take_outbox(Duration::from_mins(1), 100).await.unwrap().is_empty(),
        "they are this relay's now"
    );
    assert_eq!(taken.iter().map(|message| message.payouts.len()).max(), Some(64));
    let covered: Vec<PayoutId> = taken.iter().flat_map(|message| message.payouts.clone()).collect();
    assert_eq!(covered.len(), 150);
    assert_eq!(covered.into_iter().collect::<HashSet<_>>(), payouts.into_iter().collect());
    let ids: Vec<_> = taken.iter().map(|message| message.id).collect();
    store.release_outbox(&ids[..1]).await.unwrap();
    store.delete_outbox(&ids[1..]).await.unwrap();
    assert_eq!(store.take_outbox(Duration::from_mins(1), 100).await.unwrap().len(), 1);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn nothing_personal_is_in_any_plain_column(pool: PgPool) {
    accounts(&pool).await;
    let (_, payouts) = approved(&pool, "sealed", 3).await;
    let tables = sqlx::query("select tablename::text from pg_tables where schemaname = 'public'")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert!(tables.len() >= 12);
    for table in tables {
        let name: &str = table.get(0);
        let text = format!("select t::text from {name} t");
        for row in sqlx::query(sqlx::AssertSqlSafe(text)).fetch_all(&pool).await.unwrap() {
            let text: &str = row.get(0);
            for canary in ["Canaria", "Escondida", "48151623", "0034815162342", "Sueldo"] {
                assert!(!text.contains(canary), "{name} shows {canary}");
            }
        }
    }
    let indexes: i64 = sqlx::query_scalar("select count(distinct destination_index) from beneficiary")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(indexes, 3, "different destinations have different indexes");
    let swapped = "update beneficiary a set name = b.name from beneficiary b where a.payout_id = $1 and b.payout_id = $2";
    sqlx::query(swapped).bind(payouts[0].uuid()).bind(payouts[1].uuid()).execute(&pool).await.unwrap();
    let store = store(&pool, "dispatch:1").await;
    let opened = store.claim(&"class-b".parse().unwrap(), &payouts[..1], Duration::from_mins(1)).await;
    assert!(
        opened.unwrap_err().to_string().contains("name of payout"),
        "sealed data does not open in another row"
    );
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn another_key_file_is_refused(pool: PgPool) {
    let ours = "1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let another = "1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let next = "2 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    let check = async |keys: &str| store_with(&pool, "dispatch:1", keys).await.check_keys().await;
    check(ours).await.unwrap();
    check(ours).await.unwrap();
    assert!(matches!(check(another).await, Err(Error::Keys { key_id: 1 })));
    assert!(matches!(check(next).await, Err(Error::Keys { key_id: 1 })), "the old key is still needed");
    check(&format!("{ours}\n{next}")).await.unwrap();
    assert!(
        matches!(check(ours).await, Err(Error::Keys { key_id: 2 })),
        "what was sealed since would not open"
    );
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn two_people_decide_and_a_refused_payout_is_issued_again_once(pool: PgPool) {
    accounts(&pool).await;
    let (_, payouts) = approved(&pool, "review", 1).await;
    let id = payouts[0];
    let (ana, luis) = (store(&pool, "ana").await, store(&pool, "luis").await);
    let evidence = "statement of 30 November, line 7: not paid";
    let early = ana.decide(id, PayoutState::Rejected, evidence).await;
    assert!(matches!(early, Err(ReviewError::State { .. })));
    let planted = "set session_replication_role = replica; \
                   update payout set state = 'needs_review', attempts = 1, sends = 1, sent_at = now()";
    sqlx::raw_sql(planted).execute(&mut pool.acquire().await.unwrap().detach()).await.unwrap();
    assert!(matches!(ana.decide(id, PayoutState::Rejected, "short").await, Err(ReviewError::Evidence)));
    assert!(matches!(ana.decide(id, PayoutState::Returned, evidence).await, Err(ReviewError::Outcome)));
    assert_eq!(ana.decide(id, PayoutState::Rejected, evidence).await.unwrap(), Decision::Proposed);
    assert!(matches!(
        ana.decide(id, PayoutState::Rejected, evidence).await,
        Err(ReviewError::NeedsAnother(_))
    ));
    assert!(matches!(luis.decide(id, PayoutState::Paid, evidence).await, Err(ReviewError::Disagrees { .. })));
    assert_eq!(luis.decide(id, PayoutState::Rejected, evidence).await.unwrap(), Decision::Confirmed);

    let new = Reissued { batch: Uuid::now_v7().into(), payout: Uuid::now_v7().into() };
    ana.reissue(id, new).await.unwrap();
    let other = Reissued { batch: Uuid::now_v7().into(), payout: Uuid::now_v7().into() };
    assert!(matches!(luis.reissue(id, other).await, Err(ReviewError::Reissued)));
    let digest = ana.batch(new.batch).await.unwrap().digest_short();
    assert!(matches!(ana.approve(new.batch, &digest).await, Err(ApproveError::Uploader(_))));
    assert_eq!(luis.approve(new.batch, &digest).await.unwrap(), 1);
    let (old, again) = (
        ana.payout(id).await.unwrap().unwrap().payout,
        ana.payout(new.payout).await.unwrap().unwrap().payout,
    );
    assert_eq!((old.state.as_str(), again.state.as_str()), ("rejected", "queued"));
    assert_eq!((old.client_id == again.client_id, old.reference == again.reference), (true, false));
    let claimed =
        luis.claim(&"class-b".parse().unwrap(), &[new.payout], Duration::from_mins(1)).await.unwrap();
    assert_eq!(claimed.len(), 1, "its sealed data opens under its own id");
}
