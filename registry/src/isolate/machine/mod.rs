//! What this machine can enforce on a worker.
//!
//! Nothing is read off a version number: each [`Fact`] comes from trying, in a child that tries just
//! that and ends, where the trial would leave a mark on this process. Versions and settings are shown
//! beside it, for whoever has to change them.

mod facts;
mod trial;
mod trials;

pub(super) use trials::landlock_version;

use std::io;

use rustix::process::geteuid;
use rustix::system::uname;
use serde::Serialize;

/// What this machine and this user can enforce on a worker.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Doctor {
    /// The kernel's release.
    pub kernel: String,
    /// The kind of processor.
    pub architecture: String,
    /// The user that was asked as.
    pub uid: u32,
    /// Whether a worker can start with the sandbox at `strict`.
    pub strict: bool,
    /// What was found, in the order of importance.
    pub facts: Vec<Fact>,
    /// What no setting of this machine can make a sandbox stop.
    pub never: Vec<&'static str>,
}

/// One thing that a sandbox builds on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// Whether it is there.
    pub state: FactState,
    /// What was found.
    pub found: String,
    /// What workers have of it, or go without.
    pub means: &'static str,
    /// Whether the sandbox refuses to start at `strict` without it.
    pub demanded: bool,
    /// What to change, where something can be.
    pub change: Option<String>,
}

/// Whether something that a sandbox builds on is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FactState {
    /// It is.
    Available,
    /// A part of it is.
    Partial,
    /// It is not.
    Missing,
}

/// Why it could not be found out what this machine can enforce.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoctorError {
    /// A child to try something in could not be started, or gave no answer.
    #[error("nothing can be tried in a child")]
    Trial(#[source] io::Error),
}

impl DoctorError {
    /// The stable machine code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Trial(_) => "E_DOCTOR",
        }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Trial(_) => "Raise the limit of processes and of open files.".to_owned(),
        }
    }
}

/// What Landlock has no words for, and what no layer stops.
const NEVER: [&str; 3] = [
    "Landlock knows no addresses: a planner that is granted the network reaches every address that \
     the host can",
    "Landlock knows no UDP: it is stopped by the list of system calls, and free where the network is \
     granted",
    "no layer hides that a file exists, nor its size and times",
];

/// Finds out what this machine can enforce on a worker. Nothing of this process changes; some trials
/// are made by children, which end at once.
pub fn doctor() -> Result<Doctor, DoctorError> {
    let machine = uname();
    let facts = facts::all().map_err(DoctorError::Trial)?;
    let is_met = |fact: &Fact| !fact.demanded || fact.state == FactState::Available;
    Ok(Doctor {
        kernel: machine.release().to_string_lossy().into_owned(),
        architecture: machine.machine().to_string_lossy().into_owned(),
        uid: geteuid().as_raw(),
        strict: facts.iter().all(is_met),
        facts,
        never: NEVER.to_vec(),
    })
}
