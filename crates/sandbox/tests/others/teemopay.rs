//! TeemoPay: signatures, nonces, clocks, required fields, numbers that are used once.

use std::io;

use data_encoding::{BASE64, HEXLOWER};
use rsa::{
    RsaPrivateKey,
    pkcs1v15::SigningKey,
    pkcs8::DecodePrivateKey as _,
    signature::{SignatureEncoding as _, Signer as _},
};
use serde_json::{Map, Value, json};
use sha1::Sha1;

use crate::running::{Answer, Running, Switches};

const PRIVATE_KEY: &str = include_str!("../../../../examples/sandbox/teemopay.key");

pub(crate) fn payout(number: &str) -> Value {
    json!({
        "merchantOrderNo": number, "amount": "10.50", "bankCode": "2", "bankName": "INTERBANK", "accountType": 101,
        "bankAccount": "2003001234567", "cciNumber": "00320000300123456731", "realName": "ANA PRUEBA",
        "idCardNumber": "40000001", "idType": "DNI",
    })
}

fn sign(fields: &Map<String, Value>, nonce: &str) -> String {
    // serde_json's map is sorted as the signature wants it.
    let mut parts: Vec<String> = fields
        .iter()
        .map(|(name, value)| {
            format!("{name}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
        })
        .collect();
    parts.push(format!("nonce={nonce}"));
    let der = BASE64.decode(PRIVATE_KEY.trim().as_bytes()).expect("base64");
    let key = SigningKey::<Sha1>::new(RsaPrivateKey::from_pkcs8_der(&der).expect("a key"));
    BASE64.encode(&key.sign(parts.join("&").as_bytes()).to_bytes())
}

/// What a client may get wrong.
pub(crate) struct Ask<'a> {
    nonce: &'a str,
    clock_ms: i64,
    pub(crate) app: &'a str,
    pub(crate) country: &'a str,
    spoil_signature: bool,
}

impl Ask<'_> {
    pub(crate) fn right(nonce: &str) -> Ask<'_> {
        Ask { nonce, clock_ms: 0, app: "app", country: "PE", spoil_signature: false }
    }

    async fn send(&self, sandbox: &Running, path: &str, fields: &Value) -> Answer {
        self.try_send(sandbox, path, fields).await.expect("an answer")
    }

    pub(crate) async fn try_send(&self, sandbox: &Running, path: &str, fields: &Value) -> io::Result<Answer> {
        let mut body = fields.as_object().expect("an object").clone();
        let mut signature = sign(&body, self.nonce);
        if self.spoil_signature {
            signature.replace_range(..4, "AAAA");
        }
        body.insert("sign".to_owned(), signature.into());
        let headers = format!(
            "Content-Type: application/json\r\napp_code: {}\r\ncountry: {}\r\nnonce: {}\r\ntimestamp: {}\r\n",
            self.app,
            self.country,
            self.nonce,
            sandbox.now_millis() + self.clock_ms
        );
        sandbox.try_send(&format!("POST {path}"), &headers, &Value::Object(body).to_string()).await
    }
}

pub(crate) const CREATE: &str = "/api/pay/payout/create/v1";
pub(crate) const QUERY: &str = "/api/pay/payout/query/v1";

pub(crate) fn nonce(number: u8) -> String {
    HEXLOWER.encode(&[number; 16])
}

pub(crate) async fn ask(sandbox: &Running, number: u8, path: &str, fields: &Value) -> Value {
    Ask::right(&nonce(number)).send(sandbox, path, fields).await.body
}

#[tokio::test]
async fn what_is_not_signed_in_time_and_once_is_refused() {
    let sandbox = Running::start(Switches { refusal_status: Some(400), ..Switches::default() }).await;
    let one = nonce(1);
    let wrong = [
        (Ask { app: "other", ..Ask::right(&one) }, 416),
        (Ask { country: "CO", ..Ask::right(&one) }, 414),
        (Ask { clock_ms: -30_001, ..Ask::right(&one) }, 414),
        (Ask { clock_ms: 30_001, ..Ask::right(&one) }, 414),
        (Ask { spoil_signature: true, ..Ask::right(&one) }, 414),
        (Ask { nonce: "short", ..Ask::right(&one) }, 414),
    ];
    for (ask, code) in wrong {
        let answer = ask.send(&sandbox, CREATE, &payout("A")).await;
        assert_eq!(answer.body["code"], code, "{}", answer.body);
        assert_eq!(answer.status, if code == 416 { 200 } else { 400 });
    }
    assert_eq!(sandbox.summary("accepted").await, 0);
    let right = Ask { clock_ms: 30_000, ..Ask::right(&one) };
    assert_eq!(right.send(&sandbox, CREATE, &payout("A")).await.body["code"], 200);
    let again = Ask::right(&one).send(&sandbox, CREATE, &payout("B")).await;
    assert_eq!(again.body["msg"], "nonce repeated");
    assert_eq!(sandbox.summary("accepted").await, 1);
}

#[tokio::test]
async fn what_the_page_requires_is_required() {
    let sandbox = Running::start(Switches::default()).await;
    let without = |name: &str| {
        let mut payout = payout("A");
        payout.as_object_mut().expect("an object").remove(name);
        payout
    };
    let with = |name: &str, value: Value| {
        let mut payout = payout("A");
        payout[name] = value;
        payout
    };
    let wrong = [
        (without("merchantOrderNo"), 414),
        (without("realName"), 414),
        (without("cciNumber"), 414),
        (with("amount", json!(10.5)), 414),
        (with("amount", json!("10.555")), 414),
        (with("amount", json!("0.00")), 414),
        (with("merchantOrderNo", json!("A".repeat(33))), 414),
        (with("accountType", json!(601)), 455),
        (with("bankCode", json!("002")), 432),
        (with("bankAccount", json!("123")), 429),
        (with("idType", json!("CPF")), 475),
        (with("idCardNumber", json!("4000001")), 476),
        (with("accountType", json!(103)), 432),
    ];
    for (number, (payout, code)) in (1..).zip(wrong) {
        assert_eq!(ask(&sandbox, number, CREATE, &payout).await["code"], code, "{payout}");
    }
    assert_eq!(sandbox.summary("accepted").await, 0);
}

#[tokio::test]
async fn a_number_is_used_once_and_found_by_itself() {
    for not_found_400 in [false, true] {
        let sandbox = Running::start(Switches { not_found_400, ..Switches::default() }).await;
        let query = json!({ "merchantOrderNo": "A" });
        let absent = ask(&sandbox, 1, QUERY, &query).await;
        let spelt = if not_found_400 { (400, "Order not found") } else { (434, "Merchant order not exist") };
        assert_eq!((&absent["code"], &absent["msg"]), (&json!(spelt.0), &json!(spelt.1)));
        let created = ask(&sandbox, 2, CREATE, &payout("A")).await;
        assert_eq!((&created["data"]["status"], &created["data"]["amount"]), (&json!(1), &json!("10.50")));
        assert_eq!(ask(&sandbox, 3, CREATE, &payout("A")).await["code"], 426);
        sandbox.pass(9);
        let found = ask(&sandbox, 4, QUERY, &query).await;
        assert_eq!(
            (&found["data"]["status"], &found["data"]["tradeNo"]),
            (&json!(2), &created["data"]["tradeNo"])
        );
        assert_eq!((sandbox.summary("paid").await, sandbox.summary("double_paid").await), (1, 0));
    }
}

#[tokio::test]
async fn amounts_steer_what_becomes_of_a_payout() {
    let sandbox = Running::start(Switches::default()).await;
    let status = async |number: u8, name: &str| {
        ask(&sandbox, number, QUERY, &json!({ "merchantOrderNo": name })).await["data"]["status"].as_i64()
    };
    for (number, (cents, first)) in (1..).zip([("91", 1), ("92", 1), ("93", 3), ("94", 1)]) {
        let mut payout = payout(cents);
        payout["amount"] = format!("10.{cents}").into();
        assert_eq!(ask(&sandbox, number, CREATE, &payout).await["data"]["status"], first);
    }
    sandbox.pass(9);
    assert_eq!(
        (status(10, "91").await, status(11, "92").await, status(12, "94").await),
        (Some(3), Some(2), Some(2))
    );
    sandbox.pass(9);
    assert_eq!((status(13, "92").await, status(14, "94").await), (Some(4), Some(3)));
    assert_eq!((sandbox.summary("returned").await, sandbox.summary("paid").await), (2, 0));
}

#[tokio::test]
async fn the_balance_is_used_up_and_the_list_has_windows() {
    let sandbox = Running::start(Switches { balance_minor: Some(1_500), ..Switches::default() }).await;
    assert_eq!(ask(&sandbox, 1, CREATE, &payout("A")).await["code"], 200);
    assert_eq!(ask(&sandbox, 2, CREATE, &payout("B")).await["code"], 425);
    let funds = ask(&sandbox, 3, "/api/pay/merchant/balance", &json!({})).await;
    assert_eq!(funds["data"]["availAmount"], "4.50");
    let list = "/api/pay/transaction/queryList";
    let window =
        |begin: &str, end: &str, kind: &str| json!({ "type": kind, "beginTime": begin, "endTime": end });
    let (begin, end) = ("2025-12-31 00:00:00.000", "2026-01-02 00:00:00.000");
    let listed = ask(&sandbox, 4, list, &window(begin, end, "PAYOUT")).await;
    assert_eq!(listed["data"]["records"][0]["merchantOrderNo"], "A");
    for (number, (begin, end, kind, code)) in (5..).zip([
        (begin, end, "OTHER", 600),
        ("2025-09-01 00:00:00.000", end, "PAYOUT", 601),
        ("2025-12-01 00:00:00.000", "2026-01-02 00:00:00.000", "PAYOUT", 602),
        ("2026-02-01 00:00:00.000", "2026-02-02 00:00:00.000", "PAYOUT", 603),
    ]) {
        assert_eq!(ask(&sandbox, number, list, &window(begin, end, kind)).await["code"], code, "{begin}");
    }
}

#[tokio::test]
async fn the_money_ends_in_the_middle() {
    let sandbox = Running::start(Switches::default()).await;
    sandbox.set_faults("funded=1").await;
    assert_eq!(ask(&sandbox, 1, CREATE, &payout("A")).await["code"], 200);
    assert_eq!(ask(&sandbox, 2, CREATE, &payout("B")).await["code"], 425);
    assert_eq!(sandbox.summary("accepted").await, 1, "what is refused is not there");
    sandbox.set_faults("funded=1,unfunded=decline_async").await;
    assert_eq!(ask(&sandbox, 3, CREATE, &payout("B")).await["data"]["status"], 1);
    sandbox.pass(8);
    let found = ask(&sandbox, 4, QUERY, &json!({ "merchantOrderNo": "B" })).await;
    assert_eq!((&found["data"]["status"], &found["data"]["errorCode"]), (&json!(3), &json!(1015)));
}
