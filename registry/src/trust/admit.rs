//! The gates that need only the manifest and who may change the file.

use plugin_api::manifest::{Manifest, PanicStrategy};
use plugin_api::{API_VERSION, ApiVersion};

use super::{Policy, Refusal, judge_access};
use crate::discovery::Access;
use crate::name::PlannerName;

/// Judges a manifest by name, interface version and what a panic does, and its file by who may change it;
/// `user` is for whom it runs.
pub(crate) fn admit(
    name: &PlannerName,
    manifest: &Manifest,
    access: &Access,
    user: u32,
    policy: &Policy,
) -> Result<(), Refusal> {
    judge_name(name, policy)?;
    judge_access(access, policy.relaxed, user)?;
    judge_api(manifest.api, API_VERSION)?;
    judge_panic(manifest.build.panic, policy.contained.contains(name))
}

/// For whom plugins run.
pub(crate) fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Whether the lists of names let `name` run.
pub(crate) fn judge_name(name: &PlannerName, policy: &Policy) -> Result<(), Refusal> {
    if policy.blocked.contains(name) {
        return Err(Refusal::Blocked { name: name.clone() });
    }
    if !policy.allowed.contains(name) {
        return Err(Refusal::NotAllowed { name: name.clone() });
    }
    Ok(())
}

/// Whether a plugin and a host of these interface versions can meet.
pub(crate) fn judge_api(plugin: ApiVersion, host: ApiVersion) -> Result<(), Refusal> {
    if host.accepts(plugin) {
        return Ok(());
    }
    Err(Refusal::ApiVersion { plugin, host })
}

/// Nothing can contain a panic that aborts but a process of the planner's own.
fn judge_panic(strategy: PanicStrategy, contained: bool) -> Result<(), Refusal> {
    match strategy {
        PanicStrategy::Abort if !contained => Err(Refusal::PanicAborts),
        PanicStrategy::Unwind | PanicStrategy::Abort => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::trust::{Guards, Signatures};

    fn name(text: &str) -> PlannerName {
        PlannerName::parse(text).unwrap()
    }

    #[test]
    fn a_blocked_name_is_refused_although_it_is_allowed() {
        let policy = Policy {
            allowed: [name("good_planner"), name("bad_planner")].into(),
            blocked: [name("bad_planner")].into(),
            guards: Guards::without_lock().into(),
            ..Policy::of(&Config::loader().load().unwrap(), Signatures::default())
        };
        let codes = ["good_planner", "bad_planner", "other_planner"]
            .map(|text| judge_name(&name(text), &policy).map_err(|refusal| refusal.code()));
        assert_eq!(codes, [Ok(()), Err("E_BLOCKED"), Err("E_NOT_ALLOWED")]);
    }

    #[test]
    fn a_newer_plugin_and_another_major_are_refused_with_both_versions_named() {
        let host = ApiVersion { major: 1, minor: 2 };
        let texts = [(1, 2), (1, 3), (2, 0)].map(|(major, minor)| {
            judge_api(ApiVersion { major, minor }, host).map_err(|refusal| refusal.to_string())
        });
        assert_eq!(
            texts,
            [
                Ok(()),
                Err(
                    "plugin interface 1.3 of the file is not compatible with 1.2 of this host"
                        .to_owned()
                ),
                Err(
                    "plugin interface 2.0 of the file is not compatible with 1.2 of this host"
                        .to_owned()
                ),
            ]
        );
    }
}
