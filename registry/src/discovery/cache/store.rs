//! The cache's folder and file: opened warily, replaced as a whole.

use std::fs::{DirBuilder, File};
use std::io::{Read as _, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::super::request::{ScanRequest, Target};
use super::error::CacheError;
use super::format::{Memories, Unreadable, decode, encode};

/// Largest cache that is read.
const BYTES_MAX: u64 = 1 << 30;

/// Most caches kept in one folder, one for each set of directories.
const CACHES_MAX: usize = 64;

/// What a killed writer left behind is removed after this long.
const LEFTOVER_AGE: Duration = Duration::from_mins(1);

/// A folder for caches.
#[derive(Clone, Debug)]
pub(in crate::discovery) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// Caches in `folder`, which is created when it is first written to.
    pub(in crate::discovery) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// What is known of what `request` names; nothing if there is no cache yet.
    ///
    /// A cache that cannot be used is set aside, so that it is complained of once.
    pub(in crate::discovery) fn load(&self, request: &ScanRequest) -> Result<Memories, CacheError> {
        let Some(folder) = self.open_folder()? else {
            return Ok(Memories::new());
        };
        let name = file_name(request);
        match self.read(&folder, &name) {
            Err(error) => {
                // Should this fail, the next store replaces the file anyway.
                let _ = rustix::fs::renameat(&folder, &name, &folder, format!("{name}.bad"));
                Err(error)
            }
            loaded => loaded,
        }
    }

    /// Replaces the cache for what `request` names.
    pub(in crate::discovery) fn store(
        &self,
        request: &ScanRequest,
        memories: &Memories,
    ) -> Result<(), CacheError> {
        let mut builder = DirBuilder::new();
        let made = builder.recursive(true).mode(0o700).create(&self.folder);
        made.map_err(|error| failed(&self.folder, "creating", error))?;
        let Some(folder) = self.open_folder()? else {
            return Err(failed(&self.folder, "creating", Errno::NOENT));
        };
        let name = file_name(request);
        self.replace(&folder, &name, &encode(memories))?;
        self.tidy();
        Ok(())
    }

    fn open_folder(&self) -> Result<Option<OwnedFd>, CacheError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let fd = match rustix::fs::openat(CWD, &self.folder, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(failed(&self.folder, "opening", error)),
        };
        check_owner(&self.folder, &fd)?;
        Ok(Some(fd))
    }

    fn read(&self, folder: &OwnedFd, name: &str) -> Result<Memories, CacheError> {
        let path = self.folder.join(name);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd = match rustix::fs::openat(folder, name, flags, Mode::empty()) {
            Ok(fd) => fd,
            Err(Errno::NOENT) => return Ok(Memories::new()),
            Err(error) => return Err(failed(&path, "opening", error)),
        };
        let stat = check_owner(&path, &fd)?;
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || size > BYTES_MAX {
            return Err(CacheError::Foreign { path });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        let read = File::from(fd).take(BYTES_MAX).read_to_end(&mut bytes);
        read.map_err(|error| failed(&path, "reading", error))?;
        decode(&bytes).map_err(|unreadable| match unreadable {
            Unreadable::Foreign => CacheError::Foreign { path },
            Unreadable::Corrupt => CacheError::Corrupt { path },
        })
    }

    fn replace(&self, folder: &OwnedFd, name: &str, bytes: &[u8]) -> Result<(), CacheError> {
        let stamp = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let stamp = stamp.unwrap_or_default().as_nanos();
        let staged = format!(".{name}.{}-{stamp}.tmp", std::process::id());
        let path = self.folder.join(&staged);
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let fd = rustix::fs::openat(folder, &staged, flags, mode)
            .map_err(|error| failed(&path, "creating", error))?;
        // Nothing is synced: a file that a power cut left incomplete fails its checksum.
        let written = File::from(fd).write_all(bytes);
        let moved = written.and_then(|()| Ok(rustix::fs::renameat(folder, &staged, folder, name)?));
        moved.map_err(|error| {
            let _ = rustix::fs::unlinkat(folder, &staged, AtFlags::empty());
            failed(&path, "writing", error)
        })
    }

    /// Removes what killed writers left behind, and the oldest of too many caches. What cannot be
    /// removed now is tried again after the next store.
    fn tidy(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return;
        };
        let mut caches = Vec::new();
        for entry in entries.flatten() {
            let (name, path) = (entry.file_name(), entry.path());
            let Ok(age) = entry.metadata().and_then(|data| data.modified()).map(age) else {
                continue;
            };
            let name = name.as_bytes();
            if name.starts_with(b".discovery-") && name.ends_with(b".tmp") && age > LEFTOVER_AGE {
                let _ = std::fs::remove_file(path);
            } else if name.starts_with(b"discovery-") {
                caches.push((age, path));
            }
        }
        caches.sort();
        for (_, path) in caches.into_iter().skip(CACHES_MAX) {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// Refuses what others could have written.
fn check_owner(path: &Path, fd: &impl AsFd) -> Result<Stat, CacheError> {
    let stat = rustix::fs::fstat(fd).map_err(|error| failed(path, "reading", error))?;
    let what = if stat.st_uid != rustix::process::geteuid().as_raw() {
        "belongs to another user"
    } else if stat.st_mode & 0o022 != 0 {
        "can be written by others"
    } else {
        return Ok(stat);
    };
    let path = path.to_owned();
    Err(CacheError::NotOurs { path, what })
}

fn failed(path: &Path, doing: &'static str, source: impl Into<std::io::Error>) -> CacheError {
    CacheError::Io {
        path: path.to_owned(),
        doing,
        source: source.into(),
    }
}

fn age(modified: SystemTime) -> Duration {
    SystemTime::now()
        .duration_since(modified)
        .unwrap_or_default()
}

/// The cache for one set of directories, and for contents read whole or not.
fn file_name(request: &ScanRequest) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&[u8::from(request.deep)]);
    for target in request.targets() {
        let (kind, path) = match &target {
            Target::File(path) => (0, path),
            Target::Directory(path) => (1, path),
        };
        let path = path.as_os_str().as_bytes();
        hasher.update(&[kind]);
        hasher.update(&(path.len() as u64).to_le_bytes());
        hasher.update(path);
    }
    let hash = hasher.finalize().to_hex();
    format!("discovery-{}", &hash[..24])
}
