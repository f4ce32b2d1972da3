//! History that leaves the database: only what is closed, only what a file has, and never without a
//! trace.

use jiff::civil::{Date, date};
use payrun_domain::{id::PayoutId, payout::Transition};
use payrun_store::{Counts, HistoryFile, ReceivedWebhook, Store};
use sqlx::{Executor as _, PgConnection, PgPool};

use crate::support::{
    account, accounts, app, approved, by, code, detail, look_up, open_new, past_the_guard, payout, sent,
    settlement, store,
};

/// A month that is long over.
const JULY: Date = date(2025, 7, 1);
const DIGEST: &str = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
const OTHER: &str = "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9";

/// Lets everything have happened in July.
async fn in_july(pool: &PgPool) {
    past_the_guard(pool)
        .await
        .execute("update payout set state_since = '2025-07-31 23:59:59.999+00'")
        .await
        .unwrap();
}

/// A refused, a returned and a paid payout whose window is over.
async fn closed(pool: &PgPool, owner: &Store) -> [PayoutId; 3] {
    let refused = sent(pool, owner, "refused", Transition::Refuse).await;
    let paid = sent(pool, owner, "paid", Transition::PayAtOnce).await;
    let window_over = look_up(owner).await;
    owner
        .settle(
            &by("reconcile:1"),
            &[payrun_store::Settlement { due_in: None, ..settlement(&window_over, None) }],
        )
        .await
        .unwrap();
    let returned = sent(pool, owner, "returned", Transition::PayAtOnce).await;
    let looked = look_up(owner).await;
    let back = payrun_store::Settlement {
        returned: Some(looked.order.amount),
        due_in: None,
        ..settlement(&looked, Some(Transition::Return))
    };
    owner.settle(&by("reconcile:1"), &[back]).await.unwrap();
    [refused, paid, returned]
}

/// All lines of a month, and what they hold.
async fn read(store: &Store, month: Date) -> (Vec<serde_json::Value>, Counts) {
    let (mut lines, mut counts, mut after) = (Vec::new(), Counts::default(), None);
    while let Some(page) = store.history_page(month, after).await.unwrap() {
        lines.extend(page.lines.iter().map(|line| serde_json::from_str(line).unwrap()));
        counts.payouts += page.counts.payouts;
        counts.events += page.counts.events;
        counts.attempts += page.counts.attempts;
        after = Some(page.last);
    }
    (lines, counts)
}

async fn left(pool: &PgPool) -> (i64, i64, i64, i64) {
    let sql = "select (select count(*) from payout), (select count(*) from payout_event), (select count(*) from attempt),
        (select count(*) from webhook)";
    sqlx::query_as(sql).fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_month_goes_and_its_payouts_stay(pool: PgPool) {
    let owner = accounts(&pool).await;
    let payouts = closed(&pool, &owner).await;
    let paid = payouts[1].to_string();
    let call = ReceivedWebhook {
        account: &account(),
        body: b"Canaria was paid",
        reference: None,
        provider_id: Some(&paid),
        status: "1",
        receipt: None,
        reported: None,
    };
    owner.receive_webhook(&by("setup"), &call).await.unwrap();
    let told = look_up(&owner).await;
    assert_eq!(told.payout, payouts[1], "what the provider tells is looked up after the window, too");
    let nothing_new = payrun_store::Settlement { due_in: None, ..settlement(&told, None) };
    owner.settle(&by("reconcile:1"), &[nothing_new]).await.unwrap();
    in_july(&pool).await;
    let (_, open) = approved(&pool, "open", 1).await;

    let months = owner.months(date(2025, 8, 1)).await.unwrap();
    assert_eq!(
        months.iter().map(|month| (month.first, month.payouts, month.open)).collect::<Vec<_>>(),
        [(JULY, 3, 0)]
    );
    assert_eq!(owner.months(JULY).await.unwrap(), [], "July is not before July");
    let (lines, counts) = read(&owner, JULY).await;
    assert_eq!((counts.payouts, counts.attempts, lines.len()), (3, 3, 3));
    let paid = lines.iter().find(|line| line["payout"] == payouts[1].to_string()).unwrap();
    assert_eq!(paid["client_id"], "paid-1");
    assert_eq!(paid["events"].as_array().unwrap().len(), 5, "{paid:#}");
    assert_eq!(paid["attempts"][0]["state"], "accepted");
    assert_eq!(paid["webhooks"][0]["status"], "1");
    let text = format!("{lines:?}");
    for private in ["Canaria", "48151623", "\"reply\"", "destination"] {
        assert!(!text.contains(private), "{private} is in the file: {text}");
    }

    let ana = store(&pool).await;
    ana.archive_month(
        &by("ana"),
        JULY,
        HistoryFile { name: "payouts-2025-07.jsonl.gz", digest: DIGEST, counts },
    )
    .await
    .unwrap();
    let before = left(&pool).await;
    assert_eq!(ana.drop_history(&by("ana"), JULY, DIGEST).await.unwrap(), 3);
    assert_eq!(left(&pool).await, (4, before.1 - counts.events, 0, 0), "what is open keeps its history");
    assert_eq!(ana.drop_history(&by("ana"), JULY, DIGEST).await.unwrap(), 0, "there is nothing left");
    let trace: (String, String, i64) = sqlx::query_as("select archived_by, dropped_by, dropped from archive")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(trace, ("ana".to_owned(), "ana".to_owned(), 3));

    let shown = detail(&owner, payouts[0]).await;
    assert_eq!((shown.payout.state.as_str(), shown.events.len()), ("rejected", 0));
    assert_eq!(shown.archived.unwrap().file, "payouts-2025-07.jsonl.gz");
    assert_eq!(detail(&owner, open[0]).await.archived, None);
    let late = ReceivedWebhook { body: b"Canaria was not paid", ..call };
    owner.receive_webhook(&by("setup"), &late).await.unwrap();
    let told = detail(&owner, payouts[1]).await;
    assert_eq!(told.payout.due_at, None, "what left the database changes no more");
    assert_eq!(told.anomalies.iter().map(|open| &*open.kind).collect::<Vec<_>>(), ["late_call"]);
    let mut import = open_new(&ana, "ana", "new").await;
    let double = import.rows(&[payout("paid-1", 1)], &[]).await.unwrap();
    assert_eq!(double[0].code, "client_id_used", "a client id is remembered for ever");
    drop(import);
    let again = owner.history_page(JULY, None).await.unwrap_err();
    assert!(again.to_string().contains("payout show"), "{again}");
}

/// The caller is not believed: what the file says it holds is compared with what the payouts say
/// they have.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_file_that_is_not_the_whole_month_is_refused(pool: PgPool) {
    let owner = accounts(&pool).await;
    closed(&pool, &owner).await;
    in_july(&pool).await;
    let (_, whole) = read(&owner, JULY).await;
    for wrong in [
        Counts { payouts: whole.payouts - 1, ..whole },
        Counts { events: whole.events - 1, ..whole },
        Counts { attempts: whole.attempts + 1, ..whole },
    ] {
        let refused = owner
            .archive_month(&by("setup"), JULY, HistoryFile { name: "july", digest: DIGEST, counts: wrong })
            .await
            .unwrap_err();
        assert!(refused.is_refusal(), "{wrong:?}: {refused}");
    }
    owner
        .archive_month(&by("setup"), JULY, HistoryFile { name: "july", digest: DIGEST, counts: whole })
        .await
        .unwrap();
    let other = owner.drop_history(&by("setup"), JULY, OTHER).await.unwrap_err();
    assert!(other.is_refusal(), "who does not have the file drops nothing: {other}");
    // A file that was lost is written again, until something is in it alone.
    owner
        .archive_month(&by("setup"), JULY, HistoryFile { name: "july-again", digest: OTHER, counts: whole })
        .await
        .unwrap();
    assert!(owner.drop_history(&by("setup"), JULY, DIGEST).await.unwrap_err().is_refusal());
    owner.drop_history(&by("setup"), JULY, OTHER).await.unwrap();
    assert!(
        owner
            .archive_month(&by("setup"), JULY, HistoryFile { name: "july", digest: DIGEST, counts: whole })
            .await
            .unwrap_err()
            .is_refusal()
    );
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_month_that_is_not_over_or_not_closed_stays(pool: PgPool) {
    let owner_pool = crate::support::owner(&pool).await;
    let owner = accounts(&pool).await;
    let watched = sent(&pool, &owner, "watched", Transition::PayAtOnce).await;
    let this: String = sqlx::query_scalar("select payout_month(now())::text").fetch_one(&pool).await.unwrap();
    let this: Date = this.parse().unwrap();
    let counts = Counts { payouts: 1, events: 5, attempts: 1 };
    let ended = owner
        .archive_month(&by("setup"), this, HistoryFile { name: "this", digest: DIGEST, counts })
        .await
        .unwrap_err();
    assert!(format!("{ended:?}").contains("has not ended"), "{ended:?}");

    in_july(&pool).await;
    let open = |months: Vec<payrun_store::Month>| months.iter().map(|month| month.open).collect::<Vec<_>>();
    assert_eq!(open(owner.months(this).await.unwrap()), [1], "it may come back");
    assert!(
        owner
            .archive_month(&by("setup"), JULY, HistoryFile { name: "july", digest: DIGEST, counts })
            .await
            .unwrap_err()
            .is_refusal()
    );
    let looked = look_up(&owner).await;
    owner
        .settle(&by("setup"), &[payrun_store::Settlement { due_in: None, ..settlement(&looked, None) }])
        .await
        .unwrap();
    owner_pool
        .execute(sqlx::AssertSqlSafe(format!(
            "insert into anomaly (payout_id, kind, detail) values ('{watched}', 'contradicted', 'x')"
        )))
        .await
        .unwrap();
    assert_eq!(open(owner.months(this).await.unwrap()), [1], "a person has a question");
    assert!(
        owner
            .archive_month(&by("setup"), JULY, HistoryFile { name: "july", digest: DIGEST, counts })
            .await
            .unwrap_err()
            .is_refusal()
    );
    owner_pool
        .execute("update anomaly set closed_at = now(), closed_by = 'eva', explanation = 'all is well'")
        .await
        .unwrap();
    assert_eq!(open(owner.months(this).await.unwrap()), [0]);
    owner
        .archive_month(&by("setup"), JULY, HistoryFile { name: "july", digest: DIGEST, counts })
        .await
        .unwrap();
}

/// One thing is wrong with each payout, and its history stays for that.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn history_that_is_needed_does_not_go_with_a_month(pool: PgPool) {
    let owner_pool = crate::support::owner(&pool).await;
    let owner = accounts(&pool).await;
    let payouts = closed(&pool, &owner).await;
    in_july(&pool).await;
    let (_, counts) = read(&owner, JULY).await;
    owner
        .archive_month(&by("setup"), JULY, HistoryFile { name: "july", digest: DIGEST, counts })
        .await
        .unwrap();
    let mut past = past_the_guard(&pool).await;
    for wrong in [
        "state = 'needs_review', reason = 'x'",
        "state = 'unknown', due_at = now()",
        "state = 'accepted', due_at = now()",
        "state = 'submitting', due_at = now()",
        "state = 'queued', due_at = now()",
        "due_at = now()",
        "state_since = '2025-08-01 00:00:00+00'",
        "state_since = '2025-06-30 23:59:59.999+00'",
    ] {
        past.execute("create temporary table kept as select * from payout").await.unwrap();
        let change = format!("update payout set {wrong} where id = '{}'", payouts[1]);
        past.execute(sqlx::AssertSqlSafe(change)).await.unwrap();
        assert_eq!(dropped(&pool, &payouts, DIGEST).await, Err("PR003".to_owned()), "{wrong}");
        past.execute(
            "update payout p set state = k.state, reason = k.reason, due_at = k.due_at, state_since = k.state_since from kept k where k.id = p.id",
        )
        .await
        .unwrap();
        past.execute("drop table kept").await.unwrap();
    }
    owner_pool
        .execute(sqlx::AssertSqlSafe(format!(
            "insert into anomaly (payout_id, kind, detail) values ('{}', 'missing', 'x')",
            payouts[1]
        )))
        .await
        .unwrap();
    assert_eq!(dropped(&pool, &payouts, DIGEST).await, Err("PR003".to_owned()), "an anomaly");
    assert_eq!(dropped(&pool, &payouts[..1], OTHER).await, Err("PR003".to_owned()), "another file");
    assert_eq!(left(&pool).await.1, counts.events, "nothing has gone");
    assert_eq!(dropped(&pool, &payouts[..1], DIGEST).await, Ok(1), "all was right but for that");
}

/// As the application can call it, past our own code.
async fn dropped(pool: &PgPool, payouts: &[PayoutId], digest: &str) -> Result<i64, String> {
    let ids: Vec<_> = payouts.iter().map(|id| id.uuid()).collect();
    let mut app = app(pool).await;
    let asked = sqlx::query_scalar("select payrun_drop_history('2025-07-01', decode($1, 'hex'), $2)");
    asked.bind(digest).bind(&ids).fetch_one(&mut app).await.map_err(|error| code(&error))
}

/// Not the application, nor the owner, nor in the transaction after the one that left a trace.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn history_goes_in_no_other_way(pool: PgPool) {
    let owner = accounts(&pool).await;
    let payouts = closed(&pool, &owner).await;
    in_july(&pool).await;
    let (_, counts) = read(&owner, JULY).await;
    owner
        .archive_month(&by("setup"), JULY, HistoryFile { name: "july", digest: DIGEST, counts })
        .await
        .unwrap();
    assert_eq!(dropped(&pool, &payouts[..1], DIGEST).await, Ok(1));
    let mut app = app(&pool).await;
    for statement in [
        "delete from payout_event",
        "delete from attempt",
        "delete from webhook",
        "update archive set dropped = 0",
        "delete from archive",
    ] {
        assert_eq!(refusal(&mut app, statement).await, "42501", "{statement}");
    }
    let mut superuser = pool.acquire().await.unwrap();
    for statement in [
        "delete from payout_event",
        "delete from attempt",
        "update payout_event set reason = 'x'",
        "truncate payout_event",
        "truncate attempt",
        "delete from payout",
    ] {
        assert_eq!(refusal(&mut superuser, statement).await, "PR003", "{statement}");
    }
}

async fn refusal(connection: &mut PgConnection, statement: &'static str) -> String {
    code(&connection.execute(statement).await.unwrap_err())
}
