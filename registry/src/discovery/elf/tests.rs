use std::os::fd::AsFd;

use super::*;
use crate::discovery::testing::{
    Image, MANIFEST, SectionHeader, compile, manifest, plugin_source, put,
};

const NEEDED: u64 = 1;
const STRTAB: u64 = 5;
const SONAME: u64 = 14;

/// Reads the same bytes from memory and from a file; both must agree.
fn read(bytes: &[u8]) -> Result<Library, ElfError> {
    let from_memory = Library::from_bytes(bytes);
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, bytes).unwrap();
    let source = Source::File(file.as_fd(), bytes.len() as u64);
    let from_file = Library::read(source, &mut Buffers::default());
    assert_eq!(format!("{from_file:?}"), format!("{from_memory:?}"));
    from_memory
}

fn code(bytes: &[u8]) -> &'static str {
    read(bytes).map_or_else(|error| error.code(), |_| "fine")
}

fn message(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

/// A well-formed image with `value` written at `at`.
fn falsified<const N: usize>(at: usize, value: [u8; N]) -> Vec<u8> {
    let mut bytes = Image::new(MANIFEST).bytes();
    put(&mut bytes, at, &value);
    bytes
}

/// A well-formed image with `value` written into section header `index` at `at`.
fn with_section<const N: usize>(index: usize, at: usize, value: [u8; N]) -> Vec<u8> {
    let mut bytes = Image::new(MANIFEST).bytes();
    let header = Image::section_at(&bytes, index);
    put(&mut bytes, header + at, &value);
    bytes
}

#[test]
fn a_well_formed_image_is_read_whole() {
    let bytes = Image::new(MANIFEST)
        .named(NEEDED, "libc.so.6")
        .named(SONAME, "libsome_planner.so")
        .named(NEEDED, "libgcc_s.so.1")
        .bytes();
    let library = read(&bytes).unwrap();
    assert_eq!(library.manifest.name, "some_planner");
    assert_eq!(library.soname.as_deref(), Some("libsome_planner.so"));
    assert_eq!(*library.needed, ["libc.so.6", "libgcc_s.so.1"]);
}

#[test]
fn a_real_library_whose_constructor_aborts_is_read_without_running_it() {
    let folder = tempfile::tempdir().unwrap();
    let abort = "__attribute__((constructor)) static void boom(void) { __builtin_trap(); }\n\
                 #include <math.h>\ndouble f(double x) { return cos(x); }";
    let source = plugin_source(&manifest("real_planner"), abort);
    let path = compile(
        folder.path(),
        "libreal.so",
        &source,
        &["-Wl,--no-as-needed", "-lm"],
    );
    let library = read(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(library.manifest.name, "real_planner");
    assert_eq!(*library.needed, ["libm.so.6", "libc.so.6"]);
    assert_eq!(library.soname, None);
}

#[test]
fn real_libraries_that_pull_in_or_redirect_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = plugin_source(MANIFEST, "int f(void) { return 1; }");
    for (options, expected) in [
        (&["-Wl,-rpath,/tmp"][..], "E_RUN_PATH"),
        (
            &["-Wl,-rpath,/tmp", "-Wl,--disable-new-dtags"],
            "E_RUN_PATH",
        ),
        (&["-Wl,-f,libevil.so"], "E_FILTER"),
        (&["-Wl,-F,libevil.so"], "E_FILTER"),
        (&["-Wl,--audit,libevil.so"], "E_AUDIT"),
        (&["-Wl,--depaudit,libevil.so"], "E_AUDIT"),
        (&["-Wl,-soname,/proc/self/fd/57"], "E_BAD_SONAME"),
        (&["-Wl,-soname,libc.so.6"], "E_BAD_SONAME"),
        (&["-Wl,-z,execstack"], "E_EXECUTABLE_STACK"),
        (&["-Wl,--no-as-needed", "-lstdc++"], "E_NEEDS_LIBRARY"),
        (&["-g", "-gz=zlib"], "E_COMPRESSED_SECTION"),
        (&["-nostdlib", "-Wl,-soname,libmine.so"], "fine"),
        (&["-s"], "fine"),
        (&["-Wl,-z,noseparate-code"], "fine"),
        (&["-Wl,-z,max-page-size=65536"], "fine"),
    ] {
        let path = compile(folder.path(), "libx.so", &source, options);
        assert_eq!(code(&std::fs::read(path).unwrap()), expected, "{options:?}");
    }
}

#[test]
fn what_is_no_elf_file_is_named() {
    for (bytes, expected) in [
        (&b""[..], "not a shared library: the file is empty"),
        (b"x", "not a shared library: it starts with \"x\""),
        (b"#!/bin/sh\n", "not a shared library: a script"),
        (
            b"\x1b[2Jevil\n",
            "not a shared library: it starts with \"\\x1b[2Jevil\"",
        ),
        (b"/* GNU ld script", "not a shared library: a linker script"),
        (b"!<arch>\n", "not a shared library: a static library"),
    ] {
        assert_eq!(message(bytes), expected);
        assert_eq!(code(bytes), "E_NOT_A_LIBRARY");
    }
}

#[test]
fn libraries_of_other_platforms_are_named() {
    let host = "this machine needs ELF64 little-endian x86-64";
    for (bytes, found) in [
        (b"MZ\x90\0".to_vec(), "a Windows library (PE)"),
        (b"\xcf\xfa\xed\xfe".to_vec(), "a macOS library (Mach-O)"),
        (b"\xca\xfe\xba\xbe".to_vec(), "a macOS universal library"),
        (falsified(4, [1]), "32-bit ELF"),
        (falsified(5, [2]), "big-endian ELF"),
        (falsified(7, [9]), "operating system 9"),
        (falsified(18, [183, 0]), "64-bit Arm"),
        (falsified(18, [0xff, 0xff]), "machine 65535"),
    ] {
        let expected = format!("built for another platform: {found}; {host}");
        assert_eq!(message(&bytes), expected);
        assert_eq!(code(&bytes), "E_WRONG_PLATFORM");
    }
}

#[test]
fn elf_files_that_are_no_shared_library_are_refused() {
    for kind in [0, 1, 2, 4, 99] {
        assert_eq!(code(&falsified(16, [kind, 0])), "E_NOT_SHARED");
    }
    let interpreter = falsified(Image::SPARE, 3_u32.to_le_bytes());
    assert_eq!(code(&interpreter), "E_NOT_SHARED");
    let pie = Image::new(MANIFEST).entry(0x6fff_fffb, 0x0800_0000).bytes();
    assert_eq!(code(&pie), "E_NOT_SHARED");
    let this_test = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    assert_eq!(code(&this_test), "E_NOT_SHARED");
}

#[test]
fn a_library_cut_anywhere_is_refused() {
    let whole = Image::new(MANIFEST).bytes();
    let refused = (0..whole.len())
        .map(|len| code(&whole[..len]))
        .collect::<std::collections::BTreeSet<_>>();
    assert_eq!(Vec::from_iter(refused), ["E_NOT_A_LIBRARY", "E_TRUNCATED"]);
    assert_eq!(
        message(&whole[..whole.len() - 1]),
        format!(
            "a segment ends at byte {}, the file at byte {}",
            whole.len(),
            whole.len() - 1
        )
    );
}

#[test]
fn a_file_that_became_shorter_is_a_read_error() {
    let whole = Image::new(MANIFEST).bytes();
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, &whole[..100]).unwrap();
    let source = Source::File(file.as_fd(), whole.len() as u64);
    let error = Library::read(source, &mut Buffers::default()).unwrap_err();
    assert_eq!(error.code(), "E_READ");
}

#[test]
fn malformed_headers_are_refused() {
    let load = Image::LOAD;
    let long = |value: u64| value.to_le_bytes();
    for (bytes, expected) in [
        (falsified(4, [3]), "E_MALFORMED"),
        (falsified(5, [0]), "E_MALFORMED"),
        (falsified(6, [2]), "E_MALFORMED"),
        (falsified(54, [57, 0]), "E_MALFORMED"),
        (falsified(56, [0, 0]), "E_MALFORMED"),
        (falsified(56, [0xff, 0xff]), "E_MALFORMED"),
        (falsified(32, long(1 << 63)), "E_TRUNCATED"),
        (falsified(load + 32, long(u64::MAX)), "E_TRUNCATED"),
        (falsified(load + 40, long(1)), "E_BAD_SEGMENT"),
        (falsified(load + 40, long(1 << 40)), "E_BAD_SEGMENT"),
        (falsified(load + 48, long(8)), "E_BAD_SEGMENT"),
        (falsified(load + 48, long(0x1800)), "E_BAD_SEGMENT"),
        (falsified(load + 16, long(0x10)), "E_BAD_SEGMENT"),
        (falsified(load + 4, [7, 0]), "E_WRITABLE_CODE"),
        (falsified(Image::STACK + 4, [7, 0]), "E_EXECUTABLE_STACK"),
        (falsified(Image::STACK, [0, 0, 0, 0]), "E_EXECUTABLE_STACK"),
    ] {
        assert_eq!(code(&bytes), expected);
    }
}

#[test]
fn segments_that_share_a_page_are_refused() {
    // The later mapping would win, so that an address leads to other bytes than it seems to.
    let mut bytes = Image::new(MANIFEST).bytes();
    bytes.resize(0x2000, 0);
    let spare = Image::SPARE;
    for (at, value) in [
        (0, 1_u64),
        (8, 0x1800),
        (16, 0x800),
        (32, 8),
        (40, 8),
        (48, 4096),
    ] {
        put(&mut bytes, spare + at, &value.to_le_bytes());
    }
    assert_eq!(code(&bytes), "E_BAD_SEGMENT");
    put(&mut bytes, spare + 16, &0x1800_u64.to_le_bytes());
    assert_eq!(code(&bytes), "fine");
}

#[test]
fn dynamic_entries_are_read_through_the_one_dynamic_segment() {
    let two = falsified(Image::SPARE, 2_u32.to_le_bytes());
    assert_eq!(code(&two), "E_DYNAMIC_COUNT");
    let none = falsified(Image::DYNAMIC, 0_u32.to_le_bytes());
    assert_eq!(code(&none), "E_DYNAMIC_COUNT");
    let elsewhere = falsified(Image::DYNAMIC + 8, 64_u64.to_le_bytes());
    assert_eq!(code(&elsewhere), "E_BAD_SEGMENT");
    let unended = falsified(Image::DYNAMIC + 32, 32_u64.to_le_bytes());
    assert_eq!(code(&unended), "E_BAD_DYNAMIC");
    let image = Image::new(MANIFEST);
    assert_eq!(
        code(&image.clone().entry(STRTAB, 0).bytes()),
        "E_BAD_DYNAMIC"
    );
    assert_eq!(
        code(&image.clone().entry(NEEDED, 1 << 40).bytes()),
        "E_BAD_DYNAMIC"
    );
    let long = image.clone().named(NEEDED, &"x".repeat(300)).bytes();
    assert_eq!(code(&long), "E_BAD_DYNAMIC");
    let mut unended = image.named(NEEDED, "libc.so.6").bytes();
    let part = |at| usize::try_from(u64::from_le_bytes(unended[at..at + 8].try_into().unwrap()));
    let (start, len) = (part(Image::DYNAMIC + 8), part(Image::DYNAMIC + 32));
    // The last entry but one is the size of the names; without its last byte no NUL ends them.
    let size = start.unwrap() + len.unwrap() - 24;
    unended[size] -= 1;
    assert_eq!(
        message(&unended),
        "dynamic entries: a name has no end within the table, or is over 255 bytes"
    );
    assert_eq!(code(&unended), "E_BAD_DYNAMIC");
}

#[test]
fn each_dynamic_trick_is_refused_whether_section_headers_lie_or_not() {
    let truth = Image::new(MANIFEST);
    let lie = Image {
        lying: true,
        ..truth.clone()
    };
    assert_eq!(code(&truth.bytes()), "fine");
    assert_eq!(code(&lie.bytes()), "E_DYNAMIC_DISAGREES");
    for image in [truth, lie] {
        for (tag, text, expected) in [
            (15, "/tmp", "E_RUN_PATH"),
            (29, "$ORIGIN", "E_RUN_PATH"),
            (0x7fff_fffd, "libevil.so", "E_FILTER"),
            (0x7fff_ffff, "libevil.so", "E_FILTER"),
            (0xffff_fffd, "libevil.so", "E_FILTER"),
            (0x1234_5678_7fff_ffff, "libevil.so", "E_FILTER"),
            (0x6fff_fefc, "libevil.so", "E_AUDIT"),
            (0x6fff_fefb, "libevil.so", "E_AUDIT"),
            (NEEDED, "libevil.so", "E_NEEDS_LIBRARY"),
            (NEEDED, "/lib/x86_64-linux-gnu/libc.so.6", "E_NEEDS_LIBRARY"),
            (NEEDED, "", "E_NEEDS_LIBRARY"),
            (SONAME, "/proc/self/fd/57", "E_BAD_SONAME"),
            (SONAME, "libc.so.6", "E_BAD_SONAME"),
            (SONAME, "", "E_BAD_SONAME"),
        ] {
            let bytes = image.clone().named(tag, text).bytes();
            assert_eq!(code(&bytes), expected, "{tag:#x} {text:?}");
        }
        let text_relocations = [(22, 0), (30, 4)];
        for (tag, value) in text_relocations {
            let bytes = image.clone().entry(tag, value).bytes();
            assert_eq!(code(&bytes), "E_TEXT_RELOCATIONS", "{tag}");
        }
    }
}

#[test]
fn a_name_section_that_lies_is_refused() {
    let lie = with_section(3, 16, 64_u64.to_le_bytes());
    assert_eq!(code(&lie), "E_DYNAMIC_DISAGREES");
    let lie = with_section(3, 24, 64_u64.to_le_bytes());
    assert_eq!(code(&lie), "E_DYNAMIC_DISAGREES");
    let second = Image {
        more_sections: vec![SectionHeader {
            kind: 6,
            ..SectionHeader::default()
        }],
        ..Image::new(MANIFEST)
    };
    assert_eq!(code(&second.bytes()), "E_DYNAMIC_DISAGREES");
}

#[test]
fn malformed_section_headers_are_refused() {
    let long = |value: u64| value.to_le_bytes();
    for (bytes, expected) in [
        (falsified(40, long(0)), "E_NO_MANIFEST"),
        (falsified(40, long(1 << 40)), "E_TRUNCATED"),
        (falsified(40, long(u64::MAX)), "E_TRUNCATED"),
        (falsified(58, [63, 0]), "E_BAD_SECTION"),
        (falsified(60, [0xff, 0xff]), "E_BAD_SECTION"),
        (falsified(62, [0, 0]), "E_BAD_SECTION"),
        (falsified(62, [0xff, 0xff]), "E_BAD_SECTION"),
        (with_section(1, 24, long(1 << 40)), "E_BAD_SECTION"),
        (with_section(1, 32, long(1 << 63)), "E_BAD_SECTION"),
        (with_section(1, 0, [0xff, 0xff]), "E_BAD_SECTION"),
        (with_section(1, 4, [8]), "E_BAD_SECTION"),
        (with_section(1, 16, long(64)), "E_BAD_SECTION"),
        (with_section(1, 8, long(0x802)), "E_COMPRESSED_SECTION"),
        (with_section(4, 32, long(3)), "E_BAD_SECTION"),
        (with_section(4, 32, long(0)), "E_BAD_SECTION"),
        (with_section(0, 0, [1]), "E_BAD_SECTION"),
        (with_section(3, 4, [1]), "E_DYNAMIC_DISAGREES"),
        (with_section(1, 0, [0]), "E_NO_MANIFEST"),
    ] {
        assert_eq!(code(&bytes), expected);
    }
}

#[test]
fn there_is_exactly_one_manifest_section() {
    let second = Image {
        more_sections: vec![SectionHeader {
            name: Image::MANIFEST_NAME,
            kind: 1,
            ..SectionHeader::default()
        }],
        ..Image::new(MANIFEST)
    };
    assert_eq!(code(&second.bytes()), "E_TWO_MANIFESTS");
}

#[test]
fn the_manifest_keeps_its_own_codes() {
    let nul_padded = format!("{MANIFEST}\0\0\0");
    assert_eq!(code(&Image::new(&nul_padded).bytes()), "fine");
    let mut large = MANIFEST.to_owned().into_bytes();
    large.resize(64 * 1024, b' ');
    let with = |manifest: Vec<u8>| Image {
        manifest,
        ..Image::new("")
    };
    assert_eq!(code(&with(large.clone()).bytes()), "fine");
    large.push(b' ');
    for (manifest, expected) in [
        (large, "E_MANIFEST_TOO_LARGE"),
        (b"{\"name\":\"\xff\"}".to_vec(), "E_MANIFEST_NOT_UTF8"),
        (b"{\"a\":1,\"a\":2}".to_vec(), "E_MANIFEST_DUPLICATE_KEY"),
        ("[".repeat(10_000).into_bytes(), "E_MANIFEST_TOO_DEEP"),
        (MANIFEST.repeat(2).into_bytes(), "E_MANIFEST_SYNTAX"),
        (Vec::new(), "E_MANIFEST_SYNTAX"),
        (b"{}".to_vec(), "E_MANIFEST_MISSING_FIELD"),
    ] {
        assert_eq!(code(&with(manifest).bytes()), expected);
    }
}
