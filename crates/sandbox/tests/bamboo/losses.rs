//! Answers that are lost and processes that end: what was accepted is remembered.

use std::io;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::running::{KEY, Running, headers, payout, sign};

#[tokio::test]
async fn lost_answers_are_recorded_and_refusals_are_not() {
    for (mode, recorded) in
        [("accept_500", 1), ("accept_reset", 1), ("garbage", 1), ("throttle", 0), ("unavailable_503", 0)]
    {
        let sandbox = Running::start(&format!("{mode}=1000")).await;
        let outcome = sandbox.try_create(&payout("REF-0001")).await;
        match (mode, &outcome) {
            ("accept_reset", Err(error)) => assert_eq!(error.kind(), io::ErrorKind::ConnectionReset),
            ("accept_500", Ok(answer)) => assert_eq!(answer.status, 500),
            ("garbage", Ok(answer)) => {
                assert_eq!(answer.status, 200);
                assert!(serde_json::from_str::<Value>(&answer.body).is_err(), "{}", answer.body);
            }
            ("throttle", Ok(answer)) => {
                assert_eq!(answer.status, 429);
                assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
            }
            ("unavailable_503", Ok(answer)) => assert_eq!(answer.status, 503),
            (_, Ok(answer)) => panic!("{mode} answered {}", answer.status),
            (_, Err(error)) => panic!("{mode} failed with {error}"),
        }
        assert_eq!(sandbox.summary("accepted").await, recorded, "{mode}");
        let found = sandbox.get("/api/payout/reference/REF-0001").await.status;
        assert_eq!(found, if recorded == 1 { 200 } else { 204 }, "{mode}");
    }
}

#[tokio::test]
async fn hanging_create_is_recorded_and_ends_with_the_server() {
    let sandbox = Running::start("accept_hang=1000").await;
    let body = payout("REF-0001");
    let mut stream = TcpStream::connect(sandbox.address).await.expect("connect");
    let (headers, length) = (headers(KEY, &sign(&body)), body.to_string().len());
    let request =
        format!("POST /api/payout HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
    stream.write_all(request.as_bytes()).await.expect("write");
    while sandbox.summary("accepted").await != 1 {
        tokio::task::yield_now().await;
    }
    let requests = sandbox.get("/_requests/summary").await.json();
    assert_eq!(requests, json!({ "creates": { "hang": 1 } }));
    sandbox.stop().await;
    let mut rest = Vec::new();
    let end = stream.read_to_end(&mut rest).await.map_err(|error| error.kind());
    assert_eq!((end, rest), (Err(io::ErrorKind::ConnectionReset), Vec::new()));
}

#[tokio::test]
async fn restarted_sandbox_remembers_and_lists_everything() {
    let sandbox = Running::start("").await;
    for number in 0..300 {
        sandbox.create(&payout(&format!("REF-{number}"))).await;
    }
    let before = sandbox.get("/_ledger").await.body;
    let sandbox = Running::start_in(sandbox.stop().await, "").await;
    assert_eq!(sandbox.get("/_ledger").await.body, before);
    let lines: Vec<Value> = before.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
    assert_eq!(lines.len(), 300);
    assert_eq!(lines[299]["seq"], 299);
    assert_eq!((&lines[0]["status"], &lines[0]["amount_minor"]), (&json!("in_progress"), &json!(1250)));
    // SHA-256 of "40000001|00320000300123456731".
    let beneficiary = ring::digest::digest(&ring::digest::SHA256, b"40000001|00320000300123456731");
    assert_eq!(lines[0]["beneficiary"], HEXLOWER.encode(beneficiary.as_ref()));
    assert!(!before.contains("40000001") && !before.contains("Prueba") && !before.contains(KEY));
    sandbox.create(&payout("REF-0")).await;
    assert_eq!(sandbox.summary("double_paid").await, 1);
}

#[tokio::test]
async fn drawn_declines_come_at_once_or_when_they_would_have_settled() {
    for (mode, answer, code) in [("decline", 409, "813"), ("late_decline", 200, "711")] {
        let sandbox = Running::start(&format!("{mode}=1000")).await;
        assert_eq!(sandbox.create(&payout("REF-0001")).await.status, answer, "{mode}");
        sandbox.pass(8);
        let read = sandbox.get("/api/payout/reference/REF-0001").await.json();
        assert_eq!((&read["status"], &read["errorCode"]), (&json!(8), &json!(code)), "{mode}");
    }
}

#[tokio::test]
async fn reads_fail_without_a_word_about_the_payout() {
    let sandbox = Running::start("read_500=1000").await;
    sandbox.create(&payout("REF-0001")).await;
    let failed = sandbox.get("/api/payout/reference/REF-0001").await;
    assert_eq!((failed.status, failed.body.as_str()), (500, ""));
    sandbox.send("POST /_faults", "", "read_hang=1000,look_up_lag=0").await.expect("an answer");
    let mut stream = TcpStream::connect(sandbox.address).await.expect("connect");
    let request =
        format!("GET /api/payout/reference/REF-0001 HTTP/1.1\r\nHost: x\r\n{}\r\n", headers(KEY, ""));
    stream.write_all(request.as_bytes()).await.expect("write");
    while sandbox.get("/_requests/summary").await.json()["reads"]["hang"] != 1 {
        tokio::task::yield_now().await;
    }
    sandbox.send("POST /_faults", "", "look_up_lag=0").await.expect("an answer");
    assert_eq!(sandbox.status("/api/payout/reference/REF-0001").await, 5, "other reads go on");
}
