//! The planners, one a row.

use plugin_api::manifest::Manifest;

use super::{Cell, Ink, Look, Page, Table, discovered};
use crate::diagnose::{Diagnosis, PlannerState, PlannerStatus, ReliabilitySource};

/// The planners, one a row, and below them what else was seen.
pub fn list(diagnosis: &Diagnosis, look: Look) -> String {
    let mut page = Page::new(look);
    page.table(0, &planners(&diagnosis.planners));
    page.line(0, [Cell::new(found(diagnosis))]);
    if !diagnosis.files.refused.is_empty() {
        let files = counted(
            diagnosis.files.refused.len(),
            "file was refused",
            "files were refused",
        );
        page.line(
            0,
            [Cell::new(format!("{files}: registry diagnose")).ink(Ink::Warn)],
        );
    }
    page.finish()
}

pub(super) fn planners(planners: &[PlannerStatus]) -> Table<6> {
    let mut table = Table::new([
        "NAME",
        "VERSION",
        "STATE",
        "ISOLATION",
        "RELIABILITY",
        "CAPABILITIES",
    ]);
    for planner in planners {
        let manifest = planner.manifest.as_deref();
        table.row([
            Cell::new(&planner.name),
            manifest.map_or_else(Cell::nothing, |manifest| {
                Cell::new(manifest.version.to_string())
            }),
            state(planner.state),
            isolation(planner),
            reliability(planner),
            Cell::list(manifest.map_or(&[][..], capabilities)),
        ]);
    }
    table
}

pub(super) fn state(state: PlannerState) -> Cell {
    let ink = match state {
        PlannerState::Ready => Ink::Good,
        PlannerState::Starting | PlannerState::NotLoaded => Ink::Plain,
        PlannerState::Failed | PlannerState::Refused => Ink::Bad,
        PlannerState::Quarantined | PlannerState::BreakerOpen => Ink::Warn,
        PlannerState::Absent => Ink::Faint,
    };
    Cell::own(state.label()).ink(ink)
}

pub(super) fn isolation(planner: &PlannerStatus) -> Cell {
    planner
        .isolation
        .map_or_else(Cell::nothing, |isolation| Cell::own(isolation.label()))
}

pub(super) fn reliability(planner: &PlannerStatus) -> Cell {
    planner
        .reliability
        .map_or_else(Cell::nothing, |reliability| {
            let score = reliability.score;
            Cell::own(match reliability.source {
                ReliabilitySource::Live => format!("{score:.2} ({})", reliability.samples),
                source => format!("{score:.2} {}", source.label()),
            })
        })
}

/// How many of the allowed planners were found, where, and what discovery did.
pub(super) fn found(diagnosis: &Diagnosis) -> String {
    format!(
        "{} of {} found in {} · {}",
        diagnosis.found(),
        counted(
            diagnosis.planners.len(),
            "allowed planner",
            "allowed planners"
        ),
        counted(diagnosis.files.folders.len(), "folder", "folders"),
        discovered::summary(&diagnosis.files.discovery),
    )
}

/// A count with its noun.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn capabilities(manifest: &Manifest) -> &[String] {
    &manifest.capabilities
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::text::sample;

    #[test]
    fn every_planner_has_its_row_and_every_refused_file_is_counted() {
        assert_eq!(
            list(&sample::diagnosis(), Look::PLAIN),
            include_str!("expected/list.txt")
        );
    }
}
