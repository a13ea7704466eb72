"""Strangers' messages: whatever is sent to a node, the child goes on, and no file appears anywhere."""

import json
import os
import random
from pathlib import Path
from typing import Any

from gracetape.listen import read_configuration
from gracetape.listen.accepted import Message
from gracetape.listen.checks.table import CHECKS
from gracetape.listen.journal import Journal
from gracetape.listen.logs import open_log
from gracetape.listen.plugins import find_plugin
from gracetape.listen.worker import Worker
from tests.listen.listeners import NODE, append, configure, logs, running, stop
from tests.waiting import eventually

MESSAGES = int(os.environ.get("HOSTILE", "5000"))

EVENT = {"graceid": "G1", "instruments": "H1,L1", "far": 1e-9, "preferred_event_data": {"instruments": "V1"}}
GOOD: list[dict[str, Any]] = [
    {"uid": "G1", "alert_type": "new", "data": EVENT, "object": EVENT},
    {"uid": "G1", "alert_type": "log", "data": {"comment": "minimum glitch-FAP for ovl at H1 within [1, 2] is 0.001"}},
    {"uid": "G1", "alert_type": "log", "data": {"comment": "iDQ glitch tables H1:", "filename": "psd.xml.gz"}},
    {"uid": "G1", "alert_type": "label_added", "data": {"name": "H1OPS"}, "object": EVENT},
    {"uid": "G1", "alert_type": "signoff_created", "data": {"signoff_type": "OP", "instrument": "H1", "status": "OK"}},
    {"uid": "G1", "alert_type": "update", "description": "strain spectral densities", "file": "psd.xml", "object": {}},
    {"uid": "command", "alert_type": "printQueue", "object": {"filename": "../../queue.txt"}},
    {"uid": "command", "alert_type": "checkpointQueue", "object": {"filename": "../x", "sleep": 1e-300}},
    {"uid": "heartbeat"},
]
ODD = [
    None,
    True,
    0,
    -1,
    1e308,
    float("nan"),
    10**40,
    "",
    "x" * 5000,
    "\0",
    "\ud800",
    "\n",
    "%s%d%n",
    "../../x",
    [],
    {},
    [[]],
    {"uid": {}},
]


def mutated(dice: random.Random) -> str:
    """A good message with a value, a key or some characters changed, or noise."""
    if dice.random() < 0.05:
        return "".join(chr(dice.randrange(1, 0xD800)) for _ in range(dice.randrange(200)))
    payload = json.loads(json.dumps(dice.choice(GOOD)))
    if dice.random() < 0.5:
        payload["uid"] = dice.choice(
            [payload["uid"], f"G{dice.randrange(1000)}", f"S{dice.randrange(1000)}a", dice.choice(ODD)]
        )
    for _ in range(dice.randrange(3)):
        place = payload
        while (
            inner := [value for value in place.values() if isinstance(value, dict) and value]
        ) and dice.random() < 0.6:
            place = dice.choice(inner)
        place[dice.choice([*place, "x"])] = json.loads(json.dumps(dice.choice(ODD)))
    text = json.dumps(payload)
    if dice.random() < 0.2:
        at = dice.randrange(len(text) + 1)
        text = text[:at] + dice.choice(["", '"', "{", "\\u12", "\x00", "]", "é"]) + text[at + dice.randrange(3) :]
    return text


def test_random_and_mutated_messages_stop_nothing_and_write_nothing(tmp_path: Path) -> None:
    sections = "".join(f"[{name}]\n" for name in CHECKS)
    config = configure(
        tmp_path, {"c": {"general": {"process_type": "checks", "log_level": "error"}}}, sections=sections
    )
    (child,) = read_configuration(config).children
    journal = Journal(tmp_path / "journal.sqlite")
    log = open_log(child.log_file, child.log_level)
    worker = Worker(child, find_plugin("checks"), journal, log, obeys=False)
    dice = random.Random(8)
    heard = 0
    for number in range(1, MESSAGES + 1):
        worker.hear(Message(number, f"id{number}", NODE, float(number), mutated(dice)))
        while worker.queue.next_deadline < number:
            worker.perform()
        if number % 100 == 0:
            worker.commit()
        heard += 1
    assert worker.heard == heard == MESSAGES
    assert journal.heard == MESSAGES
    log.file.flush()
    text = child.log_file.read_text()
    assert "Traceback" not in text.replace("Traceback (most recent call last)", "", text.count("NotAnAlert"))
    journal.close()
    assert {path.name for path in tmp_path.iterdir()} == {"logs", "main.ini", "c.child.ini", "journal.sqlite"}
    assert {path.name.rstrip(".12345") for path in (tmp_path / "logs").iterdir()} == {"c.log"}


def test_great_and_deep_messages_go_through_the_real_process(tmp_path: Path) -> None:
    heard = tmp_path / "alerts.jsonl"
    config = configure(tmp_path, {"c": {"general": {"log_level": "info"}}}, {"source": heard})
    with running(config) as process:
        append(heard, {"uid": "G1", "great": "x" * 10 * 2**20})
        with heard.open("a") as file:
            file.write("[" * 10_000 + "\n" + '{"uid":' * 10_000 + "\n" + "\x00\x01\x02\n\n\n" + '{"node": 3}\n')
        append(heard, {"uid": "command", "alert_type": "printQueue", "object": {"filename": "../x"}})
        append(heard, {"uid": "G2"})
        eventually(lambda: "uid=G2" in logs(tmp_path))
        code, _, err = stop(process)
    assert (code, err) == (0, "")
    assert "commands are off" in logs(tmp_path)
    assert not (tmp_path / "x").exists()
