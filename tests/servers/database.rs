//! Postgres dies and comes back, and has no room.

use payrun_tests::{Options, Payroll, Server, Services, World, wait_for};

use crate::{LIMITS, alone, disk::Disk};

/// What was committed stays, what was not is tried again; a process that waits for an answer to
/// COMMIT finds out.
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

/// What such a server has answered as committed can be lost, and with it that a payout was sent.
#[test]
fn a_server_that_may_forget_is_not_worked_with() {
    let Some(_services) = Services::own() else { return };
    let _alone = alone();
    let world = World::with("payrun_server_forgets", &Options::default());
    world.run(&["batch", "list"]);
    for setting in ["fsync", "full_page_writes"] {
        world.execute(&format!("alter system set {setting} = off"));
        world.execute("select pg_reload_conf()");
        wait_for("the server to be asked", || {
            let (done, _, said) = world.try_run(&["batch", "list"]);
            (!done.success() && said.contains(&format!("runs with {setting} = off"))).then_some(())
        });
        world.execute(&format!("alter system reset {setting}"));
        world.execute("select pg_reload_conf()");
    }
    wait_for("the server to remember again", || world.try_run(&["batch", "list"]).0.success().then_some(()));
}

/// A crash makes Postgres forget the numbers of transactions of which nothing was written down, and
/// it gives them to others. That one of those was committed says nothing of ours.
#[test]
fn a_number_that_was_given_twice_proves_no_commit() {
    let Some(services) = Services::own() else { return };
    let _alone = alone();
    let world = World::with("payrun_server_number", &Options::default());
    // Or it writes down the number before the crash.
    world.execute("alter system set wal_writer_delay = '10s'");
    world.execute("select pg_reload_conf()");
    let csv = Payroll::csv(world.provider(), world.account(), "number", 1);
    let file = world.file("number.csv", &csv);
    let imported = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    let batch = imported["batch"].as_str().unwrap();
    let shown = world.run(&["batch", "show", batch]);
    let approve = ["--as", "luis", "batch", "approve", batch, "--digest", shown["digest"].as_str().unwrap()];
    let approver = wait_for("a number to be given twice", || {
        let approver = world.stands_still("approve", &approve, "before commit approving a batch:1");
        let number = world.number(
            "select backend_xid::text::bigint from pg_stat_activity
             where backend_xid is not null and datname = current_database()",
        );
        services.kill(Server::Postgres);
        services.started(services.start(Server::Postgres));
        let next = || world.number("select pg_current_xact_id()::text::bigint");
        let is_forgotten = next() <= number;
        while is_forgotten && next() < number {}
        is_forgotten.then_some(approver)
    });
    approver.signal("CONT");
    assert!(!approver.stop().success());
    assert!(world.has_said("approve", "look before you repeat it"));
    assert_eq!(world.run(&["batch", "show", batch])["state"], "awaiting approval");
    assert_eq!(world.run(&approve)["queued"], 1);
    world.execute("alter system reset wal_writer_delay");
    world.execute("select pg_reload_conf()");
}

/// Without room for an intent nothing is sent; an import is refused as a whole. With room again,
/// everything goes on by itself.
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
