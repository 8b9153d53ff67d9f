//! What the latest discovery did: in the last words of a line, and in full.

use std::time::Duration;

use super::files::{code, reason_and_remedy};
use super::page::INDENT;
use super::report::Detail;
use super::{Cell, Ink, Page, Table};
use crate::diagnose::{DiscoveryStatus, FileCounts};

/// How many digits of a fingerprint are shown in a line.
const DIGITS_SHOWN: usize = 8;

/// The fingerprint, what changed and how long it took, for the end of a line.
pub(super) fn summary(discovery: &DiscoveryStatus) -> String {
    let fingerprint = &discovery.fingerprint;
    format!(
        "fingerprint {} ({}) · {}",
        fingerprint.get(..DIGITS_SHOWN).unwrap_or(fingerprint),
        changes(discovery),
        duration(discovery.took_us)
    )
}

/// A section of its own: always in the full report, else only where something is wrong.
pub(super) fn section(discovery: &DiscoveryStatus, detail: Detail, page: &mut Page) {
    let problems = [
        (
            &discovery.cache_problem,
            "nothing is remembered from or for other processes",
        ),
        (
            &discovery.state_problem,
            "not all that earlier processes left is used",
        ),
        (
            &discovery.unsaved_problem,
            "later processes do not get to know what happens now",
        ),
    ];
    if detail == Detail::Short && problems.iter().all(|(problem, _)| problem.is_none()) {
        return;
    }
    page.heading("DISCOVERY");
    if detail == Detail::Full {
        page.table(INDENT, &record(discovery));
    }
    for (problem, text) in problems {
        let Some(problem) = problem else {
            continue;
        };
        page.line(INDENT, [code(problem), Cell::new(text).ink(Ink::Warn)]);
        page.table(2 * INDENT, &reason_and_remedy(problem));
    }
}

fn record(discovery: &DiscoveryStatus) -> Table<2> {
    let mut table = Table::headless().wrapped();
    let FileCounts {
        added,
        changed,
        removed,
        unchanged,
        read,
    } = discovery.file_counts;
    let rows = [
        ("fingerprint", discovery.fingerprint.clone()),
        ("compared", changes(discovery)),
        (
            "files",
            format!(
                "{added} added · {changed} changed · {removed} removed · {unchanged} unchanged · \
                 {read} read"
            ),
        ),
        (
            "took",
            format!(
                "{}: reading {} · sorting {} · settling {}",
                duration(discovery.took_us),
                duration(discovery.reading_us),
                duration(discovery.sorting_us),
                duration(discovery.settling_us)
            ),
        ),
    ];
    for (label, value) in rows {
        table.row([Cell::new(label).ink(Ink::Faint), Cell::new(value)]);
    }
    table
}

/// What changed since the discovery before, in a few words.
fn changes(discovery: &DiscoveryStatus) -> String {
    let counts = &discovery.file_counts;
    match discovery.unchanged {
        None => "first look".to_owned(),
        Some(true) => "unchanged".to_owned(),
        Some(false) => [
            (counts.added, "added"),
            (counts.changed, "changed"),
            (counts.removed, "removed"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect::<Vec<_>>()
        .join(", "),
    }
}

pub(super) fn duration(micros: u64) -> String {
    let duration = Duration::from_micros(micros);
    let seconds = duration.as_secs_f64();
    if duration < Duration::from_millis(1) {
        format!("{micros} µs")
    } else if duration < Duration::from_secs(1) {
        format!("{:.1} ms", seconds * 1e3)
    } else {
        format!("{seconds:.1} s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_what_changed_and_by_what_it_was_compared() {
        let mut discovery = DiscoveryStatus {
            fingerprint: "7f3a91c2".repeat(8),
            took_us: 2_140,
            ..DiscoveryStatus::default()
        };
        let mut lines = vec![summary(&discovery)];
        discovery.unchanged = Some(true);
        lines.push(summary(&discovery));
        discovery.unchanged = Some(false);
        discovery.file_counts.added = 2;
        discovery.file_counts.removed = 1;
        discovery.took_us = 999;
        lines.push(summary(&discovery));
        discovery.fingerprint = "na".to_owned();
        discovery.took_us = 61_240_000;
        lines.push(summary(&discovery));
        assert_eq!(
            lines,
            [
                "fingerprint 7f3a91c2 (first look) · 2.1 ms",
                "fingerprint 7f3a91c2 (unchanged) · 2.1 ms",
                "fingerprint 7f3a91c2 (2 added, 1 removed) · 999 µs",
                "fingerprint na (2 added, 1 removed) · 61.2 s",
            ]
        );
    }
}
