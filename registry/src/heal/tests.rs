use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plugin_api::{Context, Plan, PlanError, PlanRequest, Planner};
use registry_core::clock::{Clock, ManualClock};
use registry_core::sync::Mutex;
use registry_core::sync::atomic::{AtomicUsize, Ordering};

use super::healer::Healer;
use super::pause::{Pause, Told};
use super::*;
use crate::config::{Config, Values};
use crate::discovery::testing::{compile, manifest, plugin_source};
use crate::planner::{Builtin, CancelToken, Roster, Supervision, planners_of};
use crate::trust::Signatures;

const NAME: &str = "some_planner";

const SECOND: Duration = Duration::from_secs(1);

/// The pauses of heals, and what happens in each.
type InPause = Arc<dyn Fn(Duration) + Send + Sync>;

fn roster_with(folder: &Path, settings: &[(&str, &str)], builtins: Vec<Builtin>) -> Roster {
    let values = Values::new()
        .set_list("discovery.plugin_dirs", [folder])
        .set_list("trust.allowed", [NAME]);
    let values = settings
        .iter()
        .fold(values, |values, (key, value)| values.set(key, value));
    let config = Config::loader().overrides(values).load().unwrap();
    let mut supervision = Supervision::of(&config, Signatures::default()).unwrap();
    // The wait after a failed start lasts as long as the test.
    supervision.slot.clock = ManualClock::new().clock();
    let supervision = Arc::new(supervision);
    let builtins = planners_of(builtins, &config, &supervision).unwrap();
    Roster::new(config, supervision, builtins)
}

/// A healer that notes its pauses, and what it noted.
fn healer(clock: Clock, in_pause: InPause) -> (Healer, Arc<Mutex<Vec<Duration>>>) {
    let pauses = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&pauses);
    let told = move |whole| {
        noted.lock().push(whole);
        in_pause(whole);
    };
    let pause = Pause::Told(Told(Arc::new(told)));
    (Healer::with(clock, pause), pauses)
}

fn idle() -> InPause {
    Arc::new(|_| {})
}

fn heal(healer: &Healer, roster: &Roster) -> Arc<HealReport> {
    healer.heal(roster, &CancelToken::new()).unwrap()
}

/// What was done for the only planner: rediscovered, released, retried, and why it is still out.
fn treated(report: &HealReport) -> (bool, bool, bool, Option<&str>) {
    assert_eq!(report.planners.len(), 1, "{report:#?}");
    let own = &report.planners[0];
    assert_eq!(own.planner.as_str(), NAME);
    let still = own.still.as_ref().map(|problem| problem.code);
    (own.rediscovered, own.released, own.retried, still)
}

/// Its self-test fails as often as is told.
struct Ailing {
    failures: usize,
    tests: Arc<AtomicUsize>,
}

impl Planner for Ailing {
    fn plan(&self, _request: &PlanRequest, _cx: &Context) -> Result<Plan, PlanError> {
        Err(PlanError::failed("it only ails"))
    }

    fn self_test(&self, _cx: &Context) -> Result<(), PlanError> {
        if self.tests.fetch_add(1, Ordering::Relaxed) < self.failures {
            return Err(PlanError::failed("not yet"));
        }
        Ok(())
    }
}

/// A planner that fails its first `failures` self-tests, and the count of them.
fn ailing(failures: usize) -> (Builtin, Arc<AtomicUsize>) {
    let tests = Arc::new(AtomicUsize::new(0));
    let planner = Ailing {
        failures,
        tests: Arc::clone(&tests),
    };
    let builtin = Builtin::new(NAME, planner).manifest(|manifest| manifest.self_test = true);
    (builtin, tests)
}

#[test]
fn an_empty_folder_that_gets_its_planner_during_the_second_attempt_is_healed_by_it() {
    let (folder, stock) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let library = compile(
        stock.path(),
        "late.so",
        &plugin_source(&manifest(NAME), ""),
        &[],
    );
    let target = folder.path().join("late.so");
    let arrive: InPause = Arc::new(move |_| _ = std::fs::copy(&library, &target).unwrap());
    let roster = roster_with(folder.path(), &[], Vec::new());
    let (healer, pauses) = healer(Clock::monotonic(), arrive);
    let report = heal(&healer, &roster);
    assert_eq!(
        (
            report.outcome,
            report.active_before,
            report.attempts,
            report.active_after,
            report.cooldown_ms
        ),
        (HealOutcome::Healed, 0, 2, 1, None)
    );
    assert_eq!(treated(&report), (true, false, false, None));
    assert_eq!(*pauses.lock(), [SECOND / 5]);
    let report = heal(&healer, &roster);
    assert_eq!(
        (report.outcome, report.active_before, report.attempts),
        (HealOutcome::NotNeeded, 1, 0)
    );
}

#[test]
fn three_attempts_are_made_and_none_within_five_seconds_of_a_heal() {
    let folder = tempfile::tempdir().unwrap();
    let roster = roster_with(folder.path(), &[], Vec::new());
    let hand = ManualClock::new();
    let (healer, pauses) = healer(hand.clock(), idle());
    let attempts = || {
        let report = heal(&healer, &roster);
        (report.outcome, report.attempts, report.cooldown_ms)
    };
    let report = heal(&healer, &roster);
    assert_eq!(
        (report.outcome, report.attempts, report.active_after),
        (HealOutcome::NotHealed, 3, 0)
    );
    assert_eq!(treated(&report), (false, false, false, Some("E_ABSENT")));
    assert_eq!(*pauses.lock(), [SECOND / 5, SECOND * 2 / 5]);
    let cooling = HealOutcome::CoolingDown;
    assert_eq!(attempts(), (cooling, 0, Some(5_000)));
    hand.advance(Duration::from_millis(4_999));
    assert_eq!(attempts(), (cooling, 0, Some(1)));
    assert_eq!(pauses.lock().len(), 2);
    hand.advance(Duration::from_millis(1));
    assert_eq!(attempts(), (HealOutcome::NotHealed, 3, None));
    assert_eq!(healer.heals(), 2);
}

#[test]
fn without_leave_to_block_there_is_one_attempt_and_no_pause() {
    let folder = tempfile::tempdir().unwrap();
    let roster = roster_with(folder.path(), &[("heal.blocking", "0")], Vec::new());
    let (healer, pauses) = healer(Clock::monotonic(), idle());
    let report = heal(&healer, &roster);
    assert_eq!(
        (report.outcome, report.attempts),
        (HealOutcome::NotHealed, 1)
    );
    assert_eq!(pauses.lock().len(), 0);
}

#[test]
fn sixteen_threads_that_heal_at_once_run_one_heal_and_share_its_report() {
    const THREADS: usize = 16;
    let folder = tempfile::tempdir().unwrap();
    let roster = roster_with(folder.path(), &[], Vec::new());
    let waiting: Arc<Mutex<Option<Arc<Healer>>>> = Arc::default();
    let seen = Arc::clone(&waiting);
    // The heal goes on once all the others wait for it.
    let until_all_wait: InPause = Arc::new(move |_| {
        let healer = Arc::clone(seen.lock().as_ref().unwrap());
        let begun = Instant::now();
        while healer.waiting() < THREADS - 1 {
            assert!(begun.elapsed() < 60 * SECOND, "the others never came");
            std::thread::yield_now();
        }
    });
    let (healer, pauses) = healer(Clock::monotonic(), until_all_wait);
    let healer = Arc::new(healer);
    *waiting.lock() = Some(Arc::clone(&healer));
    let reports: Vec<_> = std::thread::scope(|scope| {
        let threads = [(); THREADS].map(|()| scope.spawn(|| heal(&healer, &roster)));
        threads.map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!((healer.heals(), pauses.lock().len()), (1, 2));
    assert_eq!(reports[0].attempts, 3);
    assert!(
        reports
            .iter()
            .all(|report| Arc::ptr_eq(report, &reports[0]))
    );
    waiting.lock().take();
}

#[test]
fn a_heal_that_is_given_up_ends_after_its_pause_and_a_pause_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let roster = roster_with(folder.path(), &[], Vec::new());
    let cancel = CancelToken::new();
    let given_up = cancel.clone();
    let (healer, pauses) = healer(Clock::monotonic(), Arc::new(move |_| given_up.cancel()));
    let report = healer.heal(&roster, &cancel).unwrap();
    assert_eq!(
        (report.outcome, report.attempts),
        (HealOutcome::Cancelled, 1)
    );
    assert_eq!(pauses.lock().len(), 1);
    Pause::Sleep.pause(3600 * SECOND, || cancel.is_cancelled());
}

#[test]
fn a_heal_that_panics_leaves_the_turn_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let roster = roster_with(folder.path(), &[], Vec::new());
    let first = AtomicUsize::new(0);
    let once: InPause = Arc::new(move |_| {
        assert_ne!(first.fetch_add(1, Ordering::Relaxed), 0, "the first pause");
    });
    let (healer, _) = healer(Clock::monotonic(), once);
    let panicked =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| heal(&healer, &roster)));
    assert!(panicked.is_err());
    assert_eq!(heal(&healer, &roster).attempts, 3);
}

#[test]
fn a_heal_inside_a_heal_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let roster = Arc::new(roster_with(folder.path(), &[], Vec::new()));
    let own: Arc<Mutex<Option<Arc<Healer>>>> = Arc::default();
    let codes = Arc::new(Mutex::new(Vec::new()));
    let (inner, noted, same) = (Arc::clone(&own), Arc::clone(&codes), Arc::clone(&roster));
    let again: InPause = Arc::new(move |_| {
        let healer = Arc::clone(inner.lock().as_ref().unwrap());
        let error = healer.heal(&same, &CancelToken::new()).unwrap_err();
        noted.lock().push(error.code());
    });
    let (healer, _) = healer(Clock::monotonic(), again);
    let healer = Arc::new(healer);
    *own.lock() = Some(Arc::clone(&healer));
    assert_eq!(heal(&healer, &roster).attempts, 3);
    assert_eq!(*codes.lock(), ["E_REENTERED"; 2]);
    own.lock().take();
}

#[test]
fn a_failed_start_is_let_go_of_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let (builtin, tests) = ailing(1);
    let roster = roster_with(folder.path(), &[], vec![builtin]);
    assert!(roster.started(NAME).is_err());
    let (healer, pauses) = healer(Clock::monotonic(), idle());
    let report = heal(&healer, &roster);
    assert_eq!((report.outcome, report.attempts), (HealOutcome::Healed, 1));
    assert_eq!(treated(&report), (false, true, true, None));
    assert_eq!((tests.load(Ordering::Relaxed), pauses.lock().len()), (2, 0));
}

#[test]
fn a_planner_that_goes_on_failing_is_tried_once_a_heal() {
    let folder = tempfile::tempdir().unwrap();
    let (builtin, tests) = ailing(usize::MAX);
    let roster = roster_with(folder.path(), &[], vec![builtin]);
    assert!(roster.started(NAME).is_err());
    let (healer, _) = healer(Clock::monotonic(), Arc::new(|_| {}));
    let report = heal(&healer, &roster);
    assert_eq!(treated(&report), (false, true, true, Some("E_QUARANTINED")));
    assert_eq!(tests.load(Ordering::Relaxed), 2);
}

#[test]
fn what_the_author_holds_back_stays_held_back() {
    let folder = tempfile::tempdir().unwrap();
    let (builtin, tests) = ailing(0);
    let builtin = builtin.manifest(|manifest| manifest.quarantined = true);
    let roster = roster_with(folder.path(), &[], vec![builtin]);
    let (healer, _) = healer(Clock::monotonic(), idle());
    let report = heal(&healer, &roster);
    assert_eq!(report.outcome, HealOutcome::NotHealed);
    assert_eq!(
        treated(&report),
        (false, false, false, Some("E_QUARANTINED"))
    );
    assert_eq!(tests.load(Ordering::Relaxed), 0);
}
