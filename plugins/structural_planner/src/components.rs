//! Strongly connected components: files that cannot be ordered among themselves.
//!
//! Tarjan's algorithm keeps its own stack, so that no chain of files is too long for the thread's. It
//! finds a component after all that the component uses, so the result is in bottom-up order already.

use std::collections::VecDeque;

use plugin_api::{Context, PlanError};

use crate::graph::{Graph, poll};

/// The components, whatever a component uses before it, each with its files in ascending order.
pub(crate) fn components(graph: &Graph, cx: &Context) -> Result<Vec<Vec<usize>>, PlanError> {
    let mut search = Search::new(&graph.uses);
    for root in 0..graph.uses.len() {
        if search.reached[root] == UNREACHED {
            search.run(root, cx)?;
        }
    }
    Ok(search.components)
}

/// The shortest way from the first file of a component of several back to it; the last file of the
/// answer uses the first.
pub(crate) fn cycle(graph: &Graph, component: &[usize]) -> Vec<usize> {
    let Some(&start) = component.first() else {
        return Vec::new();
    };
    let mut came_from = vec![None; component.len()];
    let mut queue = VecDeque::from([start]);
    while let Some(file) = queue.pop_front() {
        for &next in &graph.uses[file] {
            if next == start {
                return way_back(component, &came_from, file);
            }
            if let Ok(place) = component.binary_search(&next)
                && came_from[place].is_none()
            {
                came_from[place] = Some(file);
                queue.push_back(next);
            }
        }
    }
    vec![start]
}

fn way_back(component: &[usize], came_from: &[Option<usize>], last: usize) -> Vec<usize> {
    let before = |file: usize| came_from[component.binary_search(&file).ok()?];
    let mut way: Vec<usize> = std::iter::successors(Some(last), |&file| before(file)).collect();
    way.reverse();
    way
}

const UNREACHED: usize = usize::MAX;

struct Search<'a> {
    uses: &'a [Vec<usize>],
    /// When each file was reached.
    reached: Vec<usize>,
    /// The earliest reached of the open files that each file leads to.
    earliest: Vec<usize>,
    /// Files whose component is not complete, in the order they were reached.
    open: Vec<usize>,
    is_open: Vec<bool>,
    /// The files being looked at, each with the number of its uses already followed.
    trail: Vec<(usize, usize)>,
    clock: usize,
    components: Vec<Vec<usize>>,
}

impl<'a> Search<'a> {
    fn new(uses: &'a [Vec<usize>]) -> Search<'a> {
        Search {
            uses,
            reached: vec![UNREACHED; uses.len()],
            earliest: vec![UNREACHED; uses.len()],
            open: Vec::new(),
            is_open: vec![false; uses.len()],
            trail: Vec::new(),
            clock: 0,
            components: Vec::new(),
        }
    }

    fn run(&mut self, root: usize, cx: &Context) -> Result<(), PlanError> {
        self.enter(root);
        let mut steps = 0;
        while let Some((file, followed)) = self.trail.pop() {
            poll(cx, steps)?;
            steps += 1;
            let Some(&next) = self.uses[file].get(followed) else {
                self.leave(file);
                continue;
            };
            self.trail.push((file, followed + 1));
            if self.reached[next] == UNREACHED {
                self.enter(next);
            } else if self.is_open[next] {
                self.earliest[file] = self.earliest[file].min(self.reached[next]);
            }
        }
        Ok(())
    }

    fn enter(&mut self, file: usize) {
        self.reached[file] = self.clock;
        self.earliest[file] = self.clock;
        self.clock += 1;
        self.open.push(file);
        self.is_open[file] = true;
        self.trail.push((file, 0));
    }

    fn leave(&mut self, file: usize) {
        if let Some(&(user, _)) = self.trail.last() {
            self.earliest[user] = self.earliest[user].min(self.earliest[file]);
        }
        if self.earliest[file] < self.reached[file] {
            return;
        }
        // Everything opened since `file` was reached leads back to it.
        let first = self.open.iter().rposition(|&open| open == file);
        let mut component = self.open.split_off(first.unwrap_or(0));
        for &member in &component {
            self.is_open[member] = false;
        }
        component.sort_unstable();
        self.components.push(component);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(uses: &[&[usize]]) -> Graph {
        Graph {
            paths: (0..uses.len()).map(|file| format!("{file}.rs")).collect(),
            uses: uses.iter().map(|uses| uses.to_vec()).collect(),
            declared: vec![None; uses.len()],
            ..Graph::default()
        }
    }

    fn components_of(uses: &[&[usize]]) -> Vec<Vec<usize>> {
        components(&graph(uses), &Context::detached()).unwrap()
    }

    #[test]
    fn what_a_file_uses_comes_before_it() {
        assert_eq!(components_of(&[&[1, 2], &[2], &[]]), [[2], [1], [0]]);
    }

    #[test]
    fn files_that_use_each_other_are_one_component() {
        let found = components_of(&[&[1], &[2], &[0, 3], &[4], &[3], &[0]]);
        assert_eq!(found, [vec![3, 4], vec![0, 1, 2], vec![5]]);
    }

    #[test]
    fn a_cycle_is_the_shortest_through_its_first_file() {
        let graph = graph(&[&[1, 3], &[2], &[0], &[0]]);
        assert_eq!(cycle(&graph, &[0, 1, 2, 3]), [0, 3]);
    }

    #[test]
    fn a_cycle_does_not_leave_its_component() {
        let graph = graph(&[&[1, 2], &[], &[3], &[0, 1]]);
        assert_eq!(cycle(&graph, &[0, 2, 3]), [0, 2, 3]);
    }

    #[test]
    fn a_ring_of_100_000_files_is_one_component_and_one_cycle() {
        let ring = Graph {
            uses: (0..100_000)
                .map(|file| vec![(file + 1) % 100_000])
                .collect(),
            ..Graph::default()
        };
        let found = components(&ring, &Context::detached()).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(cycle(&ring, &found[0]).len(), 100_000);
    }
}
