//! All that a rule may see and call: the one table behind the host, the static check, the definition files and the reference.

/// The kind of a value that a rule handles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A whole number.
    Number,
    /// True or false.
    Bool,
    /// A list of texts.
    Texts,
    /// A map with these members.
    Map(&'static [Fact]),
    /// The value of a field: what it is depends on the field.
    Value,
    /// The user's constants: any members.
    Open,
}

/// A member of the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// Whether it may be `()`.
    pub optional: bool,
    /// In a sentence.
    pub doc: &'static str,
}

const fn fact(name: &'static str, kind: Kind, doc: &'static str) -> Fact {
    Fact { name, kind, optional: false, doc }
}

const fn maybe(name: &'static str, kind: Kind, doc: &'static str) -> Fact {
    Fact { name, kind, optional: true, doc }
}

/// The fields.
pub const FIELDS: &[&str] =
    &["status", "closing", "closing_comment", "owner", "severity", "title", "description", "tags", "comments"];
/// The sides.
pub const SIDES: &[&str] = &["defender", "sentinel"];
/// Who may have made a change.
pub const ACTORS: &[&str] = &["human", "automation", "provider", "sync", "unknown"];
/// Which side is later.
pub const ORDERS: &[&str] = &["defender", "sentinel", "tie", "unknown"];
/// What happens to incidents.
pub const EVENTS: &[&str] = &["redirected", "gone", "first_link"];
/// Statuses.
pub const STATUSES: &[&str] = &["new", "in_progress", "closed"];
/// Classes of closings.
pub const CLASSES: &[&str] = &["undetermined", "true_positive", "benign_positive", "false_positive"];
/// Severities.
pub const SEVERITIES: &[&str] = &["informational", "low", "medium", "high"];
/// Defender's determinations that may be written.
pub const DETERMINATIONS: &[&str] = &[
    "unknown",
    "multiStagedAttack",
    "maliciousUserActivity",
    "compromisedAccount",
    "malware",
    "phishing",
    "unwantedSoftware",
    "securityTesting",
    "lineOfBusinessApplication",
    "confirmedActivity",
    "notMalicious",
    "notEnoughDataToValidate",
    "other",
];
/// Sentinel's reasons.
pub const REASONS: &[&str] = &["SuspiciousActivity", "SuspiciousButExpected", "IncorrectAlertLogic", "InaccurateData"];

/// A closing as rules see it.
pub const CLOSING: &[Fact] = &[
    fact("class", Kind::OneOf(CLASSES), "what both sides can say"),
    maybe("determination", Kind::OneOf(DETERMINATIONS), "Defender's finer value, where this comes from Defender"),
    maybe("reason", Kind::OneOf(REASONS), "Sentinel's finer value, where this comes from Sentinel"),
];

/// One side of a question.
pub const SIDE: &[Fact] = &[
    maybe("value", Kind::Value, "what the side says about the field; `()` when it says nothing"),
    fact("changed", Kind::Bool, "whether it changed since both agreed"),
    fact("by", Kind::OneOf(ACTORS), "who changed it"),
    maybe("by_name", Kind::Text, "who changed it, as the service names them"),
    maybe("status", Kind::OneOf(STATUSES), "the incident's status there; `()` for a value that nobody knows"),
    fact("closed", Kind::Bool, "whether the incident is closed there"),
    maybe("owner", Kind::Text, "who works on it: a user principal name, a group, a text; `()` is nobody"),
    maybe("severity", Kind::OneOf(SEVERITIES), "the incident's severity there"),
    maybe("title", Kind::Text, "the incident's title there"),
    fact("tags", Kind::Texts, "the users' tags, in the order in which the service gave them"),
];

/// What is planned.
pub const PLANNED: &[Fact] = &[
    fact("from", Kind::OneOf(SIDES), "the side that changed"),
    fact("to", Kind::OneOf(SIDES), "the side that would be written to"),
    maybe("value", Kind::Value, "the value that would be carried over"),
    maybe("tags", Kind::Texts, "the tags that both sides would have; only for `tags`"),
    maybe("comments", Kind::Texts, "the texts that would be copied; only for `comments`"),
];

/// The last agreed values.
pub const BASE: &[Fact] =
    &[maybe("defender", Kind::Value, "as Defender said it"), maybe("sentinel", Kind::Value, "as Sentinel said it")];

/// The incident.
pub const INCIDENT: &[Fact] = &[
    fact("defender_id", Kind::Text, "its number in Defender"),
    fact("sentinel_id", Kind::Text, "its name in Sentinel, a GUID"),
    fact("new_alerts", Kind::Number, "alerts that came since both agreed"),
    fact("alerts", Kind::Number, "alerts in Defender, when they were read"),
    fact("products", Kind::Texts, "the products that raised them, by Graph's `serviceSource`"),
];

/// What happened before.
pub const HISTORY: &[Fact] = &[
    fact("flips", Kind::Number, "how often a field went back to a value that it had left"),
    fact("reopened", Kind::Number, "how often it was reopened"),
    fact("writes", Kind::Number, "writes within the last hour"),
];

/// The moment.
pub const MOMENT: &[Fact] = &[
    fact("weekday", Kind::Number, "1 is Monday, 7 is Sunday"),
    fact("hour", Kind::Number, "0 to 23"),
    fact("business_hours", Kind::Bool, "whether the configured business hours cover it"),
];

const CONTEXT: [Fact; 4] = [
    fact("incident", Kind::Map(INCIDENT), "the incident"),
    fact("history", Kind::Map(HISTORY), "what happened before"),
    fact("moment", Kind::Map(MOMENT), "when, in the configured zone"),
    fact("config", Kind::Open, "your constants: `[sync.constants]`"),
];

/// What `decide` and `review` are given.
pub const FIELD_FACTS: &[Fact] = &[
    fact("field", Kind::OneOf(FIELDS), "the field in question"),
    maybe("base", Kind::Map(BASE), "what both last agreed on; `()` before the first agreement"),
    fact("defender", Kind::Map(SIDE), "Defender now"),
    fact("sentinel", Kind::Map(SIDE), "Sentinel now"),
    fact(
        "order",
        Kind::OneOf(ORDERS),
        "which side is later; often `unknown`, since the services time records, not fields",
    ),
    maybe("planned", Kind::Map(PLANNED), "what would be carried over; only in `review`"),
    CONTEXT[0],
    CONTEXT[1],
    CONTEXT[2],
    CONTEXT[3],
];

/// What `incident` is given.
pub const INCIDENT_FACTS: &[Fact] = &[
    fact("event", Kind::OneOf(EVENTS), "what happened"),
    maybe("target", Kind::Text, "where it was merged into, at the end of the chain"),
    maybe("defender", Kind::Map(SIDE), "Defender now; `()` when it is gone"),
    maybe("sentinel", Kind::Map(SIDE), "Sentinel now; `()` when it is gone"),
    CONTEXT[0],
    CONTEXT[1],
    CONTEXT[2],
    CONTEXT[3],
];

/// A function that a rule defines.
#[derive(Clone, Copy, Debug)]
pub struct EntryPoint {
    /// Its name.
    pub name: &'static str,
    /// What its one parameter is.
    pub facts: &'static [Fact],
    /// Whether a rule must have it.
    pub required: bool,
    /// In a sentence.
    pub doc: &'static str,
}

/// The functions that huntline calls.
pub const ENTRY_POINTS: &[EntryPoint] = &[
    EntryPoint {
        name: "decide",
        facts: FIELD_FACTS,
        required: true,
        doc: "decides a conflict: both sides changed the field since they agreed, to different meanings",
    },
    EntryPoint {
        name: "review",
        facts: FIELD_FACTS,
        required: false,
        doc: "looks at a change of one side before it is carried over; may veto or change it",
    },
    EntryPoint {
        name: "incident",
        facts: INCIDENT_FACTS,
        required: false,
        doc: "decides what happens to an incident that was merged, is gone on one side, or is linked for the first time",
    },
];

/// A parameter of a function.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
}

/// A function that a rule may call.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// Its parameters.
    pub parameters: &'static [Parameter],
    /// Whether a reason may follow as the last argument, or must.
    pub reason: Reason,
    /// Whether it makes a decision; else it returns a value.
    pub decides: bool,
    /// The entry points whose answer it may be.
    pub answers: &'static [&'static str],
    /// In a sentence.
    pub doc: &'static str,
}

/// Whether a function takes a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// None.
    No,
    /// One may be given.
    Optional,
    /// One must be given.
    Required,
}

const fn parameter(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind }
}

macro_rules! functions {
    ($($name:ident($($p:ident: $kind:expr),*) $reason:ident $decides:literal [$($answer:literal),*] $doc:literal;)*) => {
        /// Every function that huntline gives to rules.
        pub const FUNCTIONS: &[Function] = &[$(Function {
            name: stringify!($name),
            parameters: &[$(parameter(stringify!($p), $kind)),*],
            reason: Reason::$reason,
            decides: $decides,
            answers: &[$($answer),*],
            doc: $doc,
        }),*];
    };
}

functions! {
    keep() Optional true ["decide", "review"] "both mean the same, whatever it looks like";
    accept() Optional true ["review", "incident"] "the planned change is right";
    take_defender() Optional true ["decide", "review"] "Defender's value for both";
    take_sentinel() Optional true ["decide", "review"] "Sentinel's value for both";
    set(value: Kind::Value) Optional true ["decide", "review"] "this value for both";
    set_each(defender: Kind::Value, sentinel: Kind::Value) Optional true ["decide", "review"]
        "one value for Defender, one for Sentinel; unless both mean the same, the field stays in conflict";
    split() Optional true ["decide", "review"] "the sides may differ as they do now";
    split_each(defender: Kind::Value, sentinel: Kind::Value) Optional true ["decide", "review"]
        "the sides may differ, with these values";
    merge_sets(add: Kind::Texts, remove: Kind::Texts) Optional true ["review"] "tags to add, and to take away, on both sides";
    append(texts: Kind::Texts) Optional true ["review"] "comments to add on both sides instead of the planned copies";
    choose(finer: Kind::OneOf(DETERMINATIONS)) Optional true ["review"]
        "the determination, or reason, to write where the other side's closing is coarser";
    hold() Required true ["decide", "review", "incident"] "write nothing and ask a person";
    reject() Required true ["review"] "put the changed side back to the base; needs `allow_revert`";
    reopen() Required true ["decide", "review"] "take the open side although the other is closed; needs a cause";
    follow_redirect() Optional true ["incident"] "close the image of a merged incident and go on with its target";
    unlink() Required true ["incident"] "the two are not one incident: never write to either again";
    freeze() Required true ["incident"] "write nothing until a person thaws it";
    person(text: Kind::Text) No false [] "the person of a user principal name, object id or display name, or `()`";
    team_of(text: Kind::Text) No false [] "the team of a person, or `()`";
    same_text(a: Kind::Text, b: Kind::Text) No false [] "whether two texts are equal without regard to case";
    has_tag(tags: Kind::Texts, tag: Kind::Text) No false [] "whether a tag is among them, without regard to case";
}

/// What `person` gives.
pub const PERSON: &[Fact] = &[
    fact("upn", Kind::Text, "the user principal name"),
    fact("object_id", Kind::Text, "the directory's id"),
    fact("display", Kind::Text, "the name that portals show"),
    maybe("team", Kind::Text, "the team"),
];

/// The limits of every run, all set explicitly: the interpreter's own defaults are unlimited or differ by build.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Operations of one call.
    pub operations: u64,
    /// Calls within calls.
    pub call_levels: usize,
    /// Expressions within expressions.
    pub expression_depth: usize,
    /// Bytes of a text.
    pub text_bytes: usize,
    /// Elements of a list.
    pub list_length: usize,
    /// Members of a map.
    pub map_length: usize,
    /// Variables.
    pub variables: usize,
    /// Functions.
    pub functions: usize,
    /// Bytes of the script.
    pub script_bytes: usize,
    /// Milliseconds of one call: the last resort, the operations end it before.
    pub milliseconds: u64,
}

/// The limits.
pub const LIMITS: Limits = Limits {
    operations: 50_000,
    call_levels: 16,
    expression_depth: 32,
    text_bytes: 64 * 1024,
    list_length: 1_000,
    map_length: 500,
    variables: 100,
    functions: 50,
    script_bytes: 256 * 1024,
    milliseconds: 2_000,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::Field;
    use crate::sync::decision::Event;
    use crate::sync::input::Actor;

    #[test]
    fn the_table_has_the_engines_own_names() {
        assert_eq!(FIELDS, Field::ALL.map(Field::name));
        assert_eq!(ACTORS, Actor::ALL.map(Actor::name));
        assert_eq!(EVENTS, Event::ALL.map(Event::name));
    }

    #[test]
    fn every_function_of_an_entry_point_decides() {
        let entries: Vec<&str> = ENTRY_POINTS.iter().map(|e| e.name).collect();
        for function in FUNCTIONS {
            assert_eq!(function.decides, !function.answers.is_empty(), "{}", function.name);
            assert!(function.answers.iter().all(|a| entries.contains(a)), "{}", function.name);
        }
    }
}
