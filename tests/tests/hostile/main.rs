//! The hostile set: planners that crash, hang, flood and pry, each in a worker and in a probe.
//!
//! ```text
//! runner ──► belt ──► init ──► host ──► workers
//!            a new namespace of processes; when it ends, everything in it does
//! ```
//!
//! The runner goes through the table of [`cases`], two at a time. Each case has a host of its own, and
//! each host a seat belt: namespaces and limits that hold even where the sandbox under test does not.
//! Where there can be no seat belt, the cases fail and say so; they are never left out in silence.
//!
//! The suite has no harness, for its hosts and their workers run its own program.
//!
//! ```text
//! cargo test -p tests --test hostile                   # all of it
//! cargo test -p tests --test hostile -- fork worker    # cases whose name and policy hold these words
//! ```

mod belt;
mod cases;
mod census;
mod ground;
mod host;
mod runner;
mod want;

use std::process::ExitCode;

fn main() -> ExitCode {
    registry::worker::serve_if_requested();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [belt::BELT, rest @ ..] => belt::fasten(rest),
        [belt::INIT, policy, name] => ground::be_init(policy, name),
        [host::HOST, policy, name] => host::run(policy, name),
        words => runner::run(words),
    }
}
