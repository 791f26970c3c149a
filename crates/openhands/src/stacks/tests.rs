//! The graph of a deployment.

use ohinfra_core::Region;
use ohinfra_plan::Graph;

use super::build_graph;
use crate::configuration::{Configuration, Sources};
use crate::environment::Environment;
use crate::sandbox_policy::SandboxPolicy;

fn graph(more: &str) -> Graph {
    let usual = "region = \"us-west-2\"\nvpc_id = \"vpc-0123456789abcdef0\"\nhosted_zone_id = \"Z1\"\ndomain_name = \"example.com\"\n";
    let file = Some(("ohinfra.toml".to_owned(), format!("{usual}{more}")));
    let configuration = Configuration::load(&Sources { file, ..Sources::default() }).unwrap().0;
    build_graph(&configuration, &Environment::placeholder(&configuration), &SandboxPolicy::default()).unwrap()
}

#[test]
fn the_graph_has_every_resource_and_what_each_needs() {
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
fn every_taggable_resource_carries_the_deployments_and_the_owners_tags() {
    let graph = graph("[tags]\nTeam = \"platform\"\nPurpose = \"other\"\n");
    for resource in graph.resources().filter(|r| graph.schema(r.kind).unwrap().taggable) {
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
fn images_of_ones_own_are_pushed_before_an_instance_is_told_of_them() {
    let graph = graph("[images]\nsource = \"build\"\n");
    let needs = |address: &str| {
        let resource = graph.get(&address.parse().unwrap()).unwrap();
        resource.needs.keys().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(needs("compute/image-openhands"), ["compute/repository-openhands"]);
    assert!(needs("compute/boot-bundle").contains(&"compute/image-openhands".to_owned()));
    assert!(needs("compute/launch-template").contains(&"compute/image-runtime".to_owned()));
    let policy = serde_json::json!(graph.get(&"security/instance-policy".parse().unwrap()).unwrap().inputs).to_string();
    assert!(policy.contains("arn:aws:ecr:us-west-2:000000000000:repository/openhands/runtime"), "{policy}");
    let bundle = serde_json::json!(graph.get(&"compute/boot-bundle".parse().unwrap()).unwrap().inputs).to_string();
    assert!(bundle.contains("\\\"watchtower\\\":false"), "an image of one's own keeps its tag: {bundle}");
}

#[test]
fn what_is_switched_off_is_not_there() {
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
fn no_group_lets_everybody_in_and_no_statement_allows_everything() {
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
fn two_deployments_share_no_name() {
    let names = |graph: &Graph| -> std::collections::BTreeSet<String> {
        let named = graph.resources().filter_map(|resource| {
            let schema = graph.schema(resource.kind)?;
            let name = schema.natural_name.last()?;
            let text = resource.inputs.get(*name)?.as_str()?;
            Some(format!("{} {text}", resource.kind))
        });
        // These are named within something that has a name of its own, or by the user's domain.
        let within = ["iam.role_policy", "backup.selection", "efs.mount_target", "lambda.permission", "route53.record"];
        named.filter(|name| !within.iter().any(|kind| name.starts_with(kind))).collect()
    };
    let (one, other) = (names(&graph("")), names(&graph("name = \"second\"\n")));
    assert!(one.len() > 10);
    assert_eq!(one.intersection(&other).count(), 0, "{:?}", one.intersection(&other).collect::<Vec<_>>());
}

#[test]
fn in_front_of_another_deployment_there_are_only_login_and_domains() {
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
