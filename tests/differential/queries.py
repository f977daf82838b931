"""Random queries over random tables, each in KQL and in SQL."""

from expressions import BOOL, LONG, REAL, SQL_TYPES, TEXT, TIME, TYPES, Expressions, value


class Table:
    """Random rows: `kql` and `sql` make them, `columns` are their names and types; `id` tells rows apart."""

    def __init__(self, random, name):
        kinds = [LONG, TEXT] + [random.choice(TYPES) for _ in range(random.randint(1, 4))]
        self.columns = [("id", LONG)] + [(f"{'xyzuvw'[i]}", kind) for i, kind in enumerate(kinds)]
        rows = []
        for row in range(random.choice([0, 1, 3, 12, 40])):
            rows.append([(str(row), f"CAST({row} AS BIGINT)")] + [value(random, kind) for kind in kinds])
        self.name = name
        declared = ", ".join(f"{column}: {kind}" for column, kind in self.columns)
        cells = ", ".join(kql for row in rows for kql, _ in row)
        self.kql = f"let {name} = datatable({declared}) [{cells}];"
        selected = ", ".join(f'CAST(c{i} AS {SQL_TYPES[kind]}) AS "{column}"' for i, (column, kind) in enumerate(self.columns))
        names = ", ".join(f"c{i}" for i in range(len(self.columns)))
        if rows:
            values = ", ".join("(" + ", ".join(sql for _, sql in row) + ")" for row in rows)
            self.sql = f"SELECT {selected} FROM (VALUES {values}) AS v({names})"
        else:
            empty = ", ".join(f"NULL AS c{i}" for i in range(len(self.columns)))
            self.sql = f"SELECT {selected} FROM (SELECT {empty}) WHERE false"


class Query:
    """A pipeline in the making: KQL operators, and the SQL that gives the same rows."""

    def __init__(self, random, tables):
        self.random, self.tables = random, tables
        table = random.choice(tables)
        self.kql, self.sql, self.columns = [table.name], f"SELECT * FROM {table.name}", list(table.columns)
        self.unique, self.fresh = True, 0

    def text(self):
        return "\n".join(table.kql for table in self.tables) + "\n" + "\n| ".join(self.kql)

    def sql_text(self):
        return "WITH " + ", ".join(f"{t.name} AS ({t.sql})" for t in self.tables) + " " + self.sql

    def step(self):
        self.random.choice([self.where, self.where, self.extend, self.project, self.summarize, self.summarize, self.join,
                            self.distinct, self.union, self.top, self.count_by, self.windows, self.in_table])()

    def name(self):
        self.fresh += 1
        return f"n{self.fresh}"

    def expressions(self):
        return Expressions(self.random, self.columns)

    def where(self):
        kql, sql = self.expressions().make(BOOL, 3)
        self.kql.append(f"where {kql}")
        self.sql = f"SELECT * FROM ({self.sql}) WHERE {sql}"

    def extend(self):
        kind, name = self.random.choice(TYPES), self.name()
        kql, sql = self.expressions().make(kind, 3)
        self.kql.append(f"extend {name} = {kql}")
        self.sql = f'SELECT *, {sql} AS "{name}" FROM ({self.sql})'
        self.columns.append((name, kind))

    def project(self):
        kept = [c for c in self.columns if c[0] == "id" or self.random.random() < 0.7]
        if not kept:
            return
        self.kql.append("project " + ", ".join(name for name, _ in kept))
        self.sql = f"SELECT {self.selected(kept)} FROM ({self.sql})"
        self.columns = kept

    @staticmethod
    def selected(columns):
        return ", ".join(f'"{name}"' for name, _ in columns)

    def summarize(self):
        keys = self.random.sample(self.columns, min(len(self.columns), self.random.randint(0, 2)))
        made, kql, sql = [], [], []
        for _ in range(self.random.randint(1, 3)):
            name = self.name()
            aggregate = self.aggregate()
            made.append((name, aggregate[2]))
            kql.append(f"{name} = {aggregate[0]}")
            sql.append(f'{aggregate[1]} AS "{name}"')
        by = (" by " + ", ".join(name for name, _ in keys)) if keys else ""
        self.kql.append(f"summarize {', '.join(kql)}{by}")
        chosen = [f'"{name}"' for name, _ in keys] + sql
        group = f" GROUP BY {self.selected(keys)}" if keys else ""
        self.sql = f"SELECT {', '.join(chosen)} FROM ({self.sql}){group}"
        self.columns, self.unique = keys + made, False

    def aggregate(self):
        make = self.expressions()
        pick = self.random.randrange(11)
        if pick == 0:
            return "count()", "count(*)", LONG
        if pick == 1:
            kql, sql = make.make(BOOL, 2)
            return f"countif({kql})", f"count(*) FILTER ({sql})", LONG
        if pick <= 3:
            kql, sql = make.make(LONG, 1)
            return f"sum({kql})", f"CAST(coalesce(sum({sql}), 0) AS BIGINT)", LONG
        if pick <= 5:
            kind, name = self.random.choice([LONG, REAL, TIME]), self.random.choice(["min", "max"])
            kql, sql = make.make(kind, 1)
            return f"{name}({kql})", f"{name}({sql})", kind
        if pick == 6:
            kql, sql = make.make(LONG, 1)
            return f"avg({kql})", f"coalesce(avg({sql}), CAST('nan' AS DOUBLE))", REAL
        if pick == 7:
            kind = self.random.choice([LONG, TEXT])
            kql, sql = make.make(kind, 1)
            return f"count_distinct({kql})", f"count(DISTINCT {sql})", LONG
        if pick == 8:
            kql, sql = make.make(LONG, 1)
            return f"percentile({kql}, 50)", f"quantile_disc({sql}, 0.5)", LONG
        if pick == 9:
            kql, sql = make.make(TEXT, 1)
            joined = f"coalesce(list_aggregate(list_sort(list(DISTINCT {sql})), 'string_agg', '|'), '')"
            return f'strcat_array(array_sort_asc(make_set({kql})), "|")', joined, TEXT
        kql, sql = make.make(LONG, 1)
        return f"dcountif({kql}, isnotnull({kql}))", f"count(DISTINCT {sql})", LONG

    def join(self):
        other = self.random.choice(self.tables)
        key = next(((n, k) for n, k in self.columns if (n, k) in other.columns), None)
        if key is None:
            return
        kind = self.random.choice(["inner", "leftouter", "rightouter", "fullouter", "leftsemi", "leftanti", "rightsemi", "rightanti"])
        name, _ = key
        self.kql.append(f"join kind={kind} ({other.name}) on {name}")
        on = f'l."{name}" IS NOT DISTINCT FROM r."{name}"'
        left, right = f"({self.sql}) l", f"{other.name} r"
        self.unique = False
        if kind in ("leftsemi", "leftanti", "rightsemi", "rightanti"):
            word = "EXISTS" if kind.endswith("semi") else "NOT EXISTS"
            if kind.startswith("left"):
                self.sql = f"SELECT * FROM {left} WHERE {word} (SELECT 1 FROM {right} WHERE {on})"
            else:
                self.sql = f"SELECT * FROM {right} WHERE {word} (SELECT 1 FROM {left} WHERE {on})"
                self.columns = list(other.columns)
            return
        taken, columns, chosen = {n for n, _ in self.columns}, list(self.columns), []
        for n, k in self.columns:
            chosen.append((f'l."{n}"', n, k))
        for n, k in other.columns:
            new, number = n, 0
            while new in taken or (number and any(new == o for o, _ in other.columns)):
                number += 1
                new = f"{n}{number}"
            taken.add(new)
            columns.append((new, k))
            chosen.append((f'r."{n}"', new, k))
        # a string is never null, on the side without a row either
        shown = [f"coalesce({of}, '') AS \"{n}\"" if k == TEXT else f'{of} AS "{n}"' for of, n, k in chosen]
        words = {"inner": "JOIN", "leftouter": "LEFT JOIN", "rightouter": "RIGHT JOIN", "fullouter": "FULL JOIN"}
        self.sql = f"SELECT {', '.join(shown)} FROM {left} {words[kind]} {right} ON {on}"
        self.columns = columns

    def distinct(self):
        kept = self.random.sample(self.columns, min(len(self.columns), self.random.randint(1, 3)))
        self.kql.append("distinct " + ", ".join(name for name, _ in kept))
        self.sql = f"SELECT DISTINCT {self.selected(kept)} FROM ({self.sql})"
        self.columns, self.unique = kept, False

    def union(self):
        other = self.random.choice(self.tables)
        both = [c for c in self.columns if c in other.columns]
        if not both:
            return
        names = ", ".join(name for name, _ in both)
        self.kql.append(f"project {names}")
        self.kql.append(f"union ({other.name} | project {names})")
        self.sql = f"SELECT {self.selected(both)} FROM ({self.sql}) UNION ALL SELECT {self.selected(both)} FROM {other.name}"
        self.columns, self.unique = both, False

    def top(self):
        if not self.unique or ("id", LONG) not in self.columns:
            return
        kind = self.random.choice([k for _, k in self.columns if k in (LONG, REAL, TIME)])
        name = self.random.choice([n for n, k in self.columns if k == kind])
        count = self.random.randint(1, 6)
        order, sql = self.random.choice([("desc", "DESC NULLS LAST"), ("asc", "ASC NULLS FIRST")])
        self.kql.append(f"sort by {name} {order}, id asc")
        self.kql.append(f"take {count}")
        self.sql = f'SELECT * FROM (SELECT * FROM ({self.sql}) ORDER BY "{name}" {sql}, "id" ASC LIMIT {count})'

    def count_by(self):
        texts = [name for name, kind in self.columns if kind == TEXT]
        if texts:
            name, key = self.name(), self.random.choice(texts)
            self.kql.append(f"summarize {name} = count() by {key} = tolower({key})")
            self.sql = f'SELECT lower("{key}") AS "{key}", count(*) AS "{name}" FROM ({self.sql}) GROUP BY lower("{key}")'
            self.columns, self.unique = [(key, TEXT), (name, LONG)], False

    def windows(self):
        if not self.unique or ("id", LONG) not in self.columns:
            return
        number, before = self.name(), self.name()
        other = self.random.choice([n for n, k in self.columns if k == LONG])
        self.kql.append("sort by id asc")
        self.kql.append(f"extend {number} = row_number(), {before} = prev({other})")
        over = 'OVER (ORDER BY "id")'
        self.sql = f'SELECT *, row_number() {over} AS "{number}", lag("{other}") {over} AS "{before}" FROM ({self.sql})'
        self.columns += [(number, LONG), (before, LONG)]

    def in_table(self):
        other = self.random.choice(self.tables)
        texts = [n for n, k in self.columns if k == TEXT]
        theirs = [n for n, k in other.columns if k == TEXT]
        if texts and theirs:
            mine, its, word = self.random.choice(texts), self.random.choice(theirs), self.random.choice(["in", "!in"])
            self.kql.append(f"where {mine} {word} (({other.name} | project {its}))")
            self.sql = f'SELECT * FROM ({self.sql}) WHERE "{mine}" {"IN" if word == "in" else "NOT IN"} (SELECT "{its}" FROM {other.name})'


def query(random):
    """A random query."""
    made = Query(random, [Table(random, "T"), Table(random, "U")])
    for _ in range(random.randint(1, 5)):
        made.step()
    return made
