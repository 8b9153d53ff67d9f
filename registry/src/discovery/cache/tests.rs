use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::super::testing::{Image, manifest};
use super::super::{Discovered, Discovery, ScanRequest};
use super::*;

mod sharing;

/// A directory of plugins, and a folder for the cache.
struct Ground {
    folder: tempfile::TempDir,
    request: ScanRequest,
}

impl Ground {
    fn new(plugins: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ground = Self {
            request: ScanRequest {
                directories: vec![folder.path().join("plugins")],
                ..ScanRequest::default()
            },
            folder,
        };
        fs::create_dir(&ground.request.directories[0]).unwrap();
        for number in 0..plugins {
            ground.plugin(&format!("planner{number:03}"));
        }
        fs::write(ground.request.directories[0].join("junk.so"), "junk").unwrap();
        ground
    }

    fn plugin(&self, name: &str) {
        let image = Image::new(&manifest(name))
            .named(1, "libc.so.6")
            .named(14, "lib.so");
        let path = self.request.directories[0].join(format!("{name}.so"));
        fs::write(path, image.bytes()).unwrap();
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    /// The one cache file.
    fn file(&self) -> PathBuf {
        let entries = fs::read_dir(self.cache()).unwrap();
        let paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        assert_eq!(paths.len(), 1, "{paths:?}");
        paths[0].clone()
    }

    /// What a new process would find.
    fn discover(&self) -> Discovered {
        Discovery::with_cache(self.cache()).discover(&self.request)
    }
}

fn problem(discovered: &Discovered) -> Option<&'static str> {
    discovered
        .cache_problem
        .as_ref()
        .map(|problem| problem.code())
}

#[test]
fn a_new_process_reads_only_what_changed() {
    let ground = Ground::new(300);
    let first = ground.discover();
    assert_eq!((first.read, problem(&first)), (301, None));
    let second = ground.discover();
    // What was refused is not kept.
    assert_eq!((second.read, problem(&second)), (1, None));
    let all = |discovered: &Discovered| format!("{:?}", discovered.scan.candidates);
    assert_eq!(all(&second), all(&first));
    let written = || fs::metadata(ground.file()).unwrap().modified().unwrap();
    let before = written();
    ground.discover();
    assert_eq!(written(), before);
    ground.plugin("planner007");
    ground.plugin("another");
    let third = ground.discover();
    assert_eq!((third.read, third.scan.candidates.len()), (3, 301));
    assert_eq!(ground.discover().read, 1);
}

#[test]
fn a_file_configured_by_its_own_path_keeps_that_path() {
    let mut ground = Ground::new(1);
    let file = ground.request.directories[0].join("planner000.so");
    ground.request.directories.clear();
    ground.request.manual = vec![file.clone()];
    for read in [1, 0] {
        let discovered = ground.discover();
        assert_eq!((discovered.read, problem(&discovered)), (read, None));
        let candidate = &discovered.scan.candidates[0];
        assert_eq!((candidate.path(), candidate.directory()), (&*file, &*file));
    }
}

#[test]
fn a_deep_cache_keeps_digests_and_gives_the_same_fingerprint() {
    let mut ground = Ground::new(3);
    ground.request.deep = true;
    let first = ground.discover();
    let second = ground.discover();
    assert_eq!(first.fingerprint, second.fingerprint);
    let digests = |discovered: &Discovered| {
        let candidates = discovered.scan.candidates.iter();
        candidates
            .map(|candidate| candidate.digest().copied())
            .collect::<Vec<_>>()
    };
    assert_eq!(digests(&first), digests(&second));
}

#[test]
fn the_cache_is_for_this_user_alone() {
    let ground = Ground::new(1);
    ground.discover();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(&ground.cache()), mode(&ground.file())),
        (0o700, 0o600)
    );
}

/// Spoils the cache file, and expects one complaint, a whole discovery and a sound cache after it.
fn spoilt(spoil: impl Fn(&Path), code: &str) {
    let ground = Ground::new(2);
    ground.discover();
    let file = ground.file();
    spoil(&file);
    let second = ground.discover();
    assert_eq!((problem(&second), second.read), (Some(code), 3));
    assert_eq!(second.scan.candidates.len(), 2);
    let third = ground.discover();
    assert_eq!((problem(&third), third.read), (None, 1));
    // Beside what the spoiling itself may have put there.
    let own = file.file_name().unwrap().to_str().unwrap();
    let entries = fs::read_dir(ground.cache()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let kept: BTreeSet<_> = names.filter(|name| name.starts_with(own)).collect();
    assert_eq!(kept, BTreeSet::from([own.to_owned(), format!("{own}.bad")]));
}

#[test]
fn what_is_wrong_with_a_cache_is_said_once_and_it_is_rebuilt() {
    let edit = |change: fn(&mut Vec<u8>)| {
        move |file: &Path| {
            let mut bytes = fs::read(file).unwrap();
            change(&mut bytes);
            fs::write(file, bytes).unwrap();
        }
    };
    spoilt(
        edit(|bytes| bytes.truncate(bytes.len() / 2)),
        "E_CACHE_CORRUPT",
    );
    spoilt(edit(|bytes| bytes.push(0)), "E_CACHE_CORRUPT");
    spoilt(edit(|bytes| bytes[100] ^= 1), "E_CACHE_CORRUPT");
    spoilt(edit(|bytes| bytes.truncate(30)), "E_CACHE_FOREIGN");
    spoilt(edit(Vec::clear), "E_CACHE_FOREIGN");
    spoilt(
        edit(|bytes| *bytes = b"something else".to_vec()),
        "E_CACHE_FOREIGN",
    );
    spoilt(edit(|bytes| bytes[25] = b'1'), "E_CACHE_FOREIGN");
    let writable = |file: &Path| {
        fs::set_permissions(file, fs::Permissions::from_mode(0o622)).unwrap();
    };
    spoilt(writable, "E_CACHE_NOT_OURS");
    let link = |file: &Path| {
        fs::rename(file, file.with_file_name("elsewhere")).unwrap();
        symlink("elsewhere", file).unwrap();
    };
    spoilt(link, "E_CACHE_IO");
}

#[test]
fn a_sound_checksum_over_nonsense_is_corrupt() {
    let whole = format::encode(&Memories::new());
    assert_eq!(format::decode(&whole).map(|memories| memories.len()), Ok(0));
    let header = whole.len() - 8;
    for body in [&[1; 8][..], &[1, 0, 0, 0, 0, 0, 0, 0], &[0; 9], &[]] {
        let mut bytes = whole[..header].to_vec();
        let hash = header - 32;
        bytes[hash..].copy_from_slice(blake3::hash(body).as_bytes());
        bytes.extend_from_slice(body);
        let decoded = format::decode(&bytes).map(|memories| memories.len());
        assert_eq!(decoded, Err(format::Unreadable::Corrupt), "{body:?}");
    }
}

#[test]
fn a_folder_that_others_can_write_is_not_used() {
    let ground = Ground::new(1);
    fs::create_dir(ground.cache()).unwrap();
    fs::set_permissions(ground.cache(), fs::Permissions::from_mode(0o777)).unwrap();
    let discovered = ground.discover();
    assert_eq!(problem(&discovered), Some("E_CACHE_NOT_OURS"));
    assert_eq!(discovered.scan.candidates.len(), 1);
    assert_eq!(fs::read_dir(ground.cache()).unwrap().count(), 0);
}

#[test]
fn what_a_killed_writer_left_is_removed_and_caches_are_few() {
    let ground = Ground::new(1);
    ground.discover();
    let old = std::time::SystemTime::now() - std::time::Duration::from_mins(2);
    let make = |name: String, modified| {
        let file = fs::File::create(ground.cache().join(name)).unwrap();
        file.set_modified(modified).unwrap();
    };
    make(".discovery-x.1.tmp".to_owned(), old);
    make(
        ".discovery-x.2.tmp".to_owned(),
        std::time::SystemTime::now(),
    );
    (0..100).for_each(|number| make(format!("discovery-{number}"), old));
    ground.plugin("more");
    ground.discover();
    let left = fs::read_dir(ground.cache()).unwrap().count();
    assert_eq!(left, 64 + 1);
    assert_eq!(ground.discover().read, 1);
}
