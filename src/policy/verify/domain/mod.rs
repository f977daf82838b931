//! The finite domain: every product of values that is enumerated, and how a state is made of its digits.
//!
//! A state is a number; its digits in the product's mixed radix choose the values. Digit 0 is the plainest value everywhere,
//! so that the distance of a state from a plain start is the number of digits that are not 0.

mod build;

pub(super) use build::NOTES;

use super::{Options, Scope};
use crate::incident::{
    DefenderClosing, DefenderIncident, DefenderStatus, Determination, Directory, Field, Person, SentinelClosing,
    SentinelIncident, SentinelStatus,
};
use crate::sync::input::{Actor, Input, Order, Settings};

/// Values that all products draw from.
pub(super) struct World {
    /// Defender's closings.
    pub closings: Vec<DefenderClosing>,
    /// Sentinel's seven states.
    pub sentinel: Vec<(SentinelStatus, Option<SentinelClosing>)>,
    /// People: the user's own, one of every team, and made-up ones where there are fewer than two.
    pub people: Vec<Person>,
}

/// Defender's statuses.
pub(super) const STATUSES: [DefenderStatus; 5] = [
    DefenderStatus::Active,
    DefenderStatus::InProgress,
    DefenderStatus::Resolved,
    DefenderStatus::AwaitingAction,
    DefenderStatus::Redirected,
];
/// Who may have changed a side.
pub(super) const ACTORS: [Actor; 5] = [Actor::Unknown, Actor::Human, Actor::Automation, Actor::Provider, Actor::Sync];
/// Which side is later.
pub(super) const ORDERS: [Order; 4] = [Order::Unknown, Order::Defender, Order::Sentinel, Order::Tie];

/// People whom a directory without two of its own is lent.
const LENT: [(&str, &str, &str); 2] = [
    ("ada@example.com", "00000000-0000-4000-8000-00000000000a", "Ada"),
    ("ben@example.com", "00000000-0000-4000-8000-00000000000b", "Ben"),
];
/// People at most: more than that differ in nothing that a rule could see but their names.
const PEOPLE: usize = 4;

/// What is checked of a product's states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Everything that holds for any state.
    Any,
    /// The same, after a stop between a write and the note of it.
    Interrupted,
    /// A closing that goes to another class and comes back.
    ThereAndBack,
    /// Lists of tags, in any order.
    Tags,
    /// Comments, with a stop after some of the writes.
    Comments,
    /// A machine that undoes every write of ours.
    Undone,
}

/// A product of values.
pub(super) struct Product {
    /// Its name in reports.
    pub name: &'static str,
    /// How many values each digit has.
    pub radices: Vec<usize>,
    /// The fields that are compared in it.
    pub fields: &'static [Field],
    /// What is checked.
    pub kind: Kind,
    /// Makes a state: the digits, and an input of the same product to change.
    pub build: fn(&World, &[usize], &mut Input) -> Option<()>,
    /// The digits of the state with the sides swapped, where there is one.
    pub mirror: Option<fn(&[usize]) -> Option<Vec<usize>>>,
}

impl Product {
    /// States.
    pub fn size(&self) -> u64 {
        self.radices.iter().map(|r| *r as u64).product()
    }

    /// The digits of a state.
    pub fn digits(&self, mut index: u64, digits: &mut Vec<usize>) {
        digits.clear();
        for radix in &self.radices {
            let radix = *radix as u64;
            digits.push(usize::try_from(index % radix).unwrap_or_default());
            index /= radix;
        }
    }

    /// A state to be changed by [`Product::build`].
    pub fn skeleton(&self) -> Input {
        Input {
            defender: Some(DefenderIncident::new("1")),
            sentinel: Some(SentinelIncident::new("9d0a61f2-0000-4000-8000-000000000001")),
            ..Input::default()
        }
    }
}

impl World {
    /// The values of a scope.
    pub fn new(settings: &Settings, scope: Scope) -> World {
        let all = DefenderClosing::all();
        let closings = match scope {
            Scope::Full => all.collect(),
            Scope::Quick => {
                all.filter(|c| QUICK.contains(&c.determination) || c.determination == Determination::Unknown).collect()
            }
        };
        let open = [(SentinelStatus::New, None), (SentinelStatus::Active, None)];
        let closed = SentinelClosing::all().map(|c| (SentinelStatus::Closed, Some(c)));
        World { closings, sentinel: open.into_iter().chain(closed).collect(), people: people(&settings.directory) }
    }

    /// The settings that a product is run with: the user's, its own fields, and the people that were lent.
    pub fn settings(&self, settings: &Settings, product: &Product) -> Settings {
        let own = settings.directory.people();
        let lent: Vec<Person> =
            self.people.iter().filter(|p| settings.directory.find(&p.object_id).is_none()).cloned().collect();
        let directory = match lent.is_empty() {
            true => settings.directory.clone(),
            false => Directory::new(own.cloned().chain(lent)),
        };
        let fields = settings.fields.iter().copied().filter(|f| product.fields.contains(f)).collect();
        Settings { directory, fields, ..settings.clone() }
    }
}

/// One of every class, and two true positives: enough to tell a class from its finer values.
const QUICK: [Determination; 4] =
    [Determination::Malware, Determination::Phishing, Determination::SecurityTesting, Determination::NotMalicious];

fn people(directory: &Directory) -> Vec<Person> {
    let mut people: Vec<Person> = directory.people().take(2).cloned().collect();
    for person in directory.people().skip(2) {
        if people.len() < PEOPLE && people.iter().all(|p| p.team != person.team) {
            people.push(person.clone());
        }
    }
    for (upn, id, display) in LENT {
        if people.len() < LENT.len() {
            people.push(Person { upn: upn.into(), object_id: id.into(), display: display.into(), team: None });
        }
    }
    people
}

const CLOSING: &[Field] = &[Field::Status, Field::Closing];
const COMMENT: &[Field] = &[Field::Status, Field::Closing, Field::ClosingComment];
const MANY: &[Field] =
    &[Field::Status, Field::Closing, Field::Owner, Field::Severity, Field::Title, Field::Description, Field::Tags];

/// Every product of a scope, smallest ideas first. A product whose fields are not kept in step is left out.
pub(super) fn products(world: &World, settings: &Settings, options: &Options) -> Vec<Product> {
    let closings = world.closings.len();
    let owners = world.people.len() + 3;
    let of = |full: &[usize], quick: &[usize]| match options.scope {
        Scope::Full => full.to_vec(),
        Scope::Quick => quick.to_vec(),
    };
    let plain = |name, radices: Vec<usize>, fields, build| Product {
        name,
        radices,
        fields,
        kind: Kind::Any,
        build,
        mirror: None,
    };
    let single = |name, values, fields, build| {
        plain(name, of(&[values, values, 2, values, values, 5, 5, 4], &[3, 3, 2, 3, 3, 3, 3, 3]), fields, build)
    };
    let closing_comment = of(&[3, 3, 2, 3, 3, 2, 2, 2, 2, 4, 4, 3], &[3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
    let tags = of(&[3, 3, 4, 3, 3, 4, 2, 4, 4, 3], &[2, 2, 4, 2, 2, 4, 2, 2, 2, 1]);
    let comments = of(&[4, 4, 4, 4, 3, 4, 3], &[4, 2, 4, 2, 1, 2, 3]);
    let merged = of(&[5, 7, 3, 4, 2, 2, 2, 4], &[5, 3, 3, 2, 2, 2, 2, 2]);
    let gone = of(&[3, 2, 7, 5, closings, 4], &[3, 2, 3, 3, 2, 2]);
    let first_link = of(&[5, 4, 7, 4, 2, 2, 2, 3], &[3, 4, 4, 2, 2, 2, 2, 3]);
    let unlinked = of(&[5, closings, 7, 4, 4, 3], &[5, closings, 7, 3, 3, 3]);
    let interrupted = of(&[5, 5, 7, 5, 5, 2, 2, 3, 3], &[3, 5, 4, 3, 5, 2, 2, 1, 3]);
    let linked = of(&[5, closings, 7, 5, closings, 4, 4, 3], &[5, closings, 7, 2, closings, 3, 3, 3]);
    let all = vec![
        Product {
            mirror: Some(swapped_status),
            ..plain("status", of(&[5, 3, 6, 5, 5, 4], &[5, 3, 6, 3, 3, 3]), &[Field::Status], build::status)
        },
        Product { mirror: Some(swapped), ..single("severity", 6, &[Field::Severity], build::severity) },
        single("owner", owners, &[Field::Owner], build::owner),
        Product { mirror: Some(swapped), ..single("title", 3, &[Field::Title], build::title) },
        Product { mirror: Some(swapped), ..single("description", 3, &[Field::Description], build::description) },
        plain("closing comment", closing_comment, COMMENT, build::closing_comment),
        Product { kind: Kind::Tags, ..plain("tags", tags, &[Field::Tags], build::tags) },
        Product { kind: Kind::Comments, ..plain("comments", comments, &[Field::Comments], build::comments) },
        plain("merged", merged, &Field::ALL, build::merged),
        plain("gone", gone, &Field::ALL, build::gone),
        plain("first link", first_link, MANY, build::first_link),
        Product { kind: Kind::Undone, ..plain("undone by a machine", vec![5, 2, 3], MANY, build::undone) },
        Product {
            kind: Kind::ThereAndBack,
            ..plain("closing, there and back", vec![20, 5, 4], CLOSING, build::there_and_back)
        },
        plain("status and closing, never linked", unlinked, CLOSING, build::unlinked),
        Product {
            kind: Kind::Interrupted,
            ..plain("status and closing, interrupted", interrupted, CLOSING, build::interrupted)
        },
        plain("status and closing", linked, CLOSING, build::linked),
    ];
    all.into_iter().filter(|p| p.fields.iter().any(|f| settings.fields.contains(f))).collect()
}

/// Swaps the sides of `[defender, sentinel, never linked, base, base, by, by, order]`.
fn swapped(digits: &[usize]) -> Option<Vec<usize>> {
    let [d, s, unlinked, base_d, base_s, by_d, by_s, order] = *digits else { return None };
    Some(vec![s, d, unlinked, base_s, base_d, by_s, by_d, other_order(order)])
}

/// The digit of the order, seen from the other side.
fn other_order(order: usize) -> usize {
    match order {
        1 => 2,
        2 => 1,
        other => other,
    }
}

fn swapped_status(digits: &[usize]) -> Option<Vec<usize>> {
    let [d, s, base, by_d, by_s, order] = *digits else { return None };
    // Sentinel cannot say the last two.
    if d > 2 || base > 3 {
        return None;
    }
    Some(vec![s, d, base, by_s, by_d, other_order(order)])
}
