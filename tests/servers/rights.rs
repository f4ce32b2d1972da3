//! A RabbitMQ that was set up with `deploy/rabbitmq/definitions.json`: each user can do its work,
//! and nothing else.

use std::{fs, os::unix::fs::PermissionsExt as _};

use futures_util::StreamExt as _;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, ErrorKind,
    options::{
        BasicConsumeOptions, BasicGetOptions, BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions,
    },
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::FieldTable,
};
use payrun_tests::{Options, Services, World, wait_for};
use serde_json::{Value, json};

use crate::alone;

const DEFINITIONS: &str = include_str!("../../deploy/rabbitmq/definitions.json");
const USERS: [&str; 3] = ["payrun", "payrun-upstream", "payrun-scaler"];

/// What the file defines, until this is dropped.
struct Defined<'a>(&'a Services);

impl<'a> Defined<'a> {
    fn by(services: &'a Services) -> Self {
        let defined = Self(services);
        // The operator's tool runs as the broker's user.
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o711)).unwrap();
        let file = folder.path().join("definitions.json");
        fs::write(&file, own_users(DEFINITIONS)).unwrap();
        services.rabbitmqctl(&["import_definitions", file.to_str().unwrap()]);
        for user in USERS {
            services.rabbitmqctl(&["change_password", &own(user), "made-up"]);
        }
        defined
    }
}

impl Drop for Defined<'_> {
    fn drop(&mut self) {
        self.0.tries(&["delete_vhost", "payrun"]);
        for user in USERS {
            self.0.tries(&["delete_user", &own(user)]);
        }
    }
}

/// The broker of the tests has a user `payrun` already.
fn own(user: &str) -> String {
    format!("test-{user}")
}

fn own_users(definitions: &str) -> String {
    let mut definitions: Value = serde_json::from_str(definitions).unwrap();
    for (list, key) in [("users", "name"), ("permissions", "user")] {
        for entry in definitions[list].as_array_mut().unwrap() {
            entry[key] = own(entry[key].as_str().unwrap()).into();
        }
    }
    definitions.to_string()
}

/// Host and port.
#[expect(clippy::disallowed_methods, reason = "where the test's broker is")]
fn given_broker() -> String {
    let url = std::env::var("AMQP_URL").unwrap();
    let (_, place) = url.rsplit_once('@').unwrap();
    place.split('/').next().unwrap().to_owned()
}

async fn channel(url: &str) -> (Connection, Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

fn is_refused<T>(answer: lapin::Result<T>) -> bool {
    let refused = AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED);
    answer.is_err_and(
        |error| matches!(error.kind(), ErrorKind::ProtocolError(error) if *error.kind() == refused),
    )
}

/// Asks how many messages wait, as a scaler does.
async fn waiting(url: &str, queue: &str) -> u32 {
    let (_connection, channel) = channel(url).await;
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.into(), options, FieldTable::default()).await.unwrap().message_count()
}

/// Publishes a payout message and waits for its answer.
async fn ask(url: &str, body: &Value) -> Value {
    let (_connection, channel) = channel(url).await;
    let options = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
    let answers = channel.queue_declare("".into(), options, FieldTable::default()).await.unwrap();
    let reply_to = BasicProperties::default().with_reply_to(answers.name().clone());
    let mandatory = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let body = body.to_string();
    channel
        .basic_publish("".into(), "payrun.intake".into(), mandatory, body.as_bytes(), reply_to)
        .await
        .unwrap();
    let options = BasicConsumeOptions { no_ack: true, ..BasicConsumeOptions::default() };
    let mut answers = channel
        .basic_consume(answers.name().clone(), "".into(), options, FieldTable::default())
        .await
        .unwrap();
    serde_json::from_slice(&answers.next().await.unwrap().unwrap().data).unwrap()
}

/// What `url`'s user tries and may not do to `queue`; a refusal ends the channel.
async fn is_kept_from(url: &str, queue: &str) -> bool {
    let (connection, declaring) = channel(url).await;
    let declared =
        declaring.queue_declare(queue.into(), QueueDeclareOptions::durable(), FieldTable::default()).await;
    let reading = connection.create_channel().await.unwrap();
    let read = reading.basic_get(queue.into(), BasicGetOptions { no_ack: false }).await;
    let deleting = connection.create_channel().await.unwrap();
    let deleted = deleting.queue_delete(queue.into(), QueueDeleteOptions::default()).await;
    is_refused(declared) && is_refused(read) && is_refused(deleted)
}

#[test]
fn each_user_of_the_definitions_can_do_its_work_and_nothing_else() {
    let Some(services) = Services::own() else { return };
    let _alone = alone();
    let place = given_broker();
    let [payrun, upstream, scaler] = USERS.map(|user| format!("amqp://{}:made-up@{place}/payrun", own(user)));
    let _defined = Defined::by(&services);
    let options = Options { amqp_url: Some(payrun.clone()), ..Options::default() };
    let world = World::with("payrun_server_rights", &options);
    let configuration = fs::read_to_string(world.folder().join("payrun.toml")).unwrap();
    let prefix = format!("queue_prefix = \"{}\"", world.account());
    world.file("payrun.toml", &configuration.replace(&prefix, ""));
    let _run = world.start("run");
    let dispatch = format!("payrun.dispatch.{}", world.account());
    wait_for("payrun to consume", || {
        world.has_said("run", &format!("consuming queue=\"{dispatch}\"")).then_some(())
    });
    let message = json!({"version": 1, "id": "rights-1", "payouts": [{
        "client_id": "R-1", "account": world.account(), "country": "PE", "currency": "PEN", "amount": "1250.50", "method": "bank",
        "first_name": "Rosa", "last_name": "Prueba", "document_type": "DNI", "document_number": "40000001", "bank": "003",
        "bank_account": "00300000000000000001", "bank_account_type": "savings"}]});
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let answer = ask(&upstream, &message).await;
        assert_eq!(answer["status"], "accepted", "{answer}");
        assert_eq!(waiting(&scaler, &dispatch).await, 0);
        assert!(is_kept_from(&payrun, "somebody.elses").await);
        for user in [&upstream, &scaler] {
            assert!(is_kept_from(user, &dispatch).await && is_kept_from(user, "payrun.intake").await);
        }
    });
}
