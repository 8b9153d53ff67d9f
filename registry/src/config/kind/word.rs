//! Switches and words out of a fixed set.

use std::fmt;

use figment::value::Value;
use tracing::level_filters::LevelFilter;

use super::Kind;
use crate::config::{error::Reason, value::scalar_text};

/// Yes or no.
#[derive(Debug)]
pub(in crate::config) struct Switch;

impl Kind for Switch {
    type Value = bool;

    fn parse(&self, value: &Value) -> Result<bool, Reason> {
        let text = scalar_text(value).ok_or(Reason::WrongType)?;
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" => Ok(true),
            "0" | "false" => Ok(false),
            "" => Err(Reason::Empty),
            _ => Err(Reason::NotABoolean),
        }
    }

    fn allowed(&self) -> String {
        "0, 1, false, true".to_owned()
    }

    fn show(&self, value: &bool) -> String {
        if *value { "1" } else { "0" }.to_owned()
    }
}

/// One word of a fixed set, in any case. Of two words for one value the first is shown.
#[derive(Debug)]
pub(in crate::config) struct Word<T: 'static>(pub(in crate::config) &'static [(&'static str, T)]);

/// How the logs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// What a library is mapped from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum BytesFrom {
    /// A sealed copy in memory, which nobody can change any more.
    #[default]
    Sealed,
    /// The file itself, kept open; whoever may write it can change the code while it runs.
    File,
}

/// What libraries can be mapped from.
pub(in crate::config) const BYTES_FROM: Word<BytesFrom> =
    Word(&[("sealed", BytesFrom::Sealed), ("file", BytesFrom::File)]);

/// The forms of logs.
pub(in crate::config) const LOG_FORMATS: Word<LogFormat> =
    Word(&[("text", LogFormat::Text), ("json", LogFormat::Json)]);

/// Where a planner runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Policy {
    /// In the host's process: fastest, and what it does the host does.
    InProcess,
    /// First in a process of its own, to see whether it starts; then in the host's.
    Probe,
    /// Always in a process of its own.
    Worker,
}

/// Where planners run.
pub(in crate::config) const POLICIES: Word<Policy> = Word(&[
    ("in-process", Policy::InProcess),
    ("probe", Policy::Probe),
    ("worker", Policy::Worker),
]);

/// What becomes of a worker whose sandbox cannot be had in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SandboxMode {
    /// It is not started.
    Strict,
    /// It is started, and what is missing is reported.
    BestEffort,
    /// No sandbox is wanted.
    Off,
}

/// How much of a sandbox is demanded.
pub(in crate::config) const SANDBOXES: Word<SandboxMode> = Word(&[
    ("strict", SandboxMode::Strict),
    ("best-effort", SandboxMode::BestEffort),
    ("off", SandboxMode::Off),
]);

/// The levels of logs; the two long words are the predecessor's.
pub(in crate::config) const LEVELS: Word<LevelFilter> = Word(&[
    ("OFF", LevelFilter::OFF),
    ("ERROR", LevelFilter::ERROR),
    ("WARN", LevelFilter::WARN),
    ("INFO", LevelFilter::INFO),
    ("DEBUG", LevelFilter::DEBUG),
    ("TRACE", LevelFilter::TRACE),
    ("CRITICAL", LevelFilter::ERROR),
    ("WARNING", LevelFilter::WARN),
]);

impl<T: Copy + PartialEq + fmt::Debug + Sync> Kind for Word<T> {
    type Value = T;

    fn parse(&self, value: &Value) -> Result<T, Reason> {
        let text = scalar_text(value).ok_or(Reason::WrongType)?;
        let text = text.trim();
        if text.is_empty() {
            return Err(Reason::Empty);
        }
        self.0
            .iter()
            .find(|(word, _)| word.eq_ignore_ascii_case(text))
            .map(|(_, value)| *value)
            .ok_or(Reason::NotAChoice)
    }

    fn allowed(&self) -> String {
        Kind::words(self).join(", ")
    }

    fn show(&self, value: &T) -> String {
        self.0
            .iter()
            .find(|(_, known)| known == value)
            .map_or_else(|| format!("{value:?}"), |(word, _)| (*word).to_owned())
    }

    fn words(&self) -> Vec<&'static str> {
        self.0.iter().map(|(word, _)| *word).collect()
    }
}
