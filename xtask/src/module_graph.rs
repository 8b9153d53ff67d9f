//! The import graph of a crate's source, read from its `crate::…`, `self::…` and `super::…` paths.
//!
//! Good enough to plan with and to hold layers by: a file depends on every file of the same crate
//! that it names through such a path, be it in a group in braces. What `lib.rs` exports is found
//! there only, so naming it depends on `lib.rs`.

mod paths;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

pub use self::paths::paths;
use crate::XtaskError;

/// A source file and what it imports from its own crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Path below the crate's `src`, with `/` between its parts.
    pub path: String,
    /// Number of lines.
    pub lines: usize,
    /// Paths of the imported files, sorted.
    pub imports: Vec<String>,
}

/// Reads the graph of the crate whose `src` folder is given; files come sorted by path.
pub fn read(src: &Path) -> Result<Vec<SourceFile>, XtaskError> {
    let mut paths = Vec::new();
    collect(src, src, &mut paths)?;
    paths.sort();
    let modules: Vec<(Vec<String>, String)> = paths
        .iter()
        .map(|path| (module_of(path), path.clone()))
        .collect();
    paths
        .iter()
        .map(|path| {
            let file = src.join(path);
            let text = std::fs::read_to_string(&file).map_err(XtaskError::io(&file))?;
            Ok(SourceFile {
                path: path.clone(),
                lines: text.lines().count(),
                imports: imports_of(&text, path, &modules),
            })
        })
        .collect()
}

/// The graph of a crate's top-level modules, from the graph of its files: `lib.rs` apart, which
/// declares them all.
pub fn modules(files: &[SourceFile]) -> Vec<SourceFile> {
    let mut modules: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path != "lib.rs") {
        let own = top(&file.path);
        let (lines, imports) = modules.entry(own).or_default();
        *lines += file.lines;
        imports.extend(
            file.imports
                .iter()
                .map(|import| top(import))
                .filter(|&other| other != own),
        );
    }
    modules
        .into_iter()
        .map(|(path, (lines, imports))| SourceFile {
            path: path.to_owned(),
            lines,
            imports: imports.into_iter().map(str::to_owned).collect(),
        })
        .collect()
}

/// The top-level module of a file.
fn top(path: &str) -> &str {
    path.split('/')
        .next()
        .unwrap_or(path)
        .trim_end_matches(".rs")
}

fn collect(src: &Path, folder: &Path, paths: &mut Vec<String>) -> Result<(), XtaskError> {
    for entry in std::fs::read_dir(folder).map_err(XtaskError::io(folder))? {
        let path = entry.map_err(XtaskError::io(folder))?.path();
        if path.is_dir() {
            collect(src, &path, paths)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let below: PathBuf = path.strip_prefix(src).unwrap_or(&path).to_owned();
            paths.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}

/// The module path of a file: `plan/mod.rs` and `plan.rs` are both `plan`.
fn module_of(path: &str) -> Vec<String> {
    let stem = path.trim_end_matches(".rs");
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    match stem {
        "lib" | "main" | "mod" => Vec::new(),
        _ => stem.split('/').map(str::to_owned).collect(),
    }
}

fn imports_of(text: &str, own: &str, modules: &[(Vec<String>, String)]) -> Vec<String> {
    let named = paths::own_paths(text, &module_of(own));
    let mut imports: BTreeSet<String> = named
        .iter()
        .filter_map(|named| file_of(named, modules))
        .collect();
    imports.remove(own);
    imports.into_iter().collect()
}

/// The file of the longest module path that `named` starts with.
fn file_of(named: &[String], modules: &[(Vec<String>, String)]) -> Option<String> {
    modules
        .iter()
        .filter(|(module, _)| named.starts_with(module))
        .max_by_key(|(module, _)| module.len())
        .map(|(_, path)| path.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<(Vec<String>, String)> {
        ["lib.rs", "name.rs", "load/mod.rs", "load/host.rs"]
            .map(|path| (module_of(path), path.to_owned()))
            .to_vec()
    }

    #[test]
    fn imports_are_found_alone_in_groups_and_in_expressions_but_not_in_comments() {
        let text = "use crate::name::PlannerName;\n\
                    use crate::{load::{host, module}, scrub};\n\
                    // crate::load is not meant\n\
                    fn f() { $crate::name::x(); crate::load::host::call() }";
        assert_eq!(
            imports_of(text, "lib.rs", &known()),
            ["load/host.rs", "load/mod.rs", "name.rs"]
        );
    }

    #[test]
    fn an_import_through_super_or_through_the_root_is_found() {
        let text = "use super::super::name::X;\nuse super::Y;\nuse crate::Z;\n\
                    #[cfg(test)]\nmod tests {\n    use super::*;\n}\n";
        assert_eq!(
            imports_of(text, "load/host.rs", &known()),
            ["lib.rs", "load/mod.rs", "name.rs"]
        );
        assert_eq!(imports_of("use super::Y;", "name.rs", &known()), ["lib.rs"]);
    }

    #[test]
    fn modules_gather_what_their_files_import_from_others() {
        let file = |path: &str, lines, imports: &[&str]| SourceFile {
            path: path.to_owned(),
            lines,
            imports: imports.iter().map(|&import| import.to_owned()).collect(),
        };
        let files = [
            file("lib.rs", 1, &["load/mod.rs"]),
            file("load/host.rs", 10, &["name.rs", "load/mod.rs"]),
            file("load/mod.rs", 5, &["scrub.rs"]),
            file("name.rs", 2, &[]),
        ];
        assert_eq!(
            modules(&files),
            [file("load", 15, &["name", "scrub"]), file("name", 2, &[])]
        );
    }

    #[test]
    fn a_file_does_not_import_itself() {
        assert_eq!(
            imports_of("use crate::name::X;", "name.rs", &known()),
            Vec::<String>::new()
        );
    }
}
