//! Claims and leases: one winner, and only what may go.

use std::{collections::HashSet, time::Duration};

use payrun_domain::{
    beneficiary::{Destination, Document, KeyKind, Name, Private},
    id::PayoutId,
    payout::Transition,
    verdict::Pause,
};
use payrun_store::{Claimed, Sealer};
use sqlx::{Executor as _, PgPool};
use tokio::task::JoinSet;

use crate::support::{
    KEYS, LEASE, ROOM, account, accounts, approved, by, claim_one, conclusion, owner, past_the_guard, payout,
    peer, peer_of, sent, states, store, uploaded,
};

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn sixteen_claimants_get_each_payout_once(pool: PgPool) {
    accounts(&pool).await;
    let (_, payouts) = approved(&pool, "crowd", 400).await;
    let store = store(&pool).await;
    let mut claimants = JoinSet::new();
    for _ in 0..16 {
        let (store, payouts) = (store.clone(), payouts.clone());
        claimants.spawn(async move {
            let mut mine = Vec::new();
            for group in payouts.chunks(25) {
                mine.extend(store.claim(&by("dispatch:1"), &peer(), group, LEASE).await.unwrap());
            }
            mine
        });
    }
    let all: Vec<Claimed> = claimants.join_all().await.into_iter().flatten().collect();
    assert_eq!(all.len(), 400);
    assert_eq!(all.iter().map(|claimed| claimed.payout).collect::<HashSet<_>>().len(), 400);
    assert!(all.iter().all(|claimed| (claimed.epoch, claimed.attempt, claimed.sends) == (1, 1, 1)));
    let intents: i64 = sqlx::query_scalar(
        "select count(*) from attempt a join payout p on p.id = a.payout_id
         where a.state = 'intent' and (a.number, a.epoch) = (1, 1) and p.epoch = 1",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(intents, 400);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_may_not_go_is_left_out_of_a_claim(pool: PgPool) {
    let store = accounts(&pool).await;
    let owner = owner(&pool).await;
    let (batch, payouts) = approved(&pool, "left", 2).await;
    let claim = async || store.claim(&by("setup"), &peer(), &payouts, LEASE).await.unwrap().len();
    let due = async || store.due(&account(), Duration::ZERO, 10).await.unwrap().len();
    store.pause_batch(&by("setup"), batch).await.unwrap();
    assert_eq!((claim().await, due().await), (0, 0), "the batch is paused");
    store.resume_batch(&by("setup"), batch).await.unwrap();
    store.pause_account(&by("setup"), &account(), (Pause::Balance, None)).await.unwrap();
    assert_eq!(claim().await, 0, "the account is paused");
    store.resume_account(&by("setup"), &account()).await.unwrap();
    owner.execute("update batch set cancelled_at = now(), cancelled_by = 'eva'").await.unwrap();
    assert_eq!((claim().await, due().await), (0, 0), "the batch is cancelled");
    owner.execute("update batch set cancelled_at = null, cancelled_by = null").await.unwrap();
    let other = store.claim(&by("setup"), &peer_of("deduplicating"), &payouts, LEASE).await.unwrap();
    assert_eq!(other.len(), 0, "another account");
    owner.execute("update payout set due_at = now() + interval '1 hour'").await.unwrap();
    assert_eq!((claim().await, due().await), (0, 0), "not due");
    owner.execute("update payout set due_at = now()").await.unwrap();
    assert_eq!((claim().await, claim().await), (2, 0), "what is claimed cannot be claimed again");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_table_brings_what_no_message_brought(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "sweep", 3).await;
    let due = async |grace, rows| store.due(&account(), grace, rows).await.unwrap();
    assert_eq!(due(LEASE, 10).await, [], "fresh ones wait for their message");
    assert_eq!(due(Duration::ZERO, 10).await.len(), 3);
    assert_eq!(due(Duration::ZERO, 2).await.len(), 2);
    let claimed = claim_one(&store, payouts[0], LEASE).await;
    store.record(&by("setup"), &[conclusion(&claimed, Transition::NotSent)]).await.unwrap();
    assert_eq!(due(LEASE, 10).await, [payouts[0]], "a retry has no message to wait for");
    let again = claim_one(&store, payouts[0], LEASE).await;
    assert_eq!((again.attempt, again.sends, again.epoch), (2, 1, 2), "what was not sent is no send");
    assert_eq!(again.order, claimed.order);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_was_imported_is_what_is_sent(pool: PgPool) {
    let store = accounts(&pool).await;
    let mut payouts: Vec<_> = (1..=4).map(|row| payout(&format!("kind-{row}"), row)).collect();
    payouts[1].order.beneficiary.destination =
        Destination::Wallet { wallet: "yape".to_owned(), phone: Private::new("999000111") };
    payouts[2].order.beneficiary.destination =
        Destination::Instant { kind: KeyKind::Email, key: Private::new("canaria@example.com") };
    payouts[2].order.beneficiary.name = Name::Company(Private::new("Ñandú & Hijos \"S.A.\""));
    payouts[3].order.beneficiary.destination = Destination::Cash;
    payouts[3].order.beneficiary.document =
        Document { kind: "CE".to_owned(), number: Private::new("000151623") };
    payouts[3].order.description = Private::new("");
    payouts[3].order.send_date = Some(jiff::civil::date(2027, 1, 31));
    let (batch, digest) = uploaded(&pool, "kinds", &payouts).await;
    crate::support::store(&pool).await.approve(&by("luis"), batch, &digest).await.unwrap();
    let sealer = Sealer::from_key_file(&KEYS.into()).unwrap();
    for mut imported in payouts {
        imported.order.reference = sealer.reference(&imported.client_id, 1);
        let claimed = claim_one(&store, imported.id, LEASE).await;
        assert_eq!((claimed.payout, claimed.order), (imported.id, imported.order));
    }
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_lease_ends_in_doubt_and_never_before_its_time(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "lease", 2).await;
    claim_one(&store, payouts[0], LEASE).await;
    claim_one(&store, payouts[1], Duration::ZERO).await;
    let expire = async |skew| store.expire_leases(&by("setup"), skew, LEASE, 10).await.unwrap();
    assert_eq!(expire(LEASE).await, [], "the other machine's clock may be late by so much");
    assert_eq!(expire(Duration::ZERO).await, [payouts[1]]);
    assert_eq!(expire(Duration::ZERO).await, []);
    assert_eq!(states(&store, payouts[0]).await, ("submitting".into(), "intent".into()));
    assert_eq!(states(&store, payouts[1]).await, ("unknown".into(), "ambiguous".into()));
    assert_eq!(
        store.claim(&by("setup"), &peer(), &payouts, LEASE).await.unwrap().len(),
        0,
        "it may have been sent"
    );
    let epochs: Vec<i32> =
        sqlx::query_scalar("select epoch from payout order by row_no").fetch_all(&pool).await.unwrap();
    assert_eq!(epochs, [1, 2], "the old holder is fenced off");
    let waits: Vec<PayoutId> = store
        .take_lookups(&by("setup"), &peer(), LEASE, ROOM)
        .await
        .unwrap()
        .into_iter()
        .map(|lookup| lookup.payout)
        .collect();
    assert_eq!(waits, [], "the provider is given time before it is asked");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_comes_back_to_a_cancelled_batch_does_not_go_again(pool: PgPool) {
    let store = accounts(&pool).await;
    let (batch, payouts) = approved(&pool, "back", 3).await;
    let mut claimed = Vec::new();
    for payout in &payouts {
        claimed.push(claim_one(&store, *payout, LEASE).await);
    }
    store.record(&by("setup"), &[conclusion(&claimed[0], Transition::NotSent)]).await.unwrap();
    let cancelled = store.cancel_batch(&by("setup"), batch).await.unwrap();
    assert_eq!((cancelled.cancelled, cancelled.out), (1, 2), "two are at the provider's door");
    store.record(&by("setup"), &[conclusion(&claimed[1], Transition::NotSent)]).await.unwrap();
    assert_eq!(store.due(&account(), Duration::ZERO, 10).await.unwrap(), []);
    assert_eq!(store.claim(&by("setup"), &peer(), &payouts, LEASE).await.unwrap().len(), 0);
    assert_eq!(store.cancel_unsent(&by("setup"), 10).await.unwrap(), 1);
    assert_eq!(store.cancel_unsent(&by("setup"), 10).await.unwrap(), 0);
    let at = async |payout| states(&store, payout).await.0;
    assert_eq!(at(payouts[1]).await, "cancelled");
    assert_eq!(at(payouts[2]).await, "submitting");
}

/// A pause, a freeze or a provider that is away may last for days: what is sent again then is asked
/// for anew.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn an_old_absence_lets_nothing_go_again(pool: PgPool) {
    let store = accounts(&pool).await;
    let payout = sent(&pool, &store, "absent", Transition::Doubt).await;
    let mut past = past_the_guard(&pool).await;
    past.execute("update attempt set state = 'absent_confirmed'").await.unwrap();
    past.execute(
        "update payout
         set state = 'queued', lookup_answer = 'not_found', looked_up_at = clock_timestamp() - interval '59 minutes'",
    )
    .await
    .unwrap();
    let doubt = async || store.doubt_stale_absences(&by("dispatch:1"), &account(), 10).await.unwrap();
    assert_eq!(doubt().await, 0);
    past.execute("update payout set looked_up_at = clock_timestamp() - interval '61 minutes'").await.unwrap();
    assert_eq!(store.claim(&by("dispatch:1"), &peer(), &[payout], LEASE).await.unwrap().len(), 0);
    store.pause_account(&by("ana"), &account(), (Pause::Person, None)).await.unwrap();
    assert_eq!(doubt().await, 0, "while it is paused there is time");
    store.resume_account(&by("ana"), &account()).await.unwrap();
    assert_eq!(doubt().await, 1);
    let (state, attempt) = states(&store, payout).await;
    assert_eq!((state.as_str(), attempt.as_str()), ("unknown", "ambiguous"));
    let looked = crate::support::look_up(&store).await;
    assert!(looked.is_own_merchant && looked.not_found == 0, "{looked:?}");
    past.execute("update attempt set state = 'absent_confirmed'").await.unwrap();
    past.execute(
        "update payout set state = 'queued', looked_up_at = clock_timestamp(), due_at = clock_timestamp()",
    )
    .await
    .unwrap();
    assert_eq!(store.claim(&by("dispatch:1"), &peer(), &[payout], LEASE).await.unwrap().len(), 1);
}
