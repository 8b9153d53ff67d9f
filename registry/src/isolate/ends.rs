//! What is known of how the processes of one planner ended.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use registry_core::sync::Mutex;

use crate::crash::Crash;
use crate::event::Event;
use crate::journal::Journal;
use crate::name::PlannerName;

/// What is known of how the processes of one planner ended, of those that ended by themselves or for a
/// limit.
#[derive(Debug)]
pub(crate) struct Ends {
    planner: PlannerName,
    path: Option<PathBuf>,
    journal: Arc<Journal>,
    last: Mutex<Option<Crash>>,
}

impl Ends {
    /// Nothing is known yet of those of `planner`, whose file is at `path`.
    pub(crate) fn new(planner: PlannerName, path: Option<&Path>, journal: Arc<Journal>) -> Self {
        Self {
            planner,
            path: path.map(Path::to_owned),
            journal,
            last: Mutex::new(None),
        }
    }

    /// The last one.
    pub(crate) fn last(&self) -> Option<Crash> {
        self.last.lock().clone()
    }

    /// Keeps what is known, here and in the journal, and tells of it.
    pub(super) fn record(&self, crash: &Crash) {
        self.keep(crash);
        self.tell(crash);
    }

    /// The same, but tells of it and saves it on a thread of its own: who watches over all workers waits for
    /// no log and no disk.
    pub(super) fn record_apart(self: &Arc<Self>, crash: &Crash) {
        self.keep(crash);
        let (ends, crash) = (Arc::clone(self), crash.clone());
        let tell = move || {
            ends.tell(&crash);
            ends.save();
        };
        let thread = thread::Builder::new().name("registry-journal".to_owned());
        // Without a thread it is saved later, with what comes next.
        let _refused = thread.spawn(tell);
    }

    /// Saves what was recorded, if that was not done yet.
    pub(super) fn save(&self) {
        self.journal.save();
    }

    fn keep(&self, crash: &Crash) {
        let event = Event::crashed(crash).planner(&self.planner);
        self.journal.record(match &self.path {
            Some(path) => event.path(path),
            None => event,
        });
        *self.last.lock() = Some(crash.clone());
    }

    fn tell(&self, crash: &Crash) {
        tracing::warn!(
            planner = self.planner.as_str(),
            code = crash.code(),
            %crash,
            "a worker ended by itself or for a limit"
        );
    }
}
