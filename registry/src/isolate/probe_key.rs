//! What a probe's verdict stands for, and outside of which it says nothing.

use std::ffi::OsString;
use std::fs;
use std::time::Duration;

use blake3::Hash;
use serde::Serialize;
use serde_json::{Map, Value};

use super::machine::landlock_version;
use super::sandbox::Spec;
use super::supervise::Program;
use crate::config::Table;
use crate::load::{host_build, identity};

/// Raised with every change of what a probe does.
const PROBER: u32 = 3;

/// Switches of the kernel that decide which namespaces can be had.
const SWITCHES: [&str; 3] = [
    "/proc/sys/user/max_user_namespaces",
    "/proc/sys/kernel/unprivileged_userns_clone",
    "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
];

/// What a verdict stands for: the exact bytes, and what the outcome of their probe depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProbeKey(Option<String>);

/// How exact bytes are tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trial<'a> {
    /// The program that the child runs.
    pub(crate) program: &'a Program,
    /// What the child takes away from itself.
    pub(crate) sandbox: &'a Spec,
    /// The variables that it is given, with their values.
    pub(crate) environment: &'a [(OsString, OsString)],
    /// The operator's settings for the planner.
    pub(crate) settings: &'a Table,
    /// The time that it has.
    pub(crate) within: Duration,
    /// Processor time that it has.
    pub(crate) processor_time: Duration,
}

/// All that a verdict is bound to. Secrets may be among it: it is never kept but as a hash of all of it.
#[derive(Clone, Debug, Serialize)]
struct Bond<'a> {
    host: &'a str,
    program: String,
    /// What decides which layers of the sandbox hold.
    machine: Machine,
    sandbox: &'a Spec,
    environment: &'a [(OsString, OsString)],
    settings: &'a Map<String, Value>,
    within: Duration,
    processor_time: Duration,
    prober: u32,
}

/// The kernel, and what this process may do.
#[derive(Clone, Debug, Serialize)]
struct Machine {
    kernel: String,
    landlock: Option<i64>,
    switches: [Option<String>; 3],
    rights: Vec<String>,
}

impl ProbeKey {
    /// The key of the bytes with this digest, tried like this by this build of the host. Where the host
    /// cannot be told from others, nothing is recalled.
    pub(crate) fn new(digest: Hash, trial: Trial<'_>) -> Self {
        Self(Bond::of(trial).and_then(|bond| bond.key(digest)))
    }

    /// Whether `key` is one of the bytes with this digest.
    pub(super) fn is_of(key: &str, digest: &Hash) -> bool {
        let rest = key.strip_prefix(digest.to_hex().as_str());
        rest.is_some_and(|rest| rest.starts_with(':'))
    }

    pub(super) fn as_deref(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(super) fn into_inner(self) -> Option<String> {
        self.0
    }
}

impl<'a> Bond<'a> {
    fn of(trial: Trial<'a>) -> Option<Self> {
        Some(Self {
            host: host_build()?,
            program: identity(&trial.program.image().metadata().ok()?),
            machine: Machine::this()?,
            sandbox: trial.sandbox,
            environment: trial.environment,
            settings: trial.settings.as_map(),
            within: trial.within,
            processor_time: trial.processor_time,
            prober: PROBER,
        })
    }

    fn key(&self, digest: Hash) -> Option<String> {
        let all = serde_json::to_vec(self).ok()?;
        Some(format!("{digest}:{}", blake3::hash(&all)))
    }
}

impl Machine {
    fn this() -> Option<Self> {
        const RIGHTS: [&str; 5] = ["Uid:", "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:"];
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let rights = status
            .lines()
            .filter(|line| RIGHTS.iter().any(|start| line.starts_with(start)));
        let kernel = rustix::system::uname();
        Some(Self {
            kernel: format!("{:?} {:?}", kernel.release(), kernel.version()),
            landlock: landlock_version().ok(),
            switches: SWITCHES.map(|switch| fs::read_to_string(switch).ok()),
            rights: rights.map(str::to_owned).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::isolate::sandbox::{LayerName, Mode};

    fn bond<'a>(
        sandbox: &'a Spec,
        environment: &'a [(OsString, OsString)],
        settings: &'a Map<String, Value>,
    ) -> Bond<'a> {
        Bond {
            host: "host",
            program: "program".to_owned(),
            machine: Machine {
                kernel: "kernel".to_owned(),
                landlock: Some(6),
                switches: [const { None }; 3],
                rights: vec!["Uid:\t0".to_owned()],
            },
            sandbox,
            environment,
            settings,
            within: Duration::from_secs(5),
            processor_time: Duration::from_mins(1),
            prober: 1,
        }
    }

    #[test]
    fn whatever_the_outcome_depends_on_makes_another_key() {
        let (sandbox, strict) = (Spec::default(), Spec::new(Mode::Strict));
        let without = Spec {
            without: vec![LayerName::Files],
            ..Spec::default()
        };
        let reading = Spec {
            read: vec!["/srv".into()],
            ..Spec::default()
        };
        let variable = |value: &str| [("A".into(), value.into())];
        let (granted, otherwise) = (variable("1"), variable("2"));
        let none = Map::new();
        let set = Map::from_iter([("a".to_owned(), Value::from(1))]);
        let base = bond(&sandbox, &[], &none);
        let machine = |change: fn(&mut Machine)| {
            let mut machine = base.machine.clone();
            change(&mut machine);
            Bond {
                machine,
                ..base.clone()
            }
        };
        let others = [
            Bond {
                host: "other",
                ..base.clone()
            },
            Bond {
                program: "other".to_owned(),
                ..base.clone()
            },
            machine(|machine| machine.kernel.push('2')),
            machine(|machine| machine.landlock = None),
            machine(|machine| machine.switches[0] = Some("0\n".to_owned())),
            machine(|machine| machine.rights[0] = "Uid:\t1".to_owned()),
            bond(&strict, &[], &none),
            bond(&without, &[], &none),
            bond(&reading, &[], &none),
            bond(&sandbox, &granted, &none),
            bond(&sandbox, &otherwise, &none),
            bond(&sandbox, &[], &set),
            Bond {
                within: Duration::from_secs(6),
                ..base.clone()
            },
            Bond {
                processor_time: Duration::from_secs(61),
                ..base.clone()
            },
            Bond {
                prober: 2,
                ..base.clone()
            },
        ];
        let (digest, another) = (blake3::hash(b"a"), blake3::hash(b"b"));
        assert_eq!(base.key(digest), bond(&sandbox, &[], &none).key(digest));
        let all = std::iter::once(&base).chain(&others);
        let mut keys: BTreeSet<_> = all.map(|bond| bond.key(digest).unwrap()).collect();
        keys.insert(base.key(another).unwrap());
        assert_eq!(keys.len(), others.len() + 2);
    }

    #[test]
    fn this_machine_is_the_same_at_every_look() {
        let looks = [(); 2].map(|()| serde_json::to_string(&Machine::this().unwrap()).unwrap());
        assert_eq!(looks[0], looks[1]);
        assert!(looks[0].contains("Uid:"), "{}", looks[0]);
    }
}
