//! One target of the real fuzzer.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| payrun_fuzz::webhook(bytes));
