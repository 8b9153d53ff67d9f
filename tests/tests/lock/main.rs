//! The lock and what is remembered: which bytes may run, and no way back, with real libraries and the
//! real command.

mod command;
mod digests;
mod flipped;
mod ground;
mod hostile;
mod layouts;
mod no_way_back;
