//! `parse-kv`: columns from keys and values in a text.

use crate::bind::Binder;
use crate::bind::coerce::convert;
use crate::bind::scope::Rows;
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::library::table::{Argument, PARSE_KV, check_kv_regex};
use crate::syntax::ast::{self, OperatorParameter};
use crate::value::{Field, Schema, Type, Value};

const OPTIONS: [&str; 6] = ["pair_delimiter", "kv_delimiter", "quote", "escape", "greedy", "regex"];

/// The options by the names of their parameters; `None` when one is wrong.
type Options = Option<Vec<(&'static str, Argument)>>;

impl Binder<'_> {
    /// `parse-kv text as (a:long) with (pair_delimiter=",", kv_delimiter=":")`
    pub(in crate::bind::operator) fn parse_kv(
        &mut self,
        rows: Rows,
        value: &ast::Expr,
        columns: &[ast::ColumnDeclaration],
        options: &[OperatorParameter],
        span: Span,
    ) -> Rows {
        let text = self.over(&rows, |b| b.scalar(value)).and_then(|v| self.ok(convert(v, Type::String)));
        let options = self.kv_options(options);
        let mut keys: Vec<Field> = vec![];
        for column in columns {
            if keys.iter().any(|k| k.name == column.name.text) {
                let message = format!("the column `{}` is given twice", column.name.text);
                self.report(Diagnostic::error(Code::DuplicateColumn, column.name.span, message));
            }
            keys.push(Field { name: column.name.text.clone(), ty: column.ty.ty });
        }
        let (Some(text), Some(options), false) = (text, options, rows.open) else {
            let mut rows = rows;
            rows.poisoned.extend(keys.into_iter().map(|k| k.name));
            return Rows { open: true, ..rows };
        };
        let own = rows.schema().fields().iter().map(|f| keys.iter().find(|k| k.name == f.name).unwrap_or(f).clone());
        let own: Vec<Field> = own.collect();
        let new = keys.iter().filter(|k| !own.iter().any(|f| f.name == k.name)).cloned().collect::<Vec<_>>();
        let schema = Schema::new(own.into_iter().chain(new));
        let names = keys.iter().map(|k| ("key", Argument::Constant(Value::String(k.name.to_string()))));
        let arguments = names.chain(options).collect();
        let known = rows.clone();
        let parsed = self.apply_to(&PARSE_KV, rows, text, arguments, Some(schema), span);
        let poisoned = known.poisoned.iter().filter(|p| !keys.iter().any(|k| k.name == **p)).cloned().collect();
        Rows { relation: parsed.relation, poisoned, source: None, ..known }
    }

    fn kv_options(&mut self, options: &[OperatorParameter]) -> Options {
        let mut given: Vec<(&'static str, Argument)> = vec![];
        let mut right = true;
        for option in options {
            let name = &*option.name.text;
            let Some(known) = OPTIONS.iter().copied().find(|known| *known == name) else {
                let near = nearest(name, OPTIONS);
                let message = format!("`parse-kv` has no option `{name}`");
                self.report(Diagnostic::error(Code::BadParameter, option.name.span, message).with_suggestion(near));
                right = false;
                continue;
            };
            match self.kv_option(known, option) {
                Some(value) => given.push((known, Argument::Constant(value))),
                None => right = false,
            }
        }
        let has = |name: &str| options.iter().find(|o| &*o.name.text == name);
        let delimited = [has("pair_delimiter"), has("kv_delimiter")];
        match (delimited, has("regex"), has("greedy")) {
            ([Some(only), None] | [None, Some(only)], ..) => {
                let message = "`pair_delimiter` and `kv_delimiter` belong together";
                self.report(Diagnostic::error(Code::BadParameter, only.name.span, message));
                right = false;
            }
            ([Some(delimiter), Some(_)], Some(_), _) => {
                let message = "delimiters and `regex` exclude each other";
                self.report(Diagnostic::error(Code::BadParameter, delimiter.name.span, message));
                right = false;
            }
            ([None, None], _, Some(greedy)) => {
                let message = "`greedy` needs `pair_delimiter` and `kv_delimiter`";
                self.report(Diagnostic::error(Code::BadParameter, greedy.name.span, message));
                right = false;
            }
            _ => {}
        }
        right.then_some(given)
    }

    /// The value of an option, checked.
    fn kv_option(&mut self, name: &str, option: &OperatorParameter) -> Option<Value> {
        let span = option.value.span;
        let value = self.literal(&option.value, name)?.as_literal().cloned()?;
        let length = value.as_str().map(|text| text.chars().count());
        let wrong = match (name, length) {
            ("greedy", _) if value.as_bool().is_some() => None,
            ("greedy", _) => Some("`greedy` is true or false".to_owned()),
            (_, None) => Some(format!("`{name}` is a text")),
            ("quote", Some(1 | 2)) | ("escape", Some(1)) => None,
            ("quote", _) => Some("`quote` is one character, or two that open and close".to_owned()),
            ("escape", _) => Some("`escape` is one character".to_owned()),
            ("regex", _) => check_kv_regex(value.as_str().unwrap_or_default()).err(),
            (_, Some(0)) => Some(format!("`{name}` cannot be empty")),
            _ => None,
        };
        match wrong {
            Some(why) => self.refuse(Code::WrongValue, span, why),
            None => Some(value),
        }
    }
}
