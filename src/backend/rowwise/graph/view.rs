//! What expressions see of nodes, edges and paths.

use super::net::Net;
use crate::plan::Row;
use crate::value::{Json, Value, dynamic};

/// A node or an edge.
#[derive(Clone, Copy, Debug)]
pub(super) enum Element {
    Node(usize),
    Edge(usize),
}

/// An element by the names of its properties.
pub(super) struct ElementView<'v> {
    pub(super) net: &'v Net<'v>,
    pub(super) element: Element,
}

impl Row for ElementView<'_> {
    fn column(&self, name: &str) -> Option<Value> {
        property(self.net, self.element, name)
    }
}

/// A property of an element.
pub(super) fn property(net: &Net<'_>, element: Element, name: &str) -> Option<Value> {
    match element {
        Element::Node(node) => net.node_value(node, name),
        Element::Edge(edge) => net.edge_value(edge, name),
    }
}

/// An element as a bag of its properties.
pub(super) fn bag(net: &Net<'_>, element: Element) -> Json {
    let names: Vec<&str> = match element {
        Element::Node(_) => net.node_names().collect(),
        Element::Edge(_) => net.edge_names().collect(),
    };
    let pairs = names.into_iter().map(|name| {
        let value = property(net, element, name).unwrap_or(Value::Null);
        (name.to_owned(), dynamic::from_value(&value))
    });
    Json::Object(pairs.collect())
}
