//! One group, for one worker.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io, thread};

use registry_core::sync::OnceLock;
use registry_core::sync::atomic::{AtomicU64, Ordering};
use rustix::process::{Pid, Signal, kill_process};

use super::places::{Place, Version, delegated};

/// How the names of groups begin; the host's process and a number follow.
const NAME: &str = "registry-worker-";

/// Groups of hosts that are gone are left alone for so long: a host that cannot be seen from here may
/// have made one for a worker that is about to join it.
const FORSAKEN_AFTER: Duration = Duration::from_mins(1);

/// How often a group is tried to be removed, and the time between.
const REMOVALS_MAX: u32 = 20;
const REMOVAL_PAUSE: Duration = Duration::from_millis(5);

/// A group that bounds the memory of one worker. It goes with this value, and so does whoever is in it.
#[derive(Debug)]
pub(in crate::isolate) struct Group {
    folder: PathBuf,
    version: Version,
}

impl Group {
    /// A new group that may hold so much; none where groups are not delegated.
    pub(in crate::isolate) fn new(bytes_max: u64) -> Option<Self> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let place = place()?;
        let (host, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = place.folder.join(format!("{NAME}{host}-{number}"));
        let made = make(&folder, place.version, bytes_max);
        let group = Self {
            folder,
            version: place.version,
        };
        match made {
            Ok(()) => Some(group),
            Err(error) => {
                tracing::warn!(%error, "no control group for a worker's memory");
                None
            }
        }
    }

    /// What is to be joined.
    pub(in crate::isolate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the kernel ended somebody in it for reaching its bound.
    pub(in crate::isolate) fn was_exceeded(&self) -> bool {
        let file = match self.version {
            Version::One => "memory.oom_control",
            Version::Two => "memory.events",
        };
        let text = fs::read_to_string(self.folder.join(file)).unwrap_or_default();
        kills(&text).is_some_and(|kills| kills > 0)
    }

    /// Ends whoever is left in it: a grandchild that no filter kept from being born.
    fn empty(&self) {
        if self.version == Version::Two && fs::write(self.folder.join("cgroup.kill"), "1").is_ok() {
            return;
        }
        let members = fs::read_to_string(self.folder.join("cgroup.procs")).unwrap_or_default();
        for pid in members.lines().filter_map(|line| line.parse().ok()) {
            if let Some(pid) = Pid::from_raw(pid) {
                let _ended = kill_process(pid, Signal::KILL);
            }
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for _ in 0..REMOVALS_MAX {
            match fs::remove_dir(&self.folder) {
                Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                    self.empty();
                    thread::sleep(REMOVAL_PAUSE);
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    tracing::warn!(%error, "a worker's control group cannot be removed");
                    return;
                }
                Ok(()) | Err(_) => return,
            }
        }
        tracing::warn!("a worker's control group is not empty and stays");
    }
}

/// Where groups are made. That there is no such place may change.
fn place() -> Option<&'static Place> {
    static PLACE: OnceLock<Place> = OnceLock::new();
    let found =
        PLACE.get_or_try_init(|| delegated().inspect(|place| remove_forsaken(&place.folder)));
    found.ok()
}

fn make(folder: &Path, version: Version, bytes_max: u64) -> io::Result<()> {
    fs::create_dir(folder)?;
    fs::write(folder.join(version.bound()), bytes_max.to_string())?;
    // Not every kernel counts swap, and not every group can be kept from ending its members.
    let _without_swap = match version {
        Version::One => {
            let _ends = fs::write(folder.join("memory.oom_control"), "0");
            fs::write(
                folder.join("memory.memsw.limit_in_bytes"),
                bytes_max.to_string(),
            )
        }
        Version::Two => fs::write(folder.join("memory.swap.max"), "0"),
    };
    Ok(())
}

/// Removes what hosts left behind that were killed. A group with somebody in it cannot be removed.
fn remove_forsaken(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name();
        let host = name.to_str().and_then(host_of);
        let is_gone = host.is_some_and(|host| !Path::new("/proc").join(host.to_string()).exists());
        let made = entry.metadata().and_then(|found| found.modified()).ok();
        let age = made.and_then(|made| made.elapsed().ok());
        if is_gone && age.is_some_and(|age| age > FORSAKEN_AFTER) {
            let _in_use = fs::remove_dir(entry.path());
        }
    }
}

/// The host's process in the name of a group.
fn host_of(name: &str) -> Option<u32> {
    let (host, _number) = name.strip_prefix(NAME)?.split_once('-')?;
    host.parse().ok()
}

/// How many were ended, as the kernel says.
fn kills(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    line?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_counts_and_names_of_groups_are_read() {
        assert_eq!(
            kills("oom_kill_disable 0\nunder_oom 0\noom_kill 3\n"),
            Some(3)
        );
        assert_eq!(
            kills("low 0\nmax 7\noom 2\noom_kill 0\noom_group_kill 0\n"),
            Some(0)
        );
        assert_eq!(kills(""), None);
        assert_eq!(host_of("registry-worker-12-3"), Some(12));
        for other in ["registry-worker-12", "registry-worker-x-1", "system.slice"] {
            assert_eq!(host_of(other), None);
        }
    }

    #[test]
    fn what_a_host_that_is_gone_left_behind_is_removed_after_a_while() {
        let place = tempfile::tempdir().unwrap();
        let own = std::process::id();
        let names = [
            format!("{NAME}{own}-1"),
            format!("{NAME}{}-1", i32::MAX),
            format!("{NAME}{}-2", i32::MAX),
            "another".to_owned(),
        ];
        for name in &names {
            let folder = place.path().join(name);
            fs::create_dir(&folder).unwrap();
            if !name.ends_with("-2") {
                let long_ago = std::time::SystemTime::now() - 2 * FORSAKEN_AFTER;
                let folder = fs::File::open(&folder).unwrap();
                folder.set_modified(long_ago).unwrap();
            }
        }
        remove_forsaken(place.path());
        let left = names.map(|name| place.path().join(name).exists());
        assert_eq!(left, [true, false, true, true]);
    }

    #[test]
    fn a_group_is_bounded_and_goes_with_its_value_and_whoever_is_in_it() {
        let Some(group) = Group::new(64 << 20) else {
            return;
        };
        let folder = group.folder().to_owned();
        let bound = fs::read_to_string(folder.join(group.version.bound())).unwrap();
        assert_eq!(bound.trim(), (64_u64 << 20).to_string());
        assert!(!group.was_exceeded());
        let mut child = std::process::Command::new("sleep")
            .arg("600")
            .spawn()
            .unwrap();
        fs::write(folder.join("cgroup.procs"), child.id().to_string()).unwrap();
        let waiting = thread::spawn(move || child.wait().unwrap());
        drop(group);
        assert!(!folder.exists());
        assert!(!waiting.join().unwrap().success());
    }
}
