//! What whole-system tests share: accounts of their own in LocalStack, the command line, calls behind its back, and a proxy
//! that counts, delays and spoils calls.

pub mod account;
pub mod proxy;

pub use account::{Account, Ended};
pub use proxy::Proxy;
