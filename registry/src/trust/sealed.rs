//! Memory that nobody can change any more.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;

use registry_core::sync::atomic::{AtomicU64, Ordering};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, memfd_create};

use crate::name::PlannerName;

/// A sealed copy of bytes, kept open for the life of the value.
///
/// Where it can be mapped from is a name that holds as long as the descriptor is open.
#[derive(Debug)]
pub(crate) struct Sealed {
    memory: File,
    file: FileId,
    number: u64,
}

/// Nothing about a copy can change any more, its seals included.
const SEALS: SealFlags = SealFlags::WRITE
    .union(SealFlags::GROW)
    .union(SealFlags::SHRINK)
    .union(SealFlags::SEAL);

/// What tells a file from every other that exists at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId {
    /// The file system.
    pub(crate) device: u64,
    /// The file in it.
    pub(crate) inode: u64,
}

impl Sealed {
    /// A sealed copy of the bytes of `planner`, whose name debuggers and `/proc` show.
    pub(crate) fn copy(planner: &PlannerName, bytes: &[u8]) -> io::Result<Self> {
        let mut memory = File::from(memory_file(planner)?);
        memory.write_all(bytes)?;
        fcntl_add_seals(&memory, SEALS)?;
        Self::of(memory)
    }

    /// A copy that another process sealed.
    pub(crate) fn received(memory: OwnedFd) -> io::Result<Self> {
        if !fcntl_get_seals(&memory)?.contains(SEALS) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Self::of(memory.into())
    }

    fn of(memory: File) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let metadata = memory.metadata()?;
        Ok(Self {
            memory,
            file: FileId {
                device: metadata.dev(),
                inode: metadata.ino(),
            },
            // Relaxed: only the uniqueness of the numbers matters, and a read-modify-write gives it.
            number: NEXT.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// The descriptor, to be given to another process.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.memory.as_fd()
    }

    /// The file that holds the copy.
    pub(crate) fn file(&self) -> FileId {
        self.file
    }

    /// Where the dynamic loader finds the copy, under a name that no other copy ever has.
    ///
    /// The loader takes a library whose name it knows for the one it has already, and a descriptor's
    /// number is used again if anyone closes it behind our back. The copy's own number is therefore
    /// spelt, in binary digits, with parts of a path that lead nowhere.
    pub(crate) fn path(&self) -> PathBuf {
        let digits = format!("{:b}", self.number);
        let unique = digits.replace('0', "./").replace('1', ".//");
        PathBuf::from(format!("/proc/self/fd/{unique}{}", self.memory.as_raw_fd()))
    }
}

/// Kernels before 6.3 do not know the flag that forbids to execute the file as a program.
fn memory_file(planner: &PlannerName) -> rustix::io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    memfd_create(planner.as_str(), flags | MemfdFlags::NOEXEC_SEAL)
        .or_else(|_| memfd_create(planner.as_str(), flags))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn copy(bytes: &[u8]) -> Sealed {
        Sealed::copy(&PlannerName::parse("risk_planner").unwrap(), bytes).unwrap()
    }

    #[test]
    fn no_name_is_used_twice_although_the_descriptor_is() {
        let mut names = BTreeSet::new();
        let mut descriptors = BTreeSet::new();
        for _ in 0..100 {
            let sealed = copy(b"bytes");
            assert_eq!(std::fs::read(sealed.path()).unwrap(), b"bytes");
            descriptors.insert(sealed.memory.as_raw_fd());
            names.insert(sealed.path().into_os_string());
        }
        assert_eq!(names.len(), 100);
        assert!(descriptors.len() < 100, "{descriptors:?}");
    }

    #[test]
    fn the_copy_carries_the_planners_name() {
        let sealed = copy(b"bytes");
        assert_eq!(
            std::fs::read_link(sealed.path()).unwrap().to_str(),
            Some("/memfd:risk_planner (deleted)")
        );
    }

    #[test]
    fn a_sealed_copy_holds_the_bytes_and_cannot_be_written_or_resized() {
        let sealed = copy(b"first");
        assert_eq!(std::fs::read(sealed.path()).unwrap(), b"first");
        let refused = std::fs::write(sealed.path(), b"third").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        let resized = [0, 100].map(|size| sealed.memory.set_len(size).unwrap_err().kind());
        assert_eq!(resized, [io::ErrorKind::PermissionDenied; 2]);
    }
}
