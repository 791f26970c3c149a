//! The environment of a deployment: lookups of existing resources and the validation of their results.

mod aurora;
mod base_images;

use std::collections::BTreeMap;

use ohinfra_core::Region;
use ohinfra_core::diagnostic::Diagnostic;
use ohinfra_core::lookup::{Lookup, Request};
use ohinfra_core::tags::{self, Tags};
use ohinfra_kinds::backup::OptedIn;
use ohinfra_kinds::ec2::lookups::{DefaultRoute, RouteTable, Subnet};
use ohinfra_kinds::ec2::{PrefixList, Vpc, VpcDetails, VpcEndpoints, VpcNetwork, VpcNetworkDetails};
use ohinfra_kinds::ecr::Buildx;
use ohinfra_kinds::rds::EngineVersions;
use ohinfra_kinds::route53::HostedZone;
use ohinfra_kinds::secretsmanager::SecretDescription;
use ohinfra_kinds::ssm::PublishedParameter;
use ohinfra_kinds::sts::CallerIdentity;
use serde_json::Value;

use crate::configuration::{Backend, Configuration, Host};
use crate::names::{ALB_DNS_NAME, Names, ORIGIN_VERIFY_SECRET};
use crate::payload::images::Digests;

/// The prefix list of the IP addresses that CloudFront uses for origin requests.
const CLOUDFRONT_PREFIX_LIST: &str = "com.amazonaws.global.cloudfront.origin-facing";

/// The public SSM parameter with the ID of the newest Amazon Linux 2023 image for arm64.
const IMAGE_PARAMETER: &str = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-arm64";
/// The name of the pin of the machine image.
const IMAGE_PIN: &str = "machine_image";
/// The name of the pin of the Aurora version.
const AURORA_PIN: &str = "aurora_version";

/// Pinned versions, and permission to upgrade them.
#[derive(Clone, Debug, Default)]
pub struct Pins {
    /// Pinned values in the state, by name.
    pub known: BTreeMap<String, Value>,
    /// The engine version of the live cluster; `None` if there is no cluster.
    pub cluster_version: Option<String>,
    /// `true` with `--upgrade`.
    pub upgrade: bool,
}

impl Pins {
    fn get(&self, name: &str) -> Option<String> {
        self.known.get(name).filter(|_| !self.upgrade).and_then(Value::as_str).map(str::to_owned)
    }
}

/// Existing resources and values that the stacks use.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    /// Resource names in this account.
    pub names: Names,
    /// `aws`, `aws-us-gov` or `aws-cn`.
    pub partition: String,
    /// The ID of the VPC.
    pub vpc_id: String,
    /// The CIDR block of the VPC.
    pub vpc_cidr: String,
    /// IDs of private subnets with a route to a NAT gateway, one per zone.
    pub private_subnets: Vec<String>,
    /// Availability zones of the private subnets, in the same order.
    pub private_zones: Vec<String>,
    /// IDs of public subnets, one per zone.
    pub public_subnets: Vec<String>,
    /// IDs of the route tables of these subnets, without duplicates.
    pub route_tables: Vec<String>,
    /// The ID of an existing S3 gateway endpoint that is not managed by this deployment.
    pub foreign_s3_endpoint: Option<String>,
    /// The ID of the CloudFront prefix list.
    pub cloudfront_prefix_list: String,
    /// The ARN of an existing sandbox secret that is not managed by this deployment; `None` if the deployment manages it.
    pub foreign_sandbox_secret: Option<String>,
    /// The client secret of the OpenID Connect provider, if configured.
    pub oidc_client_secret: Option<ClientSecret>,
    /// The machine image ID of the instance.
    pub image_id: String,
    /// The Aurora PostgreSQL engine version.
    pub aurora_version: String,
    /// Digests of the base images, by `repository:tag`.
    pub base_images: Digests,
    /// Exported values of the backend deployment, if configured. Values of a VPC are then empty.
    pub exported: Option<Exported>,
    /// Pins to store in the state. They prevent, for example, instance replacement when AWS publishes a newer machine image.
    pub pins: BTreeMap<String, Value>,
}

/// An existing secret, used in its current version and not managed by this deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// The ARN of the secret.
    pub arn: String,
    /// The ID of the current version.
    pub version: String,
}

/// Values that a backend deployment exports for domains in other deployments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// The DNS name of the load balancer.
    pub alb_dns_name: String,
    /// The ARN of the SSM parameter with the header value that authenticates CloudFront to the load balancer.
    pub header_secret_arn: String,
    /// The version of this parameter.
    pub header_secret_version: String,
}

/// Returns all lookups of a plan. They are independent and can run concurrently. A destroy skips lookups that only creation needs.
pub fn lookups(configuration: &Configuration, pins: &Pins, is_destroy: bool) -> Vec<Request> {
    let main = &configuration.region;
    let virginia = Region::us_east_1();
    // The caller identity comes first, so that credential errors are reported for it.
    let mut requests = vec![Request::new::<CallerIdentity>(main, &())];
    match &configuration.host {
        Host::Backend(backend) => requests.extend(
            [ALB_DNS_NAME, ORIGIN_VERIFY_SECRET]
                .map(|name| Request::new::<PublishedParameter>(&virginia, &exported_name(backend, name))),
        ),
        Host::Vpc(vpc_id) => {
            requests.extend(instance_lookups(configuration, vpc_id));
            if configuration.builds_images() && !is_destroy {
                requests.push(Request::new::<Buildx>(main, &()));
                requests.extend(base_images::questions(configuration, pins));
            }
        }
    }
    if let Some(oidc) = configuration.auth.oidc.as_ref().filter(|_| !is_destroy) {
        requests.push(Request::new::<SecretDescription>(main, &oidc.client_secret_name));
    }
    let zones: std::collections::BTreeSet<&String> =
        configuration.edges.iter().map(|edge| &edge.hosted_zone_id).collect();
    requests.extend(zones.into_iter().map(|zone| Request::new::<HostedZone>(&virginia, zone)));
    requests
}

fn exported_name(backend: &Backend, name: &str) -> String {
    Names::export(&backend.name, backend.region.as_str(), name)
}

/// Returns the lookups of a deployment with an instance, which is every deployment without `[backend]`.
fn instance_lookups(configuration: &Configuration, vpc_id: &String) -> Vec<Request> {
    let main = &configuration.region;
    vec![
        Request::new::<Vpc>(main, vpc_id),
        Request::new::<VpcNetwork>(main, vpc_id),
        Request::new::<VpcEndpoints>(main, vpc_id),
        Request::new::<PrefixList>(main, &CLOUDFRONT_PREFIX_LIST.to_owned()),
        Request::new::<SecretDescription>(main, &configuration.sandbox_secret_name()),
        Request::new::<PublishedParameter>(main, &IMAGE_PARAMETER.to_owned()),
        Request::new::<EngineVersions>(main, &aurora::question(configuration)),
        Request::new::<OptedIn>(main, &()),
    ]
}

/// Results of lookups, found by lookup type and question.
struct Answers<'a>(&'a [(Request, Value)]);

impl Answers<'_> {
    fn get<L: Lookup>(&self, question: &L::Question) -> Option<L::Answer> {
        let question = serde_json::to_value(question).ok()?;
        let (_, answer) = self.0.iter().find(|(request, _)| request.name == L::NAME && request.question == question)?;
        serde_json::from_value(answer.clone()).ok()
    }
}

impl Environment {
    /// Returns an environment of placeholder values, to build the graph of a configuration without AWS access.
    pub fn placeholder(configuration: &Configuration) -> Self {
        let two = |noun: &str| (1..=2).map(|n| format!("{noun}-{n:08}")).collect();
        Self {
            names: Names::new(configuration, "000000000000"),
            partition: "aws".to_owned(),
            vpc_id: match &configuration.host {
                Host::Vpc(vpc_id) => vpc_id.clone(),
                Host::Backend(_) => String::new(),
            },
            vpc_cidr: "10.0.0.0/16".to_owned(),
            private_subnets: two("subnet-private"),
            public_subnets: two("subnet-public"),
            route_tables: two("rtb"),
            foreign_s3_endpoint: None,
            cloudfront_prefix_list: "pl-00000000".to_owned(),
            foreign_sandbox_secret: None,
            oidc_client_secret: configuration.auth.oidc.as_ref().map(|oidc| ClientSecret {
                arn: format!(
                    "arn:aws:secretsmanager:{}:000000000000:secret:{}",
                    configuration.region, oidc.client_secret_name
                ),
                version: "1".to_owned(),
            }),
            private_zones: ["a", "b"].map(|zone| format!("{}{zone}", configuration.region)).into(),
            image_id: "ami-00000000".to_owned(),
            aurora_version: configuration.database.engine_version.clone(),
            base_images: Digests::new(),
            exported: match &configuration.host {
                Host::Vpc(_) => None,
                Host::Backend(backend) => Some(Exported {
                    alb_dns_name: format!("{}.{}.elb.amazonaws.com", backend.name, backend.region),
                    header_secret_arn: format!("arn:aws:ssm:us-east-1:000000000000:parameter/{}", backend.name),
                    header_secret_version: "1".to_owned(),
                }),
            },
            pins: BTreeMap::new(),
        }
    }

    /// Returns the ARN of an AWS managed policy.
    pub(crate) fn managed_policy(&self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.partition)
    }

    /// Validates lookup results. Returns the environment and warnings, or all errors.
    pub fn new(
        configuration: &Configuration,
        answers: &[(Request, Value)],
        pins: &Pins,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let answers = Answers(answers);
        let mut problems = Vec::new();
        let caller = answers.get::<CallerIdentity>(&());
        let account = caller.as_ref().map(|caller| caller.account.clone()).unwrap_or_default();
        let partition = caller.map_or_else(|| "aws".to_owned(), |caller| caller.partition().to_owned());
        check_zones(configuration, &answers, &mut problems);
        let oidc_client_secret = check_client_secret(configuration, &answers, &mut problems);
        let vpc_id = match &configuration.host {
            Host::Vpc(vpc_id) => vpc_id,
            Host::Backend(backend) => {
                let exported = check_backend(backend, &answers, &mut problems);
                let names = Names::new(configuration, &account);
                let warnings = warnings(problems)?;
                return Ok((Self { names, partition, oidc_client_secret, exported, ..Self::default() }, warnings));
            }
        };
        let vpc = answers.get::<Vpc>(vpc_id).flatten();
        let vpc = check_vpc(vpc_id, &configuration.region, vpc, &mut problems);
        let network = answers.get::<VpcNetwork>(vpc_id).unwrap_or_default();
        let subnets = match &vpc {
            Some(_) => choose_subnets(vpc_id, &network, &mut problems),
            None => ChosenSubnets::default(),
        };
        let prefix_list = answers.get::<PrefixList>(&CLOUDFRONT_PREFIX_LIST.to_owned()).flatten();
        if prefix_list.is_none() {
            problems.push(
                Diagnostic::error(
                    "lookup",
                    format!("prefix list `{CLOUDFRONT_PREFIX_LIST}` not found in {}", configuration.region),
                )
                .help("the CloudFront prefix list exists in every commercial region; check `region`"),
            );
        }
        let foreign_s3_endpoint = check_endpoints(configuration, vpc_id, &answers, &mut problems);
        let foreign_sandbox_secret = check_sandbox_secret(configuration, &answers, &mut problems);
        let has_docker = check_docker(&answers, &mut problems);
        let base_images =
            if has_docker { base_images::choose(configuration, &answers, pins, &mut problems) } else { Digests::new() };
        let image_id = choose_image(configuration, &answers, pins, &mut problems);
        let aurora_version = aurora::choose(configuration, &answers, pins, &mut problems);
        check_backups(&answers, &mut problems);
        let warnings = warnings(problems)?;
        let environment = Self {
            names: Names::new(configuration, &account),
            partition,
            vpc_id: vpc_id.clone(),
            vpc_cidr: vpc.map(|vpc| vpc.cidr).unwrap_or_default(),
            private_subnets: subnets.private,
            public_subnets: subnets.public,
            route_tables: subnets.route_tables,
            foreign_s3_endpoint,
            cloudfront_prefix_list: prefix_list.unwrap_or_default(),
            foreign_sandbox_secret,
            oidc_client_secret,
            private_zones: subnets.private_zones,
            exported: None,
            pins: [
                (IMAGE_PIN.to_owned(), Value::from(image_id.as_str())),
                (AURORA_PIN.to_owned(), Value::from(aurora_version.as_str())),
            ]
            .into_iter()
            .chain(base_images.iter().map(|(image, digest)| (base_images::pin(image), Value::from(digest.as_str()))))
            .collect(),
            base_images,
            image_id,
            aurora_version,
        };
        Ok((environment, warnings))
    }
}

/// Returns the warnings, or the errors if there are any.
fn warnings(problems: Vec<Diagnostic>) -> Result<Vec<Diagnostic>, Vec<Diagnostic>> {
    let (errors, warnings): (Vec<_>, Vec<_>) = problems.into_iter().partition(Diagnostic::is_error);
    if errors.is_empty() { Ok(warnings) } else { Err(errors) }
}

/// Returns the exported values of the backend, or reports the missing ones.
fn check_backend(backend: &Backend, answers: &Answers<'_>, problems: &mut Vec<Diagnostic>) -> Option<Exported> {
    let [dns, header] = [ALB_DNS_NAME, ORIGIN_VERIFY_SECRET].map(|name| {
        let name = exported_name(backend, name);
        let found = answers.get::<PublishedParameter>(&name).flatten();
        if found.is_none() {
            let message = format!("SSM parameter `{name}`, exported by the backend, not found in us-east-1");
            let help =
                "apply the backend first; check `region` and `name` in [backend], and the account of your credentials";
            problems.push(Diagnostic::error("backend", message).help(help));
        }
        found
    });
    let (dns, header) = (dns?, header?);
    Some(Exported {
        alb_dns_name: dns.value.unwrap_or_default(),
        header_secret_arn: header.arn,
        header_secret_version: header.version.to_string(),
    })
}

fn check_vpc(id: &str, region: &Region, vpc: Option<VpcDetails>, problems: &mut Vec<Diagnostic>) -> Option<VpcDetails> {
    let Some(vpc) = vpc else {
        problems.push(
            Diagnostic::error("vpc_id", format!("VPC `{id}` not found in {region}"))
                .help("check `vpc_id`, `region` and the account of your credentials"),
        );
        return None;
    };
    for (is_on, what, flag) in [
        (vpc.dns_hostnames, "DNS hostnames", "--enable-dns-hostnames"),
        (vpc.dns_support, "DNS support", "--enable-dns-support"),
    ] {
        if !is_on {
            problems.push(
                Diagnostic::error("vpc_id", format!("{what} must be enabled in VPC `{id}` for interface endpoints"))
                    .help(format!("run `aws ec2 modify-vpc-attribute --vpc-id {id} {flag}`")),
            );
        }
    }
    Some(vpc)
}

/// Returns `true` unless images are to be built and docker buildx is missing.
fn check_docker(answers: &Answers<'_>, problems: &mut Vec<Diagnostic>) -> bool {
    let none_if_missing = answers.get::<Buildx>(&()) == Some(None);
    if none_if_missing {
        let message = "docker buildx not found, but `images.source` is `build`";
        let help = "install Docker with buildx, or remove `images.source` to use the published images";
        problems.push(Diagnostic::error("images.source", message.to_owned()).help(help));
    }
    !none_if_missing
}

#[derive(Default)]
struct ChosenSubnets {
    private: Vec<String>,
    private_zones: Vec<String>,
    public: Vec<String>,
    route_tables: Vec<String>,
}

/// Selects one private and one public subnet per zone: the one with the lowest ID.
fn choose_subnets(id: &str, network: &VpcNetworkDetails, problems: &mut Vec<Diagnostic>) -> ChosenSubnets {
    let mut private: BTreeMap<&str, &Subnet> = BTreeMap::new();
    let mut public: BTreeMap<&str, &Subnet> = BTreeMap::new();
    let mut subnets: Vec<&Subnet> = network.subnets.iter().collect();
    subnets.sort_by(|a, b| a.id.cmp(&b.id));
    for subnet in &subnets {
        let chosen = match route_table(network, subnet).and_then(|table| table.default_route) {
            Some(DefaultRoute::InternetGateway) => &mut public,
            Some(DefaultRoute::Egress) => &mut private,
            None => continue,
        };
        chosen.entry(&subnet.zone).or_insert(subnet);
    }
    for (count, kind, help) in [
        (private.len(), "private subnets with a route to a NAT gateway", "required by the instance and the database"),
        (public.len(), "public subnets with a route to an internet gateway", "required by the load balancer"),
    ] {
        if count < 2 {
            problems.push(
                Diagnostic::error(
                    "vpc_id",
                    format!("VPC `{id}` has {kind} in {count} availability zones; at least 2 are required"),
                )
                .help(format!("{help}; subnets are classified by the default route (0.0.0.0/0) of their route table")),
            );
        }
    }
    let mut route_tables: Vec<String> =
        private.values().chain(public.values()).filter_map(|s| route_table(network, s)).map(|t| t.id.clone()).collect();
    route_tables.sort();
    route_tables.dedup();
    let ids = |chosen: &BTreeMap<&str, &Subnet>| chosen.values().map(|subnet| subnet.id.clone()).collect();
    let private_zones = private.keys().map(|zone| (*zone).to_owned()).collect();
    ChosenSubnets { private: ids(&private), private_zones, public: ids(&public), route_tables }
}

/// Returns the route table of a subnet: the associated one, or the main route table of the VPC.
fn route_table<'a>(network: &'a VpcNetworkDetails, subnet: &Subnet) -> Option<&'a RouteTable> {
    let own = network.route_tables.iter().find(|table| table.subnets.contains(&subnet.id));
    own.or_else(|| network.route_tables.iter().find(|table| table.main))
}

/// Selects the machine image: the pinned one, or the newest.
fn choose_image(
    configuration: &Configuration,
    answers: &Answers<'_>,
    pins: &Pins,
    problems: &mut Vec<Diagnostic>,
) -> String {
    let newest = answers.get::<PublishedParameter>(&IMAGE_PARAMETER.to_owned()).flatten();
    let newest = newest.and_then(|parameter| parameter.value);
    match (pins.get(IMAGE_PIN), newest) {
        (Some(pinned), newest) => {
            if newest.is_some_and(|newest| newest != pinned) {
                let message = format!("a newer machine image is available (in use: {pinned})");
                let help = "`--upgrade` updates it and replaces the instance";
                problems.push(Diagnostic::warning("compute/launch-template", message).help(help));
            }
            pinned
        }
        (None, Some(newest)) => newest,
        (None, None) => {
            let message = format!("SSM parameter `{IMAGE_PARAMETER}` not found in {}", configuration.region);
            let help = "the parameter exists in every commercial region; check `region`";
            problems.push(Diagnostic::error("lookup", message).help(help));
            String::new()
        }
    }
}

/// Warns about services that the account has not opted in to. The daily backup selects resources by tag, and AWS Backup
/// selects by tag only resources of opted-in services.
fn check_backups(answers: &Answers<'_>, problems: &mut Vec<Diagnostic>) {
    let opted_in = answers.get::<OptedIn>(&()).unwrap_or_default();
    let missing: Vec<&str> = ["EBS", "EFS"].into_iter().filter(|kind| opted_in.get(*kind) == Some(&false)).collect();
    if !missing.is_empty() {
        let message = format!("AWS Backup does not back up {}: not enabled in the account", missing.join(" and "));
        let settings: Vec<String> = missing.iter().map(|kind| format!("{kind}=true")).collect();
        let help = format!(
            "run `aws backup update-region-settings --resource-type-opt-in-preference {}`; this applies to the whole account in this region",
            settings.join(",")
        );
        problems.push(Diagnostic::warning("monitoring/backup-selection", message).help(help));
    }
}

fn check_zones(configuration: &Configuration, answers: &Answers<'_>, problems: &mut Vec<Diagnostic>) {
    for edge in &configuration.edges {
        let (id, domain) = (&edge.hosted_zone_id, &edge.domain_name);
        let zone = answers.get::<HostedZone>(id).flatten();
        let problem = match &zone {
            None => Some((
                format!("hosted zone `{id}` not found"),
                "run `aws route53 list-hosted-zones` to list the hosted zones of the account".to_owned(),
            )),
            Some(zone) if zone.private => Some((
                format!("hosted zone `{id}` ({}) is private", zone.name),
                "choose the public zone: users and certificate authorities must be able to resolve the domain"
                    .to_owned(),
            )),
            Some(zone) if *domain != zone.name && !domain.ends_with(&format!(".{}", zone.name)) => Some((
                format!("hosted zone `{id}` serves {}, not {domain}", zone.name),
                format!("choose the zone of {domain} or of a parent domain, or correct `domain_name`"),
            )),
            Some(_) => None,
        };
        if let Some((message, help)) = problem {
            problems.push(Diagnostic::error("hosted_zone_id", message).help(help));
        }
    }
}

fn is_ours(configuration: &Configuration, tags: &Tags, stack: &str) -> bool {
    tags.get(tags::DEPLOYMENT) == Some(&configuration.name)
        && tags.get(tags::ADDRESS).is_some_and(|address| address.starts_with(&format!("{stack}/")))
}

fn check_endpoints(
    configuration: &Configuration,
    vpc_id: &String,
    answers: &Answers<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<String> {
    let endpoints = answers.get::<VpcEndpoints>(vpc_id).unwrap_or_default();
    let foreign = || endpoints.iter().filter(|endpoint| !is_ours(configuration, &endpoint.tags, "network"));
    for name in configuration.network.wanted_endpoints() {
        let service = interface_service(&configuration.region, name);
        if let Some(endpoint) = foreign().find(|endpoint| endpoint.service_name == service && endpoint.private_dns) {
            problems.push(
                Diagnostic::error(
                    format!("network.endpoints.{name}"),
                    format!("the VPC already has an endpoint for {service} with private DNS: {}", endpoint.id),
                )
                .help(format!("to use the existing endpoint, set `endpoints = {{ {name} = false }}` in [network]")),
            );
        }
    }
    let s3 = format!("com.amazonaws.{}.s3", configuration.region);
    let found = foreign().find(|endpoint| endpoint.service_name == s3 && endpoint.endpoint_type == "Gateway")?;
    if !configuration.skip_s3_endpoint {
        problems.push(Diagnostic::warning(
            "network/endpoint-s3",
            format!("the VPC already has an S3 gateway endpoint ({}); using it", found.id),
        ));
    }
    Some(found.id.clone())
}

/// Returns the service name of an interface endpoint: `com.amazonaws.<region>.ecr.api` for `ecr-api`.
pub fn interface_service(region: &Region, name: &str) -> String {
    let name = if name.starts_with("ecr-") { name.replace('-', ".") } else { name.to_owned() };
    format!("com.amazonaws.{region}.{name}")
}

/// Returns the client secret of the OpenID Connect provider, or reports why it is unusable.
fn check_client_secret(
    configuration: &Configuration,
    answers: &Answers<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<ClientSecret> {
    let name = &configuration.auth.oidc.as_ref()?.client_secret_name;
    let region = &configuration.region;
    let mut refuse = |message: String, help: String| {
        problems.push(Diagnostic::error("auth.oidc.client_secret_name", message).help(help));
    };
    let store = format!("--region {region} --secret-string file://FILE");
    match answers.get::<SecretDescription>(name).flatten() {
        None => refuse(
            format!("secret `{name}` not found in {region}"),
            format!("store the client secret: `aws secretsmanager create-secret --name {name} {store}`"),
        ),
        Some(secret) if secret.deleted => refuse(
            format!("secret `{name}` is scheduled for deletion"),
            format!("restore it: `aws secretsmanager restore-secret --region {region} --secret-id {name}`"),
        ),
        Some(secret) => match secret.version {
            Some(version) => return Some(ClientSecret { arn: secret.arn, version }),
            None => refuse(
                format!("secret `{name}` has no value"),
                format!("store the client secret: `aws secretsmanager put-secret-value --secret-id {name} {store}`"),
            ),
        },
    }
    None
}

fn check_sandbox_secret(
    configuration: &Configuration,
    answers: &Answers<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<String> {
    let name = configuration.sandbox_secret_name();
    let secret = answers.get::<SecretDescription>(&name).flatten()?;
    if is_ours(configuration, &secret.tags, "security") {
        return None;
    }
    if secret.deleted {
        problems.push(
            Diagnostic::error("sandbox.secret_name", format!("secret `{name}` is scheduled for deletion and is not managed by this deployment"))
                .help(format!("run `aws secretsmanager restore-secret --secret-id {name}`, or choose another `secret_name` in [sandbox]")),
        );
    }
    Some(secret.arn)
}

#[cfg(test)]
mod tests;
