//! Terminal progress: one line per running resource with its elapsed time and AWS status, and a bar for the whole run.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use ohinfra_core::Address;
use ohinfra_engine::Observer;
use ohinfra_engine::events::Event;

use super::{did, doing, lines};
use crate::style::{ADD, ADOPT, CHANGE, ERROR, REMOVE, paint};

/// The interval at which elapsed times are redrawn.
const TICK: Duration = Duration::from_millis(200);

/// The progress display.
pub(super) struct Terminal {
    screen: MultiProgress,
    verbose: bool,
    bars: Mutex<Bars>,
}

#[derive(Default)]
struct Bars {
    all: Option<ProgressBar>,
    running: BTreeMap<(Address, &'static str), ProgressBar>,
}

impl Terminal {
    pub(super) fn new(verbose: bool) -> Self {
        Self { screen: MultiProgress::new(), verbose, bars: Mutex::default() }
    }

    fn print(&self, text: &str) {
        // A closed terminal must not stop the run.
        let _ = self.screen.println(text);
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

impl Observer for Terminal {
    fn on(&self, event: &Event) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::ApplyStarted { steps } => {
                let bar = self.screen.add(ProgressBar::new(*steps as u64));
                bar.set_style(style("{bar:40} {pos}/{len}  {elapsed}"));
                bar.enable_steady_tick(TICK);
                bars.all = Some(bar);
            }
            Event::Started { address, operation, .. } => {
                let bar = ProgressBar::new_spinner().with_prefix(format!("{} {address}", doing(operation)));
                let bar = match &bars.all {
                    Some(all) => self.screen.insert_before(all, bar),
                    None => self.screen.add(bar),
                };
                bar.set_style(style("  {spinner} {prefix}  {elapsed}  {wide_msg}"));
                bar.enable_steady_tick(TICK);
                bars.running.insert((address.clone(), *operation), bar);
            }
            Event::Progress { address, status } => {
                for (_, bar) in bars.running.iter().filter(|((running, _), _)| running == address) {
                    bar.set_message(status.clone());
                }
            }
            Event::Done { address, operation, seconds, .. } => {
                // An adoption starts as a creation or an update.
                let started: &[&str] = if *operation == "adopt" { &["create", "update"] } else { &[operation] };
                for operation in started {
                    end(&mut bars, address, operation);
                }
                let color = match *operation {
                    "create" => ADD,
                    "update" => CHANGE,
                    "delete" => REMOVE,
                    _ => ADOPT,
                };
                self.print(&format!("  {} {address} ({seconds:.1} s)", paint(color, did(operation))));
            }
            Event::Deferred { address, reason } => {
                end(&mut bars, address, "delete");
                self.print(&format!("  {} {address}: {reason}", paint(ADOPT, "deferred")));
            }
            Event::Failed { address, operation, error } => {
                end(&mut bars, address, operation);
                self.print(&format!("  {} {address}: {error}", paint(ERROR, &format!("{operation} failed"))));
            }
            Event::Skipped { .. } => advance(&bars),
            Event::Notice { message } => self.print(message),
            Event::Lookup { .. } | Event::Reading { .. } | Event::Planned { .. } | Event::StateSaved { .. } => {
                if let Some(text) = lines::text(event, self.verbose) {
                    self.print(&text);
                }
            }
        }
        let is_over = bars.all.as_ref().is_some_and(|all| Some(all.position()) == all.length());
        if is_over && let Some(all) = bars.all.take() {
            all.finish_and_clear();
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A closed terminal needs no cleanup.
        let _ = self.screen.clear();
    }
}

fn end(bars: &mut Bars, address: &Address, operation: &'static str) {
    if let Some(bar) = bars.running.remove(&(address.clone(), operation)) {
        bar.finish_and_clear();
    }
    advance(bars);
}

fn advance(bars: &Bars) {
    if let Some(all) = &bars.all {
        all.inc(1);
    }
}
