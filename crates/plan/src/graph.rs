//! The desired resources and what each needs. Edges come from references (and explicit `after`), never from a list.

use std::collections::{BTreeMap, BTreeSet};

use ohinfra_core::contract::{Definition, Desired};
use ohinfra_core::inputs::{Inputs, references};
use ohinfra_core::schema::Availability;
use ohinfra_core::tags::{Ownership, Tags};
use ohinfra_core::text::{Reference, Text};
use ohinfra_core::{Address, Region, Schema};
use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graphmap::DiGraphMap;
use serde_json::{Value, json};

/// One desired resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// Its address.
    pub address: Address,
    /// The name of its kind.
    pub kind: &'static str,
    /// The region it lives in.
    pub region: Region,
    /// Its inputs, in which texts may refer to other resources.
    pub inputs: Inputs,
    /// Whether `destroy` leaves it in the cloud.
    pub retain: bool,
    /// The configuration key that switches its deletion protection on and off.
    pub protection_key: Option<&'static str>,
    /// What it needs.
    pub needs: BTreeMap<Address, Need>,
}

/// How far what is needed must have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Its identity is known: all that is referred to is an early attribute.
    Early,
    /// It is ready.
    Ready,
}

/// Outputs: stack, then name, to a value that may refer to resources.
pub type Outputs = BTreeMap<String, BTreeMap<String, Value>>;

/// The desired state of one deployment: checked, without cycles.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    resources: BTreeMap<Address, Resource>,
    schemas: BTreeMap<&'static str, Schema>,
    order: Vec<Address>,
    /// What the user gets to see.
    pub outputs: Outputs,
}

/// Why resources do not make a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Two resources of one address.
    #[error("{0} is defined twice")]
    Duplicate(Address),
    /// A reference to nothing.
    #[error("{from} refers to {to}, which is not defined")]
    UnknownResource {
        /// What refers.
        from: String,
        /// What it refers to.
        to: Address,
    },
    /// A reference to an attribute that the kind does not have.
    #[error("{from} refers to {to}, but {kind} has no such attribute (it has {known})")]
    UnknownAttribute {
        /// What refers.
        from: String,
        /// What it refers to.
        to: Reference,
        /// The kind of what it refers to.
        kind: &'static str,
        /// What could have been meant.
        known: String,
    },
    /// Something that a resource delivers cannot be made.
    #[error("{0}")]
    Payload(String),
    /// Resources that need each other.
    #[error("resources need each other in a loop: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" → "))]
    Cycle(Vec<Address>),
}

/// Collects resources and makes a [`Graph`] of them.
pub struct GraphBuilder {
    deployment: String,
    default_tags: Tags,
    resources: Vec<Resource>,
    schemas: BTreeMap<&'static str, Schema>,
    outputs: Outputs,
}

/// A resource that has been added: what others refer to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle(Address);

impl Handle {
    /// A resource that has been added or will be: whether it has is checked when the graph is built.
    pub fn to(address: Address) -> Self {
        Self(address)
    }

    /// A reference to one of its attributes.
    pub fn attribute(&self, name: &str) -> Text {
        Text::from(Reference { resource: self.0.clone(), attribute: name.to_owned() })
    }

    /// Its address.
    pub fn address(&self) -> &Address {
        &self.0
    }
}

/// What else can be said of a resource.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `destroy` leaves it in the cloud.
    pub retain: bool,
    /// The configuration key that switches its deletion protection on and off.
    pub protection_key: Option<&'static str>,
    /// It needs these to be ready although it refers to nothing of theirs.
    pub after: Vec<Handle>,
    /// Tags beside the deployment's own.
    pub tags: Tags,
}

impl GraphBuilder {
    /// A builder for a deployment whose taggable resources all get `default_tags` and the ownership tags.
    pub fn new(deployment: &str, default_tags: Tags) -> Self {
        Self {
            deployment: deployment.to_owned(),
            default_tags,
            resources: Vec::new(),
            schemas: BTreeMap::new(),
            outputs: Outputs::new(),
        }
    }

    /// Adds a resource of the kind `D`.
    pub fn add<D: Definition>(
        &mut self,
        address: Address,
        region: &Region,
        inputs: &Desired<D>,
        options: Options,
    ) -> Handle {
        let schema = D::schema();
        let value = serde_json::to_value(inputs).unwrap_or_default();
        self.add_raw(schema, address, region, value.as_object().cloned().unwrap_or_default(), options)
    }

    /// Adds a resource of any kind.
    pub fn add_raw(
        &mut self,
        schema: Schema,
        address: Address,
        region: &Region,
        mut inputs: Inputs,
        options: Options,
    ) -> Handle {
        if schema.taggable {
            let ownership = Ownership { deployment: self.deployment.clone(), address: address.clone() };
            let mut tags = self.default_tags.clone();
            tags.extend(options.tags);
            tags.extend(ownership.tags());
            inputs.insert("tags".to_owned(), json!(tags));
        }
        self.resources.push(Resource {
            address: address.clone(),
            kind: schema.kind,
            region: region.clone(),
            inputs,
            retain: options.retain,
            protection_key: options.protection_key,
            needs: options.after.into_iter().map(|handle| (handle.0, Need::Ready)).collect(),
        });
        self.schemas.insert(schema.kind, schema);
        Handle(address)
    }

    /// Adds an output.
    pub fn output(&mut self, stack: &str, name: &str, value: impl Into<Text>) {
        let value = serde_json::to_value(value.into()).unwrap_or_default();
        self.outputs.entry(stack.to_owned()).or_default().insert(name.to_owned(), value);
    }

    /// Checks everything and makes the graph, or reports every problem.
    pub fn build(self) -> Result<Graph, Vec<GraphError>> {
        let mut errors = Vec::new();
        let mut resources = BTreeMap::new();
        for resource in self.resources {
            if let Some(earlier) = resources.insert(resource.address.clone(), resource) {
                errors.push(GraphError::Duplicate(earlier.address));
            }
        }
        let kinds: BTreeMap<Address, &'static str> = resources.iter().map(|(a, r)| (a.clone(), r.kind)).collect();
        let check = |from: &str, reference: &Reference| -> Result<Need, GraphError> {
            let Some(schema) = kinds.get(&reference.resource).and_then(|kind| self.schemas.get(kind)) else {
                return Err(GraphError::UnknownResource { from: from.to_owned(), to: reference.resource.clone() });
            };
            match schema.availability(&reference.attribute) {
                Some(Availability::Early) => Ok(Need::Early),
                Some(Availability::Ready | Availability::ChangesOnUpdate) => Ok(Need::Ready),
                None => Err(GraphError::UnknownAttribute {
                    from: from.to_owned(),
                    to: reference.clone(),
                    kind: schema.kind,
                    known: schema.attributes().iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
                }),
            }
        };
        for resource in resources.values_mut() {
            let from = resource.address.to_string();
            for address in resource.needs.keys() {
                if !kinds.contains_key(address) {
                    errors.push(GraphError::UnknownResource { from: from.clone(), to: address.clone() });
                }
            }
            for reference in references(&Value::Object(resource.inputs.clone())) {
                match check(&from, &reference) {
                    Ok(need) => {
                        let known = resource.needs.entry(reference.resource).or_insert(need);
                        *known = (*known).max(need);
                    }
                    Err(error) => errors.push(error),
                }
            }
        }
        for (stack, outputs) in &self.outputs {
            for (name, value) in outputs {
                let from = format!("output {stack}.{name}");
                errors.extend(references(value).iter().filter_map(|reference| check(&from, reference).err()));
            }
        }
        let order = order(&resources).unwrap_or_else(|cycle| {
            errors.push(GraphError::Cycle(cycle));
            Vec::new()
        });
        if errors.is_empty() {
            Ok(Graph { resources, schemas: self.schemas, order, outputs: self.outputs })
        } else {
            Err(errors)
        }
    }
}

/// An order in which everything comes after what it needs, stable by address; or one loop.
fn order(resources: &BTreeMap<Address, Resource>) -> Result<Vec<Address>, Vec<Address>> {
    let index: BTreeMap<&Address, usize> = resources.keys().enumerate().map(|(i, address)| (address, i)).collect();
    let addresses: Vec<&Address> = resources.keys().collect();
    let mut graph = DiGraphMap::<usize, ()>::new();
    // petgraph's order visits nodes in reverse of how they were added: adding backwards makes it stable by address.
    for (address, resource) in resources.iter().rev() {
        let Some(&to) = index.get(address) else { continue };
        graph.add_node(to);
        for from in resource.needs.keys().filter_map(|need| index.get(need)) {
            graph.add_edge(*from, to, ());
        }
    }
    let named = |indices: &[usize]| -> Vec<Address> {
        indices.iter().filter_map(|i| addresses.get(*i).map(|a| (*a).clone())).collect()
    };
    toposort(&graph, None).map(|order| named(&order)).map_err(|_| named(&one_loop(&graph)))
}

/// The shortest way from the first node of a loop back to itself.
fn one_loop(graph: &DiGraphMap<usize, ()>) -> Vec<usize> {
    let mut components: Vec<Vec<usize>> = tarjan_scc(graph)
        .into_iter()
        .filter(|c| c.len() > 1 || c.first().is_some_and(|n| graph.contains_edge(*n, *n)))
        .collect();
    for component in &mut components {
        component.sort_unstable();
    }
    components.sort();
    let Some(start) = components.first().and_then(|c| c.first()).copied() else { return Vec::new() };
    let mut before: BTreeMap<usize, usize> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for next in graph.neighbors(node) {
            if next == start {
                let mut path = vec![start, node];
                let mut at = node;
                while let Some(&previous) = before.get(&at) {
                    path.push(previous);
                    at = previous;
                }
                if node == start {
                    path.pop();
                    path.push(start);
                }
                path.reverse();
                return path;
            }
            if next != start && !before.contains_key(&next) {
                before.insert(next, node);
                queue.push_back(next);
            }
        }
    }
    Vec::new()
}

impl Graph {
    /// The resource at an address.
    pub fn get(&self, address: &Address) -> Option<&Resource> {
        self.resources.get(address)
    }

    /// Every resource, by address.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// Every resource, each after what it needs.
    pub fn in_order(&self) -> impl Iterator<Item = &Resource> {
        self.order.iter().filter_map(|address| self.resources.get(address))
    }

    /// The schema of a kind that occurs in the graph.
    pub fn schema(&self, kind: &str) -> Option<&Schema> {
        self.schemas.get(kind)
    }

    /// The stacks that occur, in order.
    pub fn stacks(&self) -> BTreeSet<&str> {
        self.resources.keys().map(Address::stack).collect()
    }

    /// The number of resources.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }
}
