//! It holds the descriptors that it was given and no others.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::process::{Child, Stdio};

use registry::sandbox::{LayerName, Spec};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::{FdFlags, fcntl_setfd};

use crate::run::{Run, command, everything, only};

/// A file that every child of this process inherits.
fn inheritable() -> File {
    let file = tempfile::tempfile().unwrap();
    fcntl_setfd(&file, FdFlags::empty()).unwrap();
    file
}

/// What a process that waits has open, as its own `/proc/self/fd` would show it.
fn open_in(child: &Child) -> Vec<RawFd> {
    let folder = format!("/proc/{}/fd", child.id());
    let mut open: Vec<RawFd> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    open.sort_unstable();
    open
}

/// Starts a process that waits, and looks at what it has open once it is sandboxed.
fn open_while_waiting(spec: &Spec) -> Vec<RawFd> {
    let mut waiting = command(spec, &["wait"]);
    waiting.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = waiting.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    let pid = lines.next().unwrap().unwrap();
    assert_eq!(pid, format!("ok {}", child.id()));
    let open = open_in(&child);
    child.stdin.take().unwrap().write_all(b"x").unwrap();
    assert!(child.wait().unwrap().success());
    open
}

#[test]
fn the_exact_list_is_open_although_the_host_holds_an_inheritable_secret() {
    let (secret, kept) = (inheritable(), inheritable());
    let (secret, kept) = (secret.as_raw_fd(), kept.as_raw_fd());
    let mut spec = everything();
    spec.keep_fds = vec![kept];
    assert_eq!(open_while_waiting(&spec), [0, 1, 2, kept]);
    let run = Run::new(&spec, &["descriptors"]);
    assert_eq!(run.outcome(), format!("ok 0 1 2 {kept}"));
    // Without the layer the secret is there.
    let leaking = open_while_waiting(&only(&[]));
    assert!(
        leaking.contains(&secret) && leaking.contains(&kept),
        "{leaking:?}"
    );
    assert_eq!(
        open_while_waiting(&only(&[LayerName::Descriptors])),
        [0, 1, 2]
    );
}

#[test]
fn a_library_is_mapped_from_a_sealed_descriptor_under_everything() {
    let folder = tempfile::tempdir().unwrap();
    // A thread and memory of its own, as plugins have them.
    let source = "#include <pthread.h>\n#include <stdlib.h>\n\
                  static int *found;\n\
                  static void *work(void *x) { found = malloc(1 << 20); *found = 42; return x; }\n\
                  __attribute__((constructor)) static void begin(void) {\n\
                  pthread_t t; pthread_create(&t, 0, work, 0); pthread_join(t, 0); }\n\
                  int answer(void) { return *found; }\n";
    let library = tests::c_library(folder.path(), "answer.so", source, &["-pthread"]);
    let bytes = fs::read(library).unwrap();
    let sealed = memfd_create(
        "answer",
        MemfdFlags::ALLOW_SEALING | MemfdFlags::NOEXEC_SEAL,
    )
    .or_else(|_| memfd_create("answer", MemfdFlags::ALLOW_SEALING))
    .unwrap();
    let mut sealed = File::from(sealed);
    sealed.write_all(&bytes).unwrap();
    let seals = SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE | SealFlags::SEAL;
    fcntl_add_seals(&sealed, seals).unwrap();
    let mut spec = everything();
    spec.keep_fds = vec![sealed.as_raw_fd()];
    let run = Run::new(&spec, &["load", &sealed.as_raw_fd().to_string()]);
    assert_eq!(run.outcome(), "ok 42", "{run:#?}");
}

#[test]
fn it_sees_the_same_list_in_its_own_proc_self_fd() {
    let secret = inheritable();
    let listed = |spec: &Spec| {
        let run = Run::new(spec, &["list_descriptors"]);
        run.outcome()
    };
    assert_eq!(listed(&only(&[LayerName::Descriptors])), "ok 0 1 2");
    let mut spec = everything();
    spec.read = vec!["/proc/self/fd".into()];
    assert_eq!(listed(&spec), "ok 0 1 2");
    drop(secret);
}
