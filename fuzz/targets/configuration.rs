//! A configuration of any bytes is read or refused.
#![no_main]

use ohinfra_openhands::{Configuration, Sources};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let sources = Sources { file: Some(("ohinfra.toml".to_owned(), text.to_owned())), ..Sources::default() };
    let _ = Configuration::load(&sources);
});
