//! `registry lock`: writes the lock, or tells in what it differs from what is found.

use std::fs;

use registry::diagnose::Problem;
use registry::diagnose::text::{Cell, Ink, Look, Page};
use registry::{Lock, LockChange, LockError, LockProposal, LockingError, PlannerName, Registry};
use serde::Serialize;

use crate::arguments;
use crate::failure::{Failure, Stop};
use crate::output::Output;
use crate::session::Session;

#[derive(Serialize)]
struct Answer {
    path: String,
    /// Whether the file was written.
    written: bool,
    /// What stood there before.
    #[serde(skip)]
    before: Before,
    /// Whether it was forgotten that there was a lock.
    forgotten: bool,
    /// How many planners the lock knows now.
    planners: usize,
    /// What was changed, or would have to be for what is found to run.
    changes: Vec<LockChange>,
    /// Planners in the lock of which no file was found.
    absent: Vec<PlannerName>,
    /// Files that no lock would let run.
    rejected: Vec<Rejected>,
}

/// What stood in the lock's place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Lock,
    Nothing,
    /// Nor is one begun, for it would accept nothing of what is found: it would refuse everything from now
    /// on, and nobody asked for that.
    NothingUseful,
}

#[derive(Serialize)]
struct Rejected {
    path: String,
    planner: PlannerName,
    #[serde(flatten)]
    problem: Problem,
}

pub(super) fn run(
    arguments: &arguments::Lock,
    session: &mut Session<'_>,
    output: &mut Output<'_>,
) -> Result<(), Stop> {
    let registry = session.registry()?;
    let proposal = registry.propose_lock().map_err(|error| stop(&error))?;
    let current = proposal.current.clone().unwrap_or_default();
    let wanted = wanted(arguments, &registry, &proposal)?;
    let changes = current.changes_to(&wanted);
    let asks = arguments.update.is_some() || arguments.add.is_some() || arguments.revoke.is_some();
    let before = match &proposal.current {
        Some(_) => Before::Lock,
        None if changes.is_empty() && !proposal.rejected.is_empty() => Before::NothingUseful,
        None => Before::Nothing,
    };
    let is_due = before == Before::Nothing || (asks && !changes.is_empty());
    let write = !arguments.check && !arguments.forget && is_due;
    if write {
        put(&wanted, &proposal)?;
    }
    let forgotten = arguments.forget && forget(&registry, &proposal)?;
    let lock = if write { &wanted } else { &current };
    let answer = Answer {
        path: proposal.path.to_string_lossy().into_owned(),
        written: write,
        before,
        forgotten,
        planners: lock.planners().len(),
        absent: proposal.absent(),
        rejected: proposal.rejected.iter().map(rejected).collect(),
        changes,
    };
    output.answer(&answer, |look| text(&answer, arguments, look))?;
    let differs = !answer.changes.is_empty()
        || before == Before::NothingUseful
        || (arguments.check && before == Before::Nothing);
    if differs && !write && !arguments.forget {
        return Err(Stop::Unwell);
    }
    Ok(())
}

/// The lock as it is to be.
fn wanted(
    arguments: &arguments::Lock,
    registry: &Registry,
    proposal: &LockProposal,
) -> Result<Lock, Stop> {
    let mut lock = proposal.current.clone().unwrap_or_default();
    if let Some(file) = &arguments.add {
        let file = registry.lockable(file).map_err(|error| stop(&error))?;
        lock.add(&file.name, &file.version, file.digest);
    } else if let Some(text) = &arguments.revoke {
        if proposal.current.is_none() {
            // A new lock that knew no planner would refuse them all.
            lock = proposal.updated();
        }
        if !lock.revoke(text) {
            return Err(bad_revocation(text).into());
        }
    } else if let Some(name) = arguments.update.as_ref().filter(|name| !name.is_empty()) {
        let known = PlannerName::parse(name)
            .ok()
            .filter(|name| lock.entry(name).is_some() || proposal.found.entry(name).is_some());
        match known {
            Some(name) => {
                refuse_what_is_refused(&name, proposal)?;
                lock.replace(&name, &proposal.found);
            }
            // Whoever mistyped it learns the nearest name; what is merely absent is nothing to write.
            None => drop(
                registry
                    .explain(name)
                    .map_err(|error| Failure::of_get(&error))?,
            ),
        }
    } else if !arguments.forget {
        lock = proposal.updated();
    }
    Ok(lock)
}

/// An update takes what is found. Of a planner whose file another gate refuses nothing is found, and an
/// entry that is gone would be one more reason to refuse it.
fn refuse_what_is_refused(name: &PlannerName, proposal: &LockProposal) -> Result<(), Stop> {
    let rejected = proposal.rejected.iter().find(|file| file.name == *name);
    match rejected.filter(|_| proposal.found.entry(name).is_none()) {
        Some(file) => {
            let Problem { code, remedy, .. } = rejected_problem(file);
            Err(Failure::new(code, &file.refusal).remedy(remedy).into())
        }
        None => Ok(()),
    }
}

/// Writes the lock, and reads it as discovery will: where others could change it, it would refuse
/// everything from now on.
fn put(lock: &Lock, proposal: &LockProposal) -> Result<(), Stop> {
    proposal
        .write(lock)
        .and_then(|()| Lock::read(&proposal.path).map(drop))
        .map_err(|error| stop(&error.into()))
}

/// A lock that is there stays in force.
fn forget(registry: &Registry, proposal: &LockProposal) -> Result<bool, Stop> {
    if fs::symlink_metadata(&proposal.path).is_ok() {
        return Ok(false);
    }
    registry
        .forget_lock()
        .map_err(|error| stop(&LockingError::from(error)))
}

fn rejected(rejected: &registry::Rejected) -> Rejected {
    Rejected {
        path: rejected.path.to_string_lossy().into_owned(),
        planner: rejected.name.clone(),
        problem: rejected_problem(rejected),
    }
}

fn rejected_problem(rejected: &registry::Rejected) -> Problem {
    let refusal = &rejected.refusal;
    Problem::new(refusal.code(), refusal, refusal.remedy())
}

#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is neither a digest nor a key")]
struct BadRevocation(String);

fn bad_revocation(text: &str) -> Failure {
    Failure::new("E_USAGE", &BadRevocation(text.to_owned()))
        .remedy(
            "Give blake3: and 64 hexadecimal digits, a key's id of 16, or a public key.".to_owned(),
        )
        .usage()
}

fn stop(error: &LockingError) -> Stop {
    let failure = Failure::of_locking(error);
    match error {
        // Without a place for it, the configuration is what is to be mended.
        LockingError::Lock(LockError::Required { path: None }) => failure.usage().into(),
        _ => failure.into(),
    }
}

fn text(answer: &Answer, arguments: &arguments::Lock, look: Look) -> String {
    let mut page = Page::new(look);
    page.line(0, [Cell::new(headline(answer, arguments))]);
    for change in &answer.changes {
        let ink = if change.added { Ink::Good } else { Ink::Bad };
        page.line(2, [Cell::new(change.to_string()).ink(ink)]);
    }
    for rejected in &answer.rejected {
        let Problem { code, reason, .. } = &rejected.problem;
        let text = format!("{} is not let in: {reason} ({code})", rejected.path);
        page.sentence(2, Cell::new("note:"), Cell::new(text));
    }
    for name in &answer.absent {
        let text = format!("{name} is in the lock, and no file of it was found");
        page.sentence(2, Cell::new("note:"), Cell::new(text));
    }
    if !answer.written && !answer.changes.is_empty() {
        let next = match answer.before {
            Before::Lock => "registry lock --update",
            Before::Nothing | Before::NothingUseful => "registry lock",
        };
        page.sentence(2, Cell::new("next:"), Cell::new(next));
    }
    page.finish()
}

fn headline(answer: &Answer, arguments: &arguments::Lock) -> String {
    let Answer { path, planners, .. } = answer;
    if arguments.forget {
        return if answer.forgotten {
            format!("{path}: forgotten that there was a lock")
        } else {
            format!("{path}: nothing to forget")
        };
    }
    let planners = if *planners == 1 {
        "1 planner".to_owned()
    } else {
        format!("{planners} planners")
    };
    if answer.before == Before::NothingUseful {
        return format!("{path}: not written, for other gates refuse all that is found");
    }
    match (answer.written, answer.changes.is_empty()) {
        (true, _) => format!("{path}: written, with {planners}"),
        (false, _) if answer.before == Before::Nothing => {
            format!("{path}: there is none; so it would be written")
        }
        (false, true) => format!("{path}: as it is found, with {planners}"),
        (false, false) => format!("{path}: differs from what is found"),
    }
}
