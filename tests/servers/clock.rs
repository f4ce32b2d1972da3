//! A host whose clock is wrong: leases are the database's, deadlines are counted and not read off a
//! clock, and no absence is believed by one clock alone.

use payrun_tests::{Options, Payroll, Provider, Server, Services, World, wait_for};

use crate::{LIMITS, alone};

fn world(provider: Provider, name: &'static str) -> World {
    World::with(name, &Options { provider, limits: LIMITS.to_owned(), ..Options::default() })
}

/// One process is ten minutes late, another ten minutes early, and they work on the same payouts.
#[test]
fn clocks_that_disagree_pay_once() {
    let _alone = alone();
    let world = world(Provider::Bamboo, "payrun_server_times");
    let late = world.start_at("run", Some("-10m"));
    let early = world.start_at("run", Some("+10m"));
    let batch = world.approved_batch("clock", 200);
    assert_eq!(world.settled(&batch), 200);
    late.kill();
    early.kill();
    assert_eq!((world.audit().paid, world.ledger().accepted), (200, 200));
}

/// TeemoPay refuses what was signed more than 30 seconds ago by its clock. No payout is rejected
/// for that.
#[test]
fn a_clock_that_a_provider_refuses_rejects_nobody() {
    let _alone = alone();
    let world = world(Provider::TeemoPay, "payrun_server_late");
    let late = world.start_at("run", Some("-10m"));
    let batch = world.approved_batch("clock", 20);
    wait_for("the provider to refuse", || world.has_said("run", "account paused").then_some(()));
    late.kill();
    assert_eq!((world.count(&batch, &["rejected", "paid", "accepted"]), world.ledger().accepted), (0, 0));
    world.run(&["--as", "ana", "accounts", "resume", world.account()]);
    let run = world.start("run");
    assert_eq!(world.settled(&batch), 20);
    run.kill();
    assert_eq!((world.audit().paid, world.ledger().accepted), (20, 20));
}

/// The database goes on at a host whose clock is 40 minutes early, and then at the first host
/// again.
struct Elsewhere<'a>(&'a Services);

impl<'a> Elsewhere<'a> {
    fn go_on(services: &'a Services) -> Self {
        services.kill(Server::Postgres);
        services.started(services.start_database_at("+40m"));
        Self(services)
    }
}

impl Drop for Elsewhere<'_> {
    fn drop(&mut self) {
        self.0.kill(Server::Postgres);
        self.0.started(self.0.start(Server::Postgres));
    }
}

/// By the clock of the database the quiet time, two minutes, is over at once; the provider books
/// what it took after twenty seconds.
#[test]
fn a_clock_that_steps_makes_no_absence() {
    let Some(services) = Services::own() else { return };
    let _alone = alone();
    let limits = "quiet_ms = 120000\nlook_up_min_ms = 100\nlook_up_max_ms = 300\n".to_owned();
    let world = World::with("payrun_server_step", &Options { limits, ..Options::default() });
    let run = world.start("run");
    world.set_faults("accept_reset=1000");
    let csv = Payroll::csv(world.provider(), world.account(), "lost", 1)
        .replace("Planilla", "sandbox:booked-late-20000");
    let file = world.file("lost.csv", &csv);
    let imported = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    let lost = imported["batch"].as_str().unwrap().to_owned();
    let digest = world.run(&["batch", "show", &lost])["digest"].as_str().unwrap().to_owned();
    world.run(&["--as", "luis", "batch", "approve", &lost, "--digest", &digest]);
    let not_founds = || world.number("select not_found::bigint from payout where client_id = 'lost-1'");
    wait_for("a not-found", || (not_founds() > 0).then_some(()));
    world.end_faults();

    let before = world.number("select extract(epoch from clock_timestamp())::bigint");
    let elsewhere = Elsewhere::go_on(&services);
    assert!(world.number("select extract(epoch from clock_timestamp())::bigint") >= before + 2_400);
    let younger = world.approved_batch("younger", 1);
    assert_eq!(world.settled(&younger), 1);
    wait_for("three not-founds", || (not_founds() >= 3).then_some(()));
    assert_eq!(world.settled(&lost), 1, "it was found when it was booked");
    let attempts =
        "select count(*) from attempt where payout_id = (select id from payout where client_id = 'lost-1')";
    assert_eq!(world.number(attempts), 1, "and was not sent again meanwhile");

    drop(elsewhere);
    let back = world.approved_batch("back", 2);
    assert_eq!(world.settled(&back), 2, "a clock that goes back stops nothing new");
    run.kill();
    assert_eq!((world.ledger().accepted, world.ledger().double_paid), (4, 0));
}
