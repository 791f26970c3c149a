//! Selection of the Aurora version. The configured version is a minimum; a pinned or live version is kept until `--upgrade`
//! requests the newest.

use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::version::{major, order};
use ohinfra_kinds::rds::{EngineQuestion, EngineVersions};

use super::{AURORA_PIN, Answers, Pins};
use crate::configuration::Configuration;

const KEY: &str = "database.engine_version";

/// Returns the lookup of the available versions of the configured major version.
pub(super) fn question(configuration: &Configuration) -> EngineQuestion {
    EngineQuestion {
        engine: "aurora-postgresql".to_owned(),
        major: major(&configuration.database.engine_version).to_owned(),
    }
}

/// Selects the version of the cluster. It is never lower than the live version, which AWS upgrades automatically and which
/// cannot be downgraded.
pub(super) fn choose(
    configuration: &Configuration,
    answers: &Answers<'_>,
    pins: &Pins,
    problems: &mut Vec<Diagnostic>,
) -> String {
    let wanted = configuration.database.engine_version.clone();
    let live = pins.cluster_version.as_deref();
    let is_default = configuration.has_default_engine_version;
    let chosen = match live {
        Some(live) if major(live) != major(&wanted) && is_default => {
            let message = format!("the cluster stays at PostgreSQL {}; the default is now {wanted}", major(live));
            let help = format!(
                "to upgrade, set `engine_version = \"{wanted}\"` in [database]; to keep the version, set it to `\"{}\"`",
                major(live)
            );
            problems.push(Diagnostic::warning(KEY, message).help(help));
            live.to_owned()
        }
        Some(live) if order(major(live)) > order(major(&wanted)) => {
            let message = format!("the cluster runs PostgreSQL {live} and cannot be downgraded to {wanted}");
            problems.push(Diagnostic::error(KEY, message).help(format!("set `engine_version = \"{}\"`", major(live))));
            wanted
        }
        Some(live) if !pins.upgrade && major(live) == major(&wanted) && order(live) >= order(&wanted) => {
            live.to_owned()
        }
        _ => choose_available(configuration, answers, pins, &wanted, problems),
    };
    check_capacity(configuration, &chosen, problems);
    chosen
}

/// Selects the version of a cluster to create or upgrade.
fn choose_available(
    configuration: &Configuration,
    answers: &Answers<'_>,
    pins: &Pins,
    wanted: &str,
    problems: &mut Vec<Diagnostic>,
) -> String {
    let mut available = answers.get::<EngineVersions>(&question(configuration)).unwrap_or_default();
    let minimum = pins.cluster_version.as_deref().filter(|live| major(live) == major(wanted));
    available.retain(|version| {
        let is_at_least = |floor: &str| order(version) >= order(floor);
        major(version) == major(wanted) && is_at_least(wanted) && minimum.is_none_or(is_at_least)
    });
    let pinned = pins.get(AURORA_PIN).filter(|pinned| available.contains(pinned));
    if let Some(pinned) = pinned {
        return pinned;
    }
    let requests_newest = pins.upgrade || !wanted.contains('.');
    if !requests_newest && available.iter().any(|version| version == wanted) {
        return wanted.to_owned();
    }
    let Some(newest) = available.into_iter().max_by_key(|version| order(version)) else {
        if let Some(live) = minimum {
            return live.to_owned();
        }
        let region = &configuration.region;
        let message = if wanted.contains('.') {
            format!("Aurora PostgreSQL {wanted} or later {}.x is not available in {region}", major(wanted))
        } else {
            format!("Aurora PostgreSQL {wanted}.x is not available in {region}")
        };
        let help = "`aws rds describe-db-engine-versions --engine aurora-postgresql` lists the available versions; set `engine_version` in [database]";
        problems.push(Diagnostic::error(KEY, message).help(help));
        return wanted.to_owned();
    };
    if !requests_newest {
        let message =
            format!("Aurora PostgreSQL {wanted} is not available in {}; using {newest}", configuration.region);
        problems.push(Diagnostic::warning(KEY, message));
    }
    newest
}

/// Validates a minimum capacity of 0, which requires a recent version and has no benefit with the database proxy.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html>
fn check_capacity(configuration: &Configuration, version: &str, problems: &mut Vec<Diagnostic>) {
    if configuration.database.min_acu > 0.0 {
        return;
    }
    let first = match major(version) {
        "15" => "15.7",
        "16" => "16.3",
        major => major,
    };
    if order(version) < order(first) {
        let message = format!("a minimum capacity of 0 requires PostgreSQL {first} or later; selected: {version}");
        problems.push(
            Diagnostic::error("database.min_acu", message).help("set `min_acu = 0.5` or a later `engine_version`"),
        );
        return;
    }
    let message = "the cluster never pauses, because the database proxy keeps connections open";
    let help = "set `min_acu = 0.5`: `0` saves no cost with the proxy, and `0.5` responds faster after idle periods";
    problems.push(Diagnostic::warning("database.min_acu", message).help(help));
}

#[cfg(test)]
mod tests;
