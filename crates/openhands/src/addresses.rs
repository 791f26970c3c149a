//! Addresses of resources that other stacks or crates reference, with the kind of each resource.

use std::fmt;
use std::marker::PhantomData;

use ohinfra_core::contract::Definition;
use ohinfra_core::{Address, Text};
use ohinfra_kinds::autoscaling::Group;
use ohinfra_kinds::cloudwatch::Alarm;
use ohinfra_kinds::cognito::UserPool;
use ohinfra_kinds::ec2::SecurityGroup;
use ohinfra_kinds::efs::FileSystem;
use ohinfra_kinds::elbv2::LoadBalancer;
use ohinfra_kinds::rds::Cluster;
use ohinfra_kinds::secretsmanager::Secret;
use ohinfra_plan::graph::Handle;

/// The user pool.
pub const USER_POOL: ResourceAddress<UserPool> = ResourceAddress::new("auth", "user-pool");
/// The database cluster.
pub const CLUSTER: ResourceAddress<Cluster> = ResourceAddress::new("database", "cluster");
/// The secret of the database user of OpenHands.
pub const PROXY_SECRET: ResourceAddress<Secret> = ResourceAddress::new("database", "proxy-secret");
/// The security group of the database cluster.
pub const AURORA_SG: ResourceAddress<SecurityGroup> = ResourceAddress::new("database", "aurora-sg");
/// The security group of the database proxy.
pub const PROXY_SG: ResourceAddress<SecurityGroup> = ResourceAddress::new("database", "proxy-sg");
/// The file system of the workspaces.
pub const WORKSPACE_FS: ResourceAddress<FileSystem> = ResourceAddress::new("compute", "workspace-fs");
/// The load balancer.
pub const BALANCER: ResourceAddress<LoadBalancer> = ResourceAddress::new("compute", "alb");
/// The Auto Scaling group of the instance.
pub const GROUP: ResourceAddress<Group> = ResourceAddress::new("compute", "asg");
/// The alarm for high CPU usage.
pub const ALARM_CPU: ResourceAddress<Alarm> = ResourceAddress::new("compute", "alarm-cpu");
/// The alarm for high memory usage.
pub const ALARM_MEMORY: ResourceAddress<Alarm> = ResourceAddress::new("compute", "alarm-memory");
/// The alarm for a full data volume.
pub const ALARM_DISK: ResourceAddress<Alarm> = ResourceAddress::new("compute", "alarm-disk");

/// The address of a resource of the kind `D`. The stack adds the resource with the same constant, so that the kind always
/// matches; the graph rejects unknown addresses and attributes.
pub struct ResourceAddress<D> {
    stack: &'static str,
    name: &'static str,
    kind: PhantomData<fn() -> D>,
}

impl<D: Definition> ResourceAddress<D> {
    const fn new(stack: &'static str, name: &'static str) -> Self {
        Self { stack, name, kind: PhantomData }
    }

    /// Returns the address.
    pub fn address(&self) -> Address {
        match Address::new(self.stack, self.name) {
            Ok(address) => address,
            Err(error) => unreachable!("BUG: {error}"),
        }
    }

    /// Returns a handle to the resource, which may be added later.
    pub(crate) fn handle(&self) -> Handle {
        Handle::to(self.address())
    }

    /// Returns a reference to an attribute of the resource.
    pub(crate) fn attribute(&self, name: &str) -> Text {
        self.handle().attribute(name)
    }
}

impl<D> fmt::Display for ResourceAddress<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.stack, self.name)
    }
}
