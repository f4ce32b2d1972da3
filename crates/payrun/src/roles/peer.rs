//! Before anything is sent or looked up: whether the account's settings lead to the merchant that
//! they led to before.

use std::{sync::Arc, time::Duration};

use payrun_app::peer::{self, Acquaintance};
use payrun_domain::{clock::SystemClock, verdict::Pause};
use payrun_providers::Account;
use payrun_store::Peer;
use payrun_telemetry::events;
use tokio::time;
use tokio_util::sync::CancellationToken;

use crate::context::Acting;

/// Between two looks whether people have decided.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// A provider that has not found a payout is asked again after so many looks.
const LOOKS: u32 = 30;

/// The account's peer, once it is known to be the right one; none when asked to stop before. Until
/// then the account is paused.
pub(crate) async fn known(acting: &Acting, account: &Arc<Account>, stop: &CancellationToken) -> Option<Peer> {
    let Acting { store, actor } = acting;
    let peer = peer::of(store, account);
    let mut looks: u32 = 0;
    while !stop.is_cancelled() {
        match store.meet_peer(actor, &peer).await {
            Ok(true) => return Some(peer),
            Ok(false) if looks.is_multiple_of(LOOKS) && has_proved(acting, account).await => {}
            // At each look, whoever resumed the account meanwhile: it must not seem to run.
            Ok(false) => pause(acting, &peer).await,
            Err(error) => events::failed("meet", &error),
        }
        looks = looks.wrapping_add(1);
        tokio::select! {
            () = stop.cancelled() => {}
            () = time::sleep(LOOK_EVERY) => {}
        }
    }
    None
}

/// Whether the provider has what was sent before.
async fn has_proved(Acting { store, actor }: &Acting, account: &Account) -> bool {
    match peer::prove(store, actor, account, &SystemClock).await {
        Ok(Acquaintance::Proved) => {
            events::peer_proved(&account.name);
            true
        }
        Ok(Acquaintance::Stranger | Acquaintance::Unanswered) => {
            events::peer_unknown(&account.name);
            false
        }
        Err(error) => {
            events::failed("meet", &error);
            false
        }
    }
}

async fn pause(Acting { store, actor }: &Acting, peer: &Peer) {
    match store.pause_for_stranger(actor, peer).await {
        Ok(true) => events::account_paused(&peer.account, Pause::Configuration),
        Ok(false) => {}
        Err(error) => events::failed("meet", &error),
    }
}
