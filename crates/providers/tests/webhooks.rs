//! Webhooks: genuine ones are read, all others are refused before anything of them is believed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use http::HeaderMap;
use payrun_domain::reference::Reference;
use payrun_providers::{HmacSha256, Provider, ProviderSettings, Webhook, WebhookError, WebhookRequest};

fn provider(settings: serde_json::Value) -> Box<dyn Provider> {
    serde_json::from_value::<ProviderSettings>(settings).unwrap().build().unwrap()
}

fn receive(
    provider: &dyn Provider,
    headers: &[(&'static str, &str)],
    body: &str,
) -> Result<Webhook, WebhookError> {
    let headers: HeaderMap =
        headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    provider.webhook(&WebhookRequest { headers: &headers, body: body.as_bytes() })
}

fn bamboo(unsigned_webhooks: bool) -> Box<dyn Provider> {
    provider(serde_json::json!({
        "provider": "bamboo", "country": "PE", "currency": "PEN", "model": "L2L",
        "private_key": "unit-test-key", "unsigned_webhooks": unsigned_webhooks,
    }))
}

fn reference() -> Reference {
    Reference::of(7)
}

fn bamboo_body() -> String {
    format!(
        r#"{{"payoutId":300000000000000001,"reference":"{}","isoCountry":"PE","status":1,"statusDescription":"Paid",
        "errorCode":"null","amount":{{"value":12.5,"isoCurrency":"PEN"}},"payoutType":2}}"#,
        reference()
    )
}

fn signed(amount: &str) -> String {
    let text = format!("PE{amount}PEN{}2300000000000000001", reference());
    HmacSha256::new(&"unit-test-key".into()).hex(text.as_bytes())
}

#[test]
fn bamboo_signs_the_amount_in_a_way_that_is_not_documented() {
    for amount in ["12.5", "12.50", "1250"] {
        let webhook = receive(&*bamboo(false), &[("signature", &signed(amount))], &bamboo_body()).unwrap();
        assert_eq!(webhook.reference, Some(reference()));
        assert_eq!(webhook.id.unwrap().as_str(), "300000000000000001");
        assert_eq!(webhook.status, "1");
    }
}

#[test]
fn a_forged_webhook_is_refused() {
    let (body, right) = (bamboo_body(), signed("12.5"));
    let other = body.replace("300000000000000001", "300000000000000002");
    let wrong = right.replace(&right[..2], if right.starts_with("00") { "11" } else { "00" });
    for unsigned_webhooks in [true, false] {
        let bamboo = bamboo(unsigned_webhooks);
        for (signature, body) in
            [(&*right, &*other), (&wrong, &body), ("", &body), ("zz", &body), (&right, "{}")]
        {
            let refused = receive(&*bamboo, &[("signature", signature)], body);
            assert_eq!(refused, Err(WebhookError::Forged), "{signature} {body}");
        }
    }
}

#[test]
fn webhooks_without_a_signature_are_taken_where_the_account_says_so() {
    assert_eq!(receive(&*bamboo(false), &[], &bamboo_body()), Err(WebhookError::Forged));
    assert_eq!(receive(&*bamboo(true), &[], &bamboo_body()).unwrap().reference, Some(reference()));
    for rubbish in ["", "null", "[]", "{}", "\u{0}", "{\"payoutId\":1}"] {
        assert_eq!(receive(&*bamboo(true), &[], rubbish), Err(WebhookError::Unreadable), "{rubbish}");
    }
    let nobody = bamboo_body().replace(reference().as_str(), "OTHER").replace("300000000000000001", "0");
    assert_eq!(receive(&*bamboo(true), &[], &nobody), Err(WebhookError::Unreadable), "it is about nothing");
}

#[test]
fn a_provider_that_sends_no_webhooks_is_not_answered() {
    let kapaqnan = provider(serde_json::json!({
        "provider": "kapaqnan", "company_id": "example", "secret_key": "unit-test-key",
    }));
    assert_eq!(receive(&*kapaqnan, &[], "{}"), Err(WebhookError::NotOffered));
}

/// The key of a platform that does not exist; its private key is thrown away.
const PLATFORM_KEY: &str = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCrmBPEn61qMcEn2eKKozDDcgrKbPZc+xWVc8meQ7I5+/hc1SaFpSBgm097nAnLxm5JlkmiP7MOSumEfG/xtWxoPEVnDR4INjGzo2zmotpN10SkEtVxWUIn1wGdX5DXtsfDn+jp5dQNkVdlFfR8h4g7xAA3xZgYZzdgHcucOL+BNwIDAQAB";
const NONCE: &str = "0123456789abcdef0123456789abcdef";
/// Made by OpenSSL over the text of `teemopay_body`, with numbers as they are written there.
const SIGNATURE: &str = "C7LwK3xHDPVUQPixttJPFVGdQCIsTeunu1woDRZ4k8cKV6ogSK9k8bfclIP4yKfmuNcExB6uNcfPq651/FHOhe0JX2APYlik+pktZkGQFLsCCDUtONDUT/5/QE5U1an69gZfjetSfQpBaZhVsM7Edsv46WiQnOU2OgyF05Vu1hQ=";

fn teemopay(platform_key: Option<&str>) -> Box<dyn Provider> {
    let account = include_str!("../fixtures/teemopay/account.json");
    let account: serde_json::Value = serde_json::from_str(account).unwrap();
    let mut settings = account["settings"].clone();
    settings["platform_key"] = platform_key.into();
    provider(settings)
}

fn teemopay_body() -> String {
    format!(
        r#"{{"merchantOrderNo":"{}","tradeNo":"TF0000000000PE0001","amount":60.00,"serviceAmount":1.5,"status":2,
        "errorCode":null,"errorMessage":" ","completeTime":"2026-01-31 15:04:05","sign":"{SIGNATURE}"}}"#,
        reference()
    )
}

#[test]
fn teemopay_signs_numbers_as_they_are_written() {
    let teemopay = teemopay(Some(PLATFORM_KEY));
    for app in ["appCode", "app_code"] {
        let webhook =
            receive(&*teemopay, &[("nonce", NONCE), (app, "example-app")], &teemopay_body()).unwrap();
        assert_eq!(webhook.reference, Some(reference()));
        assert_eq!((webhook.id.unwrap().as_str(), &*webhook.status), ("TF0000000000PE0001", "2"));
    }
    assert_eq!(teemopay.rules().manifest().webhook_answer, "SUCCESS");
}

#[test]
fn a_changed_webhook_of_teemopay_is_refused() {
    let (right, other) = (teemopay(Some(PLATFORM_KEY)), "fedcba9876543210fedcba9876543210");
    let body = teemopay_body();
    for (nonce, body) in [
        (other, body.clone()),
        (NONCE, body.replace("60.00", "60.0")),
        (NONCE, body.replace("\"status\":2", "\"status\":3")),
        (NONCE, body.replace(r#","sign":""#, r#","seal":""#)),
        (NONCE, body.replace(&SIGNATURE[..8], "AAAAAAAA")),
        (NONCE, "{}".to_owned()),
        (NONCE, "null".to_owned()),
    ] {
        assert_eq!(receive(&*right, &[("nonce", nonce)], &body), Err(WebhookError::Forged), "{nonce} {body}");
    }
    assert_eq!(receive(&*right, &[], &body), Err(WebhookError::Forged));
    assert_eq!(
        receive(&*right, &[("nonce", NONCE), ("appCode", "another")], &body),
        Err(WebhookError::Forged)
    );
    assert_eq!(receive(&*teemopay(None), &[("nonce", NONCE)], &body), Err(WebhookError::NotOffered));
}

fn qentaz(webhook_pair: Option<&str>) -> Box<dyn Provider> {
    provider(serde_json::json!({
        "provider": "qentaz", "auth_key": "unit-test-key", "webhook_pair": webhook_pair,
    }))
}

fn qentaz_body(description: &str) -> String {
    format!(
        r#"{{"event":{{"type":"payout","status":"success"}},"created_at":"2026-01-31T15:04:05+00:00","external_reference":"0a1b2c3d",
        "detail":{{"amount":"54000.00","currency":"COP","description":"{description}","status":"SUCCESS"}}}}"#
    )
}

#[test]
fn qentaz_sends_a_bearer_of_either_kind() {
    let body = qentaz_body(&format!("Nomina {}", reference()));
    // base64 of client:secret.
    for (pair, bearer) in [
        (None, "Bearer unit-test-key"),
        (Some("client:secret"), "Bearer Y2xpZW50OnNlY3JldA=="),
        (Some("client:secret"), "Bearer unit-test-key"),
    ] {
        let qentaz = qentaz(pair);
        let webhook = receive(&*qentaz, &[("authorization", bearer)], &body).unwrap();
        assert_eq!((webhook.reference, &*webhook.status), (Some(reference()), "success"));
        assert_eq!(webhook.id.unwrap().as_str(), "0a1b2c3d");
        for forged in ["", "Bearer ", "Bearer unit-test-kez", "unit-test-key", "Bearer Y2xpZW50OnNlY3JldA="] {
            let refused = receive(&*qentaz, &[("authorization", forged)], &body);
            assert_eq!(refused, Err(WebhookError::Forged), "{forged}");
        }
        assert_eq!(receive(&*qentaz, &[], &body), Err(WebhookError::Forged));
    }
}

#[test]
fn a_webhook_of_qentaz_about_another_payout_is_known_by_its_id_alone() {
    let (qentaz, bearer) = (qentaz(None), [("authorization", "Bearer unit-test-key")]);
    for description in ["", "Factura 7", "ñandú", "é0000000000000000000000000"] {
        let webhook = receive(&*qentaz, &bearer, &qentaz_body(description)).unwrap();
        assert_eq!((webhook.reference, webhook.id.is_some()), (None, true), "{description}");
    }
    for rubbish in ["", "{}", "null", r#"{"event":{"type":"payout"}}"#] {
        assert_eq!(receive(&*qentaz, &bearer, rubbish), Err(WebhookError::Unreadable), "{rubbish}");
    }
}

#[test]
fn an_event_of_another_product_of_qentaz_is_no_error() {
    let (qentaz, bearer) = (qentaz(None), [("authorization", "Bearer unit-test-key")]);
    let collection = qentaz_body("x").replace("payout", "transaction");
    for foreign in [collection.as_str(), r#"{"event":{"type":"subscription","data":[1]}}"#] {
        assert_eq!(receive(&*qentaz, &bearer, foreign), Err(WebhookError::Foreign), "{foreign}");
        let forged = [("authorization", "Bearer unit-test-kez")];
        assert_eq!(receive(&*qentaz, &forged, foreign), Err(WebhookError::Forged), "{foreign}");
    }
}
