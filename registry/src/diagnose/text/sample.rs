//! A diagnosis made by hand, with one of everything that can go wrong.

use std::path::PathBuf;

use plugin_api::manifest::{BuildInfo, Manifest, PanicStrategy, Tier};
use plugin_api::{API_VERSION, ApiVersion};
use semver::Version;

use crate::diagnose::{
    Check, Diagnosis, DiscoveryStatus, ExcludedFile, FileCounts, Files, FolderStatus,
    LoadingStatus, LockStatus, PlannerState, PlannerStatus, Problem, Profiles, RefusedFile,
    Setting, ShadowedFile, SignatureStatus, advice,
};
use crate::discovery::LeftOut;
use crate::load::MappedLibraries;
use crate::name::PlannerName;

pub(in crate::diagnose) fn diagnosis() -> Diagnosis {
    let mut diagnosis = Diagnosis {
        version: "0.1.0",
        api: ApiVersion { major: 1, minor: 0 },
        checked_by: vec![Check::Name],
        lock: LockStatus::default(),
        signatures: SignatureStatus::default(),
        planners: vec![old(), risk(), llm(), absent(), broken()],
        files: Files {
            refused: vec![refused(), truncated()],
            shadowed: vec![ShadowedFile {
                path: "/var/plugins/librisk_planner.so".into(),
                planner: "risk_planner".to_owned(),
                by: "/opt/my plugins/librisk_planner.so".into(),
            }],
            excluded: vec![ExcludedFile {
                path: "/var/plugins/libdemo_planner.so".into(),
                planner: "demo_planner".to_owned(),
            }],
            left_out: LeftOut::default(),
            ignored: 1,
            folders: vec![
                FolderStatus {
                    path: "/opt/my plugins".into(),
                    problem: None,
                },
                FolderStatus {
                    path: "/var/plugins".into(),
                    problem: None,
                },
            ],
            discovery: DiscoveryStatus {
                fingerprint: "7f3a91c2".repeat(8),
                unchanged: Some(true),
                file_counts: FileCounts {
                    unchanged: 7,
                    ..FileCounts::default()
                },
                reading_us: 1_300,
                sorting_us: 40,
                settling_us: 800,
                took_us: 2_140,
                cache_problem: None,
                state_problem: None,
                unsaved_problem: None,
            },
        },
        loading: LoadingStatus {
            bytes: "sealed",
            relaxed: Vec::new(),
            loader_variables: Vec::new(),
            mapped: MappedLibraries::default(),
        },
        profiles: Profiles::default(),
        slow: Vec::new(),
        failures: Vec::new(),
        settings: vec![
            setting("discovery.dirs", "/opt/my plugins:/var/plugins", "builder"),
            setting("select.min_reliability", "0.25", "default"),
        ],
        next: Vec::new(),
    };
    diagnosis.next = advice::steps(&diagnosis);
    diagnosis
}

fn old() -> PlannerStatus {
    PlannerStatus {
        path: Some("/opt/my plugins/libold_planner.so".into()),
        problem: Some(refused().problem),
        ..PlannerStatus::without_manifest(name("old_planner"), PlannerState::Refused)
    }
}

fn risk() -> PlannerStatus {
    let mut manifest = manifest("risk_planner");
    manifest.capabilities = vec!["risk".to_owned(), "refactor".to_owned()];
    manifest.reliability = Some(0.8);
    PlannerStatus {
        path: Some("/opt/my plugins/librisk_planner.so".into()),
        ..PlannerStatus::new(
            name("risk_planner"),
            PlannerState::NotLoaded,
            manifest.into(),
        )
    }
}

fn llm() -> PlannerStatus {
    let mut manifest = manifest("llm_planner");
    manifest.description = "Asks a model.\nrisk_planner  9.9.9  ready\u{1b}[2K".to_owned();
    manifest.capabilities = vec!["llm\nforged_planner  1.0.0  ready".to_owned()];
    manifest.permissions = vec!["net".to_owned()];
    manifest.tier = Tier::Gold;
    manifest.quarantined = true;
    PlannerStatus {
        path: Some("/opt/my plugins/libllm_planner.so".into()),
        problem: Some(Problem {
            code: "E_QUARANTINED",
            reason: "its author holds it back".to_owned(),
            remedy: "Ask its author for a version without the hold.".to_owned(),
        }),
        ..PlannerStatus::new(
            name("llm_planner"),
            PlannerState::Quarantined,
            manifest.into(),
        )
    }
}

fn absent() -> PlannerStatus {
    PlannerStatus::without_manifest(name("multi_pass_arch_planner"), PlannerState::Absent)
}

fn broken() -> PlannerStatus {
    PlannerStatus {
        path: Some("/opt/my plugins/libbroken_planner.so".into()),
        digest: Some("blake3:9c1e".to_owned()),
        calls: 3,
        failures: 1,
        retry_in_ms: Some(42_000),
        problem: Some(Problem {
            code: "E_CONSTRUCT_PANIC",
            reason: "construction panicked: no \u{202e}luck".to_owned(),
            remedy: "Report it to the plugin's author.".to_owned(),
        }),
        ..PlannerStatus::new(
            name("broken_planner"),
            PlannerState::Failed,
            manifest("broken_planner").into(),
        )
    }
}

fn refused() -> RefusedFile {
    RefusedFile {
        path: "/opt/my plugins/libold_planner.so".into(),
        problem: Problem {
            code: "E_API_VERSION",
            reason: "plugin interface 2.0 of the file is not compatible with 1.0 of this host"
                .to_owned(),
            remedy: "Build the plugin again with plugin-api 1.0.".to_owned(),
        },
    }
}

fn truncated() -> RefusedFile {
    RefusedFile {
        path: PathBuf::from("/var/plugins/a\nb.so"),
        problem: Problem {
            code: "E_TRUNCATED",
            reason: "a segment ends at byte 9000, the file at byte 100".to_owned(),
            remedy: "Copy the file again.".to_owned(),
        },
    }
}

fn setting(key: &str, value: &str, origin: &str) -> Setting {
    Setting {
        key: key.to_owned(),
        variable: None,
        value: value.to_owned(),
        origin: origin.to_owned(),
    }
}

fn manifest(name: &str) -> Manifest {
    let build = BuildInfo {
        rustc: "rustc 1.95.0".to_owned(),
        profile: "release".to_owned(),
        panic: PanicStrategy::Unwind,
    };
    Manifest::new(name, Version::new(1, 2, 0), API_VERSION, build)
}

fn name(text: &str) -> PlannerName {
    PlannerName::parse(text).unwrap()
}
