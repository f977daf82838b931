//! Functions that need more than values: the clock, a schema, a table.

use super::Operator;
use crate::library::Example;

/// The records.
pub static OPERATORS: &[Operator] = &[
    Operator::function("now", &["now([offset])"], "The time of the query, in UTC; the same wherever it stands in it.")
        .remarks("`--now` and `set query_now` set it.")
        .examples(&[Example::new(
            "print same = now() == now(), later = now(1h) - now()",
            "print same = true, later = 1h",
        )]),
    Operator::function("ago", &["ago(timespan)"], "The time so long before the query's.")
        .remarks("As `now()` minus the timespan.")
        .examples(&[Example::new("print passed = now() - ago(90m)", "print passed = 1h + 30m")]),
    Operator::function("toscalar", &["toscalar(query)"], "The first column of the first row of a query, as a value.")
        .remarks("Null where there is no row. It is computed once and cannot see the row that it stands in.")
        .examples(&[Example::new(
            "range x from 1 to 3 step 1 | where x == toscalar(range y from 1 to 3 step 1 | summarize max(y))",
            "print x = 3",
        )]),
    Operator::function(
        "materialize",
        &["materialize(query)"],
        "A table that is computed once, however often it is used.",
    )
    .remarks("Makes what is random or costly the same at each use.")
    .examples(&[Example::new(
        "let T = materialize(range x from 1 to 3 step 1); union T, T | count",
        "print Count = 6",
    )]),
    Operator::function("table", &["table('name')"], "The table of that name.")
        .remarks("A second argument, the data scope, has no meaning here.")
        .examples(&[Example::new("table('DeviceInfo') | where false | count", "print Count = 0")]),
    Operator::function("cluster", &["cluster('name').database('name').T"], "A table of another cluster.")
        .remarks(
            "The configuration may name a mirror for that place; \
         else the local table of the name answers, with a warning.",
        )
        .examples(&[Example::new(
            "cluster('here').database('there').DeviceInfo | where false | count",
            "print Count = 0",
        )]),
    Operator::function("database", &["database('name').T"], "A table of another database.")
        .remarks(
            "The configuration may name a mirror for that place; \
         else the local table of the name answers, with a warning.",
        )
        .examples(&[Example::new("database('there').DeviceInfo | where false | count", "print Count = 0")]),
    Operator::function(
        "column_ifexists",
        &["column_ifexists('name', default)"],
        "The column of that name, else the default.",
    )
    .aliases(&["columnifexists"])
    .remarks("The name is a constant.")
    .examples(&[Example::new(
        "print a = 1 | project x = column_ifexists('a', 0), y = column_ifexists('b', 7)",
        "print x = 1, y = 7",
    )]),
    Operator::function("column_names_of", &["column_names_of(T)"], "The names of a table's columns, as an array.")
        .remarks("It is a constant: the rows are not read.")
        .examples(&[Example::new(
            "let T = datatable(a: long, b: string) []; print names = column_names_of(T)",
            "print names = dynamic([\"a\", \"b\"])",
        )]),
    Operator::function("ingestion_time", &["ingestion_time()"], "When a row was taken in.")
        .remarks(
            "That is not kept here: the row's own time stands for it where its table has one, with a warning; \
         else it is null.",
        )
        .examples(&[Example::new("print x = 1 | extend t = ingestion_time()", "print x = 1, t = datetime(null)")]),
    Operator::function(
        "pack_all",
        &["pack_all([ignore_null_empty])"],
        "A bag of all columns of the row, by their names.",
    )
    .remarks("`true` leaves out what is null or empty.")
    .examples(&[Example::new(
        "print a = 1, b = 'x' | project bag = pack_all()",
        "print bag = dynamic({\"a\": 1, \"b\": \"x\"})",
    )]),
    Operator::function(
        "bag_pack_columns",
        &["bag_pack_columns(column, ...)"],
        "A bag of some columns of the row, by their names.",
    )
    .examples(&[Example::new(
        "print a = 1, b = 'x', c = 2 | project bag = bag_pack_columns(a, b)",
        "print bag = dynamic({\"a\": 1, \"b\": \"x\"})",
    )]),
    Operator::function("current_database", &["current_database()"], "The name of the database in scope.")
        .remarks("Here it is always `huntline`.")
        .examples(&[Example::new("print name = current_database()", "print name = 'huntline'")]),
    Operator::function("current_cluster_endpoint", &["current_cluster_endpoint()"], "The address of the cluster.")
        .remarks("Here it is always `local`.")
        .examples(&[Example::new("print name = current_cluster_endpoint()", "print name = 'local'")]),
    Operator::function(
        "geo_info_from_ip_address",
        &["geo_info_from_ip_address(address)"],
        "Country, state, city and place of an IP address, as a bag.",
    )
    .remarks("Asked of a MaxMind file that the configuration names; without one it is null, with a warning.")
    .examples(&[Example::new(
        "print nowhere = isnull(geo_info_from_ip_address('no address'))",
        "print nowhere = true",
    )]),
    Operator::function(
        "assert",
        &["assert(condition, 'message')"],
        "True, or else the query is refused with the message.",
    )
    .remarks("Both are constants: it is checked before anything runs.")
    .examples(&[Example::new("print ok = assert(1 < 2, 'numbers are odd')", "print ok = true")]),
    Operator::function("bin_auto", &["bin_auto(value)"], "A value rounded down to a bin whose size the query sets.")
        .remarks("`set query_bin_auto_size` gives the size, `set query_bin_auto_at` a point where a bin begins.")
        .examples(&[Example::new(
            "set query_bin_auto_size = 4; range x from 0 to 5 step 1 | summarize n = count() by bin_auto(x)",
            "datatable(x: long, n: long) [0, 4, 4, 2]",
        )]),
    Operator::function("current_principal", &["current_principal()"], "Who asks.")
        .remarks("Nobody is signed in here: an empty string, with a warning.")
        .examples(&[Example::new("print nobody = isempty(current_principal())", "print nobody = true")]),
    Operator::function("current_principal_details", &["current_principal_details()"], "Who asks, as a bag.")
        .remarks("Nobody is signed in here: null, with a warning.")
        .examples(&[Example::new("print nobody = isnull(current_principal_details())", "print nobody = true")]),
    Operator::function(
        "current_principal_is_member_of",
        &["current_principal_is_member_of('group', ...)"],
        "Whether who asks belongs to a group.",
    )
    .remarks("Nobody is signed in here: false, with a warning.")
    .examples(&[Example::new(
        "print member = current_principal_is_member_of('aadgroup=none@example.com')",
        "print member = false",
    )]),
    Operator::function("extent_id", &["extent_id()"], "The piece of storage that a row lies in.")
        .aliases(&["extentid"])
        .remarks("There are none here: the guid of zeros, with a warning.")
        .examples(&[Example::new(
            "print x = 1 | project id = extent_id()",
            "print id = guid(00000000-0000-0000-0000-000000000000)",
        )]),
    Operator::function("extent_tags", &["extent_tags()"], "The tags of the piece of storage that a row lies in.")
        .remarks("There are none here: null, with a warning.")
        .examples(&[Example::new("print x = 1 | project none = isnull(extent_tags())", "print none = true")]),
];
