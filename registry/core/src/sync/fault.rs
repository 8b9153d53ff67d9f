//! The seam through which a test proves that a model can fail.
//!
//! A line such as `if !broken("slot.no_notify") { changed.notify_all() }` ships as its honest
//! half: outside the checkers [`broken`] is the constant `false` and leaves no code behind. Under
//! a checker the environment may switch on exactly one fault, and the test asserts that the model
//! rejects the result.

/// Whether this run of a checker was asked to misbehave at `fault`.
#[cfg(not(any(registry_loom, registry_shuttle)))]
#[inline(always)]
#[expect(clippy::inline_always, reason = "it must vanish from the shipped code")]
pub(crate) const fn broken(_fault: &str) -> bool {
    false
}

/// Whether this run of a checker was asked to misbehave at `fault`.
#[cfg(any(registry_loom, registry_shuttle))]
pub(crate) fn broken(fault: &str) -> bool {
    static ACTIVE: std::sync::LazyLock<Option<String>> =
        std::sync::LazyLock::new(|| std::env::var("REGISTRY_FAULT").ok());
    ACTIVE.as_deref() == Some(fault)
}
