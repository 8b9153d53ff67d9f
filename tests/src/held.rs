//! What a process holds, to be counted before and after.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};

/// What this process holds that a leak would add to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Open descriptors.
    pub descriptors: usize,
    /// Threads.
    pub threads: usize,
    /// Mappings of memory files.
    pub shared_mappings: usize,
    /// Children that live or were not reaped.
    pub children: usize,
    /// Control groups that it made.
    pub groups: usize,
}

impl Held {
    /// As it is now.
    pub fn now() -> Self {
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        Self {
            descriptors: fs::read_dir("/proc/self/fd").unwrap().count(),
            threads: fs::read_dir("/proc/self/task").unwrap().count(),
            shared_mappings: maps.lines().filter(|line| line.contains("memfd:")).count(),
            children: children(),
            groups: groups(),
        }
    }

    /// Fails unless it becomes what it was, and `also` holds. Ends of processes and threads are awaited: they
    /// come when the kernel has cleaned up.
    pub fn assert_left(&self, also: impl Fn() -> bool) {
        let begun = Instant::now();
        while Self::now() != *self || !also() {
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "before {self:?}, now {:?}",
                Self::now()
            );
            thread::yield_now();
        }
    }
}

fn children() -> usize {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let lists = threads.filter_map(|thread| {
        let list = thread.ok()?.path().join("children");
        fs::read_to_string(list).ok()
    });
    lists.map(|list| list.split_whitespace().count()).sum()
}

/// Folders of groups for workers of this process, wherever the kernel's usual places are.
fn groups() -> usize {
    let own = format!("registry-worker-{}-", std::process::id());
    let lists = fs::read_to_string("/proc/self/cgroup").unwrap();
    let places = lists.lines().filter_map(|line| {
        let (group, mount) = match line.splitn(3, ':').collect::<Vec<_>>()[..] {
            [_, "memory", group] => (group, "/sys/fs/cgroup/memory"),
            ["0", "", group] => (group, "/sys/fs/cgroup"),
            _ => return None,
        };
        fs::read_dir(Path::new(mount).join(group.trim_start_matches('/'))).ok()
    });
    let names = places.flatten().map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_string_lossy().starts_with(&own))
        .count()
}
