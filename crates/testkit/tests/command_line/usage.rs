//! Usage errors and unknown names.

use ohinfra_testkit::lookups;
use serde_json::json;

use super::Place;

#[test]
fn a_usage_error_exits_with_1_because_2_means_changes() {
    let place = Place::new();
    assert!(place.fail(&["plan", "--no-such-flag"]).contains("unexpected argument '--no-such-flag'"));
    assert!(place.fail(&["aply"]).contains("a similar subcommand exists: 'apply'"));
    assert!(place.succeed(&["--version"]).starts_with("ohinfra "));
    assert!(place.succeed(&["completions", "bash"]).contains("_ohinfra"));
}

#[test]
fn unknown_names_are_reported_with_the_known_ones() {
    let place = Place::new();
    insta::assert_snapshot!(place.fail(&["plan", "--stack", "databse", "--target", "network/nothing"]), @"
    error: --stack: unknown stack `databse`
      help: stacks: auth, compute, database, edge, monitoring, network, security, user-config
    error: --target: unknown resource `network/nothing`
      help: run `ohinfra graph` to list all addresses
    ");
    insta::assert_snapshot!(place.fail(&["plan", "--replace", "network/nothing"]), @"
    error: --replace: no resource `network/nothing` in the configuration
      help: run `ohinfra graph` to list the addresses
    ");
    insta::assert_snapshot!(place.fail(&["state", "show", "network/endpoint-sg"]), @"
    error: `network/endpoint-sg` is not in the state
      help: run `ohinfra state list` to list the resources
    ");
}

#[test]
fn names_of_the_cdk_project_are_accepted_with_a_warning() {
    let place = Place::new();
    std::fs::remove_file(place.path().join("ohinfra.toml")).unwrap();
    insta::assert_snapshot!(place.fail(&["validate"]), @r#"
    error: configuration: `domain_name` is missing
      help: the domain that users open, for example `domain_name = "example.com"`
    error: configuration: `hosted_zone_id` is missing
      help: the Route 53 hosted zone of the domain, for example `hosted_zone_id = "Z0123456789ABCDEFGHIJ"`
    error: configuration: `vpc_id` is missing
      help: the VPC that OpenHands runs in, for example `vpc_id = "vpc-0123456789abcdef0"`
    "#);
    let contexts = ["vpcId=vpc-0123456789abcdef0", "hostedZoneId=Z0123456789ABCDEFGHIJ", "domainName=example.com"];
    let mut arguments = vec!["validate"];
    arguments.extend(contexts.iter().flat_map(|context| ["--context", context]));
    let ended = place.run(&arguments);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    insta::assert_snapshot!(ended.stderr, @"
    warning: `--context vpcId=…` sets the key `vpc_id`; set it in the configuration file instead
    warning: `--context hostedZoneId=…` sets the key `hosted_zone_id`; set it in the configuration file instead
    warning: `--context domainName=…` sets the key `domain_name`; set it in the configuration file instead
    ");
}

#[test]
fn expired_credentials_are_reported_once_with_a_remedy() {
    let place = Place::new();
    let mut answers = lookups::usual();
    for name in ["sts.caller_identity", "ec2.vpc", "ec2.vpc_network"] {
        answers[name] = json!({ "error": "credentials" });
    }
    place.write("cloud.look-ups", &answers.to_string());
    insta::assert_snapshot!(place.fail(&["plan"]), @"
    error: sts:GetCallerIdentity: ExpiredToken: the token has expired
      help: log in again (for example `aws sso login`), or select a profile with AWS_PROFILE; check with `aws sts get-caller-identity`
    ");
}
