//! Implementation of `ec2.launch_template`. A change creates a new version and sets the default version to it; older versions
//! remain.

use aws_sdk_ec2::types::{
    InstanceType, LaunchTemplateBlockDeviceMapping, LaunchTemplateBlockDeviceMappingRequest,
    LaunchTemplateEbsBlockDeviceRequest, LaunchTemplateHttpTokensState,
    LaunchTemplateIamInstanceProfileSpecificationRequest, LaunchTemplateInstanceMetadataOptionsRequest,
    LaunchTemplateTagSpecificationRequest, LaunchTemplateVersion, RequestLaunchTemplateData, ResourceType,
    ResponseLaunchTemplateData, VolumeType,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::future::try_join;
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, returned,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::secret::sha256_hex;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::ec2::{LaunchTemplate, LaunchTemplateLive, Volume};

use super::{Clients, from_tags, present, remove_tags, set_tags, tagged, to_tags};

/// `ec2.launch_template`
pub struct LaunchTemplateKind(pub(crate) Clients);

type Inputs = Resolved<LaunchTemplate>;

const DESCRIBE: &str = "ec2:DescribeLaunchTemplates";
const VERSIONS: &str = "ec2:DescribeLaunchTemplateVersions";
/// Version to read: the default version. A newer version left by a crash is not in use: the plan still shows the change, and the
/// update uses that version instead of creating another one.
const DEFAULT_VERSION: &str = "$Default";
/// Maximum size of the encoded user data in bytes (AWS limit).
const LARGEST_USER_DATA: usize = 16 * 1024;

/// Returns the mapping of a volume. The settings of the same device in the source version that are not inputs stay.
fn volume(volume: &Volume, source: Option<&ResponseLaunchTemplateData>) -> LaunchTemplateBlockDeviceMappingRequest {
    let mappings = source.map(ResponseLaunchTemplateData::block_device_mappings).unwrap_or_default();
    let live = mappings.iter().find(|mapping| mapping.device_name() == Some(&volume.device_name));
    let live = live.and_then(LaunchTemplateBlockDeviceMapping::ebs);
    let ebs = LaunchTemplateEbsBlockDeviceRequest::builder()
        .set_kms_key_id(live.and_then(|ebs| ebs.kms_key_id.clone()).filter(|_| volume.encrypted))
        .set_snapshot_id(live.and_then(|ebs| ebs.snapshot_id.clone()))
        .set_volume_initialization_rate(live.and_then(|ebs| ebs.volume_initialization_rate))
        .set_ebs_card_index(live.and_then(|ebs| ebs.ebs_card_index))
        .volume_size(volume.size_gb)
        .volume_type(VolumeType::from(volume.volume_type.as_str()))
        .iops(volume.iops)
        .throughput(volume.throughput)
        .encrypted(volume.encrypted)
        .delete_on_termination(volume.delete_on_termination)
        .build();
    LaunchTemplateBlockDeviceMappingRequest::builder().device_name(&volume.device_name).ebs(ebs).build()
}

fn tags_for(kind: ResourceType, tags: &Tags) -> LaunchTemplateTagSpecificationRequest {
    LaunchTemplateTagSpecificationRequest::builder().resource_type(kind).set_tags(Some(to_tags(tags))).build()
}

/// Returns the metadata options. The settings of the source version that are not inputs stay.
fn metadata(
    inputs: &Inputs,
    source: Option<&ResponseLaunchTemplateData>,
) -> LaunchTemplateInstanceMetadataOptionsRequest {
    let live = source.and_then(ResponseLaunchTemplateData::metadata_options);
    LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .set_http_endpoint(live.and_then(|options| options.http_endpoint.clone()))
        .set_http_protocol_ipv6(live.and_then(|options| options.http_protocol_ipv6.clone()))
        .set_instance_metadata_tags(live.and_then(|options| options.instance_metadata_tags.clone()))
        .http_tokens(LaunchTemplateHttpTokensState::from(inputs.http_tokens.as_str()))
        .http_put_response_hop_limit(inputs.hop_limit)
        .build()
}

/// Returns the tag specifications. Those of the source version for resource types that are not inputs stay.
fn specifications(
    inputs: &Inputs,
    source: Option<&ResponseLaunchTemplateData>,
) -> Vec<LaunchTemplateTagSpecificationRequest> {
    let mut specifications = vec![tags_for(ResourceType::Instance, &inputs.instance_tags)];
    if !inputs.volume_tags.is_empty() {
        specifications.push(tags_for(ResourceType::Volume, &inputs.volume_tags));
    }
    let live = source.map(ResponseLaunchTemplateData::tag_specifications).unwrap_or_default();
    let others = live.iter().filter(|specification| {
        !matches!(specification.resource_type(), Some(ResourceType::Instance | ResourceType::Volume) | None)
    });
    specifications.extend(others.map(|specification| {
        LaunchTemplateTagSpecificationRequest::builder()
            .set_resource_type(specification.resource_type.clone())
            .set_tags(specification.tags.clone())
            .build()
    }));
    specifications
}

/// Returns `true` if a new version can be based on this one. A source cannot be used to remove a parameter: neither an empty list
/// nor the alternatives of an input.
fn is_source(data: &ResponseLaunchTemplateData, inputs: &Inputs) -> bool {
    let has_alternatives = !data.network_interfaces().is_empty()
        || !data.security_groups().is_empty()
        || data.instance_requirements().is_some();
    !(has_alternatives || inputs.volumes.is_empty() || inputs.security_group_ids.is_empty())
}

fn data(
    inputs: &Inputs,
    source: Option<&ResponseLaunchTemplateData>,
    operation: &str,
) -> Result<RequestLaunchTemplateData, ProviderError> {
    let user_data = STANDARD.encode(&inputs.user_data);
    if user_data.len() > LARGEST_USER_DATA {
        let message =
            format!("the user data has {} bytes in base64; the AWS limit is {LARGEST_USER_DATA}", user_data.len());
        return Err(ProviderError::new(ErrorKind::Invalid, operation, message));
    }
    let profile = LaunchTemplateIamInstanceProfileSpecificationRequest::builder().arn(&inputs.instance_profile_arn);
    Ok(RequestLaunchTemplateData::builder()
        .image_id(&inputs.image_id)
        .instance_type(InstanceType::from(inputs.instance_type.as_str()))
        .iam_instance_profile(profile.build())
        .set_security_group_ids(Some(inputs.security_group_ids.clone()))
        .metadata_options(metadata(inputs, source))
        .set_block_device_mappings(Some(inputs.volumes.iter().map(|one| volume(one, source)).collect()))
        .user_data(user_data)
        .set_tag_specifications(Some(specifications(inputs, source)))
        .build())
}

/// Returns the tags that a template sets on resources of a type.
fn template_tags(data: &ResponseLaunchTemplateData, kind: &ResourceType) -> Tags {
    let found = data.tag_specifications().iter().find(|specification| specification.resource_type() == Some(kind));
    found.map(|specification| from_tags(Some(specification.tags()))).unwrap_or_default()
}

/// Returns the live inputs of a version. AWS returns the parameters as they were given: a parameter that the version lacks is
/// empty, which differs from every configured value.
fn live_inputs(name: Option<&str>, data: &ResponseLaunchTemplateData) -> LaunchTemplateLive {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let volumes = data.block_device_mappings().iter().map(|mapping| {
        let ebs = mapping.ebs();
        Volume {
            device_name: text(mapping.device_name()),
            size_gb: ebs.and_then(|ebs| ebs.volume_size).unwrap_or_default(),
            iops: ebs.and_then(|ebs| ebs.iops).unwrap_or_default(),
            throughput: ebs.and_then(|ebs| ebs.throughput).unwrap_or_default(),
            volume_type: text(ebs.and_then(|ebs| ebs.volume_type()).map(VolumeType::as_str)),
            encrypted: ebs.and_then(|ebs| ebs.encrypted).unwrap_or_default(),
            delete_on_termination: ebs.and_then(|ebs| ebs.delete_on_termination).unwrap_or_default(),
        }
    });
    let metadata = data.metadata_options();
    let tokens = metadata.and_then(|options| options.http_tokens()).map(LaunchTemplateHttpTokensState::as_str);
    let user_data = STANDARD.decode(data.user_data().unwrap_or_default()).unwrap_or_default();
    LaunchTemplateLive {
        template_name: name.map(str::to_owned),
        image_id: Some(text(data.image_id())),
        instance_type: Some(text(data.instance_type().map(InstanceType::as_str))),
        instance_profile_arn: Some(text(data.iam_instance_profile().and_then(|profile| profile.arn()))),
        security_group_ids: Some(data.security_group_ids().to_vec()),
        // The EC2 default, if absent in the response.
        http_tokens: Some(tokens.unwrap_or("optional").to_owned()),
        hop_limit: Some(metadata.and_then(|options| options.http_put_response_hop_limit).unwrap_or(1)),
        volumes: Some(volumes.collect()),
        volume_tags: Some(template_tags(data, &ResourceType::Volume)),
        user_data: Some(String::from_utf8_lossy(&user_data).into_owned()),
        instance_tags: Some(template_tags(data, &ResourceType::Instance)),
    }
}

/// Returns `true` if a version has exactly the desired inputs.
fn is_desired(data: &ResponseLaunchTemplateData, desired: &Inputs) -> bool {
    let live = serde_json::to_value(live_inputs(Some(&desired.template_name), data));
    matches!((live, serde_json::to_value(desired)), (Ok(live), Ok(desired)) if live == desired)
}

impl LaunchTemplateKind {
    /// Returns one version.
    async fn version(
        &self,
        region: &Region,
        id: &str,
        which: &str,
    ) -> Result<Option<LaunchTemplateVersion>, ProviderError> {
        let call = self.0.in_region(region).describe_launch_template_versions().launch_template_id(id).versions(which);
        let answer = none_if_missing(call.send().await.map_err(api_error(VERSIONS)))?;
        Ok(answer.and_then(|answer| answer.launch_template_versions.unwrap_or_default().into_iter().next()))
    }

    /// Creates a version from the default one: AWS inherits the parameters that are not given, and replaces a given one as a whole.
    /// The token is constant for all attempts from the same live inputs, so that a lost response does not cause a second version.
    async fn new_version(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<i64, ProviderError> {
        let operation = "ec2:CreateLaunchTemplateVersion";
        let default = self.version(&subject.region, id, DEFAULT_VERSION).await?;
        let source = default
            .filter(|version| version.launch_template_data().is_some_and(|data| is_source(data, &update.desired)));
        let number = source.as_ref().and_then(|version| version.version_number).map(|number| number.to_string());
        let source = source.as_ref().and_then(LaunchTemplateVersion::launch_template_data);
        let data = data(&update.desired, source, operation)?;
        let before = serde_json::to_string(&update.live).unwrap_or_default();
        let wanted = serde_json::to_string(&update.desired).unwrap_or_default();
        let token = sha256_hex(format!("{}\n{number:?}\n{before}\n{wanted}", subject.token).as_bytes());
        let call = self.0.in_region(&subject.region).create_launch_template_version().launch_template_id(id);
        let call = call.launch_template_data(data).client_token(token.get(..32).unwrap_or_default());
        let call = call.set_source_version(number);
        let version = call.send().await.map_err(api_error_eventual(operation))?.launch_template_version;
        let number = version.and_then(|version| version.version_number);
        number.ok_or_else(|| ProviderError::incomplete(operation, "VersionNumber"))
    }
}

impl Kind for LaunchTemplateKind {
    type Definition = LaunchTemplate;

    async fn find(&self, subject: &Subject, known: &Known<LaunchTemplate>) -> Result<Option<Found>, ProviderError> {
        let call = self.0.in_region(&subject.region).describe_launch_templates();
        let result = call.launch_template_names(&known.template_name).send().await.map_err(api_error(DESCRIBE));
        let templates = none_if_missing(result)?.and_then(|answer| answer.launch_templates).unwrap_or_default();
        Ok(templates.into_iter().next().and_then(|template| {
            let evidence = Evidence::Tags(from_tags(template.tags.as_deref()));
            Some(Found::new(template.launch_template_id?, evidence))
        }))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let template = async {
            let result = self.0.in_region(region).describe_launch_templates().launch_template_ids(id).send().await;
            let answer = none_if_missing(result.map_err(api_error(DESCRIBE)))?;
            Ok(answer.and_then(|answer| answer.launch_templates.unwrap_or_default().into_iter().next()))
        };
        let (template, version) = try_join(template, self.version(region, id, DEFAULT_VERSION)).await?;
        let (Some(template), Some(version)) = (template, version) else { return Ok(None) };
        let data = version.launch_template_data().ok_or_else(|| ProviderError::incomplete(VERSIONS, "data"))?;
        let name = template.launch_template_name();
        let number = version.version_number().map(|number| number.to_string());
        let attributes = returned([("id", Some(id)), ("name", name), ("version", number.as_deref())]);
        Ok(Some(Live::new(&live_inputs(name, data), attributes).tagged(from_tags(Some(template.tags())))))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, tags: &Tags) -> Result<Created, ProviderError> {
        let operation = "ec2:CreateLaunchTemplate";
        let call =
            self.0.in_region(&subject.region).create_launch_template().launch_template_name(&inputs.template_name);
        let call = call.launch_template_data(data(inputs, None, operation)?).client_token(&subject.token);
        let call = call.tag_specifications(tagged(ResourceType::LaunchTemplate, tags));
        let template = call.send().await.map_err(api_error_eventual(operation))?.launch_template;
        let id = present(template.and_then(|t| t.launch_template_id).as_deref(), operation, "LaunchTemplateId")?;
        Ok(Created::new(&id, [("id", &id), ("name", &inputs.template_name), ("version", "1")]))
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        if !update.changed.is_empty() {
            let newest = self.version(&subject.region, id, "$Latest").await?;
            let is_leftover = newest
                .as_ref()
                .and_then(LaunchTemplateVersion::launch_template_data)
                .is_some_and(|data| is_desired(data, &update.desired));
            let leftover = newest.filter(|_| is_leftover).and_then(|version| version.version_number);
            let number = match leftover {
                Some(number) => number,
                None => self.new_version(subject, id, update).await?,
            };
            let call = self
                .0
                .in_region(&subject.region)
                .modify_launch_template()
                .launch_template_id(id)
                .default_version(number.to_string());
            call.send().await.map_err(api_error("ec2:ModifyLaunchTemplate"))?;
        }
        Ok(())
    }

    async fn set_tags(&self, region: &Region, id: &str, tags: &Tags) -> Result<(), ProviderError> {
        set_tags(&self.0.in_region(region), id, tags).await
    }

    async fn remove_tags(&self, region: &Region, id: &str, keys: &[String]) -> Result<(), ProviderError> {
        remove_tags(&self.0.in_region(region), id, keys).await
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let result = self.0.in_region(region).delete_launch_template().launch_template_id(id).send().await;
        none_if_missing(result.map_err(api_error("ec2:DeleteLaunchTemplate"))).map(|_| ())
    }
}
