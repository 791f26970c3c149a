//! Tests of the graph of a deployment.

use ohinfra_core::Region;
use ohinfra_plan::Graph;

use super::build_graph;
use crate::configuration::{Configuration, Sources};
use crate::environment::Environment;
use crate::sandbox_policy::SandboxPolicy;

fn graph(more: &str) -> Graph {
    graph_in("us-west-2", more)
}

fn graph_in(region: &str, more: &str) -> Graph {
    let usual = "vpc_id = \"vpc-0123456789abcdef0\"\nhosted_zone_id = \"Z1\"\ndomain_name = \"example.com\"\n";
    let file = Some(("ohinfra.toml".to_owned(), format!("region = \"{region}\"\n{usual}{more}")));
    let configuration = Configuration::load(&Sources { file, ..Sources::default() }).unwrap().0;
    build_graph(&configuration, &Environment::placeholder(&configuration), &SandboxPolicy::default()).unwrap()
}

#[test]
fn the_graph_has_every_resource_with_its_dependencies() {
    let lines: Vec<String> = graph("[sandbox]\naws_access = true\n")
        .resources()
        .map(|resource| {
            let needs: Vec<String> = resource.needs.keys().map(ToString::to_string).collect();
            let retain = if resource.retain { " (retained)" } else { "" };
            format!("{} {}{retain} ← {}", resource.address, resource.kind, needs.join(", "))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn account_wide_names_include_deployment_and_region() {
    let graph = graph("");
    let of_kind = |kind: &str, field: &str| -> Vec<String> {
        let resources =
            graph.resources().filter(|resource| resource.kind == kind && resource.region.as_str() == "us-west-2");
        resources.map(|resource| resource.inputs[field].as_str().unwrap().to_owned()).collect()
    };
    let names = [
        of_kind("iam.role", "role_name"),
        of_kind("iam.instance_profile", "profile_name"),
        of_kind("cloudwatch.dashboard", "dashboard_name"),
        of_kind("s3.bucket", "bucket_name"),
    ]
    .concat();
    assert!(names.len() > 5, "{names:?}");
    for name in names {
        assert!(name.to_lowercase().contains("openhands") && name.contains("us-west-2"), "{name}");
    }
}

#[test]
fn the_name_claim_differs_by_region() {
    let claim = |region: &str| {
        let graph = graph_in(region, "");
        let is_claim = |address: &str| address.starts_with("auth/claim-");
        let claims = graph.resources().filter(|resource| is_claim(&resource.address.to_string()));
        let [claim] = claims.collect::<Vec<_>>()[..] else { panic!("one claim") };
        let pool = graph.get(&"auth/user-pool".parse().unwrap()).unwrap();
        assert!(pool.needs.contains_key(&claim.address), "the pool depends on the claim");
        assert_eq!(claim.region.as_str(), "us-east-1");
        (claim.inputs["parameter_name"].clone(), claim.address.to_string())
    };
    let (west, ireland) = (claim("us-west-2"), claim("eu-west-1"));
    assert_eq!(west.0, ireland.0, "one name in the account");
    assert_ne!(west.1, ireland.1, "owned by only one deployment");
}

fn schema(kind: &str) -> ohinfra_core::Schema {
    ohinfra_kinds::schemas().into_iter().find(|schema| schema.kind == kind).unwrap()
}

#[test]
fn every_taggable_resource_has_the_default_and_ownership_tags() {
    let graph = graph("[tags]\nTeam = \"platform\"\nPurpose = \"other\"\n");
    for resource in graph.resources().filter(|resource| schema(resource.kind).taggable) {
        let tags = resource.inputs["tags"].as_object().unwrap();
        let tag = |key: &str| tags[key].as_str().unwrap();
        assert_eq!(
            [tag("Project"), tag("STAGE"), tag("Purpose"), tag("ManagedBy"), tag("Team")],
            ["OpenHands", "production", "other", "ohinfra", "platform"]
        );
        assert_eq!([tag("ohinfra:deployment"), tag("ohinfra:address")], ["openhands", &resource.address.to_string()]);
    }
}

#[test]
fn built_images_are_pushed_before_the_instance_uses_them() {
    let graph = graph("[images]\nsource = \"build\"\n[compute]\nauto_update = true\n");
    let needs = |address: &str| {
        let resource = graph.get(&address.parse().unwrap()).unwrap();
        resource.needs.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(needs("compute/image-openhands"), ["compute/repository-openhands"]);
    assert!(needs("compute/boot-bundle").contains(&"compute/image-openhands".to_owned()));
    assert!(needs("compute/launch-template").contains(&"compute/image-agent-server".to_owned()));
    let policy = serde_json::json!(graph.get(&"security/instance-policy".parse().unwrap()).unwrap().inputs).to_string();
    assert!(policy.contains("arn:aws:ecr:us-west-2:000000000000:repository/openhands/agent-server"), "{policy}");
    let bundle = serde_json::json!(graph.get(&"compute/boot-bundle".parse().unwrap()).unwrap().inputs).to_string();
    assert!(bundle.contains("\\\"auto_update\\\":false"), "the tag of a built image is immutable: {bundle}");
}

#[test]
fn the_instance_depends_on_a_ready_database() {
    let graph = graph("");
    let needs = &graph.get(&"compute/asg".parse().unwrap()).unwrap().needs;
    for needed in ["database/bootstrap", "database/proxy-target"] {
        assert_eq!(needs.get(&needed.parse().unwrap()), Some(&ohinfra_plan::graph::Need::Ready), "{needed}");
    }
}

#[test]
fn disabled_endpoints_are_not_in_the_graph() {
    let graph = graph("skip_s3_endpoint = true\n[network]\nendpoints = { ssm = false, logs = false }\n");
    let names: Vec<&str> =
        graph.resources().filter(|r| r.kind == "ec2.vpc_endpoint").map(|r| r.address.name()).collect();
    assert_eq!(
        names,
        [
            "endpoint-bedrock-runtime",
            "endpoint-ec2messages",
            "endpoint-ecr-api",
            "endpoint-ecr-dkr",
            "endpoint-secretsmanager",
            "endpoint-ssmmessages"
        ]
    );
}

#[test]
fn no_group_has_open_ingress_and_no_statement_grants_full_access() {
    for resource in graph("[sandbox]\naws_access = true\n").resources() {
        let text = serde_json::to_string(&resource.inputs).unwrap();
        if text.contains("0.0.0.0/0") {
            assert_eq!(resource.inputs["direction"], "egress", "{}", resource.address);
        }
        let allows_all =
            text.contains(r#"\"Action\":\"*\""#) && text.contains(r#"\"Resource\":\"*\""#) && text.contains("Allow");
        assert!(!allows_all, "{}", resource.address);
    }
}

#[test]
fn deployments_do_not_share_resource_names() {
    let names = |graph: &Graph| -> std::collections::BTreeSet<String> {
        let named = graph.resources().filter_map(|resource| {
            let name = schema(resource.kind).natural_name.last()?;
            let text = resource.inputs.get(*name)?.as_str()?;
            Some(format!("{} {text}", resource.kind))
        });
        // These names are scoped to a parent resource or derived from the domain of the user.
        let within = ["iam.role_policy", "backup.selection", "efs.mount_target", "lambda.permission", "route53.record"];
        named.filter(|name| !within.iter().any(|kind| name.starts_with(kind))).collect()
    };
    let (one, other) = (names(&graph("")), names(&graph("name = \"second\"\n")));
    assert!(one.len() > 10);
    assert_eq!(one.intersection(&other).count(), 0, "{:?}", one.intersection(&other).collect::<Vec<_>>());
}

#[test]
fn a_deployment_with_a_backend_has_only_auth_and_edge() {
    let text =
        "name = \"team\"\nhosted_zone_id = \"Z1\"\ndomain_name = \"example.com\"\n[backend]\nregion = \"us-west-2\"\n";
    let file = Some(("ohinfra.toml".to_owned(), text.to_owned()));
    let (configuration, _) = Configuration::load(&Sources { file, ..Sources::default() }).unwrap();
    let environment = Environment::placeholder(&configuration);
    let graph = build_graph(&configuration, &environment, &SandboxPolicy::default()).unwrap();
    let mut stacks: Vec<String> = graph.resources().map(|resource| resource.address.stack().to_owned()).collect();
    stacks.dedup();
    assert_eq!(stacks, ["auth", "edge"]);
    assert!(graph.resources().all(|resource| resource.region == Region::us_east_1()));
}

fn policy(graph: &Graph, address: &str) -> Vec<serde_json::Value> {
    let inputs = serde_json::json!(graph.get(&address.parse().unwrap()).unwrap().inputs);
    let known = |_: &ohinfra_core::Reference| Some(serde_json::json!("reference"));
    let resolved = ohinfra_core::inputs::resolve(&inputs, &known);
    let document: serde_json::Value = serde_json::from_str(resolved["document"].as_str().unwrap()).unwrap();
    document["Statement"].as_array().unwrap().clone()
}

fn statement<'a>(statements: &'a [serde_json::Value], sid: &str) -> &'a serde_json::Value {
    statements.iter().find(|statement| statement["Sid"] == sid).unwrap_or_else(|| panic!("no statement `{sid}`"))
}

#[test]
fn instance_and_sandboxes_can_invoke_the_allowed_and_default_models() {
    let models = "[models]\nallowed = [\"amazon.nova-*\", \"eu.anthropic.claude-*\"]\ndefault = \"bedrock/us.meta.llama4-scout-17b-instruct-v1:0\"\n";
    let graph = graph(models);
    for address in ["security/instance-policy", "security/sandbox-policy"] {
        let statements = policy(&graph, address);
        let resource = |sid: &str| statement(&statements, sid)["Resource"].clone();
        assert_eq!(resource("Models"), "arn:aws:bedrock:*::foundation-model/amazon.nova-*");
        let profiles = serde_json::json!([
            "arn:aws:bedrock:us-west-2:000000000000:inference-profile/eu.anthropic.claude-*",
            "arn:aws:bedrock:us-west-2:000000000000:inference-profile/us.meta.llama4-scout-17b-instruct-v1:0",
        ]);
        assert_eq!(resource("InferenceProfiles"), profiles);
        let behind = statement(&statements, "ModelsOfInferenceProfiles");
        assert_eq!(behind["Resource"][0], "arn:aws:bedrock:*::foundation-model/anthropic.claude-*");
        assert_eq!(behind["Condition"]["StringLike"]["bedrock:InferenceProfileArn"], profiles);
        let subscribe = statement(&statements, "SubscribeToModels");
        assert_eq!(subscribe["Condition"]["StringEquals"]["aws:CalledViaLast"], "bedrock.amazonaws.com");
    }
}

#[test]
fn the_policy_file_applies_only_with_aws_access() {
    let more = |access: bool| {
        let usual = "region = \"us-west-2\"\nvpc_id = \"vpc-0123456789abcdef0\"\nhosted_zone_id = \"Z1\"\ndomain_name = \"example.com\"\n";
        let file = Some(("ohinfra.toml".to_owned(), format!("{usual}[sandbox]\naws_access = {access}\n")));
        let (configuration, _) = Configuration::load(&Sources { file, ..Sources::default() }).unwrap();
        let listed =
            serde_json::json!({"Sid": "Listed", "Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"});
        let sandbox = SandboxPolicy { statements: vec![listed], ..SandboxPolicy::default() };
        let graph = build_graph(&configuration, &Environment::placeholder(&configuration), &sandbox).unwrap();
        policy(&graph, "security/sandbox-policy")
    };
    let sids = |statements: &[serde_json::Value]| -> Vec<String> {
        statements.iter().map(|statement| statement["Sid"].as_str().unwrap().to_owned()).collect()
    };
    let bedrock =
        ["Models", "InferenceProfiles", "ModelsOfInferenceProfiles", "SubscribeToModels", "DenySensitiveOperations"];
    assert_eq!(sids(&more(false)), bedrock);
    assert_eq!(sids(&more(true)), [bedrock.as_slice(), &["Listed"]].concat());
}

#[test]
fn the_instance_has_its_permissions_and_containers_cannot_reach_the_metadata_service() {
    let graph = graph("");
    let statements = policy(&graph, "security/instance-policy");
    assert_eq!(statement(&statements, "Secrets")["Resource"].as_array().unwrap().len(), 3);
    assert_eq!(statement(&statements, "ListModels")["Action"][1], "bedrock:ListInferenceProfiles");
    assert_eq!(statement(&statements, "Health")["Condition"]["StringEquals"]["cloudwatch:namespace"], "OpenHands");
    let inputs = |address: &str| serde_json::json!(graph.get(&address.parse().unwrap()).unwrap().inputs);
    assert_eq!(inputs("compute/launch-template")["hop_limit"], 1);
    assert_eq!(inputs("compute/target-app")["health_check"]["path"], "/api/health?scope=instance");
    let alarm = inputs("compute/alarm-health");
    assert_eq!([&alarm["metric_name"], &alarm["treat_missing_data"]], ["Healthy", "breaching"]);
}
