//! The builders of the graph and of one stack in it.

use ohinfra_core::contract::{Definition, Desired};
use ohinfra_core::{Address, Region, Text};
use ohinfra_plan::GraphBuilder;
use ohinfra_plan::graph::{Handle, Options};

use crate::addresses::ResourceAddress;
use crate::configuration::Configuration;
use crate::environment::Environment;

/// The context for building stacks, and the graph that they are added to.
pub(super) struct Builder<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) environment: &'a Environment,
    pub(super) graph: GraphBuilder,
}

impl Builder<'_> {
    /// Returns the builder of a stack whose resources are in a region.
    pub(super) fn stack(&mut self, name: &str, region: &Region) -> StackBuilder<'_> {
        let Builder { configuration, environment, graph } = self;
        StackBuilder { configuration, environment, graph, name: name.to_owned(), region: region.clone() }
    }
}

/// The builder of one stack.
pub(super) struct StackBuilder<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) environment: &'a Environment,
    graph: &'a mut GraphBuilder,
    /// The name of the stack.
    pub(super) name: String,
    region: Region,
}

impl StackBuilder<'_> {
    /// Adds a resource in the region of the stack.
    pub(super) fn add<D: Definition>(&mut self, name: &str, inputs: &Desired<D>) -> Handle {
        self.add_with::<D>(name, inputs, Options::default())
    }

    /// Adds a resource that `destroy` retains in AWS.
    pub(super) fn add_retained<D: Definition>(&mut self, name: &str, inputs: &Desired<D>) -> Handle {
        self.add_with::<D>(name, inputs, Options { retain: true, ..Options::default() })
    }

    /// Adds a resource with explicit dependencies, in addition to those from references.
    pub(super) fn add_after<D: Definition>(&mut self, name: &str, inputs: &Desired<D>, after: Vec<Handle>) -> Handle {
        self.add_with::<D>(name, inputs, Options { after, ..Options::default() })
    }

    /// Adds a resource with options.
    pub(super) fn add_with<D: Definition>(&mut self, name: &str, inputs: &Desired<D>, options: Options) -> Handle {
        self.graph.add::<D>(self.address(name), &self.region, inputs, options)
    }

    /// Adds a resource in another region.
    pub(super) fn add_in<D: Definition>(&mut self, region: &Region, name: &str, inputs: &Desired<D>) -> Handle {
        self.graph.add::<D>(self.address(name), region, inputs, Options::default())
    }

    /// Adds a resource at an address that other stacks reference.
    pub(super) fn add_at<D: Definition>(
        &mut self,
        address: &ResourceAddress<D>,
        inputs: &Desired<D>,
        options: Options,
    ) -> Handle {
        let address = address.address();
        debug_assert_eq!(address.stack(), self.name, "BUG: {address} belongs to another stack");
        self.graph.add::<D>(address, &self.region, inputs, options)
    }

    /// Returns the address of a name in the stack. Names are literals in the stack files, covered by tests.
    pub(super) fn address(&self, name: &str) -> Address {
        match Address::new(&self.name, name) {
            Ok(address) => address,
            Err(error) => unreachable!("BUG: {error}"),
        }
    }

    /// Adds an output.
    pub(super) fn output(&mut self, name: &str, value: impl Into<Text>) {
        self.graph.output(&self.name, name, value);
    }

    /// Returns the ARN of a resource in the main region.
    pub(super) fn arn(&self, service: &str, rest: &str) -> String {
        let Environment { partition, names, .. } = self.environment;
        format!("arn:{partition}:{service}:{}:{}:{rest}", names.region, names.account)
    }
}
