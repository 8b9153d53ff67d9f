//! Makes seccomp programs of the list.

use std::collections::BTreeMap;
use std::env::consts::ARCH;
use std::process;

use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCmpArgLen, SeccompCmpOp,
    SeccompCondition, SeccompFilter, SeccompRule, TargetArch, apply_filter,
};

use super::super::{LayerError, LayerState, Spec};
use super::table::{Arguments, GROUPS, When};

/// Lets the calling thread, and those it starts, make no system calls but those on the list.
pub(in super::super) fn restrict(spec: &Spec) -> Result<LayerState, LayerError> {
    install(spec, process::id()).map_err(LayerError::of("seccomp refuses"))?;
    Ok(LayerState::On)
}

fn install(spec: &Spec, own: u32) -> Result<(), Error> {
    let without_clone3 = without_clone3()?;
    let listed = listed(spec, own)?;
    apply_filter(&without_clone3)?;
    apply_filter(&listed)
}

/// Answers `clone3` as if the kernel did not know it, and leaves the rest to the other filter.
fn without_clone3() -> Result<BpfProgram, BackendError> {
    let rules = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let unknown = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    program(rules, SeccompAction::Allow, unknown)
}

/// Allows what is on the list for `spec`, in the process `own`.
fn listed(spec: &Spec, own: u32) -> Result<BpfProgram, BackendError> {
    let mut rules = BTreeMap::new();
    for group in GROUPS.iter().filter(|group| is_allowed(spec, group.when)) {
        for (call, arguments) in group.calls {
            rules.insert(*call, rules_of(*arguments, own)?);
        }
    }
    let refused = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    program(rules, refused, SeccompAction::Allow)
}

fn is_allowed(spec: &Spec, when: When) -> bool {
    match when {
        When::Always => true,
        When::Net => spec.net.is_granted(),
        When::Read => !spec.read.is_empty(),
    }
}

fn program(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    matching: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    SeccompFilter::new(rules, otherwise, matching, TargetArch::try_from(ARCH)?)?.try_into()
}

/// One rule for each way in which the arguments may be as wanted; none if any are.
fn rules_of(arguments: Arguments, own: u32) -> Result<Vec<SeccompRule>, BackendError> {
    let own = u64::from(own);
    let anonymous: u64 = libc::MAP_ANONYMOUS.cast_unsigned().into();
    let kinds: u64 = libc::MAP_TYPE.cast_unsigned().into();
    let private = libc::MAP_PRIVATE.cast_unsigned().into();
    let downwards: u64 = libc::MAP_GROWSDOWN.cast_unsigned().into();
    let ways = match arguments {
        Arguments::Any => Vec::new(),
        Arguments::OneOf(argument, values) => values
            .iter()
            .map(|value| vec![equal(argument, *value)])
            .collect(),
        Arguments::Without(argument, mask) => vec![vec![bits(argument, mask, 0)]],
        Arguments::Bits {
            argument,
            mask,
            value,
        } => vec![vec![bits(argument, mask, value)]],
        Arguments::BoundedMemory => {
            // The kernel takes what grows downwards for a stack, and the limit of data counts none.
            vec![
                vec![bits(3, anonymous | downwards, 0)],
                vec![bits(3, kinds | downwards, private)],
            ]
        }
        Arguments::OwnProcess(argument) => vec![vec![equal(argument, own)]],
        Arguments::OwnProcessAndZero(process, zero) => [0, own]
            .map(|value| vec![equal(process, value), null(zero)])
            .into(),
        Arguments::InternetSocket => internet_sockets(),
    };
    let rule = |way: Vec<_>| SeccompRule::new(way.into_iter().collect::<Result<_, _>>()?);
    ways.into_iter().map(rule).collect()
}

/// The two IP families, each for a stream and for datagrams, whatever flags stand beside the kind.
fn internet_sockets() -> Vec<Vec<Result<SeccompCondition, BackendError>>> {
    const KIND: u64 = 0xf;
    let pairs = [libc::AF_INET, libc::AF_INET6].map(|family| {
        [libc::SOCK_STREAM, libc::SOCK_DGRAM].map(|kind| {
            let (family, kind) = (family.cast_unsigned(), kind.cast_unsigned());
            vec![equal(0, family.into()), bits(1, KIND, kind.into())]
        })
    });
    pairs.into_iter().flatten().collect()
}

/// The lower half of the argument, which is all that the kernel reads of an integer.
fn equal(argument: u8, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
}

/// A pointer that points nowhere.
fn null(argument: u8) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)
}

fn bits(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, BackendError> {
    let has = SeccompCmpOp::MaskedEq(mask);
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, has, value)
}

#[cfg(test)]
mod tests {
    use super::super::super::{Mode, Network};
    use super::*;

    #[test]
    fn the_program_follows_from_the_spec_and_the_process_alone() {
        let spec = Spec::new(Mode::Strict);
        let once = listed(&spec, 7).unwrap();
        assert_eq!(once, listed(&spec, 7).unwrap());
        assert_ne!(once, listed(&spec, 8).unwrap());
        let granted = Spec {
            net: Network::Any,
            ..spec.clone()
        };
        assert!(listed(&granted, 7).unwrap().len() > once.len());
    }

    #[test]
    fn no_call_stands_in_two_groups_and_every_group_has_its_reason() {
        let mut seen = Vec::new();
        for group in GROUPS {
            assert!(!group.reason.is_empty());
            for (call, _) in group.calls {
                assert!(!seen.contains(call), "{call} twice");
                seen.push(*call);
            }
        }
    }
}
