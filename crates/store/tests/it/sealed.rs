//! Personal data at rest: nothing of it can be read in any table, moved to another payout, or
//! opened with another key.

use data_encoding::HEXLOWER;
use payrun_domain::{
    beneficiary::{Destination, Private},
    payout::Transition,
};
use payrun_store::{Conclusion, Error, PoisonMessage, ReplyEvidence};
use sqlx::PgPool;

use crate::support::{
    INDEX, LEASE, accounts, approved, by, claim_one, conclusion, payout, peer, store_with, uploaded,
};

/// All that is personal of the payouts that tests make.
const CANARIES: [&str; 5] = ["Canaria", "Escondida", "48151623", "0034815162342", "Sueldo"];

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn nothing_personal_is_in_any_column(pool: PgPool) {
    let store = accounts(&pool).await;
    let (_, payouts) = approved(&pool, "sealed", 3).await;
    let claimed = claim_one(&store, payouts[0], LEASE).await;
    let body = CANARIES.join(" ").into_bytes();
    let reply = Some(ReplyEvidence { status: 500, body: body.clone() });
    store
        .record(&by("setup"), &[Conclusion { reply, ..conclusion(&claimed, Transition::Doubt) }])
        .await
        .unwrap();
    let poison = PoisonMessage { queue: "intake", reason: "not JSON", body: &body };
    store.keep_poison(&by("setup"), &poison).await.unwrap();

    let tables: Vec<String> =
        sqlx::query_scalar("select format('%I', tablename) from pg_tables where schemaname = 'public'")
            .fetch_all(&pool)
            .await
            .unwrap();
    let mut rows = 0;
    for table in &tables {
        let dump = sqlx::AssertSqlSafe(format!("select t::text from {table} t"));
        for text in sqlx::query_scalar::<_, String>(dump).fetch_all(&pool).await.unwrap() {
            rows += 1;
            for canary in CANARIES {
                // A bytea is dumped in hex.
                let hidden = HEXLOWER.encode(canary.as_bytes());
                assert!(!text.contains(canary) && !text.contains(&hidden), "{table} shows {canary}");
            }
        }
    }
    assert!(tables.len() >= 12 && rows > 50, "{rows} rows of {} tables", tables.len());
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn sealed_data_does_not_open_elsewhere(pool: PgPool) {
    let store = accounts(&pool).await;
    let columns = ["name", "document", "destination", "contact", "description"];
    let (_, payouts) = approved(&pool, "swapped", 10).await;
    for (column, pair) in columns.iter().zip(payouts.chunks(2)) {
        let swap = format!(
            "update beneficiary a set {column} = b.{column} from beneficiary b
             where a.payout_id in ($1, $2) and b.payout_id in ($1, $2) and a.payout_id <> b.payout_id"
        );
        let swapped = sqlx::query(sqlx::AssertSqlSafe(swap)).bind(pair[0].uuid()).bind(pair[1].uuid());
        assert_eq!(swapped.execute(&pool).await.unwrap().rows_affected(), 2);
        let opened = store.claim(&by("setup"), &peer(), &pair[..1], LEASE).await;
        assert!(matches!(opened, Err(Error::Sealed { column: named, .. }) if named == *column), "{column}");
    }
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_blind_index_is_equal_for_equal_destinations_only(pool: PgPool) {
    accounts(&pool).await;
    let mut payouts: Vec<_> = (1..=5).map(|row| payout(&format!("index-{row}"), row)).collect();
    let same = payouts[0].order.beneficiary.destination.clone();
    let number = same.number().unwrap().clone();
    payouts[1].order.beneficiary.destination = same;
    payouts[3].order.beneficiary.destination =
        Destination::Wallet { wallet: "yape".to_owned(), phone: number };
    payouts[4].order.beneficiary.destination = Destination::Cash;
    payouts[4].order.beneficiary.document.number = Private::new("90000009");
    uploaded(&pool, "index", &payouts).await;
    let indexes: Vec<Option<Vec<u8>>> = sqlx::query_scalar(
        "select f.destination_index from beneficiary f join payout p on p.id = f.payout_id order by p.row_no",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(indexes[0], indexes[1], "the same account again");
    assert_ne!(indexes[0], indexes[2], "another account");
    assert_ne!(indexes[0], indexes[3], "another way of paying");
    assert_eq!(indexes[4], None, "cash goes to no account");
    let ciphers: i64 = sqlx::query_scalar("select count(distinct destination) from beneficiary")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(ciphers, 5, "equal destinations are not sealed alike");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn another_key_file_is_refused(pool: PgPool) {
    let ours =
        "index AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let another =
        "index AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\n1 AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
    let next = "2 AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";
    let check = async |keys: &str| store_with(&pool, keys).await.add_accounts(&by("dispatch:1"), &[]).await;
    check(ours).await.unwrap();
    check(ours).await.unwrap();
    assert!(matches!(check(another).await, Err(Error::Keys { key_id: 1 })));
    assert!(
        matches!(check(&format!("{INDEX}\n{next}")).await, Err(Error::Keys { key_id: 1 })),
        "the old key is still needed"
    );
    check(&format!("{ours}\n{next}")).await.unwrap();
    assert!(
        matches!(check(ours).await, Err(Error::Keys { key_id: 2 })),
        "what was sealed since would not open"
    );
}
