//! The guard in Postgres, asked directly by the application's role: the state machine holds without
//! any of our code.
//!
//! **Reads**: `payout_transition`, `payout_event`. **Writes**: planted payouts. **Invariant**: what
//! is not listed is refused.

use std::collections::BTreeSet;

use payrun_domain::payout::{PayoutState, Transition};
use sqlx::{PgConnection, PgPool, Row as _};
use uuid::Uuid;

use crate::support::{accounts, app, code, past_the_guard};

/// A transition asked of a planted payout, as it must be asked. A test of a guard changes one
/// thing.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    pub(crate) from: PayoutState,
    pub(crate) transition: Transition,
    /// What happened to the payout before.
    pub(crate) before: Transition,
    pub(crate) account: &'static str,
    pub(crate) sends: i16,
    pub(crate) not_found: i16,
    /// The code that was noted before, or with it.
    pub(crate) refusal: Option<&'static str>,
    pub(crate) batch_approved: bool,
    pub(crate) due: bool,
    /// Epoch of the intent that is committed with it.
    pub(crate) intent: Option<i32>,
    pub(crate) decided_version: i32,
    pub(crate) decided_outcome: &'static str,
    pub(crate) confirmed_by: Option<&'static str>,
    pub(crate) version_step: i32,
    pub(crate) epoch_step: i32,
    pub(crate) attempts_step: i16,
    pub(crate) sends_step: i16,
    pub(crate) not_found_step: i16,
    /// What became of an earlier attempt.
    pub(crate) earlier: Option<&'static str>,
    /// What the last look-up was answered, and when.
    pub(crate) answer: &'static str,
    pub(crate) answered_minutes_ago: i32,
}

impl Ask {
    pub(crate) fn new(from: PayoutState, transition: Transition) -> Self {
        let takes = matches!(transition, Transition::Claim | Transition::Resend);
        let confirms = matches!(transition, Transition::ConfirmAbsent | Transition::ConfirmRefused);
        Self {
            from,
            transition,
            before: Transition::Claim,
            account: if transition == Transition::Resend { "deduplicating" } else { "searchable" },
            sends: 1 + i16::from(transition == Transition::NoteRefusal)
                - i16::from(transition == Transition::CancelQueued),
            not_found: 2,
            refusal: matches!(transition, Transition::ConfirmRefused | Transition::NoteRefusal)
                .then_some("813"),
            batch_approved: true,
            due: true,
            intent: takes.then_some(6),
            decided_version: 7,
            decided_outcome: transition.target().as_str(),
            confirmed_by: Some("luis"),
            version_step: 1,
            epoch_step: i32::from(takes || transition == Transition::ExpireLease),
            attempts_step: i16::from(takes),
            sends_step: i16::from(takes) - i16::from(transition == Transition::NotSent),
            not_found_step: i16::from(confirms),
            earlier: None,
            answer: if transition == Transition::DecideReturned { "rejected" } else { "not_found" },
            answered_minutes_ago: 1,
        }
    }

    /// Plants the payout past all triggers, then asks as the application.
    pub(crate) async fn ask(&self, desk: &mut Desk) -> (Uuid, Result<(), sqlx::Error>) {
        let id = Uuid::now_v7();
        self.plant(&mut desk.owner, id).await;
        (id, self.update(&mut desk.application, id).await)
    }

    async fn plant(&self, owner: &mut PgConnection, id: Uuid) {
        let batch = Uuid::now_v7();
        sqlx::query(
            "insert into batch (id, source, source_name, source_digest, digest, accepted, uploaded_by, approved_by, approved_at)
             values ($1, 'reissue', 'x', sha256($2), sha256('x'), 1, 'ana', case when $3 then 'luis' end, case when $3 then now() end)",
        )
        .bind(batch)
        .bind(batch.as_bytes().as_slice())
        .bind(self.batch_approved)
        .execute(&mut *owner)
        .await
        .unwrap();
        sqlx::query(
            "insert into payout (id, batch_id, row_no, client_id, account, reference, country, currency, amount_minor, state, version,
               transition, epoch, attempts, sends, sent_at, refusal_code, not_found, not_found_since, due_at, reason, returned_minor)
             values ($1, $2, 1, $3, $4, $5, 'PE', 'PEN', 1000, $6, 7, $11, 5, 3, $7, now(), $8, $9, now(),
               clock_timestamp() + case when $10 then -1 else 1 end * interval '1 minute', 'planted', case when $6 = 'returned' then 1 end)",
        )
        .bind(id)
        .bind(batch)
        .bind(id.to_string())
        .bind(self.account)
        .bind(id.simple().to_string().to_uppercase())
        .bind(self.from.as_str())
        .bind(self.sends)
        .bind(self.refusal.filter(|_| self.transition != Transition::NoteRefusal))
        .bind(self.not_found)
        .bind(self.due)
        .bind(self.before.as_str())
        .execute(&mut *owner)
        .await
        .unwrap();
        sqlx::query(
            "update payout
             set lookup_answer = $2, looked_up_at = clock_timestamp() - $3 * interval '1 minute'
             where id = $1",
        )
        .bind(id)
        .bind(self.answer)
        .bind(self.answered_minutes_ago)
        .execute(&mut *owner)
        .await
        .unwrap();
        sqlx::query(
            "insert into attempt (payout_id, number, account, epoch, state, holder) select $1, 2, $2, 4, $3, 'test' where $3 is not null",
        )
        .bind(id)
        .bind(self.account)
        .bind(self.earlier)
        .execute(&mut *owner)
        .await
        .unwrap();
        sqlx::query(
            "insert into review_decision (payout_id, version, outcome, evidence, proposed_by, confirmed_by, confirmed_at, confirmation)
             select $1, $2, $3, 'statement line 7', 'ana', $4, case when $4 is not null then now() end,
                 case when $4 is not null then 'statement line 8' end
             where $3 in ('accepted', 'paid', 'rejected', 'queued', 'returned')",
        )
        .bind(id)
        .bind(self.decided_version)
        .bind(self.decided_outcome)
        .bind(self.confirmed_by)
        .execute(&mut *owner)
        .await
        .unwrap();
    }

    async fn update(&self, application: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
        if let Some(epoch) = self.intent {
            sqlx::query(
                "insert into attempt (payout_id, number, account, epoch, state, holder, peer) values ($1, 4, $2, $3, 'intent', 'test', (select peer from account_peer where account = $2))",
            )
            .bind(id)
            .bind(self.account)
            .bind(epoch)
            .execute(&mut *application)
            .await?;
        }
        sqlx::query(
            "update payout set state = $2, transition = $3, version = version + $4, epoch = epoch + $5, sends = sends + $6,
               attempts = attempts + $7, not_found = not_found + $8, state_since = clock_timestamp(),
               refusal_code = case when $3 = 'note_refusal' then $9 else refusal_code end,
               returned_minor = case when $2 = 'returned' then 1000 end
             where id = $1",
        )
        .bind(id)
        .bind(self.transition.target().as_str())
        .bind(self.transition.as_str())
        .bind(self.version_step)
        .bind(self.epoch_step)
        .bind(self.sends_step)
        .bind(self.attempts_step)
        .bind(self.not_found_step)
        .bind(self.refusal)
        .execute(&mut *application)
        .await
        .map(|_| ())
    }
}

/// Who plants, and who asks.
pub(crate) struct Desk {
    pub(crate) owner: PgConnection,
    pub(crate) application: PgConnection,
}

impl Desk {
    pub(crate) async fn open(pool: &PgPool) -> Self {
        accounts(pool).await;
        Self { owner: past_the_guard(pool).await, application: app(pool).await }
    }
}

fn transitions() -> Vec<Transition> {
    let mut seen = BTreeSet::new();
    let all = Transition::TABLE.iter().map(|rule| rule.transition);
    all.filter(|transition| seen.insert(transition.as_str())).collect()
}

#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn the_table_is_the_domains(pool: PgPool) {
    let rows = sqlx::query("select transition, from_state, to_state from payout_transition")
        .fetch_all(&pool)
        .await
        .unwrap();
    let table: BTreeSet<[String; 3]> = rows.iter().map(|row| [row.get(0), row.get(1), row.get(2)]).collect();
    let from = |rule: &payrun_domain::payout::Rule| rule.from.map_or("", PayoutState::as_str).to_owned();
    let domain: BTreeSet<[String; 3]> = Transition::TABLE
        .iter()
        .map(|rule| [rule.transition.as_str().to_owned(), from(rule), rule.to.as_str().to_owned()])
        .collect();
    assert_eq!(table, domain);
}

/// 13 states times 32 transitions: allowed exactly where the table says so, and each allowed one
/// leaves its event.
#[sqlx::test(migrator = "payrun_store::MIGRATOR")]
async fn every_state_and_transition_through_sql(pool: PgPool) {
    let mut desk = Desk::open(&pool).await;
    let mut allowed = 0;
    for from in PayoutState::ALL {
        for transition in transitions() {
            let (id, asked) = Ask::new(from, transition).ask(&mut desk).await;
            let events = sqlx::query_as::<_, (String, String, String, i32, i32, String)>(
                "select from_state, to_state, transition, version, epoch, actor from payout_event where payout_id = $1",
            )
            .bind(id)
            .fetch_all(&pool)
            .await
            .unwrap();
            if from.apply(transition).is_ok() {
                assert!(asked.is_ok(), "{from} must {}: {}", transition.as_str(), asked.unwrap_err());
                let (to, word) = (transition.target().as_str(), transition.as_str());
                let epoch = 5 + Ask::new(from, transition).epoch_step;
                let event = (from.as_str().into(), to.into(), word.into(), 8, epoch, "tester".into());
                assert_eq!(events, [event]);
                allowed += 1;
            } else {
                let refused = asked.expect_err(&format!("{from} must not {}", transition.as_str()));
                assert_eq!(code(&refused), "PR001", "{from} {transition:?}: {refused}");
                assert_eq!(events, []);
            }
        }
    }
    assert_eq!(allowed, Transition::TABLE.len() - 1, "all but T1, which has no state before it");
}
