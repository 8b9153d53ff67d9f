//! What was accepted before, as later processes find it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use semver::Version;
use serde::{Deserialize, Serialize};

use crate::name::PlannerName;
use crate::state::Document;
use crate::trust::clock;

/// Most planners that are remembered. Who comes later is not: forgetting another one's version would
/// let that one go back.
const PLANNERS_MAX: usize = 10_000;

/// Most places of locks that are remembered.
const LOCKS_MAX: usize = 1_000;

/// How much later it must be to be worth recording. A clock can be set back by no more than this.
const TIME_STEP: Duration = Duration::from_hours(1);

/// What was accepted before.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The highest version of each planner.
    #[serde(default)]
    highest: BTreeMap<PlannerName, Version>,
    /// Where a lock was in force.
    #[serde(default)]
    locks: BTreeSet<PathBuf>,
    /// The newest time seen, in seconds since 1970.
    #[serde(default)]
    newest_s: u64,
}

impl Document for Record {
    const NAME: &'static str = "accepted";
    const VERSION: u32 = 1;
    const BEGUN_ANEW: bool = false;
}

impl Record {
    /// The highest version of `name` that was accepted.
    pub(crate) fn highest(&self, name: &PlannerName) -> Option<&Version> {
        self.highest.get(name)
    }

    /// The newest time that was seen.
    pub(crate) fn newest(&self) -> SystemTime {
        clock::time(self.newest_s)
    }

    /// Whether a lock was in force at `path`.
    pub(super) fn knows_lock(&self, path: &Path) -> bool {
        self.locks.contains(path)
    }

    /// Whether accepting this now is worth recording.
    pub(super) fn is_news(&self, name: &PlannerName, version: &Version, now: SystemTime) -> bool {
        let rises = match self.highest.get(name) {
            Some(highest) => version.cmp_precedence(highest).is_gt(),
            None => self.highest.len() < PLANNERS_MAX,
        };
        rises || self.is_late(now)
    }

    /// Whether `now` is so much later than the newest time that it is worth recording.
    pub(super) fn is_late(&self, now: SystemTime) -> bool {
        let step = self.newest().checked_add(TIME_STEP);
        step.is_some_and(|step| now > step)
    }

    /// Records that it was `now`, unless it was later already.
    pub(super) fn see_time(&mut self, now: SystemTime) {
        self.newest_s = self.newest_s.max(clock::seconds(now));
    }

    /// Records that `version` was accepted, unless a higher one was.
    pub(super) fn accept(&mut self, name: &PlannerName, version: &Version, now: SystemTime) {
        self.see_time(now);
        let full = self.highest.len() >= PLANNERS_MAX;
        match self.highest.get_mut(name) {
            Some(highest) if version.cmp_precedence(highest).is_le() => {}
            Some(highest) => highest.clone_from(version),
            None if full => {}
            None => drop(self.highest.insert(name.clone(), version.clone())),
        }
    }

    /// Records that a lock is in force at `path`.
    pub(super) fn see_lock(&mut self, path: &Path) {
        if self.locks.len() < LOCKS_MAX {
            self.locks.insert(path.to_owned());
        }
    }

    /// Forgets that a lock was in force at `path`; whether one was.
    pub(crate) fn forget_lock(&mut self, path: &Path) -> bool {
        self.locks.remove(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_version_and_the_newest_time_never_fall() {
        let name: PlannerName = "some_planner".parse().unwrap();
        let mut record = Record::default();
        let mut highest = Vec::new();
        for (version, at) in [
            ("1.9.0", 50),
            ("1.10.0", 90_000),
            ("1.10.0-rc.1", 70),
            ("1.2.0+b", 60),
        ] {
            record.accept(&name, &version.parse().unwrap(), clock::time(at));
            highest.push(record.highest(&name).unwrap().to_string());
        }
        assert_eq!(highest, ["1.9.0", "1.10.0", "1.10.0", "1.10.0"]);
        assert_eq!(record.newest(), clock::time(90_000));
    }

    #[test]
    fn what_is_known_already_is_no_news() {
        let name: PlannerName = "some_planner".parse().unwrap();
        let mut record = Record::default();
        record.accept(&name, &"1.2.0".parse().unwrap(), clock::time(10_000));
        let news =
            |version: &str, at| record.is_news(&name, &version.parse().unwrap(), clock::time(at));
        let news = [
            news("1.2.0", 10_001),
            news("1.2.0+b", 13_600),
            news("1.1.0", 9),
            news("1.2.0", 13_601),
            news("1.2.1", 9),
        ];
        assert_eq!(news, [false, false, false, true, true]);
    }
}
