//! Selection: the ranking against a second one written from its description, who is left out and why,
//! and what is started.

mod catalog;
mod command;
mod left_out;
mod naive;
mod ranking;
mod started;
