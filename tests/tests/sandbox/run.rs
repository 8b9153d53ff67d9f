//! Runs the process that sandboxes itself.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

use registry::sandbox::{Enforced, LayerName, LayerState, Mode, Spec};
use serde_json::Value;

/// A user that nothing else runs as.
pub(crate) const USER: u32 = 64_123;

/// What the process said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) status: ExitStatus,
    /// What the sandbox said of itself.
    pub(crate) report: Value,
    /// The outcomes of its attempts.
    pub(crate) lines: Vec<String>,
    #[expect(dead_code, reason = "it is shown where a test fails")]
    pub(crate) stderr: String,
}

/// The process, to be started by whoever wants more than its output.
pub(crate) fn command(spec: &Spec, probe: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandboxed"));
    command
        .arg(serde_json::to_string(spec).unwrap())
        .args(probe);
    command
}

/// Runs the process as a child of another one, which stands for the host.
pub(crate) fn under_parent(spec: &Spec, probe: &[&str]) -> Run {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sandboxed"));
    command
        .arg("under")
        .arg(serde_json::to_string(spec).unwrap())
        .args(probe);
    Run::of(command)
}

impl Run {
    pub(crate) fn new(spec: &Spec, probe: &[&str]) -> Self {
        Self::of(command(spec, probe))
    }

    /// The process ends itself after a while, so this does not wait for ever.
    pub(crate) fn of(mut command: Command) -> Self {
        let output = command.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let mut lines = stdout.lines().map(str::to_owned);
        let report = lines.next().unwrap_or_default();
        Self {
            status: output.status,
            report: serde_json::from_str(&report).unwrap_or_default(),
            lines: lines.collect(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The outcome of its one attempt: `ok`, a number of an error, or the signal that ended it.
    pub(crate) fn outcome(&self) -> String {
        match (self.lines.as_slice(), self.status.signal()) {
            ([line], None) => line.clone(),
            ([], Some(signal)) => format!("signal {signal}"),
            _ => panic!("no outcome: {self:#?}"),
        }
    }

    pub(crate) fn enforced(&self) -> Enforced {
        serde_json::from_value(self.report.clone())
            .unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }
}

/// Everything, as a worker has it: strict, and with a user of its own where that is possible.
pub(crate) fn everything() -> Spec {
    let mut spec = Spec::new(Mode::Strict);
    spec.uid = Some(USER);
    spec
}

/// These layers and no others. Every one must be on.
pub(crate) fn only(layers: &[LayerName]) -> Spec {
    let mut spec = Spec::new(Mode::BestEffort);
    spec.uid = Some(USER);
    let others = LayerName::ALL.into_iter();
    spec.without = others.filter(|name| !layers.contains(name)).collect();
    spec
}

/// Whether the suite runs as root, without which some layers have nothing to do.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Fails unless each of these layers was reported as on.
pub(crate) fn assert_on(run: &Run, layers: &[LayerName]) {
    let enforced = run.enforced();
    for name in layers {
        assert_eq!(enforced.state(*name), Some(&LayerState::On), "{name:?}");
    }
}
