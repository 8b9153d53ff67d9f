//! Thousands of real libraries of 50 to 400 KB, each with a manifest of its own.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Sizes of the read-only data of the libraries.
const SIZES: [usize; 8] = [35, 85, 135, 185, 235, 285, 335, 385];

/// The part of the manifest that differs from file to file.
const NUMBER: &str = "00000";

pub(crate) const MANIFEST: &str = concat!(
    r#"{"schema":1,"name":"planner_00000","version":"1.2.3","api":{"major":1,"minor":0},"#,
    r#""build":{"rustc":"rustc 1.95.0 (59807616e 2026-04-14)","profile":"release","panic":"unwind"},"#,
    r#""description":"Orders work bottom-up over the layers of a dependency graph.","#,
    r#""capabilities":["structural","deep_index"],"tags":["graph"],"tier":"stable","#,
    r#""production_ready":true,"reliability":0.9,"risk_rating":"low","self_test":true,"#,
    r#""permissions":[]}"#
);

/// A directory of libraries.
pub(crate) struct Ground {
    folder: tempfile::TempDir,
    files: usize,
    replaced: Cell<u64>,
}

impl Ground {
    pub(crate) fn new(files: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let templates = SIZES.map(template);
        for number in 0..files {
            let template = &templates[number % templates.len()];
            fs::write(path(folder.path(), number), numbered(template, number)).unwrap();
        }
        Self {
            folder,
            files,
            replaced: Cell::new(0),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn files(&self) -> usize {
        self.files
    }

    /// The paths of all files, in the order of the directory.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path()).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// Puts another file of the same content in the place of one.
    pub(crate) fn replace_one(&self) {
        let number = usize::try_from(self.replaced.get()).unwrap() * 97 % self.files;
        self.replaced.set(self.replaced.get() + 1);
        let target = path(self.path(), number);
        let staged = self.path().join("staged");
        fs::copy(&target, &staged).unwrap();
        fs::rename(staged, target).unwrap();
    }
}

fn path(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("libplanner_{number:05}.so"))
}

/// Compiles a library with so many KB of read-only data.
fn template(kilobytes: usize) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (code, library) = (folder.path().join("x.c"), folder.path().join("x.so"));
    let source = format!(
        "__attribute__((section(\".planner_manifest\"), used)) static const char m[] = {MANIFEST:?};\n\
         __attribute__((used)) static const unsigned blob[{}] = {{ [0 ... {}] = 0x9e3779b9u }};\n\
         const char *metadata(void) {{ return m; }}\n",
        kilobytes * 256,
        kilobytes * 256 - 1,
    );
    fs::write(&code, source).unwrap();
    let status = Command::new("gcc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .args([&library, &code])
        .status()
        .expect("gcc builds the libraries");
    assert!(status.success());
    fs::read(library).unwrap()
}

fn numbered(template: &[u8], number: usize) -> Vec<u8> {
    let mut library = template.to_vec();
    let name = format!("planner_{NUMBER}").into_bytes();
    let at = library
        .windows(name.len())
        .position(|part| part == name)
        .unwrap();
    let digits = at + name.len() - NUMBER.len();
    library[digits..][..NUMBER.len()].copy_from_slice(format!("{number:05}").as_bytes());
    library
}
