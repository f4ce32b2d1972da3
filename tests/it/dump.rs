//! What a thief sees who has a dump of everything: no name, no document, no account of a person who
//! is paid.

use std::{fs, process::Command};

use data_encoding::{BASE64, HEXLOWER};
use lapin::{
    Connection, ConnectionProperties,
    options::{BasicGetOptions, QueueDeclareOptions},
    types::FieldTable,
};
use payrun_tests::{Options, Provider, World, wait_for};
use serde_json::json;

use crate::{
    intake::{Publisher, runtime},
    operate::get,
    traces::Collector,
};

/// All that is personal of those who are paid here.
const PLANTED: [&str; 7] =
    ["Canaria", "Escondida", "48151623", "4815162342", "Sueldo", "9348151623", "canaria"];

/// Rows of Bamboo but for the last: good, bad in two ways, three that are alike, and one for the
/// provider that cannot be asked.
fn payroll(world: &World) -> String {
    let (bamboo, qentaz) =
        (Provider::Bamboo.account(world.account()), Provider::Qentaz.account(world.account()));
    let row = |id: &str, amount: &str, document: &str, account: &str| {
        format!(
            "{id},{bamboo},PE,PEN,{amount},bank,Canaria,Escondida,,DNI,{document},003,0034815162342{account},savings,Sueldo de Canaria,,\
             9348151623,canaria@example.test\n"
        )
    };
    let mut csv = "client_id,account,country,currency,amount,method,first_name,last_name,company_name,document_type,document_number,bank,\
                   bank_account,bank_account_type,description,bank_account_local,phone,email\n"
        .to_owned();
    csv.push_str(&row("good-1", "100.50", "48151623", "0000001"));
    csv.push_str(&row("good-2", "200.50", "48151623", "0000002"));
    csv.push_str(&row("alike-1", "300.50", "48151623", "0000003"));
    csv.push_str(&row("alike-2", "300.50", "48151623", "0000003"));
    csv.push_str(&row("alike-3", "300.50", "48151623", "0000003"));
    csv.push_str(&row("bad-1", "400.50", "48151623Canaria", "0000004"));
    csv.push_str(&row("bad-2", "Escondida", "48151623", "00000045Escondida"));
    csv.push_str(&format!(
        "doubt-1,{qentaz},CO,COP,1000,bank,Canaria,Escondida,,CC,48151623,1007,48151623421,savings,Sueldo de Canaria,,573481516234,canaria@example.test\n"
    ));
    csv
}

/// Messages: good, with a fault in a value and in a name, and one that is none.
async fn publish(world: &World) {
    let mut publisher = Publisher::connect(world).await;
    let payout = |id: &str, amount: &str| {
        json!({
            "client_id": id, "account": Provider::Bamboo.account(world.account()), "country": "PE", "currency": "PEN", "amount": amount,
            "method": "bank", "first_name": "Canaria", "last_name": "Escondida", "document_type": "DNI", "document_number": "48151623",
            "bank": "003", "bank_account": "00348151623420000009", "bank_account_type": "savings", "description": "Sueldo",
        })
    };
    let message = json!({"version": 1, "id": "treasury-1", "payouts": [payout("m-1", "5.00"), payout("m-2", "Canaria")]});
    assert_eq!(publisher.ask(&message.to_string(), "a").await["status"], "partly_accepted");
    let mut other = payout("m-3", "6.00");
    other["Canaria Escondida"] = "48151623".into();
    for rubbish in [
        json!({"version": 1, "id": "treasury-2", "payouts": [other]}).to_string(),
        "Canaria 48151623".to_owned(),
    ] {
        assert_eq!(publisher.ask(&rubbish, "b").await["status"], "unreadable");
    }
}

/// Everything that has rows, as `pg_dump` has it.
fn database(world: &World) -> String {
    // What follows is for the driver.
    let url = world.database_url().split('?').next().unwrap();
    let output = Command::new("pg_dump").args(["--inserts", url]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.matches("INSERT INTO public.beneficiary ").count() >= 6, "{text}");
    text
}

/// Each message of each queue of this world, headers included.
async fn broker(world: &World) -> String {
    let connection = Connection::connect(world.amqp_url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let (prefix, mut text) = (world.account(), String::new());
    let dispatch = Provider::ALL.map(|provider| format!("dispatch.{}", provider.account(prefix)));
    let mut messages = 0;
    for queue in ["intake", "intake.dead", "dispatch.dead"].map(str::to_owned).into_iter().chain(dispatch) {
        let queue = format!("{prefix}.{queue}");
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let declared =
            channel.queue_declare(queue.as_str().into(), passive, FieldTable::default()).await.unwrap();
        text.push_str(&format!("{declared:?}"));
        while let Some(got) =
            channel.basic_get(queue.as_str().into(), BasicGetOptions { no_ack: true }).await.unwrap()
        {
            messages += 1;
            text.push_str(&format!("{:?} {}", got.properties, String::from_utf8_lossy(&got.data)));
        }
    }
    assert!(messages >= 2, "what could not be read is there");
    text
}

fn names_nobody(what: &str, text: &str) {
    for planted in PLANTED {
        // A bytea is dumped in hex.
        for hidden in
            [planted.to_owned(), HEXLOWER.encode(planted.as_bytes()), BASE64.encode(planted.as_bytes())]
        {
            let at = text.find(&hidden);
            assert_eq!(
                at,
                None,
                "{what} shows {planted}: {}",
                at.map_or("", |at| text.get(at.saturating_sub(200)..at + 40).unwrap_or(""))
            );
        }
    }
}

/// A batch with two held rows, of which one is let go, and a payout that is decided by two people;
/// all else is paid.
fn pay_day(world: &World) {
    let say = |line: &str| world.run(&line.split(' ').collect::<Vec<_>>());
    let file = world.file("payroll.csv", &payroll(world));
    let imported = say(&format!("--as ana import {}", file.display()));
    let counts = ["accepted", "rejected", "held"].map(|name| imported[name].as_i64());
    assert_eq!(counts, [Some(6), Some(2), Some(2)], "{imported}");
    let batch = imported["batch"].as_str().unwrap();
    say(&format!("--as luis batch release {batch} --rows 4 --reason two-bonuses"));
    say(&format!("--as luis batch exclude {batch} --rows 5"));
    let digest = say(&format!("batch show {batch}"))["digest"].as_str().unwrap().to_owned();
    // Qentaz cannot be asked what became of a payout, so a lost answer is for people. Bamboo's are
    // looked up.
    world.set_faults("accept_hang=1000");
    say(&format!("--as luis batch approve {batch} --digest {digest}"));
    wait_for("a person to be asked", || (world.count(batch, &["needs_review"]) == 1).then_some(()));
    for who in ["ana", "luis"] {
        say(&format!("--as {who} payout resolve doubt-1 --outcome paid --evidence statement-line-7"));
    }
    assert_eq!(world.settled(batch), 5);
}

/// Everything that stays on a disk.
fn stored(world: &World, when: &str) {
    names_nobody(&format!("the database {when}"), &database(world));
    for entry in fs::read_dir(world.folder()).unwrap() {
        let path = entry.unwrap().path();
        // The simulator is the provider: it may know.
        if path.extension().is_some_and(|ending| ending == "log") && !path.ends_with("sandbox.log") {
            names_nobody(&path.display().to_string(), &fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn a_dump_of_everything_names_nobody() {
    let collector = Collector::start();
    let options = Options {
        all_providers: true,
        hold: "\"equal_rows\"",
        limits: "request_timeout_ms = 300\n".to_owned(),
        ..Options::default()
    };
    let world = World::with("payrun_it_dump", &options);
    collector.listen_to(&world);
    let settings = fs::read_to_string(world.folder().join("payrun.toml")).unwrap();
    let log = "\n[log]\nformat = \"json\"\nfilter = \"debug,payrun=trace\"\n";
    world.file("payrun.toml", &(settings + log));
    world.run(&["doctor"]);
    let run = world.start("run");
    runtime().block_on(publish(&world));
    pay_day(&world);
    let metrics = get(&served(&world), "/metrics").1;
    // Asked to finish, it sends the spans that it has left.
    assert!(run.stop().success());
    stored(&world, "after the run");
    names_nobody("the broker", &runtime().block_on(broker(&world)));
    assert!(metrics.contains("payrun_payouts_moved_total"), "{metrics}");
    names_nobody("the metrics", &metrics);
    let spans = format!("{:?}", collector.spans.lock().unwrap());
    assert!(spans.contains("look up"), "{spans}");
    names_nobody("the traces", &spans);

    world.execute("update payout set due_at = null where state = 'paid'");
    let because = ["--as", "eva", "forget", "--person", "PE:DNI:48151623", "--reason", "their request"];
    let forgotten = world.run(&because);
    let (gone, open) = (forgotten["forgotten"].as_i64(), forgotten["open"].as_i64());
    assert_eq!((gone, open), (Some(5), Some(1)), "the message's payout awaits approval");
    stored(&world, "after a person was forgotten");
}

/// The address of /metrics, as a log in JSON has it.
fn served(world: &World) -> String {
    let log = fs::read_to_string(world.folder().join("run.log")).unwrap();
    let line = log.lines().find(|line| line.contains("serving /metrics")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    line["fields"]["address"].as_str().unwrap().to_owned()
}
