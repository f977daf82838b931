//! `scan` and its steps.

use super::writer::Writer;
use crate::syntax::ast::{Scan, ScanStep};

impl Writer<'_> {
    /// `scan`, from its keyword on.
    pub fn scan(&mut self, scan: &Scan, end: u32) {
        self.text("scan");
        self.operator_parameters(&scan.parameters);
        if !scan.order.is_empty() {
            self.text(" order by ");
            self.list(&scan.order, |w, key| w.sort_key(key));
        }
        if !scan.partition.is_empty() {
            self.text(" partition by");
            self.expressions(&scan.partition);
        }
        if !scan.declare.is_empty() {
            self.text(" declare ");
            self.parameters(&scan.declare);
        }
        self.text(" with (");
        self.indented(|w| {
            for step in &scan.steps {
                w.line_at(step.name.span.start);
                w.scan_step(step);
            }
        });
        self.line_at(end);
        self.text(")");
    }

    fn scan_step(&mut self, step: &ScanStep) {
        self.text("step ");
        self.name(&step.name);
        self.text(if step.optional { " optional" } else { "" });
        if let Some(output) = &step.output {
            self.text(" output=");
            self.name(output);
        }
        self.optional(": ", Some(&step.condition));
        if !step.assignments.is_empty() {
            self.text(" =>");
            self.expressions(&step.assignments);
        }
        self.text(";");
    }
}
