//! Where this process can make groups of its own.

use std::fs;
use std::path::{Path, PathBuf};

/// A folder in which this process can make groups that bound memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::isolate) struct Place {
    pub(in crate::isolate) folder: PathBuf,
    pub(in crate::isolate) version: Version,
}

/// Of the kernel's interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::isolate) enum Version {
    One,
    Two,
}

impl Version {
    /// The file that holds a group's bound.
    pub(super) fn bound(self) -> &'static str {
        match self {
            Self::One => "memory.limit_in_bytes",
            Self::Two => "memory.max",
        }
    }
}

/// Where this process can make groups of its own that bound memory, or why it cannot.
pub(in crate::isolate) fn delegated() -> Result<Place, &'static str> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let places = places(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"));
    let mut reason = "this process is in no control group";
    for place in places {
        match place.tried() {
            Ok(()) => return Ok(place),
            Err(why) => reason = why,
        }
    }
    Err(reason)
}

impl Place {
    fn tried(&self) -> Result<(), &'static str> {
        if self.version == Version::Two && is_delegated(&self.folder) {
            // Whom a group was left to says itself what its children have. With processes in it this fails.
            let _ = fs::write(self.folder.join("cgroup.subtree_control"), "+memory");
        }
        let name = format!("registry-trial-{}", std::process::id());
        let trial = self.folder.join(name);
        fs::create_dir(&trial).map_err(|_| "the group of this process is not delegated to it")?;
        let bounds = trial.join(self.version.bound()).exists();
        // An empty group of one's own making can always be removed again.
        let _ = fs::remove_dir(&trial);
        if bounds {
            Ok(())
        } else {
            Err("groups of this process do not control memory")
        }
    }
}

/// The groups of version 2 and of version 1 that this process is in, read off the kernel's two lists.
///
/// In version 2 a group that holds processes gives its children no controllers. So beside the group of
/// this process the one above it is a place, if it belongs to the same delegation: that is where a manager
/// puts a host into a group of its own below what it delegates.
fn places(groups: &str, mounts: &str) -> Vec<Place> {
    let group = |starts: &str| {
        let own = |line: &str| Some(line.split_once(':')?.1.strip_prefix(starts)?.to_owned());
        groups.lines().find_map(own)
    };
    let folder = |starts, kind, option| {
        let (root, mount) = mount_of(mounts, kind, option)?;
        // Where a container sees a part of the tree, the numbers of lists and mounts differ.
        let own = Path::new("/").join(group(starts)?);
        let own = own.strip_prefix(root).unwrap_or(Path::new(""));
        Some(Path::new(mount).join(own))
    };
    let unified = folder(":/", "cgroup2", "");
    let above = unified.as_ref().and_then(|own| {
        let above = own.parent()?;
        is_delegated(above).then(|| above.to_owned())
    });
    let place = |folder, version| Place { folder, version };
    let second = [unified, above].into_iter().flatten();
    let second = second.map(|folder| place(folder, Version::Two));
    let first = folder("memory:/", "cgroup", "memory");
    second
        .chain(first.map(|folder| place(folder, Version::One)))
        .collect()
}

/// Whether the manager of the groups left this one to others: systemd marks it so.
fn is_delegated(folder: &Path) -> bool {
    let marked = |name| {
        let mut value = [0; 8];
        let read = rustix::fs::getxattr(folder, name, &mut value);
        read.is_ok_and(|length| value[..length.min(value.len())] == *b"1")
    };
    marked("trusted.delegate") || marked("user.delegate")
}

/// Which part of a file system of this kind, with this option, is mounted, and where.
fn mount_of<'a>(mounts: &'a str, kind: &str, option: &str) -> Option<(&'a str, &'a str)> {
    mounts.lines().find_map(|line| {
        let (place, file_system) = line.split_once(" - ")?;
        let mut words = file_system.split(' ');
        let is_kind = words.next() == Some(kind);
        let mut options = words.next_back()?.split(',');
        let matches = is_kind && (option.is_empty() || options.any(|own| own == option));
        let mut words = place.split(' ').skip(3);
        Some((words.next()?, words.next()?)).filter(|_| matches)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &str, version: Version) -> Place {
        let folder = folder.into();
        Place { folder, version }
    }

    #[test]
    fn the_folders_are_read_off_the_kernels_lists() {
        let mounts = "22 1 0:20 / /proc rw - proc proc rw\n\
                      32 24 0:28 / /sys/fs/cgroup/cpu rw shared:8 - cgroup cgroup rw,cpu\n\
                      33 24 0:29 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n\
                      34 24 0:30 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw\n";
        let found = places("5:cpu:/b\n4:memory:/a\n0::/user.slice/x\n", mounts);
        assert_eq!(
            found,
            [
                place("/sys/fs/cgroup/unified/user.slice/x", Version::Two),
                place("/sys/fs/cgroup/memory/a", Version::One),
            ]
        );
        assert_eq!(places("5:cpu:/b\n", mounts), []);
        assert_eq!(
            places("0::/\n", "22 1 0:20 / /proc rw - proc proc rw\n"),
            []
        );
    }

    #[test]
    fn a_container_that_sees_a_part_of_the_tree_finds_its_own_group_in_it() {
        let mounts = "33 24 0:29 /box/7 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        assert_eq!(
            places("4:memory:/box/7/inner\n", mounts),
            [place("/sys/fs/cgroup/memory/inner", Version::One)]
        );
        assert_eq!(
            places("4:memory:/box/7\n", mounts),
            [place("/sys/fs/cgroup/memory/", Version::One)]
        );
    }
}
