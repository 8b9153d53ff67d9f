//! Which file lies at an address of this process.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::ops::Range;
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

use super::at_address;
use super::error::LoadError;
use crate::trust::FileId;

/// The kernel's table of what this process has mapped, opened and not read yet.
///
/// It is opened before a library is mapped, because a failure can then be tried again without running
/// the library's constructors twice; it shows what is mapped when it is read.
#[derive(Debug)]
pub(super) struct Mappings {
    table: BufReader<File>,
}

impl Mappings {
    /// The table of this process.
    pub(super) fn open() -> Result<Self, LoadError> {
        Self::at(Path::new("/proc/self/maps"))
    }

    fn at(path: &Path) -> Result<Self, LoadError> {
        match File::open(path) {
            Ok(file) => Ok(Self {
                table: BufReader::new(file),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(LoadError::Proc {
                reason: "it is not mounted".to_owned(),
            }),
            Err(error) => Err(LoadError::Proc {
                reason: error.to_string(),
            }),
        }
    }

    /// The descriptor of the table.
    pub(super) fn descriptor(&self) -> RawFd {
        self.table.get_ref().as_raw_fd()
    }

    /// Whether anything is mapped from `file`.
    pub(super) fn hold(self, file: FileId) -> bool {
        self.files().any(|(_, mapped)| mapped == file)
    }

    /// The file that is mapped at `address`, `None` where there is none.
    pub(super) fn file_at(self, address: usize) -> Option<FileId> {
        at_address::file_at(self.table.get_ref(), address)
            .unwrap_or_else(|_| self.read_file_at(address))
    }

    /// The same where the kernel cannot be asked for one address: it is older, or a sandbox forbids it.
    fn read_file_at(self, address: usize) -> Option<FileId> {
        let mut files = self.files();
        let found = files.find(|(addresses, _)| addresses.contains(&address));
        found.map(|(_, file)| file)
    }

    fn files(self) -> impl Iterator<Item = (Range<usize>, FileId)> {
        let lines = self.table.split(b'\n').map_while(Result::ok);
        lines.filter_map(|line| mapping(&String::from_utf8_lossy(&line)))
    }
}

/// A line `START-END RIGHTS OFFSET MAJOR:MINOR INODE NAME`, all numbers but the inode hexadecimal.
fn mapping(line: &str) -> Option<(Range<usize>, FileId)> {
    let mut words = line.split_ascii_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let (major, minor) = words.nth(2)?.split_once(':')?;
    let addresses = usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?;
    let major = u32::from_str_radix(major, 16).ok()?;
    let minor = u32::from_str_radix(minor, 16).ok()?;
    let file = FileId {
        device: rustix::fs::makedev(major, minor),
        inode: words.next()?.parse().ok()?,
    };
    // What is mapped from no file has inode 0.
    (file.inode != 0).then_some((addresses, file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_table_tells_addresses_device_and_inode() {
        let file = |device, inode| FileId { device, inode };
        assert_eq!(
            mapping("7f00a000-7f00b000 r-xp 00001000 00:01 2061  /memfd:a b (deleted)"),
            Some((0x7f00_a000..0x7f00_b000, file(1, 2061)))
        );
        assert_eq!(
            mapping("7f00a000-7f00b000 r--p 00000000 103:1f 7 /usr/lib/libc.so.6"),
            Some((
                0x7f00_a000..0x7f00_b000,
                file(rustix::fs::makedev(0x103, 0x1f), 7)
            ))
        );
        for line in [
            "7f00a000-7f00b000 rw-p 00000000 00:00 0",
            "7ffd0000-7ffd1000 rw-p 00000000 00:00 0 [stack]",
            "7f00a000 r-xp 00001000 00:01 2061",
            "7f00a000-7f00b000 r-xp 00001000 00:01",
            "",
        ] {
            assert_eq!(mapping(line), None, "{line}");
        }
    }

    #[test]
    fn a_missing_table_says_that_proc_is_not_mounted() {
        let error = Mappings::at(Path::new("/no/such/maps")).unwrap_err();
        assert_eq!(error.code(), "E_PROC");
        assert_eq!(
            error.to_string(),
            "libraries are mapped through /proc, which cannot be used: it is not mounted"
        );
        let error = Mappings::at(Path::new("/proc/self/exe/maps")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "libraries are mapped through /proc, which cannot be used: Not a directory (os error 20)"
        );
    }

    #[test]
    fn this_code_lies_in_this_program_and_its_stack_in_no_file() {
        use std::os::unix::fs::MetadataExt;

        let program = std::fs::metadata("/proc/self/exe").unwrap();
        let code = this_code_lies_in_this_program_and_its_stack_in_no_file as fn() as usize;
        let on_stack = std::ptr::from_ref(&program).addr();
        for file_at in [Mappings::file_at, Mappings::read_file_at] {
            let file_at = |address| file_at(Mappings::open().unwrap(), address);
            assert_eq!(file_at(code).unwrap().inode, program.ino());
            assert_eq!((file_at(on_stack), file_at(0)), (None, None));
        }
    }

    #[test]
    fn the_kernel_and_its_table_tell_of_the_same_file() {
        let code = mapping as fn(&str) -> _ as usize;
        let table = Mappings::open().unwrap();
        match at_address::file_at(table.table.get_ref(), code) {
            Ok(file) => assert_eq!(file, table.read_file_at(code)),
            // Kernels before 6.11.
            Err(error) => assert_eq!(error, rustix::io::Errno::NOTTY),
        }
    }
}
