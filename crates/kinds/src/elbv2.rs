//! Elastic Load Balancing, version 2.

pub mod listener;
pub mod listener_rule;
pub mod load_balancer;
pub mod settled_header;
pub mod target;
pub mod target_group;

pub use listener::{Listener, ListenerInputs, ListenerLive};
pub use listener_rule::{ListenerRule, ListenerRuleInputs, ListenerRuleLive};
pub use load_balancer::{LoadBalancer, LoadBalancerInputs, LoadBalancerLive};
pub use settled_header::{SettledHeader, SettledHeaderInputs, SettledHeaderLive};
pub use target::{Target, TargetInputs, TargetLive};
pub use target_group::{HealthCheck, TargetGroup, TargetGroupInputs, TargetGroupLive};
