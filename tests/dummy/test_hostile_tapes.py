"""A dummy over a stranger's tape: every request is answered or refused, none with a traceback, and writes too."""

import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import requests
from ligo.gracedb.exceptions import HTTPError

from gracetape import dummy
from gracetape.errors import GracetapeError
from tests.archive.hostile_tapes import S, T, corpus, make

SHORT = Path(__file__).parents[1] / "fixtures" / "short.tape"
CORPUS = corpus()
#: One of each sort; tests/archive/test_hostile.py reads them all.
NAMES = [
    "names lead elsewhere", "names are blobs", "places are texts", "counters are texts", "counters end", "ids are blobs",
    "services that are none", "origin dummy", "notes deep", "files are blobs", "file sizes texts", "blob sizes huge", "chunks are texts",
    "alerts of odd labels", "search of junk", "search of words", "no object record", "no records", "orders are texts",
    "its own preferred event", "neighbours in a circle", "log records are deep", "object records are lists", "label records are NaN",
    "object records are empty objects", "dates before time", "comments of updates", "duplicate numbers",
]  # fmt: skip


def questions(client: Any) -> list[Any]:
    reads = [
        lambda: client.event(T), lambda: client.superevent(S), lambda: client.logs(S), lambda: client.logs(T, 2), lambda: client.files(T),
        lambda: client.files(T, "cbc-lm.xml").read(), lambda: list(client.events("gstlal far < 1 si.snr > 0")),
        lambda: list(client.superevents("t_0: 0 .. 2000000000")), lambda: client.labels(S), lambda: client.voevents(S),
        lambda: client.signoffs(S), lambda: client.permissions(S), lambda: client.emobservations(S),
    ]  # fmt: skip
    writes = [
        lambda: client.write_log(S, "hello"),
        lambda: client.write_label(T, "DQV"),
        lambda: client.update_superevent(S, t_0=3.0),
    ]
    return reads + writes


@pytest.mark.parametrize("name", NAMES)
def test_every_request_is_answered_or_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str) -> None:
    path = make(SHORT, tmp_path / "hostile.tape", CORPUS[name])
    try:
        client = dummy.GraceDb(str(path))
    except GracetapeError:
        return
    with client, caplog.at_level(logging.WARNING):
        for ask in questions(client):
            try:
                ask()
            except (HTTPError, requests.RequestException) as error:
                assert str(error)
    assert not any(record.exc_info for record in caplog.records)
    try:
        with dummy.GraceDb(str(path), as_of=f"{S}:4") as client:
            for ask in questions(client)[:13]:
                try:
                    ask()
                except (HTTPError, requests.RequestException) as error:
                    assert str(error)
    except (GracetapeError, sqlite3.Error) as error:
        assert str(error)
