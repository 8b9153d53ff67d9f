//! A folder that only this user can enter, for what must have a name for a moment.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, StatVfsMountFlags};

/// Where a folder can be made, the fastest first.
const PLACES: [&str; 3] = ["/dev/shm", "/tmp", "/var/tmp"];

/// How many names are tried in each place.
const TRIES_MAX: u64 = 8;

/// Permission bits that let group and others write, and the one that keeps them from renaming.
const OPEN: u32 = 0o022;
const STICKY: u32 = 0o1000;

/// A fresh folder of mode 0700 under a name that is never used again; gone when this is dropped.
#[derive(Debug)]
pub(crate) struct PrivateFolder {
    path: PathBuf,
    folder: OwnedFd,
    /// What stands in it.
    name: String,
}

/// What a folder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// A link.
    Link,
    /// A file that is mapped as code, which some mounts forbid.
    Code,
}

impl PrivateFolder {
    /// A folder that holds nothing but a link called `name` to `target`.
    pub(crate) fn with_link(name: &str, target: &Path) -> io::Result<Self> {
        let folder = Self::create(name, Purpose::Link)?;
        symlink(target, folder.inside())?;
        Ok(folder)
    }

    /// A file that can be mapped as code, called `name` as long as it has a name: it has none any more,
    /// and nor has its folder.
    pub(super) fn unlinked_file(name: &str) -> io::Result<File> {
        let folder = Self::create(name, Purpose::Code)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let file = rustix::fs::openat(&folder.folder, name, flags, mode)?;
        Ok(File::from(file))
    }

    /// The path of what stands in it.
    pub(crate) fn inside(&self) -> PathBuf {
        self.path.join(&self.name)
    }

    fn create(name: &str, purpose: Purpose) -> io::Result<Self> {
        let mut failure = io::Error::from(io::ErrorKind::NotFound);
        for place in PLACES {
            match Self::create_in(Path::new(place), name, purpose) {
                Err(error) => failure = error,
                created => return created,
            }
        }
        Err(failure)
    }

    fn create_in(place: &Path, name: &str, purpose: Purpose) -> io::Result<Self> {
        check_place(place, purpose)?;
        let random = RandomState::new();
        let mut tries = 0;
        let path = loop {
            let suffix = random.hash_one(tries);
            let path = place.join(format!("registry-{}-{suffix:016x}", std::process::id()));
            match rustix::fs::mkdirat(CWD, &path, Mode::RWXU) {
                Err(rustix::io::Errno::EXIST) if tries < TRIES_MAX => tries += 1,
                made => break made.map(|()| path)?,
            }
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::openat(CWD, &path, flags, Mode::empty())?;
        Ok(Self {
            path,
            folder,
            name: name.to_owned(),
        })
    }
}

/// Whether nobody else can rename what lies in `place`, and code may be mapped from there if need be.
fn check_place(place: &Path, purpose: Purpose) -> io::Result<()> {
    let stat = rustix::fs::stat(place)?;
    if stat.st_mode & OPEN != 0 && stat.st_mode & STICKY == 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let flags = rustix::fs::statvfs(place)?.f_flag;
    if purpose == Purpose::Code && flags.contains(StatVfsMountFlags::NOEXEC) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // Neither can harm when it fails: the folder stays out of everybody's reach.
        let _ = rustix::fs::unlinkat(&self.folder, self.name.as_str(), AtFlags::empty());
        let _ = rustix::fs::unlinkat(CWD, &self.path, AtFlags::REMOVEDIR);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_link_stands_in_a_folder_of_this_user_alone_until_it_is_dropped_and_no_name_comes_twice() {
        let target = Path::new("/proc/self/exe");
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let folder = PrivateFolder::with_link("some_planner", target).unwrap();
            let inside = folder.inside();
            assert_eq!(std::fs::read_link(&inside).unwrap(), target);
            let mode = std::fs::metadata(&folder.path)
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o7777, 0o700);
            let path = folder.path.clone();
            drop(folder);
            assert!(!path.exists());
            assert!(seen.insert(inside), "a name came twice");
        }
    }

    #[test]
    fn a_place_where_others_can_rename_is_not_used() {
        let place = tempfile::tempdir().unwrap();
        let mode = |mode| {
            let permissions = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(place.path(), permissions).unwrap();
            check_place(place.path(), Purpose::Link).map_err(|error| error.kind())
        };
        let refused = Err(io::ErrorKind::PermissionDenied);
        assert_eq!(
            [0o777, 0o1777, 0o770, 0o755].map(mode),
            [refused, Ok(()), refused, Ok(())]
        );
    }
}
