//! What is known of the planner or the file that is asked about.

use std::cell::OnceCell;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use blake3::Hash;
use plugin_api::manifest::Manifest;

use crate::config::Config;
use crate::diagnose::Observed;
use crate::discovery::{Candidate, Refused, inspect_within, is_called};
use crate::name::PlannerName;
use crate::planner::Planner;

/// What is known of the planner or the file that is asked about.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    /// The planner's name, if it was given or could be read.
    pub(super) name: Option<PlannerName>,
    pub(super) code: Code<'a>,
    /// The planner in the catalog that is made of this very code.
    pub(super) planner: Option<&'a Planner>,
    /// Whether discovery has not seen the file, so that nothing can be said of its place among others.
    pub(super) alone: bool,
    pub(super) notes: Vec<String>,
    /// Known once it was asked for: a file may have to be read for it.
    digest: OnceCell<Option<Hash>>,
}

/// Where a planner's code would come from.
#[derive(Debug)]
pub(super) enum Code<'a> {
    /// A well-formed plugin.
    Candidate(Arc<Candidate>),
    /// A file that is none.
    Refused(Arc<Refused>),
    /// Linked into the host.
    Builtin(&'a Manifest),
    /// Nowhere.
    Absent,
}

impl<'a> Subject<'a> {
    /// The planner `name`, if a list or a file knows it.
    pub(super) fn named(name: PlannerName, observed: &'a Observed<'_>) -> Option<Self> {
        let mut planners = observed.planners.iter();
        let planner = planners.find(|planner| *planner.name() == name);
        let mut notes = Vec::new();
        let code = match planner {
            Some(planner) => code_of(planner),
            None => match candidate_named(&name, observed) {
                Some(candidate) => Code::Candidate(candidate),
                None => match file_called(&name, observed) {
                    Some(file) => {
                        notes.push(format!(
                            "no file declares {name}; the one that is called so is judged"
                        ));
                        Code::Refused(file)
                    }
                    None if is_listed(&name, observed.config) => Code::Absent,
                    None => return None,
                },
            },
        };
        Some(Self {
            name: Some(name),
            code,
            planner: planner.map(|planner| &***planner),
            alone: false,
            notes,
            digest: OnceCell::new(),
        })
    }

    /// The file at `path`: as discovery saw it, or by itself.
    pub(super) fn file(path: &Path, observed: &'a Observed<'_>) -> Self {
        let places = places(path, observed.config);
        let seen = places.iter().find_map(|place| code_at(place, observed));
        let alone = seen.is_none();
        let code =
            seen.unwrap_or_else(
                || match inspect_within(path, observed.policy.size_bytes_max) {
                    Ok(candidate) => Code::Candidate(candidate),
                    Err(refused) => Code::Refused(refused),
                },
            );
        let notes = match (alone, places.is_empty()) {
            (false, _) => Vec::new(),
            (true, true) => vec![
                "the file lies in no plugin folder: it is judged by itself, and used by nobody"
                    .to_owned(),
            ],
            (true, false) => vec![
                "discovery has not looked at the file, which is new, is not called *.so, lies too \
                 deep or was left out by a bound: it is judged by itself, and used by nobody"
                    .to_owned(),
            ],
        };
        let name = match &code {
            Code::Candidate(candidate) => PlannerName::parse(candidate.name()).ok(),
            _ => None,
        };
        let planner = observed.planners.iter().find(|planner| match &code {
            Code::Candidate(candidate) => planner
                .candidate()
                .is_some_and(|own| Arc::ptr_eq(own, candidate)),
            _ => false,
        });
        Self {
            name,
            code,
            planner: planner.map(|planner| &***planner),
            alone,
            notes,
            digest: OnceCell::new(),
        }
    }

    /// The file.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.code {
            Code::Candidate(candidate) => Some(candidate.path()),
            Code::Refused(refused) => Some(refused.path()),
            Code::Builtin(_) | Code::Absent => None,
        }
    }

    /// What the plugin says of itself.
    pub(super) fn manifest(&self) -> Option<&Manifest> {
        match &self.code {
            Code::Candidate(candidate) => Some(candidate.manifest()),
            Code::Builtin(manifest) => Some(manifest),
            Code::Refused(_) | Code::Absent => None,
        }
    }

    /// The digest of the bytes that were loaded, else of those that were found, else of those that the file
    /// holds now.
    pub(super) fn digest(&self) -> Option<Hash> {
        let loaded = || {
            let digest = self.planner.and_then(Planner::digest)?;
            Hash::from_hex(digest).ok()
        };
        let of_file = || match &self.code {
            Code::Candidate(candidate) => candidate.digest().copied().or_else(|| hash(candidate)),
            _ => None,
        };
        *self.digest.get_or_init(|| loaded().or_else(of_file))
    }
}

/// The digest of a file as it is now; none if it cannot be read.
fn hash(candidate: &Candidate) -> Option<Hash> {
    let size_bytes_max = candidate.identity().size;
    let (file, _access, _unchanged) = candidate.reopen(size_bytes_max).ok()?.into_parts();
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file.take(size_bytes_max)).ok()?;
    Some(hasher.finalize())
}

fn code_of(planner: &Planner) -> Code<'_> {
    match planner.candidate() {
        Some(candidate) => Code::Candidate(Arc::clone(candidate)),
        None => Code::Builtin(planner.manifest()),
    }
}

/// A file that declares `name` and is not in the catalog: rather one that clashes than one that is
/// turned away, as the clash is what is left when the other is mended.
fn candidate_named(name: &PlannerName, observed: &Observed<'_>) -> Option<Arc<Candidate>> {
    let scan = &observed.discovered.scan;
    let clashes = &observed.discovered.resolution.refused;
    let all = scan.candidates.iter().chain(&scan.excluded);
    let mut named: Vec<_> = all
        .filter(|candidate| candidate.name() == name.as_str())
        .collect();
    named.sort_by_key(|candidate| !clashes.iter().any(|clash| clash.path() == candidate.path()));
    named.first().map(|candidate| Arc::clone(candidate))
}

/// A refused file that is called after the planner.
fn file_called(name: &PlannerName, observed: &Observed<'_>) -> Option<Arc<Refused>> {
    let mut refused = observed.discovered.scan.refused.iter();
    let file = refused.find(|refused| {
        let file = refused.path().file_name();
        file.is_some_and(|file| {
            file.as_bytes().ends_with(b".so") && is_called(name.as_str(), file.as_bytes())
        })
    });
    file.cloned()
}

/// Whether the configuration has the name on a list.
fn is_listed(name: &PlannerName, config: &Config) -> bool {
    let trust = config.trust();
    let lists = [&trust.allowed, &trust.blocked, &config.discovery().exclude];
    lists.iter().any(|list| list.contains(name))
}

/// What discovery saw at `place`.
fn code_at<'a>(place: &Path, observed: &Observed<'_>) -> Option<Code<'a>> {
    let scan = &observed.discovered.scan;
    let mut candidates = scan.candidates.iter().chain(&scan.excluded);
    if let Some(candidate) = candidates.find(|candidate| candidate.path() == place) {
        return Some(Code::Candidate(Arc::clone(candidate)));
    }
    let mut refused = scan.refused.iter();
    let refused = refused.find(|refused| refused.path() == place)?;
    Some(Code::Refused(Arc::clone(refused)))
}

/// The paths under which discovery would see the file at `path`: those given by themselves first.
///
/// The way to a file may go through links that the configuration does not use, so folders are
/// compared as the system resolves them. The file's own name is kept: a link is a file of its own.
fn places(path: &Path, config: &Config) -> Vec<PathBuf> {
    let settings = config.discovery();
    let Some((folder, name)) = resolved_folder(path).zip(path.file_name()) else {
        return Vec::new();
    };
    let manual = settings.manual.iter().filter(|manual| {
        manual.file_name() == Some(name) && resolved_folder(manual).as_ref() == Some(&folder)
    });
    let below = settings.plugin_dirs.iter().filter_map(|root| {
        let resolved = fs::canonicalize(root).ok()?;
        let relative = folder.strip_prefix(resolved).ok()?;
        Some(root.join(relative).join(name))
    });
    manual.cloned().chain(below).collect()
}

/// The folder that a file lies in, without links.
fn resolved_folder(path: &Path) -> Option<PathBuf> {
    let folder = path.parent()?;
    let here = folder.as_os_str().is_empty();
    fs::canonicalize(if here { Path::new(".") } else { folder }).ok()
}
