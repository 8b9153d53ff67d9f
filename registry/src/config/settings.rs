//! The table of settings. A setting is added here and nowhere else.

use std::{path::PathBuf, time};

use tracing::level_filters::LevelFilter;

use super::{
    Config,
    kind::{
        BYTES_FROM, BytesFrom, Count, Duration, FileOrOff, Folder, FolderOrOff, FolderOrRuntime,
        FreeTable, LEVELS, LOG_FORMATS, LogFormat, Names, Network, Number, OnePath, POLICIES,
        Paths, Policy, Ports, ProgramFile, ProgramOrSelf, SANDBOXES, SandboxMode, SocketFolder,
        Switch, Table, Texts, Token, TokenOrNone,
    },
    merged::Merged,
    row::{Reach, Row, per_planner, sections},
};
use crate::name::PlannerName;

/// A boost or malus; a negative one counts as none in the ranking.
const BOOST: Number = Number {
    min: -1.0,
    max: 1.0,
};

/// How long one call may take.
const TIMEOUT: Duration = Duration {
    min: time::Duration::from_millis(1),
    max: time::Duration::from_hours(24),
};

/// How long the command may take to stop.
const STOP: Duration = Duration {
    min: time::Duration::from_millis(1),
    max: time::Duration::from_mins(10),
};

/// How much processor time a worker may use for one call.
const PROCESSOR_TIME: Duration = Duration {
    min: time::Duration::from_millis(10),
    max: time::Duration::from_hours(24),
};

/// How long it takes until half of what was seen is forgotten.
const HALF_LIFE: Duration = Duration {
    min: time::Duration::from_secs(1),
    max: time::Duration::from_hours(24 * 365),
};

/// The configuration file itself: a variable that no file can set.
pub(super) static CONFIG_FILE: Row = Row {
    key: "config",
    variable: Some("FACTORY_CONFIG"),
    default: None,
    doc: "The configuration file, in place of the system's and the user's.",
    kind: &OnePath,
    reach: Reach::Granting,
};

sections! {
    /// Where plugins are found.
    discovery: Discovery {
        /// Folders that are searched for plugins.
        plugin_dirs: Vec<PathBuf> = Paths { separator: ':' }, "", "FACTORY_PLUGIN_DIRS", Granting;
        /// Plugin files outside these folders.
        manual: Vec<PathBuf> = Paths { separator: ',' }, "", "OVERMIND_PLANNER_MANUAL", Granting;
        /// Planners that are never discovered.
        exclude: Vec<PlannerName> = Names, "", "OVERMIND_PLANNER_EXCLUDE", Harmless;
        /// Whether the content of files takes part in the fingerprint; without it no file is read for it.
        deep_fingerprint: bool = Switch, "1", "FACTORY_DEEP_FINGERPRINT", Harmless;
        /// Whether every discovery is a full one.
        force_rediscover: bool = Switch, "0", "FACTORY_FORCE_REDISCOVER", Harmless;
        /// Where is kept what was learned of files, so that a new process starts without reading them.
        /// The command's default is the user's cache folder.
        cache_dir: Folder = FolderOrOff, "off", "FACTORY_CACHE_DIR", Granting;
    }

    /// Which planners are admitted.
    trust: Trust {
        /// Planners that may be admitted.
        allowed: Vec<PlannerName> = Names,
            "llm_planner,risk_planner,structural_planner,multi_pass_arch_planner",
            "FACTORY_ALLOWED_PLANNERS", Granting;
        /// Planners that are never admitted, whatever the allowlist says.
        blocked: Vec<PlannerName> = Names, "", "PLANNERS_BLOCK", Granting;
        /// The lock: which bytes may be which planner. By default `plugins.lock` beside the strongest
        /// configuration file, for the command without one in the working directory.
        lock_file: Option<PathBuf> = FileOrOff, "off", "FACTORY_LOCK_FILE", Granting;
        /// Whether nothing is admitted without a lock. One that merely lies in the working directory does not count.
        require_lock: bool = Switch, "0", "FACTORY_REQUIRE_LOCK", Granting;
        /// Planners of which an older version than one accepted before may be admitted.
        allow_downgrade: Vec<PlannerName> = Names, "", "FACTORY_ALLOW_DOWNGRADE", Granting;
        /// Where is kept what later processes have to know: highest versions, holds, reliability, events.
        /// The command's default is the user's state folder.
        state_dir: Folder = FolderOrOff, "off", "FACTORY_STATE_DIR", Granting;
        /// Whether a plugin without a signature by a trusted key is refused.
        require_signature: bool = Switch, "0", "FACTORY_REQUIRE_SIGNATURE", Granting;
        /// The file that says which keys are trusted, for which planners and how long.
        trusted_keys: Option<PathBuf> = FileOrOff, "off", "FACTORY_TRUSTED_KEYS", Granting;
        /// Largest plugin file, in MiB.
        file_mib_max: u32 = Count { min: 1, max: 4095 }, "64", "FACTORY_FILE_MIB_MAX", Granting;
        /// Whether a plugin file or folder may be writable by a group that is not its owner's own.
        allow_group_writable: bool = Switch, "0", "FACTORY_ALLOW_GROUP_WRITABLE", Granting;
        /// Whether a plugin file or folder may be writable by everybody.
        allow_world_writable: bool = Switch, "0", "FACTORY_ALLOW_WORLD_WRITABLE", Granting;
        /// Whether a plugin file or folder may belong to a user other than root and the effective one.
        allow_foreign_owner: bool = Switch, "0", "FACTORY_ALLOW_FOREIGN_OWNER", Granting;
        /// What libraries are mapped from: a sealed copy, or the file itself, which whoever may write it can then change while it runs.
        bytes: BytesFrom = BYTES_FROM, "sealed", "FACTORY_TRUST_BYTES", Granting;
        /// Whether nothing is loaded in a process that was started with variables such as `LD_PRELOAD`, which change what loading means.
        refuse_loader_variables: bool = Switch, "0", "FACTORY_REFUSE_LOADER_VARIABLES", Granting;
    }

    /// How planners are ranked.
    select: Select {
        /// Candidates less reliable than this are not selected.
        min_reliability: f64 = Number { min: 0.0, max: 1.0 }, "0.25", "FACTORY_MIN_RELIABILITY", Harmless;
        /// Added for a planner that offers `deep_index` when the context has an index summary.
        deep_index_boost: f64 = BOOST, "0.05", "FACTORY_DEEP_INDEX_CAP_BOOST", Harmless;
        /// Added for a planner that offers `refactor`, `risk` or `structural` when there are many hotspots.
        hotspot_boost: f64 = BOOST, "0.03", "FACTORY_HOTSPOT_CAP_BOOST", Harmless;
        /// More hotspots than this are many.
        hotspot_threshold: u32 = Count { min: 0, max: 1_000_000 }, "8", "FACTORY_HOTSPOT_THRESHOLD", Harmless;
        /// Time after which a success or failure counts half in the reliability.
        decay_half_life: time::Duration = HALF_LIFE, "900", "PLANNER_DECAY_HALF_LIFE", Harmless;
    }

    /// What happens when nothing is active.
    heal: Heal {
        /// Whether self-healing may sleep between attempts; if not, it makes one.
        blocking: bool = Switch, "1", "FACTORY_SELF_HEAL_BLOCKING", Harmless;
        /// Whether a selection heals when nothing is active.
        on_empty: bool = Switch, "0", "FACTORY_SELF_HEAL_ON_EMPTY", Harmless;
    }

    /// What is recorded about selections and constructions.
    profiles: Profiles {
        /// Capacity of each ring of samples.
        max: u32 = Count { min: 0, max: 1_000_000 }, "1000", "FACTORY_MAX_PROFILES", Harmless;
        /// Whether selections are recorded.
        selection: bool = Switch, "1", "FACTORY_PROFILE_SELECTION", Harmless;
        /// Whether constructions are recorded.
        instantiation: bool = Switch, "1", "FACTORY_PROFILE_INSTANTIATION", Harmless;
    }

    /// What a planner is held to.
    isolation: Isolation {
        /// Where planners run. The command's default is worker.
        policy: Policy = POLICIES, "in-process", "FACTORY_ISOLATION", Granting;
        /// Whether a worker must be sandboxed in full, as well as can be, or not at all.
        sandbox: SandboxMode = SANDBOXES, "best-effort", "FACTORY_SANDBOX", Granting;
        /// The program that workers run: the host's own, or the registry command.
        worker_program: ProgramFile = ProgramOrSelf, "self", "FACTORY_WORKER_PROGRAM", Granting;
        /// Processor time that a worker may use for one call, all of its threads together; then it is ended.
        worker_cpu_time: time::Duration = PROCESSOR_TIME, "60", "FACTORY_WORKER_CPU_TIME", Granting;
        /// Memory that a worker may use, in MiB: exactly where control groups are delegated, else by the limit of data.
        worker_memory_mib: u32 = Count { min: 32, max: 1_048_576 }, "256", "FACTORY_WORKER_MEMORY_MIB", Granting;
        /// Longest time one plan call may take.
        plan_timeout: time::Duration = TIMEOUT, "40", "PLANNER_DEFAULT_TIMEOUT", Granting;
        /// Longest time a self-test may take.
        self_test_timeout: time::Duration = TIMEOUT, "5", "PLANNER_SELF_TEST_TIMEOUT", Granting;
        /// How often a call is made again whose error the planner marks as transient.
        plan_retries: u32 = Count { min: 0, max: 10 }, "0", "FACTORY_PLAN_RETRIES", Granting;
        /// Failures in a row after which a planner's breaker refuses calls.
        breaker_failures: u32 = Count { min: 1, max: 1_000 }, "3", "FACTORY_BREAKER_FAILURES", Granting;
        /// How long a breaker refuses calls before it lets one try.
        breaker_reset: time::Duration = TIMEOUT, "60", "FACTORY_BREAKER_RESET", Granting;
        /// Longest time that the command takes to stop once it is told to.
        stop_timeout: time::Duration = STOP, "10", "FACTORY_STOP_TIMEOUT", Granting;
    }

    /// How a running host is asked from outside.
    control: Control {
        /// The folder in which hosts that expose themselves listen, each by a socket of its own; a folder
        /// of this user with mode 0700. By default it is below the user's runtime folder.
        socket: SocketFolder = FolderOrRuntime, "runtime", "FACTORY_CONTROL_SOCKET", Granting;
        /// The file with the token that lets callers over TCP change a host; nobody else may read it.
        token_file: Option<PathBuf> = FileOrOff, "off", "FACTORY_CONTROL_TOKEN_FILE", Granting;
        /// The token itself. Without one, calls over TCP change nothing.
        token: Option<Token> = TokenOrNone, "", "FACTORY_CONTROL_TOKEN", Granting;
    }

    /// What is logged.
    log: Log {
        /// The least severe level that is logged.
        level: LevelFilter = LEVELS, "INFO", "FACTORY_LOG_LEVEL", Harmless;
        /// How logs are written.
        format: LogFormat = LOG_FORMATS, "text", "FACTORY_LOG_FORMAT", Harmless;
    }
}

per_planner! {
    /// Longest time one plan call of this planner may take.
    timeout: time::Duration = TIMEOUT, Granting;
    /// How often a call of this planner is made again whose error it marks as transient.
    retries: u32 = Count { min: 0, max: 10 }, Granting;
    /// Whether this planner is held back: found and judged, and not called.
    hold: bool = Switch, Granting;
    /// Values handed to this planner.
    config: Table = FreeTable, Granting;
    /// Where this planner runs.
    isolation: Policy = POLICIES, Granting;
    /// What this planner is granted of what its manifest asks for, in the same words; `net` stands for every port.
    permissions: Vec<String> = Texts { what: "permissions" }, Granting;
    /// Variables of the host's environment that this planner's worker is given.
    env: Vec<String> = Texts { what: "names of variables" }, Granting;
    /// TCP ports that this planner's worker may connect to, or `any`; this counts, whatever `permissions` says.
    net: Network = Ports, Granting;
    /// Files and folders that this planner's worker may read.
    read: Vec<PathBuf> = Paths { separator: ',' }, Granting;
}

/// Every setting there is, in the order in which they are shown.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    std::iter::once(&CONFIG_FILE)
        .chain(ROWS)
        .chain(PLANNER_ROWS)
}
