//! The payload: files deployed *into* AWS, stored in their own languages under `payload/` and rendered with values from the
//! configuration and from AWS. Rendering is deterministic: equal values give equal bytes.
//!
//! - [`boot`]: the boot script and the bundle of an instance
//! - [`database`]: the SQL that bootstraps the database
//! - [`edge`]: the two Lambda@Edge functions
//! - [`images`]: the build contexts of images
//! - [`inspection`]: the complete payload, for `ohinfra render`
//! - [`mail`]: emails to users and the branding of the login page
//! - [`overlay`]: the Python package that OpenHands loads
//! - [`packages`]: rendering by name, for the resource kinds that deliver the payload
//! - [`routing`]: the reverse proxy that routes requests to sandboxes
//! - [`user_config`]: the Lambda function that serves `/api/v1/user-config`

pub mod archive;
pub mod boot;
pub mod database;
pub mod edge;
pub mod images;
pub mod inspection;
pub mod mail;
pub mod overlay;
pub mod packages;
pub mod routing;
pub mod template;
pub mod user_config;

pub use template::PayloadError;
