//! The files of a report: those that are not used and why, and the folders they lie in.

use super::list::counted;
use super::page::INDENT;
use super::report::Detail;
use super::{Cell, Ink, Page, Table};
use crate::diagnose::{Files, Problem};

/// How many of the files that were not looked at are shown.
const LEFT_OUT_SHOWN_MAX: usize = 5;

pub(super) fn refused(files: &Files, detail: Detail, page: &mut Page) {
    if files.refused.is_empty() {
        return;
    }
    let shown_max = detail.shown_max();
    page.heading("REFUSED FILES");
    for file in files.refused.iter().take(shown_max) {
        page.line(
            INDENT,
            [code(&file.problem), Cell::new(file.path.to_string_lossy())],
        );
        page.table(2 * INDENT, &reason_and_remedy(&file.problem));
    }
    more(files.refused.len(), shown_max, page);
}

/// Counts those of `count` that are not shown, and says where they are.
pub(super) fn more(count: usize, shown_max: usize, page: &mut Page) {
    let more = count.saturating_sub(shown_max);
    if more > 0 {
        let text = format!("and {more} more: registry diagnose --verbose");
        page.line(INDENT, [Cell::new(text)]);
    }
}

pub(super) fn folders(files: &Files, detail: Detail, page: &mut Page) {
    let in_trouble = files.folders.iter().any(|folder| folder.problem.is_some());
    if detail == Detail::Short && !in_trouble && !files.folders.is_empty() {
        return;
    }
    page.heading("PLUGIN FOLDERS");
    if files.folders.is_empty() {
        page.line(INDENT, [Cell::new("none is configured").ink(Ink::Warn)]);
    }
    for folder in &files.folders {
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

/// What was not looked at. Never silent: among it may be the file that somebody looks for.
pub(super) fn left_out(files: &Files, page: &mut Page) {
    let left_out = &files.left_out;
    if left_out.is_empty() {
        return;
    }
    page.heading("NOT LOOKED AT");
    let text = format!(
        "{} files and {} folders, because there are too many or reading takes too long; the first:",
        left_out.files, left_out.folders
    );
    page.line(INDENT, [Cell::new(text).ink(Ink::Warn)]);
    for path in left_out.listed.iter().take(LEFT_OUT_SHOWN_MAX) {
        page.line(2 * INDENT, [Cell::new(path.path.to_string_lossy())]);
    }
}

/// Files that are neither used nor refused.
pub(super) fn others(files: &Files, page: &mut Page) {
    page.heading("OTHER FILES");
    let shadowed = files.shadowed.iter().map(|file| {
        let by = file.by.to_string_lossy();
        (&file.path, format!("{} is taken from {by}", file.planner))
    });
    let excluded = files.excluded.iter().map(|file| {
        let reason = format!("{} is excluded by the configuration", file.planner);
        (&file.path, reason)
    });
    for (path, reason) in shadowed.chain(excluded) {
        page.line(INDENT, [Cell::new(path.to_string_lossy())]);
        page.line(2 * INDENT, [Cell::new(reason)]);
    }
    let ignored = counted(files.ignored, "file is", "files are");
    page.line(INDENT, [Cell::new(format!("{ignored} not named *.so"))]);
}

pub(super) fn code(problem: &Problem) -> Cell {
    Cell::new(problem.code).ink(Ink::Bad)
}

pub(super) fn reason_and_remedy(problem: &Problem) -> Table<2> {
    two_rows(&problem.reason, &problem.remedy)
}

pub(super) fn two_rows(reason: &str, next: &str) -> Table<2> {
    let mut table = Table::headless().wrapped();
    table.row([Cell::new("reason").ink(Ink::Faint), Cell::new(reason)]);
    table.row([Cell::new("next").ink(Ink::Faint), Cell::new(next)]);
    table
}
