//! What is expected of a case.

use std::error::Error;

use registry::{GetError, PlanFailure, ProbeCause, ProbeFailure, StartError, StartFailure};

use crate::host::{PLAN_TIMEOUT, START_TIMEOUT};

/// What a host is expected to learn.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Want {
    /// A plan whose task says this.
    Answers(&'static str),
    /// The worker's end, in these words.
    Crash(&'static str),
    /// The worker's end at a limit, in these words.
    Limit(&'static str),
    /// The deadline.
    Late,
    /// The end of a worker that broke this rule of the wire.
    Broken(&'static str),
    /// The planner's own report that the system refused, with this number.
    Denied(i32),
    /// The planner's own words for what hindered it.
    Says(&'static str),
    /// A broken rule of the interface.
    Rule(&'static str),
    /// A broken rule of plans, in these words.
    NoPlan(&'static str),
    /// The loader's refusal of what is no plugin.
    NoRoot,
    /// This, in a stage that the planner only pretends to have come to.
    At(Stage, &'static Want),
    /// One of these, by chance or by what the machine offers.
    OneOf(&'static [Want]),
    /// The end of the host itself, by this signal.
    HostEnds(i32),
}

/// How far a planner comes before it misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Map,
    Construct,
    SelfTest,
    Plan,
}

impl Stage {
    /// Of the order for a misdeed, whose first word it is.
    pub(crate) fn of(order: &str) -> Self {
        match order.split(' ').next() {
            Some("constructor") => Self::Map,
            Some("construct") => Self::Construct,
            Some("self_test") => Self::SelfTest,
            Some("plan" | "shutdown") => Self::Plan,
            _ => panic!("no such stage: {order}"),
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Map => "planner \"hostile\" could not be started: its library was not loaded",
            Self::Construct => "planner \"hostile\" could not be started: its construction failed",
            Self::SelfTest => "planner \"hostile\" could not be started: its self-test failed",
            Self::Plan => "planner \"hostile\" gave no plan",
        }
    }

    /// Whether this is the stage that a failure is told of with.
    pub(crate) fn is_told_in(self, text: &str) -> bool {
        text.starts_with(self.words())
    }

    fn timeout_ms(self) -> u128 {
        match self {
            Self::Plan => PLAN_TIMEOUT.as_millis(),
            _ => START_TIMEOUT.as_millis(),
        }
    }
}

/// What came of asking: the text of the plan, or why there is none.
pub(crate) type Outcome = Result<String, Told>;

/// A failure as it was told.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// The code of what went wrong, in a probe or not.
    pub(crate) code: &'static str,
    /// What went wrong with all of its causes in one line, but for the place of a fault, which differs
    /// from build to build.
    pub(crate) text: String,
    /// Whether a probe found it.
    pub(crate) by_probe: bool,
}

/// The failure as it was told.
pub(crate) fn told(failure: &PlanFailure) -> Told {
    let mut texts = Vec::new();
    let mut cause: Option<&dyn Error> = Some(failure);
    while let Some(error) = cause {
        texts.push(without_place(error.to_string()));
        cause = error.source();
    }
    let found = found_by_probe(failure);
    if found.is_some() {
        assert_eq!(failure.code(), "E_PROBE_FAILED");
        let before = texts.len();
        texts.retain(|text| !text.starts_with("its probe failed during the "));
        assert_eq!(texts.len(), before - 1, "{texts:?}");
    }
    Told {
        code: found.map_or_else(|| failure.code(), StartFailure::code),
        text: texts.join(": "),
        by_probe: found.is_some(),
    }
}

/// `signal 11 (SIGSEGV) at MODULE+0x1234` without the module.
fn without_place(text: String) -> String {
    match text.split_once(") at ") {
        Some((signal, _)) if signal.contains("signal ") => format!("{signal})"),
        _ => text,
    }
}

fn found_by_probe(failure: &PlanFailure) -> Option<&StartFailure> {
    let PlanFailure::Get(GetError::Start(StartError::Failed { cause, .. })) = failure else {
        return None;
    };
    match &**cause {
        StartFailure::Probe(ProbeFailure {
            cause: ProbeCause::Found(found),
            ..
        }) => Some(found),
        _ => None,
    }
}

impl Want {
    /// Whether the outcome is this one.
    pub(crate) fn is_met(&self, stage: Stage, outcome: &Outcome) -> bool {
        match self {
            Self::OneOf(wants) => wants.iter().any(|want| want.is_met(stage, outcome)),
            Self::At(stage, want) => want.is_met(*stage, outcome),
            Self::HostEnds(_) => false,
            Self::Answers(text) => outcome.as_deref() == Ok(*text),
            _ => outcome.as_ref().is_err_and(|told| {
                let (code, text) = self.failure(stage);
                told.code == code && told.text == text
            }),
        }
    }

    fn failure(&self, stage: Stage) -> (&'static str, String) {
        let failed = if stage == Stage::SelfTest {
            "E_SELF_TEST_FAILED"
        } else {
            "E_PLAN_FAILED"
        };
        let (code, problem) = match self {
            Self::Crash(end) => (
                "E_WORKER_CRASH",
                format!("its worker ended without an answer: {end}"),
            ),
            Self::Limit(limit) => (
                "E_WORKER_LIMIT",
                format!("its worker used more than {limit} and was ended"),
            ),
            Self::Late => (
                "E_DEADLINE",
                format!(
                    "it answered after its deadline of {} ms",
                    stage.timeout_ms()
                ),
            ),
            Self::Broken(rule) => (
                "E_WORKER_PROTOCOL",
                format!("its worker broke the rules of the exchange and was ended: {rule}"),
            ),
            Self::Denied(number) => {
                let problem = format!("planner failed: denied with error {number}");
                (failed, problem)
            }
            Self::Says(words) => (failed, format!("planner failed: {words}")),
            Self::Rule(rule) => (
                "E_PROTOCOL",
                format!("it broke the rules of the interface: {rule}"),
            ),
            Self::NoPlan(why) => (
                "E_INVALID_PLAN",
                format!("its answer is not a valid plan: {why}"),
            ),
            Self::NoRoot => {
                let text = "planner \"hostile\" could not be started: \
                            the library exports no plugin header";
                return ("E_NO_ROOT", text.to_owned());
            }
            Self::Answers(_) | Self::At(..) | Self::OneOf(_) | Self::HostEnds(_) => {
                unreachable!("they are no failure")
            }
        };
        (code, format!("{}: {problem}", stage.words()))
    }
}
