//! The command in a process of its own, beside `find` over the same files.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::ground::Ground;

/// `registry list` over a directory all of whose planners are allowed.
pub(crate) struct List<'a> {
    program: PathBuf,
    ground: &'a Ground,
    home: TempDir,
    allowed: String,
}

impl<'a> List<'a> {
    /// Builds the command as it is released, and lets it fill its cache.
    pub(crate) fn new(ground: &'a Ground) -> Self {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo)
            .args(["build", "--release", "--locked", "-p", "registry-cli"])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .status()
            .unwrap();
        assert!(status.success());
        let names = (0..ground.files()).map(|number| format!("planner_{number:05}"));
        let list = Self {
            // This program lies in the folder `deps` beside it.
            program: env::current_exe()
                .unwrap()
                .ancestors()
                .nth(2)
                .unwrap()
                .join("registry"),
            ground,
            home: tempfile::tempdir().unwrap(),
            allowed: names.collect::<Vec<_>>().join(","),
        };
        // The first look reads all files; those made a moment ago are read once more.
        list.run();
        list.run();
        list
    }

    /// How long it takes from its start to its end.
    pub(crate) fn run(&self) -> Duration {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("HOME", self.home.path())
            .env("FACTORY_ALLOWED_PLANNERS", &self.allowed)
            .arg("--plugin-dir")
            .arg(self.ground.path())
            .arg("list");
        timed(
            command,
            |line| line.starts_with("planner_"),
            self.ground.files(),
        )
    }
}

/// `find` with what a change of a file shows in: name, size and time.
pub(crate) fn find(ground: &Ground) -> Duration {
    let mut command = Command::new("find");
    command
        .arg(ground.path())
        .args(["-name", "*.so", "-printf", "%p %s %T@\\n"]);
    timed(command, |line| line.contains("planner_"), ground.files())
}

fn timed(mut command: Command, counts: impl Fn(&str) -> bool, expected: usize) -> Duration {
    let start = Instant::now();
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let took = start.elapsed();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().filter(|line| counts(line)).count(), expected);
    took
}
