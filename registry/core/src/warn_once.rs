//! Says a thing once, however often it comes up.
//!
//! The memory is bounded: beyond it the oldest key is forgotten, so that a warning may come again
//! but is never lost.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;

use crate::sync::{Mutex, broken};

/// Remembers what was said.
#[derive(Debug)]
pub struct WarnOnce {
    keys_max: usize,
    said: Mutex<Said>,
}

#[derive(Debug, Default)]
struct Said {
    keys: HashSet<Arc<str>, foldhash::fast::RandomState>,
    oldest_first: VecDeque<Arc<str>>,
}

impl WarnOnce {
    /// Remembers up to `keys_max` keys.
    pub fn new(keys_max: usize) -> Self {
        Self {
            keys_max,
            said: Mutex::new(Said::default()),
        }
    }

    /// Whether this is the first time that `key` comes up.
    pub fn first(&self, key: &str) -> bool {
        let mut said = self.said.lock();
        if said.keys.contains(key) {
            return false;
        }
        if broken("warn_once.check_gap") {
            drop(said);
            said = self.said.lock();
        }
        let key: Arc<str> = Arc::from(key);
        said.keys.insert(Arc::clone(&key));
        said.oldest_first.push_back(key);
        if said.oldest_first.len() > self.keys_max
            && let Some(oldest) = said.oldest_first.pop_front()
        {
            said.keys.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_first_once() {
        let once = WarnOnce::new(8);
        let answers = ["a", "b", "a", "a", "b"].map(|key| once.first(key));
        assert_eq!(answers, [true, true, false, false, false]);
    }

    #[test]
    fn beyond_its_bound_the_oldest_key_is_forgotten() {
        let once = WarnOnce::new(2);
        let answers = ["a", "b", "c", "b", "c", "a"].map(|key| once.first(key));
        assert_eq!(answers, [true, true, true, false, false, true]);
    }

    #[test]
    fn without_memory_everything_is_first() {
        let once = WarnOnce::new(0);
        assert_eq!(["a", "a"].map(|key| once.first(key)), [true, true]);
    }
}
