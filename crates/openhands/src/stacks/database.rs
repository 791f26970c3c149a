//! database: the Aurora cluster, its proxy and the database bootstrap.

use std::collections::BTreeMap;

use ohinfra_core::Text;
use ohinfra_core::version::major;
use ohinfra_kinds::ec2::{
    Direction, PeerType, SecurityGroup, SecurityGroupInputs, SecurityGroupRule, SecurityGroupRuleInputs,
};
use ohinfra_kinds::iam::{Role, RoleInputs, RolePolicy, RolePolicyInputs};
use ohinfra_kinds::logs::{LogGroup, LogGroupInputs};
use ohinfra_kinds::rds::{
    ClusterInputs, ClusterParameterGroup, ClusterParameterGroupInputs, Instance, InstanceInputs, Proxy, ProxyInputs,
    ProxyTargetGroup, ProxyTargetGroupInputs, SubnetGroup, SubnetGroupInputs,
};
use ohinfra_kinds::rdsdata::{Bootstrap, BootstrapInputs};
use ohinfra_kinds::secretsmanager::{
    ConnectionDetails, ConnectionDetailsInputs, Secret, SecretContent, SecretInputs, SecretPolicy, SecretPolicyInputs,
};
use ohinfra_plan::graph::{Handle, Options};

use super::builder::StackBuilder;
use super::security::Security;
use crate::addresses::{AURORA_SG, CLUSTER, PROXY_SECRET, PROXY_SG, ResourceAddress};
use crate::names::{DATABASE_IAM_USER, DATABASE_NAME, DATABASE_PORT, DATABASE_PROXY_USER};
use crate::payload::PayloadError;
use crate::payload::packages::{self, DATABASE_BOOTSTRAP};
use crate::policy::{Statement, document, trust_service};

const PORT: i32 = DATABASE_PORT as i32;
const ENGINE: &str = "aurora-postgresql";
const ADMIN: &str = "postgres";
/// Password characters that are invalid in Aurora or need escaping in URLs or shells.
const EXCLUDED: &str = "%+~`#$&*()|[]{}:;<>?!'/@\"\\ ";

/// Resources that other stacks reference.
pub(super) struct Database {
    pub(super) proxy: Handle,
    pub(super) proxy_secret: Handle,
    /// Dependencies of an instance that uses the database: the bootstrap and the proxy target.
    pub(super) usable: Vec<Handle>,
}

struct Groups {
    aurora: Handle,
    proxy: Handle,
}

fn security_groups(builder: &mut StackBuilder<'_>, security: &Security) -> Groups {
    let mut group = |address: &ResourceAddress<SecurityGroup>, name: &str, description: &str| {
        let inputs = SecurityGroupInputs {
            name_prefix: builder.environment.names.regional(name),
            description: description.to_owned(),
            vpc_id: Text::from(builder.environment.vpc_id.as_str()),
            allow_all_egress: false,
        };
        builder.add_at(address, &inputs, Options::default())
    };
    let groups = Groups {
        aurora: group(&AURORA_SG, "aurora", "OpenHands database cluster"),
        proxy: group(&PROXY_SG, "proxy", "OpenHands database proxy"),
    };
    let mut rule = |group: &Handle, direction: Direction, peer: &Handle, what: &str| {
        let (way, other) = match direction {
            Direction::Ingress => ("ingress", peer),
            Direction::Egress => ("egress", peer),
        };
        let other = other.address().name().trim_end_matches("-sg");
        let name = format!("{}-{way}-{PORT}-{other}", group.address().name());
        let inputs = SecurityGroupRuleInputs {
            group_id: group.attribute("id"),
            direction,
            protocol: "tcp".to_owned(),
            from_port: PORT,
            to_port: PORT,
            peer_type: PeerType::SecurityGroup,
            peer: peer.attribute("id"),
            description: what.to_owned(),
        };
        builder.add::<SecurityGroupRule>(&name, &inputs);
    };
    rule(&groups.aurora, Direction::Ingress, &security.instance_sg, "PostgreSQL from the instance");
    rule(&groups.aurora, Direction::Ingress, &groups.proxy, "PostgreSQL from the proxy");
    rule(&groups.proxy, Direction::Ingress, &security.instance_sg, "PostgreSQL from the instance");
    rule(&groups.proxy, Direction::Egress, &groups.aurora, "PostgreSQL to the cluster");
    groups
}

fn secret(builder: &StackBuilder<'_>, path: &str, what: &str, content: SecretContent<Text>) -> SecretInputs<Text> {
    let secret_name = format!("{}/database/{path}", builder.environment.names.prefix);
    SecretInputs { secret_name, description: what.to_owned(), content, scheduled_for_deletion: false, kms_key_id: None }
}

pub(super) fn build(builder: &mut StackBuilder<'_>, security: &Security) -> Result<Database, PayloadError> {
    let names = &builder.environment.names;
    let groups = security_groups(builder, security);
    let admin_content = SecretContent::Login {
        username: ADMIN.to_owned(),
        length: 30,
        exclude_characters: Some(EXCLUDED.to_owned()),
        exclude_punctuation: false,
    };
    let inputs = secret(builder, "admin", "The database's administrator", admin_content);
    let admin_secret = builder.add::<Secret>("admin-secret", &inputs);
    let proxy_content = SecretContent::Login {
        username: DATABASE_PROXY_USER.to_owned(),
        length: 32,
        exclude_characters: None,
        exclude_punctuation: true,
    };
    let inputs = secret(builder, "proxy-user", "The database user of OpenHands", proxy_content);
    let proxy_secret = builder.add_at(&PROXY_SECRET, &inputs, Options::default());
    let may_read =
        Statement::allow("InstanceMayRead", &["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"])
            .principal("AWS", security.instance_role.attribute("arn"))
            .on(["*"]);
    builder.add::<SecretPolicy>(
        "proxy-secret-policy",
        &SecretPolicyInputs { secret_arn: proxy_secret.attribute("arn"), document: document([may_read], &[]) },
    );
    let cluster = cluster(builder, &groups, &admin_secret);
    let writer = builder.add::<Instance>(
        "writer",
        &InstanceInputs {
            instance_name: names.regional("writer"),
            cluster_name: cluster.attribute("id"),
            engine: ENGINE.to_owned(),
            instance_class: "db.serverless".to_owned(),
            promotion_tier: 0,
            publicly_accessible: false,
            auto_minor_version_upgrade: builder.configuration.database.auto_minor_version_upgrade,
        },
    );
    builder.add::<ConnectionDetails>(
        "admin-secret-details",
        &ConnectionDetailsInputs {
            secret_arn: admin_secret.attribute("arn"),
            details: BTreeMap::from([
                ("dbClusterIdentifier".to_owned(), cluster.attribute("name")),
                ("dbname".to_owned(), Text::from(DATABASE_NAME)),
                ("engine".to_owned(), Text::from("postgres")),
                ("host".to_owned(), cluster.attribute("endpoint")),
                ("port".to_owned(), Text::from(PORT.to_string())),
            ]),
        },
    );
    let bootstrap = builder.add::<Bootstrap>(
        "bootstrap",
        &BootstrapInputs {
            cluster_arn: cluster.attribute("arn"),
            admin_secret_arn: admin_secret.attribute("arn"),
            database_name: DATABASE_NAME.to_owned(),
            proxy_secret_arn: proxy_secret.attribute("arn"),
            proxy_secret_version: proxy_secret.attribute("version"),
            package: DATABASE_BOOTSTRAP.to_owned(),
            digest: packages::digest(DATABASE_BOOTSTRAP, &BTreeMap::new())?,
            after_instance: writer.attribute("endpoint"),
        },
    );
    let proxy = proxy(builder, &groups, &admin_secret, &proxy_secret);
    let proxy_target = builder.add_after::<ProxyTargetGroup>(
        "proxy-target",
        &ProxyTargetGroupInputs {
            proxy_name: proxy.attribute("id"),
            cluster_name: cluster.attribute("id"),
            max_connections_percent: 100,
            max_idle_connections_percent: 50,
        },
        vec![writer],
    );
    outputs(builder, &cluster, &proxy, &proxy_secret);
    Ok(Database { proxy, proxy_secret, usable: vec![bootstrap, proxy_target] })
}

fn cluster(builder: &mut StackBuilder<'_>, groups: &Groups, admin_secret: &Handle) -> Handle {
    let names = &builder.environment.names;
    let version = builder.environment.aurora_version.clone();
    let family = format!("{ENGINE}{}", major(&version));
    let parameter_group = builder.add::<ClusterParameterGroup>(
        "parameter-group",
        &ClusterParameterGroupInputs {
            // The name includes the major version, so that an upgrade gets a separate group.
            group_name: format!("{}-{family}", names.prefix),
            family,
            description: "OpenHands database cluster".to_owned(),
            parameters: BTreeMap::from([
                ("log_min_duration_statement".to_owned(), "1000".to_owned()),
                ("log_statement".to_owned(), "ddl".to_owned()),
            ]),
        },
    );
    let subnet_group = builder.add::<SubnetGroup>(
        "subnet-group",
        &SubnetGroupInputs {
            group_name: names.regional("database"),
            description: "OpenHands database".to_owned(),
            subnet_ids: builder.environment.private_subnets.clone(),
        },
    );
    let configuration = &builder.configuration.database;
    let inputs = ClusterInputs {
        cluster_name: names.regional("database"),
        engine: ENGINE.to_owned(),
        engine_version: version,
        database_name: DATABASE_NAME.to_owned(),
        port: PORT,
        master_username: ADMIN.to_owned(),
        admin_secret_arn: admin_secret.attribute("arn"),
        subnet_group_name: subnet_group.attribute("name"),
        security_group_ids: vec![groups.aurora.attribute("id")],
        parameter_group_name: parameter_group.attribute("name"),
        min_acu: configuration.min_acu,
        max_acu: configuration.max_acu,
        iam_authentication: true,
        data_api: true,
        storage_encrypted: true,
        backup_retention_days: configuration.backup_retention_days,
        backup_window: "03:00-04:00".to_owned(),
        maintenance_window: "sun:04:00-sun:05:00".to_owned(),
        copy_tags_to_snapshot: true,
        log_exports: vec!["postgresql".to_owned()],
        deletion_protection: configuration.deletion_protection,
        restoring: false,
        restore_from_snapshot: configuration.restore_from_snapshot.clone(),
    };
    let logs = log_group(builder, "cluster-logs", &format!("/aws/rds/cluster/{}/postgresql", inputs.cluster_name));
    let options =
        Options { protection_key: Some("database.deletion_protection"), after: vec![logs], ..Options::default() };
    builder.add_at(&CLUSTER, &inputs, options)
}

/// Adds a log group that RDS would otherwise create without a retention period. A purge deletes it after its writers.
fn log_group(builder: &mut StackBuilder<'_>, name: &str, log_group_name: &str) -> Handle {
    let inputs = LogGroupInputs {
        log_group_name: log_group_name.to_owned(),
        retention_days: builder.configuration.monitoring.log_retention_days,
        kms_key_arn: None,
    };
    builder.add_retained::<LogGroup>(name, &inputs)
}

fn proxy(builder: &mut StackBuilder<'_>, groups: &Groups, admin_secret: &Handle, proxy_secret: &Handle) -> Handle {
    let names = &builder.environment.names;
    let role = builder.add::<Role>(
        "proxy-role",
        &RoleInputs {
            role_name: names.global("database-proxy"),
            description: "The database proxy of OpenHands".to_owned(),
            assume_role_policy: trust_service("rds.amazonaws.com"),
            managed_policy_arns: Vec::new(),
            max_session_seconds: None,
        },
    );
    let secrets = vec![admin_secret.attribute("arn"), proxy_secret.attribute("arn")];
    let read = Statement::allow("Secrets", &["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"]);
    let policy = builder.add::<RolePolicy>(
        "proxy-policy",
        &RolePolicyInputs {
            role_name: role.attribute("name"),
            policy_name: "OpenHandsDatabaseProxy".to_owned(),
            document: document([read.on(secrets.clone())], &[]),
        },
    );
    let proxy_name = names.regional("proxy");
    let logs = log_group(builder, "proxy-logs", &format!("/aws/rds/proxy/{proxy_name}"));
    builder.add_after::<Proxy>(
        "proxy",
        &ProxyInputs {
            proxy_name,
            engine_family: "POSTGRESQL".to_owned(),
            require_tls: true,
            iam_authentication: false,
            secret_arns: secrets,
            idle_client_timeout_seconds: 1800,
            role_arn: role.attribute("arn"),
            subnet_ids: builder.environment.private_subnets.clone(),
            security_group_ids: vec![groups.proxy.attribute("id")],
        },
        vec![policy, logs],
    )
}

fn outputs(builder: &mut StackBuilder<'_>, cluster: &Handle, proxy: &Handle, proxy_secret: &Handle) {
    let region = builder.environment.names.region.clone();
    let through_proxy = Text::from("PGPASSWORD=\"$(aws secretsmanager get-secret-value --region ")
        + region.as_str()
        + " --secret-id "
        + proxy_secret.attribute("name")
        + " --query SecretString --output text | jq -r .password)\" psql \"host="
        + proxy.attribute("endpoint")
        + format!(" port={PORT} dbname={DATABASE_NAME} user={DATABASE_PROXY_USER} sslmode=require\"");
    let directly = Text::from("PGPASSWORD=\"$(aws rds generate-db-auth-token --region ")
        + region.as_str()
        + " --hostname "
        + cluster.attribute("endpoint")
        + format!(" --port {PORT} --username {DATABASE_IAM_USER})\" psql \"host=")
        + cluster.attribute("endpoint")
        + format!(" port={PORT} dbname={DATABASE_NAME} user={DATABASE_IAM_USER} sslmode=require\"");
    builder.output("cluster_endpoint", cluster.attribute("endpoint"));
    builder.output("cluster_port", PORT.to_string());
    builder.output("cluster_resource_id", cluster.attribute("resource_id"));
    builder.output("database_name", DATABASE_NAME);
    builder.output("database_user", DATABASE_PROXY_USER);
    builder.output("proxy_endpoint", proxy.attribute("endpoint"));
    builder.output("proxy_secret_arn", proxy_secret.attribute("arn"));
    builder.output("connect_through_proxy", through_proxy);
    builder.output("connect_with_iam", directly);
}
