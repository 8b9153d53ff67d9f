//! Makes text from plugins, files and the environment fit to be shown.
//!
//! [`escape`] takes away the power to move the cursor, reorder a line or hide in it; [`mask_secrets`]
//! hides what looks like a credential wherever it stands in a text, and [`mask_secret`] does so for
//! the value of a setting, whose name is known; [`text`] does both to free text, [`mask_json`] the masking to
//! the strings of JSON. [`mask_paths`] hides
//! where files lie, for readers outside; [`cut`] bounds a text and leaves backtraces out. All leave
//! ordinary text as it is, without copying it, and take time linear in the text.
//!
//! What a recogniser cannot know it cannot hide: a password in the middle of a sentence, without a
//! name beside it, stays.

mod cut;
mod escape;
mod json;
mod names;
mod paths;
mod secrets;
mod shapes;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use cut::cut;
pub use escape::{escape, shorten};
pub use json::mask_json;
pub use names::is_secret_name;
pub use paths::mask_paths;
pub use secrets::{mask_secret, mask_secrets};

/// What is shown in place of a secret.
pub const MASK: &str = "********";

/// Longest text of a plugin that is kept.
const PLUGIN_TEXT_BYTES_MAX: usize = 64 << 10;

/// Free text with every secret masked and every deceptive character escaped.
pub fn text(text: &str) -> Cow<'_, str> {
    and_then(mask_secrets(text), escape)
}

/// What a plugin says, as it enters the host: backtraces are left out, the folders of absolute paths
/// are hidden, and it is scrubbed like all free text.
pub fn plugin_text(given: &str) -> Cow<'_, str> {
    let short = cut(given, PLUGIN_TEXT_BYTES_MAX);
    and_then(and_then(short, mask_paths), text)
}

/// `next` applied to `text`, copying only where one of the steps did.
fn and_then(text: Cow<'_, str>, next: impl Fn(&str) -> Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(same) => next(same),
        Cow::Owned(changed) => Cow::Owned(next(&changed).into_owned()),
    }
}
