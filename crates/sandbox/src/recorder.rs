//! Drafts on their way into the ledger: at once, or by way of the queue.

use std::sync::Arc;

use jiff::Timestamp;

use crate::draft::Draft;
use crate::entry::Entry;
use crate::ledger::LedgerError;
use crate::twist::Twist;
use crate::world::World;

/// What became of a create that was to be recorded.
pub(crate) enum Taken {
    Booked(Arc<Entry>),
    /// It waits in the queue, and is not answered.
    Queued,
    /// Its reference is taken, and may not be: nothing was recorded.
    Repeated,
}

/// Books a create, or queues it if that is its twist.
pub(crate) fn take(world: &World, draft: Draft) -> Result<Taken, LedgerError> {
    let now = world.now();
    match draft.twist {
        Some(twisted) if twisted.twist == Twist::BookedLate => {
            world.queue.push(now + twisted.after, draft);
            Ok(Taken::Queued)
        }
        _ => Ok(book(world, &draft, now)?.map_or(Taken::Repeated, Taken::Booked)),
    }
}

/// Books all that is due by now.
pub(crate) fn book_due(world: &World) {
    for (due, draft) in world.queue.due(world.now()) {
        match book(world, &draft, due) {
            Ok(Some(_)) => {}
            Ok(None) => {
                tracing::info!(
                    reference = draft.reference,
                    "a create from the queue was not booked: its reference is taken"
                );
            }
            Err(error) => {
                tracing::error!(?error, "a create from the queue could not be recorded and is lost");
            }
        }
    }
}

fn book(world: &World, draft: &Draft, at: Timestamp) -> Result<Option<Arc<Entry>>, LedgerError> {
    let delay = world.settle_delay(&draft.reference, draft.earlier);
    world.ledger.append(&draft.merchant, &draft.reference, |place| draft.entry(&place, at, delay))
}
