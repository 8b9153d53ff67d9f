//! Areas: the parts that a context divides the code into, and which of them use which.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plugin_api::{Context, FileFacts, PlanContext, PlanError};

/// Most areas; what is smaller than that allows is joined.
pub(crate) const AREAS_MAX: usize = 24;

const _: () = assert!(
    AREAS_MAX <= 64,
    "the areas that an area reaches are bits of a u64"
);

/// Deepest folders that are areas of their own.
const FOLDER_DEPTH_MAX: usize = 6;

/// A part of the code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Area {
    /// A layer's name or a folder's path.
    pub(crate) name: String,
    pub(crate) files: Vec<String>,
    /// Other areas that this one uses, ascending.
    pub(crate) uses: Vec<usize>,
    /// Above all areas that it uses, and beside those that use each other; the lowest is 0.
    pub(crate) level: usize,
}

/// The `layers` of a context as areas, else the folders of its `files`, else those of its `hotspots`.
pub(crate) fn find(context: &PlanContext, cx: &Context) -> Result<Vec<Area>, PlanError> {
    let mut files = context.files();
    if files.is_empty() {
        files = context.hotspots();
    }
    cx.check()?;
    let layers = context.layers();
    let are_declared = !layers.is_empty();
    let named: Vec<(String, Vec<String>)> = if are_declared {
        let share = layers.len().div_ceil(AREAS_MAX);
        let joined = layers.chunks(share).map(|layers| {
            let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
            let paths = layers.iter().flat_map(|layer| &layer.paths).cloned();
            (names.join(" + "), paths.collect())
        });
        joined.collect()
    } else {
        by_folder(&files, cx)?
    };
    let mut areas: Vec<Area> = named
        .into_iter()
        .enumerate()
        .map(|(number, (name, files))| Area {
            name,
            files,
            uses: Vec::new(),
            level: if are_declared { number } else { 0 },
        })
        .collect();
    link(&mut areas, &files, cx)?;
    if !are_declared {
        lift(&mut areas);
    }
    Ok(areas)
}

/// The files by folder, as deep as there are not too many folders.
fn by_folder(files: &[FileFacts], cx: &Context) -> Result<Vec<(String, Vec<String>)>, PlanError> {
    let mut found = BTreeMap::new();
    for depth in 1..=FOLDER_DEPTH_MAX {
        cx.check()?;
        let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in files {
            let folder = folder(&file.path, depth);
            folders.entry(folder).or_default().push(file.path.clone());
        }
        if folders.len() > AREAS_MAX && depth > 1 {
            break;
        }
        found = folders;
    }
    let mut areas: Vec<(String, Vec<String>)> = found.into_iter().collect();
    if areas.len() > AREAS_MAX {
        let rest = areas.split_off(AREAS_MAX - 1);
        let name = format!("{} other folders", rest.len());
        areas.push((
            name,
            rest.into_iter().flat_map(|(_, files)| files).collect(),
        ));
    }
    for (_, files) in &mut areas {
        files.sort_unstable();
    }
    Ok(areas)
}

/// The outermost `depth` folders of `path`.
fn folder(path: &str, depth: usize) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let names = folder.split('/').filter(|name| !name.is_empty());
    match names.take(depth).collect::<Vec<_>>().join("/") {
        top if top.is_empty() => "the top folder".to_owned(),
        folder => folder,
    }
}

fn link(areas: &mut [Area], files: &[FileFacts], cx: &Context) -> Result<(), PlanError> {
    let mut area_of: HashMap<&str, usize> = HashMap::new();
    for (number, area) in areas.iter().enumerate() {
        for path in &area.files {
            area_of.entry(path).or_insert(number);
        }
    }
    let mut edges = BTreeSet::new();
    for (step, file) in files.iter().enumerate() {
        if step.is_multiple_of(1024) {
            cx.check()?;
        }
        if let Some(&from) = area_of.get(file.path.as_str()) {
            let used = file.depends_on.iter();
            edges.extend(used.filter_map(|path| Some((from, *area_of.get(path.as_str())?))));
        }
    }
    for (from, to) in edges.into_iter().filter(|(from, to)| from != to) {
        areas[from].uses.push(to);
    }
    Ok(())
}

/// Finds the levels. There are so few areas that a word of bits for each holds whom it reaches.
fn lift(areas: &mut [Area]) {
    // A bit for each area that an area reaches, itself included.
    let mut reaches: Vec<u64> = areas
        .iter()
        .enumerate()
        .map(|(number, area)| {
            area.uses
                .iter()
                .fold(1 << number, |bits, used| bits | 1 << used)
        })
        .collect();
    for middle in 0..areas.len() {
        let beyond = reaches[middle];
        for reached in &mut reaches {
            if *reached & 1 << middle != 0 {
                *reached |= beyond;
            }
        }
    }
    // Whoever reaches more areas stands later, so those below have their levels already.
    let mut order: Vec<usize> = (0..areas.len()).collect();
    order.sort_by_key(|&area| reaches[area].count_ones());
    for area in order {
        let is_below =
            |&other: &usize| reaches[area] & 1 << other != 0 && reaches[other] & 1 << area == 0;
        let below = (0..areas.len()).filter(is_below);
        areas[area].level = below.map(|other| areas[other].level + 1).max().unwrap_or(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plugin_api::Layer;

    fn found(context: &PlanContext) -> Vec<(String, Vec<usize>, usize)> {
        let areas = find(context, &Context::detached()).unwrap();
        let rows = areas
            .into_iter()
            .map(|area| (area.name, area.uses, area.level));
        rows.collect()
    }

    #[test]
    fn folders_are_areas_above_those_they_use() {
        let context = PlanContext::new().with_files([
            FileFacts::new("src/api/a.rs").depends_on(["src/core/c.rs", "src/store/s.rs"]),
            FileFacts::new("src/core/c.rs"),
            FileFacts::new("src/store/s.rs").depends_on(["src/core/c.rs", "gone"]),
            FileFacts::new("main.rs").depends_on(["src/api/a.rs", "main.rs"]),
        ]);
        assert_eq!(
            found(&context),
            [
                ("src/api".to_owned(), vec![1, 2], 2),
                ("src/core".to_owned(), vec![], 0),
                ("src/store".to_owned(), vec![1], 1),
                ("the top folder".to_owned(), vec![0], 3),
            ]
        );
    }

    #[test]
    fn areas_that_use_each_other_share_a_level() {
        let context = PlanContext::new().with_files([
            FileFacts::new("a/1").depends_on(["b/1"]),
            FileFacts::new("b/1").depends_on(["c/1"]),
            FileFacts::new("c/1").depends_on(["b/1", "z/1"]),
            FileFacts::new("z/1"),
        ]);
        let levels: Vec<usize> = found(&context).into_iter().map(|row| row.2).collect();
        assert_eq!(levels, [2, 1, 1, 0]);
    }

    #[test]
    fn declared_layers_are_areas_and_their_order_counts() {
        let layers = [
            Layer::new("domain", ["m.rs"]),
            Layer::new("ui", Vec::<String>::new()),
        ];
        let context = PlanContext::new().with_layers(layers);
        assert_eq!(
            found(&context),
            [
                ("domain".to_owned(), vec![], 0),
                ("ui".to_owned(), vec![], 1)
            ]
        );
    }

    #[test]
    fn too_many_folders_or_layers_are_joined() {
        let paths = (0..5_000).map(|number| FileFacts::new(format!("{number:04}/x/y.rs")));
        let areas = found(&PlanContext::new().with_files(paths));
        assert_eq!(areas.len(), AREAS_MAX);
        assert_eq!(areas[AREAS_MAX - 1].0, "4977 other folders");

        let layers = (0..30).map(|number| Layer::new(number.to_string(), Vec::<String>::new()));
        let areas = found(&PlanContext::new().with_layers(layers));
        assert_eq!((areas.len(), areas[0].0.as_str()), (15, "0 + 1"));
    }
}
