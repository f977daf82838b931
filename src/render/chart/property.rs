//! The properties of `render ... with (...)`.

use super::kind::refused;
use super::{Axis, Stacking};
use crate::diagnostic::{Code, Diagnostic};
use crate::value::{Json, Visualization};

/// What the properties say, read once.
pub struct Properties<'a> {
    visualization: &'a Visualization,
}

impl<'a> Properties<'a> {
    pub fn of(visualization: &'a Visualization) -> Self {
        Properties { visualization }
    }

    /// A text, or nothing.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.visualization.property(name)? {
            Json::String(text) => Some(text.clone()),
            Json::Null => None,
            other => Some(other.to_string()),
        }
    }

    /// A list of column names; a single text may hold several, between commas.
    pub fn columns(&self, name: &str) -> Vec<String> {
        match self.visualization.property(name) {
            Some(Json::Array(items)) => {
                items.iter().map(|i| i.as_str().map_or_else(|| i.to_string(), str::to_owned)).collect()
            }
            Some(Json::String(text)) => {
                text.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
            }
            _ => vec![],
        }
    }

    /// A finite number.
    pub fn number(&self, name: &str) -> Option<f64> {
        let number = match self.visualization.property(name)? {
            Json::Number(n) => n.as_f64(),
            Json::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|n| n.is_finite())
    }

    /// True when the property has that value, in any case.
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.text(name).is_some_and(|t| t.eq_ignore_ascii_case(value))
    }

    /// `kind=`: how series share the picture.
    ///
    /// # Errors
    /// Refuses maps, and values that are not known.
    pub fn stacking(&self, default: Stacking) -> Result<Stacking, Diagnostic> {
        let Some(kind) = self.text("kind") else { return Ok(default) };
        match kind.to_ascii_lowercase().as_str() {
            "default" => Ok(default),
            "unstacked" => Ok(Stacking::None),
            "stacked" => Ok(Stacking::Stacked),
            "stacked100" => Ok(Stacking::Percent),
            "map" => Err(refused(format!("`render {}` on a map is not drawn yet", self.visualization.kind))),
            _ => Err(Diagnostic::general(Code::WrongValue, format!("no kind of chart is called `{kind}`"))
                .with_help("one of default, unstacked, stacked, stacked100")),
        }
    }

    /// Scale and fixed ends of an axis named `x` or `y`.
    pub fn axis(&self, name: char, title: String, unit: super::Unit) -> Axis {
        Axis {
            title: self.text(&format!("{name}title")).unwrap_or(title),
            unit,
            log: self.is(&format!("{name}axis"), "log"),
            min: self.number(&format!("{name}min")),
            max: self.number(&format!("{name}max")),
        }
    }
}
