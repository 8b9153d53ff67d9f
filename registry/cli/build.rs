//! Records which commit and which compiler the command is built of and by.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Names the commit where there is no repository, as in a build from an archive of the sources.
const GIVEN: &str = "REGISTRY_COMMIT";

/// Characters that tell a commit from others.
const COMMIT_CHARS: usize = 12;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed={GIVEN}");
    println!("cargo::rerun-if-env-changed=RUSTC");
    let commit = given().or_else(of_repository);
    let commit = commit.as_deref().unwrap_or("unknown");
    println!("cargo::rustc-env=REGISTRY_BUILT_COMMIT={commit}");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let rustc = said(Command::new(rustc).arg("--version"));
    let rustc = rustc.as_deref().unwrap_or("unknown");
    println!("cargo::rustc-env=REGISTRY_BUILT_RUSTC={rustc}");
}

fn given() -> Option<String> {
    let commit = std::env::var(GIVEN).ok()?;
    is_commit(&commit).then(|| commit.chars().take(COMMIT_CHARS).collect())
}

/// The commit of the repository that this package's workspace is, not of one that it merely lies in.
fn of_repository() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .ok()?;
    let git = |arguments: &[&str]| said(Command::new("git").arg("-C").arg(&root).args(arguments));
    let top = PathBuf::from(git(&["rev-parse", "--show-toplevel"])?);
    if top.canonicalize().ok()? != root {
        return None;
    }
    // A commit writes the log of HEAD, and another branch HEAD itself. What is not there must not be
    // named, or every build would run this again.
    for file in ["HEAD", "logs/HEAD"] {
        let path = root.join(git(&["rev-parse", "--git-path", file])?);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    let commit = git(&["rev-parse", "HEAD"])?;
    is_commit(&commit).then(|| commit.chars().take(COMMIT_CHARS).collect())
}

fn is_commit(text: &str) -> bool {
    text.len() >= COMMIT_CHARS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The first line of what a program says, if it succeeds.
fn said(command: &mut Command) -> Option<String> {
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().next().map(str::to_owned)
}
