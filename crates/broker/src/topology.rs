//! Queues, each option written out. A dead-lettered or dropped message costs latency, never a payout: the table is worked anyway.

use lapin::{
    Channel,
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable, LongString},
};
use payrun_domain::name::AccountName;

/// Where upstream services publish payouts.
pub const INTAKE: &str = "payrun.intake";
/// Intake messages that could not be read, with the reason in a header.
pub const INTAKE_DEAD: &str = "payrun.intake.dead";
/// Dispatch messages that could not be used.
pub const DISPATCH_DEAD: &str = "payrun.dispatch.dead";

/// Deliveries of one message before it is dead-lettered: the same on every broker version. Before 4.0 the default is none, and
/// a message that kills its consumer would come for ever.
const DELIVERY_LIMIT: i64 = 50;
/// Messages in one queue; beyond it the broker refuses, and the outbox waits.
const LENGTH_MAX: i64 = 1_000_000;

/// The queue of an account's dispatch messages.
pub fn dispatch_queue(account: &AccountName) -> String {
    format!("payrun.dispatch.{account}")
}

/// Declares every queue; does nothing where they are. Fails where one is there with other options.
pub(crate) async fn declare(
    channel: &Channel,
    accounts: &[AccountName],
) -> Result<(), (String, lapin::Error)> {
    let dead = [DISPATCH_DEAD, INTAKE_DEAD].map(|name| (name.to_owned(), None));
    let dispatch = accounts.iter().map(|account| (dispatch_queue(account), Some(DISPATCH_DEAD)));
    for (name, dead_letters) in
        dead.into_iter().chain(dispatch).chain([(INTAKE.to_owned(), Some(INTAKE_DEAD))])
    {
        let options = QueueDeclareOptions {
            passive: false,
            // Survives the broker.
            durable: true,
            exclusive: false,
            auto_delete: false,
            nowait: false,
        };
        let declared = channel.queue_declare(name.as_str().into(), options, arguments(dead_letters)).await;
        declared.map_err(|error| (name, error))?;
    }
    Ok(())
}

fn arguments(dead_letters: Option<&str>) -> FieldTable {
    let text = |text: &str| AMQPValue::LongString(LongString::from(text));
    let mut arguments = FieldTable::default();
    // Replicated where there is a cluster, and safe on one node.
    arguments.insert("x-queue-type".into(), text("quorum"));
    arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(LENGTH_MAX));
    // A full queue says no; the default would silently drop the oldest. At-least-once dead-lettering needs it too.
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
