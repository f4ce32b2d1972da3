//! Commits whose answers are lost, and callers that give up half-way.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use payrun_domain::{name::AccountName, verdict::Pause};
use payrun_store::Error;
use sqlx::{ConnectOptions as _, PgPool};

use crate::{
    proxy::{Loss, Proxy},
    support::{LEASE, account, accounts, approved, by, peer, states, store_of_one, try_store_of_one},
};

async fn is_paused(pool: &PgPool, account: &AccountName) -> bool {
    sqlx::query_scalar("select paused_at is not null from account where name = $1")
        .bind(account.as_str())
        .fetch_one(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_commit_whose_answer_is_lost_has_happened(pool: PgPool) {
    accounts(&pool).await;
    let proxy = Proxy::before(&pool).await;
    let store = store_of_one(proxy.url(&pool)).await;
    proxy.lose_next(Loss::Answer);
    assert!(store.pause_account(&by("dispatch:1"), &account(), (Pause::Balance, None)).await.unwrap());
    assert!(proxy.has_lost() && is_paused(&pool, &account()).await);
}

/// A server that waits for its standby tells of a transaction as committed that the standby, once
/// promoted, has never had. Nothing is sent on such a word.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_claim_whose_commit_was_not_answered_is_left_to_its_lease(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "unanswered", 2).await;
    let proxy = Proxy::before(&pool).await;
    let store = store_of_one(proxy.url(&pool)).await;
    proxy.lose_next(Loss::Answer);
    let claimed = store.claim(&by("dispatch:1"), &peer(), &payouts, LEASE).await;
    assert!(matches!(claimed, Err(Error::CommitUnanswered { .. })), "{claimed:?}");
    assert!(proxy.has_lost());
    assert_eq!(states(&owner, payouts[0]).await, ("submitting".into(), "intent".into()));
    assert!(store.claim(&by("dispatch:1"), &peer(), &payouts, LEASE).await.unwrap().is_empty());
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_commit_that_is_lost_has_not_happened(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "lost", 1).await;
    let proxy = Proxy::before(&pool).await;
    let store = store_of_one(proxy.url(&pool)).await;
    proxy.lose_next(Loss::Question);
    let claimed = store.claim(&by("dispatch:1"), &peer(), &payouts, LEASE).await;
    assert!(proxy.has_lost());
    assert!(matches!(claimed, Err(Error::CommitUnanswered { .. })), "{claimed:?}");
    assert_eq!(states(&owner, payouts[0]).await, ("queued".into(), String::new()));
    assert_eq!(
        store.claim(&by("dispatch:1"), &peer(), &payouts, LEASE).await.unwrap().len(),
        1,
        "it can be tried again"
    );
}

/// Polls `future` so many times at most, then drops it with its last answer still on the way.
async fn given_up_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|context| {
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if left == 0 => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn open_transactions(pool: &PgPool) -> i64 {
    sqlx::query_scalar(
        "select count(*) from pg_stat_activity
         where datname = current_database() and application_name = 'payrun' and state like 'idle in transaction%'",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

/// Wherever a caller gives up, the one connection is fit for the next: it is in no transaction, and
/// what is written is there.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_caller_that_gives_up_leaves_no_poisoned_connection(pool: PgPool) {
    accounts(&pool).await;
    let store = store_of_one(pool.connect_options().to_url_lossy().to_string()).await;
    let (given_up, next) = ("deduplicating".parse().unwrap(), "searchable".parse().unwrap());
    for polls in 1.. {
        let ended =
            given_up_after(polls, store.pause_account(&by("dispatch:1"), &given_up, (Pause::Person, None)))
                .await;
        store.ping().await.unwrap();
        // A connection that was thrown away may be open at the server for a moment.
        while open_transactions(&pool).await > 0 {}
        assert!(store.pause_account(&by("dispatch:1"), &next, (Pause::Person, None)).await.unwrap());
        assert!(is_paused(&pool, &next).await, "given up after {polls} polls");
        assert!(store.resume_account(&by("dispatch:1"), &next).await.unwrap());
        if let Some(ended) = ended {
            // Whether it has changed anything is open: an abandoned COMMIT may have arrived after
            // the resume.
            ended.unwrap();
            assert!(polls > 1, "nothing was given up");
            break;
        }
        store.resume_account(&by("dispatch:1"), &given_up).await.unwrap();
    }
    assert!(is_paused(&pool, &given_up).await);
}

/// An operator who made the login role quick: what it is told as committed could be lost.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_login_role_that_waits_for_no_disk_is_made_to_wait(pool: PgPool) {
    let hasty = "do $$ begin
        execute format('alter role %I in database %I set synchronous_commit = off', current_user, current_database());
    end $$";
    sqlx::raw_sql(hasty).execute(&pool).await.unwrap();
    try_store_of_one(pool.connect_options().to_url_lossy().to_string()).await.unwrap();
}

/// A pooler that drops the settings of connections would let us work as the login role, which may
/// own the tables.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_connection_that_lost_its_role_is_not_worked_with(pool: PgPool) {
    let proxy = Proxy::before(&pool).await;
    proxy.lose_next(Loss::Role);
    let opened = try_store_of_one(proxy.url(&pool)).await;
    assert!(matches!(opened, Err(Error::Role { .. })), "{:?}", opened.err());
}
