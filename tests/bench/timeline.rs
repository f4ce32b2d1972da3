//! How a run went from quarter second to quarter second, as the events tell it.

use std::fmt::Write as _;

use payrun_tests::World;
use sqlx::{Connection as _, PgConnection};

/// The steps of a payout that is paid at its first look-up, as the table names them.
const STEPS: [&str; 5] = ["pass", "approve", "claim", "accept", "pay"];

/// A line for each quarter second in which anything happened: how many payouts took each step.
pub(crate) fn of(world: &World) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rows = runtime.block_on(async {
        let mut database = PgConnection::connect(world.database_url()).await.unwrap();
        sqlx::query_as::<_, (i64, String, i64)>(
            "select (extract(epoch from at - (select min(uploaded_at) from batch)) * 4)::bigint, transition, count(*)
             from payout_event group by 1, 2 order by 1",
        )
        .fetch_all(&mut database)
        .await
        .unwrap()
    });
    let mut text = format!("{:>8}", "ms");
    for step in STEPS {
        let _ = write!(text, "{step:>9}");
    }
    for quarters in rows.chunk_by(|(one, ..), (next, ..)| one == next) {
        let _ = write!(text, "\n{:>8}", quarters.first().map_or(0, |(quarter, ..)| quarter * 250));
        for step in STEPS {
            let found = quarters.iter().find(|(_, transition, _)| transition == step);
            let _ = write!(text, "{:>9}", found.map_or(0, |(.., count)| *count));
        }
    }
    text
}
