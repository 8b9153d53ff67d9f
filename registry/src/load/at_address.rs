//! Asks the kernel which file is mapped at an address, without reading the whole table of mappings.
//!
//! Kernels know the question since 6.11. Who gets no answer reads the table ([`super::mappings`]).

#![expect(
    unsafe_code,
    reason = "the kernel writes its answer where the question points"
)]

use std::os::fd::AsFd;

use rustix::io::Errno;
use rustix::ioctl::{Opcode, Updater, ioctl, opcode};

use crate::trust::FileId;

/// `PROCMAP_QUERY`.
const QUERY: Opcode = opcode::read_write::<Query>(b'f', 17);

/// The kernel's `struct procmap_query`: the first three fields and the sizes and addresses of buffers
/// are the question, the others the answer.
#[repr(C)]
#[derive(Debug, Default)]
struct Query {
    size: u64,
    flags: u64,
    address: u64,
    start: u64,
    end: u64,
    rights: u64,
    page_size: u64,
    offset: u64,
    inode: u64,
    device_major: u32,
    device_minor: u32,
    name_size: u32,
    build_id_size: u32,
    name: u64,
    build_id: u64,
}

/// The file that this process has mapped at `address`, `None` where there is none. `table` is its
/// `/proc/self/maps`.
pub(super) fn file_at(table: impl AsFd, address: usize) -> Result<Option<FileId>, Errno> {
    let mut query = Query {
        size: size_of::<Query>() as u64,
        address: address as u64,
        ..Query::default()
    };
    // SAFETY: the opcode is made of this very type, which is the kernel's, and there are no buffers
    // that it could write to: their sizes are 0.
    let asked = unsafe { ioctl(table, Updater::<QUERY, _>::new(&mut query)) };
    match asked {
        // What is mapped from no file has inode 0.
        Ok(()) if query.inode != 0 => Ok(Some(FileId {
            device: rustix::fs::makedev(query.device_major, query.device_minor),
            inode: query.inode,
        })),
        Ok(()) | Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error),
    }
}
