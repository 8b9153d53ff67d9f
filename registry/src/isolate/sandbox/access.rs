//! Files, TCP, signals and abstract sockets, by Landlock.

use std::path::Path;

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, PathBeneath, PathFd,
    Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr, RulesetError, Scope,
};

use super::steps::Steps;
use super::{LayerError, LayerName, LayerState, Mode, Network, SandboxError, Spec};

/// The newest interface of the kernel whose rights are handled.
const NEWEST: ABI = ABI::V9;

/// What name resolution and the checking of certificates read. With the network granted these may be.
const RESOLVER: [&str; 9] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
];

/// The layers that Landlock provides, each with the first interface of the kernel that has it.
const LAYERS: [(LayerName, i32); 4] = [
    (LayerName::Files, 1),
    (LayerName::Tcp, 4),
    (LayerName::Signals, 6),
    (LayerName::AbstractSockets, 6),
];

/// The first interface that covers truncation, too.
const TRUNCATION: i32 = 3;

/// What came of asking Landlock.
pub(super) struct Access {
    /// The kernel's interface, or why there is none.
    abi: Result<i32, LayerError>,
    /// A granted path that cannot be had.
    lost: Option<LayerError>,
}

impl Access {
    /// Restricts the calling thread.
    pub(super) fn restrict(spec: &Spec, steps: &mut Steps<'_>) -> Result<(), SandboxError> {
        let mut access = Self::of(spec, |name| steps.is_wanted(name));
        for (name, needed) in LAYERS {
            steps.take(name, || access.state(spec, name, needed))?;
        }
        Ok(())
    }

    fn of(spec: &Spec, is_wanted: impl Fn(LayerName) -> bool) -> Self {
        if !LAYERS.iter().any(|(name, _)| is_wanted(*name)) {
            return Self {
                abi: Ok(0),
                lost: None,
            };
        }
        let mut lost = None;
        let made = ruleset(spec, &is_wanted).and_then(|ruleset| {
            let ruleset = if is_wanted(LayerName::Tcp) {
                grant_ports(ruleset, spec)?
            } else {
                ruleset
            };
            if is_wanted(LayerName::Files) {
                grant(ruleset, spec, &mut lost)
            } else {
                Ok(ruleset)
            }
        });
        let abi = made
            .and_then(RulesetCreated::restrict_self)
            .map_err(LayerError::of("Landlock refuses"))
            .and_then(|status| match status.landlock {
                LandlockStatus::Available { effective_abi, .. } => Ok(effective_abi as i32),
                LandlockStatus::NotEnabled => {
                    Err(LayerError::new("Landlock is not enabled in the kernel"))
                }
                LandlockStatus::NotImplemented => {
                    Err(LayerError::new("the kernel has no Landlock"))
                }
            });
        Self { abi, lost }
    }

    fn state(
        &mut self,
        spec: &Spec,
        name: LayerName,
        needed: i32,
    ) -> Result<LayerState, LayerError> {
        let abi = match &self.abi {
            Ok(abi) => *abi,
            Err(error) => return Err(LayerError::of("no Landlock")(error.line())),
        };
        if abi < needed {
            return Err(LayerError::new("this kernel's Landlock is too old for it"));
        }
        Ok(match name {
            LayerName::Files => match self.lost.take() {
                Some(lost) if spec.mode == Mode::Strict => return Err(lost),
                // It denies more than it should, not less.
                Some(lost) => LayerState::approximate(lost.line()),
                None if abi < TRUNCATION => {
                    LayerState::approximate("this kernel's Landlock does not cover truncation")
                }
                None => LayerState::On,
            },
            LayerName::Tcp if spec.net == Network::Any => {
                LayerState::approximate("connecting is granted; accepting connections is not")
            }
            _ => LayerState::On,
        })
    }
}

fn ruleset(
    spec: &Spec,
    is_wanted: &impl Fn(LayerName) -> bool,
) -> Result<RulesetCreated, RulesetError> {
    let mut ruleset = Ruleset::default();
    if is_wanted(LayerName::Files) {
        ruleset = ruleset.handle_access(AccessFs::from_all(NEWEST))?;
    }
    if is_wanted(LayerName::Tcp) {
        let denied: BitFlags<AccessNet> = if spec.net == Network::Any {
            AccessNet::BindTcp.into()
        } else {
            AccessNet::from_all(NEWEST)
        };
        ruleset = ruleset.handle_access(denied)?;
    }
    if is_wanted(LayerName::Signals) {
        ruleset = ruleset.scope(Scope::Signal)?;
    }
    if is_wanted(LayerName::AbstractSockets) {
        ruleset = ruleset.scope(Scope::AbstractUnixSocket)?;
    }
    ruleset.create()
}

/// Grants what may be connected to, where that is not everything.
fn grant_ports(mut ruleset: RulesetCreated, spec: &Spec) -> Result<RulesetCreated, RulesetError> {
    if let Network::Ports(ports) = &spec.net {
        for port in ports {
            ruleset = ruleset.add_rule(NetPort::new(*port, AccessNet::ConnectTcp))?;
        }
    }
    Ok(ruleset)
}

/// Grants what may be read. A path that cannot be opened can grant nothing; the first one is noted.
fn grant(
    mut ruleset: RulesetCreated,
    spec: &Spec,
    lost: &mut Option<LayerError>,
) -> Result<RulesetCreated, RulesetError> {
    let resolver = RESOLVER
        .iter()
        .map(Path::new)
        .filter(|_| spec.net.is_granted());
    // Not every system has every one of these.
    let resolver = resolver.filter_map(|path| PathFd::new(path).ok());
    let mut granted: Vec<PathFd> = resolver.collect();
    for path in &spec.read {
        match PathFd::new(path) {
            Ok(opened) => granted.push(opened),
            Err(error) if lost.is_none() => {
                *lost = Some(LayerError::of("a granted path cannot be opened")(error));
            }
            Err(_) => {}
        }
    }
    for opened in granted {
        let reading = AccessFs::ReadFile | AccessFs::ReadDir;
        ruleset = ruleset.add_rule(PathBeneath::new(opened, reading))?;
    }
    Ok(ruleset)
}
