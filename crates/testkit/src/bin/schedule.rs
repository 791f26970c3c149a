//! Prints how long an apply of everything takes with the durations that AWS usually takes. `cargo xtask bench` runs it.

#![expect(clippy::print_stdout, reason = "it is for people at a terminal")]

use ohinfra_testkit::schedule::apply_everything;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let Ok(runtime) = runtime else { unreachable!("BUG: a runtime can be made") };
    let schedule = runtime.block_on(apply_everything(include_str!("../../../../config/single-domain.toml")));
    let minutes = |duration: std::time::Duration| duration.as_secs_f64() / 60.0;
    println!("An apply of all {} resources, with the durations that AWS usually takes:", schedule.resources);
    println!("  at once, as ohinfra does it: {:.1} min", minutes(schedule.took));
    println!("  its longest path:            {:.1} min", minutes(schedule.critical_path));
    println!("  {} stacks one after another: {:.1} min", schedule.stacks, minutes(schedule.one_after_another));
}
