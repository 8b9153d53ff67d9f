//! Groups: the units that share a task, where a plan cannot hold a task for each.
//!
//! All units of a band start as one group, and the group with the most files is split, folder by
//! folder, until each unit stands alone or the band's share of the plan is used up.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use plugin_api::{Context, PlanError, limits};

use crate::bands::{Band, Unit};
use crate::graph::{Graph, folders, poll};

/// A band whose units are grouped.
#[derive(Debug)]
pub(crate) struct GroupedBand<'a> {
    /// Which layers it joins.
    pub(crate) layers: Range<usize>,
    /// The units of each group.
    pub(crate) groups: Vec<&'a [Unit]>,
}

/// Groups the units of every band so that all fit into one plan.
pub(crate) fn group<'a>(
    graph: &Graph,
    bands: &'a [Band],
    cx: &Context,
) -> Result<Vec<GroupedBand<'a>>, PlanError> {
    let groups_max = share(bands);
    let mut grouped = Vec::with_capacity(bands.len());
    for band in bands {
        cx.check()?;
        let ranges = split(graph, &band.units, groups_max, cx)?;
        grouped.push(GroupedBand {
            layers: band.layers.clone(),
            groups: ranges.into_iter().map(|range| &band.units[range]).collect(),
        });
    }
    Ok(grouped)
}

/// Most groups of a band: all wait for the check of the band below, and each band has a check itself.
fn share(bands: &[Band]) -> usize {
    let fits = |groups_max: usize| {
        let groups: usize = bands
            .iter()
            .map(|band| band.units.len().min(groups_max))
            .sum();
        groups + bands.len() <= limits::TASKS_MAX
    };
    (1..=limits::OUT_DEGREE_MAX)
        .rev()
        .find(|&groups_max| fits(groups_max))
        .unwrap_or(1)
}

fn split(
    graph: &Graph,
    units: &[Unit],
    groups_max: usize,
    cx: &Context,
) -> Result<Vec<Range<usize>>, PlanError> {
    let files_before = sums(units);
    let files_in = |range: &Range<usize>| files_before[range.end] - files_before[range.start];
    let ranked = |range: Range<usize>| (files_in(&range), Reverse(range.start), range.end);
    let mut largest = BinaryHeap::from([ranked(0..units.len())]);
    let mut groups = Vec::new();
    while let Some((_, Reverse(start), end)) = largest.pop() {
        if end - start == 1 {
            groups.push(start..end);
            continue;
        }
        let room = groups_max.saturating_sub(groups.len() + largest.len());
        if room < 2 {
            groups.push(start..end);
            continue;
        }
        let mut parts = parts(graph, units, start..end, cx)?;
        if parts.len() > room {
            let middle = parts[parts.len() / 2].start;
            parts = vec![start..middle, middle..end];
        }
        largest.extend(parts.into_iter().map(ranked));
    }
    groups.sort_by_key(|range| range.start);
    Ok(groups)
}

/// The subfolders that several units fall into, their folder's own files being one; if all lie in the
/// same folder, each unit.
fn parts(
    graph: &Graph,
    units: &[Unit],
    range: Range<usize>,
    cx: &Context,
) -> Result<Vec<Range<usize>>, PlanError> {
    let path = |unit: usize| &graph.paths[units[unit].files[0]];
    // The units are in the order of their folders, so what the ends share is shared by all.
    let shared = folders(path(range.start))
        .zip(folders(path(range.end - 1)))
        .take_while(|(first, last)| first == last)
        .count();
    let mut parts: Vec<Range<usize>> = Vec::new();
    let mut open = None;
    for unit in range.clone() {
        poll(cx, unit)?;
        let subfolder = folders(path(unit)).nth(shared);
        match parts.last_mut() {
            Some(part) if open == Some(subfolder) => part.end = unit + 1,
            _ => parts.push(unit..unit + 1),
        }
        open = Some(subfolder);
    }
    if parts.len() == 1 {
        return Ok(range.map(|unit| unit..unit + 1).collect());
    }
    Ok(parts)
}

/// How many files the units before each have, and how many all have.
fn sums(units: &[Unit]) -> Vec<usize> {
    let mut sums = vec![0];
    let mut sum = 0;
    for unit in units {
        sum += unit.files.len();
        sums.push(sum);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups_of(paths: &[&str], groups_max: usize) -> Vec<Range<usize>> {
        let graph = Graph {
            paths: paths.iter().map(|&path| path.to_owned()).collect(),
            ..Graph::default()
        };
        let unit = |file| Unit {
            files: vec![file],
            rings: Vec::new(),
        };
        let units: Vec<Unit> = (0..paths.len()).map(unit).collect();
        split(&graph, &units, groups_max, &Context::detached()).unwrap()
    }

    const PATHS: [&str; 6] = ["top", "a/x", "a/y", "a/deep/z", "b/p", "b/q"];

    #[test]
    fn units_stand_alone_while_there_is_room() {
        assert_eq!(groups_of(&PATHS, 6), [0..1, 1..2, 2..3, 3..4, 4..5, 5..6]);
    }

    #[test]
    fn folders_stay_together_where_room_is_short() {
        assert_eq!(groups_of(&PATHS, 3), [0..1, 1..4, 4..6]);
    }

    #[test]
    fn the_folder_with_the_most_files_is_split_first() {
        assert_eq!(groups_of(&PATHS, 4), [0..1, 1..3, 3..4, 4..6]);
    }

    #[test]
    fn one_flat_folder_is_split_into_even_parts() {
        assert_eq!(
            groups_of(&["a", "b", "c", "d", "e", "f", "g", "h"], 4),
            [0..2, 2..4, 4..6, 6..8]
        );
    }

    #[test]
    fn every_band_gets_its_share_of_the_plan() {
        let band = |units| {
            let mut band = Band {
                layers: 0..1,
                units: Vec::new(),
            };
            band.units.resize_with(units, Unit::default);
            band
        };
        let full: Vec<Band> = (0..30).map(|_| band(200)).collect();
        assert_eq!(share(&full), 25);
        assert_eq!(share(&[band(200), band(3)]), 80);
    }
}
