//! What each part does at most, alone, for a few seconds: no contender can be faster than the
//! slowest part that a payout needs.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt as _;
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    },
    types::FieldTable,
};
use payrun_tests::World;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::task::JoinSet;

use crate::{
    bamboo::{Bamboo, Failure, Payout},
    meter::Servers,
    naive,
    sample::{Limit, per_second},
};

const QUEUE: &str = "payrun-bench-limits";
const CONFIRMS_OUTSTANDING: usize = 1_000;
const ACK_EVERY: usize = 256;
const INSERT_ROWS: i64 = 256;
/// Who insert at once: more is no faster on a small machine.
const INSERTERS: usize = 4;

/// Where, and for how long.
pub(crate) struct Limits<'a> {
    pub(crate) world: &'a World,
    pub(crate) time: Duration,
    /// Sends on their way at once, as payrun is given; it has as many look-ups beside them.
    pub(crate) concurrency: u64,
}

impl Limits<'_> {
    pub(crate) fn measure(&self) -> Vec<Limit> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let mut limits = runtime.block_on(self.broker()).unwrap();
        self.world.lose_messages(QUEUE, true);
        limits.push(runtime.block_on(self.inserts()).unwrap());
        limits.push(self.requests(&runtime));
        limits
    }

    /// Messages to a quorum queue, and all of them back.
    async fn broker(&self) -> Result<Vec<Limit>, Failure> {
        let connection = Connection::connect(self.world.amqp_url(), ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        naive::declare(&channel, QUEUE).await?;
        let begun = Instant::now();
        let published = publish_until(&channel, begun + self.time).await?;
        let publishing = begun.elapsed();
        let begun = Instant::now();
        consume(&connection.create_channel().await?, published).await?;
        let consuming = begun.elapsed();
        Ok(vec![
            limit("publish, 1,000 confirms outstanding", published, publishing),
            limit("consume, one ack for 256", published, consuming),
        ])
    }

    /// Rows with 300 bytes of sealed data, 256 in a commit.
    async fn inserts(&self) -> Result<Limit, Failure> {
        let pool = PgPoolOptions::new()
            .max_connections(crate::CONNECTIONS)
            .connect(self.world.database_url())
            .await?;
        let table = "create table limit_payout (id uuid primary key, reference text not null, amount_minor bigint not null,
                     state text not null, sealed bytea not null)";
        sqlx::raw_sql(table).execute(&pool).await?;
        let begun = Instant::now();
        let mut inserters = JoinSet::new();
        for _ in 0..INSERTERS {
            inserters.spawn(insert_until(pool.clone(), begun + self.time));
        }
        let mut rows = 0;
        while let Some(inserted) = inserters.join_next().await {
            rows += inserted??;
        }
        Ok(limit("insert, 256 rows in a commit", rows, begun.elapsed()))
    }

    /// A POST and a GET of one payout.
    fn requests(&self, runtime: &tokio::runtime::Runtime) -> Limit {
        let simulator = self.world.simulator().id();
        let before = Servers::find().read(&[], simulator).provider;
        let (begun, provider) = (Instant::now(), Arc::new(Bamboo::at(self.world.simulator_address())));
        let (until, number) = (begun + self.time, Arc::new(AtomicUsize::new(0)));
        runtime.block_on(async {
            let mut asking = JoinSet::new();
            for _ in 0..2 * self.concurrency {
                asking.spawn(pay_until(Arc::clone(&provider), Arc::clone(&number), until));
            }
            while let Some(done) = asking.join_next().await {
                done.unwrap().unwrap();
            }
        });
        let (pairs, elapsed) = (number.load(Ordering::Relaxed), begun.elapsed());
        let used = Servers::find().read(&[], simulator).provider - before;
        let each = used / u64::try_from(pairs.max(1)).unwrap_or(u64::MAX);
        Limit { provider_cpu: vec![each], ..limit(PAIR, pairs, elapsed) }
    }
}

const PAIR: &str = "provider, POST and GET";

fn limit(name: &'static str, count: usize, time: Duration) -> Limit {
    Limit { name, per_second: vec![per_second(count, time)], provider_cpu: Vec::new() }
}

async fn publish_until(channel: &Channel, until: Instant) -> Result<usize, Failure> {
    channel.confirm_select(ConfirmSelectOptions::default()).await?;
    let persistent = BasicProperties::default().with_delivery_mode(2);
    let (mut outstanding, mut count) = (VecDeque::with_capacity(CONFIRMS_OUTSTANDING), 0);
    while Instant::now() < until {
        let body = format!("{{\"id\":{count}}}");
        let options = BasicPublishOptions::default();
        let sent =
            channel.basic_publish("".into(), QUEUE.into(), options, body.as_bytes(), persistent.clone());
        outstanding.push_back(sent.await?);
        count += 1;
        if outstanding.len() == CONFIRMS_OUTSTANDING
            && let Some(oldest) = outstanding.pop_front()
        {
            oldest.await?;
        }
    }
    for confirm in outstanding {
        confirm.await?;
    }
    Ok(count)
}

async fn consume(channel: &Channel, count: usize) -> Result<(), Failure> {
    channel.basic_qos(4 * u16::try_from(ACK_EVERY)?, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions::default();
    let mut deliveries =
        channel.basic_consume(QUEUE.into(), "".into(), options, FieldTable::default()).await?;
    for number in 1..=count {
        let delivery = deliveries.next().await.ok_or("the broker ended the consumer")??;
        if number.is_multiple_of(ACK_EVERY) || number == count {
            delivery.ack(BasicAckOptions { multiple: true }).await?;
        }
    }
    Ok(())
}

async fn insert_until(pool: PgPool, until: Instant) -> Result<usize, sqlx::Error> {
    let (references, amounts): (Vec<String>, Vec<i64>) =
        (0..INSERT_ROWS).map(|row| (format!("REFERENCE{row:020}"), 100_000 + row)).unzip();
    let sealed = vec![vec![7_u8; 300]; references.len()];
    let mut rows = 0;
    while Instant::now() < until {
        let insert = sqlx::query(
            "insert into limit_payout select gen_random_uuid(), reference, amount, 'queued', sealed
             from unnest($1::text[], $2::bigint[], $3::bytea[]) r (reference, amount, sealed)",
        );
        insert.bind(&references).bind(&amounts).bind(&sealed).execute(&pool).await?;
        rows += references.len();
    }
    Ok(rows)
}

async fn pay_until(provider: Arc<Bamboo>, number: Arc<AtomicUsize>, until: Instant) -> Result<(), Failure> {
    while Instant::now() < until {
        let reference = format!("limit-{}", number.fetch_add(1, Ordering::Relaxed));
        let payout = Payout {
            reference: &reference,
            amount_minor: 100_050,
            first_name: "Rosa",
            last_name: "Prueba",
            document: "40000001",
            bank: "003",
            account: "00300000000000000001",
            description: "Planilla",
        };
        let id = provider.create(&payout).await?;
        if !provider.is_paid(id).await? {
            return Err("a payout that settles at once is not paid".into());
        }
    }
    Ok(())
}
