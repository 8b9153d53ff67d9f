//! Loading a planner for the first time: all of it, its parts, and what peers do with the same file.
//!
//! Each sample is a child process of its own with a copy of its own, since whatever was loaded before makes
//! the next library cheaper or dearer. The kinds take turns, so that other work on the machine meets all of
//! them. Constructing is not among the parts: the planners' constructors do nothing.

#![expect(
    clippy::print_stdout,
    reason = "a benchmark of single samples in children reports by itself"
)]

mod child;

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use xtask::artifacts::{self, Build};

/// The planner that is loaded.
const PLANNER: &str = "structural_planner";

const SAMPLES: usize = 101;

/// The parts of a verified load.
const PARTS: [&str; 5] = ["read", "blake3", "sealed_copy", "dlopen", "layout_check"];

type Failure = Box<dyn Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = std::env::args().collect();
    if let [_, word, kind, file] = arguments.as_slice()
        && word == "child"
    {
        return child::run(kind, Path::new(file));
    }
    let library = build()?;
    let bytes = fs::read(&library)?;
    let mut samples: BTreeMap<String, Vec<u128>> = BTreeMap::new();
    for number in 0..SAMPLES {
        for kind in child::KINDS {
            for (name, nanos) in sample(kind, &bytes, number)? {
                samples.entry(name).or_default().push(nanos);
            }
        }
    }
    report(&samples, bytes.len());
    Ok(())
}

/// The planner built for release, without debug information.
fn build() -> Result<PathBuf, Failure> {
    let built = Build::new(&["--package", PLANNER, "--release"]).run()?;
    let library = &artifacts::find(&built, PLANNER, "cdylib")?.path;
    let small = library.with_extension("stripped");
    let stripped = Command::new("strip")
        .arg("-o")
        .arg(&small)
        .arg(library)
        .status()?;
    if stripped.success() {
        Ok(small)
    } else {
        Err("strip failed".into())
    }
}

/// What one child measured on a copy of its own.
fn sample(kind: &str, bytes: &[u8], number: usize) -> Result<Vec<(String, u128)>, Failure> {
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
    let file = folder.path().join("planner.so");
    fs::write(&file, [bytes, &number.to_le_bytes()].concat())?;
    fs::set_permissions(&file, Permissions::from_mode(0o644))?;
    let child = Command::new(std::env::current_exe()?)
        .args(["child", kind])
        .arg(&file)
        .output()?;
    if !child.status.success() {
        return Err(String::from_utf8_lossy(&child.stderr).into_owned().into());
    }
    let told = String::from_utf8(child.stdout)?;
    let measured = told.lines().filter_map(|line| line.split_once(' '));
    let measured = measured.map(|(name, nanos)| Ok((name.to_owned(), nanos.parse()?)));
    measured.collect()
}

fn report(samples: &BTreeMap<String, Vec<u128>>, size_bytes: usize) {
    let median = |name: &str| -> f64 {
        let mut sorted = samples.get(name).cloned().unwrap_or_default();
        sorted.sort_unstable();
        let nanos = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        f64::from(u32::try_from(nanos).unwrap_or(u32::MAX)) / 1000.0
    };
    println!("load: {size_bytes} bytes, medians of {SAMPLES} children, in µs");
    for name in samples.keys() {
        println!("  {name:16} {:8.1}", median(name));
    }
    let sum: f64 = PARTS.iter().map(|part| median(part)).sum();
    let full = median("verified_load");
    println!("  {:16} {sum:8.1}", "sum of parts");
    println!(
        "  verified_load / sum of parts   {:.2} (limit 1.15)",
        full / sum
    );
    println!(
        "  verified_load / abi_stable     {:.2}",
        full / median("abi_stable")
    );
    println!(
        "  verified_load / bare_dlopen    {:.2}",
        full / median("bare_dlopen")
    );
}
