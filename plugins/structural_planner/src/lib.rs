//! Orders work bottom-up over the layers of a dependency graph.
