"""Random scalar expressions, each in two languages: (KQL, SQL for DuckDB), of one of the types below.

The SQL spells out what Kusto means (two-valued comparisons with null, strings that are never null, nearest-rank
percentiles), so that a difference is a fault of one of the engines, or of this file.
"""

LONG, REAL, TEXT, BOOL, TIME = "long", "real", "string", "bool", "datetime"
TYPES = [LONG, REAL, TEXT, BOOL, TIME]
SQL_TYPES = {LONG: "BIGINT", REAL: "DOUBLE", TEXT: "VARCHAR", BOOL: "BOOLEAN", TIME: "TIMESTAMP"}

WORDS = ["", "a", "A", "abc", "ABC", "cmd.exe", "CMD.EXE /c whoami", "power shell", "PowerShell -enc", "x-1", "1", "22", "-3",
         "foo_bar", "foo bar", "bar", "é", "naïve", "tab\there", 'quo"te', "it's", "back\\slash", "%", "a.b", "same", "Same"]
TIMES = ["2026-01-01 00:00:00", "2026-01-01 23:59:59.999999", "2025-12-31 12:30:00", "2024-02-29 06:00:00.000001",
         "1999-12-31 23:00:00", "2026-06-15 13:45:10.5"]


def kql_text(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'


def sql_text(text):
    return "'" + text.replace("'", "''") + "'"


def value(random, kind, nulls=True):
    """A literal as (KQL, SQL)."""
    if nulls and kind != TEXT and random.random() < 0.15:
        return f"{kind}(null)", f"CAST(NULL AS {SQL_TYPES[kind]})"
    if kind == LONG:
        number = random.choice([0, 1, 2, 3, 5, 7, 10, 100, -1, -2, -7, 1000000, random.randint(-50, 50)])
        return (f"long({number})" if number < 0 else str(number)), f"CAST({number} AS BIGINT)"
    if kind == REAL:
        number = random.choice([0.0, 0.5, -0.5, 1.25, 2.0, -3.75, 1e6, 0.1, random.randint(-400, 400) / 8])
        return f"real({number!r})", f"CAST({number!r} AS DOUBLE)"
    if kind == TEXT:
        text = random.choice(WORDS)
        return kql_text(text), sql_text(text)
    if kind == BOOL:
        text = random.choice(["true", "false"])
        return text, text
    text = random.choice(TIMES)
    return f"datetime({text.replace(' ', 'T')})", f"TIMESTAMP '{text}'"


class Expressions:
    """Makes expressions over the columns in sight: a list of (name, type)."""

    def __init__(self, random, columns):
        self.random, self.columns = random, columns

    def column(self, kind):
        names = [name for name, of in self.columns if of == kind]
        return self.random.choice(names) if names else None

    def make(self, kind, depth=2):
        name = self.column(kind)
        if name and (depth <= 0 or self.random.random() < 0.35):
            return name, f'"{name}"'
        if depth <= 0 or self.random.random() < 0.12:
            return value(self.random, kind)
        return getattr(self, kind if kind != "string" else "text")(depth - 1)

    def some(self, depth, *kinds):
        return [self.make(kind, depth) for kind in kinds]

    def long(self, depth):
        pick = self.random.randrange(9)
        if pick <= 2:
            (a, x), (b, y) = self.some(depth, LONG, LONG)
            op = "+-*"[pick]
            # hugeint first, and no value near the edge: overflow is not what is asked here
            return f"({a} {op} {b}) % 1000003", self.modulo(f"({x}::HUGEINT {op} {y}::HUGEINT)", "1000003")
        if pick == 3:
            (a, x), n = self.make(LONG, depth), self.random.choice([2, 3, 7])
            return f"({a} % {n})", self.modulo(f"{x}", str(n))
        if pick == 4:
            a, x = self.make(TEXT, depth)
            return f"strlen({a})", f"length({x})"
        if pick == 5:
            (a, x), n = self.make(LONG, depth), self.random.choice([2, 5, 10])
            return f"bin({a}, {n})", f"CAST(floor({x}::DOUBLE / {n}) * {n} AS BIGINT)"
        if pick == 6:
            (c, p), (a, x), (b, y) = self.some(depth, BOOL, LONG, LONG)
            return f"iff({c}, {a}, {b})", f"CASE WHEN {p} THEN {x} ELSE {y} END"
        if pick == 7:
            (a, x), (b, y) = self.some(depth, LONG, LONG)
            return f"coalesce({a}, {b})", f"coalesce({x}, {y})"
        (a, x), (b, y) = self.some(depth, TEXT, TEXT)
        return f"indexof({a}, {b})", f"CASE WHEN {y} = '' THEN NULL ELSE instr({x}, {y}) - 1 END"

    @staticmethod
    def modulo(x, n):
        """Kusto's remainder is never negative."""
        return f"CAST(((({x}) % {n}) + {n}) % {n} AS BIGINT)"

    def real(self, depth):
        pick = self.random.randrange(6)
        if pick <= 2:
            (a, x), (b, y) = self.some(depth, REAL, REAL)
            op = "+-*"[pick]
            return f"({a} {op} {b})", f"({x} {op} {y})"
        if pick == 3:
            (a, x), n = self.make(REAL, depth), self.random.choice([2.0, 4.0, 0.5])
            return f"({a} / {n})", f"({x} / {n})"
        if pick == 4:
            a, x = self.make(LONG, depth)
            return f"toreal({a})", f"CAST({x} AS DOUBLE)"
        a, x = self.make(REAL, depth)
        return f"abs({a})", f"abs({x})"

    def text(self, depth):
        pick = self.random.randrange(8)
        if pick == 0:
            (a, x), (b, y) = self.some(depth, TEXT, TEXT)
            return f"strcat({a}, {b})", f"({x} || {y})"
        if pick == 1:
            a, x = self.make(TEXT, depth)
            return f"tolower({a})", f"lower({x})"
        if pick == 2:
            a, x = self.make(TEXT, depth)
            return f"substring({a}, 1, 3)", f"substr({x}, 2, 3)"
        if pick == 3:
            a, x = self.make(LONG, depth)
            return f"tostring({a})", f"coalesce(CAST({x} AS VARCHAR), '')"
        if pick == 4:
            (c, p), (a, x), (b, y) = self.some(depth, BOOL, TEXT, TEXT)
            return f"iff({c}, {a}, {b})", f"CASE WHEN {p} THEN {x} ELSE {y} END"
        if pick == 5:
            a, x = self.make(TEXT, depth)
            return f'replace_string({a}, "a", "_")', f"replace({x}, 'a', '_')"
        if pick == 6:
            a, x = self.make(TEXT, depth)
            return f"reverse({a})", f"reverse({x})"
        a, x = self.make(TEXT, depth)
        return f"toupper({a})", f"upper({x})"

    def bool(self, depth):
        pick = self.random.randrange(12)
        if pick == 0:
            (a, x), (b, y) = self.some(depth, BOOL, BOOL)
            op = self.random.choice(["and", "or"])
            return f"({a} {op} {b})", f"({x} {op} {y})"
        if pick == 1:
            a, x = self.make(BOOL, depth)
            return f"not({a})", f"(NOT {x})"
        if pick <= 4:
            kind = self.random.choice([LONG, REAL, TIME])
            (a, x), (b, y) = self.some(depth, kind, kind)
            kql, sql = self.compared(self.random.choice(["<", "<=", ">", ">=", "==", "!="]), a, b, x, y)
            if kind == REAL:
                # NaN is no number: it is not even itself
                nan = "true" if " != " in kql else "false"
                sql = f"CASE WHEN isnan({x}) OR isnan({y}) THEN {nan} ELSE {sql} END"
            return kql, sql
        if pick == 5:
            (a, x), (b, y) = self.some(depth, TEXT, TEXT)
            op = self.random.choice(["==", "!=", "=~", "!~"])
            if "~" in op:
                x, y = f"lower({x})", f"lower({y})"
            return f"({a} {op} {b})", f"({x} {'=' if op in ('==', '=~') else '<>'} {y})"
        if pick == 6:
            (a, x), word = self.make(TEXT, depth), self.random.choice(["a", "cmd", "BAR", "1", "é"])
            op, sql = self.random.choice([("contains", "contains"), ("startswith", "starts_with"), ("endswith", "ends_with")])
            exact = self.random.random() < 0.5
            kql = f"({a} {op}_cs {kql_text(word)})" if exact else f"({a} {op} {kql_text(word)})"
            return kql, f"{sql}({x}, {sql_text(word)})" if exact else f"{sql}(lower({x}), lower({sql_text(word)}))"
        if pick == 7:
            (a, x), word = self.make(TEXT, depth), self.random.choice(["cmd", "foo", "bar", "shell", "exe", "1"])
            return f"({a} has {kql_text(word)})", f"regexp_matches({x}, '(?i)(^|[^\\p{{L}}\\p{{N}}]){word}($|[^\\p{{L}}\\p{{N}}])')"
        if pick == 8:
            a, x = self.make(TEXT, depth)
            return f"isempty({a})", f"({x} = '')"
        if pick == 9:
            kind = self.random.choice([LONG, REAL, TIME, BOOL])
            a, x = self.make(kind, depth)
            return f"isnull({a})", f"({x} IS NULL)"
        if pick == 10:
            a, x = self.make(LONG, depth)
            items = [value(self.random, LONG, nulls=False) for _ in range(3)]
            listed = ", ".join(y for _, y in items)
            return f"({a} in ({', '.join(k for k, _ in items)}))", f"coalesce({x} IN ({listed}), false)"
        (a, x), (b, y), (c, z) = self.some(depth, LONG, LONG, LONG)
        return f"({a} between ({b} .. {c}))", f"({x} BETWEEN {y} AND {z})"

    @staticmethod
    def compared(op, a, b, x, y):
        # one null is no value and differs from any, two of them are null together
        if op == "==":
            return f"({a} == {b})", f"CASE WHEN {x} IS NULL AND {y} IS NULL THEN NULL ELSE {x} IS NOT DISTINCT FROM {y} END"
        if op == "!=":
            return f"({a} != {b})", f"CASE WHEN {x} IS NULL AND {y} IS NULL THEN NULL ELSE {x} IS DISTINCT FROM {y} END"
        return f"({a} {op} {b})", f"({x} {op} {y})"

    def datetime(self, depth):
        pick = self.random.randrange(4)
        a, x = self.make(TIME, depth)
        if pick == 0:
            return f"startofday({a})", f"CAST(date_trunc('day', {x}) AS TIMESTAMP)"
        if pick == 1:
            return f"bin({a}, 1h)", f"date_trunc('hour', {x})"
        if pick == 2:
            n = self.random.choice([1, 5, 90])
            return f"({a} + {n}m)", f"({x} + INTERVAL {n} MINUTE)"
        return f"datetime_add('month', 1, {a})", f"({x} + INTERVAL 1 MONTH)"
