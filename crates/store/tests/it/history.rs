//! A database that went back in time: nothing is claimed in it, and what it holds as unsent is
//! asked for.

use std::time::Duration;

use payrun_domain::{decide::NextSend, payout::Transition};
use payrun_store::{ApproveError, Error, NotFoundCount, Settlement, Store};
use sqlx::{Executor as _, PgPool};

use crate::support::{
    LEASE, ROOM, accounts, app, approved, by, code, detail, look_up, past_the_guard, payout, peer, sent,
    settlement, states, store, uploaded,
};

/// As a dump finds it that was loaded elsewhere, or a standby that was promoted.
const OTHER: &str =
    "insert into history (identity, opened_by, proof) values ('another', 'planted', 'doubted')";

async fn plant(pool: &PgPool, statement: &str) {
    past_the_guard(pool).await.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.unwrap();
}

async fn due_states(pool: &PgPool) -> Vec<(String, Option<String>, i32)> {
    sqlx::query_as("select state, reason, count(*)::int from payout group by 1, 2 order by 1, 2")
        .fetch_all(pool)
        .await
        .unwrap()
}

/// Claims what is queued: an error in a database that is not known.
async fn claim(store: &Store, payouts: &[payrun_domain::id::PayoutId]) -> Result<usize, Error> {
    store.claim(&by("dispatch:1"), &peer(), payouts, LEASE).await.map(|claimed| claimed.len())
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn nothing_is_claimed_in_another_database_until_all_in_it_is_doubted(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "queued", 3).await;
    assert!(!owner.backlog().await.unwrap().unknown_history);
    plant(&pool, OTHER).await;
    assert!(!owner.history_is_known().await.unwrap());
    assert!(owner.backlog().await.unwrap().unknown_history);
    assert!(matches!(claim(&owner, &payouts).await, Err(Error::UnknownHistory)));
    let batch = owner.payout(payouts[0]).await.unwrap().unwrap().payout.batch;
    let given_up = owner.cancel_batch(&by("luis"), batch).await;
    assert!(
        matches!(given_up, Err(ApproveError::Store(Error::UnknownHistory))),
        "it may have been sent: {given_up:?}"
    );
    let mut connection = app(&pool).await;
    let by_hand = connection
        .execute(
            "update payout
             set state = 'cancelled', transition = 'cancel_queued', version = version + 1, reason = 'x', due_at = null",
        )
        .await;
    assert_eq!(code(&by_hand.unwrap_err()), "PR001", "nor does the table give it up");
    let by_hand = sqlx::query("insert into attempt (payout_id, number, account, epoch, state, holder, peer) values ($1, 1, 'searchable', 1, 'intent', 'me', (select peer from account_peer where account = 'searchable'))")
        .bind(payouts[0].uuid())
        .execute(&mut connection)
        .await;
    assert_eq!(code(&by_hand.unwrap_err()), "PR005", "nor does the table take an intent");

    assert_eq!(owner.open_history(&by("recover:1")).await.unwrap(), 3);
    assert!(owner.history_is_known().await.unwrap());
    assert_eq!(due_states(&pool).await, [("unknown".to_owned(), Some("restored".to_owned()), 3)]);
    assert_eq!(claim(&owner, &payouts).await.unwrap(), 0, "they are looked up");
}

/// What a dump loads into a database that was made for it is older than that database.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn payouts_that_are_older_than_their_database_were_loaded_into_it(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "loaded", 1).await;
    plant(&pool, "update history set opened_at = clock_timestamp() + interval '1 second'").await;
    assert!(matches!(claim(&owner, &payouts).await, Err(Error::UnknownHistory)));
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn no_history_begins_beside_what_is_queued_and_none_is_changed(pool: PgPool) {
    accounts(&pool).await;
    approved(&pool, "queued", 1).await;
    let mut connection = app(&pool).await;
    let opened = connection.execute("insert into history (proof) values ('doubted')").await;
    assert_eq!(code(&opened.unwrap_err()), "PR005");
    for statement in ["update history set opened_at = opened_at", "delete from history", "truncate history"] {
        let mut owner = pool.acquire().await.unwrap();
        let changed = owner.execute(statement).await;
        assert_eq!(code(&changed.unwrap_err()), "PR003", "{statement}");
    }
}

/// The last send of a payout may have been lost with what is gone: its silence begins with the
/// history.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn evidence_of_absence_that_a_backup_holds_is_thrown_away(pool: PgPool) {
    let owner = accounts(&pool).await;
    let payout = sent(&pool, &owner, "doubted", Transition::Doubt).await;
    plant(&pool, "update payout set sent_at = sent_at - interval '2 hours'").await;
    for _ in 0..2 {
        let looked = look_up(&owner).await;
        assert!(looked.silent_for() > Duration::from_hours(2), "{looked:?}");
        let not_found = Settlement { not_found: NotFoundCount::Add, ..settlement(&looked, None) };
        owner.settle(&by("reconcile:1"), &[not_found]).await.unwrap();
    }
    owner.open_history(&by("recover:1")).await.unwrap();
    let looked = look_up(&owner).await;
    assert_eq!((looked.payout, looked.not_found), (payout, 0));
    assert!(looked.silent_for() < Duration::from_hours(1), "{looked:?}");
}

/// A file that is imported again after its first import was lost: asked for first, for as long as
/// anybody would look for it.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_is_imported_after_a_restore_is_asked_for_before_its_first_send(pool: PgPool) {
    let owner = accounts(&pool).await;
    owner.open_history(&by("recover:1")).await.unwrap();
    plant(&pool, "update history set opened_at = opened_at - interval '34 days'").await;
    let (batch, digest) = uploaded(&pool, "again", &[payout("again-1", 1)]).await;
    let luis = store(&pool).await;
    let approval = luis.approve(&by("luis"), batch, &digest).await.unwrap();
    assert_eq!((approval.queued, approval.in_doubt), (1, true));
    let looked = look_up(&owner).await;
    assert!(
        looked.next_send == NextSend::First && looked.silent_for() > Duration::from_hours(24 * 33),
        "{looked:?}"
    );
    let absent = settlement(&looked, None);
    for _ in 0..2 {
        let not_found = Settlement { not_found: NotFoundCount::Add, ..absent.clone() };
        owner.settle(&by("reconcile:1"), &[not_found]).await.unwrap();
    }
    let absent =
        Settlement { not_found: NotFoundCount::Add, ..settlement(&looked, Some(Transition::ConfirmAbsent)) };
    owner.settle(&by("reconcile:1"), &[absent]).await.unwrap();
    assert_eq!(claim(&owner, &[looked.payout]).await.unwrap(), 1, "then it is sent");

    plant(&pool, "update history set opened_at = opened_at - interval '2 days'").await;
    let (batch, digest) = uploaded(&pool, "later", &[payout("later-1", 1)]).await;
    let approval = luis.approve(&by("luis"), batch, &digest).await.unwrap();
    assert!(!approval.in_doubt);
    assert_eq!(owner.take_lookups(&by("reconcile:1"), &peer(), LEASE, ROOM).await.unwrap().len(), 0);
    let cancelled: Result<_, ApproveError> = luis.cancel_batch(&by("luis"), batch).await;
    assert_eq!(cancelled.unwrap().cancelled, 1);
}

/// The provider knows again what a database has lost.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_reference_is_of_the_client_id_and_not_of_the_row(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "again", 2).await;
    let sealer = payrun_store::Sealer::from_key_file(&crate::support::KEYS.into()).unwrap();
    for (payout, client_id) in payouts.iter().zip(["again-1", "again-2"]) {
        let shown = detail(&owner, *payout).await.payout;
        assert_eq!(shown.reference, sealer.reference(client_id, 1));
        assert_ne!(shown.reference, sealer.reference(client_id, 2));
    }
    assert_eq!(states(&owner, payouts[0]).await.0, "queued");
}
