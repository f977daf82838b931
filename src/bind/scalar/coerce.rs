//! Conversions between types, and the choice among a function's signatures.
//!
//! In: bound arguments and the library's signatures. Out: arguments of exactly the types that the kernel takes, every
//! conversion a call of its own. Never guesses: what Kusto refuses is refused.

use crate::diagnostic::{Code, Diagnostic, Span};
use crate::library::{self, Accepts, Function, Parameter, Returns, Signature};
use crate::plan::{Expr, ExprKind, PathStep};
use crate::value::{Type, Value, dynamic};
use rust_decimal::Decimal;

/// A library function that the binder itself needs.
pub(in crate::bind) fn function(name: &str, span: Span) -> Result<&'static Function, Diagnostic> {
    library::scalar_function(name)
        .ok_or_else(|| Diagnostic::error(Code::NotBuiltYet, span, format!("`{name}` is not built yet")))
}

/// The expression as another type.
pub(in crate::bind) fn convert(expr: Expr, to: Type) -> Result<Expr, Diagnostic> {
    if expr.ty == to {
        return Ok(expr);
    }
    let span = expr.span;
    if let Some(value) = expr.as_literal().and_then(|v| convert_literal(v, to)) {
        return Ok(Expr::literal(value, to, span));
    }
    if to == Type::Dynamic {
        // a text stays the text itself, which `todynamic` would parse: hence an array's only element
        let packed = Expr::call(function("pack_array", span)?, vec![expr], Type::Dynamic, span);
        return Ok(Expr::path(packed, PathStep::Index(0), span));
    }
    Ok(Expr::call(function(conversion_to(to), span)?, vec![expr], to, span))
}

/// Conversions of constants that no kernel is needed for.
fn convert_literal(value: &Value, to: Type) -> Option<Value> {
    Some(match (value, to) {
        (Value::Null, _) => Value::missing(to),
        (Value::Int(n), Type::Long) => Value::Long(i64::from(*n)),
        (Value::Int(_) | Value::Long(_), Type::Real) => Value::Real(value.as_f64()?),
        (Value::Int(_) | Value::Long(_), Type::Decimal) => Value::Decimal(Decimal::from(value.as_i64()?)),
        (_, Type::Dynamic) => Value::Dynamic(dynamic::from_value(value)),
        _ => return None,
    })
}

const fn conversion_to(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "tobool",
        Type::Int => "toint",
        Type::Long => "tolong",
        Type::Real => "todouble",
        Type::Decimal => "todecimal",
        Type::Datetime => "todatetime",
        Type::Timespan => "totimespan",
        Type::Guid => "toguid",
        Type::String => "tostring",
        Type::Dynamic => "todynamic",
    }
}

/// The wider of two numeric types.
pub(in crate::bind) fn widest(a: Type, b: Type) -> Type {
    // Type is ordered int < long < real < decimal
    a.max(b)
}

/// The type that both can become without a cast in the text; a dynamic takes in anything.
pub(in crate::bind) fn common_type(a: Type, b: Type) -> Option<Type> {
    match (a, b) {
        _ if a == b => Some(a),
        _ if a.is_numeric() && b.is_numeric() => Some(widest(a, b)),
        (Type::Dynamic, _) | (_, Type::Dynamic) => Some(Type::Dynamic),
        _ => None,
    }
}

/// A value where a type is declared (a parameter, a number of rows): numbers and dynamics convert, nothing else.
pub(in crate::bind) fn assign(expr: Expr, to: Type, what: &str) -> Result<Expr, Diagnostic> {
    if cost_to(expr.ty, to).is_some() || (expr.ty.is_numeric() && to.is_numeric()) {
        return convert(expr, to);
    }
    let message = format!("{what} takes a value of type `{to}`, not `{}`", expr.ty);
    let help = format!("convert it with `{}()`", conversion_to(to));
    Err(Diagnostic::error(Code::WrongType, expr.span, message).with_help(help))
}

/// Both operands of a comparison as one type.
pub(in crate::bind) fn comparable(left: Expr, right: Expr, span: Span) -> Result<(Expr, Expr), Diagnostic> {
    use Type as T;
    match (left.ty, right.ty) {
        (T::Dynamic, T::Dynamic) => Err(not_comparable(left.ty, right.ty, span)),
        (a, b) if a == b => Ok((left, right)),
        (a, b) if a.is_numeric() && b.is_numeric() => {
            let ty = widest(a, b);
            Ok((convert(left, ty)?, convert(right, ty)?))
        }
        (T::Dynamic, _) => {
            let ty = dynamic_beside(&right);
            Ok((convert(left, ty)?, convert(right, ty)?))
        }
        (_, T::Dynamic) => {
            let ty = dynamic_beside(&left);
            Ok((convert(left, ty)?, convert(right, ty)?))
        }
        (T::Bool, b) if b.is_numeric() => {
            Ok((convert(convert(left, T::Long)?, widest(b, T::Long))?, convert(right, widest(b, T::Long))?))
        }
        (a, T::Bool) if a.is_numeric() => {
            Ok((convert(left, widest(a, T::Long))?, convert(convert(right, T::Long)?, widest(a, T::Long))?))
        }
        (_, T::String) if reads_as(&right, left.ty) => {
            let ty = left.ty;
            Ok((left, convert(right, ty)?))
        }
        (T::String, _) if reads_as(&left, right.ty) => Ok((convert(left, right.ty)?, right)),
        (T::Guid, T::String) => Ok((convert(left, T::String)?, right)),
        (T::String, T::Guid) => Ok((left, convert(right, T::String)?)),
        (a, b) => Err(not_comparable(a, b, span)),
    }
}

/// A whole constant beside a text that is none becomes its digits: `RegistryValueData == 1` asks for the text `1`. Only
/// where equality is asked: an order of texts is not the order of numbers.
pub(in crate::bind) fn digits_beside(expr: Expr, other: &Expr) -> Expr {
    match expr.as_literal().and_then(Value::as_i64) {
        Some(n) if other.ty == Type::String && other.as_literal().is_none() => {
            Expr::literal(Value::String(n.to_string()), Type::String, expr.span)
        }
        _ => expr,
    }
}

/// A text beside a constant truth value is read as one: `_IsBillable == true`, where the portal keeps a text.
pub(in crate::bind) fn truth_beside(expr: Expr, other: &Expr) -> Result<Expr, Diagnostic> {
    match other.as_literal() {
        Some(Value::Bool(_)) if expr.ty == Type::String => convert(expr, Type::Bool),
        _ => Ok(expr),
    }
}

/// The type that a dynamic takes beside another operand. Beside a small whole constant it is a real, so that `1.5 == 1`
/// is false; beside other whole numbers a long, so that 18-digit ids stay exact.
fn dynamic_beside(other: &Expr) -> Type {
    const EXACT: i64 = 1 << 53;
    match other.ty {
        Type::Int | Type::Long => match other.as_literal().and_then(Value::as_i64) {
            Some(n) if (-EXACT..=EXACT).contains(&n) => Type::Real,
            _ => Type::Long,
        },
        ty => ty,
    }
}

/// True for a constant text that is a value of the type: `EventId == "4624"`. The empty text is its null.
pub(in crate::bind) fn reads_as(text: &Expr, ty: Type) -> bool {
    let constant = text.ty == Type::String && text.as_literal().is_some();
    let empty = text.as_literal().and_then(Value::as_str) == Some("");
    let read = || convert(text.clone(), ty).ok().is_some_and(|e| e.as_literal().is_some_and(|v| empty || !v.is_null()));
    constant && ty != Type::Dynamic && read()
}

pub(in crate::bind) fn not_comparable(left: Type, right: Type, span: Span) -> Diagnostic {
    let message = format!("values of types `{left}` and `{right}` cannot be compared");
    let help = match (left, right) {
        (Type::Dynamic, Type::Dynamic) => "convert one side, for example with `tostring()` or `tolong()`".to_owned(),
        _ => format!("convert one side, for example with `{}()`", conversion_to(left)),
    };
    Diagnostic::error(Code::NotComparable, span, message).with_help(help)
}

/// A call whose arguments fit a signature.
#[derive(Debug)]
pub(in crate::bind) struct Resolved {
    pub(in crate::bind) arguments: Vec<Expr>,
    pub(in crate::bind) ty: Type,
}

/// What it costs to take a dynamic as another type; all other conversions of a call together cost less.
const GUESS: u32 = 1 << 16;

/// Chooses the first signature that the arguments fit, with as few dynamics converted as possible, and converts them.
pub(in crate::bind) fn resolve(
    name: &str,
    signatures: &'static [Signature],
    arguments: Vec<Expr>,
    span: Span,
) -> Result<Resolved, Diagnostic> {
    let fitting = signatures.iter().filter_map(|s| Some((s, layout(s.parameters, arguments.len())?)));
    let fitting: Vec<(&Signature, Vec<&Parameter>)> = fitting.collect();
    if fitting.is_empty() {
        return Err(wrong_count(name, signatures, arguments.len(), span));
    }
    // in the order of the record, but a signature that takes a dynamic as something else comes after those that need not
    let costs = fitting.iter().map(|(s, parameters)| (total_cost(parameters, &arguments), s, parameters));
    let best = costs.filter_map(|(cost, s, p)| Some((cost? / GUESS, s, p))).min_by_key(|(guesses, ..)| *guesses);
    match best {
        Some((_, signature, parameters)) => apply(name, signature, parameters, arguments),
        None => Err(wrong_type(name, &fitting, &arguments, span)),
    }
}

/// The parameter of each argument. Parameters that repeat stand together; fixed ones may come before and behind them.
fn layout(parameters: &'static [Parameter], count: usize) -> Option<Vec<&'static Parameter>> {
    let before = parameters.iter().take_while(|p| !p.repeats).count();
    let block = parameters.iter().skip(before).take_while(|p| p.repeats).count();
    if block == 0 {
        let required = parameters.iter().take_while(|p| !p.optional).count();
        return (required..=parameters.len()).contains(&count).then(|| parameters.iter().take(count).collect());
    }
    let behind = parameters.len() - before - block;
    let repeated = count.checked_sub(before + behind)?;
    let optional = parameters.iter().skip(before).take(block).all(|p| p.optional);
    if repeated % block != 0 || (repeated == 0 && !optional) {
        return None;
    }
    let middle = parameters.iter().skip(before).take(block).cycle().take(repeated);
    Some(parameters.iter().take(before).chain(middle).chain(parameters.iter().skip(before + block)).collect())
}

fn total_cost(parameters: &[&Parameter], arguments: &[Expr]) -> Option<u32> {
    let mut total = 0;
    for (parameter, argument) in parameters.iter().zip(arguments) {
        total += cost(parameter.accepts, argument.ty)?;
    }
    let common = shared_type(parameters, arguments, Accepts::Common);
    let uses_common = parameters.iter().any(|p| p.accepts == Accepts::Common);
    (!uses_common || common.is_some()).then_some(total)
}

/// How far an argument is from what a parameter accepts.
fn cost(accepts: Accepts, ty: Type) -> Option<u32> {
    match accepts {
        Accepts::Type(to) => cost_to(ty, to),
        Accepts::Exactly(to) => cost_to(ty, to).filter(|_| ty == to || ty != Type::Dynamic),
        Accepts::OneOf(types) if types.contains(&ty) => Some(0),
        Accepts::OneOf(types) => types.iter().filter_map(|to| cost_to(ty, *to)).min(),
        Accepts::Any => Some(0),
        Accepts::Common => Some(0),
        Accepts::Number | Accepts::Promoted if ty.is_numeric() => Some(0),
        Accepts::Integer if ty.is_integer() => Some(0),
        Accepts::Number | Accepts::Promoted | Accepts::Integer => (ty == Type::Dynamic).then_some(GUESS),
    }
}

fn cost_to(from: Type, to: Type) -> Option<u32> {
    match (from, to) {
        _ if from == to => Some(0),
        (Type::Int, Type::Long) => Some(1),
        (Type::Int | Type::Long, Type::Real) => Some(2),
        (Type::Int | Type::Long, Type::Decimal) => Some(3),
        (Type::Dynamic, _) => Some(GUESS),
        _ => None,
    }
}

/// What all arguments of parameters of that kind become.
fn shared_type(parameters: &[&Parameter], arguments: &[Expr], kind: Accepts) -> Option<Type> {
    let mut types = parameters.iter().zip(arguments).filter(|(p, _)| p.accepts == kind).map(|(_, a)| a.ty);
    match kind {
        Accepts::Promoted => {
            let mut found: Option<Type> = None;
            let mut dynamic = false;
            for ty in types {
                if ty == Type::Dynamic {
                    dynamic = true;
                } else {
                    found = Some(found.map_or(ty, |f| widest(f, ty)));
                }
            }
            match found {
                Some(Type::Int) if dynamic => Some(Type::Long),
                None if dynamic => Some(Type::Real),
                found => found,
            }
        }
        _ => {
            let first = types.next()?;
            types.try_fold(first, common_type)
        }
    }
}

fn apply(
    name: &str,
    signature: &Signature,
    parameters: &[&Parameter],
    arguments: Vec<Expr>,
) -> Result<Resolved, Diagnostic> {
    let promoted = shared_type(parameters, &arguments, Accepts::Promoted);
    let common = shared_type(parameters, &arguments, Accepts::Common);
    let mut converted = Vec::with_capacity(arguments.len());
    for (parameter, argument) in parameters.iter().zip(arguments) {
        let to = match parameter.accepts {
            Accepts::Type(ty) | Accepts::Exactly(ty) => ty,
            Accepts::OneOf(types) if types.contains(&argument.ty) => argument.ty,
            Accepts::OneOf(types) => nearest_of(types, argument.ty),
            Accepts::Number if argument.ty == Type::Dynamic => Type::Real,
            Accepts::Integer if argument.ty == Type::Dynamic => Type::Long,
            Accepts::Any | Accepts::Number | Accepts::Integer => argument.ty,
            Accepts::Promoted => promoted.unwrap_or(argument.ty),
            Accepts::Common => common.unwrap_or(argument.ty),
        };
        let argument = convert(argument, to)?;
        if parameter.constant && argument.as_literal().is_none() {
            let message = format!("`{name}` takes a constant as its `{}`", parameter.name);
            return Err(Diagnostic::error(Code::NotConstant, argument.span, message));
        }
        converted.push(argument);
    }
    let ty = result_type(signature, &converted, promoted, common);
    Ok(Resolved { arguments: converted, ty })
}

fn nearest_of(types: &[Type], from: Type) -> Type {
    if from == Type::Dynamic {
        return types.first().copied().unwrap_or(from);
    }
    let reachable = types.iter().filter_map(|to| Some((cost_to(from, *to)?, *to)));
    reachable.min_by_key(|(cost, _)| *cost).map_or(from, |(_, to)| to)
}

fn result_type(signature: &Signature, arguments: &[Expr], promoted: Option<Type>, common: Option<Type>) -> Type {
    match signature.returns {
        Returns::Type(ty) => ty,
        Returns::Argument(place) => arguments.get(place).map_or(Type::Dynamic, |a| a.ty),
        Returns::Promoted => promoted.unwrap_or(Type::Long),
        Returns::Common => common.unwrap_or(Type::Dynamic),
        Returns::Custom(rule) => {
            let types: Vec<Type> = arguments.iter().map(|a| a.ty).collect();
            let values: Vec<Option<Value>> = arguments.iter().map(|a| a.as_literal().cloned()).collect();
            rule(&types, &values)
        }
    }
}

fn wrong_count(name: &str, signatures: &[Signature], count: usize, span: Span) -> Diagnostic {
    let bounds = signatures.iter().map(|s| {
        let required = s.parameters.iter().filter(|p| !p.optional).count();
        let most = if s.parameters.iter().any(|p| p.repeats) { usize::MAX } else { s.parameters.len() };
        (required, most)
    });
    let (least, most) = bounds.fold((usize::MAX, 0), |(low, high), (a, b)| (low.min(a), high.max(b)));
    let takes = match (least, most) {
        (a, usize::MAX) => format!("{a} or more arguments"),
        (1, 1) => "1 argument".to_owned(),
        (a, b) if a >= b => format!("{b} arguments"),
        (a, b) => format!("{a} to {b} arguments"),
    };
    Diagnostic::error(Code::WrongArgumentCount, span, format!("`{name}` takes {takes}, not {count}"))
}

fn wrong_type(name: &str, fitting: &[(&Signature, Vec<&Parameter>)], arguments: &[Expr], span: Span) -> Diagnostic {
    let types: Vec<&str> = arguments.iter().map(|a| a.ty.name()).collect();
    let misfit = match fitting {
        [(_, parameters)] => parameters.iter().zip(arguments).find(|(p, a)| cost(p.accepts, a.ty).is_none()),
        _ => None,
    };
    match misfit {
        Some((parameter, argument)) => {
            let message = format!(
                "`{name}` takes {} as its `{}`, not `{}`",
                wanted(parameter.accepts),
                parameter.name,
                argument.ty
            );
            Diagnostic::error(Code::WrongType, argument.span, message)
        }
        None => {
            let message = format!("`{name}` does not take values of types `{}`", types.join("`, `"));
            Diagnostic::error(Code::WrongType, span, message)
        }
    }
}

fn wanted(accepts: Accepts) -> String {
    match accepts {
        Accepts::Type(ty) | Accepts::Exactly(ty) => format!("`{ty}`"),
        Accepts::OneOf(types) => types.iter().map(|t| format!("`{t}`")).collect::<Vec<_>>().join(" or "),
        Accepts::Any | Accepts::Common => "any value".to_owned(),
        Accepts::Number | Accepts::Promoted => "a number".to_owned(),
        Accepts::Integer => "a whole number".to_owned(),
    }
}

/// True when the expression is a plain column.
pub(in crate::bind) fn is_column(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Column(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn long(n: i64) -> Expr {
        Expr::literal(Value::Long(n), Type::Long, Span::default())
    }

    fn text(s: &str) -> Expr {
        Expr::literal(Value::String(s.into()), Type::String, Span::default())
    }

    #[test]
    fn numbers_widen_and_texts_do_not() {
        static SIGNATURES: &[Signature] = &[Signature::new(
            &[Parameter::new("a", Accepts::Promoted), Parameter::new("b", Accepts::Promoted).optional()],
            Returns::Promoted,
        )];
        let real = Expr::literal(Value::Real(1.5), Type::Real, Span::default());
        let resolved = resolve("f", SIGNATURES, vec![long(1), real], Span::default()).unwrap();
        assert_eq!(resolved.ty, Type::Real);
        assert_eq!(resolved.arguments[0].as_literal(), Some(&Value::Real(1.0)));
        let error = resolve("f", SIGNATURES, vec![text("x")], Span::default()).unwrap_err();
        assert_eq!(error.code, Code::WrongType);
        let error = resolve("f", SIGNATURES, vec![], Span::default()).unwrap_err();
        assert_eq!(
            (error.code, error.message.as_str()),
            (Code::WrongArgumentCount, "`f` takes 1 to 2 arguments, not 0")
        );
    }

    #[test]
    fn pairs_repeat_before_a_last_one() {
        static CASE: &[Parameter] = &[
            Parameter::new("predicate", Accepts::Type(Type::Bool)).repeats(),
            Parameter::new("then", Accepts::Common).repeats(),
            Parameter::new("else", Accepts::Common),
        ];
        let names = |n| layout(CASE, n).map(|l| l.iter().map(|p| p.name).collect::<Vec<_>>());
        assert_eq!(names(5).unwrap(), ["predicate", "then", "predicate", "then", "else"]);
        assert_eq!(names(4), None);
    }

    #[test]
    fn dynamics_compare_with_anything_but_dynamics_and_texts_with_what_they_read_as() {
        let dynamic = || Expr::column("d", Type::Dynamic, Span::default());
        assert!(comparable(dynamic(), dynamic(), Span::default()).is_err());
        assert!(comparable(text("soon"), Expr::column("t", Type::Datetime, Span::default()), Span::default()).is_err());
        let port = || Expr::column("p", Type::Int, Span::default());
        assert!(comparable(port(), text("443"), Span::default()).is_ok());
        assert!(comparable(port(), text("https"), Span::default()).is_err());
    }
}
