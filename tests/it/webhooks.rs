//! Providers that call: a genuine call settles a payout sooner, by way of a look-up; all others do
//! nothing.

use payrun_tests::{Options, Process, Provider, World, wait_for};

/// Nothing is looked up in this test unless a call brings it forward.
const SLOW: &str = "look_up_min_ms = 3600000\nlook_up_max_ms = 3600000\n";

const PLAIN: &str = "content-type: application/json";

fn call_about(payout: &serde_json::Value) -> String {
    format!(
        r#"{{"payoutId":{},"reference":{},"isoCountry":"PE","status":1,"amount":{{"value":1001.5,"isoCurrency":"PEN"}}}}"#,
        payout["provider_id"].as_str().unwrap(),
        payout["reference"],
    )
}

#[test]
fn a_call_brings_the_look_up_forward_and_settles_nothing_itself() {
    let options = Options {
        account_settings: "unsigned_webhooks = true\n".to_owned(),
        limits: SLOW.to_owned(),
        ..Options::default()
    };
    let world = World::with("payrun_it_webhooks", &options);
    let batch = world.approved_batch("webhook", 3);
    let _run = world.start("run");
    wait_for("the payouts to be taken", || (world.count(&batch, &["accepted"]) == 3).then_some(()));
    let address = world.served("run", "serving /webhooks");
    let path = format!("/webhooks/{}", world.account());
    let show = |client_id: &str| world.run(&["payout", "show", client_id])[0].clone();
    let body = call_about(&show("webhook-1"));
    // A call that lies about the state: the look-up says what is true, once the provider has
    // settled it.
    for (path, body, answer) in [
        ("/webhooks/nobody", body.as_str(), 404),
        (&path, "rubbish", 400),
        (&path, &"x".repeat(70_000), 413),
        (&path, &body.replace(r#""status":1"#, r#""status":8"#), 200),
    ] {
        assert_eq!(world.post(&address, path, PLAIN, body).0, answer, "{path}");
    }
    // Until the sandbox has settled it, a look-up finds it in progress, and only another call
    // brings the next one.
    let mut nudge = 0;
    let state = wait_for("the payout to be looked up", || {
        nudge += 1;
        let again = body.replace(r#""status":1"#, &format!(r#""status":1,"nudge":{nudge}"#));
        assert_eq!(world.post(&address, &path, PLAIN, &again).0, 200);
        let shown = show("webhook-1");
        (shown["state"] != "accepted").then(|| shown["state"].clone())
    });
    assert_eq!(state, "paid", "what the look-up says, not the call");
    assert_eq!(world.count(&batch, &["accepted"]), 2, "the others wait for their hour");
    assert!(!show("webhook-1")["webhooks"].as_array().unwrap().is_empty());
}

/// A payout whose answer is lost at a provider where nothing but its own id finds one, and what the
/// provider calls it.
struct Lost {
    world: World,
    batch: String,
    reference: String,
    id: String,
    others_id: String,
    run: Process,
}

impl Lost {
    fn in_world(name: &'static str, limits: &str) -> Self {
        let limits = format!("look_up_min_ms = 100\nlook_up_max_ms = 300\n{limits}");
        let options = Options { provider: Provider::Qentaz, limits, ..Options::default() };
        let world = World::with(name, &options);
        let run = world.start("run");
        assert_eq!(world.settled(&world.approved_batch("other", 1)), 1);
        let others_id = world.ledger_lines().remove(0).payout_id;
        world.set_faults("accept_reset=1000");
        let batch = world.approved_batch("named", 1);
        wait_for("its answer to be lost", || (world.count(&batch, &["unknown"]) == 1).then_some(()));
        world.end_faults();
        let lost = world.ledger_lines().pop().unwrap();
        Self { world, batch, reference: lost.reference, id: lost.payout_id, others_id, run }
    }

    /// A genuine call about it that names `id`.
    fn call(&self, id: &str) {
        let body = format!(
            r#"{{"event":{{"type":"payout","status":"success"}},"external_reference":"{id}","detail":{{"url_receipt":"https://receipts.example.com/1","description":"Planilla {}"}}}}"#,
            self.reference
        );
        let path = format!("/webhooks/{}", self.world.account());
        let address = self.world.served("run", "serving /webhooks");
        let bearer = "authorization: Bearer sandbox-auth-key";
        assert_eq!(self.world.post(&address, &path, bearer, &body).0, 200);
    }

    fn shown(&self) -> serde_json::Value {
        self.world.run(&["payout", "show", "named-1"])[0].clone()
    }
}

#[test]
fn a_call_names_the_id_that_a_lost_answer_had() {
    let lost = Lost::in_world("payrun_it_named", "");
    // One that names another payout's id is no answer, and settles nothing.
    lost.call(&lost.others_id);
    wait_for("the mismatch to be told", || {
        (lost.shown()["anomalies"][0]["kind"] == "mismatch").then_some(())
    });
    assert_eq!(lost.world.count(&lost.batch, &["unknown"]), 1);
    lost.call(&lost.id);
    assert_eq!(lost.world.settled(&lost.batch), 1);
    let shown = lost.shown();
    assert_eq!(
        (&shown["state"], shown["provider_id"].as_str(), shown["attempts"].as_array().unwrap().len()),
        (&"paid".into(), Some(lost.id.as_str()), 1)
    );
    lost.run.kill();
}

#[test]
fn a_call_brings_the_address_of_a_receipt() {
    let lost = Lost::in_world("payrun_it_receipt", "");
    lost.call(&lost.id);
    assert_eq!(lost.world.settled(&lost.batch), 1);
    assert_eq!(lost.shown()["webhooks"][0]["receipt"], "https://receipts.example.com/1");
    lost.run.kill();
}

#[test]
fn a_person_names_the_id_that_a_lost_answer_had() {
    let lost = Lost::in_world("payrun_it_named_id", "");
    let name =
        |id: &str| lost.world.run(&["--as", "ana", "payout", "resolve", "named-1", "--provider-id", id]);
    let wrong = name(&lost.others_id);
    assert_eq!((&wrong["state"], &wrong["answer"]), (&"unknown".into(), &"mismatch: reference".into()));
    assert_eq!(lost.shown()["anomalies"][0]["kind"], "mismatch");
    name(&lost.id);
    assert_eq!(lost.world.settled(&lost.batch), 1, "the provider's answer decides, and no person");
    assert_eq!(lost.shown()["provider_id"].as_str(), Some(lost.id.as_str()));
    let (status, _, said) =
        lost.world.try_run(&["--as", "ana", "payout", "resolve", "named-1", "--provider-id", "x"]);
    assert!(!status.success() && said.contains("the payout is paid"), "{said}");
    lost.run.kill();
}

#[test]
fn a_call_that_comes_when_people_decide_already_shows_them_what_the_provider_has() {
    let lost = Lost::in_world("payrun_it_late_name", "quiet_ms = 1500\n");
    wait_for("people to be asked", || (lost.world.count(&lost.batch, &["needs_review"]) == 1).then_some(()));
    lost.call(&lost.id);
    wait_for("the provider to be asked", || (lost.shown()["lookup_answer"] == "settled").then_some(()));
    assert_eq!(lost.shown()["state"], "needs_review", "people decide, and see it");
    lost.run.kill();
}

/// The platform's half of a key pair that exists nowhere else, and what OpenSSL signed with the
/// other half.
const PLATFORM_KEY: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCrmBPEn61qMcEn2eKKozDDcgrKbPZc+xWVc8meQ7I5+/hc1SaFpSBgm097nAnLxm5JlkmiP7MOSumEfG/xtWxoPEVnDR4INjGzo2zmotpN10SkEtVxWUIn1wGdX5DXtsfDn+jp5dQNkVdlFfR8h4g7xAA3xZgYZzdgHcucOL+BNwIDAQAB";
const SIGNATURE: &str = "C7LwK3xHDPVUQPixttJPFVGdQCIsTeunu1woDRZ4k8cKV6ogSK9k8bfclIP4yKfmuNcExB6uNcfPq651/FHOhe0JX2APYlik+pktZkGQFLsCCDUtONDUT/5/QE5U1an69gZfjetSfQpBaZhVsM7Edsv46WiQnOU2OgyF05Vu1hQ=";

/// A webhook about a payout that no table here has is kept, and answered as the provider wants, or
/// it would come again for hours.
#[test]
fn each_provider_is_answered_in_its_own_words() {
    let world = World::new("payrun_it_webhook_answers");
    world.file("teemopay.key", include_str!("../../examples/sandbox/teemopay.key"));
    let configuration = format!(
        r#"
[keys]
file = "payrun.keys"
[webhooks]
listen = "127.0.0.1:0"
[accounts.teemo]
provider = "teemopay"
base_url = "http://127.0.0.1:1"
country = "PE"
app_code = "example-app"
private_key_file = "teemopay.key"
platform_key = "{PLATFORM_KEY}"
[accounts.qentaz]
provider = "qentaz"
base_url = "http://127.0.0.1:1"
auth_key = "unit-test-key"
"#
    );
    world.file("payrun.toml", &configuration);
    let _webhooks = world.start("webhooks");
    let address = world.served("webhooks", "serving /webhooks");
    let teemopay = format!(
        r#"{{"merchantOrderNo":"0000000000000000000000000S","tradeNo":"TF0000000000PE0001","amount":60.00,"serviceAmount":1.5,"status":2,
        "errorCode":null,"errorMessage":" ","completeTime":"2026-01-31 15:04:05","sign":"{SIGNATURE}"}}"#
    );
    let nonce = "nonce: 0123456789abcdef0123456789abcdef";
    let qentaz = r#"{"event":{"type":"payout","status":"success"},"created_at":"2026-01-31T15:04:05+00:00","external_reference":"0a1b2c3d",
        "detail":{"amount":"54000.00","currency":"COP","description":"Nomina","status":"SUCCESS"}}"#;
    let bearer = "authorization: Bearer unit-test-key";
    for (path, header, body, status, answer) in [
        ("/webhooks/teemo", nonce, teemopay.as_str(), 200, Some("SUCCESS")),
        ("/webhooks/teemo", nonce, teemopay.as_str(), 200, Some("SUCCESS")),
        ("/webhooks/teemo", nonce, &teemopay.replace("60.00", "60.0"), 401, None),
        ("/webhooks/teemo", PLAIN, teemopay.as_str(), 401, None),
        ("/webhooks/qentaz", bearer, qentaz, 200, Some("")),
        (
            "/webhooks/qentaz",
            bearer,
            r#"{"event":{"type":"subscription","status":"due"},"id":7}"#,
            200,
            Some(""),
        ),
        ("/webhooks/qentaz", PLAIN, qentaz, 401, None),
    ] {
        let (said_status, said) = world.post(&address, path, header, body);
        assert_eq!(said_status, status, "{path} {header}: {said}");
        assert!(answer.is_none_or(|answer| answer == said), "{path} {header}: {said}");
    }
    assert_eq!(
        world.number("select count(*) from webhook where account = 'qentaz'"),
        1,
        "of the other nothing is kept"
    );
}
