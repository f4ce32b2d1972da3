//! Each guard of the state machine alone: one thing is wrong, and it is refused for that.

use payrun_domain::payout::{PayoutState as S, Transition as T};
use payrun_store::ApproveError;
use sqlx::{ConnectOptions as _, Executor as _, PgPool};

use crate::{
    support::{LEASE, accounts, by, claim_one, code, detail, open_new, payout, store_of_one},
    transitions::{Ask, Desk},
};

async fn all_refused(pool: PgPool, wrong: Vec<(&str, Ask)>) {
    let mut desk = Desk::open(&pool).await;
    for (what, ask) in wrong {
        let (_, right) = Ask::new(ask.from, ask.transition).ask(&mut desk).await;
        assert!(right.is_ok(), "{what}: refused even when all is right: {right:?}");
        let (_, asked) = ask.ask(&mut desk).await;
        let refused = asked.err().map(|error| code(&error));
        assert_eq!(refused.as_deref(), Some("PR001"), "{what}");
    }
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn counters_and_fences(pool: PgPool) {
    let wrong = vec![
        ("a version skipped", Ask { version_step: 2, ..Ask::new(S::Accepted, T::Pay) }),
        ("a version gone back", Ask { version_step: -1, ..Ask::new(S::Accepted, T::Pay) }),
        ("an epoch that moves without a claim", Ask { epoch_step: 1, ..Ask::new(S::Accepted, T::Pay) }),
        ("a claim without a new epoch", Ask { epoch_step: 0, ..Ask::new(S::Queued, T::Claim) }),
        (
            "an expired lease without a new epoch",
            Ask { epoch_step: 0, ..Ask::new(S::Submitting, T::ExpireLease) },
        ),
        ("a claim that is not an attempt", Ask { attempts_step: 0, ..Ask::new(S::Queued, T::Claim) }),
        ("an attempt without a claim", Ask { attempts_step: 1, ..Ask::new(S::Accepted, T::Pay) }),
        ("a claim that is not a send", Ask { sends_step: 0, ..Ask::new(S::Queued, T::Claim) }),
        ("a send forgotten", Ask { sends_step: -1, ..Ask::new(S::Submitting, T::Doubt) }),
        ("a not-sent that still counts", Ask { sends_step: 0, ..Ask::new(S::Submitting, T::NotSent) }),
    ];
    all_refused(pool, wrong).await;
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn before_a_send(pool: PgPool) {
    let wrong = vec![
        ("an unapproved batch", Ask { batch_approved: false, ..Ask::new(S::AwaitingApproval, T::Approve) }),
        ("a cancellation of what was sent", Ask { sends: 1, ..Ask::new(S::Queued, T::CancelQueued) }),
        ("a claim without an intent", Ask { intent: None, ..Ask::new(S::Queued, T::Claim) }),
        ("a claim with an older intent", Ask { intent: Some(5), ..Ask::new(S::Queued, T::Claim) }),
        ("a claim before it is due", Ask { due: false, ..Ask::new(S::Queued, T::Claim) }),
        ("a resend without an intent", Ask { intent: None, ..Ask::new(S::Unknown, T::Resend) }),
        ("a resend with an older intent", Ask { intent: Some(5), ..Ask::new(S::Unknown, T::Resend) }),
        (
            "a resend to a provider that is only searchable",
            Ask { account: "searchable", ..Ask::new(S::Unknown, T::Resend) },
        ),
        (
            "nothing sent while an earlier send is unresolved",
            Ask { before: T::Resend, ..Ask::new(S::Submitting, T::NotSent) },
        ),
        ("a resend without idempotency", Ask { account: "opaque", ..Ask::new(S::Unknown, T::Resend) }),
    ];
    all_refused(pool, wrong).await;
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn refusal_and_absence(pool: PgPool) {
    let wrong = vec![
        ("a final refusal after two sends", Ask { sends: 2, ..Ask::new(S::Submitting, T::Refuse) }),
        ("a noted refusal of the only send", Ask { sends: 1, ..Ask::new(S::Submitting, T::NoteRefusal) }),
        (
            "a noted refusal without its code",
            Ask { refusal: None, ..Ask::new(S::Submitting, T::NoteRefusal) },
        ),
        ("absence after two not-founds", Ask { not_found: 1, ..Ask::new(S::Unknown, T::ConfirmAbsent) }),
        (
            "absence without a not-found now",
            Ask { not_found_step: 0, ..Ask::new(S::Unknown, T::ConfirmAbsent) },
        ),
        (
            "absence of what was refused",
            Ask { refusal: Some("813"), ..Ask::new(S::Unknown, T::ConfirmAbsent) },
        ),
        ("refusal after two not-founds", Ask { not_found: 1, ..Ask::new(S::Unknown, T::ConfirmRefused) }),
        (
            "refusal without a not-found now",
            Ask { not_found_step: 0, ..Ask::new(S::Unknown, T::ConfirmRefused) },
        ),
        ("a found refusal beside a doubt", found_beside("ambiguous")),
        ("a found refusal beside a replaced send", found_beside("superseded")),
        ("a found refusal beside an accepted send", found_beside("accepted")),
        ("a refusal that was never noted", Ask { refusal: None, ..Ask::new(S::Unknown, T::ConfirmRefused) }),
    ];
    all_refused(pool, wrong).await;
}

fn found_beside(earlier: &'static str) -> Ask {
    Ask { sends: 2, earlier: Some(earlier), ..Ask::new(S::Unknown, T::FindRejected) }
}

/// What was never sent, or is believed never to have arrived, does not keep a found refusal from
/// being final.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_found_refusal_is_final_beside_what_never_arrived(pool: PgPool) {
    let mut desk = Desk::open(&pool).await;
    for earlier in ["not_sent", "fenced", "absent_confirmed", "decided_by_person"] {
        found_beside(earlier).ask(&mut desk).await.1.unwrap();
    }
}

/// Without idempotency a look-up that finds nothing proves nothing; what it finds is found.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn without_idempotency_no_absence_is_believed(pool: PgPool) {
    let wrong = [T::ConfirmAbsent, T::ConfirmRefused].map(|transition| {
        (transition.as_str(), Ask { account: "opaque", ..Ask::new(S::Unknown, transition) })
    });
    all_refused(pool, wrong.into()).await;
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_decision_takes_two_people_who_saw_this_version(pool: PgPool) {
    let mut wrong = Vec::new();
    for transition in [T::DecideAccepted, T::DecidePaid, T::DecideRejected, T::DecideQueued] {
        let right = || Ask::new(S::NeedsReview, transition);
        let other = if transition == T::DecidePaid { "rejected" } else { "paid" };
        wrong.push(("a decision about an older version", Ask { decided_version: 6, ..right() }));
        wrong.push(("a decision that no second person confirmed", Ask { confirmed_by: None, ..right() }));
        wrong.push(("a decision for something else", Ask { decided_outcome: other, ..right() }));
        wrong.push(("no decision", Ask { decided_outcome: "none", ..right() }));
    }
    let returned = || Ask::new(S::Paid, T::DecideReturned);
    for answer in ["settled", "accepted", "not_found", "unknown: reply_lost", "unlisted"] {
        wrong.push(("a return that the provider does not speak of", Ask { answer, ..returned() }));
    }
    wrong.push(("a refusal of long ago", Ask { answered_minutes_ago: 11, ..returned() }));
    wrong.push(("a return that one person decided", Ask { confirmed_by: None, ..returned() }));
    let right = || Ask::new(S::NeedsReview, T::DecideQueued);
    for answer in ["accepted", "settled", "returned", "unknown: reply_lost", "unknown: other_merchant"] {
        wrong.push(("an answer that proves no absence", Ask { answer, ..right() }));
    }
    for answer in ["accepted", "settled", "returned", "unlisted"] {
        wrong.push((
            "a record that was found where nothing is asked",
            Ask { account: "opaque", answer, ..right() },
        ));
    }
    wrong.push(("an answer of long ago", Ask { answered_minutes_ago: 11, ..right() }));
    all_refused(pool, wrong).await;
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_state_does_not_change_without_an_event(pool: PgPool) {
    let mut desk = Desk::open(&pool).await;
    let (_, asked) = Ask { version_step: 0, ..Ask::new(S::Accepted, T::Pay) }.ask(&mut desk).await;
    assert_eq!(asked.err().map(|error| code(&error)).as_deref(), Some("PR002"));
}

/// One process acts for many: a unit that forgets to say for whom changes nothing.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_change_that_nobody_answers_for_is_refused(pool: PgPool) {
    let mut desk = Desk::open(&pool).await;
    for forgotten in ["reset payrun.actor", "set payrun.actor = ''"] {
        desk.application.execute(forgotten).await.unwrap();
        let (_, asked) = Ask::new(S::Accepted, T::Pay).ask(&mut desk).await;
        assert_eq!(asked.err().map(|error| code(&error)).as_deref(), Some("PR004"), "{forgotten}");
    }
    desk.application.execute("set payrun.actor = 'ana'").await.unwrap();
    Ask::new(S::Accepted, T::Pay).ask(&mut desk).await.1.unwrap();
}

/// One connection, three people: each change is written down under who made it.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn each_unit_of_work_has_its_own_actor(pool: PgPool) {
    accounts(&pool).await;
    let store = store_of_one(pool.connect_options().to_url_lossy().to_string()).await;
    let mut import = open_new(&store, "ana", "mixed").await;
    import.rows(&[payout("mixed-1", 1)], &[]).await.unwrap();
    let batch = import.finish().await.unwrap().batch;
    let digest = store.batch(batch).await.unwrap().digest_short();
    let alone = store.approve(&by("ana"), batch, &digest).await;
    assert!(matches!(alone, Err(ApproveError::Uploader(_))), "{alone:?}");
    store.approve(&by("luis"), batch, &digest).await.unwrap();
    let payout = store.find_payouts("mixed-1").await.unwrap()[0];
    claim_one(&store, payout, LEASE).await;
    let detail = detail(&store, payout).await;
    let actors: Vec<String> = detail.events.into_iter().map(|event| event.actor.to_string()).collect();
    assert_eq!(actors, ["ana", "ana", "luis", "dispatch:1"]);
    assert_eq!(detail.attempts[0].holder.as_str(), "dispatch:1");
}

/// Statements are refused, also those that find no row: who acts is asked before what changes.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn every_table_of_decisions_asks_who_acts(pool: PgPool) {
    const DECISIONS: [(&str, &str); 7] = [
        ("account", "paused_at"),
        ("anomaly", "explanation"),
        ("attempt", "code"),
        ("batch", "paused_at"),
        ("hold", "reason"),
        ("review_decision", "confirmed_by"),
        ("send_freeze", "thaw_reason"),
    ];
    let mut desk = Desk::open(&pool).await;
    desk.application.execute("reset payrun.actor").await.unwrap();
    for (table, column) in DECISIONS {
        let nothing = format!("update {table} set {column} = {column} where false");
        let refused = desk.application.execute(sqlx::AssertSqlSafe(nothing)).await.expect_err(table);
        assert_eq!(code(&refused), "PR004", "{table}: {refused}");
    }
    let asking: Vec<String> = sqlx::query_scalar(
        "select tgrelid::regclass::text
         from pg_trigger
         where tgfoid = 'actor_required'::regproc
         order by 1",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(asking, DECISIONS.map(|(table, _)| table.to_owned()), "each table is tested here");
}

/// Names that no log can be trusted with.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn an_actor_is_named_as_people_and_services_are(pool: PgPool) {
    let mut desk = Desk::open(&pool).await;
    for name in ["Ana", "ana maria", "ana;", "x".repeat(65).as_str()] {
        desk.application.execute(sqlx::AssertSqlSafe(format!("set payrun.actor = '{name}'"))).await.unwrap();
        let (_, asked) = Ask::new(S::Accepted, T::Pay).ask(&mut desk).await;
        assert_eq!(asked.err().map(|error| code(&error)).as_deref(), Some("PR004"), "{name}");
    }
}

/// Each transition that has a condition, without it; a transition that is new here must say which
/// it is.
#[test]
fn every_transition_is_conditional_or_not() {
    for rule in T::TABLE {
        let conditional = match rule.transition {
            T::Pass
            | T::Approve
            | T::Cancel
            | T::CancelQueued
            | T::Claim
            | T::NotSent
            | T::Refuse
            | T::NoteRefusal
            | T::FindRejected
            | T::ConfirmAbsent
            | T::ConfirmRefused
            | T::Resend
            | T::DecideAccepted
            | T::DecidePaid
            | T::DecideRejected
            | T::DecideQueued
            | T::DecideReturned
            | T::ReturnMore => true,
            T::Ingest
            | T::Invalidate
            | T::Hold
            | T::Accept
            | T::FindAccepted
            | T::FindPaid
            | T::PayAtOnce
            | T::Doubt
            | T::ExpireLease
            | T::Park
            | T::Pay
            | T::Reject
            | T::Progress
            | T::Return
            | T::Contradict
            | T::Miss
            | T::Surface => false,
        };
        let guard = include_str!("../../../../migrations/20261121000600_guard_payout.sql");
        let named = guard.contains(&format!("when '{}' then", rule.transition.as_str()));
        let free = guard.contains(&format!("when '{}' then true", rule.transition.as_str()));
        assert_eq!(free, named && !conditional, "{:?}", rule.transition);
        assert!(named || rule.transition == T::Ingest, "{:?} is not in the guard", rule.transition);
    }
}
