//! Reads a file once into memory that nobody can change any more.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags, SealFlags};

/// A sealed copy of a file's bytes, kept open for the life of the value.
///
/// Where it can be mapped from is a name that holds as long as the descriptor is open.
#[derive(Debug)]
pub(crate) struct Sealed {
    _descriptor: OwnedFd,
    path: PathBuf,
}

/// Why a file could not be read and sealed.
#[derive(Debug)]
pub(crate) enum SealError {
    /// It is not a regular file.
    NotRegular,
    /// It is larger than the bound.
    TooLarge { size_bytes_max: u64 },
    /// The system refused.
    Io(std::io::Error),
}

impl From<std::io::Error> for SealError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rustix::io::Errno> for SealError {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Io(error.into())
    }
}

impl Sealed {
    /// Reads the file at `path`; gives its bytes beside the sealed copy of the very same bytes.
    pub(crate) fn read(path: &Path, size_bytes_max: u64) -> Result<(Self, Vec<u8>), SealError> {
        let bytes = read_bounded(path, size_bytes_max)?;
        let sealed = Self::copy(&bytes)?;
        Ok((sealed, bytes))
    }

    /// Where the dynamic loader finds the copy.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn copy(bytes: &[u8]) -> Result<Self, SealError> {
        let mut memory = File::from(memory_file()?);
        memory.write_all(bytes)?;
        rustix::fs::fcntl_add_seals(
            &memory,
            SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
        )?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", memory.as_raw_fd()));
        Ok(Self {
            _descriptor: memory.into(),
            path,
        })
    }
}

/// `O_NONBLOCK` keeps a FIFO from hanging us before the file type is known.
fn read_bounded(path: &Path, size_bytes_max: u64) -> Result<Vec<u8>, SealError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(SealError::NotRegular);
    }
    if metadata.len() > size_bytes_max {
        return Err(SealError::TooLarge { size_bytes_max });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    // One byte over the bound shows that the file grew past it meanwhile.
    file.take(size_bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > size_bytes_max {
        return Err(SealError::TooLarge { size_bytes_max });
    }
    Ok(bytes)
}

/// Kernels before 6.3 do not know the flag that forbids execution of the file as a program.
fn memory_file() -> rustix::io::Result<OwnedFd> {
    use rustix::fs::{MemfdFlags, memfd_create};
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    memfd_create("planner", flags | MemfdFlags::NOEXEC_SEAL)
        .or_else(|_| memfd_create("planner", flags))
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;

    #[test]
    fn a_sealed_copy_outlives_changes_to_its_file_and_refuses_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.so");
        std::fs::write(&path, b"first").unwrap();
        let (sealed, bytes) = Sealed::read(&path, 100).unwrap();
        std::fs::write(&path, b"other").unwrap();
        assert_eq!(bytes, b"first");
        assert_eq!(std::fs::read(sealed.path()).unwrap(), b"first");
        let refused = std::fs::write(sealed.path(), b"third").unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_file_over_the_bound_a_folder_and_a_link_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.so");
        std::fs::write(&path, b"123456").unwrap();
        let link = folder.path().join("link.so");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(
            Sealed::read(&path, 5),
            Err(SealError::TooLarge { size_bytes_max: 5 })
        ));
        assert!(matches!(
            Sealed::read(folder.path(), 5),
            Err(SealError::NotRegular)
        ));
        let Err(SealError::Io(error)) = Sealed::read(&link, 10) else {
            panic!("a link was followed");
        };
        assert_eq!(
            error.raw_os_error(),
            Some(rustix::io::Errno::LOOP.raw_os_error())
        );
    }
}
