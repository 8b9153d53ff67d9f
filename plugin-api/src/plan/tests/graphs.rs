//! Order, cycles and limits of the graph, against naive references.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{build, ids, issues, step};
use crate::plan::{PlanIssue, Task};

fn cycle(path: &[&str]) -> PlanIssue {
    PlanIssue::Cycle {
        path: path.iter().copied().map(str::to_owned).collect(),
    }
}

fn chain(length: usize) -> Vec<Task> {
    (0..length)
        .map(|n| match n {
            0 => step("t00"),
            n => step(&format!("t{n:02}")).after(format!("t{:02}", n - 1)),
        })
        .collect()
}

#[test]
fn tasks_run_by_dependency_then_priority_then_id() {
    let plan = build([
        step("z").priority(1).after("late"),
        step("late").priority(900),
        step("b").priority(5),
        step("a").priority(5),
        step("first").priority(0),
    ])
    .unwrap();
    assert_eq!(ids(plan.order()), ["first", "a", "b", "late", "z"]);
}

#[test]
fn bad_edges_are_all_named() {
    let found = issues(build([
        step("a")
            .after("a")
            .after("ghost")
            .after("ghost")
            .after("ghost"),
        step("b").after("a").after("c").after("a"),
        step("c"),
        step("c"),
        step("c"),
    ]));
    let name = str::to_owned;
    let expected = [
        PlanIssue::DuplicateTaskId {
            task: name("c"),
            count: 3,
        },
        PlanIssue::SelfDependency { task: name("a") },
        PlanIssue::MissingDependency {
            task: name("a"),
            dependency: name("ghost"),
        },
        PlanIssue::DuplicateDependency {
            task: name("a"),
            dependency: name("ghost"),
        },
        PlanIssue::DuplicateDependency {
            task: name("b"),
            dependency: name("a"),
        },
    ];
    assert_eq!(found, expected);
}

#[test]
fn each_knot_is_named_once_by_its_shortest_cycle_through_its_least_task() {
    let found = issues(build([
        step("y").after("x"),
        step("x").after("y"),
        step("b").after("c"),
        step("c").after("d").after("a"),
        step("d").after("a"),
        step("a").after("b"),
        step("behind").after("a"),
    ]));
    assert_eq!(
        found,
        [cycle(&["a", "b", "c", "a"]), cycle(&["x", "y", "x"])]
    );
    assert_eq!(
        found[0].to_string(),
        r#"tasks wait for each other in a cycle: "a" → "b" → "c" → "a""#
    );
}

#[test]
fn a_long_cycle_is_whole_in_the_issue_and_short_in_the_sentence() {
    let mut tasks = chain(20);
    tasks[0] = step("t00").after("t19");
    let found = issues(build(tasks));
    let [issue @ PlanIssue::Cycle { path }] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(path.len(), 21);
    assert!(
        issue.to_string().ends_with(r#""t09" → … 8 more … → "t00""#),
        "{issue}"
    );
}

#[test]
fn a_chain_of_sixty_is_accepted_and_one_more_is_not() {
    assert_eq!(build(chain(60)).unwrap().stats().depth, 60);
    let expected = PlanIssue::Depth {
        task: "t60".to_owned(),
        depth: 61,
    };
    assert_eq!(issues(build(chain(61))), [expected]);
}

#[test]
fn eighty_tasks_may_wait_for_one_and_one_more_may_not() {
    let star = |leaves: usize| {
        let leaf = |n: usize| step(&format!("leaf{n}")).after("hub");
        build((0..leaves).map(leaf).chain([step("hub")]))
    };
    assert_eq!(star(80).unwrap().stats().out_degree, 80);
    let expected = PlanIssue::OutDegree {
        task: "hub".to_owned(),
        dependents: 81,
    };
    assert_eq!(issues(star(81)), [expected]);
}

#[test]
fn one_task_may_wait_for_many() {
    let all: Vec<String> = (0..500).map(|n| format!("t{n}")).collect();
    let join = Task::verify("join")
        .describe("Check all")
        .after_all(all.clone());
    let plan = build(all.iter().map(|id| step(id)).chain([join])).unwrap();
    assert_eq!(plan.stats().edges, 500);
}

#[test]
fn a_huge_hostile_cycle_is_named_without_recursion() {
    let count = 100_000;
    let tasks =
        (0..count).map(|n| step(&format!("t{n:06}")).after(format!("t{:06}", (n + 1) % count)));
    let found = issues(build(tasks));
    assert_eq!(found[0], PlanIssue::TooManyTasks { count });
    let PlanIssue::Cycle { path } = &found[1] else {
        panic!("{:?}", found[1].code());
    };
    assert_eq!((path.len(), found.len()), (count + 1, 2));
}

/// Edges between `tasks` tasks; an edge `(a, b)` says that `a` waits for `b`.
#[derive(Clone, Debug)]
struct Sketch {
    priorities: Vec<i64>,
    edges: BTreeSet<(usize, usize)>,
}

impl Sketch {
    fn tasks(&self) -> Vec<Task> {
        let id = |n: usize| format!("t{n:02}");
        let task = |(n, &priority): (usize, &i64)| {
            let dependencies = self.edges.iter().filter(|edge| edge.0 == n);
            step(&id(n))
                .priority(priority)
                .after_all(dependencies.map(|edge| id(edge.1)))
        };
        self.priorities.iter().enumerate().map(task).collect()
    }

    /// Whether `a` waits for `b`, directly or through others, for every pair.
    fn reach(&self) -> Vec<Vec<bool>> {
        let count = self.priorities.len();
        let mut reach = vec![vec![false; count]; count];
        for &(a, b) in &self.edges {
            reach[a][b] = true;
        }
        for via in 0..count {
            for a in 0..count {
                for b in 0..count {
                    reach[a][b] |= reach[a][via] && reach[via][b];
                }
            }
        }
        reach
    }

    /// The least member of each set of tasks that wait for each other.
    fn knots(&self) -> Vec<usize> {
        let reach = self.reach();
        let together = |a: usize, b: usize| reach[a][b] && reach[b][a];
        (0..self.priorities.len())
            .filter(|&a| reach[a][a] && (0..a).all(|b| !together(a, b)))
            .collect()
    }

    /// Takes the best free task, again and again.
    fn naive_order(&self) -> Vec<usize> {
        let mut order = Vec::new();
        while order.len() < self.priorities.len() {
            let free = (0..self.priorities.len())
                .filter(|n| !order.contains(n))
                .filter(|&n| {
                    self.edges
                        .iter()
                        .all(|edge| edge.0 != n || order.contains(&edge.1))
                });
            order.push(free.min_by_key(|&n| (self.priorities[n], n)).unwrap());
        }
        order
    }
}

fn sketch(acyclic: bool) -> impl Strategy<Value = Sketch> {
    (1_usize..20).prop_flat_map(move |count| {
        let edges = prop::collection::vec((0..count, 0..count), 0..40);
        let renaming = Just((0..count).collect::<Vec<_>>()).prop_shuffle();
        let priorities = prop::collection::vec(0_i64..4, count);
        (priorities, edges, renaming).prop_map(move |(priorities, edges, renaming)| Sketch {
            priorities,
            edges: edges
                .into_iter()
                .filter(|(a, b)| a != b)
                .map(|(a, b)| {
                    if acyclic {
                        (a.max(b), a.min(b))
                    } else {
                        (a, b)
                    }
                })
                .map(|(a, b)| (renaming[a], renaming[b]))
                .collect(),
        })
    })
}

fn number(id: &str) -> usize {
    id[1..].parse().unwrap()
}

proptest! {
    #[test]
    fn the_order_is_the_naive_one(sketch in sketch(true)) {
        let plan = build(sketch.tasks()).unwrap();
        let order: Vec<usize> = ids(plan.order()).into_iter().map(number).collect();
        prop_assert_eq!(order, sketch.naive_order());
    }

    #[test]
    fn the_stats_are_the_naive_ones(sketch in sketch(true)) {
        let plan = build(sketch.tasks()).unwrap();
        let count = sketch.priorities.len();
        let mut level = vec![1; count];
        for _ in 0..count {
            for &(a, b) in &sketch.edges {
                level[a] = level[a].max(level[b] + 1);
            }
        }
        let stats = plan.stats();
        let fullest = (1..=count).map(|n| level.iter().filter(|&&l| l == n).count()).max();
        prop_assert_eq!(stats.tasks, count);
        prop_assert_eq!(stats.edges, sketch.edges.len());
        prop_assert_eq!(Some(stats.depth), level.iter().copied().max());
        prop_assert_eq!(Some(stats.width), fullest);
        prop_assert_eq!(stats.roots, (0..count).filter(|&n| sketch.edges.iter().all(|e| e.0 != n)).count());
        prop_assert_eq!(stats.leaves, (0..count).filter(|&n| sketch.edges.iter().all(|e| e.1 != n)).count());
    }

    #[test]
    fn cycles_are_found_exactly_where_tasks_wait_for_each_other(sketch in sketch(false)) {
        let found = match build(sketch.tasks()) {
            Ok(_) => Vec::new(),
            Err(error) => error.issues().to_vec(),
        };
        let mut starts = Vec::new();
        for issue in found {
            let PlanIssue::Cycle { path } = issue else {
                return Err(TestCaseError::fail(format!("{issue}")));
            };
            let path: Vec<usize> = path.iter().map(|id| number(id)).collect();
            for pair in path.windows(2) {
                prop_assert!(sketch.edges.contains(&(pair[0], pair[1])), "{pair:?} is no edge");
            }
            let distinct: BTreeSet<usize> = path.iter().copied().collect();
            prop_assert_eq!(distinct.len(), path.len() - 1);
            prop_assert_eq!(path.first(), path.last());
            starts.push(path[0]);
        }
        prop_assert_eq!(starts, sketch.knots());
    }
}
