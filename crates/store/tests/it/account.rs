//! What is shared about accounts, and who may change it.

use payrun_domain::decide::Idempotency;
use payrun_store::{Error, NewAccount};
use sqlx::{Executor as _, PgPool};

use crate::support::{INDEX, account, accounts, approved, by, past_the_guard, store, store_with};

fn row(name: &str, idempotency: Idempotency, batch: Option<i64>, day: Option<i64>) -> NewAccount {
    NewAccount {
        name: name.parse().unwrap(),
        provider: "bamboo",
        idempotency,
        batch_minor_max: batch,
        day_minor_max: day,
    }
}

async fn limits(pool: &PgPool) -> Vec<(String, Option<i64>, Option<i64>)> {
    let known = sqlx::query_as("select name, batch_minor_max, day_minor_max from account order by name");
    known.fetch_all(pool).await.unwrap()
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_command_adds_accounts_and_changes_no_limit(pool: PgPool) {
    let (ana, role) = (store(&pool).await, store(&pool).await);
    ana.add_accounts(&by("ana"), &[row("one", Idempotency::Deduplicates, Some(100), None)]).await.unwrap();
    // A person whose file has no limits lifts none.
    ana.add_accounts(
        &by("ana"),
        &[
            row("one", Idempotency::Deduplicates, None, None),
            row("two", Idempotency::Searchable, None, Some(7)),
        ],
    )
    .await
    .unwrap();
    let (one, two) = ("one".to_owned(), "two".to_owned());
    assert_eq!(limits(&pool).await, [(one.clone(), Some(100), None), (two.clone(), None, Some(7))]);
    let said = [
        row("one", Idempotency::Deduplicates, Some(100), Some(900)),
        row("two", Idempotency::Searchable, None, Some(7)),
    ];
    let limited = role.sync_accounts(&by("dispatch:1"), &said).await.unwrap();
    assert_eq!(limited.len(), 1, "{limited:?}");
    assert_eq!((limited[0].name.as_str(), limited[0].batch_minor_now), ("one", Some(100)));
    assert_eq!((limited[0].day_minor_before, limited[0].day_minor_now), (None, Some(900)));
    assert_eq!(limits(&pool).await, [(one, Some(100), Some(900)), (two, None, Some(7))]);
    assert_eq!(role.sync_accounts(&by("dispatch:1"), &said).await.unwrap(), [], "they are in force");
}

/// Who must not start leaves no trace: no account, no limit, no key.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn who_is_refused_writes_nothing(pool: PgPool) {
    let owner = accounts(&pool).await;
    let before = limits(&pool).await;
    let next = "index AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n2 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let newer = store_with(&pool, next).await;
    let rows = [
        row("deduplicating", Idempotency::Deduplicates, Some(5), None),
        row("searchable", Idempotency::None, None, None),
        row("new", Idempotency::Deduplicates, None, None),
    ];
    for refused in [
        newer.sync_accounts(&by("dispatch:2"), &rows).await.map(drop),
        newer.add_accounts(&by("dispatch:2"), &rows).await,
    ] {
        assert!(
            matches!(&refused, Err(Error::Account { account }) if account == "searchable"),
            "{refused:?}"
        );
    }
    assert_eq!(limits(&pool).await, before);
    let keys: Vec<i16> =
        sqlx::query_scalar("select key_id from seal_check where key_id > 0").fetch_all(&pool).await.unwrap();
    assert_eq!(keys, [1]);
    let other = store_with(&pool, &format!("{INDEX}\n1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=")).await;
    let refused =
        other.sync_accounts(&by("dispatch:1"), &[row("new", Idempotency::Deduplicates, None, None)]).await;
    assert!(matches!(refused, Err(Error::Keys { key_id: 1 })), "{refused:?}");
    assert_eq!(limits(&pool).await, before);
    owner
        .sync_accounts(&by("setup"), &[row("deduplicating", Idempotency::Deduplicates, None, None)])
        .await
        .unwrap();
}

/// What no process here can open is named; who has every key is not bothered, nor by what is not
/// due or of another account.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn payouts_that_no_key_here_opens_are_noticed(pool: PgPool) {
    let owner = accounts(&pool).await;
    approved(&pool, "sealed", 2).await;
    owner.can_open_due(&account()).await.unwrap();
    let mut past = past_the_guard(&pool).await;
    past.execute("insert into seal_check select 2, sealed from seal_check where key_id = 1").await.unwrap();
    owner.can_open_due(&account()).await.unwrap();
    past.execute("update beneficiary set key_id = 2").await.unwrap();
    let found = owner.can_open_due(&account()).await.unwrap_err();
    assert!(
        matches!(&found, Error::KeyAbsent { key_id: 2, account } if account == "searchable"),
        "{found:?}"
    );
    assert!(found.to_string().contains("key 2") && found.to_string().contains("SIGHUP"), "{found}");
    owner.can_open_due(&"deduplicating".parse().unwrap()).await.unwrap();
    past.execute("update payout set due_at = now() + interval '1 hour'").await.unwrap();
    owner.can_open_due(&account()).await.unwrap();
}

/// A pause leaves its rows where they are, before all that was approved later.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_paused_batch_hides_nothing_that_no_key_here_opens(pool: PgPool) {
    let owner = accounts(&pool).await;
    let (paused, _) = approved(&pool, "paused", 120).await;
    owner.pause_batch(&by("setup"), paused).await.unwrap();
    let (_, stuck) = approved(&pool, "stuck", 1).await;
    let mut past = past_the_guard(&pool).await;
    past.execute("insert into seal_check select 2, sealed from seal_check where key_id = 1").await.unwrap();
    let moved = format!("update beneficiary set key_id = 2 where payout_id = '{}'", stuck[0]);
    past.execute(sqlx::AssertSqlSafe(moved)).await.unwrap();
    let found = owner.can_open_due(&account()).await;
    assert!(matches!(found, Err(Error::KeyAbsent { key_id: 2, .. })), "{found:?}");
}
