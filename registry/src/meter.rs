//! What is counted and timed, for whoever installed a recorder (feature `metrics`).
//!
//! Names, labels and their values are stable and bounded: planners are those of the catalog, codes those
//! of `docs/errors.md`, everything else is a word of this crate. No text of a plugin becomes a label. This
//! crate installs no recorder; without the feature, nothing here does anything.
//!
//! Nothing is measured where a started planner is looked up.

/// A ring whose oldest sample made room for a new one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ring {
    Selections,
    Starts,
    Events,
}

#[cfg(feature = "metrics")]
mod on {
    use std::time::{Duration, Instant};

    use ::metrics::{
        Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
    };

    use super::Ring;
    use crate::name::PlannerName;

    /// The code of what went well.
    const OK: &str = "ok";

    /// What a planner's breaker does.
    #[derive(Clone, Copy, Debug)]
    pub(crate) enum Breaker {
        Closed,
        HalfOpen,
        Open,
    }

    /// One metric.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub struct Metric {
        /// Its name.
        pub name: &'static str,
        /// How it moves.
        pub kind: MetricKind,
        /// The names of its labels.
        pub labels: &'static [&'static str],
        /// What it says.
        pub meaning: &'static str,
    }

    /// How a metric moves.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum MetricKind {
        /// Only up.
        Counter,
        /// Up and down; brought up to date by [`Registry::record_metrics`](crate::Registry::record_metrics).
        Gauge,
        /// Seconds, one after the other.
        Histogram,
    }

    macro_rules! metrics {
        ($( $NAME:ident = $name:literal, $Kind:ident, [$($label:literal),*], $meaning:literal; )+) => {
            $( const $NAME: &str = $name; )+

            /// Every metric that there is.
            pub const METRICS: &[Metric] = &[$(
                Metric {
                    name: $name,
                    kind: MetricKind::$Kind,
                    labels: &[$($label),*],
                    meaning: $meaning,
                },
            )+];
        };
    }

    metrics! {
        DISCOVERIES = "registry_discoveries_total", Counter, ["outcome"],
            "Discoveries: changed or unchanged catalogs, or the code of why there was none.";
        DISCOVERY_SECONDS = "registry_discovery_duration_seconds", Histogram, [],
            "How long discoveries took.";
        LOADS = "registry_loads_total", Counter, ["planner", "code"],
            "Starts of planners, by the code of their failure or ok.";
        LOAD_SECONDS = "registry_load_duration_seconds", Histogram, ["planner"],
            "How long starts took, failed ones included.";
        PLANS = "registry_plans_total", Counter, ["planner", "code"],
            "Calls for a plan, by the code of their failure or ok; refused ones included.";
        PLAN_SECONDS = "registry_plan_duration_seconds", Histogram, ["planner"],
            "How long calls took that were not refused.";
        PLANNERS = "registry_planners", Gauge, ["state"],
            "Planners that are active, quarantined, breaker_open, failed, refused or absent.";
        BREAKER = "registry_breaker_state", Gauge, ["planner"],
            "A planner's breaker: 0 closed, 1 half-open, 2 open.";
        HEALS = "registry_heals_total", Counter, ["outcome"],
            "Heals that were made: healed, not_healed or cancelled.";
        RESTARTS = "registry_worker_restarts_total", Counter, ["planner"],
            "Workers that ended and had to be replaced.";
        RING_DROPS = "registry_ring_drops_total", Counter, ["ring"],
            "Samples that made room for newer ones, in the ring of selections, starts or events.";
        RETIRED = "registry_generations_retired_total", Counter, [],
            "Generations of the catalog that a newer one replaced.";
        HELD = "registry_generations_held", Gauge, [],
            "Generations of the catalog that are kept, the current one included.";
    }

    /// Tells the installed recorder what each metric means.
    pub fn describe() {
        for metric in METRICS {
            match metric.kind {
                MetricKind::Counter => describe_counter!(metric.name, metric.meaning),
                MetricKind::Gauge => describe_gauge!(metric.name, metric.meaning),
                MetricKind::Histogram => {
                    describe_histogram!(metric.name, Unit::Seconds, metric.meaning);
                }
            }
        }
    }

    pub(crate) fn discovered(outcome: &'static str, took: Duration) {
        counter!(DISCOVERIES, "outcome" => outcome).increment(1);
        histogram!(DISCOVERY_SECONDS).record(took);
    }

    pub(crate) fn loaded(planner: &PlannerName, failure: Option<&'static str>, took: Duration) {
        let planner = planner.as_str();
        let code = failure.unwrap_or(OK);
        counter!(LOADS, "planner" => planner.to_owned(), "code" => code).increment(1);
        histogram!(LOAD_SECONDS, "planner" => planner.to_owned()).record(took);
    }

    /// When a call began.
    pub(crate) type Begun = Instant;

    pub(crate) fn begin() -> Begun {
        Instant::now()
    }

    /// `begun` is nothing where the planner was not called.
    pub(crate) fn planned(
        planner: &PlannerName,
        failure: Option<&'static str>,
        begun: Option<Begun>,
    ) {
        let planner = planner.as_str();
        let code = failure.unwrap_or(OK);
        counter!(PLANS, "planner" => planner.to_owned(), "code" => code).increment(1);
        if let Some(begun) = begun {
            histogram!(PLAN_SECONDS, "planner" => planner.to_owned()).record(begun.elapsed());
        }
    }

    pub(crate) fn healed(outcome: &'static str) {
        counter!(HEALS, "outcome" => outcome).increment(1);
    }

    pub(crate) fn restarted(planner: &PlannerName) {
        counter!(RESTARTS, "planner" => planner.as_str().to_owned()).increment(1);
    }

    pub(crate) fn dropped(ring: Ring) {
        let ring = match ring {
            Ring::Selections => "selections",
            Ring::Starts => "starts",
            Ring::Events => "events",
        };
        counter!(RING_DROPS, "ring" => ring).increment(1);
    }

    pub(crate) fn generation_retired() {
        counter!(RETIRED).increment(1);
    }

    pub(crate) fn standing(states: &[(&'static str, usize)], generations: usize) {
        for (state, planners) in states {
            gauge!(PLANNERS, "state" => *state).set(count(*planners));
        }
        gauge!(HELD).set(count(generations));
    }

    pub(crate) fn breaker(planner: &PlannerName, breaker: Breaker) {
        let state = match breaker {
            Breaker::Closed => 0.0,
            Breaker::HalfOpen => 1.0,
            Breaker::Open => 2.0,
        };
        gauge!(BREAKER, "planner" => planner.as_str().to_owned()).set(state);
    }

    fn count(things: usize) -> f64 {
        f64::from(u32::try_from(things).unwrap_or(u32::MAX))
    }
}

#[cfg(feature = "metrics")]
pub(crate) use on::{
    Breaker, begin, breaker, discovered, dropped, generation_retired, healed, loaded, planned,
    restarted, standing,
};
#[cfg(feature = "metrics")]
pub use on::{METRICS, Metric, MetricKind, describe};

#[cfg(not(feature = "metrics"))]
mod off {
    use std::time::Duration;

    use super::Ring;
    use crate::name::PlannerName;

    pub(crate) fn discovered(_: &'static str, _: Duration) {}

    pub(crate) fn loaded(_: &PlannerName, _: Option<&'static str>, _: Duration) {}

    /// When a call began: nobody wants to know.
    #[derive(Clone, Copy, Debug)]
    pub(crate) struct Begun;

    pub(crate) fn begin() -> Begun {
        Begun
    }

    pub(crate) fn planned(_: &PlannerName, _: Option<&'static str>, _: Option<Begun>) {}

    pub(crate) fn healed(_: &'static str) {}

    pub(crate) fn restarted(_: &PlannerName) {}

    pub(crate) fn dropped(_: Ring) {}

    pub(crate) fn generation_retired() {}
}

#[cfg(not(feature = "metrics"))]
pub(crate) use off::*;
