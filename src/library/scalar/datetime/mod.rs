//! Functions on datetimes and timespans.

pub(super) mod bins;
pub(super) mod calendar;
pub(super) mod format;
pub(super) mod make;
pub(super) mod parts;
pub(super) mod zone;

use crate::library::{Accepts, Parameter};
use crate::value::Type;

/// The datetime that a function asks about.
const DATE: Parameter = Parameter::new("date", Accepts::Type(Type::Datetime));
/// How many units later or earlier.
const OFFSET: Parameter = Parameter::new("offset", Accepts::Type(Type::Long)).optional();
