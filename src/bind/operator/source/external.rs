//! `externaldata`: rows of files and addresses.
//!
//! In: the operator as written. Out: a relation that names what is read, and how, down to the last default. Nothing is read
//! here; addresses are never shown with their secrets.

use crate::bind::Binder;
use crate::bind::coerce::assign;
use crate::bind::operator::parameter_text;
use crate::bind::scope::Rows;
use crate::catalog::{Address, Artifact, ColumnSource, ExternalData, ExternalFormat};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::library::json_path;
use crate::plan::{Relation, RelationKind};
use crate::syntax::ast::{self, OperatorParameter};
use crate::value::{Json, Schema, Type};
use std::sync::Arc;

/// The properties of `with (...)`.
const PROPERTIES: [&str; 3] = ["format", "ignoreFirstRecord", "ingestionMapping"];

/// Properties as read.
#[derive(Default)]
struct Properties {
    format: Option<ExternalFormat>,
    ignore_first_record: bool,
    mapping: Option<(String, Span)>,
}

impl Binder<'_> {
    /// `externaldata (a:string) ["uri"] with (format="csv")`
    pub(in crate::bind::operator) fn external(
        &mut self,
        columns: &[ast::ColumnDeclaration],
        uris: &[ast::Expr],
        properties: &[OperatorParameter],
        keyword: Span,
    ) -> Rows {
        let schema = Schema::new(self.declared_fields(columns));
        if schema.is_empty() {
            self.report(Diagnostic::error(Code::WrongArgumentCount, keyword, "`externaldata` needs a column"));
        }
        let properties = self.external_properties(properties);
        let artifacts: Vec<Option<Artifact>> =
            uris.iter().map(|uri| self.artifact(uri, properties.as_ref().and_then(|p| p.format))).collect();
        if artifacts.is_empty() {
            let message = "`externaldata` needs an address to read from";
            self.report(Diagnostic::error(Code::WrongArgumentCount, keyword, message));
        }
        let Some((properties, artifacts)) = properties.zip(artifacts.into_iter().collect::<Option<Vec<_>>>()) else {
            return Rows::unknown(keyword);
        };
        let mapping = match &properties.mapping {
            None => None,
            Some((text, span)) => match self.ok(mapping(text, &schema, &artifacts, *span)) {
                Some(mapping) => Some(mapping),
                None => return Rows::unknown(keyword),
            },
        };
        let data = ExternalData { artifacts, ignore_first_record: properties.ignore_first_record, mapping };
        Rows::new(Relation::new(RelationKind::External(Arc::new(data)), schema, keyword))
    }

    fn artifact(&mut self, uri: &ast::Expr, format: Option<ExternalFormat>) -> Option<Artifact> {
        let what = "an address of `externaldata`";
        let bound = self.literal(uri, what)?;
        let bound = self.ok(assign(bound, Type::String, what))?;
        let address = Address::new(bound.as_literal()?.as_str()?);
        if address.place().is_empty() {
            return self.refuse(Code::WrongValue, uri.span, "an address of `externaldata` cannot be empty");
        }
        let format = match format.map_or_else(|| ExternalFormat::of_address(&address), Ok) {
            Ok(format) => format,
            Err(ending) => {
                let message = format!("files that end in `.{ending}` are not read yet");
                let help = "if it is text after all, say so: `with (format=\"txt\")`";
                self.report(Diagnostic::error(Code::NotBuiltYet, uri.span, message).with_help(help));
                return None;
            }
        };
        Some(Artifact { address, format })
    }

    fn external_properties(&mut self, written: &[OperatorParameter]) -> Option<Properties> {
        let mut properties = Properties::default();
        let mut good = true;
        for (at, property) in written.iter().enumerate() {
            let name = &*property.name.text;
            if written.iter().take(at).any(|p| p.name.text.eq_ignore_ascii_case(name)) {
                let message = format!("the property `{name}` is given twice");
                self.report(Diagnostic::error(Code::BadParameter, property.name.span, message));
                good = false;
                continue;
            }
            let (text, span) = (self.property_text(property), property.value.span);
            match name.to_ascii_lowercase().as_str() {
                "format" => match ExternalFormat::from_name(&text) {
                    Some(format) => properties.format = Some(format),
                    None => good &= self.bad_format(&text, span),
                },
                "ignorefirstrecord" => match text.to_ascii_lowercase().as_str() {
                    "true" | "1" => properties.ignore_first_record = true,
                    "false" | "0" => properties.ignore_first_record = false,
                    _ => {
                        let message = "`ignoreFirstRecord` is `true` or `false`";
                        self.report(Diagnostic::error(Code::WrongValue, span, message));
                        good = false;
                    }
                },
                "ingestionmapping" => properties.mapping = Some((text, span)),
                _ => {
                    let message = format!("no property `{name}` of `externaldata`");
                    let near = nearest(name, PROPERTIES);
                    let error = Diagnostic::error(Code::BadParameter, property.name.span, message);
                    self.report(error.with_suggestion(near));
                    good = false;
                }
            }
        }
        good.then_some(properties)
    }

    /// The text of a property: a name or literal as it stands, or what a constant expression gives.
    fn property_text(&mut self, property: &OperatorParameter) -> String {
        match &property.value.kind {
            ast::ExprKind::Name(name) if self.names.find(&name.text).is_none() => parameter_text(property),
            ast::ExprKind::Literal(_) => parameter_text(property),
            _ => {
                let bound = self.literal(&property.value, "a property of `externaldata`");
                let value = bound.and_then(|b| b.as_literal().cloned());
                value.map_or(String::new(), |v| crate::library::convert::text(&v).into_owned())
            }
        }
    }

    fn bad_format(&mut self, text: &str, span: Span) -> bool {
        let error = match ExternalFormat::is_not_built(text) {
            true => Diagnostic::error(Code::NotBuiltYet, span, format!("the format `{text}` is not built yet")),
            false => {
                let near = nearest(text, ExternalFormat::ALL.map(ExternalFormat::name));
                let all = ExternalFormat::ALL.map(ExternalFormat::name).join(", ");
                let error = Diagnostic::error(Code::UnknownFormat, span, format!("no format `{text}`"));
                match near {
                    Some(_) => error.with_suggestion(near),
                    None => error.with_help(format!("formats are {all}")),
                }
            }
        };
        self.report(error);
        false
    }
}

/// Reads an `ingestionMapping`: where each column of the schema comes from.
fn mapping(text: &str, schema: &Schema, artifacts: &[Artifact], span: Span) -> Result<Vec<ColumnSource>, Diagnostic> {
    let bad = |message: String| Diagnostic::error(Code::WrongValue, span, message);
    let json: Json = serde_json::from_str(text).map_err(|e| bad(format!("the `ingestionMapping` is no JSON: {e}")))?;
    let elements = json.as_array().ok_or_else(|| bad("the `ingestionMapping` is a JSON array".to_owned()))?;
    let mut columns = vec![ColumnSource::Nowhere; schema.len()];
    for element in elements {
        let name = member(element, "column").and_then(Json::as_str).unwrap_or_default();
        let slot = schema.index_of(name).and_then(|at| columns.get_mut(at));
        let slot = slot.ok_or_else(|| bad(format!("the mapping names the column `{name}`, which is not declared")))?;
        if *slot != ColumnSource::Nowhere {
            return Err(bad(format!("the mapping names the column `{name}` twice")));
        }
        *slot = source(element, name).map_err(&bad)?;
    }
    if elements.is_empty() {
        return Err(bad("the mapping names no column".to_owned()));
    }
    for source in &columns {
        for artifact in artifacts {
            check(source, artifact.format).map_err(&bad)?;
        }
    }
    Ok(columns)
}

/// Where one column comes from.
fn source(element: &Json, name: &str) -> Result<ColumnSource, String> {
    let properties = member(element, "properties").unwrap_or(element);
    if let Some(transform) = member(properties, "transform") {
        return Err(format!("the transformation {transform} of the column `{name}` is not built yet"));
    }
    if let Some(value) = member(properties, "constvalue") {
        return Ok(ColumnSource::Constant(value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    if let Some(ordinal) = member(properties, "ordinal") {
        let number = ordinal.as_u64().or_else(|| ordinal.as_str()?.trim().parse().ok());
        let number = number.and_then(|n| usize::try_from(n).ok());
        return number
            .map(ColumnSource::Ordinal)
            .ok_or_else(|| format!("the ordinal {ordinal} of the column `{name}` is no number of a field"));
    }
    match member(properties, "path").and_then(Json::as_str) {
        Some(path) if !path.starts_with('$') => Ok(ColumnSource::Constant(path.to_owned())),
        Some(path) => {
            // Kusto also writes `$.['a b']`
            let path = path.replace(".[", "[");
            match json_path::parse(&path) {
                Some(_) => Ok(ColumnSource::Path(path)),
                None => Err(format!("the path `{path}` of the column `{name}` cannot be read")),
            }
        }
        None => Err(format!("the mapping of the column `{name}` has no `Path`, `Ordinal` or `ConstValue`")),
    }
}

/// A source that the format does not have.
fn check(source: &ColumnSource, format: ExternalFormat) -> Result<(), String> {
    let name = format.name();
    match source {
        _ if format == ExternalFormat::Parquet => Err("a mapping of parquet files is not built yet".to_owned()),
        ColumnSource::Ordinal(_) if format.is_json() => Err(format!("`{name}` is mapped by `Path`, not by `Ordinal`")),
        ColumnSource::Path(_) if !format.is_json() => Err(format!("`{name}` is mapped by `Ordinal`, not by `Path`")),
        ColumnSource::Ordinal(n) if *n > 0 && format.is_one_field() => {
            Err(format!("`{name}` has one field, with the ordinal 0"))
        }
        _ => Ok(()),
    }
}

/// A member by its name, in any case: Kusto's own examples write `Column` and `column`.
fn member<'j>(json: &'j Json, name: &str) -> Option<&'j Json> {
    json.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
