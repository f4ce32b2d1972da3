//! What is refused or declined, in which shape, and what it leaves behind.

use serde_json::{Value, json};

use crate::running::{KEY, NARROW_KEY, Running, headers, payout, sign, with};

#[tokio::test]
async fn wrong_key_or_signature_is_an_empty_401() {
    let sandbox = Running::start("").await;
    let body = payout("REF-0001");
    let (text, digest) = (body.to_string(), sign(&body));
    for headers in [
        String::from("Content-Type: application/json\r\n"),
        headers("somebody", &digest),
        headers(KEY, &digest).replace("Basic", "Bearer"),
        headers(KEY, ""),
        headers(KEY, &digest.to_uppercase()),
        headers(KEY, &sign(&with("/amount", json!(1251)))),
    ] {
        let answer = sandbox.send("POST /api/payout", &headers, &text).await.expect("an answer");
        assert_eq!((answer.status, answer.body.as_str()), (401, ""), "{headers}");
    }
    let read = sandbox.send("GET /api/payout/1", "", "").await.expect("an answer");
    assert_eq!((read.status, read.body.as_str()), (401, ""));
    let text = sandbox.send("POST /api/payout", &format!("Authorization: Basic {KEY}\r\n"), &text).await;
    assert_eq!(text.expect("an answer").status, 415);
    assert_eq!(sandbox.summary("accepted").await, 0);
}

#[tokio::test]
async fn malformed_creates_are_refused_in_two_shapes_and_leave_nothing() {
    let sandbox = Running::start("").await;
    for (pointer, value, path) in [
        ("/amount", json!("1250"), "$"),
        ("/type", json!("2"), "$"),
        ("/payee", Value::Null, "Payee"),
        ("/payee/document", Value::Null, "Payee.Document"),
        ("/payee/bankAccount", Value::Null, "Payee.BankAccount"),
    ] {
        let answer = sandbox.create(&with(pointer, value)).await;
        assert_eq!(answer.status, 400, "{pointer}");
        assert!(answer.head.contains("application/problem+json"), "{pointer}");
        assert!(answer.json()["errors"][path].is_array(), "{pointer}: {}", answer.body);
    }
    for (pointer, value, validator, property) in [
        ("/country", json!("P"), "ExactLengthValidator", "Country"),
        ("/country", json!("ZZ"), "PredicateValidator", "Country"),
        ("/amount", json!(0), "GreaterThanValidator", "Amount"),
        ("/amount", json!(-5), "GreaterThanValidator", "Amount"),
        ("/currency", json!("XXX"), "PredicateValidator", "Currency"),
        ("/reference", json!(""), "NotEmptyValidator", "Reference"),
        ("/type", json!(1), "PredicateValidator", "Type"),
        ("/reason", json!("sandbox:hold"), "PredicateValidator", "Reason"),
        ("/payee/firstName", json!("Ana 2"), "RegularExpressionValidator", "Payee.FirstName"),
        ("/payee/lastName", json!("P".repeat(33)), "MaximumLengthValidator", "Payee.FirstName"),
        ("/payee/bankAccount/type", json!(0), "PredicateValidator", "Payee.BankAccount.Type"),
        ("/payee/bankAccount/codeBank", json!(""), "NotEmptyValidator", "Payee.BankAccount.CodeBank"),
    ] {
        let answer = sandbox.create(&with(pointer, value.clone())).await;
        let errors = answer.json();
        assert_eq!((answer.status, errors["statusCode"].as_i64()), (400, Some(400)), "{pointer} {value}");
        assert_eq!(errors["errors"][0]["ErrorCode"], validator, "{pointer} {value}: {errors}");
        assert_eq!(errors["errors"][0]["PropertyName"], property, "{pointer} {value}: {errors}");
    }
    assert_eq!(sandbox.summary("accepted").await, 0);
}

#[tokio::test]
async fn business_rules_decline_with_a_payout_that_can_be_read() {
    let sandbox = Running::start("").await;
    for (number, (pointer, value, code)) in [
        ("/payee/document/number", json!("4000000"), 812),
        ("/payee/document/type", json!("NIT"), 812),
        ("/payee/bankAccount/number", json!("00320000300123"), 813),
        ("/payee/bankAccount/codeBank", json!("999"), 710),
        ("/payee/bankAccount/codeBank", json!("901"), 710),
        ("/currency", json!("CLP"), 705),
        ("/destinationCurrency", json!("USD"), 817),
    ]
    .into_iter()
    .enumerate()
    {
        let mut body = with(pointer, value);
        body["reference"] = json!(format!("DECLINED-{number}"));
        let answer = sandbox.create(&body).await;
        let declined = answer.json();
        assert_eq!((answer.status, &declined["status"]), (409, &json!(8)), "{pointer}: {declined}");
        assert_eq!(declined["error"]["errorCode"], code, "{pointer}: {declined}");
        let read = sandbox.get(&format!("/api/payout/{}", declined["payoutId"])).await.json();
        assert_eq!((&read["status"], &read["errorCode"]), (&json!(8), &json!(code.to_string())));
    }
    assert_eq!(sandbox.summary("declined").await, 7);
}

#[tokio::test]
async fn merchants_are_held_to_their_routes() {
    let sandbox = Running::start("").await;
    let create = async |body: &Value| {
        let headers = headers(NARROW_KEY, &sign(body));
        sandbox.send("POST /api/payout", &headers, &body.to_string()).await.expect("an answer")
    };
    assert_eq!(create(&payout("ENABLED")).await.status, 200);
    let mut abroad = payout("ABROAD");
    abroad["country"] = json!("CL");
    abroad["currency"] = json!("CLP");
    abroad["destinationCurrency"] = json!("CLP");
    let abroad = create(&abroad).await;
    assert_eq!((abroad.status, &abroad.json()["error"]["errorCode"]), (409, &json!(814)));
    let dollars = create(&with("/currency", json!("USD"))).await;
    assert_eq!(dollars.status, 200, "a model that is not enabled is found out later");
    sandbox.pass(9);
    let path = format!("GET /api/payout/{}", dollars.json()["payoutId"]);
    let read = sandbox.send(&path, &headers(NARROW_KEY, ""), "").await.expect("an answer").json();
    assert_eq!(read["errorCode"], "708");
    assert_eq!((&read["localAmount"]["isoCurrency"], &read["exchangeRate"]), (&json!("PEN"), &json!(3.75)));
}

#[tokio::test]
async fn instant_payments_have_one_key_and_no_account() {
    let sandbox = Running::start("").await;
    let pix = |reference: &str, keys: Value| {
        json!({
            "country": "BR", "amount": 100, "currency": "BRL", "reference": reference, "type": 4,
            "InstantPaymentData": keys,
            "payee": {
                "firstName": "Tiago", "lastName": "Costa",
                "document": { "type": "CPF", "number": "54562271779" },
            },
        })
    };
    let good = pix("PIX-1", json!({ "Email": "tcosta@mail.example" }));
    assert_eq!(sandbox.create(&good).await.status, 200);
    for keys in [
        json!({}),
        json!({ "Email": "tcosta@mail.example", "Phone": "+5511900000000" }),
        json!({ "Phone": "11900000000" }),
        json!({ "Random": "not-a-uuid" }),
        json!({ "Commerce": "12" }),
        json!({ "PixEmail": "tcosta@mail.example" }),
    ] {
        assert_eq!(sandbox.create(&pix("PIX-2", keys.clone())).await.status, 400, "{keys}");
    }
    let mut both = good;
    both["payee"]["bankAccount"] = json!({ "number": "1", "type": 1, "codeBank": "1" });
    assert_eq!(sandbox.create(&both).await.status, 400);
}

#[tokio::test]
async fn swift_countries_want_a_bic_and_a_remitter() {
    let sandbox = Running::start("").await;
    let good = json!({
        "country": "CN", "amount": 5000, "currency": "USD", "reference": "CN-1", "type": 2, "paymentCode": "CSTRDR",
        "payee": {
            "firstName": "Ana", "lastName": "Prueba",
            "document": { "type": "ID", "number": "110101199003070011" },
            "bankAccount": { "number": "6200000000000000001", "type": 1, "swift": "TESTCNBJ" },
        },
        "remitter": { "companyName": "Prueba SA", "location": { "address": "Calle 1" } },
    });
    assert_eq!(sandbox.create(&good).await.status, 200);
    for (pointer, value, property) in [
        ("/payee/bankAccount/swift", json!(""), "Payee.BankAccount.Swift"),
        ("/payee/bankAccount/swift", json!("TEST"), "Payee.BankAccount.Swift"),
        ("/paymentCode", json!("SALARY"), "PaymentCode"),
        ("/remitter", Value::Null, "Remitter"),
        ("/remitter/location", Value::Null, "Remitter.Location.Address"),
    ] {
        let mut body = good.clone();
        *body.pointer_mut(pointer).expect("a member of the payout") = value;
        let answer = sandbox.create(&body).await;
        assert_eq!(answer.status, 400, "{pointer}");
        assert_eq!(answer.json()["errors"][0]["PropertyName"], property, "{pointer}");
    }
    assert_eq!(sandbox.summary("accepted").await, 1);
}

#[tokio::test]
async fn peruvian_wallets_take_telephone_numbers_and_no_dollars() {
    let sandbox = Running::start("").await;
    let mut body = with("/type", json!(3));
    body["payee"]["bankAccount"] = json!({ "number": "900000001", "type": 2, "codeBank": "901" });
    assert_eq!(sandbox.create(&body).await.status, 200);
    body["currency"] = json!("USD");
    body["destinationCurrency"] = json!("USD");
    let dollars = sandbox.create(&body).await;
    assert_eq!((dollars.status, &dollars.json()["error"]["errorCode"]), (409, &json!(817)));
}
