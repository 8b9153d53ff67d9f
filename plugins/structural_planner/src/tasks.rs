//! Tasks: one a group, and a check a band that the next band waits for.
//!
//! The check stands between two bands for all their dependencies, so no task needs more than one
//! dependency on the band below. Whatever a task cannot hold is counted in it.

use plugin_api::serde_json::{Value, json};
use plugin_api::{Context, Criticality, Plan, PlanError, PlanRequest, RiskLevel, Task};

use crate::components::cycle;
use crate::graph::{Graph, folders};
use crate::groups::GroupedBand;
use crate::layers::Layered;
use crate::text::{bounded_list, count, head, slug, tail};

/// Longest list of files in a task, as JSON. With as long a list in each task, a plan stays in bounds.
const FILES_BYTES_MAX: usize = 6_000;

/// Longest list of cycles in a task, as JSON.
const CYCLES_BYTES_MAX: usize = 2_500;

/// Longest path in a description.
const PATH_CHARS_MAX: usize = 48;

/// Most files of a cycle in a description.
const CYCLE_FILES_SHOWN: usize = 4;

/// Most dependencies between layers that the plan names.
const UPWARD_SHOWN: usize = 10;

/// Writes the plan.
pub(crate) fn plan(
    request: &PlanRequest,
    graph: &Graph,
    layered: &Layered,
    bands: &[GroupedBand],
    cx: &Context,
) -> Result<Plan, PlanError> {
    let writer = Writer {
        graph,
        layered,
        fan_in: graph.fan_in(),
    };
    let mut tasks = Vec::new();
    let mut below: Option<String> = None;
    for (number, band) in bands.iter().enumerate() {
        cx.check()?;
        let work = writer.work(number + 1, band, below.as_deref());
        let check = writer.check(number + 1, bands.len(), band, &work);
        below = Some(check.task_id.clone());
        tasks.extend(work);
        tasks.push(check);
    }
    let mut plan = Plan::builder(request.objective())
        .tasks(tasks)
        .meta("files", graph.paths.len())
        .meta("dependencies", graph.edges())
        .meta("layers", layered.count)
        .meta("cycles", writer.rings())
        .meta("self_dependencies", graph.self_loops)
        .meta("missing_targets", graph.missing_targets);
    let deep_index = request.context().deep_index_summary().is_some();
    plan = plan.meta("deep_index", deep_index);
    if let Some(grouping) = writer.grouping(bands) {
        cx.info(&grouping);
        plan = plan.meta("grouping", grouping);
    }
    let upward = graph.upward().count();
    if upward > 0 {
        let shown: Vec<String> = graph
            .upward()
            .take(UPWARD_SHOWN)
            .map(|(user, used)| format!("{} → {}", writer.short(user), writer.short(used)))
            .collect();
        plan = plan
            .meta("upward_dependencies", upward)
            .meta("upward_dependencies_shown", shown);
    }
    plan.build()
}

struct Writer<'a> {
    graph: &'a Graph,
    layered: &'a Layered,
    fan_in: Vec<usize>,
}

impl Writer<'_> {
    fn work(&self, layer: usize, band: &GroupedBand, below: Option<&str>) -> Vec<Task> {
        let groups = band.groups.iter().enumerate();
        groups
            .map(|(number, units)| {
                let files: Vec<usize> =
                    units.iter().flat_map(|unit| &unit.files).copied().collect();
                let rings: Vec<usize> =
                    units.iter().flat_map(|unit| &unit.rings).copied().collect();
                let task = self.group(layer, number + 1, &files, &rings);
                task.after_all(below)
            })
            .collect()
    }

    fn group(&self, layer: usize, number: usize, files: &[usize], rings: &[usize]) -> Task {
        let name = match files {
            &[file] => self.name(file).to_owned(),
            _ if self.is_one_ring(files, rings) => self.name(files[0]).to_owned(),
            _ => self.folder(files).pop().unwrap_or_default(),
        };
        let id = format!("l{layer:02}-w{number:02}-{}", slug(&name));
        let task =
            Task::tool(id.trim_end_matches('-'), "edit").describe(self.describe(files, rings));
        let paths = files.iter().map(|&file| Value::from(self.path(file)));
        let (listed, omitted) = bounded_list(paths, FILES_BYTES_MAX);
        let mut task = task.arg("files", listed);
        if omitted > 0 {
            task = task.arg("files_omitted", omitted);
        }
        if rings.is_empty() {
            return task;
        }
        let (cycles, omitted) =
            bounded_list(rings.iter().map(|&ring| self.cycle(ring)), CYCLES_BYTES_MAX);
        if omitted > 0 {
            task = task.arg("cycles_omitted", omitted);
        }
        task.arg("cycles", cycles)
            .tag("cycle")
            .risk(RiskLevel::Medium)
            .criticality(Criticality::High)
    }

    fn describe(&self, files: &[usize], rings: &[usize]) -> String {
        let cycle = rings.first().map(|&ring| {
            let cycle = cycle(self.graph, &self.layered.components[ring]);
            let more = match rings.len() - 1 {
                0 => String::new(),
                more => format!(" and {}", count(more, "more cycle")),
            };
            format!(
                "Break or contain the cycle {}{more}; then apply",
                self.ring(&cycle)
            )
        });
        let apply = cycle.unwrap_or_else(|| "Apply".to_owned());
        let users = |file: usize| match self.fan_in[file] {
            0 => "which no listed file uses".to_owned(),
            1 => "which 1 file uses".to_owned(),
            users => format!("which {users} files use"),
        };
        match files {
            &[file] => format!(
                "Apply the objective to {}, {}",
                self.short(file),
                users(file)
            ),
            _ if self.is_one_ring(files, rings) => {
                format!(
                    "{apply} the objective to its {}",
                    count(files.len(), "file")
                )
            }
            _ => format!(
                "{apply} the objective to {}{}, in the order listed: {}",
                count(files.len(), "file"),
                self.place(files),
                self.ends(files)
            ),
        }
    }

    fn check(&self, layer: usize, layers: usize, band: &GroupedBand, work: &[Task]) -> Task {
        let files: usize = band
            .groups
            .iter()
            .copied()
            .flatten()
            .map(|unit| unit.files.len())
            .sum();
        let joined = match band.layers.len() {
            1 => String::new(),
            _ => format!(
                " (layers {} to {} of {})",
                band.layers.start + 1,
                band.layers.end,
                self.layered.count
            ),
        };
        let next = if layer < layers {
            " before the next one is touched"
        } else {
            ""
        };
        Task::verify(format!("l{layer:02}-verify"))
            .describe(format!(
                "Check layer {layer} of {layers}{joined}{next}: its {} and all below still pass their \
                 tests, and nothing in it uses a layer above",
                count(files, "file"),
            ))
            .criticality(Criticality::High)
            .after_all(work.iter().map(|task| task.task_id.as_str()))
            .metadata("files", files)
    }

    /// What was joined to keep the plan within its limits.
    fn grouping(&self, bands: &[GroupedBand]) -> Option<String> {
        let components = self.layered.components.len();
        let groups: usize = bands.iter().map(|band| band.groups.len()).sum();
        let layers = self.layered.count;
        let mut joined = Vec::new();
        if bands.len() < layers {
            joined.push(format!("{layers} layers are joined into {}", bands.len()));
        }
        if groups < components {
            joined.push(format!(
                "{components} separate parts share {}",
                count(groups, "task")
            ));
        }
        (!joined.is_empty()).then(|| format!("a plan holds no more: {}", joined.join(", ")))
    }

    fn rings(&self) -> usize {
        let components = self.layered.components.iter();
        components.filter(|files| files.len() > 1).count()
    }

    fn cycle(&self, ring: usize) -> Value {
        let files = cycle(self.graph, &self.layered.components[ring]);
        json!(
            files
                .iter()
                .map(|&file| self.path(file))
                .collect::<Vec<_>>()
        )
    }

    fn is_one_ring(&self, files: &[usize], rings: &[usize]) -> bool {
        matches!(rings, &[ring] if self.layered.components[ring].len() == files.len())
    }

    /// `a → b → a`.
    fn ring(&self, cycle: &[usize]) -> String {
        let mut names: Vec<String> = cycle
            .iter()
            .take(CYCLE_FILES_SHOWN)
            .map(|&file| self.short(file))
            .collect();
        if cycle.len() > CYCLE_FILES_SHOWN {
            names.push(format!("{} more", cycle.len() - CYCLE_FILES_SHOWN));
        }
        names.extend(cycle.first().map(|&file| self.short(file)));
        names.join(" → ")
    }

    fn place(&self, files: &[usize]) -> String {
        match self.folder(files).join("/") {
            folder if folder.is_empty() => String::new(),
            folder => format!(" in {}", tail(&folder, PATH_CHARS_MAX)),
        }
    }

    fn ends(&self, files: &[usize]) -> String {
        match files {
            [first, second] => format!("{} and {}", self.short(*first), self.short(*second)),
            [first, .., last] => format!("{} to {}", self.short(*first), self.short(*last)),
            _ => String::new(),
        }
    }

    /// The folder that all of `files` lie in, from the outermost.
    fn folder(&self, files: &[usize]) -> Vec<String> {
        let mut files = files.iter().map(|&file| self.path(file));
        let mut shared: Vec<&str> = files.next().into_iter().flat_map(folders).collect();
        for path in files {
            let same = folders(path).zip(&shared).take_while(|(a, b)| a == *b);
            shared.truncate(same.count());
        }
        shared.into_iter().map(str::to_owned).collect()
    }

    fn path(&self, file: usize) -> &str {
        &self.graph.paths[file]
    }

    /// The path on one line, and not too long for a description.
    fn short(&self, file: usize) -> String {
        tail(&head(self.path(file), usize::MAX), PATH_CHARS_MAX)
    }

    /// The file's name without its folders and ending.
    fn name(&self, file: usize) -> &str {
        let path = self.path(file);
        let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
        name.split_once('.').map_or(name, |(stem, _)| stem)
    }
}
