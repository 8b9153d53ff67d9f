//! A plan as a Mermaid flowchart.
//!
//! Nodes are named by their place in the order, never by an id from the plan. In labels, every character
//! but letters, digits and a few harmless marks is written as a numeric entity, so that no text can end
//! its label or start a directive; what would be invisible or turn the line around becomes U+FFFD.

use std::fmt::{self, Write};

use super::graph::Graph;
use super::text::{clip, is_plain};
use super::{RiskLevel, Task, TaskKind};

/// How much of a description or condition a label shows.
const LABEL_CHARS_MAX: usize = 80;

pub(super) fn render(tasks: &[Task], graph: &Graph, order: &[usize]) -> String {
    let mut place = vec![0; tasks.len()];
    for (number, &task) in order.iter().enumerate() {
        place[task] = number;
    }
    let mut chart = String::from("flowchart TD\n");
    for &task in order {
        let _ = write_node(&mut chart, &tasks[task], place[task]);
    }
    for &task in order {
        let mut sources: Vec<usize> = graph.dependencies[task]
            .iter()
            .map(|&source| place[source])
            .collect();
        sources.sort_unstable();
        for source in sources {
            let _ = writeln!(chart, "    t{source} --> t{}", place[task]);
        }
    }
    let risky: Vec<String> = order
        .iter()
        .filter(|&&task| tasks[task].risk_level == RiskLevel::High)
        .map(|&task| format!("t{}", place[task]))
        .collect();
    if !risky.is_empty() {
        let _ = writeln!(chart, "    classDef high stroke:#c00,stroke-width:3px");
        let _ = writeln!(chart, "    class {} high", risky.join(","));
    }
    chart
}

fn write_node(chart: &mut String, task: &Task, number: usize) -> fmt::Result {
    let (open, close) = match task.kind {
        TaskKind::Tool => ("[", "]"),
        TaskKind::Transform => ("[/", "/]"),
        TaskKind::Aggregate => ("[[", "]]"),
        TaskKind::Verify => ("([", "])"),
        TaskKind::Gate => ("{", "}"),
    };
    write!(chart, "    t{number}{open}\"")?;
    write_label(chart, &task.task_id)?;
    write!(chart, ": ")?;
    write_label(chart, &task.description)?;
    if let Some(condition) = &task.gate_condition {
        write!(chart, "<br/>if ")?;
        write_label(chart, condition)?;
    }
    writeln!(chart, "\"{close}")
}

fn write_label(chart: &mut String, text: &str) -> fmt::Result {
    for c in clip(text, LABEL_CHARS_MAX).chars() {
        match c {
            ' ' | ',' | '.' | '-' | '_' | '…' => chart.write_char(c)?,
            c if c.is_alphanumeric() => chart.write_char(c)?,
            c if c.is_whitespace() => chart.write_char(' ')?,
            c if !is_plain(c) => chart.write_char(char::REPLACEMENT_CHARACTER)?,
            c => write!(chart, "#{};", u32::from(c))?,
        }
    }
    Ok(())
}
