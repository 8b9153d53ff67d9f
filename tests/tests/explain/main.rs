//! `explain` names every gate in order, with verdict and evidence, for planners and for files.

mod command;
mod files;
mod planners;

use std::path::Path;

use plugin_api::{API_VERSION, Context, Plan, PlanError, PlanRequest, Planner};
use registry::config::{Config, Environment};
use registry::diagnose::{Explanation, Gate, GateKind, Verdict};
use registry::{Builtin, Registry};
use tests::{PluginFolder, RegistryCommand, fixture, manifest_source, section_source};

/// A library with nothing but a manifest.
fn plain(name: &str) -> String {
    manifest_source(name, API_VERSION.major, API_VERSION.minor)
}

fn registry(folders: &[&PluginFolder], allowed: &[&str]) -> Registry {
    let mut builder = Registry::builder().allow(allowed);
    for folder in folders {
        builder = builder.plugin_dir(folder.path());
    }
    builder.build().unwrap()
}

/// Each gate as `+name`, `-name E_CODE` or `?name`.
fn course(explanation: &Explanation) -> Vec<String> {
    let row = |gate: &Gate| match (gate.verdict, &gate.problem) {
        (Verdict::Passed, None) => format!("+{}", gate.gate.label()),
        (Verdict::Refused, Some(problem)) => format!("-{} {}", gate.gate.label(), problem.code),
        (Verdict::NotReached, None) => format!("?{}", gate.gate.label()),
        _ => format!("impossible: {gate:?}"),
    };
    explanation.gates.iter().map(row).collect()
}

/// The course of a planner that `refusal` stops, or nothing.
fn stopped(refusal: &str) -> Vec<String> {
    let gates = [
        "name",
        "allowlist",
        "path",
        "library",
        "manifest",
        "lock",
        "signature",
        "version",
        "unique",
        "hold",
        "start",
        "breaker",
    ];
    let gate = refusal.split(' ').next().unwrap();
    let at = gates.iter().position(|name| *name == gate);
    let row = |(place, name): (usize, &&str)| match at {
        Some(at) if place == at => format!("-{refusal}"),
        Some(at) if place > at => format!("?{name}"),
        _ => format!("+{name}"),
    };
    gates.iter().enumerate().map(row).collect()
}

fn evidence(explanation: &Explanation, kind: GateKind) -> &str {
    let gate = explanation.gates.iter().find(|gate| gate.gate == kind);
    &gate.unwrap().evidence
}

fn commands(explanation: &Explanation) -> Vec<&str> {
    let steps = explanation.next.iter();
    steps.map(|step| step.command.as_str()).collect()
}
