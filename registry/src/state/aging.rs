//! What was found out once and counts for a while: a bounded table, the oldest of which go first.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// Most findings that are kept.
const FINDINGS_MAX: usize = 1_024;

/// How long a finding counts that nothing contradicts.
pub(crate) const LIFETIME: Duration = Duration::from_hours(24 * 30);

/// Something that was found out at some time.
pub(crate) trait Finding {
    /// When, in seconds since 1970.
    fn at_s(&self) -> u64;

    /// How long it counts.
    fn lifetime(&self) -> Duration {
        LIFETIME
    }

    /// From when on it does not count any more, in seconds since 1970.
    fn until_s(&self) -> u64 {
        self.at_s().saturating_add(self.lifetime().as_secs())
    }
}

/// Findings under the key of all that they depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Findings<F>(BTreeMap<String, F>);

impl<F: Finding> Findings<F> {
    /// The one under `key` that counts at `now_s`.
    pub(crate) fn find(&self, key: &str, now_s: u64) -> Option<&F> {
        let found = self.0.get(key);
        // One from the future was made by a wrong clock, or by hand.
        found.filter(|finding| (finding.at_s()..finding.until_s()).contains(&now_s))
    }

    /// Adds one; the oldest make room.
    pub(crate) fn add(&mut self, key: String, finding: F) {
        self.0.insert(key, finding);
        while self.0.len() > FINDINGS_MAX {
            let oldest = self.0.iter().min_by_key(|(_, finding)| finding.at_s());
            let Some(oldest) = oldest.map(|(key, _)| key.clone()) else {
                return;
            };
            self.0.remove(&oldest);
        }
    }

    /// Forgets the one under `key`.
    pub(crate) fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// Forgets all but those that are `wanted`.
    pub(crate) fn keep(&mut self, mut wanted: impl FnMut(&F) -> bool) {
        self.0.retain(|_, finding| wanted(finding));
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keys and findings.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &F)> {
        self.0.iter().map(|(key, finding)| (&**key, finding))
    }
}

impl<F> Default for Findings<F> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

/// The present, in seconds since 1970.
pub(crate) fn now_s() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Found {
        at_s: u64,
        lifetime_s: u64,
    }

    impl Finding for Found {
        fn at_s(&self) -> u64 {
            self.at_s
        }

        fn lifetime(&self) -> Duration {
            Duration::from_secs(self.lifetime_s)
        }
    }

    fn found(at_s: u64) -> Found {
        Found {
            at_s,
            lifetime_s: 10,
        }
    }

    #[test]
    fn a_finding_counts_for_its_key_and_its_time_alone() {
        let mut findings = Findings::default();
        findings.add("key".to_owned(), found(1_000));
        let counts = |key, now_s| findings.find(key, now_s).is_some();
        assert!(counts("key", 1_000) && counts("key", 1_009));
        assert!(!counts("key", 999) && !counts("key", 1_010));
        assert!(!counts("another", 1_000));
    }

    #[test]
    fn the_oldest_findings_make_room() {
        let mut findings = Findings::default();
        for at_s in 0..=FINDINGS_MAX as u64 {
            // Their keys are in another order than their ages.
            findings.add(format!("{:04}", FINDINGS_MAX as u64 - at_s), found(at_s));
        }
        assert_eq!(findings.iter().count(), FINDINGS_MAX);
        assert_eq!(findings.find("1024", 0), None);
        assert_eq!(findings.find("1023", 1), Some(&found(1)));
    }
}
