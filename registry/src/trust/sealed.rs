//! Bytes that are read once, hashed on the way, and mapped from where they are held.
//!
//! They are held in a sealed memory file. Where memory files are forbidden, they are held in a copy
//! that has no name any more and that nothing has open for writing; never silently in the file they came
//! from. Holding them there is a choice of the operator's, which leaves whoever may write the file free
//! to change code while it runs.

use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::PathBuf;
use std::sync::Arc;

use blake3::{Hash, Hasher};
use registry_core::sync::atomic::{AtomicU64, Ordering};
use rustix::fs::{
    MemfdFlags, Mode, OFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fcntl_getfl,
    memfd_create,
};
use rustix::io::Errno;

use super::Refusal;
use super::private_folder::PrivateFolder;
use crate::discovery::{self, ElfError, Library};
use crate::name::PlannerName;

/// How much is read at once: enough for the hash to work at full width, and little enough to be still
/// in the processor's nearest cache when it is written, and to cost few fresh pages.
const PART_BYTES: usize = 32 << 10;

/// How often a copy is tried to be sealed that the kernel is busy with.
const SEALING_TRIES: usize = 12;

/// Bytes that stay what they are, and the descriptor that they are mapped from.
#[derive(Debug)]
pub(crate) struct Sealed {
    held: File,
    place: Place,
    file: FileId,
    size_bytes: u64,
    number: u64,
}

/// Nothing about a copy can change any more, its seals included.
const SEALS: SealFlags = SealFlags::WRITE
    .union(SealFlags::GROW)
    .union(SealFlags::SHRINK)
    .union(SealFlags::SEAL);

/// Where bytes are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a sealed memory file.
    Memory,
    /// In a copy without a name.
    PrivateCopy,
    /// In the file they came from.
    File,
}

/// What tells a file from every other that exists at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId {
    /// The file system.
    pub(crate) device: u64,
    /// The file in it.
    pub(crate) inode: u64,
}

impl Sealed {
    /// A copy of the bytes of `planner`, whose name debuggers and `/proc` show, and their digest.
    pub(super) fn copy(
        planner: &PlannerName,
        source: &File,
        size_bytes_max: u64,
    ) -> Result<(Self, Hash), Refusal> {
        Self::copy_into(memory_file, planner, source, size_bytes_max)
    }

    fn copy_into(
        memory_file: impl FnOnce(&PlannerName) -> io::Result<File>,
        planner: &PlannerName,
        source: &File,
        size_bytes_max: u64,
    ) -> Result<(Self, Hash), Refusal> {
        let (copy, place) = match memory_file(planner) {
            Ok(memory) => (memory, Place::Memory),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(
                    planner = planner.as_str(),
                    error,
                    "no memory file could be made; the library is copied to a private file"
                );
                let copy = PrivateFolder::unlinked_file(planner.as_str()).map_err(unsealed)?;
                (copy, Place::PrivateCopy)
            }
        };
        let (size_bytes, digest) = pour(source, Some(&copy), size_bytes_max)?;
        let held = match place {
            Place::Memory => seal(copy),
            _ => read_only(&copy),
        };
        let sealed = Self::of(held.map_err(unsealed)?, place, size_bytes).map_err(unsealed)?;
        Ok((sealed, digest))
    }

    /// The file itself, and the digest of what it holds now.
    pub(super) fn pin(source: File, size_bytes_max: u64) -> Result<(Self, Hash), Refusal> {
        let (size_bytes, digest) = pour(&source, None, size_bytes_max)?;
        let pinned = Self::of(source, Place::File, size_bytes).map_err(unsealed)?;
        Ok((pinned, digest))
    }

    /// A copy of what these bytes are now, and their digest.
    pub(super) fn copied(&self, planner: &PlannerName) -> Result<(Self, Hash), Refusal> {
        // They were read to their end before.
        let mut source = &self.held;
        source.rewind().map_err(discovery::Refusal::Unreadable)?;
        Self::copy(planner, source, self.size_bytes)
    }

    /// What another process holds for this one: sealed memory, or a copy without a name that cannot be
    /// written through its descriptor.
    pub(super) fn received(held: OwnedFd) -> io::Result<Self> {
        let held = File::from(held);
        let size_bytes = held.metadata()?.len();
        let place = if fcntl_get_seals(&held).is_ok_and(|seals| seals.contains(SEALS)) {
            Place::Memory
        } else if held.metadata()?.nlink() == 0 && is_read_only(&held)? {
            Place::PrivateCopy
        } else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        Self::of(held, place, size_bytes)
    }

    fn of(held: File, place: Place, size_bytes: u64) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let metadata = held.metadata()?;
        Ok(Self {
            held,
            place,
            file: FileId {
                device: metadata.dev(),
                inode: metadata.ino(),
            },
            size_bytes,
            // Relaxed: only the uniqueness of the numbers matters, and a read-modify-write gives it.
            number: NEXT.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// Reads the library in the bytes, without mapping it; with it the bytes of its manifest.
    pub(super) fn library(&self) -> Result<(Library, Box<[u8]>), ElfError> {
        Library::from_file(self.held.as_fd(), self.size_bytes)
    }

    /// Reads all of the bytes.
    pub(super) fn bytes(&self) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(self.size_bytes).map_err(io::Error::other)?];
        self.held.read_exact_at(&mut bytes, 0)?;
        Ok(bytes)
    }

    /// What is held open.
    pub(super) fn held(&self) -> &File {
        &self.held
    }

    /// The descriptor, to be given to another process.
    pub(crate) fn descriptor(&self) -> BorrowedFd<'_> {
        self.held.as_fd()
    }

    /// The file that holds the bytes.
    pub(crate) fn file(&self) -> FileId {
        self.file
    }

    /// Where they are held.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    /// How many there are.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Where the dynamic loader finds the bytes, under a name that no others ever have; it leads there as
    /// long as this value lives.
    ///
    /// The loader takes a library whose name it knows for the one it has already, and a descriptor's
    /// number is used again if anyone closes it behind our back. The copy's own number is therefore
    /// spelt, in binary digits, with parts of a path that lead nowhere.
    pub(crate) fn path(&self) -> PathBuf {
        let digits = format!("{:b}", self.number);
        let unique = digits.replace('0', "./").replace('1', ".//");
        PathBuf::from(format!("/proc/self/fd/{unique}{}", self.held.as_raw_fd()))
    }
}

/// Reads `source` to its end, hashing what is read and writing it to `copy`.
fn pour(
    mut source: &File,
    mut copy: Option<&File>,
    size_bytes_max: u64,
) -> Result<(u64, Hash), Refusal> {
    let mut part = vec![0; PART_BYTES];
    let mut hasher = Hasher::new();
    let mut size_bytes = 0;
    loop {
        let read = match source.read(&mut part) {
            Ok(0) => return Ok((size_bytes, hasher.finalize())),
            Ok(read) => &part[..read],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(discovery::Refusal::Unreadable(error).into()),
        };
        // Counted while reading, since a file may grow meanwhile.
        size_bytes += read.len() as u64;
        if size_bytes > size_bytes_max {
            return Err(discovery::Refusal::TooLarge {
                bytes: size_bytes,
                bytes_max: size_bytes_max,
            }
            .into());
        }
        hasher.update(read);
        if let Some(copy) = &mut copy {
            copy.write_all(read).map_err(unsealed)?;
        }
    }
}

/// Kernels before 6.3 do not know the flag that forbids to execute the file as a program.
fn memory_file(planner: &PlannerName) -> io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = memfd_create(planner.as_str(), flags | MemfdFlags::NOEXEC_SEAL)
        .or_else(|_| memfd_create(planner.as_str(), flags))?;
    Ok(File::from(memory))
}

fn seal(memory: File) -> io::Result<File> {
    patiently(|| fcntl_add_seals(&memory, SEALS))?;
    Ok(memory)
}

/// The kernel seals nothing while it holds one of the pages itself, as it does when memory is short. It
/// waits for them up to a sixth of a second, and then says that it is busy.
fn patiently(mut seal: impl FnMut() -> Result<(), Errno>) -> Result<(), Errno> {
    for _ in 1..SEALING_TRIES {
        match seal() {
            Err(Errno::BUSY) => {}
            outcome => return outcome,
        }
    }
    seal()
}

fn is_read_only(file: &File) -> io::Result<bool> {
    Ok(fcntl_getfl(file)? & OFlags::ACCMODE == OFlags::RDONLY)
}

/// The same file without the right to write. It has no name, so nobody else can get that right.
fn read_only(copy: &File) -> io::Result<File> {
    rustix::fs::fchmod(copy, Mode::RUSR)?;
    let path = format!("/proc/self/fd/{}", copy.as_raw_fd());
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

fn unsealed(error: io::Error) -> Refusal {
    Refusal::Seal(Arc::new(error))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn name() -> PlannerName {
        PlannerName::parse("risk_planner").unwrap()
    }

    fn source(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    fn copy(bytes: &[u8]) -> Sealed {
        let (sealed, digest) = Sealed::copy(&name(), &source(bytes), 1 << 20).unwrap();
        assert_eq!(digest, blake3::hash(bytes));
        sealed
    }

    fn private_copy(bytes: &[u8]) -> Sealed {
        let forbidden = |_: &PlannerName| Err(io::ErrorKind::PermissionDenied.into());
        let source = source(bytes);
        let (sealed, digest) = Sealed::copy_into(forbidden, &name(), &source, 1 << 20).unwrap();
        assert_eq!(digest, blake3::hash(bytes));
        sealed
    }

    #[test]
    fn no_name_is_used_twice_although_the_descriptor_is() {
        let mut names = BTreeSet::new();
        let mut descriptors = BTreeSet::new();
        for _ in 0..100 {
            let sealed = copy(b"bytes");
            assert_eq!(std::fs::read(sealed.path()).unwrap(), b"bytes");
            descriptors.insert(sealed.held.as_raw_fd());
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
        let bytes = vec![7; PART_BYTES + 3];
        let sealed = copy(&bytes);
        assert_eq!(
            (sealed.place, sealed.size_bytes),
            (Place::Memory, bytes.len() as u64)
        );
        assert_eq!(std::fs::read(sealed.path()).unwrap(), bytes);
        let refused = std::fs::write(sealed.path(), b"third").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        let resized = [0, 100].map(|size| sealed.held.set_len(size).unwrap_err().kind());
        assert_eq!(resized, [io::ErrorKind::PermissionDenied; 2]);
    }

    #[test]
    fn where_memory_files_are_forbidden_the_copy_has_no_name_and_cannot_be_written_through() {
        let sealed = private_copy(b"bytes");
        assert_eq!((sealed.place, sealed.size_bytes), (Place::PrivateCopy, 5));
        assert_eq!(std::fs::read(sealed.path()).unwrap(), b"bytes");
        let metadata = sealed.held.metadata().unwrap();
        assert_eq!((metadata.nlink(), metadata.mode() & 0o7777), (0, 0o400));
        let was = std::fs::read_link(sealed.path()).unwrap();
        let was = was.to_str().unwrap();
        assert!(was.ends_with("/risk_planner (deleted)"), "{was}");
        let folder = std::path::Path::new(was).parent().unwrap();
        assert!(!folder.exists(), "{folder:?}");
        let refused = (&sealed.held).write_all(b"third").unwrap_err();
        assert_eq!(refused.raw_os_error(), Some(libc::EBADF));
        assert!(sealed.held.set_len(0).is_err());
    }

    #[test]
    fn what_is_pinned_is_copied_as_it_is_now_and_not_if_it_has_grown() {
        let file = source(b"bytes");
        let (pinned, digest) = Sealed::pin(file.try_clone().unwrap(), 1 << 20).unwrap();
        assert_eq!(pinned.place, Place::File);
        for _ in 0..2 {
            let (copy, copied) = pinned.copied(&name()).unwrap();
            assert_eq!((copy.place, copied), (Place::Memory, digest));
            assert_eq!(copy.bytes().unwrap(), b"bytes");
        }
        file.write_all_at(b"other", 0).unwrap();
        let (_, copied) = pinned.copied(&name()).unwrap();
        assert_eq!(copied, blake3::hash(b"other"));
        file.set_len(6).unwrap();
        assert_eq!(pinned.copied(&name()).unwrap_err().code(), "E_TOO_LARGE");
    }

    #[test]
    fn a_copy_that_the_kernel_is_busy_with_is_sealed_later_and_not_without_bound() {
        for (busy, tried, outcome) in [
            (0, 1, Ok(())),
            (3, 4, Ok(())),
            (usize::MAX, SEALING_TRIES, Err(Errno::BUSY)),
        ] {
            let mut tries = 0;
            let sealed = patiently(|| {
                tries += 1;
                if tries > busy {
                    Ok(())
                } else {
                    Err(Errno::BUSY)
                }
            });
            assert_eq!((tries, sealed), (tried, outcome));
        }
        let mut tries = 0;
        let refused = patiently(|| {
            tries += 1;
            Err(Errno::PERM)
        });
        assert_eq!((tries, refused), (1, Err(Errno::PERM)));
    }

    #[test]
    fn more_bytes_than_the_bound_are_refused_while_they_are_read() {
        let refused = Sealed::copy(&name(), &source(&[0; 101]), 100).unwrap_err();
        assert_eq!(refused.code(), "E_TOO_LARGE");
        let (fits, _) = Sealed::copy(&name(), &source(&[0; 100]), 100).unwrap();
        assert_eq!(fits.size_bytes(), 100);
    }
}
