//! The guard in Postgres, asked directly by the application's role: the state machine holds without any of our code.

use std::collections::BTreeSet;

use payrun_domain::payout::{PayoutState, Transition};
use sqlx::{Executor as _, PgConnection, PgPool, Row as _};
use uuid::Uuid;

use crate::support::{accounts, app, code};

/// A transition asked of a planted payout, as it must be asked. A test of a guard changes one thing.
#[derive(Debug, Clone)]
struct Ask {
    from: PayoutState,
    transition: Transition,
    account: &'static str,
    sends: i16,
    not_found: i16,
    refusal: Option<&'static str>,
    batch_approved: bool,
    due: bool,
    intent: bool,
    decided_version: i32,
    version_step: i32,
    epoch_step: i32,
    sends_step: i16,
    not_found_step: i16,
}

impl Ask {
    fn new(from: PayoutState, transition: Transition) -> Self {
        let takes = matches!(transition, Transition::Claim | Transition::Resend);
        let confirms = matches!(transition, Transition::ConfirmAbsent | Transition::ConfirmRefused);
        Self {
            from,
            transition,
            account: if transition == Transition::Resend { "class-a" } else { "class-b" },
            sends: 1 + i16::from(transition == Transition::NoteRefusal)
                - i16::from(transition == Transition::CancelQueued),
            not_found: 2,
            refusal: (transition == Transition::ConfirmRefused).then_some("813"),
            batch_approved: true,
            due: true,
            intent: takes,
            decided_version: 7,
            version_step: 1,
            epoch_step: i32::from(takes || transition == Transition::ExpireLease),
            sends_step: i16::from(takes) - i16::from(transition == Transition::NotSent),
            not_found_step: i16::from(confirms),
        }
    }

    /// Plants the payout past all triggers, then asks as the application.
    async fn ask(&self, pool: &PgPool) -> (Uuid, Result<(), sqlx::Error>) {
        let id = Uuid::now_v7();
        self.plant(pool, id).await;
        let mut connection = app(pool).await;
        let asked = self.update(&mut connection, id).await;
        (id, asked)
    }

    async fn plant(&self, pool: &PgPool, id: Uuid) {
        let mut owner = pool.acquire().await.unwrap().detach();
        owner.execute("set session_replication_role = replica").await.unwrap();
        let batch = Uuid::now_v7();
        sqlx::query(
            "insert into batch (id, source, source_name, source_digest, digest, accepted, uploaded_by, approved_by, approved_at)
             values ($1, 'reissue', 'x', sha256($2), sha256('x'), 1, 'ana', case when $3 then 'luis' end, case when $3 then now() end)",
        )
        .bind(batch)
        .bind(batch.as_bytes().as_slice())
        .bind(self.batch_approved)
        .execute(&mut owner)
        .await
        .unwrap();
        sqlx::query(
            "insert into payout (id, batch_id, row_no, client_id, account, reference, country, currency, amount_minor, state, version,
               transition, epoch, attempts, sends, sent_at, refusal_code, not_found, not_found_since, due_at, returned_minor)
             values ($1, $2, 1, $3, $4, $5, 'PE', 'PEN', 1000, $6, 7, 'x', 5, 3, $7, now(), $8, $9, now(),
               clock_timestamp() + case when $10 then -1 else 1 end * interval '1 minute', case when $6 = 'returned' then 1 end)",
        )
        .bind(id)
        .bind(batch)
        .bind(id.to_string())
        .bind(self.account)
        .bind(id.simple().to_string().to_uppercase())
        .bind(self.from.word())
        .bind(self.sends)
        .bind(self.refusal)
        .bind(self.not_found)
        .bind(self.due)
        .execute(&mut owner)
        .await
        .unwrap();
        sqlx::query(
            "insert into review_decision (payout_id, version, outcome, evidence, proposed_by, confirmed_by, confirmed_at)
             select $1, $2, $3, 'statement line 7', 'ana', 'luis', now() where $3 in ('accepted', 'paid', 'rejected', 'queued')",
        )
        .bind(id)
        .bind(self.decided_version)
        .bind(self.transition.target().word())
        .execute(&mut owner)
        .await
        .unwrap();
    }

    async fn update(&self, connection: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
        if self.intent {
            sqlx::query(
                "insert into attempt (payout_id, number, account, epoch, state, holder) values ($1, 4, $2, 6, 'intent', 'test')",
            )
            .bind(id)
            .bind(self.account)
            .execute(&mut *connection)
            .await?;
        }
        let takes = matches!(self.transition, Transition::Claim | Transition::Resend);
        sqlx::query(
            "update payout set state = $2, transition = $3, version = version + $4, epoch = epoch + $5, sends = sends + $6,
               attempts = attempts + $7, not_found = not_found + $8, state_since = clock_timestamp(),
               refusal_code = case when $3 = 'note_refusal' then '813' else refusal_code end,
               returned_minor = case when $2 = 'returned' then 1000 end
             where id = $1",
        )
        .bind(id)
        .bind(self.transition.target().word())
        .bind(self.transition.word())
        .bind(self.version_step)
        .bind(self.epoch_step)
        .bind(self.sends_step)
        .bind(i16::from(takes))
        .bind(self.not_found_step)
        .execute(&mut *connection)
        .await
        .map(|_| ())
    }
}

fn transitions() -> Vec<Transition> {
    let mut seen = BTreeSet::new();
    let rules = Transition::TABLE.iter().filter(|rule| rule.from.is_some());
    rules.map(|rule| rule.transition).filter(|transition| seen.insert(transition.word())).collect()
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_table_is_the_domains(pool: PgPool) {
    let rows = sqlx::query("select transition, from_state, to_state from payout_transition")
        .fetch_all(&pool)
        .await
        .unwrap();
    let table: BTreeSet<[String; 3]> = rows.iter().map(|row| [row.get(0), row.get(1), row.get(2)]).collect();
    let from = |rule: &payrun_domain::payout::Rule| rule.from.map_or("", PayoutState::word).to_owned();
    let domain: BTreeSet<[String; 3]> = Transition::TABLE
        .iter()
        .map(|rule| [rule.transition.word().to_owned(), from(rule), rule.to.word().to_owned()])
        .collect();
    assert_eq!(table, domain);
}

/// 13 states times 31 transitions: allowed exactly where the table says so, and each allowed one leaves its event.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn every_state_and_transition_through_sql(pool: PgPool) {
    accounts(&pool).await;
    let mut allowed = 0;
    for from in PayoutState::ALL {
        for transition in transitions() {
            let (id, asked) = Ask::new(from, transition).ask(&pool).await;
            let event = sqlx::query("select from_state, to_state, transition, version, actor from payout_event where payout_id = $1")
                .bind(id)
                .fetch_all(&pool)
                .await
                .unwrap();
            if from.apply(transition).is_ok() {
                asked.unwrap_or_else(|error| unreachable_refusal(from, transition, &error));
                assert_eq!(event.len(), 1);
                let words =
                    (event[0].get::<&str, _>(0), event[0].get::<&str, _>(1), event[0].get::<&str, _>(2));
                assert_eq!(words, (from.word(), transition.target().word(), transition.word()));
                assert_eq!((event[0].get::<i32, _>(3), event[0].get::<&str, _>(4)), (8, "tester"));
                allowed += 1;
            } else {
                let refused = asked.expect_err(&format!("{from} must not {}", transition.word()));
                assert!(
                    ["PR001", "23514"].contains(&code(&refused).as_str()),
                    "{from} {transition:?}: {refused}"
                );
                assert!(event.is_empty());
            }
        }
    }
    assert_eq!(allowed, Transition::TABLE.len() - 1, "all but T1, which has no state before it");
}

fn unreachable_refusal(from: PayoutState, transition: Transition, error: &sqlx::Error) {
    unreachable!("{from} must {}: {error}", transition.word());
}

/// Each guard, with just the one thing wrong that it is there for.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn every_guard_refuses_alone(pool: PgPool) {
    use PayoutState as S;
    use Transition as T;
    accounts(&pool).await;
    let wrong: Vec<(&str, Ask)> = vec![
        ("a version skipped", Ask { version_step: 2, ..Ask::new(S::Accepted, T::Pay) }),
        ("a version kept", Ask { version_step: 0, ..Ask::new(S::Accepted, T::Pay) }),
        ("a claim without a new epoch", Ask { epoch_step: 0, ..Ask::new(S::Queued, T::Claim) }),
        ("a claim without an intent", Ask { intent: false, ..Ask::new(S::Queued, T::Claim) }),
        ("a claim before it is due", Ask { due: false, ..Ask::new(S::Queued, T::Claim) }),
        ("a claim that is not counted", Ask { sends_step: 0, ..Ask::new(S::Queued, T::Claim) }),
        (
            "an expired lease without a new epoch",
            Ask { epoch_step: 0, ..Ask::new(S::Submitting, T::ExpireLease) },
        ),
        ("a final refusal after two sends", Ask { sends: 2, ..Ask::new(S::Submitting, T::Refuse) }),
        ("a noted refusal of the only send", Ask { sends: 1, ..Ask::new(S::Submitting, T::NoteRefusal) }),
        ("a not-sent that is still counted", Ask { sends_step: 0, ..Ask::new(S::Submitting, T::NotSent) }),
        ("a found refusal after two sends", Ask { sends: 2, ..Ask::new(S::Unknown, T::FindRejected) }),
        ("absence after two not-founds", Ask { not_found: 1, ..Ask::new(S::Unknown, T::ConfirmAbsent) }),
        (
            "absence without a not-found now",
            Ask { not_found_step: 0, ..Ask::new(S::Unknown, T::ConfirmAbsent) },
        ),
        (
            "absence of what was refused",
            Ask { refusal: Some("813"), ..Ask::new(S::Unknown, T::ConfirmAbsent) },
        ),
        ("absence in class C", Ask { account: "class-c", ..Ask::new(S::Unknown, T::ConfirmAbsent) }),
        ("a refusal that was never noted", Ask { refusal: None, ..Ask::new(S::Unknown, T::ConfirmRefused) }),
        ("a resend in class B", Ask { account: "class-b", ..Ask::new(S::Unknown, T::Resend) }),
        ("a resend in class C", Ask { account: "class-c", ..Ask::new(S::Unknown, T::Resend) }),
        ("a resend without an intent", Ask { intent: false, ..Ask::new(S::Unknown, T::Resend) }),
        ("a look-up in class C", Ask { account: "class-c", ..Ask::new(S::Unknown, T::FindPaid) }),
        (
            "a decision about another version",
            Ask { decided_version: 6, ..Ask::new(S::NeedsReview, T::DecidePaid) },
        ),
        ("a cancellation of what was sent", Ask { sends: 1, ..Ask::new(S::Queued, T::CancelQueued) }),
        (
            "an approval of a batch that nobody approved",
            Ask { batch_approved: false, ..Ask::new(S::AwaitingApproval, T::Approve) },
        ),
    ];
    for (what, ask) in wrong {
        let (_, asked) = ask.ask(&pool).await;
        let refused = asked.expect_err(what);
        assert!(["PR001", "PR002"].contains(&code(&refused).as_str()), "{what}: {refused}");
    }
}

/// What nobody may do, and what the application may not even try.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn facts_and_history_cannot_be_changed(pool: PgPool) {
    accounts(&pool).await;
    let (id, asked) = Ask::new(PayoutState::Accepted, Transition::Pay).ask(&pool).await;
    asked.unwrap();
    let mut application = app(&pool).await;
    for statement in [
        "update payout set amount_minor = 1",
        "update payout set reference = 'X'",
        "update account set class = 'A'",
        "delete from payout",
        "delete from attempt",
        "truncate payout_event",
        "insert into payout_event (payout_id, version, transition, from_state, to_state, epoch, actor) values (gen_random_uuid(), 1, 'x', 'x', 'x', 0, 'x')",
        "update payout_event set reason = 'x'",
        "delete from payout_event",
        "update beneficiary set name = ''",
        "create table x (y int)",
        "drop table outbox",
        "alter table payout disable trigger all",
        "set session_replication_role = replica",
    ] {
        let refused = application.execute(statement).await.expect_err(statement);
        assert_eq!(code(&refused), "42501", "{statement}: {refused}");
    }
    for statement in [
        "update payout set amount_minor = 1",
        "update payout set currency = 'USD'",
        "update payout set account = 'class-a'",
        "update payout set client_id = 'x'",
        "update payout set reference = 'X'",
        "update payout set state = 'queued', due_at = now()",
        "update payout set sends = 0",
        "update payout_event set reason = 'x'",
        "delete from payout_event",
        "truncate payout_event",
        "delete from payout",
        "delete from attempt",
    ] {
        let refused = pool.execute(statement).await.expect_err(statement);
        assert!(["PR001", "PR002", "PR003"].contains(&code(&refused).as_str()), "{statement}: {refused}");
    }
    let state: String =
        sqlx::query_scalar("select state from payout where id = $1").bind(id).fetch_one(&pool).await.unwrap();
    assert_eq!(state, "paid");
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn nobody_is_maker_and_checker_of_one_batch(pool: PgPool) {
    let made = pool
        .execute(
            "insert into batch (id, source, source_name, source_digest, digest, accepted, uploaded_by)
             values (gen_random_uuid(), 'file', 'x', sha256('x'), sha256('y'), 1, 'ana')",
        )
        .await;
    made.unwrap();
    let refused =
        pool.execute("update batch set approved_by = 'ana', approved_at = now()").await.unwrap_err();
    assert_eq!(code(&refused), "23514");
    pool.execute("update batch set approved_by = 'luis', approved_at = now()").await.unwrap();
    for statement in [
        "update batch set approved_by = 'eva'",
        "update batch set digest = sha256('z')",
        "update batch set accepted = 2",
    ] {
        assert_eq!(code(&pool.execute(statement).await.unwrap_err()), "PR002", "{statement}");
    }
}
