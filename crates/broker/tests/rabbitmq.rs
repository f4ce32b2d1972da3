//! The broker crate against a real RabbitMQ: what counts as published, and what a broken connection
//! costs.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::time::Duration;

use futures_util::future::join_all;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{BasicGetOptions, BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions},
    types::{AMQPValue, FieldTable},
};
use payrun_broker::{Broker, Error, Outcome, PayoutMessage, Topology};
use payrun_domain::{
    id::{MessageId, PayoutId},
    name::AccountName,
};
use tokio::{net::TcpListener, time::timeout};
use uuid::Uuid;

const TIMEOUT: Duration = Duration::from_mins(1);

#[expect(clippy::disallowed_methods, reason = "where the test's broker is")]
fn url() -> String {
    std::env::var("AMQP_URL")
        .expect("AMQP_URL is not set; run `make test`, or eval \"$(deploy/local/services env)\"")
}

/// Queues of its own for each test.
fn topology() -> Topology {
    Topology { prefix: format!("test-{}", Uuid::now_v7().simple()), accounts: vec!["here".parse().unwrap()] }
}

fn broker(topology: &Topology) -> Broker {
    Broker::new(&url().into(), topology.clone()).unwrap()
}

fn message(account: &str) -> PayoutMessage {
    PayoutMessage::V1 { account: account.parse().unwrap(), payouts: vec![PayoutId::from(Uuid::now_v7())] }
}

fn id() -> MessageId {
    MessageId::from(Uuid::now_v7())
}

fn here() -> AccountName {
    "here".parse().unwrap()
}

async fn channel() -> (Connection, Channel) {
    let connection = Connection::connect(&url(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

/// Deletes the queues of a test.
async fn clean(topology: &Topology) {
    let (_connection, channel) = channel().await;
    let queues = ["dispatch.here", "dispatch.dead", "intake", "intake.dead"];
    join_all(queues.map(|queue| {
        let name = format!("{}.{queue}", topology.prefix);
        let channel = channel.clone();
        async move { channel.queue_delete(name.as_str().into(), QueueDeleteOptions::default()).await }
    }))
    .await;
}

#[tokio::test]
async fn what_is_published_is_received_and_acknowledged_once() {
    let topology = topology();
    let broker = broker(&topology);
    let mut publisher = broker.publisher();
    let sent = message("here");
    let outgoing = publisher.dispatch(id(), &sent);
    assert_eq!(publisher.publish_all(&[outgoing]).await, [Outcome::Confirmed]);
    let mut consumer = broker.consume_dispatch(&here(), 4);
    let delivery = timeout(TIMEOUT, consumer.recv()).await.unwrap();
    assert_eq!(delivery.payouts().unwrap(), sent);
    delivery.ack().await;
    assert!(broker.connections().iter().all(|connected| *connected.borrow()));
    drop(consumer);
    let (_connection, channel) = channel().await;
    let queue = format!("{}.dispatch.here", topology.prefix);
    let left = channel.basic_get(queue.as_str().into(), BasicGetOptions::default()).await.unwrap();
    assert!(left.is_none(), "it was acknowledged");
    clean(&topology).await;
}

/// The broker confirms what it cannot route, and lapin may hand the return to another message's
/// confirm: only ids tell them apart.
#[tokio::test]
async fn the_unroutable_among_many_are_exactly_those() {
    let topology = topology();
    let mut publisher = broker(&topology).publisher();
    for _ in 0..10 {
        let accounts: Vec<&str> =
            (0..200).map(|index| if index % 7 == 3 { "nowhere" } else { "here" }).collect();
        let messages: Vec<_> =
            accounts.iter().map(|account| publisher.dispatch(id(), &message(account))).collect();
        let outcomes = publisher.publish_all(&messages).await;
        for (account, outcome) in accounts.iter().zip(outcomes) {
            let expected = if *account == "here" { Outcome::Confirmed } else { Outcome::Unroutable };
            assert_eq!(outcome, expected);
        }
    }
    clean(&topology).await;
}

#[tokio::test]
async fn a_full_queue_says_no() {
    let (_connection, channel) = channel().await;
    let queue = format!("test-full-{}", Uuid::now_v7().simple());
    let mut arguments = FieldTable::default();
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(1));
    arguments.insert("x-overflow".into(), AMQPValue::LongString("reject-publish".into()));
    channel.queue_declare(queue.as_str().into(), QueueDeclareOptions::durable(), arguments).await.unwrap();
    let topology = topology();
    let mut publisher = broker(&topology).publisher();
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        let reply = publisher.reply(id(), queue.clone(), None, b"{}".to_vec());
        outcomes.extend(publisher.publish_all(&[reply]).await);
    }
    assert_eq!(outcomes, [Outcome::Confirmed, Outcome::Unconfirmed, Outcome::Unconfirmed]);
    channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
    clean(&topology).await;
}

#[tokio::test]
async fn rubbish_is_an_answer_and_can_be_dead_lettered() {
    let topology = topology();
    let broker = broker(&topology);
    Broker::check(&url().into(), &topology).await.unwrap();
    let (_connection, channel) = channel().await;
    let queue = format!("{}.dispatch.here", topology.prefix);
    let options = BasicPublishOptions::default();
    let published = channel
        .basic_publish("".into(), queue.as_str().into(), options, b"rubbish", BasicProperties::default())
        .await;
    published.unwrap().await.unwrap();
    let mut consumer = broker.consume_dispatch(&here(), 4);
    let delivery = timeout(TIMEOUT, consumer.recv()).await.unwrap();
    assert!(delivery.payouts().is_err());
    delivery.dead_letter().await;
    let dead = format!("{}.dispatch.dead", topology.prefix);
    let found = timeout(TIMEOUT, async {
        loop {
            let options = BasicGetOptions { no_ack: true };
            if let Some(message) = channel.basic_get(dead.as_str().into(), options).await.unwrap() {
                return message;
            }
        }
    });
    assert_eq!(found.await.unwrap().data, b"rubbish");
    clean(&topology).await;
}

/// The broker cancels a consumer whose queue is deleted; the supervisor declares it again and goes
/// on.
#[tokio::test]
async fn a_deleted_queue_is_declared_again() {
    let topology = topology();
    let broker = broker(&topology);
    let mut consumer = broker.consume_dispatch(&here(), 4);
    let mut publisher = broker.publisher();
    let first = publisher.dispatch(id(), &message("here"));
    publisher.publish_all(&[first]).await;
    timeout(TIMEOUT, consumer.recv()).await.unwrap().ack().await;
    let (_connection, channel) = channel().await;
    let queue = format!("{}.dispatch.here", topology.prefix);
    channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
    let received = timeout(TIMEOUT, async {
        loop {
            let again = publisher.dispatch(id(), &message("here"));
            if publisher.publish_all(&[again]).await == [Outcome::Confirmed] {
                return consumer.recv().await;
            }
        }
    });
    received.await.unwrap().ack().await;
    clean(&topology).await;
}

#[tokio::test]
async fn a_silent_peer_and_a_differing_queue_are_clear_errors() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("amqp://guest:guest@{}/%2f", silent.local_addr().unwrap());
    let error = Broker::check(&nowhere.into(), &topology()).await.unwrap_err();
    assert!(matches!(error, Error::Silent), "{error}");
    let topology = topology();
    let (_connection, channel) = channel().await;
    let queue = format!("{}.intake", topology.prefix);
    channel
        .queue_declare(queue.as_str().into(), QueueDeclareOptions::durable(), FieldTable::default())
        .await
        .unwrap();
    let error = Broker::check(&url().into(), &topology).await.unwrap_err();
    assert!(error.to_string().contains(&queue) && error.to_string().contains("other options"), "{error}");
    clean(&topology).await;
}
