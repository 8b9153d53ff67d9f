//! Where the reader takes bytes from: a file, by positioned reads, or memory.

use std::io;
use std::os::fd::BorrowedFd;

use super::ElfError;

/// The first read of a file. In a library it usually covers the program headers and the names of
/// needed libraries.
const HEAD_BYTES: usize = 4096;

/// A library's bytes.
#[derive(Clone, Copy, Debug)]
pub(in crate::discovery) enum Source<'a> {
    /// All bytes, already in memory.
    Bytes(&'a [u8]),
    /// An open regular file and its size.
    File(BorrowedFd<'a>, u64),
}

impl Source<'_> {
    /// Size in bytes.
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File(_, len) => *len,
        }
    }
}

/// Memory for reading one file after the other; it grows to the largest bounded part ever read.
#[derive(Debug, Default)]
pub(in crate::discovery) struct Buffers {
    head: Vec<u8>,
    part: Vec<u8>,
}

impl Buffers {
    /// `len` bytes of an open file from `at`.
    pub(in crate::discovery) fn part(
        &mut self,
        fd: BorrowedFd<'_>,
        at: u64,
        len: usize,
    ) -> Result<&[u8], ElfError> {
        if self.part.len() < len {
            self.part.resize(len, 0);
        }
        let part = &mut self.part[..len];
        read_exactly(fd, part, at)?;
        Ok(part)
    }
}

/// A source with the buffers to read it into. No read is larger than its caller's bound.
#[derive(Debug)]
pub(super) struct View<'a> {
    source: Source<'a>,
    buffers: &'a mut Buffers,
}

impl<'a> View<'a> {
    /// Reads the head of `source`.
    pub(super) fn open(source: Source<'a>, buffers: &'a mut Buffers) -> Result<Self, ElfError> {
        if let Source::File(fd, len) = source {
            let head = usize::try_from(len).map_or(HEAD_BYTES, |len| len.min(HEAD_BYTES));
            buffers.head.resize(head, 0);
            read_exactly(fd, &mut buffers.head, 0)?;
        }
        Ok(Self { source, buffers })
    }

    /// The size of the source, in bytes.
    pub(super) fn len(&self) -> u64 {
        self.source.len()
    }

    /// `len` bytes from `at`; the caller has checked that they lie inside the source.
    pub(super) fn bytes(&mut self, at: u64, len: usize) -> Result<&[u8], ElfError> {
        let whole = match self.source {
            Source::Bytes(bytes) => bytes,
            Source::File(..) => &self.buffers.head,
        };
        let start = usize::try_from(at).unwrap_or(usize::MAX);
        let inside = start.checked_add(len).is_some_and(|end| end <= whole.len());
        match self.source {
            Source::Bytes(bytes) if inside => Ok(&bytes[start..start + len]),
            Source::Bytes(_) => Err(ElfError::Read(io::ErrorKind::UnexpectedEof.into())),
            Source::File(..) if inside => Ok(&self.buffers.head[start..start + len]),
            Source::File(fd, _) => self.buffers.part(fd, at, len),
        }
    }
}

fn read_exactly(fd: BorrowedFd<'_>, mut into: &mut [u8], mut at: u64) -> Result<(), ElfError> {
    while !into.is_empty() {
        match rustix::io::pread(fd, &mut *into, at) {
            Ok(0) => return Err(ElfError::Read(io::ErrorKind::UnexpectedEof.into())),
            Ok(read) => {
                into = &mut into[read..];
                at += read as u64;
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(ElfError::Read(error.into())),
        }
    }
    Ok(())
}
