//! One cache under many processes, some of which die while they write it.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _, stdin};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio, abort};
use std::thread;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::*;

/// Where a process started by these tests finds plugins and cache.
const FOLDER: &str = "REGISTRY_TEST_CACHE_FOLDER";

/// After how many bytes the kernel kills it while it writes the cache; `never` for one that writes
/// on until the test kills it.
const CUT: &str = "REGISTRY_TEST_CACHE_CUT";

const SIGXFSZ: i32 = 25;
const PLUGINS: u64 = 50;
const ROUNDS: u64 = 200;
const PROCESSES: usize = 8;

/// Less than what the cache of so many plugins takes.
const CUT_MAX: u64 = 15_000;

/// In each round one plugin gets another version.
fn version(plugin: u64, round: u64) -> String {
    let since = (round + PLUGINS - plugin) % PLUGINS;
    match round.checked_sub(since) {
        None | Some(0) => "1.2.3".to_owned(),
        Some(last) => format!("1.0.{last}"),
    }
}

fn name(plugin: u64) -> String {
    format!("planner{plugin:03}")
}

impl Ground {
    fn begin(&self, round: u64) {
        let plugin = round % PLUGINS;
        let manifest = manifest(&name(plugin)).replace("1.2.3", &version(plugin, round));
        let staged = self.folder.path().join("staged");
        fs::write(&staged, Image::new(&manifest).bytes()).unwrap();
        let place = self.request.directories[0].join(format!("{}.so", name(plugin)));
        fs::rename(staged, place).unwrap();
    }
}

/// Expects every plugin, each under its own name and in the version of this round.
fn check(discovered: &Discovered, round: u64) {
    assert_eq!(problem(discovered), None, "round {round}");
    let found = discovered.scan.candidates.iter().map(|candidate| {
        let stem = candidate.path().file_stem().unwrap().to_str().unwrap();
        let version = candidate.manifest().version.to_string();
        (stem.to_owned(), candidate.name().to_owned(), version)
    });
    let plugins = 0..PLUGINS;
    let expected = plugins.map(|plugin| (name(plugin), name(plugin), version(plugin, round)));
    assert!(found.eq(expected), "round {round}: {discovered:#?}");
}

/// What another process does, if a test below started it.
#[test]
fn another_process() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    // Whatever went wrong, it does not stay behind.
    thread::spawn(|| {
        thread::sleep(Duration::from_mins(3));
        abort();
    });
    let request = ScanRequest {
        directories: vec![folder.join("plugins")],
        ..ScanRequest::default()
    };
    let discover = || Discovery::with_cache(folder.join("cache")).discover(&request);
    match env::var(CUT) {
        Err(_) => take_part(discover),
        Ok(cut) => {
            limit(Resource::Core, 0);
            if cut != "never" {
                limit(Resource::Fsize, cut.parse().unwrap());
            }
            loop {
                forget(&folder.join("cache"));
                discover();
            }
        }
    }
}

fn limit(resource: Resource, value: u64) {
    let value = Some(value);
    let limit = Rlimit {
        current: value,
        maximum: value,
    };
    setrlimit(resource, limit).unwrap();
}

/// Discovers when told the number of a round, and says when it is done.
fn take_part(discover: impl Fn() -> Discovered) {
    for line in stdin().lines() {
        let round = line.unwrap().parse().unwrap();
        check(&discover(), round);
        println!("done {round}");
    }
}

/// Removes the cache, so that the next to come writes one.
fn forget(cache: &Path) {
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.as_encoded_bytes().starts_with(b"discovery-") {
            let _ = fs::remove_file(entry.path());
        }
    }
}

fn start(ground: &Ground, cut: Option<&str>) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "--nocapture"])
        .arg("discovery::cache::tests::sharing::another_process")
        .env(FOLDER, ground.folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    if let Some(cut) = cut {
        command.env(CUT, cut).stdout(Stdio::null());
    }
    command.spawn().unwrap()
}

/// A process that discovers once a round.
struct Participant {
    process: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Participant {
    fn start(ground: &Ground) -> Self {
        let mut process = start(ground, None);
        Self {
            stdin: process.stdin.take().unwrap(),
            stdout: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    fn begin(&mut self, round: u64) {
        writeln!(self.stdin, "{round}").unwrap();
    }

    fn finish(&mut self, round: u64) {
        let done = format!("done {round}\n");
        let mut line = String::new();
        while !line.ends_with(&done) {
            line.clear();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "it ended");
        }
    }
}

/// The half-written caches that process `id` left behind.
fn left_by(id: u32, ground: &Ground) -> Vec<PathBuf> {
    let entries = fs::read_dir(ground.cache()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let by = format!(".{id}-");
    let of = |path: &PathBuf| path.to_str().unwrap().contains(&by);
    paths.filter(of).collect()
}

#[test]
fn eight_processes_share_one_cache_for_two_hundred_rounds_though_others_die_writing_it() {
    let ground = Ground::new(usize::try_from(PLUGINS).unwrap());
    ground.discover();
    let mut participants: Vec<_> = (0..PROCESSES)
        .map(|_| Participant::start(&ground))
        .collect();
    for round in 1..=ROUNDS {
        ground.begin(round);
        let cut = round * 97 % CUT_MAX;
        let mut cut_short = start(&ground, Some(&cut.to_string()));
        let mut busy = start(&ground, Some("never"));
        for participant in &mut participants {
            participant.begin(round);
        }
        for participant in &mut participants {
            participant.finish(round);
        }
        // Whatever it is doing, it is stopped in the midst of it.
        busy.kill().unwrap();
        busy.wait().unwrap();
        let status = cut_short.wait().unwrap();
        assert_eq!(status.signal(), Some(SIGXFSZ), "round {round}: {status}");
        let left = left_by(cut_short.id(), &ground);
        let sizes: Vec<_> = left
            .iter()
            .map(|path| fs::metadata(path).unwrap().len())
            .collect();
        assert_eq!(sizes, [cut], "round {round}");
        fs::remove_file(&left[0]).unwrap();
    }
    for participant in participants {
        let Participant {
            mut process, stdin, ..
        } = participant;
        drop(stdin);
        let status = process.wait().unwrap();
        assert!(status.success(), "{status}");
    }
    check(&ground.discover(), ROUNDS);
    // What the last writer left is whole: nothing but the refused file is read again.
    check(&ground.discover(), ROUNDS);
    assert_eq!(ground.discover().read, 1);
}
