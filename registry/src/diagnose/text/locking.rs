//! The lock, what was accepted before, and what it means if there is neither.

use super::page::INDENT;
use super::{Cell, Ink, Page};
use crate::diagnose::{LockState, LockStatus, Problem};

/// What has to be known of the lock.
pub(super) fn tell_of(lock: &LockStatus, page: &mut Page) {
    match (lock.state, &lock.problem) {
        (LockState::InForce, _) => in_force(lock, page),
        (_, Some(problem)) => {
            let text = "Nothing that comes from a file is admitted:";
            page.line(INDENT, [Cell::new(text).ink(Ink::Bad)]);
            tell(problem, Ink::Bad, page);
        }
        (_, None) => {}
    }
    if let Some(problem) = &lock.record_problem {
        let text = "It is not known which versions were accepted before:";
        page.line(INDENT, [Cell::new(text).ink(Ink::Warn)]);
        tell(problem, Ink::Warn, page);
    }
    if !lock.downgradable.is_empty() {
        let names = Cell::list(&lock.downgradable).ink(Ink::Warn);
        page.sentence(INDENT, Cell::new("older versions may come back of"), names);
    }
}

fn in_force(lock: &LockStatus, page: &mut Page) {
    let path = lock.path.as_deref().map(|path| path.to_string_lossy());
    let mut parts = vec![counted(lock.planners, "planner")];
    let revoked = [(lock.revoked_digests, "digest"), (lock.revoked_keys, "key")];
    let revoked = revoked.into_iter().filter(|(count, _)| *count > 0);
    parts.extend(revoked.map(|(count, what)| format!("{} revoked", counted(count, what))));
    let text = format!(
        "{}, with {}; {}",
        path.unwrap_or_default(),
        parts.join(", "),
        if lock.required {
            "required"
        } else {
            "not required"
        }
    );
    page.sentence(INDENT, Cell::new("lock"), Cell::new(text));
    if !lock.absent.is_empty() {
        let names = Cell::list(&lock.absent);
        page.sentence(
            INDENT,
            Cell::new("in the lock, but not in the catalog:"),
            names,
        );
    }
}

fn counted(count: usize, what: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{count} {what}{ending}")
}

fn tell(problem: &Problem, ink: Ink, page: &mut Page) {
    let code = Cell::new(problem.code).ink(ink);
    page.sentence(2 * INDENT, code, Cell::new(&problem.reason));
    page.sentence(2 * INDENT, Cell::new("next:"), Cell::new(&problem.remedy));
}
