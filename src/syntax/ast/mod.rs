//! The tree of a query as it was written: names are text, nothing is resolved, every piece has its span.
//!
//! KQL does not tell a scalar from a tabular expression by its syntax (`let x = y;`, `f(T)`, `in (T)`), so there is one
//! [`Expr`]; a pipeline is one of its kinds.

mod literal;
mod operator;

pub use literal::{Literal, LiteralKind};
pub use operator::*;

use crate::diagnostic::Span;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One query: its statements up to the end of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// Statements in order; the last tabular one is the answer.
    pub statements: Vec<Statement>,
    /// From the first statement to the last.
    pub span: Span,
    /// Every name that the text holds, strings that could be names included. A table has columns that are shown only when
    /// they are named.
    pub names: BTreeSet<Arc<str>>,
}

/// A statement, ended by `;` or the end.
#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    /// `let name = ...`
    Let(Let),
    /// `set name = value` or `set name`
    Set {
        /// Keyword.
        keyword: Span,
        /// Option.
        name: Name,
        /// Value.
        value: Option<Expr>,
    },
    /// `declare query_parameters(name:type = default, ...)`
    DeclareQueryParameters {
        /// Both keywords.
        keyword: Span,
        /// The parameters.
        parameters: Vec<Parameter>,
    },
    /// `declare pattern ...`, kept as text.
    DeclarePattern {
        /// Both keywords.
        keyword: Span,
        /// The pattern's name.
        name: Name,
        /// What is after the name, with one blank between tokens.
        text: String,
    },
    /// `alias database name = ...`
    AliasDatabase {
        /// Both keywords.
        keyword: Span,
        /// The alias.
        name: Name,
        /// What it stands for.
        value: Expr,
    },
    /// `restrict access to (...)`
    RestrictAccess {
        /// The keywords.
        keyword: Span,
        /// What may be used.
        items: Vec<Expr>,
    },
    /// A tabular expression (or a lone scalar one, which the binder refuses).
    Expression(Expr),
}

/// `let name = value`
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// The `let`.
    pub keyword: Span,
    /// What is declared.
    pub name: Name,
    /// A scalar, a table, or a function.
    pub value: LetValue,
}

/// What a `let` binds a name to.
#[derive(Clone, Debug, PartialEq)]
pub enum LetValue {
    /// A scalar or tabular expression.
    Expression(Expr),
    /// `(a:long, T:(*)) { body }`, or `view () { ... }`
    Function(Box<FunctionLiteral>),
}

/// A function declared in the query.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionLiteral {
    /// The `view`, if written.
    pub view: Option<Span>,
    /// Parameters.
    pub parameters: Vec<Parameter>,
    /// `let`, `set` ... inside the body.
    pub statements: Vec<Statement>,
    /// What it returns; a body may be empty only in error recovery.
    pub body: Option<Expr>,
    /// From the opening parenthesis (or `view`) to the closing brace.
    pub span: Span,
}

/// A parameter of a function or query.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: ParameterType,
    /// Its default (a literal).
    pub default: Option<Expr>,
}

/// The declared type of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum ParameterType {
    /// A scalar type name.
    Scalar(TypeName),
    /// `(a:long, b:string)`, or `(*)` when `open`.
    Tabular {
        /// Declared columns.
        columns: Vec<ColumnDeclaration>,
        /// `*` was written.
        open: bool,
        /// With its parentheses.
        span: Span,
    },
}

/// A type name as written (`string`, `int64`, `date`, ...).
#[derive(Clone, Debug, PartialEq)]
pub struct TypeName {
    /// The type; the parser refuses unknown names.
    pub ty: crate::value::Type,
    /// Where.
    pub span: Span,
}

/// `name:type`
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnDeclaration {
    /// Name.
    pub name: Name,
    /// Type.
    pub ty: TypeName,
}

/// A name: bare, or bracketed as `['x y']`. Wildcards (`a*`) are names with `*` in them where an operator takes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The name without brackets and quotes.
    pub text: Arc<str>,
    /// As written, with brackets.
    pub span: Span,
    /// True for `['...']`: it is never a keyword or a wildcard.
    pub quoted: bool,
}

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A literal.
    Literal(Literal),
    /// A column, a `let`, a table, a parameter.
    Name(Name),
    /// `*` as an argument, or alone in `* has "x"`.
    Star,
    /// `name(arguments)`
    Call(Call),
    /// `base.member`, where the member is a name or a call (`cluster("a").database("b").T`).
    Member {
        /// Left of the dot.
        base: Box<Expr>,
        /// [`ExprKind::Name`] or [`ExprKind::Call`].
        member: Box<Expr>,
    },
    /// `base[index]`
    Index {
        /// Left of the bracket.
        base: Box<Expr>,
        /// Between the brackets.
        index: Box<Expr>,
    },
    /// `-x`, `+x`; a sign right before a number or timespan belongs to the literal.
    Unary {
        /// The sign: `-` when true.
        negative: bool,
        /// The operand.
        operand: Box<Expr>,
    },
    /// `left op right`. A long chain of `and` (or `or`) comes as a balanced tree: both are associative, and a list of
    /// thousands of terms must not be a tree of thousands of levels.
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Where the operator stands.
        op_span: Span,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `value between (low .. high)`
    Between {
        /// `!between`
        negated: bool,
        /// Where the operator stands.
        op_span: Span,
        /// What is tested.
        value: Box<Expr>,
        /// Lower bound, included.
        low: Box<Expr>,
        /// Upper bound, included.
        high: Box<Expr>,
    },
    /// `value in (a, b)`, `has_any`, `has_all`. A single item may be a table.
    List {
        /// The operator.
        op: ListOp,
        /// Where the operator stands.
        op_span: Span,
        /// What is tested.
        value: Box<Expr>,
        /// Between the parentheses. `x has_any dynamic([...])` without parentheses has one item.
        items: Vec<Expr>,
    },
    /// `name = value`, or `(a, b) = value`, where an operator or call takes it.
    Named {
        /// One name, or several in parentheses.
        names: Vec<Name>,
        /// The value.
        value: Box<Expr>,
    },
    /// `(inner)`
    Parenthesized(Box<Expr>),
    /// A source and its operators. A name or call alone is no pipeline, it stays itself.
    Pipeline(Box<Pipeline>),
    /// `typeof(type)`
    Typeof(TypeName),
    /// `[a, b]` or `{...}` outside of `dynamic()` where the grammar takes JSON (a `scan`, `evaluate` schema ...).
    Schema(Vec<ColumnDeclaration>),
    /// `entity_group [cluster("a").database("b"), ...]`
    EntityGroup(Vec<Expr>),
    /// A piece that could not be read; a diagnostic says why.
    Missing,
}

/// `name(arguments)`. A pipeline is an argument of `toscalar`, `totable` and `materialize`; their
/// `kind=nooptimization` is a first argument [`ExprKind::Named`].
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function.
    pub name: Name,
    /// Arguments; named ones are [`ExprKind::Named`].
    pub arguments: Vec<Expr>,
    /// Both parentheses and what is between.
    pub arguments_span: Span,
}

/// A source and the operators it is piped through.
#[derive(Clone, Debug, PartialEq)]
pub struct Pipeline {
    /// Where the rows come from.
    pub source: Source,
    /// The operators, in order.
    pub operators: Vec<Operator>,
}

/// The head of a pipeline.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a pipeline is boxed as a whole")]
pub enum Source {
    /// A name, a call, a parenthesized pipeline.
    Expr(Expr),
    /// An operator that needs no input: `print`, `range`, `datatable`, `externaldata`, `union`, `find`, `search`,
    /// `evaluate`, ... A `datatable` or `externaldata` is such a pipeline wherever an expression may stand.
    Operator(Operator),
}

/// Operators between two scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`, `<>`
    NotEqual,
    /// `=~`
    EqualTilde,
    /// `!~`
    NotEqualTilde,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `matches regex`
    MatchesRegex,
    /// `:` of `search`
    SearchTerm,
    /// `has` and its family
    Text(TextOp),
}

/// String operators: a relation, case sensitivity, and negation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TextOp {
    /// What is tested.
    pub relation: TextRelation,
    /// `_cs` forms (and `containscs`).
    pub case_sensitive: bool,
    /// `!` forms (and `notcontains`, `nothas` ...).
    pub negated: bool,
}

/// The relations of the string operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextRelation {
    /// `has`
    Has,
    /// `hasprefix`
    HasPrefix,
    /// `hassuffix`
    HasSuffix,
    /// `contains`
    Contains,
    /// `startswith`
    StartsWith,
    /// `endswith`
    EndsWith,
    /// `like`, `notlike` (old, undocumented)
    Like,
}

/// Operators against a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ListOp {
    /// `in`, `!in`, `in~`, `!in~`
    In {
        /// `in`, not `in~`
        case_sensitive: bool,
        /// `!in`
        negated: bool,
    },
    /// `has_any`
    HasAny,
    /// `has_all`
    HasAll,
}
