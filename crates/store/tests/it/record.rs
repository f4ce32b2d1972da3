//! How sends end: what each outcome changes, once, and only for who holds the lease.

use std::time::Duration;

use payrun_domain::{id::PayoutId, payout::Transition};
use payrun_store::{Claimed, Conclusion, NotFoundCount, ReplyEvidence, Settlement, Store};
use sqlx::PgPool;

use crate::support::{
    LEASE, accounts, approved, by, claim_one, conclusion, detail, ids, look_up, peer, record, settlement,
    states,
};

/// Claims a payout whose first send has no known end, but which the provider did not know three
/// times.
async fn second_send(pool: &PgPool, store: &Store, name: &str) -> Claimed {
    let (_, payouts) = approved(pool, name, 1).await;
    claim_one(store, payouts[0], Duration::ZERO).await;
    store.expire_leases(&by("reconcile:1"), Duration::ZERO, Duration::ZERO, 10).await.unwrap();
    for transition in [None, None, Some(Transition::ConfirmAbsent)] {
        let looked = look_up(store).await;
        let absent = Settlement { not_found: NotFoundCount::Add, ..settlement(&looked, transition) };
        assert_eq!(ids(&store.settle(&by("reconcile:1"), &[absent]).await.unwrap()), payouts);
    }
    claim_one(store, payouts[0], LEASE).await
}

/// State, attempt's state, sends, refusal code, provider's id, reason.
type Row = (String, String, i16, Option<String>, Option<String>, Option<String>);

async fn row(pool: &PgPool, payout: PayoutId) -> Row {
    sqlx::query_as(
        "select p.state, a.state, p.sends, p.refusal_code, p.provider_id, p.reason
         from payout p join attempt a on a.payout_id = p.id and a.number = p.attempts where p.id = $1",
    )
    .bind(payout.uuid())
    .fetch_one(pool)
    .await
    .unwrap()
}

/// T9-T14 of a first send and of a second one.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn each_outcome_has_its_effects(pool: PgPool) {
    use Transition as T;
    // Which send, outcome, state, attempt's state, sends left, refusal noted, provider's id kept,
    // comes
    // up again.
    let cases = [
        (1, T::NotSent, "queued", "not_sent", 0, false, false, true),
        (1, T::Accept, "accepted", "accepted", 1, false, true, true),
        (1, T::PayAtOnce, "paid", "accepted", 1, false, true, true),
        (1, T::Refuse, "rejected", "refused", 1, false, true, true),
        (1, T::Doubt, "unknown", "ambiguous", 1, false, false, true),
        (2, T::NotSent, "queued", "not_sent", 1, false, false, true),
        (2, T::Accept, "accepted", "accepted", 2, false, true, true),
        (2, T::NoteRefusal, "unknown", "ambiguous", 2, true, false, true),
        (2, T::Doubt, "unknown", "ambiguous", 2, false, false, true),
    ];
    let store = accounts(&pool).await;
    for (send, transition, state, attempt, sends, noted, keeps_id, comes_up) in cases {
        let name = format!("{send}-{}", transition.as_str());
        let claimed = if send == 1 {
            claim_one(&store, approved(&pool, &name, 1).await.1[0], LEASE).await
        } else {
            second_send(&pool, &store, &name).await
        };
        let ended = Conclusion {
            record: Some(record(&name, "5 Started")),
            code: Some("813".to_owned()),
            due_in: Some(LEASE),
            ..conclusion(&claimed, transition)
        };
        assert_eq!(store.record(&by("setup"), &[ended]).await.unwrap(), [claimed.payout], "{name}");
        let code = Some("813".to_owned());
        let (refusal, id) = (code.clone().filter(|_| noted), Some(name.clone()).filter(|_| keeps_id));
        let expected = (state.to_owned(), attempt.to_owned(), sends, refusal, id, code);
        assert_eq!(row(&pool, claimed.payout).await, expected, "{name}");
        let waits: Option<bool> =
            sqlx::query_scalar("select due_at > clock_timestamp() from payout where id = $1")
                .bind(claimed.payout.uuid())
                .fetch_one(&pool)
                .await
                .unwrap();
        assert_eq!(
            waits,
            comes_up.then_some(true),
            "{name}: it waits, or is watched, while something can be learnt"
        );
        let event = detail(&store, claimed.payout).await.events.pop().unwrap();
        assert_eq!((event.transition.as_str(), event.to_state.as_str()), (transition.as_str(), state));
    }
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn recording_twice_changes_nothing(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "again", 1).await;
    let claimed = claim_one(&store, payouts[0], LEASE).await;
    let accepted = [conclusion(&claimed, Transition::Accept)];
    assert_eq!(store.record(&by("setup"), &accepted).await.unwrap(), payouts);
    let before = row(&pool, payouts[0]).await;
    assert_eq!(store.record(&by("setup"), &accepted).await.unwrap(), []);
    assert_eq!(row(&pool, payouts[0]).await, before);
    assert_eq!(detail(&store, payouts[0]).await.events.len(), 5);
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_result_that_comes_after_its_lease_is_evidence_only(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "late", 2).await;
    let (sent, unsent) = (
        claim_one(&store, payouts[0], Duration::ZERO).await,
        claim_one(&store, payouts[1], Duration::ZERO).await,
    );
    assert_eq!(store.expire_leases(&by("setup"), Duration::ZERO, LEASE, 10).await.unwrap().len(), 2);
    let reply = Some(ReplyEvidence { status: 200, body: b"{}".to_vec() });
    let accepted =
        Conclusion { verdict: "accepted", code: None, reply, ..conclusion(&sent, Transition::Accept) };
    let late = [accepted, conclusion(&unsent, Transition::NotSent)];
    assert_eq!(store.record(&by("setup"), &late).await.unwrap(), [], "the epoch has moved on");
    assert_eq!(states(&store, payouts[0]).await, ("unknown".into(), "ambiguous".into()));
    let attempt = detail(&store, payouts[0]).await.attempts.pop().unwrap();
    assert_eq!(
        (attempt.verdict.as_deref(), attempt.code, attempt.reply_status),
        (Some("accepted"), None, Some(200))
    );
    let fenced = states(&store, payouts[1]).await;
    assert_eq!(fenced, ("unknown".into(), "fenced".into()), "the old holder says that it did not send");
}

/// The first holder wakes while a second send is on its way.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_zombie_does_not_speak_for_the_next_send(pool: PgPool) {
    let store = accounts(&pool).await;
    let second = second_send(&pool, &store, "zombie").await;
    let zombie = Claimed { epoch: 1, attempt: 1, ..second.clone() };
    for transition in [Transition::NotSent, Transition::Accept, Transition::Refuse, Transition::Doubt] {
        assert_eq!(store.record(&by("setup"), &[conclusion(&zombie, transition)]).await.unwrap(), []);
        let attempts = detail(&store, second.payout).await.attempts;
        let stand: Vec<&str> = attempts.iter().map(|attempt| attempt.state.as_str()).collect();
        assert_eq!(stand, ["absent_confirmed", "intent"]);
    }
    assert_eq!(
        store.record(&by("setup"), &[conclusion(&second, Transition::Accept)]).await.unwrap(),
        [second.payout]
    );
}

/// One object at the provider is never two payouts. The whole group is refused; recorded one by one
/// as doubt, all are safe.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn an_id_of_another_payout_is_doubt(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "twin", 3).await;
    let mut claimed = store.claim(&by("setup"), &peer(), &payouts, LEASE).await.unwrap();
    claimed.sort_by_key(|claimed| claimed.payout.uuid());
    let twin =
        |claimed| Conclusion { record: Some(record("9001", "5")), ..conclusion(claimed, Transition::Accept) };
    store.record(&by("setup"), &[twin(&claimed[0])]).await.unwrap();
    let group = [conclusion(&claimed[1], Transition::Accept), twin(&claimed[2])];
    assert!(store.record(&by("setup"), &group).await.is_err_and(|error| error.is_refusal()));
    for payout in &payouts[1..] {
        assert_eq!(
            states(&store, *payout).await,
            ("submitting".into(), "intent".into()),
            "nothing was recorded"
        );
    }
    store.record(&by("setup"), &group[..1]).await.unwrap();
    let doubt = Conclusion { record: None, ..conclusion(&claimed[2], Transition::Doubt) };
    store.record(&by("setup"), &[doubt]).await.unwrap();
    assert_eq!(states(&store, payouts[1]).await, ("accepted".into(), "accepted".into()));
    assert_eq!(states(&store, payouts[2]).await, ("unknown".into(), "ambiguous".into()));
}
