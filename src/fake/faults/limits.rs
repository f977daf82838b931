//! The services' own throttles: ARM's token buckets, and elsewhere so many requests in a window, or so many rows as a
//! measure of a tenant's share of the processor. Off until asked for.

use super::super::store::SECOND;
use super::super::wire::Object;
use super::{Op, Service, apply::throttled};
use crate::fake::wire::Reply;
use axum::http::Method;
use serde_json::Value as Json;
use std::collections::VecDeque;

/// A token bucket.
#[derive(Clone, Debug)]
struct Bucket {
    size: f64,
    per_second: f64,
    tokens: f64,
    at: i64,
}

impl Bucket {
    fn new(size: f64, per_second: f64) -> Bucket {
        Bucket { size, per_second, tokens: size, at: i64::MIN }
    }

    /// Takes a token, or answers the seconds to wait for one.
    fn take(&mut self, now: i64) -> Result<(), u64> {
        if self.at != i64::MIN {
            let seconds = now.saturating_sub(self.at).max(0) as f64 / SECOND as f64;
            self.tokens = (self.tokens + seconds * self.per_second).min(self.size);
        }
        self.at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let wait = if self.per_second > 0.0 { (1.0 - self.tokens) / self.per_second } else { 3600.0 };
        Err((wait.ceil() as u64).max(1))
    }
}

/// So many requests in so many seconds.
#[derive(Clone, Debug)]
struct Window {
    most: usize,
    seconds: i64,
    times: VecDeque<i64>,
}

impl Window {
    fn new(most: usize, seconds: i64) -> Window {
        Window { most, seconds, times: VecDeque::new() }
    }

    fn take(&mut self, now: i64) -> Result<(), u64> {
        let span = self.seconds * SECOND;
        while self.times.front().is_some_and(|t| *t <= now - span) {
            self.times.pop_front();
        }
        if self.times.len() < self.most {
            self.times.push_back(now);
            return Ok(());
        }
        let free = self.times.front().map_or(span, |t| t + span - now);
        Err(((free as f64 / SECOND as f64).ceil() as u64).max(1))
    }
}

/// So many rows of answers in so many seconds. It stands for hunting's share of the processor, which no two runs would
/// use alike.
#[derive(Clone, Debug)]
struct Share {
    rows: u64,
    seconds: i64,
    spent: VecDeque<(i64, u64)>,
}

impl Share {
    /// Refuses while the share is used up, with the seconds until some of it is free again.
    fn admit(&mut self, now: i64) -> Result<(), u64> {
        let span = self.seconds * SECOND;
        while self.spent.front().is_some_and(|(t, _)| *t <= now - span) {
            self.spent.pop_front();
        }
        let mut used: u64 = self.spent.iter().map(|(_, rows)| *rows).sum();
        let mut free = now;
        for (at, rows) in &self.spent {
            if used < self.rows {
                break;
            }
            (used, free) = (used - rows, at + span);
        }
        if free == now { Ok(()) } else { Err((((free - now) as f64 / SECOND as f64).ceil() as u64).max(1)) }
    }
}

/// The throttles.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Limits {
    reads: Bucket,
    writes: Bucket,
    deletes: Bucket,
    arm_enforced: bool,
    graph: Option<Window>,
    hunting: Option<Window>,
    share: Option<Share>,
    la: Option<Window>,
}

impl Default for Limits {
    fn default() -> Limits {
        // ARM's documented buckets; they are counted for the headers even when they are not enforced.
        Limits {
            reads: Bucket::new(250.0, 25.0),
            writes: Bucket::new(200.0, 10.0),
            deletes: Bucket::new(200.0, 10.0),
            arm_enforced: false,
            graph: None,
            hunting: None,
            share: None,
            la: None,
        }
    }
}

impl Limits {
    /// From `{"graph_per_minute","hunting_per_minute","la_per_30_seconds","hunting":{"calls","seconds"},"la",
    /// "hunting_cpu":{"rows","seconds"},"arm_reads":{"bucket","per_second"},"arm_writes","arm_deletes"}`; what is left out
    /// has no limit.
    ///
    /// # Errors
    /// Says which limit is unknown or no number.
    pub(in crate::fake) fn parse(body: &Object) -> Result<Limits, String> {
        let mut out = Limits::default();
        for (name, value) in body {
            let window = |seconds| {
                let most = value.as_u64().ok_or_else(|| format!("`{name}` is a whole number"))?;
                Ok::<_, String>(Some(Window::new(most as usize, seconds)))
            };
            let bucket = || {
                let number = |key: &str| value.get(key).and_then(Json::as_f64).filter(|n| *n >= 0.0);
                match (number("bucket"), number("per_second")) {
                    (Some(size), Some(rate)) => Ok(Bucket::new(size, rate)),
                    _ => Err(format!("`{name}` has `bucket` and `per_second`")),
                }
            };
            let span = |key: &str| {
                let number = |key: &str| value.get(key).and_then(Json::as_u64);
                match (number(key), number("seconds").filter(|n| (1..=86_400).contains(n))) {
                    (Some(most), Some(seconds)) => Ok((most, seconds as i64)),
                    _ => Err(format!("`{name}` has `{key}` and `seconds`")),
                }
            };
            let calls = || span("calls").map(|(most, seconds)| Window::new(most as usize, seconds));
            match name.as_str() {
                "hunting" => out.hunting = Some(calls()?),
                "la" => out.la = Some(calls()?),
                "hunting_cpu" => {
                    let (rows, seconds) = span("rows")?;
                    out.share = Some(Share { rows, seconds, spent: VecDeque::new() });
                }
                "graph_per_minute" => out.graph = window(60)?,
                "hunting_per_minute" => out.hunting = window(60)?,
                "la_per_30_seconds" => out.la = window(30)?,
                "arm_reads" => out.reads = bucket()?,
                "arm_writes" => out.writes = bucket()?,
                "arm_deletes" => out.deletes = bucket()?,
                other => return Err(format!("unknown limit `{other}`")),
            }
            out.arm_enforced |= name.starts_with("arm_");
        }
        Ok(out)
    }

    /// Counts a request; answers 429 if it is one too many.
    pub(in crate::fake) fn admit(&mut self, op: Op, method: &Method, now: i64) -> Option<Reply> {
        let wait = match op.service {
            Service::Arm => {
                let (bucket, _) = self.bucket(method);
                bucket.take(now).err().filter(|_| self.arm_enforced)
            }
            Service::Graph if op.is_query() => {
                let used_up = self.share.as_mut().and_then(|s| s.admit(now).err());
                used_up.or_else(|| self.hunting.as_mut().and_then(|w| w.take(now).err()))
            }
            Service::Graph => self.graph.as_mut().and_then(|w| w.take(now).err()),
            Service::La => self.la.as_mut().and_then(|w| w.take(now).err()),
        };
        wait.map(|seconds| throttled(op, seconds))
    }

    /// Counts the rows of a hunting answer against the share.
    pub(in crate::fake) fn spend(&mut self, op: Op, rows: usize, now: i64) {
        if let Some(share) = self.share.as_mut().filter(|_| op.service == Service::Graph) {
            share.spent.push_back((now, rows as u64));
        }
    }

    fn bucket(&mut self, method: &Method) -> (&mut Bucket, &'static str) {
        match method.as_str() {
            "GET" | "HEAD" => (&mut self.reads, "x-ms-ratelimit-remaining-subscription-reads"),
            "DELETE" => (&mut self.deletes, "x-ms-ratelimit-remaining-subscription-deletes"),
            _ => (&mut self.writes, "x-ms-ratelimit-remaining-subscription-writes"),
        }
    }

    /// ARM's header about what is left.
    pub(in crate::fake) fn header(&mut self, method: &Method) -> (&'static str, String) {
        let (bucket, name) = self.bucket(method);
        (name, format!("{}", bucket.tokens.max(0.0).floor()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn buckets_refill_and_windows_slide() {
        let mut bucket = Bucket::new(2.0, 1.0);
        assert_eq!((bucket.take(0), bucket.take(0), bucket.take(0)), (Ok(()), Ok(()), Err(1)));
        assert_eq!((bucket.take(SECOND), bucket.take(SECOND)), (Ok(()), Err(1)));
        let mut window = Window::new(2, 60);
        assert_eq!((window.take(0), window.take(10 * SECOND), window.take(20 * SECOND)), (Ok(()), Ok(()), Err(40)));
        assert_eq!(window.take(60 * SECOND), Ok(()));
    }

    #[test]
    fn a_share_of_rows_is_used_up_and_comes_back() {
        let op = Op { service: Service::Graph, name: "runHuntingQuery" };
        let body = json!({"hunting_cpu": {"rows": 100, "seconds": 10}, "hunting": {"calls": 3, "seconds": 5}});
        let mut limits = Limits::parse(body.as_object().expect("an object")).expect("limits");
        let wait = |limits: &mut Limits, at: i64| {
            limits
                .admit(op, &Method::POST, at * SECOND)
                .map(|r| r.headers.first().map(|h| h.1.clone()).expect("a wait"))
        };
        assert_eq!(wait(&mut limits, 0), None);
        limits.spend(op, 60, 0);
        assert_eq!(wait(&mut limits, 2), None);
        limits.spend(op, 70, 2 * SECOND);
        assert_eq!(wait(&mut limits, 3), Some("7".to_owned()), "the first answer leaves the window at 10");
        assert_eq!(wait(&mut limits, 10), None);
        for bad in [json!({"hunting": {"calls": 1}}), json!({"hunting_cpu": {"rows": 1, "seconds": 0}})] {
            assert!(Limits::parse(bad.as_object().expect("an object")).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_what_is_asked_for_is_enforced() {
        let op = Op { service: Service::Graph, name: "incidents.list" };
        let body = json!({"graph_per_minute": 1});
        let mut limits = Limits::parse(body.as_object().expect("an object")).expect("limits");
        assert!(limits.admit(op, &Method::GET, 0).is_none());
        let refused = limits.admit(op, &Method::GET, 0).expect("a 429");
        assert_eq!((refused.status, refused.headers.first().map(|h| h.1.as_str())), (429, Some("60")));
        let arm = Op { service: Service::Arm, name: "Incidents_List" };
        assert!((0..999).all(|_| limits.admit(arm, &Method::GET, 0).is_none()));
        assert!(Limits::parse(json!({"x": 1}).as_object().expect("an object")).is_err());
    }
}
