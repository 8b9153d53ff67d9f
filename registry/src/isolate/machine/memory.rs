//! Whether control groups for memory are delegated to this process.

use std::fs;
use std::path::{Path, PathBuf};

/// Where this process could make groups of its own that bound memory, or why it cannot.
pub(super) fn delegated() -> Result<PathBuf, &'static str> {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let places = places(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"));
    let mut reason = "this process is in no control group";
    for place in places {
        match try_in(&place) {
            Ok(()) => return Ok(place.folder),
            Err(why) => reason = why,
        }
    }
    Err(reason)
}

/// A group of this process.
#[derive(Debug, PartialEq, Eq)]
struct Place {
    folder: PathBuf,
    /// The file that holds a group's bound on memory.
    bound: &'static str,
}

fn try_in(place: &Place) -> Result<(), &'static str> {
    let name = format!("registry-doctor-{}", std::process::id());
    let trial = place.folder.join(name);
    fs::create_dir(&trial).map_err(|_| "the group of this process is not delegated to it")?;
    let bounds = trial.join(place.bound).exists();
    // An empty group of one's own making can always be removed again.
    let _ = fs::remove_dir(&trial);
    if bounds {
        Ok(())
    } else {
        Err("groups of this process do not control memory")
    }
}

/// The groups of version 2 and of version 1 that this process is in, read off the kernel's two lists.
fn places(groups: &str, mounts: &str) -> Vec<Place> {
    let group = |starts: &str| {
        let own = |line: &str| Some(line.split_once(':')?.1.strip_prefix(starts)?.to_owned());
        groups.lines().find_map(own)
    };
    let place = |starts, kind, option, bound| {
        let folder = Path::new(mount_of(mounts, kind, option)?).join(group(starts)?);
        Some(Place { folder, bound })
    };
    let unified = place(":/", "cgroup2", "", "memory.max");
    let of_memory = place("memory:/", "cgroup", "memory", "memory.limit_in_bytes");
    [unified, of_memory].into_iter().flatten().collect()
}

/// Where a file system of this kind, with this option, is mounted.
fn mount_of<'a>(mounts: &'a str, kind: &str, option: &str) -> Option<&'a str> {
    mounts.lines().find_map(|line| {
        let (place, file_system) = line.split_once(" - ")?;
        let mut words = file_system.split(' ');
        let is_kind = words.next() == Some(kind);
        let mut options = words.next_back()?.split(',');
        let matches = is_kind && (option.is_empty() || options.any(|own| own == option));
        place.split(' ').nth(4).filter(|_| matches)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folders_are_read_off_the_kernels_lists() {
        let mounts = "22 1 0:20 / /proc rw - proc proc rw\n\
                      32 24 0:28 / /sys/fs/cgroup/cpu rw shared:8 - cgroup cgroup rw,cpu\n\
                      33 24 0:29 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n\
                      34 24 0:30 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw\n";
        let found = places("5:cpu:/b\n4:memory:/a\n0::/user.slice/x\n", mounts);
        let place = |folder: &str, bound| Place {
            folder: folder.into(),
            bound,
        };
        assert_eq!(
            found,
            [
                place("/sys/fs/cgroup/unified/user.slice/x", "memory.max"),
                place("/sys/fs/cgroup/memory/a", "memory.limit_in_bytes"),
            ]
        );
        assert_eq!(places("5:cpu:/b\n", mounts), []);
        assert_eq!(
            places("0::/\n", "22 1 0:20 / /proc rw - proc proc rw\n"),
            []
        );
    }
}
