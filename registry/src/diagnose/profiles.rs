//! How long things took: percentiles and a histogram of the samples that are kept.

use std::time::Duration;

use serde::Serialize;

/// Upper bounds of the buckets of a histogram, in nanoseconds: a decade each, from 1 µs to 10 s.
const BOUNDS_NS: [u64; 8] = [
    1_000,
    10_000,
    100_000,
    1_000_000,
    10_000_000,
    100_000_000,
    1_000_000_000,
    10_000_000_000,
];

/// How long selections and starts took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Profiles {
    /// Selections that found a planner.
    pub selection: Distribution,
    /// Starts of planners, failed ones too.
    pub instantiation: Distribution,
}

/// How long something took, over the newest samples.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Distribution {
    /// How many samples there are.
    pub samples: usize,
    /// Half of them took no longer than this, in nanoseconds; none without samples.
    pub p50_ns: Option<u64>,
    /// Nine in ten took no longer than this.
    pub p90_ns: Option<u64>,
    /// 99 in 100 took no longer than this.
    pub p99_ns: Option<u64>,
    /// The longest.
    pub max_ns: Option<u64>,
    /// How many took how long; empty without samples.
    pub histogram: Vec<Bucket>,
}

/// Samples that took less than a bound, and not less than that of the bucket before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Bucket {
    /// The bound in nanoseconds; the last bucket has none.
    pub below_ns: Option<u64>,
    /// How many samples.
    pub count: usize,
}

impl Distribution {
    /// The distribution of these times.
    pub(crate) fn of(times: impl IntoIterator<Item = Duration>) -> Self {
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let mut sorted: Vec<u64> = times.into_iter().map(nanos).collect();
        sorted.sort_unstable();
        if sorted.is_empty() {
            return Self::default();
        }
        Self {
            samples: sorted.len(),
            p50_ns: percentile(&sorted, 50),
            p90_ns: percentile(&sorted, 90),
            p99_ns: percentile(&sorted, 99),
            max_ns: sorted.last().copied(),
            histogram: histogram(&sorted),
        }
    }
}

/// The least sample that `percent` of all do not exceed.
fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

fn histogram(sorted: &[u64]) -> Vec<Bucket> {
    let bounds = BOUNDS_NS.into_iter().map(Some).chain([None]);
    let mut counted = 0;
    bounds
        .map(|below_ns| {
            let until = below_ns.map_or(sorted.len(), |bound| {
                sorted.partition_point(|&sample| sample < bound)
            });
            let count = until - counted;
            counted = until;
            Bucket { below_ns, count }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_samples_and_each_sample_is_in_one_bucket() {
        let times = (1..=100).map(|number| Duration::from_micros(number * 10));
        let distribution = Distribution::of(times);
        assert_eq!(
            (
                distribution.samples,
                distribution.p50_ns,
                distribution.p90_ns,
                distribution.p99_ns,
                distribution.max_ns
            ),
            (
                100,
                Some(500_000),
                Some(900_000),
                Some(990_000),
                Some(1_000_000)
            )
        );
        let counts: Vec<_> = distribution.histogram.iter().map(|own| own.count).collect();
        assert_eq!(counts, [0, 0, 9, 90, 1, 0, 0, 0, 0]);
    }

    #[test]
    fn one_sample_is_every_percentile_and_none_is_no_number() {
        let one = Distribution::of([Duration::from_mins(1)]);
        assert_eq!(one.p50_ns, Some(60_000_000_000));
        assert_eq!(one.p99_ns, one.p50_ns);
        assert_eq!(one.histogram[8].count, 1);
        assert_eq!(Distribution::of([]), Distribution::default());
    }
}
