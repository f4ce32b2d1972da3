//! Attempts and beginnings, asked by the application's role: a send ends once, and nothing begins
//! half-way.

use payrun_domain::{attempt::AttemptState, payout::PayoutState};
use sqlx::{Executor as _, PgConnection, PgPool};
use uuid::Uuid;

use crate::{
    support::{code, past_the_guard},
    transitions::Desk,
};

/// All that can become of an attempt: from, to.
const MOVES: [(AttemptState, AttemptState); 10] = {
    use AttemptState as A;
    [
        (A::Intent, A::NotSent),
        (A::Intent, A::Accepted),
        (A::Intent, A::Refused),
        (A::Intent, A::Ambiguous),
        (A::Intent, A::Fenced),
        (A::Ambiguous, A::ConfirmedByLookup),
        (A::Ambiguous, A::AbsentConfirmed),
        (A::Ambiguous, A::DecidedByPerson),
        (A::Ambiguous, A::Superseded),
        (A::Ambiguous, A::Fenced),
    ]
};

const BATCH: &str = "insert into batch (id, source, source_name, source_digest, uploaded_by)
    values ('00000000-0000-7000-8000-000000000001', 'file', 'x', sha256('x'), 'ana')";

/// A new payout, which was attempted `past` times.
async fn begin(
    connection: &mut PgConnection,
    (state, transition, version): (&str, &str, i32),
    past: i16,
) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar(
        "insert into payout (id, batch_id, row_no, client_id, account, reference, country, currency, amount_minor, state, version,
           transition, attempts, sent_at, due_at, reason, returned_minor)
         select id, '00000000-0000-7000-8000-000000000001', (select count(*) + 1 from payout), id::text, 'searchable',
           upper(replace(id::text, '-', '')), 'PE', 'PEN', 1000, $1, $2, $3, $4, case when $4 > 0 then now() end, case when $4 > 0 then now() end, 'planted',
           case when $1 = 'returned' then 1 end from gen_random_uuid() id returning id",
    )
    .bind(state)
    .bind(version)
    .bind(transition)
    .bind(past)
    .fetch_one(connection)
    .await
}

async fn attempt(
    connection: &mut PgConnection,
    payout: Uuid,
    number: i16,
    state: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("insert into attempt (payout_id, number, account, epoch, state, holder, peer) values ($1, $2, 'searchable', 1, $3, 'test', (select peer from account_peer where account = 'searchable'))")
        .bind(payout)
        .bind(number)
        .bind(state)
        .execute(connection)
        .await
        .map(|_| ())
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn every_pair_of_attempt_states(pool: PgPool) {
    let owner_pool = crate::support::owner(&pool).await;
    let mut desk = Desk::open(&pool).await;
    desk.owner.execute(BATCH).await.unwrap();
    for from in AttemptState::ALL {
        for to in AttemptState::ALL {
            let payout = begin(&mut desk.owner, ("queued", "x", 7), 3).await.unwrap();
            attempt(&mut desk.owner, payout, 4, from.as_str()).await.unwrap();
            let asked = sqlx::query("update attempt set state = $2 where payout_id = $1")
                .bind(payout)
                .bind(to.as_str())
                .execute(&mut desk.application)
                .await;
            let refused = asked.err().map(|error| code(&error));
            let allowed = from == to || MOVES.contains(&(from, to));
            assert_eq!(
                refused.as_deref(),
                (!allowed).then_some("PR001"),
                "{} to {}",
                from.as_str(),
                to.as_str()
            );
        }
    }
    let moved = owner_pool.execute("update attempt set epoch = 2").await.unwrap_err();
    assert_eq!(code(&moved), "PR001", "not even its owner gives a send another fence");
}

/// A second send beside one that may still take effect cannot even be written down.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn at_most_one_attempt_is_open(pool: PgPool) {
    let mut desk = Desk::open(&pool).await;
    desk.owner.execute(BATCH).await.unwrap();
    let open = [AttemptState::Intent, AttemptState::Ambiguous, AttemptState::Accepted];
    for state in AttemptState::ALL {
        let payout = begin(&mut desk.owner, ("queued", "x", 7), 3).await.unwrap();
        attempt(&mut desk.application, payout, 4, state.as_str()).await.unwrap();
        let second = attempt(&mut desk.application, payout, 5, "intent").await;
        let refused = second.err().map(|error| code(&error));
        assert_eq!(refused.as_deref(), open.contains(&state).then_some("23505"), "beside {}", state.as_str());
    }
}

/// A new payout is received, and at most validated in the same statement; nothing has happened to
/// it.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_payout_begins_at_the_beginning(pool: PgPool) {
    const BEGINNINGS: [(&str, &str, i32); 4] = [
        ("received", "ingest", 1),
        ("awaiting_approval", "pass", 2),
        ("held", "hold", 2),
        ("invalid", "invalidate", 2),
    ];
    let mut desk = Desk::open(&pool).await;
    past_the_guard(&pool).await.execute(BATCH).await.unwrap();
    for state in PayoutState::ALL.map(PayoutState::as_str) {
        for transition in ["ingest", "pass", "hold", "invalidate", "cancel", "approve", "decide_queued"] {
            for (version, past) in [(1, 0), (2, 0), (3, 0), (1, 3), (2, 3)] {
                let begun = begin(&mut desk.application, (state, transition, version), past).await;
                let events: i64 =
                    sqlx::query_scalar("select count(*) from payout_event where payout_id = $1")
                        .bind(begun.as_ref().copied().unwrap_or_default())
                        .fetch_one(&pool)
                        .await
                        .unwrap();
                let allowed = past == 0 && BEGINNINGS.contains(&(state, transition, version));
                assert_eq!(events, if allowed { i64::from(version) } else { 0 });
                let Err(refused) = begun else { continue };
                // What cannot be without a past is refused by the table before the guard is asked.
                let by: &[&str] = if past == 0 { &["PR001", "23514"] } else { &["PR001"] };
                let code = code(&refused);
                assert!(
                    !allowed && by.contains(&code.as_str()),
                    "{state} {transition} {version} {past}: {refused}"
                );
            }
        }
    }
}
