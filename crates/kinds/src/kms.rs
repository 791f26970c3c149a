//! AWS Key Management Service.

pub mod alias;
pub mod key;

pub use alias::{Alias, AliasInputs, AliasLive};
pub use key::{Key, KeyInputs, KeyLive};
