//! Whether a group of control for memory is delegated to this process.

use std::fs;
use std::path::{Path, PathBuf};

/// Where this process could make groups of its own that bound memory, or why it cannot.
pub(super) fn delegated() -> Result<PathBuf, &'static str> {
    let own = own_group().ok_or("this process is in no group of version 2")?;
    let trial = own.join(format!("registry-doctor-{}", std::process::id()));
    fs::create_dir(&trial).map_err(|_| "the group of this process is not delegated to it")?;
    let bounds = trial.join("memory.max").exists();
    // An empty group of one's own making can always be removed again.
    let _ = fs::remove_dir(&trial);
    if bounds {
        Ok(own)
    } else {
        Err("groups of this process do not control memory")
    }
}

fn own_group() -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    group_in(&groups, &mounts)
}

/// The folder of the group of version 2, read off the two lists that the kernel keeps.
fn group_in(groups: &str, mounts: &str) -> Option<PathBuf> {
    let own = groups.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let mount = mounts.lines().find_map(|line| {
        let (place, kind) = line.split_once(" - ")?;
        let is_unified = kind.split(' ').next() == Some("cgroup2");
        place.split(' ').nth(4).filter(|_| is_unified)
    })?;
    Some(Path::new(mount).join(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_read_off_the_kernels_lists() {
        let mounts = "22 1 0:20 / /proc rw - proc proc rw\n\
                      33 24 0:29 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n\
                      34 24 0:30 / /sys/fs/cgroup/unified rw shared:10 - cgroup2 cgroup2 rw\n";
        let own = group_in("4:memory:/a\n0::/user.slice/x\n", mounts);
        assert_eq!(own, Some("/sys/fs/cgroup/unified/user.slice/x".into()));
        assert_eq!(group_in("4:memory:/a\n", mounts), None);
        assert_eq!(
            group_in("0::/\n", "22 1 0:20 / /proc rw - proc proc rw\n"),
            None
        );
    }
}
