//! Where the reader takes bytes from: a file, by positioned reads, or memory.

use std::io;
use std::ops::Range;
use std::os::fd::BorrowedFd;

use super::ElfError;
use super::sections::Section;

/// The least that is read at once. From the start of a library it usually covers the program
/// headers and the names of needed libraries, from the dynamic entries on the section headers.
const CHUNK_BYTES: usize = 4096;

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
    /// The range of the file that `part` holds.
    held: Range<u64>,
    sections: Vec<Section>,
}

impl Buffers {
    /// `len` bytes of an open file from `at`.
    pub(in crate::discovery) fn part(
        &mut self,
        fd: BorrowedFd<'_>,
        at: u64,
        len: usize,
    ) -> Result<&[u8], ElfError> {
        self.held = 0..0;
        if self.part.len() < len {
            self.part.resize(len, 0);
        }
        let part = &mut self.part[..len];
        read_exactly(fd, part, at)?;
        self.held = at..at + len as u64;
        Ok(part)
    }
}

/// A source with the buffers to read it into. No read is larger than its caller's bound, or than
/// one chunk.
#[derive(Debug)]
pub(super) struct View<'a> {
    source: Source<'a>,
    buffers: &'a mut Buffers,
}

impl<'a> View<'a> {
    /// Reads the head of `source`.
    pub(super) fn open(source: Source<'a>, buffers: &'a mut Buffers) -> Result<Self, ElfError> {
        buffers.held = 0..0;
        if let Source::File(fd, len) = source {
            let head = usize::try_from(len).map_or(CHUNK_BYTES, |len| len.min(CHUNK_BYTES));
            buffers.head.resize(head, 0);
            read_exactly(fd, &mut buffers.head, 0)?;
        }
        Ok(Self { source, buffers })
    }

    /// The size of the source, in bytes.
    pub(super) fn len(&self) -> u64 {
        self.source.len()
    }

    /// Room for section headers.
    pub(super) fn sections(&mut self) -> &mut Vec<Section> {
        &mut self.buffers.sections
    }

    /// `len` bytes from `at`; the caller has checked that they lie inside the source.
    pub(super) fn bytes(&mut self, at: u64, len: usize) -> Result<&[u8], ElfError> {
        self.bytes_ahead(at, len, CHUNK_BYTES)
    }

    /// The same for what is read last: nothing beyond it.
    pub(super) fn last_bytes(&mut self, at: u64, len: usize) -> Result<&[u8], ElfError> {
        self.bytes_ahead(at, len, 0)
    }

    fn bytes_ahead(&mut self, at: u64, len: usize, chunk: usize) -> Result<&[u8], ElfError> {
        let end = at.saturating_add(len as u64);
        match self.source {
            Source::Bytes(bytes) => within(bytes, at, len).ok_or_else(|| ElfError::Read(ended())),
            Source::File(..) if end <= self.buffers.head.len() as u64 => {
                within(&self.buffers.head, at, len).ok_or_else(|| ElfError::Read(ended()))
            }
            Source::File(fd, size) => {
                let held = &self.buffers.held;
                if !(held.start <= at && end <= held.end) {
                    let rest = usize::try_from(size.saturating_sub(at)).unwrap_or(usize::MAX);
                    let ahead = len.max(rest.min(chunk));
                    self.buffers.part(fd, at, ahead)?;
                }
                let start = at - self.buffers.held.start;
                within(&self.buffers.part, start, len).ok_or_else(|| ElfError::Read(ended()))
            }
        }
    }
}

fn within(bytes: &[u8], at: u64, len: usize) -> Option<&[u8]> {
    let start = usize::try_from(at).ok()?;
    bytes.get(start..start.checked_add(len)?)
}

fn ended() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

fn read_exactly(fd: BorrowedFd<'_>, mut into: &mut [u8], mut at: u64) -> Result<(), ElfError> {
    while !into.is_empty() {
        match rustix::io::pread(fd, &mut *into, at) {
            Ok(0) => return Err(ElfError::Read(ended())),
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
