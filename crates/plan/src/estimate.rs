//! How long a plan will take: the longest path through its steps, from how long each kind usually takes.

use std::collections::BTreeMap;
use std::time::Duration;

use ohinfra_core::{Address, Schema};

use crate::graph::Need;
use crate::plan::Plan;
use crate::steps::{Operation, Step, Steps, steps};

/// How long a deletion usually takes.
const DELETION: Duration = Duration::from_secs(5);
/// From the start of a create step until its early attributes are known.
const IDENTIFIED: Duration = Duration::from_secs(2);

/// What a plan is expected to take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// From the start to the end.
    pub duration: Duration,
    /// The resources that decide it, each waiting for the one before.
    pub longest_path: Vec<Address>,
}

/// The estimate of a plan.
pub fn estimate(plan: &Plan, schema: &dyn Fn(&str) -> Option<Schema>) -> Estimate {
    let usual = |step: &Step| {
        let kind = plan.changes.get(&step.address).map(|change| change.kind.as_str()).unwrap_or_default();
        let schema = schema(kind);
        match step.operation {
            Operation::Create => schema.map_or(IDENTIFIED, |schema| schema.usual),
            Operation::Update | Operation::Trim => schema.map_or(IDENTIFIED, |schema| schema.usual_update),
            Operation::Delete => DELETION,
            Operation::Forget => Duration::ZERO,
        }
    };
    longest(&steps(plan), &usual)
}

/// When a step has ended, and which one it waited for longest.
type Ended = (Duration, Option<Step>);

/// The longest path. Steps are walked in the order in which they can be done.
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
            let free = |(before, need): (&Step, &Need)| {
                let (end, _) = ended.get(before)?;
                let is_early = *need == Need::Early && before.operation == Operation::Create;
                // The early attributes of something are known long before its end.
                let known = end.saturating_sub(usual(before)) + IDENTIFIED.min(usual(before));
                Some((if is_early { known } else { *end }, before.clone()))
            };
            let last = steps.get(step).into_iter().flatten().filter_map(free).max();
            let begun = last.as_ref().map_or(Duration::ZERO, |(end, _)| *end);
            ended.insert(step, (begun + usual(step), last.map(|(_, before)| before)));
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
    fn the_longest_path_decides_and_what_needs_an_early_attribute_starts_at_once() {
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
        assert_eq!((all.duration.as_secs(), all.longest_path.len()), (900, 1), "the proxy by itself");
        let mut without = steps;
        without.remove(&step("proxy"));
        let path = longest(&without, &usual);
        assert_eq!(path.duration.as_secs(), 660);
        assert_eq!(path.longest_path, [step("cluster").address, step("writer").address]);
        assert_eq!(longest(&Steps::new(), &usual), Estimate::default());
    }
}
