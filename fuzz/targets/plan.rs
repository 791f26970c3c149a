//! A saved plan of any bytes is read or refused.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = ohinfra_cli::plan_file::PlanFile::parse(bytes, "saved.plan");
});
