//! How often a plugin is tried, and how many are at once. A conductor watches the children of this
//! process, and tells each of them by a file how it is to end.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use plugin_api::{API_VERSION, PlanRequest};
use registry::config::Config;
use registry::diagnose::Verdict;
use registry::{EventKind, ProbeCause, Registry};
use tempfile::TempDir;
use tests::{PluginFolder, fixture, manifest_source, set_mode};

use super::{builder, failure, found, state, verdict};

/// Where children find their orders; they have users of their own.
fn ground() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    set_mode(folder.path(), 0o755);
    folder
}

fn order(ground: &Path, pid: u32, what: &str) {
    fs::write(ground.join(format!("{pid}.{what}")), "").unwrap();
}

/// The children of this process that serve the planner `name`.
fn children(name: &str) -> BTreeSet<u32> {
    let own = format!("PPid:\t{}", std::process::id());
    let serves = |folder: &PathBuf| {
        let line = fs::read(folder.join("cmdline")).unwrap_or_default();
        let status = fs::read_to_string(folder.join("status")).unwrap_or_default();
        line.starts_with(b"registry-worker\0")
            && line.ends_with(format!("\0{name}\0").as_bytes())
            && status.lines().any(|line| line == own)
    };
    let entries = fs::read_dir("/proc").unwrap();
    let folders = entries.map(|entry| entry.unwrap().path());
    let found = folders.filter(serves);
    found
        .filter_map(|folder| folder.file_name()?.to_str()?.parse().ok())
        .collect()
}

/// Does `work`, while `look` is called again and again.
fn meanwhile<R: Send>(work: impl FnOnce() -> R + Send, mut look: impl FnMut()) -> R {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let working = scope.spawn(|| {
            let done = work();
            over.store(true, Ordering::Release);
            done
        });
        while !over.load(Ordering::Acquire) && !working.is_finished() {
            look();
            thread::yield_now();
        }
        working.join().unwrap()
    })
}

/// A registry with the planner that is conducted; it has so many seconds.
fn conducted(folder: &PluginFolder, ground: &Path, state: &Path, secs: &str) -> Registry {
    let text = format!(
        "[planners.is_conducted.config]\nfolder = \"{}\"\n",
        ground.display()
    );
    let file = folder.file("registry.toml");
    fs::write(&file, text).unwrap();
    set_mode(&file, 0o644);
    builder(folder, "is_conducted", state)
        .sources(Config::loader().file(&file))
        .set("isolation.self_test_timeout", secs)
        .build()
        .inspect(|registry| registry.ensure_discovered().unwrap())
        .unwrap()
}

/// Asks for the planner, and has each child in its turn end as the orders say; with it the number of
/// children.
fn ask(registry: &Registry, ground: &Path, orders: &[&str]) -> usize {
    // The tests share one process, and its children are told apart by their planner.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock();
    let mut seen = BTreeSet::new();
    let asking = || {
        let _outcome = registry.get("is_conducted");
    };
    meanwhile(asking, || {
        for pid in children("is_conducted") {
            if seen.insert(pid) {
                let what = orders.get(seen.len() - 1).unwrap_or(&"nothing");
                order(ground, pid, what);
            }
        }
    });
    seen.len()
}

fn conducted_folder(mark: &str) -> PluginFolder {
    PluginFolder::new().with_own(&fixture("is_conducted"), mark)
}

#[test]
fn what_crashes_once_and_passes_then_is_flaky_and_refused() {
    let (ground, state) = (ground(), state());
    let folder = conducted_folder("flaky");
    let registry = conducted(&folder, ground.path(), state.path(), "60");
    assert_eq!(ask(&registry, ground.path(), &["crash", "pass"]), 2);
    let failed = failure(&registry, "is_conducted");
    assert_eq!(
        (failed.stage, found(&failed), failed.flaky),
        ("self-test", "E_WORKER_CRASH", true)
    );
    assert_eq!(
        failed.to_string(),
        "its probe failed during the self-test, and went well the second time"
    );
    let explanation = registry.explain("is_conducted").unwrap();
    let (refused, evidence) = verdict(&explanation);
    assert_eq!(refused, Verdict::Refused);
    assert!(
        evidence.ends_with(", a second attempt went well"),
        "{evidence}"
    );
    // The one crash there was is in the history; who asks again is told of it without another trial.
    let events = registry.events(None).unwrap();
    let crashes = events
        .iter()
        .filter(|event| event.kind == EventKind::Crashed);
    assert_eq!(crashes.count(), 1);
    assert_eq!(ask(&registry, ground.path(), &["pass"]), 0);
}

#[test]
fn what_crashes_twice_is_broken_and_not_tried_a_third_time() {
    let (ground, state) = (ground(), state());
    let folder = conducted_folder("broken");
    let registry = conducted(&folder, ground.path(), state.path(), "60");
    assert_eq!(
        ask(&registry, ground.path(), &["crash", "crash", "pass"]),
        2
    );
    let failed = failure(&registry, "is_conducted");
    assert_eq!((found(&failed), failed.flaky), ("E_WORKER_CRASH", false));
}

#[test]
fn what_hangs_is_tried_once() {
    let (ground, state) = (ground(), state());
    let folder = conducted_folder("hanging");
    let registry = conducted(&folder, ground.path(), state.path(), "5");
    assert_eq!(ask(&registry, ground.path(), &["nothing", "pass"]), 1);
    let failed = failure(&registry, "is_conducted");
    assert_eq!(
        (failed.stage, found(&failed), failed.flaky),
        ("self-test", "E_DEADLINE", false)
    );
}

#[test]
fn a_planner_that_passes_is_tried_once_and_then_runs_here() {
    let (ground, state) = (ground(), state());
    let own = std::process::id();
    order(ground.path(), own, "pass");
    let folder = conducted_folder("passing");
    let registry = conducted(&folder, ground.path(), state.path(), "60");
    assert_eq!(ask(&registry, ground.path(), &["pass", "crash"]), 1);
    let plan = registry.plan("is_conducted", &PlanRequest::new("Say where"));
    let described = plan.unwrap().tasks()[0].description.clone();
    assert_eq!(described, format!("done by {own}"));
}

/// A library that waits until there is a file.
fn waiting_for(name: &str, file: &Path) -> String {
    format!(
        "#include <sys/stat.h>\n#include <unistd.h>\n{}\
         __attribute__((constructor)) static void begin(void) {{\n\
         struct stat found; while (stat(\"{}\", &found) != 0) usleep(1000); }}\n",
        manifest_source(name, API_VERSION.major, API_VERSION.minor),
        file.display(),
    )
}

#[test]
fn four_probe_at_once_and_the_others_wait_for_them() {
    const NAMES: [&str; 7] = [
        "waits_a", "waits_b", "waits_c", "waits_d", "waits_e", "waits_f", "waits_g",
    ];
    let (ground, state) = (ground(), state());
    let file = ground.path().join("go");
    let mut folder = PluginFolder::new();
    for name in NAMES {
        folder = folder.with_c(&format!("{name}.so"), &waiting_for(name, &file));
    }
    let registry = builder(&folder, NAMES[0], state.path())
        .allow(NAMES)
        .set("isolation.self_test_timeout", "60")
        .build()
        .unwrap();
    registry.ensure_discovered().unwrap();
    let mut most = 0;
    let get_all = || {
        thread::scope(|scope| {
            for name in NAMES {
                let registry = &registry;
                scope.spawn(move || registry.get(name).map(drop));
            }
        });
    };
    meanwhile(get_all, || {
        let running: usize = NAMES.iter().map(|name| children(name).len()).sum();
        most = most.max(running);
        if running == 4 && !file.exists() {
            fs::write(&file, "").unwrap();
        }
    });
    assert_eq!(most, 4);
    // All had their turn: what is found of each is that it is no plugin.
    for name in NAMES {
        let failed = failure(&registry, name);
        let code = match &failed.cause {
            ProbeCause::Found(cause) => cause.code().to_owned(),
            ProbeCause::Remembered { code, .. } => code.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(code, "E_NO_ROOT", "{name}");
    }
}
