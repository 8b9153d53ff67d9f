//! Memory that nobody can change any more.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

/// A sealed copy of bytes, kept open for the life of the value.
///
/// Where it can be mapped from is a name that holds as long as the descriptor is open.
#[derive(Debug)]
pub(crate) struct Sealed {
    memory: File,
}

impl Sealed {
    /// A sealed copy of `bytes`.
    pub(crate) fn copy(bytes: &[u8]) -> io::Result<Self> {
        let mut memory = File::from(memory_file()?);
        memory.write_all(bytes)?;
        let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
        fcntl_add_seals(&memory, seals)?;
        Ok(Self { memory })
    }

    /// Where the dynamic loader finds the copy.
    pub(crate) fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", self.memory.as_raw_fd()))
    }
}

/// Kernels before 6.3 do not know the flag that forbids to execute the file as a program.
fn memory_file() -> rustix::io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    memfd_create("planner", flags | MemfdFlags::NOEXEC_SEAL)
        .or_else(|_| memfd_create("planner", flags))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_copy_holds_the_bytes_and_cannot_be_written_or_resized() {
        let sealed = Sealed::copy(b"first").unwrap();
        assert_eq!(std::fs::read(sealed.path()).unwrap(), b"first");
        let refused = std::fs::write(sealed.path(), b"third").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        let resized = [0, 100].map(|size| sealed.memory.set_len(size).unwrap_err().kind());
        assert_eq!(resized, [io::ErrorKind::PermissionDenied; 2]);
    }
}
