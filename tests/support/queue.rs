//! What an operator, or a thief of the broker's password, can do to a queue.

use std::time::Duration;

use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{
        BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions,
    },
    types::FieldTable,
};

use crate::World;

/// For every request to the broker here.
const TIMEOUT: Duration = Duration::from_secs(5);

impl World {
    /// Empties a queue, or deletes it. False when the broker is away.
    pub fn lose_messages(&self, queue: &str, whole: bool) -> bool {
        self.with_channel(async |channel| {
            if whole {
                channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.map(drop)
            } else {
                channel.queue_purge(queue.into(), QueuePurgeOptions::default()).await.map(drop)
            }
        })
    }

    /// How many messages wait in a queue that no process consumes.
    pub fn waiting(&self, queue: &str) -> u32 {
        let mut count = 0;
        self.with_channel(async |channel| {
            let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
            let declared = channel.queue_declare(queue.into(), options, FieldTable::default()).await?;
            count = declared.message_count();
            Ok(())
        });
        count
    }

    /// Puts anything into a queue.
    pub fn publish(&self, queue: &str, body: &[u8]) {
        let published = self.with_channel(async |channel| {
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let sent =
                channel.basic_publish("".into(), queue.into(), options, body, BasicProperties::default());
            sent.await?.await.map(drop)
        });
        assert!(published, "publishing to {queue}");
    }

    /// Puts something into a queue; false when the broker has not confirmed it. Then it may be
    /// there, or not.
    pub fn try_publish(&self, queue: &str, body: &[u8]) -> bool {
        let mut taken = false;
        let answered = self.with_channel(async |channel| {
            channel.confirm_select(ConfirmSelectOptions::default()).await?;
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let persistent = BasicProperties::default().with_delivery_mode(2);
            let sent = channel.basic_publish("".into(), queue.into(), options, body, persistent);
            let confirmation = sent.await?.await?;
            taken = confirmation.is_ack() && confirmation.take_message().is_none();
            Ok(())
        });
        answered && taken
    }

    fn with_channel(&self, act: impl AsyncFnOnce(&Channel) -> lapin::Result<()>) -> bool {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let done = async {
            let connection = Connection::connect(self.amqp_url(), ConnectionProperties::default()).await?;
            let channel = connection.create_channel().await?;
            act(&channel).await?;
            channel.close(200, "done".into()).await
        };
        let done = runtime.block_on(async { tokio::time::timeout(TIMEOUT, done).await });
        matches!(done, Ok(Ok(())))
    }
}
