//! The index of tags that a cloud may have.

use std::collections::BTreeMap;

use futures::future::BoxFuture;

use crate::Region;
use crate::tags::Tags;

/// The tags of a deployment, as recorded in its state.
#[derive(Clone, Debug)]
pub struct RecordedTags {
    /// The deployment's name.
    pub deployment: String,
    /// Maps address to tags.
    pub tags: BTreeMap<String, Tags>,
}

/// An index of the tags of many resources, as of its creation: fewer calls than reading the tags of each resource, but eventually
/// consistent.
pub trait TagIndex: Send + Sync {
    /// Returns the tags of a resource if the index agrees with the recorded tags; otherwise `None`.
    fn tags<'a>(&'a self, region: &'a Region, arn: &'a str) -> BoxFuture<'a, Option<Tags>>;
}

/// Creates the tag index of a cloud.
pub type OpenTagIndex = dyn Fn(RecordedTags) -> Box<dyn TagIndex> + Send + Sync;

/// The tags that a read may take from an index instead of a separate call.
#[derive(Clone, Copy, Default)]
pub struct KnownTags<'a>(Option<&'a dyn TagIndex>);

impl<'a> KnownTags<'a> {
    /// No index: every read asks the service.
    pub const NONE: KnownTags<'static> = KnownTags(None);

    /// Uses an index.
    pub fn of(index: &'a dyn TagIndex) -> Self {
        Self(Some(index))
    }

    /// Returns the tags of a resource; `None` if the service must be asked.
    pub async fn get(self, region: &Region, arn: &str) -> Option<Tags> {
        self.0?.tags(region, arn).await
    }
}
