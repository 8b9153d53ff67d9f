//! What was checked is what runs, whatever somebody does to the file meanwhile.
//!
//! One thread writes over, cuts, lengthens, swaps and replaces a plugin's file as fast as it can, another
//! one finds and loads it. Each good build says its own name, so that code can be held against the digest
//! of the bytes that were judged.

mod vandal;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use registry::{GetError, Registry};
use tests::{NAMES_ITS_BUILD, PluginFolder, name_of_build, named_build, set_mode};
use vandal::Vandal;

const ROUNDS: usize = 10_000;

/// How many rounds pass before generations of the catalog are freed.
const ROUNDS_KEPT: usize = 100;

/// Refusals that a file can meet which somebody is writing to: of the reader, of trust, and of whoever is
/// asked for a planner that was not found.
const EXPECTED: [&str; 16] = [
    "E_ABSENT",
    "E_BAD_DYNAMIC",
    "E_BAD_SECTION",
    "E_BAD_SEGMENT",
    "E_CHANGING",
    "E_DYNAMIC_DISAGREES",
    "E_MALFORMED",
    "E_MANIFEST_SYNTAX",
    "E_MISSING",
    "E_NOT_A_LIBRARY",
    "E_NO_MANIFEST",
    "E_READ",
    "E_REPLACED",
    "E_TRUNCATED",
    "E_VANISHED",
    "E_WRITABLE_CODE",
];

#[test]
fn in_ten_thousand_rounds_no_byte_runs_that_was_not_verified() {
    let builds = ["first build", "second build"];
    let files = builds.map(named_build);
    // What each digest answers; a good build with bytes after its end is another file with the same code.
    let longer = builds.map(|build| [&named_build(build)[..], vandal::MORE].concat());
    let answers: BTreeMap<String, &str> = files
        .iter()
        .chain(&longer)
        .zip(builds.iter().chain(&builds))
        .map(|(bytes, build)| (blake3::hash(bytes).to_hex().to_string(), *build))
        .collect();

    let folder = PluginFolder::new().with_file("names_its_build.so", &files[0]);
    let path = folder.file("names_its_build.so");
    set_mode(&path, 0o644);
    let mut registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow([NAMES_ITS_BUILD])
        .build()
        .unwrap();
    let done = AtomicBool::new(false);
    let mut ran: BTreeMap<&str, usize> = BTreeMap::new();
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    let vandal = Vandal::new(path, files);
    thread::scope(|scope| {
        let vandal = scope.spawn(|| vandal.run(&done));
        let stop = Stop(&done);
        for round in 0..ROUNDS {
            match outcome(&registry) {
                Ok(digest) => {
                    let build = name_of_build(&registry);
                    assert_eq!(
                        answers.get(&digest),
                        Some(&&*build),
                        "round {round}: {digest}"
                    );
                    let known = builds.into_iter().find(|known| *known == build).unwrap();
                    *ran.entry(known).or_default() += 1;
                }
                Err(code) => *refused.entry(code).or_default() += 1,
            }
            if round % ROUNDS_KEPT == 0 {
                assert!(registry.compact());
            }
        }
        drop(stop);
        assert!(
            vandal.join().unwrap() > ROUNDS / 10,
            "the file was left alone"
        );
    });
    for code in refused.keys() {
        assert!(EXPECTED.contains(code), "{code} in {refused:?}");
    }
    // Both builds ran, and both ways to end a round were taken.
    assert_eq!(
        ran.keys().copied().collect::<Vec<_>>(),
        builds,
        "{refused:?}"
    );
    assert!(!refused.is_empty());
}

/// Tells the other thread to stop, also when this one panics.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Finds and loads anew; the digest of what runs, or the code of the refusal.
fn outcome(registry: &Registry) -> Result<String, &'static str> {
    registry.reload().unwrap();
    let told = |error: GetError| error.code();
    let planner = registry.get(NAMES_ITS_BUILD).map_err(told)?;
    Ok(planner.digest().unwrap())
}
