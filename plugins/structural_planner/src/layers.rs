//! Layers of components: each stands directly above the highest that it uses.

use plugin_api::{Context, PlanError};

use crate::components::components;
use crate::graph::{Graph, poll};

/// The components of a graph and the layer of each.
#[derive(Debug)]
pub(crate) struct Layered {
    /// Files that use each other; whatever a component uses stands before it.
    pub(crate) components: Vec<Vec<usize>>,
    /// By component: its layer, the lowest 0. No layer is empty.
    pub(crate) layer: Vec<usize>,
    /// By file: its component.
    pub(crate) component_of: Vec<usize>,
    /// How many layers there are.
    pub(crate) count: usize,
}

/// Finds components and layers. A component whose context declares it higher than it needs to be stands
/// at least as high.
pub(crate) fn layer(graph: &Graph, cx: &Context) -> Result<Layered, PlanError> {
    let components = components(graph, cx)?;
    let mut component_of = vec![0; graph.paths.len()];
    let mut layer = Vec::with_capacity(components.len());
    for (number, files) in components.iter().enumerate() {
        poll(cx, number)?;
        for &file in files {
            component_of[file] = number;
        }
        let declared = files.iter().filter_map(|&file| graph.declared[file]);
        let needed = files
            .iter()
            .flat_map(|&file| &graph.uses[file])
            .filter(|&&used| component_of[used] < number)
            .map(|&used| layer[component_of[used]] + 1);
        layer.push(declared.chain(needed).max().unwrap_or(0));
    }
    let count = close_gaps(&mut layer);
    Ok(Layered {
        components,
        layer,
        component_of,
        count,
    })
}

/// Renumbers the layers so that none is empty, and says how many there are.
fn close_gaps(layer: &mut [usize]) -> usize {
    let mut used = layer.to_vec();
    used.sort_unstable();
    used.dedup();
    for layer in layer {
        *layer = used.partition_point(|&other| other < *layer);
    }
    used.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers_of(uses: &[&[usize]], declared: &[Option<usize>]) -> Vec<usize> {
        let graph = Graph {
            paths: vec![String::new(); uses.len()],
            uses: uses.iter().map(|uses| uses.to_vec()).collect(),
            declared: declared.to_vec(),
            ..Graph::default()
        };
        let layered = layer(&graph, &Context::detached()).unwrap();
        (0..uses.len())
            .map(|file| layered.layer[layered.component_of[file]])
            .collect()
    }

    #[test]
    fn a_file_stands_above_the_highest_that_it_uses() {
        let layers = layers_of(&[&[], &[0], &[0, 1], &[]], &[None; 4]);
        assert_eq!(layers, [0, 1, 2, 0]);
    }

    #[test]
    fn a_ring_stands_in_one_layer_above_all_that_its_files_use() {
        let layers = layers_of(&[&[], &[0, 2], &[1], &[2]], &[None; 4]);
        assert_eq!(layers, [0, 1, 1, 2]);
    }

    #[test]
    fn a_declared_layer_lifts_but_never_below_what_is_used() {
        let layers = layers_of(&[&[], &[], &[1], &[]], &[None, Some(5), Some(0), Some(9)]);
        assert_eq!(layers, [0, 1, 2, 3]);
    }
}
