//! A provider that loses one call: the request or the response is lost.

use std::sync::{Arc, Mutex, PoisonError};

use futures::future::BoxFuture;
use ohinfra_core::Provider;
use ohinfra_core::Region;
use ohinfra_core::contract::{Created, Deletion, Found, Live, Readiness, ResourceKind, Subject, Update};
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_core::inputs::Inputs;
use ohinfra_core::tag_index::KnownTags;

/// The next loss, if any. Clones share it.
#[derive(Clone, Default)]
pub struct Armed(Arc<Mutex<Option<Loss>>>);

/// The loss of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// The operation: `create`, `update` or `delete`.
    pub operation: &'static str,
    /// `true` if the call takes effect and only its response is lost.
    pub after: bool,
}

impl Armed {
    /// Sets the next loss: the next call of its operation is lost. With `None`, no call is lost.
    pub fn set(&self, loss: Option<Loss>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = loss;
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, ProviderError>>,
    ) -> Result<T, ProviderError> {
        let loss = {
            let mut armed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if armed.is_some_and(|loss| loss.operation == operation) { armed.take() } else { None }
        };
        let lost = || ProviderError::new(ErrorKind::Unavailable, operation, "the connection was lost");
        match loss {
            None => call.await,
            Some(Loss { after: false, .. }) => Err(lost()),
            Some(Loss { after: true, .. }) => {
                call.await?;
                Err(lost())
            }
        }
    }
}

struct Lossy {
    kind: Arc<dyn ResourceKind>,
    armed: Armed,
}

/// Wraps the kinds of a provider so that they lose the call set in `armed`. Lookups are not included.
pub fn lossy(provider: &Provider, armed: &Armed) -> Provider {
    provider.kinds().fold(Provider::default(), |lossy, (schema, kind)| {
        let kind = Lossy { kind: Arc::clone(kind), armed: armed.clone() };
        lossy.raw_kind(schema.as_ref().clone(), Arc::new(kind))
    })
}

impl ResourceKind for Lossy {
    fn find<'a>(&'a self, subject: &'a Subject, known: Inputs) -> BoxFuture<'a, Result<Option<Found>, ProviderError>> {
        self.kind.find(subject, known)
    }

    fn read<'a>(
        &'a self,
        region: &'a Region,
        ids: &'a [String],
        tags: KnownTags<'a>,
    ) -> BoxFuture<'a, Result<Vec<Option<Live>>, ProviderError>> {
        self.kind.read(region, ids, tags)
    }

    fn create<'a>(&'a self, subject: &'a Subject, inputs: Inputs) -> BoxFuture<'a, Result<Created, ProviderError>> {
        Box::pin(self.armed.call("create", self.kind.create(subject, inputs)))
    }

    fn ready<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Result<Readiness, ProviderError>> {
        self.kind.ready(region, id)
    }

    fn update<'a>(
        &'a self,
        subject: &'a Subject,
        id: &'a str,
        update: Update<Inputs>,
    ) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(self.armed.call("update", self.kind.update(subject, id, update)))
    }

    fn delete<'a>(
        &'a self,
        region: &'a Region,
        id: &'a str,
        how: Deletion,
    ) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(self.armed.call("delete", self.kind.delete(region, id, how)))
    }

    fn gone<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Result<Readiness, ProviderError>> {
        self.kind.gone(region, id)
    }
}
