//! Signatures that were held against their bytes already, so that listing an unchanged file again reads
//! nothing of it.
//!
//! What is remembered is one bit: whether the signature is one of the bytes. Everything else a verdict is made
//! from, the key's time and what it may sign, is judged anew each time. It counts while plugin and signature
//! file are in the very states they were read in, for the keys of one process, and for listing alone: what is
//! loaded is read.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use registry_core::sync::Mutex;

use crate::discovery::FileIdentity;

/// Most files that are remembered; with one more, all are forgotten.
const PROOFS_MAX: usize = 50_000;

/// What was found out of files, by their paths.
#[derive(Debug, Default)]
pub(crate) struct Proofs(Mutex<HashMap<Box<Path>, Arc<Proof>>>);

/// What was found out of one file.
#[derive(Debug)]
pub(crate) struct Proof {
    /// The plugin, as it was read.
    pub(crate) plugin: FileIdentity,
    /// The signature file, as it was read; none if there was none.
    pub(crate) beside: Option<FileIdentity>,
    /// Its content.
    pub(crate) signature: Option<Vec<u8>>,
    /// Whether it is a signature of the plugin by a trusted key.
    pub(crate) holds: bool,
}

impl Proofs {
    /// What was found out of the file at `path` in exactly these states.
    pub(crate) fn recall(
        &self,
        path: &Path,
        plugin: &FileIdentity,
        beside: Option<&FileIdentity>,
    ) -> Option<Arc<Proof>> {
        let proof = self.0.lock().get(path).map(Arc::clone)?;
        let same = (&proof.plugin, proof.beside.as_ref()) == (plugin, beside);
        same.then_some(proof)
    }

    /// Remembers what was found out of the file at `path`.
    pub(crate) fn remember(&self, path: &Path, proof: Proof) {
        let mut proofs = self.0.lock();
        if proofs.len() >= PROOFS_MAX && !proofs.contains_key(path) {
            proofs.clear();
        }
        proofs.insert(path.into(), Arc::new(proof));
    }
}
