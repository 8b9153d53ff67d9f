//! The bound on memory: a control group's where one was made, else the limit of data.
//!
//! The group counts what is really used, of whatever kind. The limit counts what could be: the whole stack
//! of each thread. So it would only get in the way of the group, and is not set beside it.

use std::fs;
use std::path::Path;

use super::{LayerError, LayerState, Mode, Spec, limits};

/// Files of a group that hold its bound, in version 2 and in version 1.
const BOUNDS: [&str; 2] = ["memory.max", "memory.limit_in_bytes"];

/// More than this is no bound. Version 1 has no word for none, but a number.
const BOUND_MAX: u64 = 1 << 60;

/// What was done about memory while it could be.
#[derive(Default)]
pub(super) struct Memory {
    /// What came of joining the group, if there is one.
    joined: Option<Result<(), LayerError>>,
    /// Why the limit could not be set.
    unlimited: Option<LayerError>,
}

impl Memory {
    /// Joins the group, which takes the rights of before.
    pub(super) fn join(spec: &Spec) -> Self {
        Self {
            joined: spec.memory_group.as_deref().map(join),
            unlimited: None,
        }
    }

    /// Sets the limit of data where no group bounds it, while the list of system calls still allows that.
    pub(super) fn limit(&mut self, spec: &Spec) {
        if !matches!(self.joined, Some(Ok(()))) {
            self.unlimited = limits::set_data(&spec.limits).err();
        }
    }

    /// What holds. `filtered` is whether the list of system calls does.
    pub(super) fn state(self, spec: &Spec, filtered: bool) -> Result<LayerState, LayerError> {
        if let Some(error) = self.unlimited {
            return Err(error);
        }
        let lost = match self.joined {
            Some(Ok(())) => return Ok(LayerState::On),
            Some(Err(error)) if spec.mode == Mode::Strict => return Err(error),
            Some(Err(error)) => format!("{}; ", error.line()),
            None => String::new(),
        };
        let shared = if filtered {
            "shared memory cannot be made"
        } else {
            "shared memory by nothing"
        };
        Ok(LayerState::approximate(format!(
            "{lost}private memory is bounded by the limit of data, {shared}"
        )))
    }
}

/// Moves this process into the group, and makes sure that the group bounds memory.
///
/// It has one thread. In version 1 that one can be moved by itself, which takes 0.1 ms; whole processes are
/// moved under a lock of the kernel's whose taking was measured to last 16 ms.
fn join(group: &Path) -> Result<(), LayerError> {
    let of_threads = group.join("tasks");
    let file = if of_threads.exists() {
        of_threads
    } else {
        group.join("cgroup.procs")
    };
    // To the kernel, 0 is whoever writes it.
    fs::write(file, "0").map_err(LayerError::of("its memory group cannot be joined"))?;
    let is_bound = |file: &str| {
        let text = fs::read_to_string(group.join(file)).unwrap_or_default();
        text.trim()
            .parse()
            .is_ok_and(|bound: u64| bound <= BOUND_MAX)
    };
    if BOUNDS.iter().any(|file| is_bound(file)) {
        Ok(())
    } else {
        Err(LayerError::new("its memory group has no bound"))
    }
}
