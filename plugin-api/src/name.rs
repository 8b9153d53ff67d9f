//! The one rule for planner names: `^[a-z0-9_][a-z0-9_-]{2,63}$`.

/// The text of [`RULE`] as a literal, which the export macro needs.
#[doc(hidden)]
#[macro_export]
macro_rules! __name_rule {
    () => {
        "3 to 64 characters: lower-case letters, digits, '_' and '-', not starting with '-'"
    };
}

/// What a valid name looks like, in words fit for an error message.
pub const RULE: &str = __name_rule!();

/// Shortest valid name, in bytes.
pub const LEN_MIN: usize = 3;

/// Longest valid name, in bytes.
pub const LEN_MAX: usize = 64;

/// Whether `name` is a valid planner name exactly as written; nothing is trimmed or lowered here.
///
/// It is `const` so that the export macro can refuse a bad name at compile time.
pub const fn is_valid(name: &str) -> bool {
    let bytes = name.as_bytes();
    if bytes.len() < LEN_MIN || bytes.len() > LEN_MAX || bytes[0] == b'-' {
        return false;
    }
    let mut at = 0;
    while at < bytes.len() {
        if !matches!(bytes[at], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-') {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_holds_at_its_edges() {
        for good in ["abc", "_ab", "0ab", "a-b", "a__", &"a".repeat(64)] {
            assert!(is_valid(good), "{good}");
        }
        for bad in [
            "",
            "ab",
            "-ab",
            "Abc",
            "a b",
            "a.b",
            "á23",
            "ab\0",
            &"a".repeat(65),
        ] {
            assert!(!is_valid(bad), "{bad:?}");
        }
    }
}
