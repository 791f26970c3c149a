//! A state of any bytes is read or refused; what is read can be written, and is the same then.
#![no_main]

use ohinfra_state::migrations::parse;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(document) = parse(bytes, "state.json") {
        let written = document.to_bytes();
        assert_eq!(parse(&written, "state.json").expect("what is written can be read").to_bytes(), written);
    }
});
