//! The token of an account: one caller fetches it for all, before its life is over, and a refused
//! one is replaced once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use payrun_domain::clock::SystemClock;
use payrun_providers::{Account, EnquiryError, HttpSettings, NoToken, ProviderSettings};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// A provider that hands out tokens `t1`, `t2` … and refuses those in `refused`.
#[derive(Default)]
struct Desk {
    logins: AtomicUsize,
    asked: AtomicUsize,
    lifetime_s: usize,
    key_is_refused: bool,
    refuses_first: bool,
}

/// Where it is; it answers while the set lives.
async fn serve(desk: Arc<Desk>) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        let mut answers = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            answers.spawn(answer(stream, Arc::clone(&desk)));
        }
    });
    (format!("http://{address}"), serving)
}

async fn answer(mut stream: TcpStream, desk: Arc<Desk>) {
    let mut request = vec![0; 4096];
    let length = stream.read(&mut request).await.unwrap();
    let request = String::from_utf8_lossy(&request[..length]).into_owned();
    let (status, body) = if request.starts_with("GET /token") {
        assert!(request.contains("Bearer unit-test-key"));
        let number = desk.logins.fetch_add(1, Ordering::SeqCst) + 1;
        if desk.key_is_refused {
            ("401 Unauthorized", r#"{"status":"unauthorized","code":"Q001","error":"x"}"#.to_owned())
        } else {
            ("200 OK", format!(r#"{{"access_token":"t{number}","expires_in":{}}}"#, desk.lifetime_s))
        }
    } else {
        desk.asked.fetch_add(1, Ordering::SeqCst);
        if desk.refuses_first && request.contains("x-auth-token: t1") {
            ("401 Unauthorized", r#"{"status":"unauthorized","code":"Q103","error":"x"}"#.to_owned())
        } else {
            ("200 OK", r#"{"entities":[]}"#.to_owned())
        }
    };
    let reply =
        format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    stream.write_all(reply.as_bytes()).await.unwrap();
}

async fn account(desk: &Arc<Desk>) -> (Arc<Account>, JoinSet<()>) {
    // Whichever test is first installs it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = serde_json::json!({ "provider": "qentaz", "auth_key": "unit-test-key" });
    let provider = serde_json::from_value::<ProviderSettings>(settings).unwrap().build().unwrap();
    let (base_url, serving) = serve(Arc::clone(desk)).await;
    let http = HttpSettings {
        base_url,
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(5),
    };
    (Arc::new(Account::new("qentaz-co".parse().unwrap(), provider, &http, 100).unwrap()), serving)
}

#[tokio::test]
async fn many_callers_fetch_one_token() {
    let desk = Arc::new(Desk { lifetime_s: 3600, ..Desk::default() });
    let (account, _serving) = account(&desk).await;
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let account = Arc::clone(&account);
        callers.spawn(async move { account.ready().await });
    }
    assert!(callers.join_all().await.into_iter().all(|ready| ready == Ok(())));
    account.banks(&SystemClock).await.unwrap();
    assert_eq!((desk.logins.load(Ordering::SeqCst), desk.asked.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn a_token_without_life_is_fetched_again_each_time() {
    let desk = Arc::new(Desk { lifetime_s: 0, ..Desk::default() });
    let (account, _serving) = account(&desk).await;
    for _ in 0..3 {
        account.banks(&SystemClock).await.unwrap();
    }
    assert_eq!(desk.logins.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_token_that_ended_early_is_replaced_once() {
    let desk = Arc::new(Desk { lifetime_s: 3600, refuses_first: true, ..Desk::default() });
    let (account, _serving) = account(&desk).await;
    for _ in 0..2 {
        account.banks(&SystemClock).await.unwrap();
    }
    assert_eq!((desk.logins.load(Ordering::SeqCst), desk.asked.load(Ordering::SeqCst)), (2, 3));
}

#[tokio::test]
async fn a_refused_key_is_said_and_nothing_is_asked() {
    let desk = Arc::new(Desk { key_is_refused: true, ..Desk::default() });
    let (account, _serving) = account(&desk).await;
    assert_eq!(account.ready().await, Err(NoToken::Refused));
    assert!(matches!(account.banks(&SystemClock).await, Err(EnquiryError::Credentials)));
    assert_eq!(desk.asked.load(Ordering::SeqCst), 0);
}
