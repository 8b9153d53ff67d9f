//! The reader against the `object` crate, over well-formed, falsified and random files.
//!
//! What the reader accepts must look the same to a reader that goes by the dynamic segment and to
//! one that goes by section headers; what it refuses it must refuse without panic. The cases are
//! the same in every run.

use object::LittleEndian as LE;
use object::elf::{FileHeader64, ProgramHeader64};
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _};
use plugin_api::manifest::{Manifest, SECTION};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{ALLOWED_LIBRARIES, ElfError, Library};
use crate::discovery::testing::{Image, MANIFEST, compile, plugin_source};

/// Falsified files tried in every run of the tests.
const CASES: u32 = 100_000;

fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

/// What another reader sees in a file: SONAME, needed libraries and the manifest.
#[derive(Debug, PartialEq)]
struct Seen {
    soname: Option<String>,
    needed: Vec<String>,
    manifest: Manifest,
}

impl Seen {
    fn by_us(library: Library) -> Self {
        Self {
            soname: library.soname.map(String::from),
            needed: library.needed.iter().map(ToString::to_string).collect(),
            manifest: Manifest::clone(&library.manifest),
        }
    }

    /// Through section headers.
    fn by_sections(bytes: &[u8]) -> Self {
        let sections = FileHeader64::<LE>::parse(bytes).unwrap();
        let sections = sections.sections(LE, bytes).unwrap();
        let table = sections.dynamic_table(LE, bytes).unwrap();
        let strings = table.iter().filter(|entry| [1, 14].contains(&tag(entry)));
        let named = strings.map(|entry| {
            let text = table.string(entry).unwrap().to_vec();
            (tag(&entry), String::from_utf8(text).unwrap())
        });
        Self::of(named, bytes)
    }

    /// Through the dynamic segment and addresses.
    fn by_segments(bytes: &[u8]) -> Self {
        let header = FileHeader64::<LE>::parse(bytes).unwrap();
        let segments = header.program_headers(LE, bytes).unwrap();
        let entries = segments
            .iter()
            .find_map(|segment| segment.dynamic(LE, bytes).unwrap())
            .unwrap();
        let entries: Vec<(u64, u64)> = entries
            .iter()
            .map(|entry| (entry.d_tag.get(LE).0.cast_unsigned(), entry.d_val.get(LE)))
            .take_while(|entry| entry.0 != 0)
            .collect();
        let value = |tag| entries.iter().find(|entry| entry.0 == tag).unwrap().1;
        let strings = mapped(segments, bytes, value(5), value(10));
        let named = entries.iter().filter(|entry| [1, 14].contains(&entry.0));
        let named = named.map(|&(tag, at)| {
            let rest = &strings[usize::try_from(at).unwrap()..];
            let text = rest.split(|byte| *byte == 0).next().unwrap();
            (tag, String::from_utf8(text.to_vec()).unwrap())
        });
        Self::of(named, bytes)
    }

    fn of(named: impl Iterator<Item = (u64, String)>, bytes: &[u8]) -> Self {
        let named: Vec<_> = named.collect();
        let all = |wanted| {
            let named = named.iter().filter(move |(tag, _)| *tag == wanted);
            named.map(|(_, text)| text.clone())
        };
        let header = FileHeader64::<LE>::parse(bytes).unwrap();
        let sections = header.sections(LE, bytes).unwrap();
        let (_, section) = sections.section_by_name(LE, SECTION.as_bytes()).unwrap();
        let section = section.data(LE, bytes).unwrap();
        let end = section.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        Self {
            soname: all(14).next(),
            needed: all(1).collect(),
            manifest: Manifest::from_json(&section[..end]).unwrap(),
        }
    }
}

fn tag(entry: &object::read::elf::Dynamic) -> u64 {
    entry.tag.0.cast_unsigned()
}

fn mapped<'a>(
    segments: &[ProgramHeader64<LE>],
    bytes: &'a [u8],
    address: u64,
    len: u64,
) -> &'a [u8] {
    let loads = segments
        .iter()
        .filter(|segment| segment.p_type(LE) == object::elf::PT_LOAD);
    let mut found = loads.filter_map(|load| load.data_range(LE, bytes, address, len).unwrap());
    found.next().unwrap()
}

/// Fails if a file that the reader accepts looks different to another reader.
fn agree(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok(library) = Library::from_bytes(bytes) else {
        return Ok(());
    };
    let seen = Seen::by_us(library);
    prop_assert_eq!(&Seen::by_sections(bytes), &seen);
    prop_assert_eq!(&Seen::by_segments(bytes), &seen);
    Ok(())
}

#[test]
fn generated_libraries_are_read_exactly() {
    let names = vec(proptest::sample::select(&ALLOWED_LIBRARIES[..]), 0..8);
    let soname = proptest::option::of("[a-zA-Z0-9_.+-]{1,40}");
    let cases = (names, soname, vec((24_u64..30, any::<u64>()), 0..4));
    let run = |(needed, soname, other): (Vec<&str>, Option<String>, Vec<(u64, u64)>)| {
        let mut image = Image::new(MANIFEST);
        for name in &needed {
            image = image.named(1, name);
        }
        for &(tag, value) in other.iter().filter(|entry| entry.0 != 29) {
            image = image.entry(tag, value);
        }
        if let Some(soname) = &soname {
            image = image.named(14, soname);
        }
        let bytes = image.bytes();
        let system = soname.as_ref().filter(|name| name.starts_with("lib"));
        match Library::from_bytes(&bytes) {
            Ok(library) => {
                prop_assert_eq!(&*library.needed, &needed[..]);
                prop_assert_eq!(library.soname.as_deref(), soname.as_deref());
            }
            Err(error) => prop_assert!(system.is_some(), "{error}"),
        }
        agree(&bytes)
    };
    runner(2_000).run(&cases, run).unwrap();
}

/// One change to a file.
#[derive(Clone, Debug)]
enum Change {
    /// Eight bytes in the first or the last part, where the headers are.
    Word {
        near_end: bool,
        at: usize,
        value: u64,
    },
    Byte {
        at: usize,
        value: u8,
    },
    Copy {
        from: usize,
        to: usize,
        len: usize,
    },
    Cut {
        len: usize,
    },
    Grow {
        len: usize,
    },
}

fn change() -> impl Strategy<Value = Change> {
    let value = prop_oneof![
        0_u64..64,
        any::<u64>(),
        (0_u32..64).prop_map(|bit| 1 << bit),
        (0_u64..0x5000).prop_map(|small| small & !7),
        Just(u64::MAX),
    ];
    prop_oneof![
        6 => (any::<bool>(), 0_usize..256, value)
            .prop_map(|(near_end, at, value)| Change::Word { near_end, at: at * 4, value }),
        3 => (any::<usize>(), any::<u8>()).prop_map(|(at, value)| Change::Byte { at, value }),
        2 => (any::<usize>(), any::<usize>(), 1_usize..128)
            .prop_map(|(from, to, len)| Change::Copy { from, to, len }),
        1 => any::<usize>().prop_map(|len| Change::Cut { len }),
        1 => (1_usize..10_000).prop_map(|len| Change::Grow { len }),
    ]
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        let size = file.len().max(1);
        match *self {
            Self::Word {
                near_end,
                at,
                value,
            } => {
                let at = if near_end {
                    file.len().saturating_sub(at + 8)
                } else {
                    at
                };
                if let Some(word) = file.get_mut(at..at + 8) {
                    word.copy_from_slice(&value.to_le_bytes());
                }
            }
            Self::Byte { at, value } => {
                if let Some(byte) = file.get_mut(at % size) {
                    *byte = value;
                }
            }
            Self::Copy { from, to, len } => {
                let (from, to) = (from % size, to % size);
                let end = file.len().min(from + len);
                let end = end.min(from + file.len() - to);
                file.copy_within(from..end.max(from), to);
            }
            Self::Cut { len } => file.truncate(len % size),
            Self::Grow { len } => file.resize(file.len() + len, 0),
        }
    }
}

#[test]
fn falsified_libraries_never_panic_and_never_read_differently() {
    let folder = tempfile::tempdir().unwrap();
    let source = plugin_source(
        MANIFEST,
        "#include <math.h>\ndouble f(double x) { return cos(x); }",
    );
    let real = compile(folder.path(), "libx.so", &source, &["-lm", "-s"]);
    let image = Image::new(MANIFEST)
        .named(1, "libc.so.6")
        .named(14, "libx.so")
        .named(1, "libm.so.6");
    let files = [image.bytes(), std::fs::read(real).unwrap()];
    // Small images are tried more often: more of their bytes mean something.
    let cases = (
        proptest::sample::select(&[0_usize, 0, 0, 1][..]),
        vec(change(), 1..5),
    );
    let mut codes = std::collections::BTreeMap::<&str, u32>::new();
    let counted = std::cell::RefCell::new(&mut codes);
    let run = |(file, changes): (usize, Vec<Change>)| {
        let mut bytes = files[file].clone();
        for change in &changes {
            change.apply(&mut bytes);
        }
        let outcome = Library::from_bytes(&bytes);
        let code = outcome.as_ref().map_or_else(ElfError::code, |_| "accepted");
        *counted.borrow_mut().entry(code).or_default() += 1;
        agree(&bytes)
    };
    runner(CASES).run(&cases, run).unwrap();
    // The changes must reach deep: each kind of refusal a single file can meet, and acceptance.
    for code in [
        "accepted",
        "E_NOT_A_LIBRARY",
        "E_WRONG_PLATFORM",
        "E_NOT_SHARED",
        "E_TRUNCATED",
        "E_MALFORMED",
        "E_BAD_SEGMENT",
        "E_WRITABLE_CODE",
        "E_EXECUTABLE_STACK",
        "E_DYNAMIC_COUNT",
        "E_BAD_DYNAMIC",
        "E_DYNAMIC_DISAGREES",
        "E_BAD_SECTION",
        "E_NO_MANIFEST",
        "E_NEEDS_LIBRARY",
        "E_MANIFEST_SYNTAX",
    ] {
        assert!(
            codes.get(code).is_some_and(|&count| count >= 10),
            "{code}: {codes:?}"
        );
    }
}
