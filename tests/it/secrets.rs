//! Who needs a provider's secrets: what asks the provider, and nothing else.

use std::fs;

use payrun_tests::{Payroll, World, wait_for};

#[test]
fn rows_are_judged_and_approved_where_no_provider_secret_is() {
    let world = World::new("payrun_it_secrets");
    fs::remove_file(world.folder().join("bamboo.key")).unwrap();
    let csv = Payroll::csv(world.provider(), world.account(), "judged", 3);
    let file = world.file("judged.csv", &csv);
    let file = file.to_str().unwrap();
    assert_eq!(world.run(&["check", file])["accepted"], 3);
    let imported = world.run(&["--as", "ana", "import", file]);
    let batch = imported["batch"].as_str().unwrap();
    let digest = world.run(&["batch", "show", batch])["digest"].as_str().unwrap().to_owned();
    world.run(&["--as", "luis", "batch", "approve", batch, "--digest", &digest]);
    for role in ["ingest", "relay"] {
        let process = world.start(role);
        wait_for("the role to work", || world.has_said(role, "working").then_some(()));
        assert!(process.stop().success());
    }
    for command in [&["dispatch"][..], &["accounts", "test", world.account()]] {
        let (status, _, said) = world.try_run(command);
        assert!(!status.success() && said.contains("bamboo.key cannot be read"), "{command:?}: {said}");
    }
}
