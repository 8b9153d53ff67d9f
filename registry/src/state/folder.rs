//! The folder: opened warily, changed in turns, each document replaced as a whole.

use std::fs::{DirBuilder, File};
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rustix::fs::{FlockOperation, Mode, OFlags, flock};
use rustix::io::Errno;

use super::document::{Document, Unusable, decode, encode};
use super::error::StateError;
use crate::config::{Config, FileFault, guarded};

/// Largest document that is read or written.
const BYTES_MAX: u64 = 16 << 20;

/// Longest time that another process's turn is awaited.
const TURN_WAIT_MAX: Duration = Duration::from_secs(2);

/// How often it is looked whether the turn is free.
const TURN_WAIT_STEP: Duration = Duration::from_millis(5);

/// The file that whoever changes a document holds locked.
const TURN_FILE: &str = "turn";

/// Where documents are kept, if anywhere.
#[derive(Clone, Debug)]
pub(crate) struct StateFolder {
    path: Option<PathBuf>,
}

impl StateFolder {
    /// The folder that `config` names.
    pub(crate) fn of(config: &Config) -> Self {
        Self {
            path: config.trust().state_dir.path().map(Path::to_owned),
        }
    }

    /// No folder: nothing is kept.
    pub(crate) fn off() -> Self {
        Self { path: None }
    }

    #[cfg(test)]
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path: Some(path) }
    }

    /// The folder, unless nothing is kept.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The document as it was last left; an empty one if there is none yet, or nothing is kept.
    pub(crate) fn read<D: Document>(&self) -> Result<D, StateError> {
        let Some(folder) = self.path() else {
            return Ok(D::default());
        };
        match guarded::check_private_folder(folder) {
            Ok(()) => read(folder),
            Err(FileFault::Missing) => Ok(D::default()),
            Err(fault) => Err(not_ours(folder, fault)),
        }
    }

    /// Changes the document in a turn that no other process has meanwhile, and gives what it is now.
    /// Where nothing is kept, an empty one is changed and forgotten.
    pub(crate) fn update<D: Document>(&self, change: impl FnOnce(&mut D)) -> Result<D, StateError> {
        let Some(folder) = self.path() else {
            let mut document = D::default();
            change(&mut document);
            return Ok(document);
        };
        create(folder)?;
        let _turn = take_turn(folder)?;
        let mut document = read(folder)?;
        change(&mut document);
        replace(folder, &document)?;
        Ok(document)
    }
}

fn file_of<D: Document>(folder: &Path) -> PathBuf {
    folder.join(format!("{}.json", D::NAME))
}

fn read<D: Document>(folder: &Path) -> Result<D, StateError> {
    let path = file_of::<D>(folder);
    let bytes = match guarded::read(&path, BYTES_MAX) {
        Ok(bytes) => bytes,
        Err(FileFault::Missing) => return Ok(D::default()),
        Err(fault) => return Err(not_ours(&path, fault)),
    };
    match decode(&bytes) {
        Ok(document) => Ok(document),
        Err(Unusable::Newer { version }) => Err(StateError::Newer {
            path,
            version,
            known: D::VERSION,
        }),
        Err(Unusable::Damaged(source)) if !D::BEGUN_ANEW => {
            Err(StateError::Damaged { path, source })
        }
        Err(Unusable::Damaged(error)) => {
            set_aside(&path, &error)?;
            Ok(D::default())
        }
    }
}

/// Renames a damaged document, so that it is complained of once and can be looked at.
fn set_aside(path: &Path, damage: &serde_json::Error) -> Result<(), StateError> {
    let kept_as = path.with_extension(format!("damaged-{}", stamp()));
    std::fs::rename(path, &kept_as).map_err(|error| failed(path, "setting aside", error))?;
    tracing::warn!(
        path = %path.display(),
        kept_as = %kept_as.display(),
        error = %damage,
        "a damaged state file was set aside and begun anew"
    );
    Ok(())
}

fn create(folder: &Path) -> Result<(), StateError> {
    let mut builder = DirBuilder::new();
    let made = builder.recursive(true).mode(0o700).create(folder);
    made.map_err(|error| failed(folder, "creating", error))?;
    guarded::check_private_folder(folder).map_err(|fault| not_ours(folder, fault))
}

/// The turn ends when the file is closed, however its holder ends.
fn take_turn(folder: &Path) -> Result<File, StateError> {
    let path = folder.join(TURN_FILE);
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR)
        .map_err(|error| failed(&path, "opening", error))?;
    let begun = Instant::now();
    loop {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(File::from(file)),
            Err(Errno::WOULDBLOCK | Errno::INTR) if begun.elapsed() < TURN_WAIT_MAX => {
                thread::sleep(TURN_WAIT_STEP);
            }
            Err(Errno::WOULDBLOCK | Errno::INTR) => {
                return Err(StateError::Busy {
                    path: folder.to_owned(),
                    waited: begun.elapsed(),
                });
            }
            Err(error) => return Err(failed(&path, "locking", error)),
        }
    }
}

/// Writes beside the document and renames: a kill at any moment leaves the old one or the new one.
/// It is synced first, so that a power cut does as well. What a killed writer staged is overwritten
/// by the next one, for writers take turns.
fn replace<D: Document>(folder: &Path, document: &D) -> Result<(), StateError> {
    let path = file_of::<D>(folder);
    let staged = folder.join(format!("{}.staged", D::NAME));
    let bytes = encode(document).map_err(|error| failed(&path, "encoding", error))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(failed(&path, "writing", Errno::FBIG));
    }
    let flags =
        OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::open(&staged, flags, Mode::RUSR | Mode::WUSR)
        .map_err(|error| failed(&staged, "creating", error))?;
    let mut file = File::from(file);
    let written = file.write_all(&bytes).and_then(|()| file.sync_data());
    written
        .and_then(|()| std::fs::rename(&staged, &path))
        .map_err(|error| {
            // What cannot be removed now is overwritten by the next writer.
            let _ = std::fs::remove_file(&staged);
            failed(&path, "writing", error)
        })
}

fn stamp() -> u128 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_nanos()
}

fn not_ours(path: &Path, fault: FileFault) -> StateError {
    StateError::NotOurs {
        path: path.to_owned(),
        fault,
    }
}

fn failed(path: &Path, doing: &'static str, source: impl Into<std::io::Error>) -> StateError {
    StateError::Io {
        path: path.to_owned(),
        doing,
        source: source.into(),
    }
}
