//! Walks through the functions of a rule as it would run, with what is known of every value at every place.
//!
//! In: the functions. Out: findings. A function that is called is walked with what it is called with.

use super::scan::{assigned, leaves};
use super::text::Text;
use super::value::{Env, Known, Nothing, Value, join};
use crate::diagnostic::{Code, Diagnostic, Span};
use rhai::{ASTFlags, Expr, Position, Stmt};
use std::collections::{BTreeMap, BTreeSet};

/// A function of the rule.
pub(super) struct Function {
    pub name: String,
    pub parameters: Vec<String>,
    pub body: Vec<Stmt>,
    pub at: Position,
    /// Its name, or where a closure begins.
    pub span: Span,
}

impl Function {
    pub(super) fn closure(&self) -> bool {
        self.name.starts_with("anon$")
    }
}

pub(super) struct Variable {
    pub name: String,
    pub span: Span,
    pub used: bool,
    pub value: Value,
    /// Whether it is worth a warning when nobody reads it.
    pub told: bool,
}

/// A function under way.
#[derive(Default)]
pub(super) struct Frame {
    pub variables: Vec<Variable>,
    pub returns: Vec<(Known, Span)>,
    pub env: Env,
    /// Variables that are assigned to: nothing is concluded from what they were.
    pub assigned: BTreeSet<String>,
    pub function: String,
}

/// What a block comes to.
pub(super) struct Flow {
    pub value: Value,
    /// Nothing after it is reached.
    pub ends: bool,
}

/// The walk.
pub(super) struct Walk<'a> {
    pub text: &'a Text<'a>,
    pub functions: &'a [Function],
    pub frames: Vec<Frame>,
    /// Outside of functions.
    pub outside: Frame,
    pub found: Vec<Diagnostic>,
    pub called: BTreeSet<String>,
    /// Above zero nothing is told.
    pub muted: usize,
    /// How often each function was walked, and how often each finding that depends on its arguments came up.
    pub walks: BTreeMap<String, usize>,
    pub depending: BTreeMap<String, Vec<(Diagnostic, usize)>>,
    /// The entry point under way.
    pub entry: &'static str,
    /// Calls that may still be followed: a rule that calls itself on many ways is not followed for ever.
    pub budget: usize,
}

impl Walk<'_> {
    pub(super) fn tell(&mut self, diagnostic: Diagnostic) {
        if self.muted == 0 && !self.found.contains(&diagnostic) {
            self.found.push(diagnostic);
        }
    }

    /// Tells what may hold for one call of a function only: it is told when it holds for every one.
    pub(super) fn tell_depending(&mut self, diagnostic: Diagnostic) {
        if self.frames.len() <= 1 {
            return self.tell(diagnostic);
        }
        if self.muted == 0 {
            let function = self.frames.last().map(|f| f.function.clone()).unwrap_or_default();
            let list = self.depending.entry(function).or_default();
            match list.iter_mut().find(|(d, _)| *d == diagnostic) {
                Some((_, count)) => *count += 1,
                None => list.push((diagnostic, 1)),
            }
        }
    }

    /// Tells what held for every call.
    pub(super) fn finish(&mut self) {
        for (function, list) in std::mem::take(&mut self.depending) {
            let walks = self.walks.get(&function).copied().unwrap_or_default();
            for (diagnostic, count) in list {
                if count >= walks {
                    self.tell(diagnostic);
                }
            }
        }
    }

    pub(super) fn frame(&mut self) -> &mut Frame {
        self.frames.last_mut().unwrap_or(&mut self.outside)
    }

    /// Walks a function with these arguments. What it returns.
    pub(super) fn function(&mut self, function: &Function, arguments: Vec<Value>, env: Env) -> Value {
        let at = function.span;
        let mut frame = Frame { env, function: function.name.clone(), ..Frame::default() };
        assigned(&function.body, &mut frame.assigned);
        for (name, value) in function.parameters.iter().zip(arguments) {
            frame.variables.push(Variable { name: name.clone(), span: at, used: true, value, told: false });
        }
        if self.muted == 0 {
            *self.walks.entry(function.name.clone()).or_default() += 1;
        }
        self.frames.push(frame);
        let flow = self.statements(&function.body, at);
        let frame = self.frames.pop().unwrap_or_default();
        let mut value = if flow.ends { Value { kinds: Vec::new(), path: None, text: None } } else { flow.value };
        for kind in frame.returns {
            if !value.kinds.contains(&kind) {
                value.kinds.push(kind);
            }
        }
        value
    }

    /// Statements in a scope of their own.
    pub(super) fn statements(&mut self, statements: &[Stmt], at: Span) -> Flow {
        let scope = self.frame().variables.len();
        let mut flow = Flow { value: Value::one(Known::Unit(Nothing::Empty), at), ends: false };
        for statement in statements {
            if flow.ends {
                if !matches!(statement, Stmt::Noop(_) | Stmt::Share(_)) {
                    let span = self.place(statement);
                    self.tell(Diagnostic::warning(Code::Unreachable, span, "nothing reaches this"));
                    break;
                }
                continue;
            }
            if !matches!(statement, Stmt::Noop(_) | Stmt::Share(_)) {
                flow = self.statement(statement);
            }
        }
        let gone = self.frame().variables.split_off(scope);
        for variable in gone.iter().filter(|v| v.told && !v.used && !v.name.starts_with('_')) {
            let message = format!("`{}` is never used", variable.name);
            self.tell(Diagnostic::warning(Code::UnusedVariable, variable.span, message));
        }
        flow
    }

    fn place(&self, statement: &Stmt) -> Span {
        match statement {
            Stmt::Assignment(parts) => self.text.word(parts.1.lhs.start_position()),
            other => self.text.word(other.position()),
        }
    }

    fn statement(&mut self, statement: &Stmt) -> Flow {
        let span = self.place(statement);
        let done = |value| Flow { value, ends: false };
        let nothing = || Value::one(Known::Unit(Nothing::Empty), span);
        match statement {
            Stmt::If(flow, at) => self.condition(*at, &flow.expr, flow.body.statements(), flow.branch.statements()),
            Stmt::Switch(parts, at) => self.switch(*at, &parts.0, &parts.1),
            Stmt::While(flow, at) => {
                let endless = matches!(flow.expr, Expr::Unit(_) | Expr::BoolConstant(true, _));
                if !endless {
                    self.boolean(&flow.expr);
                }
                self.looped(*at, flow.body.statements(), endless)
            }
            Stmt::Do(flow, flags, at) => {
                let until = flags.contains(ASTFlags::NEGATED);
                let endless = matches!(&flow.expr, Expr::BoolConstant(b, _) if *b != until);
                let out = self.looped(*at, flow.body.statements(), endless);
                self.boolean(&flow.expr);
                out
            }
            Stmt::For(parts, at) => {
                let (name, counter, flow) = &**parts;
                self.each(*at, name, counter.as_ref(), flow)
            }
            Stmt::Var(parts, ..) => {
                let mut value = self.expression(&parts.1);
                let name = parts.0.name.to_string();
                if self.frame().assigned.contains(&name) {
                    value = Value::any(span);
                } else if value.path.is_none() {
                    value.path = Some(format!("${name}"));
                    self.frame().env.remove(&format!("${name}"));
                }
                let span = self.text.word(parts.0.pos);
                self.frame().variables.push(Variable { name, span, used: false, value, told: true });
                done(nothing())
            }
            Stmt::Assignment(parts) => {
                self.assignment(&parts.1.lhs);
                self.expression(&parts.1.rhs);
                done(nothing())
            }
            Stmt::FnCall(call, at) => done(self.call(call, *at)),
            Stmt::Block(block) => self.statements(block.statements(), span),
            Stmt::Expr(e) => self.flow(e),
            Stmt::TryCatch(flow, _) => {
                let before = self.frame().env.clone();
                let tried = self.statements(flow.body.statements(), span);
                self.frame().env = before.clone();
                let caught = Value::any(span);
                let name = match &flow.expr {
                    Expr::Variable(v, ..) => v.1.to_string(),
                    _ => String::new(),
                };
                self.frame().variables.push(Variable { name, span, used: true, value: caught, told: false });
                let caught = self.statements(flow.branch.statements(), span);
                self.frame().variables.pop();
                self.frame().env = before;
                Flow { value: nothing(), ends: tried.ends && caught.ends }
            }
            Stmt::Return(value, flags, _) => {
                let value = match value {
                    Some(value) => self.expression(value),
                    None => nothing(),
                };
                if !flags.contains(ASTFlags::BREAK) {
                    self.frame().returns.extend(value.kinds);
                }
                Flow { value: nothing(), ends: true }
            }
            Stmt::BreakLoop(value, ..) => {
                value.iter().for_each(|v| drop(self.expression(v)));
                Flow { value: nothing(), ends: true }
            }
            _ => done(nothing()),
        }
    }

    /// An expression that may hold statements.
    pub(super) fn flow(&mut self, expression: &Expr) -> Flow {
        match expression {
            Expr::Stmt(block) => self.statements(block.statements(), self.text.word(block.position())),
            other => Flow { value: self.expression(other), ends: false },
        }
    }

    /// A condition: it is true or false.
    fn boolean(&mut self, condition: &Expr) {
        let value = self.expression(condition);
        let fits =
            value.kinds.is_empty() || value.any_of(|k| matches!(k, Known::Bool | Known::Any | Known::FieldValue));
        if !fits {
            let span = self.span(condition);
            let class = value.kinds.first().and_then(|(k, _)| super::value::class(k)).unwrap_or("something else");
            self.tell(Diagnostic::error(
                Code::DifferentKinds,
                span,
                format!("a condition is true or false, this is {class}"),
            ));
        }
    }

    fn condition(&mut self, at: Position, condition: &Expr, body: &[Stmt], branch: &[Stmt]) -> Flow {
        self.boolean(condition);
        let before = self.frame().env.clone();
        let (yes, no) = (self.assume(condition, &before, true), self.assume(condition, &before, false));
        let (words, span) = self.text.condition(at);
        let keyword = self.text.word(at);
        let mut told = false;
        if yes.is_none() {
            told = true;
            self.tell(Diagnostic::warning(Code::ConstantCondition, span, "this condition never holds here"));
        } else if no.is_none() && (!branch.is_empty() || matches!(condition, Expr::BoolConstant(..))) {
            told = true;
            let d = Diagnostic::warning(Code::ConstantCondition, span, "this condition always holds here");
            let rest = branch.first().map(|s| self.place(s));
            self.tell(rest.into_iter().fold(d, |d, rest| d.with_label(rest, "this is never reached")));
        }
        if !told {
            self.repeated(&words, branch);
        }
        let mut ways: Vec<(Flow, Env)> = Vec::new();
        for (env, statements, is_body) in [(yes, body, true), (no, branch, false)] {
            let possible = env.is_some();
            self.frame().env = env.unwrap_or_else(|| before.clone());
            let flow = if statements.is_empty() {
                let why = if is_body { Nothing::Empty } else { Nothing::NoElse };
                Flow { value: Value::one(Known::Unit(why), keyword), ends: false }
            } else {
                self.statements(statements, keyword)
            };
            if possible {
                ways.push((flow, self.frame().env.clone()));
            }
        }
        self.merged(ways, before, keyword)
    }

    /// What remains of several ways.
    fn merged(&mut self, ways: Vec<(Flow, Env)>, before: Env, at: Span) -> Flow {
        let mut value: Option<Value> = None;
        let mut env: Option<Env> = None;
        for (flow, after) in ways.into_iter().filter(|(flow, _)| !flow.ends) {
            value = Some(match value {
                Some(value) => value.or(flow.value),
                None => flow.value,
            });
            env = Some(env.map_or_else(|| after.clone(), |e| join(&e, &after)));
        }
        self.frame().env = env.unwrap_or(before);
        match value {
            Some(value) => Flow { value, ends: false },
            None => Flow { value: Value::one(Known::Unit(Nothing::Empty), at), ends: true },
        }
    }

    /// The same words once more in a chain of `else if`.
    fn repeated(&mut self, words: &str, mut branch: &[Stmt]) {
        while let [Stmt::If(flow, at)] = branch {
            let (again, span) = self.text.condition(*at);
            if again == words && !words.contains('(') {
                self.tell(Diagnostic::warning(
                    Code::RepeatedCondition,
                    span,
                    "the same condition stands before in this chain",
                ));
            }
            branch = flow.branch.statements();
        }
    }

    fn switch(&mut self, at: Position, on: &Expr, cases: &rhai::SwitchCasesCollection) -> Flow {
        let value = self.expression(on);
        let keyword = self.text.word(at);
        let before = self.frame().env.clone();
        let domain = value.domain();
        let mut left = value.path.as_ref().and_then(|p| before.get(p).cloned()).or_else(|| domain.clone());
        let mut seen = BTreeSet::new();
        let mut ways = Vec::new();
        for (index, case) in cases.expressions.iter().enumerate() {
            let right = case.rhs.start_position();
            let default = cases.def_case == Some(index);
            let (literals, guarded) = if default { (Vec::new(), false) } else { self.text.case(right) };
            let mut env = before.clone();
            if default {
                if left.as_ref().is_some_and(BTreeSet::is_empty) {
                    let span = self.text.word(right);
                    self.tell(Diagnostic::warning(Code::Unreachable, span, "the cases before cover every value"));
                }
            } else {
                let texts = self.literals(&literals, &value, domain.as_ref(), &mut seen, guarded);
                if let (Some(path), Some(known)) = (&value.path, &domain) {
                    let here: BTreeSet<String> = texts.iter().filter(|t| known.contains(*t)).cloned().collect();
                    if !here.is_empty() && here.len() == texts.len() {
                        env.insert(path.clone(), here);
                    }
                }
                if !guarded && let Some(left) = &mut left {
                    left.retain(|t| !texts.contains(t));
                }
            }
            if default
                && let (Some(path), Some(left)) = (&value.path, &left)
                && !left.is_empty()
            {
                env.insert(path.clone(), left.clone());
            }
            self.frame().env = env;
            if !matches!(case.lhs, Expr::BoolConstant(..)) {
                self.boolean(&case.lhs);
            }
            let flow = self.flow(&case.rhs);
            ways.push((flow, self.frame().env.clone()));
        }
        let covered = left.as_ref().is_some_and(BTreeSet::is_empty);
        if cases.def_case.is_none() && !covered {
            let missing = left.map(|l| l.into_iter().filter(|t| t != "#").collect()).unwrap_or_default();
            let nothing = Value::one(Known::Unit(Nothing::NoCase(missing)), keyword);
            ways.push((Flow { value: nothing, ends: false }, before.clone()));
        }
        self.merged(ways, before, keyword)
    }

    /// The texts of a case, checked against what the value can be.
    fn literals(
        &mut self,
        spans: &[Span],
        value: &Value,
        domain: Option<&BTreeSet<String>>,
        seen: &mut BTreeSet<String>,
        guarded: bool,
    ) -> Vec<String> {
        let words: Vec<&str> = spans.iter().map(|s| self.text.slice(*s)).collect();
        if words == ["(", ")"] {
            return vec!["()".to_owned()];
        }
        // Ranges, lists and what has a sign are left to the interpreter.
        if words.iter().any(|w| !w.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '`' | '\''))) {
            return Vec::new();
        }
        let mut texts = Vec::new();
        for span in spans {
            let word = self.text.slice(*span);
            let text = word.trim_matches(['"', '`', '\'']).to_owned();
            if let (Some(known), Some(all)) = (domain, value.texts())
                && !known.contains(&text)
            {
                self.impossible(&text, *span, value, all);
            }
            if !guarded && !seen.insert(text.clone()) {
                self.tell(Diagnostic::warning(
                    Code::RepeatedCondition,
                    *span,
                    format!("the case {word} stands before"),
                ));
            }
            texts.push(text);
        }
        texts
    }

    fn looped(&mut self, at: Position, body: &[Stmt], endless: bool) -> Flow {
        let span = self.text.word(at);
        let before = self.frame().env.clone();
        self.statements(body, span);
        self.frame().env = before;
        let (breaks, leaves) = (leaves(body, true), leaves(body, false));
        if endless && !breaks && !leaves {
            self.tell(
                Diagnostic::error(Code::EndlessLoop, span, "this loop never ends")
                    .with_help("leave it with `break` or `return`, or use `for` over a list"),
            );
        }
        // What `break` gives is not followed.
        let value = if breaks { Value::any(span) } else { Value::one(Known::Unit(Nothing::Empty), span) };
        let value = if endless { value } else { Value::one(Known::Unit(Nothing::Empty), span) };
        Flow { value, ends: endless && !breaks }
    }

    fn each(
        &mut self,
        at: Position,
        name: &rhai::Ident,
        counter: Option<&rhai::Ident>,
        flow: &rhai::FlowControl,
    ) -> Flow {
        let span = self.text.word(at);
        let over = self.expression(&flow.expr);
        let facts = over.any_of(|k| matches!(k, Known::List)) && over.fact().is_some();
        let value = Value::one(if facts { Known::Text } else { Known::Any }, span);
        for (ident, value) in
            [Some((name, value)), counter.map(|c| (c, Value::one(Known::Number, span)))].into_iter().flatten()
        {
            let span = self.text.word(ident.pos);
            let variable = Variable { name: ident.name.to_string(), span, used: false, value, told: true };
            self.frame().variables.push(variable);
        }
        let scope = self.frame().variables.len() - 1 - usize::from(counter.is_some());
        let before = self.frame().env.clone();
        self.statements(flow.body.statements(), span);
        self.frame().env = before;
        for variable in self.frame().variables.split_off(scope) {
            if !variable.used && !variable.name.starts_with('_') {
                let message = format!("`{}` is never used", variable.name);
                self.tell(Diagnostic::warning(Code::UnusedVariable, variable.span, message).with_help("call it `_`"));
            }
        }
        Flow { value: Value::one(Known::Unit(Nothing::Empty), span), ends: false }
    }
}
