#!/usr/bin/env python3
"""The vendor's client of Log Analytics (azure-monitor-query) asks `huntline fake` for tables of Defender.

contract-logs.py FAKE_URL. The fake serves telemetry and its control endpoint. Prints a PASS or FAIL for each step; ends with
1 if one failed. What the client makes of an answer is compared with what the fake's hunting service says, cell by cell.
"""

import datetime
import json
import sys
import time
import urllib.request

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsQueryClient, LogsQueryStatus

BASE = sys.argv[1].rstrip("/")
WORKSPACE = "6f3a1c52-8d7e-4b0a-9c41-2e5d7f8a9b10"
ROWS = """DeviceEvents
| project Timestamp, DeviceId, ReportId, ActionType, ProcessId, AdditionalFields,
    Parsed = parse_json(AdditionalFields), Text = format_datetime(Timestamp, 'yyyy-MM-dd HH:mm:ss.fffffff')
| sort by Timestamp asc, DeviceId asc, ReportId asc | take 200"""
failed = 0


class Token:
    def get_token(self, *scopes, **kwargs):
        return AccessToken("contract", int(time.time()) + 3600)


def step(function):
    global failed
    try:
        print("PASS", function.__name__, function() or "")
    except Exception as error:  # a client that cannot read the answer is a finding too
        failed += 1
        print("FAIL", function.__name__, f"{type(error).__name__}: {str(error)[:300]}")


def same(found, wanted, what=""):
    if found != wanted:
        raise AssertionError(f"{what}: {found!r} instead of {wanted!r}")


opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def http(path, body):
    headers = {"Authorization": "Bearer contract", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    with opener.open(urllib.request.Request(BASE + path, data=data, headers=headers), timeout=60) as answer:
        text = answer.read().decode()
    return json.loads(text) if text else None


def hunt(query):
    return http("/v1.0/security/runHuntingQuery", {"Query": query})["results"]


client = LogsQueryClient(Token(), endpoint=BASE, retry_backoff_factor=0.1)


def ask(query, timespan=None, **options):
    return client.query_workspace(WORKSPACE, query, timespan=timespan, enforce_https=False, **options)


def cells():
    """Every row and cell, datetimes and dynamic values included."""
    result = ask(ROWS)
    same(result.status, LogsQueryStatus.SUCCESS, "status")
    table, wanted = result.tables[0], hunt(ROWS)
    same(len(table.rows), len(wanted), "rows")
    if not wanted:
        raise AssertionError("the fake has no rows")
    types = dict(zip(table.columns, table.columns_types))
    same((types["Timestamp"], types["ReportId"], types["Parsed"]), ("datetime", "long", "dynamic"), "types")
    ticks = 0
    for row, other in zip(table.rows, wanted):
        for name in ("DeviceId", "ReportId", "ActionType", "ProcessId", "Text"):
            same(row[name], other[name], name)
        parsed = row["Parsed"]
        same(parsed if parsed in (None, "") else json.loads(parsed), other["Parsed"], "Parsed")
        # the client keeps microseconds; the text tells the tick
        at = row["Timestamp"]
        if not isinstance(at, datetime.datetime):
            raise AssertionError(f"no datetime: {at!r}")
        same(at.strftime("%Y-%m-%dT%H:%M:%S.%f"), row["Text"].replace(" ", "T")[:26], "Timestamp")
        same(other["Timestamp"].rstrip("Z")[:27].ljust(27, "0"), row["Text"].replace(" ", "T"), "ticks")
        ticks += row["Text"][-1] != "0"
    if not ticks:
        raise AssertionError("no row has a seventh digit")
    return f"{len(wanted)} rows, {ticks} with a seventh digit"


def tables():
    """All nine tables answer, and count as hunting counts."""
    names = ["Events", "FileCertificateInfo", "FileEvents", "ImageLoadEvents", "Info", "LogonEvents", "NetworkEvents",
             "NetworkInfo", "ProcessEvents", "RegistryEvents"]
    found = {}
    for name in names:
        query = f"Device{name} | summarize Rows = count()"
        found[name] = ask(query).tables[0].rows[0]["Rows"]
        same(found[name], hunt(query)[0]["Rows"], name)
    if sum(found.values()) == 0:
        raise AssertionError("all tables are empty")
    return f"{sum(found.values())} rows"


def timespans():
    """The client's three ways to give a timespan."""
    last = hunt("DeviceProcessEvents | summarize Last = max(Timestamp)")[0]["Last"]
    end = datetime.datetime.fromisoformat(last[:19]).replace(tzinfo=datetime.timezone.utc)
    begin = end - datetime.timedelta(hours=6)
    condition = f"between (datetime({begin:%Y-%m-%dT%H:%M:%SZ}) .. datetime({end:%Y-%m-%dT%H:%M:%SZ}))"
    query = "DeviceProcessEvents{} | summarize Rows = count()"
    wanted = hunt(query.format(f" | where Timestamp {condition}"))[0]["Rows"]
    for timespan in ((begin, end), (begin, end - begin)):
        same(ask(query.format(""), timespan).tables[0].rows[0]["Rows"], wanted, repr(timespan))
    everything = hunt(query.format(""))[0]["Rows"]
    same(ask(query.format(""), datetime.timedelta(days=36500)).tables[0].rows[0]["Rows"], everything, "all days")
    return f"{wanted} of {everything} rows"


def partial():
    """Over the limit of rows, and failed half-way: the client sees a partial result, never a whole one."""
    http("/__control/telemetry", {"la_rows": 7})
    result = ask(ROWS)
    same((result.status, len(result.partial_data[0].rows)), (LogsQueryStatus.PARTIAL, 7), "rows")
    same((result.partial_error.code, bool(result.partial_error.details)), ("PartialError", True), "error")
    http("/__control/telemetry", {"la_rows": 500000, "la_bytes": 2000})
    same(ask(ROWS).status, LogsQueryStatus.PARTIAL, "bytes")
    http("/__control/telemetry", {"la_bytes": 104857600})
    http("/__control/faults", {"service": "la", "kind": "partial"})
    same(ask(ROWS).status, LogsQueryStatus.PARTIAL, "fault")
    same(ask(ROWS).status, LogsQueryStatus.SUCCESS, "after it")


def throttled():
    """The client waits as it is told, and tries again."""
    http("/__control/faults", {"service": "la", "kinds": ["throttle"], "times": 2, "retry_after": 1})
    started = time.monotonic()
    same(ask("DeviceEvents | count").status, LogsQueryStatus.SUCCESS, "status")
    if time.monotonic() - started < 2:
        raise AssertionError("two throttles of a second took less than two")


def refused():
    """An error of the query is the client's own error, with the service's code."""
    try:
        ask("DeviceEvents | where NoSuchColumn == 1")
    except HttpResponseError as error:
        same((error.status_code, error.error.code), (400, "BadArgumentError"), "error")
    else:
        raise AssertionError("the query was answered")


for each in (cells, tables, timespans, partial, throttled, refused):
    step(each)
sys.exit(failed > 0)
