//! The files of a context as a graph of numbers.
//!
//! Files are numbered folder by folder, so that whatever follows depends neither on the order in which
//! a context lists them nor on how long their paths are, and every folder is a run of numbers.

use std::cmp::Ordering;
use std::collections::HashMap;

use plugin_api::{Context, FileFacts, PlanContext, PlanError};

/// The files, and which of them each file uses.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// By number: a folder's own files, then those of its subfolders.
    pub(crate) paths: Vec<String>,
    /// By number: the files it uses, ascending, each once, never itself.
    pub(crate) uses: Vec<Vec<usize>>,
    /// By number: the layer that the context puts it in, the lowest 0.
    pub(crate) declared: Vec<Option<usize>>,
    /// How many dependencies name a file that the context does not list.
    pub(crate) missing_targets: usize,
    /// How many files name themselves as a dependency.
    pub(crate) self_loops: usize,
}

/// A file, and the layer that the context puts it in.
type Listed = (FileFacts, Option<usize>);

impl Graph {
    /// Gathers `files`, `hotspots` and `layers`; of several entries for a path the first counts, in
    /// this order. A layer without paths stands as one file of its name.
    pub(crate) fn gather(context: &PlanContext, cx: &Context) -> Result<Graph, PlanError> {
        let mut facts: HashMap<String, Listed> = HashMap::new();
        let listed = context.files().into_iter().chain(context.hotspots());
        for file in listed {
            facts.entry(file.path.clone()).or_insert((file, None));
        }
        // From the top, for the lowest layer that lists a file to have the last word.
        for (declared, mut layer) in context.layers().into_iter().enumerate().rev() {
            if layer.paths.is_empty() {
                layer.paths.push(layer.name);
            }
            for path in layer.paths {
                let known = facts.entry(path.clone());
                known.or_insert((FileFacts::new(path), None)).1 = Some(declared);
            }
        }
        let mut files: Vec<Listed> = facts.into_values().collect();
        cx.check()?;
        files.sort_unstable_by(|(a, _), (b, _)| by_folder(&a.path, &b.path));
        Graph::link(&files, cx)
    }

    fn link(files: &[Listed], cx: &Context) -> Result<Graph, PlanError> {
        let numbers: HashMap<&str, usize> = files
            .iter()
            .enumerate()
            .map(|(number, (file, _))| (file.path.as_str(), number))
            .collect();
        let mut graph = Graph::default();
        for (number, (file, declared)) in files.iter().enumerate() {
            poll(cx, number)?;
            let mut uses = Vec::with_capacity(file.depends_on.len());
            for path in &file.depends_on {
                match numbers.get(path.as_str()) {
                    Some(&target) if target == number => graph.self_loops += 1,
                    Some(&target) => uses.push(target),
                    None => graph.missing_targets += 1,
                }
            }
            uses.sort_unstable();
            uses.dedup();
            graph.paths.push(file.path.clone());
            graph.uses.push(uses);
            graph.declared.push(*declared);
        }
        Ok(graph)
    }

    /// How many dependencies there are.
    pub(crate) fn edges(&self) -> usize {
        self.uses.iter().map(Vec::len).sum()
    }

    /// By number: how many files use it.
    pub(crate) fn fan_in(&self) -> Vec<usize> {
        let mut fan_in = vec![0; self.paths.len()];
        for &target in self.uses.iter().flatten() {
            fan_in[target] += 1;
        }
        fan_in
    }

    /// The dependencies that lead from a declared layer into a higher one.
    pub(crate) fn upward(&self) -> impl Iterator<Item = (usize, usize)> {
        self.uses.iter().enumerate().flat_map(|(file, uses)| {
            uses.iter()
                .map(move |&target| (file, target))
                .filter(|&(file, target)| {
                    let layers = self.declared[file].zip(self.declared[target]);
                    layers.is_some_and(|(layer, higher)| layer < higher)
                })
        })
    }
}

/// Asks now and then, in a loop's `step`, whether the caller still wants the plan.
pub(crate) fn poll(cx: &Context, step: usize) -> Result<(), PlanError> {
    if step.is_multiple_of(1024) {
        cx.check()?;
    }
    Ok(())
}

/// The names of the folders that `path` lies in, the outermost first.
pub(crate) fn folders(path: &str) -> impl Iterator<Item = &str> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.split('/').filter(|name| !name.is_empty())
}

fn by_folder(a: &str, b: &str) -> Ordering {
    folders(a).cmp(folders(b)).then_with(|| a.cmp(b))
}
