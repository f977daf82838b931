"""A mirror as other programs read it: the Python packages deltalake, polars and duckdb, against huntline's own answers.

    python3 read.py HUNTLINE [--mirror DIR] [--tables T1,T2]

Without --mirror it makes one: generated telemetry, imported in pieces and compacted. For each table every reader must have
the same count of rows, the same first and last time to the microsecond, and of each row the same device, report and time to
the tick (the timestamp and its companion column). Counts of old versions must be those of `--as-of`. In files of many pages
every reader must find as many rows by a column's value, which it may look for in the statistics first. Exit 1 when any
differs.
"""

import argparse
import datetime
import json
import pathlib
import subprocess
import sys
import tempfile

import deltalake
import duckdb
import polars
import pyarrow
import pyarrow.compute

# Rows that are compared one by one; of more, one in 97.
ROWS = 200_000
# Columns that rows are looked for by: repeated and distinct texts, numbers.
SOUGHT = [
    "ActionType", "DeviceName", "FileName", "FolderPath", "ProcessCommandLine", "SHA256", "RemoteIP", "RegistryKey",
    "RemotePort", "InitiatingProcessId", "ReportId",
]
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)


def ticks(text):
    """Ticks since 1970 of a datetime with up to seven digits of a second."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    moment = datetime.datetime.fromisoformat(whole + "+00:00")
    return (moment - EPOCH) // MICROSECOND * 10 + int(fraction.ljust(7, "0"))


class Huntline:
    """The program itself."""

    def __init__(self, program, mirror):
        self.program, self.mirror = program, mirror

    def run(self, *arguments):
        command = [self.program, *arguments, "--mirror", str(self.mirror)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\n{done.stderr}")
        return done.stdout

    def query(self, text, *arguments):
        return json.loads(self.run("query", "--format", "json", *arguments, text))["rows"]

    def summary(self, table):
        [[rows, first, last]] = self.query(f"{table} | summarize count(), min(Timestamp), max(Timestamp)")
        return rows, ticks(first) // 10, ticks(last) // 10

    def keys(self, table, every):
        rows = self.query(f"{table} | where ReportId % {every} == 0 | project DeviceId, ReportId, Timestamp")
        return sorted((device, report, ticks(time)) for device, report, time in rows)


class Reader:
    """Another program: its name and version, and what it finds in a table."""

    def summary(self, rows):
        micros = [micros for _, _, micros, _ in rows]
        return len(rows), min(micros), max(micros)

    def keys(self, rows, every):
        # A file without a companion has no row that needs one.
        chosen = (row for row in rows if row[1] % every == 0)
        return sorted((device, report, micros * 10 + (tick or 0)) for device, report, micros, tick in chosen)


class Deltalake(Reader):
    name = f"deltalake {deltalake.__version__}"

    def rows(self, folder):
        table = deltalake.DeltaTable(str(folder))
        dataset = table.to_pyarrow_dataset()
        wanted = [c for c in ("DeviceId", "ReportId", "Timestamp", "Timestamp__tick") if c in dataset.schema.names]
        found = dataset.to_table(columns=wanted)
        micros = pyarrow.compute.cast(found["Timestamp"], "int64").to_pylist()
        tick = found["Timestamp__tick"].to_pylist() if "Timestamp__tick" in wanted else [0] * len(micros)
        return list(zip(found["DeviceId"].to_pylist(), found["ReportId"].to_pylist(), micros, tick))

    def count(self, folder, column, value):
        # A filter of its pyarrow dataset finds nothing where the log tells no bounds of a column.
        sought = "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)
        engine = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(str(folder)))
        found = engine.execute(f'SELECT count(*) AS n FROM t WHERE "{column}" = {sought}').read_all()
        return pyarrow.table(found)["n"][0].as_py()


class Polars(Reader):
    name = f"polars {polars.__version__}"

    def rows(self, folder):
        frame = polars.scan_delta(str(folder))
        has_tick = "Timestamp__tick" in frame.collect_schema().names()
        tick = polars.col("Timestamp__tick") if has_tick else polars.lit(0)
        micros = polars.col("Timestamp").dt.epoch("us")
        return frame.select("DeviceId", "ReportId", micros, tick.alias("tick")).collect().rows()

    def count(self, folder, column, value):
        return polars.scan_delta(str(folder)).filter(polars.col(column) == value).select(polars.len()).collect().item()


class Duckdb(Reader):
    """By its delta extension where that is installed, else by the list of files that the log gives."""

    def __init__(self):
        self.connection = duckdb.connect()
        self.connection.execute("SET TimeZone = 'UTC'")
        try:
            self.connection.execute("LOAD delta")
            self.extension = True
        except duckdb.Error:
            self.extension = False
        self.name = f"duckdb {duckdb.__version__} ({'delta_scan' if self.extension else 'read_parquet'})"

    def source(self, folder):
        """What to select from, and its parameters."""
        if self.extension:
            return "delta_scan(?)", [str(folder)]
        files = deltalake.DeltaTable(str(folder)).file_uris()
        return "read_parquet(?, union_by_name = true, hive_partitioning = true)", [files]

    def count(self, folder, column, value):
        source, given = self.source(folder)
        return self.connection.execute(f'SELECT count(*) FROM {source} WHERE "{column}" = ?', [*given, value]).fetchone()[0]

    def rows(self, folder):
        source, given = self.source(folder)
        columns = [row[0] for row in self.connection.execute(f"DESCRIBE SELECT * FROM {source}", given).fetchall()]
        tick = "Timestamp__tick" if "Timestamp__tick" in columns else "0"
        text = f"SELECT DeviceId, ReportId, epoch_us(Timestamp), {tick} FROM {source}"
        return self.connection.execute(text, given).fetchall()


def old_versions(huntline, folder):
    """Versions whose count of rows is not that of `--as-of`."""
    table = folder.name
    newest = deltalake.DeltaTable(str(folder)).version()
    wrong = []
    for version in sorted({0, newest // 2, newest}):
        log = deltalake.DeltaTable(str(folder), version=version)
        count = sum(pyarrow.table(log.get_add_actions(flatten=True))["num_records"].to_pylist())
        [[own]] = huntline.query(f"{table} | count", "--as-of", str(version))
        if own != count:
            wrong.append(f"{table}, version {version}: huntline counts {own} rows, the log {count}")
    return wrong


def made(program, folder):
    """A mirror of generated telemetry, imported in three runs; the first two compacted."""
    huntline = Huntline(program, folder / "mirror")
    subprocess.run(
        [program, "generate", "--devices", "4", "--days", "3", "--events-per-day", "2000", "--duplicates", "30",
         "--out", str(folder / "made")],
        stdout=subprocess.DEVNULL, check=True,
    )
    blobs = sorted((folder / "made").rglob("PT1H.json"))
    for part in range(3):
        huntline.run("import", *map(str, blobs[part::3]))
        if part == 1:
            huntline.run("mirror", "compact")
    return folder / "mirror"


def sought(huntline, readers, folder):
    """Counts by the last and the first value of columns that differ from huntline's own, and how many were compared."""
    table, found, compared = folder.name, [], 0
    [[*there]] = huntline.query(f"{table} | getschema | summarize make_list(ColumnName)")
    for column in (name for name in SOUGHT if name in there[0]):
        for pick in ("arg_max", "arg_min"):
            values = huntline.query(f"{table} | where isnotempty({column}) | summarize {pick}(Timestamp, V = {column}) | project V")
            for value in (value for [value] in values if value is not None):
                [[own]] = huntline.query(f"{table} | where {column} == {json.dumps(value)} | count")
                counts = {reader.name: reader.count(folder, column, value) for reader in readers}
                compared += 1
                if own == 0 or set(counts.values()) != {own}:
                    found.append(f"{table} where {column} == {value!r}: {own} rows, and {counts}")
    return found, compared


def large(program, folder):
    """A mirror of one day with files of many pages."""
    huntline = Huntline(program, folder / "large")
    subprocess.run(
        [program, "generate", "--devices", "2", "--days", "1", "--events-per-day", "60000", "--out", str(folder / "day")],
        stdout=subprocess.DEVNULL, check=True,
    )
    huntline.run("import", str(folder / "day"))
    return huntline


def differences(huntline, readers, folder):
    table = folder.name
    expected = huntline.summary(table)
    every = 1 if expected[0] <= ROWS else 97
    keys = huntline.keys(table, every)
    found = old_versions(huntline, folder)
    for reader in readers:
        rows = reader.rows(folder)
        if reader.summary(rows) != expected:
            found.append(f"{table}, {reader.name}: {reader.summary(rows)} and not {expected}")
        theirs = reader.keys(rows, every)
        if theirs != keys:
            only, missing = set(theirs) - set(keys), set(keys) - set(theirs)
            found.append(f"{table}, {reader.name}: only there {sorted(only)[:3]}, only here {sorted(missing)[:3]}")
    ticked = sum(time % 10 != 0 for _, _, time in keys)
    print(f"{table}: {expected[0]} rows, {len(keys)} of them compared, {ticked} with a seventh digit")
    return found, len(keys), ticked


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("huntline")
    parser.add_argument("--mirror", type=pathlib.Path)
    parser.add_argument("--tables", help="only these")
    options = parser.parse_args()
    program = str(pathlib.Path(options.huntline).resolve())
    readers = [Deltalake(), Polars(), Duckdb()]
    with tempfile.TemporaryDirectory() as scratch:
        mirror = options.mirror or made(program, pathlib.Path(scratch))
        huntline = Huntline(program, mirror)
        wanted = options.tables.split(",") if options.tables else None
        folders = sorted(log.parent for log in mirror.glob("*/_delta_log"))
        found, compared, ticked = [], 0, 0
        for folder in folders:
            if wanted is None or folder.name in wanted:
                differ, keys, digits = differences(huntline, readers, folder)
                found, compared, ticked = found + differ, compared + keys, ticked + digits
        if options.mirror is None:
            huntline = large(program, pathlib.Path(scratch))
        looked = 0
        for folder in sorted(log.parent for log in huntline.mirror.glob("*/_delta_log")):
            differ, counts = sought(huntline, readers, folder)
            found, looked = found + differ, looked + counts
    print(f"{looked} values looked for")
    print(f"{', '.join(reader.name for reader in readers)}: {len(found)} differences")
    for line in found:
        print(line)
    # A mirror without rows, or without a seventh digit, shows nothing.
    return 1 if found or compared == 0 or ticked == 0 or looked == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
