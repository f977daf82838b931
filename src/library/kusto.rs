//! The names of Kusto's language, as its documentation lists them: what a copied query may hold.
//!
//! In: a name. Out: which kind it is, what it is called today, why it cannot run on a machine of one's own. Whether it
//! runs here is for the records to say; nothing here knows them.

use super::table;

/// What the names of a list are, which says where their records stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    /// Query operators.
    Operator,
    /// Statements.
    Statement,
    /// Scalar functions and operators, and functions that the query itself answers.
    Scalar,
    /// Functions that stand in the conditions of graph operators, and nowhere else.
    Graph,
    /// Aggregation functions.
    Aggregate,
    /// Plugins of `evaluate`.
    Plugin,
    /// Kinds of picture.
    Render,
}

/// A list of names of one kind.
#[derive(Debug)]
pub struct Kind {
    /// The heading.
    pub name: &'static str,
    /// What the names are.
    pub is: Is,
    /// The names, parted by blanks; a blank inside a name is written `·`.
    names: &'static str,
}

impl Kind {
    /// The official names, in order.
    pub fn names(&self) -> impl Iterator<Item = String> + use<> {
        self.names.split(' ').map(|name| name.replace('·', " "))
    }
}

/// Every kind of name, from Microsoft's documentation of the query language and of the portals.
pub static KINDS: &[Kind] = &[
    Kind {
        name: "Query operators",
        is: Is::Operator,
        names: "as assert-schema consume count datatable distinct evaluate extend externaldata facet find fork \
             getschema graph-mark-components graph-match graph-shortest-paths graph-to-table \
             inline_external_table invoke join lookup macro-expand make-graph make-series mv-apply mv-expand \
             parse parse-kv parse-where partition print project project-away project-by-names project-keep \
             project-rename project-reorder range reduce render sample sample-distinct scan search serialize sort \
             summarize take top top-hitters top-nested union where",
    },
    Kind {
        name: "Statements",
        is: Is::Statement,
        names: "let set declare·query_parameters declare·pattern alias·database restrict·access",
    },
    Kind {
        name: "Scalar operators",
        is: Is::Scalar,
        names: "+ - * / % < <= > >= == != =~ !~ and or between !between in !in in~ !in~ has_any has_all has !has \
             has_cs !has_cs hasprefix !hasprefix hasprefix_cs !hasprefix_cs hassuffix !hassuffix hassuffix_cs \
             !hassuffix_cs contains !contains contains_cs !contains_cs startswith !startswith startswith_cs \
             !startswith_cs endswith !endswith endswith_cs !endswith_cs matches·regex",
    },
    Kind {
        name: "Scalar functions",
        is: Is::Scalar,
        names: "abs acos ago around array_concat array_iff array_index_of array_length array_reverse \
             array_rotate_left array_rotate_right array_shift_left array_shift_right array_slice array_sort_asc \
             array_sort_desc array_split array_sum asin assert atan atan2 bag_has_key bag_keys bag_merge bag_pack \
             bag_pack_columns bag_remove_keys bag_set_key bag_zip base64_decode_toarray base64_decode_toguid \
             base64_decode_tostring base64_encode_fromarray base64_encode_fromguid base64_encode_tostring \
             beta_cdf beta_inv beta_pdf bin bin_at bin_auto binary_and binary_not binary_or binary_shift_left \
             binary_shift_right binary_xor bitset_count_ones case ceiling coalesce column_ifexists \
             column_names_of convert_angle convert_energy convert_force convert_length convert_mass convert_speed \
             convert_temperature convert_volume cos cot countof current_cluster_endpoint current_database \
             current_principal current_principal_details current_principal_is_member_of cursor_after \
             cursor_before_or_at cursor_current datetime_add datetime_diff datetime_local_to_utc datetime_part \
             datetime_utc_to_local dayofmonth dayofweek dayofyear dcount_hll degrees dynamic_to_json endofday \
             endofmonth endofweek endofyear erf erfc estimate_data_size exp exp10 exp2 extent_id extent_tags \
             extract extract_all extract_json format_bytes format_datetime format_ipv4 format_ipv4_mask \
             format_timespan gamma geo_angle geo_azimuth geo_closest_point_on_line geo_closest_point_on_polygon \
             geo_distance_2points geo_distance_point_to_line geo_distance_point_to_polygon geo_from_wkt \
             geo_geohash_neighbors geo_geohash_to_central_point geo_geohash_to_polygon geo_h3cell_children \
             geo_h3cell_level geo_h3cell_neighbors geo_h3cell_parent geo_h3cell_rings geo_h3cell_to_central_point \
             geo_h3cell_to_polygon geo_info_from_ip_address geo_intersection_2lines geo_intersection_2polygons \
             geo_intersection_line_with_polygon geo_intersects_2lines geo_intersects_2polygons \
             geo_intersects_line_with_polygon geo_line_buffer geo_line_centroid geo_line_densify \
             geo_line_interpolate_point geo_line_length geo_line_locate_point geo_line_simplify \
             geo_line_to_s2cells geo_point_buffer geo_point_in_circle geo_point_in_polygon geo_point_to_geohash \
             geo_point_to_h3cell geo_point_to_s2cell geo_polygon_area geo_polygon_buffer geo_polygon_centroid \
             geo_polygon_densify geo_polygon_perimeter geo_polygon_simplify geo_polygon_to_h3cells \
             geo_polygon_to_s2cells geo_s2cell_neighbors geo_s2cell_to_central_point geo_s2cell_to_polygon \
             geo_simplify_polygons_array geo_union_lines_array geo_union_polygons_array gettype getyear \
             gzip_compress_to_base64_string gzip_decompress_from_base64_string has_any_index has_any_ipv4 \
             has_any_ipv4_prefix has_ipv4 has_ipv4_prefix hash hash_combine hash_many hash_md5 hash_sha1 \
             hash_sha256 hash_xxhash64 hll_merge hourofday iff indexof indexof_regex ingestion_time ipv4_compare \
             ipv4_is_in_any_range ipv4_is_in_range ipv4_is_match ipv4_is_private ipv4_netmask_suffix \
             ipv4_range_to_cidr_list ipv6_compare ipv6_is_in_any_range ipv6_is_in_range ipv6_is_match isascii \
             isempty isfinite isinf isnan isnotempty isnotnull isnull isutf8 jaccard_index log log10 log2 \
             loggamma make_datetime make_timespan max_of merge_tdigest min_of monthofyear new_guid not now \
             pack_all pack_array parse_command_line parse_csv parse_ipv4 parse_ipv4_mask parse_ipv6 \
             parse_ipv6_mask parse_json parse_path parse_url parse_urlquery parse_user_agent parse_version \
             parse_xml percentile_tdigest percentiles_array_tdigest percentrank_tdigest pi pow \
             punycode_domain_from_string punycode_domain_to_string punycode_from_string punycode_to_string \
             radians rand range rank_tdigest regex_quote repeat replace_regex replace_string replace_strings \
             reverse round series_abs series_acos series_add series_asin series_atan series_ceiling series_cos \
             series_cosine_similarity series_decompose series_decompose_anomalies series_decompose_forecast \
             series_divide series_dot_product series_equals series_exp series_fft series_fill_backward \
             series_fill_const series_fill_forward series_fill_linear series_fir series_fit_2lines \
             series_fit_2lines_dynamic series_fit_line series_fit_line_dynamic series_fit_poly series_floor \
             series_greater series_greater_equals series_ifft series_iir series_less series_less_equals \
             series_log series_magnitude series_multiply series_not_equals series_outliers \
             series_pearson_correlation series_periods_detect series_periods_validate series_pow series_product \
             series_seasonal series_sign series_sin series_stats series_stats_dynamic series_subtract series_sum \
             series_tan set_difference set_has_element set_intersect set_union sign sin split sqrt startofday \
             startofmonth startofweek startofyear strcat strcat_array strcat_delim strcmp string_size strlen \
             strrep substring tan tobool todatetime todecimal toguid tohex toint tolong tolower toreal tostring \
             totimespan toupper translate treepath trim trim_end trim_start unicode_codepoints_from_string \
             unicode_codepoints_to_string unixtime_microseconds_todatetime unixtime_milliseconds_todatetime \
             unixtime_nanoseconds_todatetime unixtime_seconds_todatetime url_decode url_encode \
             url_encode_component week_of_year welch_test zip zlib_compress_to_base64_string \
             zlib_decompress_from_base64_string",
    },
    Kind {
        name: "Functions of tables and places",
        is: Is::Scalar,
        names: "cluster database external_table graph materialize materialized_view stored_query_result table \
             toscalar",
    },
    Kind {
        name: "Window functions",
        is: Is::Scalar,
        names: "next prev row_cumsum row_number row_rank_dense row_rank_min row_window_session",
    },
    Kind {
        name: "Graph functions",
        is: Is::Graph,
        names: "all any inner_nodes labels map node_degree_in node_degree_out node_id",
    },
    Kind {
        name: "Aggregation functions",
        is: Is::Aggregate,
        names: "arg_max arg_min avg avgif binary_all_and binary_all_or binary_all_xor buildschema count \
             count_distinct count_distinctif countif covariance covarianceif covariancep covariancepif dcount \
             dcountif hll hll_if hll_merge make_bag make_bag_if make_list make_list_if make_list_with_nulls \
             make_set make_set_if max maxif min minif percentile percentiles percentiles_array percentilesw \
             percentilesw_array percentilew stdev stdevif stdevp stdevpif sum sumif take_any take_anyif tdigest \
             tdigest_merge variance varianceif variancep variancepif",
    },
    Kind {
        name: "Plugins",
        is: Is::Plugin,
        names: "active_users_count activity_counts_metrics activity_engagement activity_metrics ai_chat_completion \
             ai_chat_completion_prompt ai_embeddings autocluster azure_digital_twins_query_request bag_unpack \
             basket cosmosdb_sql_request dcount_intersect diffpatterns diffpatterns_text funnel_sequence \
             funnel_sequence_completion geo_line_lookup geo_polygon_lookup http_request http_request_post \
             infer_storage_schema infer_storage_schema_with_suggestions ipv4_lookup ipv6_lookup mysql_request \
             narrow new_activity_metrics pivot postgresql_request preview python r rolling_percentile rows_near \
             schema_merge sequence_detect session_count sliding_window_counts sql_request",
    },
    Kind {
        name: "Functions of the portals",
        is: Is::Scalar,
        names: "FileProfile SeenBy DeviceFromIP AssignedIPAddresses _GetWatchlist _GetWatchlistAlias _Im_AuditEvent \
             _Im_Authentication _Im_DhcpEvent _Im_Dns _Im_FileEvent _Im_NetworkSession _Im_ProcessEvent \
             _Im_RegistryEvent _Im_UserManagement _Im_WebSession",
    },
    Kind {
        name: "Kinds of `render`",
        is: Is::Render,
        names: "anomalychart areachart barchart card columnchart graph ladderchart linechart piechart pivotchart \
             plotly scatterchart stackedareachart table timechart timepivot treemap",
    },
];

/// Other spellings, deprecated or of equal meaning, and the official names.
pub static SPELLINGS: &[(&str, &str)] = &[
    ("<>", "!="),
    ("any", "take_any"),
    ("anyif", "take_anyif"),
    ("argmax", "arg_max"),
    ("argmin", "arg_min"),
    ("array_iif", "array_iff"),
    ("arraylength", "array_length"),
    ("base64_decodestring", "base64_decode_tostring"),
    ("base64_encodestring", "base64_encode_tostring"),
    ("columnifexists", "column_ifexists"),
    ("containscs", "contains_cs"),
    ("current_cursor", "cursor_current"),
    ("datepart", "datetime_part"),
    ("extentid", "extent_id"),
    ("external_data", "externaldata"),
    ("extractall", "extract_all"),
    ("extractjson", "extract_json"),
    ("filter", "where"),
    ("floor", "bin"),
    ("getmonth", "monthofyear"),
    ("iif", "iff"),
    ("limit", "take"),
    ("make_dictionary", "make_bag"),
    ("make_string", "unicode_codepoints_to_string"),
    ("makelist", "make_list"),
    ("makeset", "make_set"),
    ("mvapply", "mv-apply"),
    ("mvexpand", "mv-expand"),
    ("notcontains", "!contains"),
    ("notcontainscs", "!contains_cs"),
    ("notempty", "isnotempty"),
    ("notnull", "isnotnull"),
    ("order", "sort"),
    ("pack", "bag_pack"),
    ("pack_dictionary", "bag_pack"),
    ("parsejson", "parse_json"),
    ("parseurl", "parse_url"),
    ("parseurlquery", "parse_urlquery"),
    ("replace", "replace_regex"),
    ("to_utf8", "unicode_codepoints_from_string"),
    ("toboolean", "tobool"),
    ("todouble", "toreal"),
    ("todynamic", "parse_json"),
    ("toobject", "parse_json"),
    ("totime", "totimespan"),
    ("weekofyear", "week_of_year"),
];

/// True for a name of that kind.
pub fn has(is: Is, name: &str) -> bool {
    KINDS.iter().any(|kind| kind.is == is && kind.names().any(|n| n == name))
}

/// True for what has a [`reason`] not to run today, though nothing of it lies in a service: the others never will.
pub fn could_run(name: &str) -> bool {
    matches!(name, "parse_user_agent" | "hash_combine" | "hash_many" | "declare pattern")
}

/// Why a name of Kusto's has no meaning here, mostly as what it asks lies in a cluster: it is refused, or gives a value
/// that says so. `None` for all the others.
pub fn reason(name: &str) -> Option<&'static str> {
    Some(match name {
        "current_principal" | "current_principal_details" | "current_principal_is_member_of" => {
            "nobody is signed in here"
        }
        "cursor_after" | "cursor_before_or_at" | "cursor_current" | "current_cursor" => {
            "cursors mark what a cluster took in, and when"
        }
        "extent_id" | "extentid" | "extent_tags" => "rows lie in no extents here",
        "external_table" => "external tables are declared in a cluster's database; `--table NAME=PATH` reads a file",
        "inline_external_table" => "it reads storage accounts through a cluster; `--table NAME=PATH` reads a file",
        "materialized_view" => "materialized views are kept by a cluster",
        "stored_query_result" => "stored results are kept by a cluster",
        "graph" => "graph models and their snapshots are kept by a cluster",
        "labels" => "only graph models have labels, and a cluster keeps those",
        "declare pattern" | "pattern" => "a pattern asks the application in between what it stands for",
        "alias database" | "alias" => "it names a database of a cluster, which cannot be reached offline",
        "parse_user_agent" => "it knows browsers by some thousand patterns, which are not built in",
        "hash_combine" | "hash_many" => "how Kusto combines hashes is not published",
        _ => return table::never_offline(name),
    })
}
