//! The answer to why one planner or one file is used or not.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::subject::Subject;
use super::{gates, next};
use crate::config::BytesFrom;
use crate::crash::Crash;
use crate::diagnose::{Check, LockState, Observed, Problem, Step, json};
use crate::name::PlannerName;
use crate::planner::Planner;
use crate::select::Exclusion;

/// Why one planner or one file is used or not.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// The planner's name; none if no manifest could be read to tell it.
    pub planner: Option<PlannerName>,
    /// The file that was judged; none if there is none, or the planner is linked into the host.
    #[serde(serialize_with = "json::optional_path")]
    pub path: Option<PathBuf>,
    /// The digest of the file's content, `blake3:…`, where it is known.
    pub digest: Option<String>,
    /// The gate that refused it; none if nothing does.
    pub refused_by: Option<GateKind>,
    /// By what a file proves that it is the planner it says it is.
    pub checked_by: Vec<Check>,
    /// Every gate there is for it, in order.
    pub gates: Vec<Gate>,
    /// What else is to be known of the verdicts.
    pub notes: Vec<String>,
    /// How its worker ended last, as far back as is known, here or in another process of the host.
    pub last_crash: Option<Crash>,
    /// What to do next, the most useful first.
    pub next: Vec<Step>,
}

/// One gate, and how it was passed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Gate {
    /// Which one.
    pub gate: GateKind,
    /// Whether it was passed.
    pub verdict: Verdict,
    /// What was found; empty where nothing was looked at.
    pub evidence: String,
    /// Why it was not passed, and what to do about it.
    pub problem: Option<Problem>,
}

/// The gates, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum GateKind {
    /// Its name is one.
    Name,
    /// The lists of names let it run.
    Allowlist,
    /// It is a regular file in its folder that can be read.
    Path,
    /// It is a library for this machine that pulls in and redirects nothing.
    Library,
    /// Its manifest is well-formed, and host and plugin can meet.
    Manifest,
    /// The lock accepts these bytes, or there is none.
    Lock,
    /// A trusted key signed its bytes, or none has to.
    Signature,
    /// No higher version was accepted before.
    Version,
    /// No other file has its name, or comes before it.
    Unique,
    /// Nobody holds it back.
    Hold,
    /// It could be started, or nobody has tried.
    Start,
    /// It did not fail too often in a row.
    Breaker,
    /// Its bytes did no harm in a child.
    Probe,
}

/// How a gate was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// It was passed.
    Passed,
    /// It was not.
    Refused,
    /// It was not judged, because another one refused.
    NotReached,
    /// It is judged when the planner is first asked for.
    NotYet,
}

impl Explanation {
    /// The gate that refused, and its place among all, from 1; none if nothing refuses it.
    pub fn refusal(&self) -> Option<(usize, &Gate)> {
        let mut gates = (1..).zip(&self.gates);
        gates.find(|(_, gate)| gate.verdict == Verdict::Refused)
    }

    fn of(subject: &Subject<'_>, observed: &Observed<'_>) -> Self {
        let gates = gates::judge(subject, observed);
        let from_file = observed.config.trust().bytes == BytesFrom::File;
        let of_loading = from_file.then(|| {
            "trust.bytes = \"file\": what runs is mapped from the file itself, and whoever may write it can \
             change it while it runs"
                .to_owned()
        });
        let refused = gates.iter().find(|gate| gate.verdict == Verdict::Refused);
        Self {
            planner: subject.name.clone(),
            path: subject.path().map(Path::to_owned),
            digest: subject.digest().map(|digest| format!("blake3:{digest}")),
            refused_by: refused.map(|gate| gate.gate),
            checked_by: Check::of(observed.config, LockState::of(observed.guard.standing())),
            next: next::steps(subject, refused, observed),
            gates,
            notes: notes(subject, observed).chain(of_loading).collect(),
            last_crash: last_crash(subject, observed),
        }
    }
}

/// What else is to be known: also what it is not granted, and that it is trusted too little.
fn notes(subject: &Subject<'_>, observed: &Observed<'_>) -> impl Iterator<Item = String> {
    let lacking = subject.planner.map(Planner::not_granted);
    let lacking = lacking.filter(|words| !words.is_empty()).map(|words| {
        format!(
            "it asks for {}, which it is not granted; grants stand under `[planners.NAME]`",
            words.join(", ")
        )
    });
    let settings = observed.config.select();
    let below = subject
        .planner
        .and_then(|planner| Exclusion::below_reliability(planner, settings));
    // No gate: whoever asks for it by its name gets it.
    let below =
        below.map(|below| format!("{below:.2}: it is not selected, but can be asked by name"));
    let notes = subject.notes.iter().cloned();
    notes.chain(lacking).chain(below)
}

/// What this process saw, else what is remembered. What cannot be read is not told.
fn last_crash(subject: &Subject<'_>, observed: &Observed<'_>) -> Option<Crash> {
    let planner = subject.planner?;
    let own = planner.last_crash();
    own.or_else(|| observed.journal.last_crash(planner.name()).ok()?)
}

impl Observed<'_> {
    /// Why the planner `name` is used or not; none if neither a list nor a file knows the name.
    pub(crate) fn explain(&self, name: &str) -> Option<Explanation> {
        let name = PlannerName::parse(name).ok()?;
        let subject = Subject::named(name, self)?;
        Some(Explanation::of(&subject, self))
    }

    /// Why the file at `path` is used or not.
    pub(crate) fn explain_file(&self, path: &Path) -> Explanation {
        Explanation::of(&Subject::file(path, self), self)
    }
}

impl GateKind {
    /// The word of the text rendering.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Allowlist => "allowlist",
            Self::Path => "path",
            Self::Library => "library",
            Self::Manifest => "manifest",
            Self::Lock => "lock",
            Self::Signature => "signature",
            Self::Version => "version",
            Self::Unique => "unique",
            Self::Hold => "hold",
            Self::Start => "start",
            Self::Breaker => "breaker",
            Self::Probe => "probe",
        }
    }
}
