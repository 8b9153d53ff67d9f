//! What changed lately, in this process and, where state is kept, in those before it. Layer 3.
//!
//! Events are recorded in memory, and saved together by [`Journal::save`], which is called where work
//! is slow anyhow: after a discovery, a heal. Nothing is saved while one is recorded. After a start, whose
//! caller waits for nothing but the planner, a thread of its own saves, and ends when nothing is left. What
//! a discovery finds is recorded only if it is news: each process finds all files again. Where it is all
//! that the discovery before found, which a fingerprint tells, the history is not even read.
//!
//! The history is bounded everywhere: the newest events stay. One that cannot be saved is kept in
//! memory and complained of once a kind of trouble.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use registry_core::exclusive::Exclusive;
use registry_core::sync::Mutex;
use registry_core::warn_once::WarnOnce;
use serde::{Deserialize, Serialize};

use crate::crash::Crash;
use crate::event::{Event, EventKind};
use crate::meter;
use crate::name::PlannerName;
use crate::state::{Document, StateError, StateFolder};

/// How many events are kept, in memory and in the document.
const EVENTS_MAX: usize = 512;

/// How many ends of workers are kept with what was written to stderr.
const WORDS_MAX: usize = 32;

/// How many things one discovery can be said to have found; the rest are counted.
const FOUND_MAX: usize = 200;

/// Longest time that another thread's saving is awaited.
const SAVING_MAX: Duration = Duration::from_secs(10);

/// What changed lately.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: StateFolder,
    recent: Mutex<Recent>,
    complaints: WarnOnce,
    /// Why the last saving failed, if it did.
    refusal: Mutex<Option<Arc<StateError>>>,
    /// Whoever has it saves: who comes next finds saved what was recorded before.
    turn: Exclusive<()>,
    saver: Mutex<Saver>,
}

/// The thread that saves, if there is one.
#[derive(Debug, Default)]
struct Saver {
    is_running: bool,
    /// Whether something was recorded since it last began to save.
    is_wanted: bool,
}

#[derive(Debug, Default)]
struct Recent {
    /// Recorded and not saved yet.
    pending: VecDeque<Recorded>,
    /// Of all that the last discovery found, if that is not saved yet.
    found: Option<String>,
    /// Not to be saved, or impossible to save.
    kept: VecDeque<Event>,
}

#[derive(Clone, Debug)]
struct Recorded {
    event: Event,
    /// Whether it was found by looking, and may have been known before.
    is_found: bool,
}

/// The newest events of all processes, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Saved {
    events: VecDeque<Event>,
}

impl Document for Saved {
    const NAME: &'static str = "events";
    const VERSION: u32 = 1;
}

/// What the last discovery of any process found.
#[derive(Debug, Default, Serialize, Deserialize)]
struct LastFound {
    fingerprint: Option<String>,
}

impl Document for LastFound {
    const NAME: &'static str = "found";
    const VERSION: u32 = 1;
}

impl Journal {
    /// A journal that saves in `folder`.
    pub(crate) fn new(folder: StateFolder) -> Self {
        Self {
            folder,
            recent: Mutex::new(Recent::default()),
            complaints: WarnOnce::new(16),
            refusal: Mutex::default(),
            turn: Exclusive::new(()),
            saver: Mutex::default(),
        }
    }

    /// Records what happened.
    pub(crate) fn record(&self, event: Event) {
        let is_found = false;
        self.push([Recorded { event, is_found }]);
    }

    /// Records what a discovery found, as far as it is news.
    pub(crate) fn record_found(&self, found: impl ExactSizeIterator<Item = Event>) {
        let more = found.len().saturating_sub(FOUND_MAX);
        let mut events: Vec<_> = found.take(FOUND_MAX).collect();
        if let Some(last) = events.last().filter(|_| more > 0) {
            let detail = format_args!("and {more} more files or planners");
            events.push(Event::now(last.kind).detail(detail));
        }
        self.recent.lock().found = Some(fingerprint(&events));
        let is_found = true;
        self.push(events.into_iter().map(|event| Recorded { event, is_found }));
    }

    fn push(&self, recorded: impl IntoIterator<Item = Recorded>) {
        let mut recent = self.recent.lock();
        for recorded in recorded {
            if push_bounded(&mut recent.pending, recorded) {
                meter::dropped(meter::Ring::Events);
            }
        }
    }

    /// Has what was recorded saved soon. Whether the caller has to find a thread for
    /// [`save_all_wanted`](Self::save_all_wanted).
    pub(crate) fn want_save(&self) -> bool {
        if self.folder.path().is_none() {
            return false;
        }
        let mut saver = self.saver.lock();
        saver.is_wanted = true;
        !std::mem::replace(&mut saver.is_running, true)
    }

    /// Saves until nobody wants it any more.
    pub(crate) fn save_all_wanted(&self) {
        loop {
            {
                let mut saver = self.saver.lock();
                if !saver.is_wanted {
                    saver.is_running = false;
                    return;
                }
                saver.is_wanted = false;
            }
            self.save();
        }
    }

    /// Saves what was recorded. Opens a file only if there is something new.
    pub(crate) fn save(&self) {
        // Without a turn what was recorded waits for the next one to save.
        let Ok(_turn) = self.turn.take(SAVING_MAX) else {
            return;
        };
        let (pending, found) = {
            let mut recent = self.recent.lock();
            (std::mem::take(&mut recent.pending), recent.found.take())
        };
        if pending.is_empty() {
            return;
        }
        if self.folder.path().is_none() {
            return self.keep(pending);
        }
        let refusal = self.save_in_folder(&pending, found).err();
        if let Some(error) = &refusal {
            if self.complaints.first(error.code()) {
                tracing::warn!(code = error.code(), "events are not saved: {error}");
            }
            self.keep(pending);
        }
        *self.refusal.lock() = refusal.map(Arc::new);
    }

    /// Why what happened lately is not saved, if it is not.
    pub(crate) fn refusal(&self) -> Option<Arc<StateError>> {
        self.refusal.lock().clone()
    }

    fn keep(&self, pending: VecDeque<Recorded>) {
        let dropped = add_news(&mut self.recent.lock().kept, pending);
        for _ in 0..dropped {
            meter::dropped(meter::Ring::Events);
        }
    }

    fn save_in_folder(
        &self,
        pending: &VecDeque<Recorded>,
        found: Option<String>,
    ) -> Result<(), StateError> {
        let last: LastFound = match found {
            Some(_) => self.folder.read()?,
            None => LastFound::default(),
        };
        let is_as_before = found.is_some() && found == last.fingerprint;
        if is_as_before && pending.iter().all(|own| own.is_found) {
            return Ok(());
        }
        let saved: Saved = self.folder.read()?;
        let is_any_news = pending.iter().any(|own| news(&saved.events, own).is_some());
        if is_any_news {
            let append = |saved: &mut Saved| _ = add_news(&mut saved.events, pending.clone());
            self.folder.update(append)?;
        }
        if found.is_some() && !is_as_before {
            self.folder
                .update(|last: &mut LastFound| last.fingerprint = found)?;
        }
        Ok(())
    }

    /// The events since `since`, oldest first.
    pub(crate) fn events(&self, since: Option<SystemTime>) -> Result<Vec<Event>, StateError> {
        self.save();
        let saved: Saved = self.folder.read()?;
        let kept = self.recent.lock().kept.clone();
        let mut events: Vec<_> = saved.events.into_iter().chain(kept).collect();
        events.retain(|event| since.is_none_or(|since| event.at() >= since));
        // Stable: events of one moment keep the order they were recorded in.
        events.sort_by_key(|event| event.at_ms);
        Ok(events)
    }

    /// The newest end of a worker of `planner` that is known.
    pub(crate) fn last_crash(&self, planner: &PlannerName) -> Result<Option<Crash>, StateError> {
        let mut crashes = self.newest_of(planner)?.filter_map(|event| event.crash);
        Ok(crashes.next().map(|crash| *crash))
    }

    /// The failure of the newest start of `planner` that is known, if that one failed.
    pub(crate) fn last_failed_start(
        &self,
        planner: &PlannerName,
    ) -> Result<Option<Event>, StateError> {
        let is_start = |event: &Event| matches!(event.kind, EventKind::Loaded | EventKind::Failed);
        let newest = self.newest_of(planner)?.find(is_start);
        Ok(newest.filter(|event| event.kind == EventKind::Failed))
    }

    /// The events of `planner`, newest first.
    fn newest_of(&self, planner: &PlannerName) -> Result<impl Iterator<Item = Event>, StateError> {
        let events = self.events(None)?.into_iter().rev();
        Ok(events.filter(|event| event.planner.as_deref() == Some(planner.as_str())))
    }
}

/// Tells what was found from anything else that could have been, whenever it was.
fn fingerprint(found: &[Event]) -> String {
    let mut hasher = blake3::Hasher::new();
    for event in found {
        hasher.update(event.kind.label().as_bytes());
        let texts = [
            &event.planner,
            &event.path,
            &event.digest,
            &event.code,
            &event.detail,
        ];
        for text in texts {
            let text = text.as_deref().unwrap_or_default();
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

/// Whether the oldest had to make room.
fn push_bounded<T>(queue: &mut VecDeque<T>, item: T) -> bool {
    let is_full = queue.len() >= EVENTS_MAX;
    if is_full {
        queue.pop_front();
    }
    queue.push_back(item);
    is_full
}

/// How many of the oldest had to make room.
fn add_news(events: &mut VecDeque<Event>, recorded: impl IntoIterator<Item = Recorded>) -> usize {
    let mut dropped = 0;
    for own in recorded {
        if let Some(event) = news(events, &own) {
            dropped += usize::from(push_bounded(events, event));
        }
    }
    drop_old_words(events);
    dropped
}

/// Only the newest ends of workers keep what was written to stderr.
fn drop_old_words(events: &mut VecDeque<Event>) {
    let crashes = events.iter_mut().rev();
    let crashes = crashes.filter_map(|event| event.crash.as_mut());
    for crash in crashes.skip(WORDS_MAX) {
        crash.stderr.clear();
    }
}

/// What `own` says that `events` do not: nothing, if it was found as it was known. Found with other
/// content, it is a change.
fn news(events: &VecDeque<Event>, own: &Recorded) -> Option<Event> {
    let event = own.event.clone();
    if !own.is_found {
        return Some(event);
    }
    let known = events.iter().rev().find(|known| is_of_same(known, &event));
    let Some(known) = known else {
        return Some(event);
    };
    let same = |kinds: &[EventKind]| kinds.contains(&known.kind);
    match event.kind {
        EventKind::Discovered | EventKind::DigestChanged
            if same(&[EventKind::Discovered, EventKind::DigestChanged]) =>
        {
            (known.digest != event.digest).then_some(Event {
                kind: EventKind::DigestChanged,
                ..event
            })
        }
        EventKind::Refused if same(&[EventKind::Refused]) => {
            (known.code != event.code || known.digest != event.digest).then_some(event)
        }
        EventKind::Quarantined => None,
        _ => Some(event),
    }
}

/// Whether both were found of one planner in one file. Holds are compared with holds alone.
fn is_of_same(known: &Event, event: &Event) -> bool {
    let is_hold = |event: &Event| event.kind == EventKind::Quarantined;
    let is_found = |event: &Event| {
        matches!(
            event.kind,
            EventKind::Discovered | EventKind::DigestChanged | EventKind::Refused
        )
    };
    (&known.planner, &known.path) == (&event.planner, &event.path)
        && ((is_hold(known) && is_hold(event) && known.detail == event.detail)
            || (is_found(known) && is_found(event)))
        && (event.path.is_some() || event.planner.is_some() || known.detail == event.detail)
}

#[cfg(test)]
mod tests;
