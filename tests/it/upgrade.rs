//! A new version takes over while payouts are paid: process by process, and on a schema that was
//! expanded before.

use payrun_tests::{World, wait_for};
use serde_json::Value;
use sqlx::{Connection as _, Executor as _, PgConnection};

const ROLES: [&str; 3] = ["relay", "dispatch", "reconcile"];

/// Statements as the owner of the schema, outside any version of payrun.
fn in_database<T>(world: &World, work: impl AsyncFnOnce(&mut PgConnection) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut database = PgConnection::connect(world.database_url()).await.unwrap();
        work(&mut database).await
    })
}

/// What the next release may do before its first process starts: the one that runs must not mind.
const EXPANSION: &str = "
    alter table payout add column channel text;
    alter table batch add column source_country text not null default 'PE';
    alter table attempt add column connect_ms integer;
    create table schedule (batch_id uuid primary key references batch, at timestamptz not null);
    grant select, insert on schedule to payrun_app;
    grant update (channel) on payout to payrun_app;
    create index payout_channel on payout (channel) where channel is not null;
    insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        values (99991231235959, 'create schedule', true, 'x', 0);";

#[test]
fn every_role_is_replaced_under_load_and_no_attempt_is_lost() {
    let world = World::new("payrun_it_upgrade");
    let mut processes = ROLES.map(|role| world.start(role));
    let batch = world.approved_batch("rolling", 600);
    let settled = |count: i64| world.count(&batch, &["paid", "rejected"]) >= count;
    wait_for("the work to begin", || settled(20).then_some(()));
    in_database(&world, async |database| database.execute(EXPANSION).await.unwrap());
    for (place, role) in ROLES.into_iter().enumerate() {
        // The new one first, so that there is always one; then the old one is asked to finish.
        let old = std::mem::replace(&mut processes[place], world.start(role));
        assert!(old.stop().success(), "{role} finishes what it has");
    }
    assert_eq!(world.settled(&batch), 600);
    world.audit();
    let lost: i64 = in_database(&world, async |database| {
        // What was given up before a byte left, on a busy machine, is not lost.
        sqlx::query_scalar("select count(*) from attempt where state not in ('accepted', 'not_sent')")
            .fetch_one(database)
            .await
            .unwrap()
    });
    assert_eq!(lost, 0, "an attempt was left in doubt");
}

#[test]
fn a_plan_says_what_would_run_and_changes_nothing() {
    let world = World::new("payrun_it_plan");
    let pending = |world: &World| world.run(&["migrate", "--plan"])["pending"].clone();
    assert_eq!(pending(&world), Value::Array(Vec::new()));
    in_database(&world, async |database| {
        database
            .execute(
                "delete from _sqlx_migrations where version = (select max(version) from _sqlx_migrations)",
            )
            .await
            .unwrap();
    });
    let plan = pending(&world);
    assert_eq!(plan.as_array().unwrap().len(), 1, "{plan}");
    assert_eq!(pending(&world), plan, "nothing ran");
}
