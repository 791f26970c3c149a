//! What the login page looks like.

use ohinfra_core::Schema;
use ohinfra_core::contract::Definition;
use ohinfra_core::schema::{Availability, DOCUMENT, RECORDED, REPLACE, UNORDERED, WRITE_ONLY};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `cognito.managed_login_branding`
pub struct ManagedLoginBranding;

/// Inputs of the branding of the managed login page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ManagedLoginBrandingInputs<T = String> {
    /// The pool.
    pub user_pool_id: T,
    /// The client whose page it is.
    pub client_id: T,
    /// Colours and places.
    pub settings: String,
    /// Images.
    pub assets: Vec<Asset>,
    /// A digest of the settings and images in AWS. Never configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customized: Option<Value>,
}

/// An image of the login page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asset {
    /// What it is: `FORM_LOGO`, `FAVICON_SVG`, …
    pub category: String,
    /// For which colour scheme: `DARK` or `LIGHT`.
    pub color_mode: String,
    /// The kind of file: `SVG`, …
    pub extension: String,
    /// Its text.
    pub text: String,
}

impl Definition for ManagedLoginBranding {
    type Inputs<T: Serialize + DeserializeOwned + Send + Sync> = ManagedLoginBrandingInputs<T>;

    fn schema() -> Schema {
        Schema::new("cognito.managed_login_branding", "The branding of the managed login page")
            .input("user_pool_id", REPLACE)
            .unreported("client_id", WRITE_ONLY | REPLACE, "Cognito does not name the client of a branding")
            .unreported(
                "settings",
                WRITE_ONLY | DOCUMENT,
                "Cognito omits what equals its defaults; `customized` shows a change",
            )
            .unreported(
                "assets",
                WRITE_ONLY | UNORDERED,
                "Cognito returns them in a form of its own; `customized` shows a change",
            )
            .input("customized", RECORDED)
            .attribute("id", Availability::Early)
            .untagged()
            .named_by(&["client_id"])
            .exclusive()
    }
}
