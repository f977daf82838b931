//! Names and functions inside of graph patterns: variables, `all`, `any`, `map`, degrees and ids.
//!
//! In: a call or name as written, in the scope of a pattern or of one element. Out: a plan expression; what goes over the
//! elements of a path becomes a column of the scope's own.

use crate::bind::Binder;
use crate::bind::scope::{Found, Part, PartKind};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::plan::graph::{DEGREE_IN, DEGREE_OUT, NODE_ID, PathColumn, PathKind, whole};
use crate::plan::{ColumnName, Expr, ExprKind, part_column};
use crate::syntax::ast;
use crate::value::{Json, Type, Value};

impl Binder<'_> {
    /// The step, node or edge that a name stands for.
    pub(in crate::bind) fn part_named(&self, base: &ast::Expr) -> Option<Part> {
        let ast::ExprKind::Name(name) = &base.kind else { return None };
        let scope = self.rows.last().filter(|r| r.visible)?;
        scope.parts.iter().find(|p| p.name == name.text).cloned()
    }

    /// `step.column`, `node.property`, `edge.property`
    pub(in crate::bind) fn part_member(&mut self, part: &Part, member: &ast::Expr, span: Span) -> Option<Expr> {
        let ast::ExprKind::Name(name) = &member.kind else {
            return self.refuse(Code::UnexpectedToken, member.span, "a column's name is needed after the dot");
        };
        let found = match part.side.column(&name.text, span) {
            Found::Nothing => part.side.alias(self.env, &name.text, span),
            found => found,
        };
        match found {
            Found::Column(column) => {
                let ExprKind::Column(real) = &column.kind else { return None };
                let ty = if part.kind == PartKind::Path { self.type_along(part, column.ty) } else { column.ty };
                Some(Expr::column(part_column(&part.name, real), ty, span))
            }
            Found::Silent => None,
            Found::Nothing => {
                let near = nearest(&name.text, part.side.fields().map(|f| &*f.name)).map(str::to_owned);
                let (what, has) = match part.kind {
                    PartKind::Step => ("step", "column"),
                    PartKind::Node => ("node", "property"),
                    PartKind::Edge | PartKind::Path => ("edge", "property"),
                };
                let message = format!("the {what} `{}` has no {has} `{}`", part.name, name.text);
                let diagnostic = Diagnostic::error(Code::UnknownColumn, member.span, message);
                self.report(diagnostic.with_suggestion(near.as_deref()));
                None
            }
        }
    }

    /// The type of a property along a path: that of each edge in a condition, else an array.
    fn type_along(&mut self, part: &Part, ty: Type) -> Type {
        let Some(graph) = self.rows.last_mut().and_then(|r| r.graph.as_mut()) else { return ty };
        if !graph.by_element {
            return Type::Dynamic;
        }
        graph.touched.extend(graph.edges.iter().position(|e| *e == part.name));
        ty
    }

    /// A variable of a pattern itself: a bag of its properties, or an array of bags.
    pub(in crate::bind) fn part_whole(&self, name: &ast::Name) -> Option<Expr> {
        let scope = self.rows.last().filter(|r| r.visible && r.graph.is_some())?;
        let part = scope.parts.iter().find(|p| p.name == name.text)?;
        Some(Expr::column(whole(&part.name), Type::Dynamic, name.span))
    }

    /// A function that has a meaning in patterns only; nothing when it is none, or this is no pattern.
    pub(in crate::bind) fn graph_call(&mut self, call: &ast::Call, span: Span) -> Option<Option<Expr>> {
        let scope = self.rows.last().filter(|r| r.visible)?;
        let element = scope.graph.as_ref()?.element;
        Some(match &*call.name.text {
            "all" | "any" | "map" if element.is_none() => self.over_path(call, span),
            name @ ("all" | "any" | "map") => {
                self.refuse(Code::WrongValue, span, format!("`{name}` cannot stand inside of another such function"))
            }
            "inner_nodes" => {
                let message = "`inner_nodes` is the first argument of `all`, `any` or `map`";
                self.refuse(Code::WrongValue, span, message)
            }
            "node_degree_in" => self.of_node(call, DEGREE_IN, Type::Long, span),
            "node_degree_out" => self.of_node(call, DEGREE_OUT, Type::Long, span),
            "node_id" => self.of_node(call, NODE_ID, Type::String, span),
            "labels" => self.labels(call, span),
            _ => return None,
        })
    }

    /// `all(edge, condition)`, `any(...)`, `map(inner_nodes(edge), expression)`
    fn over_path(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let name = &*call.name.text;
        let [first, second] = call.arguments.as_slice() else {
            let message = format!("`{name}` takes an edge and an expression");
            return self.refuse(Code::WrongArgumentCount, call.arguments_span, message);
        };
        let (variable, inner_nodes) = match &first.kind {
            ast::ExprKind::Call(inner) if &*inner.name.text == "inner_nodes" => (inner.arguments.first()?, true),
            _ => (first, false),
        };
        let part = self.part_named(variable).filter(|p| p.kind == PartKind::Path);
        let Some(part) = part else {
            let message = format!("`{name}` goes over an edge of variable length, such as `e` in `-[e*1..3]->`");
            return self.refuse(Code::WrongType, variable.span, message);
        };
        let scope = self.rows.last()?;
        let graph = scope.graph.as_ref()?;
        let edge = graph.edges.iter().position(|e| *e == part.name)?;
        let (nodes, edges) = graph.sides.clone()?;
        let (side, kind) = if inner_nodes { (nodes, PartKind::Node) } else { (edges, PartKind::Edge) };
        let single = scope.parts.iter().filter(|p| p.kind != PartKind::Path).cloned().collect();
        let scope = self.element_scope(&side, kind, single);
        let (bound, _) = self.in_row(scope, |b| if name == "map" { b.scalar(second) } else { b.predicate(second) });
        let (kind, ty) = match name {
            "all" => (PathKind::All, Type::Bool),
            "any" => (PathKind::Any, Type::Bool),
            _ => (PathKind::Map, Type::Dynamic),
        };
        let paths = &mut self.rows.last_mut()?.graph.as_mut()?.paths;
        let column: ColumnName = format!("$({})", paths.len()).into();
        paths.push(PathColumn { name: column.clone(), edge, inner_nodes, kind, expr: bound? });
        Some(Expr::column(column, ty, span))
    }

    /// A function of a node: of a variable, or of the element in sight.
    fn of_node(&mut self, call: &ast::Call, property: &str, ty: Type, span: Span) -> Option<Expr> {
        let name = &*call.name.text;
        match call.arguments.as_slice() {
            [] if self.element() == Some(PartKind::Node) => Some(Expr::column(property, ty, span)),
            [variable] => match self.part_named(variable).filter(|p| p.kind == PartKind::Node) {
                Some(part) => Some(Expr::column(part_column(&part.name, property), ty, span)),
                None => self.refuse(Code::WrongType, variable.span, format!("`{name}` takes a node of the pattern")),
            },
            _ => {
                let message = format!("`{name}` takes a node of the pattern, and nothing inside of `inner_nodes`");
                self.refuse(Code::WrongArgumentCount, call.arguments_span, message)
            }
        }
    }

    /// Labels come from graph models: an element of a graph made by `make-graph` has none.
    fn labels(&mut self, call: &ast::Call, span: Span) -> Option<Expr> {
        let of_something = match call.arguments.as_slice() {
            [] => self.element().is_some(),
            [variable] => self.part_named(variable).is_some(),
            _ => false,
        };
        if !of_something {
            return self.refuse(
                Code::WrongType,
                call.arguments_span,
                "`labels` takes a node or an edge of the pattern",
            );
        }
        Some(Expr::literal(Value::Dynamic(Json::Array(vec![])), Type::Dynamic, span))
    }

    fn element(&self) -> Option<PartKind> {
        self.rows.last()?.graph.as_ref()?.element
    }
}
