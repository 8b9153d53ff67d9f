//! Goes through the table, two cases at a time, and says what came of each.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, ExitStatus};
use std::sync::Mutex;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};
use std::{fs, thread};

use plugin_api::API_VERSION;
use tempfile::TempDir;
use tests::{c_library, compiled, fixture, manifest_source};
use xtask::artifacts::Build;
use xtask::workspace_root;

use crate::belt::{BELT, NO_BELT};
use crate::cases::{Case, POLICIES};
use crate::ground::LIBRARIES;

/// Cases that run at once.
const AT_ONCE: usize = 2;

/// A case that takes longer hangs, and is ended with all that it started.
const CASE_MAX: Duration = Duration::from_mins(1);

/// The suite ends within that time, with cases that were not run if need be.
const SUITE_MAX: Duration = Duration::from_mins(6);

/// The table must not shrink by mistake.
const CASES_MIN: usize = 45;

/// A case under one policy.
type Turn = (Case, &'static str);

/// Runs all cases whose name and policy hold each of `words`.
pub(crate) fn run(words: &[&str]) -> ExitCode {
    let cases = Case::all();
    assert!(cases.len() >= CASES_MIN, "{} cases", cases.len());
    let turns = cases
        .into_iter()
        .flat_map(|case| POLICIES.map(|policy| (case.clone(), policy)));
    let wanted = |(case, policy): &Turn| {
        let shown = format!("{} under {policy}", case.name);
        // What begins with a dash is meant for a harness.
        let mut words = words.iter().filter(|word| !word.starts_with('-'));
        words.all(|word| shown.contains(word))
    };
    let turns: Vec<Turn> = turns.filter(wanted).collect();
    let libraries = libraries();
    let begun = Instant::now();
    let failed = go_through(&turns, libraries.path(), begun + SUITE_MAX);
    println!(
        "hostile set: {} of {} passed in {:.1} s",
        turns.len() - failed,
        turns.len(),
        begun.elapsed().as_secs_f64()
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// A folder with all libraries that the cases load.
fn libraries() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let build = Build::new(&["--package", "hostile"]);
    let hostile = compiled(build, "fixtures", "hostile", "cdylib");
    for library in [hostile, fixture("well_behaved")] {
        let name = library.file_name().unwrap().to_str().unwrap();
        let name = format!("lib{}", name.trim_start_matches("lib"));
        fs::copy(&library, folder.path().join(name)).unwrap();
    }
    let source = workspace_root().join("tests/fixtures/hostile/plugin.c");
    let source = fs::read_to_string(source).unwrap();
    let manifest = manifest_source("hostile", API_VERSION.major, API_VERSION.minor);
    let source = format!("{source}\n{manifest}");
    c_library(folder.path(), "plugin.so", &source, &["-pthread"]);
    folder
}

/// How many of them failed.
fn go_through(turns: &[Turn], libraries: &Path, until: Instant) -> usize {
    let left = Mutex::new(turns.iter());
    let failed = Mutex::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((case, policy)) = next(&left) {
                    if !passes(case, policy, libraries, until) {
                        *failed.lock().unwrap() += 1;
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap()
}

fn next<'a>(left: &Mutex<std::slice::Iter<'a, Turn>>) -> Option<&'a Turn> {
    left.lock().unwrap().next()
}

fn passes(case: &Case, policy: &str, libraries: &Path, until: Instant) -> bool {
    let begun = Instant::now();
    let shown = format!("{} under {policy}", case.name);
    let left = until.saturating_duration_since(begun);
    if left.is_zero() {
        println!("NOT RUN {shown}: the suite's time was up");
        return false;
    }
    let (status, said) = in_belt(case, policy, libraries, CASE_MAX.min(left));
    let took = begun.elapsed().as_secs_f64();
    match status.map(|status| status.code()) {
        Some(Some(0)) => {
            let last = said.lines().last().unwrap_or_default();
            println!("ok      {shown} ({took:.2} s): {last}");
            return true;
        }
        Some(Some(code)) if code == i32::from(NO_BELT) => println!(
            "REFUSED {shown}: a machine is not to be harmed by what this set does\n{said}\
             Run it as root, or where users may make namespaces and mount /proc in them."
        ),
        Some(_) => println!("FAILED  {shown} ({took:.2} s)\n{said}"),
        None => println!("HANGS   {shown}\n{said}"),
    }
    false
}

/// Runs a case in its seat belt; no status if it hangs.
fn in_belt(
    case: &Case,
    policy: &str,
    libraries: &Path,
    time_max: Duration,
) -> (Option<ExitStatus>, String) {
    let (mut says, told) = std::io::pipe().unwrap();
    let program: PathBuf = std::env::current_exe().unwrap();
    let mut belt = Command::new(program)
        .args([BELT, policy, case.name])
        .env(LIBRARIES, libraries)
        .stdin(std::process::Stdio::null())
        .stdout(told.try_clone().unwrap())
        .stderr(told)
        .spawn()
        .unwrap();
    let (done, ended) = mpsc::channel();
    let reading = thread::spawn(move || {
        let mut bytes = Vec::new();
        let _read = says.read_to_end(&mut bytes);
        let _nobody = done.send(());
        String::from_utf8_lossy(&bytes).into_owned()
    });
    // The last one in the namespace that ends closes the pipe.
    let in_time = ended.recv_timeout(time_max) != Err(RecvTimeoutError::Timeout);
    let status = end(&mut belt, in_time);
    (in_time.then_some(status), reading.join().unwrap())
}

/// With the process outside ends the first one inside, and with that all others.
fn end(belt: &mut Child, in_time: bool) -> ExitStatus {
    if !in_time {
        belt.kill().unwrap();
    }
    belt.wait().unwrap()
}
