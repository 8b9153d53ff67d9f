//! The reader of libraries over arbitrary bytes: it must neither panic nor exhaust memory, give the
//! same answer twice, and explain every refusal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use registry::discovery::Library;

fuzz_target!(|bytes: &[u8]| {
    match Library::from_bytes(bytes) {
        Ok(library) => {
            assert!(library.needed.len() <= 32);
            assert_eq!(Library::from_bytes(bytes).ok(), Some(library));
        }
        Err(error) => {
            assert!(error.code().starts_with("E_"));
            assert!(error.to_string().len() < 2048);
            assert!(error.remedy().ends_with('.'));
        }
    }
});
