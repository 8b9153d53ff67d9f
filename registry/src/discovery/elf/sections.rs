//! Section headers, which serve one purpose: to find the manifest.
//!
//! The loader ignores them, so they are also held against what it reads: a file whose two
//! descriptions of itself differ was made to deceive one of its readers.

use plugin_api::manifest::{ManifestError, SECTION, SIZE_BYTES_MAX};

use super::ElfError;
use super::dynamic::Dynamic;
use super::header::{Headers, truncated, u32_at, u64_at};
use super::source::View;

const HEADER_BYTES: usize = 64;
const SECTIONS_MAX: usize = 1024;
const NAMES_BYTES_MAX: u64 = 64 * 1024;

const SHT_NULL: u32 = 0;
const SHT_STRTAB: u32 = 3;
const SHT_DYNAMIC: u32 = 6;
const SHT_NOBITS: u32 = 8;
const SHF_ALLOC: u64 = 1 << 1;
const SHF_COMPRESSED: u64 = 1 << 11;

/// A section header.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    name: u32,
    kind: u32,
    flags: u64,
    address: u64,
    offset: u64,
    bytes: u64,
    link: u32,
}

/// Checks the section headers and returns the bytes of the manifest section.
pub(super) fn manifest<'v>(
    view: &'v mut View<'_>,
    headers: &Headers,
    dynamic: &Dynamic,
) -> Result<&'v [u8], ElfError> {
    // Taken out and given back, so that a thread allocates them once and not for every file.
    let mut sections = std::mem::take(view.sections());
    let found = read_table(view, headers, &mut sections)
        .and_then(|()| check_dynamic(&sections, headers, dynamic))
        .and_then(|()| find(view, &sections, headers));
    *view.sections() = sections;
    let section = found?;
    let Ok(bytes @ ..=SIZE_BYTES_MAX) = usize::try_from(section.bytes) else {
        let bytes = section.bytes;
        return Err(ManifestError::TooLarge { bytes }.into());
    };
    let raw = view.last_bytes(section.offset, bytes)?;
    // Compilers that place a C string leave its final NUL, linkers pad with NULs.
    let end = raw
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1);
    Ok(&raw[..end])
}

fn read_table(
    view: &mut View<'_>,
    headers: &Headers,
    sections: &mut Vec<Section>,
) -> Result<(), ElfError> {
    let (table, count) = (headers.sections, usize::from(headers.sections.count));
    if table.offset == 0 || count == 0 {
        return Err(ElfError::NoManifest);
    }
    if usize::from(table.entry_bytes) != HEADER_BYTES || count > SECTIONS_MAX {
        return bad("of odd size, or more than 1024");
    }
    let len = view.len();
    let bytes = count * HEADER_BYTES;
    let end = table.offset.checked_add(bytes as u64);
    if end.is_none_or(|end| end > len) {
        return Err(truncated("the section header table", end, len));
    }
    let (raw, _) = view.bytes(table.offset, bytes)?.as_chunks();
    // The first header stands for no section.
    if raw.first() != Some(&[0; HEADER_BYTES]) {
        return bad("the first of them is not null");
    }
    sections.clear();
    for (index, raw) in raw.iter().enumerate() {
        sections.push(Section::parse(index, raw, len)?);
    }
    Ok(())
}

impl Section {
    fn parse(index: usize, raw: &[u8; HEADER_BYTES], len: u64) -> Result<Self, ElfError> {
        let section = Self {
            name: u32_at(raw, 0),
            kind: u32_at(raw, 4),
            flags: u64_at(raw, 8),
            address: u64_at(raw, 16),
            offset: u64_at(raw, 24),
            bytes: u64_at(raw, 32),
            link: u32_at(raw, 40),
        };
        if section.flags & SHF_COMPRESSED != 0 {
            return Err(ElfError::CompressedSection { index });
        }
        let end = section.offset.checked_add(section.bytes);
        if section.has_bytes() && end.is_none_or(|end| end > len) {
            return bad("a section lies outside the file");
        }
        Ok(section)
    }

    fn has_bytes(&self) -> bool {
        !matches!(self.kind, SHT_NULL | SHT_NOBITS)
    }
}

/// Holds the one dynamic section, and the names it links to, against what the loader reads.
fn check_dynamic(
    sections: &[Section],
    headers: &Headers,
    dynamic: &Dynamic,
) -> Result<(), ElfError> {
    let disagree = |what| Err(ElfError::DynamicDisagrees { what });
    let mut found = sections
        .iter()
        .filter(|section| section.kind == SHT_DYNAMIC);
    let (Some(section), None) = (found.next(), found.next()) else {
        return disagree("not exactly one dynamic section");
    };
    let segment = headers.dynamic;
    if (section.offset, section.address, section.bytes)
        != (segment.offset, segment.address, segment.file_bytes)
    {
        return disagree("the dynamic section lies elsewhere or is of another size");
    }
    let names = usize::try_from(section.link)
        .ok()
        .and_then(|link| sections.get(link));
    let agree = names.is_some_and(|names| {
        names.kind == SHT_STRTAB
            && (names.address, names.bytes) == dynamic.strings
            && headers.offset_of(names.address, names.bytes) == Some(names.offset)
    });
    if agree {
        return Ok(());
    }
    disagree("the section of names is not the table of names")
}

/// The one section named as a manifest.
fn find(view: &mut View<'_>, sections: &[Section], headers: &Headers) -> Result<Section, ElfError> {
    let names = read_names(view, sections, headers)?;
    let mut found = None;
    for section in sections.iter().skip(1) {
        let start = usize::try_from(section.name).unwrap_or(usize::MAX);
        let Some(rest) = names.get(start..) else {
            return bad("a section's name lies outside the table of names");
        };
        // The table ends in NUL, so every name has an end.
        let is_manifest = rest
            .strip_prefix(SECTION.as_bytes())
            .is_some_and(|after| after.first() == Some(&0));
        if is_manifest && found.replace(*section).is_some() {
            return Err(ElfError::TwoManifests);
        }
    }
    let section = found.ok_or(ElfError::NoManifest)?;
    if !section.has_bytes() {
        return bad("the manifest section has no bytes in the file");
    }
    let mapped = headers.offset_of(section.address, section.bytes);
    if section.flags & SHF_ALLOC != 0 && mapped != Some(section.offset) {
        return bad("the manifest section's address does not lead to its bytes in the file");
    }
    Ok(section)
}

fn read_names<'v>(
    view: &'v mut View<'_>,
    sections: &[Section],
    headers: &Headers,
) -> Result<&'v [u8], ElfError> {
    let table = sections.get(usize::from(headers.sections.names));
    let Some(table) = table.filter(|table| table.kind == SHT_STRTAB) else {
        return bad("the table of section names is missing");
    };
    if table.bytes > NAMES_BYTES_MAX {
        return bad("the table of section names is over 64 KiB");
    }
    let names = view.bytes(table.offset, usize::try_from(table.bytes).unwrap_or(0))?;
    match names.last() {
        Some(0) => Ok(names),
        _ => bad("the table of section names is empty or has no final NUL"),
    }
}

fn bad<T>(what: &'static str) -> Result<T, ElfError> {
    Err(ElfError::BadSection { what })
}
