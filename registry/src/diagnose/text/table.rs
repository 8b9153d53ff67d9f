//! Rows of cells in aligned columns.

use super::cell::{Cell, cut, width, wrap};
use super::{Ink, Look};

/// Blank columns between two cells, unless the table says otherwise.
const GAP: usize = 2;

/// The last column gives way down to this width, then the widest ones do.
const LAST_WIDTH_MIN: usize = 16;

/// No column gets narrower than this.
const WIDTH_MIN: usize = 3;

/// Rows of `N` cells in aligned columns.
///
/// Where the number of columns of the terminal is known, cells that do not fit are cut; those of the
/// last column are wrapped instead if [`wrapped`](Table::wrapped) says so.
#[derive(Clone, Debug)]
pub struct Table<const N: usize> {
    head: Option<[&'static str; N]>,
    rows: Vec<[Cell; N]>,
    wrapped: bool,
    gap: usize,
}

impl<const N: usize> Table<N> {
    /// A table with a line of headings.
    pub fn new(head: [&'static str; N]) -> Self {
        Self {
            head: Some(head),
            ..Self::headless()
        }
    }

    /// A table without headings.
    pub fn headless() -> Self {
        Self {
            head: None,
            rows: Vec::new(),
            wrapped: false,
            gap: GAP,
        }
    }

    /// The same table, with the cells of the last column wrapped rather than cut.
    #[must_use]
    pub fn wrapped(self) -> Self {
        Self {
            wrapped: true,
            ..self
        }
    }

    /// The same table, with single blanks between its cells, as between words.
    #[must_use]
    pub fn close(self) -> Self {
        Self { gap: 1, ..self }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: [Cell; N]) {
        self.rows.push(cells);
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn render(&self, look: Look, indent: usize, out: &mut String) {
        let head = self
            .head
            .map(|names| names.map(|name| Cell::new(name).ink(Ink::Strong)));
        let mut widths: [usize; N] = [0; N];
        for row in head.iter().chain(&self.rows) {
            for (column, cell) in widths.iter_mut().zip(row) {
                *column = (*column).max(cell.width());
            }
        }
        if let Some(columns) = look.columns {
            fit(&mut widths, columns.saturating_sub(indent), self.gap);
        }
        for row in head.iter().chain(&self.rows) {
            self.render_row(row, &widths, look, indent, out);
        }
    }

    fn render_row(
        &self,
        row: &[Cell; N],
        widths: &[usize; N],
        look: Look,
        indent: usize,
        out: &mut String,
    ) {
        let Some((last, others)) = row.split_last() else {
            return;
        };
        blanks(indent, out);
        let mut at = indent;
        for (cell, &columns) in others.iter().zip(widths) {
            let text = cut(cell.text(), columns);
            look.paint(cell.colour(), &text, out);
            blanks(columns + self.gap - width(&text).min(columns), out);
            at += columns + self.gap;
        }
        let columns = widths[N - 1];
        if !self.wrapped {
            look.paint(last.colour(), &cut(last.text(), columns), out);
            end_line(out);
            return;
        }
        for (number, line) in wrap(last.text(), columns).into_iter().enumerate() {
            if number > 0 {
                blanks(at, out);
            }
            look.paint(last.colour(), line, out);
            end_line(out);
        }
    }
}

fn blanks(mut count: usize, out: &mut String) {
    const BLANKS: &str = "                                ";
    while count > 0 {
        let some = count.min(BLANKS.len());
        out.push_str(&BLANKS[..some]);
        count -= some;
    }
}

/// Ends a line, without the blanks that padding may have left.
fn end_line(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

/// Narrows `widths` until they and the gaps fit into `columns`, or cannot be narrowed further.
fn fit(widths: &mut [usize], columns: usize, gap: usize) {
    let gaps = gap * widths.len().saturating_sub(1);
    let room = columns.saturating_sub(gaps);
    if let [others @ .., last] = widths {
        let left = room.saturating_sub(others.iter().sum());
        *last = (*last).min(left.max(LAST_WIDTH_MIN));
    }
    while widths.iter().sum::<usize>() > room {
        match widths.iter_mut().max() {
            Some(widest) if *widest > WIDTH_MIN => *widest -= 1,
            _ => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render<const N: usize>(table: &Table<N>, look: Look) -> String {
        let mut out = String::new();
        table.render(look, 0, &mut out);
        out
    }

    fn columns(columns: usize) -> Look {
        Look {
            colour: false,
            columns: Some(columns),
        }
    }

    fn planners() -> Table<3> {
        let mut table = Table::new(["NAME", "STATE", "CAPABILITIES"]);
        table.row([
            "日本_planner".into(),
            "ready".into(),
            "structural, deep_index".into(),
        ]);
        table.row(["risk_planner".into(), "not loaded".into(), "".into()]);
        table
    }

    #[test]
    fn columns_are_aligned_by_what_the_terminal_shows() {
        assert_eq!(
            render(&planners(), Look::PLAIN),
            "NAME          STATE       CAPABILITIES\n\
             日本_planner  ready       structural, deep_index\n\
             risk_planner  not loaded  —\n"
        );
    }

    #[test]
    fn the_last_column_gives_way_first_then_the_widest() {
        assert_eq!(
            render(&planners(), columns(44)),
            "NAME          STATE       CAPABILITIES\n\
             日本_planner  ready       structural, deep_…\n\
             risk_planner  not loaded  —\n"
        );
        assert_eq!(
            render(&planners(), columns(30)),
            "NAME       STATE      CAPABIL…\n\
             日本_pla…  ready      structu…\n\
             risk_pla…  not load…  —\n"
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_down_to_the_least_width() {
        let mut table = planners();
        table.row([
            Cell::new("x".repeat(500)),
            Cell::new("y".repeat(500)),
            "日本語".repeat(99).into(),
        ]);
        for room in 13..200 {
            for line in render(&table, columns(room)).lines() {
                assert!(width(line) <= room, "{room}: {line}");
            }
        }
    }

    #[test]
    fn a_wrapped_cell_stays_in_its_column() {
        let mut table = Table::headless().wrapped();
        table.row([
            Cell::new("reason"),
            Cell::new("no such file or directory: forged_planner  ready"),
        ]);
        assert_eq!(
            render(&table, columns(32)),
            "reason  no such file or\n        directory:\n        forged_planner  ready\n"
        );
    }

    #[test]
    fn colour_changes_no_alignment() {
        let mut table = Table::headless();
        table.row([Cell::new("a").ink(Ink::Bad), Cell::new("b").ink(Ink::Good)]);
        table.row(["ccc".into(), "d".into()]);
        let look = Look {
            colour: true,
            columns: None,
        };
        assert_eq!(
            render(&table, look),
            "\u{1b}[31ma\u{1b}[0m    \u{1b}[32mb\u{1b}[0m\nccc  d\n"
        );
    }
}
