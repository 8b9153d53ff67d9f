//! Somebody who never leaves a file alone.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use tests::set_mode;

/// What is put behind a good build.
pub(crate) const MORE: &[u8] = b"more than the linker wrote";

/// What somebody does to a plugin's file.
pub(crate) struct Vandal {
    path: PathBuf,
    builds: [Vec<u8>; 2],
}

impl Vandal {
    pub(crate) fn new(path: PathBuf, builds: [Vec<u8>; 2]) -> Self {
        Self { path, builds }
    }

    /// Goes on until it is told to stop; how much was done.
    pub(crate) fn run(&self, done: &AtomicBool) -> usize {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut deeds = 0;
        while !done.load(Ordering::Relaxed) {
            // An xorshift: any order will do, as long as it is no circle of a few deeds.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            self.act(state);
            deeds += 1;
        }
        deeds
    }

    fn act(&self, chance: u64) {
        let good = &self.builds[usize::from(chance & 8 != 0)];
        let len = good.len() as u64;
        match chance % 8 {
            0..=2 => self.replace(good),
            3 => self.replace(&good[..usize::try_from(chance % len).unwrap()]),
            4 => self.open(|file| file.write_all_at(good, 0).unwrap()),
            5 => self.open(|file| file.set_len(chance % len).unwrap()),
            6 => self.replace(&[good, MORE].concat()),
            _ => {
                // Rewrites in place: empties the file, then fills it in parts.
                self.open(|mut file| {
                    file.set_len(0).unwrap();
                    for part in good.chunks(64 << 10) {
                        file.write_all(part).unwrap();
                    }
                });
            }
        }
        if chance % 64 == 9 {
            // Gone for a moment, and a link to itself for another.
            fs::remove_file(&self.path).unwrap();
            let _ = std::os::unix::fs::symlink(&self.path, &self.path);
            let _ = fs::remove_file(&self.path);
        }
    }

    fn replace(&self, bytes: &[u8]) {
        let staged = self.path.with_extension("new");
        fs::write(&staged, bytes).unwrap();
        set_mode(&staged, 0o644);
        fs::rename(staged, &self.path).unwrap();
    }

    /// Changes the very file that may be being read.
    fn open(&self, change: impl FnOnce(File)) {
        if let Ok(file) = File::options().write(true).open(&self.path) {
            change(file);
        }
    }
}
