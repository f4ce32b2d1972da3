//! Sets of states: what the database calls a set, the domain calls the same, and every state is
//! judged.

use payrun_domain::payout::PayoutState as S;
use sqlx::{PgPool, Row as _};

/// Each set, by the name that it has in the database and in the domain.
type Set = (&'static str, fn(S) -> bool);

const SETS: [Set; 12] = [
    ("is_open", S::is_open),
    ("is_final", S::is_final),
    ("is_before_approval", S::is_before_approval),
    ("is_out", S::is_out),
    ("was_sent", S::was_sent),
    ("has_due_time", S::has_due_time),
    ("is_looked_up", S::is_looked_up),
    ("is_watched", S::is_watched),
    ("is_in_doubt", S::is_in_doubt),
    ("counts_as_paid", S::counts_as_paid),
    ("ended_unpaid", S::ended_unpaid),
    ("can_be_reissued", S::can_be_reissued),
];

/// A new state does not compile until it is placed here.
const fn sets_of(state: S) -> &'static [&'static str] {
    match state {
        S::Received | S::Held | S::AwaitingApproval => &["is_open", "is_before_approval"],
        S::Invalid => &["is_final", "ended_unpaid"],
        S::Cancelled => &["is_final", "is_looked_up", "is_watched", "ended_unpaid"],
        S::Queued => &["is_open", "has_due_time", "counts_as_paid"],
        S::Submitting => &["is_open", "is_out", "was_sent", "has_due_time", "is_in_doubt", "counts_as_paid"],
        S::Unknown => &[
            "is_open",
            "is_out",
            "was_sent",
            "has_due_time",
            "is_looked_up",
            "is_in_doubt",
            "counts_as_paid",
        ],
        S::Accepted => &["is_open", "is_out", "was_sent", "has_due_time", "is_looked_up", "counts_as_paid"],
        S::NeedsReview => &["is_open", "is_out", "was_sent", "is_looked_up", "counts_as_paid"],
        S::Paid => &["is_final", "was_sent", "is_looked_up", "is_watched", "counts_as_paid"],
        S::Rejected | S::Returned => {
            &["is_final", "was_sent", "is_looked_up", "is_watched", "ended_unpaid", "can_be_reissued"]
        }
    }
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn every_state_is_in_the_same_sets_in_the_database_and_in_the_domain(pool: PgPool) {
    for state in S::ALL {
        let expected = sets_of(state);
        let domain: Vec<&str> =
            SETS.iter().filter(|(_, contains)| contains(state)).map(|(name, _)| *name).collect();
        assert_eq!(domain, expected, "{state} in the domain");
        let asked = SETS.map(|(name, _)| format!("{name}($1) as {name}")).join(", ");
        let row = sqlx::query(sqlx::AssertSqlSafe(format!("select {asked}")))
            .bind(state.as_str())
            .fetch_one(&pool)
            .await
            .unwrap();
        let database: Vec<&str> =
            SETS.iter().map(|(name, _)| *name).filter(|name| row.get::<bool, _>(*name)).collect();
        assert_eq!(database, expected, "{state} in the database");
    }
}

/// A set of states in the database that no test asks for.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn no_set_is_forgotten(pool: PgPool) {
    let sets: Vec<String> = sqlx::query_scalar(
        "select proname::text
         from pg_proc
         where pronamespace = 'public'::regnamespace and proargnames = '{state}' and prorettype = 'bool'::regtype
         order by 1",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let mut asked = SETS.map(|(name, _)| name.to_owned());
    asked.sort();
    assert_eq!(sets, asked);
}
