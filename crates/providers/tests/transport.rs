//! The transport against real sockets: what it proves when a request fails, and what it refuses to
//! do.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use http::{HeaderMap, Method, StatusCode};
use payrun_providers::{Effect, HttpSettings, HttpTransport, Reply, Request, SendFailure};

const BODY: &[u8] = b"{\"amount\":1250}";

/// Serves each connection with `serve`, and reports what it read first.
fn server(serve: impl Fn(&mut TcpStream) + Send + 'static) -> (SocketAddr, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, requests) = mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let request = read_request(&mut stream);
            if seen.send(request).is_err() {
                return;
            }
            serve(&mut stream);
        }
    });
    (address, requests)
}

/// Reads until the whole body is there.
fn read_request(stream: &mut TcpStream) -> String {
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut buffer).unwrap_or(0);
        request.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if count == 0 || text.ends_with('}') || text.starts_with("GET") {
            return text;
        }
    }
}

fn answer(stream: &mut TcpStream, text: &str) {
    stream.write_all(text.as_bytes()).unwrap();
}

fn send(base_url: String, effect: Effect, send_by: impl Into<Option<Instant>>) -> Result<Reply, SendFailure> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let settings = HttpSettings {
        base_url,
        connect_timeout: Duration::from_secs(2),
        total_timeout: Duration::from_secs(1),
    };
    let transport = HttpTransport::new(&settings).unwrap();
    let (method, body) = match effect {
        Effect::MovesMoney => (Method::POST, BODY.to_vec()),
        Effect::ReadOnly => (Method::GET, Vec::new()),
    };
    let request = Request { effect, method, path: "/api/payout".to_owned(), headers: HeaderMap::new(), body };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(transport.send(&request, send_by.into()))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(10)
}

#[test]
fn a_refused_connection_proves_that_nothing_was_sent() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(send(format!("http://{address}"), Effect::MovesMoney, soon()), Err(SendFailure::BeforeSend));
}

#[test]
fn a_connection_closed_after_the_request_proves_nothing() {
    let (address, requests) = server(|_| {});
    assert_eq!(send(format!("http://{address}"), Effect::MovesMoney, soon()), Err(SendFailure::AfterSend));
    assert!(requests.recv().unwrap().ends_with(std::str::from_utf8(BODY).unwrap()), "it had all of it");
}

#[test]
fn after_the_deadline_not_a_byte_of_the_body_leaves() {
    let (address, requests) = server(|_| {});
    let past = Instant::now().checked_sub(Duration::from_millis(1));
    assert_eq!(send(format!("http://{address}"), Effect::MovesMoney, past), Err(SendFailure::BeforeSend));
    assert!(!requests.recv().unwrap().contains("1250"));
}

#[test]
fn money_without_a_deadline_is_not_sent() {
    let (address, requests) = server(|_| {});
    assert_eq!(send(format!("http://{address}"), Effect::MovesMoney, None), Err(SendFailure::BeforeSend));
    assert!(!requests.recv().unwrap().contains("1250"));
}

#[test]
fn a_failed_handshake_proves_that_nothing_was_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || listener.accept().map(|(mut stream, _)| answer(&mut stream, "no TLS here")));
    assert_eq!(send(format!("https://{address}"), Effect::MovesMoney, soon()), Err(SendFailure::BeforeSend));
}

#[test]
fn a_body_goes_out_whole_and_with_its_length() {
    let (address, requests) =
        server(|stream| answer(stream, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"));
    let reply = send(format!("http://{address}"), Effect::MovesMoney, soon()).unwrap();
    assert_eq!((reply.status, reply.body), (StatusCode::OK, b"{}".to_vec()));
    let request = requests.recv().unwrap().to_ascii_lowercase();
    assert!(
        request.contains(&format!("content-length: {}", BODY.len())) && !request.contains("chunked"),
        "{request}"
    );
    assert!(!request.contains("accept-encoding"), "{request}");
}

#[test]
fn redirects_are_replies_and_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let (elsewhere, stolen) = server(|_| {});
        let (address, _requests) = server(move |stream| {
            answer(
                stream,
                &format!("HTTP/1.1 {status} X\r\nlocation: http://{elsewhere}/\r\ncontent-length: 0\r\n\r\n"),
            );
        });
        let reply = send(format!("http://{address}"), Effect::MovesMoney, soon()).unwrap();
        assert_eq!(reply.status.as_u16(), status);
        assert!(stolen.try_recv().is_err(), "{status} was followed");
    }
}

#[test]
fn a_reply_is_bounded_in_size_and_in_time() {
    let (huge, _requests) = server(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n");
        while stream.write_all(&[b' '; 8_192]).is_ok() {}
    });
    assert_eq!(send(format!("http://{huge}"), Effect::MovesMoney, soon()), Err(SendFailure::AfterSend));
    let (stalling, _requests) = server(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{\"payoutId\":");
        let _ = stream.read(&mut [0; 1]);
    });
    assert_eq!(
        send(format!("http://{stalling}"), Effect::MovesMoney, soon()),
        Err(SendFailure::AfterSend),
        "half a reply"
    );
    // A byte every now and then for ten seconds: each read makes progress, so that only a deadline
    // over all of them ends it.
    let (dripping, _requests) = server(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n");
        stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        while stream.write_all(b" ").is_ok() {
            let _ = stream.read(&mut [0; 1]);
        }
    });
    let begun = Instant::now();
    assert_eq!(send(format!("http://{dripping}"), Effect::MovesMoney, soon()), Err(SendFailure::AfterSend));
    assert!(begun.elapsed() < Duration::from_secs(5), "the deadline is one second");
    let (silent, _requests) = server(|stream| {
        let _ = stream.read(&mut [0; 1]);
    });
    assert_eq!(send(format!("http://{silent}"), Effect::MovesMoney, soon()), Err(SendFailure::AfterSend));
}

#[test]
fn retry_after_is_read_as_seconds_or_as_a_date() {
    let wait = |header: &'static str| {
        let (address, _requests) = server(move |stream| {
            answer(stream, &format!("HTTP/1.1 429 X\r\n{header}\r\ncontent-length: 0\r\n\r\n"));
        });
        send(format!("http://{address}"), Effect::ReadOnly, None).unwrap().retry_after
    };
    assert_eq!(wait("retry-after: 7"), Some(Duration::from_secs(7)));
    assert_eq!(wait("retry-after: -7"), None);
    assert_eq!(wait("retry-after: soon"), None);
    assert_eq!(
        wait("date: Sat, 31 Jan 2026 15:04:05 GMT\r\nretry-after: Sat, 31 Jan 2026 15:04:35 GMT"),
        Some(Duration::from_secs(30))
    );
    assert_eq!(
        wait("date: Sat, 31 Jan 2026 15:04:05 GMT\r\nretry-after: Sat, 31 Jan 2026 15:04:00 GMT"),
        None
    );
}

#[test]
fn only_tls_and_loopback_are_base_urls() {
    let build = |base_url: &str| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let second = Duration::from_secs(1);
        HttpTransport::new(&HttpSettings {
            base_url: base_url.to_owned(),
            connect_timeout: second,
            total_timeout: second,
        })
    };
    for good in ["https://api.example.test", "http://127.0.0.1:8099", "http://localhost:1", "http://[::1]:1"]
    {
        assert!(build(good).is_ok(), "{good}");
    }
    for bad in [
        "http://api.example.test",
        "https://user:key@api.example.test",
        "https://api.example.test/v1",
        "https://10.0.0.1",
        "https://169.254.169.254",
        "https://[fd00::1]",
        "ftp://127.0.0.1",
        "api",
        "",
    ] {
        let error = build(bad).err().unwrap().to_string();
        assert!(!error.contains("user:key"), "{error}");
    }
}
