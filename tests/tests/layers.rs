//! The layers of `registry`: each module imports only lower ones, and only `registry-core`'s facade
//! reaches the primitives that loom replaces.

use std::path::Path;

use xtask::module_graph::{self, SourceFile};
use xtask::workspace_root;

/// Layer of each top-level module, as ARCHITECTURE.md has it.
const LAYERS: [(&str, u8); 26] = [
    ("crash", 0),
    ("meter", 0),
    ("moment", 0),
    ("name", 0),
    ("scrub", 0),
    ("suggest", 0),
    ("event", 0),
    ("problem", 0),
    ("config", 1),
    ("discovery", 2),
    ("state", 2),
    ("trust", 3),
    ("journal", 3),
    ("load", 4),
    ("isolate", 4),
    ("planner", 5),
    ("select", 6),
    ("heal", 7),
    ("diagnose", 8),
    ("ops", 9),
    ("asynchronous", 10),
    ("builder", 10),
    ("exposing", 10),
    ("registry", 10),
    ("predecessor", 11),
    ("lib", 11),
];

/// The top-level module of a file: `journal` of `journal.rs` and of all below `journal/`.
fn module(path: &str) -> Option<&str> {
    Some(path.split('/').next()?.trim_end_matches(".rs"))
}

fn layer_of(path: &str) -> Option<u8> {
    let module = module(path)?;
    LAYERS
        .iter()
        .find(|(name, _)| *name == module)
        .map(|(_, layer)| *layer)
}

/// Layers whose modules are single files that make up one room.
const ROOMS_OF_FILES: [u8; 2] = [0, 10];

/// Modules of one layer of which the first stands above the second.
const ABOVE: [(&str, &str); 1] = [("isolate", "load")];

/// Every import that does not go down, as `from -> to`. Within a room files may import each other.
fn upward(graph: &[SourceFile]) -> Vec<String> {
    let mut found = Vec::new();
    for file in graph {
        for import in &file.imports {
            let (from, to) = (layer_of(&file.path), layer_of(import));
            let one_room = module(&file.path) == module(import)
                || (from == to && from.is_some_and(|layer| ROOMS_OF_FILES.contains(&layer)));
            let above = ABOVE.iter().any(|(upper, lower)| {
                module(&file.path) == Some(*upper) && module(import) == Some(*lower)
            });
            if !one_room && !above && to >= from {
                found.push(format!("{} -> {import}", file.path));
            }
        }
    }
    found
}

fn source(package: &str) -> Vec<SourceFile> {
    module_graph::read(&workspace_root().join(package).join("src")).unwrap()
}

#[test]
fn no_module_of_registry_imports_from_its_own_layer_or_above() {
    let graph = source("registry");
    let unplaced: Vec<_> = graph
        .iter()
        .filter(|file| layer_of(&file.path).is_none())
        .collect();
    assert!(
        unplaced.is_empty(),
        "modules without a layer: {unplaced:#?}"
    );
    assert!(
        graph.iter().any(|file| !file.imports.is_empty()),
        "no import was found at all"
    );
    assert_eq!(upward(&graph), Vec::<String>::new());
}

#[test]
fn an_upward_import_is_found() {
    let file = |path: &str, imports: &[&str]| SourceFile {
        path: path.to_owned(),
        lines: 1,
        imports: imports.iter().map(|&import| import.to_owned()).collect(),
    };
    let graph = [
        file(
            "trust/mod.rs",
            &["discovery/mod.rs", "load/mod.rs", "trust/policy.rs"],
        ),
        file("isolate/mod.rs", &["load/mod.rs"]),
        file("load/mod.rs", &["isolate/mod.rs"]),
        file("name.rs", &["scrub.rs", "config/mod.rs"]),
        file("registry.rs", &["planner/mod.rs"]),
    ];
    assert_eq!(
        upward(&graph),
        [
            "trust/mod.rs -> load/mod.rs",
            "load/mod.rs -> isolate/mod.rs",
            "name.rs -> config/mod.rs"
        ]
    );
}

/// Paths in shipped code that lead to a primitive which loom would have to replace; plain `Arc` is
/// allowed.
fn bypasses(text: &str) -> Vec<String> {
    let shipped = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let roots = ["std", "core", "parking_lot", "once_cell", "loom", "shuttle"];
    let mut paths = module_graph::paths(shipped, &roots);
    paths.retain(|path| {
        let words: Vec<_> = path.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["std", "sync", "Arc", ..] => false,
            ["std" | "core", inner, ..] => *inner == "sync",
            _ => true,
        }
    });
    paths.iter().map(|path| path.join("::")).collect()
}

fn bypassing_files(package: &str, facade: &str) -> Vec<String> {
    let root = workspace_root().join(package).join("src");
    let of_file =
        |file: &SourceFile| std::fs::read_to_string(root.join(Path::new(&file.path))).unwrap();
    let files = source(package);
    assert!(!files.is_empty());
    files
        .into_iter()
        .filter(|file| !file.path.contains("tests") && !file.path.contains("testing"))
        .filter(|file| facade.is_empty() || !file.path.starts_with(facade))
        .filter(|file| !bypasses(&of_file(file)).is_empty())
        .map(|file| file.path)
        .collect()
}

#[test]
fn locks_and_atomics_are_reached_through_the_facade_alone() {
    assert_eq!(bypassing_files("registry", ""), Vec::<String>::new());
    assert_eq!(
        bypassing_files("registry/core", "sync"),
        Vec::<String>::new()
    );
}

#[test]
fn a_bypass_of_the_facade_is_found_and_a_plain_arc_is_none() {
    let text = "use std::sync::Arc;\nuse std::sync::Mutex;\nuse std::sync::{Arc, RwLock};\n// std::sync::Once\n\
                use std::{\n    sync::{Arc, Condvar},\n    time::Instant,\n};\nuse std::{sync, fmt};\n\
                use registry_core::sync::Mutex;\nparking_lot::Mutex::new(std::sync::Arc::new(1))";
    assert_eq!(
        bypasses(text),
        [
            "std::sync::Mutex",
            "std::sync::RwLock",
            "std::sync::Condvar",
            "std::sync",
            "parking_lot::Mutex::new"
        ]
    );
}
