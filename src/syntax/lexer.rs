//! Text to tokens, with nom over `&str`.
//!
//! In: a source. Out: every token with its span, comments included, and a diagnostic for each piece that no token can be
//! made of. The lexer decodes nothing: what an escape or a number means is read when the literal is.

use super::keyword;
use super::token::{Token, TokenKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Source, Span};
use crate::value::Type;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while, take_while_m_n};
use nom::character::complete::{anychar, char, digit1, hex_digit1, one_of, satisfy};
use nom::combinator::{map, not, opt, peek, recognize, value, verify};
use nom::multi::many0_count;
use nom::sequence::{delimited, pair, preceded, terminated};
use nom::{IResult, Parser};

type Lexed<'a, T> = IResult<&'a str, T, ()>;

/// Splits a text into tokens. What cannot be read becomes a [`TokenKind::Bad`] token and a diagnostic.
pub fn lex(source: &Source) -> (Vec<Token>, Diagnostics) {
    let mut tokens = Vec::with_capacity(source.text.len() / 5);
    let mut found = Diagnostics::default();
    let mut rest = skip_blank(&source.text);
    while !rest.is_empty() {
        let start = source.text.len() - rest.len();
        let (after, kind) = token(rest).unwrap_or_else(|_| bad(rest));
        let span = Span::new(start, source.text.len() - after.len(), source.id);
        if kind == TokenKind::Bad {
            found.push(diagnose(source, span));
        }
        tokens.push(Token { kind, span });
        rest = skip_blank(after);
    }
    (tokens, found)
}

/// White space, with the invisible characters that come along when a query is copied from a web page.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{180e}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

fn skip_blank(input: &str) -> &str {
    input.trim_start_matches(is_blank)
}

fn token(input: &str) -> Lexed<'_, TokenKind> {
    alt((comment, string, raw_guid, typed, number, keyword, name, punctuation)).parse(input)
}

fn comment(input: &str) -> Lexed<'_, TokenKind> {
    value(TokenKind::Comment, pair(tag("//"), take_till(is_line_end))).parse(input)
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

fn string(input: &str) -> Lexed<'_, TokenKind> {
    let quoted = alt((plain('"'), plain('\''), verbatim('"'), verbatim('\''), multi_line("```"), multi_line("~~~")));
    value(TokenKind::String, preceded(opt(one_of("hH")), quoted)).parse(input)
}

/// `"..."`: a backslash takes the next character along; the literal ends in its line.
fn plain<'a>(quote: char) -> impl Parser<&'a str, Output = &'a str, Error = ()> {
    let ends = move |c: char| c == quote || c == '\\' || is_line_end(c);
    let escape = recognize(pair(char('\\'), satisfy(|c| !is_line_end(c))));
    let run = recognize(satisfy(move |c| !ends(c)).and(take_till(ends)));
    recognize(delimited(char(quote), many0_count(alt((run, escape))), char(quote)))
}

/// `@"..."`: a doubled quote stands for itself.
fn verbatim<'a>(quote: char) -> impl Parser<&'a str, Output = &'a str, Error = ()> {
    let ends = move |c: char| c == quote || is_line_end(c);
    let run = recognize(satisfy(move |c| !ends(c)).and(take_till(ends)));
    let doubled = recognize(pair(char(quote), char(quote)));
    recognize((char('@'), char(quote), many0_count(alt((run, doubled))), char(quote)))
}

/// Three quotes, anything, three quotes.
fn multi_line<'a>(quotes: &'static str) -> impl Parser<&'a str, Output = &'a str, Error = ()> {
    recognize((tag(quotes), nom::bytes::complete::take_until(quotes), tag(quotes)))
}

/// `74be27de-1e4e-49d9-b579-fe0b331d3642` without quotes: no literal of KQL, and no subtraction either.
fn raw_guid(input: &str) -> Lexed<'_, TokenKind> {
    let digits = |n| take_while_m_n(n, n, |c: char| c.is_ascii_hexdigit());
    let dashed = |n| preceded(char('-'), digits(n));
    let guid = recognize((digits(8), dashed(4), dashed(4), dashed(4), dashed(12)));
    value(TokenKind::Bad, terminated(guid, boundary)).parse(input)
}

/// `datetime(...)`: such a literal goes up to the next `)`, whatever it holds.
fn typed(input: &str) -> Lexed<'_, TokenKind> {
    let (rest, ty) = verify(word, |word: &str| keyword::literal_type(word).is_some()).parse(input)?;
    let ty = keyword::literal_type(ty).unwrap_or(Type::String);
    value(TokenKind::Typed(ty), delimited(char('('), take_till(|c| c == ')'), char(')'))).parse(rest)
}

fn number(input: &str) -> Lexed<'_, TokenKind> {
    let real = value(TokenKind::Real, terminated(real, boundary));
    let timespan = value(TokenKind::Timespan, timespan);
    let hex = recognize((char('0'), one_of("xX"), hex_digit1));
    let whole = value(TokenKind::Number, terminated(alt((hex, digit1)), boundary));
    alt((real, timespan, whole)).parse(input)
}

fn real(input: &str) -> Lexed<'_, &str> {
    let exponent = || recognize((one_of("eE"), opt(one_of("+-")), digit1));
    // The second dot of `1..5` belongs to a range.
    let fraction = recognize((char('.'), not(char('.')), opt(digit1), opt(exponent())));
    recognize((digit1, alt((fraction, exponent())))).parse(input)
}

fn timespan(input: &str) -> Lexed<'_, &str> {
    let count = (digit1, opt(pair(char('.'), digit1)));
    let unit = verify(take_while(is_name_char), |unit: &str| crate::value::timespan::unit(unit).is_some());
    recognize(pair(count, unit)).parse(input)
}

/// Not in the middle of a word.
fn boundary(input: &str) -> Lexed<'_, ()> {
    not(satisfy(is_name_char)).parse(input)
}

fn is_name_char(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word(input: &str) -> Lexed<'_, &str> {
    let starts = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    recognize(pair(satisfy(starts), take_while(is_name_char))).parse(input)
}

/// Keywords with characters that no name has.
fn keyword(input: &str) -> Lexed<'_, TokenKind> {
    let known = |text: &&str| keyword::COMPOUND.contains(text);
    let negated = verify(recognize((char('!'), word, opt(char('~')))), known);
    let tilde = terminated(tag("in~"), not(char('~')));
    value(TokenKind::Keyword, alt((negated, tilde, hyphened))).parse(input)
}

/// The longest keyword that the text starts with decides: `top-nested-x` is `top-nested` and what follows.
fn hyphened(input: &str) -> Lexed<'_, &str> {
    peek(pair(word, char('-'))).parse(input)?;
    let longest = keyword::COMPOUND.iter().filter(|k| input.starts_with(**k)).max_by_key(|k| k.len());
    match longest {
        Some(keyword) => terminated(tag(*keyword), boundary).parse(input),
        None => Err(nom::Err::Error(())),
    }
}

fn name(input: &str) -> Lexed<'_, TokenKind> {
    map(word, |word| if keyword::BOOLS.contains(&word) { TokenKind::Bool } else { TokenKind::Name }).parse(input)
}

fn punctuation(input: &str) -> Lexed<'_, TokenKind> {
    use TokenKind as K;
    let two = alt((
        value(K::Equal, tag("==")),
        value(K::EqualTilde, tag("=~")),
        value(K::Arrow, tag("=>")),
        value(K::NotEqual, alt((tag("!="), tag("<>")))),
        value(K::NotEqualTilde, tag("!~")),
        value(K::LessOrEqual, tag("<=")),
        value(K::GreaterOrEqual, tag(">=")),
        value(K::DotDot, tag("..")),
    ));
    alt((two, verify(map(anychar, one), |kind| *kind != K::Bad))).parse(input)
}

/// The token of a single character.
fn one(c: char) -> TokenKind {
    match c {
        '(' => TokenKind::OpenParen,
        ')' => TokenKind::CloseParen,
        '[' => TokenKind::OpenBracket,
        ']' => TokenKind::CloseBracket,
        '{' => TokenKind::OpenBrace,
        '}' => TokenKind::CloseBrace,
        '|' => TokenKind::Pipe,
        ',' => TokenKind::Comma,
        ';' => TokenKind::Semicolon,
        ':' => TokenKind::Colon,
        '.' => TokenKind::Dot,
        '=' => TokenKind::Assign,
        '<' => TokenKind::Less,
        '>' => TokenKind::Greater,
        '+' => TokenKind::Plus,
        '-' => TokenKind::Minus,
        '*' => TokenKind::Star,
        '/' => TokenKind::Slash,
        '%' => TokenKind::Percent,
        _ => TokenKind::Bad,
    }
}

/// The typographic quotes that word processors and blogs put in place of plain ones.
const SMART_QUOTES: &str = "“”„‟‘’‚‛«»";

/// Takes what no token starts with, as far as it belongs together.
fn bad(input: &str) -> (&str, TokenKind) {
    let unclosed = preceded(peek(pair(opt(one_of("hH")), unclosed_quote)), until_line_end);
    let smart = recognize((
        one_of(SMART_QUOTES),
        take_till(|c| SMART_QUOTES.contains(c) || is_line_end(c)),
        opt(one_of(SMART_QUOTES)),
    ));
    let directive = preceded(peek(char('#')), until_line_end);
    let any: Lexed<'_, &str> = alt((directive, unclosed_block, unclosed, smart, recognize(anychar))).parse(input);
    (any.map_or("", |(rest, _)| rest), TokenKind::Bad)
}

fn until_line_end(input: &str) -> Lexed<'_, &str> {
    recognize(pair(anychar, take_till(is_line_end))).parse(input)
}

fn unclosed_block(input: &str) -> Lexed<'_, &str> {
    recognize((opt(one_of("hH")), alt((tag("```"), tag("~~~"))), take_while(|_| true))).parse(input)
}

fn unclosed_quote(input: &str) -> Lexed<'_, char> {
    preceded(opt(char('@')), one_of("\"'")).parse(input)
}

/// Says what is wrong with a piece that became no token.
fn diagnose(source: &Source, span: Span) -> Diagnostic {
    let text = source.slice(span);
    let first = text.chars().next().unwrap_or(' ');
    let first_span = Span { end: span.start + first.len_utf8() as u32, ..span };
    if SMART_QUOTES.contains(first) {
        return Diagnostic::error(Code::SmartQuote, first_span, format!("`{first}` is a typographic quote"))
            .with_help("write plain quotes: `\"` or `'`");
    }
    if text.len() == 36 && raw_guid(text).is_ok() {
        return Diagnostic::error(Code::BadLiteral, span, "a guid needs its type around it")
            .with_help(format!("write `guid({text})`, or put quotes around it where the column is a string"));
    }
    if matches!(text.trim_start_matches(['h', 'H']).chars().next(), Some('"' | '\'' | '@' | '`' | '~'))
        && text.len() > 1
    {
        return unclosed_string(text, span);
    }
    let found = Diagnostic::error(Code::UnexpectedCharacter, first_span, format!("`{first}` means nothing in KQL"));
    match first {
        '&' => found.with_help("write `and`"),
        '!' => found.with_help("write `not(...)`"),
        '#' => found.with_help("a comment starts with `//`"),
        '\\' => found.with_help("a backslash belongs in a string; `@'...'` takes it as it is"),
        _ => found,
    }
}

fn unclosed_string(text: &str, span: Span) -> Diagnostic {
    let quote = text.chars().find(|c| !"hH@".contains(*c)).unwrap_or('"');
    let found = Diagnostic::error(Code::UnclosedString, span, "this string is not closed in its line");
    let escaped = !text.contains('@') && text.contains(&format!("\\{quote}"));
    match quote {
        '`' | '~' => Diagnostic::error(Code::UnclosedString, span, "this string is never closed"),
        _ if escaped => found.with_help(format!(
            "`\\{quote}` is a quote inside the string; `@{quote}...\\{quote}` takes backslashes as they are"
        )),
        _ => found.with_help(format!("close it with `{quote}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceId;

    fn kinds(text: &str) -> Vec<TokenKind> {
        let (tokens, found) = lex(&Source::new(SourceId(0), "q", text));
        assert!(found.0.is_empty(), "{text}: {found}");
        tokens.iter().map(|t| t.kind).collect()
    }

    fn texts(text: &str) -> Vec<String> {
        let source = Source::new(SourceId(0), "q", text);
        lex(&source).0.iter().map(|t| source.slice(t.span).to_owned()).collect()
    }

    #[test]
    fn numbers_ranges_and_names_that_start_with_digits() {
        use TokenKind as K;
        assert_eq!(
            kinds("1..5 1.5 1. 1e3 0x1F"),
            [K::Number, K::DotDot, K::Number, K::Real, K::Real, K::Real, K::Number]
        );
        assert_eq!(
            kinds("1.5h 2days 1tick 5th 1us 3Dchart"),
            [K::Timespan, K::Timespan, K::Timespan, K::Name, K::Name, K::Name]
        );
        assert_eq!(texts("a[1].b"), ["a", "[", "1", "]", ".", "b"]);
    }

    #[test]
    fn keywords_with_hyphens_are_one_token_and_differences_are_three() {
        assert_eq!(texts("project-away a-b"), ["project-away", "a", "-", "b"]);
        assert_eq!(texts("x !in~ (1) in~ !has_cs"), ["x", "!in~", "(", "1", ")", "in~", "!has_cs"]);
        assert_eq!(texts("top-nested-x"), ["top-nested", "-", "x"]);
    }

    #[test]
    fn strings_of_every_spelling() {
        for text in [
            r#""a\"b""#,
            "'it\\'s'",
            r#"@"a""b\""#,
            "@'c:\\'",
            "```a\n'b\"```",
            "~~~x~~~",
            "h'x'",
            "H@\"y\"",
            "h```z```",
        ] {
            assert_eq!(kinds(text), [TokenKind::String], "{text}");
        }
    }

    #[test]
    fn each_fault_is_named_where_it_is() {
        let faults = |text: &str| -> Vec<(Code, u32, u32)> {
            let (_, found) = lex(&Source::new(SourceId(0), "q", text));
            found.0.iter().map(|d| (d.code, d.span.unwrap_or_default().start, d.span.unwrap_or_default().end)).collect()
        };
        assert_eq!(faults("T | where x == 'abc\n| take 1"), [(Code::UnclosedString, 15, 19)]);
        assert_eq!(faults("x == “abc” and y"), [(Code::SmartQuote, 5, 8)]);
        assert_eq!(faults("a & b"), [(Code::UnexpectedCharacter, 2, 3)]);
        assert_eq!(faults("x == 74be27de-1e4e-49d9-b579-fe0b331d3642"), [(Code::BadLiteral, 5, 41)]);
    }

    #[test]
    fn invisible_characters_are_white_space() {
        assert_eq!(texts("\u{feff}T\u{a0}|\u{200b}take\r\n1 // end"), ["T", "|", "take", "1", "// end"]);
    }
}
