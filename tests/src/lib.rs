//! Shared code of the system tests: separate accounts in LocalStack, the command line, calls outside ohinfra, and a
//! proxy that counts, delays and disrupts calls.

pub mod account;
pub mod crash;
pub mod helper;
pub mod proxy;

pub use account::{Account, Ended, Inventory};
pub use proxy::Proxy;
