//! The names of planners whose files are examined before any bound applies.
//!
//! Every file of every pass is asked for here, so that asking must not cost more with more names.

use std::collections::{BTreeSet, HashSet};

use foldhash::fast::RandomState;

/// Names of planners, as their files are called.
#[derive(Debug, Default)]
pub(super) struct First {
    /// With `_` for each `-`.
    names: HashSet<Box<[u8]>, RandomState>,
    len_max: usize,
}

impl First {
    pub(super) fn new(names: &BTreeSet<String>) -> Self {
        let names = names.iter().map(|name| name.bytes().map(plain).collect());
        let names: HashSet<Box<[u8]>, RandomState> = names.collect();
        let len_max = names.iter().map(|name| name.len()).max().unwrap_or(0);
        Self { names, len_max }
    }

    /// Whether a file of this name is called after one of them.
    pub(super) fn holds(&self, file: &[u8]) -> bool {
        let (stem, bare) = stems(file);
        // What is longer than every name with `lib` before it is called after none.
        if self.names.is_empty() || bare.len() > self.len_max {
            return false;
        }
        let stem: Vec<u8> = stem.iter().copied().map(plain).collect();
        self.names.contains(&*stem) || self.names.contains(&stem[stem.len() - bare.len()..])
    }
}

/// Whether a file is called after the planner `name`: `NAME.so` or `libNAME.so`.
pub(crate) fn is_called(name: &str, file: &[u8]) -> bool {
    let (stem, bare) = stems(file);
    alike(name, stem) || alike(name, bare)
}

/// A file's name without its ending, and the same without `lib`.
fn stems(file: &[u8]) -> (&[u8], &[u8]) {
    let stem = file.strip_suffix(b".so").unwrap_or(file);
    (stem, stem.strip_prefix(b"lib").unwrap_or(stem))
}

fn alike(name: &str, stem: &[u8]) -> bool {
    let stem = stem.iter().copied();
    name.len() == stem.len() && name.bytes().map(plain).eq(stem.map(plain))
}

/// Compilers turn `-` into `_` in file names.
fn plain(byte: u8) -> u8 {
    if byte == b'-' { b'_' } else { byte }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_after_a_planner_with_or_without_lib_and_with_either_dash() {
        let names = ["my-planner", "other_one", "lib", "library"];
        let first = First::new(&names.map(str::to_owned).into());
        for (file, called) in [
            ("my-planner.so", true),
            ("my_planner.so", true),
            ("libmy_planner.so", true),
            ("libmy-planner", true),
            ("libother-one.so", true),
            ("lib.so", true),
            ("liblib.so", true),
            ("library.so", true),
            ("liblibrary.so", true),
            ("liblibmy_planner.so", false),
            ("my_planners.so", false),
            ("My_planner.so", false),
            ("my_planner.so.1", false),
            (".so", false),
            ("rary.so", false),
            ("", false),
        ] {
            assert_eq!(first.holds(file.as_bytes()), called, "{file}");
            let by_one = |name: &&str| is_called(name, file.as_bytes());
            assert_eq!(names.iter().any(by_one), called, "{file}");
        }
        assert!(!First::new(&BTreeSet::new()).holds(b".so"));
    }
}
