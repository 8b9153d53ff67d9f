//! What a process found to be enforced upon it.

use serde::{Deserialize, Serialize};

/// What a process found to be enforced upon it, in the order in which it was applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Enforced {
    /// Every layer there is, once.
    pub layers: Vec<Layer>,
}

/// One layer of a sandbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Layer {
    /// Which one.
    pub name: LayerName,
    /// Whether it holds.
    pub state: LayerState,
}

/// Whether a layer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum LayerState {
    /// It does.
    On,
    /// It does not.
    Off {
        /// Why not.
        reason: String,
    },
    /// It does, for less than its name says.
    Approximate {
        /// What it does not cover.
        reason: String,
    },
}

/// Which layer of a sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LayerName {
    /// A session of its own, without a terminal.
    Session,
    /// No descriptors but those it was given.
    Descriptors,
    /// No program that it starts gives it privileges.
    NoNewPrivileges,
    /// No network interface but an unused loopback of its own.
    NetworkNamespace,
    /// Its own System V and POSIX message queues.
    IpcNamespace,
    /// Its own table of mounts.
    MountNamespace,
    /// Its own numbering of processes.
    PidNamespace,
    /// An unprivileged user and group of its own.
    User,
    /// A user namespace of its own, in which its rights end.
    UserNamespace,
    /// No capabilities.
    Capabilities,
    /// It ends when its parent does.
    ParentDeath,
    /// Bounds on descriptors, files, core dumps and address space.
    Limits,
    /// No files but those granted, by Landlock.
    Files,
    /// No TCP but what is granted, by Landlock.
    Tcp,
    /// No signals to processes outside, by Landlock.
    Signals,
    /// No abstract sockets of processes outside, by Landlock.
    AbstractSockets,
    /// No system calls but those on a list, by seccomp.
    SystemCalls,
    /// A bound on its memory.
    Memory,
}

impl Enforced {
    /// The state of a layer.
    pub fn state(&self, name: LayerName) -> Option<&LayerState> {
        let layer = self.layers.iter().find(|layer| layer.name == name);
        layer.map(|layer| &layer.state)
    }
}

impl LayerState {
    pub(super) fn off(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Off { reason }
    }

    pub(super) fn approximate(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Approximate { reason }
    }
}

impl LayerName {
    /// Every layer, in the order in which they are applied.
    pub const ALL: [Self; 18] = [
        Self::Session,
        Self::Descriptors,
        Self::NoNewPrivileges,
        Self::NetworkNamespace,
        Self::IpcNamespace,
        Self::MountNamespace,
        Self::PidNamespace,
        Self::User,
        Self::UserNamespace,
        Self::Capabilities,
        Self::ParentDeath,
        Self::Limits,
        Self::Files,
        Self::Tcp,
        Self::Signals,
        Self::AbstractSockets,
        Self::SystemCalls,
        Self::Memory,
    ];

    /// The word of the reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Descriptors => "descriptors",
            Self::NoNewPrivileges => "no_new_privileges",
            Self::NetworkNamespace => "network_namespace",
            Self::IpcNamespace => "ipc_namespace",
            Self::MountNamespace => "mount_namespace",
            Self::PidNamespace => "pid_namespace",
            Self::User => "user",
            Self::UserNamespace => "user_namespace",
            Self::Capabilities => "capabilities",
            Self::ParentDeath => "parent_death",
            Self::Limits => "limits",
            Self::Files => "files",
            Self::Tcp => "tcp",
            Self::Signals => "signals",
            Self::AbstractSockets => "abstract_sockets",
            Self::SystemCalls => "system_calls",
            Self::Memory => "memory",
        }
    }

    /// Whether `strict` fails without it. Namespaces stand behind Landlock and seccomp, which cover what
    /// they do, and are forbidden on many machines.
    pub const fn is_demanded(self) -> bool {
        !matches!(
            self,
            Self::NetworkNamespace
                | Self::IpcNamespace
                | Self::MountNamespace
                | Self::PidNamespace
                | Self::UserNamespace
        )
    }

    /// Whether it is applied with the sandbox switched off: it takes nothing away from a plugin, but
    /// keeps processes from staying behind and descriptors from leaking.
    pub(super) const fn is_housekeeping(self) -> bool {
        matches!(self, Self::Session | Self::Descriptors | Self::ParentDeath)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_is_listed_once_by_the_word_that_serde_uses() {
        let mut words = Vec::new();
        for name in LayerName::ALL {
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
            assert!(!words.contains(&name.as_str()), "{name:?} twice");
            words.push(name.as_str());
        }
    }
}
