//! What a sandbox is to be like.

use std::os::fd::RawFd;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::LayerName;
pub use crate::config::Network;

/// What a sandbox is to be like. It crosses to the process that applies it, so it is plain data.
///
/// The default takes everything away: no network, no files, no user change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Spec {
    /// What to do about layers that cannot be had.
    pub mode: Mode,
    /// The user to become, where the process runs as root.
    pub uid: Option<u32>,
    /// The group to become with it; by default the one with the user's number.
    pub gid: Option<u32>,
    /// Where connections may be made to over IP, and so whether names be resolved. Accepting them never
    /// may.
    pub net: Network,
    /// Files and folders that may be read, with everything below them.
    pub read: Vec<PathBuf>,
    /// How much may be used.
    pub limits: Limits,
    /// The folder of a control group of its own, which somebody made and bounded. Without one, memory is
    /// bounded by the limit of data alone.
    pub memory_group: Option<PathBuf>,
    /// Descriptors to keep beside the three standard ones. All others are closed.
    pub keep_fds: Vec<RawFd>,
    /// Layers to leave out. `strict` refuses to leave out one that it demands.
    pub without: Vec<LayerName>,
}

impl Spec {
    /// The default in this mode.
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            ..Self::default()
        }
    }
}

/// What to do about layers that cannot be had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Fail.
    Strict,
    /// Go on, and report it.
    #[default]
    BestEffort,
    /// Apply nothing but what makes a process end with its parent and hold no descriptors of others.
    Off,
}

/// How much a process may use. What it may already use less of stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Open descriptors, those that are kept included.
    pub open_files: u64,
    /// Bytes in a file that it writes. With 0, a first line to a file instead of a pipe ends it.
    pub file_size: u64,
    /// Bytes of a core dump.
    pub core: u64,
    /// Bytes of private writable memory, the stacks of threads included, where no control group bounds memory.
    pub data_bytes: u64,
    /// Bytes of address space. Threads reserve much more than they use.
    pub address_space_bytes: u64,
    /// Threads and processes of its user, all processes of that user counted. Only for a user of its own.
    pub processes: Option<u64>,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: u64 = 1 << 20;
        Self {
            open_files: 64,
            file_size: 0,
            core: 0,
            data_bytes: 256 * MIB,
            address_space_bytes: 4096 * MIB,
            processes: None,
        }
    }
}
