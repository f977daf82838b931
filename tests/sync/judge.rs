//! Whether both sides agree, by rules of its own: it reads the services' state and knows nothing of the engine.

use huntline::ledger::{Ledger, What};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the judge found wrong, a sentence each.
pub fn judge(state: &Value, people: &Value, ledger: &Path) -> Vec<String> {
    let held = held(ledger);
    let mut wrong = Vec::new();
    let defender: BTreeMap<&str, &Value> =
        list(&state["defender"]).map(|d| (d["id"].as_str().unwrap_or_default(), d)).collect();
    let mut seen = BTreeSet::new();
    for s in list(&state["sentinel"]) {
        let Some(d) = s["providerIncidentId"].as_str().and_then(|id| defender.get(id)) else { continue };
        if !s["providerName"].as_str().unwrap_or_default().contains("XDR") {
            continue;
        }
        let id = d["id"].as_str().unwrap_or_default();
        assert!(seen.insert(id), "two Sentinel incidents of {id}");
        let held = |field: &str| held.contains(&(id.to_owned(), field.to_owned()));
        let mut say = |field: &str, d: String, s: String| {
            if d != s && !held(field) && !held("link") {
                wrong.push(format!("{id} {field}: Defender {d}, Sentinel {s}"));
            }
        };
        if text(d, "status") == "redirected" {
            say("status", "Closed".into(), text(s, "status"));
            continue;
        }
        say("status", status(&text(d, "status")), text(s, "status"));
        if text(s, "status") == "Closed" && !held("status") {
            say("closing", class(&text(d, "classification")), undetermined(&text(s, "classification")));
        }
        say("owner", owner(&text(d, "assignedTo"), people), owner(&text(&s["owner"], "objectId"), people));
        say("tags", tags(&d["customTags"]), tags(&s["labels"]));
        comments(id, d, s, &mut wrong);
    }
    if seen.is_empty() {
        wrong.push("there is nothing to judge".to_owned());
    }
    wrong
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

fn status(defender: &str) -> String {
    match defender {
        "active" => "New",
        "resolved" | "redirected" => "Closed",
        "inProgress" | "awaitingAction" => "Active",
        other => other,
    }
    .to_owned()
}

fn class(defender: &str) -> String {
    match defender {
        "truePositive" => "TruePositive",
        "falsePositive" => "FalsePositive",
        "informationalExpectedActivity" => "BenignPositive",
        _ => "Undetermined",
    }
    .to_owned()
}

fn undetermined(sentinel: &str) -> String {
    if sentinel.is_empty() { "Undetermined".to_owned() } else { sentinel.to_owned() }
}

fn owner(text: &str, people: &Value) -> String {
    let same =
        |p: &&Value| ["upn", "objectId"].iter().any(|k| p[*k].as_str().is_some_and(|v| v.eq_ignore_ascii_case(text)));
    list(people).find(same).map_or(text.to_owned(), |p| p["upn"].as_str().unwrap_or_default().to_owned())
}

fn tags(value: &Value) -> String {
    let user = |t: &&Value| t["labelType"].as_str().is_none_or(|t| t == "User");
    let name = |t: &Value| t.as_str().or(t["labelName"].as_str()).unwrap_or_default().to_lowercase();
    let all: BTreeSet<String> = list(value).filter(user).map(name).filter(|t| t != "redirected").collect();
    all.into_iter().collect::<Vec<_>>().join(",")
}

/// No copy twice, no copy of a copy.
fn comments(id: &str, d: &Value, s: &Value, wrong: &mut Vec<String>) {
    for (side, texts) in [
        ("Defender", list(&d["comments"]).map(|c| text(c, "comment")).collect::<Vec<_>>()),
        ("Sentinel", list(&s["comments"]).map(|c| text(c, "message")).collect()),
    ] {
        let mut markers = BTreeSet::new();
        for text in texts.iter().filter(|t| t.contains("(huntline ")) {
            if text.matches("(huntline ").count() > 1 {
                wrong.push(format!("{id}: a copy of a copy in {side}: {text}"));
            }
            let marker = text.rsplit("(huntline ").next().unwrap_or_default();
            if !markers.insert(marker.to_owned()) {
                wrong.push(format!("{id}: twice in {side}: {text}"));
            }
        }
    }
}

/// Fields that wait for a person, by Defender's id.
fn held(ledger: &Path) -> BTreeSet<(String, String)> {
    let reader = Ledger::open_read(ledger).unwrap();
    let holds = reader.holds().unwrap();
    let name = |h: &huntline::ledger::Hold| h.question.question["field"].as_str().unwrap_or_default().to_owned();
    holds
        .iter()
        .map(|h| (reader.pair_by_id(h.question.pair).unwrap().unwrap().defender, name(h)))
        .chain(
            reader.pairs().map(Result::unwrap).filter(|p| p.frozen.is_some()).map(|p| (p.defender, "link".to_owned())),
        )
        .collect()
}

/// Every change that a person made is still there, or is told of in the journal, or was changed by a person afterwards.
pub fn nothing_lost(actions: &Value, state: &Value, people: &Value, ledger: &Path) -> Vec<String> {
    let reader = Ledger::open_read(ledger).unwrap();
    let mut journalled: BTreeMap<String, String> = BTreeMap::new();
    for entry in reader.entries() {
        let entry = entry.unwrap();
        if let What::Decided(decision) = &entry.what {
            let pair = reader.pair_by_id(decision.pair).unwrap().unwrap();
            journalled.entry(pair.defender.clone()).or_default().push_str(&decision.outcome.to_string());
        }
    }
    let held = held(ledger);
    // Sentinel's own incidents have numbers too, which are nobody's in Defender.
    let linked = |s: &&Value| text(s, "providerName").contains("XDR");
    let sentinel: BTreeMap<String, &Value> =
        list(&state["sentinel"]).filter(linked).map(|s| (text(s, "id"), s)).collect();
    let defender: BTreeMap<String, &Value> = list(&state["defender"]).map(|d| (text(d, "id"), d)).collect();
    let mut last: BTreeMap<(String, String), &Value> = BTreeMap::new();
    for action in list(actions) {
        let id = match action["side"].as_str() {
            Some("sentinel") => sentinel.get(&text(action, "id")).map(|s| text(s, "providerIncidentId")),
            _ => Some(text(action, "id")),
        };
        if let Some(id) = id {
            last.insert((id, text(action, "field")), action);
        }
    }
    let mut lost = Vec::new();
    for ((id, field), action) in last {
        let Some(d) = defender.get(&id) else { continue };
        if action["by"] != "human" || text(d, "status") == "redirected" {
            continue;
        }
        let value = action["value"].as_str().unwrap_or_default();
        let (there, wanted) = match field.as_str() {
            "status" => (status(&text(d, "status")), status_of(value)),
            "owner" | "assignedTo" => (owner(&text(d, "assignedTo"), people), owner(value, people)),
            _ => continue,
        };
        let told = journalled.get(&id).is_some_and(|text| text.contains(&field));
        if there != wanted && !told && !held.contains(&(id.clone(), field.clone())) {
            lost.push(format!("{id} {field}: a person set {value}, now it is {there}, and no word about it"));
        }
    }
    lost
}

/// Either service's word, in Sentinel's.
fn status_of(value: &str) -> String {
    match value {
        "New" | "Active" | "Closed" => value.to_owned(),
        other => status(other),
    }
}
