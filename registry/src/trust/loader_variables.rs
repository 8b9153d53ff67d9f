//! Variables that change what loading a library means.

use registry_core::sync::OnceLock;

use super::Refusal;

/// Variables that make the dynamic loader take other objects, or bind and call them otherwise.
const AFFECTING: [&str; 10] = [
    "GLIBC_TUNABLES",
    "LD_AUDIT",
    "LD_BIND_NOT",
    "LD_DYNAMIC_WEAK",
    "LD_HWCAP_MASK",
    "LD_LIBRARY_PATH",
    "LD_ORIGIN_PATH",
    "LD_PREFER_MAP_32BIT_EXEC",
    "LD_PRELOAD",
    "LD_PROFILE",
];

/// Variables among them that put other objects in a library's place.
const REDIRECTING: [&str; 3] = ["LD_AUDIT", "LD_LIBRARY_PATH", "LD_PRELOAD"];

/// Those that this process was started with: the loader reads them once, before anything else runs.
pub(crate) fn loader_variables() -> &'static [&'static str] {
    static FOUND: OnceLock<Vec<&'static str>> = OnceLock::new();
    // Without /proc nothing is loaded at all.
    FOUND.get_or_init(|| found_in(&std::fs::read("/proc/self/environ").unwrap_or_default()))
}

/// Whether they can have put another object in a library's place.
pub(crate) fn can_redirect(found: &[&str]) -> bool {
    found.iter().any(|name| REDIRECTING.contains(name))
}

/// Whether anything may be loaded with these variables.
pub(super) fn judge_loader_variables(found: &[&str], refuse: bool) -> Result<(), Refusal> {
    if !refuse || found.is_empty() {
        return Ok(());
    }
    Err(Refusal::LoaderVariables {
        names: found.join(" "),
    })
}

/// The variables in a process's first environment that count; an empty one changes nothing.
fn found_in(environment: &[u8]) -> Vec<&'static str> {
    let mut found: Vec<_> = environment
        .split(|&byte| byte == 0)
        .filter_map(|variable| {
            let at = variable.iter().position(|&byte| byte == b'=')?;
            let (name, value) = variable.split_at(at);
            let known = AFFECTING.into_iter().find(|known| known.as_bytes() == name);
            known.filter(|_| value.len() > 1)
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_change_loading_are_found_and_empty_or_other_ones_are_not() {
        let environment =
            b"PATH=/bin\0LD_PRELOAD=/x.so\0LD_AUDIT=\0LD_DEBUG=all\0LD_LIBRARY_PATH=/y\0odd\0";
        let found = found_in(environment);
        assert_eq!(found, ["LD_LIBRARY_PATH", "LD_PRELOAD"]);
        assert!(can_redirect(&found));
        assert!(!can_redirect(&["LD_BIND_NOT"]));
        assert_eq!(found_in(b""), [""; 0]);
    }

    #[test]
    fn they_end_a_load_only_where_that_is_asked_for() {
        let found = ["LD_BIND_NOT", "LD_PRELOAD"];
        let verdicts = [(&found[..], false), (&[], true), (&found, true)].map(|(found, refuse)| {
            let refusal = judge_loader_variables(found, refuse).err();
            refusal.map(|refusal| (refusal.code(), refusal.to_string()))
        });
        let text =
            "this process was started with LD_BIND_NOT LD_PRELOAD, which change what loading means";
        let refused = ("E_LOADER_VARIABLES", text.to_owned());
        assert_eq!(verdicts, [None, None, Some(refused)]);
    }
}
