//! The Lambda function that serves `/api/v1/user-config`.

use serde::Serialize;
use serde_json::Value;

use super::archive::{archive, with_settings};
use super::template::{PayloadError, render};

/// Settings of the function.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UserConfig {
    /// The MCP servers of all users: `{"shttp_servers": […], "stdio_servers": […]}`.
    pub servers: Value,
}

const FILES: &[(&str, &str)] = &[
    ("app.py", include_str!("../../payload/user-config/function/app.py")),
    ("routes.py", include_str!("../../payload/user-config/function/routes.py")),
    ("validation.py", include_str!("../../payload/user-config/function/validation.py")),
];

/// The Python package `user_data`, shared with the overlay of OpenHands.
pub(crate) const USER_DATA: &[(&str, &str)] = &[
    ("user_data/__init__.py", include_str!("../../payload/user-config/function/user_data/__init__.py")),
    ("user_data/documents.py", include_str!("../../payload/user-config/function/user_data/documents.py")),
    ("user_data/errors.py", include_str!("../../payload/user-config/function/user_data/errors.py")),
    ("user_data/gcm.py", include_str!("../../payload/user-config/function/user_data/gcm.py")),
    ("user_data/mcp.py", include_str!("../../payload/user-config/function/user_data/mcp.py")),
];

impl UserConfig {
    /// Returns the files of the function.
    pub fn files(&self) -> Result<Vec<(&'static str, String)>, PayloadError> {
        let name = "everybodys_mcp.json";
        let template = include_str!("../../payload/user-config/everybodys_mcp.json.tmpl");
        Ok(with_settings((name, render(name, template, self)?), &[FILES, USER_DATA].concat()))
    }

    /// Returns the zipped code; the handler is `app.handler`.
    pub fn zip(&self) -> Result<Vec<u8>, PayloadError> {
        archive(&self.files()?)
    }
}
