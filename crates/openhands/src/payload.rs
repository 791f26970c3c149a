//! What is put *into* AWS: files in their own languages under `payload/`, filled in from the configuration and from what AWS
//! says. The same values give the same bytes, always.
//!
//! [`edge`] makes the two functions at CloudFront's edge, [`boot`] what an instance starts with, [`routing`] what finds the sandbox
//! of a request, [`user_config`] the function behind `/api/v1/user-config`, [`database`] the SQL that prepares the database, and
//! [`mail`] what users are sent and see when they log in, [`images`] what images of one's own are built of. [`overlay`] is the Python package that OpenHands loads, [`releases`] the table of supported versions. [`inspection`] writes all of it out, and [`packages`] renders by name what resources deliver.

pub mod archive;
pub mod boot;
pub mod database;
pub mod edge;
pub mod images;
pub mod inspection;
pub mod mail;
pub mod overlay;
pub mod packages;
pub mod releases;
pub mod routing;
pub mod template;
pub mod user_config;

pub use template::PayloadError;
