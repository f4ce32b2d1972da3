//! Who brings payrolls and approves them, and tries again when a server is away: that is what the
//! same bytes, the same message id and the same digest are for.

use payrun_tests::{Payroll, Provider, World, wait_for};
use serde_json::{Map, Value, json};

/// In each payroll.
const ROWS: usize = 20;

/// Remembers what was brought.
#[derive(Default)]
pub(crate) struct Clerk {
    batches: Vec<String>,
}

impl Clerk {
    pub(crate) const fn rows(&self) -> usize {
        self.batches.len() * ROWS
    }

    /// How many payrolls were brought.
    pub(crate) const fn batches(&self) -> usize {
        self.batches.len()
    }

    /// The database knows of the first `kept` only: the others are to be brought again, under their
    /// old names. Returns how many there were.
    pub(crate) fn forget_after(&mut self, kept: usize) -> usize {
        let brought = self.batches.len();
        self.batches.truncate(kept);
        brought
    }

    /// Shows what was brought, and is not wholly approved.
    pub(crate) fn show_what_is_missing(&self, world: &World) {
        for batch in &self.batches {
            let shown = insist(world, &["batch", "show", batch]);
            if shown["state"] != "approved" || shown["accepted"] != ROWS {
                println!("{shown:#}");
            }
        }
    }

    /// Brings the next payroll, each for another provider, every third one by the queue.
    pub(crate) fn bring(&mut self, world: &World) {
        let number = self.batches.len();
        let provider = Provider::ALL[number % Provider::ALL.len()];
        let name = format!("chaos-{number}");
        let csv = Payroll::csv(provider, &provider.account(world.account()), &name, ROWS);
        let batch = if number % 3 == 2 { publish(world, &name, &csv) } else { import(world, &csv) };
        let digest = insist(world, &["batch", "show", &batch])["digest"].as_str().unwrap().to_owned();
        wait_for("the approval", || {
            let approve = ["--as", "luis", "batch", "approve", &batch, "--digest", &digest];
            let (status, _, said) = world.try_run(&approve);
            (status.success() || said.contains("approved already")).then_some(())
        });
        self.batches.push(batch);
    }
}

fn import(world: &World, csv: &str) -> String {
    let file = world.file("payroll.csv", csv);
    let imported = insist(world, &["--as", "ana", "import", file.to_str().unwrap()]);
    imported["batch"].as_str().unwrap().to_owned()
}

/// Publishes until the broker confirms, and waits until it is a batch.
fn publish(world: &World, name: &str, csv: &str) -> String {
    let mut lines = csv.lines().map(|line| line.split(','));
    let header: Vec<&str> = lines.next().unwrap().collect();
    let payout = |cells: std::str::Split<'_, char>| {
        let given = header.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
        Value::Object(given.map(|(column, cell)| ((*column).to_owned(), cell.into())).collect::<Map<_, _>>())
    };
    let message =
        json!({"version": 1, "id": name, "payouts": lines.map(payout).collect::<Vec<_>>()}).to_string();
    let queue = format!("{}.intake", world.account());
    wait_for("the broker", || world.try_publish(&queue, message.as_bytes()).then_some(()));
    wait_for("the message to become a batch", || {
        let batches = insist(world, &["batch", "list"]);
        let found = batches.as_array()?.iter().find(|batch| batch["name"] == name)?;
        Some(found["batch"].as_str()?.to_owned())
    })
}

fn insist(world: &World, arguments: &[&str]) -> Value {
    wait_for("the database", || {
        let (status, answer, _) = world.try_run(arguments);
        status.success().then_some(answer)
    })
}
