//! What takes long, one thing a row, and calls that should have returned.

use super::describe::overdue_call;
use super::discovered::duration;
use super::page::INDENT;
use super::{Cell, Ink, Page, Table};
use crate::diagnose::{Diagnosis, Slow, SlowKind};

/// The section, if there is anything to tell.
pub(super) fn section(diagnosis: &Diagnosis, page: &mut Page) {
    let mut table = Table::headless().wrapped();
    for planner in &diagnosis.planners {
        let guard = planner.guard.iter();
        // A planner in process cannot be stopped.
        for call in guard.flat_map(|guard| &guard.overdue) {
            let text = Cell::new(overdue_call(call)).ink(Ink::Bad);
            table.row([Cell::new(&planner.name), text]);
        }
    }
    for slow in &diagnosis.slow {
        let planner = slow.planner.as_ref();
        let name = planner.map_or_else(|| Cell::new("discovery"), Cell::new);
        table.row([name, Cell::new(text(slow)).ink(Ink::Warn)]);
    }
    if !table.is_empty() {
        page.heading("SLOW");
        page.table(INDENT, &table);
    }
}

fn text(slow: &Slow) -> String {
    let took = duration(slow.took_ms.saturating_mul(1_000));
    match slow.what {
        SlowKind::Plan => {
            let limit = duration(slow.told_from_ms.saturating_mul(2_000));
            format!("plans take {took} in the mean; the limit is {limit}")
        }
        SlowKind::Start => format!("a start took {took}"),
        SlowKind::Discovery => format!("took {took}, the latest time"),
    }
}
