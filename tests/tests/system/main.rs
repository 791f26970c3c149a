//! The whole system against LocalStack, through the command line. `cargo xtask test` starts LocalStack for it.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod backend;
mod bad_input;
mod conformance;
mod crashes;
mod data;
mod domains;
mod faults;
mod functions;
mod instances;
mod interrupts;
mod life_cycle;
mod locks;
mod ownership;
mod platform;
mod requests;
mod secrets;
mod tags;
mod takeover;
mod users;
mod values;
