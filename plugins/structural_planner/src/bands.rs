//! Bands: neighbouring layers, joined where a plan cannot be deep enough to hold them all.
//!
//! A band falls into units that do not use each other, so units can become tasks side by side in any
//! combination. In a band of one layer each component is a unit; in a joined band, whatever uses each
//! other across its layers belongs together.

use std::ops::Range;

use plugin_api::{Context, PlanError, limits};

use crate::graph::{Graph, poll};
use crate::layers::Layered;

/// Most bands: each costs the depth of its work and of its check.
pub(crate) const BANDS_MAX: usize = limits::DEPTH_MAX / 2;

/// Neighbouring layers whose work is checked together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Band {
    /// Which layers it joins.
    pub(crate) layers: Range<usize>,
    /// Its files, in the order of their first files.
    pub(crate) units: Vec<Unit>,
}

/// Files of a band that no other file of the band uses, and that use none of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Lower layers first.
    pub(crate) files: Vec<usize>,
    /// Its components of more than one file.
    pub(crate) rings: Vec<usize>,
}

/// Joins the layers into at most [`BANDS_MAX`] bands, the lowest first.
pub(crate) fn join(graph: &Graph, layered: &Layered, cx: &Context) -> Result<Vec<Band>, PlanError> {
    let mut files_in = vec![0; layered.count];
    for (files, &layer) in layered.components.iter().zip(&layered.layer) {
        files_in[layer] += files.len();
    }
    let ranges = pack(&files_in);
    let mut band_of_layer = Vec::with_capacity(layered.count);
    for (band, layers) in ranges.iter().enumerate() {
        band_of_layer.extend(layers.clone().map(|_| band));
    }
    let band_of = |component: usize| band_of_layer[layered.layer[component]];
    let leaders = connect(graph, layered, band_of, cx)?;

    let mut units: Vec<Unit> = Vec::new();
    units.resize_with(layered.components.len(), Unit::default);
    for (component, files) in layered.components.iter().enumerate() {
        let unit = &mut units[leaders[component]];
        unit.files.extend(files);
        if files.len() > 1 {
            unit.rings.push(component);
        }
    }
    let mut bands: Vec<Band> = ranges
        .into_iter()
        .map(|layers| Band {
            layers,
            units: Vec::new(),
        })
        .collect();
    for (component, mut unit) in units.into_iter().enumerate() {
        if !unit.files.is_empty() {
            unit.files
                .sort_by_key(|&file| (layered.layer[layered.component_of[file]], file));
            bands[band_of(component)].units.push(unit);
        }
    }
    for band in &mut bands {
        band.units.sort_by_key(|unit| unit.files[0]);
    }
    Ok(bands)
}

/// Joins no more neighbours than it must, and so that the largest joined band is as small as can be.
fn pack(files_in: &[usize]) -> Vec<Range<usize>> {
    let (mut low, mut high) = (0_usize, files_in.iter().sum());
    while low < high {
        let middle = low.midpoint(high);
        if fill(files_in, middle).len() > BANDS_MAX {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    fill(files_in, high)
}

/// Adds layer after layer to a band while it holds at most `files_max` files and there are too many
/// layers. A layer that is larger stays alone.
fn fill(files_in: &[usize], files_max: usize) -> Vec<Range<usize>> {
    let mut surplus = files_in.len().saturating_sub(BANDS_MAX);
    let mut bands: Vec<Range<usize>> = Vec::new();
    let mut held = 0;
    for (layer, &files) in files_in.iter().enumerate() {
        match bands.last_mut() {
            Some(band) if surplus > 0 && held + files <= files_max => {
                band.end = layer + 1;
                held += files;
                surplus -= 1;
            }
            _ => {
                bands.push(layer..layer + 1);
                held = files;
            }
        }
    }
    bands
}

/// For each component the one that stands for all it is connected with inside its band.
fn connect(
    graph: &Graph,
    layered: &Layered,
    band_of: impl Fn(usize) -> usize,
    cx: &Context,
) -> Result<Vec<usize>, PlanError> {
    let mut leader: Vec<usize> = (0..layered.components.len()).collect();
    for (file, uses) in graph.uses.iter().enumerate() {
        poll(cx, file)?;
        let component = layered.component_of[file];
        for &used in uses {
            let used = layered.component_of[used];
            if used != component && band_of(used) == band_of(component) {
                let (a, b) = (find(&mut leader, used), find(&mut leader, component));
                leader[a.max(b)] = a.min(b);
            }
        }
    }
    Ok((0..leader.len()).map(|at| find(&mut leader, at)).collect())
}

/// The end of the chain of leaders from `at`, which is halved on the way.
fn find(leader: &mut [usize], mut at: usize) -> usize {
    while leader[at] != at {
        leader[at] = leader[leader[at]];
        at = leader[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::layer;

    #[test]
    fn layers_that_fit_are_not_joined() {
        let alone: Vec<Range<usize>> = (0..30).map(|layer| layer..layer + 1).collect();
        assert_eq!(pack(&[7; 30]), alone);
    }

    #[test]
    fn only_the_thinnest_layers_are_joined_when_there_is_one_too_many() {
        let mut files_in = vec![9; 31];
        files_in[0] = 5_000;
        files_in[12] = 1;
        files_in[13] = 1;
        let bands = pack(&files_in);
        assert_eq!(bands.len(), BANDS_MAX);
        assert_eq!(bands[12], 12..14);
        assert_eq!(bands[0], 0..1);
    }

    #[test]
    fn files_that_use_each_other_across_joined_layers_are_one_unit() {
        // Two chains of 60 files, 0 → 1 → … and 60 → 61 → …, side by side in 60 layers.
        let graph = Graph {
            paths: vec![String::new(); 120],
            uses: (0..120)
                .map(|file| {
                    if file % 60 == 59 {
                        vec![]
                    } else {
                        vec![file + 1]
                    }
                })
                .collect(),
            declared: vec![None; 120],
            ..Graph::default()
        };
        let cx = Context::detached();
        let bands = join(&graph, &layer(&graph, &cx).unwrap(), &cx).unwrap();
        assert_eq!(bands.len(), BANDS_MAX);
        assert_eq!(bands[0].layers, 0..2);
        let files: Vec<&[usize]> = bands[0].units.iter().map(|unit| &*unit.files).collect();
        assert_eq!(files, [[59, 58], [119, 118]]);
    }
}
