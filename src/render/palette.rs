//! Colours that people with a colour vision deficiency can tell apart, and dashes for when there are more series than colours.
//!
//! The first six are Okabe and Ito's (their yellow, which is too faint on white, apart); the others are of Paul Tol's muted
//! scheme, chosen to differ in lightness from their neighbours.

/// Colours on white.
pub const LIGHT: [&str; 12] = [
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#332288", "#999933", "#882255", "#44AA99",
    "#8C6D31", "#6E6E6E",
];

/// The same colours on black.
pub const DARK: [&str; 12] = [
    "#4BA3DC", "#F0B429", "#2EC49A", "#F0803C", "#E0A0C4", "#8FD0F7", "#9C8CF0", "#C4C45A", "#D4689A", "#72CFBF",
    "#C9A662", "#B4B4B4",
];

/// The nearest of a terminal's 256 colours, for light print on a dark ground.
pub const TERMINAL: [u8; 12] = [74, 214, 43, 208, 182, 117, 141, 185, 168, 80, 179, 249];

/// The colour's number of a series.
pub const fn slot(series: usize) -> usize {
    series % LIGHT.len()
}

/// The colour of a series on white.
pub fn light(series: usize) -> &'static str {
    LIGHT.get(slot(series)).copied().unwrap_or("#000000")
}

/// The dashes of a series: none for the first twelve, then a pattern for each further dozen.
pub fn dashes(series: usize) -> Option<&'static str> {
    [None, Some("6 3"), Some("2 3"), Some("8 3 2 3"), Some("12 4")].get(series / LIGHT.len() % 5).copied().flatten()
}
