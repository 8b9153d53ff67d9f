//! Runs the real `registry` command in an environment of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;
use xtask::artifacts::Build;

use crate::compiled;

/// One run of the command, with nothing in its environment but what is set here.
#[derive(Debug)]
pub struct RegistryCommand {
    command: Command,
    home: TempDir,
}

/// What the command answered.
#[derive(Debug)]
pub struct Answer {
    /// Its exit code; 255 where a signal ended it.
    pub code: i32,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

impl RegistryCommand {
    /// `registry` with these arguments.
    pub fn new(arguments: &[&str]) -> Self {
        Self::of(program(), arguments)
    }

    /// Another build of `registry` with these arguments.
    pub fn of(program: &Path, arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .env("HOME", home.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .current_dir(home.path());
        Self { command, home }
    }

    /// Looks for plugins in `folder` alone.
    #[must_use]
    pub fn plugin_dir(mut self, folder: &Path) -> Self {
        self.command.arg("--plugin-dir").arg(folder);
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Writes a file into the working directory.
    #[must_use]
    pub fn working_file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.home.path().join(name), text).unwrap();
        self
    }

    /// Runs it to its end.
    pub fn run(mut self) -> Answer {
        let output = self.command.output().expect("the command starts");
        Answer {
            code: output.status.code().unwrap_or(255),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }
}

impl Answer {
    /// Stdout as the one JSON document it must be.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic_with(self, &error.to_string()))
    }
}

fn panic_with(answer: &Answer, error: &str) -> ! {
    panic!("stdout is no JSON document: {error}\n{answer:#?}")
}

fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let build = Build::new(&["--package", "registry-cli"]);
        compiled(build, "fixtures", "registry", "bin")
    })
}
