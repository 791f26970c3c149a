//! Implementation of `cognito.managed_login_branding`. Cognito omits default settings and rewrites images. Drift detection
//! therefore compares a digest of the reported branding with the digest after the last apply, not with the inputs.

use std::collections::BTreeMap;

use aws_sdk_cognitoidentityprovider::primitives::Blob;
use aws_sdk_cognitoidentityprovider::types::{
    AssetCategoryType, AssetExtensionType, AssetType, ColorSchemeModeType, ManagedLoginBrandingType,
};
use aws_smithy_types::{Document, Number};
use ohinfra_aws_core::{api_error, api_error_eventual, none_if_missing};
use ohinfra_core::contract::{
    Created, Deletion, Evidence, Found, Kind, Known, Live, Resolved, Subject, Update, attributes,
};
use ohinfra_core::error::ErrorKind;
use ohinfra_core::secret::digest;
use ohinfra_core::tag_index::KnownTags;
use ohinfra_core::tags::Tags;
use ohinfra_core::{ProviderError, Region};
use ohinfra_kinds::cognito::{Asset, ManagedLoginBranding, ManagedLoginBrandingLive};
use serde_json::{Value, json};

use super::Clients;

/// `cognito.managed_login_branding`
pub struct ManagedLoginBrandingKind(pub(crate) Clients);

type Inputs = Resolved<ManagedLoginBranding>;

const CREATE: &str = "cognito-idp:CreateManagedLoginBranding";

fn wrong(error: impl std::fmt::Display) -> ProviderError {
    ProviderError::new(ErrorKind::Invalid, CREATE, error.to_string())
}

fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(flag) => Document::Bool(*flag),
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Document::Number(Number::PosInt(number)),
            (None, Some(number)) => Document::Number(Number::NegInt(number)),
            (None, None) => Document::Number(Number::Float(number.as_f64().unwrap_or_default())),
        },
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(fields) => {
            Document::Object(fields.iter().map(|(name, field)| (name.clone(), document(field))).collect())
        }
    }
}

fn value(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(flag) => Value::Bool(*flag),
        Document::Number(Number::PosInt(number)) => json!(number),
        Document::Number(Number::NegInt(number)) => json!(number),
        Document::Number(Number::Float(number)) => json!(number),
        Document::String(text) => Value::String(text.clone()),
        Document::Array(items) => Value::Array(items.iter().map(value).collect()),
        Document::Object(fields) => {
            let fields: BTreeMap<&String, Value> = fields.iter().map(|(name, field)| (name, value(field))).collect();
            json!(fields)
        }
    }
}

/// Returns a digest of the reported settings and images.
fn customized(id: &str, branding: &ManagedLoginBrandingType) -> Value {
    let image = |asset: &AssetType| {
        let bytes = asset.bytes().map(|bytes| String::from_utf8_lossy(bytes.as_ref()).into_owned());
        json!([asset.category.as_str(), asset.color_mode.as_str(), asset.extension.as_str(), bytes])
    };
    let mut images: Vec<Value> = branding.assets().iter().map(image).collect();
    images.sort_by_cached_key(Value::to_string);
    digest(id, &json!([branding.settings().map(value), images]))
}

fn settings(inputs: &Inputs) -> Result<Document, ProviderError> {
    Ok(document(&serde_json::from_str(&inputs.settings).map_err(wrong)?))
}

fn assets(inputs: &Inputs) -> Result<Vec<AssetType>, ProviderError> {
    let asset = |asset: &Asset| {
        let builder = AssetType::builder().category(AssetCategoryType::from(asset.category.as_str()));
        let builder = builder.color_mode(ColorSchemeModeType::from(asset.color_mode.as_str()));
        let builder = builder.extension(AssetExtensionType::from(asset.extension.as_str()));
        builder.bytes(Blob::new(asset.text.as_bytes())).build()
    };
    inputs.assets.iter().map(asset).collect::<Result<_, _>>().map_err(wrong)
}

impl ManagedLoginBrandingKind {
    /// Returns the branding of an app client.
    async fn by_client(
        &self,
        region: &Region,
        pool: &str,
        client: &str,
    ) -> Result<Option<ManagedLoginBrandingType>, ProviderError> {
        let call =
            self.0.in_region(region).describe_managed_login_branding_by_client().user_pool_id(pool).client_id(client);
        let result = call.send().await.map_err(api_error("cognito-idp:DescribeManagedLoginBrandingByClient"));
        Ok(none_if_missing(result)?.and_then(|answer| answer.managed_login_branding))
    }

    async fn get(&self, region: &Region, id: &str) -> Result<Option<ManagedLoginBrandingType>, ProviderError> {
        let (pool, branding) = ProviderError::split_identity(id, "pool:branding")?;
        let call = self.0.in_region(region).describe_managed_login_branding().user_pool_id(pool);
        let result = call.managed_login_branding_id(branding).send().await;
        let answer = none_if_missing(result.map_err(api_error("cognito-idp:DescribeManagedLoginBranding")))?;
        Ok(answer.and_then(|answer| answer.managed_login_branding))
    }
}

impl Kind for ManagedLoginBrandingKind {
    type Definition = ManagedLoginBranding;

    async fn find(
        &self,
        subject: &Subject,
        known: &Known<ManagedLoginBranding>,
    ) -> Result<Option<Found>, ProviderError> {
        let (Some(pool), Some(client)) = (&known.user_pool_id, &known.client_id) else { return Ok(None) };
        let found = self.by_client(&subject.region, pool, client).await?;
        let id = found.and_then(|found| found.managed_login_branding_id);
        Ok(id.map(|id| Found::new(format!("{pool}:{id}"), Evidence::Ours)))
    }

    async fn read_one(&self, region: &Region, id: &str, _tags: KnownTags<'_>) -> Result<Option<Live>, ProviderError> {
        let branding = self.get(region, id).await?;
        Ok(branding.map(|branding| {
            let inputs = ManagedLoginBrandingLive {
                user_pool_id: branding.user_pool_id().map(str::to_owned),
                customized: Some(customized(id, &branding)),
                ..ManagedLoginBrandingLive::default()
            };
            Live::new(&inputs, attributes([("id", id)]))
        }))
    }

    async fn create(&self, subject: &Subject, inputs: &Inputs, _tags: &Tags) -> Result<Created, ProviderError> {
        let call = self.0.in_region(&subject.region).create_managed_login_branding().user_pool_id(&inputs.user_pool_id);
        let call = call.client_id(&inputs.client_id).settings(settings(inputs)?).set_assets(Some(assets(inputs)?));
        let made = call.send().await.map_err(api_error_eventual(CREATE))?.managed_login_branding;
        let id = made.and_then(|made| made.managed_login_branding_id);
        let id = id.ok_or_else(|| ProviderError::incomplete(CREATE, "ManagedLoginBrandingId"))?;
        let id = format!("{}:{id}", inputs.user_pool_id);
        Ok(Created::new(&id, [("id", &id)]))
    }

    async fn update(&self, subject: &Subject, id: &str, update: &Update<Inputs>) -> Result<(), ProviderError> {
        let (pool, branding) = ProviderError::split_identity(id, "pool:branding")?;
        let call = self.0.in_region(&subject.region).update_managed_login_branding().user_pool_id(pool);
        let call = call.managed_login_branding_id(branding).settings(settings(&update.desired)?);
        let call = call.set_assets(Some(assets(&update.desired)?)).send();
        call.await.map(|_| ()).map_err(api_error("cognito-idp:UpdateManagedLoginBranding"))
    }

    async fn delete(&self, region: &Region, id: &str, _how: Deletion) -> Result<(), ProviderError> {
        let (pool, branding) = ProviderError::split_identity(id, "pool:branding")?;
        let call = self.0.in_region(region).delete_managed_login_branding().user_pool_id(pool);
        let result = call.managed_login_branding_id(branding).send().await;
        none_if_missing(result.map_err(api_error("cognito-idp:DeleteManagedLoginBranding"))).map(|_| ())
    }
}
