//! The one HTTP client that can move money, with everything switched off that could send twice, follow, hide or leak.
//!
//! **Invariant**: `Lost::BeforeSend` means that not a byte of the body was handed to the socket.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use ::http::{HeaderMap, HeaderValue, header};
use bytes::Bytes;
use futures_util::stream;
use jiff::{Timestamp, fmt::rfc2822};
use reqwest::{Body, Client, Response, Url, redirect, retry};

use crate::{
    Effect, Lost, Reply, Request, Transport,
    egress::{PublicOnly, is_loopback},
};

/// More of a reply is not read: no provider sends it, and a hostile one must not fill the memory.
const REPLY_BYTES_MAX: usize = 1024 * 1024;

/// A pooled connection older than this is not used: the provider may be closing it while we write, and then nobody can say whether
/// the request arrived. Under load connections are never idle that long, so reuse is not lost.
const IDLE_MAX: Duration = Duration::from_millis(900);

/// Where an account's provider is, and how long to wait for it.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// `https://host`, or `http://` on loopback.
    pub base_url: String,
    /// To reach the provider.
    pub connect_timeout: Duration,
    /// From the call to the last byte of the reply; also ends a reply that drips.
    pub total_timeout: Duration,
}

/// HTTP/1.1 over TLS to one provider.
pub struct HttpTransport {
    client: Client,
    base: Url,
}

/// The transport cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Not a URL, or not one of a provider.
    #[error(
        "base_url {0:?} is not an https URL of a host without path, query and credentials (http is for loopback only)"
    )]
    BaseUrl(String),
    /// The client cannot be built.
    #[error("building the HTTP client failed")]
    Client(#[from] reqwest::Error),
}

impl HttpTransport {
    /// Builds the client; makes no connection yet.
    pub fn new(settings: &HttpSettings) -> Result<Self, TransportError> {
        let refused = || TransportError::BaseUrl(settings.base_url.clone());
        let base = Url::parse(&settings.base_url).map_err(|_| refused())?;
        let host = base.host_str().ok_or_else(refused)?;
        let safe = base.scheme() == "https" || (base.scheme() == "http" && is_loopback(host));
        let bare = base.path() == "/"
            && base.query().is_none()
            && base.username().is_empty()
            && base.password().is_none();
        if !safe || !bare {
            return Err(refused());
        }
        let client = Client::builder()
            // A redirected POST goes out twice, the second time to whoever the first named.
            .redirect(redirect::Policy::none())
            // The default sends again what HTTP/2 says was refused; the one-shot body forbids it once more.
            .retry(retry::never())
            .http1_only()
            // A proxy variable in the environment must not see payouts.
            .no_proxy()
            .dns_resolver(Arc::new(PublicOnly))
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.total_timeout)
            .pool_idle_timeout(IDLE_MAX)
            .build()?;
        Ok(Self { client, base })
    }

    /// True when the provider is on this machine: the sandbox.
    pub(crate) fn is_loopback(&self) -> bool {
        self.base.host_str().is_some_and(is_loopback)
    }
}

impl Transport for HttpTransport {
    async fn send(&self, request: &Request, send_by: Option<Instant>) -> Result<Reply, Lost> {
        // The path is the adapter's, the host never is.
        let mut url = self.base.clone();
        let (path, query) =
            request.path.split_once('?').map_or((&*request.path, None), |(path, query)| (path, Some(query)));
        url.set_path(path);
        url.set_query(query);
        let polled = Arc::new(AtomicBool::new(false));
        let body = match request.effect {
            Effect::MovesMoney => one_shot(&request.body, send_by, &polled),
            Effect::ReadOnly => {
                polled.store(true, Ordering::SeqCst);
                Body::from(request.body.clone())
            }
        };
        let mut sending = self.client.request(request.method.clone(), url).headers(request.headers.clone());
        if !request.body.is_empty() {
            sending = sending.header(header::CONTENT_LENGTH, request.body.len()).body(body);
        } else if request.effect == Effect::MovesMoney {
            // Without a body nothing would tell whether it left.
            return Err(Lost::AfterSend);
        }
        let lost = |_| if polled.load(Ordering::SeqCst) { Lost::AfterSend } else { Lost::BeforeSend };
        let response = sending.send().await.map_err(lost)?;
        read(response).await
    }
}

/// A body that can be sent once: it cannot be cloned, so nothing in the client can send it again. Its first poll, right before the
/// socket write, looks at the deadline a last time (rule R11) and notes that from now on bytes may be out.
fn one_shot(body: &[u8], send_by: Option<Instant>, polled: &Arc<AtomicBool>) -> Body {
    let (bytes, polled) = (Bytes::copy_from_slice(body), Arc::clone(polled));
    Body::wrap_stream(stream::once(async move {
        if send_by.is_some_and(|deadline| Instant::now() > deadline) {
            return Err(io::Error::other("the deadline to send has passed"));
        }
        polled.store(true, Ordering::SeqCst);
        Ok(bytes)
    }))
}

/// The whole reply, or nothing: half a reply proves nothing.
async fn read(mut response: Response) -> Result<Reply, Lost> {
    let (status, retry_after) = (response.status(), retry_after(response.headers()));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| Lost::AfterSend)? {
        if body.len().saturating_add(chunk.len()) > REPLY_BYTES_MAX {
            return Err(Lost::AfterSend);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, retry_after, body })
}

/// `Retry-After` as seconds or as a date, which counts from the reply's own `Date`: the provider's clock, not ours. What cannot be
/// read is no wish at all; how much of a wish is granted is the schedule's business.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = date(headers.get(header::RETRY_AFTER))?;
    let now = date(headers.get(header::DATE))?;
    Duration::try_from(then.duration_since(now)).ok()
}

fn date(value: Option<&HeaderValue>) -> Option<Timestamp> {
    let text = value?.to_str().ok()?;
    let text = text.strip_suffix("GMT").map(|rest| format!("{rest}+0000"))?;
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}
