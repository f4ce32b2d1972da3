//! What must hold of every payout after whatever happened, checked from outside: the database's tables against the provider's own ledger.

use std::{
    collections::{HashMap, HashSet},
    fs,
};

use serde_json::Value;
use sqlx::{Connection as _, PgConnection, Row as _};

use crate::World;

/// What an audit counted; it has failed the test already if anything was wrong.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Audit {
    /// Approved payouts.
    pub payouts: usize,
    /// Settled as paid, or paid and returned.
    pub paid: usize,
    /// Refused for good.
    pub rejected: usize,
    /// Left to a person, for a stated reason.
    pub review: usize,
}

/// The ledger's lines of one reference.
#[derive(Default)]
struct Entries {
    statuses: Vec<String>,
    amounts: Vec<(String, i64)>,
    at: Vec<String>,
}

impl Entries {
    fn count(&self, status: &str) -> usize {
        self.statuses.iter().filter(|known| *known == status).count()
    }
}

/// Queries that find nothing in a database that is well, with what they would find.
const MUST_BE_EMPTY: [(&str, &str); 6] = [
    (
        "an event log that does not replay to its payout",
        "select p.id::text from payout p where p.version > 2 and not exists (
           select from payout_event e where e.payout_id = p.id and e.version = p.version and e.to_state = p.state)",
    ),
    (
        "a gap in an event log, or a step that does not begin where the last one ended",
        "select payout_id::text from (
           select payout_id, version, from_state, lag(to_state) over history as before, lag(version) over history as previous
           from payout_event window history as (partition by payout_id order by version)) e
         where previous is not null and (version <> previous + 1 or from_state <> before)",
    ),
    (
        "a transition that the table does not have",
        "select e.payout_id::text from payout_event e left join payout_transition t
           on t.transition = e.transition and t.from_state = e.from_state and t.to_state = e.to_state
         where t.transition is null and e.from_state is distinct from e.to_state",
    ),
    ("a batch approved by its uploader", "select id::text from batch where approved_by = uploaded_by"),
    (
        "a payout in class C that was sent twice",
        "select p.id::text from payout p join account a on a.name = p.account where a.class = 'C' and p.sends > 1",
    ),
    ("a payout for a person without a reason", "select id::text from payout where state = 'needs_review' and reason is null"),
];

impl World {
    /// Checks everything; the test fails with what is wrong. Nothing of the batches is on its way any more.
    pub fn audit(&self) -> Audit {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ledger = self.entries();
        let audit = runtime.block_on(async {
            let mut database = PgConnection::connect(self.database_url()).await.unwrap();
            for (what, query) in MUST_BE_EMPTY {
                let found = sqlx::query(query).fetch_all(&mut database).await.unwrap();
                let ids: Vec<String> = found.iter().map(|row| row.get(0)).collect();
                assert!(ids.is_empty(), "{what}: {ids:?}");
            }
            compare(&mut database, &ledger).await
        });
        self.assert_nobody_is_named();
        audit
    }

    fn entries(&self) -> HashMap<String, Entries> {
        let mut ledger: HashMap<String, Entries> = HashMap::new();
        for line in self.get("/_ledger").lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            let entries = ledger.entry(text("reference")).or_default();
            entries.statuses.push(text("status"));
            entries.amounts.push((text("currency"), line["amount_minor"].as_i64().unwrap()));
            entries.at.push(text("at"));
        }
        ledger
    }

    /// Planted names and numbers are in no log.
    fn assert_nobody_is_named(&self) {
        for entry in fs::read_dir(self.folder()).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "log") {
                let log = fs::read_to_string(&path).unwrap();
                for planted in ["Rosa", "4000000", "00300000", "01800000", "03800000", "sandbox-private-key"]
                {
                    assert!(!log.contains(planted), "{} names {planted}", path.display());
                }
            }
        }
    }
}

/// I1-I5: what we say of each payout is what the ledger says, and what the ledger has, we had meant to send before.
async fn compare(database: &mut PgConnection, ledger: &HashMap<String, Entries>) -> Audit {
    let rows = sqlx::query(
        "select p.reference, p.state, p.currency::text, p.amount_minor, min(a.started_at) as intent
         from payout p left join attempt a on a.payout_id = p.id group by p.id",
    );
    let mut audit = Audit::default();
    let (mut known, none) = (HashSet::new(), Entries::default());
    for row in rows.fetch_all(&mut *database).await.unwrap() {
        let (reference, state): (String, String) = (row.get(0), row.get(1));
        let entries = ledger.get(&reference).unwrap_or(&none);
        let (paid, returned) = (entries.count("paid"), entries.count("returned"));
        let agrees = match state.as_str() {
            "paid" => (paid, returned) == (1, 0),
            "returned" => (paid, returned) == (0, 1),
            "rejected" | "cancelled" | "awaiting_approval" => (paid, returned) == (0, 0),
            "needs_review" => paid + returned <= 1,
            _ => false,
        };
        assert!(agrees, "{reference} is {state}, and the ledger says {:?}", entries.statuses);
        let amount: (String, i64) = (row.get(2), row.get(3));
        assert!(
            entries.amounts.iter().all(|other| *other == amount),
            "{reference}: {amount:?}, ledger {:?}",
            entries.amounts
        );
        audit.payouts += usize::from(state != "awaiting_approval" && state != "cancelled");
        audit.paid += usize::from(state == "paid" || state == "returned");
        audit.rejected += usize::from(state == "rejected");
        audit.review += usize::from(state == "needs_review");
        known.insert(reference);
    }
    let (references, times): (Vec<&str>, Vec<&str>) = ledger
        .iter()
        .flat_map(|(reference, entries)| entries.at.iter().map(|at| (reference.as_str(), at.as_str())))
        .unzip();
    assert!(
        references.iter().all(|reference| known.contains(*reference)),
        "the ledger has a payout that we do not"
    );
    let early = sqlx::query(
        "select l.reference from unnest($1::text[], $2::text[]) l (reference, at) where not exists (
           select from payout p join attempt a on a.payout_id = p.id
           where p.reference = l.reference and a.started_at <= l.at::timestamptz)",
    );
    let early = early.bind(&references).bind(&times).fetch_all(database).await.unwrap();
    assert!(early.is_empty(), "{} sends came before their intent", early.len());
    audit
}
