//! From a result to a chart.

use super::columns::{Choice, choose};
use super::finish::{Order, finish};
use super::kind::{self, Kind, Request};
use super::points::{accumulate, category_label, number, sort};
use super::property::Properties;
use super::{Axis, Chart, Point, Series, Stacking, Unit, series_data};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::sink::cell_text;
use crate::value::{Column, QueryResult, Type, Visualization};
use indexmap::IndexMap;
use std::borrow::Cow;

/// More series than this cannot be told apart; the rest is left out, and said so.
const MOST_SERIES: usize = 200;

/// Reads what a result's visualization asks for.
///
/// # Errors
/// Kinds that are not drawn are refused by name; so are results that do not hold what the kind needs.
pub fn chart(result: &QueryResult) -> Result<Chart, Diagnostic> {
    let Some(visualization) = &result.visualization else {
        return Err(Diagnostic::general(Code::Usage, "the query asks for no picture")
            .with_help("end the query in `| render timechart`, or another kind"));
    };
    if !crate::render::is_picture(visualization) {
        return Err(Diagnostic::general(Code::Usage, "`render table` asks for a table, not for a picture"));
    }
    let request = kind::read(&visualization.kind)?;
    if request.kind == Kind::Card {
        return Ok(card(result, visualization));
    }
    let expanded = series_data::expanded(result);
    let result = expanded.as_ref().unwrap_or(result);
    let choice = choose(&result.schema, request, &Properties::of(visualization))?;
    Builder { result, request, choice, notes: vec![] }.build(&Properties::of(visualization))
}

/// A chart of no series.
fn bare(kind: Kind, properties: &Properties<'_>, x: Axis, y: Axis) -> Chart {
    Chart {
        kind,
        title: properties.text("title").unwrap_or_default(),
        x,
        y,
        stacking: Stacking::None,
        legend: !properties.is("legend", "hidden"),
        panels: false,
        categories: vec![],
        categories_left_out: 0,
        series: vec![],
        cards: vec![],
        notes: vec![],
    }
}

fn card(result: &QueryResult, visualization: &Visualization) -> Chart {
    let properties = Properties::of(visualization);
    let axis = || properties.axis('x', String::new(), Unit::Category);
    let mut chart = bare(Kind::Card, &properties, axis(), axis());
    if let Some(batch) = result.batches.iter().find(|b| b.rows > 0) {
        let values = batch.columns.iter().map(|c| category_label(c, 0).into_owned());
        chart.cards = result.schema.names().map(str::to_owned).zip(values).collect();
    }
    chart
}

struct Builder<'a> {
    result: &'a QueryResult,
    request: Request,
    choice: Choice,
    notes: Vec<Diagnostic>,
}

/// The rows as they are read: their x values, and each series' points in the order of the rows.
#[derive(Default)]
struct Gathered {
    series: IndexMap<(usize, String), Vec<Point>>,
    categories: IndexMap<String, ()>,
    without_x: usize,
    without_series: usize,
}

impl Builder<'_> {
    fn build(mut self, properties: &Properties<'_>) -> Result<Chart, Diagnostic> {
        let default = if self.request.stacked { Stacking::Stacked } else { Stacking::None };
        let stacking = properties.stacking(default)?;
        let unit = self.x_unit();
        let (mut gathered, natural) = self.gather(unit);
        self.tell_losses(&gathered);
        if properties.is("accumulate", "true") {
            for points in gathered.series.values_mut() {
                sort(points);
                accumulate(points);
            }
        }
        let x = properties.axis('x', self.x_title(), unit);
        let share = if stacking == Stacking::Percent { " (%)" } else { "" };
        let y = properties.axis('y', format!("{}{share}", self.y_title()), self.y_unit());
        let mut chart = bare(self.request.kind, properties, x, y);
        chart.stacking = stacking;
        chart.categories = gathered.categories.into_keys().collect();
        chart.series = self.named_series(gathered.series);
        if !self.result.ordered {
            chart.series.sort_by(|a, b| a.measure.cmp(&b.measure).then_with(|| a.name.cmp(&b.name)));
        }
        finish(&mut chart, if natural || self.result.ordered { Order::Given } else { Order::Free });
        self.split(&mut chart, properties);
        if !properties.columns("anomalycolumns").is_empty() {
            self.note("`anomalycolumns` has no effect on this kind of chart".to_owned());
        }
        chart.notes = self.notes;
        Ok(chart)
    }

    fn field_type(&self, column: usize) -> Option<Type> {
        self.result.schema.fields().get(column).map(|f| f.ty)
    }

    fn field_name(&self, column: usize) -> &str {
        self.result.schema.fields().get(column).map_or("", |f| &*f.name)
    }

    fn x_title(&self) -> String {
        self.choice.x.map_or_else(String::new, |x| self.field_name(x).to_owned())
    }

    /// The measure's name when there is one only: several are named by the legend.
    fn y_title(&self) -> String {
        match self.choice.measures.as_slice() {
            [one] => self.field_name(*one).to_owned(),
            _ => String::new(),
        }
    }

    fn y_unit(&self) -> Unit {
        let spans = self.choice.measures.iter().all(|&m| self.field_type(m) == Some(Type::Timespan));
        if spans { Unit::Span } else { Unit::Number }
    }

    /// What x stands for. Lying bars and slices always stand for categories, whatever the type of their column.
    fn x_unit(&self) -> Unit {
        if matches!(self.request.kind, Kind::Bar | Kind::Pie) {
            return Unit::Category;
        }
        let Some(x) = self.choice.x else { return Unit::Category };
        match self.field_type(x) {
            Some(Type::Datetime) => Unit::Time,
            Some(ty) if ty.is_numeric() || ty == Type::Timespan => {
                let upright = self.request.kind == Kind::Column;
                if upright && !self.evenly_spaced(x) {
                    Unit::Category
                } else if ty == Type::Timespan {
                    Unit::Span
                } else {
                    Unit::Number
                }
            }
            _ => Unit::Category,
        }
    }

    /// True when the numbers of a column look like bins: then gaps between bars mean something.
    fn evenly_spaced(&self, column: usize) -> bool {
        let mut numbers: Vec<f64> =
            self.batches(column).flat_map(|c| (0..c.len()).filter_map(|r| number(c, r))).collect();
        numbers.retain(|n| n.is_finite());
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        let gap = numbers.windows(2).filter_map(|w| Some(w.last()? - w.first()?)).fold(f64::INFINITY, f64::min);
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else { return false };
        gap.is_finite() && (last - first) / gap <= 2.0 * numbers.len() as f64
    }

    fn batches(&self, column: usize) -> impl Iterator<Item = &Column> {
        self.result.batches.iter().filter_map(move |b| b.columns.get(column))
    }

    /// Walks the rows once. Also tells whether categories stand in an order of their own.
    fn gather(&self, unit: Unit) -> (Gathered, bool) {
        let mut gathered = Gathered::default();
        let order = self.category_order(unit);
        for batch in &self.result.batches {
            for row in 0..batch.rows {
                let x = match self.choice.x.and_then(|x| batch.columns.get(x)) {
                    None => Some(gathered.category(String::new())),
                    Some(column) if unit == Unit::Category => {
                        let label = category_label(column, row);
                        let place = order.as_ref().and_then(|o| o.get_index_of(&*label));
                        Some(place.map_or_else(|| gathered.category(label.into_owned()), |p| p as f64))
                    }
                    Some(column) => number(column, row).filter(|x| x.is_finite()),
                };
                match x {
                    None => gathered.without_x += 1,
                    Some(x) => self.gather_row(&mut gathered, &batch.columns, row, x),
                }
            }
        }
        let natural = order.is_some();
        if let Some(order) = order {
            gathered.categories = order;
        }
        (gathered, natural)
    }

    fn gather_row(&self, gathered: &mut Gathered, columns: &[Column], row: usize, x: f64) {
        let parts = self.choice.series.iter().filter_map(|&s| columns.get(s)).map(|c| cell_text(c, row));
        let split = parts.collect::<Vec<Cow<'_, str>>>().join(", ");
        for (measure, &column) in self.choice.measures.iter().enumerate() {
            let y = columns.get(column).and_then(|c| number(c, row)).unwrap_or(f64::NAN);
            let full = gathered.series.len() >= MOST_SERIES;
            let key = (measure, split.clone());
            if full && !gathered.series.contains_key(&key) {
                gathered.without_series += 1;
                continue;
            }
            gathered.series.entry(key).or_default().push(Point { x, y });
        }
    }

    /// Categories of times and numbers stand in their own order, not in that of the rows.
    fn category_order(&self, unit: Unit) -> Option<IndexMap<String, ()>> {
        let x = self.choice.x.filter(|_| unit == Unit::Category)?;
        let sorted = matches!(self.field_type(x)?, Type::Datetime)
            || (self.request.kind == Kind::Column && !matches!(self.field_type(x)?, Type::String | Type::Dynamic));
        if !sorted || self.result.ordered && self.request.kind != Kind::Column {
            return None;
        }
        let mut labels: Vec<(f64, String)> = vec![];
        for column in self.batches(x) {
            let all = (0..column.len())
                .map(|r| (number(column, r).unwrap_or(f64::NAN), category_label(column, r).into_owned()));
            labels.extend(all);
        }
        labels.sort_by(|a, b| a.0.total_cmp(&b.0));
        Some(labels.into_iter().map(|(_, label)| (label, ())).collect())
    }

    fn named_series(&self, gathered: IndexMap<(usize, String), Vec<Point>>) -> Vec<Series> {
        let several = self.choice.measures.len() > 1;
        let split = !self.choice.series.is_empty();
        let name = |measure: usize, split_by: String| {
            let measure = self.choice.measures.get(measure).map_or("", |&m| self.field_name(m));
            match (split, several) {
                (false, _) => measure.to_owned(),
                (true, false) if split_by.is_empty() => "(empty)".to_owned(),
                (true, false) => split_by,
                (true, true) => format!("{split_by}: {measure}"),
            }
        };
        let series = gathered.into_iter();
        series
            .map(|((measure, split_by), mut points)| {
                sort(&mut points);
                Series { name: name(measure, split_by), measure, points }
            })
            .collect()
    }

    fn split(&mut self, chart: &mut Chart, properties: &Properties<'_>) {
        let asked = properties.text("ysplit").filter(|s| !s.eq_ignore_ascii_case("none"));
        let possible = !matches!(chart.kind, Kind::Pie | Kind::Bar) && chart.series.len() > 1;
        chart.panels = asked.is_some() && possible;
        if asked.is_some_and(|s| s.eq_ignore_ascii_case("axes")) && possible {
            self.note("`ysplit=axes` is drawn as panels, each with an axis of its own".to_owned());
        }
    }

    fn note(&mut self, message: String) {
        let mut note = Diagnostic::general(Code::IgnoredHint, message);
        note.severity = Severity::Note;
        self.notes.push(note);
    }

    /// Says which rows cannot be seen in the picture.
    fn tell_losses(&mut self, gathered: &Gathered) {
        if gathered.without_x > 0 {
            let rows =
                if gathered.without_x == 1 { "1 row".to_owned() } else { format!("{} rows", gathered.without_x) };
            self.note(format!("{rows} without a value of `{}` cannot be drawn", self.x_title()));
        }
        if gathered.without_series > 0 {
            self.note(format!("only the first {MOST_SERIES} series are drawn"));
        }
    }
}

impl Gathered {
    fn category(&mut self, label: String) -> f64 {
        let (place, _) = self.categories.insert_full(label, ());
        place as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Batch, Schema, Value};
    use serde_json::json;

    fn result(
        kind: &str,
        with: &[(&str, serde_json::Value)],
        columns: &[(&str, Type)],
        rows: Vec<Vec<Value>>,
    ) -> QueryResult {
        let schema = Schema::of(columns.iter().copied());
        let properties = with.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
        QueryResult {
            batches: vec![Batch::from_rows(&schema, rows)],
            schema,
            visualization: Some(Visualization { kind: kind.into(), properties }),
            ordered: true,
            ..QueryResult::default()
        }
    }

    fn text(s: &str) -> Value {
        Value::String(s.to_owned())
    }

    fn ys(chart: &Chart, series: usize) -> Vec<f64> {
        chart.series[series].points.iter().map(|p| p.y).collect()
    }

    const COLUMNS: [(&str, Type); 3] = [("t", Type::Datetime), ("host", Type::String), ("n", Type::Long)];

    fn rows() -> Vec<Vec<Value>> {
        vec![
            vec![Value::Datetime(30), text("b"), Value::Long(3)],
            vec![Value::Datetime(10), text("a"), Value::Long(1)],
            vec![Value::Datetime(20), text("b"), Value::Null],
            vec![Value::Null, text("b"), Value::Long(9)],
        ]
    }

    #[test]
    fn a_timechart_sorts_splits_and_keeps_gaps() {
        let chart = chart(&result("timechart", &[], &COLUMNS, rows())).unwrap();
        assert_eq!(chart.series.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(chart.series[0].points.iter().map(|p| p.x).collect::<Vec<_>>(), [20.0, 30.0]);
        assert!(chart.series[0].points[0].y.is_nan());
        assert_eq!((chart.x.title.as_str(), chart.y.title.as_str()), ("t", "n"));
        assert!(chart.notes[0].message.contains("1 row without a value of `t`"));
    }

    #[test]
    fn accumulate_adds_along_time_not_along_rows() {
        let mut rows = rows();
        rows.push(vec![Value::Datetime(5), text("b"), Value::Long(4)]);
        let chart = chart(&result("timechart", &[("accumulate", json!(true))], &COLUMNS, rows)).unwrap();
        assert_eq!(ys(&chart, 0)[0], 4.0);
        assert_eq!(ys(&chart, 0)[2], 7.0);
    }

    #[test]
    fn bars_of_one_category_add_up_and_long_tails_are_told() {
        let columns = [("host", Type::String), ("n", Type::Long)];
        let mut rows =
            vec![vec![text("a"), Value::Long(1)], vec![text(""), Value::Long(5)], vec![text("a"), Value::Long(2)]];
        let small = chart(&result("barchart", &[], &columns, rows.clone())).unwrap();
        assert_eq!(small.categories, ["a", "(empty)"]);
        assert_eq!(ys(&small, 0), [3.0, 5.0]);
        rows.extend((0..200).map(|i| vec![text(&format!("h{i}")), Value::Long(1)]));
        let long = chart(&result("columnchart", &[], &columns, rows)).unwrap();
        assert_eq!((long.categories.len(), long.categories_left_out), (120, 82));
    }

    #[test]
    fn rows_in_any_order_give_the_same_chart() {
        let columns = [("host", Type::String), ("user", Type::String), ("n", Type::Long)];
        let rows = [("b", "x", 3), ("a", "y", 9), ("c", "x", 3), ("b", "y", 1), ("a", "x", -2)];
        let rows: Vec<Vec<Value>> = rows.iter().map(|(h, u, n)| vec![text(h), text(u), Value::Long(*n)]).collect();
        let drawn = |rows: Vec<Vec<Value>>| {
            let result = QueryResult { ordered: false, ..result("barchart", &[], &columns, rows) };
            chart(&result).unwrap()
        };
        let (one, other) = (drawn(rows.clone()), drawn(rows.into_iter().rev().collect()));
        assert_eq!(one, other);
        assert_eq!(one.categories, ["a", "b", "c"]);
        assert_eq!(one.series.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(), ["x", "y"]);
        assert_eq!(ys(&one, 0), [-2.0, 3.0, 3.0]);
    }

    #[test]
    fn a_pie_puts_small_slices_together() {
        let columns = [("host", Type::String), ("n", Type::Long)];
        let rows = (0..20).map(|i| vec![text(&format!("h{i}")), Value::Long(i)]).collect();
        let chart = chart(&result("piechart", &[], &columns, rows)).unwrap();
        assert_eq!(chart.categories.first().map(String::as_str), Some("h19"));
        assert_eq!(chart.categories.last().map(String::as_str), Some("8 others"));
        assert_eq!(ys(&chart, 0).iter().sum::<f64>(), 190.0);
    }

    #[test]
    fn numbers_that_are_no_bins_become_categories() {
        let columns = [("port", Type::Long), ("n", Type::Long)];
        let ports = [443, 22, 65_535].map(|p| vec![Value::Long(p), Value::Long(1)]).to_vec();
        let chart_of = |rows| chart(&result("columnchart", &[], &columns, rows)).unwrap();
        assert_eq!(chart_of(ports).categories, ["22", "443", "65535"]);
        let bins = [10, 20, 40].map(|p| vec![Value::Long(p), Value::Long(1)]).to_vec();
        assert_eq!(chart_of(bins).x.unit, Unit::Number);
    }

    #[test]
    fn arrays_of_make_series_are_walked() {
        let columns = [("host", Type::String), ("n", Type::Dynamic), ("t", Type::Dynamic)];
        let times = json!(["2024-05-01T00:00:00.0000000Z", "2024-05-01T01:00:00.0000000Z"]);
        let rows = vec![vec![text("a"), Value::Dynamic(json!([1, null])), Value::Dynamic(times)]];
        let chart = chart(&result("timechart", &[], &columns, rows)).unwrap();
        assert_eq!(chart.series[0].name, "a");
        assert_eq!(chart.series[0].points.len(), 2);
        assert!(chart.series[0].points[1].y.is_nan());
    }

    #[test]
    fn what_is_not_drawn_is_refused_by_name() {
        let refused =
            |kind, with: &[(&str, serde_json::Value)]| chart(&result(kind, with, &COLUMNS, rows())).unwrap_err();
        assert_eq!(refused("treemap", &[]).code, Code::NotBuiltYet);
        assert!(refused("treemap", &[]).message.contains("treemap"));
        assert_eq!(refused("scatterchart", &[("kind", json!("map"))]).code, Code::NotBuiltYet);
        assert!(refused("timechrat", &[]).help.unwrap().contains("timechart"));
    }
}
