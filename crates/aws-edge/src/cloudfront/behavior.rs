//! Cache behaviors: the default one and those of path patterns. The SDK has two types with the same members.

use aws_sdk_cloudfront::error::BuildError;
use aws_sdk_cloudfront::types::{
    AllowedMethods, CacheBehavior, CacheBehaviors, CachedMethods, DefaultCacheBehavior, DistributionConfig, EventType,
    LambdaFunctionAssociation, LambdaFunctionAssociations, Method, Origins, ViewerProtocolPolicy,
};
use ohinfra_core::contract::Resolved;
use ohinfra_kinds::cloudfront::{Behavior, BehaviorLive, Distribution, PathBehavior};

use super::count;

type Inputs = Resolved<Distribution>;

fn methods(inputs: &Behavior) -> Result<AllowedMethods, BuildError> {
    let named = |names: &[String]| names.iter().map(|name| Method::from(name.as_str())).collect::<Vec<_>>();
    let (cached, all) = (named(&inputs.cached_methods), named(&inputs.allowed_methods));
    let cached = CachedMethods::builder().quantity(count(&cached)).set_items(Some(cached)).build()?;
    AllowedMethods::builder().quantity(count(&all)).set_items(Some(all)).cached_methods(cached).build()
}

/// Returns the functions of a behavior with the configured ones set. Functions of other events stay.
fn functions(
    live: Option<LambdaFunctionAssociations>,
    inputs: &Behavior,
) -> Result<LambdaFunctionAssociations, BuildError> {
    let mut all = live.and_then(|functions| functions.items).unwrap_or_default();
    let ours = [
        (EventType::ViewerRequest, &inputs.viewer_request_function_arn),
        (EventType::OriginResponse, &inputs.origin_response_function_arn),
    ];
    for (event, arn) in ours {
        if let Some(function) = all.iter_mut().find(|function| function.event_type == event) {
            function.lambda_function_arn.clone_from(arn);
        } else {
            let function = LambdaFunctionAssociation::builder().lambda_function_arn(arn).event_type(event);
            all.push(function.include_body(false).build()?);
        }
    }
    LambdaFunctionAssociations::builder().quantity(count(&all)).set_items(Some(all)).build()
}

macro_rules! set {
    ($behavior:expr, $inputs:expr, $origin:expr) => {{
        let (behavior, inputs): (_, &Behavior) = ($behavior, $inputs);
        behavior.target_origin_id = $origin.to_owned();
        behavior.viewer_protocol_policy = ViewerProtocolPolicy::from(inputs.viewer_protocol_policy.as_str());
        behavior.allowed_methods = Some(methods(inputs)?);
        behavior.compress = Some(inputs.compress);
        behavior.cache_policy_id = Some(inputs.cache_policy_id.clone());
        behavior.origin_request_policy_id = Some(inputs.origin_request_policy_id.clone());
        behavior.response_headers_policy_id = Some(inputs.response_headers_policy_id.clone());
        behavior.lambda_function_associations = Some(functions(behavior.lambda_function_associations.take(), inputs)?);
        clear_old_settings!(behavior);
    }};
}

/// Clears the legacy cache settings, which an imported distribution may have: CloudFront rejects them together with a cache policy.
macro_rules! clear_old_settings {
    ($behavior:expr) => {{
        #[expect(deprecated, reason = "clears legacy settings")]
        {
            $behavior.forwarded_values = None;
            $behavior.min_ttl = None;
            $behavior.default_ttl = None;
            $behavior.max_ttl = None;
        }
    }};
}

/// Converts a live behavior. CloudFront omits the policies and functions that a behavior does not have: an absent one is
/// empty.
macro_rules! read {
    ($behavior:expr) => {{
        let behavior = $behavior;
        let text = |text: Option<&str>| Some(text.unwrap_or_default().to_owned());
        let functions = behavior.lambda_function_associations().map(|all| all.items()).unwrap_or_default();
        let function = |event: &EventType| {
            let found = functions.iter().find(|function| function.event_type == *event);
            text(found.map(|function| function.lambda_function_arn.as_str()))
        };
        let allowed = behavior.allowed_methods();
        let cached = allowed.and_then(|allowed| allowed.cached_methods());
        BehaviorLive {
            viewer_protocol_policy: Some(behavior.viewer_protocol_policy.as_str().to_owned()),
            allowed_methods: allowed.map(|allowed| sorted(allowed.items())),
            cached_methods: cached.map(|cached| sorted(cached.items())),
            compress: behavior.compress(),
            cache_policy_id: text(behavior.cache_policy_id()),
            origin_request_policy_id: text(behavior.origin_request_policy_id()),
            response_headers_policy_id: text(behavior.response_headers_policy_id()),
            viewer_request_function_arn: function(&EventType::ViewerRequest),
            origin_response_function_arn: function(&EventType::OriginResponse),
        }
    }};
}

fn sorted(methods: &[Method]) -> Vec<String> {
    let mut names: Vec<String> = methods.iter().map(|method| method.as_str().to_owned()).collect();
    names.sort();
    names
}

/// Sets all behaviors. The behavior of a new pattern starts as a copy of the default behavior.
pub(super) fn set_all(config: &mut DistributionConfig, inputs: &Inputs, origin: &str) -> Result<(), BuildError> {
    let mut live = config.cache_behaviors.take().and_then(|behaviors| behaviors.items).unwrap_or_default();
    let mut all = Vec::new();
    for path in &inputs.path_behaviors {
        let found = live.iter().position(|behavior| behavior.path_pattern == path.pattern);
        let mut behavior = match (found, &config.default_cache_behavior) {
            (Some(index), _) => live.swap_remove(index),
            (None, default) => new(&path.pattern, origin, default.as_ref())?,
        };
        set!(&mut behavior, &path.behavior, origin);
        all.push(behavior);
    }
    config.cache_behaviors = Some(CacheBehaviors::builder().quantity(count(&all)).set_items(Some(all)).build()?);
    if let Some(behavior) = &mut config.default_cache_behavior {
        set!(behavior, &inputs.default_behavior, origin);
    }
    Ok(())
}

fn new(pattern: &str, origin: &str, default: Option<&DefaultCacheBehavior>) -> Result<CacheBehavior, BuildError> {
    let behavior = CacheBehavior::builder().path_pattern(pattern).target_origin_id(origin);
    let mut behavior = behavior.viewer_protocol_policy(ViewerProtocolPolicy::RedirectToHttps).build()?;
    if let Some(default) = default {
        behavior.smooth_streaming = default.smooth_streaming;
        behavior.field_level_encryption_id.clone_from(&default.field_level_encryption_id);
        behavior.lambda_function_associations.clone_from(&default.lambda_function_associations);
        behavior.function_associations.clone_from(&default.function_associations);
        behavior.realtime_log_config_arn.clone_from(&default.realtime_log_config_arn);
        behavior.trusted_signers.clone_from(&default.trusted_signers);
        behavior.trusted_key_groups.clone_from(&default.trusted_key_groups);
        behavior.grpc_config.clone_from(&default.grpc_config);
    }
    Ok(behavior)
}

/// Returns the live default behavior.
pub(super) fn default_of(config: &DistributionConfig) -> Option<BehaviorLive> {
    config.default_cache_behavior().map(|behavior| read!(behavior))
}

/// Returns the behavior of a path pattern, which is compared as a whole: a setting that CloudFront did not return counts as
/// empty.
fn whole(live: BehaviorLive) -> Behavior {
    Behavior {
        viewer_protocol_policy: live.viewer_protocol_policy.unwrap_or_default(),
        allowed_methods: live.allowed_methods.unwrap_or_default(),
        cached_methods: live.cached_methods.unwrap_or_default(),
        compress: live.compress.unwrap_or_default(),
        cache_policy_id: live.cache_policy_id.unwrap_or_default(),
        origin_request_policy_id: live.origin_request_policy_id.unwrap_or_default(),
        response_headers_policy_id: live.response_headers_policy_id.unwrap_or_default(),
        viewer_request_function_arn: live.viewer_request_function_arn.unwrap_or_default(),
        origin_response_function_arn: live.origin_response_function_arn.unwrap_or_default(),
    }
}

/// Returns the live behaviors of path patterns, in the order of CloudFront.
pub(super) fn paths_of(config: &DistributionConfig) -> Vec<PathBehavior> {
    let origins = config.origins().map(Origins::items).unwrap_or_default();
    let domain = |id: &str| origins.iter().find(|origin| origin.id == id).map(|origin| origin.domain_name.clone());
    let behaviors = config.cache_behaviors().map(CacheBehaviors::items).unwrap_or_default();
    let read = |behavior: &CacheBehavior| PathBehavior {
        pattern: behavior.path_pattern.clone(),
        origin_domain: domain(&behavior.target_origin_id).unwrap_or_default(),
        behavior: whole(read!(behavior)),
    };
    behaviors.iter().map(read).collect()
}
