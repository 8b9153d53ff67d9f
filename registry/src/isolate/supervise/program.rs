//! The program that workers run.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use crate::config::{FileFault, open_granting};
use crate::isolate::worker;

/// The program that workers run, opened before the first is needed: what its path leads to later does
/// not matter.
#[derive(Debug)]
pub(crate) struct Program {
    image: File,
}

/// Why there is no program for workers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// The host's own program would not serve.
    #[error(
        "planners are to run in workers, but this program does not call \
         registry::worker::serve_if_requested()"
    )]
    NotServed,
    /// The host's own program cannot be opened.
    #[error("this program's own image cannot be opened: {0}")]
    OwnImage(#[source] io::Error),
    /// The configured program cannot be used.
    #[error("the worker program {path:?} cannot be used")]
    Unusable {
        /// Where it should be.
        path: PathBuf,
        /// Why it cannot be used.
        #[source]
        fault: FileFault,
    },
}

impl ProgramError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        "E_WORKER_PROGRAM"
    }

    /// What the operator or the host's developer can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::NotServed => {
                "Call registry::worker::serve_if_requested() first in main, or set \
                 isolation.worker_program to the registry command."
            }
            Self::OwnImage(_) => "Mount /proc for this process, or set isolation.worker_program.",
            Self::Unusable { .. } => "Mend isolation.worker_program, FACTORY_WORKER_PROGRAM.",
        }
    }
}

impl Program {
    /// The program of this very process.
    pub(crate) fn own() -> Result<Self, ProgramError> {
        if !worker::is_served() {
            return Err(ProgramError::NotServed);
        }
        let image = File::open("/proc/self/exe").map_err(ProgramError::OwnImage)?;
        Ok(Self { image })
    }

    /// The program at `path`, which nobody else may be able to change.
    pub(crate) fn at(path: &Path) -> Result<Self, ProgramError> {
        match open_granting(path) {
            Ok(image) => Ok(Self { image }),
            Err(fault) => Err(ProgramError::Unusable {
                path: path.to_owned(),
                fault,
            }),
        }
    }

    /// The program's file.
    pub(in crate::isolate) fn image(&self) -> &File {
        &self.image
    }

    /// Where a process of this one finds the image until it runs it.
    pub(super) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.image.as_raw_fd()))
    }
}
