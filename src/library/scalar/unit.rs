//! Conversions between units of measurement.
//!
//! Only units that are defined by an exact factor are known: where tables differ in the last digits (miles, electron volts),
//! the unit is refused.

use crate::library::arguments::{constant_text, or_null, real, text};
use crate::library::{Accepts, Example, Function, Parameter, Returns, Signature};
use crate::value::{Type, Value};

const CONVERT: &[Signature] = &[Signature::new(
    &[
        Parameter::new("value", Accepts::Type(Type::Real)),
        Parameter::new("from", Accepts::Type(Type::String)),
        Parameter::new("to", Accepts::Type(Type::String)),
    ],
    Returns::Type(Type::Real),
)];
const REMARKS: &str = "Units go by Kusto's names, which are case-sensitive. One that is not known is refused, or gives null when \
                       it is no constant.";

/// The records.
pub static FUNCTIONS: &[Function] = &[
    Function::new("convert_angle", CONVERT, |a| convert(a, angle), "An angle in another unit.")
        .remarks(REMARKS)
        .check(|c| known(c, angle, "angle"))
        .examples(&[Example::new("convert_angle(0.5, 'Revolution', 'Degree')", "180.0")]),
    Function::new("convert_energy", CONVERT, |a| convert(a, energy), "An energy in another unit.")
        .remarks(REMARKS)
        .check(|c| known(c, energy, "energy"))
        .examples(&[Example::new("convert_energy(2, 'KilowattHour', 'Kilojoule')", "7200.0")]),
    Function::new("convert_force", CONVERT, |a| convert(a, force), "A force in another unit.")
        .remarks(REMARKS)
        .check(|c| known(c, force, "force"))
        .examples(&[Example::new("convert_force(2, 'Kilonewton', 'Newton')", "2000.0")]),
    Function::new("convert_length", CONVERT, |a| convert(a, length), "A length in another unit.")
        .remarks(REMARKS)
        .check(|c| known(c, length, "length"))
        .examples(&[Example::new("round(convert_length(3, 'Foot', 'Meter'), 4)", "0.9144")]),
    Function::new("convert_mass", CONVERT, |a| convert(a, mass), "A mass in another unit.")
        .remarks(REMARKS)
        .check(|c| known(c, mass, "mass"))
        .examples(&[Example::new("convert_mass(2.5, 'Tonne', 'Kilogram')", "2500.0")]),
    Function::new("convert_speed", CONVERT, |a| convert(a, speed), "A speed in another unit.")
        .remarks(REMARKS)
        .check(|c| known(c, speed, "speed"))
        .examples(&[Example::new("round(convert_speed(36, 'KilometerPerHour', 'MeterPerSecond'), 6)", "10.0")]),
    Function::new("convert_temperature", CONVERT, |a| convert(a, temperature), "A temperature in another unit.")
        .remarks(REMARKS)
        .check(|c| known(c, temperature, "temperature"))
        .examples(&[Example::new("round(convert_temperature(100, 'DegreeCelsius', 'DegreeFahrenheit'), 6)", "212.0")]),
    Function::new("convert_volume", CONVERT, |a| convert(a, volume), "A volume in another unit.")
        .remarks(REMARKS)
        .check(|c| known(c, volume, "volume"))
        .examples(&[Example::new("convert_volume(2, 'CubicMeter', 'Liter')", "2000.0")]),
];

/// A unit: how many base units it is, and where its zero lies in them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Unit {
    factor: f64,
    zero: f64,
}

/// The unit of a name, for one quantity.
type Units = fn(&str) -> Option<Unit>;

fn convert(arguments: &[Value], units: Units) -> Value {
    let converted = || {
        let (from, to) = (units(text(arguments, 1))?, units(text(arguments, 2))?);
        Some((real(arguments, 0)? * from.factor + from.zero - to.zero) / to.factor)
    };
    or_null(converted(), Value::Real)
}

fn known(constants: &[Option<Value>], units: Units, quantity: &str) -> Result<(), String> {
    match [1, 2].into_iter().filter_map(|index| constant_text(constants, index)).find(|name| units(name).is_none()) {
        Some(name) => Err(format!("`{name}` is no unit of {quantity} that is known here")),
        None => Ok(()),
    }
}

fn scaled(factor: f64) -> Option<Unit> {
    Some(Unit { factor, zero: 0.0 })
}

/// A unit, or one with a metric prefix: `Gram`, `Kilogram`.
fn metric(name: &str, unit: &str) -> Option<f64> {
    const PREFIXES: [(&str, f64); 13] = [
        ("Nano", 1e-9),
        ("Micro", 1e-6),
        ("Milli", 1e-3),
        ("Centi", 1e-2),
        ("Deci", 1e-1),
        ("Deca", 1e1),
        ("Hecto", 1e2),
        ("Kilo", 1e3),
        ("Mega", 1e6),
        ("Giga", 1e9),
        ("Tera", 1e12),
        ("Peta", 1e15),
        ("", 1.0),
    ];
    PREFIXES.into_iter().find_map(|(prefix, factor)| {
        let rest = name.strip_prefix(prefix)?;
        let matches = if prefix.is_empty() { rest == unit } else { rest == unit.to_ascii_lowercase() };
        matches.then_some(factor)
    })
}

/// In degrees.
fn angle(name: &str) -> Option<Unit> {
    scaled(match name {
        "Arcminute" => 1.0 / 60.0,
        "Arcsecond" => 1.0 / 3600.0,
        "Gradian" => 0.9,
        "Revolution" => 360.0,
        "NatoMil" => 360.0 / 6400.0,
        _ => match metric(name, "Degree") {
            Some(factor) => factor,
            None => metric(name, "Radian")?.to_degrees(),
        },
    })
}

/// In joules.
fn energy(name: &str) -> Option<Unit> {
    const BRITISH: f64 = 1055.05585262;
    scaled(match name {
        "Erg" => 1e-7,
        "BritishThermalUnit" => BRITISH,
        "KilobritishThermalUnit" => BRITISH * 1e3,
        "MegabritishThermalUnit" => BRITISH * 1e6,
        "GigabritishThermalUnit" => BRITISH * 1e9,
        "ThermEc" => BRITISH * 1e5,
        "DecathermEc" => BRITISH * 1e6,
        _ => {
            let watts = |time: &str| name.strip_suffix(time).and_then(|watts| metric(watts, "Watt"));
            metric(name, "Joule")
                .or_else(|| Some(metric(name, "Calorie")? * 4.184))
                .or_else(|| Some(watts("Hour")? * 3600.0))
                .or_else(|| Some(watts("Day")? * 86_400.0))?
        }
    })
}

/// In newtons.
fn force(name: &str) -> Option<Unit> {
    scaled(if name == "Dyn" { 1e-5 } else { metric(name, "Newton")? })
}

/// In metres.
fn length(name: &str) -> Option<Unit> {
    scaled(match name {
        "Angstrom" => 1e-10,
        "AstronomicalUnit" => 149_597_870_700.0,
        "Microinch" => 2.54e-8,
        "Mil" => 2.54e-5,
        "Inch" => 0.0254,
        "Hand" => 0.1016,
        "Foot" => 0.3048,
        "Yard" => 0.9144,
        "Fathom" => 1.8288,
        "Chain" => 20.1168,
        "Shackle" => 27.432,
        "DataMile" => 1828.8,
        "NauticalMile" => 1852.0,
        _ => metric(name, "Meter")?,
    })
}

/// In grams.
fn mass(name: &str) -> Option<Unit> {
    const POUND: f64 = 453.59237;
    scaled(match name {
        "Pound" => POUND,
        "Kilopound" => POUND * 1e3,
        "Megapound" => POUND * 1e6,
        _ => match metric(name, "Gram") {
            Some(factor) => factor,
            None => metric(name, "Tonne")? * 1e6,
        },
    })
}

/// In metres a second.
fn speed(name: &str) -> Option<Unit> {
    let (distance, time) = name.split_once("Per")?;
    let distance = match distance {
        "Inch" => 0.0254,
        "Foot" => 0.3048,
        "Yard" => 0.9144,
        _ => metric(distance, "Meter")?,
    };
    scaled(match time {
        "Second" => distance,
        "Minute" => distance / 60.0,
        "Hour" => distance / 3600.0,
        _ => return None,
    })
}

/// In kelvins.
fn temperature(name: &str) -> Option<Unit> {
    const CELSIUS: f64 = 273.15;
    match name {
        "Kelvin" => scaled(1.0),
        "DegreeRankine" => scaled(5.0 / 9.0),
        "DegreeCelsius" => Some(Unit { factor: 1.0, zero: CELSIUS }),
        "MillidegreeCelsius" => Some(Unit { factor: 1e-3, zero: CELSIUS }),
        "DegreeFahrenheit" => Some(Unit { factor: 5.0 / 9.0, zero: 459.67 * 5.0 / 9.0 }),
        _ => None,
    }
}

/// In litres.
fn volume(name: &str) -> Option<Unit> {
    let cubic = || {
        let side = name.strip_prefix("Cubic")?;
        Some(metric(side, "Meter")?.powi(3) * 1e3)
    };
    scaled(metric(name, "Liter").or_else(cubic)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_their_case() {
        assert_eq!(metric("Kilogram", "Gram"), Some(1e3));
        assert_eq!(metric("Gram", "Gram"), Some(1.0));
        assert_eq!(metric("KiloGram", "Gram"), None);
        assert_eq!(metric("gram", "Gram"), None);
    }

    #[test]
    fn unknown_units_are_refused() {
        let constants = ["", "Meter", "Mile"].map(|text| Some(Value::String(text.to_owned())));
        assert!(known(&constants, length, "length").is_err_and(|message| message.contains("`Mile`")));
        assert_eq!(speed("MeterPerWeek"), None);
    }
}
