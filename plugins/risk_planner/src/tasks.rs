//! Tasks: safety net, gate, change and check for each risky unit, between a baseline and a last check.

use plugin_api::serde_json::{Value, json};
use plugin_api::{Context, Criticality, Plan, PlanError, PlanRequest, RiskLevel, Task};

use crate::hotspots::Measures;
use crate::permission::Permission;
use crate::score::{FORMULA, Scored};
use crate::text::{amount, bounded_list, count, head, slug, tail};
use crate::units::Units;

/// Longest list of files in a task, as JSON.
const FILES_BYTES_MAX: usize = 6_000;

/// Longest path in a description.
const PATH_CHARS_MAX: usize = 80;

/// Longest part of the objective in a description.
const OBJECTIVE_CHARS_MAX: usize = 200;

/// Writes the plan.
pub(crate) fn plan(
    request: &PlanRequest,
    units: &Units,
    permission: Permission,
    cx: &Context,
) -> Result<Plan, PlanError> {
    let mut tasks = vec![baseline()];
    let mut ends = Vec::new();
    for (number, unit) in units.risky.iter().enumerate() {
        cx.check()?;
        let guarded = guarded(number + 1, unit, permission);
        ends.push(guarded[3].task_id.clone());
        tasks.extend(guarded);
    }
    if !units.calm.is_empty() {
        let calm = calm(&units.calm);
        ends.push(calm.task_id.clone());
        tasks.push(calm);
    }
    tasks.push(
        Task::verify("verify-all")
            .describe(format!(
                "Check the whole against the baseline, and against the objective: {}",
                head(request.objective(), OBJECTIVE_CHARS_MAX)
            ))
            .criticality(Criticality::High)
            .after_all(ends),
    );

    let of_level = |level| {
        let risky = units.risky.iter().flatten();
        risky.filter(|scored| scored.level == level).count()
    };
    let high = of_level(RiskLevel::High);
    let mut plan = Plan::builder(request.objective())
        .tasks(tasks)
        .meta("formula", FORMULA)
        .meta("files_of_high_risk", high)
        .meta("files_of_medium_risk", of_level(RiskLevel::Medium))
        .meta("files_of_low_risk", units.calm.len())
        .meta("gates", units.risky.len());
    match permission.objection() {
        None if high > 0 => plan = plan.allow_high_risk(),
        Some(reason) if high > 0 => {
            let note = format!(
                "{} of high risk marked MEDIUM: {reason}",
                count(high, "file")
            );
            cx.info(&note);
            plan = plan.meta("high_risk_lowered", note);
        }
        _ => {}
    }
    plan.build()
}

fn baseline() -> Task {
    Task::tool("baseline", "test")
        .describe("Run every test and keep the results, before anything is changed")
        .priority(0)
}

/// Safety net, gate, change and check, each after the one before.
fn guarded(number: usize, unit: &[Scored], permission: Permission) -> [Task; 4] {
    let name = match unit {
        [one] => slug(stem(&one.hotspot.path)),
        several => format!("{}-files", several.len()),
    };
    let id = |step: &str| {
        let id = format!("r{number:02}-{step}-{name}");
        id.trim_end_matches('-').to_owned()
    };
    let subject = subject(unit);
    let wanted = unit
        .iter()
        .map(|scored| scored.level)
        .max()
        .unwrap_or_default();
    let risk_level = permission.clamp(wanted);

    let net = Task::tool(id("mitigate"), "test")
        .describe(format!(
            "Pin down with tests what {subject} now does, and prepare a way back"
        ))
        .after("baseline");
    let gate = Task::gate(
        id("gate"),
        format!(
            "the tests of {} pass, and its way back was tried",
            id("mitigate")
        ),
    )
    .describe(format!(
        "Hold the change of {subject} until its safety net is proven"
    ))
    .criticality(Criticality::High)
    .after(id("mitigate"));
    let mut change = Task::tool(id("change"), "edit")
        .describe(format!(
            "Apply the objective to {subject}, in steps that can each be undone; {}",
            reason(unit)
        ))
        .risk(risk_level)
        .criticality(if wanted == RiskLevel::High {
            Criticality::High
        } else {
            Criticality::Medium
        })
        .metadata(
            "score",
            rounded(unit.first().map_or(0.0, |scored| scored.score)),
        )
        .after(id("gate"));
    if let [one] = unit {
        change = change.metadata("measures", measures(one.hotspot.measures));
    }
    if let Some(objection) = permission.objection()
        && wanted > risk_level
    {
        change = change
            .tag("risk-lowered")
            .metadata("risk_lowered", format!("HIGH marked MEDIUM: {objection}"));
    }
    let check = Task::verify(id("verify"))
        .describe(format!(
            "Check {subject} and whatever uses it against the baseline and the new tests"
        ))
        .criticality(Criticality::High)
        .after(id("change"));
    let priority = i64::try_from(number).unwrap_or_default();
    [with_files(net, unit), gate, with_files(change, unit), check]
        .map(|task| task.priority(priority))
}

/// What needs no gate, in one task.
fn calm(files: &[Scored]) -> Task {
    let task = Task::tool("calm-change", "edit").describe(format!(
        "Apply the objective to {} of low risk, the riskiest first",
        count(files.len(), "file")
    ));
    with_files(task, files).after("baseline")
}

fn with_files(task: Task, files: &[Scored]) -> Task {
    let paths = files.iter().map(|scored| scored.hotspot.path.as_str());
    let (listed, omitted) = bounded_list(paths, FILES_BYTES_MAX);
    let task = task.arg("files", listed);
    if omitted > 0 {
        return task.arg("files_omitted", omitted);
    }
    task
}

fn subject(unit: &[Scored]) -> String {
    let path = |scored: &Scored| tail(&scored.hotspot.path, PATH_CHARS_MAX);
    match unit {
        [first, .., last] => format!("{} files ({} to {})", unit.len(), path(first), path(last)),
        unit => unit.iter().map(path).collect(),
    }
}

/// Why a unit is thought risky.
fn reason(unit: &[Scored]) -> String {
    let [one] = unit else {
        let top = unit.first().map_or(0.0, |scored| scored.score);
        return format!("their scores are {top:.2} and below");
    };
    let told = |measure: Option<f64>| measure.map_or_else(|| "unknown".to_owned(), amount);
    let Measures {
        churn,
        complexity,
        fan_in,
    } = one.hotspot.measures;
    format!(
        "its score is {:.2}: churn {}, complexity {}, fan-in {}",
        one.score,
        told(churn),
        told(complexity),
        told(fan_in)
    )
}

fn measures(measures: Measures) -> Value {
    json!({
        "churn": measures.churn, "complexity": measures.complexity, "fan_in": measures.fan_in,
    })
}

fn rounded(score: f64) -> f64 {
    (score * 1_000.0).round() / 1_000.0
}

fn stem(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.split_once('.').map_or(name, |(stem, _)| stem)
}
