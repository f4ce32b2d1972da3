//! One trace for each payout, from intake to settlement, over all processes; read by a collector
//! that speaks OTLP.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
use payrun_tests::{World, wait_for};
use prost::Message as _;
use serde_json::json;

use crate::intake::{Publisher, payout, runtime};

/// Takes spans by HTTP and keeps them.
pub(crate) struct Collector {
    address: SocketAddr,
    pub(crate) spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, spans) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let kept = Arc::clone(&spans);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let kept = Arc::clone(&kept);
                thread::spawn(move || take(&stream.unwrap(), &kept));
            }
        });
        Self { address, spans }
    }

    /// Lets the processes of a world send their spans here.
    pub(crate) fn listen_to(&self, world: &World) {
        let settings = fs::read_to_string(world.folder().join("payrun.toml")).unwrap();
        let endpoint = format!("http://{}/v1/traces", self.address);
        world.file("payrun.toml", &format!("{settings}\n[traces]\nendpoint = \"{endpoint}\"\n"));
    }
}

/// One connection's exports.
fn take(mut stream: &TcpStream, kept: &Mutex<Vec<Span>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut line, mut length) = (String::new(), 0);
        while line != "\r\n" {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let export = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        let scopes = export.resource_spans.into_iter().flat_map(|resource| resource.scope_spans);
        kept.lock().unwrap().extend(scopes.flat_map(|scope| scope.spans));
        stream
            .write_all(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n",
            )
            .unwrap();
    }
}

#[test]
fn a_payout_is_one_trace_over_all_processes() {
    let collector = Collector::start();
    let world = World::new("payrun_it_traces");
    collector.listen_to(&world);
    let batch = world.approved_batch("traced", 3);
    let roles = ["relay", "dispatch", "reconcile"].map(|role| world.start(role));
    wait_for("the batch to be settled", || (world.settled(&batch) == 3).then_some(()));
    // Asked to finish, each sends what it has left.
    for role in roles {
        assert!(role.stop().success());
    }

    let spans = collector.spans.lock().unwrap();
    let roots: Vec<&Span> = spans.iter().filter(|span| span.name == "payout").collect();
    assert_eq!(roots.len(), 3, "one root for each payout");
    for root in roots {
        assert!(root.parent_span_id.is_empty() && root.end_time_unix_nano > root.start_time_unix_nano);
        let id = attribute(root, "payrun.payout").replace('-', "");
        assert_eq!(hex(&root.trace_id), id, "the trace has the payout's id");
        let below: Vec<&Span> =
            spans.iter().filter(|span| span.trace_id == root.trace_id && span.name != "payout").collect();
        let names: BTreeSet<&str> = below.iter().map(|span| span.name.as_str()).collect();
        assert_eq!(names, BTreeSet::from(["deliver", "intake", "look up", "send"]));
        assert!(below.iter().all(|span| span.parent_span_id == root.span_id));
        let sends = below.iter().filter(|span| span.name == "send").count();
        assert_eq!(sends, 1);
        // The message's own trace: what the header brought is what the relay published, and it
        // points back.
        let delivery = below.iter().find(|span| span.name == "deliver").unwrap();
        let [link] = delivery.links.as_slice() else { panic!("{delivery:?}") };
        let publish =
            spans.iter().find(|span| span.name == "publish" && span.trace_id == link.trace_id).unwrap();
        assert_eq!(publish.span_id, link.span_id);
        assert!(publish.links.iter().any(|link| link.trace_id == root.trace_id));
    }
    let words: BTreeMap<String, String> = spans.iter().flat_map(attributes).collect();
    let known = ["payrun.account", "payrun.payout", "payrun.source", "payrun.state", "payrun.verdict"];
    assert!(words.keys().all(|key| known.contains(&key.as_str())), "{words:?}");
}

/// Who published a payout finds its trace from their own; a header that is none is no reason to
/// refuse anything.
#[test]
fn a_payout_is_linked_to_the_trace_of_its_publisher() {
    let collector = Collector::start();
    let world = World::new("payrun_it_upstream");
    collector.listen_to(&world);
    world.run(&["doctor"]);
    let ingest = world.start("ingest");
    let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let headers = [None, Some(format!("00-{trace}-{span}-01")), Some("00-rubbish-01".to_owned())];
    runtime().block_on(async {
        let mut publisher = Publisher::connect(&world).await;
        for (header, id) in headers.into_iter().zip(["bare", "linked", "rubbish"]) {
            publisher.traceparent = header;
            let payouts =
                [payout(&world, &format!("{id}-1"), "1.00"), payout(&world, &format!("{id}-2"), "2.00")];
            let message = json!({"version": 1, "id": id, "payouts": payouts});
            assert_eq!(publisher.ask(&message.to_string(), id).await["status"], "accepted");
        }
    });
    assert!(ingest.stop().success());

    let spans = collector.spans.lock().unwrap();
    assert_eq!(spans.len(), 6, "one for each payout: {spans:?}");
    assert!(spans.iter().all(|span| span.name == "intake" && attribute(span, "payrun.source") == "message"));
    let linked: Vec<&Span> = spans.iter().filter(|span| !span.links.is_empty()).collect();
    assert_eq!(linked.len(), 2, "the payouts of one message");
    for found in linked {
        let [link] = found.links.as_slice() else { panic!("{found:?}") };
        assert_eq!((hex(&link.trace_id).as_str(), hex(&link.span_id).as_str()), (trace, span));
        let id = format!(
            "select count(*) from payout where client_id like 'linked-%' and replace(id::text, '-', '') = '{}'",
            hex(&found.trace_id)
        );
        assert_eq!(world.number(&id), 1, "its own trace is the payout's");
    }
}

fn attributes(span: &Span) -> impl Iterator<Item = (String, String)> {
    span.attributes.iter().map(|pair| (pair.key.clone(), attribute(span, &pair.key)))
}

fn attribute(span: &Span, key: &str) -> String {
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    let pair = span.attributes.iter().find(|pair| pair.key == key).unwrap();
    match pair.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        other => panic!("{key} is {other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
