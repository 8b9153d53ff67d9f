//! What a document is, and how it stands in its file.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A subject that is remembered. What it holds is bounded by whoever changes it.
pub(crate) trait Document: Serialize + DeserializeOwned + Default {
    /// The name of its file, without the ending.
    const NAME: &'static str;
    /// Raised with every change of its form that an older reader would get wrong.
    const VERSION: u32;
    /// Whether a damaged one is set aside and begun anew. What keeps something out is not: an empty one would
    /// let it in.
    const BEGUN_ANEW: bool = true;
}

/// Why bytes are no document.
#[derive(Debug)]
pub(super) enum Unusable {
    /// No document at all, or a damaged one.
    Damaged(serde_json::Error),
    /// Written by a newer version.
    Newer { version: u32 },
}

#[derive(Serialize)]
struct Envelope<'a, D> {
    version: u32,
    content: &'a D,
}

#[derive(Deserialize)]
struct Opened {
    version: u32,
    content: serde_json::Value,
}

pub(super) fn encode<D: Document>(document: &D) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(&Envelope {
        version: D::VERSION,
        content: document,
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

pub(super) fn decode<D: Document>(bytes: &[u8]) -> Result<D, Unusable> {
    let opened: Opened = serde_json::from_slice(bytes).map_err(Unusable::Damaged)?;
    if opened.version > D::VERSION {
        return Err(Unusable::Newer {
            version: opened.version,
        });
    }
    serde_json::from_value(opened.content).map_err(Unusable::Damaged)
}
