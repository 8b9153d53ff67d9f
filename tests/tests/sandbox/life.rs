//! It does not outlive its parent, and it is never half inside.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use registry::sandbox::{Mode, Spec};
use rustix::process::{Pid, Signal, kill_process};

use crate::run::{Run, everything};

/// Kills the parent of a sandboxed process and waits for the end of the latter, which shows when nobody
/// holds the other end of its stdout any more.
fn dies_with_its_parent(spec: &Spec) {
    let mut parent = Command::new(env!("CARGO_BIN_EXE_sandboxed"))
        .arg("under")
        .arg(serde_json::to_string(spec).unwrap())
        .arg("wait")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(parent.stdout.take().unwrap());
    let mut lines = String::new();
    stdout.read_line(&mut lines).unwrap();
    lines.clear();
    stdout.read_line(&mut lines).unwrap();
    let child: i32 = lines.trim().strip_prefix("ok ").unwrap().parse().unwrap();
    assert_ne!(child.cast_unsigned(), parent.id());
    let pid = Pid::from_child(&parent);
    kill_process(pid, Signal::KILL).unwrap();
    parent.wait().unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");
    // The pipe to its stdin was open all the while: it did not end of itself.
    drop(parent.stdin.take());
}

#[test]
fn it_dies_when_its_parent_is_killed() {
    dies_with_its_parent(&everything());
}

#[test]
fn it_dies_with_its_parent_even_with_the_sandbox_switched_off() {
    dies_with_its_parent(&Spec::new(Mode::Off));
}

#[test]
fn a_parent_that_ended_before_is_noticed() {
    for mode in [Mode::Strict, Mode::BestEffort, Mode::Off] {
        let mut spec = everything();
        spec.mode = mode;
        let run = Run::new(&spec, &["orphaned"]);
        assert_eq!(run.status.code(), Some(1));
        assert_eq!(run.report["code"], "E_PARENT_GONE");
    }
}

#[test]
fn a_process_with_threads_is_refused() {
    let run = Run::new(&everything(), &["threaded"]);
    assert_eq!(run.report["code"], "E_SANDBOX_THREADS");
    let error = run.report["error"].as_str().unwrap();
    assert!(error.contains("has 2 threads"), "{error}");
}
