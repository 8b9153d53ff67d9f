//! What is tried from inside.

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::mem;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::os::unix::process::{CommandExt, parent_id};
use std::process::Command;
use std::{process, ptr, thread};

use crate::raw::{Outcome, call, outcome};
use crate::{calls, raw, say};

/// What an attempt found, or the number of the error that it met.
type Attempt = Result<String, i32>;

/// Tries what `probe` names and says what came of it.
pub(crate) fn run(probe: &[String]) {
    let words: Vec<_> = probe.iter().map(String::as_str).collect();
    let attempt = match words.as_slice() {
        [] | ["none"] => return,
        ["calls"] => return calls::try_all(),
        ["call", number] => return calls::try_one(number.parse().unwrap()),
        ["wait"] => return wait(),
        ["descriptors"] => return descriptors(),
        [name] => plain(name),
        [name, argument] => with(name, argument),
        _ => panic!("no such probe"),
    };
    match attempt {
        Ok(found) => say(format!("ok {found}").trim_end()),
        Err(errno) => say(&errno.to_string()),
    }
}

fn plain(name: &str) -> Attempt {
    match name {
        "own_session" => Ok(leads_its_session().to_string()),
        "list_descriptors" => list_descriptors(),
        "bind_tcp" => std_io(TcpListener::bind("127.0.0.1:0")),
        "udp" => std_io(UdpSocket::bind("127.0.0.1:0")),
        "datagram_socket" => done(socket(libc::AF_INET, libc::SOCK_DGRAM)),
        "unix_socket" => done(socket(libc::AF_UNIX, libc::SOCK_STREAM)),
        "netlink_socket" => done(socket(libc::AF_NETLINK, libc::SOCK_RAW)),
        "raw_socket" => done(socket(libc::AF_INET, libc::SOCK_RAW)),
        "kill_parent" => done(kill(parent_id(), libc::SIGTERM)),
        "kill_all" => done(call(libc::SYS_kill, [usize::MAX, 0, 0, 0, 0, 0])),
        "signal_self" => done(kill(process::id(), 0)),
        "ptrace_parent" => done(ptrace(parent_id())),
        "read_parent" => done(read_memory_of(parent_id())),
        "root_again" => done(call(libc::SYS_setresuid, [0; 6])),
        "chroot" => done(call(libc::SYS_chroot, [address(c"/"), 0, 0, 0, 0, 0])),
        "raise_limit" => done(raise_limit()),
        "fork" => done(fork()),
        "memfd" => done(call(libc::SYS_memfd_create, [address(c"x"), 0, 0, 0, 0, 0])),
        "shared_memory" => done(map(4096, libc::MAP_SHARED)),
        "stack_memory" => done(map(512 << 20, libc::MAP_PRIVATE | libc::MAP_GROWSDOWN)),
        "user_namespace" => done(call(libc::SYS_unshare, [bits(libc::CLONE_NEWUSER); 6])),
        "exec" => done(exec()),
        "io_uring" => done(call(libc::SYS_io_uring_setup, [1, 0, 0, 0, 0, 0])),
        "bpf" => done(call(libc::SYS_bpf, [usize::MAX, 0, 0, 0, 0, 0])),
        "thread" => Ok(thread::spawn(|| "ran").join().unwrap().to_owned()),
        "many_threads" => Ok(many_threads().to_string()),
        "panic" => Ok(panic_on_a_thread().to_owned()),
        "open_many" => Ok(open_many().to_string()),
        "core_limit" => Ok(core_limit().to_string()),
        "32_bits" => Ok((raw::getpid_of_32_bits().cast_unsigned() == process::id()).to_string()),
        "x32" => done(call(libc::SYS_getpid | 0x4000_0000, [0; 6])),
        _ => panic!("no such probe"),
    }
}

fn with(name: &str, argument: &str) -> Attempt {
    match name {
        "read" => {
            let mut text = String::new();
            let read = File::open(argument).and_then(|mut file| file.read_to_string(&mut text));
            read.map(|_| text.trim_end().replace('\n', " | "))
                .map_err(|error| error.raw_os_error().unwrap())
        }
        "list" => std_io(fs::read_dir(argument)),
        "link" => fs::read_link(argument)
            .map(|target| target.display().to_string())
            .map_err(|error| error.raw_os_error().unwrap()),
        "create" => std_io(File::create_new(argument)),
        "append" => {
            let opened = OpenOptions::new().append(true).open(argument);
            std_io(opened.and_then(|mut file| file.write_all(b"more")))
        }
        "tcp" => std_io(TcpStream::connect(("127.0.0.1", argument.parse().unwrap()))),
        "abstract" => {
            let address = SocketAddr::from_abstract_name(argument).unwrap();
            std_io(UnixStream::connect_addr(&address))
        }
        "load" => Ok(load(argument).to_string()),
        // It takes this process's place, and with it what was taken from this process.
        "doctor" => {
            let error = Command::new(argument).args(["doctor", "--json"]).exec();
            Err(error.raw_os_error().unwrap())
        }
        "use_memory" => Ok(use_memory(argument.parse().unwrap()).to_string()),
        "private_memory" => done(map(argument.parse().unwrap(), libc::MAP_PRIVATE)),
        _ => panic!("no such probe"),
    }
}

/// Stays until it is ended, or told to end.
fn wait() {
    say(&format!("ok {}", process::id()));
    let mut nothing = [0];
    let _ = io::stdin().read(&mut nothing);
}

/// Says which descriptors are open, by asking for each.
fn descriptors() {
    let is_open = |fd: &usize| {
        let flags = bits(libc::F_GETFD);
        call(libc::SYS_fcntl, [*fd, flags, 0, 0, 0, 0]).is_ok()
    };
    let open: Vec<_> = (0..4096).filter(is_open).map(|fd| fd.to_string()).collect();
    say(&format!("ok {}", open.join(" ")));
}

/// The same from what the kernel shows, without the one that the list is read through.
fn list_descriptors() -> Attempt {
    let entries = fs::read_dir("/proc/self/fd").map_err(|error| error.raw_os_error().unwrap())?;
    let mut open: Vec<u32> = entries
        .map(|entry| {
            entry
                .unwrap()
                .file_name()
                .to_str()
                .unwrap()
                .parse()
                .unwrap()
        })
        .collect();
    open.sort_unstable();
    open.pop();
    let open: Vec<_> = open.iter().map(ToString::to_string).collect();
    Ok(open.join(" "))
}

fn leads_its_session() -> bool {
    let session = call(libc::SYS_getsid, [0; 6]).unwrap();
    u32::try_from(session).unwrap() == process::id()
}

fn done(outcome: Outcome) -> Attempt {
    outcome.map(|_| String::new())
}

fn std_io<T>(result: io::Result<T>) -> Attempt {
    match result {
        Ok(_) => Ok(String::new()),
        Err(error) => Err(error.raw_os_error().unwrap()),
    }
}

fn bits(value: libc::c_int) -> usize {
    usize::try_from(value.cast_unsigned()).unwrap()
}

fn address(text: &'static std::ffi::CStr) -> usize {
    text.as_ptr().addr()
}

fn socket(family: libc::c_int, kind: libc::c_int) -> Outcome {
    call(libc::SYS_socket, [bits(family), bits(kind), 0, 0, 0, 0])
}

fn kill(process: u32, signal: libc::c_int) -> Outcome {
    let process = usize::try_from(process).unwrap();
    call(libc::SYS_kill, [process, bits(signal), 0, 0, 0, 0])
}

/// Attaches without stopping it, and lets go by ending.
fn ptrace(process: u32) -> Outcome {
    let process = usize::try_from(process).unwrap();
    call(libc::SYS_ptrace, [0x4206, process, 0, 0, 0, 0])
}

fn read_memory_of(process: u32) -> Outcome {
    let process = usize::try_from(process).unwrap();
    let mut byte = 0_u8;
    let here = libc::iovec {
        iov_base: (&raw mut byte).cast(),
        iov_len: 1,
    };
    // The same program lies at another address there, but some byte of it at this one: the kernel
    // judges the right to look before the address.
    let arguments = [
        process,
        (&raw const here).addr(),
        1,
        (&raw const here).addr(),
        1,
        0,
    ];
    match call(libc::SYS_process_vm_readv, arguments) {
        Err(libc::EFAULT) => Ok(0),
        other => other,
    }
}

fn raise_limit() -> Outcome {
    let limit = libc::rlimit {
        rlim_cur: 1 << 16,
        rlim_max: 1 << 16,
    };
    // SAFETY: it reads the one structure.
    outcome(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }.into())
}

/// A child that ends at once.
fn fork() -> Outcome {
    // SAFETY: the child does nothing but end.
    let forked = unsafe { libc::fork() };
    if forked == 0 {
        // SAFETY: it ends without running anything of this process.
        unsafe { libc::_exit(0) };
    }
    outcome(forked.into())
}

/// Replaced by a program that prints what this one prints where it may do something.
fn exec() -> Outcome {
    let arguments = [c"echo".as_ptr(), c"ok".as_ptr(), ptr::null()];
    // SAFETY: both lists end with a null pointer.
    outcome(unsafe { libc::execv(c"/bin/echo".as_ptr(), arguments.as_ptr()) }.into())
}

fn map(bytes: usize, kind: libc::c_int) -> Outcome {
    let (access, kind) = (
        libc::PROT_READ | libc::PROT_WRITE,
        kind | libc::MAP_ANONYMOUS,
    );
    // SAFETY: a new mapping at a place of the kernel's choice disturbs nothing.
    let mapped = unsafe { libc::mmap(ptr::null_mut(), bytes, access, kind, -1, 0) };
    if mapped == libc::MAP_FAILED {
        outcome(-1)
    } else {
        Ok(0)
    }
}

/// Writes to so many bytes, and reads one.
fn use_memory(bytes: usize) -> u8 {
    let memory = vec![1_u8; bytes];
    std::hint::black_box(&memory)[bytes / 2]
}

fn panic_on_a_thread() -> &'static str {
    let joined = thread::spawn(|| panic!("as told")).join();
    if joined.is_err() { "caught" } else { "lost" }
}

/// Maps the library behind a descriptor, as a worker does, and calls what it exports.
fn load(descriptor: &str) -> libc::c_int {
    let path = CString::new(format!("/proc/self/fd/{descriptor}")).unwrap();
    // SAFETY: the library's constructors are the test's own.
    let library = unsafe { libc::dlopen(path.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
    assert!(!library.is_null(), "the loader refuses");
    // SAFETY: the library is open, and the name is a C string.
    let answer = unsafe { libc::dlsym(library, c"answer".as_ptr()) };
    assert!(!answer.is_null());
    // SAFETY: the test gave the function this type.
    let answer: extern "C" fn() -> libc::c_int = unsafe { mem::transmute(answer) };
    answer()
}

/// How many descriptors can be had, those that were there included.
fn open_many() -> usize {
    let mut highest = 0;
    loop {
        match call(libc::SYS_fcntl, [0, bits(libc::F_DUPFD), 0, 0, 0, 0]) {
            Ok(fd) => highest = usize::try_from(fd).unwrap(),
            Err(libc::EMFILE) => return highest + 1,
            Err(errno) => panic!("error {errno}"),
        }
    }
}

/// How many threads can be had, the first one included.
fn many_threads() -> usize {
    let begin = || thread::Builder::new().spawn(thread::park);
    1 + (0..64).take_while(|_| begin().is_ok()).count()
}

fn core_limit() -> u64 {
    // SAFETY: the structure is plain numbers.
    let mut limit: libc::rlimit = unsafe { mem::zeroed() };
    // SAFETY: it writes the one structure.
    let got = unsafe { libc::getrlimit(libc::RLIMIT_CORE, &raw mut limit) };
    assert_eq!(got, 0);
    limit.rlim_max
}
