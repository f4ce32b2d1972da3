//! What the hot path costs: every statement reads as many rows as it works on, however many there
//! are and however the planner was set.
//!
//! **Reads**: the plans, as Postgres ran them (`auto_explain`). **Invariant**: no step of a payout
//! grows dearer with the table.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use payrun_domain::{
    id::{MessageId, PayoutId},
    payout::{PayoutState, Transition},
    reference::Reference,
};
use payrun_store::{ReceivedWebhook, Settlement, Store};
use sqlx::{Executor as _, PgPool};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::support::{
    LEASE, ROOM, account, accounts, app, approved, by, claim_one, conclusion, detail, past_the_guard, peer,
    settlement, store,
};

/// The payouts of each kind, beside those that are worked on.
const OTHERS: u64 = 3_000;
/// Payouts that are worked on at once, and the tables that always stay small, are below it;
/// `OTHERS` is far above it.
const BOUND: u64 = 300;
/// Worked on in one statement.
const GROUP: i32 = 20;

/// Collects what Postgres says to the connections of this thread.
#[derive(Clone, Default)]
struct Plans(Arc<Mutex<Vec<u8>>>);

impl io::Write for Plans {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Plans {
    /// Every connection that is opened from now on tells its plans, those of triggers too.
    async fn listen(pool: &PgPool) -> (Self, tracing::subscriber::DefaultGuard) {
        for setting in [
            "session_preload_libraries = auto_explain",
            "auto_explain.log_min_duration = 0",
            "auto_explain.log_nested_statements = on",
            "auto_explain.log_analyze = on",
            "client_min_messages = log",
        ] {
            let set = format!(
                "do $$ begin execute format('alter database %I set {setting}', current_database()); end $$"
            );
            pool.execute(sqlx::AssertSqlSafe(set)).await.unwrap();
        }
        let plans = Self::default();
        let writer = plans.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("sqlx::postgres::notice=trace")
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (plans, subscriber.set_default())
    }

    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

/// The number after `name` in a line of a plan.
fn number(line: &str, name: &str) -> Option<u64> {
    let digits = line.split_once(name)?.1;
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// Lines of plans that tell of more rows than were asked for.
fn beyond(plans: &str) -> Vec<&str> {
    let is_beyond = |line: &&str| {
        let read = line
            .split_once("(actual time=")
            .and_then(|(_, actual)| Some(number(actual, "rows=")?.saturating_mul(number(actual, "loops=")?)));
        let removed =
            number(line, "Rows Removed by Filter: ").or(number(line, "Rows Removed by Join Filter: "));
        read.max(removed).is_some_and(|rows| rows > BOUND)
    };
    plans.lines().filter(is_beyond).collect()
}

/// What an attempt can be resolved to by one group of look-ups.
const RESOLUTIONS: u64 = 3;

/// Index conditions with an array that are begun anew for each row of something else: Postgres
/// sorts the array each time.
fn sorted_again(plans: &str) -> Vec<&str> {
    let mut loops = 0;
    let mut found = Vec::new();
    for line in plans.lines() {
        if let Some((_, actual)) = line.split_once("(actual time=") {
            loops = number(actual, "loops=").unwrap_or(0);
        }
        if line.contains("Index Cond:") && line.contains("= ANY") && loops > RESOLUTIONS {
            found.push(line);
        }
    }
    found
}

/// Every statement that the roles run for a payout, and all that they run again and again.
async fn hot_path(store: &Store, name: &str, payouts: &[PayoutId]) {
    store.due(&account(), Duration::ZERO, i64::from(GROUP)).await.unwrap();
    let claimed = store.claim(&by("dispatch:1"), &peer(), payouts, LEASE).await.unwrap();
    assert_eq!(claimed.len(), payouts.len());
    let concluded: Vec<_> = claimed
        .iter()
        .enumerate()
        .map(|(nth, claimed)| {
            conclusion(claimed, if nth % 2 == 0 { Transition::Accept } else { Transition::Doubt })
        })
        .collect();
    assert_eq!(store.record(&by("setup"), &concluded).await.unwrap().len(), payouts.len());
    let looked = store.take_lookups(&by("setup"), &peer(), LEASE, ROOM).await.unwrap();
    // A call has brought one of the last round forward, which is paid.
    let settled: Vec<_> = looked
        .iter()
        .filter(|lookup| lookup.state != PayoutState::Paid)
        .map(|lookup| {
            let is_accepted = lookup.state == PayoutState::Accepted;
            let found = if is_accepted { Transition::Pay } else { Transition::FindPaid };
            Settlement { due_in: Some(LEASE), ..settlement(lookup, Some(found)) }
        })
        .collect();
    assert_eq!(store.settle(&by("setup"), &settled).await.unwrap().len(), payouts.len());
    // What was planted is found, and cannot be opened.
    let _ = store.youngest_canary(&peer()).await;
    store.expire_leases(&by("setup"), Duration::ZERO, LEASE, i64::from(GROUP)).await.unwrap();
    store.cancel_unsent(&by("setup"), i64::from(GROUP)).await.unwrap();
    store.doubt_stale_absences(&by("setup"), &account(), i64::from(GROUP)).await.unwrap();
    let reference = match payouts.first() {
        Some(payout) => Some(detail(store, *payout).await.payout.reference),
        None => None,
    };
    for (reference, provider_id) in
        [(reference.as_ref().map(Reference::as_str), None), (None, Some("9")), (None, Some("planted-7"))]
    {
        let body = format!("{name} {reference:?} {provider_id:?}");
        let account = account();
        let call = ReceivedWebhook {
            account: &account,
            body: body.as_bytes(),
            reference,
            provider_id,
            status: "1",
            receipt: None,
            reported: Some(PayoutState::Paid),
        };
        store.receive_webhook(&by("setup"), &call).await.unwrap();
    }
    store.match_webhooks(&by("setup"), Duration::from_hours(24)).await.unwrap();
    let waiting = store.take_outbox(&by("setup"), LEASE, i64::from(GROUP)).await.unwrap();
    let ids: Vec<MessageId> = waiting.iter().map(|message| message.id).collect();
    store.release_outbox(&by("setup"), &ids).await.unwrap();
    store.delete_outbox(&by("setup"), &ids).await.unwrap();
}

/// `OTHERS` payouts in each state that the hot path knows, none of them due, with their
/// beneficiaries, attempts and messages.
async fn plant(pool: &PgPool) {
    let mut owner = past_the_guard(pool).await;
    owner.execute("set client_min_messages = warning").await.unwrap();
    let statement = format!(
        "insert into batch (id, source, source_name, source_digest, digest, accepted, uploaded_by, approved_by, approved_at)
           values ('00000000-0000-0000-0000-000000000001', 'reissue', 'x', sha256('x'), sha256('x'), 1, 'ana', 'luis', now());
         insert into batch_account (account, batch_id, last_row)
         values ('searchable', '00000000-0000-0000-0000-000000000001', 6 * {OTHERS});
         insert into payout (id, batch_id, row_no, client_id, account, reference, country, currency, amount_minor, state, version,
           transition, epoch, attempts, sends, sent_at, due_at, provider_id)
         select gen_random_uuid(), '00000000-0000-0000-0000-000000000001', n, 'planted-' || n, 'searchable', 'X' || n, 'PE', 'PEN', 1000,
           (array['queued', 'submitting', 'unknown', 'accepted', 'paid', 'rejected'])[1 + n % 6], 7, 'claim', 1, 1, 1, now(),
           now() + interval '1 day', 'planted-' || n
         from generate_series(1, 6 * {OTHERS}) n;
         insert into attempt (payout_id, number, account, epoch, state, holder)
         select id, 1, account, 1, case state when 'submitting' then 'intent' when 'unknown' then 'ambiguous' else 'accepted' end, 'x'
         from payout where client_id like 'planted-%';
         insert into beneficiary (payout_id, key_id, name, document, destination, contact, description, person_index, name_index)
         select id, 1, '', '', '', '', '', uuid_send(id), uuid_send(id) from payout where client_id like 'planted-%';
         insert into outbox (id, account, payouts, taken_until)
         select gen_random_uuid(), 'deduplicating', array[gen_random_uuid()], now() + interval '1 day' from generate_series(1, {OTHERS});"
    );
    owner.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_hot_path_reads_what_it_works_on(pool: PgPool) {
    accounts(&pool).await;
    let (plans, _listening) = Plans::listen(&pool).await;
    let long_lived = store(&pool).await;
    // Plans are kept from now on; for all that they know, the tables are empty.
    hot_path(&long_lived, "first", &[]).await;
    plant(&pool).await;
    let mut heard = String::new();
    for (told, store) in [
        ("nothing, long ago", long_lived),
        ("nothing", store(&pool).await),
        ("the size", store(&pool).await),
        ("all", store(&pool).await),
    ] {
        match told {
            // As a vacuum leaves it that comes before the first `analyze`: how many rows there are,
            // not how
            // many are of one payout.
            "the size" => believed(&pool).await,
            "all" => drop(pool.execute("analyze").await.unwrap()),
            _ => {}
        }
        let (_, payouts) = approved(&pool, told, GROUP).await;
        plans.take();
        hot_path(&store, told, &payouts).await;
        heard = plans.take();
        assert_eq!(beyond(&heard), [""; 0], "the planner was told {told}");
        assert_eq!(sorted_again(&heard), [""; 0], "the planner was told {told}");
    }
    for statement in ["insert into attempt", "with outcome", "with answer", "insert into payout_event"] {
        assert!(heard.contains(statement), "{statement} was not listened to");
    }
}

/// Lets the planner take the tables for larger than they are.
async fn believed(pool: &PgPool) {
    let statement = "update pg_class set reltuples = 1000000, relpages = pg_relation_size(oid) / 8192
        where relname in ('payout', 'attempt', 'beneficiary', 'payout_event')";
    past_the_guard(pool).await.execute(statement).await.unwrap();
}

/// While everything of a large batch is due, too.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn keys_are_compared_with_the_head_of_the_queue_only(pool: PgPool) {
    accounts(&pool).await;
    plant(&pool).await;
    let mut owner = past_the_guard(&pool).await;
    owner.execute("update payout set due_at = now() where state = 'queued'").await.unwrap();
    let (plans, _listening) = Plans::listen(&pool).await;
    let store = store(&pool).await;
    plans.take();
    store.can_open_due(&account()).await.unwrap();
    let heard = plans.take();
    assert!(heard.contains("seal_check"), "it was not listened to");
    assert_eq!(beyond(&heard), [""; 0], "every key is here");
    // A key that this process has not: nothing is sealed with it, which only the queue can tell.
    owner.execute("insert into seal_check select 2, sealed from seal_check where key_id = 1").await.unwrap();
    store.can_open_due(&account()).await.unwrap();
    let heard = plans.take();
    assert!(heard.contains("payout_open on payout"), "{heard}");
    assert_eq!(beyond(&heard), [""; 0], "one is not");
}

/// The guard compares all changed rows with what they were: in one session one row, then ten
/// thousand.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_guard_reads_each_changed_row_once(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, one) = approved(&pool, "one", 1).await;
    claim_one(&store, one[0], LEASE).await;
    plant(&pool).await;
    let (plans, _listening) = Plans::listen(&pool).await;
    let mut session =
        app(&sqlx::PgPool::connect_with((*pool.connect_options()).clone()).await.unwrap()).await;
    let cancel = "update payout set state = 'unknown', transition = 'expire_lease', version = version + 1, epoch = epoch + 1,
                    state_since = clock_timestamp()
                  where state = 'submitting' and";
    let end = "update attempt set state = 'ambiguous' where state = 'intent' and";
    for (which, rows) in
        [("attempts < 1", 0), ("client_id = 'one-1'", 1), ("client_id like 'planted-%'", OTHERS)]
    {
        plans.take();
        let attempts = format!("{end} payout_id in (select id from payout where {which})");
        let ended = session.execute(sqlx::AssertSqlSafe(attempts)).await.unwrap();
        let moved = session.execute(sqlx::AssertSqlSafe(format!("{cancel} {which}"))).await.unwrap();
        assert_eq!((ended.rows_affected(), moved.rows_affected()), (rows, rows));
    }
    let plans = plans.take();
    let scans: Vec<&str> = plans.lines().filter(|line| line.contains("Named Tuplestore Scan")).collect();
    assert_eq!(scans.len(), 4, "the guards of payout and attempt read what was and what is: {plans}");
    for scan in scans {
        assert_eq!(number(scan, "actual time=").and(number(scan, "loops=")), Some(1), "{scan}");
    }
}
