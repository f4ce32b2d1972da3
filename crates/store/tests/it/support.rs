//! Stores, accounts and batches to test with. Made-up keys, made-up people.

use std::{sync::Arc, time::Duration};

use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Contact, Destination, Document, Name, Private},
    country::Country,
    decide::Idempotency,
    fault::Severity,
    id::{BatchId, PayoutId},
    money::{Currency, Money},
    name::{AccountName, Actor},
    order::Order,
    payout::Transition,
    reference::Reference,
    verdict::{ProviderId, Record},
};
use payrun_store::{
    Claimed, Conclusion, Error, HoldPolicy, Import, ImportStart, Lookup, LookupRoom, NewAccount, NewBatch,
    NewPayout, NotFoundCount, Options, PayoutDetail, Peer, Reissue, ReissueBatch, ReviewError, Sealer,
    Settled, Settlement, Source, Store,
};
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, PgPool};
use uuid::Uuid;

/// The line of a key file that finds people and accounts again.
pub(crate) const INDEX: &str = "index AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
/// A key file.
pub(crate) const KEYS: &str =
    "index AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// Longer than any test.
pub(crate) const LEASE: Duration = Duration::from_mins(1);
/// More than any test has due.
pub(crate) const ROOM: LookupRoom = LookupRoom { open: 20, watched: 20 };

/// A connection as the application has it, acting as `tester`.
pub(crate) async fn app(pool: &PgPool) -> PgConnection {
    let mut connection = pool.acquire().await.unwrap().detach();
    connection.execute("set payrun.actor = 'tester'").await.unwrap();
    // As at login: a session that only has the role cannot go back to its owner's rights.
    connection.execute("set session authorization default").await.unwrap();
    connection.execute("set role payrun_app").await.unwrap();
    connection
}

/// Connections as the owner of the tables has them, acting as `owner`.
pub(crate) async fn owner(pool: &PgPool) -> PgPool {
    let options = (*pool.connect_options()).clone().options([("payrun.actor", "owner")]);
    PgPool::connect_with(options).await.unwrap()
}

/// A connection that no trigger stops, to plant what a test begins with.
pub(crate) async fn past_the_guard(pool: &PgPool) -> PgConnection {
    let mut connection = pool.acquire().await.unwrap().detach();
    connection.execute("set session_replication_role = replica").await.unwrap();
    connection
}

/// SQLSTATE of an error.
pub(crate) fn code(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(Into::into).unwrap_or_default()
}

/// Who acts.
pub(crate) fn by(name: &str) -> Actor {
    name.parse().unwrap()
}

/// A store.
pub(crate) async fn store(pool: &PgPool) -> Store {
    store_with(pool, KEYS).await
}

/// A store with a key file of its own.
pub(crate) async fn store_with(pool: &PgPool, keys: &str) -> Store {
    let sealer = Arc::new(Sealer::from_key_file(&keys.into()).unwrap());
    Store::open(&options(pool), sealer).await.unwrap()
}

/// A store that has one connection, so that what befalls it is seen by its next user.
pub(crate) async fn store_of_one(url: String) -> Store {
    try_store_of_one(url).await.unwrap()
}

/// As [`store_of_one`], where it may be refused.
pub(crate) async fn try_store_of_one(url: String) -> Result<Store, Error> {
    let options = Options { url: url.into(), connections_max: 1, acquire_timeout: Duration::from_secs(10) };
    Store::open(&options, Arc::new(Sealer::from_key_file(&KEYS.into()).unwrap())).await
}

fn options(pool: &PgPool) -> Options {
    Options {
        url: pool.connect_options().to_url_lossy().to_string().into(),
        connections_max: 8,
        acquire_timeout: Duration::from_secs(30),
    }
}

/// The account that [`payout`] is of.
pub(crate) fn account() -> AccountName {
    "searchable".parse().unwrap()
}

/// One account of each idempotency.
pub(crate) async fn accounts(pool: &PgPool) -> Store {
    let store = store(pool).await;
    let rows = [
        ("deduplicating", Idempotency::Deduplicates),
        ("searchable", Idempotency::Searchable),
        ("opaque", Idempotency::None),
    ]
    .map(|(name, idempotency)| NewAccount {
        name: name.parse().unwrap(),
        provider: "bamboo",
        idempotency,
        batch_minor_max: None,
        day_minor_max: None,
    });
    store.add_accounts(&by("setup"), &rows).await.unwrap();
    for row in &rows {
        assert!(store.meet_peer(&by("setup"), &peer_of(row.name.as_str())).await.unwrap());
    }
    store
}

/// Where payouts are sent to.
pub(crate) fn peer() -> Peer {
    peer_of("searchable")
}

/// The same of another account.
pub(crate) fn peer_of(account: &str) -> Peer {
    let sealer = Sealer::from_key_file(&KEYS.into()).unwrap();
    sealer.peer(&account.parse().unwrap(), "https://provider.example.test", &"merchant-1".into())
}

/// A payout of `searchable` for row `row`.
pub(crate) fn payout(client_id: &str, row: i32) -> NewPayout {
    let id = PayoutId::from(Uuid::now_v7());
    NewPayout {
        id,
        row,
        line: i64::from(row) + 1,
        client_id: client_id.to_owned(),
        account: account(),
        order: Order {
            reference: Reference::of(id.uuid().as_u128()),
            amount: Money::new(1_000 + i64::from(row), Currency::Pen).unwrap(),
            country: Country::Pe,
            beneficiary: Beneficiary {
                name: Name::Person { first: Private::new("Canaria"), last: Some(Private::new("Escondida")) },
                document: Document { kind: "DNI".to_owned(), number: Private::new("48151623") },
                destination: Destination::Bank {
                    bank: "003".to_owned(),
                    number: Private::new(format!("0034815162342{row:07}")),
                    kind: AccountKind::Savings,
                    local: None,
                },
                contact: Contact { phone: Some(Private::new("987000111")), email: None },
            },
            description: Private::new("Sueldo de Canaria"),
            send_date: None,
            provider_id: None,
        },
    }
}

/// Nothing is strange.
pub(crate) const fn no_holds() -> HoldPolicy {
    HoldPolicy { flags: Vec::new(), repeat_days: 1 }
}

/// Opens a batch whose bytes are told apart by `name`.
pub(crate) async fn open(store: &Store, uploader: &str, name: &str) -> ImportStart {
    let mut digest = [0; 32];
    digest[..name.len()].copy_from_slice(name.as_bytes());
    let new = NewBatch {
        id: BatchId::from(Uuid::now_v7()),
        source: Source::File,
        source_name: name.to_owned(),
        source_digest: digest,
        holds: no_holds(),
    };
    store.import(&by(uploader), &new).await.unwrap()
}

/// A batch that is new.
pub(crate) async fn open_new(store: &Store, uploader: &str, name: &str) -> Box<Import> {
    match open(store, uploader, name).await {
        ImportStart::New(import) => import,
        ImportStart::Same(_) => unreachable!("{name} was imported before"),
    }
}

/// A batch of `payouts`, uploaded by ana; its digest as people compare it.
pub(crate) async fn uploaded(pool: &PgPool, name: &str, payouts: &[NewPayout]) -> (BatchId, String) {
    let ana = store(pool).await;
    let mut import = open_new(&ana, "ana", name).await;
    // The same made-up people are paid again and again, which is remarked.
    let found = import.rows(payouts, &[]).await.unwrap();
    assert!(found.iter().all(|fault| fault.severity == Severity::Warning), "{found:?}");
    let batch = import.finish().await.unwrap().batch;
    (batch, ana.batch(batch).await.unwrap().digest_short())
}

/// A batch of `rows` payouts, uploaded by ana and approved by luis; its payouts.
pub(crate) async fn approved(pool: &PgPool, name: &str, rows: i32) -> (BatchId, Vec<PayoutId>) {
    let payouts: Vec<_> = (1..=rows).map(|row| payout(&format!("{name}-{row}"), row)).collect();
    let (batch, digest) = uploaded(pool, name, &payouts).await;
    assert_eq!(store(pool).await.approve(&by("luis"), batch, &digest).await.unwrap().queued, i64::from(rows));
    (batch, payouts.into_iter().map(|payout| payout.id).collect())
}

/// One payout, claimed.
pub(crate) async fn claim_one(store: &Store, payout: PayoutId, lease: Duration) -> Claimed {
    let mut claimed = store.claim(&by("dispatch:1"), &peer(), &[payout], lease).await.unwrap();
    assert_eq!(claimed.len(), 1, "{payout} is not to be had");
    claimed.remove(0)
}

/// An approved payout whose send ended as `transition` says.
pub(crate) async fn sent(pool: &PgPool, store: &Store, name: &str, transition: Transition) -> PayoutId {
    let (_, payouts) = approved(pool, name, 1).await;
    let claimed = claim_one(store, payouts[0], LEASE).await;
    assert_eq!(store.record(&by("dispatch:1"), &[conclusion(&claimed, transition)]).await.unwrap(), payouts);
    payouts[0]
}

/// What ends a send so; a record when the provider gave one, a code when it did not. Due at once.
pub(crate) fn conclusion(claimed: &Claimed, transition: Transition) -> Conclusion {
    let has_it = matches!(transition, Transition::Accept | Transition::PayAtOnce);
    Conclusion {
        payout: claimed.payout,
        epoch: claimed.epoch,
        attempt: claimed.attempt,
        transition,
        verdict: "test",
        code: (!has_it).then(|| "813".to_owned()),
        record: has_it.then(|| record(&claimed.payout.to_string(), "5")),
        due_in: Some(Duration::ZERO),
        error: None,
        reply: None,
        amount: claimed.order.amount,
    }
}

/// A provider's record.
pub(crate) fn record(id: &str, status: &str) -> Record {
    Record { id: ProviderId::parse(id).unwrap(), status: status.to_owned() }
}

/// The one look-up that is due.
pub(crate) async fn look_up(store: &Store) -> Lookup {
    let mut due = store.take_lookups(&by("reconcile:1"), &peer(), LEASE, ROOM).await.unwrap();
    assert_eq!(due.len(), 1, "one look-up is due");
    due.remove(0)
}

/// What a look-up changes: nothing else than `transition`, and it is due again at once.
pub(crate) fn settlement(looked: &Lookup, transition: Option<Transition>) -> Settlement {
    Settlement {
        payout: looked.payout,
        version: looked.version,
        from: looked.state,
        transition,
        answer: "made up".to_owned(),
        error: None,
        record: None,
        reason: (transition == Some(Transition::Park)).then(|| "planted".to_owned()),
        returned: None,
        not_found: NotFoundCount::Keep,
        due_in: Some(Duration::ZERO),
        anomaly: None,
        asked_at: looked.taken_at,
        amount: looked.order.amount,
    }
}

/// Where a payout is issued again: the new batch, and the new payout.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewIssue {
    pub(crate) batch: BatchId,
    pub(crate) payout: PayoutId,
}

/// Ids of their own.
pub(crate) fn new_issue() -> NewIssue {
    NewIssue { batch: Uuid::now_v7().into(), payout: Uuid::now_v7().into() }
}

/// Issues one payout again.
pub(crate) async fn reissue(
    store: &Store,
    who: &str,
    old: PayoutId,
    new: NewIssue,
    compared: Option<&str>,
) -> Result<(), ReviewError> {
    let batch = ReissueBatch { id: new.batch, name: format!("reissue of {old}") };
    let mut left = store.reissue(&by(who), &batch, &[Reissue { old, new: new.payout }], compared).await?;
    left.pop().map_or(Ok(()), |(_, refusal)| Err(refusal))
}

/// Which payouts were settled.
pub(crate) fn ids(settled: &[Settled]) -> Vec<PayoutId> {
    settled.iter().map(|settled| settled.payout).collect()
}

/// A payout and all that happened to it.
pub(crate) async fn detail(store: &Store, payout: PayoutId) -> PayoutDetail {
    store.payout(payout).await.unwrap().unwrap()
}

/// Where a payout and its last attempt stand.
pub(crate) async fn states(store: &Store, payout: PayoutId) -> (String, String) {
    let detail = detail(store, payout).await;
    let attempt = detail.attempts.last().map_or("", |attempt| attempt.state.as_str());
    (detail.payout.state.to_string(), attempt.to_owned())
}

/// Until a statement in this database waits for a lock.
pub(crate) async fn one_waits(pool: &PgPool) {
    let waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    let one = async { while sqlx::query_scalar::<_, i64>(waiting).fetch_one(pool).await.unwrap() == 0 {} };
    assert!(tokio::time::timeout(Duration::from_mins(1), one).await.is_ok(), "no process waits");
}
