//! The rules that come with huntline.

/// A rule with its cases.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// The script.
    pub source: &'static str,
    /// Its cases.
    pub cases: &'static str,
    /// Further cases, as a table.
    pub table: Option<&'static str>,
}

macro_rules! preset {
    ($name:literal) => {
        Preset {
            name: $name,
            source: include_str!(concat!("../../rules/", $name, ".rhai")),
            cases: include_str!(concat!("../../rules/", $name, ".cases.json")),
            table: None,
        }
    };
}

/// All of them, the most cautious last.
pub const PRESETS: &[Preset] = &[
    preset!("defender_wins"),
    preset!("sentinel_wins"),
    preset!("close_wins"),
    Preset {
        table: Some(include_str!("../../rules/human_over_automation.cases.md")),
        ..preset!("human_over_automation")
    },
    preset!("most_recent_else_hold"),
];

/// The one of a name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.name == name)
}
