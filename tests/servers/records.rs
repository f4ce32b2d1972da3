//! Kapaqnan's database, served by a server of the MongoDB protocol that somebody else wrote. It has
//! no Decimal128, no login and no TLS: those are for the stand-in and the recorded documents.

use std::{
    io::Write as _,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Command, Stdio},
};

use payrun_tests::{LedgerLine, Options, Payroll, Process, Provider, World, wait_for};
use serde_json::{Value, json};

use crate::{alone, python::python};

/// The server, and where it is.
struct Records {
    address: SocketAddr,
    _server: Process,
}

impl Records {
    fn start(folder: &Path) -> Self {
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let place = |name: &str| folder.join(name);
        let mut command = Command::new(python().with_file_name("nx-27017"));
        command.args(["--db", "memory", "--host", "127.0.0.1", "--port", &address.port().to_string()]);
        command.arg("--log-file").arg(place("records.log")).arg("--pid-file").arg(place("records.pid"));
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap().into();
        wait_for("the provider's database", || TcpStream::connect(address).ok());
        Self { address, _server: server }
    }

    /// As the provider writes them.
    fn write(&self, rows: &[Value]) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("servers/records.py");
        let mut command = Command::new(python());
        command.arg(script).arg(format!("mongodb://{}/", self.address)).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(json!(rows).to_string().as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "the rows are written");
    }
}

/// What the provider has of a payout that it took.
fn row(line: &LedgerLine, kind: &str, status: &str, amount_minor: i64) -> Value {
    let amount = format!("{}.{:02}", amount_minor / 100, amount_minor % 100);
    json!({
        "id": line.payout_id, "reference": line.reference, "status": status, "type": kind, "amount": amount,
    })
}

/// Eight payouts of whole soles, so that every type of number can hold the amounts.
fn approved(world: &World, prefix: &str) -> String {
    let csv = Payroll::csv(Provider::Kapaqnan, world.account(), prefix, 8).replace(".50,", ".00,");
    let file = world.file(&format!("{prefix}.csv"), &csv);
    let imported = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    let batch = imported["batch"].as_str().unwrap().to_owned();
    let digest = world.run(&["batch", "show", &batch])["digest"].as_str().unwrap().to_owned();
    world.run(&["--as", "luis", "batch", "approve", &batch, "--digest", &digest]);
    batch
}

const TYPES: [&str; 4] = ["double", "int", "long", "text"];

#[test]
fn a_database_that_somebody_else_wrote_tells_what_became_of_payouts() {
    let _alone = alone();
    let folder = tempfile::tempdir().unwrap();
    let records = Records::start(folder.path());
    let limits = "look_up_min_ms = 100\nlook_up_max_ms = 400\n".to_owned();
    let world = World::with(
        "payrun_server_records",
        &Options {
            provider: Provider::Kapaqnan,
            records: Some(records.address),
            limits,
            ..Options::default()
        },
    );
    let _run = world.start("run");
    let batch = approved(&world, "told");
    wait_for("the provider to take them", || (world.count(&batch, &["accepted"]) == 8).then_some(()));
    let told = world.ledger_lines();
    let status = |place: usize| if place < 4 { "PAID" } else { "REJECTED" };
    let rows = told.iter().enumerate();
    let rows: Vec<Value> =
        rows.map(|(place, line)| row(line, TYPES[place % 4], status(place), line.amount_minor)).collect();
    records.write(&rows);
    wait_for("all to be settled", || {
        let count = |state: &str| world.count(&batch, &[state]);
        ((count("paid"), count("rejected")) == (4, 4)).then_some(())
    });

    // Answers that were lost are found under our reference; another amount is no answer.
    world.set_faults("accept_reset=1000");
    let batch = approved(&world, "lost");
    wait_for("their answers to be lost", || (world.count(&batch, &["unknown"]) == 8).then_some(()));
    let lost: Vec<LedgerLine> = world.ledger_lines().into_iter().skip(told.len()).collect();
    let off_by = |place: usize| i64::from(place == 7) * 100;
    let rows = lost.iter().enumerate();
    let rows: Vec<Value> = rows
        .map(|(place, line)| row(line, TYPES[place % 4], "PAID", line.amount_minor + off_by(place)))
        .collect();
    records.write(&rows);
    wait_for("those with their amounts to be paid", || (world.count(&batch, &["paid"]) == 7).then_some(()));
    wait_for("the other to be told", || {
        let review = world.run(&["review"]);
        review.as_array().unwrap().iter().any(|item| item["kind"] == "mismatch").then_some(())
    });
}
