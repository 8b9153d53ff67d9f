//! One planner, with everything known of it.

use std::time::Duration;

use plugin_api::manifest::Manifest;

use super::discovered::duration;
use super::list::{isolation, reliability, state};
use super::page::INDENT;
use super::{Cell, Ink, Look, Page, Table, crash};
use crate::diagnose::{BreakerState, GuardStatus, PlannerState, PlannerStatus};
use crate::isolate::sandbox::{Enforced, LayerState};
use crate::planner::OverdueCall;

/// One planner, with everything known of it.
pub fn describe(planner: &PlannerStatus, look: Look) -> String {
    let mut page = Page::new(look);
    page.line(
        0,
        [
            Cell::new(&planner.name).ink(Ink::Strong),
            state(planner.state),
        ],
    );
    page.table(INDENT, &record(planner));
    page.finish()
}

/// The rows that show what `manifest` says, each a label and a value.
pub fn manifest_rows(manifest: &Manifest, table: &mut Table<2>) {
    let yes_no = |yes| if yes { "yes" } else { "no" };
    let build = &manifest.build;
    let build = format!(
        "{}, profile {}, panic {}",
        build.rustc,
        build.profile,
        build.panic.as_str()
    );
    let rows = [
        ("description", Cell::new(&manifest.description)),
        ("version", Cell::new(manifest.version.to_string())),
        ("interface", Cell::new(manifest.api.to_string())),
        ("built with", Cell::new(build)),
        ("capabilities", Cell::list(&manifest.capabilities)),
        ("tags", Cell::list(&manifest.tags)),
        ("tier", Cell::new(manifest.tier.as_str())),
        ("production", Cell::new(yes_no(manifest.production_ready))),
        ("risk", Cell::new(manifest.risk_rating.as_str())),
        ("self-test", Cell::new(yes_no(manifest.self_test))),
        ("asks for", Cell::list(&manifest.permissions)),
        ("held back", Cell::new(yes_no(manifest.quarantined))),
        (
            "settings",
            manifest
                .config_schema
                .as_ref()
                .map_or_else(Cell::nothing, |schema| Cell::new(schema.as_str())),
        ),
    ];
    for (label, value) in rows {
        if value != Cell::nothing() {
            table.row([name(label), value]);
        }
    }
    for (field, value) in &manifest.unknown {
        table.row([
            name("unknown"),
            Cell::new(format!("{field} = {}", value.as_str())),
        ]);
    }
}

pub(super) fn record(planner: &PlannerStatus) -> Table<2> {
    let mut table = Table::headless().wrapped();
    match (&planner.problem, planner.state) {
        (Some(problem), _) => {
            table.row([name("problem"), Cell::new(problem.code).ink(Ink::Bad)]);
            table.row([name("reason"), Cell::new(&problem.reason)]);
            table.row([name("next"), Cell::new(&problem.remedy)]);
        }
        (None, PlannerState::Absent) => {
            table.row([name("reason"), Cell::new(ABSENT)]);
        }
        (None, _) => {}
    }
    match &planner.path {
        Some(path) => table.row([name("file"), Cell::new(path.to_string_lossy())]),
        None if planner.manifest.is_some() => {
            table.row([name("file"), Cell::new("built into this program")]);
        }
        None => {}
    }
    if let Some(digest) = &planner.digest {
        table.row([name("digest"), Cell::new(digest)]);
    }
    if let Some(manifest) = &planner.manifest {
        manifest_rows(manifest, &mut table);
        if !planner.not_granted.is_empty() {
            let lacking = Cell::list(&planner.not_granted).ink(Ink::Warn);
            table.row([name("not granted"), lacking]);
        }
        table.row([name("reliability"), reliability(planner)]);
        table.row([name("isolation"), isolation(planner)]);
        for row in planner.sandbox.iter().flat_map(sandbox) {
            table.row(row);
        }
        if let Some(crash) = &planner.last_crash {
            crash::rows(crash, &mut table);
        }
        let calls = format!("{}, {} without a plan", planner.calls, planner.failures);
        table.row([name("calls"), Cell::new(calls)]);
    }
    if let Some(guard) = &planner.guard {
        guard_rows(guard, &mut table);
    }
    table
}

/// What the guard around the calls knows, as far as there is anything to say.
fn guard_rows(guard: &GuardStatus, table: &mut Table<2>) {
    let limit = duration(guard.limit_ms.saturating_mul(1_000));
    table.row([name("time limit"), Cell::new(limit)]);
    if let Some(mean_ms) = guard.mean_ms {
        table.row([name("mean time"), Cell::new(format!("{mean_ms:.1} ms"))]);
    }
    if let Some(moment) = guard.last_success {
        table.row([name("last plan"), Cell::new(moment.to_string())]);
    }
    if let Some(error) = &guard.last_error {
        table.row([name("last error"), Cell::new(error)]);
    }
    let breaker = &guard.breaker;
    if breaker.state != BreakerState::Closed || breaker.failures > 0 {
        let text = format!(
            "{}, {} without a plan in a row",
            breaker.state.label(),
            breaker.failures
        );
        table.row([name("breaker"), Cell::new(text)]);
    }
    for call in &guard.overdue {
        table.row([name("overdue"), Cell::new(overdue_call(call)).ink(Ink::Bad)]);
    }
}

pub(super) fn overdue_call(call: &OverdueCall) -> String {
    let secs = |millis: u64| Duration::from_millis(millis).as_secs_f64();
    format!(
        "call {} has been running for {:.1} s, {:.1} s past its deadline",
        call.call,
        secs(call.running_ms),
        secs(call.overdue_ms)
    )
}

/// The layers of a worker's sandbox: those that hold together, each other one with its reason.
fn sandbox(enforced: &Enforced) -> Vec<[Cell; 2]> {
    let on = enforced
        .layers
        .iter()
        .filter(|layer| layer.state == LayerState::On);
    let on: Vec<_> = on.map(|layer| layer.name.as_str()).collect();
    let mut rows = vec![[name("sandbox on"), Cell::list(&on)]];
    for layer in &enforced.layers {
        let (label, reason, ink) = match &layer.state {
            LayerState::On => continue,
            LayerState::Off { reason } => ("sandbox off", reason, Ink::Warn),
            LayerState::Approximate { reason } => ("approximate", reason, Ink::Plain),
        };
        let text = format!("{}: {reason}", layer.name.as_str());
        rows.push([name(label), Cell::new(text).ink(ink)]);
    }
    rows
}

/// Why an absent planner is absent.
pub(super) const ABSENT: &str = "allowed, but no file in the plugin folders declares this name";

fn name(label: &str) -> Cell {
    Cell::new(label).ink(Ink::Faint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::text::sample;

    #[test]
    fn everything_known_is_shown_and_nothing_can_forge_a_row() {
        let diagnosis = sample::diagnosis();
        assert_eq!(
            describe(&diagnosis.planners[2], Look::PLAIN),
            include_str!("expected/describe.txt")
        );
    }

    #[test]
    fn of_an_absent_planner_only_its_absence_is_known() {
        let diagnosis = sample::diagnosis();
        assert_eq!(
            describe(&diagnosis.planners[3], Look::PLAIN),
            include_str!("expected/absent.txt")
        );
    }
}
