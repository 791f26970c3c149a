//! Implementation of `lambda.archive`, an action-only resource. Its identity is the digest of the archive, so that the state, and
//! not Lambda, determines the code that a function must have.

use std::sync::Arc;

use ohinfra_core::contract::{Created, Deletion, Found, Kind, Known, Live, Resolved, Subject, Update, attributes};
use ohinfra_core::package::Packages;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::lambda::{Archive, ArchiveLive};

use super::Clients;
use super::code::{digest, render};

/// `lambda.archive`
pub struct ArchiveKind {
    pub(crate) clients: Clients,
    pub(crate) packages: Arc<dyn Packages>,
}

impl Kind for ArchiveKind {
    type Definition = Archive;

    async fn find(&self, _subject: &Subject, _known: &Known<Archive>) -> Result<Option<Found>, ProviderError> {
        Ok(None)
    }

    async fn read_one(&self, _region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        Ok(Some(Live::new(&ArchiveLive::default(), attributes([("id", id), ("sha256", id)]))))
    }

    async fn create(
        &self,
        _subject: &Subject,
        inputs: &Resolved<Archive>,
        _tags: &Tags,
    ) -> Result<Created, ProviderError> {
        let (parameters, secrets) = (&inputs.parameters, &inputs.secret_parameters);
        let archive = render(&self.clients, &*self.packages, &inputs.package, parameters, secrets).await?;
        let digest = digest(&archive);
        Ok(Created::new(&digest, [("id", &digest), ("sha256", &digest)]))
    }

    /// Does nothing: every change replaces the archive.
    async fn update(
        &self,
        _subject: &Subject,
        _id: &str,
        _update: &Update<Resolved<Archive>>,
    ) -> Result<(), ProviderError> {
        Ok(())
    }

    async fn delete(&self, _region: &Region, _id: &str, _how: Deletion) -> Result<(), ProviderError> {
        Ok(())
    }
}
