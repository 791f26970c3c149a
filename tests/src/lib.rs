//! What whole-system tests share: accounts of their own in LocalStack, the command line, calls behind its back, and a proxy
//! that counts, delays and spoils calls.

pub mod account;
pub mod crash;
pub mod helper;
pub mod proxy;

pub use account::{Account, Ended, Inventory};
pub use proxy::Proxy;
