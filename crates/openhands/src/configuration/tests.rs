//! Tests of sources, keys, validation and messages.

use super::*;

const FILE: &str = "region = \"us-west-2\"\nvpc_id = \"vpc-0123456789abcdef0\"\nhosted_zone_id = \"Z0123456789\"\ndomain_name = \"example.com\"\n";

fn sources(text: &str) -> Sources {
    Sources { file: Some(("ohinfra.toml".to_owned(), text.to_owned())), ..Sources::default() }
}

fn load(text: &str) -> Configuration {
    Configuration::load(&sources(text)).unwrap().0
}

fn problems(text: &str) -> String {
    let problems = Configuration::load(&sources(text)).unwrap_err();
    let line = |p: &Diagnostic| p.help.as_ref().map_or_else(|| p.to_string(), |help| format!("{p} ({help})"));
    problems.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn precedence_is_flag_environment_file_default() {
    let mut sources = sources(FILE);
    let loaded = |sources: &Sources| Configuration::load(sources).unwrap().0;
    assert_eq!(loaded(&sources).site_name, "Openhands on AWS");
    sources.file = Some(("ohinfra.toml".to_owned(), format!("site_name = \"file\"\n{FILE}")));
    assert_eq!(loaded(&sources).site_name, "file");
    sources.environment = vec![
        ("OHINFRA_SITE_NAME".into(), "environment".into()),
        ("OHINFRA_MONITORING__LOG_RETENTION_DAYS".into(), "7".into()),
    ];
    assert_eq!((loaded(&sources).site_name.as_str(), loaded(&sources).log_retention_days), ("environment", 7));
    sources.sets = vec!["site_name=flag".into(), "network.endpoints.logs=false".into()];
    assert_eq!(loaded(&sources).site_name, "flag");
    assert!(!loaded(&sources).endpoints["logs"]);
}

#[test]
fn an_edge_inherits_unset_keys_from_the_top_level() {
    let one = load(FILE);
    assert_eq!((one.edges.len(), one.edges[0].full_domain()), (1, "openhands.example.com".to_owned()));
    let two = load(&format!(
        "{FILE}[[edge]]\nsuffix = \"a\"\n[[edge]]\nsuffix = \"b\"\nsub_domain = \"b\"\nhosted_zone_id = \"ZB\"\n"
    ));
    let domains: Vec<_> = two.edges.iter().map(|e| (e.full_domain(), e.hosted_zone_id.as_str())).collect();
    assert_eq!(domains, [("openhands.example.com".to_owned(), "Z0123456789"), ("b.example.com".to_owned(), "ZB")]);
}

#[test]
fn the_edge_suffix_of_the_cdk_project_is_lowercased() {
    let sources = Sources { contexts: vec!["edgeStackSuffix=Test".to_owned()], ..sources(FILE) };
    let configuration = Configuration::load(&sources).unwrap().0;
    assert_eq!(configuration.edges[0].suffix.as_deref(), Some("test"));
    assert_eq!(configuration.edges[0].domain_name, "example.com");
}

#[test]
fn the_stage_is_derived_from_the_domain_unless_set() {
    assert_eq!(load(FILE).stage, "production");
    assert_eq!(load(&FILE.replace("example.com", "test.example.com")).stage, "staging");
    assert_eq!(load(&format!("stage = \"staging\"\n{FILE}")).stage, "staging");
}

#[test]
fn a_list_can_be_a_toml_list_a_json_string_or_comma_separated() {
    for text in [
        "[\"a.example.com\", \"b.example.com\"]",
        "'[\"a.example.com\",\"b.example.com\"]'",
        "\"a.example.com, b.example.com\"",
    ] {
        let configuration = load(&format!("{FILE}[auth]\ncallback_domains = {text}\n"));
        assert_eq!(
            configuration.all["auth.callback_domains"],
            serde_json::json!(["a.example.com", "b.example.com"]),
            "{text}"
        );
    }
}

#[test]
fn every_problem_is_reported_with_its_place() {
    insta::assert_snapshot!(problems("vpc_id = \"vpc-1\"\nregion = 5\nsub_domain = \"UPPER\"\nname = \"x\"\n[monitoring]\nlog_retention_days = 31\nalarm_emails = [\"nobody\"]\n[tags]\n\"aws:x\" = \"y\"\n"), @r#"
    ohinfra.toml: `domain_name` is missing (the domain that users open, for example `domain_name = "example.com"`)
    ohinfra.toml: `hosted_zone_id` is missing (the Route 53 hosted zone of the domain, for example `hosted_zone_id = "Z0123456789ABCDEFGHIJ"`)
    ohinfra.toml:1:1: `vpc_id` is `vpc-1`, which is not a valid VPC ID (for example `vpc-0123456789abcdef0`)
    ohinfra.toml:2:1: `region` must be a string, not the number 5
    ohinfra.toml:3:1: `sub_domain` is `UPPER`, which is not a valid subdomain (lowercase letters, digits and hyphens)
    ohinfra.toml:4:1: `name` is `x`, which is not a deployment name (3 to 24 lowercase letters, digits and single hyphens, starting with a letter)
    ohinfra.toml:6:1: 31 is not a retention period that CloudWatch Logs supports (one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
    ohinfra.toml:7:1: `nobody` is not an email address (for example `ops@example.com`)
    ohinfra.toml:9:1: the tag `aws:x` is reserved (tags that start with `ohinfra:`, `aws:` or `rds:` are reserved; choose another name)
    "#);
}

#[test]
fn values_that_aws_rejects_are_reported_early() {
    let text = format!(
        "name = \"my-aws\"\nsite_name = \"Ours & theirs\"\nedge_runtime = \"python3.12\"\n{FILE}[auth]\ndomain_prefix_suffix = \
         \"cognito\"\n[compute]\ninstance_type = \"m7i.xlarge\"\n[user_config]\nruntime = \"python\"\n[database]\nmin_acu = \
         8.3\nmax_acu = 4\n"
    );
    insta::assert_snapshot!(problems(&text), @r#"
    ohinfra.toml:1:1: `name` is `my-aws`, which is not available: AWS reserves it (names must not start with `aws`, `ssm`, `sg-` or `internal-`, or contain the words `aws`, `amazon` or `cognito`)
    ohinfra.toml:2:1: `site_name` is `Ours & theirs`, which is not a valid site name (1 to 100 letters, digits, spaces and _+=,.@-)
    ohinfra.toml:3:1: `edge_runtime` is `python3.12`, which is not a Lambda Node.js runtime (for example `nodejs24.x`)
    ohinfra.toml:9:1: `auth.domain_prefix_suffix` is `cognito`, which is not a valid domain prefix suffix (at most 25 lowercase letters, digits and hyphens, without the words `aws`, `amazon` and `cognito`)
    ohinfra.toml:11:1: `compute.instance_type` is `m7i.xlarge`, which is not an arm64 (Graviton) instance type (for example `m7g.xlarge`; the machine image and the containers are built for arm64)
    ohinfra.toml:13:1: `user_config.runtime` is `python`, which is not a Lambda Python runtime (for example `python3.14`)
    ohinfra.toml:15:1: 8.3 is not a valid Aurora capacity (a multiple of 0.5 ACU, for example `0.5`)
    ohinfra.toml:15:1: `min_acu` (8.3) exceeds `max_acu` (4) (lower `min_acu` or raise `max_acu` in [database])
    "#);
}

#[test]
fn tags_that_a_service_of_aws_rejects_are_reported() {
    let long = "x".repeat(129);
    let text = format!(
        "{FILE}[tags]\n\"AWS:x\" = \"y\"\n\"rds:x\" = \"y\"\n\"a*b\" = \"y\"\n\"\" = \"y\"\n{long} = \"y\"\nowner = \"a#b\"\n\
         origin = \"aws:x\"\nproject = \"y\"\nTeam = \"y\"\nteam = \"y\"\n"
    );
    insta::assert_snapshot!(problems(&text), @"
    ohinfra.toml:6:1: the tag `AWS:x` is reserved (tags that start with `ohinfra:`, `aws:` or `rds:` are reserved; choose another name)
    ohinfra.toml:7:1: the tag `rds:x` is reserved (tags that start with `ohinfra:`, `aws:` or `rds:` are reserved; choose another name)
    ohinfra.toml:8:1: `a*b` is not a valid tag key (1 to 128 letters, numbers, spaces and _.:/=+-@)
    ohinfra.toml:9:1: `` is not a valid tag key (1 to 128 letters, numbers, spaces and _.:/=+-@)
    ohinfra.toml:10:1: `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx` is not a valid tag key (1 to 128 letters, numbers, spaces and _.:/=+-@)
    ohinfra.toml:11:1: `a#b`, the value of the tag `owner`, is not a valid tag value (at most 256 letters, numbers, spaces and _.:/=+-@; not starting with `aws:` or `rds:`)
    ohinfra.toml:12:1: `aws:x`, the value of the tag `origin`, is not a valid tag value (at most 256 letters, numbers, spaces and _.:/=+-@; not starting with `aws:` or `rds:`)
    ohinfra.toml:13:1: the tags `project` and `Project` differ only in case (write `Project`, or choose another name)
    ohinfra.toml:14:1: the tags `Team` and `team` differ only in case (write `team`, or choose another name)
    ohinfra.toml:15:1: the tags `team` and `Team` differ only in case (write `Team`, or choose another name)
    ");
    load(&format!("{FILE}[tags]\nProject = \"y\"\n\"Kostenstelle: Größe_1/2=3+4-5@6.\" = \"\"\n"));
    let many: String = (1..=41).map(|n| format!("t{n} = \"\"\n")).collect();
    insta::assert_snapshot!(problems(&format!("{FILE}[tags]\n{many}")), @"ohinfra.toml: [tags] has 41 tags (at most 40: AWS allows 50 per resource, including those of ohinfra)");
}

#[test]
fn every_default_tag_is_known_to_the_validator() {
    let tags = crate::stacks::default_tags(&load(FILE));
    assert_eq!(tags.keys().map(String::as_str).collect::<Vec<_>>(), super::tags::OWN);
}

#[test]
fn domains_that_cognito_or_acm_rejects_are_reported() {
    let long = "a".repeat(53);
    let text = format!(
        "vpc_id = \"vpc-0123456789abcdef0\"\nhosted_zone_id = \"Z1\"\ndomain_name = \"example.com\"\nsub_domain = \"{long}\"\n[auth]\n\
         callback_domains = [\"https://example.com\", \"*.example.com\", \"chat.example.com\"]\n"
    );
    insta::assert_snapshot!(problems(&text), @"
    ohinfra.toml:4:1: `aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example.com` has 65 characters (at most 64, the limit of a certificate; choose a shorter `sub_domain`)
    ohinfra.toml:6:1: `*.example.com` is not a valid domain (a host name without `https://`, for example `chat.example.com`)
    ohinfra.toml:6:1: `https://example.com` is not a valid domain (a host name without `https://`, for example `chat.example.com`)
    ");
}

#[test]
fn invalid_versions_models_and_digests_are_rejected_with_an_example() {
    let text = format!(
        "{FILE}[compute]\nopenhands_version = \"1.2.1\"\n[models]\ndefault = \"anthropic.claude-*\"\nallowed = [\"eu.anthropic.*\", \
         \"a b\"]\n[images]\nopenhands_digest = \"sha256:1\"\n[sandbox]\nmemory_mb = 1\ncpus = 0\n"
    );
    insta::assert_snapshot!(problems(&text), @"
    ohinfra.toml:6:1: `compute.openhands_version` is `1.2.1`, which is not a supported OpenHands version (one of the supported versions: `1.11.0` or `1.7.0`)
    ohinfra.toml:8:1: `models.default` is `anthropic.claude-*`, which is not a Bedrock model (`bedrock/` followed by a model or inference profile ID, for example `bedrock/us.anthropic.claude-sonnet-4-6`)
    ohinfra.toml:9:1: `a b` is not a valid model ID pattern (a model or inference profile ID, where `*` matches any characters, for example `anthropic.claude-*`)
    ohinfra.toml:11:1: `images.openhands_digest` is `sha256:1`, which is not an image digest (`sha256:` followed by 64 hexadecimal digits)
    ohinfra.toml:13:1: `sandbox.memory_mb` must be an integer from 512 to 1048576, not the number 1
    ohinfra.toml:14:1: `sandbox.cpus` must be a number from 0.1 to 256, not the number 0
    ");
}

#[test]
fn removed_keys_are_rejected_with_their_replacement() {
    let text = format!("{FILE}[compute]\nllm_model = \"bedrock/x\"\nwatchtower = true\nruntime_version = \"1\"\n");
    insta::assert_snapshot!(problems(&text), @"
    ohinfra.toml:6:1: the key `compute.llm_model` was removed (use `models.default`)
    ohinfra.toml:7:1: the key `compute.watchtower` was removed (remove it, or use `compute.auto_update`)
    ohinfra.toml:8:1: the key `compute.runtime_version` was removed (remove it: the agent server's image follows from `compute.openhands_version`)
    ");
}

#[test]
fn the_model_id_excludes_the_litellm_api() {
    for name in ["bedrock/us.anthropic.claude-x", "bedrock/converse/us.anthropic.claude-x"] {
        let configuration = load(&format!("{FILE}[models]\ndefault = \"{name}\"\n"));
        assert_eq!(configuration.default_model_id().as_deref(), Some("us.anthropic.claude-x"));
        assert_eq!(configuration.default_model(), name);
    }
}

#[test]
fn the_default_model_is_always_allowed() {
    let allowed = |more: &str| load(&format!("{FILE}{more}")).allowed_models();
    assert_eq!(allowed(""), ["anthropic.claude-*", "*.anthropic.claude-*"]);
    let other = "[models]\ndefault = \"bedrock/us.meta.llama4\"\nallowed = [\"amazon.nova-*\"]\n";
    assert_eq!(allowed(other), ["amazon.nova-*", "us.meta.llama4"]);
    for (pattern, text, fits) in [
        ("a.*", "a.b", true),
        ("*.a", "b.a", true),
        ("*.a-*", "us.a-1", true),
        ("a*a", "a", false),
        ("*b*", "abc", true),
        ("a.b", "a.bc", false),
        ("*", "", true),
    ] {
        assert_eq!(validators::fits_pattern(pattern, text), fits, "{pattern} {text}");
    }
}

#[test]
fn names_buckets_and_instance_types_follow_the_rules_of_aws() {
    for name in ["openhands", "my-awesome-agents", "internals", "team-a2"] {
        assert!(is_name(name) && !is_reserved(name), "{name}");
    }
    for name in ["aws-agents", "ssm-agents", "sg-agents", "internal", "internal-agents", "my-cognito", "amazon-agents"]
    {
        assert!(is_reserved(name), "{name}");
    }
    assert!(!is_name("two--dashes"), "RDS rejects consecutive hyphens");
    for arm in ["m7g.xlarge", "c6gn.large", "im4gn.large", "a1.large", "t4g.medium", "g5g.xlarge"] {
        assert!(is_arm64_instance(arm), "{arm}");
    }
    for bucket in ["10.0.0.1", "sthree-agents", "data-s3alias", "two..dots"] {
        assert!(!is_bucket(bucket), "{bucket}");
    }
    assert!(is_bucket("agents-data.example.com"));
    for other in ["m7i.xlarge", "g5.xlarge", "g4dn.xlarge", "m7g", "m7g.", "mac2.metal", "x2iedn.large", ""] {
        assert!(!is_arm64_instance(other), "{other}");
    }
}

#[test]
fn invalid_toml_is_reported_with_line_and_column() {
    insta::assert_snapshot!(problems("region = \"us-west-2\nvpc_id = [\n"), @r#"
    ohinfra.toml:1:20: invalid basic string, expected `"`
    ohinfra.toml:2:11: unclosed array, expected `]`
    "#);
}

#[test]
fn duplicate_edge_suffixes_are_rejected() {
    insta::assert_snapshot!(problems(&format!("{FILE}[[edge]]\nsuffix = \"a\"\n[[edge]]\nsuffix = \"a\"\n")), @"ohinfra.toml:8:1: two edges have the suffix `a` (give each `[[edge]]` a unique `suffix`)");
}

#[test]
fn confusing_tables_and_values_is_reported() {
    insta::assert_snapshot!(problems(&format!("monitoring = 5\nedge = \"x\"\n{FILE}[site_name]\nx = 1\n")), @"
    ohinfra.toml:1:1: `monitoring` is a table, not a value (write it as `[monitoring]`)
    ohinfra.toml:2:1: `edge` is a table, not a value (write it as `[[edge]]`)
    ohinfra.toml:7:2: `site_name` must be a string, not a table
    ");
}

#[test]
fn the_digest_changes_with_every_value_and_with_the_policy() {
    let one = load(FILE);
    assert_eq!(one.digest(""), load(FILE).digest(""));
    assert_ne!(one.digest(""), one.digest("policy"));
    assert_ne!(one.digest(""), load(&format!("{FILE}[compute]\ninstance_type = \"m7g.2xlarge\"\n")).digest(""));
}

#[test]
fn every_default_is_valid_json() {
    for key in keys::KEYS.iter().filter(|key| !key.default.is_empty()) {
        assert!(keys::default(key.path).is_some(), "{}", key.path);
    }
    assert!(keys::KEYS.iter().all(|key| key.help.ends_with('.')));
}

#[test]
fn a_deployment_with_a_backend_has_a_different_name_and_no_network() {
    let domain = "hosted_zone_id = \"Z0123456789\"\ndomain_name = \"example.com\"\n";
    insta::assert_snapshot!(problems(&format!("{domain}vpc_id = \"vpc-0123456789abcdef0\"\n[backend]\nregion = \"us-west-2\"\n")), @"
    ohinfra.toml:3:1: `vpc_id` cannot be combined with `[backend]` (remove `vpc_id`: the instance runs in the network of the backend)
    ohinfra.toml:5:1: this deployment and its backend have the same name, `openhands` (choose a different `name`: each deployment has a separate state)
    ");
    insta::assert_snapshot!(problems(&format!("{domain}name = \"team\"\n[backend]\nname = \"openhands\"\n")), @"ohinfra.toml:5:1: `backend.region` is missing (the main region of the backend)");
    insta::assert_snapshot!(problems(&format!("{domain}name = \"team\"\n[backend]\nregion = \"here\"\n")), @"ohinfra.toml:5:1: `backend.region` is `here`, which is not a valid region (for example `us-west-2`)");
}

const SAML: &str = "[auth.saml]\nname = \"Example-SAML\"\nmetadata_url = \"https://sso.example.com/metadata\"\n";
const OIDC: &str = "[auth.oidc]\nname = \"Example-OIDC\"\nissuer = \"https://sso.example.com/oauth2\"\nclient_id = \"a\"\nclient_secret_name = \"sso/a\"\n";

#[test]
fn login_attribute_mappings_have_defaults_that_the_file_overrides() {
    let login = load(FILE).login;
    assert_eq!(login, Login { local: true, saml: None, oidc: None });
    let more = "[auth.saml.attributes]\nemail = \"mail\"\nname = \"cn\"\n[auth.oidc.attributes]\nemail = \"upn\"\n";
    let login = load(&format!("{FILE}{SAML}{OIDC}{more}")).login;
    let (saml, oidc) = (login.saml.unwrap(), login.oidc.unwrap());
    let pairs = |map: &std::collections::BTreeMap<String, String>| {
        map.iter().map(|(name, of)| format!("{name}={of}")).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(pairs(&saml.attributes), "email=mail name=cn");
    assert_eq!(pairs(&oidc.attributes), "email=upn email_verified=email_verified username=sub");
    assert_eq!(oidc.scopes, ["openid", "email", "profile"]);
    let login = load(&format!("{FILE}{SAML}")).login.saml.unwrap();
    assert_eq!(pairs(&login.attributes), "email=http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress");
}

#[test]
fn invalid_or_open_login_providers_are_rejected() {
    insta::assert_snapshot!(problems(&format!("{FILE}[auth]\nlocal_login = false\n")), @"ohinfra.toml:6:1: `auth.local_login` is `false` and no other login method is configured (configure [auth.saml] or [auth.oidc], or enable local login)");
    assert!(problems(&format!("{FILE}[auth.saml]\n")).contains("`auth.saml.name` is missing"));
    for (from, to, message) in [
        ("Example-SAML", "a", "is `a`, which is not a valid identity provider name"),
        ("Example-SAML", "Google", "is `Google`, which is not a valid identity provider name"),
        ("Example-SAML", "My Company", "is `My Company`, which is not a valid identity provider name"),
        ("Example-SAML", "example-oidc", "have the same name, `Example-OIDC`"),
        ("https://sso.example.com/metadata", "http://sso.example.com/metadata", "which is not an HTTPS URL"),
        ("metadata_url = \"https://sso.example.com/metadata\"", "", "`auth.saml.metadata_url` is missing"),
        ("metadata_url", "metadata_file = \"a.xml\"\nmetadata_url", "are both set"),
        ("https://sso.example.com/oauth2", "https://sso.example.com/", "which is not a valid issuer"),
        ("https://sso.example.com/oauth2", "https://accounts.google.com", "accepts every account"),
        ("https://sso.example.com/oauth2", "https://login.microsoftonline.com/common/v2.0", "accepts every account"),
        ("client_id = \"a\"", "client_id = \"\"", "`auth.oidc.client_id` is empty"),
        ("sso/a", "sso a", "which is not a valid secret name"),
        ("client_secret_name", "client_secret", "unknown key `auth.oidc.client_secret`"),
        ("client_id", "scopes = [\"email\"]\nclient_id", "must include `openid`"),
        ("client_id", "attributes = { username = \"a\" }\nclient_id", "`username` is not a mappable user attribute"),
        ("client_id", "attributes = { email = \"\" }\nclient_id", "mapping of the attribute `email` is empty"),
    ] {
        let text = format!("{FILE}{SAML}{OIDC}");
        assert!(text.contains(from), "{from}");
        let problems = problems(&text.replacen(from, to, 1));
        assert!(problems.contains(message), "{to}: {problems}");
    }
}

#[test]
fn edge_log_regions_default_to_all_and_can_be_limited() {
    assert_eq!(load(FILE).edge_log_regions(), ohinfra_kinds::logs::REPLICA_REGIONS);
    let some = load(&format!("{FILE}[monitoring]\nedge_log_regions = [\"eu-west-1\"]\n"));
    assert_eq!(some.edge_log_regions(), ["eu-west-1"]);
    let refused = problems(&format!("{FILE}[monitoring]\nedge_log_regions = [\"eu-north-1\"]\n"));
    assert!(refused.contains("Lambda@Edge functions do not log in `eu-north-1`"), "{refused}");
}
