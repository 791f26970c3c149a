//! Amazon RDS and Aurora.

pub mod cluster;
pub mod cluster_parameter_group;
pub mod instance;
pub mod lookups;
pub mod proxy;
pub mod proxy_target_group;
pub mod subnet_group;

pub use cluster::{Cluster, ClusterInputs};
pub use cluster_parameter_group::{ClusterParameterGroup, ClusterParameterGroupInputs};
pub use instance::{Instance, InstanceInputs};
pub use lookups::{EngineQuestion, EngineVersions};
pub use proxy::{Proxy, ProxyInputs};
pub use proxy_target_group::{ProxyTargetGroup, ProxyTargetGroupInputs};
pub use subnet_group::{SubnetGroup, SubnetGroupInputs};
