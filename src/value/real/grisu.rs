//! The digits of a real as the engine prints them.
//!
//! In: a positive, finite double. Out: decimal digits and the power of ten of the last one. Reading the digits gives the same
//! double back, but of several such texts this is not always the shortest or the nearest: the engine uses Grisu2 (Florian
//! Loitsch, "Printing floating-point numbers quickly and accurately with integers", 2010) with a flaw. The step that moves
//! the last digit towards the true value is lost when nine or more digits stand behind the part that it computes in whole
//! numbers, so that `0.1 + 0.2` prints as 0.30000000000000007. Texts compare and group by these digits: they are kept.

use super::powers::POWERS;

/// Digits behind the whole part from which the last one is no longer corrected.
const UNCORRECTED: i32 = 9;

/// `f * 2^e`
#[derive(Clone, Copy)]
struct Scaled {
    f: u64,
    e: i32,
}

impl Scaled {
    fn normalized(self) -> Scaled {
        let shift = self.f.leading_zeros();
        Scaled { f: self.f << shift, e: self.e - shift.cast_signed() }
    }

    /// The upper 64 bits of the product, rounded.
    fn times(self, other: Scaled) -> Scaled {
        let product = u128::from(self.f) * u128::from(other.f);
        let rounded = (product >> 64) + ((product >> 63) & 1);
        Scaled { f: rounded as u64, e: self.e + other.e + 64 }
    }
}

/// The digits of a positive, finite double, and the power of ten of the last one.
pub(super) fn digits(x: f64) -> (Vec<u8>, i32) {
    let exact = decompose(x);
    let above = Scaled { f: (exact.f << 1) + 1, e: exact.e - 1 }.normalized();
    let below = lower_bound(exact, above.e);
    let (power, exponent) = cached_power(above.e);
    let value = exact.normalized().times(power);
    let (high, low) = (above.times(power), below.times(power));
    // Both bounds come in by one unit, for what the products have lost.
    let high = Scaled { f: high.f - 1, ..high };
    let interval = Interval { width: high.f - (low.f + 1), to_value: high.f - value.f };
    generate(high, interval, exponent)
}

fn decompose(x: f64) -> Scaled {
    let bits = x.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    match exponent {
        0 => Scaled { f: fraction, e: -1074 },
        _ => Scaled { f: fraction | 1 << 52, e: exponent - 1075 },
    }
}

/// Half way to the double below, at that exponent.
fn lower_bound(exact: Scaled, e: i32) -> Scaled {
    // The doubles below a power of two lie twice as close.
    let half = match exact.f {
        0x10_0000_0000_0000 => Scaled { f: (exact.f << 2) - 1, e: exact.e - 2 },
        _ => Scaled { f: (exact.f << 1) - 1, e: exact.e - 1 },
    };
    Scaled { f: half.f << (half.e - e), e }
}

/// The power of ten that brings an exponent into reach, and the exponent that makes up for it.
fn cached_power(e: i32) -> (Scaled, i32) {
    let wanted = (f64::from(-61 - e) * std::f64::consts::LOG10_2 + 347.0).ceil() as i32;
    let index = (wanted >> 3) + 1;
    let (f, e) = usize::try_from(index).ok().and_then(|i| POWERS.get(i)).copied().unwrap_or((1 << 63, -63));
    (Scaled { f, e }, 348 - (index << 3))
}

/// The numbers that round to the same double, counted down from the upper bound.
struct Interval {
    width: u64,
    to_value: u64,
}

/// Digits of the upper bound until what is left lies within the interval.
fn generate(high: Scaled, mut interval: Interval, exponent: i32) -> (Vec<u8>, i32) {
    let shift = (-high.e).cast_unsigned();
    let one = 1_u64 << shift;
    let mut whole = high.f >> shift;
    let mut fraction = high.f & (one - 1);
    let mut digits = Vec::with_capacity(17);
    let mut kappa = whole.checked_ilog10().map_or(1, |n| n.cast_signed() + 1);
    while kappa > 0 {
        let unit = 10_u64.pow((kappa - 1).cast_unsigned());
        push(&mut digits, whole / unit);
        whole %= unit;
        kappa -= 1;
        let rest = (whole << shift) + fraction;
        if rest <= interval.width {
            correct(&mut digits, &interval, rest, unit << shift);
            return (digits, exponent + kappa);
        }
    }
    loop {
        fraction *= 10;
        interval.width *= 10;
        push(&mut digits, fraction >> shift);
        fraction &= one - 1;
        kappa -= 1;
        if fraction < interval.width {
            let scale = if -kappa < UNCORRECTED { 10_u64.pow((-kappa).cast_unsigned()) } else { 0 };
            interval.to_value = interval.to_value.wrapping_mul(scale);
            correct(&mut digits, &interval, fraction, one);
            return (digits, exponent + kappa);
        }
    }
}

fn push(digits: &mut Vec<u8>, digit: u64) {
    if digit > 0 || !digits.is_empty() {
        digits.push(digit as u8);
    }
}

/// Lowers the last digit while that brings the digits nearer to the value.
fn correct(digits: &mut [u8], interval: &Interval, mut rest: u64, unit: u64) {
    let Some(last) = digits.last_mut() else { return };
    let target = interval.to_value;
    while rest < target
        && interval.width - rest >= unit
        && (rest + unit < target || target - rest > rest + unit - target)
    {
        *last -= 1;
        rest += unit;
    }
}

#[cfg(test)]
mod tests {
    use super::digits;

    fn text(x: f64) -> String {
        let (digits, exponent) = digits(x);
        let digits: String = digits.iter().map(|d| char::from(b'0' + d)).collect();
        format!("{digits}e{exponent}")
    }

    #[test]
    fn digits_give_the_number_back() {
        let mut bits = 0x0123_4567_89ab_cdef_u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let x = f64::from_bits(bits >> 1);
            if x.is_finite() && x > 0.0 {
                assert_eq!(text(x).parse(), Ok(x));
            }
        }
        for x in [f64::MIN_POSITIVE, f64::MAX, 5e-324, 1.0, 4_503_599_627_370_496.0, 123.456] {
            assert_eq!(text(x).parse(), Ok(x));
        }
    }

    #[test]
    fn last_digits_are_those_of_the_engine() {
        assert_eq!(text(0.7 + 0.1), "7999999999999999e-16");
        assert_eq!(text(0.3), "3e-1");
        assert_eq!(text(0.1 + 0.2), "30000000000000007e-17");
    }
}
