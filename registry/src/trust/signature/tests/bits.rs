//! No bit of a signed plugin, its signature or its trusted comment can be flipped.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::trust::signature::testing::{Case, Publisher};

struct Signed {
    case: Case,
    /// Where in the signature file its untrusted comment ends.
    comment_end: usize,
}

fn signed() -> &'static Signed {
    static SIGNED: LazyLock<Signed> = LazyLock::new(|| {
        let publisher = Publisher::new();
        let mut case = Case::signed_by(&publisher, &publisher.entry("release"));
        case.bytes = (0..200_000_u32)
            .map(|at| at.wrapping_mul(at).to_be_bytes()[1])
            .collect();
        let signature = publisher.sign(&case.bytes, "name=risk_planner version=1.2.0");
        let comment_end = signature.iter().position(|byte| *byte == b'\n').unwrap();
        case.signature = Some(signature);
        assert!(case.told().starts_with("ok: signed"), "{}", case.told());
        Signed { case, comment_end }
    });
    &SIGNED
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_flipped_bit_of_the_plugin_is_refused(bit in 0..signed().case.bytes.len() * 8) {
        let mut case = signed().case.clone();
        flip(&mut case.bytes, bit);
        let told = case.told();
        prop_assert!(told.starts_with("E_SIGNATURE_INVALID: "), "bit {bit}: {told}");
    }
}

/// The signature file is short enough for every bit of it. Its untrusted comment is no part of what is
/// signed, and nothing reads it: what it may be changed into is another comment.
#[test]
fn every_flipped_bit_of_the_signature_and_the_trusted_comment_is_refused() {
    let signature = signed().case.signature.clone().unwrap();
    let prefix_end = "untrusted comment: ".len();
    for bit in 0..signature.len() * 8 {
        let mut case = signed().case.clone();
        flip(case.signature.as_mut().unwrap(), bit);
        let told = case.told();
        let in_untrusted_comment = (prefix_end..signed().comment_end).contains(&(bit / 8));
        let is_last_line_end = bit / 8 == signature.len() - 1;
        assert!(
            told.starts_with("E_") || in_untrusted_comment && told.starts_with("ok: "),
            "bit {bit}: {told}"
        );
        assert!(
            !is_last_line_end || told.starts_with("E_SIGNATURE_"),
            "bit {bit}: {told}"
        );
    }
}
