//! Whom an account's requests go to: nothing is sent to a merchant that nobody knows, and nothing
//! is believed of one that was asked for what another has.

use std::time::Duration;

use payrun_domain::{payout::Transition, verdict::Pause};
use payrun_store::{Adoption, Peer, Sealer, Store};
use sqlx::{Executor as _, PgPool};

use crate::support::{
    KEYS, LEASE, ROOM, account, accounts, app, approved, by, claim_one, code, detail, owner, past_the_guard,
    peer, sent, store,
};

/// Where another key, or another address, of the same account leads.
fn other(origin: &str, identity: &str) -> Peer {
    Sealer::from_key_file(&KEYS.into()).unwrap().peer(&account(), origin, &identity.into())
}

fn rotated() -> Peer {
    other("https://provider.example.test", "merchant-2")
}

async fn claimed_through(store: &Store, peer: &Peer, name: &str, pool: &PgPool) -> usize {
    let (_, payouts) = approved(pool, name, 1).await;
    store.claim(&by("dispatch:1"), peer, &payouts, LEASE).await.unwrap().len()
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_peer_is_an_address_and_who_we_are_there(_pool: PgPool) {
    let known = other("https://provider.example.test", "merchant-1");
    assert_eq!(known, peer());
    for stranger in [
        rotated(),
        other("https://sandbox.example.test", "merchant-1"),
        other("https://provider.example.test:8443", "merchant-1"),
        // The two parts are not one text.
        other("https://provider.example.tes", "tmerchant-1"),
    ] {
        assert_ne!(stranger, known);
    }
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn nothing_goes_to_a_new_peer_while_another_has_what_is_open(pool: PgPool) {
    let store = accounts(&pool).await;
    let payout = sent(&pool, &store, "open", Transition::Accept).await;
    assert!(!store.knows_peer(&rotated()).await.unwrap());
    assert!(!store.meet_peer(&by("dispatch:2"), &rotated()).await.unwrap());
    assert_eq!(claimed_through(&store, &rotated(), "new", &pool).await, 0);
    assert_eq!(claimed_through(&store, &peer(), "old", &pool).await, 1, "the old one goes on");
    let mut connection = app(&pool).await;
    let by_hand = connection
        .execute(
            "insert into attempt (payout_id, number, account, epoch, state, holder, peer)
             select id, 1, account, 1, 'intent', 'me', 'AAAAAAAAAAAAAAAAAAAAAAAAAA' from payout where attempts = 0",
        )
        .await;
    assert_eq!(code(&by_hand.unwrap_err()), "PR006", "nor does the table take an intent");
    let nobodys = connection
        .execute(
            "insert into attempt (payout_id, number, account, epoch, state, holder)
             select id, 1, account, 1, 'intent', 'me' from payout where attempts = 0",
        )
        .await;
    assert_eq!(code(&nobodys.unwrap_err()), "PR006");

    let asked = store.take_lookups(&by("reconcile:2"), &rotated(), LEASE, ROOM).await.unwrap();
    assert_eq!(
        asked.iter().map(|looked| (looked.payout, looked.is_own_merchant)).collect::<Vec<_>>(),
        [(payout, false)]
    );
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_peer_that_finds_what_was_sent_is_the_same_merchant(pool: PgPool) {
    let store = accounts(&pool).await;
    sent(&pool, &store, "open", Transition::Accept).await;
    store.meet_peer(&by("dispatch:2"), &rotated()).await.unwrap();
    store.pause_account(&by("dispatch:2"), &account(), (Pause::Configuration, None)).await.unwrap();
    let latest = store.latest_of_peers(&account(), 5).await.unwrap();
    let [(earlier, _)] = latest.as_slice() else { panic!("{latest:?}") };
    assert_eq!(*earlier, peer());
    store.join_peer(&by("dispatch:2"), &rotated(), earlier).await.unwrap();
    assert!(store.meet_peer(&by("dispatch:2"), &rotated()).await.unwrap());
    assert_eq!(claimed_through(&store, &rotated(), "new", &pool).await, 1, "the account goes on");
    let asked = store.take_lookups(&by("reconcile:2"), &rotated(), LEASE, ROOM).await.unwrap();
    assert!(asked.iter().all(|looked| looked.is_own_merchant) && !asked.is_empty());
    let changed =
        owner(&pool).await.execute("update account_peer set merchant = 'B' where proved_by = 'found'").await;
    assert!(changed.is_err(), "what was proved stays so");
}

/// A person's pause is not ended by a proof.
/// The table itself takes no intent for a peer that is only known by sight.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn no_intent_is_for_a_stranger(pool: PgPool) {
    let owner = accounts(&pool).await;
    sent(&pool, &owner, "open", Transition::Doubt).await;
    assert!(!owner.meet_peer(&by("dispatch:2"), &rotated()).await.unwrap());
    let (_, payouts) = approved(&pool, "next", 1).await;
    let by_hand = sqlx::query(
        "insert into attempt (payout_id, number, account, epoch, state, holder, peer)
         select $1, 1, 'searchable', 1, 'intent', 'me', peer from account_peer where merchant is null",
    )
    .bind(payouts[0].uuid())
    .execute(&mut app(&pool).await)
    .await;
    assert_eq!(code(&by_hand.unwrap_err()), "PR006");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn two_people_adopt_another_merchant(pool: PgPool) {
    let owner = accounts(&pool).await;
    let payout = sent(&pool, &owner, "open", Transition::Doubt).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    assert!(!owner.meet_peer(&by("dispatch:2"), &rotated()).await.unwrap());
    owner.pause_account(&by("dispatch:2"), &account(), (Pause::Configuration, None)).await.unwrap();
    assert_eq!(ana.adopt_peer(&by("ana"), &rotated()).await.unwrap(), Adoption::Proposed);
    assert_eq!(
        ana.adopt_peer(&by("Ana"), &rotated()).await.unwrap(),
        Adoption::NeedsAnother,
        "one is not two"
    );
    assert!(!owner.meet_peer(&by("dispatch:2"), &rotated()).await.unwrap());
    assert_eq!(luis.adopt_peer(&by("luis"), &rotated()).await.unwrap(), Adoption::Confirmed);
    assert_eq!(luis.adopt_peer(&by("luis"), &rotated()).await.unwrap(), Adoption::Known);
    assert!(owner.meet_peer(&by("dispatch:2"), &rotated()).await.unwrap());
    assert_eq!(claimed_through(&owner, &rotated(), "new", &pool).await, 1);
    let asked = owner.take_lookups(&by("reconcile:2"), &rotated(), LEASE, ROOM).await.unwrap();
    let doubted: Vec<_> = asked.iter().filter(|looked| looked.payout == payout).collect();
    assert!(doubted.iter().all(|looked| !looked.is_own_merchant) && !doubted.is_empty());
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn where_nothing_is_open_any_peer_is_good(pool: PgPool) {
    let store = accounts(&pool).await;
    let payout = sent(&pool, &store, "settled", Transition::Refuse).await;
    assert!(store.knows_peer(&rotated()).await.unwrap(), "nothing of it is out or watched");
    assert!(store.meet_peer(&by("dispatch:2"), &rotated()).await.unwrap());
    let (_, payouts) = approved(&pool, "next", 1).await;
    claim_one(&store, payouts[0], Duration::ZERO).await;
    let another = other("https://elsewhere.example.test", "merchant-1");
    assert!(!store.meet_peer(&by("dispatch:3"), &another).await.unwrap(), "{payout} is not, the next is");
}

/// An absence that was believed of one merchant lets nothing go to another.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_may_have_arrived_goes_to_no_other_merchant(pool: PgPool) {
    let store = accounts(&pool).await;
    let payout = sent(&pool, &store, "absent", Transition::Doubt).await;
    let mut past = past_the_guard(&pool).await;
    past.execute("update payout set state = 'queued'").await.unwrap();
    past.execute("update attempt set state = 'absent_confirmed'").await.unwrap();
    assert!(!store.meet_peer(&by("dispatch:2"), &rotated()).await.unwrap(), "it may have arrived");
    past.execute(
        "update account_peer set merchant = peer, proved_by = 'nothing_open' where merchant is null",
    )
    .await
    .unwrap();
    assert_eq!(store.claim(&by("dispatch:2"), &rotated(), &[payout], LEASE).await.unwrap().len(), 0);
    past.execute(
        "update account_peer set merchant = null, proved_by = null where first_seen = (select max(first_seen) from account_peer)",
    )
    .await
    .unwrap();
    assert_eq!(store.adopt_peer(&by("ana"), &rotated()).await.unwrap(), Adoption::Proposed);
    assert_eq!(store.adopt_peer(&by("luis"), &rotated()).await.unwrap(), Adoption::Confirmed);
    let shown = detail(&store, payout).await.payout;
    assert_eq!((shown.state.as_str(), shown.reason.as_deref()), ("unknown", Some("other_merchant")));
    let asked = store.take_lookups(&by("reconcile:1"), &peer(), LEASE, ROOM).await.unwrap();
    assert!(asked[0].is_own_merchant, "the merchant that may have it is asked, once its key is back");
}

/// What a lost history has sent it may have sent to any merchant of the account.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_restored_database_takes_no_new_peer_for_the_merchant(pool: PgPool) {
    let store = accounts(&pool).await;
    sent(&pool, &store, "settled", Transition::Refuse).await;
    assert!(store.knows_peer(&rotated()).await.unwrap());
    store.open_history(&by("recover:1")).await.unwrap();
    assert!(!store.knows_peer(&rotated()).await.unwrap());
    assert!(!store.meet_peer(&by("dispatch:2"), &rotated()).await.unwrap());
    assert!(store.meet_peer(&by("dispatch:1"), &peer()).await.unwrap(), "the old one is known");
    store.adopt_peer(&by("ana"), &rotated()).await.unwrap();
    store.adopt_peer(&by("luis"), &rotated()).await.unwrap();
    let (_, payouts) = approved(&pool, "again", 1).await;
    let asked = store.take_lookups(&by("reconcile:1"), &peer(), LEASE, ROOM).await.unwrap();
    let looked = asked.iter().find(|looked| looked.payout == payouts[0]).unwrap();
    assert!(!looked.is_own_merchant, "nobody knows whose it was");
}

/// A provider that cannot be asked, after a restore, and an account that has had two merchants:
/// what two people have decided goes, and what can be asked for stays with those who know.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_went_to_nobody_knows_whom_goes_again_only_where_nobody_can_be_asked(pool: PgPool) {
    let store = accounts(&pool).await;
    let payout = sent(&pool, &store, "lost", Transition::Doubt).await;
    let mut past = past_the_guard(&pool).await;
    past.execute("update attempt set state = 'decided_by_person', peer = null").await.unwrap();
    past.execute(
        "update payout set state = 'queued', looked_up_at = clock_timestamp(), lookup_answer = 'not_found'",
    )
    .await
    .unwrap();
    let claim = async || store.claim(&by("dispatch:1"), &peer(), &[payout], LEASE).await.unwrap().len();
    assert_eq!(claim().await, 0);
    past.execute("update account set idempotency = 'none' where name = 'searchable'").await.unwrap();
    assert_eq!(claim().await, 1);
}
