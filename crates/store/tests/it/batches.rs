//! Batches: one of each file, wholly or not at all, approved by a second person, cancelled while
//! nothing has left.

use std::collections::{HashMap, HashSet};

use payrun_domain::{
    fault::{Field, Severity},
    id::{BatchId, PayoutId},
    payout::Transition,
};
use payrun_store::{
    Approval, ApproveError, Cancelled, Error, Import, ImportStart, NewBatch, NewPayout, RowFault, Source,
    Store,
};
use sqlx::{Executor as _, PgPool};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::support::{
    LEASE, accounts, approved, by, claim_one, conclusion, no_holds, one_waits, open, open_new,
    past_the_guard, payout, peer, states, store, uploaded,
};

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn fifty_uploads_of_one_file_are_one_batch(pool: PgPool) {
    accounts(&pool).await;
    let store = store(&pool).await;
    let mut uploads = JoinSet::new();
    for _ in 0..50 {
        let store = store.clone();
        uploads.spawn(async move {
            match open(&store, "ana", "one file").await {
                ImportStart::New(mut import) => {
                    import.rows(&[payout("only", 1)], &[]).await.unwrap();
                    (import.finish().await.unwrap().batch, true)
                }
                ImportStart::Same(batch) => (batch.id, false),
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
    let store = store(&pool).await;
    let mut import = open_new(&store, "ana", "given up").await;
    import.rows(&[payout("gone", 1)], &[]).await.unwrap();
    drop(import);
    assert!(store.batches(10).await.unwrap().is_empty());
    assert!(store.find_payouts("gone").await.unwrap().is_empty());
    open_new(&store, "ana", "given up").await.rows(&[payout("gone", 1)], &[]).await.unwrap();
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_client_id_is_used_once_for_ever(pool: PgPool) {
    accounts(&pool).await;
    let store = store(&pool).await;
    let mut first = open_new(&store, "ana", "first").await;
    let doubled = first.rows(&[payout("a", 1), payout("b", 2), payout("a", 3)], &[]).await.unwrap();
    assert_eq!((doubled.len(), doubled[0].row, doubled[0].line), (1, 3, 4));
    assert!(
        doubled[0].reason.contains("row 1 (the header not counted) of this file"),
        "{}",
        doubled[0].reason
    );
    let again = first.rows(&[payout("b", 4)], &[]).await.unwrap();
    assert!(again[0].reason.contains("row 2 (the header not counted) of this file"), "{}", again[0].reason);
    let imported = first.finish().await.unwrap();
    assert_eq!((imported.accepted, imported.rejected), (2, 2));
    let mut second = open_new(&store, "ana", "second").await;
    let elsewhere = second.rows(&[payout("b", 1), payout("c", 2)], &[]).await.unwrap();
    let place = format!("row 2 (the header not counted) of batch {}", imported.batch);
    let used = elsewhere.iter().find(|fault| fault.code == "client_id_used").unwrap();
    assert!(used.reason.contains(&place), "{}", used.reason);
    assert_eq!(second.finish().await.unwrap().accepted, 1);
}

/// Every row of the file ends as a payout or has an error, and each fault is kept.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn faults_are_kept_in_the_order_of_the_file(pool: PgPool) {
    accounts(&pool).await;
    let store = store(&pool).await;
    let fault = |row, severity, field| RowFault {
        line: i64::from(row) + 1,
        row,
        severity,
        field,
        code: "wrong".to_owned(),
        value_masked: Some("***31".to_owned()),
        reason: "it is wrong".to_owned(),
    };
    let faults = [
        fault(1, Severity::Error, Some(Field::ClientId)),
        fault(1, Severity::Error, None),
        fault(2, Severity::Warning, Some(Field::BankAccount)),
        fault(4, Severity::Error, None),
    ];
    let mut import = open_new(&store, "ana", "faulty").await;
    let doubled = import.rows(&[payout("a", 2), payout("a", 3)], &faults).await.unwrap();
    let imported = import.finish().await.unwrap();
    assert_eq!((imported.accepted, imported.rejected), (1, 3), "of four rows");
    let (mut read, mut after) = (Vec::new(), Some((0, 0)));
    while let Some(from) = after {
        let page = store.row_faults(imported.batch, from, 2).await.unwrap();
        assert!(page.faults.len() <= 2);
        read.extend(page.faults);
        after = page.next;
    }
    assert_eq!(read, [&faults[..3], &doubled[..], &faults[3..]].concat());
}

/// A message is its publisher's id and not its bytes; the caller compares those.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_message_is_taken_once(pool: PgPool) {
    accounts(&pool).await;
    let store = store(&pool).await;
    let message = |digest| NewBatch {
        id: BatchId::from(Uuid::now_v7()),
        source: Source::Message,
        source_name: "publisher-17".to_owned(),
        source_digest: [digest; 32],
        holds: no_holds(),
    };
    let ImportStart::New(mut import) = store.import(&by("intake"), &message(1)).await.unwrap() else {
        unreachable!("it is new")
    };
    import.rows(&[payout("m", 1)], &[]).await.unwrap();
    let first = import.finish().await.unwrap().batch;
    for digest in [1, 2] {
        let ImportStart::Same(same) = store.import(&by("intake"), &message(digest)).await.unwrap() else {
            unreachable!("it came before")
        };
        assert_eq!((same.id, same.source_digest), (first, vec![1; 32]));
    }
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_hundred_approvals_are_one(pool: PgPool) {
    accounts(&pool).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    let (batch, digest) = uploaded(&pool, "crowd", &[payout("x", 1)]).await;
    assert!(matches!(ana.approve(&by("ana"), batch, &digest).await, Err(ApproveError::Uploader(_))));
    assert!(matches!(luis.approve(&by("luis"), batch, "0123456789abcdef").await, Err(ApproveError::Digest)));
    let short = luis.approve(&by("luis"), batch, &digest[..11]).await;
    assert!(matches!(short, Err(ApproveError::Digest)), "too short to mean anything");
    let nowhere = luis.approve(&by("luis"), Uuid::now_v7().into(), &digest).await;
    assert!(matches!(nowhere, Err(ApproveError::NotFound(_))));
    assert_eq!(
        luis.take_outbox(&by("luis"), LEASE, 10).await.unwrap().len(),
        0,
        "refused approvals send nothing"
    );
    let mut approvals = JoinSet::new();
    for _ in 0..100 {
        let (luis, digest) = (luis.clone(), digest.clone());
        approvals.spawn(async move { luis.approve(&by("luis"), batch, &digest).await });
    }
    let ended = approvals.join_all().await;
    let already = |ended: &&Result<Approval, _>| matches!(ended, Err(ApproveError::Already("approved")));
    assert_eq!(ended.iter().filter(already).count(), 99);
    assert_eq!(luis.take_outbox(&by("luis"), LEASE, 10).await.unwrap().len(), 1);
    let empty = open_new(&ana, "ana", "empty").await.finish().await.unwrap().batch;
    let digest = ana.batch(empty).await.unwrap().digest_short();
    assert!(matches!(luis.approve(&by("luis"), empty, &digest).await, Err(ApproveError::Empty)));
}

/// What an approver approves is told apart by every part of every row.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn another_content_is_another_digest(pool: PgPool) {
    let store = accounts(&pool).await;
    let base = || payout("same", 1);
    let mut rows = vec![base(), payout("other", 1), payout("same", 2)];
    for other in [1, 2, 3] {
        let mut row = base();
        match other {
            1 => row.account = "deduplicating".parse().unwrap(),
            2 => row.order.description = payrun_domain::beneficiary::Private::new("Aguinaldo"),
            _ => row.order.beneficiary.document.kind = "CE".to_owned(),
        }
        rows.push(row);
    }
    let mut digests = HashSet::new();
    for (number, row) in rows.into_iter().enumerate() {
        let mut import = open_new(&store, "setup", &format!("file {number}")).await;
        import.rows(&[row], &[]).await.unwrap();
        digests.insert(import.finish().await.unwrap().digest);
        // The same client id again needs a new beginning.
        past_the_guard(&pool).await.execute("truncate payout, payout_reference cascade").await.unwrap();
    }
    assert_eq!(digests.len(), 6);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn messages_cover_every_approved_payout_once(pool: PgPool) {
    let store = accounts(&pool).await;
    let mut payouts: Vec<_> = (1..=150).map(|row| payout(&format!("outbox-{row}"), row)).collect();
    for payout in payouts.iter_mut().step_by(3) {
        payout.account = "deduplicating".parse().unwrap();
    }
    let (batch, digest) = uploaded(&pool, "outbox", &payouts).await;
    assert_eq!(
        crate::support::store(&pool).await.approve(&by("luis"), batch, &digest).await.unwrap().queued,
        150
    );
    let taken = store.take_outbox(&by("setup"), LEASE, 100).await.unwrap();
    assert_eq!(
        store.take_outbox(&by("setup"), LEASE, 100).await.unwrap().len(),
        0,
        "they are this relay's now"
    );
    let of: HashMap<PayoutId, _> = payouts.into_iter().map(|payout| (payout.id, payout.account)).collect();
    let mut covered = HashSet::new();
    for message in &taken {
        assert!(message.payouts.len() <= 64);
        for payout in &message.payouts {
            assert_eq!(of[payout], message.account);
            assert!(covered.insert(*payout), "{payout} is in two messages");
        }
    }
    assert_eq!((covered.len(), taken.len()), (150, 3), "50 of one account, 64 and 36 of the other");
    let ids: Vec<_> = taken.iter().map(|message| message.id).collect();
    store.release_outbox(&by("setup"), &ids[..1]).await.unwrap();
    store.delete_outbox(&by("setup"), &ids[1..]).await.unwrap();
    assert_eq!(store.take_outbox(&by("setup"), LEASE, 100).await.unwrap().len(), 1);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_was_never_sent_is_cancelled_and_no_more(pool: PgPool) {
    let store = accounts(&pool).await;
    let (batch, _) = uploaded(&pool, "early", &[payout("early", 1)]).await;
    assert_eq!(
        store.cancel_batch(&by("setup"), batch).await.unwrap(),
        Cancelled { cancelled: 1, out: 0, is_new: true }
    );
    let digest = store.batch(batch).await.unwrap().digest_short();
    assert!(matches!(
        store.approve(&by("setup"), batch, &digest).await,
        Err(ApproveError::Already("cancelled"))
    ));

    let (batch, payouts) = approved(&pool, "halfway", 4).await;
    let unsent = claim_one(&store, payouts[0], LEASE).await;
    store.record(&by("setup"), &[conclusion(&unsent, Transition::NotSent)]).await.unwrap();
    let unknown_payout = claim_one(&store, payouts[1], LEASE).await;
    store.record(&by("setup"), &[conclusion(&unknown_payout, Transition::Doubt)]).await.unwrap();
    let flying = claim_one(&store, payouts[2], LEASE).await;
    assert_eq!(
        store.cancel_batch(&by("setup"), batch).await.unwrap(),
        Cancelled { cancelled: 2, out: 2, is_new: true }
    );
    for (payout, state) in payouts.iter().zip(["cancelled", "unknown", "submitting", "cancelled"]) {
        assert_eq!(states(&store, *payout).await.0, state);
    }
    store.record(&by("setup"), &[conclusion(&flying, Transition::NotSent)]).await.unwrap();
    assert_eq!(
        store.claim(&by("setup"), &peer(), &payouts, LEASE).await.unwrap().len(),
        0,
        "it does not go again"
    );
    assert_eq!(
        store.cancel_batch(&by("setup"), batch).await.unwrap(),
        Cancelled { cancelled: 1, out: 1, is_new: false }
    );

    let (batch, payouts) = approved(&pool, "taken", 1).await;
    let sent = claim_one(&store, payouts[0], LEASE).await;
    store.record(&by("setup"), &[conclusion(&sent, Transition::Accept)]).await.unwrap();
    assert_eq!(
        store.cancel_batch(&by("setup"), batch).await.unwrap(),
        Cancelled { cancelled: 0, out: 1, is_new: false }
    );
    assert_eq!(
        store.batch(batch).await.unwrap().cancelled_at,
        None,
        "nothing was cancelled, and nothing changed"
    );
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_batch_is_paused_once_and_resumed_once(pool: PgPool) {
    let store = accounts(&pool).await;
    let (batch, _) = approved(&pool, "pause", 1).await;
    store.pause_batch(&by("setup"), batch).await.unwrap();
    assert!(matches!(store.pause_batch(&by("setup"), batch).await, Err(ApproveError::Already("paused"))));
    store.resume_batch(&by("setup"), batch).await.unwrap();
    assert!(matches!(store.resume_batch(&by("setup"), batch).await, Err(ApproveError::Already("running"))));
    assert!(matches!(
        store.pause_batch(&by("setup"), Uuid::now_v7().into()).await,
        Err(ApproveError::NotFound(_))
    ));
}

/// Two files that share client ids in opposite order wait for each other: one is stored, the other
/// is told in words what to do.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn of_two_imports_that_wait_for_each_other_one_is_told_to_come_again(pool: PgPool) {
    accounts(&pool).await;
    let store = store(&pool).await;
    let (mut one, mut other) = (open_new(&store, "ana", "one").await, open_new(&store, "ana", "other").await);
    one.rows(&[payout("a", 1)], &[]).await.unwrap();
    other.rows(&[payout("b", 1)], &[]).await.unwrap();
    let (of_one, of_other) = ([payout("b", 2)], [payout("a", 2)]);
    // The process that is given up gives way at once, as a process that ends does.
    let finish = async |mut import: Box<Import>, rows: &[NewPayout]| match import.rows(rows, &[]).await {
        Ok(_) => import.finish().await.map(|_| ()),
        Err(error) => Err(error),
    };
    let ended = tokio::join!(finish(one, &of_one), finish(other, &of_other));
    let errors: Vec<_> = [ended.0, ended.1].into_iter().filter_map(Result::err).collect();
    let [Error::Contended { .. }] = errors.as_slice() else { panic!("{errors:?}") };
    let batches: i64 = sqlx::query_scalar("select count(*) from batch").fetch_one(&pool).await.unwrap();
    assert_eq!(batches, 1, "the other one is there");
}

/// Rows of another import cannot be seen before it is through: their client ids stand in the way
/// when these are written.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn of_two_imports_of_a_client_id_the_second_waits_and_is_told_to_come_again(pool: PgPool) {
    let (store, one, mut other) = two_imports(&pool).await;
    let rows = [payout("shared", 1), payout("own", 2)];
    let finish = async {
        one_waits(&pool).await;
        one.finish().await.unwrap().batch
    };
    let (refused, batch) = tokio::join!(other.rows(&rows, &[]), finish);
    assert!(matches!(refused, Err(Error::Overtaken)), "{refused:?}");
    drop(other);
    let mut again = open_new(&store, "tester", "other").await;
    let doubles = again.rows(&rows, &[]).await.unwrap();
    let [double] = doubles.as_slice() else { panic!("{doubles:?}") };
    assert_eq!((double.row, double.code.as_str()), (1, "client_id_used"));
    assert!(double.reason.contains(&batch.to_string()), "{}", double.reason);
    assert_eq!(again.finish().await.unwrap().accepted, 1);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn of_two_imports_of_a_client_id_the_second_goes_on_when_the_first_is_given_up(pool: PgPool) {
    let (_store, one, mut other) = two_imports(&pool).await;
    let give_up = async {
        one_waits(&pool).await;
        drop(one);
    };
    let rows = [payout("shared", 1)];
    let (found, ()) = tokio::join!(other.rows(&rows, &[]), give_up);
    assert!(found.unwrap().is_empty());
    assert_eq!(other.finish().await.unwrap().accepted, 1);
}

/// What is left of the statement must not be in the way of the unit that gets the connection next.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn an_import_that_is_dropped_while_rows_are_written_leaves_nothing(pool: PgPool) {
    let (store, one, mut other) = two_imports(&pool).await;
    let rows = [payout("shared", 1)];
    tokio::select! {
        biased;
        ended = other.rows(&rows, &[]) => panic!("{ended:?}"),
        () = one_waits(&pool) => {}
    }
    drop(other);
    one.finish().await.unwrap();
    let mut readers = JoinSet::new();
    for _ in 0..50 {
        let store = store.clone();
        readers.spawn(async move { store.batches(10).await.unwrap() });
    }
    for batches in readers.join_all().await {
        assert_eq!((batches.len(), batches[0].source_name.as_str()), (1, "one"));
    }
}

/// Two imports at the same moment, of which one has stored a client id.
async fn two_imports(pool: &PgPool) -> (Store, Box<Import>, Box<Import>) {
    accounts(pool).await;
    let store = store(pool).await;
    let (mut one, other) = (open_new(&store, "ana", "one").await, open_new(&store, "ana", "other").await);
    one.rows(&[payout("shared", 1)], &[]).await.unwrap();
    (store, one, other)
}
