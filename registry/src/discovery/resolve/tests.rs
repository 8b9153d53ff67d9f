use super::super::testing::{Image, manifest};
use super::super::{ScanRequest, scan};
use super::*;

/// Directories with files `(directory, file, planner name)`.
struct Ground {
    folder: tempfile::TempDir,
    directories: Vec<PathBuf>,
}

impl Ground {
    fn new(files: &[(&str, &str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut directories: Vec<PathBuf> = Vec::new();
        for (directory, file, name) in files {
            let directory = folder.path().join(directory);
            let path = directory.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, Image::new(&manifest(name)).bytes()).unwrap();
            if !directories.contains(&directory) {
                directories.push(directory);
            }
        }
        Self {
            folder,
            directories,
        }
    }

    fn candidates(&self) -> Vec<Arc<Candidate>> {
        let request = ScanRequest {
            directories: self.directories.clone(),
            ..ScanRequest::default()
        };
        scan(&request).candidates.clone()
    }

    /// Chosen files, shadowed files with what shadows them, refused files with their codes.
    fn resolved(&self, candidates: &[Arc<Candidate>]) -> [Vec<String>; 3] {
        let short = |path: &std::path::Path| {
            let below = path.strip_prefix(self.folder.path()).unwrap();
            below.to_str().unwrap().to_owned()
        };
        let resolution = resolve(candidates);
        let shadowed = resolution.shadowed.iter();
        let refused = resolution.refused.iter();
        [
            resolution.chosen.iter().map(|c| short(c.path())).collect(),
            shadowed
                .map(|s| format!("{} by {}", short(&s.path), short(&s.by)))
                .collect(),
            refused
                .map(|r| format!("{} {}", short(r.path()), r.code()))
                .collect(),
        ]
    }
}

#[test]
fn an_earlier_directory_shadows_a_later_one() {
    let ground = Ground::new(&[
        ("b", "libone.so", "one"),
        ("a", "other.so", "one"),
        ("a", "libtwo.so", "two"),
    ]);
    let resolved = ground.resolved(&ground.candidates());
    assert_eq!(resolved[0], ["b/libone.so", "a/libtwo.so"]);
    assert_eq!(resolved[1], ["a/other.so by b/libone.so"]);
    assert_eq!(resolved[2], [""; 0]);
}

#[test]
fn two_files_of_one_name_in_one_directory_are_both_refused_with_the_other_path() {
    let ground = Ground::new(&[
        ("a", "1.so", "one"),
        ("a", "deep/2.so", "one"),
        ("b", "3.so", "one"),
    ]);
    let candidates = ground.candidates();
    let resolved = ground.resolved(&candidates);
    assert_eq!(resolved[0], [""; 0]);
    assert_eq!(resolved[1], ["b/3.so by a/1.so"]);
    assert_eq!(
        resolved[2],
        ["a/1.so E_SAME_NAME", "a/deep/2.so E_SAME_NAME"]
    );
    let reason = resolve(&candidates).refused[0].reason();
    let other = ground.directories[0].join("deep/2.so");
    assert_eq!(
        reason,
        format!("planner \"one\" is also in {}", other.display())
    );
}

#[test]
fn names_that_differ_in_dashes_and_underscores_count_as_one() {
    let ground = Ground::new(&[
        ("a", "1.so", "big-one"),
        ("a", "2.so", "big_one"),
        ("b", "3.so", "b-c-d"),
        ("c", "4.so", "b_c-d"),
    ]);
    let resolved = ground.resolved(&ground.candidates());
    assert_eq!(resolved[0], ["b/3.so"]);
    assert_eq!(resolved[1], ["c/4.so by b/3.so"]);
    assert_eq!(
        resolved[2],
        ["a/1.so E_SIMILAR_NAME", "a/2.so E_SIMILAR_NAME"]
    );
}

#[test]
fn what_is_not_given_shadows_and_disables_nothing() {
    let ground = Ground::new(&[
        ("a", "1.so", "one"),
        ("a", "2.so", "one"),
        ("b", "3.so", "one"),
    ]);
    let mut candidates = ground.candidates();
    candidates.remove(0);
    assert_eq!(ground.resolved(&candidates)[0], ["a/2.so"]);
    candidates.remove(0);
    assert_eq!(ground.resolved(&candidates)[0], ["b/3.so"]);
}

#[test]
fn two_ways_to_one_file_are_one_planner() {
    let mut ground = Ground::new(&[("a", "1.so", "one")]);
    std::os::unix::fs::symlink("1.so", ground.directories[0].join("2.so")).unwrap();
    let alias = ground.folder.path().join("b");
    std::os::unix::fs::symlink("a", &alias).unwrap();
    ground.directories.push(alias);
    let resolved = ground.resolved(&ground.candidates());
    assert_eq!(resolved[0], ["a/1.so"]);
    assert_eq!(
        resolved[1],
        ["a/2.so by a/1.so", "b/1.so by a/1.so", "b/2.so by a/1.so"]
    );
    assert_eq!(resolved[2], [""; 0]);
}
