//! A ranking for people: what each score is made of, and who is left out.

use registry::diagnose::text::{Cell, Ink, Look, Page, Table};
use registry::{Excluded, Ranked};

/// The ranking and who is not in it.
pub(super) fn answer(ranking: &[Ranked<'_>], excluded: &[Excluded], look: Look) -> String {
    let mut page = Page::new(look);
    let mut ranks = Table::new(["#", "NAME", "SCORE"]).wrapped();
    for (number, ranked) in (1..).zip(ranking) {
        let ink = if number == 1 { Ink::Good } else { Ink::Plain };
        ranks.row([
            Cell::new(number.to_string()),
            Cell::new(ranked.name()).ink(ink),
            Cell::new(ranked.reasons()),
        ]);
    }
    if !ranks.is_empty() {
        page.table(0, &ranks);
    }
    let mut others = Table::new(["NOT RANKED", "REASON"]).wrapped();
    for own in excluded {
        // Rounded like scores; JSON has them as they are.
        let reason = Cell::new(format!("{:.2}", own.reason));
        others.row([Cell::new(&own.name), reason]);
    }
    if !others.is_empty() {
        page.gap();
        page.table(0, &others);
    }
    page.finish()
}
