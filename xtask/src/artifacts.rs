//! Builds packages with cargo and finds what came out.
//!
//! `cargo test` leaves no `cdylib` and no other package's binary where it could be found, so whoever
//! needs one builds it here and reads the path from cargo's own messages.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{XtaskError, cargo};

/// A file that a build made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Artifact {
    /// Name of the target: a library's or a binary's.
    pub target: String,
    /// Kind of the target: `cdylib`, `bin`, ...
    pub kind: String,
    /// Where it is.
    pub path: PathBuf,
}

/// A `cargo build` of this workspace.
#[derive(Debug)]
pub struct Build {
    command: Command,
}

impl Build {
    /// Builds with the committed lock file and nothing else; `arguments` choose what.
    pub fn new(arguments: &[&str]) -> Self {
        let mut command = cargo();
        command
            .args([
                "build",
                "--locked",
                "--message-format",
                "json-render-diagnostics",
            ])
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit());
        Self { command }
    }

    /// Keeps this build apart from others, so that they neither wait for nor overwrite each other.
    #[must_use]
    pub fn target_dir(mut self, folder: &std::path::Path) -> Self {
        self.command.arg("--target-dir").arg(folder);
        self
    }

    /// Sets a variable for cargo.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Runs the build.
    pub fn run(mut self) -> Result<Vec<Artifact>, XtaskError> {
        let program = PathBuf::from(self.command.get_program());
        let output = self.command.output().map_err(XtaskError::io(&program))?;
        if !output.status.success() {
            return Err(XtaskError::Failed {
                command: format!("{:?}", self.command),
                status: output.status.to_string(),
            });
        }
        let messages = String::from_utf8_lossy(&output.stdout);
        Ok(messages.lines().flat_map(artifacts_in).collect())
    }
}

/// The one artifact of this target and kind.
pub fn find<'a>(
    artifacts: &'a [Artifact],
    target: &str,
    kind: &str,
) -> Result<&'a Artifact, XtaskError> {
    artifacts
        .iter()
        .find(|artifact| artifact.target == target && artifact.kind == kind)
        .ok_or_else(|| XtaskError::NoArtifact {
            what: format!("{kind} {target}"),
        })
}

fn artifacts_in(message: &str) -> Vec<Artifact> {
    let Ok(message) = serde_json::from_str::<Value>(message) else {
        return Vec::new();
    };
    if message["reason"] != "compiler-artifact" {
        return Vec::new();
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let files = message["filenames"].as_array().cloned().unwrap_or_default();
    files
        .iter()
        .map(|file| Artifact {
            target: text(&message["target"]["name"]),
            kind: text(&message["target"]["kind"][0]),
            path: PathBuf::from(text(file)),
        })
        .collect()
}
