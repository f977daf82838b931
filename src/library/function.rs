//! The record of a function.

use super::{ResultName, Returns, Signature};
use crate::value::{Type, Value};

/// A function on single values. Arguments have the types that the signature says (or are `Null`); the result has the type
/// that it returns, or is `Null` (`String("")` for strings).
pub type Kernel = fn(&[Value]) -> Value;

/// An aggregation over a group: one slice of values for each argument, all of one length (constant arguments are repeated;
/// an aggregate without arguments gets one column of nulls, for its length). Yields one value, or one for each result
/// column.
pub type AggregateKernel = fn(&[Vec<Value>]) -> Vec<Value>;

/// Looks at the arguments that are constant (`None` for the others) before anything runs; says what is wrong with them, as
/// the text of a diagnostic.
pub type Check = fn(&[Option<Value>]) -> Result<(), String>;

/// What a kernel may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nulls {
    /// Any null argument gives a null (or `""`) without asking the kernel.
    Propagate,
    /// The kernel handles nulls itself.
    Kernel,
}

/// Whether a call may be computed once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volatility {
    /// The same arguments give the same answer.
    Stable,
    /// Every row may get another answer (`rand`, `new_guid`): never folded, never shared.
    Volatile,
}

/// An example: an expression and the expression that it equals. Both run as tests and stand in the reference.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// A call.
    pub expression: &'static str,
    /// What it gives, as KQL.
    pub result: &'static str,
}

/// A column that a function with several results gives.
#[derive(Clone, Copy, Debug)]
pub struct ResultColumn {
    /// What follows the names of the function and of its first argument: `series_stats_x_min`.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
}

impl ResultColumn {
    /// A result.
    pub const fn new(name: &'static str, ty: Type) -> Self {
        ResultColumn { name, ty }
    }
}

/// A scalar function or operator.
#[derive(Debug)]
pub struct Function {
    /// Name, as Kusto spells it; operators go by their symbol.
    pub name: &'static str,
    /// Other spellings that mean the same.
    pub aliases: &'static [&'static str],
    /// Ways to call it, tried in order.
    pub signatures: &'static [Signature],
    /// The columns of a function that gives several; the kernel then gives an array with an element for each. Empty for
    /// most functions, which give one value.
    pub results: &'static [ResultColumn],
    /// How an unnamed result is called.
    pub result_name: ResultName,
    /// One line.
    pub summary: &'static str,
    /// Remarks on nulls, case, limits.
    pub remarks: &'static str,
    /// Examples, run as tests.
    pub examples: &'static [Example],
    /// What it does to single values.
    pub kernel: Kernel,
    /// Who looks at nulls.
    pub nulls: Nulls,
    /// Whether it may be folded.
    pub volatility: Volatility,
    /// What the engine refuses although the types fit: a broken regex, an unknown part of a date.
    pub check: Option<Check>,
    /// A translation that backends have of their own; the kernel is its oracle.
    pub native: Option<Native>,
}

impl Function {
    /// A stable function whose nulls propagate.
    pub const fn new(
        name: &'static str,
        signatures: &'static [Signature],
        kernel: Kernel,
        summary: &'static str,
    ) -> Self {
        Function {
            name,
            aliases: &[],
            signatures,
            results: &[],
            result_name: ResultName::None,
            summary,
            remarks: "",
            examples: &[],
            kernel,
            nulls: Nulls::Propagate,
            volatility: Volatility::Stable,
            check: None,
            native: None,
        }
    }

    /// Other spellings.
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// How an unnamed result is called.
    pub const fn result_name(mut self, rule: ResultName) -> Self {
        self.result_name = rule;
        self
    }

    /// Gives several columns; the kernel an array with an element for each.
    pub const fn results(mut self, results: &'static [ResultColumn]) -> Self {
        self.results = results;
        self
    }

    /// Remarks.
    pub const fn remarks(mut self, remarks: &'static str) -> Self {
        self.remarks = remarks;
        self
    }

    /// Examples.
    pub const fn examples(mut self, examples: &'static [Example]) -> Self {
        self.examples = examples;
        self
    }

    /// The kernel handles nulls itself.
    pub const fn sees_nulls(mut self) -> Self {
        self.nulls = Nulls::Kernel;
        self
    }

    /// Every row may get another answer.
    pub const fn volatile(mut self) -> Self {
        self.volatility = Volatility::Volatile;
        self
    }

    /// Some constants are refused.
    pub const fn check(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    /// Backends have a translation of their own.
    pub const fn native(mut self, native: Native) -> Self {
        self.native = Some(native);
        self
    }

    /// Runs the kernel as the record says: nulls propagate unless it sees them.
    pub fn evaluate(&self, arguments: &[Value]) -> Value {
        if self.nulls == Nulls::Propagate && arguments.iter().any(Value::is_null) {
            return self.missing();
        }
        (self.kernel)(arguments)
    }

    /// What stands for no result: `""` where every signature gives a string.
    fn missing(&self) -> Value {
        let text = |signature: &Signature| matches!(signature.returns, Returns::Type(Type::String));
        if self.signatures.iter().all(text) { Value::missing(Type::String) } else { Value::Null }
    }
}

/// Example from a pair.
impl Example {
    /// An example.
    pub const fn new(expression: &'static str, result: &'static str) -> Self {
        Example { expression, result }
    }
}

/// Functions that backends translate to operations of their own engine. A backend matches on this exhaustively: a
/// forgotten one does not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as the functions are")]
pub enum Native {
    // operators
    And,
    Or,
    Not,
    Equal,
    NotEqual,
    EqualTilde,
    NotEqualTilde,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Between,
    NotBetween,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Negate,
    // text; the kernel's name tells the relation
    Has,
    HasCs,
    HasPrefix,
    HasPrefixCs,
    HasSuffix,
    HasSuffixCs,
    Contains,
    ContainsCs,
    StartsWith,
    StartsWithCs,
    EndsWith,
    EndsWithCs,
    NotHas,
    NotHasCs,
    NotHasPrefix,
    NotHasPrefixCs,
    NotHasSuffix,
    NotHasSuffixCs,
    NotContains,
    NotContainsCs,
    NotStartsWith,
    NotStartsWithCs,
    NotEndsWith,
    NotEndsWithCs,
    MatchesRegex,
    In,
    NotIn,
    InTilde,
    NotInTilde,
    HasAny,
    HasAll,
    // functions
    Iff,
    Case,
    Coalesce,
    IsNull,
    IsNotNull,
    IsEmpty,
    IsNotEmpty,
    Bin,
    BinAt,
    StartOfDay,
    ToLower,
    ToUpper,
    Strlen,
    Strcat,
    ToString,
    ToLong,
    ToInt,
    ToReal,
    ToDatetime,
    ParseJson,
}

/// An aggregation function.
#[derive(Debug)]
pub struct AggregateFunction {
    /// Name, as Kusto spells it.
    pub name: &'static str,
    /// Other spellings that mean the same.
    pub aliases: &'static [&'static str],
    /// Ways to call it.
    pub signatures: &'static [Signature],
    /// How an unnamed result is called.
    pub result_name: ResultName,
    /// One line.
    pub summary: &'static str,
    /// Remarks.
    pub remarks: &'static str,
    /// Queries over a small table of their own, and the queries that give the same rows. Both run as tests.
    pub examples: &'static [Example],
    /// What it does to a group.
    pub kernel: AggregateKernel,
    /// A translation that backends have of their own.
    pub native: Option<NativeAggregate>,
}

impl AggregateFunction {
    /// An aggregation function whose result is named by a prefix.
    pub const fn new(
        name: &'static str,
        signatures: &'static [Signature],
        result_name: ResultName,
        kernel: AggregateKernel,
        summary: &'static str,
    ) -> Self {
        AggregateFunction {
            name,
            aliases: &[],
            signatures,
            result_name,
            summary,
            remarks: "",
            examples: &[],
            kernel,
            native: None,
        }
    }

    /// Other spellings.
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Remarks.
    pub const fn remarks(mut self, remarks: &'static str) -> Self {
        self.remarks = remarks;
        self
    }

    /// Examples.
    pub const fn examples(mut self, examples: &'static [Example]) -> Self {
        self.examples = examples;
        self
    }

    /// Backends have a translation of their own.
    pub const fn native(mut self, native: NativeAggregate) -> Self {
        self.native = Some(native);
        self
    }
}

/// Aggregations that backends translate themselves. `...If` forms take the predicate as their last argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named as the functions are")]
pub enum NativeAggregate {
    Count,
    CountIf,
    Sum,
    SumIf,
    Avg,
    AvgIf,
    Min,
    MinIf,
    Max,
    MaxIf,
    Dcount,
    DcountIf,
    CountDistinct,
    CountDistinctIf,
    MakeList,
    MakeListIf,
    MakeSet,
    MakeSetIf,
    ArgMax,
    ArgMin,
    TakeAny,
    TakeAnyIf,
    Percentile,
    Percentiles,
    Stdev,
    Variance,
}
