//! Keys that rows must have: those of the other side of a join.
//!
//! In: the keys of one side, as a frame; the rows of a row group. Out: the rows whose keys are among them. Texts are looked
//! up once for each value of a dictionary.

use super::reader::OpenFile;
use super::rows::{Sieve, narrowed};
use crate::mirror::terms::Probe;
use crate::value::Type;
use ::polars::prelude::{Column, DataFrame, DataType, PlHashMap, PlHashSet, PolarsResult};
use polars_arrow::bitmap::Bitmap;
use std::sync::Arc;

/// So many keys fit into one number.
pub(in crate::backend::polars) const MOST: usize = 4;

/// The most texts that are asked of the term filters.
const ASKED: usize = 5_000;

/// The number of a value that no key has.
const UNKNOWN: u32 = u32::MAX;

/// Tuples of values; a row passes when its columns hold one of them.
pub(in crate::backend::polars) struct Keys {
    names: Vec<Arc<str>>,
    tuples: Arc<Tuples>,
}

/// Tuples of values.
struct Tuples {
    columns: Vec<Numbers>,
    /// The numbers of each tuple's values, 32 bits each.
    known: PlHashSet<u128>,
}

/// The values of a column of keys, numbered.
enum Numbers {
    Texts(PlHashMap<String, u32>),
    /// Whole numbers; a null is a value as any other, as it is to a join.
    Whole(PlHashMap<Option<i64>, u32>),
}

/// Whether keys of a type are known here.
pub(in crate::backend::polars) const fn knows(ty: Type) -> bool {
    matches!(ty, Type::String | Type::Int | Type::Long)
}

impl Keys {
    /// The tuples of a frame that has a column for each of these names, in their order; each is of a type that is known here.
    pub(in crate::backend::polars) fn new(names: Vec<Arc<str>>, frame: &DataFrame) -> PolarsResult<Keys> {
        let mut packed = vec![0_u128; frame.height()];
        let mut columns = Vec::with_capacity(names.len());
        for column in frame.columns() {
            let (numbers, of_rows) = numbered(column)?;
            pack(&mut packed, of_rows.into_iter());
            columns.push(numbers);
        }
        Ok(Keys { names, tuples: Arc::new(Tuples { columns, known: packed.into_iter().collect() }) })
    }

    /// The same tuples, for columns of these names.
    pub(in crate::backend::polars) fn of(&self, names: Vec<Arc<str>>) -> Keys {
        Keys { names, tuples: self.tuples.clone() }
    }

    /// Whether no row can pass.
    pub(super) fn is_empty(&self) -> bool {
        self.tuples.known.is_empty()
    }

    /// The columns, with the values that the tuples have in them.
    fn columns(&self) -> impl Iterator<Item = (&Arc<str>, &Numbers)> {
        self.names.iter().zip(&self.tuples.columns)
    }

    /// What a block must hold in a column for one of its rows to pass.
    pub(super) fn probes(&self) -> Vec<(Arc<str>, Probe)> {
        let probe = |(name, numbers): (&Arc<str>, &Numbers)| match numbers {
            Numbers::Texts(texts) if texts.len() <= ASKED => {
                Some((name.clone(), Probe::one_of(texts.keys().map(String::as_str))))
            }
            _ => None,
        };
        self.columns().filter_map(probe).filter(|(_, probe)| *probe != Probe::Always).collect()
    }
}

/// The distinct values of a column, and the number of each row's.
fn numbered(column: &Column) -> PolarsResult<(Numbers, Vec<u32>)> {
    if column.dtype() == &DataType::String {
        let mut texts: PlHashMap<String, u32> = PlHashMap::default();
        let mut number = |text: Option<&str>| {
            let (text, next) = (text.unwrap_or_default(), texts.len() as u32);
            match texts.get(text) {
                Some(number) => *number,
                None => *texts.entry(text.to_owned()).or_insert(next),
            }
        };
        let of_rows = column.str()?.iter().map(&mut number).collect();
        return Ok((Numbers::Texts(texts), of_rows));
    }
    let mut whole: PlHashMap<Option<i64>, u32> = PlHashMap::default();
    let column = column.cast(&DataType::Int64)?;
    let mut number = |value: Option<i64>| {
        let next = whole.len() as u32;
        *whole.entry(value).or_insert(next)
    };
    let of_rows = column.i64()?.iter().map(&mut number).collect();
    Ok((Numbers::Whole(whole), of_rows))
}

/// Puts one more number behind each tuple.
fn pack(packed: &mut [u128], numbers: impl Iterator<Item = u32>) {
    for (packed, number) in packed.iter_mut().zip(numbers) {
        *packed = *packed << 32 | u128::from(number);
    }
}

impl Sieve<'_> {
    /// The rows of a row group, or of those of a mask, that have one of the keys.
    pub(super) fn ask_keys(
        &self,
        file: &OpenFile,
        group: usize,
        keys: &Keys,
        mask: Option<Bitmap>,
    ) -> PolarsResult<Bitmap> {
        let rows = mask.as_ref().map_or_else(|| file.rows(group), Bitmap::set_bits);
        let mut packed = vec![0_u128; rows];
        for (name, numbers) in keys.columns() {
            let stored = self.stored.name(name);
            let mut may_pass = true;
            match numbers {
                Numbers::Texts(texts) => {
                    let coded = file.codes(group, stored, mask.as_ref())?;
                    let number = |text: &str| texts.get(text).copied().unwrap_or(UNKNOWN);
                    let of_values: Vec<u32> = coded.values.values_iter().map(number).collect();
                    let of_rows = coded.codes.iter().map(|code| of_values.get(*code as usize).copied());
                    pack(&mut packed, of_rows.map(|number| number.unwrap_or(UNKNOWN)));
                    may_pass = of_values.iter().any(|number| *number != UNKNOWN);
                }
                Numbers::Whole(whole) => {
                    let values = file.column(group, stored, mask.as_ref(), &DataType::Int64)?.cast(&DataType::Int64)?;
                    let number = |value: Option<i64>| whole.get(&value).copied().unwrap_or(UNKNOWN);
                    pack(&mut packed, values.i64()?.iter().map(number));
                }
            }
            if !may_pass {
                return Ok(Bitmap::new_zeroed(file.rows(group)));
            }
        }
        let passing = packed.iter().map(|tuple| keys.tuples.known.contains(tuple));
        Ok(match mask {
            Some(mask) => narrowed(&mask, passing),
            None => passing.collect(),
        })
    }
}
