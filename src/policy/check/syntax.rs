//! What the parser of the language says, in plain words and at its place.

use super::call::REFUSED;
use super::text::Text;
use crate::diagnostic::{Code, Diagnostic, Span};
use rhai::{LexError, ParseError, ParseErrorType};

/// A failure to read the script.
pub(super) fn told(error: &ParseError, text: &Text, length: usize) -> Diagnostic {
    let end = Span::new(length, length, Default::default());
    let span = if error.position().is_none() { end } else { text.word(error.position()) };
    let word = text.slice(span);
    let refused = |name: &str| REFUSED.iter().find(|(refused, _)| *refused == name);
    let symbol = match error.err_type() {
        ParseErrorType::Reserved(name) => name.as_str(),
        _ => word,
    };
    if let Some((name, why)) = refused(symbol) {
        return Diagnostic::error(Code::NotInRules, span, format!("rules have no `{name}`")).with_help(*why);
    }
    let (code, message, help) = words(error.err_type(), word);
    let d = Diagnostic::error(code, span, message);
    match help {
        Some(help) => d.with_help(help),
        None => d,
    }
}

fn words(kind: &ParseErrorType, word: &str) -> (Code, String, Option<String>) {
    let plain = |message: String| (Code::RuleSyntax, message, None);
    let help = |message: &str, help: &str| (Code::RuleSyntax, message.to_owned(), Some(help.to_owned()));
    let here = if word.is_empty() { "the end of the script".to_owned() } else { format!("`{word}`") };
    match kind {
        ParseErrorType::UnexpectedEOF => help("the script ends too early", "a bracket or a text is not closed"),
        ParseErrorType::BadInput(LexError::UnterminatedString) => {
            help("the text is not closed", "a text ends with the quote that it began with, on the same line")
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) if symbol == "===" || symbol == "!==" => {
            help(&format!("`{symbol}` is no operator"), "compare with `==` or `!=`")
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) if symbol == "=" => {
            help("`=` does not compare", "compare with `==`")
        }
        ParseErrorType::BadInput(LexError::ImproperSymbol(symbol, _)) => {
            plain(format!("`{symbol}` does not belong here"))
        }
        ParseErrorType::BadInput(LexError::UnexpectedInput(text)) => plain(format!("`{text}` does not belong here")),
        ParseErrorType::BadInput(LexError::MalformedEscapeSequence(text)) => {
            plain(format!("`{text}` is no escape in a text"))
        }
        ParseErrorType::BadInput(LexError::MalformedNumber(text)) => plain(format!("`{text}` is no whole number")),
        ParseErrorType::BadInput(_) => plain(format!("{here} cannot be read")),
        ParseErrorType::MissingToken(token, _) if token == ";" => {
            help(&format!("something is missing before {here}"), "statements are separated by `;`")
        }
        ParseErrorType::MissingToken(token, _) if token == "," => {
            plain(format!("`,` or a closing bracket is missing before {here}"))
        }
        ParseErrorType::MissingToken(token, _) => plain(format!("`{token}` is missing before {here}")),
        ParseErrorType::ExprExpected(_) => plain(format!("a value is missing before {here}")),
        ParseErrorType::Reserved(name) => plain(format!("`{name}` is a word that rules cannot use")),
        ParseErrorType::FnDuplicatedDefinition(name, _) => plain(format!("the function `{name}` is defined twice")),
        ParseErrorType::FnDuplicatedParam(_, name) => plain(format!("the parameter `{name}` is named twice")),
        ParseErrorType::FnMissingName => plain("the function has no name".to_owned()),
        ParseErrorType::FnMissingParams(name) => {
            help(&format!("the function `{name}` has no parameters"), "write `()` where it takes nothing")
        }
        ParseErrorType::FnMissingBody(name) => plain(format!("the function `{name}` has no body in braces")),
        ParseErrorType::WrongFnDefinition => plain("functions are defined outside of everything else".to_owned()),
        ParseErrorType::AssignmentToConstant(name) => plain(format!("`{name}` is a constant")),
        ParseErrorType::AssignmentToInvalidLHS(_) => help("nothing can be assigned to this", "compare with `==`"),
        ParseErrorType::VariableExpected => plain(format!("a name is missing before {here}")),
        ParseErrorType::PropertyExpected => plain(format!("the name of a member is missing before {here}")),
        ParseErrorType::DuplicatedProperty(name) => plain(format!("the member `{name}` is named twice")),
        ParseErrorType::WrongSwitchDefaultCase => plain("`_` is the last case of a switch".to_owned()),
        ParseErrorType::WrongSwitchIntegerCase => plain("single numbers stand before ranges in a switch".to_owned()),
        ParseErrorType::WrongSwitchCaseCondition => plain("the case `_` takes no condition".to_owned()),
        ParseErrorType::LoopBreak => plain("this stands outside of a loop".to_owned()),
        ParseErrorType::UnknownOperator(name) => plain(format!("`{name}` is no operator")),
        ParseErrorType::ExprTooDeep => (Code::RuleTooLarge, "this is nested too deeply".to_owned(), None),
        ParseErrorType::TooManyFunctions => (Code::RuleTooLarge, "the rule has too many functions".to_owned(), None),
        ParseErrorType::LiteralTooLarge(..) => (Code::RuleTooLarge, "this is too large".to_owned(), None),
        _ => plain(format!("the script cannot be read at {here}")),
    }
}
