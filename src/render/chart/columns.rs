//! Which column is x, which are measures, and which one splits them into series.
//!
//! As Kusto's clients choose: the first datetime is x, else the first column that fits; every further number is a measure;
//! the first text splits. `xcolumn`, `ycolumns` and `series` overrule.

use super::kind::{Kind, Request};
use super::property::Properties;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::value::{Schema, Type};

/// Places of columns in the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// `None`: rows are numbered (there is nothing to measure against).
    pub x: Option<usize>,
    pub measures: Vec<usize>,
    pub series: Vec<usize>,
}

/// Chooses the columns of a chart.
///
/// # Errors
/// When a named column does not exist or a role stays empty.
pub fn choose(schema: &Schema, request: Request, properties: &Properties<'_>) -> Result<Choice, Diagnostic> {
    let named = |property: &str| -> Result<Vec<usize>, Diagnostic> {
        properties.columns(property).iter().map(|name| find(schema, name, property)).collect()
    };
    let x_named = named("xcolumn")?.first().copied();
    let measures_named = named("ycolumns")?;
    let series_named = named("series")?;
    let taken: Vec<usize> = measures_named.iter().chain(&series_named).copied().collect();
    let x = match x_named {
        Some(x) => Some(x),
        None => default_x(schema, request, &taken),
    };
    if request.time && x.is_none_or(|x| type_of(schema, x) != Some(Type::Datetime)) {
        return Err(Diagnostic::general(Code::WrongType, "`render timechart` needs a datetime column")
            .with_help("use `render linechart`, or keep a column such as bin(Timestamp, 1h)"));
    }
    let measures =
        if measures_named.is_empty() { default_measures(schema, request, x, &series_named) } else { measures_named };
    if measures.is_empty() {
        return Err(Diagnostic::general(Code::WrongType, "nothing to draw: no column holds numbers")
            .with_help("summarize the rows first, for example with count()"));
    }
    if let Some(&wrong) = measures.iter().find(|&&m| !type_of(schema, m).is_some_and(is_measure)) {
        let name = schema.fields().get(wrong).map_or("", |f| &*f.name);
        return Err(Diagnostic::general(
            Code::WrongType,
            format!("`ycolumns`: the column `{name}` does not hold numbers"),
        ));
    }
    let series = if series_named.is_empty() { default_series(schema, request, x, &measures) } else { series_named };
    Ok(Choice { x, measures, series })
}

fn find(schema: &Schema, name: &str, property: &str) -> Result<usize, Diagnostic> {
    schema.index_of(name).ok_or_else(|| {
        Diagnostic::general(Code::UnknownColumn, format!("`{property}`: the result has no column `{name}`"))
            .with_suggestion(nearest(name, schema.names()))
    })
}

fn type_of(schema: &Schema, column: usize) -> Option<Type> {
    schema.fields().get(column).map(|f| f.ty)
}

const fn is_measure(ty: Type) -> bool {
    ty.is_numeric() || matches!(ty, Type::Timespan)
}

const fn is_text(ty: Type) -> bool {
    matches!(ty, Type::String | Type::Guid | Type::Bool | Type::Dynamic)
}

fn places(schema: &Schema, fits: impl Fn(Type) -> bool) -> impl Iterator<Item = usize> {
    schema.fields().iter().enumerate().filter(move |(_, f)| fits(f.ty)).map(|(i, _)| i)
}

fn default_x(schema: &Schema, request: Request, taken: &[usize]) -> Option<usize> {
    let free = |i: &usize| !taken.contains(i);
    let time = places(schema, |ty| ty == Type::Datetime).find(free);
    let text = || places(schema, is_text).find(free);
    // A number can be x only when another one is left to be measured.
    let number = || {
        let mut numbers = places(schema, is_measure).filter(free);
        let first = numbers.next();
        if taken.is_empty() { numbers.next().and(first) } else { first }
    };
    match request.kind {
        Kind::Pie => text().or(time).or_else(number),
        Kind::Column | Kind::Bar => {
            let first = (0..schema.len()).filter(free).find(|&i| !type_of(schema, i).is_some_and(is_measure));
            time.or(first).or_else(number)
        }
        _ => time.or_else(number).or_else(text),
    }
}

fn default_measures(schema: &Schema, request: Request, x: Option<usize>, series: &[usize]) -> Vec<usize> {
    let all = places(schema, is_measure).filter(|&i| Some(i) != x && !series.contains(&i));
    all.take(if request.kind == Kind::Pie { 1 } else { usize::MAX }).collect()
}

fn default_series(schema: &Schema, request: Request, x: Option<usize>, measures: &[usize]) -> Vec<usize> {
    if request.kind == Kind::Pie {
        return vec![];
    }
    places(schema, is_text).find(|&i| Some(i) != x && !measures.contains(&i)).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::chart::kind;
    use crate::value::Visualization;
    use serde_json::json;

    fn chosen(kind_name: &str, columns: &[(&str, Type)], with: &[(&str, serde_json::Value)]) -> Result<Choice, String> {
        let properties = with.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
        let visualization = Visualization { kind: kind_name.into(), properties };
        let schema = Schema::of(columns.iter().copied());
        choose(&schema, kind::read(kind_name).unwrap(), &Properties::of(&visualization)).map_err(|d| d.message)
    }

    const HUNT: [(&str, Type); 4] =
        [("DeviceName", Type::String), ("Timestamp", Type::Datetime), ("n", Type::Long), ("bytes", Type::Real)];

    #[test]
    fn time_is_x_wherever_it_stands_and_text_splits() {
        let expected = Choice { x: Some(1), measures: vec![2, 3], series: vec![0] };
        for kind in ["timechart", "linechart", "areachart", "columnchart", "scatterchart"] {
            assert_eq!(chosen(kind, &HUNT, &[]).as_ref(), Ok(&expected), "{kind}");
        }
    }

    #[test]
    fn a_pie_takes_text_and_one_number() {
        assert_eq!(chosen("piechart", &HUNT, &[]), Ok(Choice { x: Some(0), measures: vec![2], series: vec![] }));
    }

    #[test]
    fn bars_take_the_text_even_behind_the_number() {
        let columns = [("count_", Type::Long), ("State", Type::String)];
        assert_eq!(chosen("barchart", &columns, &[]), Ok(Choice { x: Some(1), measures: vec![0], series: vec![] }));
    }

    #[test]
    fn properties_overrule() {
        let with = [("xcolumn", json!("n")), ("ycolumns", json!(["bytes"])), ("series", json!("DeviceName"))];
        assert_eq!(chosen("linechart", &HUNT, &with), Ok(Choice { x: Some(2), measures: vec![3], series: vec![0] }));
        assert!(chosen("linechart", &HUNT, &[("xcolumn", json!("m"))]).unwrap_err().contains("`m`"));
    }

    #[test]
    fn refuses_what_cannot_be_drawn() {
        assert!(chosen("timechart", &[("a", Type::Long)], &[]).unwrap_err().contains("datetime"));
        assert!(chosen("columnchart", &[("a", Type::String)], &[]).unwrap_err().contains("no column holds numbers"));
    }
}
