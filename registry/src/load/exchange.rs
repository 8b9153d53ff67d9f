//! One call into a plugin: lends it a sink, and judges what came back.
//!
//! Text that a plugin wrote about its failure is bounded and escaped here, so that nobody above needs to
//! think of it.

#![expect(
    unsafe_code,
    reason = "a sink is lent to a plugin for the length of the call"
)]

use std::borrow::Cow;

use plugin_api::abi::{Buffer, Sink, Status};
use plugin_api::limits;
use serde_json::Value;

use crate::scrub;

/// Largest answer that a plugin may give.
pub(crate) const ANSWER_SIZE_BYTES_MAX: usize = 10 << 20;

/// Largest error or panic text where no answer is expected.
pub(crate) const FAILURE_SIZE_BYTES_MAX: usize = 64 << 10;

/// Largest error or panic text that is read where an answer could have come. An error that lists every
/// broken rule of a large plan takes about half of it.
const ERROR_SIZE_BYTES_MAX: usize = 256 << 10;

/// Why a call gave no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum CallFailure {
    /// The plugin returned an error, whose texts are escaped.
    #[error("it returned the error {}", shown(&.0.to_string()))]
    Error(Value),
    /// The plugin panicked, with this escaped text.
    #[error("it panicked: {0}")]
    Panic(String),
    /// The answer was larger than the bound.
    #[error("its answer is larger than {size_bytes_max} bytes")]
    TooLarge {
        /// The bound.
        size_bytes_max: usize,
    },
    /// The plugin broke the interface's rules.
    #[error("it broke the rules of the interface: {0}")]
    Protocol(Cow<'static, str>),
}

/// Lends a sink to `call` and sorts what came back: the status counts first, then what fits.
pub(super) fn exchange(
    size_bytes_max: usize,
    call: impl FnOnce(Sink) -> Status,
) -> Result<Vec<u8>, CallFailure> {
    let mut buffer = Buffer::new(size_bytes_max);
    // SAFETY: the plugin may use the sink until `call` returns; the buffer is read after that.
    let status = call(unsafe { Sink::into_buffer(&mut buffer) });
    let beginning = buffer.beginning();
    let beginning = &beginning[..beginning.len().min(ERROR_SIZE_BYTES_MAX)];
    match status {
        Status::OK => buffer
            .into_bytes()
            .ok_or(CallFailure::TooLarge { size_bytes_max }),
        Status::ERROR => Err(CallFailure::error(beginning)),
        Status::PANIC => Err(CallFailure::panic(beginning)),
        _ => Err(CallFailure::Protocol(
            "the plugin answered with an unknown status".into(),
        )),
    }
}

impl CallFailure {
    /// The failure that a plugin's error, as JSON, stands for.
    pub(crate) fn error(json: &[u8]) -> Self {
        let Ok(mut error) = serde_json::from_slice(json) else {
            return Self::Protocol("its error is no JSON, or too long".into());
        };
        scrub_texts(&mut error);
        Self::Error(error)
    }

    /// The failure that the text of a panic stands for.
    pub(crate) fn panic(text: &[u8]) -> Self {
        Self::Panic(shown(&String::from_utf8_lossy(text)))
    }

    /// A broken rule, told by another process.
    pub(crate) fn misbehaved(text: &[u8]) -> Self {
        Self::Protocol(shown(&String::from_utf8_lossy(text)).into())
    }
}

/// Scrubs every text in a value that was read from JSON, which bounds how deep it nests.
fn scrub_texts(value: &mut Value) {
    match value {
        Value::String(text) => *text = scrub::plugin_text(text).into_owned(),
        Value::Array(values) => values.iter_mut().for_each(scrub_texts),
        Value::Object(fields) => fields.values_mut().for_each(scrub_texts),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A plugin's text as it may be shown.
pub(crate) fn shown(text: &str) -> String {
    let text = scrub::plugin_text(text);
    match text.char_indices().nth(limits::ERROR_MESSAGE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_in_escaped_words() {
        let failure = exchange(100, |answer| {
            // SAFETY: the call that lent the sink has not returned.
            unsafe { answer.push(b"{\"message\":\"no \\u001b[2J luck\"}") };
            Status::ERROR
        });
        assert_eq!(
            failure.unwrap_err().to_string(),
            r#"it returned the error {"message":"no \\u{1b}[2J luck"}"#
        );
    }
}
