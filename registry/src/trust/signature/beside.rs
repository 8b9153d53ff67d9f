//! Reads the signature that lies beside a plugin.

use std::io::{self, Read};
use std::sync::Arc;

use super::SignatureRefusal;
use crate::discovery::{Candidate, FileIdentity};

/// What a signature file has behind the plugin's own name.
pub(crate) const SIGNATURE_SUFFIX: &str = ".minisig";

/// Largest signature file: more than the comments that minisign writes at most.
const SIZE_BYTES_MAX: u64 = 16 * 1024;

/// A signature file as it was read.
#[derive(Debug)]
pub(crate) struct Beside {
    /// Its content.
    pub(crate) bytes: Vec<u8>,
    /// Its state after it was read.
    pub(crate) state: FileIdentity,
}

/// The state of the signature file of `candidate`, if there is one. What is no file to read has one, too.
pub(crate) fn state(candidate: &Candidate) -> io::Result<Option<FileIdentity>> {
    candidate.state_beside(SIGNATURE_SUFFIX)
}

/// The signature file of `candidate`, if there is one.
pub(crate) fn read(candidate: &Candidate) -> Result<Option<Beside>, SignatureRefusal> {
    let unreadable = |error: io::Error| SignatureRefusal::Unreadable(Arc::new(error));
    let Some(file) = candidate
        .open_beside(SIGNATURE_SUFFIX)
        .map_err(unreadable)?
    else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    (&file)
        .take(SIZE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > SIZE_BYTES_MAX {
        return Err(SignatureRefusal::Malformed {
            what: "it is larger than 16 KiB",
        });
    }
    let state = FileIdentity::of_file(&file).map_err(unreadable)?;
    Ok(Some(Beside { bytes, state }))
}
