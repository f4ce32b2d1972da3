//! The one HTTP client that can move money, with everything switched off that could send twice,
//! follow, hide or leak.
//!
//! **Invariant**: `SendFailure::BeforeSend` means that not a byte of the body was handed to the
//! socket.

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
use futures_util::{Stream, stream};
use jiff::{Timestamp, fmt::rfc2822};
use payrun_domain::host::is_loopback;
use payrun_telemetry::failpoint;
use reqwest::{Body, Client, Response, Url, redirect, retry};

use crate::{
    Effect, Reply, Request, SendFailure,
    egress::{PublicOnly, may_be_base},
};

/// More of a reply is not read: no provider sends it, and a hostile one must not fill the memory.
const REPLY_BYTES_MAX: usize = 1024 * 1024;

/// A pooled connection older than this is not used: the provider may be closing it while we write,
/// and then we cannot say whether the request arrived. Under load connections are never idle that
/// long, so reuse is not lost.
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

impl HttpSettings {
    /// True when the provider is on this machine: the sandbox. An error for a base URL that no
    /// request may go to.
    pub fn is_loopback(&self) -> Result<bool, TransportError> {
        Ok(self.base()?.host_str().is_some_and(is_loopback))
    }

    fn base(&self) -> Result<Url, TransportError> {
        let base = Url::parse(&self.base_url).map_err(|_| TransportError::BaseUrl)?;
        let host = base.host_str().ok_or(TransportError::BaseUrl)?;
        let safe = base.scheme() == "https" || (base.scheme() == "http" && is_loopback(host));
        let bare = base.path() == "/"
            && base.query().is_none()
            && base.username().is_empty()
            && base.password().is_none();
        // An address is never resolved, so that the resolver would not see it.
        if !safe || !bare || !may_be_base(host) {
            return Err(TransportError::BaseUrl);
        }
        Ok(base)
    }
}

/// HTTP/1.1 over TLS to one provider.
pub struct HttpTransport {
    client: Client,
    base: Url,
}

/// The transport cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// Not a URL, or not one of a provider. It is not repeated: an operator may have written a key
    /// into it.
    #[error(
        "base_url is not the https URL of a public host without path, query and credentials; write https://host (http is for loopback only). \
         What comes before a provider's paths has settings of its own: api_path and token_path of Qentaz"
    )]
    BaseUrl,
    /// Not a URI of the provider's database. It is not repeated: it has a password in it.
    #[error(
        "the database's URI cannot be used; write mongodb://user:password@host/?tls=true (without TLS on loopback only, and never with a certificate that is not checked)"
    )]
    DatabaseUri,
    /// The client cannot be built.
    #[error("building the HTTP client failed")]
    Client(#[from] reqwest::Error),
}

impl HttpTransport {
    /// Builds the client; makes no connection yet. The process has installed a rustls crypto
    /// provider before: without one, reqwest panics.
    pub fn new(settings: &HttpSettings) -> Result<Self, TransportError> {
        let base = settings.base()?;
        let client = Client::builder()
            // A redirected POST goes out twice, the second time to the host that the first answer
            // named.
            .redirect(redirect::Policy::none())
            // The default sends again what HTTP/2 says was refused; the one-shot body forbids it
            // once more.
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

    /// Scheme, host and port.
    pub(crate) fn origin(&self) -> String {
        self.base.origin().ascii_serialization()
    }

    /// Whether an HTTP server gives any answer there. Without credentials and without a
    /// body.
    pub(crate) async fn reach(&self) -> Result<(), SendFailure> {
        self.client.head(self.base.clone()).send().await.map(drop).map_err(|_| SendFailure::BeforeSend)
    }

    /// Sends one request and waits for the whole bounded reply. One that moves money is not sent
    /// after `send_by`, nor without it.
    pub async fn send(&self, request: &Request, send_by: Option<Instant>) -> Result<Reply, SendFailure> {
        // The path is the adapter's, the host never is.
        let mut url = self.base.clone();
        let (path, query) =
            request.path.split_once('?').map_or((&*request.path, None), |(path, query)| (path, Some(query)));
        url.set_path(path);
        url.set_query(query);
        let send_once = SendOnce::default();
        let body = match request.effect {
            Effect::MovesMoney => Body::wrap_stream(one_shot(&request.body, send_by, send_once.clone())),
            Effect::ReadOnly => {
                send_once.seal();
                Body::from(request.body.clone())
            }
        };
        let mut sending = self.client.request(request.method.clone(), url).headers(request.headers.clone());
        if !request.body.is_empty() {
            sending = sending.header(header::CONTENT_LENGTH, request.body.len()).body(body);
        } else if request.effect == Effect::MovesMoney {
            // Without a body nothing would tell whether it left.
            return Err(SendFailure::AfterSend);
        }
        let lost = |_| if send_once.seal() { SendFailure::BeforeSend } else { SendFailure::AfterSend };
        let response = sending.send().await.map_err(lost)?;
        failpoint_in(request.effect, "after headers");
        let reply = read(response).await;
        failpoint_in(request.effect, "after body");
        reply
    }
}

fn failpoint_in(effect: Effect, place: &str) {
    if effect == Effect::MovesMoney {
        failpoint::hit(place, "");
    }
}

/// Whether the body went out or was given up: the first to come decides, once. Looking is not
/// enough, because a connection that was given up at the deadline may go on for a moment and ask
/// for the body after we looked.
#[derive(Clone, Default)]
struct SendOnce(Arc<AtomicBool>);

impl SendOnce {
    /// True for the first who asks.
    fn seal(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }
}

/// A body that can be sent once: it cannot be cloned, so nothing in the client can send it again.
/// Its first poll, right before the socket write, looks at the deadline a last time (rule R11);
/// without a deadline there is no lease, and nothing leaves.
fn one_shot(
    body: &[u8],
    send_by: Option<Instant>,
    send_once: SendOnce,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    let bytes = Bytes::copy_from_slice(body);
    stream::once(async move {
        failpoint::hit("before write", "");
        if send_by.is_none_or(|deadline| Instant::now() > deadline) {
            return Err(io::Error::other("the deadline to send has passed"));
        }
        if !send_once.seal() {
            return Err(io::Error::other("the send was given up"));
        }
        failpoint::hit("at write", "");
        Ok(bytes)
    })
}

/// The whole reply, or nothing: half a reply proves nothing.
async fn read(mut response: Response) -> Result<Reply, SendFailure> {
    let (status, retry_after) = (response.status(), retry_after(response.headers()));
    let date = date(response.headers().get(header::DATE));
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| SendFailure::AfterSend)? {
        if body.len().saturating_add(chunk.len()) > REPLY_BYTES_MAX {
            return Err(SendFailure::AfterSend);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Reply { status, retry_after, date, body })
}

/// `Retry-After` as seconds or as a date, which counts from the reply's own `Date`: the provider's
/// clock, not ours. What cannot be read is no wish at all; how much of a wish is granted is the
/// schedule's business.
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

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::{FutureExt as _, StreamExt as _};

    use super::*;

    fn first_poll(send_by: Option<Instant>, send_once: &SendOnce) -> io::Result<Bytes> {
        let body = pin!(one_shot(b"{}", send_by, send_once.clone()));
        body.into_future().now_or_never().unwrap().0.unwrap()
    }

    #[test]
    fn either_the_body_leaves_or_it_was_given_up() {
        let soon = Instant::now().checked_add(Duration::from_mins(1));
        let sent = SendOnce::default();
        assert_eq!(first_poll(soon, &sent).unwrap(), "{}");
        assert!(!sent.seal(), "bytes may be out");
        let given_up = SendOnce::default();
        assert!(given_up.seal(), "nothing was asked for");
        assert!(first_poll(soon, &given_up).is_err(), "and nothing leaves afterwards");
    }

    #[test]
    fn a_body_without_a_deadline_ahead_stays_here() {
        for send_by in [None, Instant::now().checked_sub(Duration::from_millis(1))] {
            let send_once = SendOnce::default();
            assert!(first_poll(send_by, &send_once).is_err());
            assert!(send_once.seal(), "not a byte was handed over");
        }
    }
}
