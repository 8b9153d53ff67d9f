//! What a semantic version is, decided while a plugin compiles.

/// Most digits of a number; so many always fit into the 64 bits of the manifest's parser.
const DIGITS_MAX: usize = 19;

/// Whether `text` is `major.minor.patch`, with an optional pre-release after `-` and optional build
/// metadata after `+`.
pub(super) const fn is_version(text: &str) -> bool {
    let (rest, build) = split(text.as_bytes(), b'+');
    let (rest, pre_release) = split(rest, b'-');
    let (major, rest) = split(rest, b'.');
    let Some(rest) = rest else {
        return false;
    };
    let (minor, Some(patch)) = split(rest, b'.') else {
        return false;
    };
    is_number(major)
        && is_number(minor)
        && is_number(patch)
        && are_identifiers(pre_release, false)
        && are_identifiers(build, true)
}

const fn is_number(text: &[u8]) -> bool {
    text.len() <= DIGITS_MAX && has_only_digits(text) && is_identifier(text, false)
}

/// Whether the part between dots, if there is one at all, are identifiers.
const fn are_identifiers(text: Option<&[u8]>, leading_zeros: bool) -> bool {
    let mut rest = text;
    while let Some(text) = rest {
        let (identifier, after) = split(text, b'.');
        if !is_identifier(identifier, leading_zeros) {
            return false;
        }
        rest = after;
    }
    true
}

const fn is_identifier(text: &[u8], leading_zeros: bool) -> bool {
    let mut at = 0;
    while at < text.len() {
        if !text[at].is_ascii_alphanumeric() && text[at] != b'-' {
            return false;
        }
        at += 1;
    }
    let has_leading_zero = text.len() > 1 && text[0] == b'0' && has_only_digits(text);
    !text.is_empty() && (leading_zeros || !has_leading_zero)
}

const fn has_only_digits(text: &[u8]) -> bool {
    let mut at = 0;
    while at < text.len() {
        if !text[at].is_ascii_digit() {
            return false;
        }
        at += 1;
    }
    true
}

/// What stands before the first `byte`, and what after it if it occurs.
const fn split(text: &[u8], byte: u8) -> (&[u8], Option<&[u8]>) {
    let mut at = 0;
    while at < text.len() {
        if text[at] == byte {
            let (before, rest) = text.split_at(at);
            return (before, Some(rest.split_at(1).1));
        }
        at += 1;
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use semver::Version;

    use super::*;

    #[test]
    fn a_version_has_three_numbers_and_at_most_a_pre_release_and_build_metadata() {
        for good in [
            "0.0.0",
            "1.2.3",
            "1.2.3-rc.1-x",
            "1.2.3+007",
            "1.2.3-0a+a-b.0",
        ] {
            assert!(is_version(good), "{good}");
        }
        for bad in [
            "",
            "abc",
            "1",
            "1.2",
            "1.2.3.4",
            "01.2.3",
            "1.2.x",
            "1..3",
            " 1.2.3",
            "v1.2.3",
            "1.2.3-",
            "1.2.3-a..b",
            "1.2.3-01",
            "1.2.3+",
            "1.2.3+a+b",
            "1.2.3-ä",
            "1-2.3.4",
            "1.2.18446744073709551616",
        ] {
            assert!(!is_version(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn the_parser_of_manifests_reads_the_same_versions(text in r"[01]{1,2}\.[0-2.]{1,4}[-+.a01]{0,6}") {
            prop_assert_eq!(is_version(&text), Version::parse(&text).is_ok());
        }
    }
}
