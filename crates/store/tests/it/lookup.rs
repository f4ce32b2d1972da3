//! Look-ups: taken by one, written down if nothing moved meanwhile, and a not-found believed late.

use std::collections::HashSet;

use jiff::Timestamp;
use payrun_domain::{
    decide::Idempotency,
    money::{Currency, Money},
    payout::{PayoutState, Transition},
};
use payrun_store::{Anomaly, Lookup, NotFoundCount, Peer, Sealer, Settlement};
use sqlx::PgPool;
use tokio::task::JoinSet;

use crate::support::{
    KEYS, LEASE, ROOM, account, accounts, approved, by, claim_one, conclusion, detail, ids, look_up, payout,
    peer, peer_of, record, sent, settlement, states, store, uploaded,
};

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn reconcilers_take_different_look_ups(pool: PgPool) {
    accounts(&pool).await;
    let (_, payouts) = approved(&pool, "many", 200).await;
    let store = store(&pool).await;
    let claimed = store.claim(&by("reconcile:1"), &peer(), &payouts, LEASE).await.unwrap();
    let doubts: Vec<_> = claimed.iter().map(|claimed| conclusion(claimed, Transition::Doubt)).collect();
    assert_eq!(store.record(&by("reconcile:1"), &doubts).await.unwrap().len(), 200);
    let mut reconcilers = JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        reconcilers.spawn(async move {
            let mut mine = Vec::new();
            for _ in 0..200 / 20 {
                let taken = store.take_lookups(&by("reconcile:1"), &peer(), LEASE, ROOM).await.unwrap();
                assert!(taken.len() <= 20);
                mine.extend(taken.into_iter().map(|lookup| lookup.payout));
            }
            mine
        });
    }
    let all: Vec<_> = reconcilers.join_all().await.into_iter().flatten().collect();
    assert_eq!(all.len(), 200);
    assert_eq!(all.into_iter().collect::<HashSet<_>>(), payouts.into_iter().collect());
    assert_eq!(
        store.take_lookups(&by("reconcile:1"), &peer_of("deduplicating"), LEASE, ROOM).await.unwrap().len(),
        0
    );
}

/// The process that sent it may look it up from memory; one that reads the table looks up the same,
/// and one of them settles it.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_first_look_up_from_memory_is_what_the_table_says(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "first", 1).await;
    let claimed = claim_one(&store, payouts[0], LEASE).await;
    let accepted = conclusion(&claimed, Transition::Accept);
    assert_eq!(store.record(&by("setup"), std::slice::from_ref(&accepted)).await.unwrap(), payouts);
    let kept = Lookup::of_accepted(claimed, &accepted.record.unwrap(), Idempotency::Searchable);
    let looked = look_up(&store).await;
    let shown = |lookup: &Lookup| {
        format!(
            "{:?}",
            Lookup { age: LEASE, sent_at: Timestamp::MIN, taken_at: Timestamp::MIN, ..lookup.clone() }
        )
    };
    assert_eq!(shown(&kept), shown(&looked));
    assert_eq!(kept.order, looked.order, "what is not shown either");
    assert_eq!(
        ids(&store.settle(&by("setup"), &[settlement(&kept, Some(Transition::Pay))]).await.unwrap()),
        payouts
    );
    assert_eq!(
        ids(&store.settle(&by("setup"), &[settlement(&looked, Some(Transition::Pay))]).await.unwrap()),
        []
    );
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn doubt_becomes_absence_after_three_answers_and_not_before(pool: PgPool) {
    let store = accounts(&pool).await;
    let payout = sent(&pool, &store, "absent", Transition::Doubt).await;
    let mut reference = None;
    for answer in 1..=3 {
        let looked = look_up(&store).await;
        assert_eq!(
            (looked.state, looked.idempotency, looked.sends),
            (PayoutState::Unknown, Idempotency::Searchable, 1)
        );
        assert_eq!((looked.not_found, looked.refusal_noted), (answer - 1, false));
        assert_eq!(
            store.take_lookups(&by("setup"), &peer(), LEASE, ROOM).await.unwrap().len(),
            0,
            "it is taken"
        );
        let absent = [Settlement {
            not_found: NotFoundCount::Add,
            ..settlement(&looked, Some(Transition::ConfirmAbsent))
        }];
        if answer < 3 {
            assert!(
                store.settle(&by("setup"), &absent).await.is_err_and(|error| error.is_refusal()),
                "too early"
            );
            let wait = Settlement { not_found: NotFoundCount::Add, ..settlement(&looked, None) };
            assert_eq!(ids(&store.settle(&by("setup"), &[wait]).await.unwrap()), [payout]);
        } else {
            assert_eq!(ids(&store.settle(&by("setup"), &absent).await.unwrap()), [payout]);
        }
        reference = Some(looked.order.reference);
    }
    assert_eq!(states(&store, payout).await, ("queued".into(), "absent_confirmed".into()));
    let again = claim_one(&store, payout, LEASE).await;
    assert_eq!(
        (again.sends, Some(&again.order.reference)),
        (2, reference.as_ref()),
        "the same reference again"
    );
    store.record(&by("setup"), &[conclusion(&again, Transition::Doubt)]).await.unwrap();
    assert_eq!(
        look_up(&store).await.not_found,
        0,
        "not-founds of the first send prove nothing of the second"
    );
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn an_answer_to_an_older_question_changes_nothing(pool: PgPool) {
    let store = accounts(&pool).await;
    let payout = sent(&pool, &store, "stale", Transition::Accept).await;
    let looked = look_up(&store).await;
    let pay = [settlement(&looked, Some(Transition::Pay))];
    let older = Settlement { version: looked.version - 1, ..pay[0].clone() };
    assert_eq!(ids(&store.settle(&by("setup"), &[older]).await.unwrap()), []);
    assert_eq!(ids(&store.settle(&by("setup"), &pay).await.unwrap()), [payout]);
    assert_eq!(ids(&store.settle(&by("setup"), &pay).await.unwrap()), []);
    assert_eq!(states(&store, payout).await.0, "paid");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_is_found_ends_the_doubt(pool: PgPool) {
    use Transition as T;
    let store = accounts(&pool).await;
    let found = [(T::FindAccepted, "accepted"), (T::FindPaid, "paid"), (T::FindRejected, "rejected")];
    for (transition, state) in found {
        let payout = sent(&pool, &store, transition.as_str(), T::Doubt).await;
        let looked = look_up(&store).await;
        let answer = Settlement {
            record: Some(record(state, "1 Paid")),
            due_in: (transition == T::FindAccepted).then_some(LEASE),
            ..settlement(&looked, Some(transition))
        };
        assert_eq!(ids(&store.settle(&by("setup"), &[answer]).await.unwrap()), [payout]);
        assert_eq!(states(&store, payout).await, (state.into(), "confirmed_by_lookup".into()));
        let detail = detail(&store, payout).await;
        assert_eq!(
            detail.payout.provider_id.as_ref().map(payrun_domain::verdict::ProviderId::as_str),
            Some(state)
        );
        assert_eq!(detail.events.last().unwrap().provider_status.as_deref(), Some("1 Paid"));
    }
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn an_anomaly_is_opened_once_while_it_is_open(pool: PgPool) {
    use Transition as T;
    let store = accounts(&pool).await;
    for (sent_as, transition, state) in
        [(T::PayAtOnce, T::Contradict, "paid"), (T::Accept, T::Miss, "accepted")]
    {
        let payout = sent(&pool, &store, state, sent_as).await;
        for again in 0..3 {
            let looked = look_up(&store).await;
            let strange = Settlement {
                anomaly: Some(Anomaly { kind: "contradicted", detail: format!("answer {again}") }),
                due_in: (again < 2).then_some(std::time::Duration::ZERO).or(Some(LEASE)),
                ..settlement(&looked, Some(transition))
            };
            assert_eq!(ids(&store.settle(&by("setup"), &[strange]).await.unwrap()), [payout]);
        }
        let detail = detail(&store, payout).await;
        let open: Vec<_> = detail.anomalies.iter().map(|open| (&*open.kind, &*open.detail)).collect();
        assert_eq!(open, [("contradicted", "answer 0")]);
        assert_eq!(
            (detail.payout.state.as_str(), detail.events.len()),
            (state, 8),
            "each answer is on record"
        );
    }
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_paid_payout_is_watched_until_its_money_can_no_longer_come_back(pool: PgPool) {
    let store = accounts(&pool).await;
    let payout = sent(&pool, &store, "watched", Transition::Accept).await;
    let looked = look_up(&store).await;
    store.settle(&by("setup"), &[settlement(&looked, Some(Transition::Pay))]).await.unwrap();
    let watched = look_up(&store).await;
    assert_eq!((watched.payout, watched.state), (payout, PayoutState::Paid));
    let back = |minor| Settlement {
        returned: Some(Money::new(minor, Currency::Pen).unwrap()),
        due_in: None,
        ..settlement(&watched, Some(Transition::Return))
    };
    assert!(store.settle(&by("setup"), &[back(1_002)]).await.is_err(), "more came back than was paid");
    assert_eq!(ids(&store.settle(&by("setup"), &[back(400)]).await.unwrap()), [payout]);
    let returned: (String, i64, i64) =
        sqlx::query_as("select state, returned_minor, amount_minor from payout")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(returned, ("returned".to_owned(), 400, 1_001));

    sent(&pool, &store, "closed", Transition::PayAtOnce).await;
    let watched = look_up(&store).await;
    store.settle(&by("setup"), &[Settlement { due_in: None, ..settlement(&watched, None) }]).await.unwrap();
    assert_eq!(
        store.take_lookups(&by("setup"), &peer(), LEASE, ROOM).await.unwrap().len(),
        0,
        "its window is closed"
    );
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_canary_is_what_the_provider_has_asked_for_by_reference(pool: PgPool) {
    let store = accounts(&pool).await;
    sent(&pool, &store, "unknown_payout", Transition::Doubt).await;
    sent(&pool, &store, "refused", Transition::Refuse).await;
    assert_eq!(store.youngest_canary(&peer()).await.unwrap(), None, "nothing is certainly there");
    let canary = async || {
        let (order, sent_at) = store.youngest_canary(&peer()).await.unwrap().unwrap();
        assert_eq!(order.provider_id, None);
        (order.reference, sent_at)
    };
    let payout = sent(&pool, &store, "there", Transition::Accept).await;
    let (found, earlier) = canary().await;
    assert_eq!(found, detail(&store, payout).await.payout.reference);
    let younger = sent(&pool, &store, "younger", Transition::PayAtOnce).await;
    let (found, later) = canary().await;
    assert_eq!(found, detail(&store, younger).await.payout.reference);
    assert!(later > earlier);
    assert_eq!(store.youngest_canary(&peer_of("deduplicating")).await.unwrap(), None);
    store.adopt_peer(&by("ana"), &elsewhere()).await.unwrap();
    store.adopt_peer(&by("luis"), &elsewhere()).await.unwrap();
    assert_eq!(store.youngest_canary(&elsewhere()).await.unwrap(), None, "another merchant has none of them");
}

/// Payrolls of several providers are often sorted by account.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_canary_is_found_though_others_follow_it_in_its_file(pool: PgPool) {
    let owner = accounts(&pool).await;
    let mut rows: Vec<_> = (1..=30).map(|row| payout(&format!("sorted-{row}"), row)).collect();
    for row in &mut rows[1..] {
        row.account = "deduplicating".parse().unwrap();
    }
    let (batch, digest) = uploaded(&pool, "sorted", &rows).await;
    store(&pool).await.approve(&by("luis"), batch, &digest).await.unwrap();
    let claimed = claim_one(&owner, rows[0].id, LEASE).await;
    owner.record(&by("setup"), &[conclusion(&claimed, Transition::Accept)]).await.unwrap();
    let (order, _) = owner.youngest_canary(&peer()).await.unwrap().unwrap();
    assert_eq!(order.reference, claimed.order.reference);
}

/// What its provider pays on a later day is not late before that.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_payout_with_a_day_waits_from_that_day_on(pool: PgPool) {
    let owner = accounts(&pool).await;
    let mut later = payout("later", 1);
    later.order.send_date = Some(jiff::civil::date(2099, 1, 31));
    let (batch, digest) = uploaded(&pool, "later", std::slice::from_ref(&later)).await;
    store(&pool).await.approve(&by("luis"), batch, &digest).await.unwrap();
    let claimed = claim_one(&owner, later.id, LEASE).await;
    owner.record(&by("setup"), &[conclusion(&claimed, Transition::Accept)]).await.unwrap();
    let waits = owner.longest_out(&account(), 10).await.unwrap().remove(0).since;
    assert_eq!(waits.to_string(), "2099-01-31T00:00:00Z");
    let open = owner.backlog().await.unwrap().open;
    let accepted = open.iter().find(|open| open.state == PayoutState::Accepted).unwrap();
    assert_eq!((accepted.count, accepted.oldest.as_secs()), (1, 0));
}

/// Where another merchant's key leads.
fn elsewhere() -> Peer {
    let sealer = Sealer::from_key_file(&KEYS.into()).unwrap();
    sealer.peer(&account(), "https://provider.example.test", &"merchant-2".into())
}
