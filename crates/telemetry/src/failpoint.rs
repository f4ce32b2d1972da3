//! Places in the work at which a test stops the process: to kill it just there, or to let it go on
//! after all others have given it up.
//!
//! Debug builds only, and only when armed; in a release build [`hit`] is nothing.

/// Stops the process (SIGSTOP) when it comes to `place` for the `nth` time. Once in a process.
#[cfg(debug_assertions)]
pub fn arm(place: String, nth: u32) {
    let _ = ARMED.set(Armed { place, left: std::sync::atomic::AtomicU32::new(nth) });
}

#[cfg(debug_assertions)]
struct Armed {
    place: String,
    left: std::sync::atomic::AtomicU32,
}

#[cfg(debug_assertions)]
static ARMED: std::sync::OnceLock<Armed> = std::sync::OnceLock::new();

/// `when` and `what` name the place: `before commit` of `claiming payouts`.
#[cfg(debug_assertions)]
pub fn hit(when: &str, what: &str) {
    use std::sync::atomic::Ordering;
    let Some(armed) = ARMED.get() else { return };
    let here = armed.place.strip_prefix(when).is_some_and(|rest| rest.trim_start() == what);
    if !here || armed.left.fetch_sub(1, Ordering::SeqCst) != 1 {
        return;
    }
    tracing::warn!("failpoint {}", armed.place);
    // The signal is taken by whichever thread wakes first. Until the whole process stands still,
    // this one must not go on.
    let stop =
        "kill -STOP $0; while [ -d /proc/$0 ] && ! grep -q '^State:.[TZX]' /proc/$0/status; do :; done";
    let _ = std::process::Command::new("sh").args(["-c", stop, &std::process::id().to_string()]).status();
}

/// Nothing.
#[cfg(not(debug_assertions))]
pub const fn hit(_when: &str, _what: &str) {}
