//! The sandbox's own pages: what it knows, for tests and for people.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Serialize;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_util::io::ReaderStream;

use crate::entry::{Entry, Standing};
use crate::faults::Faults;
use crate::world::World;

/// `/_ledger`, `/_ledger/summary`, `/_requests/summary` and `/_faults`.
pub(crate) fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/_ledger", get(list))
        .route(
            "/_ledger/summary",
            get(async |State(world): State<Arc<World>>| Json(world.ledger.summary(world.now()))),
        )
        .route(
            "/_requests/summary",
            get(async |State(world): State<Arc<World>>| Json(world.traffic.summary())),
        )
        .route("/_faults", post(set_faults))
        .with_state(world)
}

async fn list(State(world): State<Arc<World>>) -> Response {
    let listing = Listing { world, next: 0, ready: Vec::new(), written: 0 };
    ([(header::CONTENT_TYPE, "application/x-ndjson")], Body::from_stream(ReaderStream::new(listing)))
        .into_response()
}

async fn set_faults(State(world): State<Arc<World>>, text: String) -> Response {
    match text.trim().parse::<Faults>() {
        Ok(faults) => {
            *world.faults.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(faults);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}

/// The ledger as lines of JSON, made page by page as they are read, so that its length does
/// not matter.
struct Listing {
    world: Arc<World>,
    next: usize,
    ready: Vec<u8>,
    written: usize,
}

#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    entry: &'a Entry,
    status: Standing,
    #[serde(skip_serializing_if = "Option::is_none")]
    returned_minor: Option<i64>,
}

const PAGE_ENTRIES: usize = 256;

impl AsyncRead for Listing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.written == self.ready.len() {
            let page = self.world.ledger.page(self.next, PAGE_ENTRIES);
            let now = self.world.now();
            self.next += page.len();
            self.written = 0;
            self.ready.clear();
            for entry in page {
                let returned_minor = Some(entry.returned_minor(now)).filter(|minor| *minor > 0);
                let listed = Listed { entry: &entry, status: entry.standing(now), returned_minor };
                serde_json::to_writer(&mut self.ready, &listed)?;
                self.ready.push(b'\n');
            }
        }
        let end = self.ready.len().min(self.written + buffer.remaining());
        buffer.put_slice(&self.ready[self.written..end]);
        self.written = end;
        Poll::Ready(Ok(()))
    }
}
