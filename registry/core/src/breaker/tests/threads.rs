//! Every transition there is, made or asked for by eight threads at once.
//!
//! | | admits | success | failure | withdrawal | outcome from before | reset |
//! |---|---|---|---|---|---|---|
//! | closed | all | forgets failures | counts, and opens | — | counts | — |
//! | open | nobody | | | | — | closes |
//! | open, reset time over | one, half-open | | | | — | closes |
//! | half-open | nobody | closes | opens | open, reset time over | — | closes |
//! | half-open, trial hung | one, half-open | — | — | — | — | closes |

use std::sync::Barrier;

use super::*;

const THREADS: usize = 8;

/// How a call ends.
type End = fn(Admission<'_>) -> Option<BreakerChange>;

const ENDS: [End; 3] = [
    |call| call.succeeded(),
    |call| call.failed(),
    |call| call.withdraw(),
];

const CLOSED: BreakerPhase = BreakerPhase::Closed { failures: 0 };

const OPEN: BreakerPhase = BreakerPhase::Open {
    retry_after: COOLDOWN,
};

const OVER: BreakerPhase = BreakerPhase::Open {
    retry_after: Duration::ZERO,
};

/// A breaker, and the hand of its clock.
struct Ground {
    breaker: Breaker,
    policy: BreakerPolicy,
    hand: ManualClock,
}

impl Ground {
    fn closed(failures_max: u32) -> Self {
        let (policy, hand) = policy();
        Self {
            breaker: Breaker::new(),
            policy: BreakerPolicy {
                failures_max,
                ..policy
            },
            hand,
        }
    }

    /// Open since `ago`.
    fn open(ago: Duration) -> Self {
        let ground = Self::closed(3);
        fail(&ground.breaker, &ground.policy, 3);
        ground.hand.advance(ago);
        ground
    }

    fn phase(&self) -> BreakerPhase {
        self.breaker.phase(&self.policy)
    }

    fn admit(&self) -> Result<Admission<'_>, BreakerOpen> {
        self.breaker.admit(&self.policy)
    }

    /// A call that decides.
    fn trial(&self) -> Admission<'_> {
        let trial = self.admit().unwrap();
        assert_eq!(
            (trial.is_trial(), self.phase()),
            (true, BreakerPhase::HalfOpen)
        );
        trial
    }

    /// Eight calls under way.
    fn calls(&self) -> [Admission<'_>; THREADS] {
        [(); THREADS].map(|()| self.admit().unwrap())
    }

    /// Those who are admitted of eight that ask at once; the others are told to wait for `wait`.
    fn admitted(&self, wait: Duration) -> Vec<Admission<'_>> {
        let refused = BreakerOpen { retry_after: wait };
        let answers = at_once([(); THREADS], |()| self.admit()).into_iter();
        let admitted = answers.filter_map(|answer| {
            let refusal = answer.as_ref().err();
            assert!(refusal.is_none_or(|own| *own == refused), "{refusal:?}");
            answer.ok()
        });
        admitted.collect()
    }

    /// Eight that ask at once are all admitted, and none of them decides.
    fn admits_all(&self) {
        let admitted = self.admitted(COOLDOWN);
        assert_eq!(admitted.len(), THREADS);
        assert!(admitted.iter().all(|own| !own.is_trial()));
        assert_eq!(at_once(admitted, Admission::withdraw), [None; THREADS]);
    }

    /// Of eight that ask at once one is admitted, and decides.
    fn admits_one(&self) -> Admission<'_> {
        let mut admitted = self.admitted(COOLDOWN);
        let trial = admitted.pop().unwrap();
        assert_eq!(admitted.len(), 0);
        assert_eq!(
            (trial.is_trial(), self.phase()),
            (true, BreakerPhase::HalfOpen)
        );
        trial
    }

    /// Eight reset it at once: one of them finds what there was, and all calls are admitted.
    fn resets(&self) {
        let before = self.breaker.standing();
        let mut found = at_once([(); THREADS], |()| self.breaker.reset());
        found.retain(|own| *own != Standing::default());
        assert_eq!((found, self.phase()), (vec![before], CLOSED));
        self.admits_all();
    }
}

/// What `act` makes of each item, in a thread for each, of which none begins before all are there.
fn at_once<T: Send, R: Send>(
    items: impl IntoIterator<Item = T>,
    act: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let items: Vec<_> = items.into_iter().collect();
    let (begin, act) = (&Barrier::new(items.len()), &act);
    std::thread::scope(|scope| {
        let start = |item| {
            scope.spawn(move || {
                begin.wait();
                act(item)
            })
        };
        let threads: Vec<_> = items.into_iter().map(start).collect();
        let threads = threads.into_iter();
        threads.map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_closed_one_admits_all_counts_failures_and_forgets_them_with_a_success() {
    let ground = Ground::closed(9);
    ground.admits_all();
    assert_eq!(at_once(ground.calls(), Admission::failed), [None; THREADS]);
    let eight = BreakerPhase::Closed { failures: 8 };
    assert_eq!(ground.phase(), eight);
    assert_eq!(
        at_once(ground.calls(), Admission::withdraw),
        [None; THREADS]
    );
    assert_eq!(ground.phase(), eight);
    assert_eq!(
        at_once(ground.calls(), Admission::succeeded),
        [None; THREADS]
    );
    assert_eq!(ground.phase(), CLOSED);
    fail(&ground.breaker, &ground.policy, 8);
    ground.resets();
}

#[test]
fn of_eight_failures_the_third_opens_it_and_those_behind_are_of_the_time_before() {
    let ground = Ground::closed(3);
    let mut told = at_once(ground.calls(), Admission::failed);
    told.retain(Option::is_some);
    assert_eq!(told, [Some(BreakerChange::Opened)]);
    assert_eq!(
        (ground.phase(), ground.breaker.standing().failures),
        (OPEN, 3)
    );
    ground.resets();
}

#[test]
fn an_open_one_admits_nobody_until_the_reset_time_and_then_exactly_one() {
    let moment = Duration::from_nanos(1);
    let ground = Ground::open(COOLDOWN.saturating_sub(moment));
    assert_eq!(ground.admitted(moment).len(), 0);
    ground.hand.advance(moment);
    assert_eq!(ground.phase(), OVER);
    let trial = ground.admits_one();
    assert_eq!(ground.admitted(COOLDOWN).len(), 0);
    assert_eq!(trial.succeeded(), Some(BreakerChange::Closed));
    ground.admits_all();
    Ground::open(Duration::ZERO).resets();
    Ground::open(COOLDOWN).resets();
}

#[test]
fn the_one_on_trial_closes_it_opens_it_or_leaves_the_next_one_free() {
    let half_open = || Ground::open(COOLDOWN);
    let ground = half_open();
    assert_eq!(ground.trial().succeeded(), Some(BreakerChange::Closed));
    ground.admits_all();

    let ground = half_open();
    assert_eq!(ground.trial().failed(), Some(BreakerChange::Opened));
    assert_eq!(
        (ground.phase(), ground.breaker.standing().failures),
        (OPEN, 4)
    );
    assert_eq!(ground.admitted(COOLDOWN).len(), 0);

    let ground = half_open();
    assert_eq!(ground.trial().withdraw(), Some(BreakerChange::Opened));
    assert_eq!(ground.phase(), OVER);
    let _trial = ground.admits_one();

    let ground = half_open();
    drop(ground.trial());
    assert_eq!(ground.phase(), OPEN);
    assert_eq!(ground.admitted(COOLDOWN).len(), 0);

    let ground = half_open();
    let _under_way = ground.trial();
    ground.resets();
}

#[test]
fn a_trial_that_hangs_gives_way_to_exactly_one_other_and_no_longer_decides() {
    for end in ENDS {
        let ground = Ground::open(COOLDOWN);
        let hung = ground.trial();
        ground.hand.advance(COOLDOWN);
        assert_eq!(ground.phase(), OVER);
        let trial = ground.admits_one();
        assert_eq!((end(hung), ground.phase()), (None, BreakerPhase::HalfOpen));
        assert_eq!(trial.succeeded(), Some(BreakerChange::Closed));
    }
    let ground = Ground::open(COOLDOWN);
    let _hung = ground.trial();
    ground.hand.advance(COOLDOWN);
    ground.resets();
}

#[test]
fn what_began_while_it_was_closed_changes_nothing_once_it_has_been_open() {
    for end in ENDS {
        for (waits, is_tried) in [(Duration::ZERO, false), (COOLDOWN, false), (COOLDOWN, true)] {
            let ground = Ground::closed(3);
            let early = ground.calls();
            fail(&ground.breaker, &ground.policy, 3);
            ground.hand.advance(waits);
            let _trial = is_tried.then(|| ground.trial());
            let before = (ground.phase(), ground.breaker.standing());
            assert_eq!(at_once(early, end), [None; THREADS]);
            assert_eq!((ground.phase(), ground.breaker.standing()), before);
        }
        let ground = Ground::closed(3);
        let early = ground.calls();
        ground.breaker.reset();
        fail(&ground.breaker, &ground.policy, 2);
        assert_eq!(at_once(early, end), [None; THREADS]);
        assert_eq!(ground.phase(), BreakerPhase::Closed { failures: 2 });
    }
}

#[test]
fn whoever_asks_while_the_trial_ends_is_refused_or_admitted_as_its_end_has_it() {
    // Whether calls that come after each of the ends decide, and how many of them are admitted at most.
    let rows = [(false, THREADS - 1), (true, 0), (true, 1)];
    for (end, (decides, most)) in ENDS.into_iter().zip(rows) {
        for _ in 0..100 {
            let ground = Ground::open(COOLDOWN);
            let mut trial = Some(ground.trial());
            let asked = at_once([(); THREADS].map(|()| trial.take()), |trial| match trial {
                Some(trial) => {
                    assert!(end(trial).is_some(), "the trial decides");
                    None
                }
                None => ground.admit().ok(),
            });
            let admitted: Vec<_> = asked.into_iter().flatten().collect();
            assert!(admitted.len() <= most, "{admitted:?}");
            assert!(admitted.iter().all(|own| own.is_trial() == decides));
        }
    }
}
