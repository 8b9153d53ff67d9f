//! The bytes of a cache: a header with version and checksum, then one record a file.
//!
//! Only candidates are kept. What was refused is read again, which costs as much as it cost first.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blake3::Hash;
use registry_core::parallel::map_chunks;

use super::super::access::{Access, FolderAccess, Ownership};
use super::super::candidate::Candidate;
use super::super::elf::Library;
use super::super::examine::{Seen, Verdict};
use super::super::identity::FileIdentity;
use super::super::memory::{Memory, Remembered};
use super::super::request::Target;
use super::super::sweep::{CHUNK_LEN, THREADS};
use super::fields::{Reader, Writer};

/// Changes with the layout, and with what the reader of libraries accepts.
const MAGIC: &[u8] = concat!(
    "registry discovery cache 3 ",
    env!("CARGO_PKG_VERSION"),
    "\n"
)
.as_bytes();
const HASH_BYTES: usize = 32;

/// What is known of each directory or file.
pub(in crate::discovery) type Memories = HashMap<Target, Memory>;

/// Why bytes are not a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    Foreign,
    Corrupt,
}

/// Writes what is known of the candidates among the remembered files.
pub(super) fn encode(memories: &Memories) -> Vec<u8> {
    let mut out = Writer::default();
    out.number(memories.len() as u64);
    for (target, memory) in memories {
        let (kind, path) = match target {
            Target::File(path) => (0, path),
            Target::Directory(path) => (1, path),
        };
        out.number(kind);
        out.bytes(path.as_os_str().as_bytes());
        let candidates = || {
            memory
                .files()
                .iter()
                .filter_map(|file| match &file.seen.verdict {
                    Verdict::Candidate(candidate) => Some((file, candidate)),
                    Verdict::Refused(_) => None,
                })
        };
        let ways = Ways::of(candidates().map(|(_, candidate)| &candidate.access.folders));
        out.ways(&ways);
        out.number(candidates().count() as u64);
        for (file, candidate) in candidates() {
            let mut record = Writer::default();
            record.number(ways.number(&candidate.access.folders));
            record.candidate(file, candidate);
            out.bytes(&record.0);
        }
    }
    let body = out.0;
    [MAGIC, blake3::hash(&body).as_bytes(), &body].concat()
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<Memories, Unreadable> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(Unreadable::Foreign)?;
    let (hash, body) = rest
        .split_first_chunk::<HASH_BYTES>()
        .ok_or(Unreadable::Corrupt)?;
    if blake3::hash(body) != Hash::from_bytes(*hash) {
        return Err(Unreadable::Corrupt);
    }
    Reader(body).memories().ok_or(Unreadable::Corrupt)
}

/// The folders that lead to files, each way once; files of one folder share theirs.
#[derive(Default)]
struct Ways<'a> {
    all: Vec<&'a Arc<[FolderAccess]>>,
    numbers: HashMap<*const FolderAccess, u64>,
}

impl<'a> Ways<'a> {
    fn of(ways: impl Iterator<Item = &'a Arc<[FolderAccess]>>) -> Self {
        let mut found = Self::default();
        for way in ways {
            let next = found.all.len() as u64;
            found.numbers.entry(way.as_ptr()).or_insert_with(|| {
                found.all.push(way);
                next
            });
        }
        found
    }

    fn number(&self, way: &Arc<[FolderAccess]>) -> u64 {
        // One that is not there makes the reader take the cache for damaged.
        let number = self.numbers.get(&way.as_ptr()).copied();
        number.unwrap_or(u64::MAX)
    }
}

impl Writer {
    fn ownership(&mut self, ownership: Ownership) {
        self.number(ownership.owner.into());
        self.number(ownership.group.into());
        self.number(ownership.mode.into());
        self.number(ownership.access_list.into());
    }

    fn ways(&mut self, ways: &Ways<'_>) {
        self.number(ways.all.len() as u64);
        for way in &ways.all {
            self.number(way.len() as u64);
            for folder in way.iter() {
                self.bytes(folder.path.as_os_str().as_bytes());
                self.ownership(folder.ownership);
            }
        }
    }

    fn candidate(&mut self, file: &Remembered, candidate: &Candidate) {
        let identity = &candidate.identity;
        self.bytes(&file.name);
        self.number(identity.device);
        self.number(identity.inode);
        self.number(identity.size);
        self.time(identity.modified);
        self.time(identity.changed);
        self.ownership(candidate.access.file);
        self.number(file.seen.settled.into());
        self.bytes(
            candidate
                .digest
                .as_ref()
                .map_or(&[], |digest| digest.as_bytes()),
        );
        let library = &candidate.library;
        self.bytes(library.soname.as_deref().unwrap_or_default().as_bytes());
        self.number(library.needed.len() as u64);
        for name in &library.needed {
            self.bytes(name.as_bytes());
        }
        self.manifest(&library.manifest);
    }
}

impl Reader<'_> {
    fn memories(mut self) -> Option<Memories> {
        let mut memories = Memories::new();
        for _ in 0..self.number()? {
            let (kind, path) = (self.number()?, self.bytes()?);
            let path = PathBuf::from(OsStr::from_bytes(path));
            let label: Arc<Path> = path.as_path().into();
            let (target, folder) = match kind {
                0 => (Target::File(path), label.parent()?),
                1 => (Target::Directory(path), &*label),
                _ => return None,
            };
            memories.insert(target, self.memory(&label, folder)?);
        }
        self.0.is_empty().then_some(memories)
    }

    fn ownership(&mut self) -> Option<Ownership> {
        let mut field = || u32::try_from(self.number()?).ok();
        Some(Ownership {
            owner: field()?,
            group: field()?,
            mode: field()?,
            access_list: self.flag()?,
        })
    }

    fn ways(&mut self) -> Option<Vec<Arc<[FolderAccess]>>> {
        let mut ways = Vec::new();
        for _ in 0..self.number()? {
            let mut way = Vec::new();
            for _ in 0..self.number()? {
                let path = OsStr::from_bytes(self.bytes()?);
                way.push(FolderAccess {
                    path: Path::new(path).into(),
                    ownership: self.ownership()?,
                });
            }
            ways.push(way.into());
        }
        Some(ways)
    }

    /// What is known of the files in `folder`, found through what was configured.
    fn memory(&mut self, label: &Arc<Path>, folder: &Path) -> Option<Memory> {
        let ways = self.ways()?;
        let mut records = Vec::new();
        for _ in 0..self.number()? {
            records.push(self.bytes()?);
        }
        let read = |(): &mut (), records: &[&[u8]], files: &mut Vec<_>| {
            files.extend(
                records
                    .iter()
                    .map(|record| Reader(record).candidate(label, folder, &ways)),
            );
        };
        let files = map_chunks(&records, CHUNK_LEN, THREADS, || (), read);
        let mut memory = Memory::default();
        memory.renew(&[], files.into_iter().collect::<Option<Vec<_>>>()?);
        Some(memory)
    }

    fn candidate(
        mut self,
        label: &Arc<Path>,
        folder: &Path,
        ways: &[Arc<[FolderAccess]>],
    ) -> Option<Remembered> {
        let way = ways.get(usize::try_from(self.number()?).ok()?)?;
        let name = self.bytes()?;
        let identity = FileIdentity {
            device: self.number()?,
            inode: self.number()?,
            size: self.number()?,
            modified: self.time()?,
            changed: self.time()?,
        };
        let file = self.ownership()?;
        let settled = self.flag()?;
        let digest = match self.bytes()? {
            [] => None,
            digest => Some(Hash::from_bytes(digest.try_into().ok()?)),
        };
        let library = self.library()?;
        // As much room as it needs, as it is kept.
        let mut path = PathBuf::with_capacity(folder.as_os_str().len() + 1 + name.len());
        path.push(folder);
        path.push(OsStr::from_bytes(name));
        let candidate = Candidate {
            path: path.into_boxed_path(),
            directory: Arc::clone(label),
            identity,
            access: Access {
                file,
                folders: Arc::clone(way),
            },
            digest,
            library,
        };
        let verdict = Verdict::Candidate(Arc::new(candidate));
        self.0.is_empty().then(|| Remembered {
            name: name.into(),
            seen: Seen { verdict, settled },
        })
    }

    fn library(&mut self) -> Option<Library> {
        let soname = Some(self.text()?).filter(|soname| !soname.is_empty());
        let count = self.count()?;
        let mut needed = Vec::with_capacity(count);
        for _ in 0..count {
            needed.push(self.text()?);
        }
        Library::remembered(self.manifest()?, soname, &needed)
    }
}
