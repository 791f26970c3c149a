//! An update of a setting keeps the other members of the same object.

use std::sync::Arc;

use ohinfra_core::contract::{Readiness, ResourceKind, Subject};
use ohinfra_core::inputs::Inputs;
use ohinfra_core::tags::Ownership;
use ohinfra_tests::Account;
use serde_json::{Value, json};

use super::kept_ops::{inputs_of, update};
use super::{case, prepared};

/// A resource that was created from its conformance case.
struct Created {
    account: Account,
    kind: Arc<dyn ResourceKind>,
    subject: Subject,
    inputs: Inputs,
    id: String,
}

impl Created {
    /// Creates the resource, or returns `None` if its kind is not tested.
    async fn new(name: &str) -> Option<Self> {
        let (account, provider, cases) = prepared().await;
        let case = case(&provider, cases.into_iter().find(|(kind, ..)| *kind == name)?);
        let (_, kind) = provider.find_kind(name).unwrap();
        let subject = Subject {
            ownership: Ownership { deployment: "test".to_owned(), address: "conformance/subject".parse().unwrap() },
            region: case.region.clone(),
            token: "0".repeat(32),
            attempted: false,
            except: Vec::new(),
        };
        let mut inputs = inputs_of(&case.inputs);
        inputs.insert("tags".to_owned(), json!({ "team": "test" }));
        let id = kind.create(&subject, inputs.clone()).await.unwrap().id;
        let created = Self { account, kind: Arc::clone(kind), subject, inputs, id };
        created.ready().await;
        Some(created)
    }

    async fn ready(&self) {
        while !matches!(self.kind.ready(&self.subject.region, &self.id).await.unwrap(), Readiness::Ready) {}
    }

    /// Updates one input of the live resource.
    async fn set(&self, field: &str, to: Value) {
        let mut desired = Value::Object(self.inputs.clone());
        desired[field] = to;
        self.ready().await;
        update(self.kind.as_ref(), &self.subject, &self.id, &desired, field).await;
    }

    fn call(&self, service: &str, operation: &str, parameters: Value) -> Value {
        self.account.call(service, operation, parameters).unwrap()
    }

    /// Returns the data of the default version of a launch template.
    fn template(&self) -> Value {
        let which = json!({ "LaunchTemplateId": self.id, "Versions": ["$Default"] });
        let versions = self.call("ec2", "describe_launch_template_versions", which);
        versions["LaunchTemplateVersions"][0]["LaunchTemplateData"].clone()
    }

    /// Sets the data of a launch template outside ohinfra.
    fn set_template(&self, data: &Value) {
        let parameters = json!({ "LaunchTemplateId": self.id, "LaunchTemplateData": data });
        let version = self.call("ec2", "create_launch_template_version", parameters);
        let number = version["LaunchTemplateVersion"]["VersionNumber"].to_string();
        let default = json!({ "LaunchTemplateId": self.id, "DefaultVersion": number });
        self.call("ec2", "modify_launch_template", default);
    }
}

fn extend(value: &mut Value, with: &Value) {
    value.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_version_of_a_launch_template_keeps_unmanaged_settings() {
    let Some(created) = Created::new("ec2.launch_template").await else { return };
    let mut data = created.template();
    extend(
        &mut data,
        &json!({ "KeyName": "operator", "Monitoring": { "Enabled": true }, "DisableApiTermination": true }),
    );
    let metadata =
        json!({ "InstanceMetadataTags": "enabled", "HttpEndpoint": "enabled", "HttpProtocolIpv6": "enabled" });
    extend(&mut data["MetadataOptions"], &metadata);
    extend(&mut data["BlockDeviceMappings"][0]["Ebs"], &json!({ "KmsKeyId": "alias/operator" }));
    let tags = json!({ "ResourceType": "network-interface", "Tags": [{ "Key": "team", "Value": "a" }] });
    data["TagSpecifications"].as_array_mut().unwrap().push(tags);
    created.set_template(&data);
    let mut expected = created.template();
    assert_eq!(expected["KeyName"], "operator");

    created.set("instance_type", json!("m7g.2xlarge")).await;
    expected["InstanceType"] = json!("m7g.2xlarge");
    assert_eq!(created.template(), expected);
    created.set("volumes", created.inputs["volumes"].clone()).await;
    assert_eq!(created.template()["BlockDeviceMappings"], expected["BlockDeviceMappings"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_version_of_a_launch_template_removes_the_alternatives_of_its_inputs() {
    let Some(created) = Created::new("ec2.launch_template").await else { return };
    let mut data = created.template();
    data.as_object_mut().unwrap().remove("SecurityGroupIds");
    data["NetworkInterfaces"] = json!([{ "DeviceIndex": 0, "Groups": created.inputs["security_group_ids"] }]);
    created.set_template(&data);
    created.set("security_group_ids", created.inputs["security_group_ids"].clone()).await;
    let after = created.template();
    assert_eq!(after["SecurityGroupIds"], created.inputs["security_group_ids"]);
    assert_eq!(after.get("NetworkInterfaces"), None, "AWS refuses both");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_of_a_proxy_keeps_the_settings_of_its_users() {
    let Some(created) = Created::new("rds.proxy").await else { return };
    let proxy =
        || created.call("rds", "describe_db_proxies", json!({ "DBProxyName": created.id }))["DBProxies"][0].clone();
    let mut auth = proxy()["Auth"].clone();
    extend(&mut auth[0], &json!({ "Description": "operator", "ClientPasswordAuthType": "POSTGRES_MD5" }));
    created.call("rds", "modify_db_proxy", json!({ "DBProxyName": created.id, "Auth": auth }));
    created.set("idle_client_timeout_seconds", json!(900)).await;
    assert_eq!((&proxy()["Auth"], &proxy()["IdleClientTimeout"]), (&auth, &json!(900)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_of_the_lifecycle_of_a_file_system_keeps_its_other_transitions() {
    let Some(created) = Created::new("efs.file_system").await else { return };
    let others = [
        json!({ "TransitionToArchive": "AFTER_90_DAYS" }),
        json!({ "TransitionToPrimaryStorageClass": "AFTER_1_ACCESS" }),
    ];
    let policies = |days: &str| json!([{ "TransitionToIA": days }, others[0], others[1]]);
    let outside = json!({ "FileSystemId": created.id, "LifecyclePolicies": policies("AFTER_14_DAYS") });
    created.call("efs", "put_lifecycle_configuration", outside);
    created.set("transition_to_ia", json!("AFTER_30_DAYS")).await;
    let after = created.call("efs", "describe_lifecycle_configuration", json!({ "FileSystemId": created.id }));
    assert_eq!(after["LifecyclePolicies"], policies("AFTER_30_DAYS"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_of_the_encryption_of_a_bucket_keeps_its_bucket_key() {
    let Some(created) = Created::new("s3.bucket").await else { return };
    let rule = |algorithm: &str| {
        json!({
            "ApplyServerSideEncryptionByDefault": { "SSEAlgorithm": algorithm }, "BucketKeyEnabled": true,
        })
    };
    let configuration = json!({ "Rules": [rule("AES256")] });
    let outside = json!({ "Bucket": created.id, "ServerSideEncryptionConfiguration": configuration });
    created.call("s3", "put_bucket_encryption", outside);
    created.set("encryption", json!("aws:kms")).await;
    let after = created.call("s3", "get_bucket_encryption", json!({ "Bucket": created.id }));
    let after = &after["ServerSideEncryptionConfiguration"]["Rules"][0];
    assert_eq!(after["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "aws:kms");
    assert_eq!(after["BucketKeyEnabled"], true);
}
