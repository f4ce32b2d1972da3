//! A command dies while it imports or approves: the batch is wholly there or not at all, and saying
//! it again is harmless.

use payrun_tests::{Options, Payroll, Provider, World};

#[test]
fn an_import_that_dies_leaves_a_whole_batch_or_none() {
    let world = World::with("payrun_crash_import", &Options::default());
    for (index, place) in ["after rows:1", "before commit importing rows:1", "after commit importing rows:1"]
        .into_iter()
        .enumerate()
    {
        let csv = Payroll::csv(Provider::Bamboo, world.account(), &format!("import-{index}"), 50);
        let file = world.file("payroll.csv", &csv);
        let arguments = ["--as", "ana", "import", file.to_str().unwrap()];
        world.dies("import", &arguments, place);
        let again = world.run(&arguments);
        let batch = again["batch"].as_str().unwrap();
        let shown = world.run(&["batch", "show", batch]);
        assert_eq!((&shown["accepted"], &shown["rejected"]), (&50.into(), &0.into()), "{place}");
        assert_eq!(again["status"] == "repeated", place.starts_with("after commit"), "{place}: {again}");
    }
}

#[test]
fn an_approval_that_dies_is_whole_or_none() {
    let world = World::with("payrun_crash_approve", &Options::default());
    for (index, place) in
        ["before commit approving a batch:1", "after commit approving a batch:1"].into_iter().enumerate()
    {
        let csv = Payroll::csv(Provider::Bamboo, world.account(), &format!("approve-{index}"), 20);
        let file = world.file("payroll.csv", &csv);
        let imported = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
        let batch = imported["batch"].as_str().unwrap();
        let digest = world.run(&["batch", "show", batch])["digest"].as_str().unwrap().to_owned();
        let arguments = ["--as", "luis", "batch", "approve", batch, "--digest", &digest];
        world.dies("approve", &arguments, place);
        let (status, _, said) = world.try_run(&arguments);
        assert_eq!(status.success(), place.starts_with("before"), "{place}: {said}");
        assert_eq!(world.count(batch, &["queued"]), 20, "{place}");
    }
    let run = world.start("run");
    let batches = world.run(&["batch", "list"]);
    for batch in batches.as_array().unwrap() {
        assert_eq!(world.settled(batch["batch"].as_str().unwrap()), 20);
    }
    run.kill();
    assert_eq!(world.audit().paid, 40);
}
