//! The rule over made-up evidence, and the file of keys.

mod bits;
mod keys_file;
mod verdicts;
