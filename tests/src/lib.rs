//! Shared ground of the integration suites: real plugins, real folders, the real command.

mod builds;
mod command;
mod fixtures;
mod folder;
mod held;
mod log;
mod manifest;
mod obeys;
mod running;
mod terminal;

pub use builds::{NAMES_ITS_BUILD, name_of_build, named_build};
pub use command::{Answer, OWN_VIEW, RegistryCommand, program};
pub use fixtures::{c_library, compiled, example, fixture, shipped};
pub use folder::{PluginFolder, set_mode};
pub use held::Held;
pub use log::Log;
pub use manifest::{manifest_source, section_source};
pub use obeys::pid_of_obeys;
pub use running::{Ended, Running};
