//! How long to wait before another try.

use crate::connector::settings::Retry;
use crate::value::datetime::{self, TICKS_PER_SECOND};
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use std::time::Duration;
use uuid::Uuid;

/// The longest time that a service may ask for; what is more is taken for that.
pub(in crate::connector) const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// What the service asks for, a day at most: `Retry-After` in seconds, or as a date, which is read against the answer's own `Date`, so
/// that clocks need not agree.
pub(in crate::connector) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let value = text(RETRY_AFTER)?;
    if let Ok(seconds) = value.parse::<f64>() {
        // NaN stays what it is, and is none.
        return Duration::try_from_secs_f64(seconds.clamp(0.0, LONGEST.as_secs_f64())).ok();
    }
    let until = datetime::parse(value)?;
    let now = datetime::parse(text(DATE)?)?;
    let seconds = (until.saturating_sub(now) / TICKS_PER_SECOND).max(0);
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)).min(LONGEST))
}

/// The wait after the `tries`th try: exponential with full jitter, so that clients that failed together do not come back
/// together.
pub(in crate::connector) fn backoff(retry: &Retry, tries: u32) -> Duration {
    let most = retry.base.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(retry.max_wait);
    most.mul_f64(chance())
}

/// Between 0 and 1: the random bits of a fresh id.
fn chance() -> f64 {
    let (_, low) = Uuid::new_v4().as_u64_pair();
    f64::from((low & u64::from(u32::MAX)) as u32) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_in_seconds_and_as_a_date() {
        let headers = |pairs: &[(&'static str, &str)]| {
            pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect::<HeaderMap>()
        };
        assert_eq!(asked(&headers(&[("retry-after", " 7 ")])), Some(Duration::from_secs(7)));
        let date = [("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT"), ("date", "Sun, 06 Nov 1994 08:49:37 GMT")];
        assert_eq!(asked(&headers(&date)), Some(Duration::from_secs(30)));
        assert_eq!(asked(&headers(&date[..1])), None);
        assert_eq!(asked(&headers(&[("retry-after", "soon")])), None);
        assert_eq!(asked(&headers(&[("retry-after", "NaN")])), None);
        for far in ["99999999999999", "1e300", "inf"] {
            assert_eq!(asked(&headers(&[("retry-after", far)])), Some(LONGEST), "{far}");
        }
        let far = [("retry-after", "Sun, 06 Nov 2994 08:50:07 GMT"), date[1]];
        assert_eq!(asked(&headers(&far)), Some(LONGEST));
    }

    #[test]
    fn waits_stay_below_their_limits() {
        let retry = Retry { max_tries: 9, base: Duration::from_secs(1), max_wait: Duration::from_secs(5) };
        for _ in 0..50 {
            assert!(backoff(&retry, 1) <= Duration::from_secs(1));
            assert!(backoff(&retry, 40) <= Duration::from_secs(5));
        }
    }
}
