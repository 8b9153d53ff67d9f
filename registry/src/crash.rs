//! What is known of the end of a planner's process, as it is shown and remembered. Layer 0.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::scrub;

/// Longest text of what was written to stderr that is kept.
pub(crate) const STDERR_BYTES_MAX: usize = 4 << 10;

/// What is known of a worker's end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct Crash {
    /// When it was found, in milliseconds since 1970.
    pub at_ms: u64,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The code that it exited with. Exiting is no answer: code 0 is a crash as well.
    pub exit_code: Option<i32>,
    /// The limit for which it was ended.
    pub limit: Option<Limit>,
    /// Where it faulted, as it says itself. A plugin can keep a worker from saying so.
    pub fault: Option<Box<Fault>>,
    /// The digest of its library, `blake3:…`.
    pub digest: String,
    /// The number of the call that found it ended, among those of its process; none where it ended
    /// between two calls.
    pub call: Option<u64>,
    /// The id of that call; its error, log lines and events carry the same.
    pub call_id: Option<String>,
    /// The end of what it wrote to stderr, scrubbed; up to 4 KiB.
    pub stderr: String,
}

impl Crash {
    /// The stable machine code of what came to such an end.
    pub(crate) fn code(&self) -> &'static str {
        match self.limit {
            Some(_) => "E_WORKER_LIMIT",
            None => "E_WORKER_CRASH",
        }
    }

    /// Whether nobody was told how it ended.
    pub(crate) fn is_untold(&self) -> bool {
        self.signal.is_none() && self.exit_code.is_none()
    }

    /// Takes what a process last wrote to stderr: where it faulted, and the end of the rest.
    pub(crate) fn take_words(&mut self, mut stderr: String) {
        self.fault = Fault::taken_from(&mut stderr).map(Box::new);
        self.stderr = scrubbed(&stderr);
    }
}

/// The end of a plugin's text with paths and secrets hidden, and escaped; its lines stay lines.
fn scrubbed(text: &str) -> String {
    let text = scrub::mask_paths(text);
    let text = scrub::mask_secrets(&text);
    let lines: Vec<_> = text.lines().map(scrub::escape).collect();
    let mut text = lines.join("\n");
    let excess = text.len().saturating_sub(STDERR_BYTES_MAX);
    text.drain(..text.ceil_char_boundary(excess));
    text
}

/// What a worker may use no more of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "limit", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// Processor time for one call, or after it, of all its threads together.
    ProcessorTime {
        /// How much, in milliseconds.
        max_ms: u64,
    },
    /// Memory, where it has a control group that bounds it.
    Memory {
        /// How much.
        bytes_max: u64,
    },
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ProcessorTime { max_ms } => {
                let max = Duration::from_millis(*max_ms);
                write!(f, "{max:?} of processor time for one call")
            }
            Self::Memory { bytes_max } => write!(f, "{} MiB of memory", bytes_max >> 20),
        }
    }
}

/// Where a worker faulted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Fault {
    /// The address that could not be reached; without a meaning where the signal was sent.
    pub address: u64,
    /// The address of the instruction.
    pub instruction: u64,
    /// What holds the instruction: `plugin`, `program` or a library's name.
    pub module: Option<String>,
    /// Where in the module, as tools count that read its file.
    pub offset: Option<u64>,
}

/// How the line begins that a worker writes when it faults.
pub(crate) const FAULT_MARK: &str = "registry: fault ";

impl Fault {
    /// Takes the line of a fault out of what a worker wrote.
    fn taken_from(stderr: &mut String) -> Option<Self> {
        let begin = stderr.rfind(FAULT_MARK)?;
        let end = stderr[begin..].find('\n');
        let end = end.map_or(stderr.len(), |length| begin + length);
        let fault = Self::parse(&stderr[begin + FAULT_MARK.len()..end])?;
        let before = stderr[..begin].trim_end_matches('\n').len();
        stderr.replace_range(before..end, "");
        Some(fault)
    }

    fn parse(line: &str) -> Option<Self> {
        let number = |word: &str| u64::from_str_radix(word.strip_prefix("0x")?, 16).ok();
        let mut words = line.split(' ').skip(1);
        Some(Self {
            address: number(words.next()?)?,
            instruction: number(words.next()?)?,
            module: words.next().map(|name| scrub::shorten(name).into_owned()),
            offset: words.next().and_then(number),
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.module, self.offset) {
            (Some(module), Some(offset)) => write!(f, "{module}+{offset:#x}"),
            _ => write!(f, "{:#x}", self.instruction),
        }
    }
}

/// One line; what was written to stderr stands in the field alone.
impl fmt::Display for Crash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.signal, self.exit_code) {
            (Some(signal), _) => {
                match signal_name(signal) {
                    Some(name) => write!(f, "signal {signal} ({name})")?,
                    None => write!(f, "signal {signal}")?,
                }
                if let Some(fault) = &self.fault {
                    write!(f, " at {fault}")?;
                }
                match &self.limit {
                    Some(limit) => write!(f, ", for using more than {limit}"),
                    None => Ok(()),
                }
            }
            (None, Some(code)) => write!(f, "exit code {code}"),
            (None, None) => f.write_str("nobody was told how it ended"),
        }
    }
}

fn signal_name(signal: i32) -> Option<&'static str> {
    Some(match signal {
        libc::SIGHUP => "SIGHUP",
        libc::SIGINT => "SIGINT",
        libc::SIGQUIT => "SIGQUIT",
        libc::SIGILL => "SIGILL",
        libc::SIGTRAP => "SIGTRAP",
        libc::SIGABRT => "SIGABRT",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGKILL => "SIGKILL",
        libc::SIGUSR1 => "SIGUSR1",
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGUSR2 => "SIGUSR2",
        libc::SIGPIPE => "SIGPIPE",
        libc::SIGALRM => "SIGALRM",
        libc::SIGTERM => "SIGTERM",
        libc::SIGXCPU => "SIGXCPU",
        libc::SIGXFSZ => "SIGXFSZ",
        libc::SIGSYS => "SIGSYS",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_a_fault_is_taken_out_of_what_was_written() {
        let mut stderr =
            "said\n\nregistry: fault 11 0x10 0x7f00a139 plugin 0x1139\nby another thread"
                .to_owned();
        let fault = Fault::taken_from(&mut stderr).unwrap();
        assert_eq!(fault.to_string(), "plugin+0x1139");
        assert_eq!((fault.address, fault.instruction), (0x10, 0x7f00_a139));
        assert_eq!(stderr, "said\nby another thread");
        let mut strange = "registry: fault 11 0x10 0x11 \u{1b}[2J 0x1".to_owned();
        let fault = Fault::taken_from(&mut strange).unwrap();
        assert_eq!(fault.to_string(), "\\u{1b}[2J+0x1");
        let mut nowhere = "registry: fault 6 0x1 0x2".to_owned();
        let fault = Fault::taken_from(&mut nowhere).unwrap();
        assert_eq!((fault.to_string().as_str(), nowhere.as_str()), ("0x2", ""));
        for forged in ["registry: fault ", "registry: fault 11 ten 0x1", "nothing"] {
            let mut stderr = forged.to_owned();
            assert_eq!(Fault::taken_from(&mut stderr), None);
            assert_eq!(stderr, forged);
        }
    }

    #[test]
    fn the_end_of_what_was_written_is_kept_without_secrets_paths_and_control_characters() {
        let mut crash = Crash::default();
        let key = format!("password={}", "s".repeat(32));
        crash.take_words(format!(
            "{}\u{1b}[2J opening /home/ann/keys.txt\n{key}\n",
            "a".repeat(2 * STDERR_BYTES_MAX)
        ));
        assert_eq!(crash.stderr.len(), STDERR_BYTES_MAX);
        assert_eq!(
            crash.stderr.trim_start_matches('a'),
            "\\u{1b}[2J opening …/keys.txt\npassword=********"
        );
        crash.take_words(
            "\u{1b}[2Jfirst\nsecond\n\npassword=hunter2-and-more\nread /home/someone/notes\n"
                .to_owned(),
        );
        assert_eq!(
            crash.stderr,
            "\\u{1b}[2Jfirst\nsecond\n\npassword=********\nread …/notes"
        );
        let old: Crash = serde_json::from_str(r#"{"signal": 11, "more": 1}"#).unwrap();
        assert_eq!((old.signal, old.exit_code), (Some(11), None));
    }
}
