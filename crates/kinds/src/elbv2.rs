//! Elastic Load Balancing, version 2.

pub mod listener;
pub mod listener_rule;
pub mod load_balancer;
pub mod settled_header;
pub mod target;
pub mod target_group;

pub use listener::{Listener, ListenerInputs};
pub use listener_rule::{ListenerRule, ListenerRuleInputs};
pub use load_balancer::{LoadBalancer, LoadBalancerInputs};
pub use settled_header::{SettledHeader, SettledHeaderInputs};
pub use target::{Target, TargetInputs};
pub use target_group::{HealthCheck, TargetGroup, TargetGroupInputs};
