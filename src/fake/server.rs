//! The listener and the way of a request: who is asked, may the caller, does a fault strike, then the service.

use super::faults::{Hit, Kind, Op, Service, early, late};
use super::hunting::{Answer, Caps, HuntError, Hunting, LiveTable, Query, Short};
use super::hunting::{graph_answer, graph_query, la_answer, la_query, legacy_answer, path_not_found};
use super::socket::{Fuse, Loopback};
use super::telemetry::{Telemetry, deliver, window};
use super::wire::{Body, Call, End, Reply};
use super::{Fake, State, arm, control, graph};
use crate::value::datetime::{self, TICKS_PER_DAY};
use axum::Router;
use axum::body::{Body as HttpBody, to_bytes};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use serde_json::{Value as Json, json};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// The longest that a slow answer waits.
const SLOWEST: f64 = 300.0;

/// Binds `address` (`127.0.0.1:0` lets the system choose a port). Any address that is not loopback is refused.
pub async fn bind(address: &str) -> io::Result<TcpListener> {
    let mut found = tokio::net::lookup_host(address).await?;
    let Some(first) = found.next() else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("`{address}` is no address")));
    };
    for at in std::iter::once(first).chain(found) {
        refuse_foreign(at)?;
    }
    TcpListener::bind(first).await
}

fn refuse_foreign(at: std::net::SocketAddr) -> io::Result<()> {
    if at.ip().is_loopback() {
        return Ok(());
    }
    let text = format!("`{at}` is not a loopback address: the fake services are never offered to a network");
    Err(io::Error::new(io::ErrorKind::InvalidInput, text))
}

/// Serves all three services on `listener` until `shutdown`. Errors: a listener that is not on loopback, or that fails.
pub async fn serve(
    listener: TcpListener,
    fake: Arc<Fake>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    refuse_foreign(listener.local_addr()?)?;
    let actor = fake.options.world.as_ref().filter(|w| w.rate > 0.0).map(|w| {
        let (fake, pause) = (fake.clone(), Duration::from_secs_f64((1.0 / w.rate).clamp(0.001, 86_400.0)));
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                if !fake.is_resting() {
                    fake.step(1);
                }
            }
        })
    });
    let app = Router::new().fallback(handle).with_state(fake);
    let service = app.into_make_service_with_connect_info::<Fuse>();
    let result = axum::serve(Loopback(listener), service).with_graceful_shutdown(shutdown).await;
    if let Some(actor) = actor {
        actor.abort();
    }
    result
}

async fn handle(
    Shared(fake): Shared<Arc<Fake>>,
    ConnectInfo(fuse): ConnectInfo<Fuse>,
    request: Request,
) -> Response<HttpBody> {
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, fake.options.body_cap).await else {
        let text = "The request body is too large.";
        return send(Reply::arm_error(413, "RequestEntityTooLarge", text), &fuse);
    };
    let query = parts.uri.query().unwrap_or_default();
    let call = Call::new(parts.method, parts.uri.path(), query, parts.headers, bytes);
    let reply = match call.path.strip_prefix("/__control") {
        Some("/telemetry") if fake.options.control && call.method == Method::GET => told(&fake).await,
        Some(rest) if fake.options.control => control::answer(&fake, &call, rest),
        _ => answer(&fake, call).await,
    };
    send(reply, &fuse)
}

/// `GET /__control/telemetry`, on a thread that may wait for the engine.
async fn told(fake: &Arc<Fake>) -> Reply {
    let fake = fake.clone();
    match tokio::task::spawn_blocking(move || fake.telemetry()).await {
        Ok(Ok(truth)) => Reply::json(200, truth),
        Ok(Err(text)) => Reply::arm_error(500, "InternalServerError", &text),
        Err(_) => Reply::arm_error(500, "InternalServerError", "the query engine has failed"),
    }
}

/// Turns an answer into bytes, and arms the fuse if the connection must die.
fn send(reply: Reply, fuse: &Fuse) -> Response<HttpBody> {
    let (kind, bytes) = match reply.body {
        Body::Empty => (None, String::new()),
        Body::Json(body) => (Some("application/json; charset=utf-8"), body.to_string()),
        Body::Text(kind, text) => (Some(kind), text),
    };
    match reply.end {
        End::Whole => {}
        End::Lost => fuse.lose(),
        End::Cut => fuse.cut(bytes.len() / 2),
    }
    let mut response = Response::new(HttpBody::from(bytes));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(kind) = kind {
        headers.insert("content-type", HeaderValue::from_static(kind));
    }
    for (name, value) in reply.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    response
}

/// Whom a request is for.
enum Target {
    Arm(arm::Route),
    Graph(graph::Route),
    La,
    Nobody,
}

fn target(call: &Call) -> (Op, Target) {
    let segments = call.segments();
    let is = |at: usize, name: &str| segments.get(at).is_some_and(|s| s.eq_ignore_ascii_case(name));
    let unknown = "unknown";
    if is(0, "subscriptions") {
        let route = arm::route(&segments);
        let name = route.as_ref().and_then(|r| arm::operation(r, &call.method)).unwrap_or(unknown);
        return (Op { service: Service::Arm, name }, route.map_or(Target::Nobody, Target::Arm));
    }
    if is(0, "v1") {
        let found = segments.len() == 4 && is(1, "workspaces") && is(3, "query");
        let name = match call.method.as_str() {
            "GET" if found => "Query_Get",
            "POST" if found => "Query_Execute",
            _ => return (Op { service: Service::La, name: unknown }, Target::Nobody),
        };
        return (Op { service: Service::La, name }, Target::La);
    }
    let route = graph::route(&segments);
    let name = route.as_ref().and_then(|r| graph::operation(r, &call.method)).unwrap_or(unknown);
    (Op { service: Service::Graph, name }, route.map_or(Target::Nobody, Target::Graph))
}

/// The services' answer, with faults and headers, noted in the ledger.
async fn answer(fake: &Arc<Fake>, mut call: Call) -> Reply {
    let (op, target) = target(&call);
    call.base = fake.lock().links.get(op.service.name()).cloned();
    let (refused, hit) = admit(fake, op, &call);
    let reply = match (refused, &hit) {
        (Some(reply), _) => reply,
        (None, Some(hit)) => match early(hit, op, &call) {
            Some(reply) => reply,
            None => {
                if hit.kind == Kind::Slow {
                    tokio::time::sleep(Duration::from_secs_f64(hit.seconds.min(SLOWEST))).await;
                }
                call.twist = hit.twist();
                late(hit, op, run(fake, op, &call, &target, Some(hit)).await)
            }
        },
        (None, None) => run(fake, op, &call, &target, None).await,
    };
    finish(fake, op, &call, reply)
}

/// May the caller, and does a fault wait for it?
fn admit(fake: &Fake, op: Op, call: &Call) -> (Option<Reply>, Option<Hit>) {
    if call.token().is_none() {
        let reply = match op.service {
            Service::Arm => Reply::arm_error(
                401,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            ),
            Service::Graph => graph::graph_error(401, "InvalidAuthenticationToken", "Access token is empty."),
            Service::La => Reply::arm_error(401, "AuthorizationRequiredError", "Valid authentication was not provided"),
        };
        return (Some(reply.with("www-authenticate", "Bearer")), None);
    }
    let mut state = fake.lock();
    let now = state.core.clock.real();
    if let Some(reply) = state.limits.admit(op, &call.method, now) {
        return (Some(reply), None);
    }
    (None, state.faults.take(op, call))
}

async fn run(fake: &Arc<Fake>, op: Op, call: &Call, target: &Target, hit: Option<&Hit>) -> Reply {
    match target {
        Target::Nobody => nobody(op, call),
        Target::La | Target::Arm(arm::Route::Query) if op.is_query() => {
            let query = match la_query(call) {
                Ok(Some(query)) => query,
                Ok(None) => return Reply::empty(200),
                Err(reply) => return reply,
            };
            let telemetry = fake.lock().telemetry.clone();
            let result = hunt(fake, call, query, &telemetry, hit).await;
            let short = match hit {
                Some(Hit { kind: Kind::Silent, rows, .. }) => Short::Silent(rows.unwrap_or(telemetry.la_rows)),
                Some(Hit { kind: Kind::Partial, .. }) => Short::Partial,
                _ => Short::Limits,
            };
            la_answer(result, call, &telemetry, short)
        }
        Target::Graph(route @ (graph::Route::Hunt | graph::Route::LegacyHunt)) if call.method == Method::POST => {
            let query = match graph_query(call) {
                Ok(query) => query,
                Err(text) => return graph::graph_error(400, "BadRequest", &text),
            };
            let telemetry = fake.lock().telemetry.clone();
            let result = hunt(fake, call, query, &telemetry, hit).await;
            let silent = hit.filter(|h| h.kind == Kind::Silent);
            let caps = Caps::new(&telemetry, silent.map(|h| h.rows.unwrap_or(telemetry.hunting_rows)));
            match route {
                graph::Route::LegacyHunt => legacy_answer(result, caps),
                _ => graph_answer(result, caps, hit.is_some_and(|h| h.kind == Kind::CaseDrift)),
            }
        }
        Target::Arm(route) => arm::answer(&mut fake.lock().core, &fake.options, call, route),
        Target::Graph(route) => graph::answer(&mut fake.lock().core, &fake.options, call, route),
        Target::La => path_not_found(),
    }
}

fn nobody(op: Op, call: &Call) -> Reply {
    match op.service {
        Service::La => path_not_found(),
        Service::Arm => {
            let text = format!("The resource type of '{}' could not be found.", call.path);
            Reply::arm_error(404, "InvalidResourceType", &text)
        }
        Service::Graph => {
            let text = format!("Resource not found for the path '{}'.", call.path);
            graph::graph_error(404, "ResourceNotFound", &text)
        }
    }
}

/// Runs a query on a thread of its own: engines may take their time, and the lock is not held meanwhile.
async fn hunt(
    fake: &Arc<Fake>,
    call: &Call,
    query: Query,
    telemetry: &Telemetry,
    hit: Option<&Hit>,
) -> Result<Answer, HuntError> {
    let Some(engine) = fake.options.hunt.clone() else {
        return Err(HuntError::Absent);
    };
    let (op, _) = target(call);
    let (now, live) = {
        let core = &fake.lock().core;
        (core.clock.now(), vec![core.log.table()])
    };
    let within = in_sight(op, &query, telemetry, now).map_err(HuntError::Semantic)?;
    let arrivals = telemetry.arrivals();
    let run = move || {
        let live: &[LiveTable] = &live;
        engine.run(&Hunting { query: &query.text, now, within, arrivals, live })
    };
    // The caller's own limit counts where the API knows one (`Prefer: wait=30`).
    let wait = call.prefers_number("wait").unwrap_or(fake.options.query_seconds).clamp(1, 600);
    let ran = tokio::time::timeout(Duration::from_secs(wait), tokio::task::spawn_blocking(run)).await;
    let ran = ran.map_err(|_| HuntError::Timeout)?;
    let mut answer = ran.unwrap_or_else(|_| Err(HuntError::Other("the query engine has failed".to_owned())))?;
    let mut state = fake.lock();
    let real = state.core.clock.real();
    state.limits.spend(op, answer.rows.len(), real);
    drop(state);
    match hit.map(|h| h.kind) {
        Some(Kind::Duplicate) => answer.rows.extend(answer.rows.first().cloned()),
        Some(Kind::Reorder) => return Ok(deliver(&Telemetry { shuffle: true, ..telemetry.clone() }, answer)),
        _ => {}
    }
    Ok(deliver(telemetry, answer))
}

/// The first and last tick that a query sees: its timespan, and how far hunting looks back.
fn in_sight(op: Op, query: &Query, telemetry: &Telemetry, now: i64) -> Result<(Option<i64>, Option<i64>), String> {
    let (from, to) = query.timespan.as_deref().map_or(Ok((None, None)), |text| window(text, now))?;
    let days = telemetry.hunting_days.filter(|_| op.service == Service::Graph);
    let oldest = days.map(|days| now.saturating_sub(i64::from(days).saturating_mul(TICKS_PER_DAY)).max(datetime::MIN));
    Ok((from.max(oldest), to))
}

/// Headers that every answer has, and the entry in the ledger.
fn finish(fake: &Fake, op: Op, call: &Call, mut reply: Reply) -> Reply {
    let mut state = fake.lock();
    let State { core, limits, ledger, .. } = &mut *state;
    let own = core.guid();
    let echo = |name: &str| call.header(name).map(str::to_owned);
    match op.service {
        Service::Arm => {
            let (name, left) = limits.header(&call.method);
            reply.headers.push((name, left));
            reply.headers.push(("x-ms-request-id", own.clone()));
            let correlation = echo("x-ms-correlation-request-id").unwrap_or(own);
            reply.headers.push(("x-ms-correlation-request-id", correlation));
        }
        Service::Graph => {
            let client = echo("client-request-id").unwrap_or_else(|| own.clone());
            if let Body::Json(body) = &mut reply.body
                && let Some(Json::Object(inner)) = body.pointer_mut("/error/innerError")
            {
                let date: String = datetime::format(core.clock.now()).chars().take(19).collect();
                inner.insert("date".into(), date.into());
                inner.insert("request-id".into(), own.clone().into());
                inner.insert("client-request-id".into(), json!(client));
            }
            reply.headers.push(("request-id", own));
            reply.headers.push(("client-request-id", client));
        }
        Service::La => {
            if let Some(client) = echo("client-request-id") {
                reply.headers.push(("client-request-id", client));
            }
        }
    }
    if let Some(client) = echo("x-ms-client-request-id") {
        reply.headers.push(("x-ms-client-request-id", client));
    }
    let kind = match &reply.body {
        Body::Empty => None,
        Body::Json(_) => Some("application/json; charset=utf-8"),
        Body::Text(kind, _) => Some(*kind),
    };
    // The validator of recorded traffic wants the type among the headers; `send` sets the same.
    reply.headers.extend(kind.map(|kind| ("content-type", kind.to_owned())));
    let now = core.clock.real();
    ledger.note(op, call, &reply, now, fake.options.traffic_cap);
    reply
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a request over a plain socket and reads until the connection ends.
    fn raw(port: u16, method: &str, path: &str, body: &str) -> String {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("a connection");
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer x\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).expect("sent");
        let mut out = Vec::new();
        // A connection that is cut may end in an error; what came before it counts.
        let _ = stream.read_to_end(&mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn answers_are_whole_or_lost_or_cut() {
        let mut options = crate::fake::Options::new(Arc::new(|| 0));
        options.control = true;
        let fake = Arc::new(Fake::new(options));
        fake.seed(&json!({"now": "2026-01-05T12:00:00Z", "defender": [{"id": "29"}]})).expect("a seed");
        let listener = bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = tokio::spawn(serve(listener, fake.clone(), std::future::pending()));
        let path = "/v1.0/security/incidents/29";
        let client = move |method: &'static str, body: &'static str| {
            tokio::task::spawn_blocking(move || raw(port, method, path, body))
        };
        let whole = client("GET", "").await.expect("an answer");
        assert!(whole.starts_with("HTTP/1.1 200") && whole.ends_with('}'), "{whole}");
        fake.add_fault(&json!({"service": "graph", "kind": "truncated"})).expect("a fault");
        let cut = client("GET", "").await.expect("an answer");
        assert!(cut.starts_with("HTTP/1.1 200") && cut.len() < whole.len() && !cut.ends_with('}'), "{cut}");
        fake.add_fault(&json!({"service": "graph", "kind": "lost_answer"})).expect("a fault");
        assert_eq!(client("PATCH", "{\"severity\":\"high\"}").await.expect("nothing"), "");
        assert_eq!(fake.state(false)["defender"][0]["severity"], "high", "the write was done");
        let control = raw(port, "POST", "/__control/edit", "{\"side\":\"x\"}");
        assert!(control.starts_with("HTTP/1.1 400"), "{control}");
        assert_eq!(fake.counts()["total"], 3, "control requests do not count");
        server.abort();
    }

    #[tokio::test]
    async fn only_loopback_is_bound() {
        for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
            let error = bind(address).await.expect_err("refused");
            assert!(error.to_string().contains("loopback"), "{error}");
        }
        assert!(bind("127.0.0.1:0").await.is_ok());
    }

    #[test]
    fn hunting_looks_back_so_many_days_and_log_analytics_to_the_start() {
        let now = 1_000 * TICKS_PER_DAY;
        let telemetry = |days| Telemetry { hunting_days: Some(days), ..Telemetry::default() };
        let seen = |service, timespan: Option<&str>, days| {
            let query = Query { text: String::new(), timespan: timespan.map(str::to_owned) };
            in_sight(Op { service, name: "runHuntingQuery" }, &query, &telemetry(days), now).expect("a range")
        };
        assert_eq!(seen(Service::Graph, None, 30), (Some(970 * TICKS_PER_DAY), None));
        assert_eq!(seen(Service::Graph, Some("P40D"), 30), (Some(970 * TICKS_PER_DAY), Some(now)));
        assert_eq!(seen(Service::Graph, Some("P7D"), 30), (Some(993 * TICKS_PER_DAY), Some(now)));
        assert_eq!(seen(Service::La, Some("P40D"), 30), (Some(960 * TICKS_PER_DAY), Some(now)));
        assert_eq!(seen(Service::Graph, None, u32::MAX), (Some(datetime::MIN), None));
    }

    #[test]
    fn paths_lead_to_their_service() {
        let find = |method: Method, path: &str| {
            let call = Call::new(method, path, "", axum::http::HeaderMap::new(), axum::body::Bytes::new());
            let (op, _) = target(&call);
            (op.service, op.name)
        };
        let base = "/subscriptions/s/resourcegroups/g/providers/microsoft.operationalinsights/workspaces/w";
        let incidents = format!("{base}/providers/Microsoft.SecurityInsights/Incidents");
        assert_eq!(find(Method::GET, &incidents), (Service::Arm, "Incidents_List"));
        assert_eq!(find(Method::POST, &format!("{incidents}/i/entities")), (Service::Arm, "Incidents_ListOfEntities"));
        assert_eq!(find(Method::POST, &format!("{base}/query")), (Service::Arm, "Query_Arm"));
        assert_eq!(find(Method::POST, "/v1/workspaces/w/query"), (Service::La, "Query_Execute"));
        assert_eq!(find(Method::PATCH, "/v1.0/security/incidents/29"), (Service::Graph, "incidents.update"));
        assert_eq!(find(Method::DELETE, "/v1.0/security/incidents/29"), (Service::Graph, "unknown"));
    }
}
