//! Postgres dies and comes back, and has no room.

use payrun_tests::{Options, Payroll, Server, Services, World, wait_for};

use crate::{LIMITS, alone, disk::Disk};

/// What was committed stays, what was not is tried again; whoever waits for an answer to COMMIT finds out.
#[test]
fn a_database_that_dies_costs_time_and_nothing_else() {
    let Some(services) = Services::own() else { return };
    let _alone = alone();
    let options = Options { limits: LIMITS.to_owned(), ..Options::default() };
    let world = World::with("payrun_server_database", &options);
    let run = world.start("run");
    for index in 0..4 {
        let batch = world.approved_batch(&format!("database-{index}"), 40);
        services.kill(Server::Postgres);
        services.started(services.start(Server::Postgres));
        assert_eq!(world.settled(&batch), 40);
    }
    run.kill();
    assert_eq!(world.audit().paid, 160);
}

/// Without room for an intent nothing is sent; an import is refused as a whole. With room again, everything goes on by itself.
#[test]
fn a_full_disk_stops_sending_and_loses_nothing() {
    if Services::own().is_none() {
        return;
    }
    let _alone = alone();
    let world =
        World::with("payrun_server_disk", &Options { limits: LIMITS.to_owned(), ..Options::default() });
    let disk = Disk::under(&world);
    let batch = world.approved_batch("full", 300);
    let csv = Payroll::csv(world.provider(), world.account(), "later", 500);
    let file = world.file("later.csv", &csv);
    let import = ["--as", "ana", "import", file.to_str().unwrap()];
    disk.fill();
    let (status, answer, said) = world.try_run(&import);
    assert!(!status.success() && said.contains("No space left on device"), "{answer} {said}");
    let run = world.start("run");
    wait_for("the database to refuse", || world.has_said("run", "No space left on device").then_some(()));
    let moved = world.count(&batch, &["submitting", "accepted", "paid"]);
    assert!(world.ledger().accepted <= moved, "nothing is sent that was not meant before");
    disk.free();
    assert_eq!(world.settled(&batch), 300);
    let later = world.run(&import);
    assert_eq!(later["accepted"], 500, "{later}");
    run.kill();
    assert_eq!((world.audit().paid, world.ledger().accepted), (300, 300));
}
