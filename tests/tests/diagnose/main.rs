//! Reports of real situations: their JSON against its schema, their text on one screen.

mod schema;
mod screen;
mod situations;
