//! The graph of desired resources. Its edges are derived from references and explicit `after` options.

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
    /// The address.
    pub address: Address,
    /// The name of the kind.
    pub kind: &'static str,
    /// The region.
    pub region: Region,
    /// The inputs, whose strings can reference other resources.
    pub inputs: Inputs,
    /// `true` if `destroy` retains the resource in the cloud.
    pub retain: bool,
    /// The configuration key that controls deletion protection.
    pub protection_key: Option<&'static str>,
    /// The dependencies, each with the required status.
    pub needs: BTreeMap<Address, Need>,
}

/// The status that a dependency must have reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Its identity is known; sufficient if only early attributes are referenced.
    Early,
    /// It is ready.
    Ready,
}

/// The outputs: maps stack and name to a value that can reference resources.
pub type Outputs = BTreeMap<String, BTreeMap<String, Value>>;

/// The desired resources of one deployment, validated and acyclic.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    resources: BTreeMap<Address, Resource>,
    order: Vec<Address>,
    /// The outputs of the deployment.
    pub outputs: Outputs,
}

/// An error in the definition of a graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// Two resources have the same address.
    #[error("{0} is defined twice")]
    Duplicate(Address),
    /// A reference to an undefined resource.
    #[error("{from} references {to}, which is not defined")]
    UnknownResource {
        /// The referencing resource or output.
        from: String,
        /// The undefined resource.
        to: Address,
    },
    /// A reference to an attribute that the kind does not have.
    #[error("{from} references the unknown attribute {to}; attributes of {kind}: {known}")]
    UnknownAttribute {
        /// The referencing resource or output.
        from: String,
        /// The invalid reference.
        to: Reference,
        /// The kind of the referenced resource.
        kind: &'static str,
        /// The attributes of the kind.
        known: String,
    },
    /// The payload of a resource cannot be rendered.
    #[error("{0}")]
    Payload(String),
    /// The resources form a dependency cycle.
    #[error("dependency cycle: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join(" → "))]
    Cycle(Vec<Address>),
}

/// Collects resources and builds a [`Graph`].
pub struct GraphBuilder {
    deployment: String,
    default_tags: Tags,
    resources: Vec<Resource>,
    schemas: BTreeMap<&'static str, Schema>,
    outputs: Outputs,
}

/// A handle to a resource, through which other resources reference it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle(Address);

impl Handle {
    /// Creates a handle to a resource that may be added later. [`GraphBuilder::build`] checks that it exists.
    pub fn to(address: Address) -> Self {
        Self(address)
    }

    /// Returns a reference to an attribute of the resource.
    pub fn attribute(&self, name: &str) -> Text {
        Text::from(Reference { resource: self.0.clone(), attribute: name.to_owned() })
    }

    /// Returns the address.
    pub fn address(&self) -> &Address {
        &self.0
    }
}

/// The optional settings of a resource.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `true` if `destroy` retains the resource in the cloud.
    pub retain: bool,
    /// The configuration key that controls deletion protection.
    pub protection_key: Option<&'static str>,
    /// Explicit dependencies, which must be ready first although the inputs do not reference them.
    pub after: Vec<Handle>,
    /// Tags in addition to those of the deployment.
    pub tags: Tags,
}

impl GraphBuilder {
    /// Creates a builder. All taggable resources get `default_tags` and the ownership tags.
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

    /// Validates the resources and builds the graph.
    ///
    /// # Errors
    /// All errors in the definition.
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
        if errors.is_empty() { Ok(Graph { resources, order, outputs: self.outputs }) } else { Err(errors) }
    }
}

/// Returns a topological order (dependencies first, stable by address), or a cycle as the error.
fn order(resources: &BTreeMap<Address, Resource>) -> Result<Vec<Address>, Vec<Address>> {
    let index: BTreeMap<&Address, usize> = resources.keys().enumerate().map(|(i, address)| (address, i)).collect();
    let addresses: Vec<&Address> = resources.keys().collect();
    let mut graph = DiGraphMap::<usize, ()>::new();
    // petgraph visits nodes in reverse order of insertion: inserting in reverse makes the order stable by address.
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
    toposort(&graph, None).map(|order| named(&order)).map_err(|_| named(&find_cycle(&graph)))
}

/// Returns the shortest cycle through the first node that is part of one.
fn find_cycle(graph: &DiGraphMap<usize, ()>) -> Vec<usize> {
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
    /// Returns the resource at an address.
    pub fn get(&self, address: &Address) -> Option<&Resource> {
        self.resources.get(address)
    }

    /// Returns all resources, ordered by address.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.resources.values()
    }

    /// Returns all resources in topological order: each after its dependencies.
    pub fn in_order(&self) -> impl Iterator<Item = &Resource> {
        self.order.iter().filter_map(|address| self.resources.get(address))
    }

    /// Returns the names of the stacks, sorted.
    pub fn stacks(&self) -> BTreeSet<&str> {
        self.resources.keys().map(Address::stack).collect()
    }

    /// Returns the number of resources.
    pub fn len(&self) -> usize {
        self.resources.len()
    }

    /// Returns `true` if the graph has no resources.
    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }
}
