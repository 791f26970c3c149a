//! Aurora's version: what is configured is a floor, and what is pinned or live stays until `--upgrade` asks for the newest.

use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::version::{major, order};
use ohinfra_kinds::rds::{EngineQuestion, EngineVersions};

use super::{AURORA_PIN, Answers, Pins};
use crate::configuration::Configuration;

const KEY: &str = "database.engine_version";

/// The version, or major version, that the configuration asks for at least.
pub(super) fn configured(configuration: &Configuration) -> String {
    configuration.value(KEY).as_str().unwrap_or_default().to_owned()
}

/// Which versions of the configured major version are offered.
pub(super) fn question(configuration: &Configuration) -> EngineQuestion {
    EngineQuestion { engine: "aurora-postgresql".to_owned(), major: major(&configured(configuration)).to_owned() }
}

/// The version of the cluster: never lower than the live one, which AWS raises by itself and which cannot go back.
pub(super) fn choose(
    configuration: &Configuration,
    answers: &Answers<'_>,
    pins: &Pins,
    problems: &mut Vec<Diagnostic>,
) -> String {
    let wanted = configured(configuration);
    let live = pins.cluster_version.as_deref();
    let is_default = !configuration.all.contains_key(KEY);
    let chosen = match live {
        Some(live) if major(live) != major(&wanted) && is_default => {
            let message = format!("the cluster stays at PostgreSQL {}: new deployments get {wanted}", major(live));
            let help =
                format!("`engine_version = \"{wanted}\"` in [database] upgrades it; `\"{}\"` keeps it", major(live));
            problems.push(Diagnostic::warning(KEY, message).help(help));
            live.to_owned()
        }
        Some(live) if order(major(live)) > order(major(&wanted)) => {
            let message = format!("the cluster runs PostgreSQL {live}, which cannot go back to {wanted}");
            problems.push(Diagnostic::error(KEY, message).help(format!("set `engine_version = \"{}\"`", major(live))));
            wanted
        }
        Some(live) if !pins.upgrade && major(live) == major(&wanted) && order(live) >= order(&wanted) => {
            live.to_owned()
        }
        _ => of_offered(configuration, answers, pins, &wanted, problems),
    };
    check_capacity(configuration, &chosen, problems);
    chosen
}

/// The version of a cluster that is to be created or raised.
fn of_offered(
    configuration: &Configuration,
    answers: &Answers<'_>,
    pins: &Pins,
    wanted: &str,
    problems: &mut Vec<Diagnostic>,
) -> String {
    let mut offered = answers.get::<EngineVersions>(&question(configuration)).unwrap_or_default();
    let least = pins.cluster_version.as_deref().filter(|live| major(live) == major(wanted));
    offered.retain(|version| {
        let is_at_least = |floor: &str| order(version) >= order(floor);
        major(version) == major(wanted) && is_at_least(wanted) && least.is_none_or(is_at_least)
    });
    let pinned = pins.get(AURORA_PIN).filter(|pinned| offered.contains(pinned));
    if let Some(pinned) = pinned {
        return pinned;
    }
    let asks_for_newest = pins.upgrade || !wanted.contains('.');
    if !asks_for_newest && offered.iter().any(|version| version == wanted) {
        return wanted.to_owned();
    }
    let Some(newest) = offered.into_iter().max_by_key(|version| order(version)) else {
        if let Some(live) = least {
            return live.to_owned();
        }
        let message = if wanted.contains('.') {
            format!("no Aurora PostgreSQL {wanted} or later {}.x is offered in {}", major(wanted), configuration.region)
        } else {
            format!("no Aurora PostgreSQL {wanted}.x is offered in {}", configuration.region)
        };
        let help = "`aws rds describe-db-engine-versions --engine aurora-postgresql` lists what is; set `engine_version` in [database]";
        problems.push(Diagnostic::error(KEY, message).help(help));
        return wanted.to_owned();
    };
    if !asks_for_newest {
        let message =
            format!("Aurora PostgreSQL {wanted} is not offered in {}: {newest} is used", configuration.region);
        problems.push(Diagnostic::warning(KEY, message));
    }
    newest
}

/// What a least capacity of 0 needs, and what it does not bring here.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html>
fn check_capacity(configuration: &Configuration, version: &str, problems: &mut Vec<Diagnostic>) {
    if configuration.value("database.min_acu").as_f64() != Some(0.0) {
        return;
    }
    let first = match major(version) {
        "15" => "15.7",
        "16" => "16.3",
        major => major,
    };
    if order(version) < order(first) {
        let message = format!("a least capacity of 0 needs PostgreSQL {first} or later, not {version}");
        problems.push(
            Diagnostic::error("database.min_acu", message).help("set `min_acu = 0.5`, or a later `engine_version`"),
        );
        return;
    }
    let message = "the cluster never pauses: the database proxy keeps connections to it open";
    let help = "`min_acu = 0` saves nothing while the proxy exists; `0.5` starts faster after idle hours";
    problems.push(Diagnostic::warning("database.min_acu", message).help(help));
}

#[cfg(test)]
mod tests;
