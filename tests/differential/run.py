"""Random queries over random tables, answered by huntline and by DuckDB: any difference is shown with its seed.

    python3 run.py HUNTLINE [--seconds 20] [--seed 1] [--only SEED] [--jobs 2]

Needs the Python package duckdb. Exit 1 when the answers of a query differ, or huntline refuses one.
"""

import argparse
import datetime
import json
import math
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb

import queries


def kql_cell(cell, kind):
    if cell is None:
        return None
    if kind == "datetime":
        return cell.rstrip("Z").ljust(27, "0")[:26]
    if kind == "real":
        return float(cell)
    return cell


def sql_cell(cell):
    if isinstance(cell, datetime.datetime):
        return cell.strftime("%Y-%m-%dT%H:%M:%S.%f")
    return cell


def key(row):
    return [(cell is not None, f"{cell:.6g}" if isinstance(cell, float) else str(cell)) for cell in row]


def same(a, b):
    if isinstance(a, float) and isinstance(b, (int, float)):
        return a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a == b


def difference(huntline, seed):
    """What differs for a seed: None when nothing does."""
    made = queries.query(random.Random(seed))
    command = [huntline, "query", "--format", "json", "--mirror", "/nonexistent/huntline-differential"]
    answer = subprocess.run(command, input=made.text(), capture_output=True, text=True, check=False)
    try:
        expected = duckdb.connect().execute(made.sql_text()).fetchall()
    except duckdb.Error as error:
        # the other engine cannot say (an overflow, a date out of its range)
        return ("unanswered", str(error).splitlines()[0]) if answer.returncode == 0 else None
    if answer.returncode != 0:
        return "refused", f"{made.text()}\n\n{answer.stderr}"
    result = json.loads(answer.stdout)
    kinds = [column["type"] for column in result["columns"]]
    names = [column["name"] for column in result["columns"]]
    if names != [name for name, _ in made.columns]:
        return "columns", f"{made.text()}\n\n{names} and not {made.columns}"
    actual = sorted(([kql_cell(c, k) for c, k in zip(row, kinds)] for row in result["rows"]), key=key)
    expected = sorted(([sql_cell(cell) for cell in row] for row in expected), key=key)
    if len(actual) != len(expected) or not all(same(a, b) for x, y in zip(actual, expected) for a, b in zip(x, y)):
        only = [row for row in actual if row not in expected][:3]
        other = [row for row in expected if row not in actual][:3]
        return "differs", f"{made.text()}\n\nhuntline {len(actual)} rows, among them {only}\nduckdb   {len(expected)} rows, among them {other}"
    return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("huntline")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", type=int, default=3)
    options = parser.parse_args()
    if options.only is not None:
        print(difference(options.huntline, options.only))
        print(queries.query(random.Random(options.only)).sql_text())
        return 0
    end, count, found = time.monotonic() + options.seconds, 0, {}
    with ThreadPoolExecutor(options.jobs) as pool:
        while time.monotonic() < end:
            seeds = range(options.seed + count, options.seed + count + 50)
            for seed, result in zip(seeds, pool.map(lambda s: difference(options.huntline, s), seeds)):
                count += 1
                if result is not None:
                    found.setdefault(result[0], []).append((seed, result[1]))
    unanswered = found.pop("unanswered", [])
    print(f"{count} queries, {len(unanswered)} of them beyond DuckDB, {sum(map(len, found.values()))} differences")
    for kind, cases in found.items():
        for seed, text in cases[: options.show]:
            print(f"\n{kind}, seed {seed}:\n{text}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
