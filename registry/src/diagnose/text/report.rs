//! The state of everything on one screen: what is there, what is not and why, and what to do next.

use super::describe::{ABSENT, QUARANTINED, record};
use super::list::{counted, found, planners, state};
use super::page::INDENT;
use super::{Cell, Ink, Look, Page, Table};
use crate::diagnose::{Check, Diagnosis, PlannerState, PlannerStatus, Problem, Setting};

/// How many refused files the short report shows.
const REFUSED_SHOWN_MAX: usize = 20;

/// How much a report tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// One screen.
    Short,
    /// Everything.
    Full,
}

/// The state of everything.
pub fn report(diagnosis: &Diagnosis, detail: Detail, look: Look) -> String {
    let mut page = Page::new(look);
    summary(diagnosis, &mut page);
    page.heading("PLANNERS");
    page.table(INDENT, &planners(&diagnosis.planners));
    not_usable(diagnosis, &mut page);
    refused(diagnosis, detail, &mut page);
    folders(diagnosis, detail, &mut page);
    trust(diagnosis, &mut page);
    if detail == Detail::Full {
        other_files(diagnosis, &mut page);
        records(diagnosis, &mut page);
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
        PlannerState::NotLoaded,
        PlannerState::Quarantined,
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

fn not_usable(diagnosis: &Diagnosis, page: &mut Page) {
    let unusable: Vec<_> = diagnosis
        .planners
        .iter()
        .filter(|planner| !planner.state.is_usable() && !is_file_listed(diagnosis, planner))
        .collect();
    if unusable.is_empty() {
        return;
    }
    page.heading("NOT USABLE");
    for planner in unusable {
        let code = planner.problem.as_ref().map_or("", |problem| problem.code);
        let code = match code {
            "" => Cell::blank(),
            code => Cell::new(code).ink(Ink::Bad),
        };
        page.line(
            INDENT,
            [Cell::new(&planner.name), state(planner.state), code],
        );
        page.table(2 * INDENT, &why(planner));
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
        None => {
            let (reason, next) = match planner.state {
                PlannerState::Absent => (
                    ABSENT,
                    "Copy its library into a plugin folder, or take its name off the allowlist.",
                ),
                PlannerState::Quarantined => {
                    (QUARANTINED, "Ask its author for a released version.")
                }
                _ => ("not known", "Report it to the maintainers of registry."),
            };
            two_rows(reason, next)
        }
    }
}

fn refused(diagnosis: &Diagnosis, detail: Detail, page: &mut Page) {
    if diagnosis.files.refused.is_empty() {
        return;
    }
    let shown_max = match detail {
        Detail::Short => REFUSED_SHOWN_MAX,
        Detail::Full => usize::MAX,
    };
    page.heading("REFUSED FILES");
    for file in diagnosis.files.refused.iter().take(shown_max) {
        page.line(
            INDENT,
            [code(&file.problem), Cell::new(file.path.to_string_lossy())],
        );
        page.table(2 * INDENT, &reason_and_remedy(&file.problem));
    }
    if let Some(more) = diagnosis
        .files
        .refused
        .len()
        .checked_sub(shown_max)
        .filter(|&more| more > 0)
    {
        page.line(
            INDENT,
            [Cell::new(format!(
                "and {more} more: registry diagnose --verbose"
            ))],
        );
    }
}

fn folders(diagnosis: &Diagnosis, detail: Detail, page: &mut Page) {
    let in_trouble = diagnosis
        .files
        .folders
        .iter()
        .any(|folder| folder.problem.is_some());
    if detail == Detail::Short && !in_trouble && !diagnosis.files.folders.is_empty() {
        return;
    }
    page.heading("PLUGIN FOLDERS");
    if diagnosis.files.folders.is_empty() {
        page.line(INDENT, [Cell::new("none is configured").ink(Ink::Warn)]);
    }
    for folder in &diagnosis.files.folders {
        let path = Cell::new(folder.path.to_string_lossy());
        match &folder.problem {
            None => page.line(INDENT, [path]),
            Some(problem) => {
                page.line(INDENT, [code(problem), path]);
                page.table(2 * INDENT, &reason_and_remedy(problem));
            }
        }
    }
}

fn trust(diagnosis: &Diagnosis, page: &mut Page) {
    if diagnosis.checked_by != [Check::Name] {
        return;
    }
    page.heading("TRUST");
    for line in [
        "Only names are checked. This version knows neither a lock file nor signatures:",
        "whoever can write a plugin folder can be any allowed planner.",
    ] {
        page.line(INDENT, [Cell::new(line).ink(Ink::Warn)]);
    }
}

fn other_files(diagnosis: &Diagnosis, page: &mut Page) {
    page.heading("OTHER FILES");
    for file in &diagnosis.files.shadowed {
        page.line(
            INDENT,
            [
                Cell::new("shadowed"),
                Cell::new(file.path.to_string_lossy()),
            ],
        );
        let by = format!(
            "{} is taken from {}",
            file.planner,
            file.by.to_string_lossy()
        );
        page.line(2 * INDENT, [Cell::new(by)]);
    }
    let ignored = counted(diagnosis.files.ignored, "file ignored", "files ignored");
    page.line(INDENT, [Cell::new(format!("{ignored}: not named *.so"))]);
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

fn code(problem: &Problem) -> Cell {
    Cell::new(problem.code).ink(Ink::Bad)
}

fn reason_and_remedy(problem: &Problem) -> Table<2> {
    two_rows(&problem.reason, &problem.remedy)
}

fn two_rows(reason: &str, next: &str) -> Table<2> {
    let mut table = Table::headless().wrapped();
    table.row([Cell::new("reason").ink(Ink::Faint), Cell::new(reason)]);
    table.row([Cell::new("next").ink(Ink::Faint), Cell::new(next)]);
    table
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
                text.contains("and 3 more"),
            )
        };
        assert_eq!(shown(Detail::Short), (20, true));
        assert_eq!(shown(Detail::Full), (23, false));
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
