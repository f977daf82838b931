//! `sample`: some rows by chance.

use crate::library::compare::{Key, key};
use crate::library::table::{Columns, TableCall, TableFunction, TableParameter, Takes, rolling};
use crate::value::{Batch, Schema, Type};
use rand::seq::SliceRandom;
use std::collections::HashMap;

/// `sample n`: any rows, each as likely as another, of each partition where there are partitions.
pub static SAMPLE: TableFunction = TableFunction::new(
    "sample",
    &[
        TableParameter::new("NumberOfRows", Takes::Constant(&[Type::Long])),
        TableParameter::new("partition", Takes::Column(&[])).repeats(),
    ],
    Columns::Bound(|call| Ok(rolling::own_schema(call))),
    sample,
    "Some rows by chance.",
)
.remarks("Other rows each time, all of them equally likely; they keep their order.");

fn sample(call: &TableCall, schema: &Schema) -> Result<Batch, String> {
    let most = rolling::count(call, "NumberOfRows")?.unwrap_or(0);
    let keys = call.columns("partition");
    let mut partitions: HashMap<Vec<Key>, Vec<usize>> = HashMap::new();
    for row in 0..call.rows() {
        partitions.entry(keys.iter().map(|c| key(&c.values.value(row))).collect()).or_default().push(row);
    }
    let mut chosen: Vec<usize> = vec![];
    let mut random = rand::rng();
    for mut rows in partitions.into_values() {
        let (some, _) = rows.partial_shuffle(&mut random, most);
        chosen.extend(some.iter());
    }
    chosen.sort_unstable();
    Ok(Batch::from_rows(schema, chosen.into_iter().map(|row| rolling::own_row(call, row))))
}
