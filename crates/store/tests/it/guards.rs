//! Each guard of the state machine alone: one thing is wrong, and it is refused for that.

use payrun_domain::payout::{PayoutState as S, Transition as T};
use sqlx::PgPool;

use crate::{
    support::code,
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
        ("a resend in class B", Ask { account: "class-b", ..Ask::new(S::Unknown, T::Resend) }),
        (
            "nothing sent while an earlier send is unresolved",
            Ask { before: T::Resend, ..Ask::new(S::Submitting, T::NotSent) },
        ),
        ("a resend in class C", Ask { account: "class-c", ..Ask::new(S::Unknown, T::Resend) }),
    ];
    all_refused(pool, wrong).await;
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn refusal_and_absence(pool: PgPool) {
    let wrong = vec![
        ("a final refusal after two sends", Ask { sends: 2, ..Ask::new(S::Submitting, T::Refuse) }),
        ("a noted refusal of the only send", Ask { sends: 1, ..Ask::new(S::Submitting, T::NoteRefusal) }),
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

/// What was never sent, or is believed never to have arrived, does not keep a found refusal from being final.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_found_refusal_is_final_beside_what_never_arrived(pool: PgPool) {
    let mut desk = Desk::open(&pool).await;
    for earlier in ["not_sent", "fenced", "absent_confirmed", "decided_by_person"] {
        found_beside(earlier).ask(&mut desk).await.1.unwrap();
    }
}

/// In class C a look-up proves nothing.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn class_c_is_not_looked_up(pool: PgPool) {
    let found = [T::FindAccepted, T::FindPaid, T::FindRejected, T::ConfirmAbsent, T::ConfirmRefused];
    let wrong = found.map(|transition| {
        (transition.word(), Ask { account: "class-c", ..Ask::new(S::Unknown, transition) })
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
        wrong.push(("a decision that nobody confirmed", Ask { confirmed_by: None, ..right() }));
        wrong.push(("a decision for something else", Ask { decided_outcome: other, ..right() }));
        wrong.push(("no decision", Ask { decided_outcome: "none", ..right() }));
    }
    all_refused(pool, wrong).await;
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_state_does_not_change_without_an_event(pool: PgPool) {
    let mut desk = Desk::open(&pool).await;
    let (_, asked) = Ask { version_step: 0, ..Ask::new(S::Accepted, T::Pay) }.ask(&mut desk).await;
    assert_eq!(asked.err().map(|error| code(&error)).as_deref(), Some("PR002"));
}
