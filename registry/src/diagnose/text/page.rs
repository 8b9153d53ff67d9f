//! Headings, lines and tables, one below the other.

use super::{Cell, Ink, Look, Table};

/// Blank columns before what stands under a heading.
pub(super) const INDENT: usize = 2;

/// Text in the making.
#[derive(Clone, Debug)]
pub struct Page {
    look: Look,
    text: String,
}

impl Page {
    /// An empty page.
    pub fn new(look: Look) -> Page {
        Page {
            look,
            text: String::new(),
        }
    }

    /// A heading, set off from what stands above it.
    pub fn heading(&mut self, text: &'static str) {
        self.gap();
        self.line(0, [Cell::new(text).ink(Ink::Strong)]);
    }

    /// An empty line, unless the page is empty.
    pub fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// Cells one after the other, wrapped with an indent where they do not fit.
    pub fn line<const N: usize>(&mut self, indent: usize, cells: [Cell; N]) {
        let mut table = Table::headless().wrapped();
        table.row(cells);
        self.table(indent, &table);
    }

    /// A sentence that begins with `word`, wrapped behind it where it does not fit.
    pub fn sentence(&mut self, indent: usize, word: Cell, text: Cell) {
        let mut table = Table::headless().wrapped().close();
        table.row([word, text]);
        self.table(indent, &table);
    }

    /// A table.
    pub fn table<const N: usize>(&mut self, indent: usize, table: &Table<N>) {
        table.render(self.look, indent, &mut self.text);
    }

    /// The text.
    pub fn finish(self) -> String {
        self.text
    }
}
