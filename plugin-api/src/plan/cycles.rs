//! Finds the cycles of a graph: one actual cycle for each strongly connected component that has any.
//!
//! Tarjan's algorithm with its own stack, so that no chain of tasks is too long for the thread's; then
//! a breadth-first search inside each component. Both are linear in tasks and edges.

use std::collections::VecDeque;

use super::graph::Graph;

/// One cycle for each component: each task waits for the next, and the last for the first. A cycle
/// starts with the least of its component by `rank` and is the shortest one through it.
pub(super) fn find_cycles<R: Ord>(graph: &Graph, rank: impl Fn(usize) -> R) -> Vec<Vec<usize>> {
    let component = components(graph);
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); graph.dependencies.len()];
    for (task, &number) in component.iter().enumerate() {
        members[number].push(task);
    }
    let mut starts: Vec<usize> = members
        .iter()
        .filter(|members| members.len() > 1)
        .filter_map(|members| members.iter().copied().min_by_key(|&task| rank(task)))
        .collect();
    starts.sort_by_key(|&start| rank(start));

    let mut came_from = vec![None; component.len()];
    starts
        .into_iter()
        .map(|start| shortest_cycle(graph, &component, &mut came_from, start))
        .collect()
}

/// Walks back to `start` inside its component. `came_from` is shared between calls: components do not
/// overlap, so each entry is written in one call at most.
fn shortest_cycle(
    graph: &Graph,
    component: &[usize],
    came_from: &mut [Option<usize>],
    start: usize,
) -> Vec<usize> {
    let mut queue = VecDeque::from([start]);
    while let Some(task) = queue.pop_front() {
        for &next in &graph.dependencies[task] {
            if next == start {
                return path_back(came_from, task);
            }
            if component[next] == component[start] && came_from[next].is_none() {
                came_from[next] = Some(task);
                queue.push_back(next);
            }
        }
    }
    vec![start]
}

fn path_back(came_from: &[Option<usize>], last: usize) -> Vec<usize> {
    let mut path = vec![last];
    let mut task = last;
    while let Some(previous) = came_from[task] {
        path.push(previous);
        task = previous;
    }
    path.reverse();
    path
}

/// For each task the number of its strongly connected component.
fn components(graph: &Graph) -> Vec<usize> {
    let mut search = Search::new(graph.dependencies.len());
    for root in 0..graph.dependencies.len() {
        if search.seen_as[root] == UNSEEN {
            search.run(graph, root);
        }
    }
    search.component
}

const UNSEEN: usize = usize::MAX;

struct Search {
    /// When each task was first reached.
    seen_as: Vec<usize>,
    /// The earliest task still open that each can reach.
    lowest: Vec<usize>,
    component: Vec<usize>,
    components: usize,
    /// Tasks whose component is not known yet.
    open: Vec<usize>,
    /// The call stack: a task, and which of its edges comes next.
    calls: Vec<(usize, usize)>,
    clock: usize,
}

impl Search {
    fn new(tasks: usize) -> Search {
        Search {
            seen_as: vec![UNSEEN; tasks],
            lowest: vec![UNSEEN; tasks],
            component: vec![UNSEEN; tasks],
            components: 0,
            open: Vec::new(),
            calls: Vec::new(),
            clock: 0,
        }
    }

    fn run(&mut self, graph: &Graph, root: usize) {
        self.enter(root);
        while let Some((task, edge)) = self.calls.pop() {
            let Some(&next) = graph.dependencies[task].get(edge) else {
                self.leave(task);
                continue;
            };
            self.calls.push((task, edge + 1));
            if self.seen_as[next] == UNSEEN {
                self.enter(next);
            } else if self.component[next] == UNSEEN {
                self.lowest[task] = self.lowest[task].min(self.seen_as[next]);
            }
        }
    }

    fn enter(&mut self, task: usize) {
        self.seen_as[task] = self.clock;
        self.lowest[task] = self.clock;
        self.clock += 1;
        self.open.push(task);
        self.calls.push((task, 0));
    }

    fn leave(&mut self, task: usize) {
        if let Some(&(caller, _)) = self.calls.last() {
            self.lowest[caller] = self.lowest[caller].min(self.lowest[task]);
        }
        if self.lowest[task] == self.seen_as[task] {
            while let Some(member) = self.open.pop() {
                self.component[member] = self.components;
                if member == task {
                    break;
                }
            }
            self.components += 1;
        }
    }
}
