//! What tells one state of a file from another without reading it.

use std::time::SystemTime;

use rustix::fs::{Statx, StatxFlags, StatxTimestamp};
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

    /// Whether both times lie at least `nanos` before `read_at`.
    pub(super) fn is_settled(&self, read_at: Timestamp, nanos: i128) -> bool {
        let last = self.modified.max(self.changed);
        read_at.nanos_since_1970() - last.nanos_since_1970() >= nanos
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
    pub(super) fn now() -> Self {
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
