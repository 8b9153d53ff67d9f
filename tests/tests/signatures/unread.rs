//! Discovering unchanged signed plugins again reads neither them nor their signatures.

use std::collections::BTreeSet;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{Duration, Instant};

use registry::Registry;
use rustix::fs::inotify::{CreateFlags, Reader, WatchFlags, add_watch, init};

use crate::{Ground, NAME, VERSION, comment, entry, pair};

/// Longest wait for what never fails to come.
const GUARD: Duration = Duration::from_mins(1);

const BOTH: [&str; 2] = ["signed.so", "signed.so.minisig"];

/// Watches which files of a folder are opened or read.
struct Watch(OwnedFd);

impl Watch {
    fn over(folder: &Path) -> Self {
        let watch = init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
        add_watch(&watch, folder, WatchFlags::OPEN | WatchFlags::ACCESS).unwrap();
        Self(watch)
    }

    /// The files that `work` opened or read.
    fn during<R>(&self, work: impl FnOnce() -> R) -> (BTreeSet<String>, R) {
        self.drain();
        let result = work();
        (self.drain(), result)
    }

    fn drain(&self) -> BTreeSet<String> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(&self.0, &mut buffer);
        let mut names = BTreeSet::new();
        while let Ok(event) = reader.next() {
            let name = event.file_name();
            names.extend(name.map(|name| name.to_str().unwrap().to_owned()));
        }
        names
    }

    /// Discovers until nothing is read any more: files made a moment ago may change once more without their
    /// times showing it.
    fn discover_until_quiet(&self, registry: &Registry) {
        let begun = Instant::now();
        while !self.during(|| registry.discover().unwrap()).0.is_empty() {
            assert!(
                begun.elapsed() < GUARD,
                "unchanged files are read again and again"
            );
        }
    }
}

fn all(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn what_is_unchanged_is_listed_by_its_state_and_read_when_it_counts() {
    let (ours, theirs, ground) = (pair(), pair(), Ground::new());
    ground.trust(&[entry("ours", &ours.pk.to_base64())]);
    ground.sign(&ours, &comment(NAME, VERSION));
    let watch = Watch::over(ground.plugins.path());
    let registry = Registry::builder()
        .plugin_dir(ground.plugins.path())
        .allow([NAME])
        .set("trust.trusted_keys", ground.keys_file())
        .set("trust.require_signature", "1")
        .build()
        .unwrap();
    let rejected = || {
        let rejected = &registry.discover().unwrap().rejected;
        rejected
            .iter()
            .map(|own| own.refusal.code())
            .collect::<Vec<_>>()
    };
    let (read, report) = watch.during(|| registry.discover().unwrap());
    assert_eq!((read, report.rejected.len()), (all(&BOTH), 0));
    watch.discover_until_quiet(&registry);
    assert_eq!(watch.during(rejected), (all(&[]), Vec::new()));

    // Who asks what would run has it read.
    let (read, verified) = watch.during(|| registry.verify(NAME));
    assert_eq!(
        (read, verified.unwrap().planner.as_str()),
        (all(&BOTH), NAME)
    );

    // Another signature is read, with what it is to be a signature of.
    ground.sign(&theirs, &comment(NAME, VERSION));
    assert_eq!(watch.during(rejected), (all(&BOTH), vec!["E_KEY_UNKNOWN"]));
    watch.discover_until_quiet(&registry);
    assert_eq!(watch.during(rejected), (all(&[]), vec!["E_KEY_UNKNOWN"]));
    std::fs::remove_file(ground.signature()).unwrap();
    let plugin = all(&BOTH[..1]);
    assert_eq!(
        watch.during(rejected),
        (plugin, vec!["E_SIGNATURE_MISSING"])
    );
    ground.sign(&ours, &comment(NAME, VERSION));
    assert_eq!(watch.during(rejected), (all(&BOTH), Vec::new()));
}

/// The key's time and what it may sign are no matter of the file's state.
#[test]
fn a_remembered_signature_does_not_outlive_its_key() {
    let (ours, ground) = (pair(), Ground::new());
    let public = ours.pk.to_base64();
    ground.trust(&[entry("ours", &public)]);
    ground.sign(&ours, &comment(NAME, VERSION));
    let lock = ground.aside.file("plugins.lock");
    let registry = Registry::builder()
        .plugin_dir(ground.plugins.path())
        .allow([NAME])
        .set("trust.trusted_keys", ground.keys_file())
        .set("trust.require_signature", "1")
        .set("trust.lock_file", &lock)
        .build()
        .unwrap();
    let found = registry.lockable(ground.plugin()).unwrap();
    let watch = Watch::over(ground.plugins.path());
    watch.discover_until_quiet(&registry);
    let mut revoking = registry::Lock::default();
    revoking.add(&found.name, &found.version, found.digest);
    assert!(revoking.revoke(&public));
    revoking.write(&lock).unwrap();
    let (read, report) = watch.during(|| registry.discover().unwrap());
    let codes: Vec<_> = report
        .rejected
        .iter()
        .map(|own| own.refusal.code())
        .collect();
    assert_eq!((read, codes), (all(&[]), vec!["E_KEY_REVOKED"]));
}
