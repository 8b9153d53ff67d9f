//! Why the endpoint gave no answer, and what becomes of that outside.

use std::error::Error;
use std::time::Duration;

use plugin_api::PlanError;

use crate::client::RESPONSE_SIZE_BYTES_MAX;
use crate::retry::TRIES_MAX;
use crate::settings::Settings;

/// Why one question has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("the call was given up")]
    Cancelled,
    #[error("no answer in time")]
    Deadline,
    #[error("cannot be reached")]
    Unreachable(#[source] ureq::Error),
    #[error("may not be connected to; the planner needs the permission \"net\"")]
    Denied(#[source] ureq::Error),
    #[error("cannot be talked to")]
    Unusable(#[source] ureq::Error),
    #[error("broke off")]
    Interrupted(#[source] ureq::Error),
    #[error("has been silent for too long")]
    Silent,
    #[error("sent more than {} MiB", RESPONSE_SIZE_BYTES_MAX >> 20)]
    TooLarge,
    #[error("answered {status}{}", quoted(said))]
    Busy {
        status: u16,
        said: String,
        retry_after: Option<Duration>,
    },
    #[error("asks to wait {} s", .0.as_secs())]
    LongWait(Duration, #[source] Box<AskError>),
    #[error("refuses the key with status {status}{}", quoted(said))]
    KeyRefused { status: u16, said: String },
    #[error("redirects with status {status}, which is not followed")]
    Redirected { status: u16 },
    #[error("answered {status}{}", quoted(said))]
    Refused { status: u16, said: String },
    #[error("sent no chat completion (line {line}, column {column})")]
    NotACompletion { line: usize, column: usize },
    #[error("sent a chat completion without text")]
    NoText,
    #[error("failed {tries} of {TRIES_MAX} tries")]
    TriedInVain {
        tries: u32,
        #[source]
        last: Box<AskError>,
    },
    #[error("our bug: the question is no JSON")]
    Question(#[source] serde_json::Error),
}

impl AskError {
    /// The same failure for the asker, with every trace of the key masked.
    pub(crate) fn into_plan_error(self, settings: &Settings) -> PlanError {
        let chain = settings.key.scrub(&chain_text(&self));
        let text = format!("{} {chain}", settings.endpoint);
        match self {
            AskError::Cancelled => PlanError::cancelled(),
            AskError::Deadline => PlanError::deadline(),
            AskError::KeyRefused { .. } => {
                PlanError::config(settings.key_source, format!("does not work: {text}"))
            }
            AskError::Unreachable(_)
            | AskError::Interrupted(_)
            | AskError::Silent
            | AskError::Busy { .. }
            | AskError::LongWait(..)
            | AskError::TriedInVain { .. } => PlanError::unavailable(text),
            AskError::Denied(_)
            | AskError::Unusable(_)
            | AskError::TooLarge
            | AskError::Redirected { .. }
            | AskError::Refused { .. }
            | AskError::NotACompletion { .. }
            | AskError::NoText
            | AskError::Question(_) => PlanError::failed(text),
        }
    }
}

/// An error and all that caused it, in one line.
pub(crate) fn chain_text(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

fn quoted(said: &str) -> String {
    if said.is_empty() {
        String::new()
    } else {
        format!(", saying {said:?}")
    }
}
