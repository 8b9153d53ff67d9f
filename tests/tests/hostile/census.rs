//! Counts of what a case could leave behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What there is: each kind of thing with how many there are of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Census {
    processes: Vec<String>,
    descriptors: BTreeMap<String, usize>,
    mappings: BTreeMap<String, usize>,
    files: Vec<String>,
    threads: Vec<String>,
}

impl Census {
    /// Whether no worker is left, nor what one shares with its host, nor a thread beside the first one
    /// and the one that watches over workers: what shuts a planner down tells of that before it ends.
    pub(crate) fn is_settled(&self) -> bool {
        let is_shared = |name: &String| name.contains("registry-wire");
        let is_held = |kind: &str| self.descriptors.get(kind).is_some_and(|count| *count > 0);
        // The bell of the thread that watches over workers stays, a worker's handle does not.
        let handles = self.descriptors.get("anon_inode").copied().unwrap_or(0);
        // The first process of the namespace, and this one.
        self.processes.len() == 2
            && self.threads.len() == 2
            && self.threads.iter().any(|name| name == "registry-keeper")
            && !self.mappings.keys().any(is_shared)
            && !is_held("socket")
            && handles <= 1
    }

    /// Of this process, all others in its namespace, and the files below `folder`.
    pub(crate) fn take(folder: &Path) -> Self {
        let mut files = Vec::new();
        list(folder, &mut files);
        files.sort();
        Self {
            processes: processes(),
            descriptors: descriptors(),
            mappings: mappings(),
            files,
            threads: threads(),
        }
    }

    /// The same with the library of `planner` kept as that of `like` is: mapped, with one descriptor.
    pub(crate) fn with_library(mut self, planner: &str, like: &str) -> Self {
        let [planner, like] = [planner, like].map(|name| format!("/memfd:{name}"));
        for things in [&mut self.mappings, &mut self.descriptors] {
            let kept = things.iter().filter(|(thing, _)| thing.contains(&like));
            let kept = kept.map(|(thing, count)| (thing.replace(&like, &planner), *count));
            let kept: Vec<_> = kept.collect();
            assert!(!kept.is_empty(), "{like} is not mapped: {things:?}");
            things.extend(kept);
        }
        self
    }
}

/// The threads of this process, by name.
fn threads() -> Vec<String> {
    let entries = fs::read_dir("/proc/self/task").unwrap();
    let names =
        entries.filter_map(|entry| fs::read_to_string(entry.unwrap().path().join("comm")).ok());
    let mut names: Vec<_> = names.map(|name| name.trim().to_owned()).collect();
    names.sort_unstable();
    names
}

/// All processes of the namespace, by number and name.
pub(crate) fn processes() -> Vec<String> {
    let entries = fs::read_dir("/proc").unwrap();
    let names = entries.filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    let mut numbers: Vec<u32> = names.filter_map(|name| name.parse().ok()).collect();
    numbers.sort_unstable();
    let shown = numbers.into_iter().filter_map(|number| {
        let name = fs::read_to_string(format!("/proc/{number}/comm")).ok()?;
        Some(format!("{number} {}", name.trim()))
    });
    shown.collect()
}

/// What open descriptors lead to, without the numbers that differ each time.
fn descriptors() -> BTreeMap<String, usize> {
    let entries = fs::read_dir("/proc/self/fd").unwrap();
    let targets = entries.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    counted(targets.map(|target| {
        let target = target.display().to_string();
        let kind = target.split(":[").next().unwrap_or_default();
        if kind.starts_with("/proc/") {
            "/proc".to_owned()
        } else {
            kind.to_owned()
        }
    }))
}

/// Mappings of files and of memory that is shared; the allocator's own come and go.
fn mappings() -> BTreeMap<String, usize> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let shown = maps.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (access, path) = (words.nth(1)?, words.nth(3)?);
        (path.starts_with('/') || access.ends_with('s')).then(|| format!("{access} {path}"))
    });
    counted(shown)
}

fn counted(things: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for thing in things {
        *counts.entry(thing).or_default() += 1;
    }
    counts
}

fn list(folder: &Path, files: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let bytes = entry.metadata().unwrap().len();
        files.push(format!("{} {bytes}", entry.path().display()));
        if entry.file_type().unwrap().is_dir() {
            list(&entry.path(), files);
        }
    }
}
