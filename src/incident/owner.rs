//! Owners: Defender has a free text, Sentinel an object. A directory joins them.

use super::sentinel::OwnerInfo;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// A person of the directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// The user principal name, guests as `name_home#EXT#@tenant`.
    pub upn: String,
    /// The directory's id, a GUID.
    pub object_id: String,
    /// The name that portals show.
    #[serde(default)]
    pub display: String,
    /// The team, for rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
}

/// What a side says about the owner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Owner {
    /// Nobody.
    Nobody,
    /// A person that both sides can name.
    Person(Arc<Person>),
    /// A group: Defender cannot say it.
    Group(String),
    /// A text or an object that the directory does not know, or knows several of.
    Unresolved(String),
}

impl Owner {
    /// How rules and people see it: a user principal name, a group's name, the text as it came; nothing for nobody.
    pub fn text(&self) -> Option<&str> {
        match self {
            Owner::Nobody => None,
            Owner::Person(person) => Some(&person.upn),
            Owner::Group(text) | Owner::Unresolved(text) => Some(text),
        }
    }

    /// True when both mean the same; what is unresolved equals nothing but its own text.
    pub fn same(&self, other: &Owner) -> bool {
        match (self, other) {
            (Owner::Person(a), Owner::Person(b)) => a.object_id.eq_ignore_ascii_case(&b.object_id),
            (Owner::Group(a), Owner::Group(b)) | (Owner::Unresolved(a), Owner::Unresolved(b)) => {
                a.to_lowercase() == b.to_lowercase()
            }
            _ => self == other,
        }
    }
}

/// The table of people.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    people: Vec<Arc<Person>>,
    /// By lower-case user principal name, object id and display name; `None` where several share it.
    names: HashMap<String, Option<Arc<Person>>>,
}

impl Directory {
    /// A directory of these people.
    pub fn new(people: impl IntoIterator<Item = Person>) -> Directory {
        let mut directory = Directory::default();
        for person in people {
            let person = Arc::new(person);
            for key in [&person.upn, &person.object_id, &person.display] {
                let key = key.trim().to_lowercase();
                if key.is_empty() {
                    continue;
                }
                let entry = directory.names.entry(key).or_insert_with(|| Some(Arc::clone(&person)));
                if entry.as_ref().is_some_and(|known| known.object_id != person.object_id) {
                    *entry = None;
                }
            }
            directory.people.push(person);
        }
        directory
    }

    /// Everybody.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.iter().map(Arc::as_ref)
    }

    /// The one person of a user principal name, object id or display name, in any case.
    pub fn find(&self, text: &str) -> Option<Arc<Person>> {
        if let Some(found) = self.names.get(text) {
            return found.clone();
        }
        self.names.get(&text.trim().to_lowercase()).cloned().flatten()
    }

    /// What Defender's text says.
    pub fn of_defender(&self, assigned_to: Option<&str>) -> Owner {
        match assigned_to.map(str::trim).filter(|t| !t.is_empty()) {
            None => Owner::Nobody,
            Some(text) => self.find(text).map_or_else(|| Owner::Unresolved(text.to_owned()), Owner::Person),
        }
    }

    /// What Sentinel's object says. The id decides where there is one; names help only where there is none.
    pub fn of_sentinel(&self, owner: Option<&OwnerInfo>) -> Owner {
        let Some(owner) = owner else { return Owner::Nobody };
        let filled = |text: &Option<String>| text.clone().filter(|t| !t.trim().is_empty());
        let id = filled(&owner.object_id);
        let names = [filled(&owner.user_principal_name), filled(&owner.email), filled(&owner.assigned_to)];
        let Some(shown) = names.iter().flatten().next().or(id.as_ref()).cloned() else { return Owner::Nobody };
        if owner.owner_type.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("group")) {
            return Owner::Group(shown);
        }
        let found = match &id {
            Some(id) => self.find(id),
            None => names.iter().flatten().find_map(|name| self.find(name)),
        };
        found.map_or(Owner::Unresolved(shown), Owner::Person)
    }
}

impl Person {
    /// How Sentinel is told of this owner.
    pub fn to_sentinel(&self) -> OwnerInfo {
        OwnerInfo {
            object_id: Some(self.object_id.clone()),
            user_principal_name: Some(self.upn.clone()),
            email: None,
            assigned_to: Some(self.display.clone()).filter(|d| !d.is_empty()),
            owner_type: Some("User".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(upn: &str, id: &str, display: &str) -> Person {
        Person { upn: upn.into(), object_id: id.into(), display: display.into(), team: None }
    }

    #[test]
    fn texts_and_objects_meet_in_the_directory() {
        let directory =
            Directory::new([person("alice@x.com", "AAAA", "Alice"), person("alice2@x.com", "bbbb", "Alice")]);
        let alice = directory.of_defender(Some(" ALICE@x.com "));
        let object = OwnerInfo { object_id: Some("aaaa".into()), ..OwnerInfo::default() };
        assert!(alice.same(&directory.of_sentinel(Some(&object))));
        // Two people are called Alice: the name alone says nothing.
        assert_eq!(directory.of_defender(Some("Alice")), Owner::Unresolved("Alice".into()));
        assert_eq!(directory.of_sentinel(Some(&OwnerInfo::default())), Owner::Nobody);
    }

    #[test]
    fn a_group_is_no_person() {
        let directory = Directory::new([person("soc@x.com", "cccc", "SOC")]);
        let group =
            OwnerInfo { assigned_to: Some("SOC".into()), owner_type: Some("Group".into()), ..OwnerInfo::default() };
        assert_eq!(directory.of_sentinel(Some(&group)), Owner::Group("SOC".into()));
    }
}
