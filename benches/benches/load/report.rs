//! Medians, ratios and limits.

use std::collections::BTreeMap;

use super::Failure;
use super::child::Kind;
use super::parts::{LAYOUT_CHECK, PARTS};

/// Everything that was measured, by name.
pub(crate) type Samples = BTreeMap<String, Vec<Figure>>;

/// One measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    wall_ns: u64,
    processor_ns: u64,
}

impl Figure {
    /// Reads what a child's stopwatch printed.
    pub(crate) fn parse(line: &str) -> Result<(String, Self), Failure> {
        let mut words = line.split(' ');
        let mut word = || words.next().ok_or("a figure is missing");
        let name = word()?.to_owned();
        let figure = Self {
            wall_ns: word()?.parse()?,
            processor_ns: word()?.parse()?,
        };
        Ok((name, figure))
    }
}

/// Medians of one kind of time, in microseconds.
struct Medians(BTreeMap<String, f64>);

impl Medians {
    fn of(samples: &Samples, time: impl Fn(&Figure) -> u64) -> Self {
        let median = |figures: &Vec<Figure>| {
            let mut sorted: Vec<_> = figures.iter().map(&time).collect();
            sorted.sort_unstable();
            let nanos = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
            f64::from(u32::try_from(nanos).unwrap_or(u32::MAX)) / 1000.0
        };
        let medians = samples
            .iter()
            .map(|(name, all)| (name.clone(), median(all)));
        Self(medians.collect())
    }

    fn get(&self, name: &str) -> f64 {
        self.0.get(name).copied().unwrap_or(f64::NAN)
    }

    fn sum(&self) -> f64 {
        PARTS.iter().map(|part| self.get(part)).sum()
    }

    /// A load against what it is to be held against.
    fn ratio(&self, kind: Kind, to: f64) -> f64 {
        self.get(kind.word()) / to
    }
}

/// Prints all figures, and the ratios with their limits.
pub(crate) fn print(samples: &Samples, planner_bytes: usize, stabby_bytes: usize) {
    let rounds = samples.values().map(Vec::len).max().unwrap_or_default();
    let wall = Medians::of(samples, |figure| figure.wall_ns);
    let processor = Medians::of(samples, |figure| figure.processor_ns);
    println!("load: medians of {rounds} children, in µs");
    println!("the planner has {planner_bytes} bytes, stabby's plugin {stabby_bytes}\n");
    println!("{:<52} {:>9} {:>10}", "", "by clock", "processor");
    for name in samples.keys() {
        println!(
            "{name:<52} {:>9.1} {:>10.1}",
            wall.get(name),
            processor.get(name)
        );
    }
    println!(
        "{:<52} {:>9.1} {:>10.1}\n",
        "sum of parts",
        wall.sum(),
        processor.sum()
    );
    let both = [&wall, &processor];
    let sums = both.map(Medians::sum);
    let without_check = both.map(|medians| medians.sum() - medians.get(LAYOUT_CHECK));
    let peer = |kind: Kind| both.map(|medians| medians.get(kind.word()));
    for (what, kind, to, limit) in [
        (
            "verified load / sum of parts",
            Kind::Verified,
            sums,
            Some(1.15),
        ),
        (
            "remembered load / sum without the layout check",
            Kind::Remembered,
            without_check,
            Some(1.15),
        ),
        (
            "verified load / abi_stable",
            Kind::Verified,
            peer(Kind::AbiStable),
            None,
        ),
        (
            "remembered load / abi_stable",
            Kind::Remembered,
            peer(Kind::AbiStable),
            None,
        ),
        (
            "verified load / bare dlopen",
            Kind::Verified,
            peer(Kind::Dlopen),
            None,
        ),
        (
            "stabby / bare dlopen of its plugin",
            Kind::Stabby,
            peer(Kind::StabbyDlopen),
            None,
        ),
    ] {
        let ratio = wall.ratio(kind, to[0]);
        let verdict = match limit {
            Some(limit) if ratio <= limit => format!("within {limit}"),
            Some(limit) => format!("OVER {limit}"),
            None => "no limit".to_owned(),
        };
        println!(
            "{what:<52} {ratio:>9.2} {:>10.2}  {verdict}",
            processor.ratio(kind, to[1])
        );
    }
}
