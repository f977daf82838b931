//! Reads `grammar/kql.ebnf`.

use std::collections::{BTreeMap, BTreeSet};

/// What may stand on the right of `::=`.
#[derive(Clone, Debug)]
pub enum Rule {
    /// One of several.
    Choice(Vec<Rule>),
    /// One after the other.
    Sequence(Vec<Rule>),
    /// `x?`, `x*`, `x+`: least and most repetitions.
    Repeat(Box<Rule>, usize, usize),
    /// `"text"`
    Text(String),
    /// A production, or a token in capitals.
    Name(String),
}

/// The productions by name.
pub struct Grammar {
    pub productions: BTreeMap<String, Rule>,
    /// How many productions the shortest sentence of each goes through.
    pub depths: BTreeMap<String, usize>,
}

impl Grammar {
    /// Reads the file.
    pub fn read() -> Grammar {
        let path = super::folder("kql.ebnf");
        let tokens = tokens(&std::fs::read_to_string(path).unwrap());
        let mut at = 0;
        let mut productions = BTreeMap::new();
        while at < tokens.len() {
            let name = tokens[at].clone();
            assert_eq!(tokens[at + 1], "::=", "after {name}");
            let (rule, end) = choice(&tokens, at + 2);
            assert!(productions.insert(name.clone(), rule).is_none(), "{name} is defined twice");
            at = end;
        }
        let depths = depths(&productions);
        Grammar { productions, depths }
    }

    /// Every token in quotes that is a word.
    pub fn words(&self) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        self.visit(&mut |rule| {
            if let Rule::Text(text) = rule
                && text.contains(|c: char| c.is_alphabetic())
            {
                found.insert(text.clone());
            }
        });
        found
    }

    /// Names that stand for nothing.
    pub fn undefined(&self) -> Vec<String> {
        let mut found = Vec::new();
        self.visit(&mut |rule| {
            if let Rule::Name(name) = rule
                && !self.productions.contains_key(name)
                && super::generate::token_samples(name).is_empty()
            {
                found.push(name.clone());
            }
        });
        found
    }

    fn visit(&self, see: &mut impl FnMut(&Rule)) {
        self.productions.values().for_each(|rule| visit(rule, see));
    }

    /// How deep the shortest sentence of a rule is.
    pub fn depth(&self, rule: &Rule) -> usize {
        depth(rule, &self.depths).unwrap_or(usize::MAX)
    }
}

fn visit(rule: &Rule, see: &mut impl FnMut(&Rule)) {
    see(rule);
    match rule {
        Rule::Choice(rules) | Rule::Sequence(rules) => rules.iter().for_each(|rule| visit(rule, see)),
        Rule::Repeat(rule, ..) => visit(rule, see),
        Rule::Text(_) | Rule::Name(_) => {}
    }
}

fn tokens(text: &str) -> Vec<String> {
    let comment = regex::Regex::new(r"(?s)\(\*.*?\*\)").unwrap();
    let token = regex::Regex::new(r#""[^"]*"|[A-Za-z_]+|::=|[|?*+()]"#).unwrap();
    // `(*` opens a comment only where it is not a quoted parenthesis before a repetition.
    let text = comment.replace_all(text, " ");
    token.find_iter(&text).map(|m| m.as_str().to_owned()).collect()
}

fn choice(tokens: &[String], at: usize) -> (Rule, usize) {
    let (first, mut at) = sequence(tokens, at);
    let mut rules = vec![first];
    while tokens.get(at).is_some_and(|t| t == "|") {
        let (next, end) = sequence(tokens, at + 1);
        rules.push(next);
        at = end;
    }
    (if rules.len() == 1 { rules.remove(0) } else { Rule::Choice(rules) }, at)
}

fn sequence(tokens: &[String], mut at: usize) -> (Rule, usize) {
    let mut rules = Vec::new();
    while let Some(token) = tokens.get(at) {
        let defines = tokens.get(at + 1).is_some_and(|t| t == "::=");
        if token == "|" || token == ")" || defines {
            break;
        }
        let (mut rule, mut end) = match token.as_str() {
            "(" => {
                let (inner, end) = choice(tokens, at + 1);
                assert_eq!(tokens[end], ")");
                (inner, end + 1)
            }
            text if text.starts_with('"') => (Rule::Text(text.trim_matches('"').to_owned()), at + 1),
            name => (Rule::Name(name.to_owned()), at + 1),
        };
        let (least, most) = match tokens.get(end).map(String::as_str) {
            Some("?") => (0, 1),
            Some("*") => (0, 3),
            Some("+") => (1, 3),
            _ => (1, 1),
        };
        if (least, most) != (1, 1) {
            rule = Rule::Repeat(Box::new(rule), least, most);
            end += 1;
        }
        rules.push(rule);
        at = end;
    }
    (if rules.len() == 1 { rules.remove(0) } else { Rule::Sequence(rules) }, at)
}

/// The shortest depth of every production, by iteration to the fixed point.
fn depths(productions: &BTreeMap<String, Rule>) -> BTreeMap<String, usize> {
    let mut known = BTreeMap::new();
    loop {
        let before = known.clone();
        for (name, rule) in productions {
            if let Some(depth) = depth(rule, &known) {
                known.insert(name.clone(), depth + 1);
            }
        }
        if known == before {
            assert_eq!(known.len(), productions.len(), "a production has no finite sentence");
            return known;
        }
    }
}

fn depth(rule: &Rule, known: &BTreeMap<String, usize>) -> Option<usize> {
    match rule {
        Rule::Text(_) => Some(0),
        Rule::Name(name) if name.chars().all(|c| c.is_ascii_uppercase()) => Some(0),
        Rule::Name(name) => known.get(name).copied(),
        Rule::Repeat(_, 0, _) => Some(0),
        Rule::Repeat(rule, ..) => depth(rule, known),
        Rule::Choice(rules) => rules.iter().filter_map(|rule| depth(rule, known)).min(),
        Rule::Sequence(rules) => rules.iter().map(|rule| depth(rule, known)).try_fold(0, |most, d| Some(most.max(d?))),
    }
}
