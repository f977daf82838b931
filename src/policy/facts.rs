//! Questions as the maps that rules are given. By value: a rule may do with them what it likes.

use crate::incident::Field;
use crate::incident::{Class, Closing, Owner, Side, Status, Wire};
use crate::sync::decision::{IncidentQuestion, Question};
use crate::sync::input::{Change, Input, Settings};
use crate::sync::value::{Said, of_defender, of_sentinel};
use rhai::{Dynamic, Map};

/// The facts of a question about a field.
pub fn of_field(question: &Question, constants: &Dynamic) -> Map {
    let mut facts = context(question.input, constants);
    let base = question.base.as_ref().map(|(defender, sentinel)| {
        let mut base = Map::new();
        put(&mut base, "defender", value(defender));
        put(&mut base, "sentinel", value(sentinel));
        base
    });
    put(&mut facts, "field", text(question.field.name()));
    put(&mut facts, "base", base.map_or(Dynamic::UNIT, Dynamic::from_map));
    for side in Side::BOTH {
        let (said, change) = match side {
            Side::Defender => (&question.defender, &question.defender_change),
            Side::Sentinel => (&question.sentinel, &question.sentinel_change),
        };
        let map = self::side(question.input, question.settings, side, Some((said, change.as_ref())));
        put(&mut facts, side.name(), map);
    }
    put(&mut facts, "order", text(question.order.name()));
    put(&mut facts, "planned", planned(question));
    facts
}

/// The facts of a question about an incident.
pub fn of_incident(question: &IncidentQuestion, constants: &Dynamic) -> Map {
    let mut facts = context(question.input, constants);
    put(&mut facts, "event", text(question.event.name()));
    put(&mut facts, "target", question.target.map_or(Dynamic::UNIT, text));
    for side in Side::BOTH {
        put(&mut facts, side.name(), self::side(question.input, question.settings, side, None));
    }
    facts
}

fn put(map: &mut Map, name: &str, value: Dynamic) {
    map.insert(name.into(), value);
}

fn text(text: &str) -> Dynamic {
    Dynamic::from(rhai::ImmutableString::from(text))
}

fn number(n: usize) -> Dynamic {
    Dynamic::from(i64::try_from(n).unwrap_or(i64::MAX))
}

fn texts<S: AsRef<str>>(list: &[S]) -> Dynamic {
    Dynamic::from_array(list.iter().map(|t| text(t.as_ref())).collect())
}

/// A value as rules see it.
fn value(said: &Said) -> Dynamic {
    match said {
        Said::Nothing | Said::Owner(Owner::Nobody) => Dynamic::UNIT,
        Said::Unknown(raw) | Said::Text(raw) => text(raw),
        Said::Status(status) => text(status.name()),
        Said::Closing(said) => Dynamic::from_map(closing(said)),
        Said::Owner(owner) => owner.text().map_or(Dynamic::UNIT, text),
        Said::Severity(severity) => text(severity.wire()),
        Said::Tags(tags) => texts(tags),
    }
}

fn closing(said: &Closing) -> Map {
    let mut map = Map::new();
    let finer = |known: Option<&str>| known.filter(|_| said.class != Class::Undetermined).map_or(Dynamic::UNIT, text);
    put(&mut map, "class", text(said.class.name()));
    put(&mut map, "determination", finer(said.determination.as_ref().map(|d| d.text())));
    put(&mut map, "reason", finer(said.reason.as_ref().map(|r| r.text())));
    map
}

fn side(input: &Input, settings: &Settings, side: Side, asked: Option<(&Said, Option<&Change>)>) -> Dynamic {
    let directory = &settings.directory;
    let (status, owner, severity, title, tags) = match side {
        Side::Defender => {
            let Some(incident) = &input.defender else { return Dynamic::UNIT };
            let said = |field| of_defender(field, incident, directory);
            (incident.meaning(), said(Field::Owner), said(Field::Severity), said(Field::Title), said(Field::Tags))
        }
        Side::Sentinel => {
            let Some(incident) = &input.sentinel else { return Dynamic::UNIT };
            let said = |field| of_sentinel(field, incident, directory);
            (incident.meaning(), said(Field::Owner), said(Field::Severity), said(Field::Title), said(Field::Tags))
        }
    };
    let mut map = Map::new();
    let (said, change) = asked.unwrap_or((&Said::Nothing, None));
    put(&mut map, "value", value(said));
    put(&mut map, "changed", Dynamic::from(change.is_some()));
    put(&mut map, "by", text(change.map(|c| c.by).unwrap_or_default().name()));
    put(&mut map, "by_name", change.and_then(|c| c.name.as_deref()).map_or(Dynamic::UNIT, text));
    put(&mut map, "status", status.map_or(Dynamic::UNIT, |s| text(s.name())));
    put(&mut map, "closed", Dynamic::from(status == Some(Status::Closed)));
    put(&mut map, "owner", value(&owner));
    put(&mut map, "severity", value(&severity));
    put(&mut map, "title", value(&title));
    put(&mut map, "tags", value(&tags));
    Dynamic::from_map(map)
}

fn planned(question: &Question) -> Dynamic {
    let Some(planned) = &question.planned else { return Dynamic::UNIT };
    let mut map = Map::new();
    let said = match planned.from {
        Side::Defender => &question.defender,
        Side::Sentinel => &question.sentinel,
    };
    put(&mut map, "from", text(planned.from.name()));
    put(&mut map, "to", text(planned.from.other().name()));
    put(&mut map, "value", value(said));
    put(&mut map, "tags", planned.tags.map_or(Dynamic::UNIT, texts));
    put(&mut map, "comments", planned.comments.map_or(Dynamic::UNIT, texts));
    Dynamic::from_map(map)
}

/// What every question has.
fn context(input: &Input, constants: &Dynamic) -> Map {
    let (mut facts, mut incident, mut history, mut moment) = (Map::new(), Map::new(), Map::new(), Map::new());
    let id = |id: Option<&str>| text(id.unwrap_or_default());
    put(&mut incident, "defender_id", id(input.defender.as_ref().map(|d| d.id.as_str())));
    put(&mut incident, "sentinel_id", id(input.sentinel.as_ref().map(|s| s.id.as_str())));
    put(&mut incident, "new_alerts", number(input.new_alerts as usize));
    let alerts = input.defender.as_ref().map_or(&[][..], |d| d.alerts.as_slice());
    let mut products: Vec<&str> = alerts.iter().filter_map(|a| a.service_source.as_deref()).collect();
    products.sort_unstable();
    products.dedup();
    put(&mut incident, "alerts", number(alerts.len()));
    put(&mut incident, "products", texts(&products));
    put(&mut history, "flips", number(input.history.flips as usize));
    put(&mut history, "reopened", number(input.history.reopened as usize));
    put(&mut history, "writes", number(input.history.writes as usize));
    put(&mut moment, "weekday", number(usize::from(input.moment.weekday)));
    put(&mut moment, "hour", number(usize::from(input.moment.hour)));
    put(&mut moment, "business_hours", Dynamic::from(input.moment.business_hours));
    for (name, map) in [("incident", incident), ("history", history), ("moment", moment)] {
        put(&mut facts, name, Dynamic::from_map(map));
    }
    put(&mut facts, "config", constants.clone());
    facts
}
