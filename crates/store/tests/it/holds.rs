//! Strange rows wait until another person than their uploader has looked at them, and no limit is
//! passed.

use payrun_domain::{
    beneficiary::{AccountKind, Destination, Name, Private},
    id::BatchId,
    money::{Currency, Money},
};
use payrun_store::{
    ApproveError, HoldPolicy, ImportStart, NewAccount, NewBatch, NewPayout, Release, RiskFlag, Source, Store,
};
use sqlx::{Executor as _, PgPool};
use uuid::Uuid;

use crate::support::{account, accounts, approved, by, owner, payout, store};

/// What of the usual row differs.
struct Row {
    account: u32,
    document: &'static str,
    first: &'static str,
    minor: i64,
}

/// As the first row of a batch that [`approved`] makes.
const USUAL: Row = Row { account: 1, document: "48151623", first: "Canaria", minor: 1_001 };

fn row(number: i32, row: &Row) -> NewPayout {
    let mut payout = payout(&format!("second-{number}"), number);
    payout.order.amount = Money::new(row.minor, Currency::Pen).unwrap();
    payout.order.beneficiary.document.number = Private::new(row.document);
    payout.order.beneficiary.name =
        Name::Person { first: Private::new(row.first), last: Some(Private::new("Escondida")) };
    payout.order.beneficiary.destination = Destination::Bank {
        bank: "003".to_owned(),
        number: Private::new(format!("0034815162342{:07}", row.account)),
        kind: AccountKind::Savings,
        local: None,
    };
    payout
}

/// A batch of ana's, in which every mark holds.
async fn uploaded(pool: &PgPool, rows: &[Row]) -> (BatchId, String, Vec<(i32, String)>) {
    let ana = store(pool).await;
    let new = NewBatch {
        id: BatchId::from(Uuid::now_v7()),
        source: Source::File,
        source_name: "second".to_owned(),
        source_digest: [7; 32],
        holds: HoldPolicy { flags: RiskFlag::ALL.to_vec(), repeat_days: 10 },
    };
    let ImportStart::New(mut import) = ana.import(&by("ana"), &new).await.unwrap() else {
        unreachable!("it is new")
    };
    let rows: Vec<NewPayout> = rows.iter().zip(1..).map(|(each, number)| row(number, each)).collect();
    let mut flags: Vec<(i32, String)> =
        import.rows(&rows, &[]).await.unwrap().into_iter().map(|fault| (fault.row, fault.code)).collect();
    flags.sort();
    let batch = import.finish().await.unwrap().batch;
    (batch, ana.batch(batch).await.unwrap().digest_short(), flags)
}

fn release(rows: &[i32], flag: Option<RiskFlag>) -> Release {
    Release { rows: rows.to_vec(), flag, reason: "asked them by telephone".to_owned() }
}

async fn state(pool: &PgPool, batch: BatchId, row: i32) -> String {
    let state = sqlx::query_scalar("select state from payout where batch_id = $1 and row_no = $2");
    state.bind(batch.uuid()).bind(row).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn what_differs_from_earlier_payments_is_marked(pool: PgPool) {
    accounts(&pool).await;
    approved(&pool, "first", 2).await;
    let (_, _, flags) = uploaded(
        &pool,
        &[
            Row { minor: 1_500, ..USUAL },
            USUAL,
            Row { account: 900, minor: 1_500, ..USUAL },
            Row { account: 901, document: "40000009", ..USUAL },
            Row { first: "Otra", minor: 1_500, ..USUAL },
            Row { minor: 100_100, ..USUAL },
            Row { minor: 10_019, ..USUAL },
        ],
    )
    .await;
    let expected = [
        (2, "repeated"),
        (3, "account_changed"),
        (4, "account_new"),
        (5, "account_two_names"),
        (6, "amount_unusual"),
    ];
    assert_eq!(
        flags,
        expected.map(|(row, code)| (row, code.to_owned())),
        "and 10,019 is not ten times 1,002"
    );
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn in_a_first_payroll_nothing_is_strange(pool: PgPool) {
    accounts(&pool).await;
    let (_, _, flags) = uploaded(&pool, &[USUAL, Row { account: 2, minor: 99_999_999, ..USUAL }]).await;
    assert_eq!(flags, []);
}

/// A row that was corrected: another account of the same person, who is paid the same already.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_same_amount_to_the_same_person_elsewhere_is_marked(pool: PgPool) {
    accounts(&pool).await;
    crate::support::uploaded(&pool, "first", &[payout("f-1", 1)]).await;
    let elsewhere = Row { account: 2, ..USUAL };
    let (_, _, flags) = uploaded(&pool, &[elsewhere, Row { account: 3, minor: 1_002, ..USUAL }]).await;
    assert_eq!(flags, [(1, "repeated".to_owned())], "another amount is another payment");
}

/// Uploaded, mended and uploaded again: no approver has approved anything yet, and yet it is the
/// same payroll.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_payroll_that_waits_is_compared_with_too(pool: PgPool) {
    accounts(&pool).await;
    crate::support::uploaded(&pool, "first", &[payout("f-1", 1)]).await;
    let (_, _, flags) = uploaded(&pool, &[USUAL]).await;
    assert_eq!(flags, [(1, "repeated".to_owned())]);
}

/// However many rows came in between.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn nothing_is_pushed_out_of_sight(pool: PgPool) {
    accounts(&pool).await;
    approved(&pool, "first", 1).await;
    let between: Vec<NewPayout> = (1..=150)
        .map(|number| {
            let mut between = row(number, &Row { minor: 5_000 + i64::from(number), ..USUAL });
            between.client_id = format!("between-{number}");
            between
        })
        .collect();
    crate::support::uploaded(&pool, "between", &between).await;
    let (_, _, flags) = uploaded(&pool, &[USUAL]).await;
    assert_eq!(flags, [(1, "repeated".to_owned())], "and the account is known");
}

/// Two imports at the same moment cannot see each other; the one that ends last must look again.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_second_of_two_imports_is_not_taken_unseen(pool: PgPool) {
    accounts(&pool).await;
    let (ana, eva) = (store(&pool).await, store(&pool).await);
    let mut one = crate::support::open_new(&ana, "ana", "one").await;
    let mut other = crate::support::open_new(&eva, "eva", "other").await;
    assert!(one.rows(&[payout("one", 1)], &[]).await.unwrap().is_empty());
    assert!(other.rows(&[payout("other", 1)], &[]).await.unwrap().is_empty(), "nothing is to be seen yet");
    one.finish().await.unwrap();
    assert!(matches!(other.finish().await, Err(payrun_store::Error::Overtaken)));
    let mut again = crate::support::open_new(&eva, "eva", "other").await;
    let found = again.rows(&[payout("other", 1)], &[]).await.unwrap();
    assert_eq!(found[0].code, "repeated");
    again.finish().await.unwrap();
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_held_row_waits_for_somebody_else(pool: PgPool) {
    accounts(&pool).await;
    approved(&pool, "first", 1).await;
    let strange = Row { account: 900, minor: 100_100, ..USUAL };
    let (batch, digest, _) = uploaded(&pool, &[Row { minor: 1_500, ..USUAL }, strange, USUAL]).await;
    let (ana, luis) = (store(&pool).await, store(&pool).await);
    assert_eq!(ana.held(batch, 10).await.unwrap().len(), 3, "one row is held for two things");
    let early = luis.approve(&by("luis"), batch, &digest).await;
    assert!(matches!(early, Err(ApproveError::Held(2))), "{early:?}");
    let own = store(&pool).await.release(&by("ANA"), batch, &release(&[], None)).await;
    assert!(matches!(own, Err(ApproveError::Uploader(_))), "{own:?}");
    assert!(
        matches!(luis.release(&by("luis"), batch, &release(&[1], None)).await, Err(ApproveError::NotHeld(rows)) if rows == [1])
    );
    assert_eq!(
        luis.release(&by("luis"), batch, &release(&[2], Some(RiskFlag::AmountUnusual))).await.unwrap(),
        0,
        "held still"
    );
    assert_eq!(state(&pool, batch, 2).await, "held");
    assert_eq!(
        luis.release(&by("luis"), batch, &release(&[], Some(RiskFlag::AccountChanged))).await.unwrap(),
        1
    );
    assert_eq!(luis.exclude(&by("luis"), batch, &[3]).await.unwrap(), 1);
    assert_eq!(luis.approve(&by("luis"), batch, &digest).await.unwrap().queued, 2);
    assert_eq!([state(&pool, batch, 2).await, state(&pool, batch, 3).await], ["queued", "cancelled"]);
}

/// A thief of the application's password cannot pass a held row by, nor say that its uploader
/// released it.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_database_holds_what_is_held(pool: PgPool) {
    accounts(&pool).await;
    approved(&pool, "first", 1).await;
    let (batch, ..) = uploaded(&pool, &[USUAL]).await;
    let owner = owner(&pool).await;
    let pass = async || {
        let sql = "update payout set state = 'awaiting_approval', transition = 'pass', version = version + 1, reason = null where batch_id = $1";
        sqlx::query(sql).bind(batch.uuid()).execute(&owner).await.unwrap_err().to_string()
    };
    assert!(pass().await.contains("cannot go from held"));
    let said = "update hold set released_by = 'Ana', released_at = now(), reason = 'I know them'";
    owner.execute(said).await.unwrap();
    assert!(pass().await.contains("cannot go from held"), "nor by its uploader");
    let again = owner.execute("update hold set released_by = 'luis'").await.unwrap_err();
    assert!(again.to_string().contains("released already"), "{again}");
}

async fn limited(store: &Store, batch: Option<i64>, day: Option<i64>) {
    let row = NewAccount {
        name: account(),
        provider: "bamboo",
        idempotency: payrun_domain::decide::Idempotency::Searchable,
        batch_minor_max: batch,
        day_minor_max: day,
    };
    store.sync_accounts(&by("setup"), &[row]).await.unwrap();
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn no_approval_passes_a_limit(pool: PgPool) {
    let setup = accounts(&pool).await;
    approved(&pool, "first", 2).await;
    let luis = store(&pool).await;
    let (batch, digest) =
        crate::support::uploaded(&pool, "next", &[payout("n-1", 1), payout("n-2", 2)]).await;
    for (limits, within) in [((Some(2_002), None), "in one batch"), ((None, Some(4_005)), "within 24 hours")]
    {
        limited(&setup, limits.0, limits.1).await;
        let refused = luis.approve(&by("luis"), batch, &digest).await;
        assert!(
            matches!(&refused, Err(ApproveError::Limit { within: found, .. }) if *found == within),
            "{refused:?}"
        );
    }
    limited(&setup, Some(2_003), Some(4_006)).await;
    assert_eq!(luis.approve(&by("luis"), batch, &digest).await.unwrap().queued, 2);
}

/// In a database that came from a backup, what is not approved may have been approved since, and
/// paid.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn after_a_restore_nothing_unapproved_is_given_up_or_sent_unasked(pool: PgPool) {
    let owner = accounts(&pool).await;
    approved(&pool, "first", 1).await;
    let (batch, digest, _) = uploaded(&pool, &[Row { account: 2, ..USUAL }]).await;
    assert_eq!(state(&pool, batch, 1).await, "held");
    owner.open_history(&by("setup")).await.unwrap();
    let luis = store(&pool).await;
    let unapproved = luis.unapproved().await.unwrap();
    assert_eq!(unapproved.iter().map(|one| (one.batch, one.payouts)).collect::<Vec<_>>(), [(batch, 1)]);
    assert!(matches!(luis.exclude(&by("luis"), batch, &[1]).await, Err(ApproveError::InDoubt)));
    assert!(matches!(luis.cancel_batch(&by("luis"), batch).await, Err(ApproveError::InDoubt)));
    luis.release(&by("luis"), batch, &release(&[1], None)).await.unwrap();
    assert!(luis.batch(batch).await.unwrap().is_in_doubt);
    assert_eq!(luis.approve(&by("luis"), batch, &digest).await.unwrap().queued, 1);
    assert_eq!(state(&pool, batch, 1).await, "unknown");
    assert_eq!(luis.cancel_batch(&by("luis"), batch).await.unwrap().cancelled, 0, "it is looked up first");
    assert_eq!(state(&pool, batch, 1).await, "unknown");
}
