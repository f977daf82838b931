//! XML as a dynamic value, for `parse_xml`.
//!
//! In: the text of a document. Out: a bag with one property, its root element. Declarations, comments and namespaces' meaning
//! are not carried over; entities other than XML's own are not known.

use crate::value::Json;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, BytesStart, Event};

type Bag = serde_json::Map<String, Json>;

/// The longest text that is read, as in the engine.
const LONGEST: usize = 128 * 1024;

/// An element that is being read.
struct Element {
    name: String,
    bag: Bag,
    text: String,
}

/// Reads a document; `None` when it is none.
pub(crate) fn to_json(text: &str) -> Option<Json> {
    if text.len() > LONGEST {
        return None;
    }
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element { name: String::new(), bag: Bag::new(), text: String::new() }];
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => open.push(Element::new(&tag)?),
            Event::Empty(tag) => open.last_mut()?.add(Element::new(&tag)?),
            Event::End(_) => {
                let element = open.pop()?;
                open.last_mut()?.add(element);
            }
            Event::Text(part) => open.last_mut()?.text.push_str(&part),
            Event::CData(part) => open.last_mut()?.text.push_str(&part),
            Event::GeneralRef(reference) => open.last_mut()?.text.push(character(&reference)?),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    let [document] = <[Element; 1]>::try_from(open).ok()?;
    (document.bag.len() == 1 && document.text.trim().is_empty()).then_some(Json::Object(document.bag))
}

/// The character that `&amp;` or `&#65;` stands for.
fn character(reference: &BytesRef) -> Option<char> {
    if let Some(c) = reference.resolve_char_ref().ok()? {
        return Some(c);
    }
    match &**reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

impl Element {
    fn new(tag: &BytesStart) -> Option<Element> {
        let mut bag = Bag::new();
        for attribute in tag.attributes() {
            let attribute = attribute.ok()?;
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
            bag.insert(format!("@{}", attribute.key.0), Json::from(value.as_ref()));
        }
        Some(Element { name: tag.name().0.to_owned(), bag, text: String::new() })
    }

    /// Adds a child: under its name, or to the array of those of the same name.
    fn add(&mut self, child: Element) {
        let (name, value) = (child.name.clone(), child.into_json());
        match self.bag.get_mut(&name) {
            Some(Json::Array(items)) => items.push(value),
            Some(single) => *single = Json::Array(vec![single.take(), value]),
            None => {
                self.bag.insert(name, value);
            }
        }
    }

    fn into_json(mut self) -> Json {
        let text = self.text.trim();
        match (self.bag.is_empty(), text.is_empty()) {
            (true, true) => Json::Null,
            (true, false) => Json::from(text),
            (false, true) => Json::Object(self.bag),
            (false, false) => {
                self.bag.insert("#text".to_owned(), Json::from(text));
                Json::Object(self.bag)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn elements_become_properties() {
        for (xml, expected) in [
            ("<e/>", json!({"e": null})),
            ("<e>a &amp; b</e>", json!({"e": "a & b"})),
            (r#"<e x="1"/>"#, json!({"e": {"@x": "1"}})),
            (r#"<e x="1">t</e>"#, json!({"e": {"@x": "1", "#text": "t"}})),
            ("<e><a>1</a><a>2</a><a/></e>", json!({"e": {"a": ["1", "2", null]}})),
            ("<?xml version='1.0'?><!-- c --><e><![CDATA[<x>]]></e>", json!({"e": "<x>"})),
        ] {
            assert_eq!(to_json(xml), Some(expected), "{xml}");
        }
    }

    #[test]
    fn what_is_no_document_is_null() {
        for text in ["", "text", "<a>", "<a></b>", "<a/><b/>", "<a>&unknown;</a>", "<a/>x"] {
            assert_eq!(to_json(text), None, "{text}");
        }
    }
}
