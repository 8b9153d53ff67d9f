//! The table: one row a case.

use crate::want::Want::{
    Answers, At, Broken, Crash, Denied, HostEnds, Late, Limit, NoPlan, NoRoot, OneOf, Rule, Says,
};
use crate::want::{Stage, Want};

/// The policies that every case runs under.
pub(crate) const POLICIES: [&str; 2] = ["worker", "probe"];

/// The library of a case.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Library {
    /// `tests/fixtures/hostile/src`.
    Rust,
    /// `tests/fixtures/hostile/plugin.c`.
    C,
}

/// A row.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) library: Library,
    pub(crate) argument: &'static str,
    worker: (String, Want),
    probe: (String, Want),
}

impl Case {
    /// The row of this name.
    pub(crate) fn named(name: &str) -> Self {
        let mut all = Self::all().into_iter();
        all.find(|case| case.name == name).expect("no such case")
    }

    /// What the planner is told to do.
    pub(crate) fn order(&self, policy: &str) -> &str {
        &self.of(policy).0
    }

    /// What is expected.
    pub(crate) fn want(&self, policy: &str) -> Want {
        self.of(policy).1
    }

    fn of(&self, policy: &str) -> &(String, Want) {
        match policy {
            "worker" => &self.worker,
            "probe" => &self.probe,
            _ => panic!("no such policy: {policy}"),
        }
    }

    /// The whole table.
    pub(crate) fn all() -> Vec<Self> {
        let parts = [ends(), floods(), attempts(), wire(), memory()];
        parts.into_iter().flatten().collect()
    }

    fn argument(self, argument: &'static str) -> Self {
        Self { argument, ..self }
    }

    /// With another outcome under `probe`.
    fn probed(mut self, want: Want) -> Self {
        self.probe.1 = want;
        self
    }
}

/// Misbehaves in a library's constructor, under either policy.
fn constructor(name: &'static str, misdeed: &str, want: Want) -> Case {
    let row = (format!("constructor {misdeed}"), want);
    Case {
        name,
        library: Library::C,
        argument: "",
        worker: row.clone(),
        probe: row,
    }
}

/// Misbehaves in this stage, under either policy.
fn at(stage: &str, name: &'static str, misdeed: &str, want: Want) -> Case {
    let row = (format!("{stage} {misdeed}"), want);
    Case {
        name,
        library: Library::Rust,
        argument: "",
        worker: row.clone(),
        probe: row,
    }
}

/// Misbehaves in a call in a worker, and in the self-test where it is probed: that is the last that a
/// probe sees of it.
fn call(name: &'static str, misdeed: &str, want: Want) -> Case {
    let probed = match want {
        // It was good, as far as the probe could see, and is called in process.
        Answers(_) => Answers(IDLE),
        other => other,
    };
    Case {
        worker: (format!("plan {misdeed}"), want),
        probe: (format!("self_test {misdeed}"), probed),
        ..at("plan", name, misdeed, want)
    }
}

/// What a planner says that is not to misbehave now.
const IDLE: &str = "nothing was asked for";

const SEGMENT: Want = Crash("signal 11 (SIGSEGV)");
const ABORT: Want = Crash("signal 6 (SIGABRT)");
const EXIT: Want = Crash("exit code 0");

/// With a control group, and without one.
const MEMORY: Want = OneOf(&[Limit("256 MiB of memory"), ABORT]);

fn ends() -> Vec<Case> {
    vec![
        constructor("segfault in a constructor", "segfault", SEGMENT),
        constructor("abort in a constructor", "abort", ABORT),
        constructor("exit in a constructor", "exit", EXIT),
        constructor(
            "exit in an atexit handler of a constructor",
            "exit_into_exit",
            EXIT,
        ),
        constructor("loop in a constructor", "loop", Late),
        constructor("loop in an atexit handler", "exit_into_loop", Late),
        constructor("stack overflow in a constructor", "overflow", SEGMENT),
        constructor("double free in a constructor", "double_free", ABORT),
        constructor(
            "crash on a thread of a constructor",
            "crash_on_thread",
            SEGMENT,
        ),
        at("construct", "segfault in construction", "segfault", SEGMENT),
        at("construct", "exit in construction", "exit", EXIT),
        at("construct", "loop in construction", "loop", Late),
        at("self_test", "loop in the self-test", "loop", Late),
        call("loop in plan", "loop", Late),
        at("shutdown", "loop in shutdown", "loop", Answers(IDLE)),
        at("shutdown", "exit in shutdown", "exit", Answers(IDLE)),
        call("segfault", "segfault", SEGMENT),
        call("abort", "abort", ABORT),
        call("exit", "exit", EXIT),
        call("exit in an atexit handler", "exit_in_atexit", EXIT),
        call(
            "atexit handler that hangs",
            "hang_in_atexit",
            Answers("a handler is registered"),
        ),
        call("stack overflow", "stack_overflow", SEGMENT),
        call("double free", "double_free", ABORT),
        call("panic while panicking", "panic_while_panicking", ABORT),
        call(
            "panic on a thread",
            "panic_on_thread",
            Answers("the thread is gone"),
        ),
        call("crash on a thread", "crash_on_a_thread", SEGMENT),
        call("handlers for every signal", "deaf", Late),
        call("SIGTERM ignored", "sigterm_ignored", Late),
        call("SIGSTOP to itself", "stop", Late),
        call("answer after the deadline", "late", Late).argument("5000"),
        call("unload itself", "unload", Answers("it is still there")),
        call("unmap itself", "unmap", SEGMENT),
        // A probe is no boundary: the planner finds out that it is not watched any more.
        at(
            "plan",
            "good while probed",
            "in_process_abort",
            Answers(IDLE),
        )
        .probed(HostEnds(6)),
    ]
}

fn floods() -> Vec<Case> {
    vec![
        constructor("memory in a constructor", "allocate", MEMORY),
        call("private memory", "floods.private_memory", MEMORY),
        call("shared memory", "floods.shared_memory", Denied(1)),
        call("memory files", "floods.memory_file", Denied(1)),
        call("descriptors", "floods.descriptors", Denied(24)),
        call("threads", "floods.threads", Denied(11)),
        call("answer of 1 GiB", "root.gibibyte", TOO_LARGE).probed(TOO_LARGE_TEST),
        call("answer that is no plan", "root.no_plan", NO_PLAN).probed(TOO_LARGE_TEST),
        call(
            "error that is none",
            "root.no_error",
            Rule("its error is no JSON, or too long"),
        ),
        call("status that is none", "root.no_status", Rule(STATUS)),
        call(
            "log lines",
            "floods.log_lines",
            OneOf(&[Answers(WRITTEN), Late]),
        )
        .probed(OneOf(&[Answers(IDLE), Late])),
        call("printed lines", "floods.printed_lines", Late),
    ]
}

const TOO_LARGE: Want = Rule("its answer is larger than 10485760 bytes");
const TOO_LARGE_TEST: Want = Rule("its answer is larger than 65536 bytes");
const NO_PLAN: Want = NoPlan("invalid plan: not a plan: expected value at line 1 column 1");
const STATUS: &str = "the plugin answered with an unknown status";
const WRITTEN: &str = "all lines were written";

fn attempts() -> Vec<Case> {
    vec![
        constructor("fork in a constructor", "fork", Crash("exit code 3")),
        call("fork bomb", "attempts.fork_bomb", Denied(1)),
        call(
            "grandchild that holds the pipes",
            "attempts.grandchild",
            Denied(1),
        ),
        call("setsid", "attempts.setsid", Denied(1)),
        call("execve", "attempts.exec", Denied(1)),
        call("read /etc/passwd", "attempts.read", Denied(13)).argument("/etc/passwd"),
        call("read the home folder", "attempts.read", Denied(13)).argument("{home}/diary"),
        call("list the home folder", "attempts.list", Denied(13)).argument("{home}"),
        call("read the host's program", "attempts.read", Denied(13)).argument("{program}"),
        call("read its own program", "attempts.own_program", Denied(13)),
        call("read its own mappings", "attempts.own_maps", Denied(13)),
        call("change its own file", "attempts.overwrite", Denied(1)).argument(OWN),
        call("remove its own file", "attempts.remove", Denied(1)).argument(OWN),
        call("add a plugin", "attempts.create", Denied(1)).argument("{folder}/libnew.so"),
        call("connect to a port", "attempts.connect", Denied(1)).argument("{address}"),
        call(
            "connect to an abstract socket",
            "attempts.connect_abstract",
            Denied(1),
        )
        .argument("{socket}"),
        call(
            "read a secret variable",
            "attempts.secret",
            Says("there is no such variable"),
        ),
        call("kill the parent", "attempts.kill_parent", Denied(1)),
        call("kill everybody", "attempts.kill_all", Denied(1)),
        call("kill its group", "attempts.kill_group", Denied(1)),
        call("ptrace the parent", "attempts.ptrace_parent", Denied(1)),
        call("raise a limit", "attempts.raise_limit", Denied(1)),
        call("io_uring", "attempts.io_uring", Denied(1)),
        call("be root again", "attempts.root_again", Denied(1)),
        call("user namespace", "attempts.namespace", Denied(1)),
    ]
}

const OWN: &str = "{folder}/libhostile.so";

const COUNTS: Want = Broken("counts of frames that do not fit");

fn wire() -> Vec<Case> {
    const LENGTH: Want = Broken("a frame of the wrong length");
    const KIND: Want = Broken("a frame of an unknown kind");
    const CALL: Want = Broken("a frame of another call");
    const LARGE: Want = Broken("a message larger than its kind allows");
    const CHANGES: Want = Broken("a message that changes under way");
    const REQUEST: Want = Broken("a request from a worker");
    const NO_ANSWER: Want = Broken("an answer of a kind that no request has");
    const NO_START: Want = Broken("an answer to its start that is none");
    const ANY: Want = OneOf(&[COUNTS, LENGTH, KIND, CALL, LARGE, CHANGES, REQUEST, Late]);
    vec![
        call(
            "write to every descriptor",
            "attempts.write_every_descriptor",
            Answers("3 took it"),
        ),
        call(
            "close every descriptor",
            "attempts.close_every_descriptor",
            Answers("they are closed"),
        ),
        call("frame of an unknown kind", "frames.unknown_kind", KIND),
        call("frame of a request", "frames.request", REQUEST),
        call("truncated frame", "frames.truncated", LENGTH),
        call("oversized frame", "frames.oversized", LARGE),
        call("length out of range", "frames.length_out_of_range", LENGTH),
        call("answer for another call", "frames.another_call", CALL),
        call("answer for no call", "frames.no_call", CALL),
        call("replayed frame", "frames.replayed", CALL),
        call("counts out of range", "frames.counts_out_of_range", COUNTS),
        call(
            "message that changes under way",
            "frames.changing_total",
            CHANGES,
        ),
        call("counts that flicker", "frames.flickering_counts", Late),
        call("lines without an end", "frames.endless_lines", Late),
        call("forged error", "frames.forged_error", Says("")).probed(NO_START),
        at(
            "plan",
            "forged answer",
            "frames.forged_answer",
            Answers("forged"),
        )
        .probed(Answers(IDLE)),
        // The start seems to be over, but the planner never comes back from it. A probe believes it: it is
        // no boundary, and what it cleared behaves in process, or does not.
        at(
            "self_test",
            "forged end of a start",
            "frames.forged_answer",
            At(Stage::Plan, &Late),
        )
        .probed(Answers(IDLE)),
        call(
            "forged refusal of a sandbox",
            "frames.forged_refusal",
            NO_ANSWER,
        )
        .probed(NO_START),
        call(
            "forged failure of the loader",
            "frames.forged_excuse",
            NO_ANSWER,
        )
        .probed(NO_START),
        at(
            "self_test",
            "forged failure of the loader in a start",
            "frames.forged_excuse",
            NO_START,
        ),
        call("pretend to hold no planner", "shared.pretend", ABORT).probed(At(Stage::Map, &ABORT)),
        call(
            "exit as a worker that failed",
            "exit_as_worker",
            Crash("exit code 94"),
        ),
        call(
            "frame changed after it was judged",
            "frames.changed_after_validation",
            ANY,
        ),
        call("memory written while it is read", "frames.scribbled", ANY),
        constructor("no root", "none", NoRoot),
    ]
}

fn memory() -> Vec<Case> {
    vec![
        call(
            "write into the host's memory",
            "shared.write_requests",
            SEGMENT,
        ),
        call(
            "make the host's memory writable",
            "shared.unprotect_requests",
            Denied(13),
        ),
        call(
            "punch a hole into the host's memory",
            "shared.punch_requests",
            Denied(13),
        ),
        // It is mended with the next frame, unless the host looks before that.
        call(
            "punch a hole into its own memory",
            "shared.punch_answers",
            OneOf(&[Answers("it is empty"), COUNTS]),
        )
        .probed(OneOf(&[Answers(IDLE), At(Stage::Map, &COUNTS)])),
        call("truncate the shared memory", "shared.truncate", Denied(1)),
        call("unmap the shared memory", "shared.unmap", SEGMENT),
        call(
            "futex storm",
            "shared.futex_storm",
            Answers("it is calm again"),
        ),
    ]
}
