//! Each layer bites on its own, and what it is claimed to stop works without it.

use std::fs::Permissions;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::Command;

use registry::sandbox::LayerName::{
    AbstractSockets, Capabilities, Files, IpcNamespace, Limits, Memory, MountNamespace,
    NetworkNamespace, NoNewPrivileges, Session, Signals, SystemCalls, Tcp, User, UserNamespace,
};
use registry::sandbox::{LayerName, LayerState, Network, Spec};

use rustix::process::{Resource, getrlimit};

use crate::run::{Run, USER, assert_on, everything, is_root, only, under_parent};

const EPERM: &str = "1";
const ENOMEM: &str = "12";
const EACCES: &str = "13";
const ENETUNREACH: &str = "101";
const ECONNREFUSED: &str = "111";
const SIGSYS: &str = "signal 31";

/// What comes of a probe under these layers alone, all of which must be on.
fn outcome(layers: &[LayerName], probe: &[&str]) -> String {
    let run = Run::new(&only(layers), probe);
    assert_on(&run, layers);
    run.outcome()
}

/// The same for a probe that goes at the parent.
fn outcome_under_parent(layers: &[LayerName], probe: &[&str]) -> String {
    let run = under_parent(&only(layers), probe);
    assert_on(&run, layers);
    run.outcome()
}

/// What comes of a probe under everything.
fn outcome_of_all(probe: &[&str]) -> String {
    Run::new(&everything(), probe).outcome()
}

/// A probe works without a sandbox, and comes out so under each of these layers alone.
fn assert_stopped(probe: &[&str], by: &[(LayerName, &str)]) {
    assert_eq!(
        outcome(&[], probe).split(' ').next(),
        Some("ok"),
        "{probe:?}"
    );
    for (layer, expected) in by {
        assert_eq!(outcome(&[*layer], probe), *expected, "{probe:?} {layer:?}");
    }
}

/// A probe comes out so in a network namespace, where the kernel grants one.
fn assert_out_of_reach(probe: &[&str], expected: &str) {
    let run = Run::new(&only(&[UserNamespace, NetworkNamespace]), probe);
    match run.enforced().state(NetworkNamespace).unwrap() {
        LayerState::On => assert_eq!(run.outcome(), expected),
        LayerState::Off { reason } => assert!(reason.starts_with("the kernel grants none")),
        LayerState::Approximate { reason } => panic!("{reason}"),
    }
}

#[test]
fn files_can_neither_be_read_nor_written() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    assert_stopped(&["read", "/etc/passwd"], &[(Files, EACCES)]);
    assert_eq!(outcome(&[SystemCalls], &["list", "/etc"]), "ok");
    assert_eq!(outcome(&[Files], &["list", "/etc"]), EACCES);
    assert_stopped(&["create", &path("a")], &[]);
    let created = path("b");
    assert_eq!(outcome(&[Files], &["create", &created]), EACCES);
    assert_eq!(outcome(&[SystemCalls], &["create", &created]), EPERM);
    assert_stopped(
        &["append", &path("a")],
        &[(Files, EACCES), (SystemCalls, EPERM)],
    );
    assert_eq!(outcome_of_all(&["read", "/etc/passwd"]), EACCES);
    assert_eq!(outcome_of_all(&["create", &created]), EPERM);
    assert!(!folder.path().join("b").exists());
}

#[test]
fn what_is_granted_can_be_read_and_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    for name in ["granted", "beside"] {
        std::fs::write(path(name), name).unwrap();
        std::fs::set_permissions(path(name), Permissions::from_mode(0o644)).unwrap();
    }
    let mut spec = everything();
    spec.read = vec![path("granted").into()];
    let outcome = |probe: &[&str]| Run::new(&spec, probe).outcome();
    assert_eq!(outcome(&["read", &path("granted")]), "ok granted");
    assert_eq!(outcome(&["append", &path("granted")]), EPERM);
    assert_eq!(outcome(&["read", &path("beside")]), EACCES);
    assert_eq!(outcome(&["list", folder.path().to_str().unwrap()]), EACCES);
    spec.read = vec![folder.path().to_owned()];
    let outcome = |probe: &[&str]| Run::new(&spec, probe).outcome();
    assert_eq!(outcome(&["read", &path("beside")]), "ok beside");
    assert_eq!(outcome(&["list", folder.path().to_str().unwrap()]), "ok");
}

#[test]
fn nothing_can_be_reached_over_tcp_unless_the_network_is_granted() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    assert_stopped(&["tcp", &port], &[(Tcp, EACCES), (SystemCalls, EPERM)]);
    assert_out_of_reach(&["tcp", &port], ENETUNREACH);
    assert_stopped(&["bind_tcp"], &[(Tcp, EACCES), (SystemCalls, EPERM)]);
    assert_eq!(outcome_of_all(&["tcp", &port]), EPERM);
    let mut spec = everything();
    spec.net = Network::Any;
    let outcome = |probe: &[&str]| Run::new(&spec, probe).outcome();
    assert_eq!(outcome(&["tcp", &port]), "ok");
    assert_eq!(outcome(&["bind_tcp"]), EPERM);
    for family in ["unix_socket", "netlink_socket", "raw_socket"] {
        assert_eq!(outcome(&[family]), EPERM, "{family}");
    }
}

#[test]
fn no_port_can_be_reached_but_those_that_are_granted() {
    let [granted, beside] = [(), ()].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    let mut spec = everything();
    spec.net = Network::Ports(vec![port(&granted)]);
    let run = |probe: &[&str]| Run::new(&spec, probe);
    let connected = run(&["tcp", &port(&granted).to_string()]);
    assert_on(&connected, &[Tcp]);
    assert_eq!(connected.outcome(), "ok");
    assert_eq!(run(&["tcp", &port(&beside).to_string()]).outcome(), EACCES);
    assert_eq!(run(&["bind_tcp"]).outcome(), EPERM);
}

#[test]
fn landlock_does_not_know_udp_and_the_list_of_calls_does() {
    assert_stopped(&["udp"], &[(SystemCalls, EPERM)]);
    assert_eq!(outcome(&[Tcp], &["udp"]), "ok");
    assert_eq!(outcome_of_all(&["udp"]), EPERM);
    let mut spec = everything();
    spec.net = Network::Any;
    assert_eq!(Run::new(&spec, &["datagram_socket"]).outcome(), "ok");
}

#[test]
fn abstract_sockets_of_others_are_out_of_reach() {
    let name = format!("sandboxed-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let _listener = UnixListener::bind_addr(&address).unwrap();
    assert_stopped(
        &["abstract", &name],
        &[(AbstractSockets, EPERM), (SystemCalls, EPERM)],
    );
    assert_out_of_reach(&["abstract", &name], ECONNREFUSED);
    assert_eq!(outcome_of_all(&["abstract", &name]), EPERM);
}

#[test]
fn the_parent_can_be_neither_killed_nor_traced_nor_read() {
    // Each probe that works without a sandbox is the proof that the layer is what stops it.
    let killed = under_parent(&only(&[]), &["kill_parent"]);
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&killed.status),
        Some(15)
    );
    for layer in [Signals, SystemCalls] {
        let outcome = outcome_under_parent(&[layer], &["kill_parent"]);
        assert_eq!(outcome, EPERM, "{layer:?}");
    }
    for probe in ["ptrace_parent", "read_parent"] {
        for layer in [Files, Tcp, Signals, AbstractSockets, SystemCalls] {
            let outcome = outcome_under_parent(&[layer], &[probe]);
            assert_eq!(outcome, EPERM, "{probe} {layer:?}");
        }
    }
    if is_root() {
        for probe in ["ptrace_parent", "read_parent"] {
            assert_eq!(outcome_under_parent(&[], &[probe]), "ok", "{probe}");
        }
        for probe in ["kill_parent", "ptrace_parent", "read_parent"] {
            assert_eq!(outcome_under_parent(&[User], &[probe]), EPERM, "{probe}");
        }
    }
    for probe in ["kill_parent", "ptrace_parent", "read_parent"] {
        let run = under_parent(&everything(), &[probe]);
        assert_eq!(run.outcome(), EPERM, "{probe}");
    }
    assert_eq!(outcome_of_all(&["kill_all"]), EPERM);
    assert_eq!(outcome_of_all(&["signal_self"]), "ok");
}

#[test]
fn privileges_are_gone_for_good() {
    if is_root() {
        assert_stopped(&["root_again"], &[(User, EPERM), (SystemCalls, EPERM)]);
        assert_stopped(
            &["chroot"],
            &[(Capabilities, EPERM), (User, EPERM), (SystemCalls, EPERM)],
        );
    }
    let granted = |mut spec: Spec| {
        spec.read = vec!["/proc/self/status".into()];
        Run::new(&spec, &["read", "/proc/self/status"]).outcome()
    };
    let status = granted(everything());
    let has = |field: &str, value: &str| {
        let line = format!("{field}:\t{value}");
        assert!(status.contains(&line), "{line}\n{status}");
    };
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        has(set, "0000000000000000");
    }
    has("NoNewPrivs", "1");
    has("Seccomp", "2");
    has("Threads", "1");
    if is_root() {
        has("Uid", "64123\t64123\t64123\t64123");
        has("Gid", "64123\t64123\t64123\t64123");
        has("Groups", "  | ");
    }
    let without = granted(only(&[]));
    assert!(without.contains("NoNewPrivs:\t0"), "{without}");
    let alone = granted(only(&[NoNewPrivileges]));
    assert!(alone.contains("NoNewPrivs:\t1"), "{alone}");
}

#[test]
fn no_process_program_or_namespace_can_be_begun() {
    let exec = Run::new(&only(&[]), &["exec"]);
    assert_eq!(exec.outcome(), "ok");
    assert_eq!(outcome(&[SystemCalls], &["exec"]), EPERM);
    assert_stopped(&["fork"], &[(SystemCalls, EPERM)]);
    for probe in ["user_namespace", "io_uring", "bpf"] {
        assert_eq!(outcome(&[SystemCalls], &[probe]), EPERM, "{probe}");
    }
    for probe in ["exec", "fork", "user_namespace", "io_uring", "bpf"] {
        assert_eq!(outcome_of_all(&[probe]), EPERM, "{probe}");
    }
}

#[test]
fn threads_run_and_panics_are_caught() {
    assert_eq!(outcome_of_all(&["thread"]), "ok ran");
    assert_eq!(outcome_of_all(&["panic"]), "ok caught");
}

#[test]
fn memory_is_bounded_and_none_can_be_shared() {
    let (small, large) = ((1 << 20).to_string(), (512_u64 << 20).to_string());
    for probe in ["memfd", "shared_memory"] {
        assert_stopped(&[probe], &[(SystemCalls, EPERM)]);
        assert_eq!(outcome_of_all(&[probe]), EPERM, "{probe}");
    }
    // What the kernel takes for a stack no limit of data counts, so none can be made.
    let bounded = Run::new(&only(&[Memory]), &["stack_memory"]);
    assert_eq!(bounded.outcome(), "ok");
    assert_stopped(&["stack_memory"], &[(SystemCalls, EPERM)]);
    assert_eq!(outcome_of_all(&["stack_memory"]), EPERM);
    assert_eq!(outcome(&[], &["private_memory", &large]), "ok");
    let bounded = Run::new(&only(&[Memory]), &["private_memory", &large]);
    assert_eq!(bounded.outcome(), ENOMEM);
    assert_eq!(outcome_of_all(&["private_memory", &large]), ENOMEM);
    assert_eq!(outcome_of_all(&["private_memory", &small]), "ok");
}

#[test]
fn limits_hold_and_cannot_be_raised() {
    assert_eq!(outcome(&[Limits], &["open_many"]), "ok 64");
    let hard = getrlimit(Resource::Core).maximum.unwrap_or(u64::MAX);
    let core = format!("ok {}", hard.min(1));
    assert_eq!(outcome(&[Limits], &["core_limit"]), core);
    assert_eq!(outcome(&[Limits, Capabilities], &["raise_limit"]), EPERM);
    assert_eq!(outcome(&[SystemCalls], &["raise_limit"]), EPERM);
    assert_eq!(outcome_of_all(&["raise_limit"]), EPERM);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let created = Run::new(&only(&[Limits]), &["create", file.to_str().unwrap()]);
    assert_eq!(created.outcome(), "ok");
    let appended = Run::new(&only(&[Limits]), &["append", file.to_str().unwrap()]);
    assert_eq!(appended.outcome(), "signal 25");
}

#[test]
fn threads_can_be_bounded_for_a_user_of_its_own() {
    if !is_root() {
        return;
    }
    let mut spec = only(&[User, Capabilities, Limits]);
    // Other tests run processes of the usual user.
    spec.uid = Some(USER + 1);
    spec.limits.processes = Some(3);
    assert_eq!(Run::new(&spec, &["many_threads"]).outcome(), "ok 3");
}

#[test]
fn other_doors_to_the_kernel_are_shut() {
    let open = Run::new(&only(&[]), &["32_bits"]);
    // A kernel without 32-bit programs has no such door.
    assert!(
        ["ok true", "signal 11"].contains(&open.outcome().as_str()),
        "{open:#?}"
    );
    if open.outcome() == "ok true" {
        assert_eq!(outcome(&[SystemCalls], &["32_bits"]), SIGSYS);
    }
    assert_eq!(outcome_of_all(&["x32"]), EPERM);
}

#[test]
fn it_leads_a_session_of_its_own() {
    let run = Run::new(&only(&[Session]), &["own_session"]);
    assert_on(&run, &[Session]);
    assert_eq!(run.outcome(), "ok true");
    assert_eq!(outcome(&[], &["own_session"]), "ok false");
}

/// As for a command that somebody runs in a container: the session that it was begun in has no number
/// in the container's namespace of processes.
#[test]
fn it_leads_a_session_of_its_own_where_the_one_it_was_begun_in_cannot_be_seen() {
    assert!(
        is_root(),
        "only root can make a namespace of processes alone"
    );
    let mut command = Command::new("unshare");
    command
        .args(["--pid", "--fork", "--mount-proc", "--"])
        .arg(env!("CARGO_BIN_EXE_sandboxed"))
        .arg("under")
        .arg(serde_json::to_string(&only(&[Session])).unwrap())
        .arg("own_session");
    let run = Run::of(command);
    assert_on(&run, &[Session]);
    assert_eq!(run.outcome(), "ok true");
}

#[test]
fn namespaces_are_its_own_where_they_are_said_to_be() {
    let names = [
        (NetworkNamespace, "net"),
        (IpcNamespace, "ipc"),
        (MountNamespace, "mnt"),
        (UserNamespace, "user"),
    ];
    for (layer, name) in names {
        let link = format!("/proc/self/ns/{name}");
        let outside = std::fs::read_link(&link).unwrap();
        let outside = format!("ok {}", outside.display());
        assert_eq!(outcome(&[], &["link", &link]), outside);
        // A process without privileges needs the first for the others.
        let run = Run::new(&only(&[UserNamespace, layer]), &["link", &link]);
        let is_on = *run.enforced().state(layer).unwrap() == LayerState::On;
        assert_eq!(run.outcome() != outside, is_on, "{run:#?}");
    }
}
