//! Which libraries a plugin may need, and what it may call itself.

use super::ElfError;

/// The libraries a plugin may need: the C library's own and the unwinder, which the process has
/// loaded already.
pub const ALLOWED_LIBRARIES: [&str; 8] = [
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libdl.so.2",
    "libgcc_s.so.1",
    "libm.so.6",
    "libpthread.so.0",
    "librt.so.1",
    "libutil.so.1",
];

/// Beginnings of the names of system libraries: a plugin of such a name would be taken for the
/// library by whatever is loaded after it.
const SYSTEM_NAMES: [&str; 21] = [
    "ld-linux",
    "ld.so",
    "libBrokenLocale.so",
    "libanl.so",
    "libc.so",
    "libcrypt.so",
    "libcrypto.so",
    "libdl.so",
    "libgcc_s.so",
    "libm.so",
    "libmvec.so",
    "libnsl.so",
    "libnss_",
    "libpthread.so",
    "libresolv.so",
    "librt.so",
    "libssl.so",
    "libstdc++.so",
    "libthread_db.so",
    "libutil.so",
    "linux-vdso.so",
];

/// The names in the dynamic entries.
#[derive(Debug)]
pub(super) struct Libraries {
    pub(super) soname: Option<String>,
    pub(super) needed: Vec<String>,
}

impl Libraries {
    /// Checks the names and gives the needed ones back as entries of [`ALLOWED_LIBRARIES`].
    pub(super) fn check(&self) -> Result<Box<[&'static str]>, ElfError> {
        check(
            self.soname.as_deref(),
            self.needed.iter().map(String::as_str),
        )
    }
}

/// The same for names that are not kept.
pub(super) fn check<'a>(
    soname: Option<&str>,
    needed: impl Iterator<Item = &'a str>,
) -> Result<Box<[&'static str]>, ElfError> {
    if let Some(soname) = soname {
        check_soname(soname)?;
    }
    needed.map(allowed).collect()
}

fn check_soname(soname: &str) -> Result<(), ElfError> {
    let bad = |what| {
        let soname = soname.to_owned();
        Err(ElfError::BadSoname { soname, what })
    };
    if soname.is_empty() || soname.contains('/') {
        return bad("is empty or a path, and would capture what is loaded through that path");
    }
    if SYSTEM_NAMES.iter().any(|name| soname.starts_with(name)) {
        return bad("is a system library's");
    }
    Ok(())
}

fn allowed(library: &str) -> Result<&'static str, ElfError> {
    let found = ALLOWED_LIBRARIES.into_iter().find(|name| *name == library);
    found.ok_or_else(|| ElfError::NeedsLibrary {
        library: library.to_owned(),
    })
}
