//! Duration of an apply of all resources.

use ohinfra_testkit::repository_file;
use ohinfra_testkit::schedule::apply_everything;

#[tokio::test(start_paused = true)]
async fn a_full_apply_takes_hardly_longer_than_its_critical_path() {
    let schedule = apply_everything(&repository_file("config/single-domain.toml")).await;
    let most = schedule.critical_path.mul_f64(1.05);
    assert!(schedule.took <= most, "{schedule:?}");
    assert!(schedule.one_after_another > schedule.took.mul_f64(1.5), "{schedule:?}");
}
