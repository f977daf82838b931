//! Query operators, each in its usual spelling.

use super::clause::reorder_text;
use super::expr::{NOWHERE, Placed};
use super::writer::Writer;
use crate::syntax::ast::{
    ColumnDeclaration, Expr, Find, FindColumn, Join, MakeSeries, MvExpand, MvExpandColumn, Operator, OperatorKind,
    Parse, ParseItem, PartitionBody, Pipeline, Source, Summarize, TopNestedLevel,
};

impl Writer<'_> {
    /// An operator, from its keyword on.
    pub fn operator(&mut self, operator: &Operator) {
        if self.gave_up() {
            return;
        }
        let end = operator.span.end;
        match &operator.kind {
            OperatorKind::As { parameters, name } => {
                self.text("as");
                self.operator_parameters(parameters);
                self.text(" ");
                self.name(name);
            }
            OperatorKind::AssertSchema { columns } => {
                self.text("assert-schema ");
                self.columns(columns);
            }
            OperatorKind::Consume { parameters } => {
                self.text("consume");
                self.operator_parameters(parameters);
            }
            OperatorKind::Count { name } => {
                self.text("count");
                if let Some(name) = name {
                    self.text(" as ");
                    self.name(name);
                }
            }
            OperatorKind::Datatable { columns, values } => self.datatable(columns, values, end),
            OperatorKind::Distinct { parameters, columns } => {
                self.text("distinct");
                self.operator_parameters(parameters);
                self.expressions(columns);
            }
            OperatorKind::Evaluate { parameters, call, schema } => {
                self.text("evaluate");
                self.operator_parameters(parameters);
                self.optional(" ", Some(call));
                if let Some(schema) = schema {
                    self.text(" : ");
                    self.evaluate_schema(schema.star, &schema.columns);
                }
            }
            OperatorKind::Extend { columns } => self.keyword_list("extend", columns),
            OperatorKind::ExternalData { columns, uris, properties } => {
                self.text("externaldata ");
                self.columns(columns);
                self.text(" ");
                self.bracketed("[", "]", uris, NOWHERE, |w, uri| w.expr(uri));
                self.with_properties(properties);
            }
            OperatorKind::Facet { columns, with } => {
                self.text("facet by");
                self.names(columns);
                if let Some(with) = with {
                    self.text(" with ");
                    self.facet_body(with, end);
                }
            }
            OperatorKind::Find(find) => self.find(find),
            OperatorKind::Fork { branches } => {
                self.text("fork");
                for (name, operators) in branches {
                    self.text(" ");
                    if let Some(name) = name {
                        self.name(name);
                        self.text(" = ");
                    }
                    self.subquery(operators, NOWHERE);
                }
            }
            OperatorKind::GetSchema => self.text("getschema"),
            OperatorKind::Graph(graph) => self.graph(graph, end),
            OperatorKind::Invoke { call } => {
                self.text("invoke ");
                self.expr(call);
            }
            OperatorKind::Join(join) => self.join(join),
            OperatorKind::MacroExpand { parameters, group, alias, body } => {
                self.text("macro-expand");
                self.operator_parameters(parameters);
                self.optional(" ", Some(group));
                self.text(" as ");
                self.name(alias);
                self.statement_block(" (", body, ")", end);
            }
            OperatorKind::MakeSeries(series) => self.make_series(series),
            OperatorKind::MvExpand(expand) => self.mv_expand(expand, end),
            OperatorKind::Parse(parse) => self.parse(parse),
            OperatorKind::ParseKv { value, columns, properties } => {
                self.text("parse-kv ");
                self.expr(value);
                self.text(" as ");
                self.columns(columns);
                self.with_properties(properties);
            }
            OperatorKind::Partition { parameters, by, body } => {
                self.text("partition");
                self.operator_parameters(parameters);
                self.text(" by ");
                self.expr(by);
                self.text(" ");
                match body {
                    PartitionBody::Operators(operators) => self.subquery(operators, end),
                    PartitionBody::Query(statements) => self.statement_block("{", statements, "}", end),
                }
            }
            OperatorKind::Print { columns } => self.keyword_list("print", columns),
            OperatorKind::Project { columns } => self.keyword_list("project", columns),
            OperatorKind::ProjectAway { columns } => {
                self.text("project-away");
                self.names(columns);
            }
            OperatorKind::ProjectKeep { columns } => {
                self.text("project-keep");
                self.names(columns);
            }
            OperatorKind::ProjectRename { columns } => self.keyword_list("project-rename", columns),
            OperatorKind::ProjectReorder { columns } => {
                self.text("project-reorder ");
                self.separated(columns, |w, (name, order)| {
                    w.name(name);
                    w.text(order.map_or("", |(order, _)| reorder_text(order)));
                });
            }
            OperatorKind::ProjectByNames { columns } => self.keyword_list("project-by-names", columns),
            OperatorKind::Range { name, from, to, step } => {
                self.text("range ");
                self.name(name);
                self.optional(" from ", Some(from));
                self.optional(" to ", Some(to));
                self.optional(" step ", Some(step));
            }
            OperatorKind::Reduce { parameters, by, with } => {
                self.text("reduce");
                self.operator_parameters(parameters);
                self.optional(" by ", Some(by));
                if !with.is_empty() {
                    self.text(" with ");
                    self.separated(with, |w, option| w.property(option));
                }
            }
            OperatorKind::Render { kind, properties } => {
                self.text("render");
                if let Some(kind) = kind {
                    self.text(" ");
                    self.name(kind);
                }
                self.render_properties(properties);
            }
            OperatorKind::Sample { count } => self.optional("sample ", Some(count)),
            OperatorKind::SampleDistinct { count, of } => {
                self.optional("sample-distinct ", Some(count));
                self.optional(" of ", Some(of));
            }
            OperatorKind::Scan(scan) => self.scan(scan, end),
            OperatorKind::Search { parameters, tables, predicate } => {
                self.text("search");
                self.operator_parameters(parameters);
                self.in_tables(tables);
                self.optional(" ", Some(predicate));
            }
            OperatorKind::Serialize { columns } => self.keyword_list("serialize", columns),
            OperatorKind::Sort { parameters, keys } => {
                self.text("sort");
                self.operator_parameters(parameters);
                self.text(" by ");
                self.list(keys, |w, key| w.sort_key(key));
            }
            OperatorKind::Summarize(summarize) => self.summarize(summarize),
            OperatorKind::Take { parameters, count } => {
                self.text("take");
                self.operator_parameters(parameters);
                self.optional(" ", Some(count));
            }
            OperatorKind::Top { parameters, count, by } => {
                self.text("top");
                self.operator_parameters(parameters);
                self.optional(" ", Some(count));
                self.text(" by ");
                self.sort_key(by);
            }
            OperatorKind::TopHitters { count, of, by } => {
                self.optional("top-hitters ", Some(count));
                self.optional(" of ", Some(of));
                self.optional(" by ", by.as_ref());
            }
            OperatorKind::TopNested { levels } => self.list(levels, |w, level| w.top_nested_level(level)),
            OperatorKind::Union { parameters, tables } => {
                self.text("union");
                self.operator_parameters(parameters);
                self.expressions(tables);
            }
            OperatorKind::Where { parameters, predicate } => {
                self.text("where");
                self.operator_parameters(parameters);
                self.optional(" ", Some(predicate));
            }
            OperatorKind::Missing => {}
        }
    }

    fn keyword_list(&mut self, keyword: &str, columns: &[Expr]) {
        self.text(keyword);
        self.expressions(columns);
    }

    /// Cells on a line for each row when one line is too short.
    fn datatable(&mut self, columns: &[ColumnDeclaration], values: &[Expr], end: u32) {
        self.text("datatable ");
        self.columns(columns);
        self.text(" [");
        if self.fits(|w| w.separated(values, |w, value| w.expr(value))) {
            self.separated(values, |w, value| w.expr(value));
        } else {
            self.indented(|w| {
                for (n, row) in values.chunks(columns.len().max(1)).enumerate() {
                    w.text(if n > 0 { "," } else { "" });
                    w.line_at(row.first().map_or(0, |value| value.span.start));
                    w.separated(row, |w, value| w.expr(value));
                }
            });
            self.line_at(end);
        }
        self.text("]");
    }

    fn evaluate_schema(&mut self, star: bool, columns: &[ColumnDeclaration]) {
        self.text("(");
        if star {
            self.text(if columns.is_empty() { "*" } else { "*, " });
        }
        self.separated(columns, |w, column| {
            w.name(&column.name);
            w.column_type(Some(&column.ty));
        });
        self.text(")");
    }

    fn facet_body(&mut self, with: &Pipeline, end: u32) {
        let Source::Operator(first) = &with.source else { return };
        let mut operators = vec![first.clone()];
        operators.extend(with.operators.iter().cloned());
        self.subquery(&operators, end);
    }

    fn in_tables(&mut self, tables: &[Expr]) {
        if !tables.is_empty() {
            self.text(" in ");
            self.bracketed("(", ")", tables, NOWHERE, |w, table| w.expr(table));
        }
    }

    fn find(&mut self, find: &Find) {
        self.text("find");
        self.operator_parameters(&find.parameters);
        self.in_tables(&find.tables);
        self.optional(" where ", Some(&find.predicate));
        if let Some(columns) = &find.project {
            self.text(" project ");
            self.separated(columns, |w, column| match column {
                FindColumn::Column(name, ty) => {
                    w.name(name);
                    w.column_type(ty.as_ref());
                }
                FindColumn::Pack(_) => w.text("pack_all()"),
            });
        }
        if !find.project_away.is_empty() {
            self.text(" project-away");
            self.names(&find.project_away);
        }
    }

    fn join(&mut self, join: &Join) {
        self.text(if join.lookup { "lookup" } else { "join" });
        self.operator_parameters(&join.parameters);
        self.optional(" ", Some(&join.right));
        if join.on.is_some() {
            self.text(" on");
            self.expressions(&join.conditions);
        }
    }

    fn summarize(&mut self, summarize: &Summarize) {
        self.text("summarize");
        self.operator_parameters(&summarize.parameters);
        self.expressions(&summarize.aggregates);
        if let Some(by) = summarize.by {
            let one_line = self.fits(|w| w.expressions(&summarize.keys));
            match summarize.aggregates.is_empty() || one_line {
                true => self.text(" by"),
                false => self.indented(|w| {
                    w.line_at(by.start);
                    w.text("by");
                }),
            }
            self.indented(|w| w.expressions(&summarize.keys));
        }
    }

    fn mv_expand(&mut self, expand: &MvExpand, end: u32) {
        self.text(if expand.apply.is_some() { "mv-apply" } else { "mv-expand" });
        self.operator_parameters(&expand.parameters);
        self.text(" ");
        self.list(&expand.columns, |w, column| {
            w.expr(&column.expr);
            if let Some(to) = &column.to {
                w.text(&format!(" to typeof({})", to.ty));
            }
        });
        self.optional(" limit ", expand.limit.as_ref());
        if let Some(operators) = &expand.apply {
            self.text(" on ");
            self.subquery(operators, end);
        }
    }

    fn parse(&mut self, parse: &Parse) {
        self.text(if parse.filter { "parse-where" } else { "parse" });
        self.operator_parameters(&parse.parameters);
        self.optional(" ", Some(&parse.value));
        self.text(" with");
        for item in &parse.pattern {
            self.text(" ");
            match item {
                ParseItem::Star(_) => self.text("*"),
                ParseItem::Text(text) => self.expr(text),
                ParseItem::Column(name, ty) => {
                    self.name(name);
                    self.column_type(ty.as_ref());
                }
            }
        }
    }

    fn make_series(&mut self, series: &MakeSeries) {
        self.text("make-series");
        self.operator_parameters(&series.parameters);
        self.text(" ");
        self.list(&series.aggregates, |w, (aggregate, default)| {
            w.expr(aggregate);
            w.optional(" default = ", default.as_ref());
        });
        self.optional(" on ", Some(&series.on));
        if series.in_range {
            self.optional(" in range(", series.from.as_ref());
            self.optional(", ", series.to.as_ref());
            self.optional(", ", series.step.as_ref());
            self.text(")");
        } else {
            self.optional(" from ", series.from.as_ref());
            self.optional(" to ", series.to.as_ref());
            self.optional(" step ", series.step.as_ref());
        }
        if !series.keys.is_empty() {
            self.text(" by");
            self.expressions(&series.keys);
        }
    }

    fn top_nested_level(&mut self, level: &TopNestedLevel) {
        self.text("top-nested");
        self.optional(" ", level.count.as_ref());
        self.optional(" of ", Some(&level.of));
        self.optional(" with others = ", level.others.as_ref());
        self.text(" by ");
        self.sort_key(&level.by);
    }
}

impl Placed for MvExpandColumn {
    fn start(&self) -> u32 {
        self.expr.span.start
    }
}

impl Placed for TopNestedLevel {
    fn start(&self) -> u32 {
        self.of.span.start
    }
}

impl Placed for (Expr, Option<Expr>) {
    fn start(&self) -> u32 {
        self.0.span.start
    }
}
