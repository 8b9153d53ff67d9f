//! What changes in a registry, in names and fields that stay as they are, and the ids by which the
//! traces of one call are told from another's.

use std::fmt;
use std::marker::PhantomData;
use std::path::Path;
use std::time::{Duration, SystemTime};

use registry_core::sync::atomic::{AtomicU64, Ordering};
use registry_core::sync::{OnceLock, thread_local};
use serde::{Deserialize, Serialize, Serializer};
use tracing::span::EnteredSpan;

use crate::crash::Crash;
use crate::moment::Moment;
use crate::name::PlannerName;

/// Longest text of one field; what is longer is cut.
const TEXT_CHARS_MAX: usize = 240;

/// Something that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Event {
    /// When, in milliseconds since 1970 by the system's clock.
    pub at_ms: u64,
    /// What.
    pub kind: EventKind,
    /// The call that it was part of; errors and log lines of that call carry the same id.
    pub call_id: String,
    /// The planner that it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planner: Option<String>,
    /// The file that it happened to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The digest of that file's content, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// The code of the error that it came of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What there is to say beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What is known of the end of the planner's worker.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash: Option<Box<Crash>>,
}

/// What can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// A planner came into the catalog.
    Discovered,
    /// A file was turned away.
    Refused,
    /// A planner was started.
    Loaded,
    /// A planner could not be started.
    Failed,
    /// A planner's worker ended by itself or for a limit.
    Crashed,
    /// A call gave no plan, and the planner is to blame; recorded once a minute for each code.
    CallFailed,
    /// A planner's file has other content than before.
    DigestChanged,
    /// A planner is held back, or no longer.
    Quarantined,
    /// A planner's breaker opened, closed, or lets one call through.
    BreakerMoved,
    /// It was tried to bring planners back.
    Healed,
    /// All planners that come from files were replaced.
    Reloaded,
    /// Something that a newer version knows.
    #[serde(other)]
    Other,
}

impl Event {
    /// Something of this kind, now, as part of this thread's call.
    pub(crate) fn now(kind: EventKind) -> Self {
        Self {
            at_ms: Moment::now().unix_ms(),
            kind,
            call_id: Call::begin().id().to_string(),
            planner: None,
            path: None,
            digest: None,
            code: None,
            detail: None,
            crash: None,
        }
    }

    /// The end of a worker, as part of this thread's call.
    pub(crate) fn crashed(crash: &Crash) -> Self {
        Self {
            crash: Some(Box::new(crash.clone())),
            ..Self::now(EventKind::Crashed)
                .code(crash.code())
                .detail(crash)
        }
    }

    pub(crate) fn planner(self, planner: &PlannerName) -> Self {
        Self {
            planner: Some(planner.to_string()),
            ..self
        }
    }

    pub(crate) fn path(self, path: &Path) -> Self {
        Self {
            path: Some(path.to_string_lossy().into_owned()),
            ..self
        }
    }

    pub(crate) fn digest(self, digest: Option<&blake3::Hash>) -> Self {
        Self {
            digest: digest.map(|digest| digest.to_hex().to_string()),
            ..self
        }
    }

    pub(crate) fn code(self, code: &'static str) -> Self {
        Self {
            code: Some(code.to_owned()),
            ..self
        }
    }

    pub(crate) fn detail(self, detail: impl fmt::Display) -> Self {
        let text = detail.to_string();
        Self {
            detail: Some(text.chars().take(TEXT_CHARS_MAX).collect()),
            ..self
        }
    }

    /// When it happened.
    pub fn at(&self) -> SystemTime {
        let since = Duration::from_millis(self.at_ms);
        let at = SystemTime::UNIX_EPOCH.checked_add(since);
        at.unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

impl EventKind {
    /// The words of the text rendering.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Discovered => "discovered",
            Self::Refused => "refused",
            Self::Loaded => "loaded",
            Self::Failed => "failed",
            Self::Crashed => "crashed",
            Self::CallFailed => "call failed",
            Self::DigestChanged => "digest changed",
            Self::Quarantined => "quarantined",
            Self::BreakerMoved => "breaker moved",
            Self::Healed => "healed",
            Self::Reloaded => "reloaded",
            Self::Other => "other",
        }
    }
}

/// Tells one call into a registry from all others on this machine: its errors, log lines and events
/// carry the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CallId(u64);

thread_local! {
    /// The call that this thread is in.
    static CURRENT: std::cell::Cell<Option<CallId>> = const { std::cell::Cell::new(None) };
}

impl CallId {
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        // Relaxed: only the uniqueness of the numbers matters, and a read-modify-write gives it.
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// The process and about when it began to ask, so that no other process has the same.
fn stamp() -> &'static str {
    static STAMP: OnceLock<String> = OnceLock::new();
    STAMP.get_or_init(|| {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let millis = since.unwrap_or_default().as_millis();
        format!("{:x}-{millis:x}", std::process::id())
    })
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", stamp(), self.0)
    }
}

impl Serialize for CallId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A call that this thread is in, until it is dropped. One that begins inside another is part of it.
#[derive(Debug)]
pub(crate) struct Call {
    id: CallId,
    is_outermost: bool,
    /// It is this thread's.
    _of_thread: PhantomData<*const ()>,
}

impl Call {
    pub(crate) fn begin() -> Self {
        let outer = CURRENT.get();
        let id = outer.unwrap_or_else(CallId::next);
        CURRENT.set(Some(id));
        Self {
            id,
            is_outermost: outer.is_none(),
            _of_thread: PhantomData,
        }
    }

    /// The id of the call that this thread is in, if it is in one.
    pub(crate) fn current() -> Option<CallId> {
        CURRENT.get()
    }

    pub(crate) fn id(&self) -> CallId {
        self.id
    }

    /// Has every log line of this thread carry the id, until the span is dropped.
    pub(crate) fn traced(&self, what: &'static str, planner: &PlannerName) -> EnteredSpan {
        // As an error, so that no level of logging that shows a line leaves the span out.
        let (planner, call_id) = (planner.as_str(), self.id);
        tracing::error_span!("call", what, planner, %call_id).entered()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.is_outermost {
            CURRENT.set(None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_inside_a_call_has_its_id_and_the_next_one_another() {
        let outer = Call::begin();
        let inner = Call::begin();
        assert_eq!(inner.id(), outer.id());
        drop(inner);
        let event = Event::now(EventKind::Healed);
        assert_eq!(event.call_id, outer.id().to_string());
        let elsewhere = std::thread::spawn(|| Call::begin().id()).join().unwrap();
        assert_ne!(elsewhere, outer.id());
        let first = outer.id();
        drop(outer);
        assert_ne!(Call::begin().id(), first);
    }

    #[test]
    fn the_names_of_kinds_and_fields_stay_as_they_are() {
        let event = Event {
            at_ms: 5,
            call_id: "1-2-3".to_owned(),
            ..Event::now(EventKind::DigestChanged)
        };
        let event = event
            .planner(&PlannerName::parse("risk_planner").unwrap())
            .path(Path::new("/p/r.so"))
            .code("E_X")
            .detail("x".repeat(500));
        let json = serde_json::to_value(&event).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "at_ms": 5,
                "kind": "digest_changed",
                "call_id": "1-2-3",
                "planner": "risk_planner",
                "path": "/p/r.so",
                "code": "E_X",
                "detail": "x".repeat(240),
            })
        );
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
        let newer = r#"{"at_ms": 1, "kind": "exploded", "call_id": "a", "more": 7}"#;
        let newer: Event = serde_json::from_str(newer).unwrap();
        assert_eq!(newer.kind, EventKind::Other);
    }
}
