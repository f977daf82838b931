//! `$filter`: comparisons (`eq ne ge gt le lt`), `in`, `contains`, `startswith`, `and`, `or`, `not` and parentheses.

use crate::value::datetime;
use serde_json::Value as Json;
use std::cmp::Ordering;

/// Parentheses and `not` may nest this deep.
const DEPTH: usize = 24;

/// A parsed filter.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::fake) enum Filter {
    /// All of them.
    And(Vec<Filter>),
    /// Any of them.
    Or(Vec<Filter>),
    /// The opposite.
    Not(Box<Filter>),
    /// A property compared with any of some values.
    Compare {
        /// The property's path.
        field: String,
        /// The operator.
        op: Op,
        /// The literals; more than one only with `in`.
        values: Vec<Literal>,
    },
}

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::fake) enum Op {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Greater or equal.
    Ge,
    /// Greater.
    Gt,
    /// Less or equal.
    Le,
    /// Less.
    Lt,
    /// The text has the other within, case does not count.
    Contains,
    /// The text begins with the other, case does not count.
    StartsWith,
}

/// A literal.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::fake) enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number.
    Number(f64),
    /// A time, in ticks.
    Time(i64),
    /// A quoted text.
    Text(String),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Comma,
    Word(String),
    Quoted(String),
}

impl Filter {
    /// Reads a filter over the properties `allowed`.
    pub(in crate::fake) fn parse(text: &str, allowed: &[&str]) -> Result<Filter, String> {
        let mut parser = Parser { tokens: tokens(text)?, at: 0, allowed };
        let filter = parser.any(0)?;
        match parser.tokens.get(parser.at) {
            None => Ok(filter),
            Some(token) => Err(format!("Syntax error: unexpected {token:?} in the filter.")),
        }
    }

    /// The filter's verdict on a record, whose properties `get` tells.
    pub(in crate::fake) fn matches(&self, get: &dyn Fn(&str) -> Json) -> bool {
        match self {
            Filter::And(all) => all.iter().all(|f| f.matches(get)),
            Filter::Or(any) => any.iter().any(|f| f.matches(get)),
            Filter::Not(inner) => !inner.matches(get),
            Filter::Compare { field, op, values } => {
                let have = get(field);
                values.iter().any(|v| compare(&have, *op, v))
            }
        }
    }

    /// Calls `check` on every comparison: a service may refuse values its property cannot have.
    pub(in crate::fake) fn check(
        &self,
        check: &dyn Fn(&str, Op, &Literal) -> Result<(), String>,
    ) -> Result<(), String> {
        match self {
            Filter::And(list) | Filter::Or(list) => list.iter().try_for_each(|f| f.check(check)),
            Filter::Not(inner) => inner.check(check),
            Filter::Compare { field, op, values } => values.iter().try_for_each(|v| check(field, *op, v)),
        }
    }
}

fn compare(have: &Json, op: Op, want: &Literal) -> bool {
    let order = match (have, want) {
        (Json::Null, Literal::Null) => Some(Ordering::Equal),
        (Json::Null, _) | (_, Literal::Null) => None,
        (Json::String(text), Literal::Time(at)) => datetime::parse(text).map(|t| t.cmp(at)),
        (Json::String(text), Literal::Text(other)) => {
            return match op {
                Op::Contains => text.to_lowercase().contains(&other.to_lowercase()),
                Op::StartsWith => text.to_lowercase().starts_with(&other.to_lowercase()),
                _ => holds(op, Some(text.as_str().cmp(other))),
            };
        }
        (Json::Number(n), Literal::Number(other)) => n.as_f64().and_then(|n| n.partial_cmp(other)),
        (Json::Bool(b), Literal::Bool(other)) => Some(b.cmp(other)),
        _ => None,
    };
    holds(op, order)
}

fn holds(op: Op, order: Option<Ordering>) -> bool {
    match op {
        Op::Eq => order == Some(Ordering::Equal),
        Op::Ne => order != Some(Ordering::Equal),
        Op::Ge => order.is_some_and(Ordering::is_ge),
        Op::Gt => order.is_some_and(Ordering::is_gt),
        Op::Le => order.is_some_and(Ordering::is_le),
        Op::Lt => order.is_some_and(Ordering::is_lt),
        Op::Contains | Op::StartsWith => false,
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => {}
            '(' => out.push(Token::Open),
            ')' => out.push(Token::Close),
            ',' => out.push(Token::Comma),
            '\'' => {
                let mut quoted = String::new();
                loop {
                    match chars.next() {
                        Some('\'') if chars.peek() == Some(&'\'') => {
                            chars.next();
                            quoted.push('\'');
                        }
                        Some('\'') => break,
                        Some(c) => quoted.push(c),
                        None => return Err("Syntax error: there is an unterminated literal in the filter.".to_owned()),
                    }
                }
                out.push(Token::Quoted(quoted));
            }
            _ => {
                let mut word = String::from(c);
                while let Some(c) = chars.next_if(|c| !" \t(),'".contains(*c)) {
                    word.push(c);
                }
                out.push(Token::Word(word));
            }
        }
    }
    Ok(out)
}

struct Parser<'a> {
    tokens: Vec<Token>,
    at: usize,
    allowed: &'a [&'a str],
}

impl Parser<'_> {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(w)) if w == word);
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, token: Token) -> Result<(), String> {
        match self.next() {
            Some(t) if t == token => Ok(()),
            other => Err(format!("Syntax error: expected {token:?}, found {other:?} in the filter.")),
        }
    }

    fn any(&mut self, depth: usize) -> Result<Filter, String> {
        let mut list = vec![self.all(depth)?];
        while self.take_word("or") {
            list.push(self.all(depth)?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Filter::Or(list) })
    }

    fn all(&mut self, depth: usize) -> Result<Filter, String> {
        let mut list = vec![self.one(depth)?];
        while self.take_word("and") {
            list.push(self.one(depth)?);
        }
        Ok(if list.len() == 1 { list.remove(0) } else { Filter::And(list) })
    }

    fn one(&mut self, depth: usize) -> Result<Filter, String> {
        if depth > DEPTH {
            return Err("The filter is nested too deeply.".to_owned());
        }
        if self.take_word("not") {
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        match self.next() {
            Some(Token::Open) => {
                let inner = self.any(depth + 1)?;
                self.need(Token::Close)?;
                Ok(inner)
            }
            Some(Token::Word(word)) => self.comparison(word),
            other => Err(format!("Syntax error: unexpected {other:?} in the filter.")),
        }
    }

    fn comparison(&mut self, word: String) -> Result<Filter, String> {
        let function = match word.as_str() {
            "contains" => Some(Op::Contains),
            "startswith" => Some(Op::StartsWith),
            _ => None,
        };
        if let Some(op) = function {
            self.need(Token::Open)?;
            let field = match self.next() {
                Some(Token::Word(field)) => self.field(field)?,
                other => return Err(format!("Syntax error: expected a property, found {other:?}.")),
            };
            self.need(Token::Comma)?;
            let value = self.literal()?;
            self.need(Token::Close)?;
            return Ok(Filter::Compare { field, op, values: vec![value] });
        }
        let field = self.field(word)?;
        let op = match self.next() {
            Some(Token::Word(op)) => op,
            other => return Err(format!("Syntax error: expected an operator, found {other:?}.")),
        };
        let op = match op.as_str() {
            "eq" => Op::Eq,
            "ne" => Op::Ne,
            "ge" => Op::Ge,
            "gt" => Op::Gt,
            "le" => Op::Le,
            "lt" => Op::Lt,
            "in" => return self.list(field),
            other => return Err(format!("Syntax error: unknown operator '{other}' in the filter.")),
        };
        Ok(Filter::Compare { field, op, values: vec![self.literal()?] })
    }

    fn list(&mut self, field: String) -> Result<Filter, String> {
        self.need(Token::Open)?;
        let mut values = vec![self.literal()?];
        while self.tokens.get(self.at) == Some(&Token::Comma) {
            self.at += 1;
            values.push(self.literal()?);
        }
        self.need(Token::Close)?;
        Ok(Filter::Compare { field, op: Op::Eq, values })
    }

    fn field(&self, name: String) -> Result<String, String> {
        match self.allowed.iter().find(|a| **a == name) {
            Some(_) => Ok(name),
            None => Err(format!("Could not find a filterable property named '{name}'.")),
        }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        let word = match self.next() {
            Some(Token::Quoted(text)) => return Ok(Literal::Text(text)),
            Some(Token::Word(word)) => word,
            other => return Err(format!("Syntax error: expected a value, found {other:?}.")),
        };
        // microsoft.graph.security.incidentStatus'active' and datetime'...': the type's name, then the quoted text.
        if let Some(Token::Quoted(text)) = self.tokens.get(self.at).cloned() {
            self.at += 1;
            let time = (word == "datetime").then(|| datetime::parse(&text)).flatten();
            return Ok(time.map_or(Literal::Text(text), Literal::Time));
        }
        Ok(match word.as_str() {
            "null" => Literal::Null,
            "true" => Literal::Bool(true),
            "false" => Literal::Bool(false),
            _ => match word.parse::<f64>() {
                Ok(number) => Literal::Number(number),
                Err(_) => Literal::Time(
                    datetime::parse(&word).ok_or_else(|| format!("Unrecognized literal '{word}' in the filter."))?,
                ),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn verdict(text: &str) -> bool {
        let record =
            json!({"status": "active", "at": "2024-01-02T03:04:05.1234567Z", "n": 7, "owner": null, "t": "It's"});
        let filter = Filter::parse(text, &["status", "at", "n", "owner", "t"]).expect("a filter");
        filter.matches(&|field| record.get(field).cloned().unwrap_or(Json::Null))
    }

    #[test]
    fn filters_decide() {
        assert!(verdict("status eq 'active' and at ge 2024-01-02T03:04:05.1234567Z"));
        assert!(!verdict("at gt 2024-01-02T03:04:05.1234567Z"));
        assert!(verdict("at lt 2024-01-02T03:04:05.1234568Z"));
        assert!(verdict("status eq 'x' or (n le 7 and not (n eq 8))"));
        assert!(verdict("status eq 'active' or n eq 8 and n eq 9"), "and binds tighter than or");
        assert!(verdict("status in ('x', 'active')") && verdict("owner eq null") && verdict("t eq 'It''s'"));
        assert!(verdict("contains(t,'it')") && verdict("status eq microsoft.graph.security.incidentStatus'active'"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for bad in ["secret eq 1", "status", "status eq", "status eq active'", "status like 'a'", "(n eq 1", "n eq 1 n"]
        {
            assert!(Filter::parse(bad, &["status", "n"]).is_err(), "{bad}");
        }
        let deep = format!("{}n eq 1{}", "(".repeat(99), ")".repeat(99));
        assert!(Filter::parse(&deep, &["n"]).is_err());
    }
}
