//! Memory bounded by a control group, where this process may make one.

use std::fs;
use std::path::{Path, PathBuf};

use registry::sandbox::{LayerName, LayerState, Mode};

use crate::run::{Run, everything};

const BOUND: u64 = 48 << 20;

/// A control group of its own, which goes with this value.
struct Group(PathBuf);

impl Group {
    /// None where none can be made or memory cannot be bounded: few machines delegate it.
    fn new() -> Option<Self> {
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap();
        let places = groups.lines().filter_map(|line| {
            let (own, mount, bound) = match line.split(':').collect::<Vec<_>>()[..] {
                [_, "memory", own] => (own, "/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
                ["0", "", own] => (own, "/sys/fs/cgroup", "memory.max"),
                _ => return None,
            };
            Some((Path::new(mount).join(own.trim_start_matches('/')), bound))
        });
        places.into_iter().find_map(|(place, bound)| {
            let name = format!("registry-sandbox-{}", std::process::id());
            let group = place.join(name);
            fs::create_dir(&group).ok()?;
            let group = Self(group);
            fs::write(group.0.join(bound), BOUND.to_string()).ok()?;
            Some(group)
        })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        fs::remove_dir(&self.0).unwrap();
    }
}

#[test]
fn a_group_bounds_what_is_really_used() {
    let Some(group) = Group::new() else {
        return;
    };
    let mut spec = everything();
    spec.memory_group = Some(group.0.clone());
    let little = Run::new(&spec, &["use_memory", &(8 << 20).to_string()]);
    let state = little.enforced().state(LayerName::Memory).cloned();
    assert_eq!(state, Some(LayerState::On));
    assert_eq!(little.outcome(), "ok 1");
    let much = Run::new(&spec, &["use_memory", &(128 << 20).to_string()]);
    assert_eq!(much.outcome(), "signal 9");
}

#[test]
fn a_group_that_cannot_be_joined_is_an_error_or_reported() {
    let mut spec = everything();
    spec.memory_group = Some("/nowhere/at/all".into());
    let run = Run::new(&spec, &["none"]);
    assert_eq!(run.report["code"], "E_SANDBOX_LAYER");
    spec.mode = Mode::BestEffort;
    match Run::new(&spec, &["none"])
        .enforced()
        .state(LayerName::Memory)
    {
        Some(LayerState::Approximate { reason }) => assert!(
            reason.starts_with("its memory group cannot be joined: No such file"),
            "{reason}"
        ),
        other => panic!("{other:?}"),
    }
}
