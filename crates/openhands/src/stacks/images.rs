//! Images that are built on the machine that applies and pulled from the deployment's own repositories.

use std::collections::BTreeMap;

use ohinfra_core::Text;
use ohinfra_kinds::ecr::{Image, ImageInputs, Repository, RepositoryInputs};
use ohinfra_plan::graph::Handle;
use serde_json::json;

use super::Builder;
use crate::payload::images::Image as BuiltImage;
use crate::payload::packages::{self, AGENT_SERVER_IMAGE, OPENHANDS_IMAGE};

/// What the instance runs on.
const PLATFORM: &str = "linux/arm64";
/// Days after which an image that has lost its tag expires.
const UNTAGGED_DAYS: i32 = 14;

/// An image and where it is.
pub(crate) struct Own {
    repository: Handle,
    image: Handle,
}

impl Own {
    /// The registry to log in to.
    pub(crate) fn registry(&self) -> Text {
        self.repository.attribute("registry")
    }

    /// The repository that it is pulled from.
    pub(crate) fn repository(&self) -> Text {
        self.repository.attribute("uri")
    }

    /// Its tag.
    pub(crate) fn tag(&self) -> Text {
        self.image.attribute("tag")
    }
}

/// The images of one's own.
pub(crate) struct Images {
    pub(crate) openhands: Own,
    pub(crate) agent_server: Own,
}

fn own(builder: &mut Builder<'_>, built: BuiltImage, package: &str) -> Own {
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
            // A tag is the digest of what the image was built of.
            immutable_tags: true,
        },
    );
    let bases = json!(built.bases(builder.configuration, &builder.environment.base_images)).to_string();
    let image = builder.add::<Image>(
        &format!("image-{noun}"),
        &ImageInputs {
            repository_name: repository.attribute("name"),
            repository_uri: repository.attribute("uri"),
            platform: PLATFORM.to_owned(),
            package: package.to_owned(),
            parameters: BTreeMap::from([("bases".to_owned(), bases.into())]),
            digest: packages::digest(package),
        },
    );
    Own { repository, image }
}

/// The repositories and what is in them, if images are built.
pub(crate) fn build(builder: &mut Builder<'_>) -> Option<Images> {
    if !builder.configuration.builds_images() {
        return None;
    }
    Some(Images {
        openhands: own(builder, BuiltImage::OpenHands, OPENHANDS_IMAGE),
        agent_server: own(builder, BuiltImage::AgentServer, AGENT_SERVER_IMAGE),
    })
}
