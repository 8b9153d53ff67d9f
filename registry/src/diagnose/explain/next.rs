//! Which commands lead on from a verdict.

use super::subject::Subject;
use super::{Gate, GateKind};
use crate::diagnose::advice::shell_word;
use crate::diagnose::{Observed, Step};
use crate::planner::{Holder, Planner};
use crate::trust::SIGNATURE_SUFFIX;

/// Commands that lead on, the most useful first; `refused` is the gate that stands in the way.
pub(super) fn steps(
    subject: &Subject<'_>,
    refused: Option<&Gate>,
    observed: &Observed<'_>,
) -> Vec<Step> {
    let name = subject.name.as_ref();
    let file = subject.path().map(shell_word);
    let inspect = file.as_ref().map(|file| {
        let command = format!("registry inspect {file}");
        step(command, "see what the file says of itself")
    });
    let Some(refused) = refused else {
        let plan = name.filter(|_| subject.planner.is_some()).map(|name| {
            let command = format!("registry plan {name} \"Split the billing module\"");
            step(command, "make a plan")
        });
        return plan.or(inspect).into_iter().collect();
    };
    let lists = "see the lists of names and where they come from";
    let all = "see the folders and every file in them that is refused";
    let steps = match refused.gate {
        GateKind::Name | GateKind::Allowlist => {
            vec![Some(step("registry config show", lists)), inspect]
        }
        GateKind::Path => vec![
            file.map(|file| step(format!("ls -l {file}"), "see what stands there")),
            Some(step("registry diagnose --verbose", all)),
        ],
        GateKind::Library => vec![file.map(|file| {
            let purpose = "see what the file's headers say";
            step(format!("readelf -hldW {file}"), purpose)
        })],
        GateKind::Lock => vec![
            Some(step(
                "registry lock --check",
                "see in what the lock differs",
            )),
            file.filter(|_| is_accepting_enough(refused)).map(|file| {
                let command = format!("registry lock --add {file}");
                step(command, "accept these bytes, if they are wanted")
            }),
        ],
        GateKind::Version => vec![Some(step("registry config show", lists)), inspect],
        GateKind::Manifest if subject.manifest().is_some() => vec![inspect],
        GateKind::Manifest => vec![file.map(|file| {
            let command = format!("readelf -p .planner_manifest {file}");
            step(command, "see the text of the manifest")
        })],
        GateKind::Signature => vec![
            file.map(|file| {
                let file = format!("{file}{SIGNATURE_SUFFIX}");
                step(format!("cat {file}"), "see what the signature says")
            }),
            Some(step(
                "registry diagnose",
                "see which keys are trusted, for whom and how long",
            )),
        ],
        GateKind::Unique => vec![
            other_file(subject, observed),
            Some(step("registry diagnose --verbose", all)),
        ],
        GateKind::Hold => hold(subject, inspect),
        GateKind::Breaker => vec![
            name.map(|name| {
                let command =
                    format!("registry plan {name} \"Split the billing module\" --deadline 90s");
                step(
                    command,
                    "raise the deadline and try, once the breaker lets one call try",
                )
            })
            .filter(|_| was_late(subject)),
            name.map(|name| {
                let command = format!("registry breaker reset {name}");
                step(command, "close the breaker now")
            }),
        ],
        GateKind::Start => vec![name.map(|name| {
            let command = format!("registry plan {name} \"Split the billing module\"");
            step(command, "try again, with logs of what happens")
        })],
        // Asking for it makes no other probe as long as this one counts.
        GateKind::Probe => vec![name.map(|name| {
            let command = format!("registry quarantine {name} --lift");
            step(command, "have it tried anew when it is next asked for")
        })],
    };
    steps.into_iter().flatten().collect()
}

/// Whether one more digest in the lock would let the file in.
fn is_accepting_enough(refused: &Gate) -> bool {
    let code = refused.problem.as_ref().map(|problem| problem.code);
    code.is_some_and(|code| ["E_NOT_LOCKED", "E_LOCK_VERSION", "E_DIGEST_MISMATCH"].contains(&code))
}

fn hold(subject: &Subject<'_>, inspect: Option<Step>) -> Vec<Option<Step>> {
    let quarantine = subject.planner.and_then(Planner::lasting_hold);
    let lift = quarantine.and_then(|quarantine| match quarantine.by {
        Holder::Author => None,
        Holder::Configuration => Some(step(
            "registry config show",
            "see where the configuration comes from",
        )),
        _ => Some(step(
            format!("registry quarantine {} --lift", quarantine.planner),
            "lift the hold",
        )),
    });
    vec![lift, inspect]
}

/// Whether the latest failure was a deadline that passed.
fn was_late(subject: &Subject<'_>) -> bool {
    let open = subject.planner.and_then(Planner::breaker_open);
    let last = open.and_then(|open| open.last_error);
    last.is_some_and(|error| error.starts_with("E_DEADLINE"))
}

/// The planner that is used in this one's place.
fn other_file(subject: &Subject<'_>, observed: &Observed<'_>) -> Option<Step> {
    let name = subject.name.as_ref()?;
    let mut planners = observed.planners.iter();
    planners.find(|planner| planner.name() == name)?;
    let command = format!("registry explain {name}");
    Some(step(command, "see the planner that is used in its place"))
}

fn step(command: impl Into<String>, purpose: &str) -> Step {
    Step {
        command: command.into(),
        purpose: purpose.to_owned(),
    }
}
