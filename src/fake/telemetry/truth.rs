//! What is really there, told to tests beside the services.
//!
//! In: the fake, with its clock and its settings. Out: rows of each table as JSON: arrived, as a query counts them, of
//! all time.

use super::Arrivals;
use crate::fake::Fake;
use crate::fake::hunting::{Hunt, Hunting};
use crate::value::datetime;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// `{"now","settings","tables":{"DeviceEvents":{"visible","stored","ever"}}}`: distinct rows that have arrived, rows that a
/// query counts now, and distinct rows of all time. Runs queries: it takes as long as they do.
pub(in crate::fake) fn truth(fake: &Fake) -> Result<Json, String> {
    let Some(engine) = fake.options.hunt.clone() else { return Ok(json!({"tables": {}})) };
    let (now, telemetry) = {
        let state = fake.lock();
        (state.core.clock.now(), state.telemetry.clone())
    };
    let stored = telemetry.arrivals();
    let distinct = Arrivals { twice: 0, ..stored };
    let mut tables = Map::new();
    for table in engine.tables() {
        let count = |arrivals| count(&engine, &table, now, arrivals);
        let told = json!({"visible": count(distinct)?, "stored": count(stored)?, "ever": count(Arrivals::default())?});
        tables.insert(table.clone(), told);
    }
    Ok(json!({"now": datetime::format(now), "settings": telemetry.json(), "tables": tables}))
}

fn count(engine: &Arc<dyn Hunt>, table: &str, now: i64, arrivals: Arrivals) -> Result<u64, String> {
    let query = format!("['{table}'] | count");
    let hunting = Hunting { query: &query, now, within: (None, None), arrivals, live: &[] };
    let answer = engine.run(&hunting).map_err(|e| format!("`{table}` cannot be counted: {e:?}"))?;
    let cell = answer.rows.first().and_then(|row| row.first());
    cell.and_then(Json::as_u64).ok_or_else(|| format!("`{table}` has no count"))
}
