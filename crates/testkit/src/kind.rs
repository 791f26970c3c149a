//! Simulated resource kinds, generated from schemas. Like a real cloud, they refuse duplicate names, references to missing
//! objects, and the deletion of objects in use.

use std::time::Duration;

use futures::future::BoxFuture;
use ohinfra_core::Provider;
use ohinfra_core::Region;
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Live, Readiness, ResourceKind, Subject, Update, tags_of,
};
use ohinfra_core::error::{ErrorKind, ProviderError};
use ohinfra_core::inputs::{Attributes, Inputs};
use ohinfra_core::schema::{Replacement, Schema, WRITE_ONLY};
use ohinfra_core::tag_index::KnownTags;
use serde_json::{Value, json};

use crate::cloud::{Cloud, Inner, Object};

/// A kind of the in-memory cloud.
pub struct FakeKind {
    schema: Schema,
    cloud: Cloud,
}

/// Creates a provider with these kinds for a cloud.
pub fn provider(cloud: &Cloud, schemas: impl IntoIterator<Item = Schema>) -> Provider {
    schemas.into_iter().fold(Provider::default(), |provider, schema| {
        let kind = FakeKind { schema: schema.clone(), cloud: cloud.clone() };
        provider.raw_kind(schema, std::sync::Arc::new(kind))
    })
}

/// Returns a new identity, which is not a substring of any other identity.
fn identity(schema: &Schema, inner: &Inner) -> String {
    format!("{}-{:06}", schema.kind.replace(['.', '_'], "-"), inner.made)
}

fn attributes(schema: &Schema, id: &str, name: Option<&str>) -> Attributes {
    let value = |attribute: &str| match attribute {
        "id" => id.to_owned(),
        "name" => name.unwrap_or(id).to_owned(),
        "arn" => format!("arn:fake:{}:{id}", schema.kind),
        other => format!("{other}.{id}"),
    };
    schema.attributes().iter().map(|(name, _)| ((*name).to_owned(), json!(value(name)))).collect()
}

/// Returns the values of the natural name; `None` if it is incomplete.
fn natural_name(schema: &Schema, inputs: &Inputs) -> Option<Vec<Value>> {
    let values: Vec<Value> = schema.natural_name.iter().filter_map(|name| inputs.get(*name).cloned()).collect();
    (!values.is_empty() && values.len() == schema.natural_name.len() && !values.contains(&Value::Null))
        .then_some(values)
}

/// Collects all strings in a value, except tags.
fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(fields) => {
            fields.iter().filter(|(name, _)| *name != "tags").for_each(|(_, field)| texts(field, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Returns the identities in inputs, recognized by their form `service-noun-000000`.
fn identities(inputs: &Inputs) -> Vec<String> {
    let mut all = Vec::new();
    texts(&Value::Object(inputs.clone()), &mut all);
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    all.iter()
        .flat_map(|text| text.split(move |c| !is_word(c)))
        .filter(|word| {
            let number = word.rsplit('-').next().unwrap_or_default();
            number.len() == 6 && word.len() > 7 && number.chars().all(|c| c.is_ascii_digit())
        })
        .map(str::to_owned)
        .collect()
}

impl FakeKind {
    fn error(&self, kind: ErrorKind, operation: &str, message: String) -> ProviderError {
        ProviderError::new(kind, &format!("{}:{operation}", self.schema.service()), message)
    }

    fn check_references(&self, inner: &Inner, inputs: &Inputs) -> Result<(), ProviderError> {
        for id in identities(inputs) {
            if !inner.objects.values().any(|object| object.id == id) {
                return Err(self.error(ErrorKind::Invalid, "Create", format!("{id} does not exist")));
            }
        }
        Ok(())
    }

    fn key(&self, region: &Region, id: &str) -> (String, String, String) {
        (self.schema.kind.to_owned(), region.to_string(), id.to_owned())
    }

    fn create_now(
        &self,
        inner: &mut Inner,
        subject: &Subject,
        inputs: Inputs,
        ready_at: Duration,
    ) -> Result<Created, ProviderError> {
        self.check_references(inner, &inputs)?;
        let name = natural_name(&self.schema, &inputs);
        let of_kind = |object: &&Object| object.kind == self.schema.kind && object.region == subject.region;
        if name.is_some()
            && inner.objects.values().filter(of_kind).any(|o| natural_name(&self.schema, &o.inputs) == name)
        {
            return Err(self.error(ErrorKind::Exists, "Create", format!("{name:?} exists")));
        }
        if inner.objects.values().filter(of_kind).any(|object| object.token == subject.token) {
            return Err(self.error(
                ErrorKind::Exists,
                "Create",
                format!("an object named after {} exists", subject.token),
            ));
        }
        inner.made += 1;
        let id = identity(&self.schema, inner);
        let text = self.schema.natural_name.last().and_then(|field| inputs.get(*field)?.as_str().map(str::to_owned));
        let attributes = attributes(&self.schema, &id, text.as_deref());
        let mut kept = inputs;
        // An untagged object needs an owner as well; real kinds derive it from the parent resource.
        if !self.schema.taggable {
            kept.insert("tags".to_owned(), json!(subject.ownership.tags()));
        }
        let object = Object {
            kind: self.schema.kind.to_owned(),
            region: subject.region.clone(),
            id: id.clone(),
            inputs: kept,
            attributes: attributes.clone(),
            token: subject.token.clone(),
            ready_at,
        };
        inner.objects.insert(self.key(&subject.region, &id), object);
        Ok(Created { id, attributes: attributes.into_iter().filter(|(name, _)| self.is_early(name)).collect() })
    }

    /// Returns `true` if an attribute is known before the object is ready.
    fn is_early(&self, attribute: &str) -> bool {
        self.schema.availability(attribute) == Some(ohinfra_core::schema::Availability::Early)
    }

    fn delete_now(&self, inner: &mut Inner, region: &Region, id: &str) -> Result<(), ProviderError> {
        let key = self.key(region, id);
        if !inner.objects.contains_key(&key) {
            return Ok(());
        }
        let dependent =
            inner.objects.values().find(|object| object.id != id && identities(&object.inputs).iter().any(|i| i == id));
        // A delete-first kind can be deleted while it is still referenced, like a role or a bucket.
        let allows_dependents = self.schema.replacement == Replacement::DeleteFirst && self.schema.kind != "fake.held";
        if let Some(dependent) = dependent.filter(|_| !allows_dependents) {
            return Err(self.error(ErrorKind::Dependency, "Delete", format!("{id} is used by {}", dependent.id)));
        }
        inner.objects.remove(&key);
        Ok(())
    }
}

impl ResourceKind for FakeKind {
    fn find<'a>(&'a self, subject: &'a Subject, known: Inputs) -> BoxFuture<'a, Result<Option<Found>, ProviderError>> {
        Box::pin(async move {
            let about = subject.address().to_string();
            self.cloud
                .call("find", self.schema.kind, &about, Duration::ZERO, |inner| {
                    let name = natural_name(&self.schema, &known);
                    let fits = |object: &&Object| {
                        let tags = tags_of(&object.inputs);
                        let named = name.is_some() && natural_name(&self.schema, &object.inputs) == name;
                        object.kind == self.schema.kind
                            && object.region == subject.region
                            && subject.seeks(&object.id)
                            && (subject.ownership.matches(&tags) || named)
                    };
                    let found = inner.objects.values().find(fits);
                    Ok(found.map(|object| Found::new(&object.id, Evidence::Tags(tags_of(&object.inputs)))))
                })
                .await
        })
    }

    fn read<'a>(
        &'a self,
        region: &'a Region,
        ids: &'a [String],
        _tags: KnownTags<'a>,
    ) -> BoxFuture<'a, Result<Vec<Option<Live>>, ProviderError>> {
        Box::pin(async move {
            let now = self.cloud.now();
            let live = |object: &Object| {
                let known = |name: &str| object.ready_at <= now || self.is_early(name);
                let attributes = object.attributes.iter().filter(|(name, _)| known(name));
                let mut inputs = object.inputs.clone();
                for input in self.schema.inputs().iter().filter(|input| !input.path.contains('.')) {
                    inputs.entry(&input.path).or_insert(Value::Null);
                }
                inputs.retain(|name, _| !self.schema.traits(name).has(WRITE_ONLY));
                if !self.schema.taggable {
                    inputs.remove("tags");
                }
                Live {
                    inputs,
                    attributes: attributes.map(|(name, value)| (name.clone(), value.clone())).collect(),
                    ..Live::default()
                }
            };
            self.cloud
                .call("read", self.schema.kind, &ids.join(" "), Duration::ZERO, |inner| {
                    Ok(ids.iter().map(|id| inner.objects.get(&self.key(region, id)).map(live)).collect())
                })
                .await
        })
    }

    fn create<'a>(&'a self, subject: &'a Subject, inputs: Inputs) -> BoxFuture<'a, Result<Created, ProviderError>> {
        Box::pin(async move {
            let (about, latency) = (subject.address().to_string(), self.cloud.latency(self.schema.kind));
            let ready_at = self.cloud.now() + latency.create + latency.ready;
            self.cloud
                .call("create", self.schema.kind, &about, latency.create, |inner| {
                    self.create_now(inner, subject, inputs, ready_at)
                })
                .await
        })
    }

    fn ready<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Result<Readiness, ProviderError>> {
        Box::pin(async move {
            let now = self.cloud.now();
            self.cloud
                .call("ready", self.schema.kind, id, Duration::ZERO, |inner| {
                    match inner.objects.get(&self.key(region, id)) {
                        Some(object) if object.ready_at <= now => Ok(Readiness::Ready),
                        Some(_) => Ok(Readiness::Waiting("creating".to_owned())),
                        None => Err(self.error(ErrorKind::NotFound, "Describe", format!("{id} does not exist"))),
                    }
                })
                .await
        })
    }

    fn update<'a>(
        &'a self,
        subject: &'a Subject,
        id: &'a str,
        update: Update<Inputs>,
    ) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let (about, latency) = (subject.address().to_string(), self.cloud.latency(self.schema.kind));
            self.cloud
                .call("update", self.schema.kind, &about, latency.update, |inner| {
                    self.check_references(inner, &update.desired)?;
                    let key = self.key(&subject.region, id);
                    let missing = || self.error(ErrorKind::NotFound, "Modify", format!("{id} does not exist"));
                    let object = inner.objects.get_mut(&key).ok_or_else(missing)?;
                    let mut present = tags_of(&object.inputs);
                    present.extend(update.tags_to_set.clone());
                    present.retain(|key, _| !update.tags_to_remove.contains(key));
                    let mut inputs = update.desired;
                    let named = if self.schema.taggable { present } else { tags_of(&object.inputs) };
                    inputs.insert("tags".to_owned(), json!(named));
                    object.inputs = inputs;
                    Ok(())
                })
                .await
        })
    }

    fn delete<'a>(
        &'a self,
        region: &'a Region,
        id: &'a str,
        _how: Deletion,
    ) -> BoxFuture<'a, Result<(), ProviderError>> {
        Box::pin(async move {
            let takes = self.cloud.latency(self.schema.kind).delete;
            self.cloud.call("delete", self.schema.kind, id, takes, |inner| self.delete_now(inner, region, id)).await
        })
    }

    fn gone<'a>(&'a self, region: &'a Region, id: &'a str) -> BoxFuture<'a, Result<Readiness, ProviderError>> {
        Box::pin(async move {
            self.cloud
                .call("gone", self.schema.kind, id, Duration::ZERO, |inner| {
                    let exists = inner.objects.contains_key(&self.key(region, id));
                    Ok(if exists { Readiness::Waiting("deleting".to_owned()) } else { Readiness::Ready })
                })
                .await
        })
    }
}
