//! What a function takes and gives, as data: the binder chooses and converts by these.

use crate::value::{Type, Value};

/// One way to call a function.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// Parameters in order.
    pub parameters: &'static [Parameter],
    /// Type of the result.
    pub returns: Returns,
}

/// A parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its documented name, which named arguments use too.
    pub name: &'static str,
    /// What it takes.
    pub accepts: Accepts,
    /// May be left out; only at the end. The kernel then sees a shorter slice.
    pub optional: bool,
    /// May be given again and again; only the last parameter (or the last ones, together). What follows them takes the last
    /// arguments (only `case` has that).
    pub repeats: bool,
    /// Must be a constant.
    pub constant: bool,
}

/// What a parameter takes, and what its argument is converted to before the kernel sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Accepts {
    /// This type. An `int` converts to `long`, a whole number to `real` and `decimal`; a `dynamic` to anything.
    Type(Type),
    /// This type and no other, but that an `int` still converts to `long`, and a whole number to `real` and `decimal`. Never
    /// a `dynamic`: operators do not guess what one holds.
    Exactly(Type),
    /// One of these types, unchanged (a `dynamic` converts to the first when it is not listed).
    OneOf(&'static [Type]),
    /// Any type, unchanged.
    Any,
    /// Any number, unchanged.
    Number,
    /// `int` or `long`, unchanged.
    Integer,
    /// Any number; all arguments of such parameters become the widest type among them (`int < long < real < decimal`).
    Promoted,
    /// Any type; all arguments of such parameters become their common type (`iff`, `coalesce`, comparisons).
    Common,
}

/// Type of a result.
#[derive(Clone, Copy, Debug)]
pub enum Returns {
    /// Always this.
    Type(Type),
    /// That of the argument (after conversion).
    Argument(usize),
    /// What [`Accepts::Promoted`] arguments became.
    Promoted,
    /// What [`Accepts::Common`] arguments became.
    Common,
    /// Computed from the argument types and, where they are constant, values.
    Custom(fn(&[Type], &[Option<Value>]) -> Type),
}

/// How an unnamed result column is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultName {
    /// `Column1`, `print_0`
    None,
    /// The name of the first argument, if it is a column or path (`bin(Timestamp, 1h)` gives `Timestamp`).
    FirstArgument,
    /// The prefix and the first argument's name (`sum_Bytes`); the bare prefix with its underscore where there is none
    /// (`count_`).
    Prefix(&'static str),
    /// The prefix and the names of the first two arguments (`covariance_x_y`).
    PrefixBoth(&'static str),
}

impl Signature {
    /// A signature.
    pub const fn new(parameters: &'static [Parameter], returns: Returns) -> Self {
        Signature { parameters, returns }
    }
}

impl Parameter {
    /// A required parameter.
    pub const fn new(name: &'static str, accepts: Accepts) -> Self {
        Parameter { name, accepts, optional: false, repeats: false, constant: false }
    }

    /// May be left out.
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    /// May be given again.
    pub const fn repeats(mut self) -> Self {
        self.repeats = true;
        self
    }

    /// Must be constant.
    pub const fn constant(mut self) -> Self {
        self.constant = true;
        self
    }
}
