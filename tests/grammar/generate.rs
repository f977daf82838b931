//! Random sentences of the grammar, and spoilt ones.

use super::ebnf::{Grammar, Rule};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

/// How deep a sentence may get before only the shortest ways are taken.
const DEPTH: usize = 30;

/// How many tokens a sentence has before only the shortest ways are taken.
const LENGTH: usize = 120;

/// Samples of a token that the lexer reads; empty when there is no such token.
pub fn token_samples(name: &str) -> &'static [&'static str] {
    match name {
        "NAME" => &["a", "B1", "Column_x", "_y", "Größe", "$left", "3Dchart", "title", "tostring"],
        "WILDCARD" => &["*", "a*", "*_b", "a*b*c", "*1"],
        "STRING" => &[
            "\"\"",
            "'a'",
            "\"x\\ty\\\"z\"",
            "@'c:\\d'",
            "@\"e\"\"f\"",
            "h'g'",
            "H@\"i\"",
            "```j\n'k'```",
            "~~~l~~~",
            "'| ( ['",
            "\"// m\"",
        ],
        "NUMBER" => &["0", "1", "42", "0x1F", "9223372036854775807"],
        "REAL" => &["1.5", "2.", "1e3", "0.25e-2"],
        "TIMESPAN" => &["1d", "1.5h", "30m", "10s", "1ms", "7tick", "3days", "2hours", "5microseconds"],
        "SIGNED" => &["-1", "+2", "-1.5", "-3h", "-9223372036854775808"],
        "TYPED" => &[
            "int(5)",
            "long(null)",
            "real(nan)",
            "real(+inf)",
            "double(1e3)",
            "decimal(1.25)",
            "bool(true)",
            "datetime(2024-02-29)",
            "datetime(2024-01-01T10:20:30.1234567Z)",
            "date(2020-01-01)",
            "timespan(1.02:03:04.5)",
            "time(1h)",
            "guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
            "datetime(null)",
        ],
        "BOOL" => &["true", "False", "TRUE"],
        _ => &[],
    }
}

/// A sentence: one or more statements.
pub fn sentence(grammar: &Grammar, random: &mut ChaCha8Rng) -> String {
    let mut tokens = Vec::new();
    for n in 0..=below(random, 2) {
        if n > 0 {
            tokens.push(";".to_owned());
        }
        write(grammar, &Rule::Name("statement".to_owned()), 0, random, &mut tokens);
    }
    join(&tokens, random)
}

/// Tokens with blanks, line ends and comments between them.
fn join(tokens: &[String], random: &mut ChaCha8Rng) -> String {
    let mut text = String::new();
    for token in tokens {
        text.push_str(token);
        text.push_str(match below(random, 40) {
            0 => "\n",
            1 => " // remark\n",
            2 => "\r\n\r\n",
            3 => "\u{a0}\t",
            _ => " ",
        });
    }
    text
}

fn below(random: &mut ChaCha8Rng, limit: usize) -> usize {
    random.next_u32() as usize % limit
}

fn write(grammar: &Grammar, rule: &Rule, depth: usize, random: &mut ChaCha8Rng, tokens: &mut Vec<String>) {
    let short = depth > DEPTH || tokens.len() > LENGTH;
    match rule {
        Rule::Text(text) => tokens.push(text.clone()),
        Rule::Name(name) => match grammar.productions.get(name) {
            Some(rule) => write(grammar, rule, depth + 1, random, tokens),
            None => {
                let samples = token_samples(name);
                tokens.push(samples[below(random, samples.len())].to_owned());
            }
        },
        Rule::Sequence(rules) => rules.iter().for_each(|rule| write(grammar, rule, depth, random, tokens)),
        Rule::Repeat(rule, least, most) => {
            let more = if short { 0 } else { below(random, most - least + 1) };
            (0..least + more).for_each(|_| write(grammar, rule, depth, random, tokens));
        }
        Rule::Choice(rules) => {
            let least = rules.iter().map(|rule| grammar.depth(rule)).min().unwrap_or(0);
            let most = least + if depth > DEPTH + 10 { 0 } else { 2 };
            let usable: Vec<&Rule> = rules.iter().filter(|rule| !short || grammar.depth(rule) <= most).collect();
            write(grammar, usable[below(random, usable.len())], depth, random, tokens);
        }
    }
}

/// A sentence with a few characters or words taken out, doubled, swapped or put in.
pub fn mutate(sentence: &str, random: &mut ChaCha8Rng) -> String {
    let mut chars: Vec<char> = sentence.chars().collect();
    for _ in 0..=below(random, 3) {
        let at = below(random, chars.len().max(1));
        match below(random, 5) {
            0 if !chars.is_empty() => drop(chars.remove(at)),
            1 => chars.insert(
                at,
                ['(', ')', '[', '|', ';', '"', '\'', '\\', '“', '!', '-', '\u{feff}', 'x', '.'][below(random, 14)],
            ),
            2 => chars.truncate(at),
            3 if !chars.is_empty() => {
                let other = below(random, chars.len());
                chars.swap(at, other);
            }
            _ => chars.extend(sentence.split(' ').nth(below(random, 10)).unwrap_or("").chars()),
        }
    }
    chars.into_iter().collect()
}
