//! The files whose risk is to be judged, and what is known of each.

use std::collections::HashMap;

use plugin_api::{Context, FileFacts, PlanContext, PlanError};

/// A file, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hotspot {
    pub(crate) path: String,
    pub(crate) measures: Measures,
}

/// What raises the risk of changing a file; `None` where it is not known.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Measures {
    pub(crate) churn: Option<f64>,
    pub(crate) complexity: Option<f64>,
    pub(crate) fan_in: Option<f64>,
}

/// The `hotspots` of a context, else its `files`, in the order of their paths. What a hotspot leaves
/// open is looked up in the file of the same path, and the fan-in is counted at last.
pub(crate) fn gather(context: &PlanContext, cx: &Context) -> Result<Vec<Hotspot>, PlanError> {
    let files = context.files();
    cx.check()?;
    let known: HashMap<&str, &FileFacts> = files
        .iter()
        .map(|file| (file.path.as_str(), file))
        .collect();
    let users = count_users(&files, cx)?;
    let listed = context.hotspots();
    let judged = if listed.is_empty() { &files } else { &listed };

    let mut hotspots = Vec::with_capacity(judged.len());
    for (step, facts) in judged.iter().enumerate() {
        poll(cx, step)?;
        let path = facts.path.as_str();
        let file = known.get(path);
        let users = users
            .as_ref()
            .map(|users| users.get(path).copied().unwrap_or(0.0));
        let measures = Measures {
            churn: facts.churn.or(file.and_then(|file| file.churn)),
            complexity: facts.complexity.or(file.and_then(|file| file.complexity)),
            fan_in: facts.fan_in.or(file.and_then(|file| file.fan_in)).or(users),
        };
        hotspots.push(Hotspot {
            path: path.to_owned(),
            measures,
        });
    }
    hotspots.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(hotspots)
}

/// How many other files use each file; `None` if no file says what it uses.
fn count_users<'a>(
    files: &'a [FileFacts],
    cx: &Context,
) -> Result<Option<HashMap<&'a str, f64>>, PlanError> {
    let mut users: HashMap<&str, f64> = HashMap::new();
    for (step, file) in files.iter().enumerate() {
        poll(cx, step)?;
        for used in file.depends_on.iter().filter(|used| **used != file.path) {
            *users.entry(used).or_default() += 1.0;
        }
    }
    Ok((!users.is_empty()).then_some(users))
}

/// Asks now and then, in a loop's `step`, whether the caller still wants the plan.
pub(crate) fn poll(cx: &Context, step: usize) -> Result<(), PlanError> {
    if step.is_multiple_of(1024) {
        cx.check()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gathered(context: &PlanContext) -> Vec<(String, [Option<f64>; 3])> {
        let hotspots = gather(context, &Context::detached()).unwrap();
        let row = |it: Hotspot| {
            let Measures {
                churn,
                complexity,
                fan_in,
            } = it.measures;
            (it.path, [churn, complexity, fan_in])
        };
        hotspots.into_iter().map(row).collect()
    }

    #[test]
    fn a_hotspot_is_completed_from_its_file_and_its_users_are_counted() {
        let context = PlanContext::new()
            .with_hotspots([FileFacts::new("b").churn(9.0), FileFacts::new("a")])
            .with_files([
                FileFacts::new("b")
                    .churn(1.0)
                    .complexity(4.0)
                    .depends_on(["b", "a"]),
                FileFacts::new("c").depends_on(["a", "b"]),
            ]);
        assert_eq!(
            gathered(&context),
            [
                ("a".to_owned(), [None, None, Some(2.0)]),
                ("b".to_owned(), [Some(9.0), Some(4.0), Some(1.0)]),
            ]
        );
    }

    #[test]
    fn without_hotspots_every_file_is_judged_and_a_given_fan_in_counts() {
        let files = [
            FileFacts::new("a").fan_in(7.0),
            FileFacts::new("b").depends_on(["a"]),
        ];
        assert_eq!(
            gathered(&PlanContext::new().with_files(files)),
            [
                ("a".to_owned(), [None, None, Some(7.0)]),
                ("b".to_owned(), [None, None, Some(0.0)]),
            ]
        );
    }

    #[test]
    fn nobody_is_counted_where_no_file_says_what_it_uses() {
        let context = PlanContext::new().with_files([FileFacts::new("a")]);
        assert_eq!(gathered(&context), [("a".to_owned(), [None; 3])]);
    }
}
