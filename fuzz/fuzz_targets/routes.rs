#![no_main]

#[path = "../targets/relay/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|input: &[u8]| targets::routes::check(input));
