//! Keys that change under a running system, and personal data that goes when it must.

use payrun_tests::{World, wait_for};
use serde_json::json;

/// The new key is brought to a running process by a signal, with a new log filter in the same
/// breath; nothing stops.
#[test]
fn keys_and_log_filter_change_while_payouts_are_paid() {
    let world = World::new("payrun_it_rotation");
    let run = world.start("run");
    let first = world.approved_batch("first", 5);
    wait_for("the first batch to be settled", || (world.settled(&first) == 5).then_some(()));

    assert_eq!(world.run(&["keys", "add"])["key"], 2);
    let settings = std::fs::read_to_string(world.folder().join("payrun.toml")).unwrap();
    world.file("payrun.toml", &format!("{settings}\n[log]\nfilter = \"info,payrun=debug\"\n"));
    run.signal("HUP");
    wait_for("the signal to be heard", || world.has_said("run", "were read again").then_some(()));
    let second = world.approved_batch("second", 5);
    wait_for("the second batch to be settled", || (world.settled(&second) == 5).then_some(()));
    let sealed = world.run(&["keys", "list"]);
    let by_key: Vec<_> =
        sealed.as_array().unwrap().iter().map(|key| (&key["key"], &key["beneficiaries"])).collect();
    assert_eq!(by_key, [(&json!(1), &json!(5)), (&json!(2), &json!(5))]);

    // A file that cannot be read changes nothing.
    world.file("payrun.keys", "rubbish");
    run.signal("HUP");
    wait_for("the signal to be heard", || world.has_said("run", "all goes on as before").then_some(()));
}

#[test]
fn a_key_is_destroyed_only_when_nothing_open_needs_it() {
    let world = World::new("payrun_it_forget");
    let run = world.start("run");
    let batch = world.approved_batch("old", 4);
    wait_for("the batch to be settled", || (world.settled(&batch) == 4).then_some(()));
    drop(run);
    let because = ["--reason", "two years are over"];
    let destroy = [&["--as", "eva", "keys", "destroy", "1"], because.as_slice()].concat();
    let (status, _, said) = world.try_run(&destroy);
    assert!(status.code() == Some(3) && said.contains("keys add"), "it is the only key: {said}");
    world.run(&["keys", "add"]);
    let (status, _, said) = world.try_run(&destroy);
    assert!(status.code() == Some(3) && said.contains("watched for a return"), "{said}");
    let shown = world.run(&["payout", "show", "old-4"]);
    let id = shown[0]["payout"].as_str().unwrap();
    assert!(said.contains(id), "what is open is named: {said}");

    let none =
        world.run(&[&["--as", "eva", "forget", "--person", "PE:DNI:40000001"], because.as_slice()].concat());
    assert_eq!((&none["forgotten"], &none["open"]), (&json!(0), &json!(1)));
    let forget = |whose: &[&'static str]| {
        world.try_run(&[&["--as", "eva", "forget"], whose, because.as_slice()].concat())
    };
    let (status, _, said) = forget(&["--person", "PE:DNI:49999999"]);
    assert!(status.code() == Some(3) && said.contains("no payout holds"), "{said}");
    let (status, _, said) = forget(&["--person", "PE:XXX:40000001"]);
    assert!(status.code() == Some(2) && said.contains("DNI"), "{said}");
    let (status, _, said) = forget(&["--settled-before", "2999-01-01"]);
    assert!(status.code() == Some(3) && said.contains("has not begun"), "{said}");
    let (status, _, said) = forget(&["old-1", "old-unheard-of"]);
    assert!(status.code() == Some(3) && said.contains("old-unheard-of"), "{said}");
    world.execute("set session_replication_role = replica; update payout set due_at = null");
    let gone = |whose: &[&'static str]| {
        world.run(&[&["--as", "eva", "forget"], whose, because.as_slice()].concat())["forgotten"].clone()
    };
    assert_eq!(gone(&["--person", "pe:dni: 40.000.001"]), json!(1));
    assert_eq!(gone(&["old-2"]), json!(1));
    let (status, _, said) = forget(&["old-2"]);
    assert!(status.code() == Some(3) && said.contains("no payout holds"), "{said}");
    let (status, _, said) = world.try_run(&[&["--as", "eva", "forget"], because.as_slice()].concat());
    assert!(status.code() == Some(3) && said.contains("whose data"), "{said}");
}
