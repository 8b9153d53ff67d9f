//! What a child measures, and how it tells.

use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use benches::processor_time;
use registry::Registry;

use super::{Failure, PLANNER, parts, peers};

/// What can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All of a first load, where nothing is remembered.
    Verified,
    /// The same where a state folder is kept that knows these bytes.
    Remembered,
    /// The same where a state folder is kept that does not know them yet.
    New,
    /// What a load is made of, one after the other.
    Parts,
    /// What peers do.
    AbiStable,
    Dlopen,
    Stabby,
    StabbyDlopen,
}

impl Kind {
    pub(crate) const ALL: [Self; 8] = [
        Self::Verified,
        Self::Parts,
        Self::Remembered,
        Self::AbiStable,
        Self::Dlopen,
        Self::New,
        Self::Stabby,
        Self::StabbyDlopen,
    ];

    pub(crate) fn of(word: &str) -> Result<Self, Failure> {
        let found = Self::ALL.into_iter().find(|kind| kind.word() == word);
        found.ok_or_else(|| format!("nothing is called {word}").into())
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Verified => "verified_load",
            Self::Remembered => "remembered_load",
            Self::New => "load_with_new_state",
            Self::Parts => "parts",
            Self::AbiStable => "abi_stable",
            Self::Dlopen => "bare_dlopen",
            Self::Stabby => "stabby",
            Self::StabbyDlopen => "stabby_bare_dlopen",
        }
    }

    /// Whether another process has to have loaded the same bytes before.
    pub(crate) fn needs_memory(self) -> bool {
        self == Self::Remembered
    }

    pub(crate) fn is_of_stabby(self) -> bool {
        matches!(self, Self::Stabby | Self::StabbyDlopen)
    }

    /// Measures `file`, and prints each figure.
    pub(crate) fn run(self, file: &Path) -> Result<(), Failure> {
        match self {
            Self::Verified => verified(self, file, "off".as_ref()),
            Self::Remembered | Self::New => {
                let folder = file.parent().and_then(Path::parent);
                let folder = folder.ok_or("a file without a folder")?;
                verified(self, file, &folder.join("state"))
            }
            Self::Parts => parts::run(file),
            Self::AbiStable => peers::abi_stable(file, self),
            Self::Dlopen | Self::StabbyDlopen => peers::bare_dlopen(file, self),
            Self::Stabby => peers::stabby(file, self),
        }
    }
}

/// Times one thing by the clock and by the processor time of this thread.
pub(crate) struct Stopwatch {
    begun: Instant,
    processor: Duration,
    before: Passed,
}

/// What has passed on a stopwatch that is paused.
#[derive(Clone, Copy, Default)]
pub(crate) struct Passed {
    wall: Duration,
    processor: Duration,
}

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Passed::default().resume()
    }

    pub(crate) fn pause(self) -> Passed {
        let wall = self.begun.elapsed();
        let processor = processor_time().saturating_sub(self.processor);
        Passed {
            wall: self.before.wall + wall,
            processor: self.before.processor + processor,
        }
    }

    /// Prints what has passed.
    pub(crate) fn tell(self, name: &str) {
        let Passed { wall, processor } = self.pause();
        println!("{name} {} {}", wall.as_nanos(), processor.as_nanos());
    }
}

impl Passed {
    pub(crate) fn resume(self) -> Stopwatch {
        Stopwatch {
            before: self,
            processor: processor_time(),
            begun: Instant::now(),
        }
    }
}

fn verified(kind: Kind, file: &Path, state: &Path) -> Result<(), Failure> {
    let folder = file.parent().ok_or("a file without a folder")?;
    let registry = Registry::builder()
        .plugin_dir(folder)
        .allow([PLANNER])
        .set("trust.state_dir", state)
        .build()?;
    registry.ensure_discovered()?;
    let watch = Stopwatch::start();
    let planner = registry.get(PLANNER)?;
    watch.tell(kind.word());
    black_box(planner);
    Ok(())
}
