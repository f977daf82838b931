//! The values of a case put into incidents as the services would tell them.

use super::json::{Json, Node};
use super::reading::Reading;
use crate::diagnostic::Code;
use crate::incident::{
    Class, DefenderComment, DefenderIncident, Determination, Field, Label, Open, OwnerInfo, Person, Reason,
    SentinelComment, SentinelIncident, Severity, Side, Status,
};
use crate::policy::api::{CLASSES, DETERMINATIONS, REASONS, SEVERITIES, STATUSES};
use crate::sync::decision::Given;
use crate::sync::value::given;
use uuid::Uuid;

/// Defender's id of the incident of every case.
pub(super) const DEFENDER_ID: &str = "29";
/// Sentinel's id of the incident of every case.
pub(super) const SENTINEL_ID: &str = "00000000-0000-4000-8000-000000000029";

/// One incident on both sides.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pair {
    pub defender: DefenderIncident,
    pub sentinel: SentinelIncident,
}

impl Pair {
    /// The incident as every case begins: new, medium, nobody's.
    pub fn untouched() -> Pair {
        let mut pair =
            Pair { defender: DefenderIncident::new(DEFENDER_ID), sentinel: SentinelIncident::new(SENTINEL_ID) };
        let title = Some(format!("incident {DEFENDER_ID}"));
        pair.defender.display_name.clone_from(&title);
        pair.sentinel.title = title;
        pair.defender.severity = Some(Open::Known(Severity::Medium));
        pair.sentinel.severity = Some(Open::Known(Severity::Medium));
        pair
    }

    /// Makes a side, or both where none is named, say a value about a field.
    pub fn put(
        &mut self,
        reading: &mut Reading,
        whose: Option<Side>,
        field: Field,
        node: &Node,
        people: &mut Vec<Person>,
    ) {
        for side in Side::BOTH.into_iter().filter(|s| whose.is_none_or(|w| w == *s)) {
            let before = reading.found.0.len();
            match field {
                Field::Closing => self.closing(reading, side, whose, node),
                _ => self.put_one(reading, side, field, node, people),
            }
            if reading.found.0.len() > before {
                return; // Told once is enough.
            }
        }
    }

    fn put_one(&mut self, reading: &mut Reading, side: Side, field: Field, node: &Node, people: &mut Vec<Person>) {
        match field {
            Field::Status => self.status(reading, side, node),
            Field::Closing => {}
            Field::Owner => self.owner(reading, side, node, people),
            Field::Severity => self.severity(reading, side, node),
            Field::ClosingComment | Field::Title | Field::Description => {
                let text = match &node.json {
                    Json::Null => None,
                    _ => match reading.text(node, field.name()) {
                        Some(text) => Some(text.to_owned()),
                        None => return,
                    },
                };
                *self.text_slot(side, field) = text;
            }
            Field::Tags => {
                let Some(tags) = reading.texts(node, "tags") else { return };
                match side {
                    Side::Defender => self.defender.custom_tags = tags,
                    Side::Sentinel => self.sentinel.labels = tags.into_iter().map(Label::user).collect(),
                }
            }
            Field::Comments => self.comments(reading, side, node),
        }
    }

    fn text_slot(&mut self, side: Side, field: Field) -> &mut Option<String> {
        match (side, field) {
            (Side::Defender, Field::ClosingComment) => &mut self.defender.resolving_comment,
            (Side::Defender, Field::Title) => &mut self.defender.display_name,
            (Side::Defender, _) => &mut self.defender.description,
            (Side::Sentinel, Field::ClosingComment) => &mut self.sentinel.classification_comment,
            (Side::Sentinel, Field::Title) => &mut self.sentinel.title,
            (Side::Sentinel, _) => &mut self.sentinel.description,
        }
    }

    /// `{"native": "..."}`: a value by the service's own name, one that nobody knows included.
    fn native<'n>(reading: &mut Reading, node: &'n Node, name: &str) -> Option<&'n str> {
        reading.members(node, name, &["native"]).then_some(())?;
        match node.get("native") {
            Some(native) => reading.text(native, "native"),
            None => None,
        }
    }

    fn status(&mut self, reading: &mut Reading, side: Side, node: &Node) {
        if matches!(node.json, Json::Object(_)) {
            let Some(native) = Pair::native(reading, node, "status") else { return };
            match side {
                Side::Defender => self.defender.status = Open::read(native),
                Side::Sentinel => self.sentinel.status = Open::read(native),
            }
        } else if let Some(status) = reading.one_of(node, "status", STATUSES).and_then(Status::of_name) {
            self.set_status(side, status);
        }
    }

    pub fn set_status(&mut self, side: Side, status: Status) {
        match side {
            Side::Defender => self.defender.status = Open::Known(status.defender()),
            Side::Sentinel => self.sentinel.status = Open::Known(status.sentinel()),
        }
    }

    fn severity(&mut self, reading: &mut Reading, side: Side, node: &Node) {
        let value = match &node.json {
            Json::Object(_) => Pair::native(reading, node, "severity").map(Open::read),
            _ => reading.one_of(node, "severity", SEVERITIES).map(Open::read),
        };
        match side {
            Side::Defender if value.is_some() => self.defender.severity = value,
            Side::Sentinel if value.is_some() => self.sentinel.severity = value,
            _ => {}
        }
    }

    /// A closing: `"true_positive"`, `"true_positive/malware"`, or an object with `class`, `determination`, `reason`.
    fn closing(&mut self, reading: &mut Reading, side: Side, whose: Option<Side>, node: &Node) {
        if matches!(node.json, Json::Null) {
            match side {
                Side::Defender => (self.defender.classification, self.defender.determination) = (None, None),
                Side::Sentinel => (self.sentinel.classification, self.sentinel.classification_reason) = (None, None),
            }
            return;
        }
        let Some((class, determination, reason)) = closing(reading, whose, node) else { return };
        match side {
            Side::Defender => {
                self.defender.classification = Some(Open::Known(class.defender()));
                self.defender.determination = determination.map(Open::<Determination>::read);
            }
            Side::Sentinel => {
                self.sentinel.classification = Some(Open::Known(class.sentinel()));
                self.sentinel.classification_reason = reason.map(Open::<Reason>::read);
            }
        }
    }

    /// An owner: a text (a user principal name is a person), `{"upn", "team"}`, or, in Sentinel, `{"group"}`.
    fn owner(&mut self, reading: &mut Reading, side: Side, node: &Node, people: &mut Vec<Person>) {
        let mut info = OwnerInfo::default();
        let text = match &node.json {
            Json::Null => None,
            Json::Object(_) if side == Side::Sentinel && node.get("group").is_some() => {
                reading.members(node, "owner", &["group"]);
                let Some(group) = node.get("group").and_then(|g| reading.text(g, "group")) else { return };
                info.owner_type = Some("Group".to_owned());
                Some(group.to_owned())
            }
            Json::Object(_) => {
                reading.members(node, "owner", &["upn", "team"]);
                let Some(upn) = node.get("upn").and_then(|u| reading.text(u, "upn")) else {
                    return reading.wrong(Code::MissingName, node.span, "an owner needs its `upn`");
                };
                let team = node.get("team").and_then(|t| reading.text(t, "team")).map(str::to_owned);
                meet(people, upn, team);
                Some(upn.to_owned())
            }
            _ => {
                let Some(text) = reading.text(node, "owner") else { return };
                if text.contains('@') {
                    meet(people, text, None);
                }
                Some(text.to_owned())
            }
        };
        match side {
            Side::Defender => self.defender.assigned_to = text,
            Side::Sentinel if info.owner_type.is_some() => {
                self.sentinel.owner = Some(OwnerInfo { assigned_to: text, ..info });
            }
            Side::Sentinel => {
                let named = text.map(|text| OwnerInfo { user_principal_name: Some(text), ..info });
                self.sentinel.owner = named;
            }
        }
    }

    /// Comments are added to those that are there: texts, or objects with `text` and `by`.
    fn comments(&mut self, reading: &mut Reading, side: Side, node: &Node) {
        let Json::List(list) = &node.json else { return reading.kind(node, "comments", "a list") };
        for comment in list {
            let (text, by) = match &comment.json {
                Json::Object(_) => {
                    reading.members(comment, "comments", &["text", "by"]);
                    let by = comment.get("by").and_then(|b| reading.text(b, "by"));
                    (comment.get("text").and_then(|t| reading.text(t, "text")), by)
                }
                _ => (reading.text(comment, "comments"), None),
            };
            let Some(text) = text else {
                reading.wrong(Code::MissingName, comment.span, "a comment needs its `text`");
                continue;
            };
            let (text, by) = (text.to_owned(), by.map(str::to_owned));
            match side {
                Side::Defender => self.defender.comments.push(DefenderComment {
                    comment: text,
                    created_by_display_name: by,
                    created_date_time: None,
                }),
                Side::Sentinel => {
                    let id = format!("comment {} {text}", self.sentinel.comments.len());
                    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, id.as_bytes()).to_string();
                    let comment = SentinelComment { id, message: text, author: by, created_time_utc: None };
                    self.sentinel.comments.push(comment);
                }
            }
        }
    }
}

/// Makes a person of a name that a case mentions known to it.
fn meet(people: &mut Vec<Person>, upn: &str, team: Option<String>) {
    match people.iter_mut().find(|p| p.upn.eq_ignore_ascii_case(upn)) {
        Some(known) => known.team = team.or(known.team.take()),
        None => {
            let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, upn.to_lowercase().as_bytes()).to_string();
            people.push(Person { upn: upn.to_owned(), object_id: id, display: String::new(), team });
        }
    }
}

/// A class with the finer values that are given.
type Said = (Class, Option<&'static str>, Option<&'static str>);

/// Reads a closing of one side, or of both.
fn closing(reading: &mut Reading, whose: Option<Side>, node: &Node) -> Option<Said> {
    let (class, determination, reason) = match &node.json {
        Json::Object(_) => {
            reading.members(node, "closing", &["class", "determination", "reason"]);
            let Some(class) = node.get("class") else {
                reading.wrong(Code::MissingName, node.span, "a closing needs its `class`");
                return None;
            };
            let mut finer = |key, known| match node.get(key).filter(|n| !matches!(n.json, Json::Null)) {
                Some(finer) => reading.one_of(finer, key, known).map(Some),
                None => Some(None),
            };
            let (determination, reason) = (finer("determination", DETERMINATIONS)?, finer("reason", REASONS)?);
            (reading.one_of(class, "class", CLASSES)?, determination, reason)
        }
        _ => {
            let text = reading.text(node, "closing")?;
            let (class, finer) = text.split_once('/').map_or((text, None), |(class, finer)| (class, Some(finer)));
            let among = |known: &'static [&'static str]| finer.and_then(|f| known.iter().find(|k| **k == f).copied());
            let (determination, reason) = (among(DETERMINATIONS), among(REASONS));
            if let (Some(finer), None, None) = (finer, determination, reason) {
                let known: Vec<&str> = DETERMINATIONS.iter().chain(REASONS).copied().collect();
                reading.unknown(node.span, format!("`{finer}` is no determination and no reason"), finer, &known);
                return None;
            }
            let class = Node { span: node.span, json: Json::Text(class.to_owned()) };
            (reading.one_of(&class, "class", CLASSES)?, determination, reason)
        }
    };
    let odd = match whose {
        Some(Side::Defender) => reason.map(|r| (r, Side::Sentinel)),
        Some(Side::Sentinel) => determination.map(|d| (d, Side::Defender)),
        None => None,
    };
    if let Some((finer, of)) = odd {
        let message = format!("`{finer}` is a value of {} only; it is not seen on the other side", of.title());
        reading.wrong(Code::WrongValue, node.span, message);
        return None;
    }
    let own = |text: Option<&str>| text.map(str::to_owned);
    let said = Given::Closing { class: class.to_owned(), determination: own(determination), reason: own(reason) };
    if let Err(message) = given(Field::Closing, &said, &crate::incident::Directory::default()) {
        reading.wrong(Code::WrongValue, node.span, message);
        return None;
    }
    Some((Class::of_name(class)?, determination, reason))
}
