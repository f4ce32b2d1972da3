//! Personal data that goes, and what stays of its payout; keys that come while others work.

use std::sync::Arc;

use payrun_domain::{beneficiary::Document, country::Country, payout::Transition};
use payrun_store::{Conclusion, Error, Forgotten, PoisonMessage, ReplyEvidence, ReviewError, Sealer, Whose};
use sqlx::{Executor as _, PgPool};

use crate::support::{
    INDEX, KEYS, LEASE, ROOM, accounts, app, approved, by, claim_one, code, conclusion, detail, new_issue,
    open_new, past_the_guard, payout, peer, reissue, sent, store, store_with,
};

const NEXT: &str = "2 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

async fn bytes_sealed(pool: &PgPool) -> i64 {
    let sql = "select (select coalesce(sum(length(name) + length(document) + length(destination) + length(contact) + length(description)
        + coalesce(length(destination_index), 0) + coalesce(length(person_index), 0) + coalesce(length(name_index), 0)), 0) from beneficiary)
        + (select coalesce(sum(length(reply)), 0) from attempt)";
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_is_settled_can_be_forgotten_and_is_still_paid_only_once(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "old", 1).await;
    let claimed = claim_one(&owner, payouts[0], LEASE).await;
    let reply = Some(ReplyEvidence { status: 400, body: b"Canaria has no account".to_vec() });
    let refused = Conclusion { reply, ..conclusion(&claimed, Transition::Refuse) };
    owner.record(&by("setup"), &[refused]).await.unwrap();
    assert!(bytes_sealed(&pool).await > 0);

    let done = owner.forget(&by("setup"), &Whose::Payouts(payouts.clone()), "their request").await.unwrap();
    assert_eq!(done, Forgotten { payouts: 1, strays: 0, open: 0 });
    assert_eq!(bytes_sealed(&pool).await, 0);
    let again = owner.forget(&by("setup"), &Whose::Payouts(payouts.clone()), "their request").await.unwrap();
    assert_eq!(again, Forgotten::default(), "there is nothing left");

    assert_eq!(detail(&owner, payouts[0]).await.payout.state.as_str(), "rejected");
    let mut import = open_new(&store(&pool).await, "ana", "new").await;
    let double = import.rows(&[payout("old-1", 1)], &[]).await.unwrap();
    assert_eq!(double[0].code, "client_id_used", "the payout itself stays");
    let new = new_issue();
    let reissued = reissue(&owner, "setup", payouts[0], new, Some("the report of 30 November")).await;
    assert!(matches!(reissued, Err(ReviewError::Store(Error::Forgotten(_)))), "{reissued:?}");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_is_open_or_watched_keeps_its_data(pool: PgPool) {
    let owner = accounts(&pool).await;
    let watched = sent(&pool, &owner, "watched", Transition::PayAtOnce).await;
    let (_, queued) = approved(&pool, "queued", 1).await;
    let before = bytes_sealed(&pool).await;
    let meant = Whose::Payouts(vec![watched, queued[0]]);
    let done = owner.forget(&by("setup"), &meant, "their request").await.unwrap();
    assert_eq!(done, Forgotten { payouts: 0, strays: 0, open: 2 });
    assert_eq!(bytes_sealed(&pool).await, before);
    // A person who asks: by country and document, not by the names of payouts.
    let document =
        Document { kind: "DNI".to_owned(), number: payrun_domain::beneficiary::Private::new("48151623") };
    let done = owner
        .forget(&by("setup"), &Whose::Person(Country::Pe, document.clone()), "their request")
        .await
        .unwrap();
    assert_eq!(done.open, 2);
    assert_eq!(
        owner.forget(&by("setup"), &Whose::Person(Country::Co, document), "their request").await.unwrap(),
        Forgotten::default()
    );
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_application_can_forget_and_change_nothing_else_of_it(pool: PgPool) {
    let owner = accounts(&pool).await;
    sent(&pool, &owner, "old", Transition::Refuse).await;
    let mut app = app(&pool).await;
    for sql in [
        "update beneficiary set name = ''",
        "delete from beneficiary",
        "insert into erasure select payout_id, now(), 'x', 'because' from beneficiary",
        "delete from seal_check",
    ] {
        let refused = app.execute(sql).await.unwrap_err();
        assert_eq!(code(&refused), "42501", "{sql}");
    }
}

/// A thief of the application's password could put a table of the same name before ours.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn no_table_of_a_session_stands_in_for_one_of_ours(pool: PgPool) {
    let functions: Vec<String> = sqlx::query_scalar(
        "select proname::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' and prosecdef
           and not coalesce(array_to_string(proconfig, ' ') ~ 'search_path=pg_catalog, public, pg_temp', false)",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(functions, Vec::<String>::new(), "these look into pg_temp first");
}

/// A process that has not got the new key yet leaves what it sealed to the others.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn keys_change_while_others_work(pool: PgPool) {
    accounts(&pool).await;
    let old = store(&pool).await;
    old.add_accounts(&by("setup"), &[]).await.unwrap();
    let (_, first) = approved(&pool, "first", 1).await;
    let both = format!("{KEYS}\n{NEXT}");
    let new = store_with(&pool, &both).await;
    new.add_accounts(&by("setup"), &[]).await.unwrap();
    let mut import = open_new(&new, "eva", "second").await;
    let second = payout("second-1", 1);
    import.rows(std::slice::from_ref(&second), &[]).await.unwrap();
    let batch = import.finish().await.unwrap().batch;
    let digest = new.batch(batch).await.unwrap().digest_short();
    store(&pool).await.approve(&by("luis"), batch, &digest).await.unwrap();

    let claimed = old.claim(&by("dispatch:1"), &peer(), &[first[0], second.id], LEASE).await.unwrap();
    assert_eq!(
        claimed.iter().map(|claimed| claimed.payout).collect::<Vec<_>>(),
        first,
        "the other cannot be opened here"
    );
    assert_eq!(detail(&old, second.id).await.payout.state.as_str(), "queued");
    old.clone()
        .replace_keys(&by("dispatch:1"), Arc::new(Sealer::from_key_file(&both.clone().into()).unwrap()))
        .await
        .unwrap();
    assert_eq!(claim_one(&old, second.id, LEASE).await.order.amount, second.order.amount);

    let only_next = format!("{INDEX}\n{NEXT}");
    let refused = old
        .replace_keys(&by("dispatch:1"), Arc::new(Sealer::from_key_file(&only_next.into()).unwrap()))
        .await;
    assert!(matches!(refused, Err(Error::Keys { key_id: 1 })), "the first is still needed");
    let uses = old.key_uses().await.unwrap();
    assert_eq!(
        uses.iter().map(|key| (key.key_id, key.beneficiaries, key.open)).collect::<Vec<_>>(),
        [(1, 1, 1), (2, 1, 1)]
    );
}

/// A thief has a dump from before a key was destroyed, and all the keys that are left.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn an_old_dump_opens_with_no_key_that_is_left(pool: PgPool) {
    let owner = accounts(&pool).await;
    let refused = sent(&pool, &owner, "old", Transition::Refuse).await;
    let doubted = sent(&pool, &owner, "doubted", Transition::Doubt).await;
    owner
        .keep_poison(&by("setup"), &PoisonMessage { queue: "intake", reason: "not JSON", body: b"Canaria" })
        .await
        .unwrap();
    let thief = store_with(&pool, &format!("{INDEX}\n{NEXT}")).await;
    // As it is, and as if another key had sealed it.
    for key_id in [1, 2] {
        let new = new_issue();
        let reissued = reissue(&thief, "eva", refused, new, Some("the report of 30 November")).await;
        assert!(
            matches!(reissued, Err(ReviewError::Store(Error::Sealed { .. }))),
            "key {key_id}: {reissued:?}"
        );
        let looked = thief.take_lookups(&by("eva"), &peer(), LEASE, ROOM).await;
        assert!(matches!(looked, Err(Error::Sealed { .. })), "key {key_id}: {looked:?}");
        let read = thief.poison(1).await;
        assert!(matches!(read, Err(Error::Sealed { .. })), "key {key_id}: {read:?}");
        let mut past = past_the_guard(&pool).await;
        past.execute("update beneficiary set key_id = 2; update poison_message set body_key_id = 2; update payout set due_at = now() - interval '1 second' where due_at is not null").await.unwrap();
    }
    assert_eq!(detail(&owner, doubted).await.payout.state.as_str(), "unknown");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_destroyed_key_leaves_nothing_behind(pool: PgPool) {
    let owner = accounts(&pool).await;
    owner.add_accounts(&by("setup"), &[]).await.unwrap();
    sent(&pool, &owner, "old", Transition::Refuse).await;
    assert!(!owner.drop_key(&by("setup"), 1).await.unwrap(), "something is sealed with it");
    assert_eq!(
        owner.forget(&by("setup"), &Whose::SealedWith(1), "two years are over").await.unwrap().payouts,
        1
    );
    assert!(owner.drop_key(&by("setup"), 1).await.unwrap());
    let only_next = store_with(&pool, &format!("{INDEX}\n{NEXT}")).await;
    only_next.add_accounts(&by("setup"), &[]).await.unwrap();
    let mut import = open_new(&store(&pool).await, "ana", "late").await;
    let late = import.rows(&[payout("late-1", 1)], &[]).await.unwrap_err();
    assert!(late.is_refusal(), "a process that was not told seals with it no more: {late}");
    drop(import);
    let other_index = format!("index AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n{NEXT}");
    let refused = store_with(&pool, &other_index).await.check_keys().await;
    assert!(matches!(refused, Err(Error::IndexKey)), "{refused:?}");
}

/// A backup from before a key was destroyed still starts: what it sealed is forgotten again, and
/// what is open is counted.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_restored_backup_does_without_a_destroyed_key(pool: PgPool) {
    let owner = accounts(&pool).await;
    let refused = sent(&pool, &owner, "old", Transition::Refuse).await;
    sent(&pool, &owner, "doubted", Transition::Doubt).await;
    let left = Sealer::without_key(&format!("{KEYS}\n{NEXT}").into(), 1).unwrap();
    let role = store_with(&pool, secrecy::ExposeSecret::expose_secret(&left)).await;
    role.add_accounts(&by("setup"), &[]).await.unwrap();
    assert_eq!(
        role.forget_destroyed(&by("dispatch:1")).await.unwrap(),
        Forgotten { payouts: 1, strays: 0, open: 1 }
    );
    let new = new_issue();
    let reissued = reissue(&role, "dispatch:1", refused, new, Some("the report of 30 November")).await;
    assert!(matches!(reissued, Err(ReviewError::Store(Error::Forgotten(_)))), "{reissued:?}");
    let settled = "update payout set state = 'rejected', due_at = null where state = 'unknown'";
    past_the_guard(&pool).await.execute(settled).await.unwrap();
    assert_eq!(role.forget_destroyed(&by("dispatch:1")).await.unwrap().payouts, 1);
    assert_eq!(
        role.forget_destroyed(&by("dispatch:1")).await.unwrap(),
        Forgotten::default(),
        "the key is gone here too"
    );
    role.add_accounts(&by("setup"), &[]).await.unwrap();
}
