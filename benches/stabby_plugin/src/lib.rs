//! A plugin as stabby has it, and what its loader has to know of it.

#![expect(
    clippy::expl_impl_clone_on_copy,
    reason = "stabby's macro expands to code that this lint objects to"
)]

use stabby::boxed::Box;
use stabby::str::Str;
use stabby::string::String;

/// A planner.
#[stabby::stabby(checked)]
pub trait Planner {
    /// Turns an objective into a plan.
    extern "C" fn plan(&self, objective: Str<'_>) -> String;
}

/// The type of the constructor, which the library exports as `construct`.
pub type Construct = extern "C" fn() -> stabby::dynptr!(Box<dyn Planner>);

struct Echo;

impl Planner for Echo {
    extern "C" fn plan(&self, objective: Str<'_>) -> String {
        String::from(&*objective)
    }
}

/// Makes the planner.
#[stabby::export]
pub extern "C" fn construct() -> stabby::dynptr!(Box<dyn Planner>) {
    Box::new(Echo).into()
}
