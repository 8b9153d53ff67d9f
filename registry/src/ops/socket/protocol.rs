//! What is said over the socket beside HTTP itself.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ops::{Failure, Form, Question};

/// The version of what is said. A host and a command of different versions tell each other so.
pub const PROTOCOL: u32 = 1;

/// A process that can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Host {
    /// Its id, as itself sees it.
    pub pid: u32,
    /// The file name of its program.
    pub program: String,
    /// Its version of `registry`.
    pub version: String,
    /// For how long it has been exposed, in milliseconds.
    pub up_ms: u64,
}

impl Host {
    /// For how long it has been exposed.
    pub fn up(&self) -> Duration {
        Duration::from_millis(self.up_ms)
    }
}

/// What every message has, whatever its version.
#[derive(Debug, Deserialize)]
pub(in crate::ops) struct Spoken {
    pub(in crate::ops) protocol: u32,
}

/// A question.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::ops) struct Ask {
    pub(in crate::ops) protocol: u32,
    pub(in crate::ops) question: Question,
    pub(in crate::ops) form: Form,
}

/// The answer to it.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::ops) struct Told {
    pub(in crate::ops) protocol: u32,
    pub(in crate::ops) host: Host,
    pub(in crate::ops) outcome: Outcome,
}

/// How asking went.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::ops) enum Outcome {
    Answer { well: bool, text: String },
    Failure(Failure),
}

/// Who a host is and how it does.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::ops) struct HostStatus {
    pub(in crate::ops) protocol: u32,
    pub(in crate::ops) host: Host,
    pub(in crate::ops) active: usize,
    pub(in crate::ops) ready: bool,
}
