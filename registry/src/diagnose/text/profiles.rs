//! How long things took, one kind a row.

use super::page::INDENT;
use super::{Cell, Ink, Page, Table};
use crate::diagnose::{Distribution, Profiles};

/// Marks of a histogram, by how many samples a bucket has; the first is for none.
const MARKS: [char; 9] = ['·', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The section, if there is any sample.
pub(super) fn section(profiles: &Profiles, page: &mut Page) {
    let kinds = [
        ("selections", &profiles.selection),
        ("starts", &profiles.instantiation),
    ];
    let mut table = Table::new(["WHAT", "SAMPLES", "P50", "P90", "P99", "MAX", "HISTOGRAM"]);
    for (kind, times) in kinds.into_iter().filter(|(_, times)| times.samples > 0) {
        let span = |ns: Option<u64>| Cell::new(ns.map(span).unwrap_or_default());
        table.row([
            Cell::new(kind),
            Cell::new(times.samples.to_string()),
            span(times.p50_ns),
            span(times.p90_ns),
            span(times.p99_ns),
            span(times.max_ns),
            Cell::new(marks(times)),
        ]);
    }
    if table.is_empty() {
        return;
    }
    page.heading("PROFILES");
    page.table(INDENT, &table);
    let legend = "one mark a decade, from less than 1 µs to 10 s and more";
    page.line(INDENT, [Cell::new(legend).ink(Ink::Faint)]);
}

fn marks(times: &Distribution) -> String {
    let counts = times.histogram.iter().map(|bucket| bucket.count);
    let most = counts.clone().max().unwrap_or(0).max(1);
    let mark = |count: usize| MARKS[(count * (MARKS.len() - 1)).div_ceil(most)];
    counts.map(mark).collect()
}

/// `640 ns`, `12.5 µs`, `3.1 ms`, `2.0 s`.
fn span(ns: u64) -> String {
    let (whole, part) = match ns {
        0..1_000 => return format!("{ns} ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    format!("{}.{} {part}", ns / whole, ns % whole * 10 / whole)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::diagnose::text::Look;

    #[test]
    fn each_kind_with_samples_has_a_row_with_a_histogram() {
        let times = [1_u64, 640, 12_500, 13_000, 3_100_000].map(Duration::from_nanos);
        let profiles = Profiles {
            selection: Distribution::of(times),
            ..Profiles::default()
        };
        let mut page = Page::new(Look::PLAIN);
        section(&profiles, &mut page);
        assert_eq!(
            page.finish(),
            "PROFILES\n  \
             WHAT        SAMPLES  P50      P90     P99     MAX     HISTOGRAM\n  \
             selections  5        12.5 µs  3.1 ms  3.1 ms  3.1 ms  █·█·▄····\n  \
             one mark a decade, from less than 1 µs to 10 s and more\n"
        );
        let mut page = Page::new(Look::PLAIN);
        section(&Profiles::default(), &mut page);
        assert_eq!(page.finish(), "");
    }
}
