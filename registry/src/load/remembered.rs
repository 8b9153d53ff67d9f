//! Layout checks that need not be made again.
//!
//! The check takes about half of a cold load, and its outcome depends on nothing but the plugin's bytes
//! and the host's build. Where the state folder is kept, an outcome that was good is therefore
//! remembered for both. It stands for the layout check alone: digest, signature and every other gate
//! are judged each time.

use std::sync::Arc;

use blake3::Hash;
use registry_core::sync::{Mutex, OnceLock};
use serde::{Deserialize, Serialize};

use super::host_build::host_build;
use crate::config::Config;
use crate::state::{Document, Finding, Findings, StateError, StateFolder, now_s};

/// The rule by which layouts are compared. It changes whenever [`layout`](super::layout) does.
const RULE: &str = "either-way-1";

/// The outcomes that earlier processes left.
#[derive(Debug)]
pub(crate) struct Layouts {
    state: StateFolder,
    known: Mutex<Arc<Verdicts>>,
}

/// Proof that the layout of these bytes was found good by the same build of the host.
#[derive(Debug)]
pub(crate) struct RememberedLayout {
    digest: Hash,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Verdicts {
    /// When which bytes were found good by which host.
    good: Findings<GoodAt>,
}

/// In seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct GoodAt(u64);

impl Document for Verdicts {
    const NAME: &'static str = "layouts";
    const VERSION: u32 = 1;
}

impl RememberedLayout {
    /// Whether it is of these bytes.
    pub(super) fn is_of(&self, digest: &Hash) -> bool {
        self.digest == *digest
    }
}

impl Layouts {
    /// Nothing is read yet.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            state: StateFolder::of(config),
            known: Mutex::new(Arc::default()),
        }
    }

    /// Reads what other processes left. What cannot be used is no harm: the check is made.
    pub(crate) fn refresh(&self) -> Result<(), StateError> {
        let read = self.state.read();
        let (known, outcome): (Arc<Verdicts>, _) = match read {
            Ok(known) => (Arc::new(known), Ok(())),
            Err(error) => (Arc::default(), Err(error)),
        };
        if !known.good.is_empty() {
            // A load that asks finds it answered.
            let _host = host();
        }
        let previous = std::mem::replace(&mut *self.known.lock(), known);
        drop(previous);
        outcome
    }

    /// The outcome for these bytes, if it is known and not too old.
    pub(crate) fn recall(&self, digest: Hash) -> Option<RememberedLayout> {
        let known = Arc::clone(&self.known.lock());
        if known.good.is_empty() {
            // Nothing is asked of the host's build, which takes looking at its program.
            return None;
        }
        let key = key(&digest, host()?);
        known
            .good
            .find(&key, now_s())
            .map(|_| RememberedLayout { digest })
    }

    /// Remembers that the layout of these bytes was found good.
    pub(crate) fn remember(&self, digest: &Hash) {
        let folder = self.state.path();
        let Some(host) = folder.and_then(|_| host()) else {
            return;
        };
        let good = GoodAt(now_s());
        let add = |verdicts: &mut Verdicts| verdicts.good.add(key(digest, host), good);
        if let Err(error) = self.state.update(add) {
            tracing::debug!(%error, code = error.code(), "a layout check was not remembered");
        }
    }
}

impl Finding for GoodAt {
    fn at_s(&self) -> u64 {
        self.0
    }
}

fn key(digest: &Hash, host: &str) -> String {
    format!("{digest}:{host}")
}

/// One value for this build of the host and the rule by which it compares. None where the program
/// cannot be seen; then nothing is remembered.
fn host() -> Option<&'static str> {
    static HOST: OnceLock<Option<String>> = OnceLock::new();
    let host = HOST.get_or_init(|| {
        let build = format!("{} {RULE}", host_build()?);
        Some(blake3::hash(build.as_bytes()).to_string())
    });
    host.as_deref()
}
