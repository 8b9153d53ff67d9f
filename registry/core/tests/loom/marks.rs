//! Marks and the views of them.

use std::sync::Arc;

use loom::thread;
use registry_core::mark::{Mark, Marks, View};

use crate::check::check;

/// Two threads set one mark, a third has just looked: who knows that either is done finds it.
#[test]
fn whoever_knows_of_a_mark_finds_it() {
    check(&["seen before", "not seen before"], |reached| {
        let marks = Marks::new();
        let mark = Arc::new(Mark::new(marks.clone()));
        let view = Arc::new(View::default());
        let setting = Arc::clone(&mark);
        let setter = thread::spawn(move || setting.set());
        let (looking, row, counted) = (Arc::clone(&view), Arc::clone(&mark), marks.clone());
        let looker = thread::spawn(move || looking.look(&counted, std::iter::once(&*row)).len());
        mark.set();
        let found = view.look(&marks, std::iter::once(&*mark));
        assert_eq!(*found, [0], "a mark that this thread set");
        reached.reach(match looker.join().unwrap() {
            0 => "not seen before",
            _ => "seen before",
        });
        setter.join().unwrap();
        let found = view.look(&marks, std::iter::once(&*mark));
        assert_eq!(*found, [0], "a mark that stays");
    });
}
