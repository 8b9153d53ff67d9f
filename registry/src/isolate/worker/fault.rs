//! What a worker says on stderr before a fault ends it.
//!
//! A handler writes one line, and the process ends by the very signal. A plugin can put another handler in
//! its place; then the line is missing. It can also write such a line itself: the line is evidence for
//! whoever mends the plugin, and decides nothing.

#![expect(
    unsafe_code,
    reason = "a handler of signals reads what the kernel hands it"
)]

use std::ffi::{CStr, c_int, c_void};
use std::fmt::{self, Write};
use std::mem::MaybeUninit;

use crate::crash::FAULT_MARK;

/// The signals of faults.
const SIGNALS: [c_int; 5] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGABRT,
];

/// Longest name of a module that is written.
const NAME_BYTES_MAX: usize = 64;

/// Has faults told of. The standard library has given each of its threads a stack for handlers.
pub(super) fn watch() {
    for signal in SIGNALS {
        // SAFETY: all zeros are a value of this type, and what matters is set below.
        let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
        let handler: extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void) = tell;
        action.sa_sigaction = handler as libc::sighandler_t;
        // The second fault, which may be the handler's own, ends the process.
        action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_RESETHAND;
        // SAFETY: the handler has the form that SA_SIGINFO asks for, and calls only what a handler may, with
        // the exception argued there. Where the system refuses, nothing is told.
        unsafe { libc::sigaction(signal, &raw const action, std::ptr::null_mut()) };
    }
}

/// Writes the line. When it returns, the instruction faults again and the process ends; a signal that was
/// sent is sent again.
extern "C" fn tell(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: the kernel hands over both, and they live as long as the handler runs. The address has no
    // meaning for a signal that was sent, and is read all the same: it is a number.
    let (code, address, at) = unsafe {
        (
            (*info).si_code,
            (*info).si_addr() as usize,
            instruction(context),
        )
    };
    let mut line = Line::default();
    let _cut = write!(line, "\n{FAULT_MARK}{signal} {address:#x} {at:#x}");
    let mut place = Place {
        at,
        line: &mut line,
    };
    // SAFETY: the callback has the form that is asked for, and gets what it takes. The function takes the
    // loader's lock, which is recursive and held by others for moments alone; in a process that ends
    // anyway, and is ended by its host at the deadline, that is as good as a handler can do.
    unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut place).cast()) };
    let _cut = line.write_str("\n");
    // SAFETY: the bytes are there. Nothing can be done about a failure.
    unsafe { libc::write(2, line.bytes.as_ptr().cast(), line.length) };
    if code <= 0 {
        // SAFETY: it takes a number. The signal is blocked until the handler is left.
        unsafe { libc::raise(signal) };
    }
}

#[cfg(target_arch = "x86_64")]
unsafe fn instruction(context: *mut c_void) -> usize {
    let context: *const libc::ucontext_t = context.cast();
    // SAFETY: the caller passes the context of a signal.
    let registers = unsafe { &(*context).uc_mcontext.gregs };
    usize::try_from(registers[libc::REG_RIP as usize].cast_unsigned()).unwrap_or(0)
}

#[cfg(target_arch = "aarch64")]
unsafe fn instruction(context: *mut c_void) -> usize {
    let context: *const libc::ucontext_t = context.cast();
    // SAFETY: the caller passes the context of a signal.
    let counter = unsafe { (*context).uc_mcontext.pc };
    usize::try_from(counter).unwrap_or(0)
}

/// The instruction whose module is looked for.
struct Place<'a> {
    at: usize,
    line: &'a mut Line,
}

/// Adds module and offset to the line and ends the search, if this module holds the instruction.
unsafe extern "C" fn look(
    module: *mut libc::dl_phdr_info,
    _size: usize,
    place: *mut c_void,
) -> c_int {
    // SAFETY: the loader hands over a module of its list, whose lock it holds, and what `tell` passed.
    let (module, place) = unsafe { (&*module, &mut *place.cast::<Place<'_>>()) };
    let base = usize::try_from(module.dlpi_addr).unwrap_or(0);
    // SAFETY: the loader tells how many headers there are.
    let headers =
        unsafe { std::slice::from_raw_parts(module.dlpi_phdr, usize::from(module.dlpi_phnum)) };
    let offset = place.at.wrapping_sub(base);
    let holds = headers.iter().any(|header| {
        let start = usize::try_from(header.p_vaddr).unwrap_or(usize::MAX);
        let length = usize::try_from(header.p_memsz).unwrap_or(0);
        header.p_type == libc::PT_LOAD && offset.wrapping_sub(start) < length
    });
    if !holds {
        return 0;
    }
    let name = if module.dlpi_name.is_null() {
        &[]
    } else {
        // SAFETY: the loader ends its names.
        unsafe { CStr::from_ptr(module.dlpi_name) }.to_bytes()
    };
    let name: &[u8] = match name {
        [] => b"program",
        // Libraries that were verified are mapped through a descriptor.
        name if name.starts_with(b"/proc/self/fd/") => b"plugin",
        name => name.rsplit(|byte| *byte == b'/').next().unwrap_or(name),
    };
    place.line.push(b" ");
    place.line.push(&name[..name.len().min(NAME_BYTES_MAX)]);
    let _cut = write!(place.line, " {offset:#x}");
    1
}

/// A line that is written without allocating.
struct Line {
    bytes: [u8; 256],
    length: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            bytes: [0; 256],
            length: 0,
        }
    }
}

impl Line {
    /// Adds what fits.
    fn push(&mut self, bytes: &[u8]) {
        for (place, byte) in self.bytes[self.length..].iter_mut().zip(bytes) {
            *place = *byte;
            self.length += 1;
        }
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text.as_bytes());
        Ok(())
    }
}
