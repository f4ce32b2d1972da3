//! Signals: the first asks to finish, the second does not ask.

use std::{io, process, thread};

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that the first SIGTERM or SIGINT cancels; the second ends the process at once.
///
/// With `until_stdin_closes` the end of standard input counts as the first signal.
pub(crate) fn stop_on_signal(until_stdin_closes: bool) -> io::Result<CancellationToken> {
    let stop = CancellationToken::new();
    if until_stdin_closes {
        let stop = stop.clone();
        // A thread of its own: a read of standard input cannot be given up, and would hold back
        // the end of the runtime.
        thread::spawn(move || {
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            stop.cancel();
        });
    }
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stopped = stop.clone();
    #[expect(clippy::disallowed_methods, reason = "listens until the process ends")]
    tokio::spawn(async move {
        for count in 0.. {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if count > 0 {
                process::exit(130);
            }
            stopped.cancel();
        }
    });
    Ok(stop)
}
