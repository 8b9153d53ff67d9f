//! The measures of a plan.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::graph::{Graph, Layout};
use super::{RiskLevel, Task, TaskKind};

/// The measures of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PlanStats {
    /// How many tasks it has.
    pub tasks: usize,
    /// How many of each kind; every kind is present.
    pub by_type: BTreeMap<TaskKind, usize>,
    /// How many dependencies, over all tasks.
    pub edges: usize,
    /// How many tasks the longest chain has.
    pub depth: usize,
    /// How many tasks the fullest level has, a task's level being the longest chain that ends in it.
    pub width: usize,
    /// How many tasks wait for none.
    pub roots: usize,
    /// How many tasks none waits for.
    pub leaves: usize,
    /// How many tasks wait directly for the most awaited one.
    pub out_degree: usize,
    /// How many tasks are of high risk.
    pub high_risk: usize,
}

pub(super) fn measure(tasks: &[Task], graph: &Graph, layout: &Layout) -> PlanStats {
    let depth = layout.level.iter().copied().max().unwrap_or(0);
    let mut per_level = vec![0; depth + 1];
    for &level in &layout.level {
        per_level[level] += 1;
    }
    let mut by_type = BTreeMap::from(TaskKind::ALL.map(|kind| (kind, 0)));
    for task in tasks {
        *by_type.entry(task.kind).or_insert(0) += 1;
    }
    let count_empty = |edges: &[Vec<usize>]| edges.iter().filter(|ends| ends.is_empty()).count();
    PlanStats {
        tasks: tasks.len(),
        by_type,
        edges: graph.dependencies.iter().map(Vec::len).sum(),
        depth,
        width: per_level.into_iter().max().unwrap_or(0),
        roots: count_empty(&graph.dependencies),
        leaves: count_empty(&graph.dependents),
        out_degree: graph.dependents.iter().map(Vec::len).max().unwrap_or(0),
        high_risk: tasks
            .iter()
            .filter(|task| task.risk_level == RiskLevel::High)
            .count(),
    }
}
