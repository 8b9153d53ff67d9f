//! A plan for people: its tasks in the order to run them.

use std::collections::HashMap;

use registry::diagnose::text::{Cell, Ink, Look, Page, Table};
use registry::plugin_api::{Plan, PlanStats, RiskLevel, Task};

/// The plan that `planner` made.
pub(super) fn plan(planner: &str, plan: &Plan, look: Look) -> String {
    let mut page = Page::new(look);
    page.line(0, [Cell::new(plan.objective()).ink(Ink::Strong)]);
    let made = format!(
        "{} revision {} by {planner}",
        plan.plan_id(),
        plan.revision()
    );
    page.line(0, [Cell::new(made).ink(Ink::Faint)]);
    page.gap();
    page.table(0, &tasks(plan));
    page.gap();
    page.line(0, [Cell::new(measures(&plan.stats()))]);
    let mut hashes = Table::headless();
    hashes.row(["content".into(), plan.content_hash().to_string().into()]);
    hashes.row([
        "structure".into(),
        plan.structural_hash().to_string().into(),
    ]);
    page.table(0, &hashes);
    page.finish()
}

fn tasks(plan: &Plan) -> Table<7> {
    let numbers: HashMap<&str, usize> = plan
        .order()
        .zip(1..)
        .map(|(task, number)| (task.task_id.as_str(), number))
        .collect();
    let mut table =
        Table::new(["#", "TASK", "TYPE", "TOOL", "RISK", "AFTER", "DESCRIPTION"]).wrapped();
    for (task, number) in plan.order().zip(1..) {
        table.row([
            Cell::new(number.to_string()),
            Cell::new(&task.task_id),
            Cell::new(task.kind.as_str()),
            Cell::new(task.tool_name.as_deref().unwrap_or_default()),
            risk(task.risk_level),
            after(task, &numbers),
            Cell::new(description(task)),
        ]);
    }
    table
}

fn risk(risk: RiskLevel) -> Cell {
    match risk {
        RiskLevel::Low => Cell::new("low"),
        RiskLevel::Medium => Cell::new("medium").ink(Ink::Warn),
        RiskLevel::High => Cell::new("high").ink(Ink::Bad),
    }
}

/// The numbers of the tasks it waits for.
fn after(task: &Task, numbers: &HashMap<&str, usize>) -> Cell {
    let mut after: Vec<usize> = task
        .dependencies
        .iter()
        .filter_map(|id| numbers.get(id.as_str()).copied())
        .collect();
    after.sort_unstable();
    Cell::list(after.iter().map(ToString::to_string))
}

fn description(task: &Task) -> String {
    match &task.gate_condition {
        None => task.description.clone(),
        Some(condition) => format!("{} — only if {condition}", task.description),
    }
}

fn measures(stats: &PlanStats) -> String {
    let counted = |count: usize, one: &str, many: &str| {
        format!("{count} {}", if count == 1 { one } else { many })
    };
    [
        counted(stats.tasks, "task", "tasks"),
        counted(stats.edges, "dependency", "dependencies"),
        format!("depth {}", stats.depth),
        format!("width {}", stats.width),
        format!("{} of high risk", stats.high_risk),
    ]
    .join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Plan {
        Plan::builder("Split the billing module")
            .task(
                Task::verify("smoke")
                    .describe("Run the smoke tests")
                    .after_all(["gate", "build"]),
            )
            .task(Task::tool("build", "cargo").describe("Build\nevery\u{1b}[2J target"))
            .task(
                Task::gate("gate", "the build is green")
                    .describe("Hold")
                    .after("build")
                    .risk(RiskLevel::Medium),
            )
            .build()
            .unwrap()
    }

    #[test]
    fn tasks_stand_in_the_order_to_run_them_and_name_what_they_wait_for() {
        let sample = sample();
        let text = plan("risk_planner", &sample, Look::PLAIN);
        assert_eq!(
            text,
            format!(
                "Split the billing module\n\
                 {} revision 1 by risk_planner\n\
                 \n\
                 #  TASK   TYPE    TOOL   RISK    AFTER  DESCRIPTION\n\
                 1  build  TOOL    cargo  low     —      Build\\nevery\\u{{1b}}[2J target\n\
                 2  gate   GATE    —      medium  1      Hold — only if the build is green\n\
                 3  smoke  VERIFY  —      low     1, 2   Run the smoke tests\n\
                 \n\
                 3 tasks · 3 dependencies · depth 3 · width 1 · 0 of high risk\n\
                 content    {}\n\
                 structure  {}\n",
                sample.plan_id(),
                sample.content_hash(),
                sample.structural_hash(),
            )
        );
    }

    #[test]
    fn a_long_description_is_wrapped_in_its_column() {
        let look = Look {
            colour: false,
            columns: Some(60),
        };
        let text = plan("risk_planner", &sample(), look);
        assert!(
            text.contains(
                "2  gate   GATE    —      medium  1      Hold — only if the\n\
                 \x20                                       build is green\n"
            ),
            "{text}"
        );
    }
}
