//! What planners offer, as bits.
//!
//! Every capability that some planner offers is a bit; 64 neighbours in alphabetical order make a
//! column, and a column lists the planners that have any of its bits. A query therefore looks at one
//! word for each planner and column it asks for, and what the whole takes grows with what is offered,
//! not with planners times capabilities.

use std::collections::BTreeSet;

/// Bits of a column.
const WIDTH: usize = u64::BITS as usize;

/// What the planners of a pool offer.
#[derive(Debug)]
pub(super) struct Offers {
    /// In alphabetical order; the position of one is the number of its bit.
    capabilities: Box<[Box<str>]>,
    columns: Box<[Box<[Cell]>]>,
}

/// What one planner offers of one column; never nothing.
#[derive(Clone, Copy, Debug)]
struct Cell {
    planner: u32,
    bits: u64,
}

impl Offers {
    /// What the planners offer, each with the capabilities of one entry of `offered`, in lower case.
    pub(super) fn new(offered: &[BTreeSet<String>]) -> Self {
        let all: BTreeSet<&str> = offered.iter().flatten().map(String::as_str).collect();
        let mut columns = vec![Vec::new(); all.len().div_ceil(WIDTH)];
        let capabilities: Box<[Box<str>]> = all.into_iter().map(Box::from).collect();
        for (planner, own) in (0..).zip(offered) {
            for (column, bits) in masks(&capabilities, own.iter().map(String::as_str)) {
                columns[column].push(Cell { planner, bits });
            }
        }
        Self {
            capabilities,
            columns: columns.into_iter().map(Box::from).collect(),
        }
    }

    /// Calls `found` for planners that offer something of `required`, which is in alphabetical order,
    /// with how much they offer of it; for some planners several times, with parts of it.
    #[inline]
    pub(super) fn count<'a>(
        &self,
        required: impl Iterator<Item = &'a str>,
        mut found: impl FnMut(u32, u32),
    ) {
        for (column, mask) in masks(&self.capabilities, required) {
            for cell in &self.columns[column] {
                found(cell.planner, (cell.bits & mask).count_ones());
            }
        }
    }
}

/// The bits of what is `wanted`, which is in alphabetical order, by column. What is not among the
/// `capabilities` has none.
fn masks<'a>(
    capabilities: &[Box<str>],
    wanted: impl Iterator<Item = &'a str>,
) -> impl Iterator<Item = (usize, u64)> {
    let find = |wanted: &str| capabilities.binary_search_by(|own| (**own).cmp(wanted));
    let mut bits = wanted
        .filter_map(move |wanted| find(wanted).ok())
        .peekable();
    std::iter::from_fn(move || {
        let first = bits.next()?;
        let column = first / WIDTH;
        let mut mask = 1 << (first % WIDTH);
        while let Some(bit) = bits.next_if(|bit| bit / WIDTH == column) {
            mask |= 1 << (bit % WIDTH);
        }
        Some((column, mask))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(offered: &[BTreeSet<String>], required: &[String]) -> Vec<u32> {
        let required: BTreeSet<&str> = required.iter().map(String::as_str).collect();
        let mut counts = vec![0; offered.len()];
        Offers::new(offered).count(required.into_iter(), |planner, more| {
            counts[planner as usize] += more;
        });
        counts
    }

    #[test]
    fn what_is_offered_of_what_is_required_is_counted_across_columns() {
        // 1,000 capabilities make 16 columns; planner n offers the multiples of n + 1.
        let capability = |number: usize| format!("capability {number:03}");
        let offered: Vec<BTreeSet<_>> = (1..=40)
            .map(|step| (0..1000).step_by(step).map(capability).collect())
            .collect();
        let required = [0, 1, 63, 64, 128, 500, 999, 1000].map(capability);
        let expected: Vec<_> = (1..=40_u32)
            .map(|step| {
                let wanted = [0, 1, 63, 64, 128, 500, 999].into_iter();
                wanted
                    .map(|number: u32| u32::from(number.is_multiple_of(step)))
                    .sum::<u32>()
            })
            .collect();
        assert_eq!(counts(&offered, &required), expected);
    }

    #[test]
    fn nothing_offered_or_nothing_required_counts_nothing() {
        let one = |text: &str| BTreeSet::from([text.to_owned()]);
        assert_eq!(counts(&[], &["a".to_owned()]), [0; 0]);
        assert_eq!(
            counts(&[BTreeSet::new(), one("a")], &["b".to_owned()]),
            [0, 0]
        );
        assert_eq!(counts(&[one("a")], &[]), [0]);
    }
}
