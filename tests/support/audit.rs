//! What must hold of every payout after all that happened, checked from outside: the database's
//! tables against the provider's own ledger.

use std::{
    collections::{HashMap, HashSet},
    fs,
};

use serde_json::Value;
use sqlx::{Connection as _, PgConnection, Row as _};

use crate::{
    World,
    database::LostTime,
    twist::{Told, Twist},
};

/// What an audit counted, and what it found wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// Approved payouts.
    pub payouts: usize,
    /// Settled as paid, or paid and returned.
    pub paid: usize,
    /// Refused for good.
    pub rejected: usize,
    /// Left to a person, for a stated reason.
    pub review: usize,
    /// Those that the provider did something to against all that it documents.
    pub twisted: usize,
    /// What must not be.
    pub findings: Vec<Finding>,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of harm it is.
    pub harm: Harm,
    /// The payout, by reference or id; a batch; a file.
    pub subject: String,
    /// In words.
    pub what: String,
}

/// Kinds of what must not be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// A payout that the ledger has paid more than once.
    DoublePaid,
    /// An approved row that is no payout, or a payment of which we know nothing.
    SendFailure,
    /// A settled payout of which the ledger says something else.
    WrongFinal,
    /// A payout that is neither settled nor waits for a person.
    Undecided,
    /// A payout that waits for a person without need.
    UnexplainedReview,
    /// The provider contradicts itself or us, and no anomaly says so.
    Silent,
    /// An anomaly of a payout with which nothing was wrong.
    Unexplained,
    /// A history that does not add up, or a name where none may be.
    Record,
}

impl Audit {
    fn add(&mut self, harm: Harm, subject: impl Into<String>, what: impl Into<String>) {
        self.findings.push(Finding { harm, subject: subject.into(), what: what.into() });
    }

    /// How many findings of a kind there are.
    pub fn count(&self, harm: Harm) -> usize {
        self.findings.iter().filter(|finding| finding.harm == harm).count()
    }
}

/// A payout as the provider's ledger has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerLine {
    /// By which we know it.
    pub reference: String,
    /// By which the provider knows it.
    pub payout_id: String,
    /// What became of it.
    pub status: String,
    /// ISO 4217.
    pub currency: String,
    /// In minor units.
    pub amount_minor: i64,
    /// When it was taken.
    pub at: String,
    /// What the provider does to it against all that it documents, if anything.
    pub twist: Option<String>,
}

/// The ledger's lines of one reference.
#[derive(Default)]
struct Entries {
    statuses: Vec<String>,
    amounts: Vec<(String, i64)>,
    at: Vec<String>,
    twist: Option<String>,
}

impl Entries {
    fn count(&self, status: &str) -> usize {
        self.statuses.iter().filter(|known| *known == status).count()
    }
}

/// Queries that find nothing in a database that is well, with what they would find.
const MUST_BE_EMPTY: [(Harm, &str, &str); 7] = [
    (
        Harm::SendFailure,
        "an approved batch with other rows than it was approved with",
        "select b.id::text from batch b where b.approved_at is not null
           and b.accepted <> (select count(*) from payout p where p.batch_id = b.id)",
    ),
    (
        Harm::Record,
        "an event log that does not replay to its payout",
        "select p.id::text from payout p where p.version > 2 and not exists (
           select from payout_event e where e.payout_id = p.id and e.version = p.version and e.to_state = p.state)",
    ),
    (
        Harm::Record,
        "a gap in an event log, or a step that does not begin where the last one ended",
        "select payout_id::text from (
           select payout_id, version, from_state, lag(to_state) over history as before, lag(version) over history as previous
           from payout_event window history as (partition by payout_id order by version)) e
         where previous is not null and (version <> previous + 1 or from_state <> before)",
    ),
    (
        Harm::Record,
        "a transition that the table does not have",
        "select e.payout_id::text from payout_event e left join payout_transition t
           on t.transition = e.transition and t.from_state = e.from_state and t.to_state = e.to_state
         where t.transition is null and e.from_state is distinct from e.to_state",
    ),
    (Harm::Record, "a batch approved by its uploader", "select id::text from batch where approved_by = uploaded_by"),
    (
        Harm::DoublePaid,
        "a payout without idempotency that was sent twice",
        "select p.id::text from payout p join account a on a.name = p.account where a.idempotency = 'none' and p.sends > 1",
    ),
    (Harm::UnexplainedReview, "a payout for a person without a reason", "select id::text from payout where state = 'needs_review' and reason is null"),
];

impl World {
    /// Checks everything; fails the test with what is wrong. Nothing of the batches is on its way
    /// any more.
    pub fn audit(&self) -> Audit {
        let audit = self.examine();
        assert!(audit.findings.is_empty(), "{:#?}", audit.findings);
        audit
    }

    /// Checks everything, and tells.
    pub fn examine(&self) -> Audit {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (ledger, mut audit) = (self.entries(), Audit::default());
        let lost = self.lost.lock().unwrap().clone();
        runtime.block_on(async {
            let mut database = PgConnection::connect(self.database_url()).await.unwrap();
            for (harm, what, query) in MUST_BE_EMPTY {
                for row in sqlx::query(query).fetch_all(&mut database).await.unwrap() {
                    audit.add(harm, row.get::<String, _>(0), what);
                }
            }
            compare(&mut database, &ledger, &mut audit).await;
            intended(&mut database, &ledger, &lost, &mut audit).await;
        });
        self.look_for_names(&mut audit);
        audit
    }

    /// The provider's own list of what it took.
    pub fn ledger_lines(&self) -> Vec<LedgerLine> {
        let listed = self.get("/_ledger");
        let line = |line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            LedgerLine {
                reference: text("reference"),
                payout_id: text("payout_id"),
                status: text("status"),
                currency: text("currency"),
                amount_minor: line["amount_minor"].as_i64().unwrap(),
                at: text("at"),
                twist: line["twist"].as_str().map(str::to_owned),
            }
        };
        listed.lines().map(line).collect()
    }

    fn entries(&self) -> HashMap<String, Entries> {
        let mut ledger: HashMap<String, Entries> = HashMap::new();
        let mut lines = self.ledger_lines();
        // Both payouts of an id have a part in it.
        let shared: HashSet<String> = lines
            .iter()
            .filter(|line| line.twist.as_deref() == Some("same_id"))
            .map(|line| line.payout_id.clone())
            .collect();
        for line in lines.iter_mut().filter(|line| shared.contains(&line.payout_id)) {
            line.twist = Some("same_id".to_owned());
        }
        for line in lines {
            let entries = ledger.entry(line.reference).or_default();
            entries.statuses.push(line.status);
            entries.amounts.push((line.currency, line.amount_minor));
            entries.at.push(line.at);
            entries.twist = entries.twist.take().or(line.twist);
        }
        ledger
    }

    /// Planted names and numbers are in no log.
    fn look_for_names(&self, audit: &mut Audit) {
        for entry in fs::read_dir(self.folder()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "log") {
                let log = fs::read_to_string(&path).unwrap();
                for planted in ["Rosa", "4000000", "00300000", "01800000", "03800000", "sandbox-private-key"]
                {
                    if log.contains(planted) {
                        audit.add(Harm::Record, path.display().to_string(), format!("names {planted}"));
                    }
                }
            }
        }
    }
}

/// I1-I3, I5-I7: what we say of each payout is what the ledger says.
async fn compare(database: &mut PgConnection, ledger: &HashMap<String, Entries>, audit: &mut Audit) {
    let rows = sqlx::query(
        "select p.reference, p.state, p.currency::text, p.amount_minor, a.idempotency, p.sends > 1,
           exists (select from anomaly where anomaly.payout_id = p.id)
         from payout p join account a on a.name = p.account",
    );
    let none = Entries::default();
    for row in rows.fetch_all(database).await.unwrap() {
        let (reference, state, idempotency): (String, String, String) = (row.get(0), row.get(1), row.get(4));
        let entries = ledger.get(&reference).unwrap_or(&none);
        let (paid, returned) = (entries.count("paid"), entries.count("returned"));
        let told = Told { state: &state, is_resent: row.get(5), has_anomaly: row.get(6) };
        let twist = entries.twist.as_deref().map(Twist::of);
        if let Some(harm) = told.harm(twist, paid) {
            audit.add(
                harm,
                &reference,
                format!("it is {state}, and the provider has it {:?}", entries.twist),
            );
        }
        let agrees = match state.as_str() {
            _ if twist == Some(Twist::Declined) => paid <= 1 && returned == 0,
            "accepted" | "unknown" if twist.is_some_and(|twist| !twist.ends()) => true,
            "paid" => (paid, returned) == (1, 0),
            "returned" => (paid, returned) == (0, 1),
            "rejected" | "cancelled" | "awaiting_approval" => (paid, returned) == (0, 0),
            "needs_review" => true,
            _ => {
                audit.add(Harm::Undecided, &reference, format!("it is {state}"));
                continue;
            }
        };
        if paid + returned > 1 {
            audit.add(Harm::DoublePaid, &reference, format!("{:?}", entries.statuses));
        } else if !agrees {
            audit.add(
                Harm::WrongFinal,
                &reference,
                format!("it is {state}, and the ledger says {:?}", entries.statuses),
            );
        }
        let amount: (String, i64) = (row.get(2), row.get(3));
        if entries.amounts.iter().any(|other| *other != amount) {
            audit.add(
                Harm::WrongFinal,
                &reference,
                format!("{amount:?}, and the ledger has {:?}", entries.amounts),
            );
        }
        if state == "needs_review" && idempotency != "none" && twist.is_none() {
            audit.add(Harm::UnexplainedReview, &reference, format!("idempotency {idempotency}"));
        }
        audit.payouts += usize::from(state != "awaiting_approval" && state != "cancelled");
        audit.paid += usize::from(state == "paid" || state == "returned");
        audit.rejected += usize::from(state == "rejected");
        audit.review += usize::from(state == "needs_review");
        audit.twisted += usize::from(twist.is_some());
    }
}

/// I4: all that the ledger has, we had meant to send before; but for what a restored database has
/// forgotten. What was sent before the restore may be booked seconds after it: the provider is slow
/// or books late.
async fn intended(
    database: &mut PgConnection,
    ledger: &HashMap<String, Entries>,
    lost: &LostTime,
    audit: &mut Audit,
) {
    let (references, times): (Vec<&str>, Vec<&str>) = ledger
        .iter()
        .flat_map(|(reference, entries)| entries.at.iter().map(|at| (reference.as_str(), at.as_str())))
        .unzip();
    let early = sqlx::query(
        "select l.reference from unnest($1::text[], $2::text[]) l (reference, at) where not exists (
           select from payout p join attempt a on a.payout_id = p.id
           where p.reference = l.reference and a.started_at <= l.at::timestamptz)
         and (l.at::timestamptz between $3::timestamptz and $4::timestamptz + interval '3 seconds') is not true",
    );
    let early = early.bind(&references).bind(&times).bind(&lost.backed_up_at).bind(&lost.restored_at);
    for row in early.fetch_all(database).await.unwrap() {
        audit.add(
            Harm::SendFailure,
            row.get::<String, _>(0),
            "the ledger has it from before we meant to send it",
        );
    }
}
