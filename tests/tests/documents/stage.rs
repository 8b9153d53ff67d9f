//! What the commands of documents meet: a small root file system, the command, planners to deploy.
//!
//! The root is made in namespaces of mounts and processes, so that documents can name the paths that an
//! operator uses, fill disks and start processes, and nothing of it reaches the machine or stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;
use tests::{fixture, program, set_mode, shipped};
use xtask::demo::PLANNERS;
use xtask::workspace_root;

/// The programs there are, beside those of the shell itself.
const PROGRAMS: [&str; 46] = [
    "awk",
    "cat",
    "chmod",
    "chown",
    "cmp",
    "cp",
    "cut",
    "date",
    "dd",
    "df",
    "diff",
    "env",
    "find",
    "grep",
    "head",
    "id",
    "install",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mount",
    "mv",
    "od",
    "pivot_root",
    "prlimit",
    "readlink",
    "rm",
    "rmdir",
    "sed",
    "seq",
    "setpriv",
    "sh",
    "sleep",
    "sort",
    "stat",
    "strip",
    "tail",
    "tee",
    "timeout",
    "touch",
    "tr",
    "umount",
    "uniq",
    "unshare",
    "wc",
];

/// Builds of a planner that documents deploy, replace and take back.
const REHEARSAL: [&str; 5] = [
    "billing_1_0",
    "billing_1_1",
    "billing_1_2",
    "billing_1_3",
    "ledger",
];

/// Files that documents name and that the repository holds.
const HELD: &str = "docs/deploy";

/// A place for a root, which is mounted there by the shell that [`Stage::shell`] starts.
#[derive(Debug)]
pub(crate) struct Stage {
    root: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        Self { root }
    }

    /// A shell at this place that reads commands from its standard input.
    pub(crate) fn shell(&self) -> Command {
        let ground = Ground::get();
        let mut command = Command::new("unshare");
        if !rustix::process::geteuid().is_root() {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--mount", "--pid", "--fork", "--kill-child", "sh"]);
        command.arg(workspace_root().join("tests/tests/documents/stage/root.sh"));
        command.args([self.root.path(), &ground.path("base/usr")]);
        command.args([ground.path("release"), ground.path("rehearsal")]);
        command
    }
}

/// What all stages share and none can change.
struct Ground {
    folder: TempDir,
}

impl Ground {
    fn get() -> &'static Self {
        static GROUND: OnceLock<Ground> = OnceLock::new();
        GROUND.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            set_mode(folder.path(), 0o755);
            let ground = Self { folder };
            ground.add_programs();
            ground.add_release();
            let host = Path::new(env!("CARGO_BIN_EXE_planning-host"));
            ground.install(host, "rehearsal/planning-host", 0o755);
            for name in REHEARSAL {
                ground.install(&fixture(name), &format!("rehearsal/{name}.so"), 0o644);
            }
            ground
        })
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// The programs and the libraries that they and the command need.
    fn add_programs(&self) {
        for folder in ["base/usr/bin", "base/usr/local", "base/usr/sbin"] {
            make_folder(&self.path(folder));
        }
        let programs: Vec<_> = PROGRAMS.iter().map(|name| found(name)).collect();
        let mut libraries = BTreeSet::new();
        for program in programs.iter().map(PathBuf::as_path).chain([program()]) {
            libraries.extend(needed(program));
        }
        for library in libraries {
            let below = library.strip_prefix("/").unwrap();
            let below = below.strip_prefix("usr").unwrap_or(below);
            let below = format!("base/usr/{}", below.display());
            self.install(&library, &below, 0o755);
        }
        for (name, program) in PROGRAMS.iter().zip(programs) {
            self.install(&program, &format!("base/usr/bin/{name}"), 0o755);
        }
    }

    /// The command, the planners of the workspace, and the examples of deployment.
    fn add_release(&self) {
        self.install(program(), "release/registry", 0o755);
        for planner in PLANNERS {
            let library = shipped(planner);
            let name = library.file_name().unwrap().to_string_lossy();
            self.install(&library, &format!("release/plugins/{name}"), 0o644);
        }
        for entry in std::fs::read_dir(workspace_root().join(HELD)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy();
            self.install(&path, &format!("release/deploy/{name}"), 0o644);
        }
    }

    fn install(&self, from: &Path, below: &str, mode: u32) {
        let to = self.path(below);
        make_folder(to.parent().unwrap());
        std::fs::copy(from, &to).unwrap();
        set_mode(&to, mode);
    }
}

/// A folder that others cannot write, whatever the umask, and those above it.
fn make_folder(path: &Path) {
    if !path.exists() {
        make_folder(path.parent().unwrap());
        std::fs::create_dir(path).unwrap();
        set_mode(path, 0o755);
    }
}

/// Where a program of this machine is.
fn found(program: &str) -> PathBuf {
    let folders = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];
    let mut paths = folders.iter().map(|folder| Path::new(folder).join(program));
    let path = paths.find(|path| path.exists());
    path.unwrap_or_else(|| panic!("documents use {program}, which this machine does not have"))
}

/// The libraries that a program needs, the loader among them, as the loader finds them.
fn needed(program: &Path) -> Vec<PathBuf> {
    let output = Command::new("ldd").arg(program).output().expect("ldd runs");
    let text = String::from_utf8(output.stdout).unwrap();
    let words = text.split_whitespace();
    words
        .filter(|word| word.starts_with('/') && !word.ends_with(':'))
        .map(PathBuf::from)
        .collect()
}
