//! What a process holds.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// What a process holds at one moment.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) descriptors: usize,
    pub(crate) threads: usize,
    pub(crate) memory_kib: u64,
    pub(crate) children: usize,
}

impl Sample {
    pub(crate) fn of(pid: u32) -> Self {
        let count = |folder: &str| {
            fs::read_dir(format!("/proc/{pid}/{folder}"))
                .unwrap()
                .count()
        };
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory = memory.unwrap().trim_end_matches("kB").trim();
        Self {
            descriptors: count("fd"),
            threads: count("task"),
            memory_kib: memory.parse().unwrap(),
            children: children(pid).len(),
        }
    }
}

/// The processes that `pid` started and has not reaped.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    numbers
        .filter(|number| parent(*number) == Some(pid))
        .collect()
}

fn parent(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(1)?.parse().ok()
}

/// Waits until a process is gone.
pub(crate) fn await_end(pid: u32) {
    let begun = Instant::now();
    while fs::metadata(format!("/proc/{pid}")).is_ok() {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "{pid} is still there"
        );
        thread::yield_now();
    }
}
