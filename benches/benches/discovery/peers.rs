//! Other ways to learn something of the same files.

use std::ffi::CStr;
use std::fs::File;
use std::mem::MaybeUninit;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::PathBuf;

use object::{Object as _, ObjectSection as _};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RawDir, StatxFlags, openat, statx};

use crate::ground::Ground;

/// Lists the directory and asks for each file's identity: the least that notices a change.
pub(crate) fn walk(ground: &Ground) -> u64 {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat(CWD, ground.path(), flags, Mode::empty()).unwrap();
    let mut buffer = vec![MaybeUninit::uninit(); 32 * 1024];
    let mut entries = RawDir::new(&folder, &mut buffer);
    let mut sum = 0;
    while let Some(entry) = entries.next() {
        let entry = entry.unwrap();
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::STATX_DONT_SYNC;
        let stat = statx(&folder, entry.file_name(), flags, StatxFlags::BASIC_STATS).unwrap();
        sum += stat.stx_ino ^ stat.stx_size;
    }
    sum
}

pub(crate) fn walkdir(ground: &Ground) -> u64 {
    let entries = walkdir::WalkDir::new(ground.path()).into_iter();
    entries
        .map(|entry| entry.unwrap().metadata().unwrap().ino())
        .sum()
}

/// Opens each file and reads its first page.
pub(crate) fn read_heads(ground: &Ground) -> u64 {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let folder = openat(CWD, ground.path(), flags, Mode::empty()).unwrap();
    let mut buffer = vec![MaybeUninit::uninit(); 32 * 1024];
    let mut entries = RawDir::new(&folder, &mut buffer);
    let mut page = [0; 4096];
    let mut sum = 0;
    while let Some(entry) = entries.next() {
        let name = entry.unwrap().file_name().to_owned();
        if name.to_bytes().ends_with(b".so") {
            let flags = OFlags::RDONLY | OFlags::CLOEXEC;
            let file = openat(&folder, name, flags, Mode::empty()).unwrap();
            sum += rustix::io::pread(&file, &mut page, 0).unwrap() as u64;
        }
    }
    sum
}

/// Finds the manifest section with a general reader over mapped files.
pub(crate) fn object(ground: &Ground) -> usize {
    let manifest = |path: PathBuf| {
        let file = File::open(path).unwrap();
        #[expect(unsafe_code, reason = "mapping is what this peer does")]
        // SAFETY: nothing writes to these files while they are mapped.
        let map = unsafe { memmap2::Mmap::map(&file) }.unwrap();
        let library = object::read::elf::ElfFile64::<object::LittleEndian>::parse(&*map).unwrap();
        let section = library.section_by_name(".planner_manifest").unwrap();
        section.data().unwrap().len()
    };
    ground.paths().into_iter().map(manifest).sum()
}

/// Hashes every file whole, half of them in each of two threads.
pub(crate) fn hash(ground: &Ground) -> u8 {
    let paths = ground.paths();
    let digest = |half: &[PathBuf]| {
        let mut content = vec![0; 1 << 20];
        let mut mixed = 0;
        for path in half {
            let file = File::open(path).unwrap();
            let len = usize::try_from(file.metadata().unwrap().len()).unwrap();
            file.read_exact_at(&mut content[..len], 0).unwrap();
            mixed ^= blake3::hash(&content[..len]).as_bytes()[0];
        }
        mixed
    };
    let (front, back) = paths.split_at(paths.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| digest(back));
        digest(front) ^ other.join().unwrap()
    })
}

/// Loads each library, asks it and unloads it, as one must where metadata is only in code.
pub(crate) fn load(ground: &Ground) -> usize {
    let ask = |path: PathBuf| {
        #[expect(unsafe_code, reason = "running code is what this peer does")]
        // SAFETY: the libraries are this benchmark's own; `metadata` takes nothing and returns a
        // static string.
        unsafe {
            let library = libloading::Library::new(path).unwrap();
            let metadata: libloading::Symbol<'_, unsafe extern "C" fn() -> *const i8> =
                library.get(b"metadata").unwrap();
            CStr::from_ptr(metadata()).count_bytes()
        }
    };
    ground.paths().into_iter().map(ask).sum()
}
