//! Loading a planner for the first time: all of it, its parts, and what peers do with the same file.
//!
//! Each sample is a child process of its own with a copy of its own, since whatever was loaded before makes
//! the next library cheaper or dearer. The kinds take turns, so that other work on the machine meets all of
//! them. Parts are done the cheapest way there is to do them alone.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark of single samples in children reports by itself"
)]

mod child;
mod parts;
mod peers;
mod report;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use child::Kind;
use report::{Figure, Samples};
use tempfile::TempDir;
use xtask::artifacts::{self, Build};

/// The planner that is loaded, an example of `plugin-api`. It declares no self-test: that would be the
/// planner's own work, in the load and in none of its parts.
const PLANNER: &str = "release_planner";

/// The package of stabby's counterpart of a plugin.
const STABBY_PLUGIN: &str = "stabby_plugin";

const SAMPLES: usize = 101;

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().collect();
    if let [_, word, kind, file] = arguments.as_slice()
        && word == "child"
    {
        return Kind::of(kind)?.run(Path::new(file));
    }
    let rounds = if arguments.iter().any(|own| own == "--test") {
        1
    } else {
        SAMPLES
    };
    let libraries = Libraries::build()?;
    let mut samples = Samples::new();
    for number in 0..rounds {
        for kind in Kind::ALL {
            let ground = Ground::new(libraries.of(kind), number)?;
            if kind.needs_memory() {
                ground.child(kind)?;
            }
            for (name, figure) in ground.child(kind)? {
                samples.entry(name).or_default().push(figure);
            }
        }
    }
    report::print(&samples, libraries.planner.len(), libraries.stabby.len());
    Ok(())
}

/// The bytes that are loaded, built for release, without debug information.
struct Libraries {
    planner: Vec<u8>,
    stabby: Vec<u8>,
}

impl Libraries {
    fn build() -> Result<Self, Failure> {
        let planner = ["--package", "plugin-api", "--example", PLANNER, "--release"];
        let planner = Build::new(&planner).run()?;
        let stabby = Build::new(&["--package", STABBY_PLUGIN, "--release"]).run()?;
        Ok(Self {
            planner: stripped(&artifacts::find(&planner, PLANNER, "example")?.path)?,
            stabby: stripped(&artifacts::find(&stabby, STABBY_PLUGIN, "cdylib")?.path)?,
        })
    }

    fn of(&self, kind: Kind) -> &[u8] {
        if kind.is_of_stabby() {
            &self.stabby
        } else {
            &self.planner
        }
    }
}

fn stripped(library: &Path) -> Result<Vec<u8>, Failure> {
    let folder = tempfile::tempdir()?;
    let small = folder.path().join("stripped");
    let status = Command::new("strip")
        .arg("-o")
        .arg(&small)
        .arg(library)
        .status()?;
    if status.success() {
        Ok(fs::read(&small)?)
    } else {
        Err("strip failed".into())
    }
}

/// Where one sample is taken: a plugin folder with one copy, and a place for a state folder.
struct Ground {
    folder: TempDir,
    file: PathBuf,
}

impl Ground {
    /// A fresh copy, which the sample's number sets apart from all others.
    fn new(bytes: &[u8], number: usize) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let plugins = folder.path().join("plugins");
        fs::create_dir(&plugins)?;
        fs::set_permissions(&plugins, Permissions::from_mode(0o755))?;
        let file = plugins.join("planner.so");
        fs::write(&file, [bytes, &number.to_le_bytes()].concat())?;
        fs::set_permissions(&file, Permissions::from_mode(0o644))?;
        Ok(Self { folder, file })
    }

    /// What one child measured.
    fn child(&self, kind: Kind) -> Result<BTreeMap<String, Figure>, Failure> {
        let child = Command::new(std::env::current_exe()?)
            .env_clear()
            .current_dir(self.folder.path())
            .args(["child", kind.word()])
            .arg(&self.file)
            .output()?;
        if !child.status.success() {
            return Err(String::from_utf8_lossy(&child.stderr).into_owned().into());
        }
        let told = String::from_utf8(child.stdout)?;
        told.lines().map(Figure::parse).collect()
    }
}
