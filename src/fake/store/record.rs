//! The two kinds of incident. Properties are kept as JSON under the vendors' own names: tests may store any value there.

use super::super::wire::Object;
use indexmap::IndexMap;
use serde_json::{Value as Json, json};
use std::collections::VecDeque;

/// Earlier states kept while lists lag.
const PAST: usize = 16;

/// A Defender incident.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Defender {
    /// Properties as in Graph, with `comments`, without `alerts`.
    pub props: Object,
    /// Its alerts, oldest first.
    pub alert_ids: Vec<String>,
    /// Ticks of the last change.
    pub stamp: i64,
    past: VecDeque<(i64, Object)>,
}

impl Defender {
    /// A record with the properties `props`.
    pub(in crate::fake) fn new(props: Object, stamp: i64) -> Defender {
        Defender { props, alert_ids: Vec::new(), stamp, past: VecDeque::new() }
    }

    /// A text property.
    pub(in crate::fake) fn text(&self, name: &str) -> &str {
        self.props.get(name).and_then(Json::as_str).unwrap_or_default()
    }

    /// The custom tags.
    pub(in crate::fake) fn tags(&self) -> Vec<String> {
        super::tags_of(self.props.get("customTags"))
    }

    /// Keeps the present state for lagging lists.
    pub(in crate::fake) fn remember(&mut self) {
        if self.past.len() >= PAST {
            self.past.pop_front();
        }
        self.past.push_back((self.stamp, self.props.clone()));
    }

    /// The properties as a list shows them that lags back to `cutoff`; `None` if there was no record yet.
    pub(in crate::fake) fn as_of(&self, cutoff: i64) -> Option<&Object> {
        if self.stamp <= cutoff {
            return Some(&self.props);
        }
        self.past.iter().rev().find(|(at, _)| *at <= cutoff).map(|(_, props)| props)
    }
}

/// A comment on a Sentinel incident.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Comment {
    /// The text.
    pub message: String,
    /// `{name, email?, userPrincipalName?, objectId?}`
    pub author: Json,
    /// When it was made.
    pub created: String,
    /// When it was last written.
    pub modified: String,
    /// Its etag.
    pub etag: String,
}

/// A Sentinel incident.
#[derive(Clone, Debug)]
pub(in crate::fake) struct Sentinel {
    /// The resource's name, usually a guid.
    pub name: String,
    /// The etag, with its quotes.
    pub etag: String,
    /// Properties as in ARM, without `additionalData`.
    pub props: Object,
    /// Comments by id.
    pub comments: IndexMap<String, Comment>,
    /// Relations made by callers, by name: the related resource's id and an etag.
    pub relations: IndexMap<String, (String, String)>,
    /// Bookmarks, as their `properties`.
    pub bookmarks: Vec<Object>,
    /// The alerts Sentinel knows of, which may lag behind Defender's.
    pub alert_ids: Vec<String>,
    /// Ticks of the last change.
    pub stamp: i64,
    /// Who changed it last, as in the change log.
    pub modified_by: String,
    past: VecDeque<(i64, Sentinel)>,
}

impl Sentinel {
    /// A record with the properties `props`.
    pub(in crate::fake) fn new(name: &str, props: Object, stamp: i64) -> Sentinel {
        Sentinel {
            name: name.to_owned(),
            etag: String::new(),
            props,
            comments: IndexMap::new(),
            relations: IndexMap::new(),
            bookmarks: Vec::new(),
            alert_ids: Vec::new(),
            stamp,
            modified_by: String::new(),
            past: VecDeque::new(),
        }
    }

    /// A text property.
    pub(in crate::fake) fn text(&self, name: &str) -> &str {
        self.props.get(name).and_then(Json::as_str).unwrap_or_default()
    }

    /// The names of the labels that users set.
    pub(in crate::fake) fn user_labels(&self) -> Vec<String> {
        let labels = self.props.get("labels").and_then(Json::as_array).into_iter().flatten();
        let user = labels.filter(|l| l.get("labelType").and_then(Json::as_str) == Some("User"));
        user.filter_map(|l| l.get("labelName")?.as_str()).map(str::to_owned).collect()
    }

    /// Keeps the present state for lagging lists.
    pub(in crate::fake) fn remember(&mut self) {
        if self.past.len() >= PAST {
            self.past.pop_front();
        }
        let mut snapshot = self.clone();
        snapshot.past.clear();
        self.past.push_back((self.stamp, snapshot));
    }

    /// The record as a list shows it that lags back to `cutoff`; `None` if there was none yet.
    pub(in crate::fake) fn as_of(&self, cutoff: i64) -> Option<&Sentinel> {
        if self.stamp <= cutoff {
            return Some(self);
        }
        self.past.iter().rev().find(|(at, _)| *at <= cutoff).map(|(_, record)| record)
    }

    fn comment_list(&self, flat: bool) -> Json {
        let each = self.comments.iter().map(|(id, c)| {
            let mut one = json!({"message": c.message, "createdTimeUtc": c.created, "lastModifiedTimeUtc": c.modified,
                "author": c.author});
            if !flat {
                return json!({"name": id, "etag": c.etag, "properties": one});
            }
            if let Some(one) = one.as_object_mut() {
                one.insert("id".into(), id.clone().into());
            }
            one
        });
        Json::Array(each.collect())
    }

    /// The record with everything that hangs on it, in ARM's form.
    pub(in crate::fake) fn stored(&self) -> Json {
        let relations: Vec<Json> = self
            .relations
            .iter()
            .map(|(name, (target, etag))| {
                json!({"name": name, "etag": etag, "properties": {"relatedResourceId": target}})
            })
            .collect();
        json!({"name": self.name, "etag": self.etag, "properties": self.props, "comments": self.comment_list(false),
            "relations": relations, "bookmarks": self.bookmarks, "alertIds": self.alert_ids,
            "modifiedBy": self.modified_by})
    }

    /// The record in the flat form of sync scenarios.
    pub(in crate::fake) fn flat(&self) -> Json {
        let mut out = self.props.clone();
        out.insert("id".into(), self.name.clone().into());
        out.insert("etag".into(), self.etag.clone().into());
        out.insert("comments".into(), self.comment_list(true));
        out.insert("modifiedBy".into(), self.modified_by.clone().into());
        Json::Object(out)
    }
}
