//! JSON with the place of everything in it: serde_json reads and judges it, a scan of the valid text adds the spans.

use crate::diagnostic::{Code, Diagnostic, SourceId, Span};
use serde_json::{Number, Value};

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where.
    pub span: Span,
    /// What.
    pub json: Json,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Node {
    /// What it is, for messages.
    pub fn kind(&self) -> &'static str {
        match self.json {
            Json::Null => "null",
            Json::Bool(_) => "true or false",
            Json::Number(_) => "a number",
            Json::Text(_) => "a text",
            Json::List(_) => "a list",
            Json::Object(_) => "an object",
        }
    }

    /// The member of a name.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members().iter().find(|m| m.key == key).map(|m| &m.value)
    }

    /// The members, none for what is no object.
    pub fn members(&self) -> &[Member] {
        match &self.json {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// The same without places.
    pub fn value(&self) -> Value {
        match &self.json {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(n) => Value::Number(n.clone()),
            Json::Text(text) => Value::String(text.clone()),
            Json::List(list) => Value::Array(list.iter().map(Node::value).collect()),
            Json::Object(members) => Value::Object(members.iter().map(|m| (m.key.clone(), m.value.value())).collect()),
        }
    }

    /// The same with one place for everything: of a text that does not stand in the source as it is.
    pub fn placed(mut self, span: Span) -> Node {
        self.span = span;
        match &mut self.json {
            Json::List(list) => *list = std::mem::take(list).into_iter().map(|n| n.placed(span)).collect(),
            Json::Object(members) => {
                for member in members {
                    member.key_span = span;
                    member.value = member.value.clone().placed(span);
                }
            }
            _ => {}
        }
        self
    }
}

/// Reads a text that stands at `base` of a source.
///
/// # Errors
/// Where it is no JSON.
pub(super) fn parse(text: &str, base: usize, source: SourceId) -> Result<Node, Diagnostic> {
    if let Err(error) = serde_json::from_str::<Value>(text) {
        let lines = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let at = (lines + error.column().saturating_sub(1)).min(text.len());
        let told = error.to_string();
        let message = told.rsplit_once(" at line ").map_or(told.as_str(), |(before, _)| before).to_owned();
        let span = Span::new(base + at, base + (at + 1).min(text.len()), source);
        return Err(Diagnostic::error(Code::UnexpectedToken, span, message.replace('`', "")));
    }
    let mut scan = Scan { text, at: 0, base, source };
    scan.node().ok_or_else(|| Diagnostic::bug("valid JSON could not be scanned"))
}

/// A walk over a text that is known to be JSON.
struct Scan<'a> {
    text: &'a str,
    at: usize,
    base: usize,
    source: SourceId,
}

impl Scan<'_> {
    fn span(&self, start: usize) -> Span {
        Span::new(self.base + start, self.base + self.at, self.source)
    }

    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Steps over one of these bytes, if it is next.
    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn node(&mut self) -> Option<Node> {
        let first = self.peek()?;
        let start = self.at;
        let json = match first {
            b'{' => self.object()?,
            b'[' => self.list()?,
            b'"' => Json::Text(self.text()?),
            _ => self.literal()?,
        };
        Some(Node { span: self.span(start), json })
    }

    fn object(&mut self) -> Option<Json> {
        let mut members = Vec::new();
        self.at += 1;
        while !self.eat(b'}') {
            self.eat(b',');
            self.peek()?;
            let start = self.at;
            let key = self.text()?;
            let key_span = self.span(start);
            self.eat(b':');
            members.push(Member { key, key_span, value: self.node()? });
        }
        Some(Json::Object(members))
    }

    fn list(&mut self) -> Option<Json> {
        let mut list = Vec::new();
        self.at += 1;
        while !self.eat(b']') {
            self.eat(b',');
            list.push(self.node()?);
        }
        Some(Json::List(list))
    }

    fn text(&mut self) -> Option<String> {
        let start = self.at;
        let mut bytes = self.text.as_bytes().iter().enumerate().skip(start + 1);
        loop {
            match bytes.next()? {
                (_, b'\\') => bytes.next().map(|_| ())?,
                (at, b'"') => {
                    self.at = at + 1;
                    return serde_json::from_str(self.text.get(start..self.at)?).ok();
                }
                _ => {}
            }
        }
    }

    fn literal(&mut self) -> Option<Json> {
        let rest = self.text.get(self.at..)?;
        let length = rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(rest.len());
        self.at += length;
        match serde_json::from_str(rest.get(..length)?).ok()? {
            Value::Null => Some(Json::Null),
            Value::Bool(b) => Some(Json::Bool(b)),
            Value::Number(n) => Some(Json::Number(n)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_its_place_and_its_value() {
        let text = "[ {\"a\\\"b\": [1, -2.5e3 ,null]},\n true, \"é}\" , {} , [] ]";
        let node = parse(text, 0, SourceId(0)).unwrap();
        assert_eq!(node.value(), serde_json::from_str::<Value>(text).unwrap());
        let Json::List(list) = &node.json else { panic!("no list") };
        let slice = |span: Span| &text[span.range()];
        assert_eq!((slice(list[0].members()[0].key_span), slice(list[2].span)), ("\"a\\\"b\"", "\"é}\""));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let error = parse("[\n  {\"name\": \"a\",}\n]", 0, SourceId(0)).unwrap_err();
        assert_eq!((error.code, error.span.unwrap().start), (Code::UnexpectedToken, 17), "{error}");
    }
}
