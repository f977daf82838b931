//! `/__control`: what no vendor offers, for tests and demos. Faults, seeds, changes by others, and a look at everything.
//!
//! | request | effect |
//! |---|---|
//! | `POST /faults` | a rule, see `faults`; `GET` lists, `DELETE` clears |
//! | `POST /seed` | replaces both sides |
//! | `POST /edit` | a change by somebody else; answers the notes |
//! | `POST /merge` | `{"from","into"}`: a Defender merge |
//! | `GET /state` | both sides; `?form=scenario` in the flat form of sync scenarios |
//! | `GET /traffic` | the exchanges, one JSON a line; `?service=arm\|graph\|la` |
//! | `GET /counts`, `POST /limits` | the budget: requests so far, and throttles as the services have them |
//! | `POST /lag`, `POST /clock`, `POST /links` | delays, the pinned clock, what links start with |
//! | `POST /telemetry` | how telemetry is delivered; `GET` tells what of it is really there |
//! | `POST /step` | `{"actions":N}`: the world acts; answers the notes |
//! | `GET /actions`, `GET /directory` | what the world and `edit` did (`?by=human`), and who is there |
//! | `POST /reset` | the first state, no faults, limits and traffic |

mod edit;

pub(super) use edit::edit;

use super::Fake;
use super::store::{Core, SECOND};
use super::wire::{Body, Call, End, Reply};
use crate::value::datetime;
use serde_json::{Value as Json, json};

/// Answers a control request; `path` is what follows `/__control`.
pub(super) fn answer(fake: &Fake, call: &Call, path: &str) -> Reply {
    let done = |result: Result<(), String>| result.map(|()| Reply::empty(204));
    let body = || call.json().ok_or_else(|| "the body is no JSON".to_owned());
    let result = match (call.method.as_str(), path) {
        ("POST", "/faults") => body().and_then(|b| done(fake.add_fault(&b))),
        ("GET", "/faults") => Ok(Reply::json(200, fake.lock().faults.json())),
        ("DELETE", "/faults") => {
            fake.clear_faults();
            Ok(Reply::empty(204))
        }
        ("POST", "/seed") => body().and_then(|b| done(fake.seed(&b))),
        ("POST", "/edit") => body().and_then(|b| fake.edit(&b)).map(|actions| Reply::json(200, actions)),
        ("POST", "/merge") => body().and_then(|b| {
            let text = |name: &str| b.get(name).and_then(Json::as_str).ok_or_else(|| format!("`{name}` is missing"));
            done(fake.merge(text("from")?, text("into")?))
        }),
        ("GET", "/state") => Ok(Reply::json(200, fake.state(call.query("form") == Some("scenario")))),
        ("GET", "/traffic") => {
            let text = fake.traffic(call.query("service"));
            let dropped = fake.lock().ledger.dropped().to_string();
            let body = Body::Text("application/x-ndjson", text);
            Ok(Reply { status: 200, headers: vec![("x-dropped", dropped)], body, end: End::Whole })
        }
        ("GET", "/counts") => Ok(Reply::json(200, fake.counts())),
        ("POST", "/limits") => body().and_then(|b| done(fake.set_limits(&b))),
        ("POST", "/lag") => body().and_then(|b| done(fake.set_lag(&b))),
        ("POST", "/links") => body().and_then(|b| done(fake.set_links(&b))),
        ("POST", "/telemetry") => body().and_then(|b| done(fake.set_telemetry(&b))),
        ("GET", "/lag") => Ok(Reply::json(200, fake.lock().core.lag_json())),
        ("POST", "/clock") => body().and_then(|b| done(fake.set_clock(&b))),
        ("POST", "/step") => step(fake, call),
        ("GET", "/actions") => Ok(Reply::json(200, actions(fake, call.query("by")))),
        ("GET", "/directory") => Ok(Reply::json(200, fake.directory())),
        ("POST", "/reset") => {
            fake.reset();
            Ok(Reply::empty(204))
        }
        (method, _) => return Reply::arm_error(404, "NotFound", &format!("no control `{method} {path}`")),
    };
    result.unwrap_or_else(|text| Reply::arm_error(400, "BadRequest", &text))
}

/// `{"actions":N}`: the world acts so many times.
fn step(fake: &Fake, call: &Call) -> Result<Reply, String> {
    const MOST: u64 = 10_000;
    let count = match call.json() {
        None if call.body.is_empty() => 1,
        None => return Err("the body is no JSON".to_owned()),
        Some(body) => match body.get("actions") {
            None => 1,
            Some(n) => {
                n.as_u64().filter(|n| *n <= MOST).ok_or_else(|| format!("`actions` is a number up to {MOST}"))?
            }
        },
    };
    Ok(Reply::json(200, fake.step(count as usize)))
}

fn actions(fake: &Fake, by: Option<&str>) -> Json {
    let all = fake.actions();
    let wanted = |a: &&Json| by.is_none_or(|by| a.get("by").and_then(Json::as_str) == Some(by));
    json!(all.as_array().into_iter().flatten().filter(wanted).collect::<Vec<_>>())
}

/// Pins or moves the clock.
pub(super) fn set_clock(core: &mut Core, body: &Json) -> Result<(), String> {
    let number = |name: &str| body.get(name).and_then(Json::as_f64).filter(|n| (0.0..=1e9).contains(n));
    if let Some(now) = body.get("now") {
        let at = now.as_str().and_then(datetime::parse).ok_or("`now` is no datetime")?;
        core.clock.pin(at, number("tick_seconds").map(|s| (s * SECOND as f64) as i64));
        return Ok(());
    }
    let seconds = number("advance_seconds").ok_or("a clock is set with `now` or moved with `advance_seconds`")?;
    match core.clock.advance((seconds * SECOND as f64) as i64) {
        true => Ok(()),
        false => Err("the clock is not pinned: it cannot be moved".to_owned()),
    }
}
