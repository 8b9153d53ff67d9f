//! The file header and the program headers: what the loader would map, and whether it may.
//!
//! The rules follow glibc's `_dl_map_object_from_fd`. Where two mappings of one page would make the
//! later one win, or where the headers leave a choice, the file is refused rather than guessed at.

use std::borrow::Cow;

use super::ElfError;
use super::source::View;

/// What a library must be built for.
pub(crate) const PLATFORM: &str = "ELF64 little-endian x86-64";

const MACHINE: u16 = 62;
const HEADER_BYTES: usize = 64;
const SEGMENT_BYTES: usize = 56;
const SEGMENTS_MAX: usize = 64;
const PAGE_BYTES: u64 = 4096;

/// Largest span of addresses a library may take.
const IMAGE_BYTES_MAX: u64 = 1 << 32;

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const PT_NOTE: u32 = 4;
const PT_TLS: u32 = 7;
const PT_GNU_STACK: u32 = 0x6474_e551;
const PT_GNU_PROPERTY: u32 = 0x6474_e553;

const EXECUTABLE: u32 = 1;
const WRITABLE: u32 = 2;

/// What the headers say, checked.
#[derive(Debug)]
pub(super) struct Headers {
    /// The mapped segments, by ascending address, no two sharing a page.
    loads: Vec<Segment>,
    /// The dynamic segment, whose bytes lie in one mapped segment.
    pub(super) dynamic: Segment,
    /// The section header table.
    pub(super) sections: Sections,
}

/// Where the section header table lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sections {
    pub(super) offset: u64,
    pub(super) entry_bytes: u16,
    pub(super) count: u16,
    pub(super) names: u16,
}

/// A program header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    kind: u32,
    flags: u32,
    pub(super) offset: u64,
    pub(super) address: u64,
    pub(super) file_bytes: u64,
    memory_bytes: u64,
    align: u64,
}

impl Headers {
    /// Reads and checks the headers.
    pub(super) fn read(view: &mut View<'_>) -> Result<Self, ElfError> {
        let len = view.len();
        let present = usize::try_from(len).map_or(HEADER_BYTES, |len| len.min(HEADER_BYTES));
        let start = view.bytes(0, present)?;
        identify(start)?;
        let Some(header) = start.first_chunk::<HEADER_BYTES>() else {
            return Err(truncated("the file header", Some(HEADER_BYTES as u64), len));
        };
        check_kind(header)?;
        let table = u64_at(header, 32);
        let (entry, count) = (u16_at(header, 54), usize::from(u16_at(header, 56)));
        let sections = Sections {
            offset: u64_at(header, 40),
            entry_bytes: u16_at(header, 58),
            count: u16_at(header, 60),
            names: u16_at(header, 62),
        };
        if usize::from(entry) != SEGMENT_BYTES || count == 0 || count > SEGMENTS_MAX {
            let what = "program headers of odd size, none, or more than 64";
            return Err(ElfError::Malformed { what });
        }
        let bytes = count * SEGMENT_BYTES;
        let end = table.checked_add(bytes as u64);
        if end.is_none_or(|end| end > len) {
            return Err(truncated("the program header table", end, len));
        }
        let (segments, _) = view.bytes(table, bytes)?.as_chunks::<SEGMENT_BYTES>();
        check_segments(segments, sections, len)
    }

    /// The file offset of `bytes` bytes at `address`, if one mapped segment holds them all in the
    /// file.
    pub(super) fn offset_of(&self, address: u64, bytes: u64) -> Option<u64> {
        offset_in(&self.loads, address, bytes)
    }
}

fn check_segments(
    segments: &[[u8; SEGMENT_BYTES]],
    sections: Sections,
    len: u64,
) -> Result<Headers, ElfError> {
    let mut loads: Vec<Segment> = Vec::with_capacity(segments.len());
    let mut dynamic = None;
    let mut dynamics = 0;
    let mut stack = None;
    for segment in segments.iter().map(Segment::parse) {
        match segment.kind {
            PT_LOAD => {
                segment.check_load(loads.last(), len)?;
                loads.push(segment);
            }
            PT_DYNAMIC => {
                dynamic = Some(segment);
                dynamics += 1;
            }
            PT_INTERP => return Err(ElfError::NotShared { found: A_PROGRAM }),
            PT_GNU_STACK => stack = Some(stack.unwrap_or(0) | segment.flags),
            _ => {}
        }
    }
    match stack {
        None => {
            return Err(ElfError::ExecutableStack {
                evidence: "no GNU_STACK header",
            });
        }
        Some(flags) if flags & EXECUTABLE != 0 => {
            return Err(ElfError::ExecutableStack {
                evidence: "GNU_STACK is executable",
            });
        }
        Some(_) => {}
    }
    let (Some(dynamic), 1) = (dynamic, dynamics) else {
        return Err(ElfError::DynamicCount { count: dynamics });
    };
    for segment in segments.iter().map(Segment::parse) {
        segment.check_part(&loads)?;
    }
    Ok(Headers {
        loads,
        dynamic,
        sections,
    })
}

impl Segment {
    fn parse(raw: &[u8; SEGMENT_BYTES]) -> Self {
        Self {
            kind: u32_at(raw, 0),
            flags: u32_at(raw, 4),
            offset: u64_at(raw, 8),
            address: u64_at(raw, 16),
            file_bytes: u64_at(raw, 32),
            memory_bytes: u64_at(raw, 40),
            align: u64_at(raw, 48),
        }
    }

    fn check_load(&self, before: Option<&Self>, len: u64) -> Result<(), ElfError> {
        let bad = |what| {
            Err(ElfError::BadSegment {
                address: self.address,
                what,
            })
        };
        let end = self.offset.checked_add(self.file_bytes);
        if end.is_none_or(|end| end > len) {
            return Err(truncated("a segment", end, len));
        }
        if self.flags & WRITABLE != 0 && self.flags & EXECUTABLE != 0 {
            return Err(ElfError::WritableCode {
                address: self.address,
            });
        }
        if self.memory_bytes < self.file_bytes {
            return bad("more bytes in the file than in memory");
        }
        let end = self.address.checked_add(self.memory_bytes);
        if end.is_none_or(|end| end > IMAGE_BYTES_MAX) {
            return bad("reaches beyond 4 GiB");
        }
        if !self.align.is_power_of_two() || self.align < PAGE_BYTES {
            return bad("not aligned to pages");
        }
        if self.address.wrapping_sub(self.offset) & (self.align - 1) != 0 {
            return bad("address and file offset are not aligned alike");
        }
        if before.is_some_and(|before| before.page_end() > self.address & !(PAGE_BYTES - 1)) {
            return bad("out of order, or shares a page with the segment before it");
        }
        Ok(())
    }

    /// Checks what the loader reads through an address: the bytes must be where the header says.
    fn check_part(&self, loads: &[Self]) -> Result<(), ElfError> {
        let read_by_loader = matches!(self.kind, PT_DYNAMIC | PT_NOTE | PT_TLS | PT_GNU_PROPERTY);
        let mapped = || offset_in(loads, self.address, self.file_bytes) == Some(self.offset);
        if !read_by_loader || self.file_bytes == 0 || mapped() {
            return Ok(());
        }
        let what = "its address does not lead to its bytes in the file";
        Err(ElfError::BadSegment {
            address: self.address,
            what,
        })
    }

    /// The end of the last page it touches; its address range has been checked.
    fn page_end(&self) -> u64 {
        (self.address + self.memory_bytes).next_multiple_of(PAGE_BYTES)
    }
}

fn offset_in(loads: &[Segment], address: u64, bytes: u64) -> Option<u64> {
    let end = address.checked_add(bytes)?;
    let load = loads
        .iter()
        .find(|load| load.address <= address && end <= load.address + load.file_bytes)?;
    Some(load.offset + (address - load.address))
}

const A_PROGRAM: &str = "a program";

/// Says what a file is from its first bytes, unless it is ELF.
fn identify(start: &[u8]) -> Result<(), ElfError> {
    if start.starts_with(b"\x7fELF") {
        return Ok(());
    }
    let platform = |found| {
        Err(ElfError::WrongPlatform {
            found: Cow::Borrowed(found),
        })
    };
    match start {
        [b'M', b'Z', ..] => return platform("a Windows library (PE)"),
        [0xfe, 0xed, 0xfa, 0xce | 0xcf, ..] | [0xce | 0xcf, 0xfa, 0xed, 0xfe, ..] => {
            return platform("a macOS library (Mach-O)");
        }
        [0xca, 0xfe, 0xba, 0xbe | 0xbf, ..] => return platform("a macOS universal library"),
        _ => {}
    }
    let found = match start {
        [] => Cow::Borrowed("the file is empty"),
        [b'#', b'!', ..] => Cow::Borrowed("a script"),
        [0, b'a', b's', b'm', ..] => Cow::Borrowed("a WebAssembly module"),
        _ if start.starts_with(b"!<arch>") => Cow::Borrowed("a static library"),
        _ if start.starts_with(b"/* GNU ld script") => Cow::Borrowed("a linker script"),
        _ => {
            let shown = &start[..start.len().min(8)];
            Cow::Owned(format!("it starts with \"{}\"", shown.escape_ascii()))
        }
    };
    Err(ElfError::NotALibrary { found })
}

fn check_kind(header: &[u8; HEADER_BYTES]) -> Result<(), ElfError> {
    let platform = |found| Err(ElfError::WrongPlatform { found });
    match header[4] {
        2 => {}
        1 => return platform("32-bit ELF".into()),
        _ => {
            return Err(ElfError::Malformed {
                what: "unknown ELF class",
            });
        }
    }
    match header[5] {
        1 => {}
        2 => return platform("big-endian ELF".into()),
        _ => {
            return Err(ElfError::Malformed {
                what: "unknown byte order",
            });
        }
    }
    if header[6] != 1 || u32_at(header, 20) != 1 {
        return Err(ElfError::Malformed {
            what: "unknown ELF version",
        });
    }
    // 0 is System V, 3 GNU; glibc accepts no other.
    if !matches!(header[7], 0 | 3) {
        return platform(format!("operating system {}", header[7]).into());
    }
    let machine = u16_at(header, 18);
    if machine != MACHINE {
        return platform(machine_name(machine));
    }
    let found = match u16_at(header, 16) {
        3 => return Ok(()),
        1 => "an object file",
        2 => A_PROGRAM,
        4 => "a core dump",
        _ => "of unknown type",
    };
    Err(ElfError::NotShared { found })
}

fn machine_name(machine: u16) -> Cow<'static, str> {
    match machine {
        3 => "32-bit x86".into(),
        21 => "64-bit PowerPC".into(),
        22 => "IBM S/390".into(),
        40 => "32-bit Arm".into(),
        183 => "64-bit Arm".into(),
        243 => "RISC-V".into(),
        258 => "LoongArch".into(),
        other => format!("machine {other}").into(),
    }
}

pub(super) fn truncated(what: &'static str, end: Option<u64>, len: u64) -> ElfError {
    let end = end.unwrap_or(u64::MAX);
    ElfError::Truncated { what, end, len }
}

pub(super) fn u16_at<const N: usize>(raw: &[u8; N], at: usize) -> u16 {
    u16::from_le_bytes([raw[at], raw[at + 1]])
}

pub(super) fn u32_at<const N: usize>(raw: &[u8; N], at: usize) -> u32 {
    u32::from(u16_at(raw, at)) | u32::from(u16_at(raw, at + 2)) << 16
}

pub(super) fn u64_at<const N: usize>(raw: &[u8; N], at: usize) -> u64 {
    u64::from(u32_at(raw, at)) | u64::from(u32_at(raw, at + 4)) << 32
}
