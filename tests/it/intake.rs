//! Payouts from the queue, published by a client that knows nothing of payrun but
//! `docs/messages.md`.

use std::time::Duration;

use futures_util::StreamExt as _;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, QueueDeclareOptions,
        QueuePurgeOptions,
    },
    types::{AMQPValue, FieldTable},
};
use payrun_tests::World;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// A publisher with a queue for answers.
pub(crate) struct Publisher {
    /// Sent along as header.
    pub(crate) traceparent: Option<String>,
    channel: Channel,
    answers: lapin::Consumer,
    reply_to: String,
    intake: String,
    _connection: Connection,
}

impl Publisher {
    #[expect(clippy::disallowed_methods, reason = "where the test's broker is")]
    pub(crate) async fn connect(world: &World) -> Self {
        let url = std::env::var("AMQP_URL").expect("AMQP_URL is not set; run `make test`");
        let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let options = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        let queue = channel.queue_declare("".into(), options, FieldTable::default()).await.unwrap();
        let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
        let answers = channel
            .basic_consume(queue.name().clone(), "".into(), options, FieldTable::default())
            .await
            .unwrap();
        let intake = format!("{}.intake", world.account());
        // What a test that was ended in the middle has left would be answered here.
        for queue in [intake.clone(), format!("{intake}.dead")] {
            channel.queue_purge(queue.into(), QueuePurgeOptions::default()).await.unwrap();
        }
        Self {
            traceparent: None,
            intake,
            reply_to: queue.name().to_string(),
            channel,
            answers,
            _connection: connection,
        }
    }

    /// Publishes a message whose answer shall go to `reply_to`.
    async fn publish(&self, body: &str, correlation_id: &str, reply_to: &str) {
        let mut headers = FieldTable::default();
        if let Some(traceparent) = &self.traceparent {
            headers.insert("traceparent".into(), AMQPValue::LongString(traceparent.as_str().into()));
        }
        let properties = BasicProperties::default()
            .with_headers(headers)
            .with_reply_to(reply_to.into())
            .with_correlation_id(correlation_id.into());
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        self.channel
            .basic_publish("".into(), self.intake.as_str().into(), options, body.as_bytes(), properties)
            .await
            .unwrap();
    }

    /// Publishes, and waits for the answer to just this.
    pub(crate) async fn ask(&mut self, body: &str, correlation_id: &str) -> Value {
        self.publish(body, correlation_id, &self.reply_to).await;
        let answer = tokio::time::timeout(Duration::from_mins(1), self.answers.next()).await;
        let answer: Delivery = answer.expect("an answer comes").unwrap().unwrap();
        let correlated = answer.properties.correlation_id().as_ref().map(ToString::to_string);
        assert_eq!(correlated.as_deref(), Some(correlation_id));
        serde_json::from_slice(&answer.data).unwrap()
    }

    /// The next dead letter: what it says, and the reason that it carries.
    pub(crate) async fn dead_letter(&self) -> (Value, String) {
        loop {
            let options = BasicGetOptions { no_ack: false };
            let Some(message) =
                self.channel.basic_get(format!("{}.dead", self.intake).into(), options).await.unwrap()
            else {
                tokio::task::yield_now().await;
                continue;
            };
            message.ack(BasicAckOptions::default()).await.unwrap();
            let headers = message.properties.headers().clone().unwrap();
            let Some(AMQPValue::LongString(reason)) = headers.inner().get("payrun-reason") else {
                panic!("a dead letter without its reason: {headers:?}");
            };
            return (serde_json::from_slice(&message.data).unwrap(), reason.to_string());
        }
    }
}

pub(crate) fn payout(world: &World, client_id: &str, amount: &str) -> Value {
    json!({
        "client_id": client_id, "account": world.account(), "country": "PE", "currency": "PEN", "amount": amount,
        "method": "bank", "first_name": "Rosa", "last_name": "Prueba", "document_type": "DNI", "document_number": "40000001",
        "bank": "003", "bank_account": "00320000300123456731", "bank_account_type": "savings", "description": "Planilla",
    })
}

pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn messages_become_batches_and_are_answered() {
    let world = World::new("payrun_it_intake");
    // The doctor declares the queues, so that a publisher need not wait for the role.
    world.run(&["doctor"]);
    runtime().block_on(async { messages_are_answered(&world).await });
}

async fn messages_are_answered(world: &World) {
    let mut publisher = Publisher::connect(world).await;
    let _ingest = world.start("ingest");
    let good = json!({"version": 1, "id": "run-1", "payouts": [payout(world, "Q-1", "1250.50"), payout(world, "Q-2", "1e3")]});
    let first = publisher.ask(&good.to_string(), "a").await;
    assert_eq!((&first["status"], &first["accepted"]), (&json!("partly_accepted"), &json!(1)));
    assert_eq!(
        (&first["rejected"][0]["row"], &first["rejected"][0]["column"]),
        (&json!(2), &json!("amount"))
    );

    let again = publisher.ask(&good.to_string(), "b").await;
    assert_eq!(
        (&again["status"], &again["batch"], &again["rejected"]),
        (&json!("repeated"), &first["batch"], &first["rejected"])
    );
    assert_eq!((&first["held"], &again["held"]), (&json!(0), &json!(0)));

    let other = json!({"version": 1, "id": "run-1", "payouts": [payout(world, "Q-3", "1")]});
    let refused = publisher.ask(&other.to_string(), "c").await;
    assert_eq!((&refused["status"], &refused["accepted"]), (&json!("rejected"), &json!(0)));

    let shown = world.run(&["batch", "show", first["batch"].as_str().unwrap()]);
    assert_eq!(
        (&shown["source"], &shown["accepted"], &shown["rejected"]),
        (&json!("message"), &json!(1), &json!(1))
    );
}

#[test]
fn what_cannot_be_read_is_kept_with_its_reason_and_holds_back_nobody() {
    let world = World::new("payrun_it_poison");
    // The doctor declares the queues, so that a publisher need not wait for the role.
    world.run(&["doctor"]);
    runtime().block_on(async { rubbish_is_kept(&world).await });
}

async fn rubbish_is_kept(world: &World) {
    let mut publisher = Publisher::connect(world).await;
    let _ingest = world.start("ingest");
    let rubbish = "{\"version\":1,\"id\":\"poison\",\"payouts\":[{\"amount\":1250.5}]}";
    let answer = publisher.ask(rubbish, "d").await;
    assert_eq!(answer["status"], "unreadable");
    assert!(answer["reason"].as_str().unwrap().contains("amounts are strings"), "{answer}");
    let (dead, reason) = publisher.dead_letter().await;
    assert!(reason.contains("amounts are strings"), "{reason}");
    let number = dead["poison_message"].to_string();
    assert_eq!(world.run(&["--as", "eva", "review", "message", &number])["body"], rubbish);
    let (status, _, said) = world.try_run(&["--as", "eva", "review", "message", "99"]);
    assert!(status.code() == Some(3) && said.contains("no message 99"), "{said}");
    let good = json!({"version": 1, "id": "run-2", "payouts": [payout(world, "Q-9", "1.00")]});
    assert_eq!(publisher.ask(&good.to_string(), "e").await["status"], "accepted");
}

/// An answer that no sender waits for is given up at once, and no library prints it.
#[test]
fn a_sender_that_has_gone_holds_up_nobody() {
    let world = World::new("payrun_it_gone");
    world.run(&["doctor"]);
    runtime().block_on(async {
        let mut publisher = Publisher::connect(&world).await;
        let _ingest = world.start("ingest");
        let message =
            |id: &str| json!({"version": 1, "id": id, "payouts": [payout(&world, id, "1.00")]}).to_string();
        publisher.publish(&message("gone-1"), "f", "payrun_it_gone.nobody").await;
        assert_eq!(publisher.ask(&message("gone-2"), "g").await["status"], "accepted");
    });
    let log = std::fs::read_to_string(world.folder().join("ingest.log")).unwrap();
    assert_eq!(log.matches("an answer could not be delivered").count(), 1, "{log}");
    assert!(!log.contains("Server returned"), "{log}");
}
