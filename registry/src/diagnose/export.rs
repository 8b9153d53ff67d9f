//! A diagnosis as a file that is there as a whole or not at all.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::Diagnosis;
use super::text::{self, Detail, Look};
use crate::planner::GetError;

/// The version of the layout of the JSON document.
const SCHEMA: u32 = 1;

/// In which form a diagnosis is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExportFormat {
    /// The full report, for people.
    Text,
    /// One JSON document with a schema number.
    Json,
}

/// A diagnosis as it is written.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct Document<'a> {
    /// The version of this layout. It grows when a field changes its meaning or goes.
    #[cfg_attr(feature = "schema", schemars(extend("const" = SCHEMA)))]
    schema: u32,
    #[serde(flatten)]
    diagnosis: &'a Diagnosis,
}

/// Why a diagnosis was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// There is nothing to write.
    #[error(transparent)]
    Get(#[from] GetError),
    /// The document could not be made.
    #[error("the diagnosis could not be put into JSON")]
    Encode(#[from] serde_json::Error),
    /// The file could not be written. What stood in its place still does.
    #[error("{doing} {path} failed", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl ExportError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Get(error) => error.code(),
            Self::Encode(_) => "E_BUG",
            Self::Write { .. } => "E_EXPORT",
        }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Get(error) => error.remedy(),
            Self::Encode(_) => "Report it to the maintainers of registry.".to_owned(),
            Self::Write { .. } => "Name a file in a folder that this user can write.".to_owned(),
        }
    }
}

/// Writes `diagnosis` to the file at `path`, in place of what is there.
pub(crate) fn export(
    diagnosis: &Diagnosis,
    path: &Path,
    format: ExportFormat,
) -> Result<(), ExportError> {
    let bytes = match format {
        ExportFormat::Text => text::report(diagnosis, Detail::Full, Look::PLAIN).into_bytes(),
        ExportFormat::Json => json(diagnosis)?,
    };
    let staged = staged(path).map_err(|source| failed(path, "naming", source))?;
    // What a process of the same number left behind when it was killed.
    let _ = std::fs::remove_file(&staged);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&staged)
        .map_err(|source| failed(&staged, "creating", source))?;
    write(file, &bytes, &staged, path).map_err(|source| {
        // It is of no use to anybody, and the error that counts is the first.
        let _ = std::fs::remove_file(&staged);
        failed(path, "writing", source)
    })
}

fn json(diagnosis: &Diagnosis) -> Result<Vec<u8>, serde_json::Error> {
    let document = Document {
        schema: SCHEMA,
        diagnosis,
    };
    let mut bytes = serde_json::to_vec_pretty(&document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn write(mut file: File, bytes: &[u8], staged: &Path, path: &Path) -> io::Result<()> {
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(staged, path)
}

/// A name beside `path` that no other process or thread uses at this moment.
fn staged(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let mut staged = OsString::from(".");
    staged.push(name);
    let thread = registry_core::sync::thread_ordinal();
    staged.push(format!(".{}-{thread}.staged", std::process::id()));
    Ok(path.with_file_name(staged))
}

fn failed(path: &Path, doing: &'static str, source: io::Error) -> ExportError {
    ExportError::Write {
        path: path.to_owned(),
        doing,
        source,
    }
}
