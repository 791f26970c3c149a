//! A policy of any bytes is read or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = ohinfra_openhands::sandbox_policy::parse(text, "policy.json");
});
