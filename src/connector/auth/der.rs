//! The few fields of an X.509 certificate that are looked at before it is used (RFC 5280, section 4.1).
//!
//! In: a certificate as DER. Out: when it is valid, and its public key. Never: a judgement of who signed it, that is Entra's.

use crate::value::datetime;

/// ASN.1 tags in DER.
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;

/// What is looked at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fields<'a> {
    /// The first moment of its validity, in ticks.
    pub(super) not_before: i64,
    /// The last one.
    pub(super) not_after: i64,
    /// The subject's public key: for RSA the modulus and the exponent, as DER (RFC 8017, A.1.1).
    pub(super) public_key: &'a [u8],
}

/// Reads a certificate; `None` when it is none.
pub(super) fn fields(certificate: &[u8]) -> Option<Fields<'_>> {
    let mut certificate = Reader(certificate);
    let mut signed = certificate.inside(SEQUENCE)?.inside(SEQUENCE)?;
    if signed.0.first() == Some(&VERSION) {
        signed.take(VERSION)?;
    }
    signed.take(INTEGER)?;
    let _algorithm = signed.take(SEQUENCE)?;
    let _issuer = signed.take(SEQUENCE)?;
    let mut validity = signed.inside(SEQUENCE)?;
    let (not_before, not_after) = (validity.time()?, validity.time()?);
    let _subject = signed.take(SEQUENCE)?;
    let mut key = signed.inside(SEQUENCE)?;
    key.take(SEQUENCE)?;
    // The first byte counts the bits that are not used: none.
    let public_key = key.take(BIT_STRING)?.strip_prefix(&[0])?;
    Some(Fields { not_before, not_after, public_key })
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// The contents of the next value, when it has this tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, contents) = self.value()?;
        (found == tag).then_some(contents)
    }

    /// The next value, to read what is inside.
    fn inside(&mut self, tag: u8) -> Option<Reader<'a>> {
        self.take(tag).map(Reader)
    }

    fn value(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, mut rest) = rest.split_first()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            let (bytes, after) = rest.split_at_checked(usize::from(first & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            length = bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
            rest = after;
        }
        let (contents, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, contents))
    }

    /// A time, in ticks. Two digits of a year below 50 are in this century.
    fn time(&mut self) -> Option<i64> {
        let (tag, contents) = self.value()?;
        let text = std::str::from_utf8(contents).ok()?;
        let text = match (tag, text.get(..2)?) {
            (GENERALIZED_TIME, _) => text.to_owned(),
            (UTC_TIME, year) if year < "50" => format!("20{text}"),
            (UTC_TIME, _) => format!("19{text}"),
            _ => return None,
        };
        let part = |from: usize, to: usize| text.get(from..to);
        let (day, time) = ([part(0, 4)?, part(4, 6)?, part(6, 8)?], [part(8, 10)?, part(10, 12)?, part(12, 14)?]);
        datetime::parse(&format!("{}T{}Z", day.join("-"), time.join(":")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_short_is_no_certificate() {
        let params = rcgen::CertificateParams::new(vec![]).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let der = certificate.der().as_ref();
        assert!(fields(der).is_some());
        for length in 0..der.len().min(300) {
            assert_eq!(fields(&der[..length]), None, "{length}");
        }
    }

    #[test]
    fn years_have_two_digits_or_four() {
        let time = |tag, text: &str| {
            let length = u8::try_from(text.len()).unwrap();
            Reader(&[&[tag, length], text.as_bytes()].concat()).time().map(datetime::format)
        };
        assert_eq!(time(UTC_TIME, "491231235959Z").unwrap(), "2049-12-31T23:59:59.0000000Z");
        assert_eq!(time(UTC_TIME, "500101000000Z").unwrap(), "1950-01-01T00:00:00.0000000Z");
        assert_eq!(time(GENERALIZED_TIME, "99991231235959Z").unwrap(), "9999-12-31T23:59:59.0000000Z");
        assert_eq!(time(UTC_TIME, "4912"), None);
    }
}
