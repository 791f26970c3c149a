//! Locally built images and their ECR repositories.

use std::collections::BTreeMap;

use ohinfra_core::Text;
use ohinfra_kinds::ecr::{Image, ImageInputs, Repository, RepositoryInputs};
use ohinfra_plan::graph::Handle;
use serde_json::json;

use super::builder::StackBuilder;
use crate::payload::PayloadError;
use crate::payload::images::Image as BuiltImage;
use crate::payload::packages::{self, AGENT_SERVER_IMAGE, OPENHANDS_IMAGE};

/// The platform of the instance.
const PLATFORM: &str = "linux/arm64";
/// Days after which untagged images expire.
const UNTAGGED_DAYS: i32 = 14;

/// A built image with its repository.
pub(super) struct Own {
    repository: Handle,
    image: Handle,
}

impl Own {
    /// Returns the registry host for login.
    pub(super) fn registry(&self) -> Text {
        self.repository.attribute("registry")
    }

    /// Returns the repository URI for pulling.
    pub(super) fn repository(&self) -> Text {
        self.repository.attribute("uri")
    }

    /// Returns the image tag.
    pub(super) fn tag(&self) -> Text {
        self.image.attribute("tag")
    }
}

/// The built images.
pub(super) struct Images {
    pub(super) openhands: Own,
    pub(super) agent_server: Own,
}

fn own(builder: &mut StackBuilder<'_>, built: BuiltImage, package: &str) -> Result<Own, PayloadError> {
    let noun = built.noun();
    let expire = json!({ "rules": [{
        "rulePriority": 1,
        "description": "Images without a tag expire",
        "selection": {
            "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": UNTAGGED_DAYS,
        },
        "action": { "type": "expire" },
    }] });
    let repository = builder.add::<Repository>(
        &format!("repository-{noun}"),
        &RepositoryInputs {
            repository_name: builder.environment.names.repository(noun),
            scan_on_push: true,
            lifecycle_policy: Some(expire.to_string().into()),
            // A tag is the digest of the build context.
            immutable_tags: true,
        },
    );
    let bases = json!(built.bases(builder.configuration, &builder.environment.base_images)).to_string();
    let parameters = BTreeMap::from([("bases".to_owned(), Text::from(bases))]);
    let digest = packages::digest(package, &parameters)?;
    let image = builder.add::<Image>(
        &format!("image-{noun}"),
        &ImageInputs {
            repository_name: repository.attribute("name"),
            repository_uri: repository.attribute("uri"),
            platform: PLATFORM.to_owned(),
            package: package.to_owned(),
            parameters,
            digest,
        },
    );
    Ok(Own { repository, image })
}

/// Adds the repositories and images; returns `None` if images are not built.
pub(super) fn build(builder: &mut StackBuilder<'_>) -> Result<Option<Images>, PayloadError> {
    if !builder.configuration.builds_images() {
        return Ok(None);
    }
    Ok(Some(Images {
        openhands: own(builder, BuiltImage::OpenHands, OPENHANDS_IMAGE)?,
        agent_server: own(builder, BuiltImage::AgentServer, AGENT_SERVER_IMAGE)?,
    }))
}
