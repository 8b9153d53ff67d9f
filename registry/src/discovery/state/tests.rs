use std::fs;
use std::os::fd::AsFd as _;
use std::path::PathBuf;

use super::super::identity::FileIdentity;
use super::super::root::stat;
use super::super::testing::{Image, manifest};
use super::*;

/// A directory of plugins whose files are all settled, or all not.
struct Ground {
    folder: tempfile::TempDir,
    request: ScanRequest,
    discovery: Discovery,
}

/// A day after the files were made: whatever changes now must show in their times.
fn tomorrow() -> Timestamp {
    let now = Timestamp::now();
    Timestamp {
        seconds: now.seconds + 86_400,
        ..now
    }
}

impl Ground {
    fn new(deep: bool, clock: fn() -> Timestamp) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ground = Self {
            request: ScanRequest {
                directories: vec![folder.path().to_owned()],
                deep,
                ..ScanRequest::default()
            },
            folder,
            discovery: Discovery {
                clock,
                ..Discovery::default()
            },
        };
        for name in ["one", "two", "three"] {
            ground.plugin(name, name);
        }
        fs::write(ground.path("junk"), "junk").unwrap();
        ground
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(format!("{file}.so"))
    }

    /// Puts a plugin in place by renaming, as one should.
    fn plugin(&self, file: &str, name: &str) {
        let staged = self.folder.path().join("staged");
        fs::write(&staged, Image::new(&manifest(name)).bytes()).unwrap();
        fs::rename(staged, self.path(file)).unwrap();
    }

    fn discover(&mut self) -> Discovered {
        self.discovery.discover(&self.request)
    }

    fn names(discovered: &Discovered) -> Vec<&str> {
        let candidates = discovered.scan.candidates.iter();
        candidates.map(|candidate| candidate.name()).collect()
    }
}

fn files(paths: &[PathBuf]) -> Vec<&str> {
    let stems = paths.iter().filter_map(|path| path.file_stem());
    stems.filter_map(|stem| stem.to_str()).collect()
}

#[test]
fn what_did_not_change_is_not_read_again_and_is_said_to_be_the_same() {
    for deep in [false, true] {
        let mut ground = Ground::new(deep, tomorrow);
        let first = ground.discover();
        assert_eq!(Ground::names(&first), ["one", "three", "two"]);
        assert_eq!((first.read, first.changes.added.len()), (4, 4));
        let second = ground.discover();
        assert_eq!((second.read, second.changes.unchanged), (0, 4));
        assert!(second.changes.is_empty());
        assert!(Arc::ptr_eq(&first.scan, &second.scan));
        assert_eq!(first.fingerprint, second.fingerprint);
    }
}

#[test]
fn changes_are_told_file_by_file() {
    for deep in [false, true] {
        let mut ground = Ground::new(deep, tomorrow);
        let first = ground.discover();
        ground.plugin("two", "second");
        ground.plugin("four", "four");
        fs::remove_file(ground.path("one")).unwrap();
        let second = ground.discover();
        assert_eq!(second.read, 2);
        assert_eq!(files(&second.changes.added), ["four"]);
        assert_eq!(files(&second.changes.changed), ["two"]);
        assert_eq!(files(&second.changes.removed), ["one"]);
        assert_eq!(second.changes.unchanged, 2);
        assert_eq!(Ground::names(&second), ["four", "three", "second"]);
        assert_eq!(first.fingerprint == second.fingerprint, !deep);
        let third = ground.discover();
        assert!(Arc::ptr_eq(&second.scan, &third.scan));
    }
}

#[test]
fn refused_files_are_remembered_too() {
    let mut ground = Ground::new(false, tomorrow);
    ground.discover();
    ground.plugin("junk", "cured");
    let second = ground.discover();
    assert_eq!(
        (second.read, files(&second.changes.changed)),
        (1, vec!["junk"])
    );
    assert_eq!(second.scan.refused.len(), 0);
    assert_eq!(Ground::names(&second), ["cured", "one", "three", "two"]);
}

#[test]
fn a_file_read_soon_after_it_was_written_is_read_again_in_a_deep_scan_only() {
    let mut shallow = Ground::new(false, Timestamp::now);
    shallow.discover();
    assert_eq!(shallow.discover().read, 0);
    let mut deep = Ground::new(true, || Timestamp {
        seconds: 0,
        nanos: 0,
    });
    let first = deep.discover();
    let second = deep.discover();
    assert_eq!((second.read, second.changes.is_empty()), (4, true));
    assert!(Arc::ptr_eq(&first.scan, &second.scan));
    deep.discovery.clock = tomorrow;
    assert_eq!(deep.discover().read, 4);
    assert_eq!(deep.discover().read, 0);
}

#[test]
fn settling_takes_a_tenth_of_a_second() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let stat = stat(file.as_file().as_fd()).unwrap();
    let identity = FileIdentity::of(&stat);
    let last = identity.modified.max(identity.changed);
    let later = |nanos: u32| {
        let nanos = last.nanos + nanos;
        Timestamp {
            seconds: last.seconds + i64::from(nanos / 1_000_000_000),
            nanos: nanos % 1_000_000_000,
        }
    };
    assert!(!identity.is_settled(later(99_999_999)));
    assert!(identity.is_settled(later(100_000_000)));
}

#[test]
fn a_deep_scan_lets_content_decide() {
    let mut ground = Ground::new(true, tomorrow);
    let first = ground.discover();
    ground.plugin("two", "two");
    let second = ground.discover();
    assert_eq!((second.read, &*second.changes.changed), (1, &[][..]));
    assert_eq!(second.changes.unchanged, 4);
    assert_eq!(first.fingerprint, second.fingerprint);
    let identity = |discovered: &Discovered| *discovered.scan.candidates[2].identity();
    assert_ne!(identity(&first), identity(&second));
    assert_eq!(ground.discover().read, 0);
}

#[test]
fn the_fingerprint_is_of_names_and_contents_alone() {
    let fingerprint = |deep, edit: fn(&Ground)| {
        let mut ground = Ground::new(deep, tomorrow);
        edit(&ground);
        ground.discover().fingerprint.to_string()
    };
    let plain = fingerprint(true, |_| {});
    assert_eq!(plain.len(), 64);
    assert_eq!(fingerprint(true, |_| {}), plain);
    assert_eq!(fingerprint(false, |_| {}), "na");
    let renamed = |ground: &Ground| fs::rename(ground.path("one"), ground.path("uno")).unwrap();
    assert_ne!(fingerprint(true, renamed), plain);
    let junk = |ground: &Ground| fs::write(ground.path("junk"), "other").unwrap();
    assert_ne!(fingerprint(true, junk), plain);
}

#[test]
fn a_file_larger_than_the_buffer_is_hashed_whole() {
    let mut ground = Ground::new(true, tomorrow);
    let mut bytes = Image::new(&manifest("large")).bytes();
    bytes.resize((5 << 19) + 3, 7);
    fs::write(ground.path("large"), &bytes).unwrap();
    let discovered = ground.discover();
    let candidate = &discovered.scan.candidates[0];
    assert_eq!(candidate.name(), "large");
    assert_eq!(candidate.digest(), Some(&blake3::hash(&bytes)));
}

#[test]
fn on_request_every_file_is_read_again() {
    let mut ground = Ground::new(true, tomorrow);
    let first = ground.discover();
    ground.request.afresh = true;
    let second = ground.discover();
    assert_eq!((second.read, second.changes.is_empty()), (4, true));
    assert!(Arc::ptr_eq(&first.scan, &second.scan));
}

#[test]
fn another_request_is_answered_from_what_is_remembered() {
    let mut ground = Ground::new(false, tomorrow);
    ground.discover();
    ground.request.excluded.insert("one".to_owned());
    let second = ground.discover();
    assert_eq!((second.read, second.changes.is_empty()), (0, true));
    assert_eq!(Ground::names(&second), ["three", "two"]);
    ground.request.deep = true;
    let deep = ground.discover();
    assert_eq!((deep.read, deep.changes.changed.len()), (4, 0));
    assert!(deep.scan.candidates[0].digest().is_some());
    ground.request.directories.clear();
    let none = ground.discover();
    assert_eq!(
        (none.changes.removed.len(), none.scan.candidates.len()),
        (4, 0)
    );
}

#[test]
fn a_directory_that_goes_and_comes_back_is_noticed() {
    let mut ground = Ground::new(false, tomorrow);
    let inner = ground.folder.path().join("inner");
    ground.request.directories.push(inner.clone());
    assert_eq!(ground.discover().scan.refused.len(), 2);
    fs::create_dir(&inner).unwrap();
    let second = ground.discover();
    assert_eq!(second.scan.refused.len(), 1);
    fs::write(inner.join("README"), "").unwrap();
    let third = ground.discover();
    assert_eq!((third.scan.ignored, third.changes.is_empty()), (2, true));
}

#[test]
fn a_link_is_read_again_only_when_its_target_changes() {
    let mut ground = Ground::new(true, tomorrow);
    std::os::unix::fs::symlink("one.so", ground.path("link")).unwrap();
    assert_eq!(ground.discover().read, 5);
    assert_eq!(ground.discover().read, 0);
    ground.plugin("one", "other");
    let third = ground.discover();
    assert_eq!(
        (third.read, files(&third.changes.changed)),
        (2, vec!["link", "one"])
    );
}

#[test]
fn a_known_file_for_which_there_is_no_time_is_left_out_and_not_said_to_be_gone() {
    let mut ground = Ground::new(false, tomorrow);
    ground.discover();
    ground.plugin("two", "second");
    ground.request.bounds.time_max = Duration::ZERO;
    let hurried = ground.discover();
    assert_eq!(Ground::names(&hurried), ["one", "three"]);
    assert_eq!(hurried.scan.left_out.files, 1);
    assert_eq!(hurried.scan.left_out.listed[0].path, ground.path("two"));
    let changes = &hurried.changes;
    assert_eq!((changes.removed.len(), changes.unchanged), (0, 3));
    ground.request.bounds.time_max = Duration::from_mins(1);
    let next = ground.discover();
    assert_eq!(Ground::names(&next), ["one", "three", "second"]);
    assert_eq!(files(&next.changes.added), ["two"]);
    assert!(next.scan.left_out.is_empty());
}
