//! What became of the payouts: payrun's word beside the ledger of the simulated providers.

use std::net::SocketAddr;

use anyhow::Context as _;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{ledger, payrun::Payrun};

/// A batch, as `payrun batch list` has it.
#[derive(Deserialize)]
pub(crate) struct Batch {
    #[serde(rename = "batch")]
    pub(crate) id: String,
    /// Rows that became payouts.
    pub(crate) accepted: u32,
    /// Rows that did not.
    pub(crate) rejected: u32,
    pub(crate) digest: String,
}

/// What became of a batch, as `payrun batch watch` has it.
#[derive(Deserialize)]
pub(crate) struct Tally {
    pub(crate) payouts: u32,
    pub(crate) paid: u32,
    pub(crate) rejected: u32,
    pub(crate) returned: u32,
    /// Payouts that wait for a person.
    pub(crate) review: u32,
}

/// A row of `payrun batch export`.
#[derive(Deserialize)]
struct Payout {
    reference: String,
    state: String,
}

/// The last line of the demo, and whether both sides say the same.
pub(crate) struct Verdict {
    pub(crate) line: String,
    pub(crate) agrees: bool,
}

impl Batch {
    /// Every batch of the database, the latest first.
    pub(crate) async fn all(payrun: &Payrun) -> anyhow::Result<Vec<Self>> {
        understand(payrun.ask(&["batch", "list"]).await?)
    }
}

impl Tally {
    /// Waits until the batch is settled.
    pub(crate) async fn of(payrun: &Payrun, batch: &Batch) -> anyhow::Result<Self> {
        understand(payrun.ask(&["batch", "watch", &batch.id]).await?)
    }
}

fn understand<T: DeserializeOwned>(answer: Value) -> anyhow::Result<T> {
    serde_json::from_value(answer).context("an answer of payrun has not the members that the demo reads")
}

/// Compares the payouts one by one with the ledger, which knows what was paid even when the
/// database is wrong. Payouts that wait for a person may be either way there.
pub(crate) async fn verify(
    payrun: &Payrun,
    batch: &Batch,
    tally: Tally,
    sandbox: SocketAddr,
) -> anyhow::Result<Verdict> {
    let (summary, ledger) = (ledger::summary(sandbox).await?, ledger::by_reference(sandbox).await?);
    let export = payrun.read(&["batch", "export", &batch.id]).await?;
    let payouts: Vec<Payout> = csv::Reader::from_reader(export.as_slice())
        .deserialize()
        .collect::<Result<_, _>>()
        .context("the export of the batch cannot be read")?;
    let differing = payouts.iter().filter(|payout| !ledger.agrees(&payout.reference, &payout.state)).count();
    let agrees = summary.double_paid == 0
        && differing == 0
        && tally.payouts == batch.accepted
        && u32::try_from(payouts.len()) == Ok(tally.payouts);
    let word = if agrees { "ok" } else { "failed" };
    let line = format!(
        "demo: {word} payouts={} paid={} rejected={} invalid={} review={} double_paid={}",
        tally.payouts, tally.paid, tally.rejected, batch.rejected, tally.review, summary.double_paid
    );
    let line = if agrees { line } else { format!("{line} differing={differing} exported={}", payouts.len()) };
    Ok(Verdict { line, agrees })
}
