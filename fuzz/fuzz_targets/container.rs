#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| softinfo_fuzz_targets::container::check(input));
