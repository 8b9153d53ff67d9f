//! What tells one state of a file from another without reading it.

use std::fs::File;
use std::io;
use std::time::SystemTime;

use rustix::fs::{AtFlags, Statx, StatxFlags, StatxTimestamp};
use serde::{Deserialize, Serialize};

/// The fields that [`FileIdentity::of`], the type check and the judging of owner and mode need.
pub(super) const WANTED: StatxFlags = StatxFlags::TYPE
    .union(StatxFlags::MODE)
    .union(StatxFlags::UID)
    .union(StatxFlags::GID)
    .union(StatxFlags::INO)
    .union(StatxFlags::SIZE)
    .union(StatxFlags::MTIME)
    .union(StatxFlags::CTIME);

/// A file whose times lie closer than this to its reading may change once more without its times
/// showing it.
const SETTLED_NANOS: i128 = 100_000_000;

/// Device, inode, size and both times of a file.
///
/// The modification time alone lies: some systems ship every file with the same one. The change
/// time cannot be set by a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileIdentity {
    /// The device the file lies on.
    pub device: u64,
    /// Its inode number.
    pub inode: u64,
    /// Its size in bytes.
    pub size: u64,
    /// When its content last changed.
    pub modified: Timestamp,
    /// When its content or its attributes last changed.
    pub changed: Timestamp,
}

impl FileIdentity {
    /// The state that an open file is in now.
    pub(crate) fn of_file(file: &File) -> io::Result<Self> {
        let empty = AtFlags::EMPTY_PATH;
        Ok(Self::of(&rustix::fs::statx(file, c"", empty, WANTED)?))
    }

    pub(super) fn of(stat: &Statx) -> Self {
        Self {
            device: rustix::fs::makedev(stat.stx_dev_major, stat.stx_dev_minor),
            inode: stat.stx_ino,
            size: stat.stx_size,
            modified: Timestamp::of(&stat.stx_mtime),
            changed: Timestamp::of(&stat.stx_ctime),
        }
    }

    /// Whether both are states of one file.
    pub(super) fn is_same_file(&self, other: &Self) -> bool {
        (self.device, self.inode) == (other.device, other.inode)
    }

    /// Whether a change after `read_at`, when it was read, must show in its times.
    pub(crate) fn is_settled(&self, read_at: Timestamp) -> bool {
        let last = self.modified.max(self.changed);
        read_at.nanos_since_1970() - last.nanos_since_1970() >= SETTLED_NANOS
    }
}

/// A point in time, in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp {
    /// Whole seconds.
    pub seconds: i64,
    /// Nanoseconds after them.
    pub nanos: u32,
}

impl Timestamp {
    fn of(time: &StatxTimestamp) -> Self {
        Self {
            seconds: time.tv_sec,
            nanos: time.tv_nsec,
        }
    }

    /// This moment, by the clock that file times go by.
    pub(crate) fn now() -> Self {
        let since = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            seconds: i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            nanos: since.subsec_nanos(),
        }
    }

    fn nanos_since_1970(self) -> i128 {
        i128::from(self.seconds) * 1_000_000_000 + i128::from(self.nanos)
    }
}
