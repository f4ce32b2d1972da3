//! From nothing to a process that works: other people's Postgres, one that is late, and files that
//! differ from machine to machine.

use std::{fs, process::Output};

use payrun_tests::{Options, World, wait_for};

use crate::operate::get;

/// Made up; the role ends with the test.
const PASSWORD: &str = "made-up-and-ordinary";

/// The world's server, as another role, in another database.
fn url_of(world: &World, role: &str, database: &str) -> String {
    let (_, rest) = world.database_url().split_once('@').unwrap();
    let (server, settings) = rest.split_once('/').unwrap();
    let settings = settings.split_once('?').map_or(String::new(), |(_, settings)| format!("?{settings}"));
    format!("postgres://{role}:{PASSWORD}@{server}/{database}{settings}")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
}

/// The schema's owner has no special rights, and the application has a login of its own.
#[test]
fn an_ordinary_owner_installs_what_another_login_uses() {
    let world = World::new("payrun_it_owner");
    let gone = || {
        world.execute("drop database if exists payrun_it_ordinary with (force)");
        world.execute("drop role if exists payrun_it_ordinary_owner, payrun_it_ordinary_login");
    };
    gone();
    for role in ["owner", "login"] {
        world.execute(&format!("create role payrun_it_ordinary_{role} login password '{PASSWORD}'"));
    }
    world.execute("create database payrun_it_ordinary owner payrun_it_ordinary_owner");
    let owner = url_of(&world, "payrun_it_ordinary_owner", "payrun_it_ordinary");
    let login = url_of(&world, "payrun_it_ordinary_login", "payrun_it_ordinary");
    let doctor = || world.command(&["--json", "doctor"]).env("DATABASE_URL", &login).output().unwrap();
    let migrated = world.command(&["migrate"]).env("DATABASE_URL", &owner).output().unwrap();
    assert!(migrated.status.success(), "{}", said(&migrated));
    let unwell = doctor();
    assert_eq!(unwell.status.code(), Some(5));
    assert!(said(&unwell).contains("grant payrun_app to it"), "{}", said(&unwell));
    world.execute("grant payrun_app to payrun_it_ordinary_login");
    let well = doctor();
    assert!(well.status.success(), "{}", said(&well));
    for seen in ["database schema", "keys open this database", "accounts are what they were", "clock"] {
        assert!(said(&well).contains(seen), "{seen}: {}", said(&well));
    }
    gone();
}

/// After a power cut Postgres may come later than payrun: a role waits for it, and a person is told
/// at once.
#[test]
fn a_role_waits_for_a_database_that_is_not_there_yet() {
    let world = World::with("payrun_it_late", &Options { through_links: true, ..Options::default() });
    let database = &world.links().unwrap().database;
    database.cut();
    let given_up = world.start("reconcile");
    let _relay = world.start("relay");
    for role in ["reconcile", "relay"] {
        wait_for("the role to wait", || world.has_said(role, "failed; trying again").then_some(()));
    }
    assert!(given_up.stop().success(), "it stops when it is told to");
    database.restore();
    let address = world.served("relay", "serving /metrics");
    assert!(get(&address, "/readyz").0.contains("200"));
    let mut asked = world.command(&["batch", "list"]);
    let failed = asked.env("DATABASE_URL", "postgres://payrun@127.0.0.1:1/payrun").output().unwrap();
    assert_eq!(failed.status.code(), Some(1), "{}", said(&failed));
}

/// Whose file has no limits lifts none; the roles' files are in force, and say so when they change
/// one.
#[test]
fn limits_are_those_of_the_roles() {
    let limits = "batch_max = \"3000.00\"\n".to_owned();
    let world = World::with("payrun_it_limits", &Options { limits, ..Options::default() });
    let limited = fs::read_to_string(world.folder().join("payrun.toml")).unwrap();
    world.approved_batch("small", 2);
    world.file("payrun.toml", &limited.replace("batch_max", "# batch_max"));
    let csv = payrun_tests::Payroll::csv(world.provider(), world.account(), "large", 3);
    let file = world.file("large.csv", &csv);
    let imported = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    let batch = imported["batch"].as_str().unwrap();
    let digest = world.run(&["batch", "show", batch])["digest"].as_str().unwrap().to_owned();
    let approve = || world.try_run(&["--as", "luis", "batch", "approve", batch, "--digest", &digest]);
    let (status, _, said) = approve();
    assert!(status.code() == Some(3) && said.contains("in one batch"), "{said}");
    let _relay = world.start("relay");
    wait_for("the role's limits", || world.has_said("relay", "limits changed").then_some(()));
    assert!(world.has_said("relay", "PEN 3000.00"), "what was in force before");
    assert_eq!(approve().0.code(), Some(0));
}

/// A start that is refused leaves nothing behind, and every command refuses the same file.
#[test]
fn a_refused_start_writes_nothing() {
    let world = World::new("payrun_it_refused");
    world.approved_batch("first", 1);
    let file = fs::read_to_string(world.folder().join("payrun.toml")).unwrap();
    let section = &file[file.find("[accounts.").unwrap()..];
    let newcomer = section.replace(&format!("[accounts.{}", world.account()), "[accounts.another");
    let teemopay = section.replace("provider = \"bamboo\"", "provider = \"teemopay\"").replace(
        "currency = \"PEN\"\nmodel = \"L2L\"\nprivate_key_file = \"bamboo.key\"",
        "app_code = \"sandbox-app\"\nprivate_key_file = \"teemopay.key\"",
    );
    world.file("payrun.toml", &file.replace(section, &format!("{teemopay}\n{newcomer}")));
    for command in [
        &["relay"][..],
        &[
            "--as",
            "luis",
            "batch",
            "approve",
            "01a2b3c4-0000-7000-8000-000000000000",
            "--digest",
            "0123456789abcdef",
        ],
    ] {
        let (status, _, said) = world.try_run(command);
        assert!(status.code() == Some(3) && said.contains("another provider"), "{command:?}: {said}");
    }
    assert_eq!(world.number("select count(*) from account"), 1, "no account was added on the way");
    world.file("payrun.toml", &file.replace("concurrency = ", "amount_max = \"abc\"\nconcurrency = "));
    for command in [&["relay"][..], &["accounts", "test", world.account()]] {
        let (status, _, said) = world.try_run(command);
        assert!(!status.success() && said.contains("limits.amount_max"), "{command:?}: {said}");
    }
}

/// A dispatcher that was not told of the newest key says which one it lacks, counts it, and goes on
/// once it was told.
#[test]
fn a_dispatcher_without_the_newest_key_says_so() {
    let world = World::new("payrun_it_key");
    let dispatch = world.start("dispatch");
    let address = world.served("dispatch", "serving /metrics");
    world.run(&["keys", "add"]);
    let batch = world.approved_batch("new-key", 3);
    wait_for("the dispatcher to notice", || world.has_said("dispatch", "sealed with key 2").then_some(()));
    assert!(world.has_said("dispatch", "SIGHUP"));
    assert!(get(&address, "/metrics").1.contains("payrun_failures_total{role=\"dispatch\"}"));
    assert_eq!(world.count(&batch, &["queued"]), 3);
    dispatch.signal("HUP");
    let _others = [world.start("relay"), world.start("reconcile")];
    assert_eq!(world.settled(&batch), 3);
}
