//! Branding of the managed login page.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::Availability;
use ohinfra_derive::Inputs;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `cognito.managed_login_branding`
pub struct ManagedLoginBranding;

/// Inputs of the branding of the managed login page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Inputs)]
pub struct ManagedLoginBrandingInputs<T = String> {
    /// ID of the user pool. Replaces.
    #[input(replace)]
    pub user_pool_id: T,
    /// ID of the app client. Replaces.
    #[input(replace, unreported = "Cognito does not name the client of a branding")]
    pub client_id: T,
    /// Colors and layout (JSON).
    #[input(document, unreported = "Cognito omits what equals its defaults; `customized` shows a change")]
    pub settings: String,
    /// Images.
    #[input(unordered, unreported = "Cognito rewrites images; `customized` shows a change", structure)]
    pub assets: Vec<Asset>,
    /// Digest of the settings and images in AWS. Reported, not configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[input(recorded)]
    pub customized: Option<Value>,
}

/// An image of the login page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Inputs)]
pub struct Asset {
    /// Category: `FORM_LOGO`, `FAVICON_SVG`, …
    pub category: String,
    /// Color scheme: `DARK` or `LIGHT`.
    pub color_mode: String,
    /// File type: `SVG`, …
    pub extension: String,
    /// Content of the file. Text only.
    pub text: String,
}

impl Definition for ManagedLoginBranding {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ManagedLoginBrandingInputs<T>;

    fn schema() -> Schema {
        Schema::of::<ManagedLoginBrandingInputs>(
            "cognito.managed_login_branding",
            "The branding of the managed login page",
        )
        .attribute("id", Availability::Early)
        .untagged()
        .named_by(&["client_id"])
        .exclusive()
    }
}
