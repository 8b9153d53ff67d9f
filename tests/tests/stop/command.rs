//! The command on SIGTERM and SIGINT: real processes, real signals.

use std::fs::File;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::{Duration, Instant};

use plugin_api::API_VERSION;
use rustix::process::Signal;
use tests::{Ended, PluginFolder, RegistryCommand, Running, fixture, manifest_source};

use super::{await_that, exists};

/// The bound that holds unless another one is configured.
const BOUND: Duration = Duration::from_secs(10);

/// `registry` with these arguments, in a home that holds its state and whatever is temporary.
pub(super) fn command(line: &[&str], folder: &PluginFolder, allowed: &str) -> RegistryCommand {
    let command = RegistryCommand::new(line)
        .plugin_dir(folder.path())
        .env("FACTORY_ALLOWED_PLANNERS", allowed)
        .env("PLANNER_SELF_TEST_TIMEOUT", "1h");
    let temporary = command.folder().join("tmp");
    std::fs::create_dir(&temporary).unwrap();
    command.env("TMPDIR", temporary.to_str().unwrap())
}

/// A run whose planner is in the middle of `order`, and has said so in the log.
fn planning(order: &str, says: &str) -> (PluginFolder, Running) {
    let folder = PluginFolder::new().with(&fixture("obeys"));
    let mut running = command(&["plan", "obeys", order], &folder, "obeys").start();
    running.await_stderr(says);
    (folder, running)
}

/// Stops a run with `signal`: it says so, ends well within the bound, and nothing of it is left.
pub(super) fn stop(running: Running, signal: Signal) -> Ended {
    let workers = running.children();
    let begun = Instant::now();
    running.signal(signal);
    let ended = running.end();
    let took = begun.elapsed();
    assert_eq!((ended.code, ended.signal), (Some(0), None), "{ended:?}");
    assert!(took < BOUND, "{took:?}");
    assert!(ended.stderr.contains("stopping, within 10s"), "{ended:?}");
    for worker in workers {
        assert!(!exists(worker), "worker {worker} is left: {ended:?}");
    }
    assert_eq!(
        left_in(ended.home.path()),
        Vec::<String>::new(),
        "{ended:?}"
    );
    ended
}

/// Sockets, FIFOs and half-written files below `folder`.
pub(super) fn left_in(folder: &Path) -> Vec<String> {
    let mut left = Vec::new();
    let is_temporary = folder.ends_with("tmp");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = path.symlink_metadata().unwrap().file_type();
        if kind.is_dir() && !is_temporary {
            left.extend(left_in(&path));
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy();
        let is_half = name.contains("staged") || name.contains("tmp") || name.starts_with('.');
        if is_temporary || kind.is_socket() || kind.is_fifo() || is_half {
            left.push(path.display().to_string());
        }
    }
    left
}

#[test]
fn a_plan_that_heeds_its_context_is_given_up_in_time() {
    let (_folder, running) = planning("until_cancelled", "waiting");
    assert_eq!(running.children().len(), 1);
    let ended = stop(running, Signal::TERM);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("error[E_SHUTTING_DOWN]"), "{ended:?}");
}

#[test]
fn a_worker_that_hangs_holds_nothing_up_beyond_the_bound() {
    let (_folder, running) = planning("hang", "hanging");
    assert_eq!(running.children().len(), 1);
    let ended = stop(running, Signal::INT);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("error[E_SHUTTING_DOWN]"), "{ended:?}");
}

#[test]
fn a_cold_load_is_given_up_at_once() {
    let source = format!(
        "#include <unistd.h>\n{}\
         __attribute__((constructor)) static void hang(void) {{ for (;;) sleep(3600); }}\n",
        manifest_source("sleeping_planner", API_VERSION.major, API_VERSION.minor),
    );
    let folder = PluginFolder::new().with_c("sleeping.so", &source);
    let line = ["plan", "sleeping_planner", "Never", "--json"];
    let running = command(&line, &folder, "sleeping_planner").start();
    await_that("its worker is there", || running.children().len() == 1);
    let ended = stop(running, Signal::TERM);
    let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(json["error"]["code"], "E_SHUTTING_DOWN", "{ended:?}");
}

#[test]
fn a_discovery_is_given_up_and_what_it_knows_by_half_is_not_kept() {
    let folder = many_large_files();
    let file = folder.file("large_0.so");
    let running = command(&["list"], &folder, "obeys")
        .env("FACTORY_FILE_MIB_MAX", "4095")
        .start();
    let descriptors = format!("/proc/{}/fd", running.pid());
    let is_read = |entry: std::fs::DirEntry| {
        std::fs::read_link(entry.path()).is_ok_and(|target| target == file)
    };
    await_that("it reads", || {
        let open = std::fs::read_dir(&descriptors).unwrap();
        open.flatten().any(is_read)
    });
    let ended = stop(running, Signal::TERM);
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("error[E_SHUTTING_DOWN]"), "{ended:?}");
    let cache = ended.home.path().join(".cache/registry");
    let kept = std::fs::read_dir(cache).into_iter().flatten().count();
    assert_eq!(kept, 0, "{ended:?}");
}

/// Libraries with a long hole at their end, which take a while to read.
fn many_large_files() -> PluginFolder {
    let folder = PluginFolder::new();
    let library = std::fs::read(fixture("obeys")).unwrap();
    (0..24).fold(folder, |folder, number| {
        let folder = folder.with_file(&format!("large_{number}.so"), &library);
        let path = folder.file(&format!("large_{number}.so"));
        let file = File::options().write(true).open(path).unwrap();
        file.set_len(1 << 28).unwrap();
        folder
    })
}

#[test]
fn a_second_signal_ends_it_at_once() {
    for second in [Signal::TERM, Signal::INT] {
        let (_folder, mut running) = planning("hang", "hanging");
        let workers = running.children();
        running.signal(Signal::TERM);
        running.await_stderr("a second signal ends the command at once");
        running.signal(second);
        let ended = running.end();
        assert_eq!((ended.code, ended.signal), (None, Some(second.as_raw())));
        for worker in workers {
            await_that("its worker is gone", || !exists(worker));
        }
    }
}

#[test]
fn a_question_whose_exit_code_is_the_answer_is_not_answered_by_a_stop() {
    let folder = many_large_files();
    let running = command(&["health"], &folder, "obeys")
        .env("FACTORY_FILE_MIB_MAX", "4095")
        .start();
    let descriptors = format!("/proc/{}/fd", running.pid());
    await_that("it reads", || {
        let open = std::fs::read_dir(&descriptors).unwrap();
        let mut targets = open
            .flatten()
            .flat_map(|entry| std::fs::read_link(entry.path()));
        targets.any(|target| target.starts_with(folder.path()))
    });
    running.signal(Signal::TERM);
    let ended = running.end();
    assert_eq!((ended.code, ended.signal), (Some(1), None), "{ended:?}");
}
