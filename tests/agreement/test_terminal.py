"""A hostile tape shown on a terminal gives it no orders, whichever command shows it."""

import json
import re
import shutil
from pathlib import Path

import pytest

from gracetape.archive import Archive
from gracetape.archive.recorded import Recorded, add_recorded
from gracetape.listen.show import status_view
from gracetape.times import parse_time
from tests.agreement.terminals import on_terminal

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
EVIL = "E\x1b]0;owned\x07\x1b[31m\x1b[2J\x9b5m\u202ecba\rV\x08\x7f\u2066"
#: What may be left of it: our own colours, and what rich's tables and status lines give.
OURS = re.compile(r"\x1b\[[0-9;]*m|\x1b\[\?25[hl]|\r?\x1b\[\d*[AK]|\r(?=\x1b\[\d*[AK])|\r\n")
#: The colour of EVIL, which we never give alone.
THEIRS = "\x1b[31m\\u001b"


def spoilt(value: object) -> object:
    """A record whose every text that is free is hostile."""
    if isinstance(value, dict):
        return {name: spoilt_field(name, one) for name, one in value.items()}
    return [spoilt(one) for one in value] if isinstance(value, list) else value


def spoilt_field(name: str, value: object) -> object:
    free = name in ("comment", "issuer", "submitter", "filename", "creator", "tag_names", "display_name", "pipeline")
    if (
        free and isinstance(value, str) and not value.endswith(tuple("0123456789"))
    ):  # some texts end with a number that is read
        return value + EVIL
    if free and isinstance(value, list):
        return [*value, EVIL]
    return spoilt(value)


@pytest.fixture
def tape(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tape that a stranger made."""
    monkeypatch.chdir(tmp_path)
    path = Path(shutil.copy(SHORT, tmp_path / "evil.tape"))
    with Archive.open(path, read_only=False) as archive:
        graceids = archive.objects()
        for graceid in graceids:
            with archive.transaction() as tx:
                for kind in ("object", "log", "label", "signoff"):
                    for key, record in [
                        (str(r.get("N", r.get("name", ""))), r) for r in archive.view(graceid).records(kind)
                    ]:
                        if kind in ("object", "log"):
                            tx.put(graceid, kind, key if kind == "log" else "", spoilt(record))  # type: ignore[arg-type]
                for name, contents in (
                    (f"{EVIL}.txt", EVIL.encode() + b"\n"),
                    ("text.txt", EVIL.encode()),
                    ("raw", b"\0\x9b"),
                ):
                    tx.add_file(graceid, name, tx.store_blob(iter([contents])))
                tx.note(archive.capture(graceid), {EVIL: EVIL})
                payload = {"uid": graceid, "alert_type": EVIL, "data": {"comment": EVIL}, "object": {}}
                add_recorded(tx, {graceid: [Recorded(parse_time("2026-03-01 12:00:09 UTC"), EVIL, payload)]})
        archive.connection.execute("UPDATE captures SET tool = ?, service = ?, origin = ?", (EVIL, EVIL, EVIL))
        archive.connection.commit()
    return path


def check(seen: str) -> None:
    assert seen
    left = OURS.sub("", seen)
    bad = sorted({c for c in left if not (c.isprintable() or c in "\n\t")})
    assert bad == [], (bad, left[:2000])
    assert "owned\x07" not in seen
    assert THEIRS not in seen


COMMANDS = [
    "archive ls",
    "archive ls --json",
    "archive show {id}",
    "archive show {id} --json",
    "archive log {id}",
    "archive log {id} --json",
    "archive files {id}",
    "archive cat {id} text.txt",
    "archive cat {id} raw",
    "archive cat {id} {evil}",
    "archive show {evil}",
    "archive ls -a {evil}",
    "archive diff {id} {evil}",
    "archive verify",
    "archive extract {id} out",
    "replay --dry-run",
    "replay --dry-run --json",
    "replay --max",
    "replay --max --to {evil}/no",
    "replay {evil}",
    "replay check {id}",
    "listen status {evil}",
    "capture {evil}",
    "capture listen {evil}:x -n {evil}",
    "simulate {evil}",
    "dummy serve {evil}",
    "{evil}",
]


@pytest.mark.parametrize("line", COMMANDS)
def test_no_command_lets_a_strangers_text_order_the_terminal_about(tape: Path, line: str) -> None:
    with Archive.open(tape) as archive:
        graceid = archive.objects()[0]
    words = [word.format(id=graceid, evil=EVIL) for word in line.split()]
    if line.startswith("replay "):
        words = ["replay", *words[1:]]
    check(on_terminal(*words))


def test_a_file_that_is_piped_is_given_byte_for_byte(tape: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from gracetape.archive import cli

    with Archive.open(tape) as archive:
        graceid = archive.objects()[0]
    with pytest.raises(SystemExit):
        cli.main(["cat", graceid, "text.txt"])
    assert capfdbinary.readouterr().out == EVIL.encode()


def test_the_status_of_a_listener_is_shown_without_what_others_named(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    child = {
        "name": EVIL, "process_type": EVIL, "nodes": [EVIL], "state": EVIL, "alerts": 0, "tasks": 0, "errors": 0, "queue": 0,
        "next_deadline": None, "restarts": 0, "states": {EVIL: {EVIL: "ok"}},
    }  # fmt: skip
    record = {"started": 0, "pid": 1, "running": True, "accepted": 0, "refusing": EVIL, "children": [child]}
    Console(force_terminal=True, width=200).print(status_view(json.loads(json.dumps(record))))
    check(capsys.readouterr().out)
