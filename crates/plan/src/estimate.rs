//! The estimated duration of a plan: the longest path through its steps, based on the usual duration of each kind.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::Address;
use ohinfra_core::provider::Schemas;

use crate::graph::Need;
use crate::plan::Plan;
use crate::steps::{Operation, Step, Steps, steps};

/// The usual duration of a deletion.
const DELETION: Duration = Duration::from_secs(5);
/// The time from the start of a create step until its early attributes are known.
const IDENTIFIED: Duration = Duration::from_secs(2);

/// The expected duration of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// The time from the start of the first step to the end of the last one.
    pub duration: Duration,
    /// The resources on the critical path, each waiting for the previous one.
    pub longest_path: Vec<Address>,
}

/// Estimates the duration of a plan.
pub fn estimate(plan: &Plan, schemas: &Schemas) -> Estimate {
    let usual = |step: &Step| {
        let kind = plan.changes.get(&step.address).map(|change| change.kind.as_str()).unwrap_or_default();
        let schema = schemas.get(kind);
        match step.operation {
            Operation::Create => schema.map_or(IDENTIFIED, |schema| schema.usual),
            Operation::Update | Operation::Trim => schema.map_or(IDENTIFIED, |schema| schema.usual_update),
            Operation::Delete => DELETION,
            Operation::Forget => Duration::ZERO,
        }
    };
    longest(&steps(plan), &usual)
}

/// The end of a step, and the step it waited for longest.
type Ended = (Duration, Option<Step>);

/// Returns the longest path. Visits the steps in an order in which they can run.
pub fn longest(steps: &Steps, usual: &dyn Fn(&Step) -> Duration) -> Estimate {
    let mut ended: BTreeMap<&Step, Ended> = BTreeMap::new();
    while ended.len() < steps.len() {
        let ready: Vec<&Step> = steps
            .iter()
            .filter(|(step, waits)| {
                !ended.contains_key(step) && waits.keys().all(|w| ended.contains_key(w) || !steps.contains_key(w))
            })
            .map(|(step, _)| step)
            .collect();
        if ready.is_empty() {
            break;
        }
        for step in ready {
            let available = |(before, need): (&Step, &Need)| {
                let (end, _) = ended.get(before)?;
                let is_early = *need == Need::Early && before.operation == Operation::Create;
                // The early attributes of a resource are known long before its creation is complete.
                let known = end.saturating_sub(usual(before)) + IDENTIFIED.min(usual(before));
                Some((if is_early { known } else { *end }, before.clone()))
            };
            let last = steps.get(step).into_iter().flatten().filter_map(available).max();
            let start = last.as_ref().map_or(Duration::ZERO, |(end, _)| *end);
            ended.insert(step, (start + usual(step), last.map(|(_, before)| before)));
        }
    }
    let mut longest_path = Vec::new();
    let last = ended.iter().max_by_key(|(step, (end, _))| (*end, std::cmp::Reverse(*step)));
    let duration = last.map(|(_, (end, _))| *end).unwrap_or_default();
    let mut at = last.map(|(step, _)| (*step).clone());
    while let Some(step) = at {
        at = ended.get(&step).and_then(|(_, before)| before.clone());
        if longest_path.last() != Some(&step.address) {
            longest_path.push(step.address);
        }
    }
    longest_path.reverse();
    Estimate { duration, longest_path }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str) -> Step {
        Step { address: format!("a/{name}").parse().unwrap(), operation: Operation::Create }
    }

    #[test]
    fn the_longest_path_counts_and_early_attributes_do_not_wait_for_ready() {
        let waits = |list: &[(&str, Need)]| list.iter().map(|(name, need)| (step(name), *need)).collect();
        let steps: Steps = [
            (step("cluster"), waits(&[])),
            (step("proxy"), waits(&[])),
            (step("writer"), waits(&[("cluster", Need::Ready)])),
            (step("group"), waits(&[("cluster", Need::Ready), ("proxy", Need::Early)])),
        ]
        .into();
        let usual = |step: &Step| {
            Duration::from_secs(match step.address.name() {
                "cluster" => 300,
                "writer" => 360,
                "proxy" => 900,
                _ => 2,
            })
        };
        let all = longest(&steps, &usual);
        assert_eq!((all.duration.as_secs(), all.longest_path.len()), (900, 1), "the proxy alone");
        let mut without = steps;
        without.remove(&step("proxy"));
        let path = longest(&without, &usual);
        assert_eq!(path.duration.as_secs(), 660);
        assert_eq!(path.longest_path, [step("cluster").address, step("writer").address]);
        assert_eq!(longest(&Steps::new(), &usual), Estimate::default());
    }
}
