//! The clients against a small server that does what services do on bad days: it answers request after request from a
//! script and notes what it was sent.

use super::*;
use crate::incident::{DefenderStatus, Open, Severity};
use crate::pull::{HuntFailure, Hunting, Page, Question, Source};
use crate::sync::port::{ServiceError, ServiceErrorKind};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::time::{Duration, Instant};

#[derive(Clone)]
enum Step {
    /// Status, further header lines, body.
    Say(u16, &'static str, String),
    /// The answer's body ends before its length.
    Cut,
    /// The connection is closed without an answer.
    Close,
    /// No answer for a while.
    Stall,
}

struct Server {
    url: String,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// The last step is repeated. `{url}` in a body is the server's address.
    fn start(steps: Vec<Step>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(vec![]));
        let (notes, address) = (Arc::clone(&seen), url.clone());
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let step = steps.get(number).or(steps.last()).cloned().unwrap();
                let (notes, address) = (Arc::clone(&notes), address.clone());
                std::thread::spawn(move || answer(stream.unwrap(), step, &notes, &address));
            }
        });
        Server { url, seen }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, step: Step, notes: &Mutex<Vec<String>>, address: &str) {
    let mut text = Vec::new();
    let mut byte = [0u8];
    while !text.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        text.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&text).to_ascii_lowercase();
    let length =
        head.split("content-length: ").nth(1).and_then(|t| t.split("\r\n").next()).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    text.extend(body);
    notes.lock().unwrap().push(String::from_utf8(text).unwrap());
    let say = |status: u16, headers: &str, length: usize, body: &str| {
        format!("HTTP/1.1 {status} X\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}")
    };
    let reply = match step {
        Step::Say(status, headers, body) => {
            let body = body.replace("{url}", address);
            say(status, headers, body.len(), &body)
        }
        Step::Cut => say(200, "", 1000, "{\"id\":"),
        Step::Close => String::new(),
        Step::Stall => {
            std::thread::sleep(Duration::from_secs(2));
            String::new()
        }
    };
    let _ = stream.write_all(reply.as_bytes());
}

fn connector(url: &str) -> Connector {
    connector_with(url, |_| {})
}

fn connector_with(url: &str, change: impl Fn(&mut Settings)) -> Connector {
    let mut settings = Settings::new("s", "g", "w", Identity::Plain(Secret::new("open sesame")));
    for address in [&mut settings.graph_url, &mut settings.arm_url, &mut settings.log_analytics_url] {
        *address = url.to_owned();
    }
    settings.workspace_id = Some("w".into());
    settings.retry = Retry { max_tries: 3, base: Duration::from_millis(5), max_wait: Duration::from_secs(5) };
    change(&mut settings);
    Connector::new(settings).unwrap()
}

fn ok(body: serde_json::Value) -> Step {
    Step::Say(200, "", body.to_string())
}

fn status(status: u16, code: &str) -> Step {
    Step::Say(status, "", json!({"error": {"code": code, "message": "said"}}).to_string())
}

fn incident(id: &str, second: u32) -> serde_json::Value {
    json!({"id": id, "status": "active", "severity": "low", "lastUpdateDateTime": format!("2024-01-01T00:00:{second:02}.0000000Z")})
}

fn patch() -> DefenderPatch {
    DefenderPatch { status: Some(DefenderStatus::Resolved), ..DefenderPatch::default() }
}

fn resource() -> SentinelIncident {
    let mut incident = SentinelIncident::new("a");
    (incident.title, incident.severity) = (Some("t".into()), Some(Open::Known(Severity::High)));
    incident
}

fn kind<T: std::fmt::Debug>(answer: Answer<T>) -> ServiceErrorKind {
    answer.unwrap_err().kind
}

#[tokio::test]
async fn retry_after_is_kept_for_reads_and_writes() {
    let throttle = Step::Say(429, "retry-after: 1\r\n", String::new());
    let server = Server::start(vec![throttle.clone(), ok(incident("1", 0)), throttle, ok(incident("1", 0))]);
    let connector = connector(&server.url);
    let begin = Instant::now();
    connector.defender_patch("1", &patch()).await.unwrap();
    assert!(begin.elapsed() >= Duration::from_secs(1));
    assert!(connector.defender_get("1").await.unwrap().is_some());
    assert!(begin.elapsed() >= Duration::from_secs(2));
    assert_eq!(server.seen().len(), 4);
}

#[tokio::test]
async fn a_service_that_wants_to_be_left_alone_for_long_is() {
    let server = Server::start(vec![Step::Say(429, "retry-after: 100\r\n", String::new())]);
    let connector = connector(&server.url);
    assert_eq!(kind(connector.sentinel_put(&resource()).await), ServiceErrorKind::Throttled(Duration::from_secs(100)));
    let again = connector.sentinel_put(&resource()).await.unwrap_err();
    assert!(again.kind == ServiceErrorKind::Unavailable && again.message.contains("budget"), "{again}");
    assert_eq!(server.seen().len(), 1, "the pause holds for the next request too");
}

#[tokio::test]
async fn a_write_that_may_have_been_done_is_sent_once() {
    for step in
        [status(500, "X"), status(503, "X"), status(408, "X"), Step::Cut, Step::Close, Step::Stall, ok(json!([]))]
    {
        let server = Server::start(vec![step]);
        let connector = connector_with(&server.url, |s| s.timeouts.request = Duration::from_millis(300));
        assert_eq!(kind(connector.defender_patch("1", &patch()).await), ServiceErrorKind::Unknown);
        assert_eq!(kind(connector.defender_comment("1", "x").await), ServiceErrorKind::Unknown);
        assert_eq!(kind(connector.sentinel_put(&resource()).await), ServiceErrorKind::Unknown);
        assert_eq!(kind(connector.sentinel_comment("a", "c", "x").await), ServiceErrorKind::Unknown);
        assert_eq!(server.seen().len(), 4);
    }
}

#[tokio::test]
async fn a_read_is_tried_again() {
    for step in [status(500, "X"), Step::Cut, Step::Close, Step::Stall] {
        let server = Server::start(vec![step.clone(), step, ok(incident("1", 0))]);
        let connector = connector_with(&server.url, |s| s.timeouts.request = Duration::from_millis(300));
        assert!(connector.defender_get("1").await.unwrap().is_some());
        assert_eq!(server.seen().len(), 3);
    }
    let server = Server::start(vec![status(502, "X")]);
    assert_eq!(kind(connector(&server.url).sentinel_alerts("a").await), ServiceErrorKind::Unavailable);
    assert_eq!(server.seen().len(), 3, "a list that is asked by POST is a read");
}

#[tokio::test]
async fn without_a_connection_nothing_was_done() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = connector(&format!("http://{free}")).sentinel_put(&resource()).await.unwrap_err();
    assert!(error.kind == ServiceErrorKind::Unavailable && error.message.contains("no connection"), "{error}");
}

#[tokio::test]
async fn pages_are_read_to_the_end_oldest_change_first() {
    let page = |records: serde_json::Value, next: Option<&str>| ok(json!({"value": records, "@odata.nextLink": next}));
    let server = Server::start(vec![
        page(json!([incident("1", 9), incident("2", 5)]), Some("{url}/v1.0/security/incidents?$skiptoken=a%2Fb")),
        page(json!([]), Some("/v1.0/security/incidents?$skiptoken=2")),
        page(json!([incident("2", 7), incident("1", 3)]), None),
    ]);
    let all = connector(&server.url).defender_list(Some(0)).await.unwrap();
    let short: Vec<_> =
        all.iter().map(|i| (i.id.as_str(), i.last_update_date_time.as_deref().unwrap().get(17..19).unwrap())).collect();
    assert_eq!(short, [("2", "07"), ("1", "09")]);
    let seen = server.seen();
    let first = "GET /v1.0/security/incidents?$expand=alerts&$top=50&$filter=lastUpdateDateTime%20ge%200001-01-01T00:00:00.0000000Z ";
    assert!(seen[0].starts_with(first), "{}", seen[0]);
    assert!(seen[1].contains("$skiptoken=a%2Fb "), "a next link goes back as it came: {}", seen[1]);
    assert!(
        seen.iter().all(|r| r.contains("prefer: include-unknown-enum-members") && r.contains("Bearer open sesame"))
    );
}

#[tokio::test]
async fn a_next_link_never_takes_the_token_elsewhere_nor_in_a_circle() {
    let thief = Server::start(vec![ok(json!({"value": []}))]);
    let server = Server::start(vec![ok(json!({"value": [], "nextLink": format!("{}/x", thief.url)}))]);
    let error = connector(&server.url).sentinel_list(None).await.unwrap_err();
    assert!(!error.passes() && error.message.contains(&thief.url), "{error}");
    assert!(thief.seen().is_empty());

    let link = |to: &str| ok(json!({"value": [], "nextLink": format!("{{url}}/{to}")}));
    let circle = Server::start(vec![link("a"), link("b"), link("a")]);
    let error = connector(&circle.url).sentinel_list(None).await.unwrap_err();
    assert!(error.passes() && error.message.contains("circle"), "{error}");
    assert_eq!(circle.seen().len(), 3);
    let long = Server::start((0..9).map(|n| link(&n.to_string())).collect());
    let error = connector_with(&long.url, |s| s.max_pages = 5).sentinel_list(None).await.unwrap_err();
    assert!(error.message.contains("more pages"), "{error}");
    assert_eq!(long.seen().len(), 5);
}

#[tokio::test]
async fn what_a_service_says_is_told_apart() {
    let refused = |status, code: &str| ServiceErrorKind::Refused { status, code: code.to_owned() };
    for (step, expected) in [
        (status(409, "Conflict"), ServiceErrorKind::Conflict),
        (status(400, "BadRequest"), refused(400, "BadRequest")),
        (status(403, "Forbidden"), ServiceErrorKind::Denied),
        (status(401, "InvalidAuthenticationToken"), ServiceErrorKind::Denied),
        (status(404, "NotFound"), ServiceErrorKind::NotFound),
        (Step::Say(302, "location: http://127.0.0.1:1/\r\n", String::new()), refused(302, "")),
    ] {
        let server = Server::start(vec![step]);
        assert_eq!(kind(connector(&server.url).sentinel_put(&resource()).await), expected);
        assert_eq!(server.seen().len(), 1);
    }
    let gone = Server::start(vec![status(404, "NotFound")]);
    assert_eq!(connector(&gone.url).sentinel_get("a").await, Ok(None));
    let astray = Server::start(vec![Step::Say(404, "", "<html>".into())]);
    assert_eq!(kind(connector(&astray.url).sentinel_get("a").await), refused(404, ""));
}

#[tokio::test]
async fn a_failing_service_is_left_alone() {
    let server = Server::start(vec![status(500, "X")]);
    let connector =
        connector_with(&server.url, |s| s.breaker = Breaker { failures: 2, pause: Duration::from_secs(60) });
    assert_eq!(kind(connector.defender_patch("1", &patch()).await), ServiceErrorKind::Unknown);
    assert_eq!(kind(connector.defender_patch("1", &patch()).await), ServiceErrorKind::Unknown);
    let error = connector.defender_patch("1", &patch()).await.unwrap_err();
    assert!(error.kind == ServiceErrorKind::Unavailable && error.message.contains("left alone"), "{error}");
    assert_eq!(server.seen().len(), 2);
    assert_eq!(kind(connector.sentinel_put(&resource()).await), ServiceErrorKind::Unknown, "each service has its own");
}

#[tokio::test]
async fn an_answer_has_its_limit_and_an_address_its_names() {
    let server = Server::start(vec![ok(json!({"id": "x".repeat(5000)}))]);
    let connector = connector_with(&server.url, |s| s.max_body = 1000);
    assert!(connector.defender_get("1").await.unwrap_err().message.contains("larger than 1000"));
    for id in ["..", ".", ""] {
        assert!(connector.defender_get(id).await.unwrap_err().message.contains("not sent"));
    }
    assert_eq!(server.seen().len(), 1);
    let _ = connector.defender_get("a/../b?c#d").await;
    assert!(
        server.seen()[1].starts_with("GET /v1.0/security/incidents/a%2F..%2Fb%3Fc%23d?$expand=alerts "),
        "{}",
        server.seen()[1]
    );
}

#[derive(Default)]
struct Notes(Mutex<Vec<RequestEvent>>, Mutex<Vec<String>>);

impl Observer for Notes {
    fn request(&self, event: &RequestEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Recorder for Notes {
    fn exchange(&self, _: Service, line: &str) {
        self.1.lock().unwrap().push(line.to_owned());
    }
}

#[tokio::test]
async fn a_request_is_known_by_one_id_everywhere_and_by_no_token() {
    let server = Server::start(vec![status(500, "X")]);
    let notes = Arc::new(Notes::default());
    let connector =
        connector(&server.url).with_observer(Arc::<Notes>::clone(&notes)).with_recorder(Arc::<Notes>::clone(&notes));
    let error: ServiceError = connector.sentinel_changes(0).await.unwrap_err();
    let (events, lines) = (notes.0.lock().unwrap(), notes.1.lock().unwrap());
    assert_eq!((events.len(), events[0].tries, events[0].status), (1, 3, Some(500)));
    assert_eq!(events[0].correlation, error.correlation);
    assert!(server.seen().iter().all(|r| r.contains(&format!("x-ms-client-request-id: {}", error.correlation))));
    assert_eq!(lines.len(), 3);
    assert!(!format!("{events:?}{lines:?}{error:?}").contains("sesame"));
}

#[tokio::test]
async fn the_log_of_changes_is_asked_where_there_is_one() {
    let empty = Server::start(vec![Step::Say(204, "", String::new()), Step::Say(200, "", String::new())]);
    let asked = connector(&empty.url);
    assert_eq!(asked.sentinel_changes(0).await, Ok(vec![]));
    assert!(asked.sentinel_changes(0).await.unwrap_err().message.contains("did not see the query"));
    let quiet = connector_with(&empty.url, |s| s.workspace_id = None);
    assert_eq!(quiet.sentinel_changes(0).await, Ok(vec![]));
    assert_eq!(empty.seen().len(), 2);
}

/// A hunter of a source at a server.
fn hunter(server: &Server, source: Source) -> Hunter {
    Hunter::new(connector_with(&server.url, |s| s.defender_url = Some(server.url.clone())), source)
}

const TAKE: Question<'static> = Question { kql: "T | take 1", time: Some("Timestamp") };

#[tokio::test]
async fn rows_are_kept_as_they_came_from_every_source() {
    let objects = json!([{"Timestamp": "2024-01-01T00:00:00.1234567Z"}]);
    let grid =
        json!([{"name": "PrimaryResult", "columns": [{"name": "Timestamp"}], "rows": [["2024-01-01T00:00:00Z"]]}]);
    for (source, path, body) in [
        (Source::Graph, "/v1.0/security/runhuntingquery", json!({"schema": [], "results": objects})),
        (Source::Defender, "/api/advancedhunting/run", json!({"Stats": {}, "Schema": [], "Results": objects})),
        (Source::LogAnalytics, "/v1/workspaces/w/query", json!({"tables": grid})),
    ] {
        let server = Server::start(vec![ok(body.clone())]);
        let page = hunter(&server, source).query(TAKE).await.unwrap();
        assert_eq!((page.rows, page.untimed, page.slots.len()), (1, 0, 1));
        assert_eq!(page.body, body.to_string().into_bytes());
        let seen = server.seen()[0].to_ascii_lowercase();
        assert!(seen.starts_with(&format!("post {path} ")), "{seen}");
        assert!(seen.contains("query\":\"t | take 1\"") && seen.contains("authorization: bearer"), "{seen}");
    }
}

#[tokio::test]
async fn a_spent_quota_is_told_at_once_and_holds_up_nobody_else() {
    let body = json!({"error": {"code": "TooManyRequests", "message": "You can run queries again in 10 minutes."}});
    let server = Server::start(vec![Step::Say(429, "", body.to_string()), ok(json!({"results": []}))]);
    let hunter = hunter(&server, Source::Graph);
    assert_eq!(hunter.query(TAKE).await, Err(HuntFailure::Throttled(Duration::from_secs(600))));
    assert_eq!(hunter.query(TAKE).await.unwrap().rows, 0);
    assert_eq!(server.seen().len(), 2);
}

#[tokio::test]
async fn a_query_that_did_not_come_whole_says_why() {
    let part = json!({"tables": [{"columns": [{"name": "Timestamp"}], "rows": []}],
        "error": {"code": "PartialError", "message": "m"}});
    let server = Server::start(vec![
        ok(part),
        Step::Say(200, "", String::new()),
        Step::Say(204, "", String::new()),
        status(504, "GatewayTimeout"),
        status(403, "InsufficientAccessError"),
        status(503, "X"),
        ok(json!({"tables": [{"columns": [], "rows": []}]})),
    ]);
    let hunter = hunter(&server, Source::LogAnalytics);
    assert_eq!(hunter.query(TAKE).await.unwrap().partial.as_deref(), Some("PartialError: m"));
    assert!(matches!(hunter.query(TAKE).await, Err(HuntFailure::Unavailable(_))), "200 without a body");
    assert_eq!(hunter.query(TAKE).await, Ok(Page::default()));
    assert!(matches!(hunter.query(TAKE).await, Err(HuntFailure::Timeout(_))));
    assert!(matches!(hunter.query(TAKE).await, Err(HuntFailure::Denied(_))));
    assert_eq!(hunter.query(TAKE).await.unwrap().rows, 0, "a 503 is got over");
    assert_eq!(server.seen().len(), 7);
    let stalled = Server::start(vec![Step::Stall]);
    let slow = connector_with(&stalled.url, |s| s.timeouts.query = Duration::from_millis(300));
    let answer = Hunter::new(slow, Source::Graph).query(TAKE).await;
    assert!(matches!(answer, Err(HuntFailure::Timeout(_))), "{answer:?}");
    assert_eq!(stalled.seen().len(), 1);
}

#[tokio::test]
async fn no_connection_is_told_as_that_also_while_the_service_is_left_alone() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let down = connector_with(&format!("http://{nobody}"), |s| s.breaker.failures = 2);
    let hunter = Hunter::new(down, Source::Graph);
    for _ in 0..2 {
        let Err(HuntFailure::Unavailable(text)) = hunter.query(TAKE).await else { panic!("it is not there") };
        assert!(text.contains("no connection") && text.contains("left alone"), "{text}");
    }
    // Somebody listens, and says nothing to the greeting of TLS.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", mute.local_addr().unwrap());
    let mute = connector_with(&url, |s| s.timeouts.connect = Duration::from_millis(200));
    let answer = Hunter::new(mute, Source::Graph).query(TAKE).await;
    let Err(HuntFailure::Unavailable(text)) = answer else { panic!("{answer:?}") };
    assert!(text.contains("no connection: none in time"), "{text}");
}

#[tokio::test]
async fn without_a_token_nothing_is_asked_and_that_is_told() {
    let server = Server::start(vec![ok(json!({"results": []}))]);
    let nobody = format!("https://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let connector = connector_with(&server.url, |s| {
        s.identity = Identity::ClientSecret { client: "app".into(), secret: Secret::new("open sesame") };
        (s.tenant, s.authority_url) = (Some("contoso".into()), Some(nobody.clone()));
        s.timeouts.token = Duration::from_millis(300);
    });
    let answer = Hunter::new(connector, Source::Graph).query(TAKE).await;
    let Err(HuntFailure::NoToken { text, passes: true }) = answer else { panic!("{answer:?}") };
    assert!(text.starts_with("no token: "), "{text}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn the_older_interface_is_not_asked_unless_its_address_is_set() {
    let server = Server::start(vec![ok(json!({"Results": []}))]);
    let answer = Hunter::new(connector(&server.url), Source::Defender).query(TAKE).await;
    assert!(matches!(answer, Err(HuntFailure::Other(_))), "{answer:?}");
    assert!(server.seen().is_empty());
}
