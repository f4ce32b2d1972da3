//! A final answer is questioned: what the provider says later goes to people, and nobody pays
//! again meanwhile.

use payrun_tests::{Options, Payroll, Provider, World, wait_for};
use serde_json::Value;

/// What has ended is looked up often.
const WATCHFUL: &str = "watch_min_ms = 100\nwatch_max_ms = 200\n";

/// Imports and approves one row, whose description tells the simulator what becomes of it.
fn paid_with(world: &World, name: &str, description: &str) -> String {
    let csv = Payroll::csv(Provider::Bamboo, world.account(), name, 1).replace("Planilla", description);
    let file = world.file(&format!("{name}.csv"), &csv);
    let imported = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    let batch = imported["batch"].as_str().unwrap().to_owned();
    let digest = world.run(&["batch", "show", &batch])["digest"].as_str().unwrap().to_owned();
    world.run(&["--as", "luis", "batch", "approve", &batch, "--digest", &digest]);
    batch
}

fn transitions(shown: &Value) -> Vec<&str> {
    shown["events"].as_array().unwrap().iter().map(|event| event["transition"].as_str().unwrap()).collect()
}

#[test]
fn a_refused_payout_that_was_paid_after_all_waits_for_two_people_and_is_not_issued_again() {
    let options = Options { limits: WATCHFUL.to_owned(), settle_ms: Some(2_000), ..Options::default() };
    let world = World::with("payrun_it_surfaced", &options);
    let batch = paid_with(&world, "surfaced", "sandbox:surfaces-813");
    let _run = world.start("run");
    let shown = wait_for("the provider to say otherwise", || {
        let shown = world.run(&["payout", "show", "surfaced-1"])[0].clone();
        (shown["state"] == "needs_review").then_some(shown)
    });
    assert_eq!(
        transitions(&shown),
        ["ingest", "pass", "approve", "claim", "refuse", "surface"],
        "no program makes paid of rejected"
    );
    assert_eq!((&shown["lookup_answer"], &shown["provider_status"]), (&"settled".into(), &"1 Paid".into()));
    let waiting = world.run(&["review"]);
    let kinds: Vec<&str> =
        waiting.as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"surfaced") && kinds.contains(&"needs_review"), "{waiting}");

    let (status, _, said) = world.try_run(&["--as", "ana", "payout", "reissue", "surfaced-1"]);
    assert!(status.code() == Some(3) && said.contains("needs_review"), "{said}");
    let evidence = ["--evidence", "seen in the provider's console"];
    let resolve = |who, outcome| {
        let decide = ["--as", who, "payout", "resolve", "surfaced-1", "--outcome", outcome];
        world.try_run(&[&decide[..], &evidence].concat())
    };
    let (status, _, said) = resolve("ana", "queued");
    assert!(
        status.code() == Some(3) && said.contains("has a record"),
        "what was found never goes again: {said}"
    );
    assert!(resolve("ana", "paid").0.success());
    assert!(resolve("luis", "paid").0.success());
    assert_eq!(world.count(&batch, &["paid"]), 1);
    assert_eq!(world.run(&["review"]), Value::Array(Vec::new()), "the decision answers the question");
    assert_eq!(world.ledger().accepted, 1, "one record at the provider, and one only");
}

#[test]
fn a_refused_payout_is_issued_again_once_its_provider_has_said_so_again() {
    let world =
        World::with("payrun_it_reissue", &Options { limits: WATCHFUL.to_owned(), ..Options::default() });
    let batch = paid_with(&world, "refused", "sandbox:declined-813");
    let _run = world.start("run");
    wait_for("the refusal", || (world.count(&batch, &["rejected"]) == 1).then_some(()));
    let shown = world.run(&["payout", "show", "refused-1"])[0].clone();
    assert_eq!(shown["reason"], "813");
    let meaning = shown["meaning"].as_str().unwrap();
    assert!(meaning.starts_with("The account did not pass Bamboo's validation."), "{meaning}");
    let again = world.run(&["--as", "ana", "payout", "reissue", "refused-1"]);
    let (new, digest) = (again["batch"].as_str().unwrap(), again["digest"].as_str().unwrap());
    world.run(&["--as", "luis", "batch", "approve", new, "--digest", digest]);
    wait_for("the second refusal", || (world.count(new, &["rejected"]) == 1).then_some(()));
    let (status, _, said) = world.try_run(&[
        "--as",
        "ana",
        "payout",
        "reissue",
        again["payouts"][0].as_str().unwrap(),
        "--compared",
    ]);
    assert!(status.code() == Some(2) && said.contains("--evidence"), "{said}");
}

#[test]
fn what_was_rejected_for_one_cause_is_issued_again_as_one_batch() {
    let world = World::with("payrun_it_poor", &Options { limits: WATCHFUL.to_owned(), ..Options::default() });
    let csv = Payroll::csv(Provider::Bamboo, world.account(), "many", 6);
    let words =
        ["late-declined-701", "late-declined-701", "late-declined-813"].map(|word| format!("sandbox:{word}"));
    let mut lines: Vec<String> = csv.lines().map(str::to_owned).collect();
    for (line, word) in lines[1..].iter_mut().zip(words) {
        *line = line.replace("Planilla", &word);
    }
    let file = world.file("many.csv", &lines.join("\n"));
    let imported = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    let batch = imported["batch"].as_str().unwrap().to_owned();
    let digest = world.run(&["batch", "show", &batch])["digest"].as_str().unwrap().to_owned();
    world.run(&["--as", "luis", "batch", "approve", &batch, "--digest", &digest]);
    let _run = world.start("run");
    wait_for("the batch to be settled, and the account to be funded again", || {
        if world.run(&["accounts"])[0]["paused"] == "balance" {
            world.run(&["--as", "ana", "accounts", "resume", world.account()]);
        }
        (world.count(&batch, &["rejected"]) == 3 && world.count(&batch, &["paid"]) == 3).then_some(())
    });
    let again = world.run(&["--as", "ana", "batch", "reissue", &batch, "--code", "701"]);
    assert_eq!(
        (again["payouts"].as_array().unwrap().len(), again["left"].as_array().unwrap().len()),
        (2, 0),
        "those of that code, and no others: {again}"
    );
    let shown = world.run(&["batch", "show", again["batch"].as_str().unwrap()]);
    assert_eq!((&shown["accepted"], &shown["state"]), (&2.into(), &"awaiting approval".into()));
    let (status, _, said) = world.try_run(&["--as", "ana", "batch", "reissue", &batch, "--code", "701"]);
    assert!(status.code() == Some(3) && said.contains("701"), "once is enough: {said}");
}

#[test]
fn a_state_that_no_document_lists_is_told_and_can_be_decided() {
    let world =
        World::with("payrun_it_unlisted", &Options { limits: WATCHFUL.to_owned(), ..Options::default() });
    let batch = paid_with(&world, "strange", "sandbox:paid-then-unknown-500");
    let _run = world.start("run");
    let told = wait_for("the state to be told", || {
        let waiting = world.run(&["review"]);
        waiting.as_array()?.iter().find(|item| item["kind"] == "unlisted").cloned()
    });
    assert!(told["detail"].as_str().unwrap().contains("the state 9,"), "{told}");
    let shown = world.run(&["payout", "show", "strange-1"])[0].clone();
    assert_eq!((&shown["provider_status"], &shown["lookup_answer"]), (&"9".into(), &"unlisted".into()));
    world.run(&[
        "--as",
        "ana",
        "review",
        "explain",
        "strange-1",
        "unlisted",
        "--reason",
        "it is being audited",
    ]);
    let looked_up = || world.run(&["payout", "show", "strange-1"])[0]["looked_up_at"].clone();
    let before = looked_up();
    wait_for("another look-up", || (looked_up() != before).then_some(()));
    assert_eq!(world.run(&["review"]), Value::Array(Vec::new()), "each state is told once");
    assert_eq!(world.count(&batch, &["paid"]), 1, "nothing is concluded");
}

#[test]
fn a_cause_that_a_look_up_learns_pauses_the_account_and_what_is_heard_again_does_not() {
    let world =
        World::with("payrun_it_cause", &Options { limits: WATCHFUL.to_owned(), ..Options::default() });
    let batch = paid_with(&world, "poor", "sandbox:late-declined-701");
    let _run = world.start("run");
    let account = || world.run(&["accounts"])[0].clone();
    wait_for("the account to be paused", || (account()["paused"] == "balance").then_some(()));
    assert_eq!(world.count(&batch, &["rejected"]), 1);
    world.run(&["--as", "ana", "accounts", "resume", world.account()]);
    // The refused payout is watched, and its provider says the same each time.
    let looked_up = || world.run(&["payout", "show", "poor-1"])[0]["looked_up_at"].clone();
    let before = looked_up();
    wait_for("another look-up", || (looked_up() != before).then_some(()));
    assert_eq!(account()["paused"], Value::Null, "a refusal of yesterday says nothing of today");
}

#[test]
fn what_was_paid_and_is_then_declined_for_want_of_money_is_a_question_and_pauses_nothing() {
    let world =
        World::with("payrun_it_contradicted", &Options { limits: WATCHFUL.to_owned(), ..Options::default() });
    let batch = paid_with(&world, "flipping", "sandbox:flips-701-3000");
    let _run = world.start("run");
    assert_eq!(world.settled(&batch), 1);
    let shown = wait_for("the contradiction", || {
        let shown = world.run(&["payout", "show", "flipping-1"])[0].clone();
        transitions(&shown).contains(&"contradict").then_some(shown)
    });
    assert_eq!((&shown["state"], &shown["anomalies"][0]["kind"]), (&"paid".into(), &"contradicted".into()));
    assert_eq!(world.run(&["accounts"])[0]["paused"], Value::Null, "one payout says nothing of the balance");
}

#[test]
fn what_was_paid_and_is_then_declined_is_returned_by_two_people_and_issued_again() {
    let limits = "watch_min_ms = 100\nwatch_max_ms = 300\n".to_owned();
    let world = World::with("payrun_it_reversed", &Options { limits, ..Options::default() });
    let _run = world.start("run");
    let batch = paid_with(&world, "reversed", "sandbox:paid-then-declined-711-700");
    let resolve = |who: &str| {
        let decide = ["--as", who, "payout", "resolve", "reversed-1", "--outcome", "returned"];
        world.try_run(&[&decide[..], &["--evidence", "the statement shows both movements"]].concat())
    };
    wait_for("it to be paid", || (world.count(&batch, &["paid"]) == 1).then_some(()));
    wait_for("the provider to decline it", || {
        let shown = world.run(&["payout", "show", "reversed-1"])[0].clone();
        shown["anomalies"].as_array().unwrap().iter().any(|one| one["kind"] == "contradicted").then_some(())
    });
    let (status, proposed, said) = resolve("ana");
    assert!(status.success() && proposed["decision"] == "proposed", "{said}");
    assert!(!resolve("ana").0.success(), "one person is not two");
    let (status, confirmed, said) = resolve("luis");
    assert!(status.success() && confirmed["decision"] == "confirmed", "{said}");
    let shown = world.run(&["payout", "show", "reversed-1"])[0].clone();
    assert_eq!((&shown["state"], &shown["anomalies"]), (&"returned".into(), &serde_json::json!([])));
    assert_eq!(transitions(&shown).last(), Some(&"decide_returned"));
    let again = world.run(&["--as", "ana", "payout", "reissue", "reversed-1"]);
    assert_eq!(again["payouts"].as_array().unwrap().len(), 1, "{again}");
}

#[test]
fn what_the_provider_still_calls_paid_is_returned_by_nobody() {
    let world = World::new("payrun_it_not_reversed");
    let _run = world.start("run");
    let batch = world.approved_batch("kept", 1);
    assert_eq!(world.settled(&batch), 1);
    let decide = [
        "--as",
        "ana",
        "payout",
        "resolve",
        "kept-1",
        "--outcome",
        "returned",
        "--evidence",
        "a rumour in the bank",
    ];
    let (status, _, said) = world.try_run(&decide);
    assert!(!status.success() && said.contains("it stays paid"), "{said}");
    assert_eq!(world.count(&batch, &["paid"]), 1);
}

#[test]
fn what_two_people_decide_too_early_is_told() {
    let world =
        World::with("payrun_it_too_early", &Options { limits: WATCHFUL.to_owned(), ..Options::default() });
    let _run = world.start("run");
    world.set_faults("accept_reset=1000,read_500=1000");
    let batch = world.approved_batch("early", 1);
    wait_for("the doubt", || (world.count(&batch, &["unknown"]) == 1).then_some(()));
    let resolve = |who, evidence| {
        let decide = ["--as", who, "payout", "resolve", "early-1", "--outcome", "rejected"];
        world.run(&[&decide[..], &["--evidence", evidence]].concat())["decision"].clone()
    };
    assert_eq!(resolve("ana", "not in the console"), "proposed");
    let waiting = world.run(&["review"]);
    assert_eq!(waiting[0]["kind"], "proposal", "another person has to know of it: {waiting}");
    assert_eq!(resolve("luis", "nor in the report"), "confirmed");
    assert_eq!(world.count(&batch, &["rejected"]), 1);
    world.end_faults();
    let shown = wait_for("the provider to say otherwise", || {
        let shown = world.run(&["payout", "show", "early-1"])[0].clone();
        (shown["state"] == "needs_review").then_some(shown)
    });
    let (anomaly, decision) = (&shown["anomalies"][0], &shown["decisions"][0]);
    assert_eq!(anomaly["kind"], "surfaced");
    assert!(anomaly["detail"].as_str().unwrap().starts_with("two people decided"), "{anomaly}");
    assert_eq!(
        (&decision["evidence"], &decision["confirmation"]),
        (&"not in the console".into(), &"nor in the report".into())
    );
}

#[test]
fn what_never_arrived_goes_again_when_two_people_say_so_and_not_by_itself() {
    let options = Options { limits: "resend_after_absence = false\n".to_owned(), ..Options::default() };
    let world = World::with("payrun_it_absent", &options);
    let _run = world.start("run");
    assert_eq!(world.settled(&world.approved_batch("witness", 1)), 1);
    world.set_faults("unavailable_503=1000");
    let batch = world.approved_batch("absent", 1);
    wait_for("the doubt", || (world.count(&batch, &["unknown"]) == 1).then_some(()));
    world.end_faults();
    assert_eq!(world.settled(&world.approved_batch("younger", 1)), 1);
    let shown = wait_for("the absence to be believed", || {
        let shown = world.run(&["payout", "show", "absent-1"])[0].clone();
        (shown["state"] == "needs_review").then_some(shown)
    });
    assert_eq!((&shown["reason"], &shown["lookup_answer"]), (&"absent".into(), &"not_found".into()));
    let resend = |who| {
        let evidence = "not in the provider's console";
        world.run(&["--as", who, "review", "resend", "--all-absent", "--evidence", evidence])
    };
    assert_eq!(resend("ana")["proposed"], 1);
    assert_eq!(resend("ana")["left"].as_array().unwrap().len(), 1, "one person is not two");
    assert_eq!(resend("luis")["confirmed"], 1);
    assert_eq!(world.settled(&batch), 1);
    assert_eq!(world.ledger().double_paid, 0);
}

/// The id that the provider gives next. It counts, and the first two show by how much.
fn next_id(world: &World) -> u64 {
    let _run = world.start("run");
    assert_eq!(world.settled(&world.approved_batch("first", 2)), 2);
    let id = |client_id: &str| -> u64 {
        world.run(&["payout", "show", client_id])[0]["provider_id"].as_str().unwrap().parse().unwrap()
    };
    let (one, two) = (id("first-1"), id("first-2"));
    one.max(two) + one.abs_diff(two)
}

#[test]
fn an_id_that_the_provider_gave_to_another_payout_is_a_question_for_people_and_not_asked_for_ever() {
    let world = World::new("payrun_it_same_id");
    let next = next_id(&world);
    // Another payout has the id that the provider is about to give.
    world.execute(&format!(
        "set session_replication_role = replica; update payout set provider_id = '{next}' where client_id = 'first-1'"
    ));
    let batch = world.approved_batch("same", 1);
    let _run = world.start("run");
    let shown = wait_for("the payout to wait for people", || {
        let shown = world.run(&["payout", "show", "same-1"])[0].clone();
        (shown["state"] == "needs_review").then_some(shown)
    });
    assert_eq!(shown["reason"], "refused_by_tables");
    let anomaly = &shown["anomalies"][0];
    assert_eq!(anomaly["kind"], "refused_by_tables");
    let other = world.run(&["payout", "show", "first-1"])[0]["payout"].clone();
    let says = format!("the id {next}, which it has given to payout {}", other.as_str().unwrap());
    assert!(anomaly["detail"].as_str().unwrap().contains(&says), "{anomaly} of {other}");
    let again =
        ["--as", "ana", "payout", "resolve", "same-1", "--outcome", "queued", "--evidence", "no such record"];
    let (status, _, said) = world.try_run(&again);
    assert!(status.code() == Some(3) && said.contains("has a record"), "it was found: {said}");
    for who in ["ana", "luis"] {
        let evidence = "the provider gave one id to two payouts";
        let resolve =
            ["--as", who, "payout", "resolve", "same-1", "--outcome", "paid", "--evidence", evidence];
        world.run(&resolve);
    }
    assert_eq!(world.count(&batch, &["paid"]), 1, "two people can end it");
}
