//! One flipped bit anywhere in a locked plugin.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::Command;

use proptest::prelude::*;
use proptest::sample::Index;
use registry::{GetError, StartError, StartFailure};

use crate::ground::{Ground, NAME, outcome};

/// A locked planner in a library without debug information, so that a thousand digests take no time.
fn small() -> Ground {
    let ground = Ground::new();
    let stripped = ground.home().join("stripped");
    let status = Command::new("strip")
        .args(["--strip-debug", "-o"])
        .args([&stripped, &ground.file()])
        .status();
    assert!(status.expect("strip starts").success());
    ground.install(&std::fs::read(stripped).unwrap());
    ground.accept_found();
    ground
}

/// Whether a gate turned the planner away before anything was mapped.
fn is_refused(error: &GetError) -> bool {
    match error {
        GetError::Refused { .. } | GetError::Absent { .. } => true,
        GetError::Start(StartError::Failed { cause, .. }) => {
            matches!(**cause, StartFailure::Refused(_))
        }
        _ => false,
    }
}

#[test]
fn a_flipped_bit_anywhere_in_a_locked_plugin_is_refused() {
    let ground = small();
    // Nothing but the bytes that are read for loading tells that they differ.
    let builder = ground.builder().set("discovery.deep_fingerprint", "0");
    let registry = builder.build().unwrap();
    let file = File::options().write(true).open(ground.file()).unwrap();
    let bytes = ground.bytes();
    let positions = (any::<Index>(), 0..8_u32);
    proptest!(ProptestConfig::with_cases(256), |((at, bit) in positions)| {
        let at = at.index(bytes.len());
        file.write_all_at(&[bytes[at] ^ (1 << bit)], at as u64).unwrap();
        registry.discover().unwrap();
        let outcome = registry.get(NAME).map(drop);
        file.write_all_at(&[bytes[at]], at as u64).unwrap();
        let error = outcome.expect_err("the flipped bit was accepted");
        prop_assert!(is_refused(&error), "bit {bit} of byte {at}: {error:?}");
    });
    registry.discover().unwrap();
    assert_eq!(outcome(&registry), "ready");
}
