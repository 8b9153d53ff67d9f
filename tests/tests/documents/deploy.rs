//! The examples of deployment: the image's steps and what the units start are run.

use crate::shell::Shell;
use crate::text::Text;

const FOLDER: &str = "docs/deploy";

/// Where the build of an image puts its results, and where a stage has them.
const BUILT: (&str, &str) = ("/out/", "/srv/release/");

/// Lines of the last stage of a Containerfile, those that go on joined.
fn last_stage(containerfile: &str) -> Vec<String> {
    let joined = containerfile.replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<_> = lines.filter(|line| !line.trim().is_empty()).collect();
    let start = lines.iter().rposition(|line| line.starts_with("FROM "));
    lines[start.unwrap()..]
        .iter()
        .map(|&line| line.to_owned())
        .collect()
}

/// What a shell does in place of a step of the image, if the step does anything.
fn in_shell(step: &str) -> Option<String> {
    let (instruction, rest) = step.split_once(' ').unwrap();
    match instruction {
        "RUN" => Some(rest.to_owned()),
        "COPY" => {
            let (from, to) = rest.rsplit_once(' ').unwrap();
            let from = match from.strip_prefix("--from=build ") {
                Some(built) => built.replace(BUILT.0, BUILT.1),
                None => from.replace("docs/deploy/", "/srv/release/deploy/"),
            };
            let mode = if to.contains("/bin/") { "0755" } else { "0644" };
            Some(format!("install -D -m {mode} {from} {to}"))
        }
        "FROM" | "USER" | "HEALTHCHECK" | "ENTRYPOINT" | "CMD" => None,
        _ => panic!("the steps of {instruction} are not run by this test"),
    }
}

/// The words of an instruction in the form of JSON, behind `before`.
fn words(steps: &[String], before: &str) -> Vec<String> {
    let mut found = steps
        .iter()
        .filter(|step| step.starts_with(before.split(' ').next().unwrap()));
    let step = found.next().unwrap();
    let (_, json) = step.split_once(before).unwrap();
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_steps_of_the_image_lead_to_one_that_is_healthy_as_its_user_on_a_root_that_nobody_writes() {
    let recipe = Text::read(&format!("{FOLDER}/Containerfile"));
    let steps = last_stage(&recipe.text);
    let mut shell = Shell::start();
    let mut fine = |command: &str| {
        let answer = shell.run(command).unwrap();
        assert_eq!(answer.code, 0, "{command}: {}", answer.printed);
        answer.printed
    };
    for step in &steps {
        in_shell(step).map(|command| fine(&command));
    }
    fine("mount -o remount,ro /usr/local && mount -o remount,bind,ro /");
    for folder in ["/var/lib/registry", "/var/cache/registry", "/tmp"] {
        let options = "mode=0700,uid=990,gid=990,noexec,nosuid,nodev";
        fine(&format!("mount -t tmpfs -o {options} tmpfs {folder}"));
    }
    let user = "setpriv --reuid 990 --regid 990 --clear-groups --no-new-privs --bounding-set=-all";
    assert!(steps.contains(&"USER 990:990".to_owned()), "{steps:?}");
    let health = words(
        &steps,
        "HEALTHCHECK --interval=30s --timeout=10s --retries=3 CMD ",
    );
    let said = fine(&format!("cd / && {user} {}", health.join(" ")));
    assert!(said.starts_with("ready: 2 active planners"), "{said}");
    let entry = [words(&steps, "ENTRYPOINT "), words(&steps, "CMD ")].concat();
    let said = fine(&format!("{user} {}", entry.join(" ")));
    assert!(said.contains("2 of 2 allowed planners found"), "{said}");
    let said = fine(&format!(
        "{user} registry plan risk_planner 'Split the billing module' 2>/dev/null"
    ));
    assert!(said.starts_with("Split the billing module\n"), "{said}");
}

/// What a directive of a unit is set to, the last one.
fn setting<'a>(unit: &'a str, directive: &str) -> Option<&'a str> {
    let mut lines = unit.lines().rev();
    lines.find_map(|line| line.strip_prefix(directive)?.strip_prefix('='))
}

fn units() -> Vec<Text> {
    let mut units = Text::all_below(FOLDER, "service");
    units.extend(Text::all_below(FOLDER, "timer"));
    units
}

/// Directives whose meaning was looked up in systemd.unit, systemd.exec and their kin.
const DIRECTIVES: &str = include_str!("deploy/directives.txt");

#[test]
fn units_are_made_of_sections_comments_and_known_directives() {
    for unit in units() {
        let mut section = "";
        for line in unit.text.lines().filter(|line| !line.is_empty()) {
            if line.starts_with(['#', ';']) {
                continue;
            }
            if line.starts_with('[') {
                section = line;
                continue;
            }
            let (directive, _) = line.split_once('=').unwrap();
            let known = format!("{section} {directive}");
            assert!(
                DIRECTIVES.lines().any(|line| line == known),
                "{}: {known}",
                unit.path
            );
        }
    }
}

#[test]
fn the_runtime_that_a_unit_starts_is_asked_by_its_user_and_reloaded_as_the_unit_does_it() {
    let recipe = Text::read(&format!("{FOLDER}/Containerfile"));
    let mut shell = Shell::start();
    let mut fine = |command: &str| {
        let answer = shell.run(command).unwrap();
        assert_eq!(answer.code, 0, "{command}: {}", answer.printed);
        answer.printed
    };
    for command in last_stage(&recipe.text)
        .iter()
        .filter_map(|step| in_shell(step))
    {
        fine(&command);
    }
    let unit = Text::read(&format!("{FOLDER}/registry.service")).text;
    assert_eq!(setting(&unit, "RuntimeDirectory"), Some("registry"));
    fine("install -d -o registry -g registry -m 0700 /run/registry");
    let user = "setpriv --reuid registry --regid registry --clear-groups --no-new-privs";
    let user = format!("prlimit --nofile=1024 --core=0 {user} --bounding-set=-all");
    let start = setting(&unit, "ExecStart").unwrap();
    assert!(start.ends_with(" serve --listen 127.0.0.1:9464"), "{start}");
    // Somebody else may listen there on the machine that tests it.
    let start = start.replace(":9464", ":0");
    fine(&format!(
        "umask 077; cd /; {user} {start} >/dev/null 2>&1 & MAINPID=$!"
    ));
    let ready = format!("{user} registry health --min 2 --attach $MAINPID");
    let said = fine(&format!("until {ready} 2>/dev/null; do sleep 0.05; done"));
    assert!(said.contains("ready: 2 active planners"), "{said}");
    let reload = setting(&unit, "ExecReload").unwrap();
    let said = fine(&format!("{user} {reload}"));
    assert!(said.contains("2 of 2 allowed planners found"), "{said}");
    fine("kill $MAINPID; wait $MAINPID || true");
}

#[test]
fn what_a_unit_starts_ends_well_as_its_user_once_the_runtime_is_deployed() {
    let recipe = Text::read(&format!("{FOLDER}/Containerfile"));
    let mut shell = Shell::start();
    for command in last_stage(&recipe.text)
        .iter()
        .filter_map(|step| in_shell(step))
    {
        assert_eq!(shell.run(&command).unwrap().code, 0, "{command}");
    }
    let unit = Text::read(&format!("{FOLDER}/registry-health.service")).text;
    for (directive, value) in [
        ("User", "registry"),
        ("StateDirectory", "registry"),
        ("CacheDirectory", "registry"),
        ("NoNewPrivileges", "yes"),
    ] {
        assert_eq!(setting(&unit, directive), Some(value), "{directive}");
    }
    let start = setting(&unit, "ExecStart").unwrap();
    let user = "setpriv --reuid registry --regid registry --clear-groups --no-new-privs";
    let bounds = "prlimit --nofile=1024 --core=0";
    let command = format!("umask 077; cd / && {bounds} {user} --bounding-set=-all {start}");
    let answer = shell.run(&command).unwrap();
    assert_eq!(answer.code, 0, "{}", answer.printed);
    assert!(answer.printed.starts_with("ready: 2 active"), "{answer:?}");
}
