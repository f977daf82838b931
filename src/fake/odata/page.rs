//! Pages and their links. A token is opaque to the caller; inside it is the place of the next record, so a list that moves
//! between two pages shows a record twice or not at all, as the services do.

use super::super::wire::{Call, Twist};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as CODEC;
use serde_json::Value as Json;
use std::cmp::Ordering;

/// Part of a list.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::fake) struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// The absolute link to the next page.
    pub next: Option<String>,
    /// Records in the whole list.
    pub total: usize,
}

/// Cuts the page that `call` asks for out of `all`: `size` records from the place told by the parameter `token`, else
/// `$skip`. `nonce` makes links of one place differ.
pub(in crate::fake) fn page<T: Clone>(
    all: Vec<T>,
    call: &Call,
    size: usize,
    token: &str,
    nonce: u64,
) -> Result<Page<T>, String> {
    let total = all.len();
    let from = match (call.query(token), call.query("$skip")) {
        (Some(text), _) => place(text).ok_or_else(|| format!("The {token} '{text}' is not valid."))?,
        (None, Some(text)) => text.parse().map_err(|_| format!("Invalid value '{text}' for $skip."))?,
        (None, None) => 0,
    };
    if call.twist == Some(Twist::EmptyPage) {
        return Ok(Page { items: Vec::new(), next: Some(link(call, token, from, nonce)), total });
    }
    let mut items: Vec<T> = all.into_iter().skip(from).take(size).collect();
    let mut end = from.saturating_add(items.len());
    let more = end < total;
    match call.twist {
        Some(Twist::Duplicate) if more && items.len() > 1 => end -= 1,
        Some(Twist::Duplicate) => items.extend(items.last().cloned()),
        Some(Twist::SkipRow) if more => end += 1,
        Some(Twist::SkipRow) => drop(items.pop()),
        _ => {}
    }
    let next = match call.twist {
        Some(Twist::Loop) => Some(format!("{}{}", call.origin(), call.target())),
        _ => (end < total).then(|| link(call, token, end, nonce)),
    };
    Ok(Page { items, next, total })
}

fn place(text: &str) -> Option<usize> {
    let bytes = CODEC.decode(text).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (place, _) = text.strip_prefix("p.")?.split_once('.')?;
    place.parse().ok()
}

/// The same request with another token; everything else (`$top`, `$filter`, `api-version`) is kept as it was written.
fn link(call: &Call, token: &str, place: usize, nonce: u64) -> String {
    let mark = CODEC.encode(format!("p.{place}.{nonce}"));
    let replaced = |name: &str| {
        let name = name.replace("%24", "$");
        name.eq_ignore_ascii_case(token) || name.eq_ignore_ascii_case("$skip")
    };
    let kept = call.raw_query.split('&').filter(|p| !p.is_empty() && !replaced(p.split('=').next().unwrap_or(p)));
    let mut query = kept.collect::<Vec<_>>().join("&");
    if !query.is_empty() {
        query.push('&');
    }
    format!("{}{}?{query}{token}={mark}", call.origin(), call.path)
}

/// Sorts by `$orderby` (`a desc, b`), else by `default`. Only the properties `allowed` may be named.
pub(in crate::fake) fn order<T>(
    items: &mut [T],
    orderby: Option<&str>,
    default: &str,
    allowed: &[&str],
    get: &dyn Fn(&T, &str) -> Json,
) -> Result<(), String> {
    let mut keys = Vec::new();
    for part in orderby.unwrap_or(default).split(',') {
        let mut words = part.split_whitespace();
        let field = words.next().unwrap_or_default();
        if !allowed.contains(&field) {
            return Err(format!("Could not find a sortable property named '{field}'."));
        }
        let down = match words.next() {
            None | Some("asc") => false,
            Some("desc") => true,
            Some(other) => return Err(format!("Syntax error: unexpected '{other}' in $orderby.")),
        };
        keys.push((field.to_owned(), down));
    }
    items.sort_by(|a, b| {
        let each = keys.iter().map(|(field, down)| {
            let order = rank(&get(a, field), &get(b, field));
            if *down { order.reverse() } else { order }
        });
        each.into_iter().find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
    });
    Ok(())
}

fn rank(a: &Json, b: &Json) -> Ordering {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        (Json::String(a), Json::String(b)) => a.cmp(b),
        _ => a.is_null().cmp(&b.is_null()).reverse(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, HeaderValue, Method};

    fn call(query: &str) -> Call {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static("127.0.0.1:9"));
        Call::new(Method::GET, "/list", query, headers, Bytes::new())
    }

    /// Follows the links and collects what comes.
    fn walk(twist: Option<Twist>, at: usize) -> Vec<i32> {
        let (mut query, mut seen) = ("$top=2&v=1".to_owned(), Vec::new());
        for step in 0..9 {
            let mut call = call(&query);
            call.twist = twist.filter(|_| step == at);
            let page = page((1..=5).collect(), &call, 2, "$skipToken", step as u64).expect("a page");
            seen.extend(page.items);
            let Some(next) = page.next else { return seen };
            query = next.split_once('?').expect("a query").1.to_owned();
            assert!(next.starts_with("http://127.0.0.1:9/list?$top=2&v=1"), "{next}");
        }
        seen
    }

    #[test]
    fn links_lead_through_the_list() {
        assert_eq!(walk(None, 0), [1, 2, 3, 4, 5]);
        assert_eq!(walk(Some(Twist::EmptyPage), 1), [1, 2, 3, 4, 5]);
        assert_eq!(walk(Some(Twist::Duplicate), 0), [1, 2, 2, 3, 4, 5]);
        assert_eq!(walk(Some(Twist::Duplicate), 2), [1, 2, 3, 4, 5, 5]);
        assert_eq!(walk(Some(Twist::SkipRow), 0), [1, 2, 4, 5]);
        assert_eq!(walk(Some(Twist::Loop), 1), [1, 2, 3, 4, 3, 4, 5]);
    }

    #[test]
    fn foreign_tokens_are_refused() {
        assert!(page(vec![1], &call("$skipToken=abc"), 2, "$skipToken", 0).is_err());
        assert!(page(vec![1], &call("$skip=x"), 2, "$skipToken", 0).is_err());
    }
}
