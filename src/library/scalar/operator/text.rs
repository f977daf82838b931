//! Relations of texts: `has`, `hasprefix`, `hassuffix`, `contains`, `startswith`, `endswith`, each in four forms, and
//! `matches regex`.

use crate::library::arguments::{constant_text, text};
use crate::library::text::{Matcher, Place};
use crate::library::{Accepts, Example, Function, Native, Parameter, Returns, Signature, regex};
use crate::value::{Type, Value};

/// The records.
pub static FUNCTIONS: &[Function] = &[
    relation("has", Native::Has, has::<false, false>, "Whether a term occurs in a text, whatever its case.")
        .remarks(
            "A term starts and ends where letters and digits do; other characters (also `_`) part terms. What is looked for \
             may span several terms. Every text has the empty one.",
        )
        .examples(&[
            Example::new("'net user /add' has 'NET'", "true"),
            Example::new("'dotnet.exe' has 'net'", "false"),
            Example::new("'a.b-c' has 'b-c'", "true"),
        ]),
    relation("!has", Native::NotHas, has::<false, true>, "Whether a term does not occur in a text, whatever its case.")
        .examples(&[Example::new("'dotnet.exe' !has 'net'", "true")]),
    relation("has_cs", Native::HasCs, has::<true, false>, "Whether a term occurs in a text, in this case.")
        .examples(&[Example::new("'net user' has_cs 'NET'", "false")]),
    relation("!has_cs", Native::NotHasCs, has::<true, true>, "Whether a term does not occur in a text, in this case.")
        .examples(&[Example::new("'net user' !has_cs 'NET'", "true")]),
    relation("hasprefix", Native::HasPrefix, prefix::<false, false>, "Whether a term starts so, whatever its case.")
        .examples(&[Example::new("'run PowerShell' hasprefix 'power'", "true")]),
    relation("!hasprefix", Native::NotHasPrefix, prefix::<false, true>, "Whether no term starts so, whatever its case.")
        .examples(&[Example::new("'run PowerShell' !hasprefix 'shell'", "true")]),
    relation("hasprefix_cs", Native::HasPrefixCs, prefix::<true, false>, "Whether a term starts so, in this case.")
        .examples(&[Example::new("'run PowerShell' hasprefix_cs 'power'", "false")]),
    relation("!hasprefix_cs", Native::NotHasPrefixCs, prefix::<true, true>, "Whether no term starts so, in this case.")
        .examples(&[Example::new("'run PowerShell' !hasprefix_cs 'Power'", "false")]),
    relation("hassuffix", Native::HasSuffix, suffix::<false, false>, "Whether a term ends so, whatever its case.")
        .examples(&[Example::new("'PowerShell.exe' hassuffix 'SHELL'", "true")]),
    relation("!hassuffix", Native::NotHasSuffix, suffix::<false, true>, "Whether no term ends so, whatever its case.")
        .examples(&[Example::new("'PowerShell.exe' !hassuffix 'power'", "true")]),
    relation("hassuffix_cs", Native::HasSuffixCs, suffix::<true, false>, "Whether a term ends so, in this case.")
        .examples(&[Example::new("'PowerShell.exe' hassuffix_cs 'SHELL'", "false")]),
    relation("!hassuffix_cs", Native::NotHasSuffixCs, suffix::<true, true>, "Whether no term ends so, in this case.")
        .examples(&[Example::new("'PowerShell.exe' !hassuffix_cs 'Shell'", "false")]),
    relation("contains", Native::Contains, contains::<false, false>, "Whether a text occurs in another, whatever its case.")
        .examples(&[Example::new("'dotnet.exe' contains 'NET'", "true"), Example::new("'x' contains ''", "true")]),
    relation("!contains", Native::NotContains, contains::<false, true>, "Whether a text does not occur in another.")
        .aliases(&["notcontains"])
        .remarks("Whatever the case.")
        .examples(&[Example::new("'dotnet.exe' !contains 'NET'", "false")]),
    relation("contains_cs", Native::ContainsCs, contains::<true, false>, "Whether a text occurs in another, in this case.")
        .aliases(&["containscs"])
        .examples(&[Example::new("'dotnet.exe' contains_cs 'NET'", "false")]),
    relation("!contains_cs", Native::NotContainsCs, contains::<true, true>, "Whether a text does not occur in this case.")
        .aliases(&["notcontainscs"])
        .examples(&[Example::new("'dotnet.exe' !contains_cs 'net'", "false")]),
    relation("startswith", Native::StartsWith, starts::<false, false>, "Whether a text starts so, whatever its case.")
        .examples(&[Example::new("'PowerShell' startswith 'POWER'", "true")]),
    relation("!startswith", Native::NotStartsWith, starts::<false, true>, "Whether a text starts otherwise.")
        .remarks("Whatever the case.")
        .examples(&[Example::new("'PowerShell' !startswith 'shell'", "true")]),
    relation("startswith_cs", Native::StartsWithCs, starts::<true, false>, "Whether a text starts so, in this case.")
        .examples(&[Example::new("'PowerShell' startswith_cs 'POWER'", "false")]),
    relation("!startswith_cs", Native::NotStartsWithCs, starts::<true, true>, "Whether a text starts otherwise, or in another case.")
        .examples(&[Example::new("'PowerShell' !startswith_cs 'Power'", "false")]),
    relation("endswith", Native::EndsWith, ends::<false, false>, "Whether a text ends so, whatever its case.")
        .examples(&[Example::new("'setup.EXE' endswith '.exe'", "true")]),
    relation("!endswith", Native::NotEndsWith, ends::<false, true>, "Whether a text ends otherwise.")
        .remarks("Whatever the case.")
        .examples(&[Example::new("'setup.EXE' !endswith '.dll'", "true")]),
    relation("endswith_cs", Native::EndsWithCs, ends::<true, false>, "Whether a text ends so, in this case.")
        .examples(&[Example::new("'setup.EXE' endswith_cs '.exe'", "false")]),
    relation("!endswith_cs", Native::NotEndsWithCs, ends::<true, true>, "Whether a text ends otherwise, or in another case.")
        .examples(&[Example::new("'setup.EXE' !endswith_cs '.EXE'", "false")]),
    Function::new("matches regex", TEXTS, matches_regex, "Whether a regular expression matches somewhere in a text.")
        .remarks("With regard to case, unless the expression starts with `(?i)`. It need not match the whole text.")
        .examples(&[
            Example::new("'-EncodedCommand JAB4' matches regex @'(?i)-enc\\w*\\s'", "true"),
            Example::new("'cmd' matches regex '^m'", "false"),
        ])
        .check(|constants| constant_text(constants, 1).map_or(Ok(()), regex::check))
        .native(Native::MatchesRegex),
];

const TEXTS: &[Signature] = &[Signature::new(
    &[Parameter::new("text", Accepts::Type(Type::String)), Parameter::new("search", Accepts::Type(Type::String))],
    Returns::Type(Type::Bool),
)];

const fn relation(
    name: &'static str,
    native: Native,
    kernel: fn(&[Value]) -> Value,
    summary: &'static str,
) -> Function {
    Function::new(name, TEXTS, kernel, summary).native(native)
}

fn holds(arguments: &[Value], place: Place, case_sensitive: bool, negated: bool) -> Value {
    let matcher = Matcher::new(text(arguments, 1), place, case_sensitive);
    Value::Bool(matcher.is_match(text(arguments, 0)) != negated)
}

fn has<const CASE: bool, const NEGATED: bool>(arguments: &[Value]) -> Value {
    holds(arguments, Place::TERM, CASE, NEGATED)
}

fn prefix<const CASE: bool, const NEGATED: bool>(arguments: &[Value]) -> Value {
    holds(arguments, Place::TERM_START, CASE, NEGATED)
}

fn suffix<const CASE: bool, const NEGATED: bool>(arguments: &[Value]) -> Value {
    holds(arguments, Place::TERM_END, CASE, NEGATED)
}

fn contains<const CASE: bool, const NEGATED: bool>(arguments: &[Value]) -> Value {
    holds(arguments, Place::ANYWHERE, CASE, NEGATED)
}

fn starts<const CASE: bool, const NEGATED: bool>(arguments: &[Value]) -> Value {
    holds(arguments, Place::START, CASE, NEGATED)
}

fn ends<const CASE: bool, const NEGATED: bool>(arguments: &[Value]) -> Value {
    holds(arguments, Place::END, CASE, NEGATED)
}

fn matches_regex(arguments: &[Value]) -> Value {
    let regex = regex::compiled(text(arguments, 1));
    Value::Bool(regex.is_some_and(|r| r.is_match(text(arguments, 0))))
}
