//! What the planner cannot know of a kind by itself.

use std::time::Duration;

/// How a field behaves in the difference. Combine with `|`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Behaviour(u16);

/// AWS cannot change it in place: a change replaces the resource.
pub const REPLACE: Behaviour = Behaviour(1);
/// A list whose order means nothing.
pub const UNORDERED: Behaviour = Behaviour(2);
/// A secret: stored, shown and compared as a keyed digest.
pub const SENSITIVE: Behaviour = Behaviour(4);
/// AWS fills it in when it is not configured. Documents the field; what is not configured is never compared.
pub const DEFAULTED: Behaviour = Behaviour(8);
/// A JSON document as text: compared by meaning, shown as a line difference.
pub const DOCUMENT: Behaviour = Behaviour(16);
/// Used when the resource is created and never read back (AWS does not report it): compared with what was applied.
pub const WRITE_ONLY: Behaviour = Behaviour(32);
/// Text that is compared without regard to case.
pub const CASELESS: Behaviour = Behaviour(64);
/// A name, a description or a placement that AWS cannot change and that changes nothing about what the resource does. An imported
/// or adopted resource keeps its own. Only with [`REPLACE`].
pub const NOMINAL: Behaviour = Behaviour(128);
/// Never configured: what AWS reports after an apply is recorded, and a later report that differs is drift. For a value that is
/// handed to AWS and must not be known to the planner; with [`SENSITIVE`], and read as a digest.
pub const RECORDED: Behaviour = Behaviour(256);
/// A list: a change in place while it keeps an entry, a replacement if it has none in common with what AWS has.
pub const REPLACE_IF_DISJOINT: Behaviour = Behaviour(512);
/// A version that is at least the configured one: a higher one is no difference, because the cloud raises it by itself.
pub const FLOOR: Behaviour = Behaviour(1024);
/// A list whose old entries stay until everything that used the resource and is replaced or deleted in the same run has been
/// deleted: old and new users are served meanwhile. For addresses that a live site still needs.
pub const OVERLAP: Behaviour = Behaviour(2048);

impl Behaviour {
    /// Whether all of `other` is in it.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for Behaviour {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Which comes first when a resource is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// The new one is created, dependents move over, the old one is deleted last.
    CreateFirst,
    /// The old one is deleted first, because both cannot exist at once (a fixed name, an exclusive association).
    DeleteFirst,
}

/// When an attribute is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// As soon as the create call has returned: dependents need not wait until the resource is ready.
    Early,
    /// Only once the resource is ready.
    Ready,
    /// Only once it is ready, and an update may change it (a version number, say).
    ChangesOnUpdate,
}

/// How long a step may take before it is given up with an error that says what was waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// From the create or update call until ready.
    pub ready: Duration,
    /// From the delete call until gone, retries on dependents included.
    pub delete: Duration,
}

impl Default for Timeouts {
    /// Ten minutes each: what most of AWS's own waiters allow.
    fn default() -> Self {
        Self { ready: Duration::from_secs(600), delete: Duration::from_secs(600) }
    }
}

/// The schema of a kind.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The kind's name, `service.noun`, for example `ec2.security_group`.
    pub kind: &'static str,
    /// What it is, in one line, for the reference.
    pub summary: &'static str,
    inputs: Vec<(&'static str, Behaviour)>,
    unreported: Vec<(&'static str, &'static str)>,
    attributes: Vec<(&'static str, Availability)>,
    /// Whether it carries tags (and with them the ownership tags).
    pub taggable: bool,
    /// The inputs that make its natural name, unique in an account and region; empty where AWS gives it no name.
    pub natural_name: &'static [&'static str],
    /// The order of a replacement.
    pub replacement: Replacement,
    /// Whether the cloud refuses to delete it while something uses it.
    pub held: bool,
    /// Whether two of its kind cannot exist at once even if their natural names differ.
    pub exclusive: bool,
    /// How long its steps may take.
    pub timeouts: Timeouts,
    /// Whether it is a step rather than a thing: nothing of it can be found, and nothing is left to delete.
    pub step: bool,
    /// The input of which `--rotate` makes a new one; none if there is nothing to rotate.
    pub rotated: Option<&'static str>,
    /// How long it usually takes from its creation until it is ready: what the plan's estimate is made of.
    pub usual: Duration,
    /// The same for a change in place.
    pub usual_update: Duration,
    /// Whether it holds data that is lost or out of reach once it is deleted or replaced.
    pub holds_data: bool,
    /// The input that makes AWS refuse to delete it while it is true; none if there is no such input.
    pub protected_by: Option<&'static str>,
}

impl Schema {
    /// A schema without fields: taggable, replaced by creating first.
    pub fn new(kind: &'static str, summary: &'static str) -> Self {
        Self {
            kind,
            summary,
            inputs: Vec::new(),
            unreported: Vec::new(),
            attributes: Vec::new(),
            taggable: true,
            natural_name: &[],
            replacement: Replacement::CreateFirst,
            held: false,
            exclusive: false,
            timeouts: Timeouts::default(),
            step: false,
            rotated: None,
            usual: Duration::from_secs(2),
            usual_update: Duration::from_secs(2),
            holds_data: false,
            protected_by: None,
        }
    }

    /// Says that it holds data: a plan that replaces or deletes it needs an explicit consent.
    pub fn holds_data(mut self) -> Self {
        self.holds_data = true;
        self
    }

    /// Says which input makes AWS refuse to delete it while it is true.
    pub fn protected_by(mut self, input: &'static str) -> Self {
        self.protected_by = Some(input);
        self
    }

    /// Says that it is a step rather than a thing.
    pub fn step(mut self) -> Self {
        self.step = true;
        self
    }

    /// Says of which input `--rotate` makes a new one. The attribute `version` must tell one from the other.
    pub fn rotated_by(mut self, input: &'static str) -> Self {
        self.rotated = Some(input);
        self
    }

    /// Says how long a change in place usually takes.
    pub fn usually_updated_in(mut self, time: Duration) -> Self {
        self.usual_update = time;
        self
    }

    /// Says how long it usually takes from its creation until it is ready. Two seconds is what most things take.
    pub fn usually(mut self, time: Duration) -> Self {
        self.usual = time;
        self
    }

    /// Adds an input. `path` is a field or, dotted, a field of a field; what is not named behaves as the nearest parent.
    pub fn input(mut self, path: &'static str, behaviour: Behaviour) -> Self {
        self.inputs.push((path, behaviour));
        self
    }

    /// Adds an input that no read returns: `behaviour` includes [`WRITE_ONLY`], and `reason` says why it cannot be read.
    pub fn unreported(mut self, path: &'static str, behaviour: Behaviour, reason: &'static str) -> Self {
        self.unreported.push((path, reason));
        self.input(path, behaviour | WRITE_ONLY)
    }

    /// Adds an input without special behaviour.
    pub fn plain(self, path: &'static str) -> Self {
        self.input(path, Behaviour::default())
    }

    /// Adds an attribute.
    pub fn attribute(mut self, name: &'static str, availability: Availability) -> Self {
        self.attributes.push((name, availability));
        self
    }

    /// Says that AWS keeps no tags on it.
    pub fn untagged(mut self) -> Self {
        self.taggable = false;
        self
    }

    /// Names the inputs that make it unique. A replacement that keeps the name deletes first; one that changes the name
    /// creates first.
    pub fn named_by(mut self, inputs: &'static [&'static str]) -> Self {
        self.natural_name = inputs;
        self.replacement = Replacement::DeleteFirst;
        self
    }

    /// Declares that the old and the new one cannot exist at once, whatever their names: a replacement always deletes first.
    pub fn exclusive(mut self) -> Self {
        self.exclusive = true;
        self.replacement = Replacement::DeleteFirst;
        self
    }

    /// Declares that the cloud refuses to delete it while something uses it: where it has to be deleted before its successor is
    /// created, a plan is refused if a user would let go of it only later.
    pub fn held(mut self) -> Self {
        self.held = true;
        self
    }

    /// Sets how long becoming ready and deleting may take.
    pub fn timeouts(mut self, ready: Duration, delete: Duration) -> Self {
        self.timeouts = Timeouts { ready, delete };
        self
    }

    /// The service: the part of the kind before the dot. Limits on concurrent calls are per service and region.
    pub fn service(&self) -> &'static str {
        self.kind.split('.').next().unwrap_or(self.kind)
    }

    /// The behaviour of a dotted path: its own, or that of the nearest parent that has one.
    pub fn behaviour(&self, path: &str) -> Behaviour {
        let mut path = path;
        loop {
            if let Some((_, behaviour)) = self.inputs.iter().find(|(name, _)| *name == path) {
                return *behaviour;
            }
            match path.rfind('.') {
                Some(dot) => path = path.get(..dot).unwrap_or_default(),
                None => return Behaviour::default(),
            }
        }
    }

    /// The inputs in the order in which they were declared.
    pub fn inputs(&self) -> &[(&'static str, Behaviour)] {
        &self.inputs
    }

    /// The inputs that no read returns, each with the reason.
    pub fn unreported_inputs(&self) -> &[(&'static str, &'static str)] {
        &self.unreported
    }

    /// The attributes in the order in which they were declared.
    pub fn attributes(&self) -> &[(&'static str, Availability)] {
        &self.attributes
    }

    /// When the attribute is known; none if the kind has no such attribute.
    pub fn availability(&self, attribute: &str) -> Option<Availability> {
        self.attributes.iter().find(|(name, _)| *name == attribute).map(|(_, a)| *a)
    }

    /// Whether this top-level field is an input of the kind (`tags` is one of every taggable kind).
    pub fn has_input(&self, field: &str) -> bool {
        (field == "tags" && self.taggable) || self.inputs.iter().any(|(name, _)| *name == field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_path_behaves_as_its_nearest_declared_parent() {
        let schema = Schema::new("s.k", "").input("a", REPLACE).input("a.b", UNORDERED | DOCUMENT);
        assert!(schema.behaviour("a.c").has(REPLACE));
        assert!(!schema.behaviour("a.b.d").has(REPLACE));
        assert!(schema.behaviour("a.b.d").has(UNORDERED));
        assert_eq!(schema.behaviour("z"), Behaviour::default());
        assert_eq!(schema.service(), "s");
    }
}
