//! Signals: the first asks to finish, the second does not ask.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// SIGHUP: what the configuration says of logging and keys is read again.
pub(crate) fn sighup() -> anyhow::Result<Signal> {
    Ok(signal(SignalKind::hangup())?)
}

/// A token that the first SIGTERM or SIGINT cancels. The second ends the process at once: leases
/// and look-ups cover what was on its way. With `until_stdin_closes` the end of standard input
/// counts as the first signal.
pub(crate) fn stop_on_signal(until_stdin_closes: bool) -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let soft = stop.clone();
    if until_stdin_closes {
        let stop = stop.clone();
        // A thread of its own: a read of standard input cannot be given up, and would hold back the
        // end of the runtime.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            stop.cancel();
        });
    }
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    #[expect(clippy::disallowed_methods, reason = "listens until the process ends")]
    tokio::spawn(async move {
        for count in 0.. {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if count == 0 {
                tracing::info!(
                    "stopping: no new work; what is on its way is finished; a second signal stops at once"
                );
                soft.cancel();
            } else {
                tracing::warn!("stopped at once; leases and look-ups finish what was on its way");
                std::process::exit(130);
            }
        }
    });
    Ok(stop)
}
