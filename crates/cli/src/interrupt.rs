//! Ctrl-C, SIGTERM and a closed terminal: the first stops starting, the second stops waiting.

use ohinfra_engine::Interrupt;
use tokio::signal::unix::{SignalKind, signal};

/// Watches for signals in the background. Gives the two steps that they lead to.
#[expect(clippy::disallowed_methods, reason = "it watches until the process ends and holds nothing")]
pub(crate) fn watch() -> Interrupt {
    let interrupt = Interrupt::default();
    let steps = interrupt.clone();
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()));
    let (Ok(mut interrupted), Ok(mut terminated), Ok(mut hung_up)) = signals else { return interrupt };
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupted.recv() => {}
                _ = terminated.recv() => {}
                _ = hung_up.recv() => {}
            }
            if steps.stop.is_cancelled() {
                steps.abandon.cancel();
                return;
            }
            steps.stop.cancel();
        }
    });
    interrupt
}
