//! Reads what is known around an objective from a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use registry::plugin_api::{PlanContext, PlanError, limits};

use crate::failure::{Failure, Stop};

/// Why a context cannot be used.
#[derive(Debug, thiserror::Error)]
enum ContextError {
    #[error("the context {} cannot be read", .path.display())]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("the context {} cannot be used", .path.display())]
    Content {
        path: PathBuf,
        #[source]
        source: PlanError,
    },
}

pub(super) fn read(path: &Path) -> Result<PlanContext, Stop> {
    read_file(path).map_err(|error| {
        let remedy = "Give a file with one JSON object.".to_owned();
        Failure::new("E_CONTEXT", &error)
            .usage()
            .remedy(remedy)
            .into()
    })
}

fn read_file(path: &Path) -> Result<PlanContext, ContextError> {
    let json = read_bounded(path).map_err(|source| ContextError::Read {
        path: path.to_owned(),
        source,
    })?;
    PlanContext::from_json(&json).map_err(|source| ContextError::Content {
        path: path.to_owned(),
        source,
    })
}

/// Reads one byte over the bound at most, by which the bound's own check knows that it is broken.
fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let bytes_max = u64::try_from(limits::CONTEXT_BYTES_MAX).unwrap_or(u64::MAX);
    let mut json = Vec::new();
    File::open(path)?
        .take(bytes_max.saturating_add(1))
        .read_to_end(&mut json)?;
    Ok(json)
}
