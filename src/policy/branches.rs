//! The branches of a script: every way that it can go.
//!
//! In: a compiled script and its text. Out: where each branch stands, what it is called, and what has to be counted while the
//! script runs to know how often it was taken. Never: a run of the script.

use rhai::{AST, ASTNode, Expr, Position, Stmt, StmtBlock};

/// What makes a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BranchKind {
    /// The body of a function, or of a closure.
    Function,
    /// What is done when a condition holds.
    If,
    /// What is done when it does not hold; also where nothing is written for that.
    Else,
    /// A case of a switch.
    Case,
    /// What a switch does with everything else; also where nothing is written for that.
    Default,
    /// The body of a loop.
    Loop,
    /// What is done after something failed.
    Catch,
}

/// A branch of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// What makes it.
    pub kind: BranchKind,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Its words in the script, on one line, shortened.
    pub label: String,
    /// How its count follows from the counts of nodes.
    pub(super) count: Count,
}

/// How often a branch was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Count {
    /// As often as this node was evaluated.
    Node(usize),
    /// As often as the first, without the others: a branch in which nothing is written cannot be seen itself.
    Rest(usize, Vec<usize>),
}

/// What is counted: nodes by their address in the compiled script, bodies of functions by their place.
#[derive(Clone, Debug, Default)]
pub(super) struct Map {
    /// The branches, by place.
    pub branches: Vec<Branch>,
    /// Address and number of a node, sorted.
    pub nodes: Vec<(usize, usize)>,
    /// Place and number of the body of a function, sorted: what is evaluated there has no address of its own.
    pub bodies: Vec<((u32, u32), usize)>,
    /// How many numbers there are.
    pub counters: usize,
}

/// The branches of a compiled script. The script must not have been optimised: that takes branches away.
pub(super) fn branches(ast: &AST, source: &str) -> Map {
    let mut walk = Walk { lines: source.lines().map(|l| l.chars().collect()).collect(), map: Map::default() };
    for function in ast.iter_functions() {
        if let Some(known) = ast.shared_lib().get_script_fn(function.name, function.params.len()) {
            walk.function(function.name, known.body.start_position());
        }
    }
    // What stands outside of functions comes first; it is never run.
    let mut outside = ast.statements().len();
    ast.walk(&mut |path| {
        if let [ASTNode::Stmt(statement)] = path {
            match outside {
                0 => walk.statement(statement),
                _ => outside -= 1,
            }
        }
        true
    });
    let mut map = walk.map;
    map.branches.sort_by_key(|b| (b.line, b.column));
    map.nodes.sort_unstable();
    map.bodies.sort_unstable();
    map
}

/// Line and column of a position; nowhere is the very beginning.
pub(super) fn place(position: Position) -> (u32, u32) {
    let number = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(1);
    (number(position.line()), number(position.position()))
}

/// The first node of a block that is seen when it is evaluated: wrappers are not seen, an empty block has none.
fn first(block: &StmtBlock) -> Option<usize> {
    block.iter().find_map(seen)
}

fn seen(statement: &Stmt) -> Option<usize> {
    match statement {
        Stmt::Expr(e) => seen_expression(e),
        other => Some(std::ptr::from_ref(other) as usize),
    }
}

fn seen_expression(expression: &Expr) -> Option<usize> {
    match expression {
        Expr::Stmt(block) => first(block),
        other => Some(std::ptr::from_ref(other) as usize),
    }
}

struct Walk {
    lines: Vec<Vec<char>>,
    map: Map,
}

impl Walk {
    fn function(&mut self, name: &str, at: Position) {
        let label = if name.starts_with("anon$") { "a closure".to_owned() } else { format!("fn {name}") };
        let counter = self.counter();
        self.map.bodies.push((place(at), counter));
        self.add(BranchKind::Function, at, label, Count::Node(counter));
    }

    fn counter(&mut self) -> usize {
        self.map.counters += 1;
        self.map.counters - 1
    }

    /// The number of a node; one number, however often it is asked for.
    fn node(&mut self, address: usize) -> usize {
        if let Some((_, counter)) = self.map.nodes.iter().find(|(a, _)| *a == address) {
            return *counter;
        }
        let counter = self.counter();
        self.map.nodes.push((address, counter));
        counter
    }

    fn add(&mut self, kind: BranchKind, at: Position, label: String, count: Count) {
        let (line, column) = place(at);
        self.map.branches.push(Branch { kind, line, column, label, count });
    }

    fn block(&mut self, block: &StmtBlock) {
        block.iter().for_each(|s| self.statement(s));
    }

    fn statement(&mut self, statement: &Stmt) {
        let at = statement.position();
        match statement {
            Stmt::If(flow, _) => {
                self.expression(&flow.expr);
                self.condition(statement, &flow.body, &flow.branch);
                self.block(&flow.body);
                self.block(&flow.branch);
            }
            Stmt::Switch(parts, _) => self.switch(statement, &parts.0, &parts.1),
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                self.expression(&flow.expr);
                self.looped(at, &flow.body);
            }
            Stmt::For(parts, _) => {
                self.expression(&parts.2.expr);
                self.looped(at, &parts.2.body);
            }
            Stmt::TryCatch(flow, _) => {
                self.block(&flow.body);
                if let Some(node) = first(&flow.branch) {
                    let counter = self.node(node);
                    self.add(BranchKind::Catch, flow.branch.position(), "catch".to_owned(), Count::Node(counter));
                }
                self.block(&flow.branch);
            }
            Stmt::Var(parts, ..) => self.expression(&parts.1),
            Stmt::Assignment(parts) => {
                self.expression(&parts.1.lhs);
                self.expression(&parts.1.rhs);
            }
            Stmt::FnCall(call, _) => call.args.iter().for_each(|a| self.expression(a)),
            Stmt::Block(block) => self.block(block),
            Stmt::Expr(e) => self.expression(e),
            Stmt::BreakLoop(Some(e), ..) | Stmt::Return(Some(e), ..) => self.expression(e),
            _ => {}
        }
    }

    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Stmt(block) => self.block(block),
            Expr::InterpolatedString(list, _) | Expr::Array(list, _) => list.iter().for_each(|e| self.expression(e)),
            Expr::Map(parts, _) => parts.0.iter().for_each(|(_, e)| self.expression(e)),
            Expr::FnCall(call, _) | Expr::MethodCall(call, _) => call.args.iter().for_each(|e| self.expression(e)),
            Expr::Dot(pair, ..) | Expr::Index(pair, ..) => {
                self.expression(&pair.lhs);
                self.expression(&pair.rhs);
            }
            Expr::And(list, _) | Expr::Or(list, _) | Expr::Coalesce(list, _) => {
                list.iter().for_each(|e| self.expression(e));
            }
            _ => {}
        }
    }

    /// Both ways of an `if`. A way in which nothing is written is what remains; two such ways are no branches.
    fn condition(&mut self, statement: &Stmt, body: &StmtBlock, branch: &StmtBlock) {
        let at = statement.position();
        let whole = self.node(std::ptr::from_ref(statement) as usize);
        let (yes, no) = (first(body).map(|n| self.node(n)), first(branch).map(|n| self.node(n)));
        let label = self.until_brace(at);
        // `else if` is told by the ways of its own `if`.
        let else_if =
            branch.len() == 1 && branch.iter().all(|s| matches!(s, Stmt::If(..)) && s.position() == branch.position());
        match (yes, no) {
            (Some(yes), Some(no)) => {
                self.add(BranchKind::If, at, label, Count::Node(yes));
                if !else_if {
                    self.add(BranchKind::Else, branch.position(), "else".to_owned(), Count::Node(no));
                }
            }
            (Some(yes), None) => {
                self.add(BranchKind::Else, at, format!("{label}: no"), Count::Rest(whole, vec![yes]));
                self.add(BranchKind::If, at, label, Count::Node(yes));
            }
            (None, Some(no)) => {
                self.add(BranchKind::If, at, label, Count::Rest(whole, vec![no]));
                if !else_if {
                    self.add(BranchKind::Else, branch.position(), "else".to_owned(), Count::Node(no));
                }
            }
            (None, None) => {}
        }
    }

    fn switch(&mut self, statement: &Stmt, on: &Expr, cases: &rhai::SwitchCasesCollection) {
        self.expression(on);
        let whole = self.node(std::ptr::from_ref(statement) as usize);
        let mut all = Vec::new();
        for (index, case) in cases.expressions.iter().enumerate() {
            self.expression(&case.lhs);
            if let Some(node) = seen_expression(&case.rhs) {
                let counter = self.node(node);
                all.push(counter);
                let default = cases.def_case == Some(index);
                let kind = if default { BranchKind::Default } else { BranchKind::Case };
                let at = case.rhs.start_position();
                let label = self.before_arrow(at);
                self.add(kind, at, label, Count::Node(counter));
            }
            self.expression(&case.rhs);
        }
        if cases.def_case.is_none() && all.len() == cases.expressions.len() {
            let at = statement.position();
            let label = format!("{}: none of the cases", self.until_brace(at));
            self.add(BranchKind::Default, at, label, Count::Rest(whole, all));
        }
    }

    fn looped(&mut self, at: Position, body: &StmtBlock) {
        if let Some(node) = first(body) {
            let counter = self.node(node);
            let label = self.until_brace(at);
            self.add(BranchKind::Loop, at, label, Count::Node(counter));
        }
        self.block(body);
    }

    /// The script from a place to the next brace, or the end of the line.
    fn until_brace(&self, at: Position) -> String {
        let (line, column) = place(at);
        let rest = self.lines.get(line as usize - 1).and_then(|l| l.get(column as usize - 1..)).unwrap_or_default();
        short(rest.iter().take_while(|c| **c != '{').collect())
    }

    /// The case that stands before a place, on the same line.
    fn before_arrow(&self, at: Position) -> String {
        let (line, column) = place(at);
        let before = self.lines.get(line as usize - 1).and_then(|l| l.get(..column as usize - 1)).unwrap_or_default();
        let before: String = before.iter().collect();
        let Some((case, _)) = before.rsplit_once("=>") else { return "a case".to_owned() };
        let start = case.rfind([',', '{']).map_or(0, |at| at + 1);
        short(case.get(start..).unwrap_or_default().to_owned())
    }
}

fn short(text: String) -> String {
    const WIDTH: usize = 60;
    let text = text.trim();
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
