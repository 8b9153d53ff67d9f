//! The state of everything on one screen: what is there, what is not and why, and what to do next.

use super::describe::{ABSENT, record};
use super::files::{self, code, reason_and_remedy, two_rows};
use super::list::{counted, found, planners, state};
use super::page::INDENT;
use super::{Cell, Ink, Look, Page, Table, discovered, failures, loading, profiles, slow, trust};
use crate::diagnose::{Diagnosis, PlannerState, PlannerStatus, Setting};

/// How many problems of a kind the short report shows.
const SHOWN_MAX: usize = 5;

/// How much a report tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// One screen.
    Short,
    /// Everything.
    Full,
}

impl Detail {
    /// How many problems of a kind are shown.
    pub(super) const fn shown_max(self) -> usize {
        match self {
            Self::Short => SHOWN_MAX,
            Self::Full => usize::MAX,
        }
    }
}

/// The state of everything.
pub fn report(diagnosis: &Diagnosis, detail: Detail, look: Look) -> String {
    let mut page = Page::new(look);
    summary(diagnosis, &mut page);
    page.heading("PLANNERS");
    page.table(INDENT, &planners(&diagnosis.planners));
    not_usable(diagnosis, detail, &mut page);
    files::refused(&diagnosis.files, detail, &mut page);
    files::folders(&diagnosis.files, detail, &mut page);
    files::left_out(&diagnosis.files, &mut page);
    slow::section(diagnosis, &mut page);
    discovered::section(&diagnosis.files.discovery, detail, &mut page);
    trust::section(diagnosis, &mut page);
    loading::section(&diagnosis.loading, detail, &mut page);
    if detail == Detail::Full {
        files::others(&diagnosis.files, &mut page);
        records(diagnosis, &mut page);
        failures::section(&diagnosis.failures, &mut page);
        profiles::section(&diagnosis.profiles, &mut page);
        page.heading("CONFIGURATION");
        page.table(INDENT, &settings(&diagnosis.settings));
    }
    next(diagnosis, &mut page);
    page.finish()
}

/// The configuration, one setting a row.
pub fn settings(settings: &[Setting]) -> Table<3> {
    let mut table = Table::new(["SETTING", "VALUE", "FROM"]);
    for setting in settings {
        let ink = if setting.origin == "default" {
            Ink::Faint
        } else {
            Ink::Plain
        };
        table.row([
            Cell::new(&setting.key),
            Cell::new(&setting.value),
            Cell::new(&setting.origin).ink(ink),
        ]);
    }
    table
}

fn summary(diagnosis: &Diagnosis, page: &mut Page) {
    let versions = format!(
        "registry {} · plugin interface {}",
        diagnosis.version, diagnosis.api
    );
    page.line(0, [Cell::new(versions)]);
    page.line(0, [Cell::new(found(diagnosis))]);
    let mut counts: Vec<String> = [
        PlannerState::Ready,
        PlannerState::Starting,
        PlannerState::NotLoaded,
        PlannerState::Quarantined,
        PlannerState::BreakerOpen,
        PlannerState::Failed,
        PlannerState::Refused,
        PlannerState::Absent,
    ]
    .into_iter()
    .map(|state| (diagnosis.count(state), state.label()))
    .filter(|&(count, _)| count > 0)
    .map(|(count, label)| format!("{count} {label}"))
    .collect();
    if !diagnosis.files.refused.is_empty() {
        counts.push(counted(
            diagnosis.files.refused.len(),
            "file refused",
            "files refused",
        ));
    }
    page.line(0, [Cell::new(counts.join(" · "))]);
}

fn not_usable(diagnosis: &Diagnosis, detail: Detail, page: &mut Page) {
    let (absent, others): (Vec<_>, Vec<_>) = diagnosis
        .planners
        .iter()
        .filter(|planner| !planner.state.is_usable() && !is_file_listed(diagnosis, planner))
        .partition(|planner| planner.state == PlannerState::Absent);
    if absent.is_empty() && others.is_empty() {
        return;
    }
    page.heading("NOT USABLE");
    let shown_max = detail.shown_max();
    for planner in others.iter().take(shown_max) {
        let code = planner.problem.as_ref().map_or_else(Cell::blank, code);
        page.line(
            INDENT,
            [Cell::new(&planner.name), state(planner.state), code],
        );
        page.table(2 * INDENT, &why(planner));
    }
    files::more(others.len(), shown_max, page);
    if !absent.is_empty() {
        let names = Cell::list(absent.iter().map(|planner| &planner.name));
        page.line(INDENT, [state(PlannerState::Absent), names]);
        let next = "Copy its library into a plugin folder, or take its name off the allowlist.";
        page.table(2 * INDENT, &two_rows(ABSENT, next));
    }
}

/// Whether the planner's file stands among the refused ones, where its problem is told.
fn is_file_listed(diagnosis: &Diagnosis, planner: &PlannerStatus) -> bool {
    let refused = |path| {
        diagnosis
            .files
            .refused
            .iter()
            .any(|file| &file.path == path)
    };
    planner.state == PlannerState::Refused && planner.path.as_ref().is_some_and(refused)
}

fn why(planner: &PlannerStatus) -> Table<2> {
    match &planner.problem {
        Some(problem) => reason_and_remedy(problem),
        None => two_rows("not known", "Look into the log."),
    }
}

fn records(diagnosis: &Diagnosis, page: &mut Page) {
    let known = |planner: &&PlannerStatus| planner.state != PlannerState::Absent;
    for (number, planner) in diagnosis.planners.iter().filter(known).enumerate() {
        if number == 0 {
            page.heading("RECORDS");
        } else {
            page.gap();
        }
        page.line(
            INDENT,
            [
                Cell::new(&planner.name).ink(Ink::Strong),
                state(planner.state),
            ],
        );
        page.table(2 * INDENT, &record(planner));
    }
}

fn next(diagnosis: &Diagnosis, page: &mut Page) {
    if diagnosis.next.is_empty() {
        return;
    }
    page.heading("NEXT");
    let mut table = Table::headless().wrapped();
    for step in &diagnosis.next {
        table.row([
            Cell::new(&step.command),
            Cell::new(&step.purpose).ink(Ink::Faint),
        ]);
    }
    page.table(INDENT, &table);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::text::sample;

    #[test]
    fn one_screen_says_what_is_there_what_is_not_and_why_and_what_to_do() {
        let text = report(&sample::diagnosis(), Detail::Short, Look::PLAIN);
        assert_eq!(text, include_str!("expected/report.txt"));
    }

    #[test]
    fn the_full_report_adds_records_files_and_configuration() {
        let text = report(&sample::diagnosis(), Detail::Full, Look::PLAIN);
        assert_eq!(text, include_str!("expected/report_full.txt"));
    }

    #[test]
    fn many_refused_files_are_counted_in_the_short_report_and_all_shown_in_the_full_one() {
        let mut diagnosis = sample::diagnosis();
        let file = diagnosis.files.refused.remove(1);
        diagnosis.files.refused = vec![file; 23];
        let shown = |detail| {
            let text = report(&diagnosis, detail, Look::PLAIN);
            (
                text.matches("E_TRUNCATED").count(),
                text.contains("and 18 more"),
            )
        };
        assert_eq!(shown(Detail::Short), (5, true));
        assert_eq!(shown(Detail::Full), (23, false));
    }

    #[test]
    fn what_was_not_looked_at_is_told_even_in_the_short_report() {
        let mut diagnosis = sample::diagnosis();
        diagnosis.files.left_out.files = 2;
        let text = report(&diagnosis, Detail::Short, Look::PLAIN);
        assert!(
            text.contains("\nNOT LOOKED AT\n  2 files and 0 folders, because"),
            "{text}"
        );
    }

    #[test]
    fn on_a_narrow_terminal_no_foreign_text_begins_a_line() {
        let mut diagnosis = sample::diagnosis();
        diagnosis.files.refused[1].problem.reason =
            format!("{}risk_planner  ready", "x".repeat(28));
        let look = Look {
            colour: false,
            columns: Some(40),
        };
        let text = report(&diagnosis, Detail::Full, look);
        let forged = text.lines().filter(|line| line.starts_with("risk_planner"));
        assert_eq!(forged.count(), 0);
        assert!(
            text.contains("\n            risk_planner  ready\n"),
            "{text}"
        );
    }
}
