//! What the author of a planner plugin links, and nothing else.
