"""`make clients`, or `python -m tests.clients [NAME ...]`: packages that nobody here wrote, driven through a dummy, and a table of what they reached.

Each client has a row in `clients.toml`, a file of steps, and an environment of its own. Its steps run under `gracetape dummy run`, in a folder for
scratch, over a new tape. The exit code is 1 when something that docs/clients.md calls reached is not; else the page's table is written anew.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from gracetape.brokers.private import answers, free_port
from gracetape.brokers.tansu import private_kafka
from gracetape.topics import PUBLIC_TOPICS
from tests.clients import table
from tests.clients.environments import FOLDER, Client, NoEnvironment, all_clients, make_environment
from tests.clients.table import YES, Row

#: igwn-alert clients speak to this port alone, whatever port an address of theirs names.
IGWN_ALERT_PORT = 9092
#: Topics that are there before a client starts: igwn-alert hears of no others.
TOPICS = (
    *(f"{kind}superevent" for kind in ("", "mdc_", "test_")),
    *(f"cbc_{name}" for name in ("gstlal", "pycbc", "mbta", "spiir", "sgnl", "aframe")), "burst_cwb", "burst_mly",
    *(f"external_{name}" for name in ("fermi", "swift", "svom", "chime", "icecube", "snews")), *PUBLIC_TOPICS,
)  # fmt: skip


def drive(client: Client, scratch: Path) -> list[Row]:
    """Run a client's steps over a new tape, and tell what each reached."""
    today = datetime.now(UTC).date().isoformat()
    report = scratch / "report.jsonl"
    with contextlib.ExitStack() as stack:
        alerts, settings = str(scratch / "alerts.jsonl"), dict[str, str]()
        free = any("{kafka}" in option for option in client.options)  # such a client goes to whatever port it is told
        kafka = ""
        if client.group:
            if not free and answers(IGWN_ALERT_PORT):
                return [Row(client.title, client.version, today, "a broker", f"port {IGWN_ALERT_PORT} is taken")]
            broker = stack.enter_context(private_kafka(client.group, TOPICS, port=None if free else IGWN_ALERT_PORT))
            alerts, kafka = broker.url, f"localhost:{broker.port}"
            settings |= {"CLIENT_KAFKA": kafka, "CLIENT_GROUP": client.group}
        port = str(free_port())
        settings |= {"CLIENT_PORT": port}
        command = [sys.executable, "-m", "gracetape", "dummy", "run", "-a", str(scratch / "dummy.tape"), "--create"]
        command += [
            *(option.replace("{kafka}", kafka).replace("{port}", port) for option in client.options),
            "--alerts",
            alerts,
            "--",
            str(client.python),
        ]
        command += [str(client.steps.with_name("drive.py")), str(client.steps), str(report)]
        subprocess.run(command, cwd=scratch, env={**os.environ, **settings}, check=False)
    lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    if not lines:
        return [Row(client.title, client.version, today, "its first step", "it ended before that")]
    return [
        Row(client.title, client.version, today, line["step"], YES if line["reached"] else line["told"])
        for line in lines
    ]


def run(clients: list[Client], keep: bool) -> list[Row]:
    """Make the environments, and drive the clients one after the other."""
    rows = []
    for client in clients:
        print(f"\n== {client.title} ({client.package} {client.version})", flush=True)
        try:
            make_environment(client)
        except NoEnvironment as error:
            today = datetime.now(UTC).date().isoformat()
            rows.append(Row(client.title, client.version, today, "installed", str(error)))
            continue
        scratch = Path(tempfile.mkdtemp(prefix=f"client-{client.name}-", dir=FOLDER))
        rows += drive(client, scratch)
        if keep:
            print(f"kept: {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    return rows


def main() -> int:
    """Drive those that are named, or all; print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__.splitlines()[0])
    clients = all_clients()
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(clients)}; none: all")
    parser.add_argument(
        "--keep", action="store_true", help="leave each client's folder, with its tape, alerts and logs"
    )
    parser.add_argument("--accept", action="store_true", help="write the table even when less was reached than it says")
    wish = parser.parse_args()
    if unknown := [name for name in wish.names if name not in clients]:
        parser.error(f"there is no client {unknown[0]!r}; there are {', '.join(clients)}")
    FOLDER.mkdir(exist_ok=True)
    new = run([clients[name] for name in wish.names or clients], wish.keep)
    old = table.read()
    print("\n" + table.HEAD + "".join(map(str, new)), end="")
    lost = table.lost(old, new)
    for row in lost:
        print(f"no longer reached: {row.client}: {row.step}", file=sys.stderr)
    if not lost or wish.accept:
        table.write(table.merged(old, new, [client.title for client in clients.values()]))
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
