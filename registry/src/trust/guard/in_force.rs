//! The guard in force, replaced as a whole.

use std::sync::Arc;
use std::time::SystemTime;

use registry_core::sync::Mutex;

use super::reading::{Guard, place};
use super::record::Record;
use crate::config::Config;
use crate::state::{StateError, StateFolder};
use crate::trust::{Refusal, Verified, loader_variables};

/// The guard in force, and where what is accepted is recorded.
#[derive(Debug)]
pub(crate) struct Guards {
    state: StateFolder,
    /// Held only to take or put the reference: never while a file is opened.
    current: Mutex<Arc<Guard>>,
}

impl Guards {
    /// Nothing is read yet, and everything refused until it is.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            state: StateFolder::of(config),
            current: Mutex::new(Arc::new(Guard::unread())),
        }
    }

    /// No lock and no record, whatever is configured.
    #[cfg(test)]
    pub(crate) fn without_lock() -> Self {
        Self {
            state: StateFolder::off(),
            current: Mutex::new(Arc::new(Guard::without_lock())),
        }
    }

    /// The guard in force, but that the lock need not know a digest. Nothing is recorded.
    pub(crate) fn without_digest_gate(&self) -> Self {
        Self {
            state: StateFolder::off(),
            current: Mutex::new(Arc::new(self.current().without_digest_gate())),
        }
    }

    /// Reads lock and record as they are now, and once what this process was started with, so that the first
    /// load need not.
    pub(crate) fn refresh(&self, config: &Config) -> Arc<Guard> {
        let _variables = loader_variables();
        let guard = Arc::new(Guard::read(config, &self.state));
        self.put(Arc::clone(&guard));
        guard
    }

    /// The guard in force.
    pub(crate) fn current(&self) -> Arc<Guard> {
        Arc::clone(&self.current.lock())
    }

    /// Records that `verified` was accepted at the time `now`, if that is news. Another process may have accepted a
    /// higher version meanwhile, which refuses this one.
    pub(crate) fn accept(&self, verified: &Verified, now: SystemTime) -> Result<(), Refusal> {
        let (name, manifest) = (verified.name(), verified.manifest());
        let guard = self.current();
        let known = guard.record_problem().is_none();
        if self.state.path().is_none()
            || !known
            || !guard.record().is_news(name, &manifest.version, now)
        {
            return Ok(());
        }
        let change = |record: &mut Record| record.accept(name, &manifest.version, now);
        match self.state.update(change) {
            Ok(record) => self.remember(record).judge_version(name, manifest),
            Err(error) if guard.needs_record() => Err(Refusal::State(Arc::new(error))),
            Err(error) => {
                let planner = name.as_str();
                tracing::warn!(planner, %error, code = error.code(), "its version was not recorded");
                Ok(())
            }
        }
    }

    /// Records that the system's clock said `now`, if that is news.
    pub(crate) fn note_time(&self, now: SystemTime) {
        let guard = self.current();
        let known = self.state.path().is_some() && guard.record_problem().is_none();
        if !known || !guard.record().is_late(now) {
            return;
        }
        // Whoever accepts something tries again, and tells why it fails.
        if let Ok(record) = self
            .state
            .update(|record: &mut Record| record.see_time(now))
        {
            self.remember(record);
        }
    }

    /// Forgets that a lock was in force where `config` has it; whether one was.
    pub(crate) fn forget_lock(&self, config: &Config) -> Result<bool, StateError> {
        let Some(path) = place(config) else {
            return Ok(false);
        };
        let mut known = false;
        self.state
            .update(|record: &mut Record| known = record.forget_lock(&path))?;
        Ok(known)
    }

    /// Puts the guard in force with this record: a lock that was read while the record was written stays.
    fn remember(&self, record: Record) -> Arc<Guard> {
        let mut current = self.current.lock();
        let guard = Arc::new(current.with_record(record));
        *current = Arc::clone(&guard);
        guard
    }

    fn put(&self, guard: Arc<Guard>) {
        let previous = std::mem::replace(&mut *self.current.lock(), guard);
        drop(previous);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::config::Values;
    use crate::trust::clock;
    use crate::trust::guard::Standing;
    use crate::trust::lock::Lock;

    /// Guards with a place for a lock and a state, and the configuration that names both.
    fn guards() -> (tempfile::TempDir, Config, Guards) {
        let folder = tempfile::tempdir().unwrap();
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(folder.path(), private).unwrap();
        let values = Values::new()
            .set("trust.lock_file", folder.path().join("plugins.lock"))
            .set("trust.state_dir", folder.path().join("state"));
        let config = Config::loader().overrides(values).load().unwrap();
        let guards = Guards::of(&config);
        (folder, config, guards)
    }

    /// Writing the record takes as long as a disk does, and a discovery may read a lock meanwhile.
    #[test]
    fn a_lock_that_is_read_while_something_is_recorded_stays_in_force() {
        let (folder, config, guards) = guards();
        let before = guards.refresh(&config);
        let written = Lock::default().write(&folder.path().join("plugins.lock"));
        written.unwrap();
        guards.refresh(&config);
        let after = guards.remember(before.record().clone());
        assert!(matches!(before.standing(), Standing::None));
        assert!(matches!(after.standing(), Standing::InForce { .. }));
        assert!(Arc::ptr_eq(&after, &guards.current()));
    }

    #[test]
    fn a_time_that_was_noted_counts_in_later_processes_and_is_written_once_an_hour() {
        let (folder, config, guards) = guards();
        guards.refresh(&config);
        let at = |seconds: u64| clock::time(1_000_000 + seconds);
        let file = folder.path().join("state/accepted.json");
        let mut written = Vec::new();
        for now in [0, 3_600, 3_601, 9, 3_602] {
            guards.note_time(at(now));
            written.push(std::fs::read_to_string(&file).unwrap());
        }
        written.dedup();
        assert_eq!(written.len(), 2, "{written:#?}");
        let later = Guards::of(&config).refresh(&config);
        assert_eq!(later.time(at(5)), at(3_601));
    }
}
