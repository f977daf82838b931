"""Instructions that fixed small runs take, against the counts that are kept in counts.json.

    python3 run.py HUNTLINE [--update]

Needs valgrind. A time says little on a busy machine; the number of instructions hardly changes from run to run. Exit 1
when a run takes over 15 percent more than the count that is kept for it. `--update` keeps the counts of this run: after
a change that makes a run cheaper, or dearer for a reason. The counts are those of the profile of the tests, with one
thread.
"""

import argparse
import concurrent.futures
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

COUNTS = pathlib.Path(__file__).with_name("counts.json")
TOLERANCE = 1.15
ROWS = 12_000
START = datetime.datetime(2026, 6, 1)
IMAGES = ["svchost.exe", "powershell.exe", "cmd.exe", "chrome.exe", "mshta.exe", "explorer.exe", "msedge.exe"]

HUNTS = {
    "start: print 1": "print 1",
    "compile: a list of 5,000": "print x = 'a' in ({list})",
    "needle: in one block": "DeviceProcessEvents | where ProcessCommandLine has 'korovax7' | project Timestamp, FileName",
    "needle: nowhere": "DeviceProcessEvents | where ProcessCommandLine has 'nowhere77'",
    "indicators: has_any of 20": "DeviceProcessEvents | where ProcessCommandLine has_any ({words}) | count",
    "text: contains": "DeviceProcessEvents | where ProcessCommandLine contains 'ncodedcom' | count",
    "text: regex": r"DeviceProcessEvents | where ProcessCommandLine matches regex @'(?i)-id\s+[0-9a-f]{8}7\b' | count",
    "groups: by text and hour": "DeviceProcessEvents | summarize count() by DeviceName, bin(Timestamp, 1h) | count",
    "groups: distinct values": "DeviceNetworkEvents | summarize dcount(RemoteIP), make_set(RemotePort) by DeviceName",
    "groups: newest row": "DeviceProcessEvents | summarize arg_max(Timestamp, *) by DeviceName | count",
    "groups: percentiles": "DeviceNetworkEvents | summarize percentiles(RemotePort, 50, 95) by ActionType",
    "join: with a window": "DeviceNetworkEvents | join kind=inner (DeviceProcessEvents | where FileName == 'mshta.exe'"
    " | project DeviceId, ProcessId, Started = Timestamp) on DeviceId, $left.InitiatingProcessId == $right.ProcessId"
    " | where Timestamp between (Started .. Started + 5m) | count",
    "dynamic: a path": "DeviceNetworkEvents | summarize count() by tostring(parse_json(AdditionalFields).direction)",
    "rows: take 10": "DeviceNetworkEvents | take 10",
    "rows: top 10": "DeviceNetworkEvents | top 10 by RemotePort desc",
}


def event(category, at, row):
    """An event of the streaming API."""
    time = (START + datetime.timedelta(seconds=7 * at)).isoformat() + "Z"
    properties = {"DeviceId": f"{at % 40:040x}", "DeviceName": f"wks-{at % 40}.corp.example", "Timestamp": time}
    properties |= {"ReportId": at, "InitiatingProcessFileName": IMAGES[at % 5], "InitiatingProcessId": at % 900, **row}
    return json.dumps({"time": time, "category": f"AdvancedHunting-{category}", "properties": properties})


def process(at):
    digest = hashlib.sha256(str(at).encode()).hexdigest()
    command = rf'"c:\windows\system32\{IMAGES[at % 7]}" -k run{at % 5} -id {digest[:9]} -EncodedCommand {digest[9:40]}'
    row = {"ActionType": "ProcessCreated", "FileName": IMAGES[at % 7], "ProcessId": at % 900, "SHA256": digest}
    return row | {"ProcessCommandLine": command + (" korovax7" if at == 5000 else "")}


def connection(at):
    row = {"ActionType": ["ConnectionSuccess", "ConnectionFailed"][at % 9 == 0], "RemotePort": 1024 + at * at % 5000}
    row |= {"RemoteIP": f"10.{at % 3}.{at % 101}.{at % 253}", "RemoteUrl": f"host-{at % 300}.example"}
    return row | {"AdditionalFields": json.dumps({"direction": ["In", "Out"][at % 2], "n": at % 50})}


def instructions(command):
    """How many instructions a command takes; it has to end well."""
    environment = os.environ | {"RAYON_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1", "TOKIO_WORKER_THREADS": "1"}
    counted = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *command]
    ended = subprocess.run(counted, env=environment, capture_output=True, text=True)
    found = re.search(r"Collected : (\d+)", ended.stderr)
    if ended.returncode or not found:
        sys.exit(f"{' '.join(command)[:200]}\n{ended.stderr}")
    return int(found.group(1))


def measured(huntline, folder):
    """The counts of all runs by name."""
    telemetry = folder / "events.json"
    lines = [event("DeviceProcessEvents", at, process(at)) for at in range(ROWS)]
    lines += [event("DeviceNetworkEvents", at, connection(at)) for at in range(ROWS)]
    telemetry.write_text("\n".join(lines) + "\n")
    store = ["--mirror", str(folder / "mirror"), "--quiet"]
    subprocess.run([huntline, "import", *store, str(telemetry)], check=True, stdout=subprocess.DEVNULL)
    some = folder / "some.json"
    some.write_text("\n".join(lines[ROWS - 1000 : ROWS + 1000]) + "\n")
    runs = {"import: events": [huntline, "import", "--mirror", str(folder / "other"), "--quiet", str(some)]}
    values = {
        "list": ", ".join(f"'indicator-{n}.example'" for n in range(5000)),
        "words": ", ".join(f"'tool{n}'" for n in range(19)) + ", 'mshta'",
    }
    for name, hunt in HUNTS.items():
        text = re.sub(r"\{(list|words)\}", lambda found: values[found.group(1)], hunt)
        runs[name] = [huntline, "query", *store, text]
    # Beside each other: how many instructions a run takes does not depend on what else runs.
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(runs, pool.map(instructions, runs.values())))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("huntline")
    parser.add_argument("--update", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        counts = measured(arguments.huntline, pathlib.Path(folder))
    if arguments.update:
        COUNTS.write_text(json.dumps(counts, indent=2) + "\n")
        return 0
    kept = json.loads(COUNTS.read_text())
    worse = []
    for name, count in counts.items():
        ratio = count / kept[name] if name in kept else float("nan")
        print(f"{name:28} {count / 1e6:9.1f} M {ratio:6.2f}")
        if not ratio <= TOLERANCE:
            worse.append(name)
    if worse:
        print(f"more instructions than before: {', '.join(worse)}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
