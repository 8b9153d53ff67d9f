//! A small well-formed library, written byte by byte, whose every part a test can falsify.

/// Dynamic entries, names and sections of a library; [`bytes`](Self::bytes) lays them out.
#[derive(Clone, Debug)]
pub(in crate::discovery) struct Image {
    /// Contents of the manifest section.
    pub(in crate::discovery) manifest: Vec<u8>,
    /// Dynamic entries before the names, which are added with the final null entry.
    pub(in crate::discovery) entries: Vec<(u64, u64)>,
    /// Names for the dynamic entries, by text; the entries hold an index into this list.
    pub(in crate::discovery) names: Vec<String>,
    /// Section headers beyond the five of a well-formed image.
    pub(in crate::discovery) more_sections: Vec<SectionHeader>,
    /// Let the section headers tell of other, innocent dynamic entries.
    pub(in crate::discovery) lying: bool,
}

/// A section header, as far as tests need it. The name is an offset into the names below.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::discovery) struct SectionHeader {
    pub(in crate::discovery) name: u32,
    pub(in crate::discovery) kind: u32,
    pub(in crate::discovery) flags: u64,
    pub(in crate::discovery) address: u64,
    pub(in crate::discovery) offset: u64,
    pub(in crate::discovery) bytes: u64,
    pub(in crate::discovery) link: u32,
}

const SECTION_NAMES: &[u8] = b"\0.planner_manifest\0.dynamic\0.dynstr\0.shstrtab\0";

impl Image {
    /// File offsets of what tests falsify.
    pub(in crate::discovery) const LOAD: usize = 64;
    pub(in crate::discovery) const DYNAMIC: usize = 64 + 56;
    pub(in crate::discovery) const STACK: usize = 64 + 2 * 56;
    pub(in crate::discovery) const SPARE: usize = 64 + 3 * 56;
    const BODY: usize = 64 + 4 * 56;

    pub(in crate::discovery) const MANIFEST_NAME: u32 = 1;

    pub(in crate::discovery) fn new(manifest: &str) -> Self {
        Self {
            manifest: manifest.into(),
            entries: Vec::new(),
            names: Vec::new(),
            more_sections: Vec::new(),
            lying: false,
        }
    }

    /// Adds a dynamic entry whose value is the name `text`.
    pub(in crate::discovery) fn named(mut self, tag: u64, text: &str) -> Self {
        let at: usize = 1 + self.names.iter().map(|name| name.len() + 1).sum::<usize>();
        self.names.push(text.to_owned());
        self.entry(tag, at as u64)
    }

    /// Adds a dynamic entry.
    pub(in crate::discovery) fn entry(mut self, tag: u64, value: u64) -> Self {
        self.entries.push((tag, value));
        self
    }

    /// The file offset of section header `index`.
    pub(in crate::discovery) fn section_at(bytes: &[u8], index: usize) -> usize {
        let table = u64::from_le_bytes(bytes[40..48].try_into().unwrap());
        usize::try_from(table).unwrap() + index * 64
    }

    /// The library; every address equals its file offset.
    pub(in crate::discovery) fn bytes(&self) -> Vec<u8> {
        let mut file = vec![0; Self::BODY];
        let strings = self.place_names(&mut file);
        let dynamic = place(&mut file, &entries(&self.entries, strings));
        let told = if self.lying {
            place(&mut file, &entries(&[], strings))
        } else {
            dynamic
        };
        let manifest = place(&mut file, &self.manifest);
        let names = place(&mut file, SECTION_NAMES);
        let section = |name, kind, flags, (offset, bytes), link| SectionHeader {
            name,
            kind,
            flags,
            address: if flags == 0 { 0 } else { offset },
            offset,
            bytes,
            link,
        };
        let mut sections = vec![
            SectionHeader::default(),
            section(1, 1, 2, manifest, 0),
            section(19, 6, 3, told, 3),
            section(28, 3, 2, strings, 0),
            section(36, 3, 0, names, 0),
        ];
        sections.extend(&self.more_sections);
        let headers: Vec<u8> = sections.iter().flat_map(SectionHeader::raw).collect();
        let (table, _) = place(&mut file, &headers);
        write_header(&mut file, table, sections.len());
        let len = file.len() as u64;
        segment(&mut file, Self::LOAD, 1, 4, (0, len));
        segment(&mut file, Self::DYNAMIC, 2, 6, dynamic);
        segment(&mut file, Self::STACK, 0x6474_e551, 6, (0, 0));
        file
    }

    fn place_names(&self, file: &mut Vec<u8>) -> (u64, u64) {
        let mut names = vec![0];
        for name in &self.names {
            names.extend_from_slice(name.as_bytes());
            names.push(0);
        }
        place(file, &names)
    }
}

impl SectionHeader {
    fn raw(&self) -> Vec<u8> {
        let mut raw = vec![0; 64];
        put(&mut raw, 0, &self.name.to_le_bytes());
        put(&mut raw, 4, &self.kind.to_le_bytes());
        put(&mut raw, 8, &self.flags.to_le_bytes());
        put(&mut raw, 16, &self.address.to_le_bytes());
        put(&mut raw, 24, &self.offset.to_le_bytes());
        put(&mut raw, 32, &self.bytes.to_le_bytes());
        put(&mut raw, 40, &self.link.to_le_bytes());
        raw
    }
}

fn entries(entries: &[(u64, u64)], strings: (u64, u64)) -> Vec<u8> {
    let last = [(5, strings.0), (10, strings.1), (0, 0)];
    let all = entries.iter().chain(&last);
    all.flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()].concat())
        .collect()
}

/// Appends `part` at a multiple of 8 and says where it lies.
fn place(file: &mut Vec<u8>, part: &[u8]) -> (u64, u64) {
    file.resize(file.len().next_multiple_of(8), 0);
    let at = file.len() as u64;
    file.extend_from_slice(part);
    (at, part.len() as u64)
}

fn write_header(file: &mut [u8], table: u64, sections: usize) {
    put(file, 0, b"\x7fELF\x02\x01\x01");
    put(file, 16, &3_u16.to_le_bytes());
    put(file, 18, &62_u16.to_le_bytes());
    put(file, 20, &1_u32.to_le_bytes());
    put(file, 32, &64_u64.to_le_bytes());
    put(file, 40, &table.to_le_bytes());
    put(file, 54, &56_u16.to_le_bytes());
    put(file, 56, &4_u16.to_le_bytes());
    put(file, 58, &64_u16.to_le_bytes());
    put(file, 60, &u16::try_from(sections).unwrap().to_le_bytes());
    put(file, 62, &4_u16.to_le_bytes());
}

fn segment(file: &mut [u8], at: usize, kind: u32, flags: u32, (offset, bytes): (u64, u64)) {
    put(file, at, &kind.to_le_bytes());
    put(file, at + 4, &flags.to_le_bytes());
    put(file, at + 8, &offset.to_le_bytes());
    put(file, at + 16, &offset.to_le_bytes());
    put(file, at + 32, &bytes.to_le_bytes());
    put(file, at + 40, &bytes.to_le_bytes());
    put(file, at + 48, &4096_u64.to_le_bytes());
}

/// Overwrites bytes.
pub(in crate::discovery) fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}
