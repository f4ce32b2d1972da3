//! What operators see and do: metrics, probes, refusals, and a soft stop in the middle of work.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
};

use jiff::Timestamp;
use payrun_tests::{Options, Payroll, Process, Provider, World, binary, wait_for};

pub(crate) fn get(address: &str, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream
        .write_all(format!("GET {path} HTTP/1.1\r\nhost: payrun\r\nconnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

#[test]
fn metrics_are_what_prometheus_expects_and_name_nobody() {
    let world = World::new("payrun_it_metrics");
    let batch = world.approved_batch("metric", 30);
    let _run = world.start("run");
    assert_eq!(world.settled(&batch), 30);
    let address = world.served("run", "serving /metrics");
    assert_eq!(get(&address, "/livez").1, "alive\n");
    assert!(get(&address, "/readyz").0.contains("200"));
    let (_, metrics) = get(&address, "/metrics");
    let paid = format!("payrun_payouts_moved_total{{account=\"{}\",state=\"paid\"}} 30", world.account());
    assert!(metrics.contains(&paid), "{metrics}");
    let settled = format!(
        "payrun_settled_minor_total{{account=\"{}\",currency=\"PEN\",state=\"paid\"}} {}",
        world.account(),
        world.number("select sum(amount_minor)::bigint from payout")
    );
    assert!(metrics.contains(&settled), "{metrics}");
    labels_are_as_declared(&metrics);
    for private in ["Rosa", "Prueba", "metric-", "00300000000000000001"] {
        assert!(!metrics.contains(private), "{private} is in the metrics");
    }
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is needed; `make test` installs it (Debian package prometheus)");
    // The chunked transfer's sizes are not part of the text.
    let plain: String = metrics
        .lines()
        .filter(|line| line.starts_with('#') || line.contains("payrun_"))
        .fold(String::new(), |text, line| text + line + "\n");
    promtool.stdin.take().unwrap().write_all(plain.as_bytes()).unwrap();
    let checked = promtool.wait_with_output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

/// Each series has the labels that the catalogue promises, and no others.
fn labels_are_as_declared(metrics: &str) {
    let catalogue = include_str!("../../deploy/prometheus/METRICS.md");
    let declared = |name: &str| -> BTreeSet<&str> {
        let row = catalogue.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        row.unwrap_or_else(|| panic!("{name} is in no catalogue"))
            .split('|')
            .nth(3)
            .unwrap()
            .split_whitespace()
            .collect()
    };
    let mut names = BTreeSet::new();
    for line in metrics.lines().filter(|line| line.starts_with("payrun_")) {
        let series = line.rsplit_once(' ').unwrap().0;
        let (name, labels) = series.trim_end_matches('}').split_once('{').unwrap_or((series, ""));
        let name =
            ["_bucket", "_sum", "_count"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
        let labels = labels.split("\",").filter_map(|label| Some(label.split_once('=')?.0));
        assert_eq!(labels.filter(|label| *label != "le").collect::<BTreeSet<_>>(), declared(name), "{line}");
        names.insert(name);
    }
    assert!(names.len() > 20, "only {names:?}");
}

#[test]
fn a_soft_stop_in_the_middle_loses_and_doubles_nothing() {
    let world = World::new("payrun_it_stop");
    let batch = world.approved_batch("stop", 300);
    for paid in [20, 100] {
        let run = world.start("run");
        wait_for("some payouts to be paid", || (world.count(&batch, &["paid"]) >= paid).then_some(()));
        assert!(run.stop().success());
        assert_eq!(world.count(&batch, &["submitting"]), 0, "what was on its way was finished and recorded");
    }
    let _run = world.start("run");
    assert_eq!(world.settled(&batch), 300);
    assert_eq!(world.ledger().double_paid, 0);
}

#[test]
fn a_paused_batch_waits_and_a_cancelled_one_is_never_sent() {
    let world = World::new("payrun_it_pause");
    let (paused, cancelled) = (world.approved_batch("wait", 20), world.approved_batch("never", 20));
    world.run(&["--as", "luis", "batch", "pause", &paused]);
    let reached = world.run(&["--as", "luis", "batch", "cancel", &cancelled]);
    assert_eq!((reached["cancelled"].as_i64(), reached["out"].as_i64()), (Some(20), Some(0)));
    let third = world.approved_batch("third", 20);
    let _run = world.start("run");
    assert_eq!(world.settled(&third), 20);
    assert_eq!(world.count(&paused, &["queued"]), 20);
    assert_eq!(world.ledger().accepted, 20, "only the third batch reached the provider");
    world.run(&["--as", "luis", "batch", "resume", &paused]);
    assert_eq!(world.settled(&paused), 20);
    assert_eq!(world.count(&cancelled, &["cancelled"]), 20);
    let (status, _, said) = world.try_run(&["--as", "luis", "batch", "cancel", &third]);
    assert!(status.code() == Some(3) && said.contains("20 payouts were or may have been sent"), "{said}");
    assert_eq!(world.run(&["batch", "show", &third])["state"], "approved");
}

#[test]
fn who_watches_a_batch_that_stands_is_told_why() {
    let world = World::new("payrun_it_standing");
    let batch = world.approved_batch("standing", 2);
    let log = fs::File::create(world.folder().join("watch.log")).unwrap();
    let _watch = Process::from(world.command(&["batch", "watch", &batch]).stdout(log).spawn().unwrap());
    wait_for("the watch to speak", || world.has_said("watch", "no role works").then_some(()));
    world.run(&["--as", "ana", "accounts", "pause", world.account()]);
    wait_for("the watch to say the cause", || {
        world.has_said("watch", "it is paused for person").then_some(())
    });
}

#[test]
fn a_process_without_work_says_that_the_broker_is_up() {
    let world = World::new("payrun_it_ready");
    let _run = world.start("run");
    let address = world.served("run", "serving /metrics");
    let up = "database up\nbroker up\n";
    wait_for("both to be up", || (get(&address, "/readyz").1 == up).then_some(()));
}

/// What is read is never what is written over.
#[test]
fn a_sheet_of_rejects_does_not_take_the_place_of_the_payroll() {
    let world = World::new("payrun_it_rejects");
    let csv = Payroll::csv(Provider::Bamboo, world.account(), "rejects", 2).replace("1001.50", "0");
    let file = world.file("payroll.csv", &csv);
    let path = file.to_str().unwrap();
    let (status, _, said) = world.try_run(&["check", path, "--rejects", path]);
    assert!(status.code() == Some(3) && said.contains("the file that is read"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), csv);
    let sheet = world.folder().join("rejects.csv");
    let sheet_path = sheet.to_str().unwrap();
    assert_eq!(world.try_run(&["check", path, "--rejects", sheet_path]).0.code(), Some(4));
    // Mended, it comes back as it is.
    let mended = std::fs::read_to_string(&sheet).unwrap().replace(",0,bank", ",17.50,bank");
    let mended = world.file("mended.csv", &mended);
    let imported = world.run(&["--as", "ana", "import", mended.to_str().unwrap()]);
    assert_eq!((&imported["accepted"], &imported["rejected"]), (&1.into(), &0.into()));
}

#[test]
fn the_doctor_says_what_to_mend() {
    let world = World::new("payrun_it_doctor");
    let well = world.run(&["doctor"]);
    assert_eq!(well["well"], true, "{well}");
    world.file("bamboo.key", "not-the-key");
    let (status, unwell, _) = world.try_run(&["doctor"]);
    assert_eq!(status.code(), Some(5));
    let text = unwell.to_string();
    assert!(
        text.contains("refuses the credentials") && text.contains("check base_url and the key files"),
        "{text}"
    );
}

/// What an adapter says of its provider binds the configuration: the start is refused, with the
/// reason, before anything is asked or sent.
#[test]
fn a_configuration_that_contradicts_the_provider_is_refused() {
    let world = World::new("payrun_it_contradiction");
    let payroll = world.file("payroll.csv", &Payroll::csv(Provider::Bamboo, "any", "contradiction", 1));
    world.file("teemopay.key", include_str!("../../examples/sandbox/teemopay.key"));
    let bamboo =
        "provider = \"bamboo\"\nbase_url = \"https://bamboo.test\"\nprivate_key_file = \"bamboo.key\"\n";
    let teemopay = "provider = \"teemopay\"\nbase_url = \"https://teemopay.test\"\nprivate_key_file = \"teemopay.key\"\napp_code = \"1\"\n";
    for (settings, limits, reason) in [
        (format!("{teemopay}country = \"PE\""), "review_after_ms = 82800001", "remembers a reference"),
        (
            format!("{bamboo}country = \"PE\"\ncurrency = \"PEN\"\nmodel = \"L2L\""),
            "quiet_ms = 1000",
            "not-found can be believed",
        ),
        (format!("{bamboo}country = \"PE\"\ncurrency = \"BRL\"\nmodel = \"L2L\""), "", "BRL"),
        (format!("{teemopay}country = \"UY\""), "", "not in UY"),
        (format!("{teemopay}country = \"PE\"\nmodel = \"L2L\""), "", "model"),
        ("provider = \"nobody\"\nbase_url = \"https://nobody.test\"".to_owned(), "", "kapaqnan"),
    ] {
        let text = format!(
            "[keys]\nfile = \"payrun.keys\"\n\n[accounts.any]\n{settings}\n\n[accounts.any.limits]\n{limits}\n"
        );
        world.file("payrun.toml", &text);
        let (status, _, said) = world.try_run(&["check", payroll.to_str().unwrap()]);
        assert!(!status.success() && said.contains(reason) && said.contains("any"), "{reason}: {said}");
    }
}

#[test]
fn a_provider_is_asked_for_banks_and_a_preview() {
    let world = World::new("payrun_it_banks");
    let banks = world.run(&["accounts", "banks", world.account()]);
    let interbank = banks.as_array().unwrap().iter().find(|bank| bank["bank"] == "003").unwrap();
    assert_eq!(interbank["method"], "bank");
    let preview = world.run(&["accounts", "preview", world.account(), "100.00"]);
    assert!(preview["received"].is_string() && preview["fee"].is_string(), "{preview}");
    assert_eq!(world.ledger().accepted, 0);
}

#[test]
fn bad_files_are_answers() {
    let world = World::new("payrun_it_bad_files");
    let answer = |name: &str, bytes: &str| {
        let file = world.file(name, bytes);
        let (status, _, errors) = world.try_run(&["--as", "ana", "import", file.to_str().unwrap()]);
        assert_eq!(status.code(), Some(3), "{name}: {errors}");
        assert_eq!(errors.lines().count(), 1, "one clear line: {errors}");
        errors
    };
    assert!(answer("empty.csv", "").contains("the file is empty"));
    assert!(answer("book.csv", "PK\u{3}\u{4}binary").contains("the workbook is damaged"));
    assert!(answer("header.csv", "client_id,amount,amount,colour\n1,2,3,4\n").contains("colour"));
    let missing = world.try_run(&["--as", "ana", "import", "nowhere.csv"]);
    assert!(missing.0.code() == Some(1) && missing.2.contains("nowhere.csv cannot be read"), "{}", missing.2);
}

/// Two processes share nothing but the provider: each keeps to its rate, which is what is
/// configured.
#[test]
fn a_provider_is_asked_no_faster_than_agreed() {
    const RATE: i128 = 20;
    let limits = format!("requests_per_second = {RATE}\nconcurrency = 64\n");
    let world = World::with("payrun_it_rate", &Options { limits, ..Options::default() });
    let one = world.start("dispatch");
    let batch = world.approved_batch("rate", 120);
    let other = world.start("reconcile");
    assert_eq!(world.settled(&batch), 120);
    one.kill();
    other.kill();
    let ledger = fs::read_to_string(world.folder().join("ledger.jsonl")).unwrap();
    let at = |line: &str| {
        let entry: serde_json::Value = serde_json::from_str(line).unwrap();
        entry["at"].as_str().unwrap().parse::<Timestamp>().unwrap().as_nanosecond()
    };
    let times: Vec<i128> = ledger.lines().map(at).collect();
    for (first, from) in times.iter().enumerate() {
        for (last, to) in times.iter().enumerate().skip(first) {
            // As many at once as per second, and a second of patience for requests that were held
            // up on their way.
            let allowed = RATE * (to - from) / 1_000_000_000 + 2 * RATE;
            let sent = i128::try_from(last - first + 1).unwrap();
            assert!(sent <= allowed, "{sent} creates between {from} and {to}, {allowed} allowed");
        }
    }
}

#[test]
fn an_account_is_tried_without_moving_money() {
    let world = World::new("payrun_it_try");
    let tried = world.run(&["accounts", "test", world.account()]);
    assert_eq!(tried["well"], true, "{tried}");
    let well = |what: &str| {
        let answers = tried["answers"].as_array().unwrap();
        answers.iter().find(|answer| answer["asked"] == what).unwrap()["well"].clone()
    };
    assert_eq!(
        (well("credentials"), well("banks"), well("look-up")),
        (true.into(), true.into(), true.into())
    );
    assert_eq!(well("balance"), serde_json::Value::Null, "Bamboo tells it elsewhere");
    assert_eq!(world.ledger().accepted, 0);
    let wrong = Options { key: Some("wrong-key".to_owned()), ..Options::default() };
    let world = World::with("payrun_it_try_wrong", &wrong);
    let (status, tried, _) = world.try_run(&["accounts", "test", world.account()]);
    assert_eq!((status.code(), &tried["well"]), (Some(5), &false.into()), "{tried}");
    let (status, _, said) = world.try_run(&["accounts", "balance", world.account()]);
    assert!(!status.success() && said.contains("does not offer"), "{said}");
}

/// What no program may decide, two people do, by any name of the payout.
#[test]
fn two_people_decide_what_became_of_a_payout_in_doubt() {
    let options = Options {
        provider: Provider::Qentaz,
        faults: "accept_hang=1000".to_owned(),
        limits: "request_timeout_ms = 300\n".to_owned(),
        ..Options::default()
    };
    let world = World::with("payrun_it_decide", &options);
    let batch = world.approved_batch("doubt", 1);
    let _run = world.start("run");
    wait_for("a person to be asked", || (world.count(&batch, &["needs_review"]) == 1).then_some(()));
    let decide = |who: &str| {
        let evidence = ["--outcome", "paid", "--evidence", "statement of 30 November, line 7"];
        world.try_run(&[&["--as", who, "payout", "resolve", "doubt-1"][..], &evidence].concat())
    };
    let (_, proposed, said) = decide("ana");
    assert_eq!(world.count(&batch, &["needs_review"]), 1, "one is not enough: {proposed} {said}");
    let (status, _, said) = decide("Ana");
    assert!(status.code() == Some(3) && said.contains("another"), "{said}");
    let (status, decided, said) = decide("luis");
    assert!(status.success(), "{decided} {said}");
    assert_eq!(world.count(&batch, &["paid"]), 1);
}

#[test]
fn a_container_asks_whether_its_process_lives() {
    let world = World::new("payrun_it_healthy");
    let relay = world.start("relay");
    let address = world.served("relay", "serving /metrics");
    let lives = || world.try_run(&["--http-listen", &address, "healthcheck"]).0.code();
    assert_eq!(lives(), Some(0));
    relay.kill();
    assert_eq!(lives(), Some(1));
    let (status, _, said) = world.try_run(&["healthcheck"]);
    assert!(!status.success() && said.contains("port 0"), "{said}");
}

/// Where environments are seen by others, and where secrets are mounted.
#[test]
fn urls_may_be_files() {
    let world = World::new("payrun_it_url_file");
    world.file("database.url", &format!("{}\n", world.database_url()));
    let configuration = fs::read_to_string(world.folder().join("payrun.toml")).unwrap();
    let by_file = configuration.replace("[database]\n", "[database]\nurl_file = \"database.url\"\n");
    world.file("payrun.toml", &by_file);
    let list = || world.command(&["batch", "list"]).env_remove("DATABASE_URL").output().unwrap();
    assert!(list().status.success(), "{list:?}", list = list());
    world.file("payrun.toml", &by_file.replace("url_file", "url = \"postgres://made-up\"\nurl_file"));
    let both = String::from_utf8(list().stderr).unwrap();
    assert!(both.contains("database.url and database.url_file") && !both.contains("made-up"), "{both}");
}

/// Usage that names what the environment gives reads as if it were needed.
#[test]
fn wrong_usage_names_only_what_somebody_wrote() {
    let mut command = Command::new(binary());
    command.args(["--as", "luis", "batch", "approve"]).env("DATABASE_URL", "postgres://made-up");
    let said =
        command.env("AMQP_URL", "amqp://made-up").env("PAYRUN_CONFIG", "made-up.toml").output().unwrap();
    let errors = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(2));
    assert!(errors.contains("--digest") && !errors.contains("--database-url"), "{errors}");
    assert!(!errors.contains("--amqp-url") && !errors.contains("--config"), "{errors}");
}
