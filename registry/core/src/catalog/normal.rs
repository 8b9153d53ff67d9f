//! The normal form of a name: trimmed, lower-case ASCII, at most 64 bytes.

/// The longest name, in bytes.
pub(super) const LEN_MAX: usize = 64;

/// The normal form of `name`, written into `buffer`; none if it has none.
pub(super) fn normalise<'b>(name: &str, buffer: &'b mut [u8; LEN_MAX]) -> Option<&'b str> {
    let name = name.trim();
    if !name.is_ascii() {
        return None;
    }
    let target = buffer.get_mut(..name.len())?;
    target.copy_from_slice(name.as_bytes());
    target.make_ascii_lowercase();
    std::str::from_utf8(target).ok()
}

/// Whether `name` is its own normal form.
pub(super) fn is_normal(name: &str) -> bool {
    normalise(name, &mut [0; LEN_MAX]) == Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(name: &str) -> Option<String> {
        normalise(name, &mut [0; LEN_MAX]).map(String::from)
    }

    #[test]
    fn blanks_around_and_case_do_not_count() {
        assert_eq!(normal(" Mixed_Case\t\n").as_deref(), Some("mixed_case"));
        assert_eq!(normal("plain").as_deref(), Some("plain"));
        assert_eq!(normal("in side").as_deref(), Some("in side"));
    }

    #[test]
    fn names_too_long_or_foreign_have_no_normal_form() {
        let longest = "A".repeat(LEN_MAX);
        assert_eq!(normal(&format!("  {longest}  ")), Some("a".repeat(LEN_MAX)));
        assert_eq!(normal(&"a".repeat(LEN_MAX + 1)), None);
        // The Kelvin sign lowers to an ASCII letter; it must not find a name spelled with one.
        assert_eq!(normal("\u{212a}elvin"), None);
    }
}
