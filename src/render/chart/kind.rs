//! The kinds of picture that `render` can ask for.

use crate::diagnostic::{Code, Diagnostic, nearest};

/// A kind of picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Lines (`timechart`, `linechart`).
    Line,
    /// Filled lines (`areachart`, `stackedareachart`).
    Area,
    /// Upright bars.
    Column,
    /// Lying bars.
    Bar,
    /// Slices of a circle.
    Pie,
    /// Dots.
    Scatter,
    /// The values of the first row, in large print.
    Card,
}

/// What a name asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The kind.
    pub kind: Kind,
    /// Whether x must be a datetime.
    pub time: bool,
    /// Whether series are stacked when nothing is said.
    pub stacked: bool,
}

/// Kinds of Kusto's clients that are not drawn here.
const NOT_BUILT: &[&str] = &[
    "anomalychart",
    "ladderchart",
    "pivotchart",
    "timepivot",
    "timeline",
    "treemap",
    "plotly",
    "graph",
    "3dchart",
    "sankey",
];

const BUILT: &[(&str, Request)] = &[
    ("timechart", Request { kind: Kind::Line, time: true, stacked: false }),
    ("linechart", Request { kind: Kind::Line, time: false, stacked: false }),
    ("areachart", Request { kind: Kind::Area, time: false, stacked: false }),
    ("stackedareachart", Request { kind: Kind::Area, time: false, stacked: true }),
    ("columnchart", Request { kind: Kind::Column, time: false, stacked: false }),
    ("barchart", Request { kind: Kind::Bar, time: false, stacked: false }),
    ("piechart", Request { kind: Kind::Pie, time: false, stacked: false }),
    ("scatterchart", Request { kind: Kind::Scatter, time: false, stacked: false }),
    ("card", Request { kind: Kind::Card, time: false, stacked: false }),
];

/// Reads the name of a visualization.
///
/// # Errors
/// Refuses kinds that are not drawn, by name.
pub fn read(name: &str) -> Result<Request, Diagnostic> {
    let lowered = name.to_ascii_lowercase();
    if let Some((_, request)) = BUILT.iter().find(|(n, _)| *n == lowered) {
        return Ok(*request);
    }
    if NOT_BUILT.contains(&lowered.as_str()) {
        return Err(refused(format!("`render {name}` is not drawn yet")));
    }
    let near = nearest(&lowered, BUILT.iter().map(|(n, _)| *n));
    Err(Diagnostic::general(Code::WrongValue, format!("no visualization is called `{name}`")).with_suggestion(near))
}

/// A picture that is known but not built: the table is shown in its place.
pub fn refused(message: impl Into<String>) -> Diagnostic {
    Diagnostic::general(Code::NotBuiltYet, message).with_help("the result is shown as a table")
}
