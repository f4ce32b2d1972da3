//! What two people decide, and payouts that are issued again.

use std::time::Duration;

use payrun_domain::{
    id::PayoutId,
    money::{Currency, Money},
    payout::{PayoutState, Transition},
};
use payrun_store::{
    ApproveError, Decision, DecisionLine, Lookup, PersonsVerdict, ReviewError, Settlement, Store,
};
use sqlx::{Executor as _, PgPool};

use crate::support::{
    LEASE, ROOM, account, accounts, app, approved, by, claim_one, code, conclusion, detail, ids, look_up,
    new_issue, past_the_guard, peer, record, reissue, sent, settlement, states, store,
};

const EVIDENCE: &str = "statement of 30 November, line 7: not paid";

fn verdict(outcome: PayoutState, evidence: &str) -> PersonsVerdict<'_> {
    PersonsVerdict { outcome, evidence, quiet: Duration::ZERO }
}

/// A payout about which only people can say more.
async fn parked(pool: &PgPool, owner: &Store, name: &str) -> PayoutId {
    let payout = sent(pool, owner, name, Transition::Doubt).await;
    let looked = look_up(owner).await;
    let park = settlement(&looked, Some(Transition::Park));
    assert_eq!(
        ids(&owner
            .settle(&by("reconcile:1"), &[payrun_store::Settlement { due_in: None, ..park }])
            .await
            .unwrap()),
        [payout]
    );
    payout
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn one_person_decides_nothing(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    let early = sent(&pool, &owner, "early", Transition::NotSent).await;
    let wrong_state = ana.decide(&by("ana"), early, &verdict(PayoutState::Rejected, EVIDENCE)).await;
    assert!(matches!(wrong_state, Err(ReviewError::State { state: PayoutState::Queued, .. })));
    let payout = parked(&pool, &owner, "parked").await;
    let rejected = PayoutState::Rejected;
    assert!(matches!(
        ana.decide(&by("ana"), payout, &verdict(rejected, "short")).await,
        Err(ReviewError::Evidence)
    ));
    assert!(matches!(
        ana.decide(&by("ana"), payout, &verdict(PayoutState::Cancelled, EVIDENCE)).await,
        Err(ReviewError::Outcome)
    ));
    assert_eq!(
        ana.decide(&by("ana"), payout, &verdict(rejected, EVIDENCE)).await.unwrap(),
        Decision::Proposed
    );
    assert!(matches!(
        ana.decide(&by("ana"), payout, &verdict(rejected, EVIDENCE)).await,
        Err(ReviewError::NeedsAnother(_))
    ));
    let other = luis.decide(&by("luis"), payout, &verdict(PayoutState::Paid, EVIDENCE)).await.unwrap();
    assert_eq!(other, Decision::Replaced, "a slip is no dead end, and two still have to agree");
    assert_eq!(states(&owner, payout).await, ("needs_review".into(), "ambiguous".into()));
    assert_eq!(
        luis.decide(&by("luis"), payout, &verdict(rejected, EVIDENCE)).await.unwrap(),
        Decision::Replaced
    );
    assert!(matches!(
        luis.decide(&by("luis"), payout, &verdict(rejected, EVIDENCE)).await,
        Err(ReviewError::NeedsAnother(_))
    ));
    let waits: Vec<bool> = detail(&owner, payout).await.decisions.iter().map(|line| line.waits).collect();
    assert_eq!(waits, [false, false, true], "only the last one can be confirmed");
    let items = owner.review_items(10).await.unwrap();
    let said = &items.iter().find(|item| item.kind == "needs_review").unwrap().detail;
    assert!(said.ends_with("; luis proposed rejected, another person confirms"), "{said}");
    assert_eq!(
        ana.decide(&by("ana"), payout, &verdict(rejected, EVIDENCE)).await.unwrap(),
        Decision::Confirmed
    );
    let told = detail(&owner, payout).await.decisions;
    assert!(told.iter().all(|line| !line.waits));
    let said =
        |line: &DecisionLine| (line.proposed_by.to_string(), line.outcome, line.confirmed_by.is_some());
    assert_eq!(
        told.iter().map(said).collect::<Vec<_>>(),
        [
            ("ana".to_owned(), rejected, false),
            ("luis".to_owned(), PayoutState::Paid, false),
            ("luis".to_owned(), rejected, true)
        ],
        "none is forgotten"
    );
    assert_eq!(states(&owner, payout).await, ("rejected".into(), "decided_by_person".into()));
    assert_eq!(detail(&owner, payout).await.events.pop().unwrap().actor.as_str(), "ana");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn each_decision_leads_where_it_says(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    for outcome in [PayoutState::Accepted, PayoutState::Paid, PayoutState::Rejected, PayoutState::Queued] {
        let payout = parked(&pool, &owner, outcome.as_str()).await;
        if outcome == PayoutState::Queued {
            said_again(&owner, payout, "not_found").await;
        }
        ana.decide(&by("ana"), payout, &verdict(outcome, EVIDENCE)).await.unwrap();
        luis.decide(&by("luis"), payout, &verdict(outcome, EVIDENCE)).await.unwrap();
        assert_eq!(states(&owner, payout).await, (outcome.as_str().into(), "decided_by_person".into()));
        if outcome == PayoutState::Queued {
            assert_eq!(claim_one(&owner, payout, LEASE).await.sends, 2);
        } else {
            let asked = look_up(&owner).await;
            assert_eq!((asked.payout, asked.is_decided), (payout, true), "the provider may say otherwise");
        }
    }
}

/// What a person found in the provider's own report.
const REPORT: &str = "the report of 30 November has it as refused";

/// What a payout's absence was is not what it is: it goes again only when its provider has just
/// said that it has none, and has had the time to show it.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn nothing_goes_again_on_what_was_said_long_ago(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    let payout = parked(&pool, &owner, "again").await;
    let queued = verdict(PayoutState::Queued, EVIDENCE);
    assert!(matches!(ana.decide(&by("ana"), payout, &queued).await, Err(ReviewError::NotAsked(_))));
    for other in ["unknown: reply_lost", "unknown: other_merchant", "mismatch: amount"] {
        said_again(&owner, payout, other).await;
        assert!(
            matches!(ana.decide(&by("ana"), payout, &queued).await, Err(ReviewError::NotAsked(_))),
            "{other}"
        );
    }
    said_again(&owner, payout, "not_found").await;
    let slow = PersonsVerdict { quiet: Duration::from_hours(1), ..queued };
    assert!(matches!(ana.decide(&by("ana"), payout, &slow).await, Err(ReviewError::TooEarly(_))));
    assert_eq!(ana.decide(&by("ana"), payout, &queued).await.unwrap(), Decision::Proposed);
    let mut past = past_the_guard(&pool).await;
    past.execute("update payout set looked_up_at = looked_up_at - interval '11 minutes'").await.unwrap();
    assert!(matches!(luis.decide(&by("luis"), payout, &queued).await, Err(ReviewError::NotAsked(_))));
    let mut by_hand = app(&pool).await;
    by_hand
        .execute(
            "update review_decision
             set confirmed_by = 'luis', confirmed_at = clock_timestamp(), confirmation = 'seen there, too'",
        )
        .await
        .unwrap();
    let moved = by_hand
        .execute(
            "update payout set state = 'queued', transition = 'decide_queued', version = version + 1, due_at = clock_timestamp()",
        )
        .await;
    assert_eq!(code(&moved.unwrap_err()), "PR001", "nor does the table let it");
    said_again(&owner, payout, "settled").await;
    assert!(matches!(luis.decide(&by("luis"), payout, &queued).await, Err(ReviewError::Found(_))));
}

/// The provider says once more that it refused.
async fn refused_again(store: &Store, payout: PayoutId) {
    said_again(store, payout, "rejected").await;
}

/// The provider is asked once more, and says so.
async fn said_again(store: &Store, payout: PayoutId, answer: &str) {
    store.ask_again(&by("ana"), payout).await.unwrap();
    let due = store.take_lookups(&by("reconcile:1"), &peer(), LEASE, ROOM).await.unwrap();
    let looked = due.into_iter().find(|lookup| lookup.payout == payout).unwrap();
    let again = Settlement { answer: answer.to_owned(), due_in: None, ..settlement(&looked, None) };
    assert_eq!(ids(&store.settle(&by("reconcile:1"), &[again]).await.unwrap()), [payout]);
}

/// Somebody corrected the row and imported it again under a new client id; somebody else issues the
/// refused one again. Both together would pay the person twice.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_reissue_beside_a_corrected_row_waits_for_another_person(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    let [refused, other] = [sent(&pool, &owner, "refused", Transition::Refuse).await, {
        let (_, payouts) = approved(&pool, "two", 2).await;
        let claimed = claim_one(&owner, payouts[1], LEASE).await;
        owner.record(&by("dispatch:1"), &[conclusion(&claimed, Transition::Refuse)]).await.unwrap();
        claimed.payout
    }];
    refused_again(&owner, refused).await;
    refused_again(&owner, other).await;
    let (beside, alone) = (new_issue(), new_issue());
    // The first row of the second batch pays the same to the same person as what was refused.
    reissue(&ana, "ana", refused, beside, None).await.unwrap();
    reissue(&ana, "ana", other, alone, None).await.unwrap();
    let digest = luis.batch(alone.batch).await.unwrap().digest_short();
    luis.approve(&by("luis"), alone.batch, &digest).await.unwrap();
    let digest = luis.batch(beside.batch).await.unwrap().digest_short();
    let held = luis.approve(&by("luis"), beside.batch, &digest).await;
    assert!(matches!(held, Err(ApproveError::Held(1))), "{held:?}");
    let shown = detail(&owner, beside.payout).await.payout;
    assert_eq!((shown.state, shown.reason.as_deref()), (PayoutState::Held, Some("repeated")));
    let faults = owner.row_faults(beside.batch, (0, 0), 5).await.unwrap().faults;
    assert!(faults[0].reason.contains("which came since"), "{:?}", faults[0].reason);
}

/// What somebody has compared is an auditor's evidence, whether or not the row waits.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_held_reissue_keeps_what_was_compared(pool: PgPool) {
    let owner = accounts(&pool).await;
    let refused = sent(&pool, &owner, "refused", Transition::Refuse).await;
    approved(&pool, "corrected", 1).await;
    let new = new_issue();
    reissue(&store(&pool).await, "ana", refused, new, Some(REPORT)).await.unwrap();
    let shown = detail(&owner, new.payout).await.payout;
    assert_eq!((shown.state, shown.reason.as_deref()), (PayoutState::Held, Some(REPORT)));
}

/// What was refused or came back waits until somebody has seen it, and again when it ends so anew.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_ended_unpaid_waits_until_somebody_has_seen_it(pool: PgPool) {
    let owner = accounts(&pool).await;
    let ana = store(&pool).await;
    let refused = sent(&pool, &owner, "refused", Transition::Refuse).await;
    sent(&pool, &owner, "paid", Transition::PayAtOnce).await;
    let waiting = async || {
        let groups = ana.unpaid(None, 10).await.unwrap();
        groups.into_iter().map(|group| (group.payout, group.code, group.count)).collect::<Vec<_>>()
    };
    assert_eq!(waiting().await, [(refused, Some("813".to_owned()), 1)]);
    let backlog = owner.backlog().await.unwrap().unacknowledged;
    let counted = backlog.iter().find(|count| count.account == account()).unwrap();
    assert_eq!((counted.rejected, counted.returned), (1, 0));
    assert!(ana.acknowledge_payout(&by("ana"), refused).await.unwrap());
    assert!(!ana.acknowledge_payout(&by("ana"), refused).await.unwrap(), "once is enough");
    assert_eq!(waiting().await, []);

    let returned = sent(&pool, &owner, "returned", Transition::Accept).await;
    let amount = |minor| Some(Money::new(minor, Currency::Pen).unwrap());
    let back = |looked: &Lookup, transition, minor| Settlement {
        record: Some(record("91", "returned")),
        returned: amount(minor),
        ..settlement(looked, Some(transition))
    };
    let mut due = owner.take_lookups(&by("reconcile:1"), &peer(), LEASE, ROOM).await.unwrap();
    due.retain(|looked| looked.payout == returned);
    owner.settle(&by("reconcile:1"), &[back(&due[0], Transition::Return, 400)]).await.unwrap();
    assert_eq!(waiting().await, [(returned, None, 1)]);
    let batch = detail(&owner, returned).await.payout.batch;
    assert_eq!(ana.acknowledge_batch(&by("ana"), batch, Some("813")).await.unwrap(), 0);
    assert_eq!(ana.acknowledge_batch(&by("ana"), batch, None).await.unwrap(), 1);
    assert_eq!(waiting().await, []);
    let mut due = owner.take_lookups(&by("reconcile:1"), &peer(), LEASE, ROOM).await.unwrap();
    due.retain(|looked| looked.payout == returned);
    owner.settle(&by("reconcile:1"), &[back(&due[0], Transition::ReturnMore, 700)]).await.unwrap();
    assert_eq!(waiting().await, [(returned, None, 1)], "more of it came back");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_refused_payout_is_issued_again_once_and_approved_again(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    let paid = sent(&pool, &owner, "paid", Transition::PayAtOnce).await;
    assert!(
        matches!(reissue(&ana, "ana", paid, new_issue(), None).await, Err(ReviewError::State { .. })),
        "it would pay twice"
    );
    let refused = sent(&pool, &owner, "refused", Transition::Refuse).await;
    let new = new_issue();
    assert!(
        matches!(reissue(&ana, "ana", refused, new, None).await, Err(ReviewError::NotSaidAgain(None))),
        "the provider may have changed its mind"
    );
    assert!(matches!(reissue(&ana, "ana", refused, new, Some("short")).await, Err(ReviewError::Evidence)));
    refused_again(&owner, refused).await;
    past_the_guard(&pool)
        .await
        .execute("insert into anomaly (payout_id, kind, detail) select id, 'mismatch', 'planted' from payout where state = 'rejected'")
        .await
        .unwrap();
    assert!(matches!(reissue(&ana, "ana", refused, new, None).await, Err(ReviewError::Contested)));
    assert!(ana.explain_anomaly(&by("ana"), refused, "mismatch", "seen with the bank").await.unwrap());
    past_the_guard(&pool)
        .await
        .execute(
            "update payout set looked_up_at = looked_up_at - interval '11 minutes' where state = 'rejected'",
        )
        .await
        .unwrap();
    assert!(matches!(
        reissue(&ana, "ana", refused, new, None).await,
        Err(ReviewError::NotSaidAgain(Some(answer))) if answer == "rejected"
    ));
    refused_again(&owner, refused).await;
    reissue(&ana, "ana", refused, new, None).await.unwrap();
    assert!(matches!(reissue(&luis, "luis", refused, new_issue(), None).await, Err(ReviewError::Reissued)));
    let digest = ana.batch(new.batch).await.unwrap().digest_short();
    assert!(matches!(ana.approve(&by("ana"), new.batch, &digest).await, Err(ApproveError::Uploader(_))));
    assert_eq!(luis.approve(&by("luis"), new.batch, &digest).await.unwrap().queued, 1);
    let (old, again) = (detail(&owner, refused).await.payout, detail(&owner, new.payout).await.payout);
    assert_eq!((old.state.as_str(), again.state.as_str()), ("rejected", "queued"));
    assert_eq!((&old.client_id, &old.account, old.amount), (&again.client_id, &again.account, again.amount));
    assert_ne!(old.reference, again.reference);
    let claimed = claim_one(&luis, new.payout, LEASE).await;
    assert_eq!(claimed.order.reference, again.reference);
}

/// Two people press the key at once.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn issued_again_by_two_at_once_is_one_issue(pool: PgPool) {
    let owner = accounts(&pool).await;
    let refused = sent(&pool, &owner, "refused", Transition::Refuse).await;
    refused_again(&owner, refused).await;
    let mut issues = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let owner = owner.clone();
        issues.spawn(async move { reissue(&owner, "setup", refused, new_issue(), None).await.is_ok() });
    }
    assert_eq!(issues.join_all().await.into_iter().filter(|issued| *issued).count(), 1);
    let issues: i64 = sqlx::query_scalar("select count(*) from payout where reissue_of = $1")
        .bind(refused.uuid())
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(issues, 1);
}

/// It may have been issued again, and paid, where a restored backup does not know of it.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn after_a_restore_nothing_is_issued_again_unless_somebody_has_compared(pool: PgPool) {
    let owner = accounts(&pool).await;
    let ana = store(&pool).await;
    let before = sent(&pool, &owner, "before", Transition::Refuse).await;
    let (_, payouts) = approved(&pool, "after", 1).await;
    let claimed = claim_one(&owner, payouts[0], LEASE).await;
    owner.open_history(&by("setup")).await.unwrap();
    let after = claimed.payout;
    let refused = conclusion(&claimed, Transition::Refuse);
    assert_eq!(owner.record(&by("dispatch:1"), &[refused]).await.unwrap(), [after]);
    assert!(matches!(reissue(&ana, "ana", before, new_issue(), None).await, Err(ReviewError::Restored(_))));
    reissue(&ana, "ana", before, new_issue(), Some(REPORT)).await.unwrap();
    refused_again(&owner, after).await;
    reissue(&ana, "ana", after, new_issue(), None).await.unwrap();
    let shown = detail(&owner, after).await.payout;
    assert_eq!(shown.state.as_str(), "rejected");
}
