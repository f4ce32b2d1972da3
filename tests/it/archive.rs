//! Months of history that go to files: written, read back, dropped from the database, and named
//! ever after.

use std::{fs, path::Path, process::Command};

use payrun_tests::World;

/// What a program writes to its standard output.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_month_goes_to_a_file_and_its_payouts_stay() {
    let world = World::new("payrun_it_archive");
    let run = world.start("run");
    let batch = world.approved_batch("old", 5);
    assert_eq!(world.settled(&batch), 5);
    drop(run);
    world.execute("set session_replication_role = replica; update payout set state_since = '2025-07-15'");
    let folder = world.folder().join("archive");
    let to = ["--to", folder.to_str().unwrap()];
    let archive =
        |more: &[&'static str]| [&["--as", "eva", "archive", "--before", "2025-08"][..], &to, more].concat();
    let (status, _, errors) = world.try_run(&archive(&[]));
    assert!(
        status.code() == Some(3) && errors.contains("2025-07 has 5 payouts that are watched"),
        "{errors}"
    );
    let (status, _, errors) =
        world.try_run(&[&["--as", "eva", "archive", "--before", "2999-01"][..], &to].concat());
    assert!(status.code() == Some(3) && errors.contains("has not ended"), "{errors}");
    let (status, _, errors) =
        world.try_run(&[&["--as", "eva", "archive", "--before", "0000-01"][..], &to].concat());
    assert!(status.code() == Some(2) && errors.contains("a year and a month"), "{errors}");
    assert!(!folder.exists(), "nothing was written");
    world.execute("update payout set due_at = null");

    let done = world.run(&archive(&[]));
    let file = folder.join("payouts-2025-07.jsonl.gz");
    let path = file.to_str().unwrap();
    let listed = done["months"][0].clone();
    assert_eq!(
        (&listed["month"], &listed["payouts"], &done["dropped"]),
        (&"2025-07".into(), &5.into(), &0.into())
    );
    assert!(said("sha256sum", &[path]).starts_with(listed["sha256"].as_str().unwrap()));
    let manifest: serde_json::Value =
        serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["files"], done["months"]);
    let text = said("gzip", &["-dc", path]);
    assert_eq!(text.lines().count(), 5);
    for line in text.lines() {
        let payout: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&payout["state"], payout["attempts"].as_array().unwrap().len()), (&"paid".into(), 1));
        assert!(payout["events"].as_array().unwrap().len() > 4, "{line}");
    }
    assert!(!text.contains("Rosa") && !text.contains("4000000"), "{text}");

    // A file that was lost is written again, as it was, while the database has all that belongs in
    // it.
    fs::remove_file(&file).unwrap();
    assert_eq!(world.run(&archive(&[]))["months"], done["months"]);
    assert!(file.exists());
    // So is one that was damaged, before anything leaves the database.
    fs::write(&file, "rubbish").unwrap();
    // Killed in the middle, it is run once more.
    world.dies("archive", &archive(&["--drop"]), "before commit dropping history:1");
    assert_eq!(world.number("select count(*) from attempt"), 5);
    assert_eq!(world.run(&archive(&["--drop"]))["dropped"], 5);
    assert_eq!(world.run(&archive(&["--drop"]))["dropped"], 0, "there is nothing left");
    assert_eq!(
        world.number("select count(*) from payout_event") + world.number("select count(*) from attempt"),
        0
    );
    assert_eq!(world.number("select count(*) from payout"), 5);
    assert_eq!(world.number("select count(*) from archive where dropped_by = 'eva' and dropped = 5"), 1);

    let shown = world.run(&["payout", "show", "old-1"]);
    assert_eq!(shown[0]["archived"]["file"], "payouts-2025-07.jsonl.gz");
    assert_eq!((&shown[0]["state"], shown[0]["events"].as_array().unwrap().len()), (&"paid".into(), 0));
    a_lost_file_holds_back_no_other_month(&world, &folder);
}

/// What is in a lost file only is told, and later months go on.
fn a_lost_file_holds_back_no_other_month(world: &World, folder: &Path) {
    fs::remove_file(folder.join("payouts-2025-07.jsonl.gz")).unwrap();
    let run = world.start("run");
    let later = world.approved_batch("later", 2);
    assert_eq!(world.settled(&later), 2);
    drop(run);
    world.execute(
        "set session_replication_role = replica; update payout set state_since = '2025-08-15', due_at = null where client_id like 'later%'",
    );
    let both = [
        &["--as", "eva", "archive", "--before", "2025-09", "--drop"][..],
        &["--to", folder.to_str().unwrap()],
    ]
    .concat();
    let (status, said, _) = world.try_run(&both);
    let lost = said["lost"].to_string();
    assert!(status.code() == Some(5) && lost.contains("payouts-2025-07.jsonl.gz is not there"), "{lost}");
    assert_eq!(said["dropped"], 2);
    assert!(folder.join("payouts-2025-08.jsonl.gz").exists());
}
