//! Schemas: metadata of a kind for the planner.

use std::time::Duration;

/// The traits of a field: how the planner compares and updates it. Combine with `|`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldTraits(u16);

/// Immutable in AWS: a change replaces the resource.
pub const REPLACE: FieldTraits = FieldTraits(1);
/// A list whose order is irrelevant.
pub const UNORDERED: FieldTraits = FieldTraits(2);
/// A secret: stored, displayed and compared as a keyed digest.
pub const SENSITIVE: FieldTraits = FieldTraits(4);
/// Set by AWS if not configured. Documentation only: fields that are not configured are never compared.
pub const DEFAULTED: FieldTraits = FieldTraits(8);
/// A JSON document as a string: compared semantically, displayed as a line diff.
pub const DOCUMENT: FieldTraits = FieldTraits(16);
/// Sent to AWS but never read back, because AWS does not report it: compared with the last applied value.
pub const WRITE_ONLY: FieldTraits = FieldTraits(32);
/// A case-insensitive string.
pub const CASELESS: FieldTraits = FieldTraits(64);
/// An immutable name, description or placement that does not affect the function of the resource. An imported or adopted
/// resource keeps its current value. Only with [`REPLACE`].
pub const NOMINAL: FieldTraits = FieldTraits(128);
/// Never configured: the value that AWS reports after an apply is recorded, and a different value later is drift. For values
/// that are passed to AWS and must be hidden from the planner; with [`SENSITIVE`], and read as a digest.
pub const RECORDED: FieldTraits = FieldTraits(256);
/// A list that is updated in place if the new and the live value share an entry, and otherwise replaces the resource.
pub const REPLACE_IF_DISJOINT: FieldTraits = FieldTraits(512);
/// A minimum version: a higher live version is not a difference, because AWS upgrades it automatically.
pub const FLOOR: FieldTraits = FieldTraits(1024);
/// A list that can also have foreign entries. An entry that is neither configured nor applied is foreign: it is not a difference,
/// and no update removes it.
pub const SHARED: FieldTraits = FieldTraits(2048);
/// A list whose old entries stay until the dependents that are replaced or deleted in the same run no longer exist, so that old
/// and new dependents are served meanwhile. For addresses that a live site still needs.
pub const OVERLAP: FieldTraits = FieldTraits(4096);
/// A map without foreign entries. An entry that is neither configured nor applied is drift, and an update removes it.
pub const EXACT: FieldTraits = FieldTraits(8192);

/// A map of any keys, or a JSON value of any form: an entry that AWS lacks is missing. In a structure, a field that AWS lacks is
/// not reported. Set by `#[derive(Inputs)]`.
pub const MAP: FieldTraits = FieldTraits(16384);

impl FieldTraits {
    /// No traits.
    pub const NONE: Self = Self(0);

    /// Adds the traits of `other`.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns `true` if all traits of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for FieldTraits {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.with(other)
    }
}

/// One field of a kind's inputs, or of a structure in them. Derived from the struct by `#[derive(Inputs)]`.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// The comparison and the update of the field.
    pub traits: FieldTraits,
    /// Its doc comment, for the reference.
    pub doc: &'static str,
    /// Its type, for the reference: `string`, `list of integers`, …
    pub type_name: &'static str,
    /// `true` if the configuration can omit it.
    pub optional: bool,
    /// The reason why AWS does not return it, if so.
    pub unreported: Option<&'static str>,
    /// The fields of the structure, or of the structures in the list or map.
    pub fields: &'static [Field],
    /// `true` if the fields of the structure are compared one by one.
    pub nested: bool,
    /// `true` if the fields of the structure belong to the surrounding one.
    pub flatten: bool,
}

/// The fields of a kind's inputs, or of a structure in them. Implemented by `#[derive(Inputs)]`.
pub trait InputFields {
    /// The live values, each of which may be absent.
    type Live: serde::Serialize;
    /// The fields, in order of declaration.
    const FIELDS: &'static [Field];
}

/// One input of a kind.
#[derive(Clone, Debug)]
pub struct Input {
    /// The name of the field, or the dotted path to a nested field.
    pub path: String,
    /// The comparison and the update of the input.
    pub traits: FieldTraits,
    /// The reason why AWS does not return it, if so.
    pub unreported: Option<&'static str>,
    /// The field of the struct; `None` if the schema was built by hand.
    pub field: Option<&'static Field>,
}

/// The order of a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replacement {
    /// Create the new resource, move its dependents to it, and delete the old resource last.
    CreateFirst,
    /// Delete the old resource first, because both cannot exist at the same time (a fixed name, an exclusive association).
    DeleteFirst,
}

/// The point at which an attribute becomes known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    /// Known when the create call returns: dependents need not wait until the resource is ready.
    Early,
    /// Known when the resource is ready.
    Ready,
    /// Known when the resource is ready, and may change with an update (for example, a version number).
    ChangesOnUpdate,
}

/// The time limits of steps. A step that exceeds its limit fails with an error that names the condition it waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// The limit from the create or update call until the resource is ready.
    pub ready: Duration,
    /// The limit from the delete call until the deletion is complete, including retries because of dependents.
    pub delete: Duration,
}

impl Default for Timeouts {
    /// Ten minutes each, the limit of most AWS waiters.
    fn default() -> Self {
        Self { ready: Duration::from_secs(600), delete: Duration::from_secs(600) }
    }
}

/// The schema of a kind.
#[derive(Clone, Debug)]
pub struct Schema {
    /// The name of the kind, `service.noun`, for example `ec2.security_group`.
    pub kind: &'static str,
    /// A one-line description for the reference documentation.
    pub summary: &'static str,
    inputs: Vec<Input>,
    attributes: Vec<(&'static str, Availability)>,
    /// `true` if the kind supports tags, including the ownership tags.
    pub taggable: bool,
    /// The inputs that form the natural name, which is unique within an account and region; empty if AWS assigns the identity.
    pub natural_name: &'static [&'static str],
    /// The default order of a replacement.
    pub replacement: Replacement,
    /// `true` if an equal object that someone else created is adopted, so that only a recorded create call proves ownership.
    pub adopts: bool,
    /// `true` if the cloud refuses to delete the resource while another resource uses it.
    pub held: bool,
    /// `true` if the old and the new resource cannot coexist, even with different natural names.
    pub exclusive: bool,
    /// The time limits of its steps.
    pub timeouts: Timeouts,
    /// `true` for an action-only kind: there is no AWS resource to find or delete.
    pub step: bool,
    /// The input that `--rotate` regenerates; `None` if the kind cannot be rotated.
    pub rotated: Option<&'static str>,
    /// The usual time from creation until ready, on which the plan's estimate is based.
    pub usual: Duration,
    /// The usual time of an in-place update.
    pub usual_update: Duration,
    /// `true` if the resource holds data that is lost or inaccessible after a deletion or replacement.
    pub holds_data: bool,
    /// The input that enables deletion protection; `None` if the kind has no deletion protection.
    pub protected_by: Option<&'static str>,
}

impl Schema {
    /// Creates a schema without fields: taggable, replaced create-first.
    pub fn new(kind: &'static str, summary: &'static str) -> Self {
        Self {
            kind,
            summary,
            inputs: Vec::new(),
            attributes: Vec::new(),
            taggable: true,
            natural_name: &[],
            replacement: Replacement::CreateFirst,
            adopts: false,
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

    /// Creates a schema with the fields of an inputs struct.
    pub fn of<I: InputFields>(kind: &'static str, summary: &'static str) -> Self {
        let mut schema = Self::new(kind, summary);
        schema.fields("", I::FIELDS);
        schema
    }

    /// Declares that the resource holds data: a plan that replaces or deletes it requires explicit consent.
    pub fn holds_data(mut self) -> Self {
        self.holds_data = true;
        self
    }

    /// Declares the input that enables deletion protection.
    pub fn protected_by(mut self, input: &'static str) -> Self {
        self.protected_by = Some(input);
        self
    }

    /// Declares an action-only kind.
    pub fn step(mut self) -> Self {
        self.step = true;
        self
    }

    /// Declares the input that `--rotate` regenerates. The attribute `version` must distinguish the old from the new value.
    pub fn rotated_by(mut self, input: &'static str) -> Self {
        self.rotated = Some(input);
        self
    }

    /// Sets the usual time of an in-place update. The default is two seconds.
    pub fn expected_update(mut self, time: Duration) -> Self {
        self.usual_update = time;
        self
    }

    /// Sets the usual time from creation until ready. The default of two seconds fits most kinds.
    pub fn expected_create(mut self, time: Duration) -> Self {
        self.usual = time;
        self
    }

    /// Adds an input. `path` is a field or a dotted path to a nested field. A path that is not declared inherits the traits of
    /// its nearest declared parent.
    pub fn input(mut self, path: impl Into<String>, traits: FieldTraits) -> Self {
        self.inputs.push(Input { path: path.into(), traits, unreported: None, field: None });
        self
    }

    /// Adds an input that cannot be read back. [`WRITE_ONLY`] is added to `traits`; `reason` explains why it cannot be read.
    pub fn unreported(mut self, path: &str, traits: FieldTraits, reason: &'static str) -> Self {
        let traits = traits | WRITE_ONLY;
        self.inputs.push(Input { path: path.to_owned(), traits, unreported: Some(reason), field: None });
        self
    }

    /// Adds an input without traits.
    pub fn plain(self, path: impl Into<String>) -> Self {
        self.input(path, FieldTraits::NONE)
    }

    /// Adds the fields of a struct.
    fn fields(&mut self, prefix: &str, fields: &'static [Field]) {
        for field in fields {
            let path = format!("{prefix}{}", field.name);
            if field.nested {
                self.fields(&format!("{path}."), field.fields);
                continue;
            }
            if field.flatten {
                self.fields(prefix, field.fields);
                continue;
            }
            self.inputs.push(Input { path, traits: field.traits, unreported: field.unreported, field: Some(field) });
        }
    }

    /// Adds an attribute.
    pub fn attribute(mut self, name: &'static str, availability: Availability) -> Self {
        self.attributes.push((name, availability));
        self
    }

    /// Declares that AWS does not support tags for this kind.
    pub fn untagged(mut self) -> Self {
        self.taggable = false;
        self
    }

    /// Declares the inputs that form the natural name. A replacement that keeps the name is delete-first; one that changes the
    /// name is create-first.
    pub fn named_by(mut self, inputs: &'static [&'static str]) -> Self {
        self.natural_name = inputs;
        self.replacement = Replacement::DeleteFirst;
        self
    }

    /// Declares that the old and the new resource cannot coexist, regardless of their names: replacements are always
    /// delete-first.
    pub fn exclusive(mut self) -> Self {
        self.exclusive = true;
        self.replacement = Replacement::DeleteFirst;
        self
    }

    /// Declares that an equal object that someone else created is adopted. Ownership is then proved only by a create call that the
    /// state records before it is sent.
    pub fn adopts(mut self) -> Self {
        self.adopts = true;
        self
    }

    /// Declares that the cloud refuses to delete the resource while another resource uses it. A plan that would have to delete it
    /// before its successor is created is refused if a dependent releases it only later.
    pub fn held(mut self) -> Self {
        self.held = true;
        self
    }

    /// Sets the time limits for becoming ready and for deletion.
    pub fn timeouts(mut self, ready: Duration, delete: Duration) -> Self {
        self.timeouts = Timeouts { ready, delete };
        self
    }

    /// Returns the service: the part of the kind before the dot. Limits on concurrent calls are per service and region.
    pub fn service(&self) -> &'static str {
        self.kind.split('.').next().unwrap_or(self.kind)
    }

    /// Returns the traits of a dotted path: its own, or those of the nearest declared parent.
    pub fn traits(&self, path: &str) -> FieldTraits {
        let mut path = path;
        loop {
            if let Some(input) = self.inputs.iter().find(|input| input.path == path) {
                return input.traits;
            }
            match path.rfind('.') {
                Some(dot) => path = path.get(..dot).unwrap_or_default(),
                None if path == "tags" => return MAP,
                None => return FieldTraits::NONE,
            }
        }
    }

    /// Returns the inputs in order of declaration.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// Returns the inputs with a trait.
    pub fn inputs_with(&self, traits: FieldTraits) -> impl Iterator<Item = &str> {
        self.inputs.iter().filter(move |input| input.traits.has(traits)).map(|input| input.path.as_str())
    }

    /// Returns the attributes in order of declaration.
    pub fn attributes(&self) -> &[(&'static str, Availability)] {
        &self.attributes
    }

    /// Returns the availability of an attribute; `None` if the kind has no such attribute.
    pub fn availability(&self, attribute: &str) -> Option<Availability> {
        self.attributes.iter().find(|(name, _)| *name == attribute).map(|(_, a)| *a)
    }

    /// Returns `true` if this path is an input of the kind (`tags` is an input of every taggable kind).
    pub fn has_input(&self, path: &str) -> bool {
        (path == "tags" && self.taggable) || self.inputs.iter().any(|input| input.path == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nested_path_inherits_from_its_nearest_declared_parent() {
        let schema = Schema::new("s.k", "").input("a", REPLACE).input("a.b", UNORDERED | DOCUMENT);
        assert!(schema.traits("a.c").has(REPLACE));
        assert!(!schema.traits("a.b.d").has(REPLACE));
        assert!(schema.traits("a.b.d").has(UNORDERED));
        assert_eq!(schema.traits("z"), FieldTraits::default());
        assert_eq!(schema.service(), "s");
    }
}
