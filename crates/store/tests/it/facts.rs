//! What no role may change, and what the application may not even try.

use std::collections::BTreeSet;

use payrun_domain::payout::{PayoutState, Transition};
use sqlx::{Executor as _, PgPool};
use uuid::Uuid;

use crate::{
    support::{code, owner},
    transitions::{Ask, Desk},
};

/// A payout with an attempt and an event.
async fn claimed(pool: &PgPool) -> Desk {
    let mut desk = Desk::open(pool).await;
    let (_, asked) = Ask::new(PayoutState::Queued, Transition::Claim).ask(&mut desk).await;
    asked.unwrap();
    desk
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_application_is_refused_by_its_rights(pool: PgPool) {
    let mut desk = claimed(&pool).await;
    for statement in [
        "update payout set amount_minor = 1",
        "update payout set currency = 'USD'",
        "update payout set account = 'deduplicating'",
        "update payout set reference = 'X'",
        "update beneficiary set name = ''",
        "update account set idempotency = 'deduplicates'",
        "update account set provider = 'x'",
        "update batch set uploaded_by = 'luis'",
        "update attempt set epoch = 9",
        "update review_decision set outcome = 'paid'",
        "update payout_transition set to_state = 'paid'",
        "insert into payout_transition values (28, 'x', 'paid', 'queued')",
        "insert into payout_event (payout_id, version, transition, from_state, to_state, epoch, actor)
         values (gen_random_uuid(), 1, 'x', 'x', 'x', 0, 'x')",
        "update payout_event set reason = 'x'",
        "delete from payout_event",
        "delete from payout",
        "delete from account",
        "truncate payout_event",
        "truncate outbox",
        "create table x (y int)",
        "create function x() returns int language sql as 'select 1'",
        "drop table outbox",
        "alter table payout add column x int",
        "alter table payout disable trigger all",
        "drop trigger payout_updated on payout",
        "set session_replication_role = replica",
    ] {
        let refused = desk.application.execute(statement).await.expect_err(statement);
        assert_eq!(code(&refused), "42501", "{statement}: {refused}");
    }
}

/// All rights of the application, on every table that there will be: the exceptions are said here.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_application_reads_and_adds_and_little_else(pool: PgPool) {
    let rights: Vec<(String, String)> = sqlx::query_as(
        "select table_name::text, privilege_type::text from information_schema.role_table_grants where grantee = 'payrun_app'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let beyond: BTreeSet<_> = rights
        .iter()
        .map(|(table, right)| (table.as_str(), right.as_str()))
        .filter(|(_, right)| !["SELECT", "INSERT"].contains(right))
        .collect();
    // Locking a table wants a right on all of it; a trigger keeps what is written there.
    let said = BTreeSet::from([("send_freeze", "UPDATE"), ("outbox", "DELETE")]);
    assert_eq!(beyond, said, "updates are granted column by column");
    let adds = |table: &str| rights.iter().any(|(name, right)| name == table && right == "INSERT");
    assert!(
        !adds("payout_event") && !adds("payout_transition") && !adds("payout_reference") && adds("payout")
    );
    let owned: i64 =
        sqlx::query_scalar("select count(*) from pg_class where relowner = 'payrun_app'::regrole")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(owned, 0, "an owner can give itself what was taken from it");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn not_even_the_owner_changes_what_was_ordered(pool: PgPool) {
    let mut desk = Desk::open(&pool).await;
    let owner = owner(&pool).await;
    let cancel = Ask::new(PayoutState::AwaitingApproval, Transition::Cancel);
    let ((id, _), (_, other)) = (cancel.ask(&mut desk).await, cancel.ask(&mut desk).await);
    other.unwrap();
    for change in [
        "id = gen_random_uuid()",
        "batch_id = (select b.id from batch b where b.id <> batch_id), row_no = 2",
        "row_no = 2",
        "client_id = 'x'",
        "account = 'deduplicating'",
        "reference = 'X'",
        "country = 'CO'",
        "currency = 'USD'",
        "amount_minor = 1, version = version + 1",
        "created_at = now()",
        "issue = 2, reissue_of = id",
        "state = 'queued'",
        "transition = 'approve'",
        "epoch = epoch + 1",
        "attempts = attempts + 1",
        "sends = 0",
        "sent_at = null",
        "state_since = now()",
        "refusal_code = 'x'",
        "provider_id = 'x'",
        "reason = 'x'",
    ] {
        let statement = sqlx::AssertSqlSafe(format!("update payout set {change} where id = '{id}'"));
        let refused = owner.execute(statement).await.expect_err(change);
        assert_eq!(code(&refused), "PR002", "{change}: {refused}");
    }
    owner.execute("update payout set due_at = now(), not_found = 3").await.unwrap();
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn not_even_the_owner_edits_history(pool: PgPool) {
    let owner_pool = crate::support::owner(&pool).await;
    claimed(&pool).await;
    for statement in [
        "update payout_event set reason = 'x'",
        "delete from payout_event",
        "truncate payout_event",
        "delete from payout",
        "truncate payout cascade",
        "delete from attempt",
        "truncate attempt",
        "delete from batch",
        "truncate batch cascade",
        "delete from account",
        "truncate account cascade",
        "update account set name = 'renamed'",
        "delete from payout_reference",
        "update payout_reference set reference = 'X'",
        "truncate payout_reference",
        "delete from beneficiary",
        "truncate beneficiary",
        "update beneficiary set payout_id = gen_random_uuid()",
        "delete from hold",
        "truncate hold",
        "delete from row_fault",
        "truncate row_fault",
    ] {
        let refused = owner_pool.execute(statement).await.expect_err(statement);
        assert_eq!(code(&refused), "PR003", "{statement}: {refused}");
    }
    let left: i64 = sqlx::query_scalar("select count(*) from payout_event").fetch_one(&pool).await.unwrap();
    assert_eq!(left, 1);
}

/// Held by the guard for want of a foreign key.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn an_attempt_is_of_a_payout_that_is_there(pool: PgPool) {
    let pool = owner(&pool).await;
    let refused = pool
        .execute(
            "insert into attempt (payout_id, number, account, epoch, state, holder)
             values (gen_random_uuid(), 1, 'searchable', 1, 'intent', 'x')",
        )
        .await
        .expect_err("no such payout");
    assert_eq!(code(&refused), "PR002", "{refused}");
}

/// Held by the guard: the first for want of foreign keys, the references because a CHECK would be
/// asked again at every step.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn a_payout_belongs_to_what_is_there_and_has_a_reference_that_providers_take(pool: PgPool) {
    let pool = owner(&pool).await;
    let batch: Uuid = sqlx::query_scalar(
        "insert into batch (id, source, source_name, source_digest, uploaded_by)
         values (gen_random_uuid(), 'file', 'x', sha256('x'), 'ana') returning id",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    pool.execute(
        "insert into account (name, provider, idempotency) values ('there', 'bamboo', 'searchable')",
    )
    .await
    .unwrap();
    let insert = async |batch: Uuid, account: &str, reissue_of: Option<Uuid>, reference: &str| {
        sqlx::query_scalar::<_, Uuid>(
            "insert into payout (id, batch_id, row_no, client_id, account, issue, reissue_of, reference, country, currency, amount_minor,
               state, version, transition)
             values (gen_random_uuid(), $1, (select count(*) + 1 from payout), 'client ' || case when $3 is null then $4 else 'FIRST' end, $2, case when $3::uuid is null then 1 else 2 end, $3, $4, 'PE', 'PEN', 1,
               'received', 1, 'ingest') returning id",
        )
        .bind(batch)
        .bind(account)
        .bind(reissue_of)
        .bind(reference)
        .fetch_one(&pool)
        .await
    };
    let missing = Uuid::from_u128(1);
    for (batch, account, reissue_of) in
        [(missing, "there", None), (batch, "gone", None), (batch, "there", Some(missing))]
    {
        let refused = insert(batch, account, reissue_of, "R").await.unwrap_err();
        assert_eq!(code(&refused), "PR002", "{refused}");
    }
    // One among good ones, which the message names.
    for reference in ["", "r", "A-B", "AÑ", " A", "A ", "A\n", "012345678901234567890123456789012"] {
        let (before, bad, after) = (Uuid::new_v4(), Uuid::new_v4(), Uuid::new_v4());
        let refused = sqlx::query(
            "insert into payout (id, batch_id, row_no, client_id, account, reference, country, currency, amount_minor, state, version,
               transition)
             select id, $1, 1000 + row, id::text, 'there', reference, 'PE', 'PEN', 1, 'received', 1, 'ingest'
             from unnest($2::uuid[], $3::text[]) with ordinality r (id, reference, row)",
        )
        .bind(batch)
        .bind(vec![before, bad, after])
        .bind(vec!["BEFORE", reference, "AFTER"])
        .execute(&pool)
        .await
        .unwrap_err();
        assert_eq!(code(&refused), "PR002", "{reference}: {refused}");
        assert!(refused.to_string().contains(&bad.to_string()), "{reference}: {refused}");
    }
    let payout = insert(batch, "there", None, "FIRST").await.unwrap();
    let refused = insert(batch, "there", Some(payout), "AGAIN").await.unwrap_err();
    assert_eq!(code(&refused), "PR002", "it has not ended: {refused}");
    insert(batch, "there", None, "01234567890123456789012345678AZ").await.unwrap();
    pool.execute("update batch set digest = sha256('y'), accepted = 2").await.unwrap();
    let refused = insert(batch, "there", None, "LATE").await.unwrap_err();
    assert_eq!(code(&refused), "PR002", "a person may have approved it: {refused}");
    let beneficiary =
        "insert into beneficiary (payout_id, key_id, name, document, destination, contact, description)
                       values ($1, 0, '', '', '', '', '')";
    let refused = sqlx::query(beneficiary).bind(missing).execute(&pool).await.unwrap_err();
    assert_eq!(code(&refused), "PR002", "{refused}");
    // That payout is there; what is refused now is the key.
    let refused = sqlx::query(beneficiary).bind(payout).execute(&pool).await.unwrap_err();
    assert_eq!(code(&refused), "PR003", "{refused}");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn nobody_is_maker_and_checker_of_one_batch(pool: PgPool) {
    let owner_pool = crate::support::owner(&pool).await;
    let made = owner_pool
        .execute(
            "insert into batch (id, source, source_name, source_digest, digest, accepted, uploaded_by)
             values (gen_random_uuid(), 'file', 'x', sha256('x'), sha256('y'), 1, 'ana')",
        )
        .await;
    made.unwrap();
    let refused =
        owner_pool.execute("update batch set approved_by = 'ana', approved_at = now()").await.unwrap_err();
    assert_eq!(code(&refused), "23514");
    owner_pool.execute("update batch set approved_by = 'luis', approved_at = now()").await.unwrap();
    for statement in [
        "update batch set approved_by = 'eva'",
        "update batch set digest = sha256('z')",
        "update batch set accepted = 2",
    ] {
        assert_eq!(code(&owner_pool.execute(statement).await.unwrap_err()), "PR002", "{statement}");
    }
}
