//! One case: from what an analyst wrote to the input of a pass.

use super::expect::{Expect, expectation};
use super::json::{Json, Node};
use super::native::{DEFENDER_ID, Pair};
use super::reading::Reading;
use super::{About, Case, Overrides};
use crate::diagnostic::{Code, Span};
use crate::incident::{Alert, DefenderStatus, Field, Open, Person, Side, Status};
use crate::policy::api::{ACTORS, EVENTS, FIELDS, ORDERS, SIDES};
use crate::sync::base::Base;
use crate::sync::decision::Event;
use crate::sync::input::{Actor, Change, History, Input, Moment, Order};

/// Members of a case.
pub(super) const CASE: &[&str] = &[
    "name",
    "why",
    "field",
    "event",
    "base",
    "agreed",
    "defender",
    "sentinel",
    "order",
    "config",
    "moment",
    "history",
    "new_alerts",
    "products",
    "target",
    "gone",
    "allow_revert",
    "reopen_on_new_alerts",
    "max_writes_per_hour",
    "expect",
];
/// Members of a side beside the fields.
const SIDE: &[&str] = &["value", "by", "by_name"];
/// Members by which an object is a value and not a side.
const VALUE: &[&str] = &["class", "determination", "reason", "upn", "team", "group", "native"];

/// True when a side says more than the value of the case's field.
pub(super) fn is_more(node: &Node) -> bool {
    match &node.json {
        Json::Object(members) => members.first().is_none_or(|m| !VALUE.contains(&m.key.as_str())),
        _ => false,
    }
}

/// A case that is being read.
struct Form<'r> {
    reading: &'r mut Reading,
    about: About,
    people: Vec<Person>,
    /// Where each side says by whom it was changed.
    said_by: Vec<(Side, Span)>,
}

/// Reads one case; `None` when it cannot be told what it is.
pub(super) fn case(reading: &mut Reading, node: &Node) -> Option<Case> {
    if !reading.members(node, "a case", CASE) {
        return None;
    }
    let Some(name) = node.get("name") else {
        reading.wrong(Code::MissingName, start_of(node.span), "the case has no `name`");
        return None;
    };
    let span = name.span;
    let name = reading.text(name, "name")?.to_owned();
    let why = node.get("why").and_then(|w| reading.text(w, "why")).map(str::to_owned);
    let about = about(reading, node)?;
    let mut form = Form { reading, about, people: vec![], said_by: vec![] };
    let input = form.input(node);
    let people = std::mem::take(&mut form.people);
    let overrides = overrides(reading, node);
    let expect = match node.get("expect") {
        Some(expect) => expectation(reading, expect, about),
        None => {
            reading.wrong(Code::MissingName, span, "the case says nothing about what to `expect`");
            Expect::default()
        }
    };
    Some(Case { name, why, about, input, people, overrides, expect, span })
}

fn start_of(span: Span) -> Span {
    Span { end: span.start + 1, ..span }
}

fn about(reading: &mut Reading, node: &Node) -> Option<About> {
    let about = match (node.get("field"), node.get("event")) {
        (Some(_), Some(event)) => {
            let message =
                "a case is about a `field` or about an `event`; for a field at the first link give `agreed`: false";
            reading.wrong(Code::WrongValue, event.span, message);
            return None;
        }
        (Some(field), None) => About::Field(Field::of_name(reading.one_of(field, "field", FIELDS)?)?),
        (None, Some(event)) => {
            let name = reading.one_of(event, "event", EVENTS)?;
            About::Event(Event::ALL.into_iter().find(|e| e.name() == name)?)
        }
        (None, None) => About::Incident,
    };
    for (key, event) in [("target", Event::Redirected), ("gone", Event::Gone)] {
        if let Some(given) = node.get(key)
            && about != About::Event(event)
        {
            reading.wrong(Code::WrongValue, given.span, format!("`{key}` belongs to the event `{}`", event.name()));
        }
    }
    Some(about)
}

impl Form<'_> {
    fn field(&self) -> Option<Field> {
        match self.about {
            About::Field(field) => Some(field),
            _ => None,
        }
    }

    fn input(&mut self, node: &Node) -> Input {
        let agreed = self.agreed(node);
        let mut base = Pair::untouched();
        if matches!(self.field(), Some(Field::Closing | Field::ClosingComment)) {
            // What a closing is about is closed, unless said otherwise.
            Side::BOTH.into_iter().for_each(|side| base.set_status(side, Status::Closed));
        }
        if let Some(node) = node.get("base") {
            match agreed {
                true => self.base(&mut base, node),
                false => {
                    self.reading.wrong(Code::WrongValue, node.span, "there is no `base` when nothing was agreed yet")
                }
            }
        }
        let mut now = base.clone();
        let mut input = Input::default();
        for side in Side::BOTH {
            if let Some(node) = node.get(side.name()) {
                self.side(&mut now, side, node, &mut input);
            }
        }
        if agreed {
            self.changed_by_nobody(&base, &now);
            input.base = Some(Base::of(&base.defender, &base.sentinel));
        }
        (input.defender, input.sentinel) = (Some(now.defender), Some(now.sentinel));
        self.event(node, &mut input);
        self.context(node, &mut input);
        input
    }

    fn agreed(&mut self, node: &Node) -> bool {
        let first = self.about == About::Event(Event::FirstLink);
        match node.get("agreed").map(|n| (n.span, self.reading.bool(n, "agreed"))) {
            Some((span, Some(true))) if first => {
                self.reading.wrong(Code::WrongValue, span, "nothing is agreed at the first link");
                false
            }
            Some((_, Some(agreed))) => agreed,
            _ => !first,
        }
    }

    fn value(&mut self, pair: &mut Pair, whose: Option<Side>, name: &str, node: &Node) {
        match self.field() {
            Some(field) => pair.put(self.reading, whose, field, node, &mut self.people),
            None => {
                let message =
                    format!("`{name}` is a value, but the case has no `field`: name the fields that it is about");
                self.reading.wrong(Code::WrongType, node.span, message);
            }
        }
    }

    fn base(&mut self, pair: &mut Pair, node: &Node) {
        if !is_more(node) {
            return self.value(pair, None, "base", node);
        }
        let known: Vec<&str> = ["value"].iter().chain(SIDES).chain(FIELDS).copied().collect();
        self.reading.members(node, "base", &known);
        self.fields(pair, None, node);
        for side in Side::BOTH {
            match node.get(side.name()) {
                Some(node) if is_more(node) => {
                    let known: Vec<&str> = ["value"].iter().chain(FIELDS).copied().collect();
                    self.reading.members(node, side.name(), &known);
                    self.fields(pair, Some(side), node);
                }
                Some(node) => self.value(pair, Some(side), side.name(), node),
                None => {}
            }
        }
    }

    fn fields(&mut self, pair: &mut Pair, whose: Option<Side>, node: &Node) {
        if let Some(value) = node.get("value") {
            self.value(pair, whose, "value", value);
        }
        for field in Field::ALL {
            if let Some(value) = node.get(field.name()) {
                if self.field() == Some(field) && node.get("value").is_some() {
                    let message = format!("`{}` is given twice: it is what `value` says", field.name());
                    self.reading.wrong(Code::DuplicateName, value.span, message);
                    continue;
                }
                pair.put(self.reading, whose, field, value, &mut self.people);
            }
        }
    }

    fn side(&mut self, pair: &mut Pair, side: Side, node: &Node, input: &mut Input) {
        if !is_more(node) {
            return self.value(pair, Some(side), side.name(), node);
        }
        let known: Vec<&str> = SIDE.iter().chain(FIELDS).copied().collect();
        self.reading.members(node, side.name(), &known);
        self.fields(pair, Some(side), node);
        let by = node.get("by").and_then(|b| {
            self.said_by.push((side, b.span));
            self.reading.one_of(b, "by", ACTORS)
        });
        let name = node.get("by_name").and_then(|n| self.reading.text(n, "by_name")).map(str::to_owned);
        let by = Actor::ALL.into_iter().find(|a| Some(a.name()) == by);
        if by.is_some() || name.is_some() {
            let change = Change { by: by.unwrap_or_default(), name };
            let changes =
                if side == Side::Defender { &mut input.defender_changes } else { &mut input.sentinel_changes };
            changes.extend(Field::ALL.map(|field| (field, change.clone())));
        }
    }

    /// Who changed what is not changed is a slip.
    fn changed_by_nobody(&mut self, base: &Pair, now: &Pair) {
        for (side, span) in std::mem::take(&mut self.said_by) {
            let same = match side {
                Side::Defender => base.defender == now.defender,
                Side::Sentinel => base.sentinel == now.sentinel,
            };
            if same {
                let message = format!("`by` says who changed it, but {} is as it was in the base", side.title());
                self.reading.wrong(Code::WrongValue, span, message);
            }
        }
    }

    fn event(&mut self, node: &Node, input: &mut Input) {
        match self.about {
            About::Event(Event::Redirected) => {
                let target = node.get("target").and_then(|t| self.reading.text(t, "target")).unwrap_or("30").to_owned();
                if let Some(defender) = &mut input.defender {
                    defender.status = Open::Known(DefenderStatus::Redirected);
                    defender.redirect_incident_id = Some(target.clone());
                }
                if target != DEFENDER_ID {
                    input.redirects.insert(target, None);
                }
            }
            About::Event(Event::Gone) => match node.get("gone").map(|g| self.reading.one_of(g, "gone", SIDES)) {
                Some(Some("defender")) => input.defender = None,
                Some(Some(_)) => input.sentinel = None,
                Some(None) => {}
                None => {
                    let span = node.get("event").map_or(node.span, |e| e.span);
                    self.reading.wrong(Code::MissingName, span, "say in `gone` which side no longer has it");
                }
            },
            _ => {}
        }
    }

    fn context(&mut self, node: &Node, input: &mut Input) {
        if let Some(order) = node.get("order").and_then(|o| self.reading.one_of(o, "order", ORDERS)) {
            let orders = [Order::Defender, Order::Sentinel, Order::Tie, Order::Unknown];
            let order = orders.into_iter().find(|o| o.name() == order).unwrap_or_default();
            input.order.extend(Field::ALL.map(|field| (field, order)));
        }
        let number = |reading: &mut Reading, node: Option<&Node>, name: &str, most: u32| {
            node.and_then(|n| reading.number(n, name, most))
        };
        input.new_alerts = number(self.reading, node.get("new_alerts"), "new_alerts", 10_000).unwrap_or_default();
        if let Some(node) = node.get("history")
            && self.reading.members(node, "history", &["flips", "reopened", "writes"])
        {
            let mut read = |name| number(self.reading, node.get(name), name, 1_000_000).unwrap_or_default();
            input.history = History { flips: read("flips"), reopened: read("reopened"), writes: read("writes") };
        }
        input.moment = self.moment(node.get("moment"));
        let products = node.get("products").and_then(|p| self.reading.texts(p, "products")).unwrap_or_default();
        if let Some(defender) = &mut input.defender {
            defender.alerts.extend(products.into_iter().enumerate().map(|(nth, product)| Alert {
                id: format!("alert {nth}"),
                service_source: Some(product),
                ..Alert::default()
            }));
        }
    }

    /// Monday at ten, unless said otherwise; business hours are Monday to Friday from 8 to 18, unless said otherwise.
    fn moment(&mut self, node: Option<&Node>) -> Moment {
        let mut moment = Moment { weekday: 1, hour: 10, business_hours: true };
        let Some(node) = node else { return moment };
        if !self.reading.members(node, "moment", &["weekday", "hour", "business_hours"]) {
            return moment;
        }
        let mut number = |name, most| node.get(name).and_then(|n| self.reading.number(n, name, most));
        let small = |n: u32| u8::try_from(n).unwrap_or_default();
        moment.weekday = number("weekday", 7).map_or(moment.weekday, small);
        moment.hour = number("hour", 23).map_or(moment.hour, small);
        if let Some(weekday) = node.get("weekday").filter(|_| moment.weekday == 0) {
            self.reading.wrong(Code::WrongValue, weekday.span, "`weekday` is 1 for Monday to 7 for Sunday");
        }
        let usual = (1..=5).contains(&moment.weekday) && (8..18).contains(&moment.hour);
        let said = node.get("business_hours").and_then(|b| self.reading.bool(b, "business_hours"));
        Moment { business_hours: said.unwrap_or(usual), ..moment }
    }
}

fn overrides(reading: &mut Reading, node: &Node) -> Overrides {
    let bool = |reading: &mut Reading, name| node.get(name).and_then(|n| reading.bool(n, name));
    let constants = match node.get("config") {
        Some(config) if matches!(config.json, Json::Object(_)) => {
            config.value().as_object().cloned().unwrap_or_default()
        }
        Some(config) => {
            reading.kind(config, "config", "an object");
            serde_json::Map::new()
        }
        None => serde_json::Map::new(),
    };
    Overrides {
        allow_revert: bool(reading, "allow_revert"),
        reopen_on_new_alerts: bool(reading, "reopen_on_new_alerts"),
        max_writes_per_hour: node
            .get("max_writes_per_hour")
            .and_then(|n| reading.number(n, "max_writes_per_hour", 1_000_000)),
        constants,
    }
}
