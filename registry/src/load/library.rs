//! Maps a verified library and finds its module.
//!
//! The library is opened here rather than by abi_stable, which remembers one library per process and
//! interface, and closes a library that turns out to be no plugin after its constructors ran.

#![expect(
    unsafe_code,
    reason = "opening a library runs its constructors and trusts its symbols"
)]

use std::collections::BTreeSet;
use std::error::Error;
use std::os::fd::RawFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use blake3::Hash;
use dashmap::DashMap;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};
use plugin_api::abi::PluginRef;
use plugin_api::abi::abi_stable::library::{
    AbiHeaderRef, LibHeader, LibraryError, ROOT_MODULE_LOADER_NAME_WITH_NUL,
};
use plugin_api::manifest::Manifest;
use registry_core::backoff::Backoff;
use registry_core::clock::Clock;
use registry_core::slot::{Slot, SlotError, SlotPolicy};
use registry_core::sync::{Mutex, OnceLock};

use super::error::LoadError;
use super::exchange::shown;
use super::layout;
use super::mapped::{Count, MappedLibraries};
use super::mappings::Mappings;
use super::module::Module;
use super::naming::Naming;
use super::needed;
use super::remembered::RememberedLayout;
use super::turn::Turns;
use crate::trust::{Place, Sealed, Verified, can_redirect, loader_variables};

/// A library that is mapped for the life of the process.
#[derive(Debug)]
struct Mapped {
    /// What these bytes turned out to be, which no second attempt can change.
    module: Result<Module, LoadError>,
    /// Never closed: what the module handed out points into it.
    _library: Library,
    /// Never closed where the library is named by it: whoever opens the library by the name it was
    /// mapped under, as the printing of a backtrace does, must find this copy and nothing else.
    _sealed: Option<Sealed>,
}

/// Parts of the table of slots. A lookup in it is nothing beside what it leads to.
const SHARDS: usize = 4;

/// What all registries of this process share.
#[derive(Debug)]
struct Libraries {
    /// One slot for each digest of bytes.
    slots: DashMap<Hash, Arc<Slot<Mapped, LoadError>>>,
    turns: Turns,
    /// Needed libraries that are known to be the right ones.
    settled: Mutex<BTreeSet<&'static str>>,
    count: Count,
    /// The registries' own clocks cannot be compared.
    clock: Clock,
}

static LIBRARIES: OnceLock<Libraries> = OnceLock::new();

/// The module of `verified`, which is mapped now if these bytes never were. Mapping runs the library's
/// constructors.
///
/// Waits at most `wait_max` for a thread that maps the same bytes, and as long for the dynamic loader.
/// A failure holds nobody else back: backing off is up to whoever asks.
pub(crate) fn open(
    verified: Verified,
    layout: Option<&RememberedLayout>,
    wait_max: Duration,
) -> Result<Module, LoadError> {
    open_with(verified, layout, wait_max, Outlook::default())
}

/// What is opened before a library is mapped, for those who can open nothing later.
#[derive(Debug, Default)]
pub(crate) struct Outlook {
    mappings: Option<Mappings>,
}

impl Outlook {
    /// Opens it now, and settles what `verified` needs: a library that is missing can be loaded only
    /// where files can be opened. Fails where no library could be loaded, whatever it is.
    pub(crate) fn open(verified: &Verified) -> Result<Self, LoadError> {
        let mappings = Mappings::open()?;
        let libraries = LIBRARIES.get_or_init(Libraries::new);
        if let Ok(_turn) = libraries.turns.take(verified.name(), Duration::ZERO) {
            // What fails now fails again, and is told, when the library is mapped.
            let _settled = libraries.settle(verified.needed());
        }
        Ok(Self {
            mappings: Some(mappings),
        })
    }

    /// The descriptor that it holds.
    pub(crate) fn descriptor(&self) -> Option<RawFd> {
        self.mappings.as_ref().map(Mappings::descriptor)
    }
}

/// Like [`open`], with what was opened before.
pub(crate) fn open_with(
    verified: Verified,
    layout: Option<&RememberedLayout>,
    wait_max: Duration,
    outlook: Outlook,
) -> Result<Module, LoadError> {
    let libraries = LIBRARIES.get_or_init(Libraries::new);
    // The table's own lock is let go before anything is mapped.
    let slot = Arc::clone(&libraries.slots.entry(verified.digest()).or_default());
    let name = verified.name().clone();
    let policy = SlotPolicy {
        clock: libraries.clock.clone(),
        wait_max,
        backoff: Backoff::NONE,
    };
    let map = || libraries.map(verified, layout, wait_max, outlook);
    match slot.get_or_build(&policy, map) {
        Ok(mapped) => mapped.module.clone(),
        Err(SlotError::Failed { error, .. }) => Err((*error).clone()),
        Err(SlotError::TimedOut { waited }) => Err(LoadError::TimedOut {
            mapping: libraries.turns.current().unwrap_or(name),
            waited,
        }),
        Err(_) => Err(LoadError::Bug {
            what: "a library was mapped from inside its own mapping",
        }),
    }
}

/// What is mapped so far.
pub(crate) fn mapped() -> MappedLibraries {
    let count = LIBRARIES.get().map(|libraries| libraries.count.current());
    count.unwrap_or_default()
}

impl Libraries {
    fn new() -> Self {
        Self {
            // The usual number follows from that of the processors, which takes reading files.
            slots: DashMap::with_shard_amount(SHARDS),
            turns: Turns::new(),
            settled: Mutex::new(BTreeSet::new()),
            count: Count::default(),
            clock: Clock::monotonic(),
        }
    }

    /// Has a turn in the dynamic loader.
    fn settle(&self, needed: &[&'static str]) -> Result<(), LoadError> {
        let redirectable = can_redirect(loader_variables());
        for library in needed {
            let known = self.settled.lock().contains(library);
            if !known {
                needed::settle(library, redirectable)?;
                self.settled.lock().insert(library);
            }
        }
        Ok(())
    }

    fn map(
        &self,
        verified: Verified,
        layout: Option<&RememberedLayout>,
        wait_max: Duration,
        outlook: Outlook,
    ) -> Result<Mapped, LoadError> {
        let mappings = outlook.mappings.map_or_else(Mappings::open, Ok)?;
        let turn = self
            .turns
            .take(verified.name(), wait_max)
            .map_err(|mapping| LoadError::TimedOut {
                mapping,
                waited: wait_max,
            })?;
        self.settle(verified.needed())?;
        let sealed = verified.sealed();
        if sealed.place() == Place::File && Mappings::open()?.hold(sealed.file()) {
            // The loader would give back what it has, by the file's number.
            return Err(LoadError::AlreadyMapped);
        }
        let descriptors = self.count.current().descriptors;
        let naming = Naming::of(sealed, verified.name().as_str(), descriptors);
        let library = open_named(naming.path())?;
        let keeps_descriptor = naming.needs_descriptor();
        drop(naming);
        self.count.add(sealed, keeps_descriptor);
        let header = header_of(&library, sealed, mappings);
        drop(turn);
        Ok(Mapped {
            module: header.and_then(|header| module_of(header, &verified, layout)),
            _library: library,
            _sealed: keeps_descriptor.then(|| verified.into_sealed()),
        })
    }
}

fn module_of(
    header: AbiHeaderRef,
    verified: &Verified,
    layout: Option<&RememberedLayout>,
) -> Result<Module, LoadError> {
    let header = header.upgrade().map_err(load_error)?;
    let known = layout.is_some_and(|layout| layout.is_of(&verified.digest()));
    let module = check(header, known)?;
    check_manifest(verified, module)?;
    Ok(module)
}

fn open_named(path: &Path) -> Result<Library, LoadError> {
    let flags = RTLD_NOW | RTLD_LOCAL | libc::RTLD_NODELETE;
    // SAFETY: running a library's constructors is what loading means; only `Verified` leads here, and
    // it says that the operator's policy allows these bytes to run in this process.
    unsafe { Library::open(Some(path), flags) }.map_err(|error| LoadError::Open {
        reason: words_of_the_loader(&error, path),
    })
}

/// The dynamic loader names the sealed copy, which tells an operator nothing.
fn words_of_the_loader(error: &libloading::Error, path: &Path) -> String {
    let words = error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string);
    shown(&words.replace(&*path.to_string_lossy(), "the library"))
}

fn header_of(
    library: &Library,
    sealed: &Sealed,
    mappings: Mappings,
) -> Result<AbiHeaderRef, LoadError> {
    // SAFETY: the symbol is only believed to be a header once it is known to lie in the sealed copy.
    let symbol = unsafe { library.get::<AbiHeaderRef>(ROOT_MODULE_LOADER_NAME_WITH_NUL) }
        .map_err(|_| LoadError::NoRoot)?;
    let address = symbol.clone().as_raw_ptr().addr();
    if mappings.file_at(address) != Some(sealed.file()) {
        return Err(LoadError::WrongObject);
    }
    // The symbol is a static `LibHeader` whose first field is an `AbiHeader`, and the library is never
    // unmapped. `upgrade` checks the header's magic before it believes the rest.
    Ok(*symbol)
}

fn check(header: &'static LibHeader, is_known: bool) -> Result<Module, LoadError> {
    if !is_known {
        layout::check(header)?;
    }
    // SAFETY: the layout was checked, the other way round where the plugin is the older one; if not
    // now, then for the very same bytes by the very same build of this host.
    let module = unsafe { header.init_root_module_with_unchecked_layout::<PluginRef>() };
    module.map(Module::new).map_err(load_error)
}

/// The code must hand out the manifest that was read from its file, or it is another object.
fn check_manifest(verified: &Verified, module: Module) -> Result<(), LoadError> {
    if verified.has_manifest(module.manifest()) {
        return Ok(());
    }
    let exported = Manifest::from_json(module.manifest());
    match exported {
        Ok(exported) if exported == *verified.manifest() => Ok(()),
        Ok(exported) => Err(LoadError::ManifestMismatch {
            declared: verified.name().to_string(),
            exported: exported.name,
        }),
        Err(error) => Err(LoadError::Root {
            reason: shown(&error.to_string()),
        }),
    }
}

fn load_error(error: LibraryError) -> LoadError {
    match error {
        LibraryError::InvalidAbiHeader(found) => LoadError::Header {
            found: format!("{}.{}", found.abi_major, found.abi_minor),
        },
        LibraryError::RootModule { err, .. } => LoadError::Root {
            reason: shown(&err.to_string()),
        },
        other => LoadError::Root {
            reason: other.to_string(),
        },
    }
}
