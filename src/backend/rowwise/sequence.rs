//! `scan`: rows in order go through steps, and each step keeps the sequence that came as far as it.
//!
//! As Kusto does it: a row is tried on the last step first. A step takes over the sequence of the step before it when the row
//! fits, else it goes on with its own; the first step begins new ones. A step holds one sequence at a time. Behind an optional
//! step, the sequence of the step before that one may be taken over too.

use super::cell;
use crate::plan::{ColumnName, Expr, ExprKind, Row, Sequence, SequenceStep, StepOutput, interpret, split_part_column};
use crate::value::{Batch, Schema, Value};
use std::collections::HashMap;
use std::rc::Rc;

type Cells = Rc<[Value]>;

/// Runs a sequence over the rows of its input; `result` is the schema of what it yields.
///
/// # Errors
/// What cannot be evaluated on a row.
pub(super) fn run(sequence: &Sequence, input: &Batch, schema: &Schema, result: &Schema) -> Result<Batch, String> {
    let machine = Machine::new(sequence, schema)?;
    let mut partitions: Vec<Partition> = vec![];
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut rows = vec![];
    for row in 0..input.rows {
        let current: Vec<Value> = input.row(row).into_iter().chain(machine.defaults.iter().cloned()).collect();
        let place = if sequence.partition.is_empty() {
            0
        } else {
            let view = machine.view(&current, &[]);
            let values = sequence.partition.iter().map(|e| interpret(e, &view)).collect::<Result<Vec<_>, _>>()?;
            let next = places.len();
            *places.entry(cell::key(&values)).or_insert(next)
        };
        if place >= partitions.len() {
            partitions.push(Partition::new(sequence.steps.len()));
        }
        if let Some(partition) = partitions.get_mut(place) {
            machine.row(partition, &current, &mut rows)?;
        }
    }
    // what a step with `output=last` still holds
    for state in partitions.into_iter().flat_map(|p| p.states).flatten() {
        rows.extend(state.pending);
    }
    let order: Vec<Option<usize>> = result.names().map(|name| machine.output.get(name).copied()).collect();
    let picked = rows.into_iter().map(|row| {
        let cell = |at: &Option<usize>| at.and_then(|at| row.get(at)).cloned().unwrap_or(Value::Null);
        order.iter().map(cell).collect::<Vec<Value>>()
    });
    Ok(Batch::from_rows(result, picked))
}

/// Rows that go through the steps together.
struct Partition {
    states: Vec<Option<State>>,
    next_match: i64,
}

/// The sequence that a step holds.
struct State {
    /// The last row of each step so far; none of a step that was left out or is still to come.
    rows: Vec<Option<Cells>>,
    match_id: i64,
    /// The row that comes out when the sequence leaves the step (`output=last`).
    pending: Option<Vec<Value>>,
}

impl Partition {
    fn new(steps: usize) -> Partition {
        Partition { states: (0..steps).map(|_| None).collect(), next_match: 0 }
    }
}

/// Where a name of an expression finds its cell.
#[derive(Clone, Copy)]
enum Place {
    Current(usize),
    Step(usize, usize),
}

/// The steps, made ready for rows.
struct Machine<'s> {
    sequence: &'s Sequence,
    places: HashMap<ColumnName, Place>,
    /// The columns of a row that comes out.
    output: HashMap<ColumnName, usize>,
    /// Defaults of the declared columns.
    defaults: Vec<Value>,
    /// A row of a step that has none: nothing in the input's columns, defaults in the declared ones.
    empty: Cells,
}

/// What an expression sees.
struct View<'v> {
    places: &'v HashMap<ColumnName, Place>,
    current: &'v [Value],
    steps: &'v [Option<Cells>],
    empty: &'v [Value],
}

impl Row for View<'_> {
    fn column(&self, name: &str) -> Option<Value> {
        match *self.places.get(name)? {
            Place::Current(at) => self.current.get(at).cloned(),
            Place::Step(step, at) => {
                let row = self.steps.get(step).and_then(Option::as_deref).unwrap_or(self.empty);
                row.get(at).cloned()
            }
        }
    }
}

impl<'s> Machine<'s> {
    fn new(sequence: &'s Sequence, schema: &Schema) -> Result<Machine<'s>, String> {
        let constant = |e: &Expr| e.as_literal().cloned().ok_or("the default of a declared column is no constant");
        let defaults = sequence.declared.iter().map(|(_, e)| constant(e)).collect::<Result<Vec<_>, _>>()?;
        let declared = sequence.declared.iter().map(|(name, _)| name);
        let names: Vec<ColumnName> = schema.fields().iter().map(|f| &f.name).chain(declared).cloned().collect();
        let mut places = HashMap::new();
        for expr in sequence.expressions() {
            expr.visit(&mut |e| {
                let ExprKind::Column(name) = &e.kind else { return };
                let own = names.iter().position(|n| n == name).map(Place::Current);
                let of_step = || {
                    let mut steps = sequence.steps.iter().enumerate();
                    steps.find_map(|(step, SequenceStep { name: of, .. })| {
                        let column = split_part_column(name, of)?;
                        names.iter().position(|n| **n == *column).map(|at| Place::Step(step, at))
                    })
                };
                if let Some(place) = own.or_else(of_step) {
                    places.insert(name.clone(), place);
                }
            });
        }
        let missing = schema.fields().iter().map(|f| Value::missing(f.ty));
        let empty = missing.chain(defaults.iter().cloned()).collect();
        let output = names.iter().chain(&sequence.match_id).cloned().enumerate().map(|(at, name)| (name, at)).collect();
        Ok(Machine { sequence, places, output, defaults, empty })
    }

    fn view<'v>(&'v self, current: &'v [Value], steps: &'v [Option<Cells>]) -> View<'v> {
        View { places: &self.places, current, steps, empty: &self.empty }
    }

    /// A row, tried on the steps from the last to the first.
    fn row(&self, partition: &mut Partition, current: &[Value], out: &mut Vec<Vec<Value>>) -> Result<(), String> {
        for (at, step) in self.sequence.steps.iter().enumerate().rev() {
            if !self.taken_over(partition, at, step, current, out)? {
                self.continued(partition, at, step, current, out)?;
            }
        }
        Ok(())
    }

    /// The first check: the sequence of a step before moves on to this one.
    fn taken_over(
        &self,
        partition: &mut Partition,
        at: usize,
        step: &SequenceStep,
        current: &[Value],
        out: &mut Vec<Vec<Value>>,
    ) -> Result<bool, String> {
        for before in (0..at).rev() {
            if let Some(state) = partition.states.get_mut(before)
                && let Some(held) = state.as_ref()
                && self.matches(step, current, &held.rows)?
                && let Some(mut moved) = state.take()
            {
                let left = partition.states.get_mut(at).and_then(Option::take);
                out.extend(left.and_then(|s| s.pending));
                out.extend(moved.pending.take());
                self.advance(&mut moved, at, step, current, out)?;
                if let Some(slot) = partition.states.get_mut(at) {
                    *slot = Some(moved);
                }
                return Ok(true);
            }
            if !self.sequence.steps.get(before).is_some_and(|s| s.optional) {
                break;
            }
        }
        Ok(false)
    }

    /// The second check: this step's own sequence goes on, or one begins.
    fn continued(
        &self,
        partition: &mut Partition,
        at: usize,
        step: &SequenceStep,
        current: &[Value],
        out: &mut Vec<Vec<Value>>,
    ) -> Result<(), String> {
        let begins = self.sequence.steps.iter().take(at).all(|s| s.optional);
        let Some(slot) = partition.states.get_mut(at) else { return Ok(()) };
        match slot {
            Some(state) if self.matches(step, current, &state.rows)? => self.advance(state, at, step, current, out)?,
            None if begins && self.matches(step, current, &[])? => {
                let rows = vec![None; self.sequence.steps.len()];
                let mut state = State { rows, match_id: partition.next_match, pending: None };
                partition.next_match += 1;
                self.advance(&mut state, at, step, current, out)?;
                *slot = Some(state);
            }
            _ => {}
        }
        Ok(())
    }

    fn matches(&self, step: &SequenceStep, current: &[Value], steps: &[Option<Cells>]) -> Result<bool, String> {
        Ok(interpret(&step.condition, &self.view(current, steps))? == Value::Bool(true))
    }

    /// The row becomes the step's last one, with what the step assigns.
    fn advance(
        &self,
        state: &mut State,
        at: usize,
        step: &SequenceStep,
        current: &[Value],
        out: &mut Vec<Vec<Value>>,
    ) -> Result<(), String> {
        let mut row = current.to_vec();
        for (name, value) in &step.assignments {
            let value = interpret(value, &self.view(current, &state.rows))?;
            if let Some(cell) = self.output.get(name).and_then(|at| row.get_mut(*at)) {
                *cell = value;
            }
        }
        if let Some(last) = state.rows.get_mut(at) {
            *last = Some(row.as_slice().into());
        }
        row.push(Value::Long(state.match_id));
        match step.output {
            StepOutput::All => out.push(row),
            StepOutput::Last => state.pending = Some(row),
            StepOutput::None => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;
    use crate::library::scalar_function;
    use crate::plan::part_column;
    use crate::value::Type;

    fn column(name: &str, ty: Type) -> Expr {
        Expr::column(name, ty, Span::default())
    }

    fn call(function: &str, a: Expr, b: Expr, ty: Type) -> Expr {
        Expr::call(scalar_function(function).unwrap(), vec![a, b], ty, Span::default())
    }

    fn step(name: &str, output: StepOutput, condition: Expr) -> SequenceStep {
        SequenceStep { name: name.into(), optional: false, output, condition, assignments: vec![] }
    }

    fn is(text: &str) -> Expr {
        let text = Expr::literal(Value::String(text.to_owned()), Type::String, Span::default());
        call("==", column("k", Type::String), text, Type::Bool)
    }

    /// The numbers of the rows that come out, and their matches.
    fn run_over(kinds: &[&str], steps: Vec<SequenceStep>) -> Vec<(i64, i64)> {
        let schema = Schema::of([("n", Type::Long), ("k", Type::String)]);
        let rows = kinds.iter().zip(0..).map(|(k, n)| vec![Value::Long(n), Value::String((*k).to_owned())]);
        let input = Batch::from_rows(&schema, rows);
        let result = Schema::of([("n", Type::Long), ("m", Type::Long)]);
        let sequence = Sequence { partition: vec![], declared: vec![], steps, match_id: Some("m".into()) };
        let out = run(&sequence, &input, &schema, &result).unwrap();
        (0..out.rows)
            .map(|row| (out.columns[0].value(row), out.columns[1].value(row)))
            .map(|(n, m)| (n.as_i64().unwrap(), m.as_i64().unwrap()))
            .collect()
    }

    #[test]
    fn a_sequence_moves_on_and_a_new_one_begins() {
        let steps = || vec![step("a", StepOutput::All, is("a")), step("b", StepOutput::All, is("b"))];
        assert_eq!(
            run_over(&["b", "a", "a", "b", "b", "x", "a", "b"], steps()),
            [(1, 0), (2, 0), (3, 0), (4, 0), (6, 1), (7, 1)]
        );
    }

    #[test]
    fn only_the_last_of_repeated_matches_comes_out() {
        let steps = vec![step("a", StepOutput::Last, is("a")), step("b", StepOutput::None, is("b"))];
        assert_eq!(run_over(&["a", "a", "b", "a"], steps), [(1, 0), (3, 1)]);
    }

    #[test]
    fn a_condition_reads_the_step_before_and_an_optional_step_is_left_out() {
        let long = Type::Long;
        let apart = call("-", column("n", long), column(&part_column("a", "n"), long), long);
        let near = call("<", apart, Expr::literal(Value::Long(3), long, Span::default()), Type::Bool);
        let mut middle = step("b", StepOutput::All, is("b"));
        middle.optional = true;
        let steps = || {
            let last = call("and", is("c"), near.clone(), Type::Bool);
            vec![step("a", StepOutput::All, is("a")), middle.clone(), step("c", StepOutput::All, last)]
        };
        assert_eq!(run_over(&["a", "c", "x"], steps()), [(0, 0), (1, 0)]);
        assert_eq!(run_over(&["a", "b", "x", "c"], steps()), [(0, 0), (1, 0)]);
    }
}
