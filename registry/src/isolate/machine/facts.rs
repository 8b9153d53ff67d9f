//! What was found, and what it means for workers.

use std::{fs, io};

use rustix::fs::{PROC_SUPER_MAGIC, statfs};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::trial::{Outcome, Trial, in_child};
use super::{Fact, FactState, trials};
use crate::isolate::groups;

/// The first interface of Landlock that knows TCP.
const LANDLOCK_TCP: i64 = 4;

/// The first interface of Landlock that knows signals and abstract sockets.
const LANDLOCK_SCOPES: i64 = 6;

/// Everything that a sandbox builds on.
pub(super) fn all() -> io::Result<Vec<Fact>> {
    Ok(vec![
        landlock()?,
        simple(
            "seccomp",
            trials::seccomp,
            "a worker makes no system calls but those on a list",
            "Use a kernel with CONFIG_SECCOMP_FILTER, and a container that lets it be asked for.",
        )?,
        proc_mounted(),
        sealed_memory()?,
        simple(
            "close_range",
            trials::close_range,
            "a worker holds no descriptors but those it was given",
            "Use Linux 5.9 or newer.",
        )?,
        simple(
            "parent-death signal",
            trials::parent_death,
            "a worker ends with its host, however that ends",
            "Use a container that lets prctl be called.",
        )?,
        user()?,
        optional(simple(
            "user namespaces",
            trials::user_namespace,
            "a second line behind the user of a worker",
            "Raise user.max_user_namespaces, and see kernel.unprivileged_userns_clone, AppArmor and \
             the profile of the container.",
        )?),
        optional(simple(
            "network, IPC and mount namespaces",
            trials::namespaces,
            "a second line behind Landlock and seccomp",
            "Allow user namespaces, or run the host with CAP_SYS_ADMIN.",
        )?),
        memory_groups(),
        tracing_of_processes(),
    ])
}

fn landlock() -> io::Result<Fact> {
    let version = trials::landlock_version();
    let tried = in_child(trials::landlock)?;
    Ok(landlock_fact(version, tried))
}

fn landlock_fact(version: Result<i64, Errno>, tried: Outcome) -> Fact {
    let newer = "Use Linux 6.12 or newer, whose Landlock covers all of it.";
    let (state, found, change) = match (version, tried) {
        (Ok(version), Ok(())) if version >= LANDLOCK_SCOPES => {
            (FactState::Available, format!("ABI version {version}"), None)
        }
        (Ok(version), Ok(())) => {
            let lacks = if version < LANDLOCK_TCP {
                "no TCP, signals and abstract sockets"
            } else {
                "no signals and abstract sockets"
            };
            let found = format!("ABI version {version}, which knows {lacks}");
            (FactState::Partial, found, Some(newer))
        }
        (Err(Errno::OPNOTSUPP), _) => (
            FactState::Missing,
            "the kernel has it switched off".to_owned(),
            Some("Add landlock to the list behind lsm= of the kernel's command line."),
        ),
        (Err(Errno::NOSYS), _) => (
            FactState::Missing,
            "the kernel has none".to_owned(),
            Some(newer),
        ),
        (Err(error), _) | (_, Err(error)) => (
            FactState::Missing,
            error.to_string(),
            Some("Use a container that lets Landlock be asked for."),
        ),
    };
    Fact {
        name: "Landlock",
        state,
        found,
        means: "a worker opens no files but those granted, and reaches no TCP port, process or \
                abstract socket of others",
        demanded: true,
        change: change.map(str::to_owned),
    }
}

/// Something that either works or does not.
fn simple(
    name: &'static str,
    trial: Trial,
    means: &'static str,
    change: &'static str,
) -> io::Result<Fact> {
    let tried = in_child(trial)?;
    Ok(Fact {
        name,
        state: if tried.is_ok() {
            FactState::Available
        } else {
            FactState::Missing
        },
        found: in_words(tried),
        means,
        demanded: true,
        change: tried.is_err().then(|| change.to_owned()),
    })
}

fn optional(fact: Fact) -> Fact {
    Fact {
        demanded: false,
        ..fact
    }
}

fn in_words(tried: Outcome) -> String {
    match tried {
        Ok(()) => "works".to_owned(),
        Err(error) => error.to_string(),
    }
}

fn proc_mounted() -> Fact {
    let mounted = statfs("/proc").is_ok_and(|found| found.f_type == PROC_SUPER_MAGIC);
    Fact {
        name: "/proc",
        state: if mounted {
            FactState::Available
        } else {
            FactState::Missing
        },
        found: if mounted { "mounted" } else { "not mounted" }.to_owned(),
        means: "libraries are mapped through it",
        demanded: true,
        change: (!mounted).then(|| "Mount /proc for the host.".to_owned()),
    }
}

fn sealed_memory() -> io::Result<Fact> {
    let sealed = in_child(trials::sealed_memory)?;
    let without_execution = in_child(trials::sealed_memory_without_execution)?;
    let setting = setting("/proc/sys/vm/memfd_noexec");
    let setting = setting.map_or_else(String::new, |value| format!(", vm.memfd_noexec is {value}"));
    let (state, found) = match (sealed, without_execution) {
        (Ok(()), Ok(())) => (FactState::Available, "sealed, never executable"),
        (Ok(()), Err(_)) => (
            FactState::Available,
            "sealed; executable, on a kernel before 6.3",
        ),
        // Only this kind can be had where the setting says so, and it is the kind that is used.
        (Err(_), Ok(())) => (
            FactState::Available,
            "sealed, and the executable kind is forbidden",
        ),
        (Err(_), Err(_)) => (FactState::Missing, "none can be made and sealed"),
    };
    Ok(Fact {
        name: "memory files",
        state,
        found: format!("{found}{setting}"),
        means: "a worker maps the very bytes that were checked, and shares memory that cannot shrink",
        demanded: true,
        change: (state == FactState::Missing)
            .then(|| "Use a container that lets memfd_create be called.".to_owned()),
    })
}

fn user() -> io::Result<Fact> {
    let mut fact = simple(
        "users of their own",
        trials::change_user,
        "a worker shares no user with the host",
        "Give the host CAP_SETUID and CAP_SETGID, and a user namespace with more than one user.",
    )?;
    if !geteuid().is_root() {
        // Nothing is wrong: this is how most hosts run.
        "only root can give them; Landlock and seccomp keep workers from the host's processes"
            .clone_into(&mut fact.found);
        fact.demanded = false;
        fact.change = None;
    }
    Ok(fact)
}

fn memory_groups() -> Fact {
    let (state, found) = match groups::delegated() {
        Ok(place) => (FactState::Available, place.folder.display().to_string()),
        Err(reason) => (FactState::Missing, reason.to_owned()),
    };
    Fact {
        name: "memory groups",
        state,
        found,
        means: "a worker with a group of its own has an exact bound on its memory; one without has the \
                limit of data, which is approximate",
        demanded: false,
        change: (state == FactState::Missing).then(|| {
            "Delegate the group of the host to its user, with the memory controller, and start the \
             host in a group below it, as `Delegate=memory` and `DelegateSubgroup=` of systemd do."
                .to_owned()
        }),
    }
}

/// Whether processes of one user may look into each other; the setting is the kernel's whole answer.
fn tracing_of_processes() -> Fact {
    let scope = setting("/proc/sys/kernel/yama/ptrace_scope");
    let restricted = scope.as_deref().is_some_and(|scope| scope != "0");
    Fact {
        name: "ptrace scope",
        state: if restricted {
            FactState::Available
        } else {
            FactState::Missing
        },
        found: match scope {
            Some(scope) => format!("kernel.yama.ptrace_scope is {scope}"),
            None => "the kernel has no Yama".to_owned(),
        },
        means: "other processes of the host's user cannot look into it; workers cannot in any case, for \
                Landlock and seccomp",
        demanded: false,
        change: (!restricted)
            .then(|| "Set kernel.yama.ptrace_scope to 1, on a kernel with Yama.".to_owned()),
    }
}

/// The value of a setting of the kernel, in one line.
fn setting(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn landlock_is_judged_by_its_version_and_by_trying() {
        let judged = |version, tried| {
            let fact = landlock_fact(version, tried);
            (fact.state, fact.found, fact.change.is_some())
        };
        let (partial, missing) = (FactState::Partial, FactState::Missing);
        let cases = [
            (Ok(7), Ok(()), FactState::Available, "ABI version 7", false),
            (
                Ok(5),
                Ok(()),
                partial,
                "ABI version 5, which knows no signals and abstract sockets",
                true,
            ),
            (
                Ok(3),
                Ok(()),
                partial,
                "ABI version 3, which knows no TCP, signals and abstract sockets",
                true,
            ),
            (
                Ok(7),
                Err(Errno::PERM),
                missing,
                "Operation not permitted (os error 1)",
                true,
            ),
            (
                Err(Errno::OPNOTSUPP),
                Err(Errno::OPNOTSUPP),
                missing,
                "the kernel has it switched off",
                true,
            ),
            (
                Err(Errno::NOSYS),
                Err(Errno::NOSYS),
                missing,
                "the kernel has none",
                true,
            ),
        ];
        for (version, tried, state, found, change) in cases {
            assert_eq!(judged(version, tried), (state, found.to_owned(), change));
        }
    }
}
