//! Years of settled payouts, written past the guard: what a system that has worked for long has in
//! its tables.

use payrun_tests::World;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

/// Payouts of a batch.
const BATCH: &str = "10000";

/// Fills the tables with `payouts` that were paid and are not watched any more, each with its
/// beneficiary, six events and an attempt, to accounts that no other payout goes to.
pub(crate) fn fill(world: &World, payouts: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut database = PgConnection::connect(world.database_url()).await.unwrap();
        // What is no key comes back afterwards: sorted, which a blind index is not by itself.
        let indexes: Vec<(String, String)> = sqlx::query_as(
            "select i.indexname::text, i.indexdef from pg_indexes i where i.tablename in ('payout', 'beneficiary', 'attempt')
               and not exists (select from pg_constraint c where c.conname = i.indexname)",
        )
        .fetch_all(&mut database)
        .await
        .unwrap();
        let mut statements = vec!["set session_replication_role = replica".to_owned(), "set maintenance_work_mem = '512MB'".to_owned()];
        statements.extend(indexes.iter().map(|(name, _)| format!("drop index {name}")));
        statements.extend(rows(payouts));
        statements.extend(indexes.into_iter().map(|(_, definition)| definition));
        statements.extend(["analyze".to_owned(), "checkpoint".to_owned()]);
        for statement in statements {
            database.execute(AssertSqlSafe(statement)).await.unwrap();
        }
    });
}

/// The id of row `number`, of the form of payrun's own, a millisecond after the one before; all of
/// them older than anything that comes.
fn id(number: &str) -> String {
    let time = format!("lpad(to_hex(1735689600000 + {number}), 12, '0')");
    format!(
        "(substr({time}, 1, 8) || '-' || substr({time}, 9, 4) || '-7000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"
    )
}

fn rows(payouts: usize) -> Vec<String> {
    let each = format!("from generate_series(0::bigint, {payouts} - 1) i");
    let (payout, batch) = (id("i"), id(&format!("i / {BATCH} * {BATCH}")));
    let sealed = |bytes: usize| format!("decode(repeat('5a', {bytes}), 'hex')");
    vec![
        "insert into account (name, provider, idempotency) values ('past', 'bamboo', 'searchable')".to_owned(),
        format!(
            "insert into batch (id, source, source_name, source_digest, digest, accepted, uploaded_by, uploaded_at, approved_by, approved_at)
             select {payout}, 'file', 'past', sha256(i::text::bytea), sha256(i::text::bytea), {BATCH}, 'ana', now() - interval '1 year',
               'luis', now() - interval '1 year'
             from generate_series(0::bigint, {payouts} - 1, {BATCH}) i"
        ),
        format!(
            "insert into payout (id, batch_id, row_no, client_id, account, reference, country, currency, amount_minor, created_at, state,
               version, transition, state_since, epoch, attempts, sends, sent_at, provider_id, provider_status)
             select {payout}, {batch}, i % {BATCH} + 1, 'past-' || lpad(i::text, 12, '0'), 'past', lpad(i::text, 26, '0'), 'PE', 'PEN', 100000 + i,
               now() - interval '1 year', 'paid', 6, 'pay', now() - interval '1 year', 1, 1, 1, now() - interval '1 year', i::text, '1' {each}"
        ),
        format!(
            "insert into beneficiary (payout_id, key_id, name, document, destination, contact, description, destination_index, person_index,
               name_index)
             select {payout}, 1, {}, {}, {}, {}, {}, sha256(('a' || i)::bytea), sha256(('b' || i)::bytea), sha256(('c' || i)::bytea) {each}",
            sealed(55),
            sealed(50),
            sealed(90),
            sealed(45),
            sealed(35),
        ),
        format!(
            "insert into payout_event (payout_id, version, transition, from_state, to_state, epoch, actor, at)
             select {payout}, e.version, e.transition, e.from_state, e.to_state, e.epoch, 'past', now() - interval '1 year'
             from generate_series(0::bigint, {payouts} - 1) i cross join (values (1, 'ingest', '', 'received', 0),
               (2, 'pass', 'received', 'awaiting_approval', 0), (3, 'approve', 'awaiting_approval', 'queued', 0),
               (4, 'claim', 'queued', 'submitting', 1), (5, 'accept', 'submitting', 'accepted', 1), (6, 'pay', 'accepted', 'paid', 1))
               e (version, transition, from_state, to_state, epoch)"
        ),
        format!(
            "insert into attempt (payout_id, number, account, epoch, state, holder, verdict, started_at, ended_at)
             select {payout}, 1, 'past', 1, 'accepted', 'past', 'accepted', now() - interval '1 year', now() - interval '1 year' {each}"
        ),
    ]
}
