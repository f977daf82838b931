//! Operators over graphs, and the functions that only they know.

use super::Operator;
use crate::library::Example;

/// The records.
pub static OPERATORS: &[Operator] = &[
    Operator::query_operator(
        "make-graph",
        &[
            "edges | make-graph source --> target with nodes on id [, nodes on id]",
            "edges | make-graph source --> target with_node_id = name",
            "edges | make-graph source --> target [with ...] partitioned-by column (operators)",
        ],
        "A graph of a table of edges, with or without a table of nodes.",
    )
    .remarks("Only graph operators take a graph. Nodes that stand in edges only have null in the other columns.")
    .examples(&[Example::new(
        "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name | graph-to-table nodes",
        "datatable(name: string) ['a', 'b', 'c']",
    )]),
    Operator::query_operator(
        "graph-match",
        &["G | graph-match [cycles = all | none \
             | unique_edges] (a)-[e]->(b)<-[f]-(c)--(d), \
             (a)-[g*1..3]->(x) [where predicate] project name = expression, ..."],
        "A row for each place in a graph that fits a pattern of nodes and edges.",
    )
    .remarks(
        "`-[e*1..3]->` matches a path of one to three edges; \
         `all`, `any`, `map` and `inner_nodes` ask about it. Without `cycles` an edge occurs once in a match.",
    )
    .examples(&[
        Example::new(
            "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name \
             | graph-match (x)-[e]->(y)-[f]->(z) project start = x.name, end = z.name",
            "print start = 'a', end = 'c'",
        ),
        Example::new(
            "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name \
             | graph-match (x)-[e*1..3]->(y) where x.name == 'a' project end = y.name",
            "datatable(end: string) ['b', 'c']",
        ),
    ]),
    Operator::query_operator(
        "graph-shortest-paths",
        &["G | graph-shortest-paths [output = any \
             | all] (a)-[e*1..5]->(b) [where predicate] project name = expression, ..."],
        "The shortest paths between nodes of a graph.",
    )
    .remarks("One for each pair of nodes (`any`, the default), or all that are equally short.")
    .examples(&[Example::new(
        "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name \
             | graph-shortest-paths (x)-[e*1..5]->(y) where x.name == 'a' and y.name == 'c' project end = \
             y.name, by = map(inner_nodes(e), name)",
        "print end = 'c', by = dynamic([\"b\"])",
    )]),
    Operator::query_operator(
        "graph-mark-components",
        &["G | graph-mark-components [kind = weak | strong] [with_component_id = name]"],
        "Numbers the connected parts of a graph: a column of each node.",
    )
    .remarks(
        "`strong` minds the directions of edges. The column is called `ComponentId` unless named; \
         which number a part has is not promised.",
    )
    .examples(&[Example::new(
        "datatable(src: string, dst: string) ['a', 'b', 'c', 'd', 'd', 'e'] \
             | make-graph src --> dst with_node_id = name | graph-mark-components with_component_id = part \
             | graph-to-table nodes | summarize n = count() by part | project n",
        "datatable(n: long) [2, 3]",
    )]),
    Operator::query_operator(
        "graph-to-table",
        &[
            "G | graph-to-table nodes [with_node_id = name]",
            "G | graph-to-table edges [with_source_id = name] [with_target_id = name]",
            "G | graph-to-table nodes as N, edges as E",
        ],
        "The nodes or edges of a graph as a table.",
    )
    .remarks("The ids that are added are hashes: they agree between nodes and edges and mean nothing else.")
    .examples(&[Example::new(
        "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name | graph-to-table edges",
        "datatable(src: string, dst: string) ['a', 'b', 'b', 'c']",
    )]),
    Operator::function(
        "all",
        &["all(edge, condition)", "all(inner_nodes(edge), condition)"],
        "Whether a condition is true for all edges, or inner nodes, of a path.",
    )
    .remarks("Only inside of `graph-match` and `graph-shortest-paths`. True for a path without inner nodes.")
    .examples(&[Example::new(
        "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name \
             | graph-match (x)-[e*1..3]->(y) where all(e, dst != 'c') project end = y.name",
        "print end = 'b'",
    )]),
    Operator::function(
        "any",
        &["any(edge, condition)", "any(inner_nodes(edge), condition)"],
        "Whether a condition is true for any edge, or inner node, of a path.",
    )
    .remarks("Only inside of `graph-match` and `graph-shortest-paths`. An old aggregation function has the same name.")
    .examples(&[Example::new(
        "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name \
             | graph-match (x)-[e*1..3]->(y) where x.name == 'a' and any(e, dst == 'c') project end = y.name",
        "print end = 'c'",
    )]),
    Operator::function(
        "map",
        &["map(edge, expression)", "map(inner_nodes(edge), expression)"],
        "An array of an expression for each edge, or inner node, of a path.",
    )
    .remarks("Only inside of `graph-match` and `graph-shortest-paths`.")
    .examples(&[Example::new(
        "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name \
             | graph-match (x)-[e*2..2]->(y) project ends = map(e, dst)",
        "print ends = dynamic([\"b\", \"c\"])",
    )]),
    Operator::function(
        "inner_nodes",
        &["inner_nodes(edge)"],
        "The nodes between the two ends of a path, for `all`, `any` and `map`.",
    )
    .remarks("Only inside of `graph-match` and `graph-shortest-paths`.")
    .examples(&[Example::new(
        "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name \
             | graph-match (x)-[e*2..2]->(y) project between_ = map(inner_nodes(e), name)",
        "print between_ = dynamic([\"b\"])",
    )]),
    Operator::function("node_degree_in", &["node_degree_in([node])"], "The number of edges that lead into a node.")
        .remarks("Without an argument it asks the node at hand in `all`, `any` and `map`.")
        .examples(&[Example::new(
            "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name \
             | graph-match (x)-[e]->(y) project name = y.name, n = node_degree_in(y)",
            "datatable(name: string, n: long) ['b', 1, 'c', 1]",
        )]),
    Operator::function("node_degree_out", &["node_degree_out([node])"], "The number of edges that lead out of a node.")
        .remarks("Without an argument it asks the node at hand in `all`, `any` and `map`.")
        .examples(&[Example::new(
            "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name \
             | graph-match (x)-[e]->(y) project name = y.name, n = node_degree_out(y)",
            "datatable(name: string, n: long) ['b', 1, 'c', 0]",
        )]),
    Operator::function("node_id", &["node_id([node])"], "The id of a node: the value that edges name it by.")
        .remarks("Without an argument it asks the node at hand in `all`, `any` and `map`.")
        .examples(&[Example::new(
            "datatable(src: string, dst: string) ['a', 'b', 'b', 'c'] \
             | make-graph src --> dst with_node_id = name \
             | graph-match (x)-[e]->(y) where node_id(x) == 'a' project id = node_id(y)",
            "print id = 'b'",
        )]),
];
