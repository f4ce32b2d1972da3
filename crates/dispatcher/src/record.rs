//! `SendOutcome -> Recorded`: outcomes go to the database in groups, and again until it has them.

use std::{collections::HashSet, sync::Arc, time::Duration};

use payrun_domain::{
    id::PayoutId, name::Actor, payout::Transition, provider_error::ProviderError, verdict::Pause,
};
use payrun_providers::Account;
use payrun_store::{Conclusion, Error, Store};
use payrun_telemetry::events;
use tokio::{sync::mpsc, time};

use crate::{DispatcherSettings, send::SendOutcome};

/// Between tries while the database is away.
const RETRY_PAUSE: Duration = Duration::from_millis(500);

/// Records what arrives, until every sender is gone. Outcomes that a hard stop loses are found
/// again by look-up.
pub(crate) async fn record_all(
    mut concluded: mpsc::Receiver<SendOutcome>,
    account: Arc<Account>,
    store: Store,
    settings: DispatcherSettings,
) {
    let mut group = Vec::with_capacity(settings.group_max);
    while let Some(first) = concluded.recv().await {
        group.push(first);
        let full = time::sleep(settings.linger);
        tokio::pin!(full);
        while group.len() < settings.group_max {
            tokio::select! {
                next = concluded.recv() => match next {
                    Some(next) => group.push(next),
                    None => break,
                },
                () = &mut full => break,
            }
        }
        let cause = group.iter().find_map(|sent| Some((sent.pause?, sent.conclusion.error.as_ref())));
        if let Some(cause) = cause {
            pause(&account, &store, &settings.actor, cause).await;
        }
        let (conclusions, first_lookups): (Vec<_>, Vec<_>) =
            group.drain(..).map(|concluded| (concluded.conclusion, concluded.first_lookup)).unzip();
        let moved = record(&account, &store, &settings.actor, &conclusions).await;
        for (conclusion, first_lookup) in conclusions.iter().zip(first_lookups) {
            if let Some(first_lookup) = first_lookup.filter(|_| moved.contains(&conclusion.payout)) {
                first_lookup.hand_over();
            }
        }
    }
}

/// Which payouts are where their conclusion says.
async fn record(
    account: &Account,
    store: &Store,
    actor: &Actor,
    conclusions: &[Conclusion],
) -> HashSet<PayoutId> {
    loop {
        match store.record(actor, conclusions).await {
            Ok(moved) => {
                let moved: HashSet<PayoutId> = moved.into_iter().collect();
                for conclusion in conclusions.iter().filter(|conclusion| moved.contains(&conclusion.payout)) {
                    let to = conclusion.transition.target();
                    events::moved(&account.name, conclusion.payout, to, conclusion.amount);
                }
                return moved;
            }
            // One conclusion that the tables refuse must not hold back the others.
            Err(error) if error.is_refusal() && conclusions.len() > 1 => {
                let mut moved = HashSet::new();
                for conclusion in conclusions {
                    moved.extend(
                        Box::pin(record(account, store, actor, std::slice::from_ref(conclusion))).await,
                    );
                }
                return moved;
            }
            Err(error) if error.is_refusal() => {
                record_as_doubt(account, store, actor, conclusions, &error).await;
                return HashSet::new();
            }
            Err(error) => {
                events::failed("record", &error);
                time::sleep(RETRY_PAUSE).await;
            }
        }
    }
}

/// The provider's answer contradicts what the tables hold, such as an id that belongs to another
/// payout: neither side's word is proof.
async fn record_as_doubt(
    account: &Account,
    store: &Store,
    actor: &Actor,
    conclusions: &[Conclusion],
    error: &Error,
) {
    events::failed("record", error);
    for conclusion in conclusions {
        let doubt = Conclusion {
            transition: Transition::Doubt,
            code: Some("refused_by_table".to_owned()),
            record: None,
            ..conclusion.clone()
        };
        // Should even this be refused, the lease runs out and says the same.
        match store.record(actor, std::slice::from_ref(&doubt)).await {
            Ok(_) => events::moved(&account.name, doubt.payout, doubt.transition.target(), doubt.amount),
            Err(error) => events::failed("record", &error),
        }
    }
}

pub(crate) async fn pause(
    account: &Account,
    store: &Store,
    actor: &Actor,
    (why, error): (Pause, Option<&ProviderError>),
) {
    match store.pause_account(actor, &account.name, (why, error)).await {
        Ok(true) => events::account_paused(&account.name, why),
        Ok(false) => {}
        Err(error) => events::failed("pause", &error),
    }
}
