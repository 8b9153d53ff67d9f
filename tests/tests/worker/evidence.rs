//! What is known of a worker that a fault ended: where it was, in whose code, and in which call.

use plugin_api::API_VERSION;
use registry::{
    CallProblem, Crash, Event, EventKind, GetError, ProbeCause, ProbeFailure, StartError,
    StartFailure, WorkerFault,
};
use tests::{PluginFolder, manifest_source};

use super::in_workers;

const POLICIES: [&str; 2] = ["worker", "probe"];

/// What is known of a plugin that crashed.
struct Known {
    /// What the caller was told.
    told: Crash,
    /// What is recorded, the oldest first: a probe tries what crashed a second time.
    recorded: Vec<Event>,
    /// What `explain` shows.
    explained: Crash,
    /// What `describe` shows.
    described: Crash,
}

/// What is known of a library under `policy` that does `what` when it is mapped.
fn known(policy: &str, what: &str) -> Known {
    let source = format!(
        "#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n{}\
         static int deep(int n) {{ volatile char room[4096]; room[0] = n; return deep(n + 1) + room[0]; }}\n\
         __attribute__((constructor)) static void begin(void) {{ if (0) deep(0); {what} }}\n",
        manifest_source("bad_planner", API_VERSION.major, API_VERSION.minor),
    );
    let folder = PluginFolder::new().with_c("bad.so", &source);
    let builder = in_workers(&folder, &["bad_planner"]);
    let registry = builder.set("isolation.policy", policy).build().unwrap();
    let error = registry.get("bad_planner").unwrap_err();
    let GetError::Start(StartError::Failed { cause, .. }) = error else {
        panic!("{error:?}");
    };
    let told = match &*cause {
        StartFailure::Probe(ProbeFailure {
            cause: ProbeCause::Found(found),
            ..
        }) => in_map(found),
        own => in_map(own),
    };
    let mut recorded = registry.events(None).unwrap();
    recorded.retain(|event| event.kind == EventKind::Crashed);
    Known {
        told,
        recorded,
        explained: registry.explain("bad_planner").unwrap().last_crash.unwrap(),
        described: registry
            .describe("bad_planner")
            .unwrap()
            .last_crash
            .unwrap(),
    }
}

/// The end of the worker that mapped the library.
fn in_map(failure: &StartFailure) -> Crash {
    match failure {
        StartFailure::Map(CallProblem::Worker(WorkerFault::Crashed(crash))) => Crash::clone(crash),
        other => panic!("{other:?}"),
    }
}

/// How the worker ended, and that everybody who asks is told so.
fn crash(policy: &str, what: &str) -> Crash {
    let known = known(policy, what);
    let attempts = if policy == "probe" { 2 } else { 1 };
    assert_eq!(known.recorded.len(), attempts, "{:?}", known.recorded);
    let of = |event: &Event| *event.crash.clone().unwrap();
    assert_eq!(of(&known.recorded[0]), known.told);
    assert_eq!(of(&known.recorded[attempts - 1]), known.explained);
    assert_eq!(known.described, known.explained);
    for event in &known.recorded {
        assert_eq!(
            (event.planner.as_deref(), event.code.as_deref()),
            (Some("bad_planner"), Some("E_WORKER_CRASH"))
        );
        assert_eq!(event.detail, Some(of(event).to_string()));
        assert_eq!(Some(&event.call_id), of(event).call_id.as_ref());
        assert_eq!(event.at_ms / 60_000, of(event).at_ms / 60_000);
    }
    known.told
}

fn module(crash: &Crash) -> Option<&str> {
    crash.fault.as_ref()?.module.as_deref()
}

#[test]
fn a_fault_is_told_with_its_address_and_its_place_in_the_plugin() {
    const WORDS: &str =
        "fputs(\"password=hunter2secret in /home/ann/notes\\n\\033[2Jbefore\", stderr); ";
    for policy in POLICIES {
        let crash = crash(policy, &format!("{WORDS} *(volatile int *)16 = 1;"));
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
        assert_eq!(
            crash.stderr,
            "password=******** in …/notes\n\\u{1b}[2Jbefore"
        );
        assert_eq!(crash.call, Some(2));
        assert_eq!(crash.digest.len(), "blake3:".len() + 64);
    }
}

#[test]
fn of_many_words_the_last_four_kibibytes_are_kept() {
    for policy in POLICIES {
        let what = "for (int n = 0; n < 2000; n++) fprintf(stderr, \"line %d\\n\", n); abort();";
        let crash = crash(policy, what);
        assert_eq!(crash.stderr.len(), 4 << 10);
        assert!(crash.stderr.ends_with("line 1998\nline 1999"), "{crash:?}");
    }
}

#[test]
fn signals_that_are_sent_and_an_overflowing_stack_end_it_as_well() {
    for policy in POLICIES {
        let overflow = crash(policy, "deep(0);");
        assert_eq!(overflow.signal, Some(libc::SIGSEGV));
        assert_eq!(module(&overflow), Some("plugin"));
        for (what, signal) in [
            ("raise(SIGSEGV);", libc::SIGSEGV),
            ("abort();", libc::SIGABRT),
            ("__builtin_trap();", libc::SIGILL),
            ("raise(SIGFPE);", libc::SIGFPE),
        ] {
            let crash = crash(policy, what);
            assert_eq!(crash.signal, Some(signal), "{what}: {crash:?}");
            assert!(module(&crash).is_some(), "{what}: {crash:?}");
        }
    }
}

#[test]
fn a_plugin_with_a_handler_of_its_own_leaves_no_evidence_and_no_wrong_one() {
    for policy in POLICIES {
        let crash = crash(policy, "signal(SIGSEGV, SIG_DFL); *(volatile int *)16 = 1;");
        assert_eq!((crash.signal, &crash.fault), (Some(libc::SIGSEGV), &None));
        assert_eq!(crash.to_string(), "signal 11 (SIGSEGV)");
    }
}
