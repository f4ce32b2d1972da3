//! The baseline: how a good team pays a file in an afternoon. A message per row with publisher
//! confirms, 64 on their way at once, one commit per step, acknowledged at the end. Nothing here is
//! slowed down, and nothing is safe: a lost reply or a kill between the POST and its commit pays
//! twice, the data lies open, and no approver is asked.

use std::{collections::VecDeque, fs, io::Read as _, net::SocketAddr, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicNackOptions, BasicPublishOptions, BasicQosOptions,
        ConfirmSelectOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable, LongString},
};
use serde_json::{Value, json};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{task::JoinSet, time};

use crate::bamboo::{Bamboo, Failure, Payout};

/// The first argument of a process that is the naive worker.
pub(crate) const COMMAND: &str = "naive-worker";
/// Its queue.
pub(crate) const QUEUE: &str = "payrun-bench-naive";
/// Payouts on their way at once.
pub(crate) const PREFETCH: u16 = 64;
/// Said when the rows are in the table, and when all of them are paid.
pub(crate) const STORED: &str = "stored";
/// See [`STORED`].
pub(crate) const PAID: &str = "paid";

const CONFIRMS_OUTSTANDING: usize = 1_000;
const STATUS_PAUSE: Duration = Duration::from_millis(10);

/// What a worker works with.
struct Worker {
    pool: PgPool,
    provider: Bamboo,
}

/// Pays a file: its arguments are the database, the broker, the provider and the file.
pub(crate) fn main() {
    let arguments: Vec<String> = std::env::args().skip(2).collect();
    let [database, broker, provider, file] = arguments.as_slice() else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(pay(database, broker, provider.parse().unwrap(), file)).unwrap();
    // The meter looks at the process before it ends.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

async fn pay(database: &str, broker: &str, provider: SocketAddr, file: &str) -> Result<(), Failure> {
    let pool = PgPoolOptions::new().max_connections(crate::CONNECTIONS).connect(database).await?;
    let connection = Connection::connect(broker, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    declare(&channel, QUEUE).await?;
    let ids = import(&pool, &fs::read(file)?).await?;
    println!("{STORED}");
    let worker = Arc::new(Worker { pool, provider: Bamboo::at(provider) });
    let consumers = connection.create_channel().await?;
    consumers.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    let (published, consumed) =
        tokio::join!(publish(&channel, &ids), consume(&consumers, &worker, ids.len()));
    published?;
    consumed?;
    println!("{PAID}");
    Ok(())
}

/// A durable, replicated queue.
pub(crate) async fn declare(channel: &Channel, queue: &str) -> Result<(), lapin::Error> {
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString(LongString::from("quorum")));
    channel.queue_declare(queue.into(), options, arguments).await.map(drop)
}

/// The file as it is, by COPY; the rows' ids.
async fn import(pool: &PgPool, csv: &[u8]) -> Result<Vec<i64>, Failure> {
    sqlx::raw_sql(
        "create table naive_payout (
           id bigint generated always as identity primary key, status text not null default 'queued', provider_id text unique,
           client_id text not null unique, account text, country text, currency text, amount numeric not null, method text,
           first_name text, last_name text, document_type text, document_number text, bank text, bank_account text,
           bank_account_type text, description text)",
    )
    .execute(pool)
    .await?;
    let mut connection = pool.acquire().await?;
    let mut copy = connection
        .copy_in_raw(
            "copy naive_payout (client_id, account, country, currency, amount, method, first_name, last_name, document_type,
               document_number, bank, bank_account, bank_account_type, description)
             from stdin with (format csv, header)",
        )
        .await?;
    copy.send(csv).await?;
    copy.finish().await?;
    drop(connection);
    Ok(sqlx::query_scalar("select id from naive_payout order by id").fetch_all(pool).await?)
}

async fn publish(channel: &Channel, ids: &[i64]) -> Result<(), Failure> {
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let persistent = BasicProperties::default().with_delivery_mode(2);
    let mut outstanding = VecDeque::with_capacity(CONFIRMS_OUTSTANDING);
    for id in ids {
        let message = json!({ "id": id }).to_string();
        let options = BasicPublishOptions::default();
        let sent =
            channel.basic_publish("".into(), QUEUE.into(), options, message.as_bytes(), persistent.clone());
        outstanding.push_back(sent.await?);
        if outstanding.len() == CONFIRMS_OUTSTANDING
            && let Some(oldest) = outstanding.pop_front()
        {
            confirmed(&oldest.await?)?;
        }
    }
    for confirm in outstanding {
        confirmed(&confirm.await?)?;
    }
    Ok(())
}

fn confirmed(confirmation: &lapin::Confirmation) -> Result<(), Failure> {
    if confirmation.is_ack() { Ok(()) } else { Err("the broker has refused a message".into()) }
}

/// Until `wanted` are paid.
async fn consume(channel: &Channel, worker: &Arc<Worker>, wanted: usize) -> Result<(), Failure> {
    let options = BasicConsumeOptions::default();
    let mut deliveries =
        channel.basic_consume(QUEUE.into(), "".into(), options, FieldTable::default()).await?;
    let (mut paid, mut works) = (0, JoinSet::new());
    while paid < wanted {
        tokio::select! {
            Some(delivery) = deliveries.next() => {
                let (delivery, worker) = (delivery?, Arc::clone(worker));
                works.spawn(async move { handle(&worker, &delivery).await });
            }
            Some(done) = works.join_next() => paid += usize::from(done??),
        }
    }
    Ok(())
}

/// Whether it was paid; if not, the message comes again.
async fn handle(worker: &Worker, delivery: &Delivery) -> Result<bool, lapin::Error> {
    let paid = pay_one(worker, &delivery.data).await.is_ok();
    if paid {
        delivery.ack(BasicAckOptions::default()).await?;
    } else {
        delivery.nack(BasicNackOptions { requeue: true, ..BasicNackOptions::default() }).await?;
    }
    Ok(paid)
}

async fn pay_one(worker: &Worker, message: &[u8]) -> Result<(), Failure> {
    let message: Value = serde_json::from_slice(message)?;
    let id = message["id"].as_i64().ok_or("the message has no id")?;
    let row: Row = sqlx::query_as(
        "select client_id, (amount * 100)::bigint as amount_minor, first_name, last_name, document_number, bank, bank_account,
           description from naive_payout where id = $1",
    )
    .bind(id)
    .fetch_one(&worker.pool)
    .await?;
    let provider_id = worker.provider.create(&row.payout()).await?;
    sqlx::query("update naive_payout set status = 'accepted', provider_id = $2 where id = $1")
        .bind(id)
        .bind(provider_id.to_string())
        .execute(&worker.pool)
        .await?;
    while !worker.provider.is_paid(provider_id).await? {
        time::sleep(STATUS_PAUSE).await;
    }
    sqlx::query("update naive_payout set status = 'paid' where id = $1")
        .bind(id)
        .execute(&worker.pool)
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    client_id: String,
    amount_minor: i64,
    first_name: String,
    last_name: String,
    document_number: String,
    bank: String,
    bank_account: String,
    description: String,
}

impl Row {
    fn payout(&self) -> Payout<'_> {
        Payout {
            reference: &self.client_id,
            amount_minor: self.amount_minor,
            first_name: &self.first_name,
            last_name: &self.last_name,
            document: &self.document_number,
            bank: &self.bank,
            account: &self.bank_account,
            description: &self.description,
        }
    }
}
