//! Dynamic entries, read as the loader reads them: from the dynamic segment, through addresses, up
//! to the first null entry. Section headers play no part.
//!
//! Of an entry given twice the loader takes the last; where that would matter the file is refused.

use super::header::{Headers, u64_at};
use super::source::View;
use super::{ElfError, Libraries};

const ENTRY_BYTES: usize = 16;
const ENTRIES_MAX: u64 = 1024;
const STRINGS_BYTES_MAX: u64 = 1 << 24;
const STRING_BYTES_MAX: u64 = 256;
const NEEDED_MAX: usize = 32;

const DT_NULL: u64 = 0;
const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_STRSZ: u64 = 10;
const DT_SONAME: u64 = 14;
const DT_RPATH: u64 = 15;
const DT_TEXTREL: u64 = 22;
const DT_RUNPATH: u64 = 29;
const DT_FLAGS: u64 = 30;
const DT_DEPAUDIT: u64 = 0x6fff_fefb;
const DT_AUDIT: u64 = 0x6fff_fefc;
const DT_FLAGS_1: u64 = 0x6fff_fffb;
const DT_AUXILIARY: u64 = 0x7fff_fffd;
const DT_FILTER: u64 = 0x7fff_ffff;

const DF_TEXTREL: u64 = 4;
const DF_1_PIE: u64 = 0x0800_0000;

/// What the loader would learn from the dynamic entries.
#[derive(Debug)]
pub(super) struct Dynamic {
    /// Address and size of the names.
    pub(super) strings: (u64, u64),
    pub(super) libraries: Libraries,
}

impl Dynamic {
    /// Reads the entries and refuses all that pull in, redirect or rewrite.
    pub(super) fn read(view: &mut View<'_>, headers: &Headers) -> Result<Self, ElfError> {
        let segment = headers.dynamic;
        if segment.file_bytes > ENTRIES_MAX * ENTRY_BYTES as u64 {
            return bad("more than 1024 of them");
        }
        let bytes = usize::try_from(segment.file_bytes).unwrap_or(0);
        let entries = Entries::scan(view.bytes(segment.offset, bytes)?)?;
        let (Some(address), Some(size)) = (entries.strings, entries.strings_size) else {
            return bad("no table of names");
        };
        let strings = headers.offset_of(address, size);
        let Some(offset) = strings.filter(|_| size <= STRINGS_BYTES_MAX) else {
            return bad("the table of names lies outside the file's segments or is over 16 MiB");
        };
        let mut name = |at| string(view, offset, size, at);
        let libraries = Libraries {
            soname: entries.soname.map(&mut name).transpose()?,
            needed: entries
                .needed
                .into_iter()
                .map(&mut name)
                .collect::<Result<_, _>>()?,
        };
        Ok(Self {
            strings: (address, size),
            libraries,
        })
    }
}

/// The entries that matter, as offsets into the names.
#[derive(Default)]
struct Entries {
    strings: Option<u64>,
    strings_size: Option<u64>,
    soname: Option<u64>,
    needed: Vec<u64>,
}

impl Entries {
    fn scan(raw: &[u8]) -> Result<Self, ElfError> {
        let mut entries = Self::default();
        for entry in raw.as_chunks::<ENTRY_BYTES>().0 {
            let (tag, value) = (u64_at(entry, 0), u64_at(entry, 8));
            if tag == DT_NULL {
                return Ok(entries);
            }
            refuse(tag, value)?;
            match tag {
                DT_NEEDED if entries.needed.len() == NEEDED_MAX => {
                    return bad("more than 32 needed libraries");
                }
                DT_NEEDED => entries.needed.push(value),
                DT_STRTAB => once(&mut entries.strings, value)?,
                DT_STRSZ => once(&mut entries.strings_size, value)?,
                DT_SONAME => once(&mut entries.soname, value)?,
                _ => {}
            }
        }
        bad("no null entry ends them inside the segment")
    }
}

fn once(slot: &mut Option<u64>, value: u64) -> Result<(), ElfError> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => bad("the table of names, its size or the SONAME is given twice"),
    }
}

fn refuse(tag: u64, value: u64) -> Result<(), ElfError> {
    // In this corner glibc files an entry under the low 31 bits of its tag. It compares whole tags
    // before it loads anything, but no linker writes such a tag for an honest purpose.
    match tag & 0x7fff_ffff {
        DT_AUXILIARY => {
            return Err(ElfError::Filter {
                tag: "DT_AUXILIARY",
            });
        }
        DT_FILTER => return Err(ElfError::Filter { tag: "DT_FILTER" }),
        _ => {}
    }
    match tag {
        DT_RPATH => Err(ElfError::RunPath { tag: "DT_RPATH" }),
        DT_RUNPATH => Err(ElfError::RunPath { tag: "DT_RUNPATH" }),
        DT_AUDIT => Err(ElfError::Audit { tag: "DT_AUDIT" }),
        DT_DEPAUDIT => Err(ElfError::Audit { tag: "DT_DEPAUDIT" }),
        DT_TEXTREL => Err(ElfError::TextRelocations { tag: "DT_TEXTREL" }),
        DT_FLAGS if value & DF_TEXTREL != 0 => Err(ElfError::TextRelocations { tag: "DF_TEXTREL" }),
        DT_FLAGS_1 if value & DF_1_PIE != 0 => Err(ElfError::NotShared {
            found: "a position-independent program",
        }),
        _ => Ok(()),
    }
}

/// The name at `at` in the table of `size` bytes at file offset `table`.
fn string(view: &mut View<'_>, table: u64, size: u64, at: u64) -> Result<String, ElfError> {
    if at >= size {
        return bad("a name lies outside the table of names");
    }
    let room = (size - at).min(STRING_BYTES_MAX);
    let bytes = view.bytes(table + at, usize::try_from(room).unwrap_or(0))?;
    let Some(end) = bytes.iter().position(|&byte| byte == 0) else {
        return bad("a name has no end within the table, or is over 255 bytes");
    };
    match str::from_utf8(&bytes[..end]) {
        Ok(name) => Ok(name.to_owned()),
        Err(_) => bad("a name is not UTF-8"),
    }
}

fn bad<T>(what: &'static str) -> Result<T, ElfError> {
    Err(ElfError::BadDynamic { what })
}
