//! BLAKE3 hashes of a plan's content and of its shape.
//!
//! Both run over a canonical encoding: every text and list is preceded by its length, and whatever has
//! no order is sorted, so that equal plans encode alike and different ones never do.

use std::fmt;

use serde_json::{Map, Value};

use super::graph::Graph;
use super::{Criticality, RiskLevel, Task};

/// A BLAKE3 hash; its text is 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PlanHash([u8; 32]);

impl PlanHash {
    /// The hash itself.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PlanHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlanHash({self})")
    }
}

pub(super) fn content(objective: &str, tasks: &[Task], meta: &Map<String, Value>) -> PlanHash {
    let mut encoder = Encoder::new("plugin-api plan content 1");
    encoder.text(objective);
    encoder.object(meta);
    let mut sorted: Vec<&Task> = tasks.iter().collect();
    sorted.sort_by(|a, b| a.task_id.cmp(&b.task_id));
    encoder.length(sorted.len());
    for task in sorted {
        encoder.task(task);
    }
    encoder.finish()
}

/// First each task is told by all that lies before it, then also by all that lies behind it; the shape
/// is the multiset of the latter.
pub(super) fn structure(tasks: &[Task], graph: &Graph, order: &[usize]) -> PlanHash {
    let mut before = vec![[0; 32]; tasks.len()];
    for &task in order {
        let mut encoder = Encoder::new("plugin-api plan structure 1: before");
        encoder.text(tasks[task].kind.as_str());
        encoder.multiset(graph.dependencies[task].iter().map(|&other| before[other]));
        before[task] = encoder.finish().0;
    }
    let mut around = vec![[0; 32]; tasks.len()];
    for &task in order.iter().rev() {
        let mut encoder = Encoder::new("plugin-api plan structure 1: around");
        encoder.bytes(&before[task]);
        encoder.multiset(graph.dependents[task].iter().map(|&other| around[other]));
        around[task] = encoder.finish().0;
    }
    let mut encoder = Encoder::new("plugin-api plan structure 1");
    encoder.multiset(around);
    encoder.finish()
}

struct Encoder(blake3::Hasher);

impl Encoder {
    fn new(domain: &str) -> Encoder {
        Encoder(blake3::Hasher::new_derive_key(domain))
    }

    fn finish(&self) -> PlanHash {
        PlanHash(*self.0.finalize().as_bytes())
    }

    fn length(&mut self, length: usize) {
        self.0.update(&(length as u64).to_le_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.0.update(bytes);
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn optional_text(&mut self, text: Option<&str>) {
        self.length(usize::from(text.is_some()));
        self.text(text.unwrap_or_default());
    }

    fn texts<'a>(&mut self, texts: impl Iterator<Item = &'a String>) {
        let mut sorted: Vec<&String> = texts.collect();
        sorted.sort_unstable();
        self.length(sorted.len());
        for text in sorted {
            self.text(text);
        }
    }

    fn multiset(&mut self, hashes: impl IntoIterator<Item = [u8; 32]>) {
        let mut sorted: Vec<[u8; 32]> = hashes.into_iter().collect();
        sorted.sort_unstable();
        self.length(sorted.len());
        for hash in sorted {
            self.0.update(&hash);
        }
    }

    fn task(&mut self, task: &Task) {
        self.text(&task.task_id);
        self.text(&task.description);
        self.text(task.kind.as_str());
        self.optional_text(task.tool_name.as_deref());
        self.object(&task.args);
        self.texts(task.dependencies.iter());
        self.text(&task.priority.to_string());
        self.text(match task.criticality {
            Criticality::Low => "LOW",
            Criticality::Medium => "MEDIUM",
            Criticality::High => "HIGH",
        });
        self.text(match task.risk_level {
            RiskLevel::Low => "LOW",
            RiskLevel::Medium => "MEDIUM",
            RiskLevel::High => "HIGH",
        });
        self.optional_text(task.gate_condition.as_deref());
        self.texts(task.tags.iter());
        self.object(&task.metadata);
    }

    /// Keys are sorted here, for in some builds a JSON object keeps them as they were inserted.
    fn object(&mut self, object: &Map<String, Value>) {
        let mut entries: Vec<(&String, &Value)> = object.iter().collect();
        entries.sort_unstable_by_key(|&(key, _)| key);
        self.length(entries.len());
        for (key, value) in entries {
            self.text(key);
            self.value(value);
        }
    }

    /// Recurses as deep as the value nests, which the check has bounded.
    fn value(&mut self, value: &Value) {
        match value {
            Value::Null => self.text("null"),
            Value::Bool(false) => self.text("false"),
            Value::Bool(true) => self.text("true"),
            Value::Number(number) => {
                self.text("number");
                self.text(&number.to_string());
            }
            Value::String(text) => {
                self.text("string");
                self.text(text);
            }
            Value::Array(items) => {
                self.text("array");
                self.length(items.len());
                for item in items {
                    self.value(item);
                }
            }
            Value::Object(object) => {
                self.text("object");
                self.object(object);
            }
        }
    }
}
