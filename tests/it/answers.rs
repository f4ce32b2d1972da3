//! What providers answer beside yes and no: it is kept, told, and leaves no payout without an exit.

use payrun_tests::{Finding, Harm, Options, Payroll, Provider, World, wait_for};
use serde_json::Value;

/// Nothing is tried again in this test unless a person brings it forward.
const SLOW: &str =
    "retry_first_ms = 3600000\nretry_max_ms = 3600000\nlook_up_min_ms = 3600000\nlook_up_max_ms = 3600000\n";

fn world(name: &'static str, provider: Provider, faults: &str, limits: &str) -> World {
    let (faults, limits) = (faults.to_owned(), limits.to_owned());
    World::with(name, &Options { provider, faults, limits, ..Options::default() })
}

fn paused(world: &World) -> Value {
    wait_for("the account to be paused", || {
        let account = world.run(&["accounts"])[0].clone();
        (!account["paused"].is_null()).then_some(account)
    })
}

fn told(world: &World, arguments: &[&str]) -> String {
    let output = world.command(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_pauses_an_account_is_told_in_the_providers_words_and_it_goes_on_at_once() {
    let world = world("payrun_it_paused", Provider::TeemoPay, "refuses=1000:427", SLOW);
    let _run = world.start("run");
    let batch = world.approved_batch("paused", 2);
    let account = paused(&world);
    let error = &account["paused_error"];
    assert_eq!((&account["paused"], &error["code"]), (&"configuration".into(), &"427".into()));
    assert!(error["message"].as_str().unwrap().starts_with("refused:"), "{error}");
    for arguments in [&["accounts"][..], &["batch", "show", &batch]] {
        let text = told(&world, arguments);
        // The cure of this code is another than that of 416 or 473.
        assert!(text.contains("427") && text.contains("callback address"), "{text}");
    }
    let shown = wait_for("the answer to be recorded", || {
        let shown = world.run(&["payout", "show", "paused-1"])[0].clone();
        (!shown["attempts"][0]["error"].is_null()).then_some(shown)
    });
    assert_eq!((&shown["state"], &shown["attempts"][0]["error"]["code"]), (&"queued".into(), &"427".into()));
    assert!(!shown.to_string().contains("40000001"), "the message repeats the document, and it is left out");
    assert!(told(&world, &["payout", "show", "paused-1"]).contains("the provider said: 427 refused:"));
    world.end_faults();
    world.run(&["--as", "ana", "accounts", "resume", world.account()]);
    assert!(world.run(&["accounts"])[0]["paused_error"].is_null());
    wait_for("both to be sent, and not in an hour", || {
        (world.count(&batch, &["accepted"]) == 2).then_some(())
    });
}

#[test]
fn a_dead_token_is_renewed_once_and_then_stops_the_account_until_a_person_has_mended_it() {
    let limits = "look_up_min_ms = 100\nlook_up_max_ms = 3600000\nquiet_ms = 1000\n";
    let world = world("payrun_it_dead_token", Provider::Qentaz, "", limits);
    let _run = world.start("run");
    assert_eq!(world.settled(&world.approved_batch("before", 1)), 1);
    world.set_faults("read_401=1000");
    let batch = world.approved_batch("dead", 3);
    let account = paused(&world);
    assert_eq!(
        (&account["paused"], &account["paused_error"]["code"]),
        (&"credentials".into(), &"Q102".into())
    );
    assert_eq!(world.count(&batch, &["needs_review"]), 0, "what the provider has waits");
    world.end_faults();
    world.run(&["--as", "ana", "accounts", "resume", world.account()]);
    assert_eq!(world.settled(&batch), 3);
}

/// A clear refusal that no document lists is neither a lost reply nor something to come again with.
#[test]
fn a_refusal_that_no_document_lists_is_called_what_it_is() {
    for (name, provider) in
        [("payrun_it_refused_k", Provider::Kapaqnan), ("payrun_it_refused_q", Provider::Qentaz)]
    {
        let limits = "quiet_ms = 500\nlook_up_min_ms = 100\nlook_up_max_ms = 200\nreview_after_ms = 1500\n";
        let world = world(name, provider, "refuses=400:400,refuses=300:409,refuses=300:422", limits);
        let _run = world.start("run");
        let batch = world.approved_batch("odd", 12);
        wait_for("people to be asked", || (world.count(&batch, &["needs_review"]) == 12).then_some(()));
        for row in 1..=12 {
            let shown = world.run(&["payout", "show", &format!("odd-{row}")])[0].clone();
            let attempt = &shown["attempts"][0];
            assert_eq!(
                (&shown["reason"], &attempt["code"]),
                (&"undocumented".into(), &"undocumented".into())
            );
            assert!([400, 409, 422].contains(&attempt["reply_status"].as_i64().unwrap()));
            let error = attempt["error"]["message"].as_str().unwrap();
            assert!(
                error.contains("rechazado") && !error.contains("4000000") && !error.contains("Rosa"),
                "{error}"
            );
        }
        let review = world.run(&["review"]).to_string();
        assert!(review.contains("the provider says: ") && review.contains("rechazado"), "{review}");
        assert!(world.ledger_lines().is_empty(), "none was taken");
    }
}

const ROWS: usize = 300;

/// Every documented status and code, and every fault and twist of the simulators, over `payrolls`
/// of [`ROWS`] in all: what became of each payout.
fn tried(name: &'static str, provider: Provider, faults: &str, payroll: &dyn Fn(usize, &str) -> String) {
    let limits = "concurrency = 32\nquiet_ms = 800\nlook_up_min_ms = 50\nlook_up_max_ms = 300\nreview_after_ms = 3000\n\
                  watch_min_ms = 200\nwatch_max_ms = 400\nrequest_timeout_ms = 600\n";
    let faults = format!("{OF_ALL},{faults}");
    let world = world(name, provider, &faults, limits);
    let _run = world.start("run");
    let csv = Payroll::csv(provider, world.account(), "each", ROWS);
    let rows: Vec<String> = csv
        .lines()
        .enumerate()
        .map(|(row, line)| if row == 0 { line.to_owned() } else { payroll(row, line) })
        .collect();
    let file = world.file("each.csv", &rows.join("\n"));
    let imported = world.run(&["--as", "ana", "import", file.to_str().unwrap()]);
    assert_eq!(imported["accepted"], ROWS, "{imported}");
    let batch = imported["batch"].as_str().unwrap().to_owned();
    let shown = world.run(&["batch", "show", &batch]);
    world.run(&["--as", "luis", "batch", "approve", &batch, "--digest", shown["digest"].as_str().unwrap()]);
    wait_for("every payout to have ended or to be with a person", || {
        // A person mends what pauses the account, again and again.
        if !world.run(&["accounts"])[0]["paused"].is_null() {
            world.try_run(&["--as", "ana", "accounts", "resume", world.account()]);
        }
        let ended = world.count(&batch, &["paid", "rejected", "returned", "needs_review"]);
        let with_people = world.number(&format!(
            "select count(*) from payout where batch_id = '{batch}' and state in ('accepted', 'unknown')
             and exists (select from anomaly where payout_id = payout.id and closed_at is null)"
        ));
        let undecided = world.run(&["review"]);
        let of_kind =
            |kind: &str| undecided.as_array().unwrap().iter().filter(|item| item["kind"] == kind).count();
        assert!(of_kind("undecided") < 100, "the list shows the first hundred");
        let undecided = i64::try_from(of_kind("undecided")).unwrap();
        (ended + with_people + undecided >= i64::try_from(ROWS).unwrap()).then_some(())
    });
    assert_eq!(
        world.number(&format!(
            "select count(*) from payout where batch_id = '{batch}' and (
                 state in ('queued', 'submitting') or state in ('rejected', 'needs_review') and reason is null
                 or error_message ~ '4000[0-9]{{4}}|Rosa'
             )"
        )),
        0,
        "without an exit, without a reason, or with what is personal"
    );
    // What comes back, or surfaces after a refusal, is seen by the watch; what contradicts itself
    // is with a person.
    let is_told = |finding: &Finding| {
        let reference = &finding.subject;
        world.number(&format!(
            "select count(*) from anomaly join payout on payout.id = payout_id where reference = '{reference}'"
        )) > 0
    };
    let is_wrong = |finding: &Finding| {
        finding.harm == Harm::DoublePaid
            || finding.harm == Harm::WrongFinal && !finding.what.contains("returned") && !is_told(finding)
    };
    wait_for("every final state to be right", || {
        (!world.examine().findings.iter().any(is_wrong)).then_some(())
    });
}

const OF_ALL: &str = "accept_500=20,accept_reset=20,accept_hang=10,garbage=20,slow=10,decline=20,late_decline=20,throttle=20,\
     unavailable_503=20,read_500=20,read_hang=5,booked_late=15:700,flips=15:700,paid_then_declined=15:700,\
     paid_then_unknown=15:700,reads_older=15:700,reads_garbage=15,reads_empty=15,other_amount=15,\
     other_reference=15,same_id=15,found_late=15:700,other_currency=15,other_id=15";

/// A payroll's row with another word in place of its description.
fn described(line: &str, word: &str) -> String {
    line.replacen("Planilla", word, 1)
}

#[test]
fn every_answer_of_bamboo_ends_or_is_with_a_person() {
    let codes = |range: &[std::ops::RangeInclusive<u16>]| range.iter().cloned().flatten().collect::<Vec<_>>();
    let declined = codes(&[701..=710, 812..=814, 817..=817]);
    let rejected = codes(&[901..=916, 921..=921, 999..=999]);
    tried("payrun_it_each_bamboo", Provider::Bamboo, "", &|row, line| {
        let word = match row % 6 {
            0 => format!("sandbox:declined-{}", declined[row / 6 % declined.len()]),
            1 => format!("sandbox:late-declined-{}", declined[row / 6 % declined.len()]),
            2 => format!("sandbox:rejected-{}", rejected[row / 6 % rejected.len()]),
            3 if row % 18 == 3 => "sandbox:held".to_owned(),
            3 if row % 18 == 9 => "sandbox:surfaces-813".to_owned(),
            _ => "Planilla".to_owned(),
        };
        described(line, &word)
    });
}

#[test]
fn every_answer_of_teemopay_ends_or_is_with_a_person() {
    let codes = [
        412, 414, 416, 417, 418, 421, 425, 427, 429, 430, 432, 438, 440, 455, 462, 473, 475, 476, 481, 482,
        499, 500,
    ];
    let refuses: Vec<String> = codes.iter().map(|code| format!("refuses=15:{code}")).collect();
    tried("payrun_it_each_teemopay", Provider::TeemoPay, &refuses.join(","), &with_cents);
}

/// The last digits of an amount ask the simulator for a rejection or a return.
fn with_cents(row: usize, line: &str) -> String {
    let cents = [".50,", ".91,", ".92,", ".93,", ".94,"][row % 5];
    line.replacen(".50,", cents, 1)
}

#[test]
fn every_answer_of_qentaz_ends_or_is_with_a_person() {
    let refuses = "refuses=20:1,refuses=20:101,refuses=20:103,refuses=20:400,refuses=20:403,refuses=20:409,refuses=20:422";
    tried("payrun_it_each_qentaz", Provider::Qentaz, refuses, &|row, line| {
        described(line, if row % 5 == 0 { "sandbox:failed" } else { "Planilla" })
    });
}

#[test]
fn every_answer_of_kapaqnan_ends_or_is_with_a_person() {
    let refuses = "refuses=20:400,refuses=20:401,refuses=20:404,refuses=20:409,refuses=20:422";
    tried("payrun_it_each_kapaqnan", Provider::Kapaqnan, refuses, &with_cents);
}

/// The provider has said yes, under an id that another payout has: two people may not send it
/// again.
#[test]
fn what_the_provider_has_taken_is_never_sent_again_whoever_decides_so() {
    let limits = "quiet_ms = 500\nlook_up_min_ms = 100\nlook_up_max_ms = 200\n";
    let world = world("payrun_it_taken", Provider::Qentaz, "", limits);
    let _run = world.start("run");
    assert_eq!(world.settled(&world.approved_batch("first", 1)), 1);
    world.set_faults("same_id=1000");
    let batch = world.approved_batch("taken", 1);
    wait_for("people to be asked", || (world.count(&batch, &["needs_review"]) == 1).then_some(()));
    assert_eq!(world.run(&["payout", "show", "taken-1"])[0]["reason"], "refused_by_table");
    let again = [
        "--as",
        "ana",
        "payout",
        "resolve",
        "taken-1",
        "--outcome",
        "queued",
        "--evidence",
        "not in the console",
    ];
    let (status, _, said) = world.try_run(&again);
    assert!(!status.success() && said.contains("never sent again"), "{said}");
    assert_eq!(world.ledger().double_paid, 0);
}
