//! What is known of a worker that a fault ended: where it was, in whose code, and in which call.

use plugin_api::API_VERSION;
use registry::{CallProblem, Crash, GetError, StartError, StartFailure, WorkerFault};
use tests::{PluginFolder, manifest_source};

use super::in_workers;

/// How the worker ended whose library does `what` when it is mapped.
fn crash(what: &str) -> Crash {
    let source = format!(
        "#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n{}\
         static int deep(int n) {{ volatile char room[4096]; room[0] = n; return deep(n + 1) + room[0]; }}\n\
         __attribute__((constructor)) static void begin(void) {{ if (0) deep(0); {what} }}\n",
        manifest_source("bad_planner", API_VERSION.major, API_VERSION.minor),
    );
    let folder = PluginFolder::new().with_c("bad.so", &source);
    let registry = in_workers(&folder, &["bad_planner"]).build().unwrap();
    let error = registry.get("bad_planner").unwrap_err();
    let GetError::Start(StartError::Failed { cause, .. }) = error else {
        panic!("{error:?}");
    };
    match &*cause {
        StartFailure::Map(CallProblem::Worker(WorkerFault::Crashed(crash))) => {
            assert_eq!(
                registry
                    .describe("bad_planner")
                    .unwrap()
                    .last_crash
                    .as_ref(),
                Some(crash.as_ref())
            );
            Crash::clone(crash)
        }
        other => panic!("{other:?}"),
    }
}

fn module(crash: &Crash) -> Option<&str> {
    crash.fault.as_ref()?.module.as_deref()
}

#[test]
fn a_fault_is_told_with_its_address_and_its_place_in_the_plugin() {
    let crash = crash("fputs(\"before\", stderr); *(volatile int *)16 = 1;");
    assert_eq!((crash.signal, crash.exit_code), (Some(libc::SIGSEGV), None));
    let fault = crash.fault.as_ref().unwrap();
    assert_eq!((fault.address, module(&crash)), (16, Some("plugin")));
    // A page of a library this small is enough for its code.
    let offset = fault.offset.unwrap();
    assert!((0x1000..0x2000).contains(&offset), "{offset:#x}");
    assert_eq!(fault.instruction % 4096, offset % 4096);
    assert_eq!(
        crash.to_string(),
        format!("signal 11 (SIGSEGV) at plugin+{offset:#x}")
    );
    assert_eq!((crash.stderr.as_str(), crash.call), ("before", Some(2)));
    assert_eq!(crash.digest.len(), "blake3:".len() + 64);
}

#[test]
fn signals_that_are_sent_and_an_overflowing_stack_end_it_as_well() {
    let overflow = crash("deep(0);");
    assert_eq!(overflow.signal, Some(libc::SIGSEGV));
    assert_eq!(module(&overflow), Some("plugin"));
    for (what, signal) in [
        ("raise(SIGSEGV);", libc::SIGSEGV),
        ("abort();", libc::SIGABRT),
        ("__builtin_trap();", libc::SIGILL),
        ("raise(SIGFPE);", libc::SIGFPE),
    ] {
        let crash = crash(what);
        assert_eq!(crash.signal, Some(signal), "{what}: {crash:?}");
        assert!(module(&crash).is_some(), "{what}: {crash:?}");
    }
}

#[test]
fn a_plugin_with_a_handler_of_its_own_leaves_no_evidence_and_no_wrong_one() {
    let crash = crash("signal(SIGSEGV, SIG_DFL); *(volatile int *)16 = 1;");
    assert_eq!((crash.signal, &crash.fault), (Some(libc::SIGSEGV), &None));
    assert_eq!(crash.to_string(), "signal 11 (SIGSEGV)");
}
