//! Drafts on their way into the ledger.

use std::sync::Arc;

use crate::draft::Draft;
use crate::entry::Entry;
use crate::ledger::LedgerError;
use crate::world::World;

/// Records a create; none when its reference is taken and may not be.
pub(crate) fn record(world: &World, draft: &Draft) -> Result<Option<Arc<Entry>>, LedgerError> {
    let at = world.now();
    let delay = world.settle_delay(&draft.reference, draft.earlier);
    world.ledger.append(&draft.merchant, &draft.reference, |place| draft.entry(&place, at, delay))
}
