//! Prints the duration of a full apply, based on the usual durations in AWS. Run by `cargo xtask bench`.

#![expect(clippy::print_stdout, reason = "the output of this program")]

use ohinfra_testkit::repository_file;
use ohinfra_testkit::schedule::apply_everything;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let Ok(runtime) = runtime else { unreachable!("BUG: failed to create the runtime") };
    let schedule = runtime.block_on(apply_everything(&repository_file("config/single-domain.toml")));
    let minutes = |duration: std::time::Duration| duration.as_secs_f64() / 60.0;
    println!("Apply of all {} resources, with the usual durations in AWS:", schedule.resources);
    println!("  in parallel (ohinfra):      {:.1} min", minutes(schedule.took));
    println!("  critical path:              {:.1} min", minutes(schedule.critical_path));
    println!("  {} stacks sequentially:     {:.1} min", schedule.stacks, minutes(schedule.one_after_another));
}
