//! Who waits for whom, by position in the plan, and the order that follows from it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::check::{Issues, quoted};
use super::{PlanIssue, Task};

/// The edges of a plan in both directions. Only sound ones: none to itself, none twice, none astray.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Graph {
    pub(super) dependencies: Vec<Vec<usize>>,
    pub(super) dependents: Vec<Vec<usize>>,
}

/// An order that respects every edge, and where each task stands in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    /// Positions of tasks, dependencies first. Tasks in or behind a cycle are missing.
    pub(super) order: Vec<usize>,
    /// For each task, how many tasks the longest chain ending in it has; 0 for the missing ones.
    pub(super) level: Vec<usize>,
}

impl Graph {
    /// Resolves the dependencies of `tasks`; what cannot be resolved becomes an issue, not an edge.
    pub(super) fn link(tasks: &[Task], issues: &mut Issues) -> Graph {
        let index = index_ids(tasks, issues);
        let mut graph = Graph {
            dependencies: vec![Vec::new(); tasks.len()],
            dependents: vec![Vec::new(); tasks.len()],
        };
        for (position, task) in tasks.iter().enumerate() {
            let mut seen = HashSet::with_capacity(task.dependencies.len());
            let mut repeated = HashSet::new();
            for dependency in &task.dependencies {
                if !seen.insert(dependency.as_str()) {
                    if repeated.insert(dependency.as_str()) {
                        issues.push(PlanIssue::DuplicateDependency {
                            task: quoted(&task.task_id),
                            dependency: quoted(dependency),
                        });
                    }
                } else if *dependency == task.task_id {
                    issues.push(PlanIssue::SelfDependency {
                        task: quoted(&task.task_id),
                    });
                } else if let Some(&target) = index.get(dependency.as_str()) {
                    graph.dependencies[position].push(target);
                    graph.dependents[target].push(position);
                } else {
                    issues.push(PlanIssue::MissingDependency {
                        task: quoted(&task.task_id),
                        dependency: quoted(dependency),
                    });
                }
            }
        }
        graph
    }

    /// Sorts the tasks: dependencies first, then the lower priority number, then the id.
    pub(super) fn sort(&self, tasks: &[Task]) -> Layout {
        let mut waiting: Vec<usize> = self.dependencies.iter().map(Vec::len).collect();
        let mut level = vec![0; tasks.len()];
        let mut order = Vec::with_capacity(tasks.len());
        let key = |position: usize| {
            let task = &tasks[position];
            Reverse((task.priority, task.task_id.as_str(), position))
        };
        let mut free: BinaryHeap<_> = (0..tasks.len())
            .filter(|&position| waiting[position] == 0)
            .map(key)
            .collect();
        while let Some(Reverse((_, _, position))) = free.pop() {
            // Until now it held the longest chain among its dependencies.
            level[position] += 1;
            order.push(position);
            for &dependent in &self.dependents[position] {
                level[dependent] = level[dependent].max(level[position]);
                waiting[dependent] -= 1;
                if waiting[dependent] == 0 {
                    free.push(key(dependent));
                }
            }
        }
        for position in (0..tasks.len()).filter(|&position| waiting[position] > 0) {
            level[position] = 0;
        }
        Layout { order, level }
    }
}

/// The first task of each id; an id that several share is an issue.
fn index_ids<'a>(tasks: &'a [Task], issues: &mut Issues) -> HashMap<&'a str, usize> {
    let mut index = HashMap::with_capacity(tasks.len());
    let mut copies = vec![1_usize; tasks.len()];
    for (position, task) in tasks.iter().enumerate() {
        let first = *index.entry(task.task_id.as_str()).or_insert(position);
        if first != position {
            copies[first] += 1;
        }
    }
    for (task, count) in tasks.iter().zip(copies).filter(|&(_, count)| count > 1) {
        issues.push(PlanIssue::DuplicateTaskId {
            task: quoted(&task.task_id),
            count,
        });
    }
    index
}
