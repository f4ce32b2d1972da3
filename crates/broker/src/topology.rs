//! Queues, each option written out. A dead-lettered or dropped message costs latency, never a
//! payout: the table is worked anyway.

use lapin::{
    Channel,
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable, LongString},
};
use payrun_domain::name::AccountName;

/// Deliveries of one message before it is dead-lettered: the same on every broker version. Before
/// 4.0 the default is none, and a message that kills its consumer would come for ever.
const DELIVERY_LIMIT: i64 = 50;
/// Messages in one queue; beyond it the broker refuses, and the outbox waits.
const LENGTH_MAX: i64 = 1_000_000;

/// The queues of one installation: their names begin with its prefix, so that several share a
/// virtual host.
#[derive(Debug, Clone)]
pub struct Topology {
    /// The first word of every queue; `payrun` unless configured.
    pub prefix: String,
    /// Each has a queue of its own.
    pub accounts: Vec<AccountName>,
}

impl Topology {
    /// The queue of an account's dispatch messages.
    pub(crate) fn dispatch(&self, account: &AccountName) -> String {
        format!("{}.dispatch.{account}", self.prefix)
    }

    /// Dispatch messages that could not be used.
    pub(crate) fn dispatch_dead(&self) -> String {
        format!("{}.dispatch.dead", self.prefix)
    }

    /// Where upstream services publish payouts.
    pub(crate) fn intake(&self) -> String {
        format!("{}.intake", self.prefix)
    }

    /// Intake messages that could not be read, with the reason in a header.
    pub(crate) fn intake_dead(&self) -> String {
        format!("{}.intake.dead", self.prefix)
    }

    /// Declares every queue; does nothing where they are. Fails where one is there with other
    /// options.
    pub(crate) async fn declare(&self, channel: &Channel) -> Result<(), (String, lapin::Error)> {
        let (dispatch_dead, intake_dead) = (self.dispatch_dead(), self.intake_dead());
        let dead = [(dispatch_dead.clone(), None), (intake_dead.clone(), None)];
        let dispatch = self.accounts.iter().map(|account| (self.dispatch(account), Some(&dispatch_dead)));
        for (name, dead_letters) in
            dead.into_iter().chain(dispatch).chain([(self.intake(), Some(&intake_dead))])
        {
            let options = QueueDeclareOptions {
                passive: false,
                // Survives the broker.
                durable: true,
                exclusive: false,
                auto_delete: false,
                nowait: false,
            };
            let declared =
                channel.queue_declare(name.as_str().into(), options, arguments(dead_letters)).await;
            declared.map_err(|error| (name, error))?;
        }
        Ok(())
    }
}

fn arguments(dead_letters: Option<&String>) -> FieldTable {
    let text = |text: &str| AMQPValue::LongString(LongString::from(text));
    let mut arguments = FieldTable::default();
    // Replicated where there is a cluster, and safe on one node.
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(LENGTH_MAX));
    // A full queue says no; the default would silently drop the oldest. At-least-once
    // dead-lettering needs it too.
    arguments.insert("x-overflow".into(), text("reject-publish"));
    if let Some(queue) = dead_letters {
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(DELIVERY_LIMIT));
        // Through the default exchange, straight to the queue of that name.
        arguments.insert("x-dead-letter-exchange".into(), text(""));
        arguments.insert("x-dead-letter-routing-key".into(), text(queue));
        arguments.insert("x-dead-letter-strategy".into(), text("at-least-once"));
    }
    arguments
}
