//! Chat completions: the question as the endpoint wants it, and the text in its answer.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::{Reply, Timeouts, post};
use crate::error::AskError;
use crate::host::Host;
use crate::key::ApiKey;
use crate::retry::{parse_retry_after, with_retries};
use crate::settings::Settings;

/// Most of what the endpoint says about an error that is passed on.
const SAID_CHARS_MAX: usize = 300;

/// Largest body of an error that is read.
const COMPLAINT_SIZE_BYTES_MAX: usize = 64 * 1024;

/// Where endpoints put the text of an error.
const COMPLAINT_PATHS: [&str; 4] = ["/error/message", "/error", "/message", "/detail"];

/// Who speaks.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    System,
    User,
    Assistant,
}

/// One turn of the conversation.
#[derive(Debug, Serialize)]
pub(crate) struct Message {
    pub(crate) role: Role,
    pub(crate) content: String,
}

#[derive(Serialize)]
struct Question<'a> {
    model: &'a str,
    messages: &'a [Message],
    stream: bool,
}

#[derive(Deserialize)]
struct Completion {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Said,
}

#[derive(Deserialize)]
struct Said {
    content: Option<String>,
}

/// Asks for the next turn, trying again where that can help.
pub(crate) fn ask(
    host: &dyn Host,
    settings: &Settings,
    timeouts: Timeouts,
    messages: &[Message],
) -> Result<String, AskError> {
    let question = Question {
        model: &settings.model,
        messages,
        stream: false,
    };
    let question = serde_json::to_vec(&question).map_err(AskError::Question)?;
    let log = |line: &str| host.warn(&settings.key.scrub(line));
    with_retries(host, log, || {
        let reply = post(host, settings, timeouts, &question)?;
        read(&reply, &settings.key, host.now())
    })
}

fn read(reply: &Reply, key: &ApiKey, now: SystemTime) -> Result<String, AskError> {
    let status = reply.status;
    let said = || said(&reply.body, key);
    match status {
        200..=299 => text(&reply.body),
        300..=399 => Err(AskError::Redirected { status }),
        401 | 403 => Err(AskError::KeyRefused {
            status,
            said: said(),
        }),
        429 | 500..=599 => Err(AskError::Busy {
            status,
            said: said(),
            retry_after: reply
                .retry_after
                .as_deref()
                .and_then(|value| parse_retry_after(value, now)),
        }),
        _ => Err(AskError::Refused {
            status,
            said: said(),
        }),
    }
}

fn text(body: &[u8]) -> Result<String, AskError> {
    // The reader's message may quote the answer, so only the place is kept.
    let completion: Completion =
        serde_json::from_slice(body).map_err(|error| AskError::NotACompletion {
            line: error.line(),
            column: error.column(),
        })?;
    completion
        .choices
        .into_iter()
        .next()
        .and_then(|choice| choice.message.content)
        .filter(|text| !text.trim().is_empty())
        .ok_or(AskError::NoText)
}

/// What an error's body says, on one line and without the key.
///
/// It is cut only after the key is masked. JSON is never quoted as source, where the key could be spelt
/// with escapes; nor are pages of markup.
fn said(body: &[u8], key: &ApiKey) -> String {
    if body.len() > COMPLAINT_SIZE_BYTES_MAX {
        return String::new();
    }
    let text = match serde_json::from_slice::<Value>(body) {
        Ok(complaint) => COMPLAINT_PATHS
            .iter()
            .find_map(|path| complaint.pointer(path)?.as_str())
            .unwrap_or_default()
            .to_owned(),
        Err(_) => String::from_utf8_lossy(body).trim().to_owned(),
    };
    if text.starts_with(['{', '[', '"', '<']) {
        return String::new();
    }
    let scrubbed = key.scrub(&text);
    let words: Vec<&str> = scrubbed.split_whitespace().collect();
    words.join(" ").chars().take(SAID_CHARS_MAX).collect()
}
