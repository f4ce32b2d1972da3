//! Stores, accounts and batches to test with. Made-up keys, made-up people.

use std::{sync::Arc, time::Duration};

use payrun_domain::{
    beneficiary::{AccountKind, Beneficiary, Destination, Document, Name, Private},
    country::Country,
    decide::Class,
    id::{BatchId, PayoutId},
    money::{Currency, Money},
    name::AccountName,
    order::Order,
    reference::Reference,
};
use payrun_store::{Import, NewAccount, NewBatch, NewPayout, Opened, Options, Sealer, Source, Store};
use sqlx::{ConnectOptions as _, Executor as _, PgConnection, PgPool};
use uuid::Uuid;

const KEYS: &str = "1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

/// A connection as the application has it, acting as `tester`.
pub(crate) async fn app(pool: &PgPool) -> PgConnection {
    let mut connection = pool.acquire().await.unwrap().detach();
    connection.execute("set payrun.actor = 'tester'").await.unwrap();
    // As at login: a session that only has the role cannot go back to its owner's rights.
    connection.execute("set session authorization default").await.unwrap();
    connection.execute("set role payrun_app").await.unwrap();
    connection
}

/// SQLSTATE of an error.
pub(crate) fn code(error: &sqlx::Error) -> String {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).map(Into::into).unwrap_or_default()
}

/// A store that acts for somebody.
pub(crate) async fn store(pool: &PgPool, actor: &str) -> Store {
    store_with(pool, actor, KEYS).await
}

/// A store with a key file of its own.
pub(crate) async fn store_with(pool: &PgPool, actor: &str, keys: &str) -> Store {
    let options = Options {
        url: pool.connect_options().to_url_lossy().to_string().into(),
        actor: actor.parse().unwrap(),
        connections_max: 8,
        acquire_timeout: Duration::from_secs(30),
    };
    let sealer = Arc::new(Sealer::from_key_file(&keys.into()).unwrap());
    Store::open(&options, sealer).await.unwrap()
}

/// One account of each class.
pub(crate) async fn accounts(pool: &PgPool) -> Store {
    let store = store(pool, "setup").await;
    let rows = [("class-a", Class::A), ("class-b", Class::B), ("class-c", Class::C)]
        .map(|(name, class)| NewAccount { name: name.parse().unwrap(), provider: "bamboo", class });
    assert_eq!(store.sync_accounts(&rows).await.unwrap(), Vec::<AccountName>::new());
    store
}

/// A payout of `class-b` for row `row`.
pub(crate) fn payout(client_id: &str, row: i32) -> NewPayout {
    let id = PayoutId::from(Uuid::now_v7());
    NewPayout {
        id,
        row,
        line: i64::from(row) + 1,
        client_id: client_id.to_owned(),
        account: "class-b".parse().unwrap(),
        order: Order {
            reference: Reference::of(id),
            amount: Money::new(1_000 + i64::from(row), Currency::Pen).unwrap(),
            country: Country::Pe,
            beneficiary: Beneficiary {
                name: Name::Person { first: Private::new("Canaria"), last: Private::new("Escondida") },
                document: Document { kind: "DNI".to_owned(), number: Private::new("48151623") },
                destination: Destination::Bank {
                    bank: "003".to_owned(),
                    number: Private::new(format!("0034815162342{row:07}")),
                    kind: AccountKind::Savings,
                },
            },
            description: Private::new("Sueldo de Canaria"),
            provider_id: None,
        },
    }
}

/// Opens a batch whose bytes are told apart by `name`.
pub(crate) async fn open(store: &Store, name: &str) -> Opened {
    let mut digest = [0; 32];
    digest[..name.len()].copy_from_slice(name.as_bytes());
    let new = NewBatch {
        id: BatchId::from(Uuid::now_v7()),
        source: Source::File,
        source_name: name.to_owned(),
        source_digest: digest,
    };
    store.import(&new).await.unwrap()
}

/// A batch that is new.
pub(crate) async fn open_new(store: &Store, name: &str) -> Box<Import> {
    match open(store, name).await {
        Opened::New(import) => import,
        Opened::Same(_) => unreachable!("{name} was imported before"),
    }
}

/// A batch of `rows` payouts, uploaded by ana and approved by luis; its payouts.
pub(crate) async fn approved(pool: &PgPool, name: &str, rows: i32) -> (BatchId, Vec<PayoutId>) {
    let (ana, luis) = (store(pool, "ana").await, store(pool, "luis").await);
    let payouts: Vec<_> = (1..=rows).map(|row| payout(&format!("{name}-{row}"), row)).collect();
    let mut import = open_new(&ana, name).await;
    assert!(import.rows(&payouts, &[]).await.unwrap().is_empty());
    let imported = import.finish().await.unwrap();
    let digest = ana.batch(imported.batch).await.unwrap().digest_short();
    assert_eq!(luis.approve(imported.batch, &digest).await.unwrap(), i64::from(rows));
    (imported.batch, payouts.into_iter().map(|payout| payout.id).collect())
}
