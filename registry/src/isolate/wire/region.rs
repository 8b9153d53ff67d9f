//! Memory that two processes share.

#![expect(
    unsafe_code,
    reason = "shared memory is mapped, and seen as the atomics that it holds"
)]

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::ptr::NonNull;

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use super::lane::Ends;
use super::slot::{SLOTS, Slot};

/// Bytes of a region.
const SIZE_BYTES: usize = SLOTS * size_of::<Slot>();

/// What every region is sealed against: without it, shrinking the memory would end whoever reads it.
const SEALS: SealFlags = SealFlags::SHRINK
    .union(SealFlags::GROW)
    .union(SealFlags::SEAL);

/// Who may write a region, apart from the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::isolate) enum Access {
    /// Nobody: what is mapped after the host did it can be read alone.
    Read,
    /// The worker.
    Write,
}

/// One direction's memory, mapped.
#[derive(Debug)]
pub(in crate::isolate) struct Region {
    slots: NonNull<[Slot; SLOTS]>,
}

// SAFETY: all that is behind the pointer are atomics, which are unmapped when the only owner is dropped.
unsafe impl Send for Region {}
// SAFETY: as above.
unsafe impl Sync for Region {}

impl Region {
    /// New memory, mapped here, and the descriptor to share it by.
    pub(in crate::isolate) fn create(access: Access) -> io::Result<(Self, OwnedFd)> {
        let name = "registry-wire";
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        // Kernels before 6.3 do not know the flag that forbids to execute the file.
        let memory = memfd_create(name, flags | MemfdFlags::NOEXEC_SEAL)
            .or_else(|_| memfd_create(name, flags))
            .map_err(no_memory_file)?;
        let memory = File::from(memory);
        memory.set_len(SIZE_BYTES as u64)?;
        let region = Self::map(memory.as_fd(), Access::Write)?;
        let seals = match access {
            Access::Read => SEALS | SealFlags::FUTURE_WRITE,
            Access::Write => SEALS,
        };
        fcntl_add_seals(&memory, seals)?;
        Ok((region, memory.into()))
    }

    /// Memory that the other side shares, if it is sealed and of the right size.
    pub(in crate::isolate) fn receive(memory: BorrowedFd<'_>, access: Access) -> io::Result<Self> {
        let size = rustix::fs::fstat(memory)?.st_size;
        if !fcntl_get_seals(memory)?.contains(SEALS) || usize::try_from(size) != Ok(SIZE_BYTES) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        Self::map(memory, access)
    }

    fn map(memory: BorrowedFd<'_>, access: Access) -> io::Result<Self> {
        let protection = match access {
            Access::Read => ProtFlags::READ,
            Access::Write => ProtFlags::READ | ProtFlags::WRITE,
        };
        // SAFETY: the kernel chooses where, so nothing that exists is replaced.
        let address = unsafe {
            mmap(
                std::ptr::null_mut(),
                SIZE_BYTES,
                protection,
                MapFlags::SHARED,
                memory,
                0,
            )
        }?;
        let slots = NonNull::new(address.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { slots })
    }

    /// The slot of this index, which is masked.
    pub(in crate::isolate) fn slot(&self, index: usize) -> &Slot {
        // SAFETY: the mapping is as large as the array, aligned to a page, zeroed or written by
        // atomics, of a size that is sealed, and lives as long as `self`. Every bit pattern is a value of the
        // atomics that a slot is made of, and nobody reaches them otherwise. What is mapped to be read
        // alone is never stored to: each side stores to its own region, and the host to the
        // worker's, which is mapped to be written.
        let slots = unsafe { self.slots.as_ref() };
        &slots[index % SLOTS]
    }

    /// The slot of this index as the side that writes `own` sees it.
    pub(in crate::isolate) fn ends<'a>(own: &'a Self, other: &'a Self, index: usize) -> Ends<'a> {
        Ends {
            own: own.slot(index),
            other: other.slot(index),
        }
    }
}

/// What nobody can cut short while it is mapped is made of nothing else.
fn no_memory_file(error: rustix::io::Errno) -> io::Error {
    let cause = io::Error::from(error);
    let reason =
        format!("memory files, which workers are spoken to through, are forbidden: {cause}");
    io::Error::new(cause.kind(), reason)
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: `map` made exactly this mapping, and every reference into it borrows `self`.
        let unmapped = unsafe { munmap(self.slots.as_ptr().cast(), SIZE_BYTES) };
        debug_assert!(unmapped.is_ok(), "{unmapped:?}");
    }
}
