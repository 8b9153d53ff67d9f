//! What a process holds on to when it loads one new build after the other.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use registry::Registry;
use tests::{NAMES_ITS_BUILD, PluginFolder, name_of_build, named_build};

/// Set for the child that has few descriptors.
const CHILD: &str = "MAPPED_FOR_GOOD_CHILD";

const GENERATIONS: usize = 1000;

/// How many libraries keep their descriptor.
const DESCRIPTORS_KEPT: usize = 64;

/// What a process holds: descriptors, threads, and its mappings by whether they are of a library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Holding {
    descriptors: usize,
    threads: usize,
    of_libraries: usize,
    other: usize,
}

impl Holding {
    fn now() -> Self {
        let entries = |path| fs::read_dir(path).unwrap().count();
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let is_library = |line: &&str| line.contains("/memfd:names_its_build");
        let of_libraries = maps.lines().filter(is_library).count();
        Self {
            descriptors: entries("/proc/self/fd"),
            threads: lasting_threads(),
            of_libraries,
            other: maps.lines().count() - of_libraries,
        }
    }
}

/// How many threads there are once those have ended that shut a replaced planner down or save events.
fn lasting_threads() -> usize {
    let begun = Instant::now();
    loop {
        let tasks = fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.map(|task| fs::read_to_string(task.unwrap().path().join("comm")));
        // One that has just ended has no name any more.
        let names: Vec<_> = names.map(Result::unwrap_or_default).collect();
        let passing = |name: &String| name.is_empty() || name.starts_with("registry-");
        if !names.iter().any(passing) {
            return names.len();
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "{names:?}");
        thread::yield_now();
    }
}

fn replace(folder: &PluginFolder, build: &str) {
    let staged = folder.file("new");
    fs::write(&staged, named_build(build)).unwrap();
    tests::set_mode(&staged, 0o644);
    fs::rename(staged, folder.file("names_its_build.so")).unwrap();
}

fn load(registry: &Registry, folder: &PluginFolder, generation: usize) {
    let build = format!("generation {generation}");
    replace(folder, &build);
    registry.discover().unwrap();
    assert_eq!(name_of_build(registry), build);
}

/// Private folders that this process left behind.
fn leftovers() -> usize {
    let own = format!("registry-{}-", std::process::id());
    let places = ["/dev/shm", "/tmp", "/var/tmp"];
    let entries = places
        .iter()
        .filter_map(|place| fs::read_dir(place).ok())
        .flatten();
    entries
        .filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with(&own)
        })
        .count()
}

#[test]
fn a_thousand_generations_load_under_256_descriptors_and_nothing_but_their_mappings_grows() {
    if std::env::var_os(CHILD).is_none() {
        let name = "a_thousand_generations_load_under_256_descriptors_and_nothing_but_their_mappings_grows";
        let child = Command::new("sh")
            .args(["-c", "ulimit -n 256 && exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", name, "--nocapture", "--test-threads", "1"])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&child.stdout);
        let error = String::from_utf8_lossy(&child.stderr);
        assert!(child.status.success(), "{told}{error}");
        assert!(told.contains("1 passed"), "{told}");
        return;
    }
    let folder = PluginFolder::new();
    let registry = Registry::builder()
        .plugin_dir(folder.path())
        .allow([NAMES_ITS_BUILD])
        .build()
        .unwrap();
    for generation in 0..DESCRIPTORS_KEPT {
        load(&registry, &folder, generation);
    }
    let half_full = Holding::now();
    for generation in DESCRIPTORS_KEPT..GENERATIONS {
        load(&registry, &folder, generation);
    }
    let full = Holding::now();

    let size = named_build("any").len() as u64;
    let mapped = registry.diagnose().unwrap().loading.mapped;
    assert_eq!(
        (mapped.libraries, mapped.bytes, mapped.descriptors),
        (GENERATIONS, GENERATIONS as u64 * size, DESCRIPTORS_KEPT)
    );
    assert_eq!(full.descriptors, half_full.descriptors);
    assert_eq!(full.threads, half_full.threads);
    // Each library has the same number of mappings from its copy, and at most its zeroed data beside them.
    assert_eq!(half_full.of_libraries % DESCRIPTORS_KEPT, 0);
    let each = half_full.of_libraries / DESCRIPTORS_KEPT;
    assert_eq!(full.of_libraries, each * GENERATIONS);
    let more = full.other - half_full.other;
    let loaded = GENERATIONS - DESCRIPTORS_KEPT;
    assert!(
        more <= loaded + 64,
        "{more} other mappings for {loaded} libraries"
    );
    assert_eq!(leftovers(), 0);
    // What was mapped first still runs its own code.
    load(&registry, &folder, 0);
    assert_eq!(
        registry.diagnose().unwrap().loading.mapped.libraries,
        GENERATIONS
    );
}
