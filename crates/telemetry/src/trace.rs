//! Traces over OTLP: one for each payout, whose id is the payout's, so that every process knows it
//! and none has to hand it on.
//!
//! **Reads**: nothing. **Writes**: spans, from a thread of their own; what the collector does not
//! take is dropped. **Invariant**: a span names ids, accounts and outcomes, never a person. Off
//! unless [`init`] was called.

use std::{
    borrow::Cow,
    sync::OnceLock,
    time::{Duration, SystemTime},
};

use opentelemetry::{
    InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId,
    trace::{Link, SpanContext, SpanKind, Status, TraceState},
};
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource,
    trace::{BatchSpanProcessor, SpanData, SpanLinks, SpanProcessor as _},
};
use payrun_domain::{
    id::{MessageId, PayoutId},
    name::AccountName,
    payout::PayoutState,
};
use uuid::Uuid;

/// Where spans go.
#[derive(Debug, Clone)]
pub struct TraceSettings {
    /// The collector's, with its path, as `http://127.0.0.1:4318/v1/traces`.
    pub endpoint: String,
    /// One payout in so many is traced, the same ones in every process.
    pub one_in: u32,
}

struct Tracer {
    processor: BatchSpanProcessor,
    scope: InstrumentationScope,
    one_in: u32,
}

static TRACER: OnceLock<Tracer> = OnceLock::new();

/// Begins tracing; once in a process. `role` names it in the collector.
pub fn init(settings: &TraceSettings, role: &'static str) -> Result<(), ExporterBuildError> {
    let exporter = SpanExporter::builder().with_http().with_endpoint(&settings.endpoint).build()?;
    let mut processor = BatchSpanProcessor::builder(exporter).build();
    let process = KeyValue::new("process.pid", i64::from(std::process::id()));
    let role = KeyValue::new("payrun.role", role);
    processor.set_resource(
        &Resource::builder().with_service_name("payrun").with_attributes([process, role]).build(),
    );
    let scope = InstrumentationScope::builder("payrun").with_version(env!("CARGO_PKG_VERSION")).build();
    // A second call changes nothing.
    let _ = TRACER.set(Tracer { processor, scope, one_in: settings.one_in.max(1) });
    Ok(())
}

/// Sends what is left. Blocks; call it last.
pub fn finish() {
    if let Some(tracer) = TRACER.get()
        && let Err(error) = tracer.processor.shutdown()
    {
        tracing::warn!(%error, "the last spans did not reach the collector");
    }
}

/// Whether anything that happens to the payout is written down.
pub fn is_traced(payout: PayoutId) -> bool {
    TRACER.get().is_some_and(|tracer| tracer.traces(payout.uuid()))
}

/// A payout came in, and its batch is committed. `upstream` is the `traceparent` of the message
/// that brought it.
pub fn taken_in(payout: PayoutId, source: &'static str, upstream: Option<&str>) {
    let links = upstream.and_then(parse).map(link);
    span(payout, "intake", since_made(payout.uuid()), |data| {
        data.attributes.push(KeyValue::new("payrun.source", source));
        data.links.links.extend(links);
    });
}

/// A message with ids of payouts was handed to the broker and confirmed after `took`. Its trace is
/// its own: it carries many payouts.
pub fn published(message: MessageId, account: &AccountName, payouts: &[PayoutId], took: Duration) {
    let Some(tracer) = TRACER.get() else { return };
    let traced: Vec<Link> = payouts
        .iter()
        .filter(|payout| tracer.traces(payout.uuid()))
        .map(|payout| link(root(payout.uuid())))
        .collect();
    if traced.is_empty() {
        return;
    }
    let mut data = tracer.data("publish", root(message.uuid()), took);
    data.span_kind = SpanKind::Producer;
    data.attributes.push(KeyValue::new("payrun.account", account.as_str().to_owned()));
    data.links.links = traced;
    tracer.processor.on_end(data);
}

/// The header `traceparent` of a message; none while nothing is traced.
pub fn traceparent(message: MessageId) -> Option<String> {
    TRACER.get()?;
    let context = root(message.uuid());
    Some(format!("00-{}-{}-01", context.trace_id(), context.span_id()))
}

/// A message with ids of payouts arrived; `traceparent` is its header.
pub fn delivered(payouts: &[PayoutId], traceparent: Option<&str>) {
    let message = traceparent.and_then(parse);
    for payout in payouts {
        span(*payout, "deliver", Duration::ZERO, |data| {
            data.span_kind = SpanKind::Consumer;
            data.links.links.extend(message.clone().map(link));
        });
    }
}

/// A send ended with `verdict` after `took`.
pub fn sent(account: &AccountName, payout: PayoutId, verdict: &'static str, took: Duration) {
    asked("send", account, payout, verdict, took);
}

/// A look-up ended with `verdict` after `took`.
pub fn looked_up(account: &AccountName, payout: PayoutId, verdict: &'static str, took: Duration) {
    asked("look up", account, payout, verdict, took);
}

fn asked(name: &'static str, account: &AccountName, payout: PayoutId, verdict: &'static str, took: Duration) {
    span(payout, name, took, |data| {
        data.span_kind = SpanKind::Client;
        data.attributes.push(KeyValue::new("payrun.account", account.as_str().to_owned()));
        data.attributes.push(KeyValue::new("payrun.verdict", verdict));
    });
}

/// A payout reached `state`. A final one ends its trace: the root spans from its import to now.
pub fn moved(account: &AccountName, payout: PayoutId, state: PayoutState) {
    let Some(tracer) = TRACER.get().filter(|tracer| state.is_final() && tracer.traces(payout.uuid())) else {
        return;
    };
    let mut data = tracer.data("payout", root(payout.uuid()), since_made(payout.uuid()));
    data.attributes.push(KeyValue::new("payrun.payout", payout.to_string()));
    data.attributes.push(KeyValue::new("payrun.account", account.as_str().to_owned()));
    data.attributes.push(KeyValue::new("payrun.state", state.as_str()));
    tracer.processor.on_end(data);
}

/// A span that ends now, below the root of its payout.
fn span(payout: PayoutId, name: &'static str, took: Duration, fill: impl FnOnce(&mut SpanData)) {
    let Some(tracer) = TRACER.get().filter(|tracer| tracer.traces(payout.uuid())) else { return };
    let parent = root(payout.uuid());
    let own = SpanId::from(fastrand::u64(1..));
    let context = SpanContext::new(parent.trace_id(), own, TraceFlags::SAMPLED, false, TraceState::NONE);
    let mut data = tracer.data(name, context, took);
    data.parent_span_id = parent.span_id();
    data.parent_span_is_remote = true;
    fill(&mut data);
    tracer.processor.on_end(data);
}

impl Tracer {
    fn traces(&self, id: Uuid) -> bool {
        id.as_u64_pair().1.is_multiple_of(u64::from(self.one_in))
    }

    fn data(&self, name: &'static str, span_context: SpanContext, took: Duration) -> SpanData {
        let end_time = SystemTime::now();
        SpanData {
            span_context,
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: Cow::Borrowed(name),
            start_time: end_time.checked_sub(took).unwrap_or(end_time),
            end_time,
            attributes: Vec::new(),
            dropped_attributes_count: 0,
            events: opentelemetry_sdk::trace::SpanEvents::default(),
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: self.scope.clone(),
        }
    }
}

/// The root span of what `id` names: the whole id is the trace, its random half the span.
fn root(id: Uuid) -> SpanContext {
    let (_, random) = id.as_u64_pair();
    let (trace, span) = (TraceId::from(id.as_u128()), SpanId::from(random));
    SpanContext::new(trace, span, TraceFlags::SAMPLED, true, TraceState::NONE)
}

fn link(context: SpanContext) -> Link {
    Link::new(context, Vec::new(), 0)
}

/// How long ago an id was made, which its own time tells.
fn since_made(id: Uuid) -> Duration {
    let made = id.get_timestamp().map(|at| at.to_unix());
    let made =
        made.map(|(seconds, nanoseconds)| SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds));
    made.and_then(|made| SystemTime::now().duration_since(made).ok()).unwrap_or_default()
}

/// Reads a W3C `traceparent`; none when it is not one.
fn parse(text: &str) -> Option<SpanContext> {
    let mut parts = text.split('-');
    let (_version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let trace = TraceId::from_hex(trace).ok().filter(|_| trace.len() == 32)?;
    let span = SpanId::from_hex(span).ok().filter(|_| span.len() == 16)?;
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
    Some(SpanContext::new(trace, span, flags, true, TraceState::NONE)).filter(SpanContext::is_valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traceparent_is_read_as_it_is_written() {
        let context = root(Uuid::from_u128(0x01a1_fd01_980e_78f5_b3db_88fb_d52e_736f));
        let text = format!("00-{}-{}-01", context.trace_id(), context.span_id());
        assert_eq!(text, "00-01a1fd01980e78f5b3db88fbd52e736f-b3db88fbd52e736f-01");
        assert_eq!(parse(&text), Some(context));
        for rubbish in
            ["", "00", "00-0-0-01", "00-00000000000000000000000000000000-b3db88fbd52e736f-01", "00-xx-yy-zz"]
        {
            assert_eq!(parse(rubbish), None, "{rubbish}");
        }
    }

    #[test]
    fn nothing_is_traced_unless_it_is_asked_for() {
        assert_eq!(traceparent(Uuid::from_u128(7).into()), None);
        taken_in(Uuid::from_u128(7).into(), "file", None);
        finish();
    }
}
