//! Amazon RDS and Aurora.

pub mod cluster;
pub mod cluster_parameter_group;
pub mod instance;
pub mod lookups;
pub mod proxy;
pub mod proxy_target_group;
pub mod subnet_group;

pub use cluster::{Cluster, ClusterInputs, ClusterLive};
pub use cluster_parameter_group::{ClusterParameterGroup, ClusterParameterGroupInputs, ClusterParameterGroupLive};
pub use instance::{Instance, InstanceInputs, InstanceLive};
pub use lookups::{EngineQuestion, EngineVersions};
pub use proxy::{Proxy, ProxyInputs, ProxyLive};
pub use proxy_target_group::{ProxyTargetGroup, ProxyTargetGroupInputs, ProxyTargetGroupLive};
pub use subnet_group::{SubnetGroup, SubnetGroupInputs, SubnetGroupLive};
