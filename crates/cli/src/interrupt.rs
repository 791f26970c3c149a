//! Handling of SIGINT (Ctrl-C), SIGTERM and SIGHUP. The first signal stops new steps, the second one the wait for running steps.

use ohinfra_engine::Interrupt;
use tokio::signal::unix::{SignalKind, signal};

/// Watches for signals in the background. Returns the interrupt that they trigger.
#[expect(clippy::disallowed_methods, reason = "the task runs until the process exits and owns no resources")]
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
