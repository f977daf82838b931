//! Texts of reals.
//!
//! In: a double. Out: the text that `tostring()` gives, or the other way round.

mod grisu;
mod powers;

/// Reads a real: decimal, with or without exponent, or `nan`, `inf`, `infinity` in any case.
pub fn parse(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

/// Kusto's text of a real: always with a point (`1.0`), with an exponent from 1e21 up and below 1e-6.
pub fn format(x: f64) -> String {
    if x.is_nan() {
        return "NaN".to_owned();
    }
    let sign = if x.is_sign_negative() { "-" } else { "" };
    if x.is_infinite() {
        return format!("{sign}inf");
    }
    if x == 0.0 {
        return format!("{sign}0.0");
    }
    let (digits, exponent) = digits(x.abs());
    format!("{sign}{}", place_point(&digits, exponent))
}

/// The digits that the engine prints, and the power of ten of the first one.
fn digits(x: f64) -> (String, i32) {
    let (digits, last) = grisu::digits(x);
    let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
    let text = text.trim_end_matches('0');
    let first = last + i32::try_from(digits.len()).unwrap_or(0) - 1;
    (text.to_owned(), first)
}

/// Writes digits whose first stands for that power of ten.
fn place_point(digits: &str, exponent: i32) -> String {
    let length = digits.len();
    let whole = usize::try_from(exponent + 1).unwrap_or(0);
    match exponent {
        0..=20 if whole >= length => format!("{digits}{}.0", "0".repeat(whole - length)),
        0..=20 => {
            let (before, after) = digits.split_at_checked(whole).unwrap_or((digits, "0"));
            format!("{before}.{after}")
        }
        -6..=-1 => format!("0.{}{digits}", "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0))),
        _ => {
            let (first, rest) = digits.split_at_checked(1).unwrap_or((digits, ""));
            let point = if rest.is_empty() { "" } else { "." };
            format!("{first}{point}{rest}e{exponent}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_point_and_exponent() {
        for (x, text) in [
            (2.0, "2.0"),
            (-0.0, "-0.0"),
            (12.75, "12.75"),
            (0.000_25, "0.00025"),
            (1.5e20, "150000000000000000000.0"),
            (1.5e21, "1.5e21"),
            (3e-9, "3e-9"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(format(x), text);
        }
    }

    #[test]
    fn reads_names_and_numbers() {
        assert_eq!(parse(" 2.5e3 "), Some(2500.0));
        assert_eq!(parse("-Infinity"), Some(f64::NEG_INFINITY));
        assert!(parse("NaN").is_some_and(f64::is_nan));
        assert_eq!(parse("0x10"), None);
        assert_eq!(parse("1_000"), None);
    }
}
