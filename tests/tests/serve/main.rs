//! A registry that answers over HTTP: what each request is told, who may change something, and what
//! hostile callers cannot do.

mod bounds;
mod changes;
mod command;
mod flood;
mod ground;
mod requests;
