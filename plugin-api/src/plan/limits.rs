//! Every bound on plans, requests and errors, in one place.
//!
//! Lengths of text are counted in characters, sizes of JSON in bytes.

/// Most tasks in a plan.
pub const TASKS_MAX: usize = 800;

/// Most tasks on one chain of dependencies.
pub const DEPTH_MAX: usize = 60;

/// Most tasks that may wait directly for one task.
pub const OUT_DEGREE_MAX: usize = 80;

/// Longest objective, of a request and of a plan.
pub const OBJECTIVE_CHARS_MAX: usize = 8_000;

/// Longest task id and plan id.
pub const ID_CHARS_MAX: usize = 64;

/// Shortest description of a task, blanks at its ends not counted.
pub const DESCRIPTION_CHARS_MIN: usize = 3;

/// Longest description of a task.
pub const DESCRIPTION_CHARS_MAX: usize = 600;

/// Longest condition of a gate.
pub const GATE_CONDITION_CHARS_MAX: usize = 600;

/// Longest tool name.
pub const TOOL_NAME_CHARS_MAX: usize = 100;

/// Highest priority number, which is the last to run.
pub const PRIORITY_MAX: i64 = 1_000;

/// Priority of a task that sets none.
pub const PRIORITY_DEFAULT: i64 = 100;

/// Most tags of a task.
pub const TAGS_MAX: usize = 20;

/// Longest tag.
pub const TAG_CHARS_MAX: usize = 40;

/// Most keys in a task's arguments.
pub const ARGS_KEYS_MAX: usize = 40;

/// Most keys in a task's or a plan's metadata.
pub const METADATA_KEYS_MAX: usize = 30;

/// Largest arguments or metadata, as JSON.
pub const OBJECT_BYTES_MAX: usize = 24_000;

/// Deepest nesting of objects and arrays in arguments, metadata and contexts, the outermost object
/// counted.
pub const NESTING_MAX: usize = 32;

/// Largest plan, as JSON.
pub const PLAN_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Largest request, as JSON.
pub const REQUEST_BYTES_MAX: usize = 10 * 1024 * 1024;

/// Largest context, as JSON.
pub const CONTEXT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Most commas and opening brackets, outside strings, in the JSON of a plan, request or context: about
/// one for each value. It bounds the memory that reading takes, which bytes do not.
pub const JSON_PARTS_MAX: usize = 500_000;

/// Longest path or layer name that is read from a context.
pub const CONTEXT_NAME_CHARS_MAX: usize = 1_024;

/// Most issues that one error carries; the rest are counted.
pub const ISSUES_MAX: usize = 200;

/// Longest message of an error; the rest is cut off.
pub const ERROR_MESSAGE_CHARS_MAX: usize = 4_000;
