//! Text for people: aligned, coloured where that is wanted, and safe to print.
//!
//! All text enters through [`Cell`], which escapes it; [`Table`] aligns cells by the width a terminal
//! gives them and fits them into its columns; [`Page`] puts headings, lines and tables one below the
//! other. A cell never begins a line of the terminal that its table did not begin: where the number
//! of columns is known it is cut or wrapped with an indent, so that the tail of a long text cannot
//! pass for a row of its own.

mod cell;
mod crash;
mod describe;
mod discovered;
mod doctor;
mod events;
mod explain;
mod failures;
mod files;
mod heal;
mod health;
mod list;
mod loading;
mod locking;
mod look;
mod page;
mod profiles;
mod report;
#[cfg(test)]
pub(super) mod sample;
mod slow;
mod table;
mod trust;

pub use cell::Cell;
pub use describe::{describe, manifest_rows};
pub use doctor::doctor;
pub use events::events;
pub use explain::explain;
pub use heal::heal;
pub use health::health;
pub use list::list;
pub use look::{Ink, Look};
pub use page::Page;
pub use report::{Detail, report, settings};
pub use table::Table;
