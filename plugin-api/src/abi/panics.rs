//! What is kept of a panic in an entry point: its text, and in a plugin the place where it began.
//!
//! A plugin has a copy of the standard library of its own, whose panic hook would write to the host's
//! stderr past everything the host does with text. The hook installed here notes the place instead.
//! Panics of threads that the planner started by itself have no caller to be told, and are left to the
//! hook that was there before.

use std::any::Any;
use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use crate::limits;
use crate::plan::text::clip;

/// A place in the source, empty until there was a panic.
type Place = String;

thread_local! {
    /// Where the latest panic in this thread's entry point began, `None` outside of entry points.
    ///
    /// It is taken out before an entry point returns. Without a destructor, the first use on a thread
    /// registers none, for which the C library would wait until no library's constructors run.
    static PLACE: Cell<ManuallyDrop<Option<Place>>> = const { Cell::new(ManuallyDrop::new(None)) };
}

/// Installs the hook, once. Only a plugin may call this: the host's hook belongs to the host.
pub(super) fn install_hook() {
    static ONCE: Once = Once::new();
    // A panic that aborts is told by nobody but the hook that is there.
    if cfg!(panic = "unwind") {
        ONCE.call_once(|| {
            let before = take_hook();
            set_hook(Box::new(move |panic| {
                if !note(panic) {
                    before(panic);
                }
            }));
        });
    }
}

/// Runs an entry point; a panic in it becomes a text.
pub(super) fn caught<T>(entry: impl FnOnce() -> T) -> Result<T, String> {
    let outer = swap(Some(Place::new()));
    let outcome = catch_unwind(AssertUnwindSafe(entry));
    let place = swap(outer).unwrap_or_default();
    outcome.map_err(|payload| text_of(payload, &place))
}

/// Keeps the place of a panic, if it is one in an entry point.
fn note(panic: &PanicHookInfo<'_>) -> bool {
    let inside = swap(None).is_some();
    if inside {
        let place = panic.location().map(ToString::to_string);
        swap(Some(place.unwrap_or_default()));
    }
    inside
}

fn swap(place: Option<Place>) -> Option<Place> {
    ManuallyDrop::into_inner(PLACE.replace(ManuallyDrop::new(place)))
}

fn text_of(payload: Box<dyn Any + Send>, place: &str) -> String {
    let text = match (
        payload.downcast_ref::<&str>(),
        payload.downcast_ref::<String>(),
    ) {
        (Some(text), _) => text,
        (None, Some(text)) => text.as_str(),
        (None, None) => "a panic without text",
    };
    let suffix = if place.is_empty() {
        String::new()
    } else {
        format!(" (at {place})")
    };
    // The ellipsis is one character too.
    let room = limits::ERROR_MESSAGE_CHARS_MAX.saturating_sub(suffix.chars().count() + 1);
    let text = clip(text, room) + &suffix;
    // Dropping a payload of the author's own type could panic again, outside of any guard.
    std::mem::forget(payload);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_its_text_and_the_place_is_left_as_it_was() {
        let failure = caught(|| {
            let inner = caught(|| std::panic::panic_any(7)).unwrap_err();
            std::panic::panic_any(format!("after {inner}"));
        });
        assert_eq!(
            failure,
            Err::<(), _>("after a panic without text".to_owned())
        );
        assert_eq!(caught(|| 3), Ok(3));
        assert_eq!(swap(None), None);
    }

    #[test]
    fn a_long_text_is_cut_and_its_place_is_kept() {
        let text = text_of(Box::new("é".repeat(5_000)), "src/lib.rs:12:5");
        assert_eq!(text.chars().count(), limits::ERROR_MESSAGE_CHARS_MAX);
        assert!(text.ends_with("é… (at src/lib.rs:12:5)"), "{text}");
        assert_eq!(text_of(Box::new("short"), ""), "short");
    }
}
